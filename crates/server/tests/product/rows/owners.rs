//! Who owns, how many may, and that somebody always does.

use serde_json::json;

use crate::firm::{Firm, told};

// rows: PW-8, C-1
#[test]
fn several_may_own_up_to_the_limit_and_the_last_neither_leaves_nor_steps_down() {
    let firm = Firm::as_founded("pipeworks");
    let second = firm.hire("second", "owner");
    assert_eq!(
        (firm.role_of(&second).as_str(), firm.owner().get("").1["you"]["role"].as_str()),
        ("owner", Some("owner"))
    );
    assert_eq!(told(&firm.owner().patch("", json!({ "settings": { "owners.max": 1 } }))).0, 422, "there are two");
    firm.set("owners.max", json!(2));
    let third = json!({ "email": "third@example.com", "name": "Third", "role": "owner" });
    assert_eq!(told(&firm.owner().post("/members", third)), (422, "too-many-owners"));
    let owner = "/members/owner@example.com";
    assert_eq!(second.api.patch(owner, json!({ "role": "admin" })).0, 200, "one of two may go");
    let path = format!("/members/{}", second.id);
    assert_eq!(told(&second.api.patch(&path, json!({ "role": "member" }))), (409, "last-owner"));
    assert_eq!(told(&second.api.delete(&path)), (409, "last-owner"));
    assert_eq!(second.api.get("").1["you"]["role"], json!("owner"));
}

// rows: WJ-11, SW-12, SW-13, C-1
#[test]
fn where_there_is_one_owner_there_is_never_a_second_and_admins_there_are_as_many_as_are_made() {
    for preset in ["workjet", "swiftask", "pipeai"] {
        let firm = Firm::of(preset);
        let admins = [firm.hire("ada", "admin"), firm.hire("bo", "admin"), firm.hire("cy", "admin")];
        for admin in &admins {
            assert_eq!(firm.role_of(admin), "admin", "{preset}");
            let path = format!("/members/{}", admin.id);
            assert_eq!(
                told(&firm.owner().patch(&path, json!({ "role": "owner" }))),
                (422, "too-many-owners"),
                "{preset}"
            );
        }
        let new = json!({ "email": "new@example.com", "name": "New", "role": "owner" });
        assert_eq!(told(&firm.owner().post("/members", new)), (422, "too-many-owners"), "{preset}");
        assert_eq!(firm.owner().get("/roles/owner").1["members"], json!(1), "{preset}");
        assert_eq!(told(&firm.owner().delete("/members/owner@example.com")), (409, "last-owner"), "{preset}");
    }
}

// rows: WJ-37, WJ-38, WJ-39, WJ-40
#[test]
fn who_is_removed_has_lost_the_workspace_its_skills_and_its_data_when_the_removal_is_answered() {
    let firm = Firm::of("workjet");
    let mia = firm.hire("mia", "member");
    let (skill, own) = (
        crate::things::resource(&firm.owner(), "skill", "Summaries"),
        crate::things::resource(&mia.api, "skill", "Mia's"),
    );
    let (_, second) = mia.api.post("/keys", json!({ "kind": "personal", "label": "second" }));
    let second = firm.with(second["secret"].as_str().expect("a secret"));
    let paths = ["", "/members", "/resources", &skill, &own, "/access", "/audit", "/keys", "/objects", "/settings"];
    for path in paths {
        assert_eq!(mia.api.get(path).0, 200, "{path}");
    }
    assert_eq!(mia.api.post(&format!("{skill}/use"), json!({})).0, 200);

    let (status, removed) = firm.owner().delete("/members/mia@example.com");
    assert_eq!((status, &removed["ended"]["keys"]), (200, &json!(2)), "{removed}");
    for api in [&mia.api, &second] {
        for path in paths {
            assert_eq!(api.get(path).0, 401, "{path}");
        }
        for skill in [&skill, &own] {
            assert_eq!(api.post(&format!("{skill}/use"), json!({})).0, 401);
            assert_eq!(api.patch(skill, json!({ "title": "Still mine" })).0, 401);
        }
        assert_eq!(firm.mcp_with(&api.key).call("anything", json!({})).status, 401);
    }
    let (_, keys) = firm.owner().get("/keys");
    let holders: Vec<_> = keys["items"].as_array().expect("keys").iter().map(|key| &key["holder"]["id"]).collect();
    assert!(!holders.contains(&&json!(mia.id)), "{keys}");
    assert_eq!(firm.owner().get(&own).1["title"], json!("Mia's"), "what she made stays");
}
