//! Links and sessions, with time moved by hand.

use app::Problem;
use app::sign_in::{Begun, SignedIn};
use domain::record::OutcomeStatus;
use journal::{Append, RecordQuery, StreamId};

use crate::world::{MEMBER, OWNER, World, code_of};

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
async fn a_sign_in_stands_in_the_record_before_it_is_done() {
    let world = World::new();
    let founded = world.found("One", OWNER).await.unwrap();
    let (_, browser) = world.app.new_browser().unwrap();
    // The link is good when it is looked at, and too old a moment later, when it is used up.
    world.clock.jump_at(2, DAY);
    assert_eq!(code_of(world.app.open_link(founded.link.reveal(), &browser, None).await), "missing");
    let records = world.journal.records(RecordQuery::newest(founded.org, 10)).await.unwrap().records;
    let noted: Vec<_> = records
        .iter()
        .map(|record| (record.intent.method.as_str(), record.outcome.as_ref().map(|closing| closing.outcome.status)))
        .collect();
    assert_eq!(noted, [("sign-in", Some(OutcomeStatus::Failed))]);
}

#[tokio::test]
async fn an_organization_that_cannot_be_read_keeps_nobody_out_of_the_others() {
    let mut world = World::new();
    let (token, _) = owner(&world, "One").await;
    let broken = world.found("Two", OWNER).await.unwrap();
    let of_a_newer_wardroom = Append {
        stream: broken.org.into(),
        expected: world.journal.head(broken.org.into()).await.unwrap(),
        at: world.app.now(),
        actor: "operator".to_owned(),
        events: vec![br#"{"v":1,"type":"moon.landed","data":{}}"#.to_vec()],
        facts: Vec::new(),
    };
    world.journal.append(vec![of_a_newer_wardroom]).await.unwrap();
    world.restart().await;
    let signed_in = world.app.signed_in(&token).await.unwrap();
    assert!(world.app.caller_in(&signed_in, "two").await.is_err());
    let seen = world.app.organizations_of(&signed_in).await.unwrap();
    assert_eq!(seen.iter().map(|view| view.name.as_str()).collect::<Vec<_>>(), ["One"]);
    // Nor does a link that was made for it.
    assert_eq!(world.app.look_at_link(broken.link.reveal()).await.unwrap().organization, None);
    let begun = open(&world, broken.link.reveal()).await.unwrap();
    let anew = world.app.signed_in(begun.token.reveal()).await.unwrap();
    assert!(world.app.caller_in(&anew, "one").await.is_ok());
}

#[tokio::test]
async fn who_signs_in_after_ending_all_sessions_is_signed_in_whatever_the_clock_says() {
    let world = World::new();
    let (first, signed_in) = owner(&world, "One").await;
    let [at_once, earlier] = [world.found("Two", OWNER).await.unwrap(), world.found("Three", OWNER).await.unwrap()];
    world.app.end_all_sessions(&signed_in).await.unwrap();
    // In the very same millisecond, and at an earlier hour of the clock.
    let second = open(&world, at_once.link.reveal()).await.unwrap();
    assert!(!lasts(&world, &first).await && lasts(&world, second.token.reveal()).await);
    let signed_in = world.app.signed_in(second.token.reveal()).await.unwrap();
    world.app.end_all_sessions(&signed_in).await.unwrap();
    world.clock.advance_ms(-HOUR);
    let third = open(&world, earlier.link.reveal()).await.unwrap();
    assert!(!lasts(&world, second.token.reveal()).await && lasts(&world, third.token.reveal()).await);
}

#[tokio::test]
async fn a_session_from_before_a_removal_opens_nothing_after_a_return_whatever_the_clock_says() {
    let world = World::new();
    let acme = world.acme().await;
    world.clock.advance_ms(HOUR);
    let link = world.app.make_link(MEMBER).await.unwrap();
    let begun = open(&world, link.reveal()).await.unwrap();
    let signed_in = world.app.signed_in(begun.token.reveal()).await.unwrap();
    assert!(world.app.caller_in(&signed_in, "acme").await.is_ok());
    // The clock goes back to before the session began.
    world.clock.advance_ms(-HOUR);
    world.app.remove_member(&acme.owner, MEMBER).await.unwrap();
    world.add(&acme.owner, MEMBER, "Mona Gneiss", "member").await.unwrap();
    world.clock.advance_ms(2 * HOUR);
    assert_eq!(code_of(world.app.caller_in(&signed_in, "acme").await), "unauthenticated");
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
