//! Resources: sharing, handing over, deleting in two steps, and what is hidden being as what is not there.

use serde_json::{Value, json};

use crate::firm::{Firm, Person, each, told};
use crate::things::{denied, made, resource};
use crate::world::wait_for;

fn may(person: &Person, path: &str) -> Vec<String> {
    let (_, found) = person.api.get(path);
    let verbs = found["may"].as_array().cloned().unwrap_or_default();
    verbs.iter().map(|verb| verb.as_str().unwrap().to_owned()).collect()
}

// rows: SW-67, C-13
#[test]
fn what_is_shared_is_had_in_that_measure_until_it_ends_or_is_taken_back() {
    let firm = Firm::of("balanced");
    let (ada, bo) = (firm.hire("ada", "member"), firm.hire("bo", "member"));
    let atlas = resource(&ada.api, "project", "Atlas");
    let share = format!("{atlas}/shares/{}", bo.email);
    assert_eq!(bo.api.get(&atlas).0, 404);
    let steps = [("view", vec!["view"]), ("use", vec!["view", "use"]), ("edit", vec!["view", "edit", "use"])];
    for (level, expected) in steps {
        assert_eq!(ada.api.put(&share, json!({ "level": level })).0, 200);
        assert_eq!(may(&bo, &atlas), expected, "{level}");
        assert_eq!(bo.api.post(&format!("{atlas}/use"), json!({})).0 == 200, expected.contains(&"use"));
        assert_eq!(bo.api.patch(&atlas, json!({ "tier": level })).0 == 200, expected.contains(&"edit"));
    }
    assert_eq!(ada.api.get(&atlas).1["tier"], json!("edit"));
    assert!(denied(&bo.api.put(&format!("{atlas}/shares/owner@example.com"), json!({ "level": "view" }))));
    let (_, hers) = bo.api.get(&atlas);
    assert_eq!(hers["shares"].as_array().map(Vec::len), Some(1), "she sees that she has it: {hers}");

    assert_eq!(told(&ada.api.put(&share, json!({ "level": "edit", "expires_at": "2020-01-01T00:00:00Z" }))).0, 422);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
    assert_eq!(ada.api.put(&share, json!({ "level": "edit", "expires_at": soon.to_string() })).0, 200);
    assert_eq!(bo.api.get(&atlas).0, 200);
    wait_for("the end", || (bo.api.get(&atlas).0 == 404).then_some(()));
    assert!(jiff::Timestamp::now() >= soon, "not before");

    assert_eq!(ada.api.put(&share, json!({ "level": "use" })).0, 200);
    assert_eq!(ada.api.delete(&share).0, 204);
    assert_eq!((bo.api.get(&atlas).0, ada.api.delete(&share).0), (404, 404));
}

// rows: TW-44
#[test]
fn an_agent_uses_what_is_shared_with_it_and_for_a_person_only_what_both_have() {
    let firm = Firm::of("balanced");
    firm.role(json!({ "id": "clerk", "title": "Clerk",
        "permissions": ["organization.view", "agent.view", "project.create", "project.view:own", "project.use:own"] }));
    let fay = firm.hire("fay", "clerk");
    let owner = firm.owner();
    let (atlas, hers) = (resource(&owner, "project", "Atlas"), resource(&fay.api, "project", "Hers"));
    let agent = made(&owner, "/agents", json!({ "title": "Scout" }));
    assert_eq!(owner.put(&format!("{atlas}/shares/{agent}"), json!({ "level": "use" })).0, 200);
    assert_eq!(fay.api.put(&format!("/agents/{agent}/delegations/me"), json!({})).0, 200);
    let key = |more: Value| {
        let mut new = json!({ "kind": "agent", "label": "s", "agent": agent });
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        firm.with(owner.post("/keys", new).1["secret"].as_str().expect("a secret"))
    };
    let (alone, for_her) = (key(json!({})), key(json!({ "acting_for": fay.email })));
    let uses = |api: &crate::world::Api, path: &str| api.post(&format!("{path}/use"), json!({})).0;
    assert_eq!((uses(&alone, &atlas), uses(&alone, &hers)), (200, 404));
    assert_eq!((uses(&for_her, &atlas), uses(&for_her, &hers)), (404, 404), "each has one of them, both have none");
    assert_eq!(
        (each(&alone.get("/resources").1, "title"), each(&for_her.get("/resources").1, "title").len()),
        (vec!["Atlas".to_owned()], 0)
    );
    assert_eq!(owner.put(&format!("{atlas}/shares/{}", fay.id), json!({ "level": "view" })).0, 200);
    assert_eq!((uses(&for_her, &atlas), for_her.get(&atlas).0), (403, 200), "the smaller of both");
    assert_eq!(owner.delete(&format!("/agents/{agent}")).0, 204);
    assert_eq!(owner.get(&atlas).1["shares"].as_array().map(Vec::len), Some(1), "what it was given ended with it");
}

#[test]
fn what_is_not_visible_answers_exactly_as_what_does_not_exist() {
    let firm = Firm::of("balanced");
    let (ada, bo) = (firm.hire("ada", "member"), firm.hire("bo", "member"));
    let (hidden, absent) = (resource(&ada.api, "project", "Atlas"), "/resources/res_00000000000000000000".to_owned());
    let team = firm.team("North");
    type Act<'a> = &'a dyn Fn(&str) -> (u16, Value);
    let acts: [(&str, Act<'_>); 11] = [
        ("show", &|path| bo.api.get(path)),
        ("change", &|path| bo.api.patch(path, json!({ "title": "Mine" }))),
        ("delete", &|path| bo.api.delete(path)),
        ("restore", &|path| bo.api.post(&format!("{path}/restore"), json!({}))),
        ("destroy", &|path| bo.api.post(&format!("{path}/destroy"), json!({}))),
        ("use", &|path| bo.api.post(&format!("{path}/use"), json!({}))),
        ("hand over", &|path| bo.api.post(&format!("{path}/hand-over"), json!({ "to": bo.id }))),
        ("share", &|path| bo.api.put(&format!("{path}/shares/{}", bo.id), json!({ "level": "edit" }))),
        ("unshare", &|path| bo.api.delete(&format!("{path}/shares/{}", bo.id))),
        ("assign", &|path| bo.api.put(&format!("{path}/teams/{team}"), json!({}))),
        ("unassign", &|path| bo.api.delete(&format!("{path}/teams/{team}"))),
    ];
    for (act, ask) in acts {
        let (of_hidden, of_absent) = (ask(&hidden), ask(&absent));
        assert_eq!((of_hidden.0, &of_hidden), (404, &of_absent), "{act}");
    }
    let (_, after) = ada.api.get(&hidden);
    assert_eq!((&after["title"], &after["deleted_at"]), (&json!("Atlas"), &Value::Null), "nothing happened to it");
    for filter in ["", "?kind=project", "?deleted=true", "?owner=none", "?owner=ada@example.com"] {
        assert_eq!(each(&bo.api.get(&format!("/resources{filter}")).1, "id").len(), 0, "{filter}");
    }
}

// rows: C-20
#[test]
fn a_listed_kind_shows_every_member_that_there_is_something_and_no_more() {
    let firm = Firm::of("balanced");
    let (ada, bo) = (firm.hire("ada", "member"), firm.hire("bo", "member"));
    let (atlas, notes) = (resource(&ada.api, "project", "Atlas"), resource(&ada.api, "artifact", "Notes"));
    firm.set("resources.listed", json!(["project"]));
    let (_, list) = bo.api.get("/resources");
    assert_eq!(each(&list, "title"), ["Atlas"]);
    let item = list["items"][0].as_object().unwrap();
    assert_eq!(item.keys().collect::<Vec<_>>(), ["id", "kind", "title", "may"], "whose it is is not told");
    assert_eq!((bo.api.get(&atlas).0, bo.api.get(&notes).0), (403, 404), "it can be asked for, and the other not");
    for filter in ["owner=ada@example.com", "owner=none", "deleted=true"] {
        assert_eq!(each(&bo.api.get(&format!("/resources?{filter}")).1, "id").len(), 0, "{filter} tells nothing");
    }
    assert_eq!(ada.api.delete(&atlas).0, 204);
    assert_eq!(each(&bo.api.get("/resources").1, "id").len(), 0);
    firm.set("resources.listed", json!([]));
    assert_eq!(ada.api.post(&format!("{atlas}/restore"), json!({})).0, 200);
    assert_eq!((each(&bo.api.get("/resources").1, "id").len(), bo.api.get(&atlas).0), (0, 404));
}

// rows: C-21
#[test]
fn what_is_deleted_comes_back_as_it_was_and_only_what_is_deleted_is_destroyed() {
    let firm = Firm::of("balanced");
    let (ada, bo) = (firm.hire("ada", "member"), firm.hire("bo", "member"));
    let atlas = resource(&ada.api, "project", "Atlas");
    assert_eq!(ada.api.put(&format!("{atlas}/shares/{}", bo.id), json!({ "level": "edit" })).0, 200);
    assert_eq!(told(&ada.api.post(&format!("{atlas}/destroy"), json!({}))), (409, "not-deleted"));
    assert_eq!(bo.api.delete(&atlas).0, 403, "to change is not to delete");
    assert_eq!(ada.api.delete(&atlas).0, 204);
    assert_eq!((bo.api.get(&atlas).0, ada.api.get(&atlas).0), (404, 200));
    assert_eq!(told(&ada.api.patch(&atlas, json!({ "title": "New" }))), (409, "deleted"));
    assert_eq!(each(&ada.api.get("/resources").1, "id").len(), 0);
    assert_eq!(each(&ada.api.get("/resources?deleted=true").1, "title"), ["Atlas"]);

    assert_eq!(ada.api.post(&format!("{atlas}/restore"), json!({})).0, 200);
    assert_eq!(bo.api.patch(&atlas, json!({ "title": "Atlas 2" })).0, 200, "with what was given of it");
    assert_eq!((ada.api.delete(&atlas).0, bo.api.post(&format!("{atlas}/destroy"), json!({})).0), (204, 404));
    assert_eq!(ada.api.post(&format!("{atlas}/destroy"), json!({})).0, 204);
    assert_eq!((ada.api.get(&atlas).0, firm.owner().get(&atlas).0), (404, 404));
}

// rows: PW-53
#[test]
fn what_a_leaver_had_has_no_owner_until_somebody_hands_it_over_all_at_once_or_one_by_one() {
    let firm = Firm::of("balanced");
    let (ada, bo) = (firm.hire("ada", "member"), firm.hire("bo", "member"));
    let made: Vec<String> = (0..3).map(|number| resource(&ada.api, "project", &format!("P{number}"))).collect();
    let given = resource(&bo.api, "artifact", "Given");
    assert_eq!(bo.api.post(&format!("{given}/hand-over"), json!({ "to": ada.email })).0, 200);
    assert_eq!((bo.api.get(&given).0, ada.api.get(&given).0), (404, 200), "it is hers now, and no longer his");
    assert_eq!(ada.api.delete(&made[2]).0, 204);

    let path = format!("/members/{}/hand-over", ada.id);
    let (status, told_him) = bo.api.post(&path, json!({ "to": bo.id }));
    assert_eq!((status, &told_him["handed_over"]), (200, &json!(0)), "what he does not see is not counted: {told_him}");
    assert_eq!(firm.owner().delete(&format!("/members/{}", ada.id)).0, 200);
    let (_, ownerless) = firm.owner().get("/resources?owner=none");
    assert_eq!(each(&ownerless, "id").len(), 3, "{ownerless}");
    let created_by = &ownerless["items"][0]["created_by"]["name"];
    assert!(created_by == "ada" || created_by == "bo", "history stays: {ownerless}");

    let (status, done) = firm.owner().post(&path, json!({ "to": bo.email }));
    assert_eq!((status, &done), (200, &json!({ "handed_over": 2, "denied": 0, "more": false })));
    assert_eq!(bo.api.get(&made[0]).1["owner"]["id"], json!(bo.id));
    assert_eq!(firm.owner().post(&format!("{given}/hand-over"), json!({ "to": bo.id })).0, 200);
    assert_eq!(each(&firm.owner().get("/resources?owner=none").1, "id").len(), 0);
    assert_eq!(each(&bo.api.get("/resources?owner=me").1, "id").len(), 3);
    assert_eq!(told(&firm.owner().post(&path, json!({ "to": ada.email }))), (422, "invalid"));
    assert_eq!(
        told(&firm.owner().post(&format!("/members/{}/hand-over", bo.id), json!({ "to": ada.id }))).0,
        404,
        "who left gets nothing"
    );
}

#[test]
fn a_list_is_paged_to_its_end_without_gaps_and_refuses_what_it_does_not_know() {
    let firm = Firm::of("balanced");
    let ada = firm.hire("ada", "member");
    let all: std::collections::BTreeSet<String> =
        (0..5).map(|number| resource(&ada.api, "project", &format!("P{number}")).replace("/resources/", "")).collect();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (_, page) = ada.api.get(&format!("/resources?limit=2{cursor}"));
        seen.extend(each(&page, "id"));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, all.into_iter().collect::<Vec<_>>());
    for (query, field) in
        [("kind=circus", "kind"), ("cursor=x", "cursor"), ("limit=0", "limit"), ("color=red", "color")]
    {
        let (status, problem) = ada.api.get(&format!("/resources?{query}"));
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{problem}");
    }
    let (status, problem) = ada.api.post("/resources", json!({ "kind": "project", "title": "x", "color": "red" }));
    assert_eq!((status, &problem["field"]), (422, &json!("color")), "{problem}");
    let other = json!({ "kind": "project", "title": "x", "owner": "owner@example.com" });
    assert_eq!(ada.api.post("/resources", other).0, 403, "for others only who could change theirs");
}
