//! What this crate needs from outside, as traits. The adapters stand in `server`.

use std::future::Future;
use std::pin::Pin;

use domain::id::OrgId;
use domain::integration::CredentialKind;
use domain::time::Timestamp;
use verdict::Subject;

/// The wall clock.
pub trait Clock: Send + Sync + 'static {
    /// This moment.
    fn now(&self) -> Timestamp;
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

    /// How many calls and streams of a subject are open at this moment.
    fn open_for(&self, org: OrgId, subject: Subject) -> u32;
}
