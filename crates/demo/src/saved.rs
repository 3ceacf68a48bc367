//! The one file in which the look-alike integrations survive a restart: address, credentials and stores.
//!
//! The file is written beside its place and moved there, so that it is always whole; it holds credentials and is
//! readable by its owner alone. A crash may lose the changes of the last moment, since this is a demo's data and not
//! the product's. Start reading at [`Saved`].

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::store::Store;

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// Where the servers listened, since whoever connected to them kept the URL.
    pub(crate) address: SocketAddr,
    pub(crate) tokens: BTreeMap<String, String>,
    pub(crate) stores: BTreeMap<String, Store>,
}

impl Saved {
    /// Reads the file, if there is one.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::File { path: path.to_owned(), source }),
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| Error::Damaged { path: path.to_owned(), why: error.to_string() })
    }

    /// Replaces the file.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let failed = |source| Error::File { path: path.to_owned(), source };
        let bytes = serde_json::to_vec(self).map_err(|error| failed(error.into()))?;
        replace_private_file(path, &bytes).map_err(failed)
    }
}

/// Writes a file that only its owner may read, in one act.
pub(crate) fn replace_private_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
