//! What ends, ends at once: memberships, keys, grants, by hand and by the clock.

use app::access::Whose;
use app::audit::{AuditQuery, Entry, EntryKind};
use app::grants::{GrantChange, Receiver};
use app::keys::KeyState;
use app::members::MemberFilter;
use domain::grant::Profile;
use domain::key::KeyScope;
use domain::member::MemberStatus;
use domain::record::{Decision, Durability, Intent, Outcome, OutcomeStatus};

use crate::world::{ADMIN, Acme, MEMBER, World, code_of};

/// Records a call of the member, as the gateway would.
async fn records_a_call(world: &World, acme: &Acme) {
    let intent = Intent {
        org: acme.org,
        at: world.app.now(),
        subject: acme.member_id.to_string(),
        acting_for: None,
        credential: acme.member.actor.credential.map(|credential| credential.id()),
        client: None,
        method: "tools/call".to_owned(),
        integration: None,
        tool: Some("list_customers".to_owned()),
        class: None,
        decision: Decision::Allowed,
        reason: "grant".to_owned(),
        arguments_digest: None,
        policy_seq: 1,
    };
    let record = world.journal.begin(intent, Durability::Synced).await.unwrap();
    let outcome = Outcome {
        at: world.app.now(),
        status: OutcomeStatus::Succeeded,
        latency_us: 10,
        request_bytes: 1,
        response_bytes: 1,
        detail: None,
    };
    world.journal.finish(record, outcome).await.unwrap();
}

// rows: PW-25, PW-51, PW-52, PW-53
#[tokio::test]
async fn a_removed_member_is_out_at_once_and_their_history_stays_under_their_name() {
    let world = World::new();
    let acme = world.acme().await;
    let (app, member) = (&world.app, &acme.member);
    world.give(&acme.admin, Receiver::Member(MEMBER), "stripe", Profile::Full).await.unwrap();
    let second = world.personal_key(member, None).await.unwrap();
    assert!(world.may_call(member, "stripe", "list_customers"));
    records_a_call(&world, &acme).await;
    let mut changes = member.live.changes();

    let belongs = || world.journal.organizations_of(acme.member_id);
    assert_eq!(belongs().await.unwrap(), [acme.org]);
    let removed = app.remove_member(&acme.admin, MEMBER).await.unwrap();
    assert_eq!((removed.keys_ended, removed.grants_ended), (2, 1));
    assert_eq!((removed.member.status, removed.member.name.as_str()), (MemberStatus::Removed, "Mona Gneiss"));

    // Whoever was in already is out with the next question, and open streams are told.
    assert!(changes.has_changed().unwrap());
    assert_eq!(*changes.borrow_and_update(), member.live.snapshot().seq());
    assert!(!world.may_call(member, "stripe", "list_customers"));
    assert_eq!(member.live.snapshot().callable_tools(&member.actor, app.now()).count(), 0);
    assert_eq!(code_of(app.show_organization(member).await), "credential-ended");
    for key in [&acme.member_key, second.secret.reveal()] {
        assert_eq!(code_of(app.authenticate(key).await), "unauthenticated");
    }
    assert!(belongs().await.unwrap().is_empty());
    // Nobody else notices.
    assert!(world.may_call(&acme.admin, "stripe", "list_customers"));
    assert!(app.authenticate(&acme.admin_key).await.is_ok());
    let keys = app.list_keys(&acme.admin, None, 100).await.unwrap();
    let own =
        keys.iter().find(|view| Some(view.key.id) == acme.admin.actor.credential.and_then(|shown| shown.id().key()));
    assert_eq!(
        own.map(|view| (view.state, view.key.holder())),
        Some((KeyState::Active, acme.admin.actor.subject.person()))
    );

    let query = AuditQuery { subject: Some(MEMBER.to_owned()), limit: 10, ..AuditQuery::default() };
    let page = app.read_audit(&acme.owner, query).await.unwrap();
    let named = page.entries.iter().map(|entry| match entry {
        Entry::Call { subject_name, .. } => ("call", subject_name.as_str()),
        Entry::Change { actor_name, event, .. } => (event.name(), actor_name.as_str()),
    });
    let mut named: Vec<_> = named.collect();
    named.sort_unstable();
    assert_eq!(named, [("call", "Mona Gneiss"), ("key.created", "Mona Gneiss")]);
    let gone = app.list_members(&acme.owner, MemberFilter::Removed, None, 10).await.unwrap();
    assert_eq!(gone.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["Mona Gneiss"]);

    // Whoever comes back starts with nothing, and what ended stays ended.
    let back = world.add(&acme.owner, MEMBER, "Somebody Else", "member").await.unwrap();
    assert_eq!((back.member.person, back.member.name.as_str()), (acme.member_id, "Mona Gneiss"));
    assert_eq!(code_of(app.authenticate(&acme.member_key).await), "unauthenticated");
    let back = world.caller(crate::world::first_key(&back)).await;
    assert!(!world.may_call(&back, "stripe", "list_customers"));
}

#[tokio::test]
async fn after_a_rotation_the_old_secret_is_refused_and_the_key_reaches_what_it_reached() {
    let world = World::new();
    let acme = world.acme().await;
    let bot = world.workspace_key(&acme.admin, KeyScope::Granted).await.unwrap();
    world.give(&acme.admin, Receiver::Key(bot.id.as_str()), "mail", Profile::NoDelete).await.unwrap();
    let before = world.caller(bot.secret.reveal()).await;
    assert!(world.may_call(&before, "mail", "send_mail"));

    let renewed = world.app.rotate_key(&acme.admin, bot.id.as_str()).await.unwrap();
    assert_eq!(renewed.id, bot.id);
    assert_eq!(code_of(world.app.authenticate(bot.secret.reveal()).await), "unauthenticated");
    assert!(!world.may_call(&before, "mail", "send_mail"), "who was let in with the old secret still calls");
    let after = world.caller(renewed.secret.reveal()).await;
    assert!(world.may_call(&after, "mail", "send_mail") && !world.may_call(&after, "stripe", "list_customers"));

    world.app.revoke_key(&acme.admin, bot.id.as_str()).await.unwrap();
    assert_eq!(code_of(world.app.authenticate(renewed.secret.reveal()).await), "unauthenticated");
    assert_eq!(code_of(world.app.rotate_key(&acme.admin, bot.id.as_str()).await), "missing");
}

#[tokio::test]
async fn keys_and_grants_end_by_the_clock_at_the_very_moment() {
    let world = World::new();
    let acme = world.acme().await;
    let end = world.app.now().plus_ms(1_000);
    let key = world.personal_key(&acme.member, Some(end)).await.unwrap();
    let change = GrantChange { expires_at: Some(Some(end)), ..GrantChange::default() };
    world.app.set_grant(&acme.owner, Receiver::Member(MEMBER), "stripe", change).await.unwrap();
    let caller = world.caller(key.secret.reveal()).await;
    world.clock.advance_ms(999);
    assert!(world.may_call(&caller, "stripe", "list_customers"));
    assert_eq!(caller.live.snapshot().deadline(&caller.actor, world.app.now()), Some(end));

    world.clock.advance_ms(1);
    assert!(!world.may_call(&caller, "stripe", "list_customers"));
    assert_eq!(code_of(world.app.authenticate(key.secret.reveal()).await), "unauthenticated");
    assert!(!world.may_call(&acme.member, "stripe", "list_customers"), "the grant outlives its end");
    assert!(world.app.authenticate(&acme.member_key).await.is_ok(), "a key without an end ended");
    let (why, _) = world.app.check(&acme.owner, Some(MEMBER), "stripe", "list_customers").await.unwrap();
    assert_eq!(why.code, "grant-ended");

    let past = Some(world.app.now());
    assert_eq!(code_of(world.personal_key(&acme.member, past).await), "in-the-past");
}

#[tokio::test]
async fn an_access_answer_about_a_workspace_key_says_when_the_key_has_ended() {
    let world = World::new();
    let acme = world.acme().await;
    let of = app::keys::NewKeyOf::Workspace(app::keys::NewWorkspaceKey { scope: Some(KeyScope::All), role: None });
    let end = Some(world.app.now().plus_ms(10));
    let bot = world.app.create_key(&acme.owner, "Bot", of, end).await.unwrap();
    let ask = || world.app.check(&acme.owner, Some(bot.id.as_str()), "mail", "send_mail");
    assert!(ask().await.unwrap().0.allowed);
    world.clock.advance_ms(10);
    assert_eq!(ask().await.unwrap().0.code, "credential-ended");
    let bots = world.app.show_access(&acme.owner, Whose::Key(bot.id.as_str()), None).await.unwrap();
    assert!(bots.integrations.is_empty());
}

#[tokio::test]
async fn a_role_and_a_grant_bite_with_the_next_question() {
    let world = World::new();
    let acme = world.acme().await;
    assert!(world.may_call(&acme.admin, "stripe", "delete_customer"));
    world.app.change_member_role(&acme.owner, ADMIN, "member").await.unwrap();
    assert!(!world.may_call(&acme.admin, "stripe", "delete_customer"));
    assert_eq!(code_of(world.connect(&acme.admin, "other", None).await), "lacks-permission");
    world.give(&acme.owner, Receiver::Member(MEMBER), "mail", Profile::Full).await.unwrap();
    assert!(world.may_call(&acme.member, "mail", "send_mail"));
    world.app.remove_grant(&acme.owner, Receiver::Member(MEMBER), "mail").await.unwrap();
    assert!(!world.may_call(&acme.member, "mail", "send_mail"));
    let query = AuditQuery { kind: Some(EntryKind::Change), limit: 1, ..AuditQuery::default() };
    let page = world.app.read_audit(&acme.owner, query).await.unwrap();
    assert_eq!(crate::story::changes(&page.entries)[0].1, "grant.removed");
}
