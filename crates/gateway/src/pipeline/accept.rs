//! First step: is this request for us, from somewhere that may call, and in a form we read? Nothing of its
//! content is looked at.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, Request, StatusCode, request::Parts};

use crate::message::{Fault, code};
use crate::options::GatewayOptions;
use crate::pipeline::answer::Exit;

/// Which of our URLs was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Door {
    /// The organization's slug or id; none where the key names it.
    pub(crate) org: Option<String>,
    /// The integration's slug; none at the one URL of all.
    pub(crate) integration: Option<String>,
    /// Whether it was written with a slash at its end: it is the same door, and is named again as it was written.
    pub(crate) slash: bool,
}

impl Door {
    /// Its path as it was asked, where nothing in it would have to be written in another way.
    pub(crate) fn path(&self) -> Option<String> {
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let mut names = self.org.iter().chain(&self.integration);
        let path = |org: Option<&String>| org.map_or_else(|| "/mcp".to_owned(), |org| format!("/o/{org}/mcp"));
        let end = if self.slash { "/" } else { "" };
        names.all(|name| plain(name)).then(|| match &self.integration {
            None => format!("{}{end}", path(self.org.as_ref())),
            Some(integration) => format!("{}/{integration}{end}", path(self.org.as_ref())),
        })
    }
}

/// A request that may be read further.
pub(crate) struct Accepted {
    pub(crate) door: Door,
    pub(crate) headers: HeaderMap,
    /// Where it came from, where the listener says so.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client takes a stream for an answer.
    pub(crate) takes_stream: bool,
    /// Whether the client takes a single JSON message for an answer.
    pub(crate) takes_json: bool,
}

/// Checks host and origin before anything else.
pub(crate) fn accept(options: &GatewayOptions, door: Door, request: Request<Body>) -> Result<(Accepted, Body), Exit> {
    let (parts, body) = request.into_parts();
    check_host(options, &parts)?;
    check_origin(options, &parts.headers)?;
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let (takes_json, takes_stream) = taken(&parts.headers);
    Ok((Accepted { door, headers: parts.headers, address, takes_stream, takes_json }, body))
}

/// Whether the body is said to be JSON. A web page can post other types across origins without being asked.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let stated = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    stated.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn check_host(options: &GatewayOptions, parts: &Parts) -> Result<(), Exit> {
    let mut stated = parts.headers.get_all(HOST).iter();
    let host = match (stated.next(), stated.next(), parts.uri.authority()) {
        (Some(host), None, _) => host.to_str().ok(),
        (None, None, Some(authority)) => Some(authority.as_str()),
        _ => None,
    };
    if host.is_some_and(|host| options.knows_host(host)) {
        return Ok(());
    }
    let fault = Fault::new(code::NOT_SERVED, "this host name is not served here; use the URL that Wardroom shows");
    Err(Exit::fault(StatusCode::FORBIDDEN, None, &fault))
}

fn check_origin(options: &GatewayOptions, headers: &HeaderMap) -> Result<(), Exit> {
    if headers.get_all(ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(|origin| options.knows_origin(origin))) {
        return Ok(());
    }
    let fault = Fault::new(code::NOT_SERVED, "pages of this origin may not call; its operator can allow the origin");
    Err(Exit::fault(StatusCode::FORBIDDEN, None, &fault))
}

/// Whether (single JSON messages, streams) are taken. A client that states nothing takes both.
fn taken(headers: &HeaderMap) -> (bool, bool) {
    let mut stated = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if stated.peek().is_none() {
        return (true, true);
    }
    stated.flat_map(|line| line.split(',')).fold((false, false), |(json, stream), range| {
        let range = range.split(';').next().unwrap_or_default().trim();
        let is = |wanted: &str| range.eq_ignore_ascii_case(wanted);
        let any = is("*/*");
        (
            json || any || is("application/json") || is("application/*"),
            stream || any || is("text/event-stream") || is("text/*"),
        )
    })
}
