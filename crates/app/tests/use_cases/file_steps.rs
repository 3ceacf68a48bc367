//! What a policy file makes of agents and keys that stand still, of one's own roles, and of what is lent.

use app::ask::Wording;
use app::grants::Receiver;
use app::keys::{NewKeyOf, NewWorkspaceKey};
use app::policy_file::{Document, Moment, Plan};
use app::requests::{Choice, RequestToOpen, Term};
use app::{Caller, Problem};
use domain::grant::Profile;
use domain::key::KeyScope;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::world::{ADMIN, Acme, MEMBER, OWNER, World};

const HOUR_MS: i64 = 3_600_000;

fn document(value: Value) -> Document {
    serde_json::from_value(value).unwrap()
}

async fn apply(world: &World, by: &Caller, mut says: Value) -> Vec<String> {
    says["wardroom"] = json!(1);
    let applied = world.app.apply_document(by, &document(says)).await.unwrap();
    applied.steps.into_iter().map(|step| step.says).collect()
}

async fn plan(world: &World, by: &Caller, mut says: Value) -> Result<Plan, Problem> {
    says["wardroom"] = json!(1);
    world.app.plan_document(by, &document(says)).await
}

/// Where a document cannot be understood, and why.
async fn refused(world: &World, by: &Caller, says: Value) -> (String, String) {
    let Err(Problem::InStep { place, problem }) = plan(world, by, says).await else { panic!("it is not refused") };
    (place.join("."), problem.to_string())
}

async fn export(world: &World, acme: &Acme) -> Value {
    serde_json::to_value(world.app.export_document(&acme.owner).await.unwrap()).unwrap()
}

fn until(moment: Timestamp) -> Value {
    serde_json::to_value(Moment(moment)).unwrap()
}

/// Acme with the roles `scout` and `lead` of its own, which anybody may have.
async fn with_roles() -> (World, Acme) {
    let world = World::new();
    let acme = world.acme().await;
    let mut roles = export(&world, &acme).await["roles"].clone();
    for role in ["scout", "lead"] {
        roles[role] =
            json!({ "title": role, "assignable_to": ["members", "keys", "agents"], "permissions": ["role.view"] });
    }
    let settings = json!({ "roles.custom": true, "roles.extra_bindings": true });
    apply(&world, &acme.owner, json!({ "settings": settings, "roles": roles })).await;
    (world, acme)
}

#[tokio::test]
async fn what_lost_its_role_and_is_to_stay_suspended_does_not_wake_by_the_role_that_it_gets() {
    let (world, acme) = with_roles().await;
    let agent = |role: &str, suspended: bool| json!({ "agents": { "Bot": { "role": role, "sponsor": OWNER, "suspended": suspended } } });
    apply(&world, &acme.owner, agent("scout", false)).await;
    let of = NewKeyOf::Workspace(NewWorkspaceKey { scope: None, role: Some("scout".to_owned()) });
    world.app.create_key(&acme.owner, "Nightly job", of, None).await.unwrap();
    world.app.delete_role(&acme.owner, "scout", None).await.unwrap();
    let stands = |exported: &Value| {
        [&exported["agents"]["Bot"], &exported["keys"]["Nightly job"]].map(|one| one["suspended"] == true)
    };
    assert_eq!(stands(&export(&world, &acme).await), [true, true]);

    let steps = apply(&world, &acme.owner, agent("lead", true)).await;
    assert_eq!(steps, ["give the agent Bot the role lead", "change the agent Bot: suspend it"]);
    let exported = export(&world, &acme).await;
    assert_eq!((&exported["agents"]["Bot"]["role"], stands(&exported)), (&json!("lead"), [true, true]));
    let steps = apply(&world, &acme.owner, agent("lead", false)).await;
    assert_eq!(steps, ["change the agent Bot: resume it"]);

    let reaches = exported["keys"]["Nightly job"]["reaches"].clone();
    let key = |role: Option<&str>, suspended: bool| json!({ "keys": { "Nightly job": { "role": role, "reaches": reaches, "suspended": suspended } } });
    let (place, why) = refused(&world, &acme.owner, key(Some("lead"), true)).await;
    assert_eq!(place, "keys.Nightly job");
    assert!(why.contains("leave out suspended"), "{why}");
    assert_eq!(apply(&world, &acme.owner, key(None, true)).await, Vec::<String>::new(), "as it is");
    apply(&world, &acme.owner, key(Some("lead"), false)).await;
    assert_eq!(stands(&export(&world, &acme).await), [false, false]);
}

#[tokio::test]
async fn an_agent_that_waits_for_a_role_and_gets_one_needs_no_other_step_to_work() {
    let (world, acme) = with_roles().await;
    let agent = |role: &str| json!({ "agents": { "Bot": { "role": role, "sponsor": OWNER } } });
    apply(&world, &acme.owner, agent("scout")).await;
    world.app.delete_role(&acme.owner, "scout", None).await.unwrap();
    assert_eq!(apply(&world, &acme.owner, agent("lead")).await, ["give the agent Bot the role lead"]);
    assert_eq!(export(&world, &acme).await["agents"]["Bot"]["suspended"], Value::Null);
}

#[tokio::test]
async fn ones_own_role_beside_ones_own_is_taken_over_also_where_such_do_not_count() {
    let (world, acme) = with_roles().await;
    let off = json!({ "roles.extra_bindings": false });
    apply(&world, &acme.owner, json!({ "settings": off })).await;
    let beside = json!({ "settings": off, "extra_roles": { OWNER: { "lead": {} }, MEMBER: { "scout": {} } } });
    apply(&world, &acme.owner, beside.clone()).await;
    let exported = export(&world, &acme).await;
    assert_eq!(exported["extra_roles"], beside["extra_roles"]);
    assert_eq!(exported["settings"]["roles.extra_bindings"], false);
    assert_eq!(plan(&world, &acme.owner, exported).await.unwrap().steps, vec![]);
    apply(&world, &acme.owner, json!({ "extra_roles": {} })).await;
    assert_eq!(export(&world, &acme).await["extra_roles"], json!({}), "what one has is taken at the end");
}

#[tokio::test]
async fn a_role_that_one_leaves_is_beside_the_next_one_only_where_such_count_afterwards() {
    let (world, acme) = with_roles().await;
    let admin = ADMIN;
    apply(&world, &acme.owner, json!({ "settings": { "promote.admin": "owner_or_admin" } })).await;
    world.app.clone_role(&acme.owner, "admin", Some("chief"), "Chief".to_owned()).await.unwrap();
    let moved = |on: bool| {
        let (settings, beside) = (json!({ "roles.extra_bindings": on }), json!({ admin: { "admin": {} } }));
        json!({ "settings": settings, "members": { admin: "chief" }, "extra_roles": beside })
    };
    let (place, why) = refused(&world, &acme.admin, moved(false)).await;
    assert_eq!(place, format!("extra_roles.{admin}.admin"));
    assert!(why.contains("roles.extra_bindings"), "{why}");
    let steps = apply(&world, &acme.admin, moved(true)).await;
    assert_eq!(steps.len(), 2, "{steps:?}");
    assert_eq!(export(&world, &acme).await["extra_roles"], json!({ admin: { "admin": {} } }));
}

#[tokio::test]
async fn a_file_of_very_many_steps_goes_through_and_one_of_too_many_names_its_sections() {
    let world = World::new();
    let acme = world.acme().await;
    let teams = |count: usize| (0..count).map(|number| (format!("Team {number}"), json!({}))).collect::<Value>();
    assert_eq!(apply(&world, &acme.owner, json!({ "teams": teams(2_100) })).await.len(), 2_100);
    let agents: Value = (0..4_000).map(|number| (format!("Bot {number}"), json!({ "sponsor": OWNER }))).collect();
    let both = json!({ "teams": teams(8_101), "agents": agents });
    let told = plan(&world, &acme.owner, both).await.unwrap_err().to_string();
    assert!(told.contains("10001 steps (teams: 6001, agents: 4000)"), "{told}");
    assert!(told.contains("the sections one after the other"), "{told}");
    let told = plan(&world, &acme.owner, json!({ "teams": teams(12_101) })).await.unwrap_err().to_string();
    assert!(told.contains("make some of these changes by themselves"), "{told}");
}

#[tokio::test]
async fn a_key_for_everything_is_narrowed_by_what_it_is_given_now_and_by_nothing_else() {
    let world = World::new();
    let acme = world.acme().await;
    let key = world.app.create_key(
        &acme.owner,
        "Nightly job",
        NewKeyOf::Workspace(NewWorkspaceKey { scope: Some(KeyScope::All), role: None }),
        None,
    );
    key.await.unwrap();
    let (soon, past) = (world.app.now().plus_ms(HOUR_MS), world.app.now());
    let says = |reaches: &str, given: Value| {
        let grants = json!({ "keys": { "Nightly job": given } });
        json!({ "keys": { "Nightly job": { "reaches": reaches } }, "grants": grants })
    };
    let ending = |at: Timestamp| json!({ "mail": { "profile": "full", "until": until(at) } });
    for given in [json!({}), ending(past)] {
        let (place, why) = refused(&world, &acme.owner, says("granted", given)).await;
        assert_eq!(place, "keys.Nightly job");
        assert!(why.contains("make a new key"), "{why}");
    }
    let (_, why) = refused(&world, &acme.owner, says("all", ending(soon))).await;
    assert!(why.contains("say reaches: granted"), "{why}");
    assert_eq!(plan(&world, &acme.owner, says("all", ending(past))).await.unwrap().steps, vec![]);
    assert_eq!(apply(&world, &acme.owner, says("granted", ending(soon))).await.len(), 1);
    assert_eq!(export(&world, &acme).await["keys"]["Nightly job"]["reaches"], "granted");
}

#[tokio::test]
async fn a_step_that_ends_what_is_lent_says_so() {
    let world = World::new();
    let acme = world.acme().await;
    let member = Receiver::Member(MEMBER);
    world.give(&acme.owner, member, "stripe", Profile::ReadOnly).await.unwrap();
    let (action, kind, name) = ("call".to_owned(), "tool".to_owned(), "stripe/create_refund".to_owned());
    let wording = Wording { action, kind, name, role: None };
    let wish = RequestToOpen { wording, note: None, lasts_ms: None };
    let opened = world.app.open_request(&acme.member, &wish).await.unwrap();
    let shown = world.app.show_request(&acme.owner, opened.view.request.asked.id.as_str()).await.unwrap();
    let choice = Choice { remedy: None, term: Term::For(HOUR_MS) };
    world.app.grant_request(&acme.owner, shown.view.request.asked.id.as_str(), choice).await.unwrap();
    assert!(world.may_call(&acme.member, "stripe", "create_refund"));

    let says = |given: Value| json!({ "grants": { "members": given } });
    let as_it_is = says(json!({ MEMBER: { "stripe": { "profile": "read-only" } } }));
    assert_eq!(plan(&world, &acme.owner, as_it_is).await.unwrap().steps, vec![], "a file says nothing about loans");
    let told = async |given: Value| {
        let steps = plan(&world, &acme.owner, says(given)).await.unwrap().steps;
        steps.into_iter().map(|step| step.says).collect::<Vec<_>>().join("\n")
    };
    let changed = told(json!({ MEMBER: { "stripe": { "profile": "full" } } })).await;
    assert!(changed.ends_with(", which ends what is lent beside it"), "{changed}");
    assert!(told(json!({})).await.ends_with(", also what is lent beside it"));
    world.clock.advance_ms(HOUR_MS);
    let changed = told(json!({ MEMBER: { "stripe": { "profile": "full" } } })).await;
    assert!(!changed.contains("lent"), "what has ended is not there: {changed}");
}
