//! How intents and outcomes become rows, and rows become records.
//!
//! Every value is a column of its own, so that records can be searched; the words are stored as words, so that a
//! stranger can read them. Nothing here touches a file.

use rusqlite::Row;
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};

use domain::credential::CredentialId;
use domain::id::{IntegrationId, OrgId, PersonId};
use domain::integration::ToolClass;
use domain::record::{Decision, Intent, Outcome, OutcomeStatus, RecordRef};
use domain::time::Timestamp;

use crate::chain::{Cell, RECORD_COLUMNS};
use crate::error::ReadError;
use crate::record::{Closing, Record};
use crate::sqlite::{from_sql, to_sql};

/// Most bytes of one text in a row; what is longer was not bounded by its writer and is cut.
pub(crate) const TEXT_BYTES_MAX: usize = 512;

/// One row without its hash.
pub(crate) type Cells<'a> = [Cell<'a>; RECORD_COLUMNS.len()];

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Cell::Nothing => ToSqlOutput::Owned(Value::Null),
            Cell::Number(number) => ToSqlOutput::Owned(Value::Integer(number)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text)),
            Cell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

/// The value that a row holds, whatever its kind; `None` for a kind that no column of ours has.
pub(crate) fn cell(value: ValueRef<'_>) -> Option<Cell<'_>> {
    match value {
        ValueRef::Null => Some(Cell::Nothing),
        ValueRef::Integer(number) => Some(Cell::Number(number)),
        ValueRef::Text(text) => Some(Cell::Text(text)),
        ValueRef::Blob(bytes) => Some(Cell::Bytes(bytes)),
        ValueRef::Real(_) => None,
    }
}

fn text(text: &str) -> Cell<'_> {
    let end = text.floor_char_boundary(TEXT_BYTES_MAX.min(text.len()));
    Cell::Text(text.get(..end).unwrap_or_default().as_bytes())
}

fn text_or_nothing(value: Option<&str>) -> Cell<'_> {
    value.map_or(Cell::Nothing, text)
}

/// The row of an intent.
pub(crate) fn intent_cells(intent: &Intent, seq: u64) -> Cells<'_> {
    [
        text(intent.org.as_str()),
        Cell::Number(to_sql(seq)),
        Cell::Number(intent.at.0),
        text(&intent.subject),
        text_or_nothing(intent.acting_for.as_ref().map(PersonId::as_str)),
        text_or_nothing(intent.credential.as_ref().map(CredentialId::as_str)),
        text_or_nothing(intent.client.as_deref()),
        text(&intent.method),
        text_or_nothing(intent.integration.as_ref().map(IntegrationId::as_str)),
        text_or_nothing(intent.tool.as_deref()),
        text_or_nothing(intent.class.map(ToolClass::as_str)),
        text(intent.decision.as_str()),
        text(&intent.reason),
        intent.arguments_digest.as_ref().map_or(Cell::Nothing, |digest| Cell::Bytes(digest)),
        Cell::Number(to_sql(intent.policy_seq)),
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
    ]
}

/// The row of the outcome that closes `record`.
pub(crate) fn outcome_cells<'a>(record: &'a RecordRef, outcome: &'a Outcome, seq: u64) -> Cells<'a> {
    let mut cells = [Cell::Nothing; RECORD_COLUMNS.len()];
    cells[0] = text(record.org.as_str());
    cells[1] = Cell::Number(to_sql(seq));
    cells[2] = Cell::Number(outcome.at.0);
    cells[15] = Cell::Number(to_sql(record.seq));
    cells[16] = text(outcome.status.as_str());
    cells[17] = Cell::Number(to_sql(outcome.latency_us));
    cells[18] = Cell::Number(to_sql(outcome.request_bytes));
    cells[19] = Cell::Number(to_sql(outcome.response_bytes));
    cells[20] = text_or_nothing(outcome.detail.as_deref());
    cells
}

/// What [`record`] selects, from the intent's row `i` and its outcome's row `o`.
pub(crate) const JOINED_COLUMNS: &str = "i.org, i.seq, i.at, i.subject, i.acting_for, i.credential, i.client, i.method, i.integration, \
     i.tool, i.class, i.decision, i.reason, i.arguments_digest, i.policy_seq, i.hash, \
     o.seq, o.at, o.status, o.latency_us, o.request_bytes, o.response_bytes, o.detail, o.hash";

/// Reads a record from a row of [`JOINED_COLUMNS`].
pub(crate) fn record(row: &Row<'_>) -> Result<Record, ReadError> {
    read(row).ok_or_else(|| {
        let org: String = row.get(0).unwrap_or_default();
        let seq: i64 = row.get(1).unwrap_or_default();
        ReadError::Damaged { what: format!("record {seq} of {org}") }
    })
}

fn read(row: &Row<'_>) -> Option<Record> {
    let words = |column: usize| row.get::<_, Option<String>>(column).ok();
    let number = |column: usize| row.get::<_, i64>(column).ok();
    let id = |column: usize| words(column);
    let intent = Intent {
        org: OrgId::parse(&id(0)??).ok()?,
        at: Timestamp(number(2)?),
        subject: words(3)??,
        acting_for: id(4)?.map(|text| PersonId::parse(&text)).transpose().ok()?,
        credential: match id(5)? {
            Some(text) => Some(CredentialId::parse(&text)?),
            None => None,
        },
        client: words(6)?,
        method: words(7)??,
        integration: id(8)?.map(|text| IntegrationId::parse(&text)).transpose().ok()?,
        tool: words(9)?,
        class: match words(10)? {
            Some(word) => Some(ToolClass::parse(&word)?),
            None => None,
        },
        decision: Decision::parse(&words(11)??)?,
        reason: words(12)??,
        arguments_digest: row.get(13).ok()?,
        policy_seq: from_sql(number(14)?),
    };
    let outcome = match row.get::<_, Option<i64>>(16).ok()? {
        None => None,
        Some(seq) => Some(Closing {
            seq: from_sql(seq),
            outcome: Outcome {
                at: Timestamp(number(17)?),
                status: OutcomeStatus::parse(&words(18)??)?,
                latency_us: from_sql(number(19)?),
                request_bytes: from_sql(number(20)?),
                response_bytes: from_sql(number(21)?),
                detail: words(22)?,
            },
            hash: row.get(23).ok()?,
        }),
    };
    Some(Record { seq: from_sql(number(1)?), intent, hash: row.get(15).ok()?, outcome })
}
