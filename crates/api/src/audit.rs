//! Endpoint: the record of calls and changes.

use app::App;
use app::audit::{AuditQuery, Cursor, Entry, EntryKind};
use axum::Json;
use axum::extract::State;
use domain::credential::CredentialId;
use domain::event::Event;
use domain::integration::ToolClass;
use domain::record::{Decision, OutcomeStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Params, Signed, bad_cursor, page_size};
use crate::problem::{Failure, Problems};
use crate::time::{read_optional, written};

/// Which entries. Every filter that is given must hold.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParams {
    /// `calls` or `changes`; both where nothing is given.
    kind: Option<String>,
    /// Who: e-mail address or id of a member, removed ones included, or id of a key or agent. What agents did for a
    /// member is a part of the member's record.
    subject: Option<String>,
    /// With which key, by id.
    credential: Option<String>,
    /// Of which integration, by slug or id.
    integration: Option<String>,
    /// Of which tool, by the name it has at its integration.
    tool: Option<String>,
    /// Of which class: `read`, `write`, `delete` or `unclassified`.
    class: Option<String>,
    /// Decided how: `allowed`, `denied`, `malformed` or `limited`.
    decision: Option<String>,
    /// Ended how: `succeeded`, `tool_error`, `failed`, `cancelled`, `cut` or `unknown`.
    status: Option<String>,
    /// At or after this moment.
    since: Option<String>,
    /// Before this moment.
    until: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

impl AuditParams {
    fn query(&self) -> Result<AuditQuery, Failure> {
        let word = |field: &'static str, known: &str| Failure::bad_field(field, format!("give one of {known}"));
        let kind = match self.kind.as_deref() {
            None => None,
            Some("calls") => Some(EntryKind::Call),
            Some("changes") => Some(EntryKind::Change),
            Some(_) => return Err(word("kind", "calls, changes")),
        };
        fn each<T>(
            text: Option<&str>,
            read: impl Fn(&str) -> Option<T>,
            wrong: impl Fn() -> Failure,
        ) -> Result<Option<T>, Failure> {
            text.map(|text| read(text).ok_or_else(&wrong)).transpose()
        }
        let classes = || word("class", "read, write, delete, unclassified");
        let decisions = || word("decision", "allowed, denied, malformed, limited");
        let statuses = || word("status", "succeeded, tool_error, failed, cancelled, cut, unknown");
        let key = || Failure::bad_field("credential", "give the id of a key or a session");
        Ok(AuditQuery {
            kind,
            subject: self.subject.clone(),
            credential: each(self.credential.as_deref(), CredentialId::parse, key)?,
            integration: self.integration.clone(),
            tool: self.tool.clone(),
            class: each(self.class.as_deref(), ToolClass::parse, classes)?,
            decision: each(self.decision.as_deref(), Decision::parse, decisions)?,
            status: each(self.status.as_deref(), OutcomeStatus::parse, statuses)?,
            since: read_optional("since", self.since.as_deref())?,
            until: read_optional("until", self.until.as_deref())?,
            cursor: self.cursor.as_deref().map(cursor).transpose()?.unwrap_or_default(),
            limit: page_size(self.limit)?,
        })
    }
}

/// Reads `calls.changes`, each a number or `-` for the newest end.
fn cursor(text: &str) -> Result<Cursor, Failure> {
    let place = |text: &str| match text {
        "-" => Ok(None),
        number => number.parse().map(Some).map_err(|_| bad_cursor()),
    };
    let (calls, changes) = text.split_once('.').ok_or_else(bad_cursor)?;
    Ok(Cursor { calls_before: place(calls)?, changes_before: place(changes)? })
}

fn cursor_text(cursor: Cursor) -> String {
    let place = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    format!("{}.{}", place(cursor.calls_before), place(cursor.changes_before))
}

/// Somebody by id and name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Named {
    id: String,
    name: Option<String>,
}

/// One entry of the record.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum AuditEntry {
    /// A call through the gateway.
    Call(Box<CallEntry>),
    /// A change to the organization.
    Change(Box<ChangeEntry>),
}

/// A call through the gateway.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallEntry {
    /// Its number in the chain of records.
    seq: u64,
    /// When it was decided.
    at: String,
    /// Who the verdict is about.
    subject: Named,
    /// The person for whom an agent acted: it may do then what both may.
    acting_for: Option<Named>,
    /// The key that was presented.
    credential: Option<Named>,
    /// The client as it states itself.
    client: Option<String>,
    /// The protocol method.
    method: String,
    /// Slug of the integration.
    integration: Option<String>,
    /// The tool's name at the integration.
    tool: Option<String>,
    /// The tool's class at the time.
    class: Option<&'static str>,
    /// What was decided.
    decision: &'static str,
    /// Why.
    reason: String,
    /// The number of the change up to which the decision knew the organization.
    policy_seq: u64,
    /// Keyed digest of the arguments.
    arguments_digest: Option<String>,
    /// The record's hash in the chain.
    hash: String,
    /// What came of it; none while it runs, and for what was never forwarded.
    outcome: Option<OutcomeBody>,
}

/// What came of a call.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeBody {
    /// When it ended.
    at: String,
    /// How it ended.
    status: &'static str,
    /// How long it took, in microseconds.
    latency_us: u64,
    /// Bytes sent to the upstream.
    request_bytes: u64,
    /// Bytes that came back.
    response_bytes: u64,
    /// A short code of what went wrong.
    detail: Option<String>,
}

/// A change to the organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeEntry {
    /// Its number in the organization's journal.
    seq: u64,
    /// When.
    at: String,
    /// Who: a person, a key, or the operator of the installation.
    actor: Named,
    /// The person for whom an agent did it.
    acting_for: Option<Named>,
    /// On whose invitation somebody joined by it, where they did by one.
    invited_by: Option<Named>,
    /// Which AI client was connected or disconnected by it, as it called itself.
    client: Option<Named>,
    /// Id of the key that was used.
    credential: Option<String>,
    /// What happened.
    #[serde(rename = "type")]
    what: &'static str,
    /// In detail.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

fn entry(entry: Entry) -> AuditEntry {
    match entry {
        Entry::Call { record, subject_name, acting_for_name, credential_label, integration } => {
            let intent = record.intent;
            AuditEntry::Call(Box::new(CallEntry {
                seq: record.seq,
                at: written(intent.at),
                subject: Named { id: intent.subject, name: Some(subject_name) },
                acting_for: intent.acting_for.map(|person| Named { id: person.to_string(), name: acting_for_name }),
                credential: intent
                    .credential
                    .map(|presented| Named { id: presented.to_string(), name: credential_label }),
                client: intent.client,
                method: intent.method,
                integration,
                tool: intent.tool,
                class: intent.class.map(ToolClass::as_str),
                decision: intent.decision.as_str(),
                reason: intent.reason,
                policy_seq: intent.policy_seq,
                arguments_digest: intent.arguments_digest.map(|digest| hexadecimal(&digest)),
                hash: hexadecimal(&record.hash),
                outcome: record.outcome.map(|closing| OutcomeBody {
                    at: written(closing.outcome.at),
                    status: closing.outcome.status.as_str(),
                    latency_us: closing.outcome.latency_us,
                    request_bytes: closing.outcome.request_bytes,
                    response_bytes: closing.outcome.response_bytes,
                    detail: closing.outcome.detail,
                }),
            }))
        }
        Entry::Change { seq, at, actor, actor_name, acting_for, invited_by, client, event } => {
            let (subject, credential) =
                actor.split_once('/').map_or((actor.as_str(), None), |(one, key)| (one, Some(key)));
            let mut body = serde_json::to_value(&*event).unwrap_or_default();
            redact(&mut body);
            if let (Event::InvitationAccepted { .. }, Some(data)) = (&*event, body["data"].as_object_mut()) {
                // Said beside it, to whoever may know.
                data.remove("inviter");
            }
            AuditEntry::Change(Box::new(ChangeEntry {
                seq,
                at: written(at),
                actor: Named { id: subject.to_owned(), name: Some(actor_name) },
                acting_for: acting_for.map(|(person, name)| Named { id: person.to_string(), name: Some(name) }),
                invited_by: invited_by.map(|(id, name)| Named { id, name: Some(name) }),
                client: client.map(|(id, name)| Named { id: id.to_string(), name }),
                credential: credential.map(str::to_owned),
                what: event.name(),
                data: body.get_mut("data").map(serde_json::Value::take).unwrap_or_default(),
            }))
        }
    }
}

/// Digests of keys are nobody's business, and definitions of tools are long: the integration shows them.
fn redact(body: &mut serde_json::Value) {
    let Some(data) = body.get_mut("data").and_then(|data| data.as_object_mut()) else { return };
    data.remove("digest");
    if let Some(tools) = data.get_mut("tools").and_then(|tools| tools.as_array_mut()) {
        for tool in tools.iter_mut().filter_map(|tool| tool.as_object_mut()) {
            tool.remove("definition");
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A page of the record.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditBody {
    /// Newest first.
    items: Vec<AuditEntry>,
    /// Where the next page starts; none where the beginning was reached.
    next: Option<String>,
}

/// The record of calls and changes, newest first. Somebody without `audit.read` sees their own, with what agents did
/// for them.
#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "read_audit",
    params(("org" = String, Path, description = "slug or id"), AuditParams),
    responses((status = 200, body = AuditBody), Problems))]
pub(crate) async fn read(
    State(app): State<App>,
    Signed(caller): Signed,
    Params(params): Params<AuditParams>,
) -> Result<Json<AuditBody>, Failure> {
    let page = app.read_audit(&caller, params.query()?).await?;
    Ok(Json(AuditBody { items: page.entries.into_iter().map(entry).collect(), next: page.next.map(cursor_text) }))
}
