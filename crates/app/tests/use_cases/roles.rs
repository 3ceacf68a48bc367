//! Roles changed by several at once: no word is lost, and nothing is done that was not authorized as it was done.

use app::Caller;
use app::roles::{NewRole, RoleChange};
use domain::permission::Holding;
use domain::role::RoleLevel;

use crate::world::{World, code_of, first_key};

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

/// Somebody copies a role after an owner gave it power over members, on a memory that has not heard of that: the copy
/// would have a power that whoever makes it cannot give.
#[tokio::test]
async fn a_plan_that_others_have_overtaken_is_made_and_authorized_anew() {
    let world = World::new();
    let acme = world.acme().await;
    role(&world, &acme.owner, "Role keeper", &["role.view", "role.edit", "member.view"]).await;
    let added = world.add(&acme.owner, "kim@acme.example", "Kim", "role-keeper").await.unwrap();
    role(&world, &acme.owner, "Clerk", &["member.view"]).await;
    let other = world.another_writer();
    let keeper = other.authenticate(first_key(&added)).await.unwrap();
    let power = RoleChange { allow: words(&["member.remove"]), ..RoleChange::default() };
    world.app.change_role(&acme.owner, "clerk", power).await.unwrap();

    let copied = other.clone_role(&keeper, "clerk", None, "Copy".to_owned()).await;
    assert_eq!(code_of(copied), "beyond-your-own");
    assert_eq!(code_of(world.app.show_role(&acme.owner, "copy").await), "missing");
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
