//! Keys as people of each role have them, what a profile lets through, and the examples of the demo company.

use serde_json::{Value, json};

use crate::firm::{Firm, each, told};
use crate::rows::{calls, check, everybody, makes_workspace_key};
use crate::upstreams::Upstreams;
use crate::world::{Demo, succeeded};

// rows: PW-20, PW-21, PW-22, PW-24, PW-28, PW-30
#[test]
fn in_pipeworks_everyone_makes_personal_keys_and_owner_and_admin_keys_of_the_workspace() {
    let firm = Firm::as_founded("pipeworks");
    let people = everybody(&firm, &["owner", "admin", "member"]);
    let shared = firm.owner().post("/keys", json!({ "kind": "workspace", "label": "shared" })).1;
    let path = format!("/keys/{}", shared["id"].as_str().expect("an id"));
    check(
        &people,
        &[
            ("make a personal key", "yes yes yes", &|person, _| {
                let answer = person.api.post("/keys", json!({ "kind": "personal", "label": "mine" }));
                let with_it = firm.with(answer.1["secret"].as_str().unwrap_or_default());
                let whose = with_it.get("").1["you"]["subject"] == json!(person.id);
                (answer, whose)
            }),
            ("make a workspace key", "yes yes -", &|person, role| makes_workspace_key(&firm, person, role)),
            ("renew a workspace key", "yes yes -", &|person, _| {
                let before = firm.owner().get(&path).1["issued_at"].clone();
                let answer = person.api.post(&format!("{path}/rotate"), json!({}));
                (answer, firm.owner().get(&path).1["issued_at"] != before)
            }),
            ("end a workspace key", "yes yes -", &|person, role| {
                let label = format!("to end by {role}");
                let key = firm.owner().post("/keys", json!({ "kind": "workspace", "label": label })).1;
                let answer = person.api.delete(&format!("/keys/{}", key["id"].as_str().expect("an id")));
                (answer, !each(&firm.owner().get("/keys").1, "label").contains(&label))
            }),
        ],
    );
    let (_, listed) = firm.owner().get(&path);
    assert_eq!((&listed["kind"], &listed["holder"]), (&json!("workspace"), &Value::Null), "nobody's own: {listed}");
    // A personal key cannot be made for somebody else to be that person.
    let other = json!({ "kind": "personal", "label": "not mine", "holder": people[0].1.id });
    assert_eq!(told(&people[2].1.api.post("/keys", other)).0, 403);
}

// rows: WJ-28, C-7
#[test]
fn in_workjet_owner_and_admin_make_keys_and_a_member_has_no_way_to() {
    let firm = Firm::as_founded("workjet");
    let adam = firm.hire("adam", "admin");
    let mona = firm.hire("mona", "member");
    for api in [&firm.owner(), &adam.api] {
        for kind in ["personal", "workspace"] {
            let (status, made) = api.post("/keys", json!({ "kind": kind, "label": kind }));
            assert_eq!(status, 201, "{made}");
        }
    }
    for (permission, setting) in [("key.create_personal", "personal"), ("key.manage_workspace", "workspace")] {
        let question = json!({ "subject": mona.id, "action": permission,
            "resource": { "type": "organization", "id": "" } });
        assert_eq!(firm.owner().post("/explain", question).1["allowed"], json!(false), "{permission}");
        assert_eq!(
            mona.api.post("/keys", json!({ "kind": setting, "label": "mine" })).0,
            401,
            "her own is no key here"
        );
    }
}

// rows: PW-23, SW-51, C-16
#[test]
fn a_personal_key_has_its_holders_access_of_this_very_moment_through_every_change() {
    let (upstreams, firm) = (Upstreams::start(), Firm::as_founded("pipeworks"));
    firm.connect_stripe(&upstreams);
    let mona = firm.hire("mona", "member");
    let (mcp, owners) = (firm.mcp(&mona), firm.mcp_with(&firm.owner().key));
    let role = |role: &str| assert_eq!(firm.owner().patch("/members/mona@example.com", json!({ "role": role })).0, 200);
    let grant = format!("/members/{}/integrations/stripe", mona.id);
    let call = |allowed: bool, moment: &str| {
        let answer = mcp.call("stripe__list_customers", json!({ "limit": 1 }));
        assert_eq!((succeeded(&answer), !mcp.tools().is_empty()), (allowed, allowed), "{moment}: {answer:?}");
    };
    for round in 0..3 {
        call(false, "before anything is given");
        assert_eq!(mona.api.patch("", json!({ "name": "Mona's" })).0, 403);
        assert_eq!(firm.owner().put(&grant, json!({ "profile": "read-only" })).0, 200);
        call(true, "given");
        assert!(mcp.tools().len() < owners.tools().len());
        role("admin");
        assert_eq!(mcp.tools(), owners.tools(), "round {round}: an admin has all");
        assert_eq!(mona.api.patch("", json!({ "name": format!("Round {round}") })).0, 200);
        role("member");
        assert!(mcp.tools().len() < owners.tools().len(), "round {round}");
        assert_eq!(mona.api.patch("", json!({ "name": "Mona's" })).0, 403);
        assert_eq!(firm.owner().delete(&grant).0, 204);
        call(false, "taken back");
    }
}

// rows: PW-37, PW-38, PW-39, PW-40, PW-41, PW-48
#[test]
fn a_profile_lets_through_what_it_says_call_by_call_and_a_tool_that_is_off_not_at_all() {
    let (upstreams, firm) = (Upstreams::start(), Firm::as_founded("pipeworks"));
    firm.connect_stripe(&upstreams);
    let mona = firm.hire("mona", "member");
    let (mcp, owner) = (firm.mcp(&mona), firm.mcp_with(&firm.owner().key));
    let grant = format!("/members/{}/integrations/stripe", mona.id);
    let victim = || {
        let made = owner.call("stripe__create_customer", json!({ "name": "Quill", "email": "quill@example.org" }));
        let text = made.message.to_string();
        let start = text.find("cus_").unwrap_or_else(|| panic!("no customer: {text}"));
        text[start..].chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>()
    };
    for (profile, expected) in [("read-only", "r"), ("no-delete", "rw"), ("full", "rwd")] {
        assert_eq!(firm.owner().put(&grant, json!({ "profile": profile })).0, 200);
        let customer = victim();
        let done = [
            ("r", "stripe__retrieve_customer", json!({ "customer": customer })),
            ("w", "stripe__update_customer", json!({ "customer": customer, "name": profile })),
            ("d", "stripe__delete_customer", json!({ "customer": customer })),
        ];
        let listed = mcp.tools();
        let mut through = String::new();
        for (letter, tool, arguments) in done {
            let (_, effect) = calls(&mcp, tool, arguments);
            assert_eq!(listed.contains(&tool.to_owned()), effect, "{profile}: {tool} is listed as it can be called");
            through.extend(effect.then_some(letter));
        }
        assert_eq!(through, expected, "{profile}");
        let after = owner.call("stripe__retrieve_customer", json!({ "customer": customer }));
        assert_eq!(succeeded(&after), profile != "full", "{profile}: deleted by the full one alone");
        assert_eq!(after.message.to_string().contains(profile), profile == "no-delete", "{profile}: {after:?}");
    }
    assert_eq!(firm.owner().put(&grant, json!({ "profile": "full", "tools_off": ["delete_customer"] })).0, 200);
    let customer = victim();
    assert!(!calls(&mcp, "stripe__delete_customer", json!({ "customer": customer })).1);
    assert!(calls(&mcp, "stripe__retrieve_customer", json!({ "customer": customer })).1, "it is still there");
}

// rows: PW-29, PW-47, C-9
#[test]
fn a_workspace_key_reaches_all_or_nothing_by_the_setting_and_can_be_narrowed_in_both() {
    for (preset, wide) in [("pipeworks", true), ("balanced", false)] {
        let (upstreams, firm) = (Upstreams::start(), Firm::as_founded(preset));
        firm.connect_stripe(&upstreams);
        firm.set("requests.agent_tool", json!(false));
        let mut new = json!({ "kind": "workspace", "label": "bot" });
        if !wide {
            new["role"] = json!("service");
        }
        let (_, key) = firm.owner().post("/keys", new);
        let mcp = firm.mcp_with(key["secret"].as_str().expect("a secret"));
        let all = firm.mcp_with(&firm.owner().key).tools();
        assert_eq!(mcp.tools(), if wide { all.clone() } else { Vec::new() }, "{preset}");
        let path = format!("/keys/{}/integrations/stripe", key["id"].as_str().expect("an id"));
        assert_eq!(firm.owner().put(&path, json!({ "profile": "read-only" })).0, 200);
        let narrowed = mcp.tools();
        assert!(!narrowed.is_empty() && narrowed.len() < all.len(), "{preset}");
        assert!(!narrowed.contains(&"stripe__create_customer".to_owned()), "{preset}");
    }
}

// rows: PW-54
#[test]
fn who_leaves_is_followed_by_the_list_of_shared_keys_to_renew_and_a_renewed_one_shuts_the_old_secret_out() {
    let firm = Firm::as_founded("pipeworks");
    let adam = firm.hire("adam", "admin");
    let (_, known) = adam.api.post("/keys", json!({ "kind": "workspace", "label": "automation" }));
    let (_, unknown) = firm.owner().post("/keys", json!({ "kind": "workspace", "label": "the owner's" }));
    let (status, removed) = firm.owner().delete("/members/adam@example.com");
    assert_eq!(status, 200, "{removed}");
    let expected = json!([{ "id": known["id"], "label": "automation" }]);
    assert_eq!(removed["workspace_keys_to_rotate"], expected, "and not {unknown}");
    let old = firm.with(known["secret"].as_str().expect("a secret"));
    assert_eq!(old.get("").0, 200, "it is the company's, and goes on working until somebody renews it");
    let (status, renewed) = firm.owner().post(&format!("/keys/{}/rotate", known["id"].as_str().unwrap()), json!({}));
    assert_eq!((status, old.get("").0), (200, 401), "{renewed}");
    assert_eq!(firm.with(renewed["secret"].as_str().expect("a secret")).get("").0, 200);
}

// rows: PW-56, PW-59
#[test]
fn a_new_member_who_may_write_at_once_is_pointed_out_and_one_who_only_reads_is_not() {
    let (upstreams, firm) = (Upstreams::start(), Firm::as_founded("pipeworks"));
    firm.connect_stripe(&upstreams);
    let mona = firm.hire("mona", "member");
    let grant = format!("/members/{}/integrations/stripe", mona.id);
    let found = |code: &str| each(&firm.owner().get("/advice").1, "code").contains(&code.to_owned());
    assert_eq!(firm.owner().put(&grant, json!({})).0, 200);
    assert!(!found("newcomer-writes"));
    assert_eq!(firm.owner().put(&grant, json!({ "profile": "no-delete" })).0, 200);
    assert!(found("newcomer-writes"));
    for name in ["ada", "bo", "cy"] {
        assert!(!found("many-managers"));
        firm.hire(name, "admin");
    }
    assert!(found("many-managers"));
}

// rows: PW-35, PW-42, PW-43, PW-44, PW-45, PW-46, PW-47, PW-48
#[test]
fn the_people_of_the_examples_have_what_the_examples_say_and_keys_of_their_own() {
    let demo = Demo::start();
    let has = |key: &str| {
        let (status, access) = demo.api(key).get("/access");
        assert_eq!(status, 200, "{access}");
        let of = |one: &Value| (one["slug"].as_str().unwrap().to_owned(), one["profile"].as_str().map(str::to_owned));
        let mut all: Vec<_> = access["integrations"].as_array().unwrap().iter().map(of).collect();
        all.sort();
        all
    };
    let given = |pairs: &[(&str, &str)]| -> Vec<_> {
        pairs.iter().map(|(slug, profile)| ((*slug).to_owned(), Some((*profile).to_owned()))).collect()
    };
    let examples: [(&str, &[(&str, &str)]); 3] = [
        ("Sales representative", &[("salesforce", "full"), ("sendgrid", "no-delete")]),
        ("Marketing analyst", &[("google-ads", "read-only"), ("google-analytics", "read-only")]),
        ("Finance manager", &[("stripe", "no-delete")]),
    ];
    for (title, expected) in examples {
        assert_eq!(has(&demo.key_of(title)), given(expected), "{title}");
    }
    assert_eq!(has(&demo.workspace_key()), given(&[("outlook", "no-delete"), ("salesforce", "read-only")]));
    for title in ["Owner", "Head of operations"] {
        let all = has(&demo.key_of(title));
        assert!(all.len() == 6 && all.iter().all(|(_, profile)| profile.is_none()), "all of it: {title}: {all:?}");
    }
    let (_, keys) = demo.api(&demo.key_of("Owner")).get("/keys");
    let kinds = each(&keys, "kind");
    let personal = kinds.iter().filter(|kind| *kind == "personal").count();
    assert_eq!((personal, kinds.len() - personal), (5, 1), "{keys}");
}
