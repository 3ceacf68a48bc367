//! What would satisfy a request now, and whether somebody may do that.
//!
//! INVARIANT: whether one may grant is found by doing it on a copy, with every permit that the commit will ask for; held
//! by `nobody_decides_what_they_could_not_do_by_hand` in the product's tests.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use domain::command::{self, Command};
use domain::grant::{Grant, Grantee};
use domain::id::{IntegrationId, PersonId, ResourceId};
use domain::organization::{Organization, Stamp};
use domain::refusal::Refusal;
use domain::request::{AccessRequest, cannot_end};
use domain::time::Timestamp;
use verdict::{Action, Actor, Operation, Question, Remedy, Snapshot, Subject};

use crate::policy_file::rehearse::{Rehearsed, Step, rehearse};
use crate::requests::{owner_of, subject_of};
use crate::{App, Caller};

/// Sets of changes that are looked at.
const SETS_MAX: usize = 5;
/// People who are named of those who may decide.
const DECIDERS_MAX: usize = 3;

/// One state as one caller looks at it.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) state: Organization,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) actor: Actor,
    pub(super) stamp: String,
    pub(super) now: Timestamp,
}

/// What was found about a request.
pub(super) struct Examined {
    /// Whether it is allowed already.
    pub(super) allowed: bool,
    /// The smallest sets of changes that would allow it.
    pub(super) sets: Vec<Found>,
    /// Where nothing is left to be changed: a change about the one who asked that the caller may make, so that they may
    /// close the request. Otherwise none.
    pub(super) closing: Vec<Remedy>,
}

/// One set of changes.
pub(super) struct Found {
    pub(super) set: Vec<Remedy>,
    /// What the caller would do with it: as wished, or else for good. None where they may do neither.
    pub(super) by_caller: Option<Doing>,
}

/// One set of changes as somebody would make it.
pub(super) struct Doing {
    /// Until when; none for good.
    pub(super) until: Option<Timestamp>,
    pub(super) done: Rehearsed,
}

impl Examined {
    pub(super) fn may_decide(&self) -> bool {
        self.sets.iter().any(|found| found.by_caller.is_some()) || !self.closing.is_empty()
    }
}

impl App {
    /// The newest state, for looking at requests.
    pub(super) async fn look(&self, caller: &Caller) -> Look {
        let (actor, stamp) = (caller.actor, caller.stamp());
        let state = caller.live.state.lock().await;
        Look { state: Organization::clone(&state), snapshot: caller.live.snapshot(), actor, stamp, now: self.now() }
    }
}

impl Look {
    /// Whether the caller may do something in this state.
    pub(super) fn allows(&self, operation: Operation<'_>) -> bool {
        let action = Action::Operate(operation);
        self.snapshot.evaluate(&Question { actor: &self.actor, action, now: self.now }).is_allowed()
    }

    /// The first people who may decide a request in any of these ways.
    pub(super) fn deciders(&self, request: &AccessRequest, sets: &[Found]) -> Vec<PersonId> {
        let mut all = Vec::new();
        for found in sets {
            // Who may give it for good comes first, and then who may as it was wished.
            let wished = self.wished(request).map(|until| self.for_a_term(request, &found.set, Some(until)));
            for set in [Some(&found.set), wished.as_ref()].into_iter().flatten() {
                for person in self.snapshot.deciders(request.asked.id, set, self.now) {
                    if !all.contains(&person) {
                        all.push(person);
                    }
                }
            }
        }
        all.truncate(DECIDERS_MAX);
        all
    }

    /// What would satisfy a request, each tried out as the caller.
    pub(super) fn examine(&self, request: &AccessRequest) -> Examined {
        let mut examined = self.remedies(request);
        for found in &mut examined.sets {
            // Whoever has something for a time may be able to give it for a time alone.
            let terms = self.wished(request).into_iter().map(Some).chain([None]);
            found.by_caller = terms.into_iter().find_map(|until| self.tried(request, &found.set, until));
        }
        if examined.sets.is_empty() {
            examined.closing = self.closing(request).into_iter().collect();
        }
        examined
    }

    /// A request about which nothing is left to be done, for it is allowed by now or no small change would allow it any
    /// more, would wait for ever. It is closed by whoever reads the record of the one who asked, where it stands, and may
    /// decide about them: change a member's role or an agent, or give a key a role.
    fn closing(&self, request: &AccessRequest) -> Option<Remedy> {
        let subject = subject_of(request.asked.requester).filter(|_| request.is_open());
        self.allows(Operation::ReadAudit { subject: Some(subject?) }).then_some(())?;
        let roles = self.state.roles.keys();
        let mut about = match subject? {
            Subject::Member(member) => {
                let role = self.state.member(member).map(|known| known.role);
                role.map(|role| Remedy::Role { member, role }).into_iter().collect()
            }
            Subject::Agent(agent) => vec![Remedy::ResumeAgent { agent }],
            Subject::Key(key) => roles.map(|role| Remedy::KeyRole { key, role: *role }).collect(),
        }
        .into_iter();
        let request = request.asked.id;
        about.find(|change| self.allows(Operation::DecideRequest { request, by: std::slice::from_ref(change) }))
    }

    /// What would satisfy a request, whoever may do it.
    pub(super) fn remedies(&self, request: &AccessRequest) -> Examined {
        let nothing = Examined { allowed: false, sets: Vec::new(), closing: Vec::new() };
        let asked = &request.asked;
        let Some(subject) = subject_of(asked.requester).filter(|_| request.is_open()) else { return nothing };
        let actor = Actor { acting_for: asked.acting_for, ..Actor::about(subject) };
        let Some(action) = self.snapshot.action_of(&asked.wanted, owner_of(&actor)) else { return nothing };
        let question = Question { actor: &actor, action, now: self.now };
        let mut sets = self.snapshot.why_not(&self.state, &question);
        sets.truncate(SETS_MAX);
        let found = |set| Found { set, by_caller: None };
        let allowed = sets.is_empty() && self.snapshot.evaluate(&question).is_allowed();
        Examined { allowed, sets: sets.into_iter().map(found).collect(), closing: Vec::new() }
    }

    /// Until when a request would be granted as it was wished; none for good.
    pub(super) fn wished(&self, request: &AccessRequest) -> Option<Timestamp> {
        request.asked.wished_ms.map(|ms| self.now.plus_ms(ms))
    }

    /// Changes as they are made until a moment, or for good, for the engine to judge.
    pub(super) fn for_a_term(&self, request: &AccessRequest, set: &[Remedy], until: Option<Timestamp>) -> Vec<Remedy> {
        let action = self.snapshot.action_of(&request.asked.wanted, None);
        let made = |remedy: &Remedy| match action.zip(until) {
            Some((action, until)) => self.snapshot.for_a_time(remedy, action, until),
            None => remedy.clone(),
        };
        set.iter().map(made).collect()
    }

    /// The changes tried out, where all of them can be done and lead to a yes.
    fn tried(&self, request: &AccessRequest, set: &[Remedy], until: Option<Timestamp>) -> Option<Doing> {
        // What the engine says no to already need not be tried out.
        let by = self.for_a_term(request, set, until);
        self.allows(Operation::DecideRequest { request: request.asked.id, by: &by }).then_some(())?;
        let steps = self.steps(request, set, until).ok()?;
        let done = rehearse(&self.snapshot, &self.state, &self.actor, (&self.stamp, self.now), steps).ok()?;
        let asked = &request.asked;
        let actor = Actor { acting_for: asked.acting_for, ..Actor::about(subject_of(asked.requester)?) };
        let action = done.after.action_of(&asked.wanted, owner_of(&actor))?;
        let allowed = done.after.evaluate(&Question { actor: &actor, action, now: self.now }).is_allowed();
        allowed.then_some(Doing { until, done })
    }

    /// The changes, and after them the decision that names them: all of it becomes one commit, or nothing does.
    pub(super) fn steps(
        &self,
        request: &AccessRequest,
        set: &[Remedy],
        until: Option<Timestamp>,
    ) -> Result<Vec<Step>, Refusal> {
        let mut then = self.state.clone();
        let mut steps = Vec::new();
        for remedy in set {
            for command in self.commands(request, remedy, until)? {
                let events = command::handle(&then, command.clone(), self.now)?;
                for event in &events {
                    then.apply(&Stamp { seq: then.seq + 1, at: self.now, actor: self.stamp.clone() }, event);
                }
                let says = self.snapshot.remedy_in_words(remedy);
                steps.push(step(says, command, Vec::new()));
            }
        }
        let changes = (self.state.seq + 1..=then.seq).collect();
        let by = self.for_a_term(request, set, until);
        // What is part of something that ends is given until then.
        let until = until.or_else(|| set.iter().filter_map(Remedy::ends_at).min());
        let id = request.asked.id;
        let command = Command::GrantRequest { request: id, until, changes };
        steps.push(step("grant the request".to_owned(), command, by));
        Ok(steps)
    }

    /// The commands that make one change. For a time, an integration is lent, so that what was given stays as it is.
    fn commands(
        &self,
        request: &AccessRequest,
        remedy: &Remedy,
        until: Option<Timestamp>,
    ) -> Result<Vec<Command>, Refusal> {
        let Some(expires_at) = until else {
            let mut commands = vec![remedy.command()];
            if let Remedy::Grant { to, integration, .. } = remedy {
                commands.extend(self.loans_again(*to, *integration));
            }
            return Ok(commands);
        };
        match self.for_a_term(request, std::slice::from_ref(remedy), until).pop().unwrap_or_else(|| remedy.clone()) {
            Remedy::Grant { to: grantee, integration, profile, tools_off, .. } => {
                Ok(vec![Command::LendGrant { grantee, integration, profile, tools_off, expires_at }])
            }
            share @ Remedy::Share { resource, with, .. } if self.ends_by(resource, with, expires_at) => {
                Ok(vec![share.command()])
            }
            Remedy::Delegate { agent, person } => {
                Ok(vec![Command::Delegate { agent, person, expires_at: Some(expires_at) }])
            }
            _ => Err(cannot_end()),
        }
    }

    /// Whether changes can be made for a time.
    pub(super) fn may_end(&self, request: &AccessRequest, set: &[Remedy]) -> bool {
        let soon = self.now.plus_ms(60_000);
        set.iter().all(|remedy| self.commands(request, remedy, Some(soon)).is_ok())
    }

    /// Loans end when something is given for good. Those that run were granted on their own, and are lent again.
    fn loans_again(&self, grantee: Grantee, integration: IntegrationId) -> Vec<Command> {
        let loans = self.state.loans(grantee, integration).iter().filter(|loan| loan.holds_at(self.now));
        let again = |Grant { profile, tools_off, expires_at, .. }: &Grant| {
            let (profile, tools_off, expires_at) = (*profile, tools_off.clone(), (*expires_at)?);
            Some(Command::LendGrant { grantee, integration, profile, tools_off, expires_at })
        };
        loans.filter_map(again).collect()
    }

    /// Whether nothing is shared with somebody that would outlast this moment: a share replaces the one before it.
    fn ends_by(&self, resource: ResourceId, with: Grantee, end: Timestamp) -> bool {
        let present = self.state.resources.get(&resource).and_then(|resource| resource.shares.get(&with));
        present.is_none_or(|share| share.expires_at.is_some_and(|before| before <= end))
    }
}

fn step(says: String, command: Command, by: Vec<Remedy>) -> Step {
    Step { place: vec!["remedy".to_owned()], says, command, by, facts: Vec::new() }
}

/// A short name for a set of changes that is the same in every state in which it means the same.
pub(super) fn name_of(set: &[Remedy]) -> String {
    let mut hasher = DefaultHasher::new();
    format!("{set:?}").hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
