//! Artifacts in collections: who puts them there, and that nobody gets a right by that.

use serde_json::json;

use crate::firm::{Firm, each, told};
use crate::rows::{check, everybody};
use crate::things::resource;

/// Whether the owner finds an artifact in a collection.
fn is_in(firm: &Firm, collection: &str, artifact: &str) -> bool {
    let id = collection.trim_start_matches("/resources/");
    let (status, found) = firm.owner().get(&format!("/resources?collection={id}"));
    assert_eq!(status, 200, "{found}");
    each(&found, "id").contains(&artifact.trim_start_matches("/resources/").to_owned())
}

fn item(collection: &str, artifact: &str) -> String {
    format!("{collection}/items/{}", artifact.trim_start_matches("/resources/"))
}

// rows: SW-22, SW-71
#[test]
fn in_swiftask_owner_and_admin_put_artifacts_into_collections_and_nobody_else_does() {
    let firm = Firm::of("swiftask");
    let people = everybody(&firm, &["owner", "admin", "member", "viewer", "billing-partner"]);
    let brand = resource(&firm.owner(), "collection", "Brand");
    let logo = resource(&firm.owner(), "artifact", "Logo");
    let path = item(&brand, &logo);
    check(
        &people,
        &[
            ("put in", "yes yes - - -", &|person, _| {
                let answer = person.api.put(&path, json!({}));
                let effect = is_in(&firm, &brand, &logo);
                if effect {
                    assert_eq!(firm.owner().delete(&path).0, 204);
                }
                (answer, effect)
            }),
            ("take out", "yes yes - - -", &|person, _| {
                assert_eq!(firm.owner().put(&path, json!({})).0, 204);
                (person.api.delete(&path), !is_in(&firm, &brand, &logo))
            }),
        ],
    );
    // Not even what is their own.
    let mona = &people[2].1;
    let sketch = resource(&mona.api, "artifact", "Sketch");
    assert_eq!(told(&mona.api.put(&item(&brand, &sketch), json!({}))).0, 404, "she does not see the collection");
    let share = format!("{brand}/shares/{}", mona.id);
    assert_eq!(firm.owner().put(&share, json!({ "level": "edit" })).0, 200);
    assert!(matches!(mona.api.put(&item(&brand, &sketch), json!({})).0, 403 | 404));
    assert!(!is_in(&firm, &brand, &sketch));
}

#[test]
fn who_may_collect_what_is_their_own_puts_it_into_collections_that_they_may_change_and_no_others() {
    let firm = Firm::of("balanced");
    let (mona, other) = (firm.hire("mona", "member"), firm.hire("max", "member"));
    let (mine, theirs) = (resource(&mona.api, "artifact", "Mine"), resource(&other.api, "artifact", "Theirs"));
    let (own, foreign) = (resource(&mona.api, "collection", "Own"), resource(&other.api, "collection", "Foreign"));
    assert_eq!(mona.api.put(&item(&own, &mine), json!({})).0, 204);
    let (_, seen) = mona.api.get(&mine);
    assert_eq!(seen["collections"][0]["name"], json!("Own"), "{seen}");
    for path in [item(&own, &theirs), item(&foreign, &mine), item(&foreign, &theirs)] {
        let (status, problem) = mona.api.put(&path, json!({}));
        assert_eq!((status, &problem["code"]), (404, &json!("not-found")), "{problem}");
    }
    // Shared to be seen: it is there now, and still not hers to fill.
    assert_eq!(other.api.put(&format!("{foreign}/shares/{}", mona.id), json!({ "level": "view" })).0, 200);
    assert_eq!(told(&mona.api.put(&item(&foreign, &mine), json!({}))).0, 403);
    assert_eq!(other.api.put(&format!("{foreign}/shares/{}", mona.id), json!({ "level": "edit" })).0, 200);
    assert_eq!(mona.api.put(&item(&foreign, &mine), json!({})).0, 204);

    // To see a collection is not to see what is in it.
    let listed = |api: &crate::world::Api, of: &str| {
        each(&api.get(&format!("/resources?collection={}", of.trim_start_matches("/resources/"))).1, "title")
    };
    assert_eq!(listed(&other.api, &foreign), Vec::<String>::new());
    assert_eq!(listed(&mona.api, &foreign), ["Mine"]);
    let id = own.trim_start_matches("/resources/");
    assert_eq!(other.api.get(&format!("/resources?collection={id}")).0, 404);
}

#[test]
fn a_removed_artifact_leaves_its_collections_and_is_back_in_them_when_it_is_restored() {
    let firm = Firm::of("swiftask");
    let owner = firm.owner();
    let (brand, logo) = (resource(&owner, "collection", "Brand"), resource(&owner, "artifact", "Logo"));
    let atlas = resource(&owner, "project", "Atlas");
    assert_eq!(told(&owner.put(&item(&brand, &atlas), json!({}))), (422, "not-an-artifact"));
    assert_eq!(told(&owner.put(&item(&atlas, &logo), json!({}))), (422, "not-a-collection"));
    assert_eq!(told(&owner.delete(&item(&brand, &logo))).0, 404);
    assert_eq!(owner.put(&item(&brand, &logo), json!({})).0, 204);
    assert_eq!(owner.delete(&logo).0, 204);
    assert!(!is_in(&firm, &brand, &logo));
    assert_eq!(told(&owner.put(&item(&brand, &logo), json!({}))), (409, "deleted"));
    assert_eq!(owner.post(&format!("{logo}/restore"), json!({})).0, 200);
    assert!(is_in(&firm, &brand, &logo));
    // A collection that is gone holds nothing, and its artifacts stay.
    assert_eq!(owner.delete(&brand).0, 204);
    assert_eq!(owner.get(&logo).1["collections"], json!([]), "nothing is in what is deleted");
    assert_eq!(owner.post(&format!("{brand}/destroy"), json!({})).0, 204);
    assert_eq!(owner.get(&logo).0, 200);
}
