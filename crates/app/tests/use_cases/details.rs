//! What people are called, across organizations and beside the streams.

use app::members::MemberChange;

use crate::world::{MEMBER, World};

fn named(name: &str) -> MemberChange {
    MemberChange { name: Some(name.to_owned()), seat: None }
}

#[tokio::test]
async fn what_somebody_is_called_and_the_seat_are_each_organization_s_own() {
    let world = World::new();
    let acme = world.acme().await;
    let other = world.found("Other", "ines.marble@other.example").await.unwrap();
    let ines = world.caller(other.key.reveal()).await;
    world.add(&ines, MEMBER, "Whatever", "member").await.unwrap();

    let mona = world.app.edit_member(&acme.admin, MEMBER, named("Mona G.")).await.unwrap();
    assert_eq!(mona.name, "Mona G.");
    let there = world.app.show_member(&ines, MEMBER).await.unwrap();
    assert_eq!((there.name.as_str(), there.seat), ("Whatever", None));

    let seat = MemberChange { name: None, seat: Some(Some("light".to_owned())) };
    assert_eq!(world.app.edit_member(&ines, MEMBER, seat).await.unwrap().seat.as_deref(), Some("light"));
    assert_eq!(world.app.show_member(&acme.owner, MEMBER).await.unwrap().seat, None);
    let mona = world.app.edit_member(&acme.member, MEMBER, named("Mona Gneiss-Schist")).await.unwrap();
    assert_eq!(mona.name, "Mona Gneiss-Schist", "she changes her own name herself");
    assert_eq!(world.app.show_member(&ines, MEMBER).await.unwrap().name, "Whatever");
}

#[tokio::test]
async fn what_somebody_is_called_stands_in_no_stream() {
    let world = World::new();
    let acme = world.acme().await;
    let change = MemberChange { name: Some("Zebra Obsidian".to_owned()), seat: Some(Some("xylophone".to_owned())) };
    world.app.edit_member(&acme.admin, MEMBER, change.clone()).await.unwrap();
    let streams = [world.events(acme.org).await, world.events(journal::StreamId::Directory).await];
    let told = |word: &str| {
        let bodies = streams.iter().flatten().map(|stored| String::from_utf8_lossy(&stored.body).into_owned());
        bodies.filter(|body| body.contains(word)).count()
    };
    assert_eq!((told("Zebra"), told("xylophone"), told("member.edited")), (0, 0, 1));

    // What is so already is nothing new.
    let before = world.heads(acme.org).await;
    world.app.edit_member(&acme.admin, MEMBER, change).await.unwrap();
    assert_eq!(world.heads(acme.org).await, before);
    // Who leaves gives up the seat; who comes back begins without one.
    world.app.remove_member(&acme.owner, MEMBER).await.unwrap();
    let back = world.add(&acme.owner, MEMBER, "Whatever", "member").await.unwrap();
    assert_eq!((back.member.name.as_str(), back.member.seat), ("Zebra Obsidian", None), "who was here keeps the name");
}
