//! The data folder: the journal's files, and the master keys beside them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use identity::keyring::Keyring;
use identity::random::OperatingSystem;
use journal::{Journal, Options};

use crate::Fault;

/// The environment variable that may hold the text of the key file.
const MASTER_KEYS: &str = "WARDROOM_MASTER_KEYS";

/// Opens the journal of a folder.
pub(crate) fn open(data: &Path) -> Result<Journal, Fault> {
    Journal::open(data, Options::default()).map_err(|error| Fault(error.to_string()))
}

/// The master keys of an installation. Where there are none yet they are made, but never beside a journal that
/// was sealed with others.
pub(crate) fn master_keys(data: &Path, file: Option<&Path>, fresh: bool) -> Result<Keyring, Fault> {
    #[expect(clippy::disallowed_methods, reason = "a secret from the environment, read once at start")]
    if let Ok(text) = std::env::var(MASTER_KEYS) {
        return Keyring::parse(&text).map_err(|fault| Fault(format!("{MASTER_KEYS}: {fault}")));
    }
    let path = file.map_or_else(|| data.join("master.key"), PathBuf::from);
    match std::fs::read_to_string(&path) {
        Ok(text) => Keyring::parse(&text).map_err(|fault| Fault(format!("{}: {fault}", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && fresh => make(&path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Fault(format!(
            "the master keys are missing: there is no {}. put the file back from its backup; without it no key works \
             and no sealed secret opens",
            path.display()
        ))),
        Err(error) => Err(Fault(format!("{} cannot be read: {error}", path.display()))),
    }
}

/// Makes the key file: whole or not at all, and on disk with its name before anything is sealed with it.
fn make(path: &Path) -> Result<Keyring, Fault> {
    let keyring = Keyring::generate(&mut OperatingSystem).map_err(|fault| Fault(fault.to_string()))?;
    let failed = |error: std::io::Error| Fault(format!("{} cannot be written: {error}", path.display()));
    let unfinished = path.with_extension("key.new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished).map_err(failed)?;
    file.write_all(keyring.to_text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&unfinished, path).map_err(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(keyring)
}
