//! What an upstream says outside calls, for one client that listens.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::message;
use crate::pipeline::ear;
use crate::pipeline::names;
use crate::upstream::translate::{self, Sides};

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// A notification as the client is told it; none where it did not want to hear of it. Changes of the list of tools are ours to
/// tell: what is offered is what was approved.
pub(crate) fn heard(mut members: Map<String, Value>, wanted: &Map<String, Value>, sides: &Sides<'_>) -> Option<Bytes> {
    let is_wanted = |what: &str| wanted.get(what) == Some(&Value::Bool(true));
    match members.get("method").and_then(Value::as_str)? {
        // Some servers log all on this stream, whatever it is about.
        "notifications/message" if !sides.dialect.is_modern() && translate::wants_log(&members, sides) => {}
        "notifications/prompts/list_changed" if is_wanted("promptsListChanged") => {}
        "notifications/resources/list_changed" if is_wanted("resourcesListChanged") => {}
        "notifications/resources/updated" => {
            let uri = members.get_mut("params")?.get_mut("uri")?;
            wanted.get(ear::RESOURCES)?.as_array()?.iter().find(|known| *known == uri)?;
            if let Some(slug) = sides.named_by {
                *uri = names::address(slug, uri.as_str()?).into();
            }
        }
        _ => return None,
    }
    // Which subscription it belongs to is the client's own number for it, not ours at the upstream.
    if let Some(params) = members.get_mut("params").and_then(Value::as_object_mut)
        && let Some(meta) = params.get_mut("_meta").and_then(Value::as_object_mut)
        && meta.shift_remove(SUBSCRIPTION).is_some()
        && meta.is_empty()
    {
        params.shift_remove("_meta");
    }
    if sides.dialect.is_modern() {
        let params = members.entry("params").or_insert_with(|| json!({})).as_object_mut()?;
        let meta = params.entry("_meta").or_insert_with(|| json!({})).as_object_mut()?;
        meta.insert(SUBSCRIPTION.to_owned(), sides.client_id.clone());
    }
    Some(message::whole(&Value::Object(members)))
}
