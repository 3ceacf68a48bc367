//! The way of a company through the product, and that nothing of it is lost.

use std::time::Duration;

use app::access::Whose;
use app::audit::{AuditQuery, Entry, EntryKind};
use app::grants::{GrantChange, Receiver};
use app::integrations::IntegrationChange;
use domain::event;
use domain::grant::Profile;
use domain::key::KeyScope;
use domain::permission::Permission;
use domain::role::RoleId;
use journal::StreamId;
use verdict::{Basis, Subject};

use crate::world::{ADMIN, MEMBER, OWNER, STRIPE, World, code_of};

/// The names of what was changed, newest first.
pub(crate) fn changes(entries: &[Entry]) -> Vec<(String, &'static str)> {
    let change = |entry: &Entry| match entry {
        Entry::Change { actor_name, event, .. } => Some((actor_name.clone(), event.name())),
        Entry::Call { .. } => None,
    };
    entries.iter().filter_map(change).collect()
}

// rows: PW-34, PW-37, PW-41, PW-61
#[tokio::test]
async fn a_company_connects_gives_checks_and_can_say_who_did_what() {
    let world = World::new();
    let acme = world.acme().await;
    let (app, member) = (&world.app, &acme.member);

    // Nothing was given, so nothing is there.
    assert!(app.list_integrations(member).await.unwrap().is_empty());
    assert_eq!(code_of(app.show_integration(member, "stripe").await), "missing");

    let given = world.give(&acme.admin, Receiver::Member(MEMBER), "stripe", Profile::NoDelete).await.unwrap();
    assert_eq!((given.integration.as_str(), given.grant.profile), ("stripe", Profile::NoDelete));
    assert_eq!(STRIPE.map(|tool| world.may_call(member, "stripe", tool)), [true, true, false]);
    assert!(!world.may_call(member, "mail", "send_mail"));

    let off = GrantChange { tools_off: Some(["create_refund".to_owned()].into()), ..GrantChange::default() };
    let given = app.set_grant(&acme.admin, Receiver::Member(MEMBER), "stripe", off).await.unwrap();
    assert_eq!(given.grant.profile, Profile::NoDelete, "what is not said stays");
    assert_eq!(STRIPE.map(|tool| world.may_call(member, "stripe", tool)), [true, false, false]);

    let (why, ask) = app.check(&acme.owner, Some(MEMBER), "stripe", "create_refund").await.unwrap();
    assert_eq!((why.allowed, why.code), (false, "tool-off"));
    assert!(!ask.is_empty() && ask.iter().all(|name| ["Olivia Quartz", "Adam Feldspar"].contains(&name.as_str())));
    let (own, _) = app.check(member, None, "stripe", "list_customers").await.unwrap();
    assert_eq!((own.allowed, own.code), (true, "grant"));
    assert_eq!(code_of(app.check(member, Some(OWNER), "stripe", "list_customers").await), "lacks-permission");

    let access = app.show_access(&acme.owner, Whose::Member(MEMBER), None).await.unwrap();
    assert_eq!((access.role.as_deref(), access.subject), (Some("member"), Subject::Member(acme.member_id)));
    let [stripe] = access.integrations.as_slice() else { panic!("{:?}", access.integrations) };
    assert_eq!((stripe.slug.as_str(), stripe.callable, stripe.total), ("stripe", 1, 3));
    let access = app.show_access(&acme.owner, Whose::Mine, None).await.unwrap();
    assert_eq!(access.integrations.len(), 2);
    assert!(access.integrations.iter().all(|one| one.basis == Basis::Role(Permission::IntegrationUseAll)));

    let query = AuditQuery { kind: Some(EntryKind::Change), limit: 3, ..AuditQuery::default() };
    let page = app.read_audit(&acme.owner, query.clone()).await.unwrap();
    let (adam, olivia) = ("Adam Feldspar".to_owned(), "Olivia Quartz".to_owned());
    let newest = [(adam.clone(), "grant.set"), (adam, "grant.set"), (olivia, "tools.approved")];
    assert_eq!(changes(&page.entries), newest);
    let mut all = changes(&page.entries).len();
    let mut next = page.next;
    while let Some(cursor) = next {
        let page = app.read_audit(&acme.owner, AuditQuery { cursor, ..query.clone() }).await.unwrap();
        all += page.entries.len();
        next = page.next;
    }
    assert_eq!(all, world.events(acme.org).await.len(), "pages lose or repeat something");
}

#[tokio::test]
async fn every_change_is_written_under_a_permission_that_its_actor_holds() {
    let world = World::new();
    let acme = world.acme().await;
    let (app, owner) = (&world.app, &acme.owner);
    let key = world.workspace_key(owner, KeyScope::All).await.unwrap().id.to_string();
    world.give(owner, Receiver::Key(&key), "mail", Profile::ReadOnly).await.unwrap();
    app.remove_grant(owner, Receiver::Key(&key), "mail").await.unwrap();
    app.rotate_key(owner, &key).await.unwrap();
    app.revoke_key(owner, &key).await.unwrap();
    app.review_tool(owner, ("stripe", "create_refund"), None, Some(true)).await.unwrap();
    let paused = IntegrationChange { paused: Some(true), ..IntegrationChange::default() };
    app.edit_integration(owner, "mail", paused).await.unwrap();
    world.upstreams.lists("https://mail.example/mcp", &["send_mail", "list_mails"]);
    let found = app.refresh_integration(owner, "mail").await.unwrap().changes.unwrap();
    let seen = found.into_iter().filter_map(|change| Some((change.tool, change.seen?))).collect();
    app.approve_tools(owner, "mail", seen).await.unwrap();
    app.disconnect_integration(owner, "mail").await.unwrap();
    app.change_settings(owner, Some("Acme AG".to_owned()), Vec::new()).await.unwrap();
    app.change_member_role(owner, ADMIN, "member").await.unwrap();
    app.remove_member(owner, MEMBER).await.unwrap();

    let role = app.list_roles(owner).await.unwrap().into_iter().find(|view| view.role.top).unwrap().role;
    assert_eq!(role.id, RoleId::parse("owner").unwrap());
    let events = world.events(acme.org).await;
    let written = |stored: &journal::StoredEvent| event::decode(&stored.body).unwrap();
    let mut kinds: Vec<&str> = events.iter().map(|stored| written(stored).name()).collect();
    for stored in events.iter().filter(|stored| stored.actor != "operator") {
        let event = written(stored);
        assert!(stored.actor.starts_with("per_") && stored.actor.contains("/key_"), "{}", stored.actor);
        assert!(role.set().iter().any(|(permission, _)| event.may_happen_under(permission)), "{}", event.name());
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 20 - 2, "tool.classified and setting.changed alone are missing: {kinds:?}");
}

#[tokio::test]
async fn a_restart_finds_everything_as_it_was_with_and_without_a_saved_state() {
    let mut world = World::new();
    let acme = world.acme().await;
    world.give(&acme.owner, Receiver::Member(MEMBER), "stripe", Profile::ReadOnly).await.unwrap();
    let bot = world.workspace_key(&acme.owner, KeyScope::Granted).await.unwrap();
    let before = world.heads(acme.org).await;
    world.restart().await;
    assert_eq!(world.heads(acme.org).await, before);

    // Enough changes that the state is saved on the way, and some after that.
    let owner = world.caller(&acme.owner_key).await;
    for round in 0..140 {
        let profile = if round % 2 == 0 { Profile::Full } else { Profile::ReadOnly };
        for to in [Receiver::Member(MEMBER), Receiver::Key(bot.id.as_str())] {
            world.give(&owner, to, "stripe", profile).await.unwrap();
        }
    }
    let saved = async {
        while world.journal.latest_state(acme.org.into()).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), saved).await.expect("the state is saved within ten seconds");
    let before = world.heads(acme.org).await;
    let saved = world.journal.latest_state(acme.org.into()).await.unwrap().unwrap();
    assert!(saved.seq > 0 && saved.seq < before.0, "{} of {}", saved.seq, before.0);
    world.restart().await;
    assert_eq!(world.heads(acme.org).await, before);
    let secret = world.app.organization("acme").await.unwrap().unwrap();
    assert_eq!(secret.org(), acme.org);
    let stripe = world.app.show_integration(&world.caller(&acme.owner_key).await, "stripe").await.unwrap();
    let opened = world.app.upstream_secret(acme.org, stripe.id).await.unwrap().unwrap();
    assert_eq!(opened.as_str(), "sk_live_topaz", "the sealed secret opens after a restart");
}

#[tokio::test]
async fn no_name_address_label_or_secret_stands_in_what_cannot_be_erased() {
    let world = World::new();
    let acme = world.acme().await;
    world.give(&acme.admin, Receiver::Member(MEMBER), "stripe", Profile::Full).await.unwrap();
    let own = world.personal_key(&acme.member, None).await.unwrap();
    let bot = world.workspace_key(&acme.admin, KeyScope::All).await.unwrap();
    world.app.remove_member(&acme.owner, MEMBER).await.unwrap();

    let mut streams = world.events(acme.org).await;
    streams.extend(world.events(StreamId::Directory).await);
    assert!(streams.len() > 15);
    let written: String =
        streams.iter().map(|stored| format!("{} {}\n", stored.actor, String::from_utf8_lossy(&stored.body))).collect();
    let lower = written.to_lowercase();
    for word in ["quartz", "feldspar", "gneiss", "olivia", "adam", "mona", "@", "jasper", "topaz"] {
        assert!(!lower.contains(word), "{word} stands in the journal: {written}");
    }
    for secret in [&acme.owner_key, own.secret.reveal(), bot.secret.reveal()] {
        // The hint, the last characters, is kept to tell keys apart; nothing before it.
        let body = secret.get(4..secret.len() - 6).unwrap();
        assert!(!written.contains(body), "the secret of a key stands in the journal");
    }
}
