//! What can go wrong with the demo, in the words of whoever started it.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the demo could not be started or filled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The look-alike integrations could not listen.
    #[error("the demo integrations cannot listen on {address}: free the port, or use a fresh data folder")]
    Listen {
        /// The address that was tried.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error("cannot read or write {path}: check that the folder exists and is yours")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} is damaged ({why}): remove it to start with fresh demo data")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system gave no randomness for credentials.
    #[error("the system gives no random numbers ({0}): without them no credential can be made")]
    Random(String),
    /// The product refused something while the company was created.
    #[error("cannot {act}: {detail} (status {status}); try again with a fresh data folder")]
    Refused {
        /// What was being done.
        act: String,
        /// The HTTP status.
        status: u16,
        /// What the product said.
        detail: String,
    },
    /// The product did not answer, or not in the words of its contract.
    #[error("cannot {act}: {why}; check that the server is running and of the same version")]
    NoAnswer {
        /// What was being done.
        act: String,
        /// What is wrong.
        why: String,
    },
}
