//! The record: what was called and what was changed, by whom, newest first.

use std::collections::HashSet;

use domain::credential::CredentialId;
use domain::event::{self, Event};
use domain::id::{ClientId, IntegrationId, KeyId, PersonId};
use domain::integration::ToolClass;
use domain::invitation::Inviter;
use domain::key::{Key, KeyKind};
use domain::organization::Organization;
use domain::record::{Decision, OutcomeStatus};
use domain::time::Timestamp;
use journal::{Record, RecordQuery, StoredEvent, StreamId};
use verdict::{Action, Operation, Question, Reason, Subject};

use crate::directory::ERASED;
use crate::invitations::person_behind;
use crate::{App, Caller, Problem};

/// Changes that one page looks at before it is handed out short.
const CHANGES_SCANNED_MAX: usize = 5_000;
/// The method of a record about a tool; others are about what else integrations have.
const TOOL_CALL: &str = "tools/call";

/// Which entries are asked for. Every filter that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Calls, changes, or both.
    pub kind: Option<EntryKind>,
    /// Who: the id or e-mail address of a member, removed ones included, or the id of a key or agent. What an agent did
    /// for a member is a part of the member's record.
    pub subject: Option<String>,
    /// With which key or session.
    pub credential: Option<CredentialId>,
    /// Of which integration, by id or slug.
    pub integration: Option<String>,
    /// Of which tool.
    pub tool: Option<String>,
    /// Of which class.
    pub class: Option<ToolClass>,
    /// Decided how.
    pub decision: Option<Decision>,
    /// Ended how.
    pub status: Option<OutcomeStatus>,
    /// At or after this moment.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Where the last page ended.
    pub cursor: Cursor,
    /// How many at most.
    pub limit: usize,
}

/// What an entry is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryKind {
    /// A call through the gateway.
    Call,
    /// A change to the organization.
    Change,
}

/// Where a page ended in each of the two chains; `None` is the newest end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cursor {
    /// Calls below this number come next.
    pub calls_before: Option<u64>,
    /// Changes below this number come next.
    pub changes_before: Option<u64>,
}

/// One entry of the record.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A call, with the name of its subject, the label of its key and the slug of its integration.
    Call {
        /// The record.
        record: Box<Record>,
        /// The subject's name.
        subject_name: String,
        /// The name of the person for whom it acted.
        acting_for_name: Option<String>,
        /// The key's label.
        credential_label: Option<String>,
        /// The integration's slug, or its id where it is gone.
        integration: Option<String>,
    },
    /// A change.
    Change {
        /// Its number in the organization's journal.
        seq: u64,
        /// When.
        at: Timestamp,
        /// Who, as the journal names actors.
        actor: String,
        /// Their name.
        actor_name: String,
        /// The person for whom an agent did it, and their name.
        acting_for: Option<(PersonId, String)>,
        /// On whose invitation somebody joined by it: the inviter's id, and the name of them or of the person for whom an
        /// agent invited.
        invited_by: Option<(String, String)>,
        /// Which AI client was connected or disconnected by it, and what that called itself where it is known.
        client: Option<(ClientId, Option<String>)>,
        /// What.
        event: Box<Event>,
    },
}

/// A page of the record.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Where to go on; none where the beginning was reached.
    pub next: Option<Cursor>,
}

struct Changes {
    found: Vec<(StoredEvent, Event)>,
    /// Where to go on when everything found is used up; none where the beginning was reached.
    next: Option<u64>,
}

impl App {
    /// A page of the record. Somebody without `audit.read` sees what they did themselves, and what agents did for them.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller asks for another's and may not read the record.
    pub async fn read_audit(&self, caller: &Caller, query: AuditQuery) -> Result<AuditPage, Problem> {
        let named = match query.subject.as_deref() {
            None => None,
            Some(name) => Some(match Subject::parse(name) {
                Some(subject) => subject,
                None => Subject::Member(self.member_named(caller, name).await?),
            }),
        };
        let snapshot = caller.live.snapshot();
        let everyone = self.asked(&snapshot, &caller.actor, Operation::ReadAudit { subject: None }).is_allowed();
        let named = if everyone { named } else { named.or(Some(caller.actor.subject)) };
        let operation = Operation::ReadAudit { subject: named };
        let _permit = self.permit(&snapshot, &caller.actor, operation).await?;
        let only_own = !everyone;

        let limit = query.limit.clamp(1, 1_000);
        let mut calls = match query.kind {
            Some(EntryKind::Change) => (Vec::new(), None),
            _ => self.calls(caller, &query, (named, only_own), limit).await?,
        };
        if only_own {
            calls.0.iter_mut().for_each(|record| self.veil(caller, record));
        }
        let call_filters = query.integration.is_some() || query.tool.is_some() || query.class.is_some();
        let only_calls = call_filters || query.decision.is_some() || query.status.is_some();
        let changes = match query.kind {
            Some(EntryKind::Call) => Changes { found: Vec::new(), next: None },
            None if only_calls => Changes { found: Vec::new(), next: None },
            _ => self.changes(caller, &query, named, limit).await?,
        };
        self.merge(caller, query.cursor, calls, changes, limit).await
    }

    async fn calls(
        &self,
        caller: &Caller,
        query: &AuditQuery,
        (subject, only_own): (Option<Subject>, bool),
        limit: usize,
    ) -> Result<(Vec<Record>, Option<u64>), Problem> {
        let integration = match query.integration.as_deref() {
            None => None,
            Some(name) => Some(match IntegrationId::parse(name) {
                Ok(id) => id,
                Err(_) => self.integration_named(caller, name)?,
            }),
        };
        if only_own && integration.is_some_and(|integration| !self.may_know_of(caller, integration)) {
            return Err(Problem::missing("integration"));
        }
        let wanted = RecordQuery {
            before: query.cursor.calls_before,
            subject: subject.map(|subject| subject.as_str().to_owned()),
            done_for: subject.and_then(|subject| subject.person()),
            credential: query.credential,
            integration,
            tool: query.tool.clone(),
            class: query.class,
            verdict: query.decision,
            status: query.status,
            since: query.since,
            until: query.until,
            ..RecordQuery::newest(caller.live.org(), limit)
        };
        let page = self.inner.journal.records(wanted).await?;
        Ok((page.records, page.next))
    }

    fn may_know_of(&self, caller: &Caller, integration: IntegrationId) -> bool {
        let action = Action::Operate(Operation::ViewIntegration { integration });
        let question = Question { actor: &caller.actor, action, now: self.now() };
        caller.live.snapshot().evaluate(&question).is_allowed()
    }

    /// Of a denied call, one's own record tells what the gateway told: what is hidden is not there.
    fn veil(&self, caller: &Caller, record: &mut Record) {
        let intent = &mut record.intent;
        if intent.decision != Decision::Denied {
            return;
        }
        if [Reason::NotAssigned.code(), Reason::GrantEnded.code()].contains(&intent.reason.as_str()) {
            let not_there = if intent.method == TOOL_CALL { Reason::NoSuchTool } else { Reason::NoSuchTarget };
            intent.reason = not_there.code().to_owned();
        }
        if intent.integration.is_some_and(|integration| !self.may_know_of(caller, integration)) {
            (intent.integration, intent.class) = (None, None);
        }
    }

    async fn changes(
        &self,
        caller: &Caller,
        query: &AuditQuery,
        subject: Option<Subject>,
        limit: usize,
    ) -> Result<Changes, Problem> {
        let stream = StreamId::Organization(caller.live.org());
        let (mut found, mut before, mut scanned) = (Vec::new(), query.cursor.changes_before, 0);
        let by_proxy = match subject.and_then(|subject| subject.person()) {
            Some(person) => keys_for(&*caller.live.state.lock().await, person),
            None => HashSet::new(),
        };
        loop {
            let page = self.inner.journal.read_back(stream, before, 500).await?;
            let Some(last) = page.last().map(|stored| stored.seq) else { return Ok(Changes { found, next: None }) };
            scanned += page.len();
            for stored in page {
                before = Some(stored.seq);
                if query.since.is_some_and(|since| stored.at < since) {
                    return Ok(Changes { found, next: None });
                }
                if change_matches(&stored, query, (subject, &by_proxy)) {
                    let event = event::decode(&stored.body)?;
                    found.push((stored, event));
                }
                if found.len() == limit {
                    return Ok(Changes { found, next: before });
                }
            }
            if last == 1 {
                return Ok(Changes { found, next: None });
            }
            if scanned >= CHANGES_SCANNED_MAX {
                return Ok(Changes { found, next: before });
            }
        }
    }

    /// Puts both chains in one order, and says for each where the next page starts.
    async fn merge(
        &self,
        caller: &Caller,
        start: Cursor,
        (calls, calls_next): (Vec<Record>, Option<u64>),
        changes: Changes,
        limit: usize,
    ) -> Result<AuditPage, Problem> {
        let (mut calls, mut events) = (calls.into_iter().peekable(), changes.found.into_iter().peekable());
        let (mut taken_calls, mut taken_events) = (Vec::new(), Vec::new());
        let mut order = Vec::new();
        let mut next = start;
        while order.len() < limit {
            let call_first = match (calls.peek(), events.peek()) {
                (None, None) => break,
                (Some(record), Some((stored, _))) => record.intent.at >= stored.at,
                (call, _) => call.is_some(),
            };
            order.push(call_first);
            if call_first {
                taken_calls.extend(calls.next().inspect(|record| next.calls_before = Some(record.seq)));
            } else {
                taken_events.extend(events.next().inspect(|(stored, _)| next.changes_before = Some(stored.seq)));
            }
        }
        let calls_left = calls.peek().is_some();
        let events_left = events.peek().is_some();
        if !calls_left {
            next.calls_before = calls_next.or(Some(0));
        }
        if !events_left {
            next.changes_before = changes.next.or(Some(0));
        }
        let more = calls_left || events_left || calls_next.is_some() || changes.next.is_some();
        let entries = self.named(caller, order, taken_calls, taken_events).await?;
        Ok(AuditPage { entries, next: more.then_some(next) })
    }

    async fn named(
        &self,
        caller: &Caller,
        order: Vec<bool>,
        calls: Vec<Record>,
        events: Vec<(StoredEvent, Event)>,
    ) -> Result<Vec<Entry>, Problem> {
        let of_calls = calls.iter().map(|record| record.intent.subject.as_str());
        let of_events = events.iter().map(|(stored, _)| subject_of(&stored.actor));
        let changed_for: Vec<Option<PersonId>> = {
            let state = caller.live.state.lock().await;
            events.iter().map(|(stored, _)| acting_for(&state, &stored.actor)).collect()
        };
        let inviters: Vec<Option<Inviter>> = {
            let state = caller.live.state.lock().await;
            events.iter().map(|(_, event)| inviter_of_who_joined(&state, event)).collect()
        };
        let acted_for = calls.iter().filter_map(|record| record.intent.acting_for);
        let acted_for = acted_for.chain(changed_for.iter().copied().flatten());
        let acted_for = acted_for.chain(inviters.iter().flatten().filter_map(|by| person_behind(*by)));
        let named = of_calls.chain(of_events).filter_map(|id| PersonId::parse(id).ok());
        let mut people: Vec<PersonId> = named.chain(acted_for).collect();
        people.sort_unstable();
        people.dedup();
        let people = self.people(caller.live.org(), &people).await?;
        let labels = self.labels(caller.live.org()).await?;
        let snapshot = caller.live.snapshot();
        let name = |id: &str| -> String {
            match PersonId::parse(id) {
                Ok(person) => people.get(&person).map_or_else(|| ERASED.to_owned(), |person| person.name.clone()),
                Err(_) => labels.get(id).cloned().unwrap_or_else(|| id.to_owned()),
            }
        };
        let call = |record: Record| Entry::Call {
            subject_name: name(&record.intent.subject),
            acting_for_name: record.intent.acting_for.map(|person| name(person.as_str())),
            credential_label: record.intent.credential.and_then(|credential| labels.get(credential.as_str()).cloned()),
            integration: record.intent.integration.map(|id| {
                snapshot.integration(id).map_or_else(|| id.to_string(), |integration| integration.slug.to_string())
            }),
            record: Box::new(record),
        };
        let reads_all = self.asked(&snapshot, &caller.actor, Operation::ReadAudit { subject: None }).is_allowed();
        // A program that invited is known to those who read everything: whoever accepted was not told of it.
        let inviter = |by: Inviter| {
            let person = person_behind(by);
            let id = by.subject.to_string();
            match person {
                Some(person) if reads_all => Some((id, name(person.as_str()))),
                Some(person) => Some((person.to_string(), name(person.as_str()))),
                None => reads_all.then(|| (id.clone(), name(&id))),
            }
        };
        let change =
            |(stored, event): (StoredEvent, Event), (person, by): (Option<PersonId>, Option<Inviter>)| Entry::Change {
                seq: stored.seq,
                at: stored.at,
                actor_name: name(subject_of(&stored.actor)),
                acting_for: person.map(|person| (person, name(person.as_str()))),
                invited_by: by.and_then(inviter),
                client: client_of(&event).map(|client| (client, labels.get(client.as_str()).cloned())),
                actor: stored.actor,
                event: Box::new(event),
            };
        let mut calls = calls.into_iter().map(call);
        let mut events =
            events.into_iter().zip(changed_for.into_iter().zip(inviters)).map(|(event, who)| change(event, who));
        Ok(order.into_iter().filter_map(|is_call| if is_call { calls.next() } else { events.next() }).collect())
    }
}

/// The subject of a journal's actor, which may also name the key or session that was used.
fn subject_of(actor: &str) -> &str {
    actor.split('/').next().unwrap_or(actor)
}

/// For whom an agent acted with the key that a journal's actor names. What a key is for never changes.
fn acting_for(state: &Organization, actor: &str) -> Option<PersonId> {
    let key = KeyId::parse(actor.split('/').nth(1)?).ok()?;
    match state.keys.get(&key)?.kind {
        KeyKind::Agent { acting_for, .. } => acting_for,
        KeyKind::Personal { .. } | KeyKind::Workspace { .. } | KeyKind::Directory { .. } => None,
    }
}

/// Who invited whoever joins by an event. Of events from before that was kept, the invitation says it as long as it is known.
fn inviter_of_who_joined(state: &Organization, event: &Event) -> Option<Inviter> {
    let Event::InvitationAccepted { invitation, inviter, .. } = event else { return None };
    inviter.or_else(|| state.invitations.get(invitation).map(|known| known.inviter))
}

/// The AI client that an event is about.
fn client_of(event: &Event) -> Option<ClientId> {
    match event {
        Event::ClientConnected { client, .. } | Event::ClientDisconnected { client, .. } => Some(*client),
        _ => None,
    }
}

/// The keys with which agents act for a person, or did.
fn keys_for(state: &Organization, person: PersonId) -> HashSet<KeyId> {
    let is_for = |key: &&Key| matches!(key.kind, KeyKind::Agent { acting_for, .. } if acting_for == Some(person));
    state.keys.values().filter(is_for).map(|key| key.id).collect()
}

fn change_matches(
    stored: &StoredEvent,
    query: &AuditQuery,
    (subject, by_proxy): (Option<Subject>, &HashSet<KeyId>),
) -> bool {
    let key = stored.actor.split('/').nth(1);
    let for_them = || key.and_then(|key| KeyId::parse(key).ok()).is_some_and(|key| by_proxy.contains(&key));
    subject.is_none_or(|subject| subject_of(&stored.actor) == subject.as_str() || for_them())
        && query.credential.is_none_or(|wanted| key == Some(wanted.as_str()))
        && query.until.is_none_or(|until| stored.at < until)
}
