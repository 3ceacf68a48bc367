//! What holds for all resources of a kind: kept, read by those who work with the kind, changed by few.

use serde_json::json;

use crate::firm::{Firm, each, told};
use crate::rows::{check, everybody};

// rows: PA-35
#[test]
fn in_pipeai_owner_and_admin_change_what_holds_for_all_graders_and_nobody_else_does() {
    let firm = Firm::of("pipeai");
    let mut people = everybody(&firm, &["owner", "admin", "user"]);
    let (team, lea) = (firm.team("Essays"), firm.hire("lea", "user"));
    firm.join(&team, &lea, "team-leader");
    people.push(("team-leader", lea));
    check(
        &people,
        &[("change", "yes yes - -", &|person, role| {
            let settings = json!({ "settings": { "strict": true, "by": role } });
            let answer = person.api.put("/kinds/grader", settings);
            (answer, firm.owner().get("/kinds/grader").1["settings"]["by"] == json!(role))
        })],
    );
    // The leader works with graders, and reads by what they work.
    let lea = &people[3].1;
    let (status, graders) = lea.api.get("/kinds/grader");
    assert_eq!((status, &graders["settings"]["strict"], &graders["may_change"]), (200, &json!(true), &json!(false)));
    let (_, record) = firm.owner().get("/audit?kind=changes&limit=2");
    assert_eq!(each(&record, "type"), ["kind.configured", "kind.configured"]);
}

#[test]
fn what_holds_for_a_kind_is_kept_as_it_was_given_and_what_cannot_be_names_its_field() {
    let firm = Firm::of("swiftask");
    let owner = firm.owner();
    assert_eq!(owner.get("/kinds/project").1["settings"], json!({}));
    let given = json!({ "levels": [1, 2.5], "of": { "a": null } });
    let (status, kept) = owner.put("/kinds/project", json!({ "settings": given }));
    assert_eq!((status, &kept["settings"]), (200, &given), "{kept}");
    assert_eq!(owner.get("/kinds/project").1["settings"], given);
    assert_eq!(owner.get("/kinds/grader").1["settings"], json!({}), "each kind is its own");
    let large = json!({ "settings": { "text": "x".repeat(17_000) } });
    assert_eq!(told(&owner.put("/kinds/project", large)), (422, "too-many-settings"));
    assert_eq!(owner.put("/kinds/circus", json!({ "settings": {} })).0, 422);
    assert_eq!(owner.put("/kinds/project", json!({ "settings": [1] })).0, 422);
    assert_eq!(owner.get("/kinds/project").1["settings"], given);

    // Who sees none of the kind learns nothing of it; who sees some reads what holds for all.
    let (paying, viewer) = (firm.hire("bill", "billing-partner"), firm.hire("vera", "viewer"));
    assert_eq!(each(&paying.api.get("/kinds").1, "kind"), Vec::<String>::new());
    assert_eq!(told(&paying.api.get("/kinds/project")).0, 403);
    assert!(each(&viewer.api.get("/kinds").1, "kind").contains(&"project".to_owned()));
    assert_eq!(viewer.api.get("/kinds/project").1["settings"], given);
    assert_eq!(owner.put("/kinds/project", json!({ "settings": {} })).1["settings"], json!({}));
}
