//! Groups of a company directory: kept as Entra ID and Okta send them, and giving what somebody here decided.

use serde_json::{Value, json};

use crate::directory::{PATCH, connect, error, provision, says, set_active};
use crate::firm::{Firm, told};
use crate::world::Api;

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

fn members(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({ "value": id })).collect()
}

/// A group. Its id.
fn made(directory: &Api, name: &str, ids: &[&str]) -> String {
    let new = json!({ "schemas": [GROUP], "displayName": name, "externalId": format!("ext-{name}"), "members": members(ids) });
    let (status, group) = directory.post("/Groups", new);
    assert_eq!(status, 201, "{group}");
    group["id"].as_str().expect("an id").to_owned()
}

fn patch(directory: &Api, id: &str, operations: Value) -> (u16, Value) {
    directory.patch(&format!("/Groups/{id}"), json!({ "schemas": [PATCH], "Operations": operations }))
}

fn add(directory: &Api, id: &str, person: &str) -> (u16, Value) {
    patch(directory, id, json!([{ "op": "Add", "path": "members", "value": [{ "value": person }] }]))
}

fn remove(directory: &Api, id: &str, person: &str) -> (u16, Value) {
    patch(directory, id, json!([{ "op": "remove", "path": format!("members[value eq \"{person}\"]") }]))
}

/// Who is in a group, as its directory sees it.
fn in_group(directory: &Api, id: &str) -> Vec<String> {
    let (status, group) = directory.get(&format!("/Groups/{id}"));
    assert_eq!(status, 200, "{group}");
    let ids = group["members"].as_array().expect("members").iter();
    let mut ids: Vec<String> = ids.map(|one| one["value"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

/// The only connection of a company.
fn connection(acme: &Firm) -> String {
    acme.owner().get("/directory").1["items"][0]["id"].as_str().expect("an id").to_owned()
}

fn map(acme: &Firm, by: &Api, group: &str, teams: Value) -> (u16, Value) {
    by.put(&format!("/directory/{}/groups/{group}", connection(acme)), json!({ "teams": teams }))
}

fn found(directory: &Api, query: &str) -> Vec<String> {
    let filter: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let (status, list) = directory.get(&format!("/Groups?excludedAttributes=members&filter={filter}"));
    assert_eq!(status, 200, "{list}");
    let groups = list["Resources"].as_array().expect("a list").iter();
    groups
        .map(|group| {
            assert!(group["members"].is_null(), "{group}");
            group["id"].as_str().expect("an id").to_owned()
        })
        .collect()
}

#[test]
fn groups_are_kept_as_directories_send_them_and_give_nothing_by_themselves() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &["admin"]);
    let (ada, ben) = (provision(&directory, "ada"), provision(&directory, "ben"));
    let before = acme.owner().get(&format!("/members/{ada}")).1;
    // As Entra ID: without members first, then one by one; found by name and by who is in it.
    let group = made(&directory, "Engineers", &[]);
    assert_eq!(found(&directory, r#"displayName eq "ENGINEERS""#), [group.as_str()]);
    assert_eq!(found(&directory, r#"externalId eq "ext-Engineers""#), [group.as_str()]);
    assert!(found(&directory, r#"displayName eq "Sales""#).is_empty());
    assert_eq!(add(&directory, &group, &ada).0, 200);
    let ask = |person: &str| format!(r#"id eq "{group}" and members eq "{person}""#);
    assert_eq!(found(&directory, &ask(&ada)), [group.as_str()]);
    assert!(found(&directory, &ask(&ben)).is_empty());
    assert_eq!(found(&directory, &format!(r#"members.value eq "{ada}""#)), [group.as_str()]);
    let one = json!([{ "op": "Remove", "path": "members", "value": [{ "value": ada }] }]);
    assert_eq!(patch(&directory, &group, one).0, 200);
    assert!(in_group(&directory, &group).is_empty());
    // As Okta: everybody at once, the name without a path, whole groups, and who leaves by a path.
    let all = json!([{ "op": "replace", "path": "members", "value": members(&[&ada, &ben]) },
        { "op": "replace", "value": { "id": group, "displayName": "Makers" } }]);
    let (status, changed) = patch(&directory, &group, all);
    assert_eq!((status, &changed["displayName"]), (200, &json!("Makers")), "{changed}");
    assert_eq!(in_group(&directory, &group).len(), 2);
    assert_eq!(remove(&directory, &group, &ben).0, 200);
    assert_eq!(in_group(&directory, &group), [ada.as_str()]);
    let whole = json!({ "schemas": [GROUP], "id": group, "displayName": "Makers", "members": members(&[&ben]) });
    assert_eq!(directory.put(&format!("/Groups/{group}"), whole).0, 200);
    assert_eq!(in_group(&directory, &group), [ben.as_str()]);
    // Seen with the person, whose groups nobody changes there.
    let (_, user) = directory.get(&format!("/Users/{ben}"));
    assert_eq!(
        (&user["groups"][0]["value"], &user["groups"][0]["display"]),
        (&json!(group), &json!("Makers")),
        "{user}"
    );
    let sneaked = json!({ "userName": "ada@corp.example", "externalId": "ext-ada", "groups": members(&[&group]) });
    assert_eq!(directory.put(&format!("/Users/{ada}"), sneaked).0, 200);
    assert_eq!(in_group(&directory, &group), [ben.as_str()]);
    assert_eq!(acme.owner().get(&format!("/members/{ada}")).1["role"], before["role"]);
    // Somebody who is not there, and a group that is there already or not at all.
    for stranger in ["per_00000000000000000000", "ada", ""] {
        assert_eq!(error(&add(&directory, &group, stranger)), (400, "invalidValue"), "{stranger}");
    }
    let again = json!({ "displayName": "Others", "externalId": "ext-Engineers" });
    let other = json!({ "displayName": "Makers" });
    assert_eq!(directory.post("/Groups", other).0, 201, "names need not differ");
    let whole = json!({ "displayName": "Makers", "externalId": "ext-Engineers", "members": members(&[&ben]) });
    assert_eq!(directory.put(&format!("/Groups/{group}"), whole).0, 200);
    assert_eq!(error(&directory.post("/Groups", again)), (409, "uniqueness"));
    assert_eq!(error(&directory.post("/Groups", json!({ "externalId": "x" }))), (400, "invalidValue"));
    assert_eq!(error(&directory.get("/Groups?filter=displayName%20sw%20%22a%22")), (400, "invalidFilter"));
    let (_, page) = directory.get("/Groups?startIndex=2&count=1&attributes=displayName");
    assert_eq!((&page["totalResults"], &page["itemsPerPage"], &page["startIndex"]), (&json!(2), &json!(1), &json!(2)));
    assert!(page["Resources"][0]["members"].is_null(), "{page}");
    assert_eq!(directory.delete(&format!("/Groups/{group}")).0, 204);
    for answer in
        [directory.get(&format!("/Groups/{group}")), add(&directory, &group, &ada), directory.delete("/Groups/x")]
    {
        assert_eq!(error(&answer).0, 404);
    }
    // Each connection has its own.
    let theirs = made(&directory, "Theirs", &[&ada]);
    let another = connect(&acme, &["admin"]);
    assert_eq!(error(&another.get(&format!("/Groups/{theirs}"))).0, 404);
    assert_eq!(error(&remove(&another, &theirs, &ada)).0, 404);
    assert_eq!(another.get("/Groups").1["totalResults"], json!(0));
}

#[test]
fn a_mapped_group_gives_places_in_teams_and_takes_what_it_gave_and_nothing_else() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &["admin"]);
    let (team, other) = (acme.team("Engines"), acme.team("Poetry"));
    let (ada, ben) = (provision(&directory, "ada"), acme.hire("ben", "member"));
    acme.join(&team, &ben, "team-leader");
    let group = made(&directory, "Engineers", &[&ada, &ben.id]);
    let teams = json!({ &team: "team-member", &other: null });
    let (status, mapped) = map(&acme, &acme.owner(), &group, teams);
    assert_eq!(
        (status, &mapped["members"], &mapped["teams"][0]["role"]),
        (200, &json!(2), &json!("team-member")),
        "{mapped}"
    );
    let places = |of: &str| {
        let mut places = acme.places(of);
        places.sort();
        places
    };
    let placed = |of: &str, who: &str| places(of).into_iter().find(|(id, _)| id == who).map(|(_, role)| role);
    assert_eq!(placed(&team, &ada).as_deref(), Some("team-member"));
    assert!(placed(&other, &ada).is_some());
    assert_eq!(placed(&team, &ben.id).as_deref(), Some("team-leader"), "a place by hand is as it was");
    // Leaving takes at once what the group gave, and never what somebody gave by hand.
    assert_eq!(remove(&directory, &group, &ada).0, 200);
    assert_eq!(remove(&directory, &group, &ben.id).0, 200);
    assert_eq!((placed(&team, &ada), placed(&other, &ada), placed(&other, &ben.id)), (None, None, None));
    assert_eq!(placed(&team, &ben.id).as_deref(), Some("team-leader"));
    let (_, audit) = acme.owner().get("/audit?kind=changes&limit=2");
    assert!(audit.to_string().contains("team.member_removed"), "{audit}");
    // Another group, mapped later, gives what the first one does not.
    let second = made(&directory, "Leads", &[&ada]);
    assert_eq!(map(&acme, &acme.owner(), &second, json!({ &team: "team-leader" })).0, 200);
    assert_eq!(placed(&team, &ada).as_deref(), Some("team-leader"));
    assert_eq!(add(&directory, &group, &ada).0, 200);
    assert_eq!(placed(&team, &ada).as_deref(), Some("team-member"), "the group that was mapped first decides");
    assert_eq!(directory.delete(&format!("/Groups/{group}")).0, 204);
    assert_eq!((placed(&team, &ada).as_deref(), placed(&other, &ada)), (Some("team-leader"), None));
    assert_eq!(map(&acme, &acme.owner(), &second, json!({})).0, 200);
    assert_eq!(placed(&team, &ada), None);
    // Whoever is suspended has their place when they are back, and nobody is restored by a group.
    assert_eq!(map(&acme, &acme.owner(), &second, json!({ &team: "team-member" })).0, 200);
    assert_eq!(set_active(&directory, &ada, false).0, 200);
    assert_eq!(remove(&directory, &second, &ada).0, 200);
    assert_eq!(add(&directory, &second, &ada).0, 200);
    assert_eq!(acme.owner().get(&format!("/members/{ada}")).1["status"], json!("suspended"));
    // With the connection its groups end, and whom they put somewhere stays there as if by hand.
    assert_eq!(acme.owner().delete(&format!("/directory/{}", connection(&acme))).0, 204);
    assert_eq!(placed(&team, &ada).as_deref(), Some("team-member"));
}

#[test]
fn who_maps_a_group_could_give_by_hand_what_it_gives_and_so_could_whoever_knows_the_secret() {
    let acme = Firm::of("balanced");
    let (admin, member) = (acme.hire("ann", "admin"), acme.hire("mia", "member"));
    let team = acme.team("Engines");
    let (status, new) = admin.api.post("/directory", json!({ "label": "Okta", "role": "member" }));
    assert_eq!(status, 201, "{new}");
    let directory = acme.directory(new["secret"].as_str().expect("a secret"));
    let ada = provision(&directory, "ada");
    let group = made(&directory, "Engineers", &[&ada]);
    // Members see neither connections nor groups, and a leader of the team maps nothing.
    assert_eq!(member.api.get(&format!("/directory/{}/groups", connection(&acme))).0, 404);
    acme.join(&team, &member, "team-leader");
    assert_eq!(map(&acme, &member.api, &group, json!({ &team: "team-member" })).0, 404);
    // Never more than the connection looks after, nor a role in the organization, nor a team that is not there.
    assert_eq!(told(&map(&acme, &acme.owner(), &group, json!({ &team: "team-leader" }))), (403, "above-connection"));
    for role in ["owner", "member", "nobody"] {
        let refused = map(&acme, &acme.owner(), &group, json!({ &team: role }));
        assert!(matches!(refused.0, 403 | 422), "{role}: {refused:?}");
    }
    assert_eq!(map(&acme, &acme.owner(), &group, json!({ "tea_00000000000000000000": "team-member" })).0, 404);
    assert_eq!(map(&acme, &acme.owner(), "grp_00000000000000000000", json!({})).0, 404);
    assert_eq!(map(&acme, &admin.api, &group, json!({ &team: "team-member" })).0, 200);
    assert_eq!(acme.places(&team).len(), 2);
    // Its mapper, who made the connection as well, is lowered: nobody gets anything more, and who leaves loses it.
    let role = |role: &str| {
        assert_eq!(acme.owner().patch(&format!("/members/{}", admin.id), json!({ "role": role })).0, 200);
    };
    role("member");
    let refused = add(&directory, &group, &member.id);
    assert!(error(&refused).0 == 403 && says(&refused, "new secret"), "{refused:?}");
    let (_, groups) = acme.owner().get(&format!("/directory/{}/groups", connection(&acme)));
    assert!(groups["items"][0]["because"].as_str().is_some_and(|because| because.contains("secret")), "{groups}");
    assert_eq!(map(&acme, &acme.owner(), &group, json!({ &team: "team-member" })).0, 403);
    let both = json!([{ "op": "remove", "path": "members" }, { "op": "add", "path": "members", "value": members(&[&member.id]) }]);
    assert_eq!(error(&patch(&directory, &group, both)).0, 403);
    assert_eq!(acme.places(&team), [(member.id.clone(), "team-leader".to_owned())], "who left is out all the same");
    assert_eq!(set_active(&directory, &ada, false).0, 200);
    // The owner answers for the connection from now on, and for the mapping once they say so.
    let (_, renewed) = acme.owner().post(&format!("/directory/{}/rotate", connection(&acme)), json!({}));
    let directory = acme.directory(renewed["secret"].as_str().expect("a secret"));
    let refused = add(&directory, &group, &ada);
    assert!(error(&refused).0 == 403 && says(&refused, "what the group gives"), "{refused:?}");
    assert_eq!(map(&acme, &acme.owner(), &group, json!({ &team: "team-member" })).0, 200);
    assert_eq!(add(&directory, &group, &ada).0, 200);
    assert_eq!(acme.places(&team).len(), 2);
}

#[test]
fn to_who_is_above_a_connection_its_groups_give_nothing() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let team = acme.team("Engines");
    let (admin, ada) = (acme.hire("ann", "admin"), provision(&directory, "ada"));
    let group = made(&directory, "Everybody", &[&ada, &admin.id]);
    assert_eq!(map(&acme, &acme.owner(), &group, json!({ &team: "team-member" })).0, 200);
    let only = |who: &str| acme.places(&team).into_iter().map(|(id, _)| id).collect::<Vec<_>>() == [who];
    assert!(only(&ada), "an admin is in the group, and not in the team");
    assert_eq!(in_group(&directory, &group).len(), 2);
    // Neither by joining, nor by being there when somebody else does.
    assert_eq!(remove(&directory, &group, &admin.id).0, 200);
    assert_eq!(add(&directory, &group, &admin.id).0, 200);
    assert!(only(&ada));
    // Whom somebody raises keeps what they have until they leave the group.
    assert_eq!(acme.owner().patch(&format!("/members/{ada}"), json!({ "role": "admin" })).0, 200);
    assert!(only(&ada));
    assert_eq!(remove(&directory, &group, &ada).0, 200);
    assert!(acme.places(&team).is_empty());
}
