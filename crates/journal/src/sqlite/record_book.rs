//! The chains of records: how a row is added to its organization's chain, inside a group.
//!
//! The newest number and hash of each chain in use are kept in memory; what a group changed there is undone when
//! its commit fails.
//!
//! Open intents must be found after a crash without reading the history. Therefore the first row of an
//! organization since the last [`Book::settle`] puts the organization into `active`, with the number it stood
//! at, in the same transaction; `settle`, about once a second, moves the intents that are still open into
//! `lingering` and empties `active`. After a crash only `lingering` and the rows since that mark are looked at.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use domain::id::OrgId;
use domain::record::{Decision, Intent, Outcome, RecordRef};

use crate::chain::{Hash, START, record_hash};
use crate::sqlite::folder::BUSY_WAIT;
use crate::sqlite::record_rows::{Cells, intent_cells, outcome_cells};
use crate::sqlite::{from_sql, to_sql};

/// Most chains whose newest row is kept in memory between groups.
const HEADS_MAX: usize = 8_192;

/// Intents of an earlier run that are closed in one transaction.
pub(crate) const CLOSE_MAX: usize = 1_000;

/// Prepared statements that the connection keeps: those below, and the few of its other users.
const STATEMENTS: usize = 32;
const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";
const INSERT: &str = "INSERT INTO records VALUES
    (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)";
const NEWEST: &str = "SELECT seq, hash FROM records WHERE org = ?1 ORDER BY seq DESC LIMIT 1";
const ACTIVATE: &str = "INSERT OR IGNORE INTO active (org, mark) VALUES (?1, ?2)";
const END_LINGERING: &str = "DELETE FROM lingering WHERE org = ?1 AND seq = ?2";

#[derive(Clone, Copy)]
struct Head {
    seq: u64,
    hash: Hash,
    /// The organization stands in `active`.
    active: bool,
    /// The group that last touched this chain; tells whether its head before that group is kept in `undo`.
    group: u64,
}

pub(crate) struct Book {
    connection: Connection,
    heads: HashMap<OrgId, Head>,
    group: u64,
    undo: Vec<(OrgId, Head)>,
    /// Intents begun since the last `settle` and still open.
    open: HashSet<RecordRef>,
    begun: Vec<RecordRef>,
    ended: Vec<RecordRef>,
    scratch: Vec<u8>,
}

impl Book {
    pub(crate) fn open(connection: Connection) -> rusqlite::Result<Book> {
        adopt_earlier(&connection)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Book {
            connection,
            heads: HashMap::new(),
            group: 0,
            undo: Vec::new(),
            open: HashSet::new(),
            begun: Vec::new(),
            ended: Vec::new(),
            scratch: Vec::with_capacity(2_048),
        })
    }

    /// The connection, for what is no record.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Gives the connection back.
    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    /// Begins a group, or fails where another process has the file locked.
    pub(crate) fn begin_group_at_once(&mut self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(Duration::ZERO)?;
        let begun = self.begin_group();
        self.connection.busy_timeout(BUSY_WAIT)?;
        begun
    }

    /// Whether a group was begun and neither committed nor abandoned.
    pub(crate) fn is_half_done(&self) -> bool {
        !self.undo.is_empty() || !self.connection.is_autocommit()
    }

    /// Begins a group. Waits where another process has the file locked.
    pub(crate) fn begin_group(&mut self) -> rusqlite::Result<()> {
        if self.is_half_done() {
            // Whoever wrote the group before broke off; nobody was told that its rows are there.
            self.abandon_group();
        }
        self.group += 1;
        self.begun.clear();
        self.ended.clear();
        self.connection.prepare_cached(BEGIN)?.raw_execute().map(drop)
    }

    pub(crate) fn add_intent(&mut self, intent: &Intent) -> rusqlite::Result<RecordRef> {
        let head = self.head(intent.org)?;
        let record = RecordRef { org: intent.org, seq: head.seq + 1 };
        self.add(intent.org, head, &intent_cells(intent, record.seq))?;
        if intent.decision == Decision::Allowed {
            self.begun.push(record);
        }
        Ok(record)
    }

    /// Adds the outcome of an open intent; `false` where the intent is not open.
    pub(crate) fn add_outcome(&mut self, record: &RecordRef, outcome: &Outcome) -> rusqlite::Result<bool> {
        if !self.open.contains(record) {
            let lingering = self
                .connection
                .prepare_cached(END_LINGERING)?
                .execute(params![record.org.as_str(), to_sql(record.seq)])?;
            if lingering == 0 {
                return Ok(false);
            }
        }
        let head = self.head(record.org)?;
        match self.add(record.org, head, &outcome_cells(record, outcome, head.seq + 1)) {
            Ok(()) => {
                self.ended.push(*record);
                Ok(true)
            }
            // The same intent was closed earlier in this group. SQLite has undone this row alone.
            Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == ErrorCode::ConstraintViolation => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn commit_group(&mut self) -> rusqlite::Result<()> {
        self.connection.prepare_cached(COMMIT)?.raw_execute()?;
        self.undo.clear();
        self.open.extend(self.begun.drain(..));
        for record in self.ended.drain(..) {
            self.open.remove(&record);
        }
        Ok(())
    }

    /// Undoes a group, in the file and in memory.
    pub(crate) fn abandon_group(&mut self) {
        // Where SQLite has rolled back by itself this fails and changes nothing.
        let _ = self.connection.execute_batch("ROLLBACK");
        for (org, head) in self.undo.drain(..) {
            self.heads.insert(org, head);
        }
        self.begun.clear();
        self.ended.clear();
    }

    /// Notes which intents are still open, so that a later start need not look further back than this.
    pub(crate) fn settle(&mut self) -> rusqlite::Result<()> {
        if self.open.is_empty() && !self.heads.values().any(|head| head.active) {
            return Ok(());
        }
        let transaction = self.connection.unchecked_transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT OR IGNORE INTO lingering (org, seq, earlier) VALUES (?1, ?2, 0)")?;
            for record in &self.open {
                insert.execute(params![record.org.as_str(), to_sql(record.seq)])?;
            }
        }
        transaction.execute("DELETE FROM active", [])?;
        transaction.commit()?;
        self.open.clear();
        if self.heads.len() > HEADS_MAX {
            self.heads.clear();
        }
        for head in self.heads.values_mut() {
            head.active = false;
        }
        Ok(())
    }

    fn head(&mut self, org: OrgId) -> rusqlite::Result<Head> {
        let known = self.heads.get(&org).copied();
        let mut head = match known {
            Some(head) => head,
            None => self.load_head(org)?,
        };
        if known.is_none_or(|head| head.group != self.group) {
            self.undo.push((org, head));
            head.group = self.group;
        }
        if !head.active {
            self.connection.prepare_cached(ACTIVATE)?.execute(params![org.as_str(), to_sql(head.seq)])?;
            head.active = true;
        }
        self.heads.insert(org, head);
        Ok(head)
    }

    fn load_head(&self, org: OrgId) -> rusqlite::Result<Head> {
        let mut newest = self.connection.prepare_cached(NEWEST)?;
        let row = newest.query_row([org.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Hash>(1)?)));
        let (seq, hash) = row.optional()?.unwrap_or((0, START));
        Ok(Head { seq: from_sql(seq), hash, active: false, group: 0 })
    }

    fn add(&mut self, org: OrgId, head: Head, cells: &Cells<'_>) -> rusqlite::Result<()> {
        let hash = record_hash(&head.hash, cells, &mut self.scratch);
        let mut insert = self.connection.prepare_cached(INSERT)?;
        for (place, cell) in (1usize..).zip(cells) {
            insert.raw_bind_parameter(place, cell)?;
        }
        insert.raw_bind_parameter(cells.len() + 1, hash.as_slice())?;
        insert.raw_execute()?;
        self.heads.insert(org, Head { seq: head.seq + 1, hash, ..head });
        Ok(())
    }
}

/// Gathers the intents that an earlier run left open into `lingering`.
fn adopt_earlier(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(
        "INSERT OR IGNORE INTO lingering (org, seq, earlier)
             SELECT i.org, i.seq, 1 FROM active AS a CROSS JOIN records AS i ON i.org = a.org AND i.seq > a.mark
             WHERE i.closes IS NULL AND i.decision = 'allowed'
             AND NOT EXISTS (SELECT 1 FROM records AS o WHERE o.org = i.org AND o.closes = i.seq);
         UPDATE lingering SET earlier = 1 WHERE earlier = 0;
         DELETE FROM active;",
    )?;
    transaction.commit()
}

/// Intents that an earlier run left open, at most [`CLOSE_MAX`].
pub(crate) fn open_earlier(connection: &Connection) -> rusqlite::Result<Vec<RecordRef>> {
    let mut statement =
        connection.prepare_cached("SELECT org, seq FROM lingering WHERE earlier = 1 ORDER BY org, seq LIMIT ?1")?;
    let rows =
        statement.query_map([to_sql(CLOSE_MAX as u64)], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let mut open = Vec::new();
    for row in rows {
        let (org, seq) = row?;
        match OrgId::parse(&org) {
            Ok(org) => open.push(RecordRef { org, seq: from_sql(seq) }),
            Err(_) => tracing::error!(org, "an open record names no organization; run `wardroom audit verify`"),
        }
    }
    Ok(open)
}
