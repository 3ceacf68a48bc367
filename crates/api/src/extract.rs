//! What endpoints take from a request: the caller, the body, the query. Everything unknown is refused by name.

use app::impact::Mode;
use app::{App, Caller};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Failure;
use crate::visitor::{Visitor, address};

/// Bytes of a request body.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Characters of a client's name that are kept.
const CLIENT_LENGTH_MAX: usize = 80;

/// The caller: a key that works, for the organization that the path names.
pub(crate) struct Keyed(pub(crate) Caller);

/// The caller: a key that works, or somebody who is signed in, for the organization that the path names. Where a key is
/// sent, no cookie is looked at.
pub(crate) struct Signed(pub(crate) Caller);

/// Whoever asks for what is above organizations.
pub(crate) enum Anyone {
    Key(Box<Caller>),
    Session(Visitor),
}

impl FromRequestParts<App> for Keyed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key =
            header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, key) = key.ok_or_else(Failure::no_key)?;
        let caller = app.authenticate(key.trim()).await?;
        if let Some(named) = organization(parts, app).await? {
            let org = app.organization_id(&named).await?;
            if org != Some(caller.live.org()) {
                return Err(Failure::missing("organization"));
            }
        }
        if let Some(credential) = caller.actor.credential {
            app.used(caller.live.org(), credential.id(), address(parts), client_of(parts));
        }
        Ok(Keyed(Caller { mode: mode(parts)?, ..caller }))
    }
}

impl FromRequestParts<App> for Signed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return Keyed::from_request_parts(parts, app).await.map(|Keyed(caller)| Signed(caller));
        }
        let Visitor { signed_in, .. } = Visitor::from_request_parts(parts, app).await?;
        let named = organization(parts, app).await?.ok_or_else(|| Failure::missing("organization"))?;
        let caller = app.caller_in(&signed_in, &named).await?;
        Ok(Signed(Caller { mode: mode(parts)?, ..caller }))
    }
}

impl FromRequestParts<App> for Anyone {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let Keyed(caller) = Keyed::from_request_parts(parts, app).await?;
            return Ok(Anyone::Key(Box::new(caller)));
        }
        Visitor::from_request_parts(parts, app).await.map(Anyone::Session)
    }
}

/// The client as it states itself.
pub(crate) fn client_of(parts: &Parts) -> Option<String> {
    let client = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    client.map(|client| client.chars().take(CLIENT_LENGTH_MAX).collect())
}

/// The organization that the path names, by slug or id, if it names one.
async fn organization(parts: &mut Parts, app: &App) -> Result<Option<String>, Failure> {
    let path = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Failure::missing("page"))?;
    Ok(path.iter().find(|(name, _)| *name == "org").map(|(_, named)| named.to_owned()))
}

/// The header with which a change is only asked for its impact.
const PREVIEW: &str = "wardroom-preview";

/// How the caller wants a change to be made.
fn mode(parts: &Parts) -> Result<Mode, Failure> {
    let text = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let preview = match text(PREVIEW) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            return Err(Failure::bad_field("Wardroom-Preview", "send true to be told the impact, or leave it out"));
        }
    };
    let expected_seq = text(header::IF_MATCH.as_str()).map(|tag| tag.trim_matches('"').parse()).transpose();
    let expected_seq = expected_seq.map_err(|_| {
        Failure::bad_field("If-Match", "send the seq that came with the impact, such as If-Match: \"41\"")
    })?;
    Ok(Mode { preview, expected_seq })
}

/// A JSON body of which every field is known.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        if !kind.trim_start().to_ascii_lowercase().starts_with("application/json") {
            return Err(Failure::bad_request("not-json", "send JSON, with the header Content-Type: application/json"));
        }
        let bytes = Bytes::from_request(request, app).await;
        let bytes = bytes.map_err(|_| Failure::too_large(format!("send at most {BODY_BYTES_MAX} bytes")))?;
        // A list would be taken for an object whose fields stand in order, and unknown ones would go unnoticed.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(Failure::bad_request("not-json", "send a JSON object: { … }"));
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let error = error.into_inner();
            if error.is_data() {
                let field = if path == "." { named_field(&error.to_string()).unwrap_or_default() } else { path };
                Failure::bad_field(field, for_people(&without_place(&error.to_string())))
            } else {
                not_json(&error)
            }
        })?;
        reader.end().map_err(|error| not_json(&error))?;
        Ok(Body(value))
    }
}

/// A request that says everything in its path: no body, or an empty object. Read all the same, so that the connection
/// can be used again.
pub(crate) struct NoBody;

impl FromRequest<App> for NoBody {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let bytes = Bytes::from_request(request, app).await;
        let bytes = bytes.map_err(|_| Failure::too_large(format!("send at most {BODY_BYTES_MAX} bytes")))?;
        let text: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        match text.as_slice() {
            b"" | b"{}" => Ok(NoBody),
            _ => Err(Failure::bad_request("unexpected-body", "this request takes no fields; send no body, or {}")),
        }
    }
}

/// The field that serde's message names in backticks.
fn named_field(message: &str) -> Option<String> {
    message.split('`').nth(1).map(str::to_owned)
}

/// The message without serde's line and column.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(text, _)| text).to_owned()
}

fn not_json(error: &serde_json::Error) -> Failure {
    let told = match error.is_eof() {
        true => "it ends too early; a bracket or a quotation mark is missing".to_owned(),
        false => error.to_string(),
    };
    Failure::bad_request("not-json", format!("the body is not JSON: {told}"))
}

/// What the reader expects, in its own words and in those of whoever sends something.
const EXPECTED: &[(&str, &str)] = &[
    ("a boolean", "true or false"),
    ("a string", "a text"),
    ("a borrowed string", "a text"),
    ("a sequence", "a list"),
    ("a map", "an object"),
];

/// The reader speaks to whoever programs with it; this is for whoever wrote the request.
pub(crate) fn for_people(message: &str) -> String {
    if let Some((given, known)) =
        message.strip_prefix("unknown variant `").and_then(|rest| rest.split_once("`, expected "))
    {
        let known = known.trim_start_matches("one of ").replace('`', "");
        return format!("{given} is none of what can stand here: {known}");
    }
    if message.contains("invalid digit") || message.contains("cannot parse integer") {
        return "give a whole number".to_owned();
    }
    if message.contains("number too large") {
        return "give a smaller number".to_owned();
    }
    let Some((_, expected)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    let number = |of: &str| expected.strip_prefix(of).is_some_and(|bits| bits.parse::<u8>().is_ok() || bits == "size");
    if number("u") {
        let is_whole = message.contains("integer `") && !message.contains("integer `-");
        let told = if is_whole { "give a smaller number" } else { "give a whole number that is not negative" };
        return told.to_owned();
    }
    if number("i") {
        return "give a whole number".to_owned();
    }
    if expected.starts_with("struct ") {
        return "give an object".to_owned();
    }
    match EXPECTED.iter().find(|(theirs, _)| *theirs == expected) {
        Some((_, ours)) => format!("give {ours}"),
        None => message.to_owned(),
    }
}

/// A query string of which every parameter is known.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        let query = Query::<T>::try_from_uri(&parts.uri).map_err(|error| {
            let message = error.body_text();
            let detail = message.rsplit_once(": ").map_or(message.clone(), |(_, text)| text.to_owned());
            let before = || message.rsplit(": ").nth(1).filter(|word| !word.contains(' ')).map(str::to_owned);
            let field = named_field(&detail).or_else(before).unwrap_or_else(|| "query".to_owned());
            Failure::bad_field(field, for_people(&detail))
        })?;
        Ok(Params(query.0))
    }
}

/// How many items a page may have.
pub(crate) fn page_size(limit: Option<u32>) -> Result<usize, Failure> {
    match limit {
        None => Ok(100),
        Some(limit @ 1..=1000) => Ok(limit as usize),
        Some(_) => Err(Failure::bad_field("limit", "give a number from 1 to 1000")),
    }
}

/// A cursor that no page ended with.
pub(crate) fn bad_cursor() -> Failure {
    Failure::bad_field("cursor", "give the value of next of the page before")
}

/// The page, and whether there is more, from one item more than a page may have.
pub(crate) fn page<T>(mut items: Vec<T>, limit: usize) -> (Vec<T>, bool) {
    let more = items.len() > limit;
    items.truncate(limit);
    (items, more)
}

/// The limit that the router sets on every body.
pub(crate) const fn body_bytes_max() -> usize {
    BODY_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_reader_says_is_told_in_the_words_of_whoever_sent_it() {
        let told = [
            (
                "unknown variant `ful`, expected one of `read-only`, `full`",
                "ful is none of what can stand here: read-only, full",
            ),
            ("invalid value: integer `-1`, expected u32", "give a whole number that is not negative"),
            ("invalid type: string \"x\", expected a boolean", "give true or false"),
            ("invalid type: integer `3`, expected struct Thing", "give an object"),
            ("invalid value: integer `5000000000`, expected u32", "give a smaller number"),
            ("number too large to fit in target type", "give a smaller number"),
            ("invalid digit found in string", "give a whole number"),
            ("missing field `title`", "missing field `title`"),
        ];
        for (theirs, ours) in told {
            assert_eq!(for_people(theirs), ours);
        }
    }
}
