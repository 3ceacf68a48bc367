//! Work in the presets: who makes, sees, changes, uses, shares and deletes what, each by doing it.

use serde_json::json;

use crate::firm::{Firm, Person, each};
use crate::things::{denied, resource};

/// What somebody does with one thing, each a letter: view, edit, use, share, delete (and bring back).
fn done(firm: &Firm, person: &Person, path: &str, round: usize) -> String {
    let owner = firm.owner();
    let mut done = String::new();
    let mut note = |letter: char, answer: &(u16, serde_json::Value), effect: bool| {
        let allowed = matches!(answer.0, 200 | 204);
        assert_eq!(allowed, effect, "{letter} at {path}: the answer and the effect differ: {answer:?}");
        // Some organizations give nothing to single people, whoever asks.
        let unshareable = letter == 's' && answer.1["code"] == json!("grants-to");
        assert!(allowed || denied(answer) || unshareable, "{letter} at {path}: {answer:?}");
        done.extend(allowed.then_some(letter));
    };
    let view = person.api.get(path);
    note('v', &view, view.1["kind"].is_string());
    let title = format!("Round {round}");
    let edit = person.api.patch(path, json!({ "title": title }));
    note('e', &edit, owner.get(path).1["title"] == json!(title));
    let used = person.api.post(&format!("{path}/use"), json!({}));
    note('u', &used, used.1["allowed"] == json!(true));
    let with = format!("{path}/shares/witness@example.com");
    let share = person.api.put(&with, json!({ "level": "view" }));
    let shared = !owner.get(path).1["shares"].as_array().unwrap().is_empty();
    note('s', &share, shared);
    if shared {
        assert_eq!(person.api.delete(&with).0, 204);
    }
    let delete = person.api.delete(path);
    note('d', &delete, owner.get(path).1["deleted_at"].is_string());
    if delete.0 == 204 {
        assert_eq!(person.api.post(&format!("{path}/restore"), json!({})).0, 200, "who deletes restores");
    }
    done
}

/// Goes through kinds: what a role makes (`c`) and does with its own, and what it does with another's.
fn check(firm: &Firm, role: &str, expected: &[(&str, &str, &str)]) {
    let person = if role == "owner" { owner_of(firm) } else { firm.hire(role, role) };
    for (round, (kind, own, others)) in expected.iter().enumerate() {
        let theirs = resource(&firm.owner(), kind, "Another's");
        if role == "owner" {
            let other = firm.hire(&format!("other{round}"), "admin");
            let given = firm.owner().post(&format!("{theirs}/hand-over"), json!({ "to": other.id }));
            assert_eq!(given.0, 200, "{given:?}");
        }
        assert_eq!(done(firm, &person, &theirs, round), *others, "{role}: another's {kind}");
        let new = json!({ "kind": kind, "title": "My own" });
        let before = each(&firm.owner().get(&format!("/resources?kind={kind}")).1, "id").len();
        let (status, made) = person.api.post("/resources", new);
        let after = each(&firm.owner().get(&format!("/resources?kind={kind}")).1, "id").len();
        assert_eq!(
            (status == 201, after - before),
            (own.starts_with('c'), usize::from(own.starts_with('c'))),
            "{made}"
        );
        if status == 201 {
            let path = format!("/resources/{}", made["id"].as_str().unwrap());
            assert_eq!(format!("c{}", done(firm, &person, &path, round)), *own, "{role}: own {kind}");
        } else {
            assert_eq!(status, 403, "{role}: {kind}: {made}");
        }
    }
}

fn owner_of(firm: &Firm) -> Person {
    let id = firm.owner().get("").1["you"]["subject"].as_str().unwrap().to_owned();
    Person { api: firm.owner(), email: "owner@example.com".to_owned(), id }
}

fn with_witness(preset: &str) -> Firm {
    let firm = Firm::of(preset);
    firm.hire("witness", "admin");
    firm
}

// rows: SW-24, SW-27, SW-67, SW-68, SW-69, SW-70, SW-71
#[test]
fn owner_and_admin_do_everything_with_all_work() {
    let firm = with_witness("swiftask");
    let kinds = ["project", "data_source", "agent_config", "automation", "meeting", "artifact", "collection"];
    let expected: Vec<_> = kinds.iter().map(|kind| (*kind, "cveusd", "veusd")).collect();
    check(&firm, "owner", &expected);
    check(&firm, "admin", &expected);
}

// rows: SW-5, SW-20, SW-21, SW-28, SW-29, SW-30, SW-31, SW-32, SW-67, SW-68, SW-69, SW-70, SW-71
#[test]
fn a_member_makes_and_manages_what_is_their_own_shares_no_artifact_and_schedules_meetings() {
    let firm = with_witness("swiftask");
    let expected = [
        ("project", "cveusd", ""),
        ("data_source", "cveusd", ""),
        ("agent_config", "cveud", ""),
        ("automation", "cveud", ""),
        ("artifact", "cveud", ""),
        ("meeting", "cveu", "veu"),
        ("collection", "", ""),
    ];
    check(&firm, "member", &expected);
}

// rows: SW-67
#[test]
fn a_member_sees_and_does_not_change_what_is_shared_with_a_group_of_theirs() {
    let firm = Firm::of("swiftask");
    let (mona, group) = (firm.hire("mona", "member"), firm.team("Design"));
    let atlas = resource(&firm.owner(), "project", "Atlas");
    assert_eq!(firm.owner().put(&format!("{atlas}/teams/{group}"), json!({})).0, 204);
    assert_eq!(mona.api.get(&atlas).0, 404);
    firm.join(&group, &mona, "group-member");
    assert_eq!(done(&firm, &mona, &atlas, 1), "vu");
    let paying = firm.hire("bill", "billing-partner");
    firm.join(&group, &paying, "group-member");
    assert_eq!(paying.api.get(&atlas).0, 404, "a group gives nobody what their role keeps from them");
}

// rows: SW-6, SW-36, SW-37, SW-38, SW-39, SW-40, SW-41, SW-67, SW-68, SW-69, SW-70, SW-71
#[test]
fn a_viewer_sees_the_work_and_changes_nothing() {
    let firm = with_witness("swiftask");
    let kinds = ["project", "data_source", "agent_config", "automation", "meeting", "artifact", "collection"];
    let expected: Vec<_> = kinds.iter().map(|kind| (*kind, "", "v")).collect();
    check(&firm, "viewer", &expected);
    let vera = firm.hire("vera", "viewer");
    firm.team("Design");
    for (path, at_least) in [("/teams", 1), ("/members", 3), ("/roles", 5), ("/resources?kind=project", 1)] {
        let (status, found) = vera.api.get(path);
        assert_eq!(status, 200, "{path}: {found}");
        assert!(found["items"].as_array().unwrap().len() >= at_least, "{path}: {found}");
    }
    assert_eq!(vera.api.get("").0, 200);
}

// rows: SW-45
#[test]
fn a_billing_partner_sees_no_trace_of_the_work() {
    let firm = with_witness("swiftask");
    let kinds = ["project", "data_source", "agent_config", "automation", "meeting", "artifact", "collection"];
    let expected: Vec<_> = kinds.iter().map(|kind| (*kind, "", "")).collect();
    check(&firm, "billing-partner", &expected);
    let bill = firm.hire("bill", "billing-partner");
    let (status, found) = bill.api.get("/resources");
    assert_eq!((status, each(&found, "id").len()), (200, 0), "{found}");
    assert_eq!(each(&firm.owner().get("/resources").1, "id").len(), 7);
}

// rows: WJ-17, WJ-21, C-10
#[test]
fn in_workjet_everybody_uses_all_and_makes_their_own_and_managers_manage_all() {
    let firm = with_witness("workjet");
    let kinds = ["skill", "assistant", "engine"];
    let all: Vec<_> = kinds.iter().map(|kind| (*kind, "cveud", "veud")).collect();
    let own: Vec<_> = kinds.iter().map(|kind| (*kind, "cveud", "vu")).collect();
    check(&firm, "owner", &all);
    check(&firm, "admin", &all);
    check(&firm, "member", &own);
}

// rows: TW-36
#[test]
fn running_a_workflow_takes_the_right_to_change_it_where_the_setting_couples_them_and_not_elsewhere() {
    let firm = Firm::of("crm");
    firm.role(json!({ "id": "runner", "title": "Runner",
        "permissions": ["organization.view", "workflow.view", "workflow.use"] }));
    firm.role(json!({ "id": "manager", "title": "Manager",
        "permissions": ["organization.view", "workflow.view", "workflow.use", "workflow.edit"] }));
    let (ron, mia) = (firm.hire("ron", "runner"), firm.hire("mia", "manager"));
    let path = resource(&firm.owner(), "workflow", "Welcome mail");
    let runs = |person: &Person| person.api.post(&format!("{path}/use"), json!({})).0;
    assert_eq!((runs(&ron), runs(&mia)), (403, 200));
    firm.set("workflows.run_needs_edit", json!(false));
    assert_eq!((runs(&ron), runs(&mia)), (200, 200));
    assert_eq!(ron.api.patch(&path, json!({ "title": "Mine" })).0, 403, "to run is not to manage");
}
