//! Roles changed by several at once: no word is lost, and nothing is done that was not authorized as it was done.

use std::collections::BTreeMap;

use app::roles::{NewRole, RoleChange};
use app::{Caller, Problem};
use domain::permission::{Holding, Permission};
use domain::role::RoleLevel;

use crate::world::{World, first_key};

fn words(words: &[&str]) -> Holding {
    Holding::parse(words).unwrap()
}

async fn role(world: &World, by: &Caller, title: &str, held: &[&str]) {
    let change = RoleChange { permissions: Some(words(held)), ..RoleChange::default() };
    let new = NewRole { id: None, title: title.to_owned(), level: RoleLevel::Organization, change };
    world.app.create_role(by, new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_single_words_added_at_once_none_is_lost() {
    let world = World::new();
    let acme = world.acme().await;
    role(&world, &acme.owner, "Clerk", &["member.view"]).await;
    let added = ["chat.use", "email.send", "csv.import", "csv.export", "file.upload", "file.download"];
    let tasks: Vec<_> = added
        .into_iter()
        .map(|word| {
            let (app, owner) = (world.app.clone(), acme.owner.clone());
            let change = RoleChange { allow: words(&[word]), ..RoleChange::default() };
            tokio::spawn(async move { app.change_role(&owner, "clerk", change).await.map(|_| ()) })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let clerk = world.app.show_role(&acme.owner, "clerk").await.unwrap();
    let held = clerk.role.permissions.words();
    assert!(added.iter().all(|word| held.contains(&(*word).to_owned())), "{held:?}");
}

/// Somebody copies a role while an owner gives it power over members: the copy has that power only where it could be
/// given by whoever made it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_plan_that_others_have_overtaken_is_made_and_authorized_anew() {
    let world = World::new();
    let acme = world.acme().await;
    role(&world, &acme.owner, "Role keeper", &["role.view", "role.edit", "member.view"]).await;
    let added = world.add(&acme.owner, "kim@acme.example", "Kim", "role-keeper").await.unwrap();
    let keeper = world.caller(first_key(&added)).await;
    role(&world, &acme.owner, "Clerk", &["member.view"]).await;
    let power = || RoleChange { allow: words(&["member.remove"]), ..RoleChange::default() };
    let none = || RoleChange { revoke: words(&["member.remove"]), ..RoleChange::default() };
    let mut outcomes: BTreeMap<bool, usize> = BTreeMap::new();
    for round in 0..60 {
        let (app, owner) = (world.app.clone(), acme.owner.clone());
        let raise = tokio::spawn(async move { app.change_role(&owner, "clerk", power()).await.map(|_| ()) });
        let copy = format!("copy-{round}");
        let copied = world.app.clone_role(&keeper, "clerk", Some(&copy), format!("Copy {round}")).await;
        raise.await.unwrap().unwrap();
        match &copied {
            Ok(view) => {
                assert!(view.role.permissions.set().scope(Permission::MemberRemove).is_none(), "round {round}");
            }
            Err(Problem::Denied { explanation, .. }) => assert_eq!(explanation.code, "beyond-your-own"),
            Err(problem) => panic!("round {round}: {problem}"),
        }
        *outcomes.entry(copied.is_ok()).or_default() += 1;
        world.app.change_role(&acme.owner, "clerk", none()).await.unwrap();
    }
    assert!(outcomes.values().sum::<usize>() == 60 && !outcomes.is_empty(), "{outcomes:?}");
}

#[tokio::test]
async fn what_is_planned_on_a_memory_that_fell_behind_is_planned_anew() {
    let world = World::new();
    let acme = world.acme().await;
    role(&world, &acme.owner, "Clerk", &["member.view"]).await;
    // Another writer has its own memory of the organization, and does not hear of what this one does.
    let other = world.another_writer();
    let there = other.authenticate(&acme.owner_key).await.unwrap();
    let here = RoleChange { allow: words(&["chat.use"]), ..RoleChange::default() };
    world.app.change_role(&acme.owner, "clerk", here).await.unwrap();
    let elsewhere = RoleChange { allow: words(&["email.send"]), ..RoleChange::default() };
    let clerk = other.change_role(&there, "clerk", elsewhere).await.unwrap();
    assert_eq!(clerk.role.permissions.words(), ["member.view", "chat.use", "email.send"]);
}
