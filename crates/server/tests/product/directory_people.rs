//! Whom a company directory means, and what a connection still gives when something has changed since it was made.

use serde_json::json;

use crate::directory::{connect, error, found_by, patch, person, provision, says, set_active};
use crate::firm::Firm;
use crate::invitations::{invited, press};
use crate::sign_in::Browser;

#[test]
fn an_address_that_merely_looks_like_somebodys_is_another_persons() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let kim = acme.hire("kim", "member");
    // A Kelvin sign, whose lower case is a `k`.
    let alike = "\u{212a}im@example.com";
    assert_eq!(found_by(&directory, r#"userName eq "KIM@Example.com""#), [kim.id.as_str()]);
    assert!(found_by(&directory, &format!(r#"userName eq "{alike}""#)).is_empty());
    let new = json!({ "userName": alike, "emails": [{ "value": alike }], "displayName": "Not Kim" });
    let (status, other) = directory.post("/Users", new);
    assert!(status == 201 && other["id"] != json!(kim.id), "{other}");
    // By hand and as the name of a member, too.
    let by_name = acme.owner().get("/members/%E2%84%AAim@example.com");
    assert_eq!(by_name.1["id"], other["id"], "{by_name:?}");
    assert_eq!(acme.owner().get("/members/Kim@example.com").1["id"], json!(kim.id));
}

#[test]
fn whoever_joined_by_a_link_is_not_whom_the_directory_means_by_that_address() {
    let acme = Firm::of("balanced");
    assert_eq!(acme.owner().patch("", json!({ "settings": { "invite.address": "any" } })).0, 200);
    let directory = connect(&acme, &[]);
    let (_, link) = invited(&acme.owner(), json!({ "email": "eve@corp.example" }));
    let browser = Browser::new(acme.url());
    assert_eq!(press(&browser, &link, "join", "Mallory").status, 303);
    let mallory = browser.session().1["person"].as_str().expect("an id").to_owned();
    assert!(found_by(&directory, r#"userName eq "eve@corp.example""#).is_empty());
    let (_, shown) = directory.get(&format!("/Users/{mallory}"));
    assert_eq!((&shown["userName"], &shown["emails"]), (&json!(mallory), &json!(null)), "{shown}");
    // Who is deactivated under that name must not go on under another: nobody is let in beside them.
    let refused = directory.post("/Users", person("eve"));
    assert!(error(&refused) == (409, "uniqueness") && says(&refused, "member remove"), "{refused:?}");
    assert_eq!(acme.owner().delete(&format!("/members/{mallory}")).0, 200);
    assert_ne!(provision(&directory, "eve"), mallory);
}

#[test]
fn a_member_is_taken_over_by_their_address_whatever_the_directory_calls_them() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let ben = acme.hire("ben", "member");
    let new = json!({ "userName": "EMP-7", "externalId": "00u7", "emails": [{ "value": ben.email }], "active": true });
    let (status, taken_over) = directory.post("/Users", new.clone());
    assert_eq!((status, &taken_over["id"], &taken_over["userName"]), (201, &json!(ben.id), &json!("EMP-7")));
    assert_eq!(found_by(&directory, r#"userName eq "emp-7""#), [ben.id.as_str()]);
    assert_eq!(error(&directory.post("/Users", new)), (409, "uniqueness"));
    // Another name for the same address: which name they are known by is told.
    let another = json!({ "userName": "EMP-8", "emails": [{ "value": ben.email }] });
    let refused = directory.post("/Users", another);
    assert!(error(&refused) == (409, "uniqueness") && says(&refused, "EMP-7"), "{refused:?}");
    // Nobody above the connection is taken over.
    let ann = acme.hire("ann", "admin");
    let above = json!({ "userName": "EMP-1", "emails": [{ "value": ann.email }] });
    assert_eq!(error(&directory.post("/Users", above)).0, 403);
}

#[test]
fn a_freed_name_is_somebody_elses_until_the_directorys_own_id_says_otherwise() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let mut nameless = person("noa");
    nameless.as_object_mut().expect("an object").remove("externalId");
    for (first, then) in [(person("dan"), None), (nameless, Some(json!("ext-noa")))] {
        let (_, made) = directory.post("/Users", first.clone());
        let path = format!("/Users/{}", made["id"].as_str().expect("an id"));
        assert_eq!(directory.delete(&path).0, 204);
        let mut namesake = first.clone();
        match then {
            Some(id) => namesake["externalId"] = id,
            None => drop(namesake.as_object_mut().expect("an object").remove("externalId")),
        }
        let refused = directory.post("/Users", namesake.clone());
        assert!(error(&refused) == (409, "uniqueness") && says(&refused, "member restore"), "{refused:?}");
        // Somebody here says that it is the same person: the directory finds them.
        let id = made["id"].as_str().expect("an id");
        assert_eq!(acme.owner().post(&format!("/members/{id}/restore"), json!({})).0, 200);
        assert_eq!(found_by(&directory, &format!("userName eq {}", first["userName"])), [id]);
    }
}

#[test]
fn whoever_is_suspended_by_hand_as_well_is_restored_by_hand_alone() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let id = provision(&directory, "dora");
    assert_eq!(set_active(&directory, &id, false).0, 200);
    let suspended = acme.owner().post(&format!("/members/{id}/suspend"), json!({}));
    assert_eq!((suspended.0, &suspended.1["status"]), (200, &json!("suspended")));
    assert_eq!(error(&set_active(&directory, &id, true)).0, 403);
    // The directory saying so again does not make it the directory's.
    assert_eq!(set_active(&directory, &id, false).0, 200);
    assert_eq!(error(&set_active(&directory, &id, true)).0, 403);
    assert_eq!(acme.owner().post(&format!("/members/{id}/restore"), json!({})).0, 200);
    assert_eq!(set_active(&directory, &id, true).0, 200);
}

#[test]
fn a_connection_whose_maker_could_not_make_it_any_more_only_deactivates_until_it_has_a_new_secret() {
    let acme = Firm::of("balanced");
    let admin = acme.hire("ann", "admin");
    let (status, made) = admin.api.post("/directory", json!({ "label": "Okta", "role": "member" }));
    assert_eq!(status, 201, "{made}");
    let path = format!("/directory/{}", made["id"].as_str().expect("an id"));
    let directory = acme.directory(made["secret"].as_str().expect("a secret"));
    let (ada, ben) = (provision(&directory, "ada"), provision(&directory, "ben"));
    assert_eq!(set_active(&directory, &ben, false).0, 200);
    let lower = |role: &str| {
        let changed = acme.owner().patch(&format!("/members/{}", admin.id), json!({ "role": role }));
        assert_eq!(changed.0, 200, "{changed:?}");
    };
    lower("member");
    let renamed = json!([{ "op": "replace", "path": "displayName", "value": "Ada King" }]);
    for refused in [
        directory.post("/Users", person("eve")),
        set_active(&directory, &ben, true),
        patch(&directory, &ada, renamed.clone()),
    ] {
        assert!(error(&refused).0 == 403 && says(&refused, "new secret"), "{refused:?}");
    }
    let (_, list) = acme.owner().get("/directory");
    assert_eq!(list["items"][0]["state"], json!("suspended"), "{list}");
    assert!(list["items"][0]["because"].as_str().is_some_and(|because| because.contains("deactivates")), "{list}");
    // Whoever is to leave is out all the same.
    assert_eq!(set_active(&directory, &ada, false).0, 200);
    assert_eq!(acme.owner().get(&format!("/members/{ada}")).1["status"], json!("suspended"));
    // It rests on whoever gave it a new secret, and on the first one again where they could.
    lower("admin");
    assert_eq!(set_active(&directory, &ben, true).0, 200);
    assert_eq!(acme.owner().delete(&format!("/members/{}", admin.id)).0, 200);
    assert_eq!(error(&directory.post("/Users", person("eve"))).0, 403, "who has left may know the secret");
    let (status, renewed) = acme.owner().post(&format!("{path}/rotate"), json!({}));
    assert_eq!(status, 200, "{renewed}");
    let directory = acme.directory(renewed["secret"].as_str().expect("a secret"));
    provision(&directory, "eve");
    assert_eq!(patch(&directory, &ada, renamed).0, 200);
}

#[test]
fn a_connection_whose_role_is_gone_still_deactivates() {
    let acme = Firm::of("balanced");
    let owner = acme.owner();
    assert_eq!(owner.patch("", json!({ "settings": { "roles.custom": true } })).0, 200);
    let role = owner.post("/roles", json!({ "id": "staff", "title": "Staff", "permissions": [] }));
    assert_eq!(role.0, 201, "{role:?}");
    let (status, made) = owner.post("/directory", json!({ "label": "Okta", "role": "staff" }));
    assert_eq!(status, 201, "{made}");
    let directory = acme.directory(made["secret"].as_str().expect("a secret"));
    let ada = provision(&directory, "ada");
    assert_eq!(owner.delete("/roles/staff").0, 200);
    assert_eq!(error(&directory.post("/Users", person("eve"))).0, 403);
    assert_eq!(set_active(&directory, &ada, false).0, 200);
    assert_eq!(owner.get(&format!("/members/{ada}")).1["status"], json!("suspended"));
    assert_eq!(owner.get("/directory").1["items"][0]["state"], json!("suspended"));
}
