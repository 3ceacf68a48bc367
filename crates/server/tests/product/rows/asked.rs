//! What the engine answers for things that the product does not do yet: billing, usage, invitations and the like.

use serde_json::{Value, json};

use crate::firm::{Firm, Person};
use crate::rows::everybody;

const WORKJET: [&str; 3] = ["owner", "admin", "member"];
const PIPEAI: [&str; 3] = ["owner", "admin", "user"];
const SWIFTASK: [&str; 5] = ["owner", "admin", "member", "viewer", "billing-partner"];

fn answer(firm: &Firm, person: &Person, permission: &str) -> Value {
    let resource = json!({ "type": "organization", "id": "" });
    let question = json!({ "subject": person.id, "action": permission, "resource": resource });
    let (status, answer) = firm.owner().post("/explain", question);
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Asks about every permission for somebody of every role: `yes`, `own` (of one's own alone) or `-`.
fn check(preset: &str, roles: &[&str], rows: &[(&str, &str)]) {
    let firm = Firm::of(preset);
    let people = everybody(&firm, roles);
    for (permission, expected) in rows {
        let told = people.iter().map(|(_, person)| {
            let answer = answer(&firm, person, permission);
            match (answer["allowed"] == json!(true), answer["code"] == json!("own")) {
                (true, true) => "own",
                (true, false) => "yes",
                (false, _) => "-",
            }
        });
        assert_eq!(told.collect::<Vec<_>>(), expected.split_whitespace().collect::<Vec<_>>(), "{preset}: {permission}");
    }
}

#[test]
fn asked_about_money_each_preset_names_those_who_decide_about_it_and_nobody_else() {
    let all = ["billing.view", "billing.edit", "credits.buy", "invoice.view"];
    check("workjet", &WORKJET, &all.map(|permission| (permission, "yes - -")));
    check("pipeworks", &WORKJET, &all.map(|permission| (permission, "yes - -")));
    check("pipeai", &PIPEAI, &all.map(|permission| (permission, "yes yes -")));
    check("swiftask", &SWIFTASK, &all.map(|permission| (permission, "yes yes - - yes")));
}

#[test]
fn asked_about_usage_managers_see_everyones_and_members_their_own() {
    check("workjet", &WORKJET, &[("usage.view", "yes yes own")]);
    check("swiftask", &SWIFTASK, &[("usage.view", "yes yes own - -")]);
}

#[test]
fn asked_about_routing_and_the_protection_of_data_owner_and_admin_may_and_a_member_may_not() {
    check("workjet", &WORKJET, &[("gateway.route", "yes yes -"), ("dlp.edit", "yes yes -")]);
}

#[test]
fn asked_about_the_organizations_end_only_those_may_whom_the_preset_names() {
    check("workjet", &WORKJET, &[("organization.delete", "yes - -")]);
    check("pipeai", &PIPEAI, &[("organization.delete", "yes - -")]);
    check("swiftask", &SWIFTASK, &[("organization.delete", "yes yes - - -")]);
}

#[test]
fn asked_about_invitations_managers_may_and_in_pipeai_everyone() {
    check("pipeworks", &WORKJET, &[("member.invite", "yes yes -")]);
    check("workjet", &WORKJET, &[("member.invite", "yes yes -")]);
    check("pipeai", &PIPEAI, &[("member.invite", "yes yes yes")]);
    check("swiftask", &SWIFTASK, &[("member.invite", "yes yes - - -")]);
}

#[test]
fn asked_about_chat_and_models_in_workjet_everyone_may() {
    check("workjet", &WORKJET, &[("chat.use", "yes yes yes"), ("model.use", "yes yes yes")]);
}

// rows: WJ-9
#[test]
fn asked_about_everything_the_owner_of_workjet_may_and_the_admin_all_but_what_is_the_owners() {
    let firm = Firm::of("workjet");
    let people = everybody(&firm, &WORKJET);
    let (_, catalogue) = firm.owner().get("/permissions?limit=1000");
    let all = crate::firm::each(&catalogue, "id");
    let lacking = |person: &Person| -> Vec<&str> {
        let lacks = |permission: &&String| answer(&firm, person, permission)["allowed"] != json!(true);
        all.iter().filter(lacks).map(String::as_str).collect()
    };
    assert_eq!(lacking(&people[0].1), Vec::<&str>::new());
    let crown = [
        "organization.delete",
        "organization.transfer",
        "role.edit",
        "role.promote",
        "billing.view",
        "billing.edit",
        "credits.buy",
        "invoice.view",
    ];
    assert_eq!(lacking(&people[1].1), crown);
}

#[test]
fn asked_about_actions_a_role_of_the_crm_may_what_it_holds_of_them_and_no_other() {
    let firm = Firm::of("crm");
    let role = json!({ "id": "clerk", "title": "Clerk", "permissions": ["organization.view", "email.send"] });
    firm.role(role);
    let person = firm.hire("cleo", "clerk");
    let may =
        || ["email.send", "csv.import", "csv.export"].map(|one| answer(&firm, &person, one)["allowed"] == json!(true));
    assert_eq!(may(), [true, false, false]);
    firm.change_role("clerk", json!({ "allow": ["csv.import"], "revoke": ["email.send"] }));
    assert_eq!(may(), [false, true, false]);
    firm.change_role("clerk", json!({ "permissions": ["organization.view", "actions.*"] }));
    assert_eq!(may(), [true, true, true]);
}
