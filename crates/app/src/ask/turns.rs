//! Since when: every change after which an answer was another.
//!
//! The journal is read twice: first for the numbers of the changes that could matter, then to answer after each of the
//! newest of them. Both are pieces of work that stand aside ([`super::long`]).

use std::collections::{BTreeSet, VecDeque};

use domain::event::{self, Event};
use domain::grant::Grantee;
use domain::id::{IntegrationId, KeyId, OrgId};
use domain::key::KeyKind;
use domain::organization::{Organization, Stamp};
use domain::role::RoleId;
use domain::time::Timestamp;
use journal::{StoredEvent, StreamId};
use verdict::{Actor, Same, Snapshot, Subject};

use super::past::PAGE;
use crate::ask::{Alone, Asked, Inquiry, about, question};
use crate::{App, Caller, Problem};

/// Changes after which the answer is looked at, the newest: each takes compiling a snapshot.
const LOOKED_AT_MAX: usize = 500;
/// Of those, how many in one piece of work.
const AT_A_TIME: usize = 20;
/// Turns of an answer that are told at most, the newest.
const TURNS_MAX: usize = 200;

/// A moment at which an answer became another.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The event that did it; none where something ended by itself.
    pub seq: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// The event's type.
    pub event: Option<&'static str>,
    /// Who did it, as the journal names actors; none where the caller may not read others' record.
    pub actor: Option<String>,
    /// Whether it was allowed from then on.
    pub allowed: bool,
    /// Why, from then on.
    pub because: String,
}

/// Every moment at which an answer became another.
#[derive(Clone, Debug)]
pub struct Turns {
    /// The newest first.
    pub items: Vec<Turn>,
    /// Whether they go back to the beginning; older changes were not looked at otherwise.
    pub complete: bool,
}

/// An answer, as far as turns are about it.
type Told = (bool, String);

/// A walk along the journal.
struct Walk {
    org: OrgId,
    asked: Asked,
    actor: Actor,
    /// The numbers of the changes that are looked at.
    looked_at: BTreeSet<u64>,
    /// Whether changes before them could have mattered, too.
    is_cut: bool,
    state: Organization,
    snapshot: Option<Snapshot>,
    /// What happened after the snapshot.
    since: Vec<Event>,
    before: Option<Told>,
    turns: Vec<Turn>,
}

impl App {
    /// Since when somebody may or may not do something: every event after which the answer was another, and who did
    /// it, the newest first. What ended by itself shows with the next event, and at the present moment.
    ///
    /// # Errors
    /// As [`App::ask`]; [`Problem::Busy`] while another question of the caller's that takes long is being answered.
    pub async fn turns(&self, caller: &Caller, inquiry: &Inquiry) -> Result<Turns, Problem> {
        let subject = self.subject_named(caller, inquiry.subject.as_deref()).await?;
        self.may_ask(caller, subject).await?;
        let alone = self.ask_at_length(caller)?;
        let present = self.present(caller);
        let asked = self.understand(caller, &present, &inquiry.wording).await?;
        let actor = about(caller, subject);
        question(&asked, &actor, present.now)?;
        // What is hidden from the one who asks has no history for them either.
        if self.is_hidden(caller, &present, (&asked, &actor))? {
            let nothing = Turns { items: Vec::new(), complete: true };
            return asked.noun().map_or(Ok(nothing), |noun| Err(Problem::missing(noun)));
        }
        let walk = self.walk((caller, &alone), asked, actor).await?;
        let everyone = verdict::Operation::ReadAudit { subject: None };
        let told = self.asked(&caller.live.snapshot(), &caller.actor, everyone).is_allowed();
        let is_cut = walk.is_cut;
        let mut items = alone.work(move || walk.up_to(present.now)).await??;
        let complete = !is_cut && items.len() <= TURNS_MAX;
        items.reverse();
        items.truncate(TURNS_MAX);
        for turn in &mut items {
            turn.actor = turn.actor.take().filter(|actor| told || is_by(actor, caller.actor.subject));
        }
        Ok(Turns { items, complete })
    }

    async fn walk(&self, (caller, alone): (&Caller, &Alone), asked: Asked, actor: Actor) -> Result<Walk, Problem> {
        let org = caller.live.org();
        let mut search =
            Search { concern: Concern::of(&asked, &actor), found: VecDeque::new(), seen: 0, is_cut: false };
        loop {
            let page = self.inner.journal.read(StreamId::Organization(org), search.seen, PAGE).await?;
            if page.is_empty() {
                break;
            }
            search = alone.work(move || search.through(&page)).await??;
        }
        let mut walk = Walk {
            org,
            asked,
            actor,
            looked_at: search.found.into_iter().collect(),
            is_cut: search.is_cut,
            state: Organization::new(),
            snapshot: None,
            since: Vec::new(),
            before: None,
            turns: Vec::new(),
        };
        // What came after the search is no more part of the answer than what comes after the answer.
        while walk.state.seq < search.seen {
            let limit = usize::try_from(search.seen - walk.state.seq).map_or(PAGE, |left| left.min(PAGE));
            let page = self.inner.journal.read(StreamId::Organization(org), walk.state.seq, limit).await?;
            let mut rest = VecDeque::from(page);
            if rest.is_empty() {
                break;
            }
            while !rest.is_empty() {
                (walk, rest) = alone.work(move || walk.on(rest)).await??;
            }
        }
        Ok(walk)
    }
}

fn is_by(actor: &str, subject: Subject) -> bool {
    actor.split('/').next() == Some(subject.as_str())
}

impl Walk {
    /// Goes on, for as long as one piece of work may take.
    fn on(mut self, mut page: VecDeque<StoredEvent>) -> Result<(Walk, VecDeque<StoredEvent>), Problem> {
        let mut looks = 0;
        while looks < AT_A_TIME
            && let Some(stored) = page.pop_front()
        {
            let event = event::decode(&stored.body)?;
            let stamp = Stamp { seq: stored.seq, at: stored.at, actor: stored.actor };
            let first = self.looked_at.first() == Some(&stamp.seq);
            if first && self.is_cut {
                // How it was before the first that is looked at is no turn.
                self.before = Some(self.answer(stamp.at)?);
            }
            self.state.apply(&stamp, &event);
            let name = event.name();
            self.follow(event);
            if !self.looked_at.contains(&stamp.seq) {
                continue;
            }
            looks += 1;
            let then = self.answer(stamp.at)?;
            self.take(then, (Some(stamp.seq), stamp.at), Some((name, stamp.actor)));
        }
        Ok((self, page))
    }

    /// Keeps in mind what happened after the snapshot; after very much, the next one begins anew.
    fn follow(&mut self, event: Event) {
        if self.snapshot.is_some() {
            self.since.push(event);
        }
        if self.since.len() > PAGE {
            (self.snapshot, self.since) = (None, Vec::new());
        }
    }

    /// The answer in the state as it is now.
    fn answer(&mut self, at: Timestamp) -> Result<Told, Problem> {
        let same = self.snapshot.as_ref().map(|before| Same { before, events: &self.since });
        let next = Snapshot::compile(self.org, &self.state, same);
        self.since.clear();
        let told = self.told(&next, at);
        self.snapshot = Some(next);
        told
    }

    /// To have the right is not enough where a rule stands against it, as for whoever asks about the present.
    fn told(&self, snapshot: &Snapshot, at: Timestamp) -> Result<Told, Problem> {
        let explanation = snapshot.explain(&question(&self.asked, &self.actor, at)?);
        let refusal = if explanation.allowed { self.asked.refusal(&self.state, at) } else { None };
        Ok(match refusal {
            Some(refusal) => (false, refusal.message),
            None => (explanation.allowed, explanation.because),
        })
    }

    fn take(&mut self, then: Told, (seq, at): (Option<u64>, Timestamp), by: Option<(&'static str, String)>) {
        if self.before.as_ref() == Some(&then) {
            return;
        }
        let (event, actor) = by.unzip();
        let (allowed, because) = then.clone();
        self.turns.push(Turn { seq, at, event, actor, allowed, because });
        self.before = Some(then);
    }

    /// Every turn, what ended by itself up to now included.
    fn up_to(mut self, now: Timestamp) -> Result<Vec<Turn>, Problem> {
        let snapshot = self.snapshot.take().unwrap_or_else(|| Snapshot::compile(self.org, &self.state, None));
        let told = self.told(&snapshot, now)?;
        self.take(told, (None, now), None);
        Ok(self.turns)
    }
}

/// The search for the changes that could matter.
struct Search {
    concern: Concern,
    found: VecDeque<u64>,
    /// The last change that was looked through.
    seen: u64,
    is_cut: bool,
}

impl Search {
    fn through(mut self, page: &[StoredEvent]) -> Result<Search, Problem> {
        for stored in page {
            self.seen = stored.seq;
            if !self.concern.touched_by(&event::decode(&stored.body)?) {
                continue;
            }
            self.found.push_back(stored.seq);
            if self.found.len() > LOOKED_AT_MAX {
                self.found.pop_front();
                self.is_cut = true;
            }
        }
        Ok(self)
    }
}

/// What an answer can rest on.
struct Concern {
    /// Who is asked about, for whom they act, and the person whom it is about.
    subjects: Vec<Subject>,
    asked: Asked,
    /// The integrations that had the slug in question.
    integrations: BTreeSet<IntegrationId>,
    /// Roles that were the top one: rules about the last of its holders, and the most, stand against some changes.
    top: BTreeSet<RoleId>,
    /// Personal keys, where a rule about them stands against some changes.
    personal: BTreeSet<KeyId>,
}

impl Concern {
    fn of(asked: &Asked, actor: &Actor) -> Concern {
        let people = actor.acting_for.into_iter().chain(asked.person()).map(Subject::Member);
        let subjects = std::iter::once(actor.subject).chain(people).collect();
        let integrations = match asked {
            Asked::Integration(_, id) => BTreeSet::from([*id]),
            _ => BTreeSet::new(),
        };
        Concern { subjects, asked: asked.clone(), integrations, top: BTreeSet::new(), personal: BTreeSet::new() }
    }

    /// Whether an answer may be another after this event. Roles, teams and settings concern everybody.
    fn touched_by(&mut self, event: &Event) -> bool {
        if let (Event::IntegrationConnected(new), Asked::Call { integration, .. }) = (event, &self.asked)
            && new.slug.to_string() == *integration
        {
            self.integrations.insert(new.id);
        }
        if let Event::RoleDefined(role) = event
            && role.top
        {
            self.top.insert(role.id);
        }
        // A key or an agent is someone's, and who may touch it rests on whose it is.
        let of_others = matches!(self.asked, Asked::Key(..) | Asked::EditAgent(_));
        // Whether somebody may leave their role rests on who else has the top one.
        let of_holders = matches!(self.asked, Asked::Remove(_) | Asked::ChangeRole(..));
        match event {
            Event::MemberAdded { person, role } => {
                of_others || of_holders && self.top.contains(role) || self.is_about(Subject::Member(*person))
            }
            Event::MemberRoleChanged { person, from, to } => {
                let top = of_holders && (self.top.contains(from) || self.top.contains(to));
                of_others || top || self.is_about(Subject::Member(*person))
            }
            Event::MemberRemoved { person } => of_others || of_holders || self.is_about(Subject::Member(*person)),
            Event::TeamMemberSet { person, .. }
            | Event::TeamMemberPlaced { person, .. }
            | Event::TeamMemberRemoved { person, .. } => of_others || self.is_about(Subject::Member(*person)),
            // Nobody leaves the top role without whom nobody in it would have a personal key.
            Event::KeyCreated { key, kind: KeyKind::Personal { .. }, .. } if of_holders => self.personal.insert(*key),
            Event::KeyRevoked { key } if self.personal.contains(key) => true,
            Event::KeyCreated { key, .. }
            | Event::KeyRotated { key, .. }
            | Event::KeyRevoked { key }
            | Event::KeyRoleChanged { key, .. } => of_others || self.is_about(Subject::Key(*key)),
            Event::AgentCreated { agent, .. }
            | Event::AgentEdited { agent, .. }
            | Event::AgentRoleChanged { agent, .. }
            | Event::AgentDeleted { agent }
            | Event::DelegationSet { agent, .. }
            | Event::DelegationRemoved { agent, .. } => of_others || self.is_about(Subject::Agent(*agent)),
            Event::GrantSet { grantee, integration, .. }
            | Event::GrantLent { grantee, integration, .. }
            | Event::GrantRemoved { grantee, integration } => {
                // What a workspace key is given narrows it, and with it whose secret it may be.
                let narrows =
                    matches!((&self.asked, grantee), (Asked::Key(_, asked), Grantee::Key(key)) if asked == key);
                narrows || self.integrations.contains(integration) && self.may_be_given(*grantee)
            }
            Event::IntegrationConnected(new) => self.integrations.contains(&new.id),
            Event::IntegrationEdited { integration, .. }
            | Event::IntegrationDisconnected { integration }
            | Event::ToolsApproved { integration, .. }
            | Event::ToolsFound { integration, .. }
            | Event::ToolsAccepted { integration, .. }
            | Event::ToolClassified { integration, .. }
            | Event::ToolSwitched { integration, .. } => self.integrations.contains(integration),
            Event::ArtifactCollected { artifact, .. } | Event::ArtifactUncollected { artifact, .. } => {
                self.is_resource(*artifact)
            }
            Event::ResourceRegistered(new) => self.is_resource(new.id),
            Event::ResourceEdited { resource, .. }
            | Event::ResourceHandedOver { resource, .. }
            | Event::ResourceShared { resource, .. }
            | Event::ResourceUnshared { resource, .. }
            | Event::ResourceAssigned { resource, .. }
            | Event::ResourceUnassigned { resource, .. }
            | Event::ResourceDeleted { resource }
            | Event::ResourceRestored { resource }
            | Event::ResourceDestroyed { resource } => self.is_resource(*resource),
            Event::ObjectDefined(_) | Event::ObjectRemoved { .. } => {
                matches!(self.asked, Asked::Data(..) | Asked::Field(..))
            }
            _ => !is_beside(event),
        }
    }

    fn is_about(&self, subject: Subject) -> bool {
        self.subjects.contains(&subject)
    }

    fn may_be_given(&self, grantee: Grantee) -> bool {
        match grantee {
            Grantee::Member(person) => self.is_about(Subject::Member(person)),
            Grantee::Key(key) => self.is_about(Subject::Key(key)),
            Grantee::Agent(agent) => self.is_about(Subject::Agent(agent)),
            Grantee::Team(_) | Grantee::Role(_) => true,
        }
    }

    fn is_resource(&self, resource: domain::id::ResourceId) -> bool {
        matches!(self.asked, Asked::Resource(_, asked) if asked == resource)
    }
}

/// Whether an event is of what nobody is asked about: a session, a client, a name.
fn is_beside(event: &Event) -> bool {
    matches!(
        event,
        Event::SessionEnded { .. }
            | Event::SessionsEnded { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::ClientRegistered { .. }
            | Event::ClientUnregistered { .. }
            | Event::AccountConnected { .. }
            | Event::AccountDisconnected { .. }
            | Event::MemberEdited { .. }
            | Event::AccessReviewed { .. }
            | Event::KindConfigured { .. }
            | Event::OrganizationRenamed { .. }
            | Event::RequestOpened(_)
            | Event::RequestGranted { .. }
            | Event::RequestRefused { .. }
            | Event::RequestWithdrawn { .. }
    )
}
