//! Links and sessions, with time moved by hand.

use app::Problem;
use app::sign_in::{Begun, SignedIn};
use journal::StreamId;

use crate::world::{OWNER, World};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

async fn open(world: &World, link: &str) -> Result<Begun, Problem> {
    let (_, browser) = world.app.new_browser()?;
    world.app.open_link(link, &browser, None).await
}

/// Acme's owner, signed in: the cookie, and who that is.
async fn owner(world: &World, org: &str) -> (String, SignedIn) {
    let founded = world.found(org, OWNER).await.unwrap();
    let begun = open(world, founded.link.reveal()).await.unwrap();
    let signed_in = world.app.signed_in(begun.token.reveal()).await.unwrap();
    (begun.token.reveal().to_owned(), signed_in)
}

async fn lasts(world: &World, token: &str) -> bool {
    match world.app.signed_in(token).await {
        Ok(_) => true,
        Err(Problem::Unauthenticated { .. }) => false,
        Err(problem) => panic!("{problem}"),
    }
}

#[tokio::test]
async fn a_link_is_good_for_a_day() {
    let world = World::new();
    let [in_time, late] = [world.found("One", OWNER).await.unwrap(), world.found("Two", OWNER).await.unwrap()];
    world.clock.advance_ms(DAY - 1);
    open(&world, in_time.link.reveal()).await.unwrap();
    world.clock.advance_ms(1);
    assert!(matches!(world.app.look_at_link(late.link.reveal()).await, Err(Problem::Missing { .. })));
    assert!(matches!(open(&world, late.link.reveal()).await, Err(Problem::Missing { .. })));
}

#[tokio::test]
async fn a_sign_in_stands_in_the_record_as_done_whatever_becomes_of_the_process() {
    let world = World::new();
    owner(&world, "One").await;
    owner(&world, "Two").await;
    assert_eq!(world.journal.close_open_intents(world.app.now()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_session_ends_after_a_week_without_use_and_after_thirty_days_however_it_is_used() {
    let mut world = World::new();
    let (idle, _) = owner(&world, "One").await;
    let (used, _) = owner(&world, "Two").await;
    for _ in 0..4 {
        world.clock.advance_ms(7 * DAY - 1);
        assert!(lasts(&world, &used).await);
    }
    assert!(!lasts(&world, &idle).await, "nobody used it for four weeks");
    world.clock.advance_ms(2 * DAY + 3);
    assert!(lasts(&world, &used).await, "a millisecond before the end");
    world.clock.advance_ms(1);
    assert!(!lasts(&world, &used).await);
    world.restart().await;
    assert!(!lasts(&world, &used).await && !lasts(&world, &idle).await);
}

#[tokio::test]
async fn that_a_session_was_used_is_remembered_over_a_restart() {
    let mut world = World::new();
    let (token, signed_in) = owner(&world, "One").await;
    world.clock.advance_ms(6 * DAY);
    assert!(lasts(&world, &token).await);
    // It is noted on the side: wait until it is.
    let begun_at = signed_in.proof.begun_at;
    while world.journal.sessions_of(signed_in.proof.person).await.unwrap()[0].used_at == begun_at {
        tokio::task::yield_now().await;
    }
    world.restart().await;
    world.clock.advance_ms(6 * DAY);
    assert!(lasts(&world, &token).await, "six days ago it was used");
}

#[tokio::test]
async fn a_session_that_is_ended_while_its_change_is_on_the_way_changes_nothing() {
    let world = World::new();
    let (token, signed_in) = owner(&world, "One").await;
    let caller = world.app.caller_in(&signed_in, "one").await.unwrap();
    let before = world.journal.head(caller.live.org().into()).await.unwrap();
    let own = signed_in.proof.session;
    world.app.end_session(&signed_in, own.as_str()).await.unwrap();
    let changed = world.app.change_settings(&caller, Some("Later".to_owned()), Vec::new()).await;
    assert!(matches!(changed, Err(Problem::Unauthenticated { .. })), "{changed:?}");
    assert_eq!(world.journal.head(caller.live.org().into()).await.unwrap(), before);
    assert!(!lasts(&world, &token).await);
    // Another session of the same person goes on.
    let (_, other) = owner(&world, "Two").await;
    let caller = world.app.caller_in(&other, "one").await.unwrap();
    world.app.change_settings(&caller, Some("Later".to_owned()), Vec::new()).await.unwrap();
}

#[tokio::test]
async fn what_was_ended_stays_ended_when_everything_is_forgotten_and_read_again() {
    let mut world = World::new();
    let (first, signed_in) = owner(&world, "One").await;
    let (second, other) = owner(&world, "Two").await;
    world.app.end_session(&other, signed_in.proof.session.as_str()).await.unwrap();
    world.clock.advance_ms(1);
    assert_eq!((lasts(&world, &first).await, lasts(&world, &second).await), (false, true));
    world.app.end_all_sessions(&other).await.unwrap();
    assert!(!lasts(&world, &second).await);
    world.clock.advance_ms(1);
    let (third, _) = owner(&world, "Three").await;
    world.restart().await;
    assert_eq!([lasts(&world, &first).await, lasts(&world, &second).await], [false; 2]);
    assert!(lasts(&world, &third).await, "it began later");
    // The history says so, by opaque ids alone.
    let events = world.events(StreamId::Directory).await;
    let bodies: Vec<String> = events.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned()).collect();
    let ended: Vec<&String> = bodies.iter().filter(|body| body.contains("ended")).collect();
    assert_eq!(ended.len(), 2, "{bodies:?}");
    assert!(bodies.iter().all(|body| !body.contains("acme.example")), "{bodies:?}");
}
