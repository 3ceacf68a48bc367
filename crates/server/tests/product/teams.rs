//! Teams: who may make them, lead them and be in them, what they give, and that it is gone the moment one leaves.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::firm::{Firm, Person, each, told};
use crate::things::{made, resource};
use crate::upstreams::Upstreams;
use crate::world::{count, succeeded, wait_for};

const ORG_ROLES: [&str; 3] = ["owner", "admin", "user"];
const TEAM_ROLES: [&str; 3] = ["team-leader", "team-editor", "team-user"];

/// The owner, an admin and a user of a company of this preset.
fn three(firm: &Firm) -> [Person; 3] {
    let owner = firm.owner();
    let (_, org) = owner.get("");
    let id = org["you"]["subject"].as_str().unwrap().to_owned();
    [
        Person { api: owner, email: "owner@example.com".to_owned(), id },
        firm.hire("ada", "admin"),
        firm.hire("uma", "user"),
    ]
}

/// Whether the engine lets somebody do it, as the owner is told.
fn may(firm: &Firm, person: &Person, action: &str, kind: &str, id: &str) -> bool {
    let question = json!({ "subject": person.id, "action": action, "resource": { "type": kind, "id": id } });
    let (status, answer) = firm.owner().post("/explain", question);
    assert_eq!(status, 200, "{answer}");
    answer["allowed"].as_bool().unwrap()
}

// rows: PA-11
#[test]
fn owner_and_admin_manage_the_organizations_settings_and_a_user_does_not() {
    let firm = Firm::of("pipeai");
    for (person, role) in three(&firm).iter().zip(ORG_ROLES) {
        let (status, _) = person.api.patch("", json!({ "name": format!("Named by {role}") }));
        assert_eq!(status, if role == "user" { 403 } else { 200 }, "{role}");
        let (status, _) =
            person.api.patch("", json!({ "settings": { "labels": { "team": format!("crew of {role}") } } }));
        assert_eq!(status, if role == "user" { 403 } else { 200 }, "{role}");
    }
    let (_, org) = firm.owner().get("");
    assert_eq!((&org["name"], &org["settings"]["labels"]["team"]), (&json!("Named by admin"), &json!("crew of admin")));
}

// rows: PA-12
#[test]
fn only_the_owner_hands_the_organization_over_and_is_no_longer_its_owner_then() {
    let firm = Firm::of("pipeai");
    let [owner, admin, user] = three(&firm);
    let over = json!({ "to": "ada@example.com", "own_role": "user" });
    for person in [&admin, &user] {
        assert_eq!(told(&person.api.post("/organization/transfer", over.clone())).0, 403);
    }
    assert_eq!((firm.role_of(&owner).as_str(), firm.role_of(&admin).as_str()), ("owner", "admin"));
    let (status, offer) = owner.api.post("/organization/transfer", over.clone());
    assert_eq!((status, &offer["to"]["name"]), (200, &json!("ada")), "{offer}");
    assert_eq!(
        (firm.role_of(&owner).as_str(), firm.role_of(&admin).as_str()),
        ("owner", "admin"),
        "an offer gives nothing"
    );
    let (status, heir) = admin.api.post("/organization/transfer/accept", json!({}));
    assert_eq!((status, &heir["role"]), (200, &json!("owner")), "{heir}");
    let (_, members) = admin.api.get("/members");
    let roles: Vec<String> = each(&members, "role");
    assert_eq!(roles.iter().filter(|role| *role == "owner").count(), 1, "{members}");
    assert_eq!(told(&owner.api.post("/teams", json!({ "title": "Late" }))).0, 403, "a user from the next request on");
}

// rows: PA-13
#[test]
fn owner_and_admin_add_and_remove_people_and_a_user_does_not() {
    let firm = Firm::of("pipeai");
    for (person, role) in three(&firm).iter().zip(ORG_ROLES) {
        let email = format!("by-{role}@example.com");
        let (status, _) = person.api.post("/members", json!({ "email": email, "name": "New" }));
        let (_, members) = firm.owner().get("/members");
        let there = each(&members, "email").contains(&email);
        assert_eq!((status, there), if role == "user" { (403, false) } else { (201, true) }, "{role}");
        let victim = firm.hire(&format!("victim-of-{role}"), "user");
        let (status, _) = person.api.delete(&format!("/members/{}", victim.email));
        let (_, members) = firm.owner().get("/members");
        let there = each(&members, "email").contains(&victim.email);
        assert_eq!((status, there), if role == "user" { (403, true) } else { (200, false) }, "{role}");
    }
}

// rows: PA-14
#[test]
fn owner_and_admin_add_people_to_teams_and_remove_them_and_a_user_does_not() {
    let firm = Firm::of("pipeai");
    let people = three(&firm);
    let team = firm.team("Essays");
    let (insider, outsider) = (firm.hire("ina", "user"), firm.hire("otto", "user"));
    for (person, role) in people.iter().zip(ORG_ROLES) {
        firm.join(&team, &insider, "team-user");
        let may = role != "user";
        // A user who is not in the team does not even see it.
        let refused = 404;
        let added = person.api.put(&format!("/teams/{team}/members/{}", outsider.id), json!({}));
        assert_eq!(added.0, if may { 200 } else { refused }, "{role}: {added:?}");
        let removed = person.api.delete(&format!("/teams/{team}/members/{}", insider.id));
        assert_eq!(removed.0, if may { 204 } else { refused }, "{role}: {removed:?}");
        let present: Vec<String> = firm.places(&team).into_iter().map(|(id, _)| id).collect();
        assert_eq!((present.contains(&outsider.id), present.contains(&insider.id)), (may, !may), "{role}");
        if may {
            assert_eq!(person.api.delete(&format!("/teams/{team}/members/{}", outsider.id)).0, 204);
        }
    }
}

// rows: PA-15, PA-30
#[test]
fn owner_and_admin_make_teams_and_nobody_else_does() {
    let firm = Firm::of("pipeai");
    let [owner, admin, user] = three(&firm);
    assert_eq!(owner.api.post("/teams", json!({ "title": "First" })).0, 201);
    assert_eq!(admin.api.post("/teams", json!({ "title": "Second" })).0, 201);
    assert_eq!(told(&user.api.post("/teams", json!({ "title": "Third" }))), (403, "lacks-permission"));
    let team = firm.team("Fourth");
    for role in TEAM_ROLES {
        let person = firm.hire(role, "user");
        firm.join(&team, &person, role);
        assert_eq!(told(&person.api.post("/teams", json!({ "title": "Third" }))), (403, "lacks-permission"), "{role}");
    }
    let (_, teams) = owner.api.get("/teams");
    let mut titles = each(&teams, "title");
    titles.sort();
    assert_eq!(titles, ["First", "Fourth", "Second"]);
    assert_eq!(told(&owner.api.post("/teams", json!({ "title": "first" }))), (422, "taken"));
}

// rows: PA-19, PA-20
#[test]
fn a_leader_decides_who_is_in_the_team_and_as_what_and_editors_and_users_only_invite() {
    let firm = Firm::of("pipeai");
    let team = firm.team("Essays");
    let path = |person: &Person| format!("/teams/{team}/members/{}", person.id);
    let (newcomer, present) = (firm.hire("new", "user"), firm.hire("pat", "user"));
    for role in TEAM_ROLES {
        let person = firm.hire(role, "user");
        firm.join(&team, &person, role);
        firm.join(&team, &present, "team-user");
        let leads = role == "team-leader";

        let added = person.api.put(&path(&newcomer), json!({}));
        assert_eq!(added.0, if leads { 200 } else { 403 }, "{role}: {added:?}");
        let changed = person.api.put(&path(&present), json!({ "role": "team-editor" }));
        assert_eq!(changed.0, if leads { 200 } else { 403 }, "{role}: {changed:?}");
        let places = firm.places(&team);
        let role_of = |who: &Person| places.iter().find(|(id, _)| *id == who.id).map(|(_, role)| role.as_str());
        let expected = if leads { (Some("team-user"), Some("team-editor")) } else { (None, Some("team-user")) };
        assert_eq!((role_of(&newcomer), role_of(&present)), expected, "{role}");

        let removed = person.api.delete(&path(&present));
        assert_eq!(removed.0, if leads { 204 } else { 403 }, "{role}: {removed:?}");
        assert_eq!(firm.places(&team).iter().any(|(id, _)| *id == present.id), !leads, "{role}");
        if leads {
            assert_eq!(person.api.delete(&path(&newcomer)).0, 204);
        }
        // Inviting belongs to a later part of the product; the engine answers for it already.
        assert!(may(&firm, &person, "invite", "team", &team), "{role}");
        // A leader leads here and nowhere else.
        let other = firm.team(&format!("Not of {role}"));
        assert_eq!(person.api.put(&format!("/teams/{other}/members/{}", newcomer.id), json!({})).0, 404);
    }
    assert!(!may(&firm, &newcomer, "invite", "team", &team), "who is not in the team invites nobody to it");
}

// rows: PA-21
#[test]
fn a_leader_gives_graders_to_the_team_and_editors_and_users_do_not() {
    let firm = Firm::of("pipeai");
    let team = firm.team("Essays");
    let from = firm.team("Where graders come from");
    let grader = resource(&firm.owner(), "grader", "Spelling");
    assert_eq!(firm.owner().put(&format!("{grader}/teams/{from}"), json!({})).0, 204);
    for role in TEAM_ROLES {
        let person = firm.hire(role, "user");
        firm.join(&team, &person, role);
        firm.join(&from, &person, "team-user");
        let leads = role == "team-leader";
        let given = person.api.put(&format!("{grader}/teams/{team}"), json!({}));
        assert_eq!(given.0, if leads { 204 } else { 403 }, "{role}: {given:?}");
        let has =
            || each_title(&firm.owner().get(&format!("/teams/{team}")).1["resources"]).contains(&"Spelling".to_owned());
        assert_eq!(has(), leads, "{role}");
        let taken = person.api.delete(&format!("{grader}/teams/{team}"));
        assert_eq!(taken.0, if leads { 204 } else { 403 }, "{role}: {taken:?}");
        assert!(!has(), "{role}");
    }
}

fn each_title(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
}

// rows: PA-27, PA-28
#[test]
fn somebody_is_in_several_teams_with_a_role_in_each_that_says_nothing_about_the_others() {
    let firm = Firm::of("pipeai");
    let (one, two) = (firm.team("One"), firm.team("Two"));
    let (pia, guest) = (firm.hire("pia", "user"), firm.hire("guest", "user"));
    firm.join(&one, &pia, "team-leader");
    firm.join(&two, &pia, "team-user");
    let (_, teams) = pia.api.get("/teams");
    let mut mine: Vec<_> = each(&teams, "title").into_iter().zip(each(&teams, "your_role")).collect();
    mine.sort();
    let as_text = |title: &str, role: &str| (title.to_owned(), role.to_owned());
    assert_eq!(mine, [as_text("One", "team-leader"), as_text("Two", "team-user")]);
    assert_eq!(pia.api.put(&format!("/teams/{one}/members/{}", guest.id), json!({})).0, 200);
    assert_eq!(told(&pia.api.put(&format!("/teams/{two}/members/{}", guest.id), json!({}))), (403, "lacks-permission"));
    firm.join(&two, &pia, "team-leader");
    firm.join(&one, &pia, "team-user");
    assert_eq!(pia.api.put(&format!("/teams/{two}/members/{}", guest.id), json!({})).0, 200);
    assert_eq!(told(&pia.api.delete(&format!("/teams/{one}/members/{}", guest.id))), (403, "lacks-permission"));
}

// rows: PA-31, PA-33
#[test]
fn a_team_without_a_leader_works_and_is_pointed_out_until_somebody_leads_it_again() {
    let firm = Firm::of("pipeai");
    let owner = firm.owner();
    let team = firm.team("Essays");
    let leaderless = || owner.get(&format!("/teams/{team}")).1["leaderless"].clone();
    assert_eq!(leaderless(), json!(true));
    let (lea, kim) = (firm.hire("lea", "user"), firm.hire("kim", "user"));
    firm.join(&team, &lea, "team-leader");
    firm.join(&team, &kim, "team-user");
    assert_eq!(leaderless(), json!(false));

    // Handed over: first the old leader, then the new one.
    firm.join(&team, &lea, "team-user");
    assert_eq!(leaderless(), json!(true));
    assert_eq!(kim.api.get(&format!("/teams/{team}")).1["members"].as_array().unwrap().len(), 2, "it goes on without");
    firm.join(&team, &kim, "team-leader");
    assert_eq!(leaderless(), json!(false));
    assert_eq!(lea.api.delete(&format!("/teams/{team}/members/{}", kim.id)).0, 403, "no longer hers to decide");
    assert_eq!(kim.api.delete(&format!("/teams/{team}/members/{}", lea.id)).0, 204);

    // The leader leaves the company: the list says what is to be done.
    assert_eq!(owner.delete("/members/kim@example.com").0, 200);
    let (_, teams) = owner.get("/teams");
    let listed = &teams["items"][0];
    assert_eq!((&listed["leaderless"], &listed["member_count"]), (&json!(true), &json!(0)), "{teams}");
}

// rows: PA-8, PA-9, PA-38, PA-40, C-12, C-13
#[test]
fn what_a_team_has_everyone_in_it_has_at_once_and_has_no_longer_with_the_next_call_after_leaving() {
    let upstreams = Upstreams::start();
    let firm = Firm::of("pipeai");
    let owner = firm.owner();
    assert_eq!(owner.post("/integrations", upstreams.stripe()).0, 201);
    let (team, spare) = (firm.team("Billing"), firm.team("Spare"));
    let tess = firm.hire("tess", "user");
    let mcp = firm.mcp(&tess);

    // To teams alone, and nobody reaches anything without one, the owner included.
    let to_person = owner.put("/members/tess@example.com/integrations/stripe", json!({ "profile": "read-only" }));
    assert_eq!(told(&to_person), (422, "grants-to"));
    let to_role = owner.put("/roles/user/integrations/stripe", json!({ "profile": "read-only" }));
    assert_eq!(told(&to_role), (422, "grants-to"));
    let (status, grant) = owner.put("/teams/Billing/integrations/stripe", json!({ "profile": "read-only" }));
    assert_eq!((status, &grant["grantee"], &grant["profile"]), (200, &json!(team), &json!("read-only")), "{grant}");
    assert!(mcp.tools().is_empty());

    firm.join(&team, &tess, "team-user");
    let call = || mcp.call("stripe__list_customers", json!({ "limit": 1 }));
    assert!(mcp.tools().contains(&"stripe__list_customers".to_owned()));
    assert!(succeeded(&call()));
    let (_, seen) = tess.api.get(&format!("/teams/{team}"));
    assert_eq!(seen["integrations"][0]["integration"], json!("stripe"), "{seen}");
    let (_, access) = owner.get("/members/tess@example.com/access");
    assert_eq!(access["integrations"][0]["slug"], json!("stripe"), "{access}");

    assert_eq!(owner.delete(&format!("/teams/{team}/members/{}", tess.id)).0, 204);
    assert!(!succeeded(&call()));
    assert!(mcp.tools().is_empty());
    assert_eq!(tess.api.get(&format!("/teams/{team}")).0, 404, "nor does she see the team any more");

    // Kept where another of their teams has it.
    assert_eq!(owner.put(&format!("/teams/{spare}/integrations/stripe"), json!({ "profile": "read-only" })).0, 200);
    firm.join(&team, &tess, "team-user");
    firm.join(&spare, &tess, "team-user");
    assert_eq!(owner.delete(&format!("/teams/{team}/members/{}", tess.id)).0, 204);
    assert!(succeeded(&call()));
    assert_eq!(owner.delete(&format!("/teams/{spare}/integrations/stripe")).0, 204);
    assert!(!succeeded(&call()));

    // And with a team that ends.
    firm.join(&team, &tess, "team-user");
    assert!(succeeded(&call()));
    assert_eq!(owner.delete(&format!("/teams/{team}")).0, 204);
    assert!(!succeeded(&call()));
}

// rows: PA-38, PA-40
#[test]
fn of_the_calls_sent_after_somebody_was_taken_out_of_the_team_none_gets_through() {
    let upstreams = Upstreams::start();
    let firm = Firm::of("pipeai");
    let owner = firm.owner();
    assert_eq!(owner.post("/integrations", upstreams.stripe()).0, 201);
    let team = firm.team("Billing");
    assert_eq!(owner.put("/teams/Billing/integrations/stripe", json!({ "profile": "read-only" })).0, 200);
    let tess = firm.hire("tess", "user");
    for _ in 0..count(3, 100) {
        firm.join(&team, &tess, "team-user");
        let (gone, stop) = (AtomicBool::new(false), AtomicBool::new(false));
        let (before, after, late) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mcp = firm.mcp(&tess);
                    while !stop.load(Ordering::Acquire) {
                        // Read before the call goes out: a call counted as late was sent after the answer had come.
                        let is_late = gone.load(Ordering::Acquire);
                        let through = succeeded(&mcp.call("stripe__list_customers", json!({ "limit": 1 })));
                        let counter = if is_late { &after } else { &before };
                        counter.fetch_add(1, Ordering::Relaxed);
                        late.fetch_add(usize::from(is_late && through), Ordering::Relaxed);
                    }
                });
            }
            wait_for("calls before", || (before.load(Ordering::Relaxed) > 50).then_some(()));
            assert_eq!(owner.delete(&format!("/teams/{team}/members/{}", tess.id)).0, 204);
            gone.store(true, Ordering::Release);
            wait_for("calls after", || (after.load(Ordering::Relaxed) > 50).then_some(()));
            stop.store(true, Ordering::Release);
        });
        assert_eq!(late.load(Ordering::Relaxed), 0, "calls that were sent after the removal was answered got through");
    }
}

// rows: PA-40, C-13
#[test]
fn what_a_role_has_its_holders_have_until_the_very_change_of_role() {
    let upstreams = Upstreams::start();
    let firm = Firm::of("workjet");
    let owner = firm.owner();
    assert_eq!(owner.post("/integrations", upstreams.stripe()).0, 201);
    assert_eq!(owner.put("/roles/member/integrations/stripe", json!({ "profile": "no-delete" })).0, 200);
    let mia = firm.hire("mia", "member");
    let mcp = firm.mcp(&mia);
    assert!(succeeded(&mcp.call("stripe__list_customers", json!({ "limit": 1 }))));
    assert!(!mcp.tools().contains(&"stripe__delete_customer".to_owned()), "in the measure of the grant");
    let (_, role) = owner.get("/roles/member");
    assert_eq!(role["integrations"][0]["integration"], json!("stripe"), "{role}");
    assert_eq!(told(&mia.api.put("/roles/member/integrations/stripe", json!({ "profile": "full" }))).0, 403);
    assert_eq!(owner.delete("/roles/member/integrations/stripe").0, 204);
    assert!(!succeeded(&mcp.call("stripe__list_customers", json!({ "limit": 1 }))));
}

#[test]
fn a_leader_makes_nobody_more_than_a_leader_and_touches_nobody_above() {
    let firm = Firm::of("balanced");
    let team = firm.team("Essays");
    let chief = json!({ "title": "Chief", "level": "team", "permissions": ["team.view", "team.members", "team.roles",
        "team.edit", "team.assign"] });
    assert_eq!(firm.owner().post("/roles", chief).0, 201);
    let small = json!({ "title": "Small leader", "level": "team", "permissions": ["team.view", "team.members"] });
    assert_eq!(firm.owner().post("/roles", small).0, 201);
    let (leader, boss, new) = (firm.hire("lea", "member"), firm.hire("bo", "member"), firm.hire("new", "member"));
    firm.join(&team, &leader, "small-leader");
    firm.join(&team, &boss, "chief");
    let path = |person: &Person| format!("/teams/{team}/members/{}", person.id);
    assert_eq!(told(&leader.api.put(&path(&new), json!({ "role": "chief" }))), (403, "beyond-your-own"));
    assert_eq!(told(&leader.api.delete(&path(&boss))), (403, "above-you"));
    assert_eq!(told(&leader.api.put(&path(&leader), json!({ "role": "chief" }))).0, 403);
    assert_eq!(told(&leader.api.put(&path(&new), json!({ "role": "member" }))), (422, "role-not-for-teams"));
    assert_eq!(firm.places(&team).len(), 2, "and nothing happened");
    assert_eq!(leader.api.put(&path(&new), json!({})).0, 200);
    assert_eq!(new.api.delete(&path(&new)).0, 204, "everybody may leave");
}

#[test]
fn a_team_that_one_may_not_see_is_as_one_that_is_not_there() {
    let firm = Firm::of("pipeai");
    let hidden = firm.team("Secret");
    let outsider = firm.hire("otto", "user");
    let nothing = format!("tea_{}", "0".repeat(20));
    let same = |one: (u16, Value), other: (u16, Value)| assert_eq!(one, other);
    for suffix in ["", "/members"] {
        same(
            outsider.api.get(&format!("/teams/{hidden}{suffix}")),
            outsider.api.get(&format!("/teams/{nothing}{suffix}")),
        );
    }
    same(outsider.api.get("/teams/Secret"), outsider.api.get("/teams/Nothing"));
    for path in [format!("members/{}", outsider.id), "integrations/stripe".to_owned()] {
        let [at, elsewhere] = [&hidden, &nothing].map(|team| format!("/teams/{team}/{path}"));
        same(outsider.api.put(&at, json!({})), outsider.api.put(&elsewhere, json!({})));
        same(outsider.api.delete(&at), outsider.api.delete(&elsewhere));
    }
    same(
        outsider.api.patch(&format!("/teams/{hidden}"), json!({ "title": "Mine" })),
        outsider.api.patch(&format!("/teams/{nothing}"), json!({ "title": "Mine" })),
    );
    same(outsider.api.delete(&format!("/teams/{hidden}")), outsider.api.delete(&format!("/teams/{nothing}")));
    assert!(each(&outsider.api.get("/teams").1, "id").is_empty());
    let _ = made(&firm.owner(), "/teams", json!({ "title": "Another" }));
    let (_, first) = firm.owner().get("/teams?limit=1");
    let (_, second) = firm.owner().get(&format!("/teams?limit=1&cursor={}", first["next"].as_str().unwrap()));
    let mut paged = [each(&first, "title"), each(&second, "title")].concat();
    paged.sort();
    assert_eq!(paged, ["Another", "Secret"]);
}

#[test]
fn a_newcomer_joins_the_team_of_newcomers() {
    let firm = Firm::of("pipeai");
    let owner = firm.owner();
    let team = firm.team("Welcome");
    let (status, answer) = owner.patch("", json!({ "settings": { "join.default_team": team } }));
    assert_eq!(status, 200, "{answer}");
    let nina = firm.hire("nina", "user");
    let places = firm.places(&team);
    assert_eq!(places.len(), 1, "{places:?}");
    assert_eq!(places[0].0, nina.id);
    assert_eq!(owner.delete(&format!("/teams/{team}")).0, 204);
    firm.hire("olga", "user");
}
