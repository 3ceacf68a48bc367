//! Rights that end, end at once: for every way of losing them, no request that was sent after the answer takes effect
//! through any door, counted behind it, and what was open ends within a second.
//!
//! The table of ways and doors is [`Way::row`]; what ends the rights, [`Way::act`].

mod doors;
mod stage;
mod streams;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::world::{Api, count, wait_for};
use doors::{Door, Try};
use stage::{INTEGRATIONS, Kind, Stage, Subject, issued};
use streams::{Ends, Streams};

/// Clients at each door.
const CLIENTS: usize = 2;

/// A way of losing rights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Removed,
    Left,
    Suspended,
    DeactivatedByTheDirectory,
    Demoted,
    RoleNarrowed,
    TakenOutOfTheTeam,
    TeamDeleted,
    SignedOut,
    SessionsEnded,
    KeyRevoked,
    KeyGivenANewSecret,
    DelegationEnded,
    AgentSuspended,
    WorkspaceKeyRevoked,
    WorkspaceKeyGivenANewSecret,
    RoleOfTheKeyTaken,
    ConnectionEnded,
    ConnectionGivenANewSecret,
    OrganizationDeleted,
}

const TOOLS: &[Door] = &[Door::Tools, Door::ToolsInSession];
const BY_KEY: &[Door] = &[Door::ChangeByKey, Door::LookByKey, Door::Ask];
const IN_BROWSER: &[Door] = &[Door::ChangeInBrowser, Door::LookInBrowser];
const ASKED_ABOUT: &[Door] = &[Door::AskedAbout];
const OF_DIRECTORY: &[Door] = &[Door::Provision, Door::LookOverDirectory];

/// A line of the table.
struct Row {
    /// Who loses their rights.
    kind: Kind,
    /// The doors that close.
    closes: &'static [&'static [Door]],
    /// The doors that stay open to them.
    stays: &'static [&'static [Door]],
    /// What they had open and ends.
    ends: Ends,
}

impl Way {
    #[rustfmt::skip]
    fn row(self) -> Row {
        const MEMBER: &[&[Door]] = &[TOOLS, BY_KEY, IN_BROWSER, ASKED_ABOUT];
        const OTHER: &[&[Door]] = &[TOOLS, BY_KEY, ASKED_ABOUT];
        const KEY: &[&[Door]] = &[TOOLS, BY_KEY];
        const SESSION: &[&[Door]] = &[IN_BROWSER];
        const DIRECTORY: &[&[Door]] = &[OF_DIRECTORY];
        let (kind, closes, stays, ends): (_, _, &'static [&'static [Door]], _) = match self {
            Way::Removed | Way::Left | Way::Suspended | Way::DeactivatedByTheDirectory | Way::OrganizationDeleted
                => (Kind::Member, MEMBER, &[], Ends::Everything),
            Way::Demoted | Way::RoleNarrowed => (Kind::Member, MEMBER, &[], Ends::Calls),
            Way::TakenOutOfTheTeam | Way::TeamDeleted => (Kind::InTeam, MEMBER, &[], Ends::Calls),
            Way::SignedOut | Way::SessionsEnded => (Kind::Member, SESSION, OTHER, Ends::Nothing),
            Way::KeyRevoked | Way::KeyGivenANewSecret => (Kind::Member, KEY, &[IN_BROWSER, ASKED_ABOUT], Ends::Everything),
            Way::DelegationEnded | Way::AgentSuspended => (Kind::Agent, OTHER, &[], Ends::Everything),
            Way::WorkspaceKeyRevoked => (Kind::Program, OTHER, &[], Ends::Everything),
            Way::WorkspaceKeyGivenANewSecret => (Kind::Program, KEY, &[ASKED_ABOUT], Ends::Everything),
            Way::RoleOfTheKeyTaken => (Kind::Program, OTHER, &[], Ends::Everything),
            Way::ConnectionEnded | Way::ConnectionGivenANewSecret => (Kind::Connection, DIRECTORY, &[], Ends::Nothing),
        };
        Row { kind, closes, stays, ends }
    }

    /// What takes the rights away: it returns once the answer has been read.
    fn act(self, stage: &Stage, subject: &Subject) -> Box<dyn FnOnce()> {
        let (firm, owner) = (&stage.firm, stage.firm.owner());
        let Subject { id, key, key_id, from, agent, .. } = subject;
        let member = format!("/members/{id}");
        let own = firm.with(key);
        let post = |api: Api, path: String| does(move || api.post(&path, json!({})));
        let patch = |api: Api, path: String, body: Value| does(move || api.patch(&path, body));
        let delete = |api: Api, path: String| does(move || api.delete(&path));
        match self {
            Way::Removed => delete(owner, member),
            Way::Left => {
                let leaves =
                    ["organization.view", "member.view", "member.remove", "project.view:own", "project.edit:own"];
                let (status, role) = owner.patch(&format!("/roles/{from}"), json!({ "permissions": leaves }));
                assert_eq!(status, 200, "{role}");
                delete(own, member)
            }
            Way::Suspended => post(owner, format!("{member}/suspend")),
            Way::DeactivatedByTheDirectory => {
                let new = json!({ "label": "Directory", "role": "idle", "tends": [from] });
                let directory = firm.directory(&issued(&owner, "/directory", new).1);
                let operations = json!([{ "op": "replace", "value": { "active": false } }]);
                patch(directory, format!("/Users/{id}"), json!({ "schemas": [], "Operations": operations }))
            }
            Way::Demoted => patch(owner, member, json!({ "role": "idle" })),
            Way::RoleNarrowed => {
                // What the role has of tools goes first: each of the two ends at its own answer, and the last counts.
                let narrowed = json!({ "permissions": ["organization.view"] });
                let path = format!("/roles/{from}");
                does(move || {
                    for integration in INTEGRATIONS {
                        assert_eq!(owner.delete(&format!("{path}/integrations/{integration}")).0, 204);
                    }
                    owner.patch(&path, narrowed)
                })
            }
            Way::TakenOutOfTheTeam => delete(owner, format!("/teams/{from}{member}")),
            Way::TeamDeleted => delete(owner, format!("/teams/{from}")),
            Way::SignedOut => {
                let browser = subject.browser.clone().expect("a session");
                does(move || browser.api("DELETE", "/api/v1/session", None))
            }
            Way::SessionsEnded => delete(owner, format!("{member}/sessions")),
            Way::KeyRevoked | Way::WorkspaceKeyRevoked => delete(owner, format!("/keys/{key_id}")),
            Way::KeyGivenANewSecret => post(own, format!("/keys/{key_id}/rotate")),
            Way::WorkspaceKeyGivenANewSecret => post(owner, format!("/keys/{key_id}/rotate")),
            Way::DelegationEnded => delete(owner, format!("/agents/{agent}/delegations/{id}")),
            Way::AgentSuspended => patch(owner, format!("/agents/{agent}"), json!({ "suspended": true })),
            Way::RoleOfTheKeyTaken => patch(owner, format!("/keys/{key_id}"), json!({ "role": null })),
            Way::ConnectionEnded => delete(owner, format!("/directory/{key_id}")),
            Way::ConnectionGivenANewSecret => post(owner, format!("/directory/{key_id}/rotate")),
            Way::OrganizationDeleted => delete(owner, format!("?confirm={}", firm.org)),
        }
    }
}

fn does(act: impl FnOnce() -> (u16, Value) + 'static) -> Box<dyn FnOnce()> {
    Box::new(move || {
        let (status, answer) = act();
        assert!(matches!(status, 200 | 204), "{status} {answer}");
    })
}

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
            Way::OrganizationDeleted => {
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
