//! Lists of what integrations have besides tools: their prompts, their resources and the templates of these. Whoever asks at the
//! door of one integration is given that server's own list, page by page. At the one URL all of them are asked, at the same
//! time, and what comes is one list; one that does not answer in time holds up nobody.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use verdict::{Question, Verdict};

use crate::gateway::Gateway;
use crate::json;
use crate::mcp::list;
use crate::mcp::session::Session;
use crate::pipeline::accept::Door;
use crate::pipeline::answer::{self, Exit};
use crate::pipeline::call::{self, From, Takes};
use crate::pipeline::identify::Caller;
use crate::pipeline::kind::Kind;
use crate::pipeline::line;
use crate::pipeline::parse::Request;
use crate::pipeline::question::Wanted;
use crate::ports::Ports;

/// What a result says of the integrations that are not in it, by their titles.
const MISSING: &str = "io.wardroom/missing";

/// Answers a list of something besides tools.
pub(crate) async fn list<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: Caller<P::Access>,
    (door, session): (Door, Option<Arc<Session>>),
    ((kind, member), request): ((Kind, &str), Request),
    takes: Takes,
) -> Result<Response, Exit> {
    let Some(slug) = door.integration.clone() else {
        return Ok(all(gateway, &caller, (&door, session), ((kind, member), &request)).await);
    };
    let wanted = Wanted::list(kind, slug);
    if !may(gateway, &caller, &wanted) {
        let nothing = list::whole(&request, member, Vec::new(), Map::new());
        return Ok(answer::json(StatusCode::OK, nothing));
    }
    let from = From { door: &door, session, is_asked: takes.stream, ear: None };
    let hearing = call::begin(gateway, caller, from, (request, wanted)).await?;
    Ok(line::respond(hearing, takes.stream, takes.json, &gateway.options.limits).await)
}

fn may<P: Ports>(gateway: &Gateway<P>, caller: &Caller<P::Access>, wanted: &Wanted) -> bool {
    let question = Question { actor: &caller.actor, action: wanted.action(), now: gateway.ports.now() };
    matches!(caller.snapshot.evaluate(&question), Verdict::Allowed(_))
}

/// Everything of a kind that the caller reaches, from all integrations.
async fn all<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    (door, session): (&Door, Option<Arc<Session>>),
    ((kind, member), request): ((Kind, &str), &Request),
) -> Response {
    let limits = &gateway.options.limits;
    let now = gateway.ports.now();
    let reached = caller.snapshot.reached_integrations(&caller.actor, now).map(|(integration, _)| integration);
    let reached: Vec<_> = reached
        .map(|integration| (Wanted::list(kind, integration.slug.to_string()), integration.title.to_string()))
        .filter(|(wanted, _)| may(gateway, caller, wanted))
        .collect();
    let within = Duration::from_millis(limits.list_ms_max);
    let asked = reached.into_iter().map(|(wanted, title)| {
        let of_one = of_one(gateway, caller, (door, session.clone()), (member, request, wanted));
        async move { (tokio::time::timeout(within, of_one).await.ok().flatten(), title) }
    });
    let mut answered = stream::iter(asked).buffered(limits.lists_at_once_max);
    let (mut listed, mut missing) = (Vec::new(), Vec::new());
    while let Some((part, title)) = answered.next().await {
        let room = limits.listed_max.saturating_sub(listed.len());
        match part {
            Some(part) if part.len() <= room => listed.extend(part),
            _ => missing.push(Value::from(title)),
        }
    }
    let meta = if missing.is_empty() { Map::new() } else { Map::from_iter([(MISSING.to_owned(), json!(missing))]) };
    answer::json(StatusCode::OK, list::whole(request, member, listed, meta))
}

/// Everything of a kind that one integration has; none where that cannot be had.
async fn of_one<P: Ports>(
    gateway: &Arc<Gateway<P>>,
    caller: &Caller<P::Access>,
    (door, session): (&Door, Option<Arc<Session>>),
    (member, request, wanted): (&str, &Request, Wanted),
) -> Option<Vec<Value>> {
    let limits = &gateway.options.limits;
    let mut listed = Vec::new();
    let mut cursor: Option<Value> = None;
    loop {
        let mut params = Map::new();
        if let Some(Value::Object(mut meta)) = request.params.get("_meta").cloned() {
            // What one of many reports is nothing to whoever waits for all.
            meta.shift_remove("progressToken");
            params.insert("_meta".to_owned(), meta.into());
        }
        let asked_for = cursor.take();
        params.extend(asked_for.clone().map(|cursor| ("cursor".to_owned(), cursor)));
        let (id, method, dialect) = (request.id.clone(), request.method.clone(), request.dialect.clone());
        let page = Request { id, method, params, dialect, param_headers: HeaderMap::new() };
        let from = From { door, session: session.clone(), is_asked: false, ear: None };
        let hearing = call::begin(gateway, caller.clone(), from, (page, wanted.clone())).await.ok()?;
        let end = hearing.end().await?;
        let mut said = json::parse(&end.message, limits.depth_max).ok()?;
        let result = said.get_mut("result")?;
        cursor = result.get("nextCursor").filter(|next| next.is_string()).cloned();
        let Some(Value::Array(page)) = result.get_mut(member).map(Value::take) else { return None };
        let is_over = cursor.is_none() || cursor == asked_for || page.is_empty();
        listed.extend(page);
        if is_over || listed.len() > limits.listed_max {
            return Some(listed);
        }
    }
}
