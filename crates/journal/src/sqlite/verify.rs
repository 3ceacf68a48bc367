//! Walks every chain of a data folder and names the first row of each that is not what was written.
//!
//! It reads raw values, trusts no schema and no index, and never writes; a folder in use can be walked too,
//! since rows are only ever added and every page is read in a transaction of its own.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, params};

use crate::chain::{Cell, EventLink, Hash, RECORD_COLUMNS, START, event_hash, record_hash};
use crate::error::ReadError;
use crate::sqlite::folder::{open_reader, wal_path};
use crate::sqlite::from_sql;
use crate::sqlite::record_rows::{Cells, cell};
use crate::verification::{BadRow, ChainHead, JournalFile, Verification};

/// Rows that are read in one transaction.
const PAGE: i64 = 5_000;

/// Walks both files of the data folder `dir`, stopped or in use.
///
/// What cannot be seen here: that the end of a chain was cut off, or that someone with the means to write the
/// file computed all hashes anew from some row on. Both show when [`Verification::heads`] is compared with heads
/// that were kept elsewhere. Facts, saved states and the last use of keys are no evidence and are not chained.
///
/// # Errors
/// [`ReadError::Unavailable`] where a file is missing or cannot be opened at all. Damage inside a file is a
/// finding, not an error.
pub fn verify(dir: &Path) -> Result<Verification, ReadError> {
    let mut found = Verification::default();
    for file in [JournalFile::Journal, JournalFile::Records] {
        let path = dir.join(file.as_str());
        if !path.is_file() {
            return Err(ReadError::unavailable(format!("{} is missing; name the data folder", path.display())));
        }
        let mut walk = Walk::new(file, &mut found);
        let connection = match open(dir, file) {
            Ok(connection) => connection,
            Err(error) if is_damage(&error) => {
                walk.file_damaged(&error.to_string());
                continue;
            }
            Err(error) => return Err(ReadError::unavailable(error)),
        };
        let walked = match file {
            JournalFile::Journal => walk.streams(&connection),
            JournalFile::Records => walk.records(&connection),
        };
        if let Err(error) = walked {
            walk.unreadable(&error);
        }
        walk.end_chain();
        if let Err(error) = walk.check_file(&connection) {
            walk.file_damaged(&error.to_string());
        }
    }
    Ok(found)
}

/// Opens a file for reading. On a medium where SQLite cannot make its side files, and with no log to read, the
/// file is taken as it stands.
fn open(dir: &Path, file: JournalFile) -> rusqlite::Result<Connection> {
    let path = dir.join(file.as_str());
    let connection = open_reader(&path)?;
    let probe = connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0));
    let cannot_open = |error: &rusqlite::Error| {
        matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
    };
    match probe {
        Err(error) if cannot_open(&error) && !wal_path(dir, file).exists() => {
            let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)
        }
        // What else is wrong with it is for the walk to find.
        _ => Ok(connection),
    }
}

/// Whether it is the file's content that keeps SQLite from opening it: the pages that hold its schema.
fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// The chain that is being walked.
struct Chain {
    /// Its name as it is stored; where the disk was tampered with it need not be text.
    name: Vec<u8>,
    /// The newest row that was looked at, good or bad.
    seq: i64,
    hash: Hash,
    bad: bool,
    /// Intents that have no outcome yet.
    open: HashSet<i64>,
}

impl Chain {
    fn name(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }
}

struct Walk<'v> {
    file: JournalFile,
    found: &'v mut Verification,
    chain: Option<Chain>,
    scratch: Vec<u8>,
}

impl<'v> Walk<'v> {
    fn new(file: JournalFile, found: &'v mut Verification) -> Walk<'v> {
        Walk { file, found, chain: None, scratch: Vec::new() }
    }

    fn streams(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "SELECT stream, seq, at, actor, body, prev_hash, hash FROM streams
                   WHERE (stream, seq) > (?1, ?2) ORDER BY stream, seq LIMIT ?3";
        self.pages(connection, sql, |walk, row| walk.event(row))
    }

    fn records(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT {}, hash FROM records NOT INDEXED WHERE (org, seq) > (?1, ?2) ORDER BY org, seq LIMIT ?3",
            RECORD_COLUMNS.join(", ")
        );
        self.pages(connection, &sql, |walk, row| walk.record(row))
    }

    fn pages(
        &mut self,
        connection: &Connection,
        sql: &str,
        mut look: impl FnMut(&mut Self, &Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(sql)?;
        let mut place = (Vec::new(), i64::MIN);
        loop {
            let mut rows = statement.query(params![Cell::Text(&place.0), place.1, PAGE])?;
            let mut count = 0;
            while let Some(row) = rows.next()? {
                count += 1;
                look(self, row)?;
            }
            if count < PAGE {
                return Ok(());
            }
            let reached = self.chain.as_ref().map_or((Vec::new(), i64::MAX), |chain| (chain.name.clone(), chain.seq));
            if reached <= place {
                // Only a damaged tree leads backwards; without this the walk would go round for ever.
                self.file_damaged("its rows are not in order");
                return Ok(());
            }
            place = reached;
        }
    }

    fn event(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let (stream, seq) = (row.get_ref(0)?, row.get_ref(1)?);
        let Some(prev) = self.arrive(stream, seq) else { return Ok(()) };
        let link = (|| {
            Some(EventLink {
                stream: stream.as_bytes().ok()?,
                seq: seq.as_i64().ok()?,
                at: row.get_ref(2).ok()?.as_i64().ok()?,
                actor: row.get_ref(3).ok()?.as_bytes().ok()?,
                body: row.get_ref(4).ok()?.as_blob().ok()?,
            })
        })();
        let Some(link) = link else {
            self.bad("it holds a value of a kind that is never written there".to_owned());
            return Ok(());
        };
        let hash = event_hash(&prev, &link);
        if bytes(row.get_ref(5)?) != Some(&prev) {
            self.bad("it is not chained to the row before it".to_owned());
        } else if bytes(row.get_ref(6)?) != Some(&hash) {
            self.bad("its content does not have its hash".to_owned());
        } else {
            self.good(hash);
            self.found.events += 1;
        }
        Ok(())
    }

    fn record(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let (org, seq) = (row.get_ref(0)?, row.get_ref(1)?);
        let Some(prev) = self.arrive(org, seq) else { return Ok(()) };
        let mut cells: Cells<'_> = [Cell::Nothing; RECORD_COLUMNS.len()];
        for (column, place) in cells.iter_mut().enumerate() {
            match cell(row.get_ref(column)?) {
                Some(value) => *place = value,
                None => {
                    self.bad("it holds a value of a kind that is never written there".to_owned());
                    return Ok(());
                }
            }
        }
        let hash = record_hash(&prev, &cells, &mut self.scratch);
        if bytes(row.get_ref(RECORD_COLUMNS.len())?) != Some(&hash) {
            self.bad("its content does not have its hash, or it does not follow the row before it".to_owned());
            return Ok(());
        }
        if let Some(what) = self.pairs(&cells) {
            self.bad(what);
            return Ok(());
        }
        self.good(hash);
        self.found.records += 1;
        Ok(())
    }

    /// Checks that an outcome closes an open intent of its chain; says what is wrong.
    fn pairs(&mut self, cells: &Cells<'_>) -> Option<String> {
        let chain = self.chain.as_mut()?;
        match (cells[15], cells[11], cells[1]) {
            (Cell::Nothing, Cell::Text(b"allowed"), Cell::Number(seq)) => {
                chain.open.insert(seq);
                None
            }
            (Cell::Nothing, ..) => None,
            (Cell::Number(closes), ..) if chain.open.remove(&closes) => None,
            (Cell::Number(closes), ..) => Some(format!("it closes row {closes}, which is no open intent")),
            _ => Some("it closes something that is no number".to_owned()),
        }
    }

    /// Arrives at a row: changes to its chain, and checks that its number follows. Gives the hash it must be
    /// chained to, or nothing where the row cannot be judged any more.
    fn arrive(&mut self, name: ValueRef<'_>, seq: ValueRef<'_>) -> Option<Hash> {
        let name = name.as_bytes().unwrap_or_default();
        let number = seq.as_i64().unwrap_or(0);
        if self.chain.as_ref().is_none_or(|chain| chain.name != name) {
            self.end_chain();
            self.chain = Some(Chain { name: name.to_vec(), seq: 0, hash: START, bad: false, open: HashSet::new() });
            if self.file == JournalFile::Journal {
                self.found.streams += 1;
            }
        }
        let chain = self.chain.as_mut()?;
        let expected = chain.seq + 1;
        chain.seq = number;
        if chain.bad || number == expected {
            return Some(chain.hash).filter(|_| !chain.bad);
        }
        if number > expected {
            chain.seq = expected;
            self.bad(format!("it is missing; the next row is {number}"));
        } else {
            self.bad(format!("no row has this number; row {expected} was to come"));
        }
        self.chain.as_mut()?.seq = number;
        None
    }

    fn good(&mut self, hash: Hash) {
        if let Some(chain) = &mut self.chain {
            chain.hash = hash;
        }
    }

    /// Names the row at which the walk stands. What follows it in the same chain cannot be judged any more.
    fn bad(&mut self, what: String) {
        if let Some(chain) = &mut self.chain {
            chain.bad = true;
            let bad = BadRow { file: self.file, stream: chain.name(), seq: from_sql(chain.seq), what };
            self.found.first_bad.push(bad);
        }
    }

    /// Leaves a chain; one that holds to its end gives its head.
    fn end_chain(&mut self) {
        if let Some(chain) = self.chain.take().filter(|chain| !chain.bad) {
            let head = ChainHead { file: self.file, stream: chain.name(), seq: from_sql(chain.seq), hash: chain.hash };
            self.found.heads.push(head);
        }
    }

    /// Lets SQLite look for damage that no chain shows: pages, and indexes that hide rows from searches.
    fn check_file(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare("PRAGMA integrity_check(1)")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let line: String = row.get(0)?;
            if line != "ok" {
                self.file_damaged(&line);
            }
        }
        Ok(())
    }

    /// SQLite cannot read on: names the row that was to come.
    fn unreadable(&mut self, error: &rusqlite::Error) {
        let what = format!("the file cannot be read from here on: {error}");
        match &mut self.chain {
            Some(chain) if !chain.bad => {
                chain.seq += 1;
                self.bad(what);
            }
            _ => self.file_damaged(&what),
        }
    }

    fn file_damaged(&mut self, what: &str) {
        let what = format!("the file is damaged: {what}");
        self.found.first_bad.push(BadRow { file: self.file, stream: String::new(), seq: 0, what });
    }
}

fn bytes(value: ValueRef<'_>) -> Option<&[u8]> {
    value.as_blob().ok()
}
