//! Many at once: every change is applied or cleanly refused, none is lost, and no limit is overrun.

use std::collections::BTreeSet;

use app::grants::Receiver;
use app::members::{MemberFilter, NewMember};
use app::{App, Problem};
use domain::grant::Profile;
use domain::organization::SettingChange;

use crate::world::{ADMIN, MEMBER, OWNER, World, code_of, first_key};

const TASKS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_people_changing_at_once_lose_nothing() {
    let mut world = World::new();
    let acme = world.acme().await;
    let before = world.heads(acme.org).await.0;
    let mut expected = 0;
    let work = (0..TASKS).map(|number| {
        let (world, owner) = (&world, &acme.owner);
        async move {
            let email = format!("person-{number}@acme.example");
            let added = world.add(owner, &email, "New Person", "member").await.unwrap();
            let mine = world.caller(first_key(&added)).await;
            world.give(owner, Receiver::Member(&email), "stripe", Profile::ReadOnly).await.unwrap();
            world.personal_key(&mine, None).await.unwrap();
            let both = world.add(owner, "the-same@acme.example", "The Same", "member").await;
            (added.member.person, both.is_ok())
        }
    });
    let done = futures_of(work.collect()).await;
    let people: BTreeSet<_> = done.iter().map(|(person, _)| *person).collect();
    assert_eq!(people.len(), TASKS);
    assert_eq!(done.iter().filter(|(_, first)| *first).count(), 1, "one person was taken in twice");
    // Of each: the member with a key, the grant, the second key; and once the member with a key whom all added.
    expected += TASKS * 4 + 2;
    let heads = world.heads(acme.org).await;
    assert_eq!(heads.0, before + expected as u64);
    let members = world.app.list_members(&acme.owner, MemberFilter::Active, None, 1_000).await.unwrap();
    assert_eq!(members.len(), 3 + TASKS + 1);
    world.restart().await;
    assert_eq!(world.heads(acme.org).await, heads, "memory and disk differ");
}

/// Runs all of them at the same time on this task; the application's own tasks run beside it.
async fn futures_of<F: Future>(work: Vec<F>) -> Vec<F::Output> {
    let mut work: Vec<_> = work.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = work.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in work.iter_mut().zip(&mut done).filter(|(_, slot)| slot.is_none()) {
            if let std::task::Poll::Ready(output) = future.as_mut().poll(context) {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn owners_who_remove_each_other_at_once_leave_one() {
    let world = World::new();
    let acme = world.acme().await;
    let mut owners = vec![(OWNER.to_owned(), acme.owner.clone())];
    for number in 1..4 {
        let email = format!("owner-{number}@acme.example");
        let added = world.add(&acme.owner, &email, "Owner", "owner").await.unwrap();
        owners.push((email, world.caller(first_key(&added)).await));
    }
    let pairs: Vec<_> = owners.iter().flat_map(|(_, by)| owners.iter().map(move |(who, _)| (by, who))).collect();
    let work = pairs.into_iter().map(|(by, who)| world.app.remove_member(by, who));
    let done = futures_of(work.collect()).await;
    assert_eq!(done.iter().filter(|answer| answer.is_ok()).count(), 3);
    for answer in done {
        if let Err(problem) = answer {
            assert!(!matches!(problem, Problem::Unavailable { .. }), "{problem}");
        }
    }
    let left = world.live(acme.org).await.snapshot().holders(domain::permission::Permission::RolePromote);
    assert_eq!(left.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promotions_at_once_stop_at_the_limit_of_owners() {
    let world = World::new();
    let acme = world.acme().await;
    let limit = vec![SettingChange::OwnersMax(Some(3))];
    world.app.change_settings(&acme.owner, None, limit).await.unwrap();
    let mut emails = vec![MEMBER.to_owned()];
    for number in 1..TASKS {
        let email = format!("person-{number}@acme.example");
        world.add(&acme.owner, &email, "Person", "member").await.unwrap();
        emails.push(email);
    }
    let work = emails.iter().map(|email| world.app.change_member_role(&acme.owner, email, "owner"));
    let done = futures_of(work.collect()).await;
    assert_eq!(done.iter().filter(|answer| answer.is_ok()).count(), 2);
    assert!(done.into_iter().filter_map(Result::err).all(|problem| code_of::<()>(Err(problem)) == "too-many-owners"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_organizations_founded_at_once_under_one_slug_one_is_made() {
    let world = World::new();
    let work = (0..TASKS).map(|_| world.found("Same Name", OWNER));
    let done = futures_of(work.collect()).await;
    let made: Vec<_> = done.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    let [made] = made.as_slice() else { panic!("{} organizations of one slug", made.len()) };
    let found = world.app.organization("same-name").await.unwrap().unwrap();
    assert_eq!(found.org(), made.org);
    assert_eq!(world.journal.organizations(None, 100).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_writer_whose_memory_is_behind_is_authorized_again_before_it_writes() {
    let world = World::new();
    let acme = world.acme().await;
    let behind = world.another_writer();
    let admin = behind.authenticate(&acme.admin_key).await.unwrap();
    let owner = behind.authenticate(&acme.owner_key).await.unwrap();
    world.app.remove_member(&acme.owner, ADMIN).await.unwrap();
    let after = world.heads(acme.org).await;

    // Its snapshot still lets the admin, and the journal does not.
    let new = || NewMember {
        email: "late@acme.example".to_owned(),
        name: "Late".to_owned(),
        role: None,
        key_label: Some("key".to_owned()),
    };
    assert!(admin.live.snapshot().seq() < after.0);
    assert_eq!(code_of(behind.add_member(&admin, new()).await), "credential-ended");
    assert_eq!(world.heads(acme.org).await, after);
    assert_eq!(admin.live.snapshot().seq(), after.0, "it did not catch up");

    // An owner's change on a memory that is behind is made on top of what the other did.
    world.app.change_settings(&acme.owner, Some("Acme Two".to_owned()), Vec::new()).await.unwrap();
    world.add(&acme.owner, "first@acme.example", "First", "member").await.unwrap();
    behind.add_member(&owner, new()).await.unwrap();
    let view = behind.show_organization(&owner).await.unwrap();
    assert_eq!(view.name, "Acme Two");
    let members = behind.list_members(&owner, MemberFilter::Active, None, 10).await.unwrap();
    assert_eq!(members.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_writers_at_once_lose_nothing() {
    let world = World::new();
    let acme = world.acme().await;
    let other = world.another_writer();
    let owner = other.authenticate(&acme.owner_key).await.unwrap();
    let rounds = 12;
    let add = |number: usize, app, owner| {
        let email = format!("person-{number}@acme.example");
        let new = NewMember { email, name: "Person".to_owned(), role: None, key_label: None };
        App::add_member(app, owner, new)
    };
    for round in 0..rounds {
        let (here, there) = tokio::join!(add(round * 2, &world.app, &acme.owner), add(round * 2 + 1, &other, &owner));
        here.unwrap();
        there.unwrap();
    }
    let third = world.another_writer();
    let reader = third.authenticate(&acme.owner_key).await.unwrap();
    let members = third.list_members(&reader, MemberFilter::Active, None, 1_000).await.unwrap();
    assert_eq!(members.len(), 3 + rounds * 2);
}
