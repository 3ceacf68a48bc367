//! The data folder: who may use it, which files it has, and how a connection to one is set up.
//!
//! The folder is private to the user that runs Wardroom (0700, files 0600) and belongs to one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::OpenError;
use crate::sqlite::migrations::migrate;
use crate::verification::JournalFile;

/// How long a connection waits for another process (a backup, a verification) to let go of a file.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(5);
const LOCK_FILE: &str = "wardroom.lock";

/// Creates the folder if need be and locks it for this process. The lock ends when the file is dropped.
pub(crate) fn claim(dir: &Path) -> Result<File, OpenError> {
    let unusable = |error: io::Error| OpenError::Unusable { path: dir.to_path_buf(), reason: error.to_string() };
    if !dir.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable)?;
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_dir(parent).map_err(unusable)?;
        }
    }
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(dir.join(LOCK_FILE))
        .map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { dir: dir.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Makes the folder's entries durable: a file that is not in its folder is lost with everything in it.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Opens the one connection that writes a file, and brings its tables up to date.
pub(crate) fn open_writer(dir: &Path, file: JournalFile) -> Result<Connection, OpenError> {
    let path = dir.join(file.as_str());
    make_private(&path).map_err(|error| OpenError::Unusable { path: path.clone(), reason: error.to_string() })?;
    let unusable = |error: rusqlite::Error| OpenError::Unusable { path: path.clone(), reason: error.to_string() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags).map_err(unusable)?;
    connection.busy_timeout(BUSY_WAIT).map_err(unusable)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(unusable)?;
    let synchronous = match file {
        JournalFile::Journal => "FULL",
        // The syncer makes what is committed durable; see there for why that is safe.
        JournalFile::Records => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous).map_err(unusable)?;
    // What is erased is overwritten, not only unlinked.
    connection.pragma_update(None, "secure_delete", "ON").map_err(unusable)?;
    connection.pragma_update(None, "cache_size", -4_096).map_err(unusable)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(unusable)?;
    if file == JournalFile::Records {
        // A checkpoint inside a commit would make every call wait for the disk; the keeper does it instead.
        connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(unusable)?;
    }
    migrate(&mut connection, file, &path)?;
    Ok(connection)
}

/// Opens a connection that can only read.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.pragma_update(None, "query_only", "ON")?;
    connection.pragma_update(None, "cache_size", -1_024)?;
    Ok(connection)
}

/// The file that SQLite writes commits to before they are copied into the database file.
pub(crate) fn wal_path(dir: &Path, file: JournalFile) -> PathBuf {
    dir.join(format!("{}-wal", file.as_str()))
}

/// Creates the file readable by its owner alone, before SQLite would create it readable by more; SQLite gives
/// its side files the same mode. An existing file is never opened here: closing any handle of a database file
/// drops the locks that this process holds on it.
fn make_private(path: &Path) -> io::Result<()> {
    if path.exists() {
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, Permissions::from_mode(0o600))?;
        }
        return Ok(());
    }
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map(drop)
}
