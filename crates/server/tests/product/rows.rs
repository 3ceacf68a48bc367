//! What the roles of each preset say, by doing it as somebody of the role: the effect is seen, or the denial and no
//! effect. What can only be asked yet is in `asked`.

mod asked;
mod details;
mod keys;
mod managing;
mod owners;

use serde_json::{Value, json};

use crate::firm::{Firm, Person, each, told};
use crate::things::denied;
use crate::upstreams::Upstreams;
use crate::world::{Mcp, succeeded};

/// Something done by somebody with a role: what was answered, and whether it had its effect.
pub(crate) type Act<'a> = &'a dyn Fn(&Person, &str) -> ((u16, Value), bool);

/// Everybody in turn does each act; a word for each of them, `yes` or `-`, says who can.
pub(crate) fn check(people: &[(&str, Person)], acts: &[(&str, &str, Act<'_>)]) {
    for (name, expected, act) in acts {
        let done = people.iter().map(|(role, person)| {
            let (answer, effect) = act(person, role);
            let allowed = (200..300).contains(&answer.0);
            assert_eq!(allowed, effect, "{name} by {role}: the answer and the effect differ: {answer:?}");
            assert!(allowed || denied(&answer), "{name} by {role}: {answer:?}");
            if allowed { "yes" } else { "-" }
        });
        assert_eq!(done.collect::<Vec<_>>(), expected.split_whitespace().collect::<Vec<_>>(), "{name}");
    }
}

/// The founder, and somebody for every other role.
pub(crate) fn everybody<'a>(firm: &Firm, roles: &[&'a str]) -> Vec<(&'a str, Person)> {
    let founder = |api: crate::world::Api| {
        let id = api.get("").1["you"]["subject"].as_str().expect("an id").to_owned();
        Person { api, email: "owner@example.com".to_owned(), id }
    };
    let person = |role: &&'a str| {
        let is_founder = *role == "owner";
        (*role, if is_founder { founder(firm.owner()) } else { firm.hire(role, role) })
    };
    roles.iter().map(person).collect()
}

/// Whether a member with this address is there, as the owner sees it.
fn is_member(firm: &Firm, email: &str) -> bool {
    each(&firm.owner().get("/members").1, "email").contains(&email.to_owned())
}

fn adds(firm: &Firm, person: &Person, role: &str) -> ((u16, Value), bool) {
    let email = format!("new-by-{role}@example.com");
    let answer = person.api.post("/members", json!({ "email": email, "name": "New" }));
    let effect = is_member(firm, &email);
    (answer, effect)
}

fn removes(firm: &Firm, person: &Person, role: &str) -> ((u16, Value), bool) {
    let (_, org) = firm.owner().get("");
    let smallest = org["settings"]["join.default_role"].as_str().expect("a role");
    let victim = firm.hire(&format!("leaver-by-{role}"), smallest);
    let answer = person.api.delete(&format!("/members/{}", victim.email));
    (answer, !is_member(firm, &victim.email))
}

/// Invites: where it has an effect, the invitation waits under the address. Here whoever has the link may accept it, since
/// nothing proves an address.
fn invites(firm: &Firm, person: &Person, role: &str) -> ((u16, Value), bool) {
    firm.set("invite.address", json!("any"));
    let email = format!("invited-by-{role}@example.com");
    let answer = person.api.post("/invitations", json!({ "email": email }));
    (answer, each(&firm.owner().get("/invitations").1, "email").contains(&email))
}

fn renames(firm: &Firm, person: &Person, role: &str) -> ((u16, Value), bool) {
    let name = format!("Named by {role}");
    let answer = person.api.patch("", json!({ "name": name }));
    (answer, firm.owner().get("").1["name"] == json!(name))
}

fn sets(firm: &Firm, person: &Person, role: &str) -> ((u16, Value), bool) {
    let label = format!("colleague of {role}");
    let answer = person.api.patch("", json!({ "settings": { "labels": { "member": label } } }));
    (answer, firm.owner().get("").1["settings"]["labels"]["member"] == json!(label))
}

fn makes_workspace_key(firm: &Firm, person: &Person, role: &str) -> ((u16, Value), bool) {
    let label = format!("bot of {role}");
    let answer = person.api.post("/keys", json!({ "kind": "workspace", "label": label }));
    (answer, each(&firm.owner().get("/keys").1, "label").contains(&label))
}

/// What somebody reads: the answer, and whether there is something in it.
fn reads(person: &Person, path: &str) -> ((u16, Value), bool) {
    let answer = person.api.get(path);
    let effect = answer.1["items"].as_array().is_some_and(|items| !items.is_empty());
    (answer, effect)
}

fn calls(mcp: &Mcp, tool: &str, arguments: Value) -> ((u16, Value), bool) {
    let answer = mcp.call(tool, arguments);
    let effect = succeeded(&answer);
    ((if effect { 200 } else { 403 }, answer.message), effect)
}

// rows: PW-2, PW-4, PW-10, PW-14
#[test]
fn in_pipeworks_owner_and_admin_manage_and_assign_integrations_and_a_member_does_not() {
    let (upstreams, firm) = (Upstreams::start(), Firm::as_founded("pipeworks"));
    let people = everybody(&firm, &["owner", "admin", "member"]);
    let witness = firm.hire("witness", "member");
    let is_there = |slug: &str| firm.owner().get(&format!("/integrations/{slug}")).0 == 200;
    let named = |slug: &str| {
        let mut new = upstreams.stripe();
        (new["slug"], new["title"]) = (json!(slug), json!(slug));
        new
    };
    firm.connect_stripe(&upstreams);
    let grant = format!("/members/{}/integrations/stripe", witness.email);
    let path = |slug: &str| format!("/integrations/{slug}");
    check(
        &people,
        &[
            ("connect", "yes yes -", &|person, role| {
                let answer = person.api.post("/integrations", named(&format!("by-{role}")));
                (answer, is_there(&format!("by-{role}")))
            }),
            ("disconnect", "yes yes -", &|person, role| {
                let slug = format!("to-go-{role}");
                assert_eq!(firm.owner().post("/integrations", named(&slug)).0, 201);
                (person.api.delete(&path(&slug)), !is_there(&slug))
            }),
            ("pause", "yes yes -", &|person, _| {
                let answer = person.api.patch(&path("stripe"), json!({ "paused": true }));
                let paused = firm.owner().get(&path("stripe")).1["paused"] == json!(true);
                assert_eq!(firm.owner().patch(&path("stripe"), json!({ "paused": false })).0, 200);
                (answer, paused)
            }),
            ("review a tool", "yes yes -", &|person, role| {
                let tool = format!("{}/tools/list_products", path("stripe"));
                let class = if role == "admin" { "write" } else { "delete" };
                let answer = person.api.patch(&tool, json!({ "class": class }));
                let (_, tools) = firm.owner().get(&format!("{}/tools?limit=1000", path("stripe")));
                let tools = tools["items"].as_array().expect("tools").clone();
                let reviewed = tools.iter().find(|tool| tool["name"] == json!("list_products")).expect("it is there");
                (answer, reviewed["class"] == json!(class))
            }),
            ("assign", "yes yes -", &|person, _| {
                let answer = person.api.put(&grant, json!({ "profile": "full" }));
                let effect = !firm.mcp(&witness).tools().is_empty();
                if effect {
                    assert_eq!(firm.owner().delete(&grant).0, 204);
                }
                (answer, effect)
            }),
        ],
    );
}

// rows: PW-2, PW-7, PW-9, PW-13, PW-16, PW-33
#[test]
fn in_pipeworks_owner_and_admin_use_every_integration_and_a_member_what_was_assigned() {
    let (upstreams, firm) = (Upstreams::start(), Firm::as_founded("pipeworks"));
    let people = everybody(&firm, &["owner", "admin", "member"]);
    firm.connect_stripe(&upstreams);
    check(
        &people,
        &[
            ("see what was not given", "yes yes -", &|person, _| {
                let listed = each(&person.api.get("/integrations").1, "slug").contains(&"stripe".to_owned());
                (person.api.get("/integrations/stripe"), listed)
            }),
            ("use what was not given", "yes yes -", &|person, _| {
                calls(&firm.mcp(person), "stripe__list_customers", json!({ "limit": 1 }))
            }),
        ],
    );
    // Owner and admin reach all that there is; the member nothing until it is assigned, and then that alone.
    let (_, all) = firm.owner().get("/integrations/stripe/tools?limit=1000");
    let (owner, admin, member) = (firm.mcp(&people[0].1), firm.mcp(&people[1].1), firm.mcp(&people[2].1));
    let of_stripe = |mcp: &Mcp| mcp.tools().iter().filter(|name| name.starts_with("stripe__")).count();
    let total = all["items"].as_array().expect("tools").len();
    assert_eq!((of_stripe(&owner), of_stripe(&admin), member.tools().len()), (total, total, 0));
    let given = format!("/members/{}/integrations/stripe", people[2].1.email);
    assert_eq!(firm.owner().put(&given, json!({ "profile": "full" })).0, 200);
    assert_eq!((of_stripe(&member), member.tools().len()), (total, total));
    assert_eq!(each(&people[2].1.api.get("/integrations").1, "slug"), ["stripe"]);
}

// rows: PW-2, PW-5, PW-6, PW-10, PW-11, PW-12, PW-15, C-11
#[test]
fn in_pipeworks_owner_and_admin_manage_people_and_settings_and_a_member_neither() {
    let firm = Firm::as_founded("pipeworks");
    let people = everybody(&firm, &["owner", "admin", "member"]);
    check(
        &people,
        &[
            ("add a member", "yes yes -", &|person, role| adds(&firm, person, role)),
            ("invite", "yes yes -", &|person, role| invites(&firm, person, role)),
            ("remove a member", "yes yes -", &|person, role| removes(&firm, person, role)),
            ("promote to admin", "yes - -", &|person, role| {
                let rising = firm.hire(&format!("rising-by-{role}"), "member");
                let answer = person.api.patch(&format!("/members/{}", rising.email), json!({ "role": "admin" }));
                (answer, firm.role_of(&rising) == "admin")
            }),
            ("demote", "yes yes -", &|person, role| {
                let falling = firm.hire(&format!("falling-by-{role}"), "admin");
                let answer = person.api.patch(&format!("/members/{}", falling.email), json!({ "role": "member" }));
                (answer, firm.role_of(&falling) == "member")
            }),
            ("change the name", "yes yes -", &|person, role| renames(&firm, person, role)),
            ("change a setting", "yes yes -", &|person, role| sets(&firm, person, role)),
            // Most settings, not all: who may promote, and what roles hold, stays with the owner.
            ("change who promotes", "yes - -", &|person, _| {
                let answer = person.api.patch("", json!({ "settings": { "promote.admin": "by_permission" } }));
                let changed = firm.owner().get("").1["settings"]["promote.admin"] == json!("by_permission");
                firm.set("promote.admin", json!("owner"));
                (answer, changed)
            }),
            ("make a role", "yes - -", &|person, role| {
                let id = format!("role-by-{role}");
                let answer = person.api.post("/roles", json!({ "id": id, "title": id, "permissions": [] }));
                (answer, firm.owner().get(&format!("/roles/{id}")).0 == 200)
            }),
        ],
    );
}

// rows: PW-18, PW-34, PW-49, PA-25
#[test]
fn a_newcomer_about_whom_nothing_was_said_has_the_smallest_role_and_nothing_else() {
    for (preset, default) in [("pipeworks", "member"), ("balanced", "member"), ("pipeai", "user")] {
        let (upstreams, firm) = (Upstreams::start(), Firm::of(preset));
        firm.connect_stripe(&upstreams);
        assert_eq!(firm.owner().get("").1["you"]["role"], json!("owner"), "{preset}: who founds it owns it");
        let new = json!({ "email": "new@example.com", "name": "New", "issue_key": { "label": "first" } });
        let (status, added) = firm.owner().post("/members", new);
        assert_eq!((status, &added["role"]), (201, &json!(default)), "{preset}: {added}");
        let newcomer = firm.with(added["key"]["secret"].as_str().expect("a secret"));
        assert!(firm.mcp_with(&newcomer.key).tools().is_empty(), "{preset}");
        for path in ["/integrations", "/resources", "/teams"] {
            assert_eq!(each(&newcomer.get(path).1, "id").len(), 0, "{preset}: {path}");
        }
        let (_, access) = newcomer.get("/access");
        assert_eq!((&access["integrations"], &access["teams"]), (&json!([]), &json!([])), "{preset}: {access}");
    }
    // What is assigned without a word about how much is the smallest measure of it.
    let (upstreams, firm) = (Upstreams::start(), Firm::of("pipeworks"));
    firm.connect_stripe(&upstreams);
    let mona = firm.hire("mona", "member");
    let (status, grant) = firm.owner().put(&format!("/members/{}/integrations/stripe", mona.id), json!({}));
    assert_eq!((status, &grant["profile"]), (200, &json!("read-only")), "{grant}");
    assert_eq!(told(&mona.api.get("/integrations/stripe")).0, 200);
}

// rows: PW-3, PW-17, WJ-8, SW-2, SW-54, SW-55, SW-58
#[test]
fn the_roles_of_a_preset_are_those_and_each_says_whom_it_suits_and_what_to_mind() {
    let owner = ("owner", "owner");
    let pipeworks = [("owner", "business owner"), ("admin", "department heads"), ("member", "contractors")];
    let workjet = [owner, ("admin", "whoever runs"), ("member", "everybody")];
    let swiftask = [
        ("owner", "creator"),
        ("admin", "trusted leads"),
        ("member", "build agents"),
        ("viewer", "external stakeholders"),
        ("billing-partner", "finance people"),
    ];
    let presets: [(&str, &[(&str, &str)]); 3] =
        [("pipeworks", &pipeworks), ("workjet", &workjet), ("swiftask", &swiftask)];
    for (preset, expected) in presets {
        let firm = Firm::as_founded(preset);
        let (_, roles) = firm.owner().get("/roles");
        let roles = roles["items"].as_array().expect("roles").clone();
        let of_organization = roles.iter().filter(|role| role["level"] == json!("organization"));
        let mut ids: Vec<&str> = of_organization.map(|role| role["id"].as_str().expect("an id")).collect();
        ids.sort_unstable();
        let mut wanted: Vec<&str> = expected.iter().map(|(id, _)| *id).collect();
        wanted.sort_unstable();
        assert_eq!(ids, wanted, "{preset}");
        for (id, words) in expected {
            let (_, role) = firm.owner().get(&format!("/roles/{id}"));
            let suits = role["typical_for"].as_str().expect("a text");
            assert!(*words == "owner" || suits.contains(words), "{preset}: {id} is for {suits}");
            assert!(role["guide"].as_str().is_some_and(|guide| guide.len() > 100), "{preset}: {role}");
            assert!(!role["effective"].as_array().expect("permissions").is_empty(), "{preset}: {role}");
        }
    }
}
