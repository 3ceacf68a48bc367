//! What the server answered, and whether it is still so after the crash.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::house::{House, Line};
use crate::upstreams::Upstreams;

/// A record of a read-class call is on disk within 100 ms of being written; on a slow disk of the test's, later.
const SURELY_FLUSHED: Duration = Duration::from_millis(1_500);

/// A member as the API shows them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Person {
    pub(crate) role: String,
    pub(crate) removed: bool,
    pub(crate) stripe: Option<String>,
    pub(crate) keys: BTreeSet<String>,
}

/// What is known of a member: the last state that was answered, and what an unanswered request may have made of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) answered: Option<Person>,
    pub(crate) perhaps: Option<Person>,
    /// A secret of a key that was answered and is still good.
    pub(crate) secret: Option<String>,
}

/// A call that was sent.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) note: String,
    pub(crate) arguments: Value,
    pub(crate) writes: bool,
    pub(crate) answered: Option<Instant>,
}

/// Everything that was answered on one folder, and the calls of the round.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) people: BTreeMap<String, Known>,
    pub(crate) changes: usize,
    pub(crate) calls: Vec<Call>,
    pub(crate) ended: Option<Instant>,
    checked_to: u64,
}

/// What was compared.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Tally {
    pub(crate) changes: usize,
    pub(crate) calls: usize,
    pub(crate) reached: usize,
    pub(crate) unknown: usize,
    pub(crate) unrecorded_reads: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.changes += other.changes;
        self.calls += other.calls;
        self.reached += other.reached;
        self.unknown += other.unknown;
        self.unrecorded_reads += other.unrecorded_reads;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { changes, calls, reached, unknown, unrecorded_reads } = self;
        write!(f, "{changes} acknowledged changes all there; of {calls} calls {reached} reached the upstream, all ")?;
        write!(f, "recorded but {unrecorded_reads} reads whose record was not flushed yet; {unknown} closed as unknown")
    }
}

/// A record of an allowed call.
struct Recorded {
    tool: String,
    status: Option<String>,
}

impl Ledger {
    /// Compares with what is found after the restart, and starts a new round from there. Says what was lost.
    pub(crate) fn compare(&mut self, house: &House, upstreams: &Upstreams) -> Result<Tally, Vec<String>> {
        let owner = house.owner();
        let mut losses = self.compare_people(house, &owner);
        let mut tally = Tally { changes: std::mem::take(&mut self.changes), ..Tally::default() };
        let records = self.new_records(&owner, &mut tally, &mut losses);
        for call in std::mem::take(&mut self.calls) {
            tally.calls += 1;
            let times = upstreams.stats().note_calls(&call.note);
            let found = records.get(&house.digest_of(&call.arguments)).map_or(&[][..], Vec::as_slice);
            if times > 0 {
                tally.reached += 1;
            }
            if times > 1 || found.len() > 1 {
                losses.push(format!("{} was sent once: {times} times upstream, {} records", call.note, found.len()));
            }
            if times > 0 && found.is_empty() {
                let flushed = call.answered.zip(self.ended).is_some_and(|(at, end)| at + SURELY_FLUSHED < end);
                if call.writes || !house.loses_power() || flushed {
                    losses.push(format!("{} reached the upstream and has no record", call.note));
                } else {
                    tally.unrecorded_reads += 1;
                }
            }
            let succeeded = |record: &Recorded| record.status.as_deref() == Some("succeeded");
            if let Some(record) = found.iter().find(|record| times == 0 && succeeded(record)) {
                losses.push(format!("{} is recorded as a success of {} and never was", call.note, record.tool));
            }
        }
        if losses.is_empty() { Ok(tally) } else { Err(losses) }
    }

    fn compare_people(&mut self, house: &House, owner: &Line) -> Vec<String> {
        let mut losses = Vec::new();
        let mut found = people(owner, &self.people);
        for (email, known) in &mut self.people {
            let person = found.remove(email);
            let fits = person == known.answered || (known.perhaps.is_some() && same(&person, &known.perhaps));
            if !fits {
                losses.push(format!("{email}: answered {known:?}, found {person:?}"));
            }
            known.perhaps = None;
            known.answered = person;
        }
        losses.extend(found.keys().map(|email| format!("{email} came from nowhere")));
        // What keys open is asked of the keys themselves, of some of them.
        for (email, known) in self.people.iter().rev().take(5) {
            let (Some(secret), Some(person)) = (&known.secret, &known.answered) else { continue };
            let (status, _) = house.line(secret).ask("GET", "", None).expect("an answer");
            let opens = !person.removed && !person.keys.is_empty();
            if status != if opens { 200 } else { 401 } {
                losses.push(format!("the key of {email} is answered with {status}: {person:?}"));
            }
        }
        losses
    }

    /// The records that came since the last round, by the digest of their arguments.
    fn new_records(
        &mut self,
        owner: &Line,
        tally: &mut Tally,
        losses: &mut Vec<String>,
    ) -> HashMap<String, Vec<Recorded>> {
        let mut records: HashMap<String, Vec<Recorded>> = HashMap::new();
        let mut highest = self.checked_to;
        for item in owner.list("/audit?kind=calls&decision=allowed") {
            let seq = item["seq"].as_u64().expect("a number");
            let status = item["outcome"]["status"].as_str().map(str::to_owned);
            if status.is_none() {
                losses.push(format!("the record {seq} was left open: {item}"));
            }
            if seq <= self.checked_to {
                continue;
            }
            highest = highest.max(seq);
            tally.unknown += usize::from(status.as_deref() == Some("unknown"));
            let Some(digest) = item["arguments_digest"].as_str() else { continue };
            let tool = item["tool"].as_str().unwrap_or_default().to_owned();
            records.entry(digest.to_owned()).or_default().push(Recorded { tool, status });
        }
        self.checked_to = highest;
        records
    }
}

/// Whether a member is what an unanswered request may have made of them. Nobody was told the id of a key that it made:
/// it stands in `perhaps` as an empty text.
fn same(found: &Option<Person>, perhaps: &Option<Person>) -> bool {
    let (Some(found), Some(perhaps)) = (found, perhaps) else { return false };
    let told: BTreeSet<&String> = perhaps.keys.iter().filter(|key| !key.is_empty()).collect();
    let strangers = found.keys.iter().filter(|key| !told.contains(key)).count();
    let all_there = told.iter().all(|key| found.keys.contains(*key));
    let rest = |person: &Person| Person { keys: BTreeSet::new(), ..person.clone() };
    all_there && strangers == perhaps.keys.len() - told.len() && rest(found) == rest(perhaps)
}

/// Every member but the founder as the API shows them, by address.
fn people(owner: &Line, known: &BTreeMap<String, Known>) -> BTreeMap<String, Person> {
    let mut keys: HashMap<String, BTreeSet<String>> = HashMap::new();
    for key in owner.list("/keys") {
        let (Some(holder), Some(id)) = (key["holder"]["id"].as_str(), key["id"].as_str()) else { continue };
        keys.entry(holder.to_owned()).or_default().insert(id.to_owned());
    }
    let mut found = BTreeMap::new();
    for member in owner.list("/members?status=all") {
        let text = |name: &str| member[name].as_str().expect("a text").to_owned();
        if text("role") == "owner" {
            continue;
        }
        let removed = text("status") == "removed";
        let was = known.get(&text("email")).and_then(|known| known.answered.as_ref());
        let stripe = match text("role").as_str() {
            _ if removed => None,
            // Their role gives them everything, and what else they were given does not show until it is taken away.
            "admin" => was.and_then(|was| was.stripe.clone()),
            _ => profile(owner, &text("id")),
        };
        let keys = keys.remove(&text("id")).unwrap_or_default();
        found.insert(text("email"), Person { role: text("role"), removed, stripe, keys });
    }
    found
}

/// What a member was given of Stripe.
fn profile(owner: &Line, member: &str) -> Option<String> {
    let (status, access) = owner.ask("GET", &format!("/members/{member}/access"), None).expect("an answer");
    assert_eq!(status, 200, "{access}");
    let integrations = access["integrations"].as_array().expect("integrations");
    let stripe = integrations.iter().find(|one| one["slug"] == "stripe")?;
    stripe["profile"].as_str().map(str::to_owned)
}
