//! Looking at an upstream before it becomes an integration: which era it speaks, what it calls itself, and its
//! tools as it lists them. Nothing of it is remembered here.

use domain::integration::CredentialKind;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::gateway::Gateway;
use crate::json;
use crate::mcp::client;
use crate::ports::Ports;
use crate::upstream::Upstreams;
use crate::upstream::connection::Shown;
use crate::upstream::endpoint::{Address, Route, Target};
use crate::upstream::failure::Failure;
use crate::upstream::handshake::{self, Told, short};
use crate::upstream::mirror;

/// Which of the two kinds of the protocol an upstream speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Era {
    /// Revision 2026-07-28.
    Modern,
    /// 2025-11-25 and earlier.
    Legacy,
}

/// What was found at an upstream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probed {
    /// What it speaks.
    pub era: Era,
    /// What it calls itself, where it says so. Unverified.
    pub server_name: Option<String>,
    /// Its tools, in its order.
    pub tools: Vec<ProbedTool>,
    /// Tools that must not be offered, with the reason.
    pub left_out: Vec<LeftOut>,
}

/// A tool of an upstream that must not be offered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// What is wrong with its definition.
    pub why: String,
}

/// A tool as an upstream lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProbedTool {
    /// Its name.
    pub name: String,
    /// Its whole definition as JSON text, read strictly and written again.
    pub definition: String,
}

/// Why an upstream could not be looked at, in words for the person who gave its URL.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct ProbeError {
    /// The stable code.
    pub code: &'static str,
    /// What happened and what helps.
    pub sentence: String,
    /// What it said about how it wants to be shown something, where it refused what was shown (`WWW-Authenticate`).
    pub challenge: Option<String>,
}

impl From<Failure> for ProbeError {
    fn from(failure: Failure) -> ProbeError {
        let (code, sentence) = (failure.code(), failure.sentence("the server"));
        let challenge = match failure {
            Failure::Unauthorized { challenge, .. } => challenge.map(String::from),
            _ => None,
        };
        ProbeError { code, sentence, challenge }
    }
}

impl<P: Ports> Gateway<P> {
    /// Looks at an upstream as it would be called, and reads all its tools.
    ///
    /// # Errors
    /// [`ProbeError`] where the URL may not be called, nobody answers there, the credential is not taken, or
    /// what comes back is not a sound list of tools.
    pub async fn probe(
        &self,
        url: &str,
        credential: &CredentialKind,
        secret: Option<&str>,
    ) -> Result<Probed, ProbeError> {
        let address = self.upstreams.address(url)?;
        let secret = secret.map(|secret| Zeroizing::new(secret.to_owned()));
        let shown = Shown::new(credential, secret.as_ref())?;
        Ok(look(&self.upstreams, address, &shown).await?)
    }
}

async fn look(upstreams: &Upstreams, address: Address, shown: &Shown) -> Result<Probed, Failure> {
    let (target, route, said, _running) = match address {
        Address::Http(uri) => {
            let target = Target::Http(uri);
            let (route, said) = match handshake::discover(upstreams, &target, shown).await? {
                Some(said) => (Route::Modern, said),
                None => {
                    let (session, said) = handshake::begin_session(upstreams, &target, (shown, Map::new())).await?;
                    (Route::Legacy(session), said)
                }
            };
            (target, route, said, None)
        }
        Address::Template(template) => {
            let begun = upstreams.children.begin(upstreams, &template, shown, Map::new()).await?;
            (Target::Child(begun.lease), begun.route, begun.said, Some(begun.guard))
        }
    };
    let (era, said) = match route {
        Route::Modern => (Era::Modern, said.pointer("/_meta/io.modelcontextprotocol~1serverInfo").cloned()),
        Route::Legacy(_) | Route::Unknown => (Era::Legacy, said.get("serverInfo").cloned()),
    };
    let (tools, left_out) = tools(upstreams, &target, &route, shown).await?;
    if let Route::Legacy(session) = &route {
        upstreams.say_goodbye(&target, shown, session);
    }
    let title = said.as_ref().and_then(|said| said.get("title")).and_then(Value::as_str).map(short);
    Ok(Probed { era, server_name: title.or_else(|| client::described(said.as_ref())), tools, left_out })
}

async fn tools(
    upstreams: &Upstreams,
    target: &Target,
    route: &Route,
    shown: &Shown,
) -> Result<(Vec<ProbedTool>, Vec<LeftOut>), Failure> {
    let limits = &upstreams.limits;
    let (mut tools, mut left_out) = (Vec::new(), Vec::new());
    let mut bytes_left = limits.answer_bytes_max;
    let mut cursor: Option<Value> = None;
    loop {
        let mut params = Map::new();
        if matches!(route, Route::Modern) {
            params.insert("_meta".to_owned(), Value::Object(handshake::modern_meta()));
        }
        let asked_for = cursor.take();
        params.extend(asked_for.clone().map(|cursor| ("cursor".to_owned(), cursor)));
        let asked = handshake::ask(upstreams, target, (route, shown), "tools/list", Value::Object(params));
        let page = match asked.await?.0 {
            Told::Result(page) => page,
            Told::Status(failure) => return Err(failure),
            Told::Error(error) => {
                let said = error.get("message").and_then(Value::as_str).unwrap_or("no reason given");
                return Err(Failure::Garbled(format!("it does not list its tools ({})", short(said))));
            }
        };
        let listed = page.get("tools").and_then(Value::as_array);
        let listed = listed.ok_or_else(|| Failure::Garbled("its list of tools is not one".to_owned()))?;
        for tool in listed {
            let read = read(tool)?;
            bytes_left = bytes_left.checked_sub(read.definition.len()).ok_or(Failure::TooLarge)?;
            // To a legacy upstream, and to a process, nothing is told in headers, and what its definitions say of it means nothing.
            let has_headers = matches!((route, target), (Route::Modern, Target::Http(_)));
            match mirror::fault(tool).filter(|_| has_headers) {
                Some(why) => left_out.push(LeftOut { name: read.name, why }),
                None => tools.push(read),
            }
            if tools.len() + left_out.len() > limits.probe_tools_max {
                return Err(Failure::Garbled(format!("it lists more than {} tools", limits.probe_tools_max)));
            }
        }
        cursor = page.get("nextCursor").filter(|next| next.is_string()).cloned();
        if cursor.is_none() {
            return Ok((tools, left_out));
        }
        if cursor == asked_for || listed.is_empty() {
            return Err(Failure::Garbled("its list of tools has no end".to_owned()));
        }
    }
}

fn read(tool: &Value) -> Result<ProbedTool, Failure> {
    let name = tool.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Failure::Garbled("it lists a tool without a name".to_owned()))?;
    if !tool.get("inputSchema").is_some_and(Value::is_object) {
        return Err(Failure::Garbled(format!("its tool {} has no inputSchema", short(name))));
    }
    let mut definition = Vec::new();
    json::write(tool, &mut definition);
    let definition = String::from_utf8(definition).map_err(|fault| Failure::Garbled(fault.to_string()))?;
    Ok(ProbedTool { name: name.to_owned(), definition })
}
