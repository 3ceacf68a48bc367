//! A link that a person has to open before a call can go on, shown to them by their client (elicitation by URL). What they
//! do there is between them and us: nothing of it passes the client.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::message::{self, Fault, code};
use crate::pipeline::dialect::Dialect;
use crate::pipeline::parse::Request;

/// What our question is called among those of a result.
pub(crate) const ASKED: &str = "io.wardroom/connect";

/// Whether a client says that it shows links, among its capabilities.
pub(crate) fn takes(capabilities: Option<&Value>) -> bool {
    capabilities.and_then(|all| all.pointer("/elicitation/url")).is_some_and(Value::is_object)
}

/// The answer that has the client show the link; none where it has been shown, and the call came again without anything
/// having come of it.
pub(crate) fn shown(request: &Request, link: &str, text: &str, id: u64) -> Option<Bytes> {
    let mut asked = Map::new();
    asked.insert("mode".to_owned(), "url".into());
    asked.insert("message".to_owned(), text.into());
    asked.insert("url".to_owned(), link.into());
    if request.dialect == Dialect::Legacy {
        asked.insert("elicitationId".to_owned(), format!("connect-{id}").into());
        let fault = Fault::new(code::LINK_NEEDED, text).with_data(json!({ "elicitations": [asked] }));
        return Some(fault.to_bytes(Some(&request.id)));
    }
    let answered = request.params.get("inputResponses").and_then(|answers| answers.get(ASKED));
    if answered.is_some() {
        return None;
    }
    let question = json!({ "method": "elicitation/create", "params": asked });
    Some(message::result(&request.id, &json!({ "resultType": "input_required", "inputRequests": { ASKED: question } })))
}
