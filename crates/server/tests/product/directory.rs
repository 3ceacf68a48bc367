//! A company directory keeps the members up to date over SCIM: as Entra ID and Okta ask, no more than its connection
//! reaches, and at once.

use serde_json::{Value, json};

use crate::firm::{Firm, each, told};
use crate::removal::hammer;
use crate::sign_in::found;
use crate::world::{Api, Demo, Mcp, Server, agent, count, succeeded};

pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The door for directories with a connection just made.
pub(crate) fn connect(acme: &Firm, tends: &[&str]) -> Api {
    let (status, made) = acme.owner().post("/directory", json!({ "label": "Okta", "role": "member", "tends": tends }));
    assert_eq!(status, 201, "{made}");
    acme.directory(made["secret"].as_str().expect("a secret"))
}

pub(crate) fn person(name: &str) -> Value {
    let emails = json!([{ "value": format!("{name}@corp.example"), "type": "work", "primary": true }]);
    let (user_name, external_id) = (format!("{name}@corp.example"), format!("ext-{name}"));
    json!({ "schemas": [USER], "userName": user_name, "externalId": external_id, "displayName": name, "emails": emails,
        "active": true })
}

/// Lets somebody in. Their id.
pub(crate) fn provision(directory: &Api, name: &str) -> String {
    let (status, made) = directory.post("/Users", person(name));
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().expect("an id").to_owned()
}

pub(crate) fn patch(directory: &Api, id: &str, operations: Value) -> (u16, Value) {
    directory.patch(&format!("/Users/{id}"), json!({ "schemas": [PATCH], "Operations": operations }))
}

pub(crate) fn set_active(directory: &Api, id: &str, active: bool) -> (u16, Value) {
    patch(directory, id, json!([{ "op": "replace", "value": { "active": active } }]))
}

/// The status and the word of the specification of an error in its form.
pub(crate) fn error((status, answer): &(u16, Value)) -> (u16, &str) {
    assert_eq!(answer["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{answer}");
    assert_eq!(answer["status"], json!(status.to_string()), "{answer}");
    assert!(answer["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{answer}");
    (*status, answer["scimType"].as_str().unwrap_or_default())
}

/// Whether an error says this to whoever looks after the directory.
pub(crate) fn says((_, answer): &(u16, Value), what: &str) -> bool {
    answer["detail"].as_str().is_some_and(|detail| detail.contains(what))
}

pub(crate) fn found_by(directory: &Api, filter: &str) -> Vec<String> {
    let filter: String = filter.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let (status, list) = directory.get(&format!("/Users?filter={filter}"));
    assert_eq!(status, 200, "{list}");
    let resources = list["Resources"].as_array().expect("a list");
    assert_eq!(
        (list["totalResults"].as_u64(), resources.len() as u64),
        (Some(resources.len() as u64), resources.len() as u64)
    );
    resources.iter().map(|user| user["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn entra_lets_somebody_in_renames_suspends_and_restores_them() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    // As Entra ID tests a connection: somebody who is not there.
    assert_eq!(found_by(&directory, r#"userName eq "b2f3c1d0-7d1e-4a2b-9a50-000000000000""#), Vec::<String>::new());
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let new = json!({
        "schemas": [USER, enterprise], "externalId": "58342554-38d6-4ec8-948c-50044d0a33fd", "userName": "Ada@corp.example",
        "active": true, "displayName": "Ada Lovelace", "emails": [{ "primary": true, "type": "work", "value": "Ada@corp.example" }],
        "meta": { "resourceType": "User" }, "name": { "formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada" },
        "title": "Analyst", enterprise: { "department": "Engines" },
    });
    let (status, ada) = directory.post("/Users", new.clone());
    let id = ada["id"].as_str().unwrap_or_else(|| panic!("{status} {ada}")).to_owned();
    assert_eq!((status, &ada["active"], &ada["userName"]), (201, &json!(true), &json!("Ada@corp.example")), "{ada}");
    assert!(ada["meta"]["location"].as_str().is_some_and(|at| at.ends_with(&format!("/Users/{id}"))), "{ada}");
    assert!(ada[enterprise].is_null() && ada["title"].is_null(), "what is not known here is not kept: {ada}");
    let member = acme.owner().get(&format!("/members/{id}")).1;
    assert_eq!((&member["role"], &member["name"]), (&json!("member"), &json!("Ada Lovelace")), "{member}");
    assert_eq!(error(&directory.post("/Users", new)), (409, "uniqueness"));

    for filter in [
        r#"userName eq "ada@CORP.example""#,
        r#"externalId eq "58342554-38d6-4ec8-948c-50044d0a33fd""#,
        &format!(r#"id eq "{id}""#),
    ] {
        assert_eq!(found_by(&directory, filter), [id.as_str()], "{filter}");
    }
    assert!(found_by(&directory, r#"externalId eq "58342554-38D6-4EC8-948C-50044D0A33FD""#).is_empty());
    let renamed = json!([
        { "op": "Replace", "path": "displayName", "value": "Ada King" },
        { "op": "Replace", "path": "name.familyName", "value": "King" },
        { "op": "Replace", "path": format!("{enterprise}:department"), "value": "Poetry" },
        { "op": "Replace", "path": "userName", "value": "ada.king@corp.example" },
        { "op": "Add", "path": "emails[type eq \"work\"].value", "value": "ada.king@corp.example" },
    ]);
    let (status, king) = patch(&directory, &id, renamed);
    assert_eq!(
        (status, &king["displayName"], &king["name"]["familyName"]),
        (200, &json!("Ada King"), &json!("King")),
        "{king}"
    );
    assert_eq!(king["emails"][0]["value"], json!("Ada@corp.example"), "by what somebody signs in no directory changes");
    assert_eq!(found_by(&directory, r#"userName eq "ada.king@corp.example""#), [id.as_str()]);
    assert!(found_by(&directory, r#"userName eq "ada@corp.example""#).is_empty(), "the name before is nobody's");

    let active = |value: &str| patch(&directory, &id, json!([{ "op": "Replace", "path": "active", "value": value }]));
    for (value, is_active, expected) in [("False", false, "suspended"), ("True", true, "active")] {
        let (status, answer) = active(value);
        assert_eq!((status, &answer["active"]), (200, &json!(is_active)), "{answer}");
        assert_eq!(acme.owner().get(&format!("/members/{id}")).1["status"], json!(expected));
    }
    let (_, audit) = acme.owner().get("/audit?kind=changes&limit=4");
    assert_eq!(
        each(&audit, "type"),
        ["member.restored", "member.suspended", "member.edited", "member.added"],
        "{audit}"
    );
}

#[test]
fn okta_takes_over_who_is_there_replaces_them_whole_and_deactivates_them() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let ben = acme.hire("ben", "member");
    // Whoever was hired by hand is found by their address.
    assert_eq!(found_by(&directory, r#"userName eq "BEN@example.com""#), [ben.id.as_str()]);
    let whole = |active: Value| {
        json!({ "schemas": [USER], "id": ben.id, "userName": "ben@example.com", "externalId": "00u1", "active": active,
            "name": { "givenName": "Ben", "familyName": "Ng" }, "displayName": "Ben Ng", "locale": "en-US", "groups": [],
            "emails": [{ "primary": true, "value": "ben@example.com", "type": "work" }], "password": "hunter2" })
    };
    let path = format!("/Users/{}", ben.id);
    let (status, replaced) = directory.put(&path, whole(json!(true)));
    assert_eq!((status, &replaced["externalId"], &replaced["displayName"]), (200, &json!("00u1"), &json!("Ben Ng")));
    assert!(!replaced.to_string().contains("hunter2"));
    assert_eq!(ben.api.get("").0, 200);
    let (status, gone) = set_active(&directory, &ben.id, false);
    assert_eq!((status, &gone["active"]), (200, &json!(false)), "{gone}");
    assert_eq!(ben.api.get("").0, 401);
    // Left out is not restored, and said is.
    let mut silent = whole(Value::Null);
    silent.as_object_mut().expect("an object").remove("active");
    assert_eq!(directory.put(&path, silent).1["active"], json!(false));
    assert_eq!(directory.put(&path, whole(json!(true))).1["active"], json!(true));
    assert_eq!(ben.api.get("").0, 200);
    assert_eq!(error(&directory.put(&path, json!({ "displayName": "Ben" }))), (400, "invalidValue"));
    let (status, shown) = directory.get(&path);
    assert_eq!((status, &shown["name"]["givenName"]), (200, &json!("Ben")), "{shown}");
}

#[test]
fn whatever_else_a_directory_sends_gives_nothing() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let owner = acme.owner().get("").1["you"]["subject"].as_str().expect("an id").to_owned();
    let more = json!({
        "id": owner, "roles": [{ "value": "owner", "primary": true }], "role": "owner", "groups": [{ "value": "admins" }],
        "entitlements": ["*"], "meta": { "created": "2001-01-01T00:00:00Z", "location": "https://evil.example" },
        "org": "other", "sponsor": owner, "extra_roles": ["admin"], "password": "hunter2", "userType": "admin",
    });
    let mut new = person("eve");
    new.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let (status, eve) = directory.post("/Users", new);
    assert_eq!(status, 201, "{eve}");
    let id = eve["id"].as_str().expect("an id").to_owned();
    assert!(id != owner && !eve.to_string().contains("evil") && eve["roles"].is_null(), "{eve}");
    let operations = json!([
        { "op": "replace", "path": "roles", "value": [{ "value": "owner" }] },
        { "op": "add", "path": "groups", "value": [{ "value": "admins" }] },
        { "op": "replace", "path": "id", "value": owner },
        { "op": "add", "value": more },
    ]);
    assert_eq!(patch(&directory, &id, operations).0, 200);
    let mut whole = person("eve");
    whole.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    assert_eq!(directory.put(&format!("/Users/{id}"), whole).0, 200);
    let member = acme.owner().get(&format!("/members/{id}")).1;
    assert_eq!((&member["role"], &member["extra_roles"]), (&json!("member"), &json!([])), "{member}");
    let (_, people) = acme.owner().get("/members");
    assert_eq!(each(&people, "role").into_iter().filter(|role| role == "owner").count(), 1, "{people}");
    // Two names in one object cannot be meant both.
    let twice = r#"{ "schemas": [], "userName": "a@corp.example", "username": "b@corp.example" }"#;
    let sent =
        agent().post(format!("{}/Users", directory.root)).header("authorization", format!("Bearer {}", directory.key));
    let mut answer = sent.header("content-type", "application/scim+json").send(twice).expect("an answer");
    let told = (answer.status().as_u16(), answer.body_mut().read_json().expect("JSON"));
    assert_eq!(error(&told), (400, "invalidSyntax"));
}

// rows: PW-25, PW-55
#[test]
fn of_the_calls_sent_after_a_directory_deactivated_somebody_none_reaches_the_upstream() {
    let demo = Demo::start();
    let wanted = count(5_000, 100_000);
    let owner = demo.api(&demo.key_of("Owner"));
    let (status, made) = owner.post("/directory", json!({ "label": "Entra ID", "role": "member" }));
    assert_eq!(status, 201, "{made}");
    let mut directory = demo.api(made["secret"].as_str().expect("a secret"));
    directory.root = format!("{}/scim/v2/{}", demo.url, demo.org);
    let id = provision(&directory, "hammer");
    let key = json!({ "kind": "personal", "label": "h", "holder": id });
    let (status, key) = owner.post("/keys", key);
    assert_eq!(status, 201, "{key}");
    let key = key["secret"].as_str().expect("a secret");
    let grant = json!({ "profile": "no-delete" });
    assert_eq!(owner.put(&format!("/members/{id}/integrations/stripe"), grant).0, 200);
    let (mut sent, mut round, mut late_reached) = (0, 0, 0);
    while sent < wanted {
        round += 1;
        let suspend = || assert_eq!(set_active(&directory, &id, false).0, 200);
        let (round_sent, late) = hammer(&demo, key, round, suspend);
        sent += round_sent;
        late_reached += late;
        assert_eq!(set_active(&directory, &id, true).0, 200);
        assert!(succeeded(&demo.mcp(key).call("stripe__list_customers", json!({ "limit": 1 }))));
    }
    println!("soak: directory: {sent} requests in {round} rounds, {late_reached} late ones reached the upstream");
    assert_eq!(late_reached, 0);
}

#[test]
fn whoever_is_deactivated_is_out_whatever_is_wrong_with_the_rest_of_what_is_said_of_them() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    provision(&directory, "taken");
    let faults = [
        ("displayName", json!("n".repeat(200))),
        ("displayName", json!("hidden\u{200b}mark")),
        ("externalId", json!("e".repeat(300))),
        ("userName", json!("")),
        ("userName", json!("taken@corp.example")),
        ("name", json!("no object")),
    ];
    for (number, (name, value)) in faults.iter().enumerate() {
        let (by_patch, by_put) = (format!("patch{number}"), format!("put{number}"));
        let patched = provision(&directory, &by_patch);
        let change = json!([{ "op": "replace", "path": "active", "value": "False" },
            { "op": "replace", "path": name, "value": value }]);
        let replaced = provision(&directory, &by_put);
        let mut whole = person(&by_put);
        (whole["active"], whole[*name]) = (json!(false), value.clone());
        let answers = [patch(&directory, &patched, change), directory.put(&format!("/Users/{replaced}"), whole)];
        for (answer, id) in answers.iter().zip([patched, replaced]) {
            assert!((400..=409).contains(&answer.0), "{name}: {answer:?}");
            assert_eq!(directory.get(&format!("/Users/{id}")).1["active"], json!(false), "{name}: {answer:?}");
        }
    }
    // What is said last counts.
    let back = provision(&directory, "back");
    let both = json!([{ "op": "replace", "path": "active", "value": false },
        { "op": "replace", "value": { "active": true } }]);
    assert_eq!(patch(&directory, &back, both).1["active"], json!(true));
}

#[test]
fn a_directory_touches_nobody_above_it_and_restores_only_whom_it_suspended() {
    let acme = Firm::of("balanced");
    let (narrow, wide) = (connect(&acme, &[]), connect(&acme, &["admin"]));
    let owner = acme.owner().get("").1["you"]["subject"].as_str().expect("an id").to_owned();
    let (admin, cleo) = (acme.hire("ann", "admin"), acme.hire("cleo", "member"));
    // The last owner, and anybody in the top role, whatever the connection looks after.
    for directory in [&narrow, &wide] {
        assert_eq!(error(&set_active(directory, &owner, false)).0, 403);
        assert_eq!(error(&directory.delete(&format!("/Users/{owner}"))).0, 403);
    }
    let other = acme.hire("olga", "member");
    assert_eq!(acme.owner().patch(&format!("/members/{}", other.id), json!({ "role": "owner" })).0, 200);
    assert_eq!(error(&set_active(&wide, &other.id, false)).0, 403, "one owner of two");
    // Admins are above a connection that looks after members alone, and so is what they are called.
    assert_eq!(error(&set_active(&narrow, &admin.id, false)).0, 403);
    for (path, value) in [("displayName", "Ann"), ("userName", "ann@other.example"), ("externalId", "00u9")] {
        let renamed = |directory: &Api, id: &str| {
            patch(directory, id, json!([{ "op": "replace", "path": path, "value": value }]))
        };
        assert_eq!(error(&renamed(&narrow, &admin.id)).0, 403, "{path}");
        assert_eq!(error(&renamed(&wide, &owner)).0, 403, "{path}");
        assert_eq!(renamed(&wide, &admin.id).0, 200, "{path}");
    }
    // That somebody above it is active, as they are, a directory may say.
    assert_eq!(set_active(&narrow, &owner, true).0, 200);
    assert_eq!(admin.api.get("").0, 200);
    assert_eq!(set_active(&wide, &admin.id, false).0, 200);
    assert_eq!(admin.api.get("").0, 401);
    assert_eq!(error(&set_active(&narrow, &admin.id, true)).0, 403);
    assert_eq!(set_active(&wide, &admin.id, true).0, 200);
    // Whoever leads a team has power in it, which the role of members alone has not.
    let team = acme.team("Sales");
    acme.join(&team, &cleo, "team-leader");
    assert_eq!(error(&set_active(&narrow, &cleo.id, false)).0, 403);
    assert_eq!(set_active(&wide, &cleo.id, false).0, 200);
    assert_eq!(set_active(&wide, &cleo.id, true).0, 200);
    // Whom a person suspended a directory does not restore, however often it says that they are active.
    assert_eq!(acme.owner().post(&format!("/members/{}/suspend", cleo.id), json!({})).0, 200);
    let refused = set_active(&wide, &cleo.id, true);
    assert!(error(&refused).0 == 403 && refused.1["detail"].as_str().is_some_and(|told| told.contains("suspended")));
    let mut whole = person("cleo");
    whole["userName"] = json!(cleo.email);
    assert_eq!(error(&wide.put(&format!("/Users/{}", cleo.id), whole)).0, 403);
    assert_eq!(set_active(&wide, &cleo.id, false).0, 200, "it is so already");
    assert_eq!(acme.owner().post(&format!("/members/{}/restore", cleo.id), json!({})).0, 200);
    assert_eq!(cleo.api.get("").0, 200);
    // Nobody, and nothing that is no person.
    for id in ["per_00000000000000000000", "key_00000000000000000000", "cleo", ""] {
        assert_eq!(error(&set_active(&wide, id, false)).0, 404, "{id}");
    }
}

#[test]
fn the_people_of_another_organization_are_nobody_to_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let (acme, other) =
        (found(folder.path(), "Acme", "ada@example.com"), found(folder.path(), "Other", "ben@example.com"));
    let server = Server::start(folder.path());
    let [acme_owner, other_owner] = [&acme, &other].map(|org| Api::at(&server.url, &org.org, &org.key));
    let ben = other_owner.get("").1["you"]["subject"].as_str().expect("an id").to_owned();
    let (status, made) = acme_owner.post("/directory", json!({ "label": "d", "role": "member", "tends": ["admin"] }));
    assert_eq!(status, 201, "{made}");
    let at = |org: &str| {
        let mut directory = Api::at(&server.url, org, made["secret"].as_str().expect("a secret"));
        directory.root = format!("{}/scim/v2/{org}", server.url);
        directory
    };
    let directory = at(&acme.org);
    assert_eq!(error(&directory.get(&format!("/Users/{ben}"))).0, 404);
    assert_eq!(error(&set_active(&directory, &ben, false)).0, 404);
    assert_eq!(error(&directory.delete(&format!("/Users/{ben}"))).0, 404);
    assert!(found_by(&directory, r#"userName eq "ben@example.com""#).is_empty());
    // At the other's address the secret is as good as none, as at that of an organization that does not exist.
    for org in [other.org.as_str(), "no-such"] {
        assert_eq!(error(&at(org).get("/Users")).0, 401, "{org}");
    }
    // Let in here, they are who they were: one person, with what each organization gave them.
    let mut here = person("ben");
    here["emails"] = json!([{ "value": "BEN@example.com" }]);
    let (status, both) = directory.post("/Users", here);
    assert_eq!((status, &both["id"]), (201, &json!(ben)), "{both}");
    assert_eq!(set_active(&directory, &ben, false).0, 200);
    assert_eq!(other_owner.get("").0, 200, "in the other organization nothing has changed");
}

#[test]
fn a_list_comes_in_pages_of_at_most_two_hundred() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let mut all: Vec<String> = (0..204).map(|number| provision(&directory, &format!("p{number}"))).collect();
    all.push(acme.owner().get("").1["you"]["subject"].as_str().expect("an id").to_owned());
    all.sort();
    let page = |query: &str| {
        let (status, list) = directory.get(&format!("/Users{query}"));
        assert_eq!((status, &list["totalResults"]), (200, &json!(205)), "{query}: {list}");
        let ids = list["Resources"].as_array().expect("a list").iter().map(|user| user["id"].as_str().expect("an id"));
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        assert_eq!(list["itemsPerPage"], json!(ids.len()), "{query}");
        (list["startIndex"].as_u64().expect("a number"), ids)
    };
    let mut seen = Vec::new();
    for start in (1..=205).step_by(50) {
        let (at, ids) = page(&format!("?startIndex={start}&count=50"));
        assert_eq!(at, start);
        seen.extend(ids);
    }
    seen.sort();
    assert_eq!(seen, all, "everybody once");
    for query in ["", "?count=1000", "?startIndex=0&count=200", "?startIndex=-3"] {
        assert_eq!(page(query).1.len(), 200, "{query}");
    }
    assert_eq!(page("?count=0").1.len() + page("?count=-1").1.len() + page("?startIndex=206").1.len(), 0);
    assert_eq!(error(&directory.get("/Users?count=many")), (400, "invalidValue"));
}

#[test]
fn whom_a_directory_deletes_is_suspended_and_comes_back_as_they_were() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let id = provision(&directory, "dora");
    assert_eq!(directory.delete(&format!("/Users/{id}")).0, 204);
    assert_eq!(acme.owner().get(&format!("/members/{id}")).1["status"], json!("suspended"));
    assert_eq!(error(&directory.get(&format!("/Users/{id}"))).0, 404);
    assert_eq!(error(&directory.delete(&format!("/Users/{id}"))).0, 404);
    assert_eq!(error(&set_active(&directory, &id, true)).0, 404, "to the directory they are nobody");
    assert!(found_by(&directory, r#"userName eq "dora@corp.example""#).is_empty());
    // Another person by the same address would have what the first one had.
    let mut another = person("dora");
    another["externalId"] = json!("ext-another");
    assert_eq!(error(&directory.post("/Users", another)), (409, "uniqueness"));
    let (status, back) = directory.post("/Users", person("dora"));
    assert_eq!((status, &back["id"], &back["active"]), (201, &json!(id), &json!(true)), "{back}");
    // Deleted, and brought back here by hand: the directory sees them again.
    assert_eq!(directory.delete(&format!("/Users/{id}")).0, 204);
    assert_eq!(acme.owner().post(&format!("/members/{id}/restore"), json!({})).0, 200);
    assert_eq!(found_by(&directory, r#"userName eq "dora@corp.example""#), [id.as_str()]);
    // Removed here, they are let in by nobody but whoever adds members; the directory finds them then.
    assert_eq!(acme.owner().delete(&format!("/members/{id}")).0, 200);
    assert_eq!(error(&directory.get(&format!("/Users/{id}"))).0, 404);
    for _ in 0..2 {
        let refused = directory.post("/Users", person("dora"));
        assert!(error(&refused).0 == 403 && says(&refused, "member add"), "{refused:?}");
        assert_eq!(error(&set_active(&directory, &id, true)).0, 404);
        assert_eq!(error(&directory.put(&format!("/Users/{id}"), person("dora"))).0, 404);
    }
    let again = json!({ "email": "dora@corp.example", "name": "Dora", "role": "member" });
    assert_eq!(acme.owner().post("/members", again).0, 201);
    assert_eq!(found_by(&directory, r#"userName eq "dora@corp.example""#), [id.as_str()]);
    let mut asleep = person("otto");
    asleep["active"] = json!(false);
    let (status, otto) = directory.post("/Users", asleep);
    assert_eq!((status, &otto["active"]), (201, &json!(false)), "{otto}");
}

#[test]
fn a_connection_opens_one_door_and_ends_at_once() {
    let acme = Firm::of("balanced");
    let (status, made) = acme.owner().post("/directory", json!({ "label": "Okta", "tends": ["admin"] }));
    let (id, first) = (made["id"].as_str().expect("an id"), made["secret"].as_str().expect("a secret").to_owned());
    assert!(status == 201 && first.starts_with("wrd_"), "{made}");
    let directory = acme.directory(&first);
    assert_eq!(made["scim_url"], json!(directory.root));
    assert_eq!(directory.get("/Users").0, 200);
    // No other door takes it, and this one takes nothing else.
    assert_eq!(acme.with(&first).get("").0, 401);
    assert_eq!(acme.with(&first).get("/members").0, 401);
    let mcp =
        Mcp::new(&directory.root.replace("/scim/v2/", "/o/").replace(&acme.org, &format!("{}/mcp", acme.org)), &first);
    let answer = mcp.send("tools/list", None, json!({})).expect("an answer");
    assert_eq!(answer.status().as_u16(), 401, "{}", mcp.url);
    let personal = acme.owner().key;
    for wrong in [personal.as_str(), "", "wrd_", &first.to_lowercase(), &format!("{first}x")] {
        assert_eq!(error(&acme.directory(wrong).get("/Users")).0, 401, "{wrong}");
    }
    // It is seen with what it looks after, and never its secret.
    let (_, list) = acme.owner().get("/directory");
    let shown = &list["items"][0];
    assert_eq!((&shown["id"], &shown["role"], &shown["tends"]), (&json!(id), &json!("member"), &json!(["admin"])));
    assert!(shown["state"] == json!("active") && !list.to_string().contains(&first), "{list}");
    assert!(each(&acme.owner().get("/keys").1, "kind").contains(&"directory".to_owned()));
    assert_eq!(told(&acme.owner().post(&format!("/keys/{id}/rotate"), json!({}))), (422, "invalid"));
    let grant = acme.owner().patch(&format!("/keys/{id}"), json!({ "role": "admin" }));
    assert_eq!(told(&grant), (422, "not-a-workspace-key"));

    let (status, renewed) = acme.owner().post(&format!("/directory/{id}/rotate"), json!({}));
    assert_eq!(status, 200, "{renewed}");
    assert_eq!(error(&directory.get("/Users")).0, 401);
    let directory = acme.directory(renewed["secret"].as_str().expect("a secret"));
    let dora = provision(&directory, "dora");
    assert_eq!(acme.owner().delete(&format!("/directory/{id}")).0, 204);
    assert_eq!(error(&directory.get("/Users")).0, 401);
    assert_eq!(acme.owner().get("/directory").1["items"], json!([]));
    assert_eq!(acme.owner().delete(&format!("/directory/{id}")).0, 404);
    assert_eq!(acme.owner().get(&format!("/members/{dora}")).1["status"], json!("active"), "people stay as they are");
}

#[test]
fn who_connects_a_directory_could_do_by_hand_what_it_does() {
    let acme = Firm::of("balanced");
    let (admin, member) = (acme.hire("ann", "admin"), acme.hire("mia", "member"));
    let make = |api: &Api, role: &str, tends: &[&str]| {
        let answer = api.post("/directory", json!({ "label": "d", "role": role, "tends": tends }));
        let (status, code) = told(&answer);
        (status, code.to_owned())
    };
    assert_eq!(make(&member.api, "member", &[]), (403, "lacks-permission".to_owned()));
    assert_eq!(make(&admin.api, "member", &[]), (201, String::new()));
    // Only owners make admins here, so that nobody else has a directory that brings them back.
    assert_eq!(make(&admin.api, "member", &["admin"]), (403, "only-owners".to_owned()));
    assert_eq!(make(&admin.api, "admin", &[]), (403, "only-owners".to_owned()));
    assert_eq!(make(&acme.owner(), "admin", &[]), (201, String::new()));
    assert_eq!(make(&acme.owner(), "owner", &[]), (422, "top-role".to_owned()));
    assert_eq!(make(&acme.owner(), "member", &["owner"]), (422, "top-role".to_owned()));
    assert_eq!(make(&acme.owner(), "nobody", &[]), (422, "no-such-role".to_owned()));
    // Nor does an admin see a new secret of a wider one; members see no connection at all.
    let (_, list) = acme.owner().get("/directory");
    assert_eq!(each(&list, "id").len(), 2);
    let wide = list["items"].as_array().expect("a list").iter().find(|one| one["role"] == json!("admin"));
    let wide = wide.and_then(|one| one["id"].as_str()).expect("an id");
    assert_eq!(told(&admin.api.post(&format!("/directory/{wide}/rotate"), json!({}))), (403, "only-owners"));
    assert_eq!(member.api.get("/directory").1["items"], json!([]));
    assert_eq!(member.api.delete(&format!("/directory/{wide}")).0, 404);
    assert_eq!(member.api.post(&format!("/directory/{wide}/rotate"), json!({})).0, 404);
    let unknown = json!({ "label": "d", "roles": ["admin"] });
    assert_eq!(told(&acme.owner().post("/directory", unknown)), (422, "invalid"));
}

#[test]
fn the_door_says_what_it_does_and_errors_have_the_form_of_the_specification() {
    let acme = Firm::of("balanced");
    let directory = connect(&acme, &[]);
    let (status, config) = directory.get("/ServiceProviderConfig");
    assert_eq!(
        (status, &config["patch"]["supported"], &config["bulk"]["supported"]),
        (200, &json!(true), &json!(false))
    );
    assert_eq!(config["filter"]["maxResults"], json!(200));
    let (_, types) = directory.get("/ResourceTypes");
    assert_eq!(types["Resources"].as_array().map(Vec::len), Some(2), "there are users and groups alone: {types}");
    assert_eq!(directory.get("/ResourceTypes/User").1["schema"], json!(USER));
    let group = "urn:ietf:params:scim:schemas:core:2.0:Group";
    assert_eq!(directory.get("/ResourceTypes/Group").1["schema"], json!(group));
    assert_eq!(directory.get(&format!("/Schemas/{group}")).1["attributes"][2]["name"], json!("members"));
    let (_, schemas) = directory.get("/Schemas");
    let names = schemas["Resources"][0]["attributes"].as_array().expect("attributes").iter();
    let names: Vec<&str> = names.map(|one| one["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["userName", "externalId", "name", "displayName", "active", "emails", "groups"]);
    assert_eq!(directory.get(&format!("/Schemas/{USER}")).0, 200);
    for path in ["/Groups/x", "/ResourceTypes/Role", "/Schemas/x", "/Me", "/Bulk", ""] {
        assert_eq!(error(&directory.get(path)).0, 404, "{path}");
    }
    assert_eq!(error(&directory.put("/Users", json!({}))).0, 405);
    for filter in ["displayName%20eq%20%22a%22", "userName%20sw%20%22a%22", "nonsense"] {
        assert_eq!(error(&directory.get(&format!("/Users?filter={filter}"))), (400, "invalidFilter"), "{filter}");
    }
    let id = provision(&directory, "kim");
    for (operations, kind) in [
        (json!([{ "op": "move", "path": "active" }]), "invalidSyntax"),
        (json!([{ "op": "remove" }]), "noTarget"),
        (json!([{ "op": "remove", "path": "userName" }]), "mutability"),
        (json!([{ "op": "replace", "path": "active", "value": "no" }]), "invalidValue"),
        (json!([{ "op": "replace", "path": "a[b", "value": "no" }]), "invalidPath"),
    ] {
        assert_eq!(error(&patch(&directory, &id, operations)), (400, kind));
    }
    for (wrong, kind) in [
        (json!({ "displayName": "no name" }), "invalidValue"),
        (json!({ "userName": "no-address" }), "invalidValue"),
        (json!({ "userName": "x@corp.example", "emails": "x" }), "invalidValue"),
        (json!({ "userName": "x@corp.example", "active": 1 }), "invalidValue"),
        (json!({ "userName": "x@corp.example", "displayName": "a\nb" }), "invalidValue"),
    ] {
        assert_eq!(error(&directory.post("/Users", wrong.clone())), (400, kind), "{wrong}");
    }
    let second = provision(&directory, "kit");
    let taken = json!([{ "op": "replace", "path": "userName", "value": "KIM@corp.example" }]);
    assert_eq!(error(&patch(&directory, &second, taken)), (409, "uniqueness"));
    let users = format!("{}/Users", directory.root);
    let bare = agent().get(&users).call().expect("an answer");
    let header = |name: &str| bare.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!((bare.status().as_u16(), header("content-type")), (401, "application/scim+json"));
    assert!(header("www-authenticate").starts_with("Bearer"));
    let sent = agent().post(&users).header("authorization", format!("Bearer {}", directory.key));
    let typed = sent.header("content-type", "text/plain").send("{}").expect("an answer");
    assert_eq!(typed.status().as_u16(), 415);
}
