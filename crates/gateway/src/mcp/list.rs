//! `tools/list`, answered from memory: exactly the tools that the caller may call at this moment, and our own with which
//! access is asked for where the organization offers it. The upstream
//! is never asked; what is shown is the definition that was approved, with every field it has.

use std::borrow::Cow;
use std::fmt;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use domain::id::IntegrationId;
use http::StatusCode;
use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::gateway::Gateway;
use crate::json;
use crate::mcp::initialize;
use crate::message::{self, Fault, code};
use crate::pipeline::accept::Door;
use crate::pipeline::answer::{self, Exit};
use crate::pipeline::asking::offered;
use crate::pipeline::identify::Caller;
use crate::pipeline::kind::Kind;
use crate::pipeline::parse::Request;
use crate::ports::Ports;

/// Where a page ended: the last tool on it. Tools that come or go elsewhere do not move it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Cursor {
    integration: IntegrationId,
    tool: String,
}

impl Cursor {
    fn read(text: &str) -> Option<Cursor> {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (integration, tool) = plain.split_once(' ')?;
        Some(Cursor { integration: IntegrationId::parse(integration).ok()?, tool: tool.to_owned() })
    }

    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{} {}", self.integration, self.tool))
    }
}

/// Answers `tools/list`.
pub(crate) fn list<P: Ports>(
    gateway: &Gateway<P>,
    caller: &Caller<P::Access>,
    door: &Door,
    request: &Request,
) -> Result<Response, Exit> {
    let after = match request.params.get("cursor") {
        None | Some(Value::Null) => None,
        Some(stated) => Some(stated.as_str().and_then(Cursor::read).ok_or_else(|| {
            let fault = Fault::new(code::INVALID_PARAMS, "this cursor is not one of ours; list from the beginning");
            Exit::fault(StatusCode::OK, Some(&request.id), &fault)
        })?),
    };
    let message = page(gateway, caller, door, (request, after.as_ref()));
    Ok(answer::json(StatusCode::OK, message))
}

fn page<P: Ports>(
    gateway: &Gateway<P>,
    caller: &Caller<P::Access>,
    door: &Door,
    (request, after): (&Request, Option<&Cursor>),
) -> Bytes {
    let mut out = Vec::with_capacity(32 * 1024);
    message::begin_result(&request.id, &mut out);
    out.extend_from_slice(br#"{"tools":["#);
    let mut listed = 0;
    let mut last: Option<Cursor> = None;
    let mut more = false;
    let one = door.integration.as_deref();
    let callable = caller.snapshot.callable_tools(&caller.actor, gateway.ports.now());
    for (_, tool, integration) in callable.filter(|(_, _, found)| one.is_none_or(|slug| *found.slug == *slug)) {
        if after.is_some_and(|after| (integration.id, &*tool.name) <= (after.integration, after.tool.as_str())) {
            continue;
        }
        if listed == gateway.options.limits.page_tools_max {
            more = true;
            break;
        }
        let length = out.len();
        if listed > 0 {
            out.push(b',');
        }
        let name = if one.is_some() { &tool.name } else { &tool.exposed };
        if !rename(&tool.definition, name, &mut out) {
            // Approved definitions are objects; one that is not must not spoil the rest of the list.
            out.truncate(length);
            tracing::warn!(integration = %integration.id, "a stored tool definition cannot be read");
            continue;
        }
        listed += 1;
        last = Some(Cursor { integration: integration.id, tool: tool.name.to_string() });
    }
    if let Some(definition) = offered(&caller.snapshot, door).filter(|_| !more) {
        if listed > 0 {
            out.push(b',');
        }
        out.extend_from_slice(definition.as_bytes());
    }
    out.push(b']');
    if let (true, Some(last)) = (more, last) {
        out.extend_from_slice(br#","nextCursor":"#);
        json::write(&last.write(), &mut out);
    }
    if request.dialect.is_modern() {
        out.extend_from_slice(br#","resultType":"complete","ttlMs":0,"cacheScope":"private","_meta":"#);
        json::write(&initialize::meta(caller, door), &mut out);
    }
    out.extend_from_slice(b"}}");
    out.into()
}

/// A list with nothing in it.
pub(crate) fn nothing(request: &Request, kind: Kind) -> Option<Bytes> {
    kind.listed().map(|member| whole(request, member, Vec::new(), Map::new()))
}

/// A list of all there is, on one page.
pub(crate) fn whole(request: &Request, member: &str, listed: Vec<Value>, meta: Map<String, Value>) -> Bytes {
    let mut result = Map::from_iter([(member.to_owned(), Value::Array(listed))]);
    if request.dialect.is_modern() {
        result.insert("resultType".to_owned(), "complete".into());
        result.insert("ttlMs".to_owned(), 0.into());
        result.insert("cacheScope".to_owned(), "private".into());
    }
    if !meta.is_empty() {
        result.insert("_meta".to_owned(), meta.into());
    }
    message::result(&request.id, &result.into())
}

/// Writes a definition with another name; all else stays as it stands in the text.
fn rename(definition: &str, name: &str, out: &mut Vec<u8>) -> bool {
    let mut reader = serde_json::Deserializer::from_str(definition);
    reader.deserialize_map(Renaming { name, out }).is_ok()
}

struct Renaming<'n, 'o> {
    name: &'n str,
    out: &'o mut Vec<u8>,
}

impl<'de> Visitor<'de> for Renaming<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the definition of a tool")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Renaming { name, out } = self;
        out.extend_from_slice(br#"{"name":"#);
        json::write(name, out);
        while let Some((key, value)) = members.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            if key != "name" {
                out.push(b',');
                json::write(&*key, out);
                out.push(b':');
                out.extend_from_slice(value.get().as_bytes());
            }
        }
        out.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(definition: &str) -> Option<String> {
        let mut out = Vec::new();
        rename(definition, "stripe__get", &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_definition_gets_its_new_name_and_keeps_everything_else() {
        let definition = r#"{"title":"Get","name":"get","inputSchema":{"name":1.0,"x":[1e400]},"k\u0065y":"\u00e9","_meta":{"a":{}}}"#;
        let expected = r#"{"name":"stripe__get","title":"Get","inputSchema":{"name":1.0,"x":[1e400]},"key":"\u00e9","_meta":{"a":{}}}"#;
        assert_eq!(renamed(definition).as_deref(), Some(expected));
        assert_eq!(renamed("[]"), None);
        assert_eq!(renamed("{"), None);
    }

    #[test]
    fn a_cursor_survives_the_way_and_nonsense_is_none() {
        let cursor = Cursor { integration: IntegrationId::from_random([3; 20]), tool: "a b ü".to_owned() };
        assert_eq!(Cursor::read(&cursor.write()), Some(cursor));
        for text in ["", "AAAA", "%%%", "aW50X3g"] {
            assert_eq!(Cursor::read(text), None);
        }
    }
}
