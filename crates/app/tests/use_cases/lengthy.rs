//! What takes long, happens whole, or outlives somebody: histories, handing over everything, secrets of keys.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use app::access::Whose;
use app::agents::NewAgent;
use app::ask::{At, Inquiry, Party, Wording};
use app::grants::Receiver;
use app::impact::Mode;
use app::keys::{NewAgentKey, NewKeyOf, NewPersonalKey};
use app::members::NewMember;
use app::policy_file::Document;
use app::requests::Which;
use app::resources::{ResourceFilter, ResourceToMake};
use app::roles::{NewRole, RoleChange};
use app::{Caller, Problem};
use domain::grant::Profile;
use domain::key::KeyScope;
use domain::permission::Holding;
use domain::resource::ResourceKind;
use domain::role::RoleLevel;
use serde_json::json;

use crate::world::{ADMIN, Acme, MEMBER, World, code_of, first_key};

const HOUR_MS: i64 = 3_600_000;
/// Keys that end one after the other.
const KEYS: i64 = 8;

/// Begins with what somebody asks, until it waits for the work that was moved aside.
async fn begun(question: &mut (dyn Future<Output = ()> + Unpin)) {
    let waits = std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *question).poll(context).is_pending()));
    assert!(waits.await, "it was answered at once");
}

fn call(tool: &str) -> Inquiry {
    let (action, kind, name) = ("call".to_owned(), "tool".to_owned(), tool.to_owned());
    let wording = Wording { action, kind, name, role: None };
    Inquiry { subject: None, acting_for: None, wording, at: None, remedies: false }
}

#[tokio::test]
async fn one_question_that_takes_long_is_answered_at_a_time_for_everybody() {
    let world = World::new();
    let acme = world.acme().await;
    world.give(&acme.owner, Receiver::Member(MEMBER), "stripe", Profile::ReadOnly).await.unwrap();
    let asked = call("stripe/list_customers");
    let remedies = Inquiry { remedies: true, ..call("stripe/create_refund") };
    let mut first = Box::pin(async { assert!(world.app.turns(&acme.member, &asked).await.is_ok()) });
    begun(&mut first).await;
    assert_eq!(code_of(world.app.turns(&acme.member, &asked).await), "one-at-a-time");
    assert_eq!(code_of(world.app.ask(&acme.member, &remedies).await), "one-at-a-time");
    let past = world.app.show_access(&acme.member, Whose::Mine, Some(At::Seq(2))).await;
    assert_eq!(code_of(past), "one-at-a-time");
    let page = world.app.list_requests(&acme.member, Which { limit: 1, ..Which::default() }).await;
    assert_eq!(code_of(page), "one-at-a-time");
    assert!(world.app.turns(&acme.admin, &asked).await.is_ok(), "somebody else does not wait for it");
    first.await;
    assert!(world.app.turns(&acme.member, &asked).await.is_ok(), "the next is answered after it");
    assert!(world.app.ask(&acme.member, &remedies).await.is_ok());
}

#[test]
fn a_policy_file_is_worked_on_in_the_turn_of_whoever_sends_it() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new();
        let acme = world.acme().await;
        let says: Document = serde_json::from_value(json!({ "wardroom": 1, "name": "Acme Ltd" })).unwrap();
        let mut first = Box::pin(async { assert!(world.app.plan_document(&acme.owner, &says).await.is_ok()) });
        // The only thread for what is moved aside is taken until the first one waits for it.
        let (end, is_to_end) = std::sync::mpsc::sync_channel::<()>(1);
        let taken = tokio::task::spawn_blocking(move || is_to_end.recv().is_err());
        begun(&mut first).await;
        drop(end);
        assert!(taken.await.unwrap());
        assert_eq!(code_of(world.app.plan_document(&acme.owner, &says).await), "one-at-a-time");
        assert_eq!(code_of(world.app.apply_document(&acme.owner, &says).await), "one-at-a-time");
        assert_eq!(code_of(world.app.export_document(&acme.owner).await), "one-at-a-time");
        assert_eq!(code_of(world.app.hand_over_all(&acme.owner, MEMBER, ADMIN).await), "one-at-a-time");
        let of_others = Document { name: None, ..says.clone() };
        assert!(world.app.plan_document(&acme.member, &of_others).await.is_ok(), "somebody else does not wait for it");
        first.await;
        assert!(world.app.apply_document(&acme.owner, &says).await.is_ok(), "the next is worked on after it");
    });
}

#[tokio::test]
async fn a_history_passes_over_what_cannot_matter_and_says_where_it_was_cut() {
    let world = World::new();
    let acme = world.acme().await;
    let (member, asked) = (Receiver::Member(MEMBER), call("stripe/list_customers"));
    world.give(&acme.owner, member, "stripe", Profile::Full).await.unwrap();
    let given = acme.owner.live.snapshot().seq();
    for turn in 0..510 {
        let profile = if turn % 2 == 0 { Profile::ReadOnly } else { Profile::Full };
        world.give(&acme.owner, member, "mail", profile).await.unwrap();
    }
    let turns = world.app.turns(&acme.member, &asked).await.unwrap();
    assert!(turns.complete, "grants of something else are passed over");
    assert_eq!((turns.items[0].seq, turns.items[0].allowed), (Some(given), true), "{turns:?}");
    for turn in 0..510 {
        let profile = if turn % 2 == 0 { Profile::ReadOnly } else { Profile::Full };
        world.give(&acme.owner, member, "stripe", profile).await.unwrap();
    }
    let turns = world.app.turns(&acme.member, &asked).await.unwrap();
    assert!(!turns.complete && turns.items.len() == 200, "{}", turns.items.len());
}

#[tokio::test]
async fn a_history_tells_what_stood_against_it_and_what_did_no_longer() {
    let world = World::new();
    let acme = world.acme().await;
    let owner = acme.owner.actor.subject.as_str().to_owned();
    let (action, kind) = ("remove".to_owned(), "member".to_owned());
    let wording = Wording { action, kind, name: owner, role: None };
    let asked = Inquiry { subject: None, acting_for: None, wording, at: None, remedies: false };
    let told = async || {
        let (turns, answer) = (world.app.turns(&acme.owner, &asked).await, world.app.ask(&acme.owner, &asked).await);
        let (newest, answer) = (turns.unwrap().items.swap_remove(0), answer.unwrap());
        assert_eq!((newest.allowed, &newest.because), (answer.allowed, &answer.because), "as when it is asked now");
        (newest.allowed, newest.event)
    };
    assert!(!told().await.0, "the last owner stays");
    world.app.change_member_role(&acme.owner, ADMIN, "owner").await.unwrap();
    assert_eq!(told().await, (true, Some("member.role_changed")));
    world.app.remove_member(&acme.owner, ADMIN).await.unwrap();
    assert_eq!(told().await, (false, Some("member.removed")));
}

#[tokio::test]
async fn a_history_of_a_key_tells_what_narrowed_it() {
    let world = World::new();
    let acme = world.acme().await;
    let change = RoleChange {
        permissions: Some(Holding::parse(["key.manage_workspace", "integration.view"]).unwrap()),
        ..RoleChange::default()
    };
    let new = NewRole { id: None, title: "Keys".to_owned(), level: RoleLevel::Organization, change };
    world.app.create_role(&acme.owner, new).await.unwrap();
    let keeper = world.add(&acme.owner, "keeper@acme.example", "Kay Basalt", "keys").await.unwrap();
    let keeper = world.caller(first_key(&keeper)).await;
    let key = world.workspace_key(&acme.owner, KeyScope::All).await.unwrap().id.to_string();
    let (action, kind) = ("rotate".to_owned(), "key".to_owned());
    let wording = Wording { action, kind, name: key.clone(), role: None };
    let asked = Inquiry { subject: None, acting_for: None, wording, at: None, remedies: false };
    assert!(!world.app.turns(&keeper, &asked).await.unwrap().items[0].allowed, "it reaches more than they use");
    world.give(&acme.owner, Receiver::Key(&key), "stripe", Profile::ReadOnly).await.unwrap();
    let turns = world.app.turns(&keeper, &asked).await.unwrap();
    assert_eq!((turns.items[0].allowed, turns.items[0].event), (true, Some("grant.set")), "{turns:?}");
}

#[tokio::test]
async fn a_history_names_the_key_with_which_somebody_else_at_the_top_stood_in() {
    let world = World::new();
    let acme = world.acme().await;
    let (email, name, role) = ("otto@acme.example".to_owned(), "Otto Basalt".to_owned(), Some("owner".to_owned()));
    let otto = NewMember { email, name, role, key_label: None };
    let otto = world.app.add_member(&acme.owner, otto).await.unwrap().member.person;
    let (action, kind) = ("remove".to_owned(), "member".to_owned());
    let wording = Wording { action, kind, name: acme.owner.actor.subject.as_str().to_owned(), role: None };
    let asked = Inquiry { subject: None, acting_for: None, wording, at: None, remedies: false };
    let newest = async || {
        let turn = world.app.turns(&acme.owner, &asked).await.unwrap().items.swap_remove(0);
        (turn.allowed, turn.event)
    };
    assert!(!newest().await.0, "the other one has no key");
    let of = || NewKeyOf::Personal(NewPersonalKey { holder: Some(otto.to_string()) });
    let key = world.app.create_key(&acme.owner, "Phone of otto", of(), None).await.unwrap();
    assert_eq!(newest().await, (true, Some("key.created")));
    world.app.revoke_key(&acme.owner, key.id.as_str()).await.unwrap();
    assert_eq!(newest().await, (false, Some("key.revoked")));
}

#[tokio::test]
async fn a_file_changes_nothing_once_the_key_of_whoever_sent_it_has_ended() {
    let world = World::new();
    let acme = world.acme().await;
    let says = |number: usize| -> Document {
        serde_json::from_value(json!({ "wardroom": 1, "name": format!("Acme {number}") })).unwrap()
    };
    // One key ends after the other. What a file takes in looks at the clock grows with their number.
    let (start, mut callers) = (world.app.now(), Vec::new());
    for hours in 1..=KEYS {
        let end = start.plus_ms(hours * HOUR_MS);
        let key = world.personal_key(&acme.owner, Some(end)).await.unwrap();
        callers.push((end, world.caller(key.secret.reveal()).await));
    }
    world.clock.jump_at(usize::MAX, 0);
    world.app.apply_document(&acme.owner, &says(0)).await.unwrap();
    let looks = usize::MAX - world.clock.looks_left();
    let mut denied = 0;
    // The key ends at one of the last looks: before the steps are tried out, after, or when they are about to be written.
    for (earlier, (end, caller)) in callers.into_iter().enumerate() {
        world.clock.jump_at(looks - earlier, HOUR_MS);
        match world.app.apply_document(&caller, &says(looks - earlier)).await {
            Ok(_) => {
                let written = world.events(acme.org).await.pop().unwrap().at;
                assert!(
                    written < end,
                    "{earlier} looks before the last: written at {written:?}, with a key until {end:?}"
                );
            }
            Err(problem) => {
                assert_eq!(problem.code(), "credential-ended", "{problem}");
                denied += 1;
            }
        }
    }
    assert_eq!(denied, KEYS, "what it was tried out under had ended, whenever that was");
}

async fn projects(world: &World, by: &Caller, count: usize) {
    for number in 0..count {
        let (kind, title) = (ResourceKind::Project, format!("Plan {number}"));
        world.app.create_resource(by, ResourceToMake { kind, title, tier: None, owner: None }).await.unwrap();
    }
}

async fn owned_by_admin(world: &World, acme: &Acme) -> usize {
    let filter = ResourceFilter { kind: None, owner: None, team: None, collection: None, deleted: false };
    let all = world.app.list_resources(&acme.owner, filter, None, 100).await.unwrap();
    let admin = acme.admin.actor.subject.person();
    all.iter().filter(|one| one.inside.as_ref().is_some_and(|inside| inside.resource.owner == admin)).count()
}

#[tokio::test]
async fn everything_is_handed_over_or_nothing_and_the_preview_tells_all_of_it() {
    let world = World::new();
    let acme = world.acme().await;
    projects(&world, &acme.owner, 3).await;
    let owner = acme.owner.actor.subject.as_str();
    let looking = Caller { mode: Mode { preview: true, ..Mode::default() }, ..acme.owner.clone() };
    match world.app.hand_over_all(&looking, owner, ADMIN).await {
        Err(Problem::Previewed(impact)) => assert_eq!(impact.events.len(), 3, "{impact:?}"),
        other => panic!("{other:?}"),
    }
    let seq = acme.owner.live.snapshot().seq();
    let at = |seq| Caller { mode: Mode { expected_seq: Some(seq), ..Mode::default() }, ..acme.owner.clone() };
    assert_eq!(code_of(world.app.hand_over_all(&at(seq - 1), owner, ADMIN).await), "moved");
    assert_eq!(owned_by_admin(&world, &acme).await, 0);
    let done = world.app.hand_over_all(&at(seq), owner, ADMIN).await.unwrap();
    assert_eq!((done.handed_over, owned_by_admin(&world, &acme).await), (3, 3));
}

#[tokio::test]
async fn an_agent_that_acts_for_somebody_is_told_of_itself_what_both_may() {
    let world = World::new();
    let acme = world.acme().await;
    let new = NewAgent { title: "Scout".to_owned(), role: None, sponsor: None, expires_at: None };
    let agent = world.app.create_agent(&acme.owner, new).await.unwrap().agent.id;
    world.give(&acme.owner, Receiver::Agent(agent.as_str()), "stripe", Profile::Full).await.unwrap();
    world.app.delegate(&acme.member, (agent.as_str(), "me"), None).await.unwrap();
    let of = NewKeyOf::Agent(NewAgentKey { agent: agent.to_string(), acting_for: Some(MEMBER.to_owned()) });
    let key = world.app.create_key(&acme.owner, "k", of, None).await.unwrap();
    let acting = world.caller(key.secret.reveal()).await;

    let itself = Party { kind: "agent".to_owned(), id: agent.to_string(), acting_for: None };
    let asked = call("stripe/list_customers");
    let decide = async || world.app.sit(&acting).decide(&itself, &asked.wording).await.unwrap().allowed;
    assert!(!decide().await && !world.may_call(&acting, "stripe", "list_customers"));
    assert!(!world.app.ask(&acting, &asked).await.unwrap().allowed);
    assert!(!world.app.check(&acting, None, "stripe", "list_customers").await.unwrap().0.allowed);
    assert!(world.app.show_access(&acting, Whose::Mine, None).await.unwrap().integrations.is_empty());
    world.give(&acme.owner, Receiver::Member(MEMBER), "stripe", Profile::Full).await.unwrap();
    assert!(decide().await && world.may_call(&acting, "stripe", "list_customers"));
    assert!(world.app.ask(&acting, &asked).await.unwrap().allowed);
    assert!(world.app.turns(&acting, &asked).await.unwrap().items[0].allowed);
}

#[tokio::test]
async fn secrets_of_keys_that_somebody_could_not_issue_any_more_are_named() {
    let world = World::new();
    let acme = world.acme().await;
    let new = |sponsor: &str| NewAgent {
        title: "Scout".to_owned(),
        role: None,
        sponsor: Some(sponsor.to_owned()),
        expires_at: None,
    };
    let agent = world.app.create_agent(&acme.admin, new("olivia.quartz@acme.example")).await.unwrap().agent.id;
    let bot = world.workspace_key(&acme.admin, KeyScope::All).await.unwrap().id;
    let of = NewKeyOf::Agent(NewAgentKey { agent: agent.to_string(), acting_for: None });
    let scout = world.app.create_key(&acme.admin, "Scout of jasper", of, None).await.unwrap().id;

    let changed = world.app.change_member_role(&acme.owner, ADMIN, "member").await.unwrap();
    assert_eq!(changed.known.workspace, [(bot, "Bot of jasper".to_owned())]);
    assert_eq!(changed.known.agents, [(scout, "Scout of jasper".to_owned())]);
    let found = async |code: &str| {
        let advice = world.app.advice(&acme.owner).await.unwrap();
        advice.into_iter().find(|finding| finding.code == code).map_or(0, |finding| finding.count)
    };
    assert_eq!((found("key-known-below").await, found("key-known-to-leaver").await), (2, 0));
    let removed = world.app.remove_member(&acme.owner, ADMIN).await.unwrap();
    assert_eq!((removed.known.workspace.len(), removed.known.agents.len()), (1, 1));
    assert_eq!((found("key-known-below").await, found("key-known-to-leaver").await), (0, 2));
    world.app.rotate_key(&acme.owner, bot.as_str()).await.unwrap();
    world.app.rotate_key(&acme.owner, scout.as_str()).await.unwrap();
    assert_eq!(found("key-known-to-leaver").await, 0);
}

#[tokio::test]
async fn whoever_names_nobody_is_told_in_which_field() {
    let world = World::new();
    let acme = world.acme().await;
    let field = |problem| match problem {
        Problem::Missing { noun, message } => {
            assert!(message.contains("no such member"), "{message}");
            noun
        }
        other => panic!("{other:?}"),
    };
    let nobody = || Some("nobody@acme.example".to_owned());
    let new = NewAgent { title: "Scout".to_owned(), role: None, sponsor: nobody(), expires_at: None };
    assert_eq!(field(world.app.create_agent(&acme.owner, new).await.unwrap_err()), "sponsor");
    let made = ResourceToMake { kind: ResourceKind::Project, title: "P".to_owned(), tier: None, owner: nobody() };
    assert_eq!(field(world.app.create_resource(&acme.owner, made).await.unwrap_err()), "owner");
    let handed = world.app.hand_over_all(&acme.owner, ADMIN, "nobody@acme.example").await;
    assert_eq!(field(handed.unwrap_err()), "to");
}
