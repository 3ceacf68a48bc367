//! Reads records: newest first for people who search, oldest first for those who take a copy.
//!
//! Every question looks at a bounded number of rows, whatever is asked and however much there is.

use std::cmp::Reverse;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

use domain::id::{OrgId, PersonId};
use domain::record::RecordRef;

use crate::error::ReadError;
use crate::record::{Record, RecordPage, RecordQuery};
use crate::sqlite::record_book::open_earlier;
use crate::sqlite::record_rows::{JOINED_COLUMNS, record};
use crate::sqlite::{from_sql, to_sql};

/// Most records in one answer.
pub(crate) const PAGE_MAX: usize = 1_000;
/// How many numbers of a chain one question without a subject looks back over.
const LOOK_BACK: u64 = 100_000;

pub(crate) fn records(connection: &Connection, query: &RecordQuery) -> Result<RecordPage, ReadError> {
    let before = match query.before {
        Some(before) => before,
        None => newest(connection, query.org)? + 1,
    };
    // The index over subjects leads straight to the rows; without a subject every row of the span is looked at.
    let is_indexed = query.subject.is_some() || query.done_for.is_some();
    let floor = if is_indexed { 0 } else { before.saturating_sub(LOOK_BACK + 1) };
    let limit = query.limit.clamp(1, PAGE_MAX);
    let mut records = Vec::new();
    for about in abouts(query) {
        let (sql, values) = select(query, about, (before, floor), limit);
        records.extend(collect(connection, &sql, values)?);
    }
    records.sort_unstable_by_key(|record| Reverse(record.seq));
    records.dedup_by_key(|record| record.seq);
    records.truncate(limit);
    let next = match records.last() {
        Some(last) if records.len() == limit => Some(last.seq),
        _ => Some(floor + 1),
    };
    Ok(RecordPage { records, next: next.filter(|next| *next > 1) })
}

pub(crate) fn export(connection: &Connection, org: OrgId, after: u64, limit: usize) -> Result<Vec<Record>, ReadError> {
    let sql = format!(
        "SELECT {JOINED_COLUMNS} FROM records AS i LEFT JOIN records AS o ON o.org = i.org AND o.closes = i.seq
         WHERE i.org = ?1 AND i.seq > ?2 AND i.closes IS NULL ORDER BY i.seq LIMIT ?3"
    );
    let limit = to_sql(limit.clamp(1, PAGE_MAX) as u64);
    let values = vec![Value::Text(org.as_str().to_owned()), Value::Integer(to_sql(after)), Value::Integer(limit)];
    collect(connection, &sql, values)
}

pub(crate) fn open_intents(connection: &Connection) -> Result<Vec<RecordRef>, ReadError> {
    open_earlier(connection).map_err(ReadError::unavailable)
}

fn newest(connection: &Connection, org: OrgId) -> Result<u64, ReadError> {
    let sql = "SELECT seq FROM records WHERE org = ?1 ORDER BY seq DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql).map_err(ReadError::unavailable)?;
    let seq = statement.query_row([org.as_str()], |row| row.get(0)).optional().map_err(ReadError::unavailable)?;
    Ok(seq.map_or(0, from_sql))
}

/// Whom a question is about. Each is a question of its own, since each has its own index.
#[derive(Clone, Copy, Debug)]
enum About<'q> {
    Everybody,
    Subject(&'q str),
    DoneFor(PersonId),
}

fn abouts(query: &RecordQuery) -> Vec<About<'_>> {
    let subject = query.subject.as_deref().map(About::Subject);
    let named: Vec<_> = subject.into_iter().chain(query.done_for.map(About::DoneFor)).collect();
    if named.is_empty() { vec![About::Everybody] } else { named }
}

/// The question as SQL: fixed pieces for the filters that are set, their values bound.
fn select(query: &RecordQuery, about: About<'_>, (before, floor): (u64, u64), limit: usize) -> (String, Vec<Value>) {
    // Without statistics SQLite would rather walk the chain; a subject's rows are few, and its index leads to them.
    let (index, column, whom) = match about {
        About::Everybody => ("", "", None),
        About::Subject(subject) => ("INDEXED BY records_by_subject", "i.subject = ?", Some(subject.to_owned())),
        About::DoneFor(person) => {
            ("INDEXED BY records_by_acting_for", "i.acting_for = ?", Some(person.as_str().to_owned()))
        }
    };
    let mut sql = format!(
        "SELECT {JOINED_COLUMNS} FROM records AS i {index} LEFT JOIN records AS o ON o.org = i.org AND o.closes = i.seq
         WHERE i.closes IS NULL"
    );
    let mut values = Vec::new();
    let mut filter = |piece: &str, value: Option<Value>| {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(piece);
            values.push(value);
        }
    };
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    filter("i.org = ?", text(query.org.as_str()));
    filter(column, whom.map(Value::Text));
    filter("i.seq < ?", Some(Value::Integer(to_sql(before))));
    filter("i.seq > ?", Some(Value::Integer(to_sql(floor))));
    filter("i.credential = ?", query.credential.and_then(|id| text(id.as_str())));
    filter("i.integration = ?", query.integration.and_then(|id| text(id.as_str())));
    filter("i.tool = ?", query.tool.as_deref().and_then(text));
    filter("i.class = ?", query.class.and_then(|class| text(class.as_str())));
    filter("i.decision = ?", query.verdict.and_then(|verdict| text(verdict.as_str())));
    filter("o.status = ?", query.status.and_then(|status| text(status.as_str())));
    filter("i.at >= ?", query.since.map(|since| Value::Integer(since.0)));
    filter("i.at < ?", query.until.map(|until| Value::Integer(until.0)));
    sql.push_str(" ORDER BY i.seq DESC LIMIT ?");
    values.push(Value::Integer(to_sql(limit as u64)));
    (sql, values)
}

fn collect(connection: &Connection, sql: &str, values: Vec<Value>) -> Result<Vec<Record>, ReadError> {
    let mut statement = connection.prepare_cached(sql).map_err(ReadError::unavailable)?;
    let mut rows = statement.query(params_from_iter(values)).map_err(ReadError::unavailable)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(ReadError::unavailable)? {
        records.push(record(row)?);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::folder::open_writer;
    use crate::verification::JournalFile;

    #[test]
    fn a_subject_is_found_by_its_index_and_an_outcome_by_the_intent_it_closes() {
        let dir = tempfile::tempdir().unwrap();
        let connection = open_writer(dir.path(), JournalFile::Records).unwrap();
        let org = OrgId::from_random([1; 20]);
        let query = RecordQuery::newest(org, 10);
        for (about, index) in [
            (About::Subject("per_1"), "records_by_subject"),
            (About::DoneFor(PersonId::from_random([1; 20])), "records_by_acting_for"),
            (About::Everybody, "PRIMARY KEY"),
        ] {
            let (sql, values) = select(&query, about, (500, 100), 10);
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan: Vec<String> = statement
                .query_map(params_from_iter(values), |row| row.get(3))
                .unwrap()
                .collect::<rusqlite::Result<_>>()
                .unwrap();
            assert!(plan[0].starts_with("SEARCH i") && plan[0].contains(index), "{plan:?}");
            assert!(plan[1].starts_with("SEARCH o") && plan[1].contains("records_by_closes"), "{plan:?}");
            assert_eq!(plan.len(), 2, "nothing is sorted: {plan:?}");
        }
    }
}
