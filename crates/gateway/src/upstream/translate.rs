//! Between what the client speaks and what the upstream speaks: ids and progress tokens are exchanged, what
//! belongs to one era is added or taken away, and everything else stays as it is.

use bytes::Bytes;
use domain::record::OutcomeStatus;
use serde_json::{Map, Value, json};

use crate::json;
use crate::message::{self, code};
use crate::pipeline::dialect::{Dialect, LOG_LEVELS, META_LOG_LEVEL};
use crate::pipeline::kind::Kind;
use crate::pipeline::{link, names, state};
use crate::upstream::endpoint::Route;
use crate::upstream::failure::Failure;
use crate::upstream::handshake::modern_meta_of;
use crate::upstream::notice;

/// A call as the upstream gets it.
pub(crate) struct Outbound {
    pub(crate) body: Bytes,
    pub(crate) progress_token: Option<Value>,
}

/// What a client says with a call that is not passed on as it is. Tasks would pass by what we record, and are not offered yet.
const NOT_OFFERED: [&str; 3] = ["task", ANSWERS, STATE];
const ANSWERS: &str = "inputResponses";
const STATE: &str = "requestState";

/// A call of a client's.
pub(crate) struct Calling<'c> {
    pub(crate) kind: Kind,
    pub(crate) params: &'c Map<String, Value>,
    /// What the client can be asked on the way.
    pub(crate) takes: Option<&'c Map<String, Value>>,
    /// Answers to what a modern upstream has asked.
    pub(crate) answers: Option<&'c Map<String, Value>>,
    /// The upstream's own name for what is wanted.
    pub(crate) name: &'c str,
    /// The place in [`LOG_LEVELS`] from which log messages are wanted, if they are.
    pub(crate) log_level: Option<usize>,
    /// What the upstream wants to be told again.
    pub(crate) state: Option<&'c str>,
}

/// What a client answers to the questions of an upstream with a call that it makes again, without what is for us.
pub(crate) fn answers(params: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut answers = params.get(ANSWERS)?.as_object()?.clone();
    answers.shift_remove(link::ASKED);
    (!answers.is_empty()).then_some(answers)
}

impl Calling<'_> {
    /// A parameter under the upstream's own name for what it names, where it names something.
    fn renamed(&self, key: &str, value: &Value) -> Option<Value> {
        if self.kind.names_by() == Some(key) {
            return Some(self.name.into());
        }
        let reference = value.as_object().filter(|_| self.kind == Kind::Complete && key == "ref")?;
        let mut reference = reference.clone();
        let named = ["name", "uri"].into_iter().find(|name| reference.contains_key(*name))?;
        reference.insert(named.to_owned(), self.name.into());
        Some(reference.into())
    }
}

/// Writes a call for the upstream: under its own name for what is wanted, and with our id.
pub(crate) fn outbound(calling: &Calling<'_>, id: u64, route: &Route) -> Outbound {
    let Calling { params, takes, answers, state, .. } = *calling;
    let stated = params.get("_meta").and_then(Value::as_object);
    let progress_token = stated.and_then(|meta| meta.get("progressToken")).cloned();
    let mut body = message::begin_call(id, calling.kind.method());
    body.push(b'{');
    let mut first = true;
    let mut put = |key: &str, value: &Value, body: &mut Vec<u8>| {
        if !std::mem::replace(&mut first, false) {
            body.push(b',');
        }
        json::write(key, body);
        body.push(b':');
        json::write(value, body);
    };
    for (key, value) in params {
        if key != "_meta" && !NOT_OFFERED.contains(&key.as_str()) {
            put(key, calling.renamed(key, value).as_ref().unwrap_or(value), &mut body);
        }
    }
    let mut can = Map::new();
    if matches!(route, Route::Modern) {
        if let Some(answers) = answers {
            put(ANSWERS, &answers.clone().into(), &mut body);
        }
        if let Some(state) = state {
            put(STATE, &state.into(), &mut body);
        }
        can = takes.cloned().unwrap_or_default();
    }
    let meta = meta_for((stated, calling.log_level), id, (route, can));
    if !meta.is_empty() {
        put("_meta", &meta.into(), &mut body);
    }
    body.extend_from_slice(b"}}");
    Outbound { body: body.into(), progress_token }
}

fn meta_for(
    (stated, log_level): (Option<&Map<String, Value>>, Option<usize>),
    id: u64,
    (route, takes): (&Route, Map<String, Value>),
) -> Map<String, Value> {
    let mut meta = Map::new();
    for (key, value) in stated.into_iter().flatten() {
        match key.as_str() {
            "progressToken" => meta.insert(key.clone(), id.into()),
            key if key.starts_with("io.modelcontextprotocol/") => None,
            _ => meta.insert(key.clone(), value.clone()),
        };
    }
    if matches!(route, Route::Modern) {
        meta.extend(modern_meta_of(takes));
        let level = log_level.and_then(|level| LOG_LEVELS.get(level));
        meta.extend(level.map(|level| (META_LOG_LEVEL.to_owned(), (*level).into())));
    }
    meta
}

/// What an upstream's message means for the client.
#[derive(Debug)]
pub(crate) enum Inbound {
    /// A notification to pass on.
    Passed(Bytes),
    /// The end of the call.
    Final { message: Bytes, status: OutcomeStatus, detail: Option<String> },
    /// The upstream asks whoever called, and the call is made again with the answers.
    Asks(Map<String, Value>),
    /// The upstream asks whoever called, and goes on with the call when it is answered.
    Question(Map<String, Value>),
    /// A question of the upstream, to be answered with this.
    Asked(Bytes),
    /// Nothing for this client.
    Nothing,
}

/// The two sides of one call.
pub(crate) struct Sides<'c> {
    pub(crate) client_id: &'c Value,
    pub(crate) dialect: &'c Dialect,
    pub(crate) upstream_id: u64,
    pub(crate) progress_token: Option<&'c Value>,
    /// What a legacy upstream may ask on the way; none where nobody could answer.
    pub(crate) takes: Option<&'c Map<String, Value>>,
    pub(crate) kind: Kind,
    /// The integration's slug, where its names are to be told from those of others.
    pub(crate) named_by: Option<&'c str>,
    /// The place in [`LOG_LEVELS`] from which log messages are wanted.
    pub(crate) log_level: Option<usize>,
    /// What is listened to, where nothing is called.
    pub(crate) hears: Option<&'c Map<String, Value>>,
}

/// Reads a message of the upstream that came in answer to a call.
pub(crate) fn inbound(message: Value, sides: &Sides<'_>) -> Result<Inbound, Failure> {
    let Value::Object(mut members) = message else {
        return Err(Failure::Garbled("a message is not an object".to_owned()));
    };
    match (members.get("method").and_then(Value::as_str), members.get("id")) {
        (Some(_), Some(_)) if sides.takes.is_some_and(|takes| state::takes_one(takes, &members)) => {
            Ok(Inbound::Question(members))
        }
        (Some(_), Some(_)) => Ok(Inbound::Asked(declined(&members))),
        (Some(_), None) if let Some(wanted) = sides.hears => {
            Ok(notice::heard(members, wanted, sides).map_or(Inbound::Nothing, Inbound::Passed))
        }
        (Some("notifications/progress"), None) => Ok(progress(members, sides)),
        (Some("notifications/message"), None) if wants_log(&members, sides) => {
            Ok(Inbound::Passed(message::whole(&Value::Object(members))))
        }
        (Some(_), None) => Ok(Inbound::Nothing),
        // An upstream that could not read our id may answer with an error that has none, or null for one (JSON-RPC 2.0, section 5),
        // never with a result.
        (None, Some(Value::Null)) if members.contains_key("result") => Ok(Inbound::Nothing),
        (None, Some(id)) if !id.is_null() && *id != sides.upstream_id => Ok(Inbound::Nothing),
        (None, id) => {
            let answered = id.is_some();
            match (members.shift_remove("result"), members.shift_remove("error")) {
                (Some(Value::Object(result)), None) if answered => result_of(result, sides),
                (None, Some(error)) if error.is_object() => Ok(error_of(error, sides)),
                _ => Err(Failure::Garbled("a message is neither a result nor an error".to_owned())),
            }
        }
    }
}

fn progress(mut members: Map<String, Value>, sides: &Sides<'_>) -> Inbound {
    let Some(token) = sides.progress_token else { return Inbound::Nothing };
    match members.get_mut("params").and_then(|params| params.get_mut("progressToken")) {
        Some(slot) if *slot == sides.upstream_id => *slot = token.clone(),
        _ => return Inbound::Nothing,
    }
    Inbound::Passed(message::whole(&Value::Object(members)))
}

/// A modern client gets no log message that it did not ask for with the request; a legacy one gets what comes, but for what is
/// below the level that it has set.
pub(crate) fn wants_log(members: &Map<String, Value>, sides: &Sides<'_>) -> bool {
    let Some(least) = sides.log_level else { return !sides.dialect.is_modern() };
    let level = members.get("params").and_then(|params| params.get("level")).and_then(Value::as_str);
    LOG_LEVELS.iter().position(|known| Some(*known) == level).is_some_and(|level| level >= least)
}

/// What an upstream asks that nobody here takes; but whether we are there we say ourselves.
pub(crate) fn declined(question: &Map<String, Value>) -> Bytes {
    let id = question.get("id").unwrap_or(&Value::Null);
    if question.get("method").and_then(Value::as_str) == Some("ping") {
        return message::result(id, &json!({}));
    }
    let fault = message::Fault::new(code::METHOD_NOT_FOUND, "Method not found");
    fault.to_bytes(Some(id))
}

fn result_of(mut result: Map<String, Value>, sides: &Sides<'_>) -> Result<Inbound, Failure> {
    match result.get("resultType").map(|kind| kind.as_str()) {
        None | Some(Some("complete")) => {}
        Some(Some("input_required")) if !result.contains_key("inputRequests") && !result.contains_key(STATE) => {
            return Err(Failure::Garbled("its result asks for nothing".to_owned()));
        }
        Some(Some("input_required")) => {
            return match sides.dialect {
                Dialect::Modern { takes, .. } if state::takes(takes, result.get("inputRequests")) => {
                    Ok(Inbound::Asks(result))
                }
                Dialect::Legacy
                    if sides.takes.is_some_and(|takes| state::takes(takes, result.get("inputRequests"))) =>
                {
                    Ok(Inbound::Asks(result))
                }
                _ => Err(Failure::AskedBack),
            };
        }
        Some(_) => return Err(Failure::Garbled("its result is of an unknown type".to_owned())),
    }
    if let Some(slug) = sides.named_by {
        names::put(sides.kind, slug, &mut result);
    }
    in_the_era_of(sides, &mut result);
    let is_error = result.get("isError") == Some(&Value::Bool(true));
    let status = if is_error { OutcomeStatus::ToolError } else { OutcomeStatus::Succeeded };
    let message = message::result(sides.client_id, &Value::Object(result));
    Ok(Inbound::Final { message, status, detail: None })
}

/// Adds what belongs to a result in the client's era, and takes away what does not.
fn in_the_era_of(sides: &Sides<'_>, result: &mut Map<String, Value>) {
    if !sides.dialect.is_modern() {
        for key in ["resultType", "ttlMs", "cacheScope"] {
            result.shift_remove(key);
        }
        return;
    }
    result.entry("resultType").or_insert_with(|| "complete".into());
    if sides.kind.is_cacheable() {
        result.entry("ttlMs").or_insert_with(|| 0.into());
        // What one caller is shown, another may not be.
        result.insert("cacheScope".to_owned(), "private".into());
    }
}

fn error_of(mut error: Value, sides: &Sides<'_>) -> Inbound {
    let number = error.get("code").and_then(Value::as_i64);
    let detail = Some(format!("upstream-error {}", number.unwrap_or_default()));
    if (number, sides.kind) == (Some(code::NO_RESOURCE), Kind::ReadResource) {
        // One code for it in each era.
        if let (true, Some(members)) = (sides.dialect.is_modern(), error.as_object_mut()) {
            members.insert("code".to_owned(), code::INVALID_PARAMS.into());
        }
        let message = message::error_bytes(Some(sides.client_id), &error);
        return Inbound::Final { message, status: OutcomeStatus::Failed, detail };
    }
    let is_told = number == Some(code::MISSING_CAPABILITY) && sides.dialect.is_modern();
    // These codes speak of the conversation between us and the upstream, or are no longer allowed to be sent.
    if let Some(number @ (-32_099..=-32_020 | -32_002)) = number
        && !is_told
        && let Some(members) = error.as_object_mut()
    {
        members.insert("code".to_owned(), code::INTERNAL.into());
        members.insert("data".to_owned(), json!({ "upstreamCode": number }));
    }
    Inbound::Final {
        message: message::error_bytes(Some(sides.client_id), &error),
        status: OutcomeStatus::Failed,
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn modern() -> Dialect {
        Dialect::Modern { client: None, log_level: None, takes_links: false, takes: Map::new() }
    }

    fn tree(text: &str) -> Value {
        parse(text.as_bytes(), 64).unwrap()
    }

    fn read(text: &str, dialect: &Dialect) -> Result<String, Failure> {
        let id = tree("123456789012345678901234567890");
        let token = Value::from("tok");
        let log_level = match dialect {
            Dialect::Modern { log_level, .. } => *log_level,
            Dialect::Legacy => None,
        };
        let sides = Sides {
            client_id: &id,
            dialect,
            upstream_id: 7,
            progress_token: Some(&token),
            takes: None,
            kind: Kind::CallTool,
            named_by: None,
            log_level,
            hears: None,
        };
        inbound(tree(text), &sides).map(|inbound| match inbound {
            Inbound::Passed(message) | Inbound::Final { message, .. } | Inbound::Asked(message) => {
                String::from_utf8(message.to_vec()).unwrap()
            }
            Inbound::Asks(result) | Inbound::Question(result) => Value::Object(result).to_string(),
            Inbound::Nothing => String::new(),
        })
    }

    #[test]
    fn a_result_keeps_all_it_has_and_gets_the_clients_own_id_back() {
        let text = r#"{"jsonrpc":"2.0","id":7,"result":{"z":1e400,"content":[{"type":"odd","n":12345678901234567890123}],"a":0.10}}"#;
        let kept = r#""z":1e+400,"content":[{"type":"odd","n":12345678901234567890123}],"a":0.10"#;
        let start = r#"{"jsonrpc":"2.0","id":123456789012345678901234567890,"result":{"#;
        assert_eq!(read(text, &Dialect::Legacy).unwrap(), format!("{start}{kept}}}}}"));
        assert_eq!(read(text, &modern()).unwrap(), format!(r#"{start}{kept},"resultType":"complete"}}}}"#));
        let modern = r#"{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","content":[]}}"#;
        assert_eq!(read(modern, &Dialect::Legacy).unwrap(), format!(r#"{start}"content":[]}}}}"#));
    }

    #[test]
    fn what_belongs_to_another_call_or_to_nobody_is_left_out() {
        for text in [
            r#"{"jsonrpc":"2.0","id":8,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":"7","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":null,"result":{}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"tok","progress":1}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":1}}"#,
        ] {
            assert_eq!(read(text, &modern()).unwrap(), "", "{text}");
        }
        let mine = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1.50,"x":[]}}"#;
        assert_eq!(read(mine, &modern()).unwrap(), mine.replace(":7,", r#":"tok","#));
    }

    #[test]
    fn log_messages_come_at_the_severity_asked_for() {
        let log = |level: &str| {
            format!(r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"{level}"}}}}"#)
        };
        let warning = Dialect::Modern { client: None, log_level: Some(3), takes_links: false, takes: Map::new() };
        assert_eq!(read(&log("info"), &warning).unwrap(), "");
        assert_eq!(read(&log("error"), &warning).unwrap(), log("error"));
        assert_eq!(read(&log("debug"), &Dialect::Legacy).unwrap(), log("debug"));
    }

    #[test]
    fn results_that_are_none_are_failures() {
        let asks = r#"{"id":7,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"roots/list"}}}}"#;
        assert_eq!(read(asks, &modern()).unwrap_err(), Failure::AskedBack);
        assert_eq!(read(asks, &Dialect::Legacy).unwrap_err(), Failure::AskedBack);
        for text in [
            r#"{"id":7,"result":{"resultType":"input_required"}}"#,
            r#"{"id":7,"result":{"resultType":"odd"}}"#,
            r#"{"id":7,"result":[]}"#,
            r#"{"id":7}"#,
            "[]",
            r#"{"result":{}}"#,
        ] {
            assert!(matches!(read(text, &modern()), Err(Failure::Garbled(_))), "{text}");
        }
    }

    #[test]
    fn errors_keep_their_words_and_lose_codes_that_speak_of_another_conversation() {
        let error = read(r#"{"id":7,"error":{"code":-32602,"message":"no","data":{"x":1}}}"#, &modern()).unwrap();
        assert!(error.ends_with(r#""error":{"code":-32602,"message":"no","data":{"x":1}}}"#));
        let error = read(r#"{"id":7,"error":{"code":-32022,"message":"no"}}"#, &modern()).unwrap();
        assert!(error.ends_with(r#""error":{"code":-32603,"message":"no","data":{"upstreamCode":-32022}}}"#));
        let lacking =
            r#"{"id":7,"error":{"code":-32021,"message":"no","data":{"requiredCapabilities":{"sampling":{}}}}}"#;
        assert!(read(lacking, &modern()).unwrap().contains(r#""code":-32021,"message":"no","data":{"required"#));
        assert!(read(lacking, &Dialect::Legacy).unwrap().contains(r#""upstreamCode":-32021"#));
        let unread = r#"{"id":null,"error":{"code":-32700,"message":"no"}}"#;
        assert!(read(unread, &modern()).unwrap().contains(r#"7890,"error":{"code":-32700"#));
    }

    #[test]
    fn questions_of_the_upstream_are_declined() {
        let asked = read(r#"{"id":"q","method":"sampling/createMessage","params":{}}"#, &modern()).unwrap();
        assert_eq!(asked, r#"{"jsonrpc":"2.0","id":"q","error":{"code":-32601,"message":"Method not found"}}"#);
        assert_eq!(read(r#"{"id":1,"method":"ping"}"#, &modern()).unwrap(), r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    }

    #[test]
    fn a_call_goes_out_under_the_tools_own_name_with_nothing_of_the_other_era() {
        let params = tree(
            r#"{"name":"stripe__get","arguments":{"n":1e400},"_meta":{"progressToken":"tok","traceparent":"t",
               "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/logLevel":"info"},"extra":[],"task":{},"requestState":"forged",
               "inputResponses":{"io.wardroom/connect":{},"q":{"n":1e400}}}"#,
        );
        let Value::Object(params) = params else { panic!() };
        let session =
            std::sync::Arc::new(crate::upstream::endpoint::UpstreamSession::new(None, "2025-11-25", Map::new()));
        let takes = Map::from_iter([("roots".to_owned(), json!({}))]);
        let brought = answers(&params);
        let calling = Calling {
            kind: Kind::CallTool,
            params: &params,
            takes: Some(&takes),
            answers: brought.as_ref(),
            name: "get",
            log_level: Some(1),
            state: Some("s"),
        };
        let legacy = outbound(&calling, 9, &Route::Legacy(session));
        assert_eq!(
            legacy.body,
            r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"get","arguments":{"n":1e+400},"extra":[],"_meta":{"progressToken":9,"traceparent":"t"}}}"#
        );
        assert_eq!(legacy.progress_token, Some("tok".into()));
        let modern = String::from_utf8(outbound(&calling, 9, &Route::Modern).body.to_vec()).unwrap();
        assert!(modern.contains(r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#));
        assert!(modern.contains(r#""io.modelcontextprotocol/logLevel":"info""#));
        assert!(modern.contains(r#""io.modelcontextprotocol/clientCapabilities":{"roots":{}}"#));
        assert!(
            modern.contains(r#""extra":[],"inputResponses":{"q":{"n":1e+400}},"requestState":"s","_meta""#),
            "{modern}"
        );
        let legacy = Calling { takes: None, answers: None, state: None, log_level: None, ..calling };
        let modern = String::from_utf8(outbound(&legacy, 9, &Route::Modern).body.to_vec()).unwrap();
        assert!(modern.contains(r#""io.modelcontextprotocol/clientCapabilities":{}"#));
        assert!(!modern.contains("logLevel"), "{modern}");
        assert!(!modern.contains("inputResponses") && !modern.contains("requestState"), "{modern}");
    }
}
