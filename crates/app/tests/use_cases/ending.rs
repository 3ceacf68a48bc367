//! An organization ends: at once nobody does anything in it, until its day it comes back whole, and after it nothing is
//! left that names anybody, whatever interrupts whoever erases it. Other organizations of the same people notice nothing.

use app::invitations::InvitationToSend;
use app::{App, Caller, Problem};
use domain::credential::CredentialId;
use domain::directory::DirectoryEvent;
use domain::event::{self, Event};
use domain::organization::{InvitedAddress, SettingChange};
use journal::{Append, Fact, StreamId};

use crate::world::{ADMIN, Acme, MEMBER, OWNER, World, code_of};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Whether the organization is shown to who presents these keys.
async fn work<const N: usize>(world: &World, keys: [&str; N]) -> [bool; N] {
    let mut work = [false; N];
    for (works, key) in work.iter_mut().zip(keys) {
        *works = match world.app.authenticate(key).await {
            Ok(caller) => world.app.show_organization(&caller).await.is_ok(),
            Err(_) => false,
        };
    }
    work
}

async fn delete(app: &App, by: &Caller) {
    app.delete_organization(by, Some("acme")).await.unwrap();
}

async fn ends_in_a_day(world: &World, acme: &Acme) {
    let change = SettingChange::OrganizationDeleteAfterDays(1);
    world.app.change_settings(&acme.owner, None, vec![change]).await.unwrap();
    delete(&world.app, &acme.owner).await;
}

/// The cookie of somebody who signs in with this link.
async fn signs_in(world: &World, link: &str) -> String {
    let (_, browser) = world.app.new_browser().unwrap();
    world.app.open_link(link, &browser, None).await.unwrap().token.reveal().to_owned()
}

/// The link of an invitation, in an organization that asks nobody to show their address.
async fn sends_invitation(world: &World, by: &Caller, email: &str) -> String {
    let any = vec![SettingChange::InviteAddress(InvitedAddress::Any)];
    world.app.change_settings(by, None, any).await.unwrap();
    let new = InvitationToSend { email: email.to_owned(), ..InvitationToSend::default() };
    world.app.send_invitation(by, new).await.unwrap().token.expect("a link").reveal().to_owned()
}

/// Everything that decides about the organization, but for the number of its last event.
fn access(caller: &Caller) -> String {
    let snapshot = caller.live.snapshot();
    let written = format!("{snapshot:?}");
    let (org, rest) = written.split_once(&format!(" seq: {},", snapshot.seq())).expect("its number");
    format!("{org}{rest}")
}

/// The names of an organization's events, the oldest first.
async fn history(world: &World, acme: &Acme) -> Vec<&'static str> {
    let events = world.events(acme.org).await;
    events.iter().map(|stored| event::decode(&stored.body).unwrap().name()).collect()
}

#[tokio::test]
async fn an_organization_is_as_it_was_when_it_is_restored_in_the_last_moment_before_its_end() {
    let mut world = World::new();
    let acme = world.acme().await;
    let app = &world.app;
    let link = sends_invitation(&world, &acme.owner, "ann.beryl@acme.example").await;
    let cookie = signs_in(&world, app.make_link(MEMBER).await.unwrap().reveal()).await;
    let before = access(&acme.owner);
    assert_eq!(code_of(app.delete_organization(&acme.admin, Some("acme")).await), "lacks-permission");
    for typed in [None, Some(""), Some("Acme"), Some("acme ")] {
        assert_eq!(code_of(app.delete_organization(&acme.owner, typed).await), "not-confirmed", "{typed:?}");
    }
    delete(app, &acme.owner).await;
    assert_eq!(code_of(app.delete_organization(&acme.owner, Some("acme")).await), "organization-ending", "once");
    assert_eq!(work(&world, [&acme.owner_key, &acme.admin_key, &acme.member_key]).await, [true, false, false]);
    assert_eq!(code_of(app.authenticate(&acme.admin_key).await), "organization-ending");
    assert_eq!(code_of(app.show_organization(&acme.admin).await), "organization-ending", "who was let in before");
    assert_eq!(code_of(app.restore_organization(&acme.admin).await), "organization-ending");
    assert!(!world.may_call(&acme.owner, "stripe", "list_customers"), "whoever may restore it calls nothing either");
    let signed_in = app.signed_in(&cookie).await.unwrap();
    assert_eq!(code_of(app.caller_in(&signed_in, "acme").await), "organization-ending");
    assert!(app.organizations_of(&signed_in).await.unwrap().is_empty());
    assert_eq!(code_of(app.look_at_invitation(&link, None).await), "missing");
    assert_eq!(code_of(app.decline_invitation(&link).await), "missing");
    let findings = app.advice(&acme.owner).await.unwrap();
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["organization-ending"]);

    world.clock.advance_ms(30 * DAY_MS - 1);
    world.restart().await;
    let app = &world.app;
    assert_eq!(app.erase_ended_organizations().await.unwrap(), 0, "its day has not come");
    assert_eq!(work(&world, [&acme.owner_key, &acme.admin_key, &acme.member_key]).await, [true, false, false]);
    let owner = world.caller(&acme.owner_key).await;
    app.restore_organization(&owner).await.unwrap();
    let history = history(&world, &acme).await;
    assert_eq!(history[history.len() - 2..], ["organization.deletion_set", "organization.restored"]);
    assert_eq!(access(&owner), before);
    assert_eq!(work(&world, [&acme.owner_key, &acme.admin_key, &acme.member_key]).await, [true; 3]);
    assert!(world.may_call(&owner, "stripe", "list_customers"));
    world.clock.advance_ms(2 * DAY_MS);
    assert_eq!(app.erase_ended_organizations().await.unwrap(), 0, "it does not end any more");
    app.restore_organization(&owner).await.unwrap();
    assert_eq!(history.len(), world.events(acme.org).await.len(), "what does not end is left as it is");
}

#[tokio::test]
async fn from_its_day_on_there_is_no_such_organization_and_nothing_of_it_that_names_anybody() {
    let mut world = World::new();
    let acme = world.acme().await;
    // The owner has another organization, which has invited the admin; the member has none.
    let other = world.found("Other", OWNER).await.unwrap();
    let theirs = world.caller(other.key.reveal()).await;
    let link = sends_invitation(&world, &theirs, ADMIN).await;
    let owners = signs_in(&world, other.link.reveal()).await;
    let members = signs_in(&world, world.app.make_link(MEMBER).await.unwrap().reveal()).await;
    let credential = CredentialId::Key(acme.owner.actor.credential.unwrap().id().key().unwrap());
    world.app.used(acme.org, credential, Some("192.0.2.7".to_owned()), None);
    sends_invitation(&world, &acme.owner, "ann.beryl@acme.example").await;
    let [owner, admin] = [&acme.owner, &acme.admin].map(|caller| caller.actor.subject.person().unwrap());

    ends_in_a_day(&world, &acme).await;
    world.clock.advance_ms(DAY_MS);
    // At the very moment, and before anybody erased anything.
    let app = &world.app;
    assert_eq!(work(&world, [&acme.owner_key, &acme.member_key]).await, [false; 2]);
    assert!(matches!(app.authenticate(&acme.owner_key).await, Err(Problem::Unauthenticated { .. })));
    assert_eq!(code_of(app.restore_organization(&acme.owner).await), "credential-ended");
    let signed_in = app.signed_in(&owners).await.unwrap();
    assert_eq!(code_of(app.caller_in(&signed_in, "acme").await), "missing");
    assert!(app.organization("acme").await.unwrap().is_none());
    assert!(app.organization(acme.org.as_str()).await.unwrap().is_none());
    assert_eq!(code_of(app.recover("acme", None).await), "org");
    assert_eq!(app.organizations_of(&signed_in).await.unwrap().len(), 1);

    assert_eq!(app.erase_ended_organizations().await.unwrap(), 1);
    assert_eq!(app.erase_ended_organizations().await.unwrap(), 0, "once");
    let journal = &world.journal;
    assert_eq!(journal.organizations_of(owner).await.unwrap(), [other.org]);
    assert!(journal.labels(acme.org).await.unwrap().is_empty());
    assert!(journal.key_uses(acme.org).await.unwrap().is_empty());
    assert!(journal.secret(acme.org, "master-key-check").await.unwrap().is_none());
    assert!(journal.latest_state(StreamId::Organization(acme.org)).await.unwrap().is_none());
    // Whom another organization knows is left to it.
    assert_eq!(journal.people(other.org, &[owner, admin, acme.member_id]).await.unwrap().len(), 2);
    assert!(journal.person_by_email(MEMBER).await.unwrap().is_none());
    assert!(matches!(app.signed_in(&members).await, Err(Problem::Unauthenticated { .. })));
    assert_eq!(app.look_at_invitation(&link, None).await.unwrap().organization, "Other");
    let signed_in = app.signed_in(&owners).await.unwrap();
    let there = app.caller_in(&signed_in, "other").await.unwrap();
    assert_eq!(app.show_organization(&there).await.unwrap().called, "Olivia Quartz");
    assert_eq!(work(&world, [other.key.reveal()]).await, [true]);
    // Nobody is given its slug, and what happened in it can be checked, also once all is read anew.
    assert_eq!(code_of(world.found("Acme", "new@example.com").await), "slug");
    assert_eq!(history(&world, &acme).await.last(), Some(&"organization.destroyed"));
    world.restart().await;
    assert!(world.app.organization("acme").await.unwrap().is_none());
    assert_eq!(work(&world, [&acme.owner_key, other.key.reveal()]).await, [false, true]);
    assert_eq!(world.app.erase_ended_organizations().await.unwrap(), 0);
    world.journal.close().await;
    let found = journal::verify(world.path()).unwrap();
    assert!(found.holds(), "{:?}", found.first_bad);
    for file in ["journal.db", "journal.db-wal", "records.db", "records.db-wal"] {
        let bytes = std::fs::read(world.path().join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for erased in ["mona.gneiss", "mona gneiss", "ann.beryl", "laptop of jasper", "192.0.2.7"] {
            assert!(!text.contains(erased), "{erased} is still in {file}");
        }
    }
}

#[tokio::test]
async fn whatever_breaks_off_whoever_erases_it_is_taken_up_where_it_was() {
    let mut world = World::new();
    let acme = world.acme().await;
    ends_in_a_day(&world, &acme).await;
    world.clock.advance_ms(DAY_MS);
    // As after a crash amid the people: one of them is erased, and nothing says so but that they are not there.
    let member = acme.member_id;
    let append = Append {
        stream: StreamId::Directory,
        expected: world.journal.head(StreamId::Directory).await.unwrap(),
        at: world.app.now(),
        actor: "upkeep".to_owned(),
        events: vec![DirectoryEvent::SessionsEnded { person: member }.encode().unwrap()],
        facts: vec![Fact::ErasePersonOf { org: acme.org, person: member }],
    };
    world.journal.append(vec![append]).await.unwrap();
    world.restart().await;
    assert_eq!(world.app.erase_ended_organizations().await.unwrap(), 1);
    let people = [&acme.owner, &acme.admin].map(|caller| caller.actor.subject.person().unwrap());
    assert!(world.journal.people(acme.org, &[people[0], people[1], member]).await.unwrap().is_empty());
    let destroyed = history(&world, &acme).await.into_iter().filter(|name| *name == "organization.destroyed").count();
    assert_eq!(destroyed, 1);
    // Another one at the same time finds nothing left to do, and says nothing twice.
    assert_eq!(world.another_writer().erase_ended_organizations().await.unwrap(), 0);
}

#[tokio::test]
async fn what_another_writer_restored_is_not_erased_by_one_whose_memory_is_behind() {
    let world = World::new();
    let acme = world.acme().await;
    ends_in_a_day(&world, &acme).await;
    let other = world.another_writer();
    let owner = other.authenticate(&acme.owner_key).await.unwrap();
    other.restore_organization(&owner).await.unwrap();
    world.clock.advance_ms(DAY_MS);
    assert_eq!(world.app.erase_ended_organizations().await.unwrap(), 0);
    // Nor where it is said beside the stream that it ends: the stream is read before anything is erased.
    let append = Append {
        stream: StreamId::Directory,
        expected: world.journal.head(StreamId::Directory).await.unwrap(),
        at: world.app.now(),
        actor: "somebody".to_owned(),
        events: Vec::new(),
        facts: vec![Fact::OrganizationEnds { org: acme.org }],
    };
    world.journal.append(vec![append]).await.unwrap();
    assert_eq!(world.app.erase_ended_organizations().await.unwrap(), 0);
    assert_eq!(work(&world, [&acme.owner_key, &acme.member_key]).await, [true; 2]);
}

#[tokio::test]
async fn the_operator_lets_somebody_restore_the_last_organization_and_sets_up_anew_when_it_is_gone() {
    let world = World::new();
    let acme = world.acme().await;
    ends_in_a_day(&world, &acme).await;
    let app = &world.app;
    assert!(app.new_set_up().await.unwrap().is_none(), "it can be restored");
    // Whoever could restore it has lost the key.
    let recovered = app.recover("acme", None).await.unwrap();
    assert_eq!(recovered.deletes_at, Some(app.now().plus_ms(DAY_MS)));
    let owner = world.caller(recovered.key.reveal()).await;
    app.restore_organization(&owner).await.unwrap();
    assert_eq!(app.recover("acme", None).await.unwrap().deletes_at, None);

    delete(app, &owner).await;
    world.clock.advance_ms(DAY_MS);
    assert!(app.new_set_up().await.unwrap().is_some(), "there is none left, whether it was erased or not");
    let anew = world.found("Acme again", OWNER).await.unwrap();
    assert_eq!(app.erase_ended_organizations().await.unwrap(), 1);
    assert!(app.new_set_up().await.unwrap().is_none());
    assert_eq!(work(&world, [anew.key.reveal(), &acme.owner_key]).await, [true, false]);
}

#[tokio::test]
async fn a_preview_of_a_deletion_says_who_loses_what_and_changes_nothing() {
    let world = World::new();
    let acme = world.acme().await;
    let mut asks = acme.owner.clone();
    asks.mode.preview = true;
    let heads = world.heads(acme.org).await;
    let impact = match world.app.delete_organization(&asks, None).await {
        Err(Problem::Previewed(impact)) => impact,
        answer => panic!("{answer:?}"),
    };
    assert_eq!(impact.events, ["organization.deletion_set"]);
    let summary = impact.summary().join("\n");
    assert!(summary.contains("Mona Gneiss: loses"), "{summary}");
    assert!(summary.contains("nobody does anything in the organization from then on"), "{summary}");
    assert_eq!(world.heads(acme.org).await, heads);
    let event = world.events(acme.org).await.pop().unwrap();
    assert!(!matches!(event::decode(&event.body), Ok(Event::OrganizationDeletionSet { .. })));
}
