//! Someone who can write the files changes them; every change is found and the right row is named.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use domain::record::Durability;
use journal::chain::{Cell, RECORD_COLUMNS, record_hash};
use journal::{BadRow, JournalFile, Verification, verify};
use proptest::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::world::{append, denied, folder, intent, open, org, outcome};

/// Rows of each chain that the vandal works on.
const ROWS: i64 = 12;

/// A stopped data folder with two chains in each file, made once.
fn template() -> &'static TempDir {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let make = || {
            let dir = folder();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(fill(dir.path()));
            dir
        };
        // A thread of its own, since some tests run inside a runtime already.
        std::thread::spawn(make).join().unwrap()
    })
}

async fn fill(dir: &Path) {
    let journal = open(dir);
    for number in 1..=2 {
        for seq in 0..12 {
            journal.append(vec![append(org(number), seq, &[&format!("event {seq} of {number}")])]).await.unwrap();
        }
        for at in 0..4 {
            let record = journal.begin(intent(org(number), at), Durability::Written).await.unwrap();
            journal.note(denied(org(number), at)).await.unwrap();
            journal.finish(record, outcome(at)).await.unwrap();
        }
    }
    journal.close().await;
}

fn copy() -> TempDir {
    let dir = folder();
    for file in ["journal.db", "records.db"] {
        fs::copy(template().path().join(file), dir.path().join(file)).unwrap();
    }
    dir
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Change { column: usize },
    Delete,
    Insert,
    Swap { other: i64 },
    Replace { other: i64 },
    Renumber { other: i64 },
    Shift,
    Move,
}

/// The table of a file: its name, the column that names the chain, and what stands in the others.
struct Table {
    file: JournalFile,
    name: &'static str,
    chain: &'static str,
    columns: Vec<&'static str>,
}

fn table(file: JournalFile) -> Table {
    match file {
        JournalFile::Journal => {
            let columns = vec!["seq", "at", "actor", "body", "prev_hash", "hash"];
            Table { file, name: "streams", chain: "stream", columns }
        }
        JournalFile::Records => {
            let columns = RECORD_COLUMNS.into_iter().skip(1).chain(["hash"]).collect();
            Table { file, name: "records", chain: "org", columns }
        }
    }
}

struct Vandal {
    connection: Connection,
    table: Table,
    chain: String,
}

impl Vandal {
    fn new(dir: &Path, file: JournalFile, chain: String) -> Vandal {
        let connection = Connection::open(dir.join(file.as_str())).unwrap();
        // One who can write the file is not held up by the rules of its tables.
        connection.execute_batch("DROP INDEX IF EXISTS records_by_closes").unwrap();
        Vandal { connection, table: table(file), chain }
    }

    fn run(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) {
        let Table { name, chain, .. } = &self.table;
        let sql = sql.replace("{table}", name).replace("{chain}", chain);
        self.connection.execute(&sql, values).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    fn contents(&self) -> String {
        self.table.columns.iter().skip(1).copied().collect::<Vec<_>>().join(", ")
    }

    fn change(&self, column: usize, seq: i64) {
        let column = self.table.columns[column % self.table.columns.len()];
        let read = format!("SELECT {column} FROM {} WHERE {} = ?1 AND seq = ?2", self.table.name, self.table.chain);
        let value: Value =
            self.connection.query_row(&read, params![self.chain, seq], |row| row.get(0)).expect("the row is there");
        let declared = "SELECT type FROM pragma_table_info(?1) WHERE name = ?2";
        let declared: String =
            self.connection.query_row(declared, [self.table.name, column], |row| row.get(0)).unwrap();
        let changed = match (value, declared.as_str()) {
            (Value::Integer(number), _) => Value::Integer(number + 1_000),
            (Value::Text(text), _) => Value::Text(format!("{text}x")),
            (Value::Blob(mut bytes), _) => {
                bytes[0] ^= 1;
                Value::Blob(bytes)
            }
            (_, "INTEGER") => Value::Integer(0),
            (_, "BLOB") => Value::Blob(Vec::new()),
            _ => Value::Text(String::new()),
        };
        let write = format!("UPDATE {{table}} SET {column} = ?3 WHERE {{chain}} = ?1 AND seq = ?2");
        self.run(&write, &[&self.chain, &seq, &changed]);
    }

    /// Moves rows up by one from `seq` on, which leaves a place free.
    fn make_room(&self, seq: i64) {
        self.run("UPDATE {table} SET seq = -(seq + 1) WHERE {chain} = ?1 AND seq >= ?2", &[&self.chain, &seq]);
        self.run("UPDATE {table} SET seq = -seq WHERE {chain} = ?1 AND seq < 0", &[&self.chain]);
    }

    fn copy_row(&self, from: i64, to: i64) {
        let contents = self.contents();
        let sql = format!(
            "INSERT OR REPLACE INTO {{table}} ({{chain}}, seq, {contents})
             SELECT {{chain}}, ?3, {contents} FROM {{table}} WHERE {{chain}} = ?1 AND seq = ?2"
        );
        self.run(&sql, &[&self.chain, &from, &to]);
    }

    /// Does the deed at row `seq`; gives the first row that must be named.
    fn act(&self, deed: Deed, seq: i64) -> i64 {
        let renumber = "UPDATE {table} SET seq = ?3 WHERE {chain} = ?1 AND seq = ?2";
        match deed {
            Deed::Change { column } => self.change(column, seq),
            Deed::Delete => self.run("DELETE FROM {table} WHERE {chain} = ?1 AND seq = ?2", &[&self.chain, &seq]),
            Deed::Insert => {
                self.make_room(seq);
                self.copy_row(seq + 1, seq);
                self.run("UPDATE {table} SET at = at + 1 WHERE {chain} = ?1 AND seq = ?2", &[&self.chain, &seq]);
            }
            Deed::Swap { other } => {
                self.run(renumber, &[&self.chain, &seq, &-1]);
                self.run(renumber, &[&self.chain, &other, &seq]);
                self.run(renumber, &[&self.chain, &-1, &other]);
                return seq.min(other);
            }
            Deed::Replace { other } => self.copy_row(other, seq),
            Deed::Renumber { other } => {
                self.run(renumber, &[&self.chain, &seq, &(ROWS + other)]);
            }
            Deed::Shift => self.make_room(seq),
            Deed::Move => self
                .run("UPDATE {table} SET {chain} = 'elsewhere' WHERE {chain} = ?1 AND seq = ?2", &[&self.chain, &seq]),
        }
        seq
    }
}

fn bad_rows(verified: &Verification, file: JournalFile, chain: &str) -> Vec<u64> {
    let of_chain = |bad: &&BadRow| bad.file == file && bad.stream == chain;
    verified.first_bad.iter().filter(of_chain).map(|bad| bad.seq).collect()
}

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0usize..22).prop_map(|column| Deed::Change { column }),
        1 => Just(Deed::Delete),
        1 => Just(Deed::Insert),
        2 => (1..=ROWS).prop_map(|other| Deed::Swap { other }),
        2 => (1..=ROWS).prop_map(|other| Deed::Replace { other }),
        1 => (2..=ROWS).prop_map(|other| Deed::Renumber { other }),
        1 => Just(Deed::Shift),
        1 => Just(Deed::Move),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_vandal_does_to_a_row_is_found_and_that_row_is_named(
        records in any::<bool>(), number in 1u8..=2, seq in 1..ROWS, deed in deeds(),
    ) {
        if let Deed::Swap { other } | Deed::Replace { other } = deed {
            prop_assume!(other != seq);
        }
        let file = if records { JournalFile::Records } else { JournalFile::Journal };
        let dir = copy();
        let chain = org(number).to_string();
        let vandal = Vandal::new(dir.path(), file, chain.clone());
        let first = vandal.act(deed, seq);
        let file = vandal.table.file;
        drop(vandal);
        let verified = verify(dir.path()).unwrap();
        prop_assert_eq!(bad_rows(&verified, file, &chain), [u64::try_from(first).unwrap()], "{:?}", verified.first_bad);
        let other_chain = org(3 - number).to_string();
        prop_assert!(bad_rows(&verified, file, &other_chain).is_empty(), "{:?}", verified.first_bad);
    }

    #[test]
    fn a_byte_changed_anywhere_in_the_files_is_no_panic_and_a_changed_row_is_never_missed(
        records in any::<bool>(), place in any::<prop::sample::Index>(), flip in 1u8..=255,
    ) {
        let dir = copy();
        let path = dir.path().join(if records { "records.db" } else { "journal.db" });
        let mut bytes = fs::read(&path).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        fs::write(&path, bytes).unwrap();
        let sound = verify(template().path()).unwrap();
        // A byte that no row, index or page header uses, or one of a fact, may change without notice; but then
        // every chain still ends where it did, with the same hash.
        match verify(dir.path()) {
            Ok(verified) if verified.holds() => prop_assert_eq!(verified, sound),
            Ok(_) | Err(_) => {}
        }
    }
}

#[test]
fn the_untouched_folder_holds() {
    let verified = verify(template().path()).unwrap();
    assert!(verified.holds(), "{:?}", verified.first_bad);
    assert_eq!((verified.streams, verified.events, verified.records, verified.heads.len()), (2, 24, 24, 4));
}

/// The chain alone cannot show this; the heads that a witness kept can.
#[test]
fn an_end_that_was_cut_off_shows_in_the_heads() {
    let dir = copy();
    let vandal = Vandal::new(dir.path(), JournalFile::Journal, org(1).to_string());
    vandal.act(Deed::Delete, ROWS);
    drop(vandal);
    let before = verify(template().path()).unwrap();
    let after = verify(dir.path()).unwrap();
    assert!(after.holds());
    assert_ne!(before.heads, after.heads);
    assert_eq!(before.heads[1..], after.heads[1..]);
}

/// A forger who knows how to hash still cannot close what was never begun.
#[test]
fn an_outcome_with_a_good_hash_that_closes_a_missing_denied_or_closed_intent_is_named() {
    for closes in [2, 1, 77] {
        let dir = copy();
        let connection = Connection::open(dir.path().join("records.db")).unwrap();
        connection.execute_batch("DROP INDEX records_by_closes").unwrap();
        let org = org(1);
        let sql = "SELECT hash FROM records WHERE org = ?1 AND seq = ?2";
        let prev: [u8; 32] = connection.query_row(sql, params![org.as_str(), ROWS], |row| row.get(0)).unwrap();
        let mut cells = [Cell::Nothing; RECORD_COLUMNS.len()];
        cells[0] = Cell::Text(org.as_str().as_bytes());
        cells[1] = Cell::Number(ROWS + 1);
        cells[2] = Cell::Number(5);
        cells[15] = Cell::Number(closes);
        cells[16] = Cell::Text(b"succeeded");
        let hash = record_hash(&prev, &cells, &mut Vec::new());
        connection
            .execute(
                "INSERT INTO records (org, seq, at, closes, status, hash) VALUES (?1, ?2, 5, ?3, 'succeeded', ?4)",
                params![org.as_str(), ROWS + 1, closes, hash],
            )
            .unwrap();
        drop(connection);
        let verified = verify(dir.path()).unwrap();
        assert_eq!(bad_rows(&verified, JournalFile::Records, org.as_str()), [13], "{:?}", verified.first_bad);
        assert!(verified.first_bad[0].what.contains(&closes.to_string()), "{:?}", verified.first_bad);
    }
}

#[test]
fn a_file_that_sqlite_cannot_read_is_a_finding_that_names_where_reading_ended() {
    for file in ["journal.db", "records.db"] {
        let dir = copy();
        let path = dir.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        // Every page but the first, which holds the schema or its root; then that one, too.
        for begin in [4_096, 0] {
            bytes[begin..].fill(0xa5);
            fs::write(&path, &bytes).unwrap();
            let verified = verify(dir.path()).unwrap();
            assert!(!verified.holds());
            assert!(verified.first_bad.iter().all(|bad| bad.file.as_str() == file), "{:?}", verified.first_bad);
        }
    }
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    let dir = copy();
    fs::remove_file(dir.path().join("records.db")).unwrap();
    assert!(verify(dir.path()).unwrap_err().to_string().contains("records.db"));
}
