//! What is kept about members: who changes it, and that it changes nobody's rights.

use serde_json::{Value, json};

use crate::firm::{Firm, Person, each, told};
use crate::rows::{check, everybody};

/// Changes one detail of a member: the answer, and whether the owner sees it changed.
fn changes(firm: &Firm, person: &Person, of: &str, detail: &str, value: &str) -> ((u16, Value), bool) {
    let answer = person.api.patch(&format!("/members/{of}"), json!({ detail: value }));
    (answer, firm.owner().get(&format!("/members/{of}")).1[detail] == json!(value))
}

// rows: SW-44, SW-62, C-18
#[test]
fn in_swiftask_owner_admin_and_billing_partner_change_details_and_everybody_else_their_own_name() {
    let firm = Firm::of("swiftask");
    let people = everybody(&firm, &["owner", "admin", "member", "viewer", "billing-partner"]);
    let witness = firm.hire("witness", "member");
    check(
        &people,
        &[
            ("another's name", "yes yes - - yes", &|person, role| {
                changes(&firm, person, &witness.id, "name", &format!("Named by {role}"))
            }),
            ("another's seat", "yes yes - - yes", &|person, role| {
                changes(&firm, person, &witness.email, "seat", &format!("seat by {role}"))
            }),
            ("the owner's seat", "yes yes - - yes", &|person, role| {
                changes(&firm, person, "owner@example.com", "seat", &format!("seat by {role}"))
            }),
            ("one's own name", "yes yes yes yes yes", &|person, role| {
                changes(&firm, person, &person.id, "name", &format!("{role} by another name"))
            }),
            ("one's own seat", "yes yes - - yes", &|person, role| {
                changes(&firm, person, &person.id, "seat", &format!("own seat of {role}"))
            }),
        ],
    );
    let paying = &people[4].1;
    for member in [&witness.id, &paying.id] {
        let before = firm.owner().get(&format!("/members/{member}")).1["role"].clone();
        assert_eq!(told(&paying.api.patch(&format!("/members/{member}"), json!({ "role": "admin" }))).0, 403);
        assert_eq!(firm.owner().get(&format!("/members/{member}")).1["role"], before);
    }
    let (_, record) = firm.owner().get("/audit?kind=changes&limit=1000");
    let edits = each(&record, "type").iter().filter(|what| *what == "member.edited").count();
    assert_eq!(edits, 3 * 4 + 5, "every change of details stands in the record");
}

#[test]
fn details_and_role_are_changed_in_two_requests_and_what_cannot_be_names_its_field() {
    let firm = Firm::of("swiftask");
    let mona = firm.hire("mona", "member");
    let path = format!("/members/{}", mona.id);
    for (body, field) in [
        (json!({}), "role"),
        (json!({ "role": "viewer", "name": "Mona" }), "role"),
        (json!({ "name": "" }), "name"),
        (json!({ "seat": "two\nlines" }), "seat"),
        (json!({ "email": "other@example.com" }), "email"),
    ] {
        let (status, problem) = firm.owner().patch(&path, body.clone());
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{body}: {problem}");
    }
    assert_eq!(firm.owner().patch(&path, json!({ "seat": "light" })).1["seat"], json!("light"));
    assert_eq!(firm.owner().patch(&path, json!({ "seat": null })).1["seat"], Value::Null);
    let nobody = format!("/members/{}", "nobody@example.com");
    assert_eq!(told(&firm.owner().patch(&nobody, json!({ "name": "No" }))).0, 404);
    // Where this is asked about, the answer is what the change comes to.
    let question = json!({ "subject": mona.id, "action": "edit", "resource": { "type": "member", "id": mona.id } });
    assert_eq!(firm.owner().post("/explain", question).1["code"], json!("lacks-permission"));
}
