//! Which era a request speaks, and whether its headers and its body say the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::{Map, Value};

use crate::mcp::client;
use crate::mcp::version;
use crate::message::code;
use crate::pipeline::link;
use crate::pipeline::parse::{Malformed, unsupported};

pub(crate) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";
pub(crate) const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const META_LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// The severities of log messages, the mildest first.
pub(crate) const LOG_LEVELS: [&str; 8] =
    ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// The capabilities of clients by which a server may ask something of them. Others concern what is not passed on yet.
const ASKABLE: [&str; 3] = ["elicitation", "roots", "sampling"];

/// How a request is to be taken and answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// Revision 2026-07-28: the request carries all it needs.
    Modern {
        /// What the client calls itself.
        client: Option<String>,
        /// The place in [`LOG_LEVELS`] from which log messages of this request are wanted; none are otherwise.
        log_level: Option<usize>,
        /// Whether the client shows its person links.
        takes_links: bool,
        /// What a server may ask it during a call, of [`ASKABLE`], as the client describes it.
        takes: Map<String, Value>,
    },
    /// 2025-11-25 and earlier.
    Legacy,
}

impl Dialect {
    pub(crate) fn is_modern(&self) -> bool {
        matches!(self, Dialect::Modern { .. })
    }
}

/// Tells the era of a request and checks what that era demands.
pub(crate) fn of(headers: &HeaderMap, method: &str, params: &Map<String, Value>) -> Result<Dialect, Malformed> {
    let meta = params.get("_meta").and_then(Value::as_object);
    let header = single(headers, "mcp-protocol-version")?;
    let Some(stated) = meta.and_then(|meta| meta.get(META_VERSION)) else {
        return match header {
            // The handshake states its version in its parameters, whatever a header says.
            _ if method == "initialize" => Ok(Dialect::Legacy),
            None => Ok(Dialect::Legacy),
            Some(name) if version::legacy(name).is_some() => Ok(Dialect::Legacy),
            Some(version::MODERN) => Err(lacking(META_VERSION)),
            Some(unknown) => Err(unsupported(unknown)),
        };
    };
    let stated = stated.as_str().ok_or_else(|| lacking(META_VERSION))?;
    match header {
        None => return Err(mismatch("the MCP-Protocol-Version header is missing")),
        Some(header) if header != stated => {
            return Err(mismatch("the MCP-Protocol-Version header does not match the body"));
        }
        Some(_) => {}
    }
    if stated != version::MODERN {
        return Err(unsupported(stated));
    }
    check_headers(headers, method, params)?;
    modern(meta)
}

fn modern(meta: Option<&Map<String, Value>>) -> Result<Dialect, Malformed> {
    let get = |key: &str| meta.and_then(|meta| meta.get(key));
    let Some(capabilities) = get(META_CAPABILITIES).and_then(Value::as_object) else {
        return Err(lacking(META_CAPABILITIES));
    };
    let takes = askable(capabilities);
    let log_level = match get(META_LOG_LEVEL) {
        None => None,
        Some(level) => {
            let place = LOG_LEVELS.iter().position(|known| level.as_str() == Some(known));
            let unknown = || Malformed::new(code::INVALID_PARAMS, "log-level", "this log level is not known");
            Some(place.ok_or_else(unknown)?)
        }
    };
    let takes_links = link::takes(get(META_CAPABILITIES));
    Ok(Dialect::Modern { client: client::described(get(META_CLIENT)), log_level, takes_links, takes })
}

/// What a server may ask a client during a call, of all that the client says it can do.
pub(crate) fn askable(capabilities: &Map<String, Value>) -> Map<String, Value> {
    let stated = ASKABLE.iter().filter_map(|name| Some(((*name).to_owned(), capabilities.get(*name)?.clone())));
    stated.filter(|(_, described)| described.is_object()).collect()
}

fn check_headers(headers: &HeaderMap, method: &str, params: &Map<String, Value>) -> Result<(), Malformed> {
    match single(headers, "mcp-method")? {
        None => return Err(mismatch("the Mcp-Method header is missing")),
        Some(header) if header != method => return Err(mismatch("the Mcp-Method header does not match the body")),
        Some(_) => {}
    }
    let named = match method {
        "tools/call" | "prompts/get" => params.get("name"),
        "resources/read" => params.get("uri"),
        _ => return Ok(()),
    };
    let header = single(headers, "mcp-name")?.ok_or_else(|| mismatch("the Mcp-Name header is missing"))?;
    let decoded = decode(header).ok_or_else(|| mismatch("the Mcp-Name header is not encoded as it must be"))?;
    if named.and_then(Value::as_str) != Some(decoded.as_str()) {
        return Err(mismatch("the Mcp-Name header does not match the body"));
    }
    Ok(())
}

/// The text of a header value that may be written as `=?base64?…?=`.
pub(crate) fn decode(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        None => Some(value.to_owned()),
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
    }
}

/// A text as a header value that survives the way.
pub(crate) fn encode(text: &str) -> String {
    let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\t');
    let padded = text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']);
    let imitation = text.starts_with("=?base64?") && text.ends_with("?=");
    if plain && !padded && !imitation && !text.is_empty() {
        text.to_owned()
    } else {
        format!("=?base64?{}?=", STANDARD.encode(text))
    }
}

/// The headers in which a client tells arguments once more.
pub(crate) fn param_headers(headers: &HeaderMap) -> HeaderMap {
    let told = headers.iter().filter(|(name, _)| name.as_str().starts_with("mcp-param-"));
    told.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether what a client told in headers is what the arguments say, for all headers that the tool's definition
/// wants.
pub(crate) fn check_params(told: &HeaderMap, wanted: &HeaderMap) -> Result<(), Malformed> {
    for (name, value) in wanted {
        let text = |value: &http::HeaderValue| value.to_str().ok().and_then(decode);
        let mut stated = told.get_all(name).iter();
        let same = stated.next().is_some_and(|stated| text(stated) == text(value)) && stated.next().is_none();
        if !same {
            return Err(mismatch(&format!("the {name} header is missing or does not match the body")));
        }
    }
    Ok(())
}

/// A header that may occur once at most.
fn single<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h str>, Malformed> {
    let mut stated = headers.get_all(name).iter();
    match (stated.next(), stated.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| mismatch(&format!("the {name} header has characters it must not have"))),
        _ => Err(mismatch(&format!("the {name} header occurs twice"))),
    }
}

fn mismatch(what: &str) -> Malformed {
    Malformed::new(code::HEADER_MISMATCH, "header-mismatch", format!("Header mismatch: {what}"))
}

fn lacking(key: &str) -> Malformed {
    Malformed::new(code::INVALID_PARAMS, "meta", format!("`params._meta` must state {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_survive_the_way_there_and_back() {
        for text in ["us-west1", "", " padded ", "line1\nline2", "Hello, 世界", "=?base64?literal?="] {
            assert_eq!(decode(&encode(text)).as_deref(), Some(text));
        }
        assert_eq!(encode("=?base64?literal?="), "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
        assert_eq!(decode("=?base64?!?="), None);
    }
}
