//! Many at once: every change is applied or cleanly refused, none is lost, and no limit is overrun.

use std::collections::BTreeSet;

use app::Problem;
use app::grants::Receiver;
use app::members::MemberFilter;
use domain::grant::Profile;
use domain::organization::SettingChange;

use crate::world::{MEMBER, OWNER, World, first_key};

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
    let left = world.live(acme.org).await.snapshot().holders(domain::permission::Permission::RolePromote, 10);
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
    assert!(
        done.into_iter()
            .filter_map(Result::err)
            .all(|problem| crate::world::code_of::<()>(Err(problem)) == "too-many-owners")
    );
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
