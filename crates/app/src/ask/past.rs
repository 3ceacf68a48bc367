//! Time travel: the state of a past moment, folded from the journal, and when an answer changed.

use std::sync::Arc;

use domain::event::{self, Event};
use domain::grant::Grantee;
use domain::organization::{Organization, Stamp};
use domain::time::Timestamp;
use journal::StreamId;
use verdict::{Actor, Same, Snapshot, Subject};

use crate::ask::{Inquiry, View, question};
use crate::{App, Caller, Problem};

/// Events that are read at a time.
const PAGE: usize = 1_000;
/// Turns of an answer that are told at most, the newest.
const TURNS_MAX: usize = 200;

/// A moment of an organization's history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// After the event of this number.
    Seq(u64),
    /// At this instant: after every event written up to it, with what ended by then ended.
    Instant(Timestamp),
}

/// A moment at which an answer became another.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The event that did it; none where something ended by itself.
    pub seq: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// The event's type.
    pub event: Option<&'static str>,
    /// Who did it, as the journal names actors.
    pub actor: Option<String>,
    /// Whether it was allowed from then on.
    pub allowed: bool,
    /// Why, from then on.
    pub because: String,
}

impl App {
    /// The present, or a past moment.
    pub(crate) async fn view(&self, caller: &Caller, at: Option<At>) -> Result<View, Problem> {
        let Some(at) = at else {
            return Ok(View { snapshot: caller.live.snapshot(), now: self.now(), past: None });
        };
        let (state, last) = self.state_at(caller, at).await?;
        let now = match at {
            At::Seq(_) => last,
            At::Instant(instant) => instant,
        };
        let snapshot = Arc::new(Snapshot::compile(caller.live.org(), &state, None));
        Ok(View { snapshot, now, past: Some(state) })
    }

    /// Folds the journal up to a moment.
    async fn state_at(&self, caller: &Caller, at: At) -> Result<(Organization, Timestamp), Problem> {
        let (mut state, mut last) = (Organization::new(), Timestamp(0));
        let stream = StreamId::Organization(caller.live.org());
        'pages: loop {
            let page = self.inner.journal.read(stream, state.seq, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for stored in page {
                let later = match at {
                    At::Seq(seq) => stored.seq > seq,
                    At::Instant(instant) => stored.at > instant,
                };
                if later {
                    break 'pages;
                }
                last = stored.at;
                let event = event::decode(&stored.body)?;
                state.apply(&Stamp { seq: stored.seq, at: stored.at, actor: stored.actor }, &event);
            }
        }
        match at {
            At::Seq(seq) if seq > state.seq => {
                let message = format!("the last change is number {}; name that or an earlier one", state.seq);
                Err(Problem::invalid("at", message))
            }
            _ if !state.is_created() => {
                Err(Problem::invalid("at", "the organization did not exist yet at this moment; name a later one"))
            }
            _ => Ok((state, last)),
        }
    }

    /// Since when somebody may or may not do something: every event after which the answer was another, and who did
    /// it, the newest first. What ended by itself shows with the next event, and at the present moment.
    ///
    /// # Errors
    /// As [`App::ask`].
    pub async fn turns(&self, caller: &Caller, inquiry: &Inquiry) -> Result<Vec<Turn>, Problem> {
        let subject = self.subject_named(caller, inquiry.subject.as_deref()).await?;
        self.may_ask(caller, subject).await?;
        let present = self.view(caller, None).await?;
        let asked = self.understand(caller, &present, &inquiry.wording).await?;
        let actor = Actor::about(subject);
        // What is hidden from the one who asks has no history for them either.
        if subject == caller.actor.subject
            && let verdict::Verdict::Denied(denial) = present.snapshot.evaluate(&question(&asked, &actor, present.now)?)
            && denial.hidden
        {
            return asked.noun().map_or(Ok(Vec::new()), |noun| Err(Problem::missing(noun)));
        }
        let stream = StreamId::Organization(caller.live.org());
        let (mut state, mut turns, mut before) = (Organization::new(), Vec::new(), None);
        let mut snapshot: Option<Snapshot> = None;
        loop {
            let page = self.inner.journal.read(stream, state.seq, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for stored in page {
                let event = event::decode(&stored.body)?;
                let stamp = Stamp { seq: stored.seq, at: stored.at, actor: stored.actor };
                state.apply(&stamp, &event);
                if snapshot.is_some()
                    && about_others_alone(&event, [Some(subject), asked.person().map(Subject::Member)])
                {
                    continue;
                }
                // Only tools are shared: resources change with events that are passed over.
                let tools = !event.changes_tools();
                let same = snapshot.as_ref().map(|before| Same { before, tools, resources: false });
                let next = Snapshot::compile(caller.live.org(), &state, same);
                let explanation = next.explain(&question(&asked, &actor, stored.at)?);
                if before != Some((explanation.allowed, explanation.because.clone())) {
                    turns.push(Turn {
                        seq: Some(stamp.seq),
                        at: stamp.at,
                        event: Some(event.name()),
                        actor: Some(stamp.actor),
                        allowed: explanation.allowed,
                        because: explanation.because.clone(),
                    });
                    before = Some((explanation.allowed, explanation.because));
                }
                snapshot = Some(next);
            }
        }
        if let Some(snapshot) = snapshot {
            let explanation = snapshot.explain(&question(&asked, &actor, present.now)?);
            if before != Some((explanation.allowed, explanation.because.clone())) {
                let (allowed, because) = (explanation.allowed, explanation.because);
                turns.push(Turn { seq: None, at: present.now, event: None, actor: None, allowed, because });
            }
        }
        turns.reverse();
        turns.truncate(TURNS_MAX);
        Ok(turns)
    }
}

/// Whether an event is about people, keys and agents that an answer does not rest on. What is about roles, teams,
/// integrations, settings and resources concerns everybody.
fn about_others_alone(event: &Event, concerned: [Option<Subject>; 2]) -> bool {
    let other = |one: Subject| !concerned.contains(&Some(one));
    let other_grantee = |grantee: &Grantee| match grantee {
        Grantee::Member(person) => other(Subject::Member(*person)),
        Grantee::Key(key) => other(Subject::Key(*key)),
        Grantee::Agent(agent) => other(Subject::Agent(*agent)),
        Grantee::Team(_) | Grantee::Role(_) => false,
    };
    match event {
        Event::MemberAdded { person, .. }
        | Event::MemberRoleChanged { person, .. }
        | Event::MemberRoleGiven { person, .. }
        | Event::MemberRoleTaken { person, .. }
        | Event::MemberRemoved { person }
        | Event::TeamMemberSet { person, .. }
        | Event::TeamMemberRemoved { person, .. } => other(Subject::Member(*person)),
        Event::GrantSet { grantee, .. } | Event::GrantRemoved { grantee, .. } => other_grantee(grantee),
        Event::KeyCreated { key, .. }
        | Event::KeyRotated { key, .. }
        | Event::KeyRevoked { key }
        | Event::KeyRoleChanged { key, .. } => other(Subject::Key(*key)),
        _ => false,
    }
}
