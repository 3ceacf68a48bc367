//! Rights that end, end at once: for every way of losing them, no request that was sent after the answer takes effect
//! through any door, counted behind it, and what was open ends within a second.
//!
//! The table of ways and doors is [`Way::row`]; what ends the rights, [`Way::act`].

mod doors;
mod stage;
mod streams;
mod ways;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use serde_json::json;
use tokio::time::Instant;

use crate::world::{count, wait_for};
use doors::{Door, Try};
use stage::{Kind, Stage};
use streams::{Ends, Streams};
use ways::{ASKED_ABOUT, BY_KEY, IN_BROWSER, TOOLS, Way};

/// Clients at each door.
const CLIENTS: usize = 2;

/// Requests of each client before the end and after it.
fn enough() -> usize {
    count(12, 400)
}

/// What came of the requests at one door.
struct Outcome {
    door: Door,
    /// The numbers of the requests that were sent, and of those that were answered as done.
    sent: BTreeSet<u64>,
    done: BTreeSet<u64>,
}

/// Clients work at the doors without pause while somebody takes the right away. Returns what came of it, the first number
/// that was given out after the answer had been read, and when it was.
fn race(next: &AtomicU64, clients: Vec<(Door, Try)>, act: Box<dyn FnOnce()>) -> (Vec<Outcome>, u64, Instant) {
    let enough = enough();
    let (boundary, stop) = (AtomicU64::new(u64::MAX), AtomicBool::new(false));
    let tallies: Vec<_> = clients.iter().map(|_| (AtomicUsize::new(0), AtomicUsize::new(0))).collect();
    let work = |(door, attempt): (Door, Try), (early, late): &(AtomicUsize, AtomicUsize)| {
        let mut outcome = Outcome { door, sent: BTreeSet::new(), done: BTreeSet::new() };
        while !stop.load(Ordering::SeqCst) {
            let number = next.fetch_add(1, Ordering::SeqCst);
            let is_late = number >= boundary.load(Ordering::SeqCst);
            let is_done = attempt(number);
            outcome.sent.insert(number);
            if is_done {
                outcome.done.insert(number);
                early.fetch_add(1, Ordering::SeqCst);
            }
            if is_late {
                late.fetch_add(1, Ordering::SeqCst);
            }
        }
        outcome
    };
    std::thread::scope(|threads| {
        let work = &work;
        let clients = clients.into_iter().zip(&tallies);
        let workers: Vec<_> = clients.map(|(client, tally)| threads.spawn(move || work(client, tally))).collect();
        wait_for("requests before the end", || {
            tallies.iter().all(|(early, _)| early.load(Ordering::SeqCst) >= enough).then_some(())
        });
        act();
        let (answered, first_late) = (Instant::now(), next.load(Ordering::SeqCst));
        boundary.store(first_late, Ordering::SeqCst);
        wait_for("requests after the end", || {
            tallies.iter().all(|(_, late)| late.load(Ordering::SeqCst) >= enough).then_some(())
        });
        stop.store(true, Ordering::SeqCst);
        let outcomes = workers.into_iter().map(|worker| worker.join().expect("a client")).collect();
        (outcomes, first_late, answered)
    })
}

/// Lets somebody lose their rights in a way, as often as it is worth.
#[expect(clippy::print_stdout, reason = "the figures of the long runs")]
fn lost(way: Way) {
    let stage = Stage::new();
    let row = way.row();
    let colleague = stage.subject(Kind::Member);
    let (mut sent, mut late) = (0, 0);
    let rounds = count(1, 15);
    for _ in 0..rounds {
        let subject = stage.subject(row.kind);
        let act = way.act(&stage, &subject);
        let from = stage.next.load(Ordering::SeqCst);
        let is_connection = row.kind == Kind::Connection;
        let streams = (!is_connection).then(|| Streams::open(&stage, &subject));
        let others = Streams::open(&stage, &colleague);
        let doors: Vec<Door> = row.closes.concat();
        let clients = doors.iter().flat_map(|door| [*door; CLIENTS]);
        let clients = clients.map(|door| (door, door.of(&stage, &subject))).collect();
        let staying: Vec<(Door, Try)> =
            row.stays.concat().into_iter().map(|door| (door, door.of(&stage, &subject))).collect();
        let colleagues = [TOOLS, BY_KEY, IN_BROWSER, ASKED_ABOUT].concat().into_iter();
        let colleagues: Vec<(Door, Try)> = colleagues.map(|door| (door, door.of(&stage, &colleague))).collect();

        let (outcomes, first_late, answered) = race(&stage.next, clients, act);
        let goes_on = |(door, attempt): &(Door, Try)| {
            let number = stage.next.fetch_add(1, Ordering::SeqCst);
            assert!(attempt(number), "{way:?}: {door:?} stays open");
        };
        staying.iter().for_each(goes_on);
        if let Some(streams) = streams {
            streams.end(row.ends, answered);
        }
        match way {
            Way::OrganizationDeleted | Way::OrganizationOfTheClientDeleted => {
                others.end(Ends::Everything, answered);
                let (status, restored) = stage.firm.owner().post("/organization/restore", json!({}));
                assert_eq!(status, 200, "{restored}");
            }
            _ => others.end(Ends::Nothing, answered),
        }
        colleagues.iter().for_each(goes_on);
        for outcome in &outcomes {
            let door = outcome.door;
            let behind = door.effects(&stage, from);
            let effects = behind.as_ref().unwrap_or(&outcome.done);
            assert!(outcome.done.is_subset(effects), "{way:?}: what {door:?} says is done is found behind it");
            let after: Vec<&u64> = outcome.sent.range(first_late..).collect();
            let took_effect: Vec<&&u64> = after.iter().filter(|number| effects.contains(**number)).collect();
            assert!(
                took_effect.is_empty(),
                "{way:?}: after {first_late}, {took_effect:?} took effect through {door:?}"
            );
            let before = outcome.sent.range(..first_late).filter(|number| effects.contains(*number)).count();
            assert!(before >= enough(), "{way:?}: only {before} took effect through {door:?} before");
            sent += outcome.sent.len();
            late += after.len();
        }
    }
    println!("soak: {way:?}: {sent} requests in {rounds} rounds, of {late} late ones none took effect");
}

#[test]
fn whoever_is_removed_does_nothing_more_through_any_door() {
    lost(Way::Removed);
}

#[test]
fn whoever_leaves_does_nothing_more_through_any_door() {
    lost(Way::Left);
}

#[test]
fn whoever_is_suspended_does_nothing_more_through_any_door() {
    lost(Way::Suspended);
}

#[test]
fn whoever_a_directory_deactivates_does_nothing_more_through_any_door() {
    lost(Way::DeactivatedByTheDirectory);
}

#[test]
fn whoever_is_given_a_lesser_role_does_nothing_more_of_what_the_old_one_gave() {
    lost(Way::Demoted);
}

#[test]
fn whose_role_is_narrowed_does_nothing_more_of_what_it_gave() {
    lost(Way::RoleNarrowed);
}

#[test]
fn whoever_is_taken_out_of_a_team_does_nothing_more_of_what_it_gave() {
    lost(Way::TakenOutOfTheTeam);
}

#[test]
fn whose_team_is_deleted_does_nothing_more_of_what_it_gave() {
    lost(Way::TeamDeleted);
}

#[test]
fn a_session_that_was_signed_out_does_nothing_more_and_the_keys_of_its_person_go_on() {
    lost(Way::SignedOut);
}

#[test]
fn sessions_that_somebody_else_ended_do_nothing_more_and_the_keys_of_their_person_go_on() {
    lost(Way::SessionsEnded);
}

#[test]
fn a_revoked_key_does_nothing_more_and_the_session_of_its_holder_goes_on() {
    lost(Way::KeyRevoked);
}

#[test]
fn the_old_secret_of_a_key_does_nothing_more_and_the_session_of_its_holder_goes_on() {
    lost(Way::KeyGivenANewSecret);
}

#[test]
fn an_agent_does_nothing_more_for_whoever_ended_its_delegation() {
    lost(Way::DelegationEnded);
}

#[test]
fn a_suspended_agent_does_nothing_more_for_anybody() {
    lost(Way::AgentSuspended);
}

#[test]
fn a_revoked_key_of_the_organization_does_nothing_more() {
    lost(Way::WorkspaceKeyRevoked);
}

#[test]
fn the_old_secret_of_a_key_of_the_organization_does_nothing_more() {
    lost(Way::WorkspaceKeyGivenANewSecret);
}

#[test]
fn a_key_of_the_organization_whose_role_is_taken_does_nothing_more() {
    lost(Way::RoleOfTheKeyTaken);
}

#[test]
fn a_directory_whose_connection_was_ended_lets_nobody_in_any_more() {
    lost(Way::ConnectionEnded);
}

#[test]
fn the_old_secret_of_a_directory_lets_nobody_in_any_more() {
    lost(Way::ConnectionGivenANewSecret);
}

#[test]
fn nobody_does_anything_more_in_an_organization_that_is_deleted() {
    lost(Way::OrganizationDeleted);
}

// rows: PW-19
#[test]
fn a_client_that_its_person_disconnected_does_nothing_more_and_they_go_on() {
    lost(Way::ClientDisconnected);
}

#[test]
fn a_client_that_somebody_else_disconnected_does_nothing_more_and_its_person_goes_on() {
    lost(Way::ClientDisconnectedByAnother);
}

#[test]
fn a_client_that_gave_its_token_up_does_nothing_more() {
    lost(Way::ClientGaveItsTokenUp);
}

#[test]
fn a_client_that_gave_up_the_token_for_its_next_does_nothing_more() {
    lost(Way::ClientGaveItsNextTokenUp);
}

// rows: PW-19
#[test]
fn a_client_whose_code_came_again_does_nothing_more() {
    lost(Way::CodeOfTheClientCameAgain);
}

#[test]
fn the_client_of_whoever_is_removed_does_nothing_more() {
    lost(Way::PersonOfTheClientRemoved);
}

#[test]
fn the_client_of_whoever_is_suspended_does_nothing_more() {
    lost(Way::PersonOfTheClientSuspended);
}

#[test]
fn the_client_of_whoever_is_given_a_lesser_role_does_nothing_more_of_what_the_old_one_gave() {
    lost(Way::PersonOfTheClientDemoted);
}

#[test]
fn no_client_does_anything_more_in_an_organization_that_is_deleted() {
    lost(Way::OrganizationOfTheClientDeleted);
}
