//! Who used what: the records of a span of time, summed up.

use domain::id::{IntegrationId, KeyId, OrgId};
use domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::error::ReadError;
use crate::record::{Usage, UsageOf};
use crate::sqlite::{from_sql, to_sql};

/// How many numbers of a chain are looked back over; what is older is not told, and said not to be.
const LOOK_BACK: u64 = 1_000_000;
/// Sums that are told at most.
const SUMS_MAX: i64 = 200_000;

pub(crate) fn usage(connection: &Connection, org: OrgId, since: Timestamp) -> Result<Usage, ReadError> {
    let newest: i64 = connection
        .query_row("SELECT coalesce(max(seq), 0) FROM records WHERE org = ?1", [org.as_str()], |row| row.get(0))
        .map_err(ReadError::unavailable)?;
    let floor = from_sql(newest).saturating_sub(LOOK_BACK);
    let sql = "SELECT subject, credential, integration, client, count(*), max(at) FROM records
        WHERE org = ?1 AND seq > ?2 AND at >= ?3 AND closes IS NULL AND decision = 'allowed' AND integration IS NOT NULL
        GROUP BY subject, credential, integration, client LIMIT ?4";
    let mut statement = connection.prepare_cached(sql).map_err(ReadError::unavailable)?;
    let mut rows =
        statement.query(params![org.as_str(), to_sql(floor), since.0, SUMS_MAX]).map_err(ReadError::unavailable)?;
    let mut sums = Vec::new();
    while let Some(row) = rows.next().map_err(ReadError::unavailable)? {
        let text = |column: usize| row.get::<_, Option<String>>(column).map_err(ReadError::unavailable);
        let number = |column: usize| row.get::<_, i64>(column).map_err(ReadError::unavailable);
        let Some(integration) = text(2)?.and_then(|id| IntegrationId::parse(&id).ok()) else { continue };
        sums.push(UsageOf {
            subject: text(0)?.unwrap_or_default(),
            credential: text(1)?.and_then(|id| KeyId::parse(&id).ok()),
            integration,
            client: text(3)?,
            calls: from_sql(number(4)?),
            last_at: Timestamp(number(5)?),
        });
    }
    let complete = floor == 0 && (sums.len() as i64) < SUMS_MAX;
    Ok(Usage { sums, complete })
}
