//! What this crate needs from outside, as traits. The adapters stand in `server`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use domain::id::OrgId;
use domain::integration::CredentialKind;
use domain::time::Timestamp;
use verdict::Subject;

use crate::sign_in::Providers;

/// The wall clock.
pub trait Clock: Send + Sync + 'static {
    /// This moment.
    fn now(&self) -> Timestamp;
}

/// What is outside.
pub struct Outside {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Upstream MCP servers.
    pub upstreams: Arc<dyn Upstreams>,
    /// The DNS.
    pub names: Arc<dyn Names>,
    /// People's mail, where there is a way to it.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Providers with whom people sign in, where some are set up.
    pub providers: Option<Providers>,
    /// What AI clients may be that people sign in to.
    pub clients: AiClients,
    /// Where people reach this installation, for links in mails that nobody's browser asked for.
    pub public_url: Option<String>,
}

/// What AI clients may be that people sign in to.
#[derive(Clone, Default)]
pub struct AiClients {
    /// The way to the documents in which clients describe themselves, and to nothing that is not public unless the operator
    /// lets it; none where no document is read.
    pub documents: Option<Arc<dyn Web>>,
    /// Schemes of applications to which people may be sent back, besides https and their own machine.
    pub redirect_schemes: Vec<String>,
}

/// A tool as an upstream lists it.
#[derive(Clone, Debug)]
pub struct ListedTool {
    /// Its name there.
    pub name: String,
    /// Its whole definition as JSON text.
    pub definition: String,
}

/// A tool that must not be offered as its upstream defines it.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Its name there.
    pub name: String,
    /// What is wrong with its definition.
    pub why: String,
}

/// What an upstream lists.
#[derive(Clone, Debug, Default)]
pub struct ToolList {
    /// Its tools.
    pub tools: Vec<ListedTool>,
    /// Those that must not be offered.
    pub left_out: Vec<LeftOut>,
}

/// Why an upstream could not be read, for the person who gave its URL.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct UpstreamFault {
    /// The field of the request that is at fault: `url` or `credential`.
    pub field: &'static str,
    /// What is wrong and what to do about it.
    pub message: String,
    /// What it said about how it wants to be shown something, where it refused what was shown (`WWW-Authenticate`).
    pub challenge: Option<String>,
}

/// What an upstream lists, or why it could not be read.
pub type Listing<'l> = Pin<Box<dyn Future<Output = Result<ToolList, UpstreamFault>> + Send + 'l>>;

/// A mail to one person. What it holds may open something, so it has no debug form.
pub struct Mail {
    /// The address.
    pub to: String,
    /// What whoever has it is called; empty where that is not known.
    pub name: String,
    /// One line.
    pub subject: String,
    /// Plain text, its lines ended by `\n`.
    pub text: String,
}

/// Why a mail was not sent.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct MailFault {
    /// Whether to try again is of no use.
    pub is_lasting: bool,
    /// What is wrong, as those may read it who wanted it sent.
    pub message: String,
}

/// A mail on its way to whatever takes it.
pub type Sending<'m> = Pin<Box<dyn Future<Output = Result<(), MailFault>> + Send + 'm>>;

/// The way to people's mail.
pub trait Mailer: Send + Sync + 'static {
    /// Sends a mail: when this is done, whoever delivers it has taken it.
    fn send<'m>(&'m self, mail: &'m Mail) -> Sending<'m>;
}

/// What somebody's web server answered.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
    /// For how many seconds it may be kept, where the server says so.
    pub kept_s: Option<u64>,
}

/// What is sent.
#[derive(Clone, Copy)]
pub enum Content<'c> {
    /// `application/x-www-form-urlencoded`.
    Form(&'c str),
    /// `application/json`.
    Json(&'c str),
}

/// Why nothing was answered, for the operator.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct FetchFault(pub String);

/// An answer on its way.
pub type Fetching<'f> = Pin<Box<dyn Future<Output = Result<Fetched, FetchFault>> + Send + 'f>>;

/// The way to other people's web servers: bounded in time and in bytes, and no redirect is followed.
pub trait Web: Send + Sync + 'static {
    /// Gets a document, with the header `Authorization` where there is one.
    fn get<'f>(&'f self, url: &'f str, authorization: Option<&'f str>, length_max: usize) -> Fetching<'f>;

    /// Sends something, with the header `Authorization` where there is one.
    fn post<'f>(
        &'f self,
        url: &'f str,
        authorization: Option<&'f str>,
        content: Content<'f>,
        length_max: usize,
    ) -> Fetching<'f>;
}

/// Why the DNS said nothing, for whoever asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct LookupFault(pub String);

/// What stands in the DNS, on its way.
pub type Lookup<'l> = Pin<Box<dyn Future<Output = Result<Vec<String>, LookupFault>> + Send + 'l>>;

/// The way to the DNS: bounded in time.
pub trait Names: Send + Sync + 'static {
    /// The TXT records of a name, each with its parts put together; none where the DNS says that there is none. Whatever
    /// leaves that open is a fault.
    fn text_records<'l>(&'l self, name: &'l str) -> Lookup<'l>;
}

/// A program that the operator lets organizations use as an MCP server, without what only the operator may know of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateOffered {
    /// By what it is called.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Whether it takes a secret.
    pub takes_secret: bool,
}

/// The way to upstream MCP servers.
pub trait Upstreams: Send + Sync + 'static {
    /// Connects, and lists the tools.
    fn list_tools<'l>(&'l self, url: &'l str, credential: &'l CredentialKind, secret: Option<&'l str>) -> Listing<'l>;

    /// The templates that the operator offers, by name.
    fn templates(&self) -> Vec<TemplateOffered>;

    /// How many calls and streams of a subject are open at this moment.
    fn open_for(&self, org: OrgId, subject: Subject) -> u32;
}
