//! Endpoints: why, why not, who can, since when.

use app::App;
use app::ask::{Answer, At, Inquiry, Turn, Turns, Wording};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::{Body, Signed, page_size};
use crate::problem::{Failure, Problems};
use crate::time::{read, written};

/// What a question is about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thing {
    /// The kind of thing: `tool`, `integration`, `organization`, `member`, `team`, `key`, `agent`, `object`, `field`, or
    /// a kind of resource such as `project`.
    #[serde(rename = "type")]
    kind: String,
    /// Which one: `integration/tool`, a slug, an id, an e-mail address, `object` or `object/field`; anything for the
    /// organization.
    #[serde(default)]
    id: String,
}

/// May this subject do this, and why or why not?
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// A member by e-mail address or id, a workspace key or an agent by id; the caller where nobody is named.
    subject: Option<String>,
    /// The member for whom an agent acts.
    acting_for: Option<String>,
    /// What is to be done: `call` for a tool, a permission's name for the organization, otherwise a verb.
    action: String,
    /// What it is to be done with.
    resource: Thing,
    /// The role that is to be given, where the action is `change_role`.
    role: Option<String>,
    /// At which moment: a time such as `2026-05-01T00:00:00Z`, or the number of a change; now where none is given.
    at: Option<String>,
    /// Whether the smallest sets of changes that would allow it are wanted; each is tried on a copy.
    #[serde(default)]
    remedies: bool,
}

/// The answer with its reasons.
#[derive(Serialize, ToSchema)]
pub(crate) struct Explained {
    /// Id of the member, key or agent.
    subject: String,
    /// Id of the member for whom an agent acts.
    acting_for: Option<String>,
    /// Whether it may.
    allowed: bool,
    /// Stable code of the reason.
    code: &'static str,
    /// Why, in a sentence.
    because: String,
    /// What it rests on, or where it breaks, link by link.
    chain: Vec<String>,
    /// The smallest change that would allow it.
    remedy: Option<String>,
    /// Who could make that change.
    ask: Vec<String>,
    /// Sets of changes each of which would allow it, tried on a copy, the smallest gift first.
    remedies: Vec<Vec<String>>,
    /// The number of the last change of the state that was asked.
    seq: u64,
}

pub(crate) fn at(text: Option<&str>) -> Result<Option<At>, Failure> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<u64>() {
        Ok(seq) => Ok(Some(At::Seq(seq))),
        Err(_) => Ok(Some(At::Instant(read("at", text)?))),
    }
}

fn inquiry(question: Question) -> Result<Inquiry, Failure> {
    let Question { subject, acting_for, action, resource, role, at: moment, remedies } = question;
    let wording = Wording { action, kind: resource.kind, name: resource.id, role };
    Ok(Inquiry { subject, acting_for, wording, at: at(moment.as_deref())?, remedies })
}

fn explained(answer: Answer) -> Explained {
    Explained {
        subject: answer.subject.as_str().to_owned(),
        acting_for: answer.acting_for.map(|person| person.to_string()),
        allowed: answer.allowed,
        code: answer.code,
        because: answer.because,
        chain: answer.chain,
        remedy: answer.remedy,
        ask: answer.ask,
        remedies: answer.remedies,
        seq: answer.seq,
    }
}

/// Answers whether somebody may do something, and why or why not, now or at a past moment.
#[utoipa::path(post, path = "/explain", tag = "access", operation_id = "explain_access",
    params(("org" = String, Path, description = "slug or id")), request_body = Question,
    responses((status = 200, body = Explained), Problems))]
pub(crate) async fn explain(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<Question>,
) -> Result<Json<Explained>, Failure> {
    Ok(Json(explained(app.ask(&caller, &inquiry(body)?).await?)))
}

/// A moment at which an answer became another.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnswerTurn {
    /// The number of the change that did it; none where something ended by itself.
    seq: Option<u64>,
    /// When.
    at: String,
    /// The change's type.
    change: Option<&'static str>,
    /// Who made it: an id, and after a slash the key that was used. Only for those who may read everybody's record, and
    /// about one's own changes.
    actor: Option<String>,
    /// Whether it was allowed from then on.
    allowed: bool,
    /// Why, from then on.
    because: String,
}

/// Every moment at which an answer became another.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnswerHistory {
    /// The newest first.
    items: Vec<AnswerTurn>,
    /// Whether they go back to the beginning; otherwise only the newest changes that could matter were looked at.
    complete: bool,
}

fn turn(turn: Turn) -> AnswerTurn {
    AnswerTurn {
        seq: turn.seq,
        at: written(turn.at),
        change: turn.event,
        actor: turn.actor,
        allowed: turn.allowed,
        because: turn.because,
    }
}

/// Tells since when somebody may or may not do something, and whose change it was.
#[utoipa::path(post, path = "/explain/history", tag = "access", operation_id = "explain_access_history",
    params(("org" = String, Path, description = "slug or id")), request_body = Question,
    responses((status = 200, body = AnswerHistory), Problems))]
pub(crate) async fn history(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<Question>,
) -> Result<Json<AnswerHistory>, Failure> {
    if body.at.is_some() || body.acting_for.is_some() {
        return Err(Failure::bad_field(
            "at",
            "a history is about one subject and all of its past; leave out at and acting_for",
        ));
    }
    let Turns { items, complete } = app.turns(&caller, &inquiry(body)?).await?;
    Ok(Json(AnswerHistory { items: items.into_iter().map(turn).collect(), complete }))
}

/// Who may do this?
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhoQuestion {
    /// What is to be done.
    action: String,
    /// What it is to be done with.
    resource: Thing,
    /// The role that is to be given, where the action is `change_role`.
    role: Option<String>,
    /// At which moment; now where none is given.
    at: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// How many at most, 1 to 1000.
    limit: Option<u32>,
}

/// Somebody who may.
#[derive(Serialize, ToSchema)]
pub(crate) struct SomeSubject {
    /// Id of the member, key or agent.
    id: String,
    /// Their name.
    name: String,
}

/// Everybody who may.
#[derive(Serialize, ToSchema)]
pub(crate) struct Subjects {
    /// In the order of their ids.
    items: Vec<SomeSubject>,
    /// How many there are on all pages.
    total: usize,
    /// Where the next page begins; none on the last.
    next: Option<String>,
}

/// Lists everybody for whom something is allowed, people, workspace keys and agents.
#[utoipa::path(post, path = "/who-can", tag = "access", operation_id = "who_can",
    params(("org" = String, Path, description = "slug or id")), request_body = WhoQuestion,
    responses((status = 200, body = Subjects), Problems))]
pub(crate) async fn who_can(
    State(app): State<App>,
    Signed(caller): Signed,
    Body(body): Body<WhoQuestion>,
) -> Result<Json<Subjects>, Failure> {
    let limit = page_size(body.limit)?;
    let at = at(body.at.as_deref())?;
    let wording = Wording { action: body.action, kind: body.resource.kind, name: body.resource.id, role: body.role };
    let subjects = app.who_can(&caller, &wording, at).await?;
    let total = subjects.len();
    let after = body.cursor.as_deref().unwrap_or_default();
    // Ids are compared as text on both sides, so a page goes on where the last one ended whatever changed between.
    let mut rest: Vec<_> = subjects.into_iter().filter(|subject| subject.as_str() > after).collect();
    rest.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    let more = rest.len() > limit;
    rest.truncate(limit);
    let next = rest.last().filter(|_| more).map(|last| last.as_str().to_owned());
    let names = app.names_of(&caller, &rest).await?;
    let items = rest.iter().zip(names).map(|(subject, name)| SomeSubject { id: subject.as_str().to_owned(), name });
    Ok(Json(Subjects { items: items.collect(), total, next }))
}
