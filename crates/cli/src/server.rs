//! The server, over HTTP: finding it, proving who asks, sending one request, following a list to its end.
//!
//! It never retries what changes something and never follows a redirect, which could carry the key elsewhere. Start
//! reading at [`Door`], the options every command has.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue, IF_MATCH};
use ureq::http::{Method, Request, Response};
use ureq::{Agent, Body};

use crate::failure::Failure;
use crate::field::{items, text};
use crate::terminal::{Terminal, read_secret};

const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// Connecting an integration waits for the other company's server, so this is generous.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(120);
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const YAML: &str = "application/yaml";
const WORD_BYTES_MAX: u64 = 4 * 1024;
/// As many entries as a page is asked to hold.
const PAGE_ITEMS: usize = 200;
/// A list longer than this many pages is cut, and said to be.
const LIST_PAGES_MAX: usize = 500;

/// The options that every command has: where the server is, who asks, and how the answer shall look.
#[derive(Args, Clone)]
pub(crate) struct Door {
    /// The server
    #[arg(long, global = true, env = "WARDROOM_URL", default_value = "http://127.0.0.1:7700", value_name = "URL")]
    url: String,

    /// The organization; needed only where the key belongs to several
    #[arg(long, global = true, env = "WARDROOM_ORG", value_name = "ORG")]
    org: Option<String>,

    /// A file that holds the key; without it the key is taken from WARDROOM_KEY
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// Print the server's JSON
    #[arg(long, global = true)]
    json: bool,

    /// Answer every question with yes
    #[arg(long, global = true)]
    yes: bool,

    /// Say what a change would do, who gains and who loses what, and change nothing
    #[arg(long, global = true)]
    preview: bool,

    /// Make a change only if the organization is still at the change of this number, the one that a preview named
    #[arg(long, global = true, value_name = "SEQ", conflicts_with = "preview")]
    if_at: Option<u64>,
}

impl Door {
    /// Takes over how the terminal shall behave, and finds server and key.
    ///
    /// # Errors
    /// [`Failure::Usage`] where there is no key, or address or key cannot be such.
    pub(crate) fn server(&self, terminal: &mut Terminal<'_>) -> Result<Server, Failure> {
        terminal.json = self.json;
        // What is only previewed needs no confirmation.
        terminal.yes = self.yes || self.preview;
        let key = self.read_key(terminal)?;
        Ok(Server { preview: self.preview, if_at: self.if_at, ..Server::new(&self.url, &key)? })
    }

    /// The organization that the command is about: the named one, or the only one of the key.
    ///
    /// # Errors
    /// [`Failure::Usage`] where it must be named; whatever asking for it can fail with.
    pub(crate) fn organization(&self, terminal: &mut Terminal<'_>) -> Result<Organization, Failure> {
        let server = self.server(terminal)?;
        if let Some(slug) = &self.org {
            return Ok(Organization { server, slug: slug.clone() });
        }
        let found = server.get(&["orgs"], &[])?.body;
        let slug = match items(&found) {
            [] => return Err(Failure::Usage("this key belongs to no organization".to_owned())),
            [only] => text(only, "/slug"),
            several => {
                let slugs: Vec<String> = several.iter().map(|org| text(org, "/slug")).collect();
                let sentence = format!("name the organization with --org: one of {}", slugs.join(", "));
                return Err(Failure::Usage(sentence));
            }
        };
        Ok(Organization { server, slug })
    }

    /// Whether nothing is to be changed.
    pub(crate) fn only_previews(&self) -> bool {
        self.preview
    }

    fn read_key(&self, terminal: &Terminal<'_>) -> Result<String, Failure> {
        match &self.key_file {
            Some(path) => {
                let unreadable = |fault| Failure::Usage(format!("the key file {}: {fault}", path.display()));
                read_secret(&mut File::open(path).map_err(unreadable)?)
            }
            None => (terminal.surroundings.environment)("WARDROOM_KEY").ok_or_else(|| {
                Failure::Usage("there is no key: set WARDROOM_KEY, or name a file with --key-file".to_owned())
            }),
        }
    }
}

/// One server and the key to it.
pub(crate) struct Server {
    agent: Agent,
    base: String,
    authorization: HeaderValue,
    preview: bool,
    if_at: Option<u64>,
}

/// What the server answered when it agreed.
pub(crate) struct Answer {
    /// The JSON; null where the answer has no content.
    pub(crate) body: Value,
    /// The `Date` header, where there is one.
    pub(crate) date: Option<String>,
}

impl Server {
    fn new(url: &str, key: &str) -> Result<Server, Failure> {
        let base = url.trim_end_matches('/');
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(Failure::Usage(format!(
                "`{url}` is no address; --url takes one such as https://wardroom.example"
            )));
        }
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", key.trim()))
            .map_err(|_| Failure::Usage("the key holds characters that no key has".to_owned()))?;
        authorization.set_sensitive(true);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_WAIT_MAX))
            .timeout_global(Some(ANSWER_WAIT_MAX))
            .user_agent(concat!("wardroom/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Server { agent, base: base.to_owned(), authorization, preview: false, if_at: None })
    }

    /// Where the server is, without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Reads below `/api/v1`.
    pub(crate) fn get(&self, segments: &[&str], query: &[(&str, String)]) -> Result<Answer, Failure> {
        self.send(Method::GET, &api_path(segments, query), None)
    }

    /// Reads a path that is not below `/api/v1`, where an answer, good or bad, may also be a bare word.
    pub(crate) fn get_outside(&self, path: &str) -> Result<Answer, Failure> {
        let mut response = self.exchange(Method::GET, path, (JSON, None))?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("text/plain") {
            return self.read(response);
        }
        let (status, date) = (response.status(), date_of(&response));
        let word = response.body_mut().with_config().limit(WORD_BYTES_MAX).lossy_utf8(true).read_to_string();
        let word = word.map_err(|fault| self.unreached(&fault))?.trim().to_owned();
        match status.is_success() {
            true => Ok(Answer { body: word.into(), date }),
            false => Err(Failure::Refused { status: status.as_u16(), problem: json!({"detail": word}) }),
        }
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        let body = body.map(|body| (JSON, body.to_string()));
        self.read(self.exchange(method, path, (JSON, body))?)
    }

    fn exchange(
        &self,
        method: Method,
        path: &str,
        (wanted, body): (&str, Option<(&str, String)>),
    ) -> Result<Response<Body>, Failure> {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.base))
            .header(AUTHORIZATION, self.authorization.clone())
            .header("accept", format!("{wanted}, application/problem+json"));
        if method != Method::GET && self.preview {
            request = request.header("wardroom-preview", "true");
        }
        if let Some(seq) = self.if_at.filter(|_| method != Method::GET) {
            request = request.header(IF_MATCH, format!("\"{seq}\""));
        }
        let unusable = |_| Failure::Usage(format!("`{}` is no address; see --url", self.base));
        let sent = match body {
            Some((kind, body)) => {
                let request = request.header(CONTENT_TYPE, kind).body(body);
                self.agent.run(request.map_err(unusable)?)
            }
            None => self.agent.run(request.body(()).map_err(unusable)?),
        };
        sent.map_err(|fault| self.unreached(&fault))
    }

    fn read(&self, mut response: Response<Body>) -> Result<Answer, Failure> {
        let status = response.status();
        let date = date_of(&response);
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let body = body.map_err(|fault| self.unreached(&fault))?;
        let parsed = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
        match parsed {
            Ok(body) if status.is_success() && body["preview"] == true => Err(Failure::Previewed(body)),
            Ok(body) if status.is_success() => Ok(Answer { body, date }),
            Ok(problem @ Value::Object(_)) if !status.is_redirection() => {
                Err(Failure::Refused { status: status.as_u16(), problem })
            }
            _ => {
                let sentence = format!("{} answered {status}, not as Wardroom does; is --url right?", self.base);
                Err(Failure::Unreached(sentence))
            }
        }
    }

    fn unreached(&self, fault: &ureq::Error) -> Failure {
        Failure::Unreached(format!("{}: {fault}", self.base))
    }
}

fn date_of(response: &Response<Body>) -> Option<String> {
    response.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned)
}

/// One organization on one server.
pub(crate) struct Organization {
    server: Server,
    slug: String,
}

impl Organization {
    /// Its short name, as the person or the server gave it.
    pub(crate) fn slug(&self) -> &str {
        &self.slug
    }

    /// The address of a page for people, of which these are the parts.
    pub(crate) fn page(&self, segments: &[&str]) -> String {
        let mut address = self.server.base.clone();
        for segment in segments {
            address.push('/');
            escape_into(&mut address, segment);
        }
        address
    }

    /// Reads below the organization.
    pub(crate) fn get(&self, segments: &[&str], query: &[(&str, String)]) -> Result<Value, Failure> {
        Ok(self.server.send(Method::GET, &self.path(segments, query), None)?.body)
    }

    /// Reads a document as YAML text.
    pub(crate) fn get_yaml(&self, segments: &[&str]) -> Result<String, Failure> {
        let mut response = self.server.exchange(Method::GET, &self.path(segments, &[]), (YAML, None))?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !response.status().is_success() || !kind.starts_with(YAML) {
            let body = self.server.read(response)?.body;
            return Ok(body.to_string());
        }
        let text = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        text.map_err(|fault| self.server.unreached(&fault))
    }

    /// Sends a document of YAML text.
    pub(crate) fn post_yaml(&self, segments: &[&str], text: String) -> Result<Value, Failure> {
        let path = self.path(segments, &[]);
        let response = self.server.exchange(Method::POST, &path, (JSON, Some((YAML, text))))?;
        Ok(self.server.read(response)?.body)
    }

    /// Sends a table.
    pub(crate) fn post_csv(&self, segments: &[&str], table: String) -> Result<Value, Failure> {
        let path = self.path(segments, &[]);
        let response = self.server.exchange(Method::POST, &path, (JSON, Some((CSV, table))))?;
        Ok(self.server.read(response)?.body)
    }

    /// Ties what is sent from now on to the state of this number, unless the person named one.
    pub(crate) fn tied_to(mut self, seq: u64) -> Organization {
        self.server.if_at = self.server.if_at.or(Some(seq));
        self
    }

    /// Creates something, or asks a question that has a body.
    pub(crate) fn post(&self, segments: &[&str], body: &Value) -> Result<Value, Failure> {
        Ok(self.server.send(Method::POST, &self.path(segments, &[]), Some(body))?.body)
    }

    /// Changes the given fields.
    pub(crate) fn patch(&self, segments: &[&str], body: &Value) -> Result<Value, Failure> {
        Ok(self.server.send(Method::PATCH, &self.path(segments, &[]), Some(body))?.body)
    }

    /// Puts something in its place.
    pub(crate) fn put(&self, segments: &[&str], body: &Value) -> Result<Value, Failure> {
        Ok(self.server.send(Method::PUT, &self.path(segments, &[]), Some(body))?.body)
    }

    /// Ends something.
    pub(crate) fn delete(&self, segments: &[&str]) -> Result<Value, Failure> {
        self.delete_with(segments, &[])
    }

    /// Ends something, and says what comes after it.
    pub(crate) fn delete_with(&self, segments: &[&str], query: &[(&str, String)]) -> Result<Value, Failure> {
        Ok(self.server.send(Method::DELETE, &self.path(segments, query), None)?.body)
    }

    /// A whole list, however many pages it has, as one list answer.
    pub(crate) fn list(&self, segments: &[&str], query: &[(&str, String)]) -> Result<Value, Failure> {
        let mut all = Vec::new();
        let next = self.each_page(segments, query, LIST_PAGES_MAX, &mut |items| {
            all.extend_from_slice(items);
            Ok(true)
        })?;
        Ok(json!({"items": all, "next": next}))
    }

    /// Hands page after page to `take` until there is none left, `take` says false, or `pages_max` are read. Gives
    /// the cursor of the page that was not read.
    pub(crate) fn each_page(
        &self,
        segments: &[&str],
        query: &[(&str, String)],
        pages_max: usize,
        take: &mut dyn FnMut(&[Value]) -> Result<bool, Failure>,
    ) -> Result<Option<String>, Failure> {
        let mut cursor: Option<String> = None;
        for _ in 0..pages_max {
            let mut query = query.to_vec();
            if !query.iter().any(|(name, _)| *name == "limit") {
                query.push(("limit", PAGE_ITEMS.to_string()));
            }
            query.extend(cursor.clone().map(|cursor| ("cursor", cursor)));
            let page = self.get(segments, &query)?;
            let wants_more = take(items(&page))?;
            let next = page.pointer("/next").and_then(Value::as_str).map(str::to_owned);
            if next.is_some() && next == cursor {
                let sentence = format!("{} gave the same page twice", self.server.base);
                return Err(Failure::Unreached(sentence));
            }
            cursor = next;
            if cursor.is_none() || !wants_more {
                break;
            }
        }
        Ok(cursor)
    }

    fn path(&self, segments: &[&str], query: &[(&str, String)]) -> String {
        let whole: Vec<&str> = ["orgs", self.slug.as_str()].into_iter().chain(segments.iter().copied()).collect();
        api_path(&whole, query)
    }
}

/// A path below `/api/v1`, each part escaped, so that no name can become a different path.
fn api_path(segments: &[&str], query: &[(&str, String)]) -> String {
    let mut path = String::from("/api/v1");
    for segment in segments {
        path.push('/');
        escape_into(&mut path, segment);
    }
    for (position, (name, value)) in query.iter().enumerate() {
        path.push(if position == 0 { '?' } else { '&' });
        path.push_str(name);
        path.push('=');
        escape_into(&mut path, value);
    }
    path
}

fn escape_into(path: &mut String, text: &str) {
    // A part that is only dots would be folded away on its way; no name here looks like that, so it is sent in a form
    // that finds nothing.
    let is_dots = matches!(text, "." | "..");
    for byte in text.bytes() {
        let is_kept = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') || (byte == b'.' && !is_dots);
        if is_kept {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_other_paths() {
        let path = api_path(&["orgs", "a/b", "members", "ada+x@example.com"], &[("q", "é &=".to_owned())]);
        assert_eq!(path, "/api/v1/orgs/a%2Fb/members/ada%2Bx%40example.com?q=%C3%A9%20%26%3D");
        assert_eq!(api_path(&[".."], &[]), "/api/v1/%2E%2E");
    }
}
