//! Reviews of access fall due, are confirmed, and stand in the record.

use domain::organization::SettingChange;

use crate::world::{World, code_of};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

// rows: PW-58, SW-56
#[tokio::test]
async fn access_is_to_be_reviewed_every_quarter_and_who_confirmed_which_state_is_kept() {
    let world = World::new();
    let acme = world.acme().await;
    let is_due = async || {
        let advice = world.app.advice(&acme.owner).await.unwrap();
        advice.iter().any(|finding| finding.code == "review-due")
    };
    assert!(!is_due().await, "the organization has just begun");
    world.clock.advance_ms(90 * DAY_MS - 1);
    assert!(!is_due().await);
    world.clock.advance_ms(1);
    assert!(is_due().await);

    assert_eq!(code_of(world.app.confirm_review(&acme.member, None).await), "lacks-permission");
    assert_eq!(code_of(world.app.list_reviews(&acme.member).await), "lacks-permission");
    let before = acme.owner.live.snapshot().seq();
    for wrong in [0, before + 1] {
        assert_eq!(code_of(world.app.confirm_review(&acme.owner, Some(wrong)).await), "no-such-state");
    }
    let confirmed = world.app.confirm_review(&acme.owner, Some(before - 1)).await.unwrap();
    assert_eq!((confirmed.review.of_seq, confirmed.review.seq), (before - 1, before + 1));
    assert_eq!(confirmed.by.1, "Olivia Quartz");
    assert!(!is_due().await);
    let found = world.app.list_reviews(&acme.owner).await.unwrap();
    assert_eq!((found.confirmed.len(), found.due_at), (1, Some(world.app.now().plus_ms(90 * DAY_MS))));

    // Another rhythm, and none.
    let every = async |days| {
        let change = vec![SettingChange::ReviewEveryDays(days)];
        world.app.change_settings(&acme.owner, None, change).await.unwrap();
    };
    world.clock.advance_ms(30 * DAY_MS);
    every(30).await;
    assert!(is_due().await);
    every(0).await;
    assert!(!is_due().await);
    assert_eq!(world.app.list_reviews(&acme.owner).await.unwrap().due_at, None);
}

#[tokio::test]
async fn a_review_that_names_no_state_is_of_the_present_one_and_survives_a_restart() {
    let mut world = World::new();
    let acme = world.acme().await;
    let before = acme.owner.live.snapshot().seq();
    assert_eq!(world.app.confirm_review(&acme.owner, None).await.unwrap().review.of_seq, before);
    let key = acme.owner_key.clone();
    drop(acme);
    world.restart().await;
    let owner = world.caller(&key).await;
    let found = world.app.list_reviews(&owner).await.unwrap();
    assert_eq!((found.confirmed.len(), found.confirmed[0].review.of_seq), (1, before));
}
