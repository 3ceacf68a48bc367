//! What this crate needs from outside, as traits. The adapters stand in `server`.

use std::future::Future;
use std::pin::Pin;

use domain::integration::CredentialKind;
use domain::time::Timestamp;
use verdict::SessionProof;

/// The wall clock.
pub trait Clock: Send + Sync + 'static {
    /// This moment.
    fn now(&self) -> Timestamp;
}

/// The addresses that somebody has shown to be theirs, or a sentence on why that cannot be told right now.
pub type Shown<'s> = Pin<Box<dyn Future<Output = Result<Vec<String>, String>> + Send + 's>>;

/// The ways by which people show here that an address is theirs: a provider that vouches for it, or a link that was sent
/// to it. An address that somebody typed is never shown by that.
pub trait AddressProofs: Send + Sync + 'static {
    /// Whether there is any.
    fn are_there(&self) -> bool;
    /// The addresses that whoever signed in in a session has shown to be theirs.
    fn shown_in<'s>(&'s self, session: &'s SessionProof) -> Shown<'s>;
}

/// No way at all.
pub struct NoAddressProofs;

impl AddressProofs for NoAddressProofs {
    fn are_there(&self) -> bool {
        false
    }

    fn shown_in<'s>(&'s self, _: &'s SessionProof) -> Shown<'s> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// A tool as an upstream lists it.
#[derive(Clone, Debug)]
pub struct ListedTool {
    /// Its name there.
    pub name: String,
    /// Its whole definition as JSON text.
    pub definition: String,
}

/// Why an upstream could not be read, for the person who gave its URL.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct UpstreamFault {
    /// The field of the request that is at fault: `url` or `credential`.
    pub field: &'static str,
    /// What is wrong and what to do about it.
    pub message: String,
}

/// What an upstream lists, or why it could not be read.
pub type Listing<'l> = Pin<Box<dyn Future<Output = Result<Vec<ListedTool>, UpstreamFault>> + Send + 'l>>;

/// The way to upstream MCP servers.
pub trait Upstreams: Send + Sync + 'static {
    /// Connects, and lists the tools.
    fn list_tools<'l>(&'l self, url: &'l str, credential: &'l CredentialKind, secret: Option<&'l str>) -> Listing<'l>;
}
