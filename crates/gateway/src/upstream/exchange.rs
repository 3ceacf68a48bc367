//! One message to an upstream, and the messages that come back for it, as they come.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::Value;

use crate::json;
use crate::limits::Limits;
use crate::mcp::version;
use crate::pipeline::dialect::encode;
use crate::upstream::child::Answers;
use crate::upstream::connection::{Connection, Shown, retry_after_s};
use crate::upstream::endpoint::{Route, Target};
use crate::upstream::failure::Failure;
use crate::upstream::sse::Decoder;

/// Milliseconds for which a stream is read on after its answer has come.
const RUN_OUT_MS_MAX: u64 = 1_000;
/// Milliseconds before the rest of a stream is asked for, where the upstream does not say; and at most, whatever it says.
const RESUME_MS: u64 = 1_000;
const RESUME_MS_MAX: u64 = 30_000;
/// Where the last event that came in is named (HTML, section 9.2.4).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Bytes of what an upstream says about how it wants to be shown something; longer is as if nothing were said.
const CHALLENGE_LENGTH_MAX: usize = 4_096;

/// A message on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// Its id, where it is to be answered.
    pub(crate) id: Option<u64>,
    /// Its method, which modern upstreams are told in a header as well.
    pub(crate) method: &'static str,
    /// The tool it names, likewise.
    pub(crate) name: Option<Box<str>>,
    /// Arguments that the tool's definition wants told in headers, likewise.
    pub(crate) mirrored: HeaderMap,
    pub(crate) body: Bytes,
}

/// The messages that come back.
#[derive(Debug)]
pub(crate) struct Answering {
    from: Source,
    /// What came in so far, in bytes.
    pub(crate) received_bytes: u64,
}

/// Where they come from.
#[derive(Debug)]
enum Source {
    Http(Box<Answered>),
    Child(Answers),
}

/// An answer over HTTP.
#[derive(Debug)]
struct Answered {
    body: Incoming,
    form: Form,
    depth_max: usize,
    bytes_left: usize,
    message_bytes_max: usize,
    received_bytes: u64,
}

#[derive(Debug)]
enum Form {
    Single(Option<BytesMut>),
    Events(Decoder),
}

/// The head of an answer, checked.
pub(crate) enum Head {
    /// Messages follow.
    Messages(Box<Answering>),
    /// Taken, and no message follows.
    Taken,
    /// An HTTP error that carries messages: the upstream says in its own words what is wrong.
    Told(StatusCode, Box<Answering>, Failure),
    /// An HTTP error.
    Failed(StatusCode, Failure),
}

/// How a stream that broke before its answer is gone on with.
#[derive(Clone, Debug)]
pub(crate) struct Resumption {
    /// The last event that came in.
    after: HeaderValue,
    /// Milliseconds to wait before asking for the rest.
    pub(crate) wait_ms: u64,
}

/// Sends one message along a route.
pub(crate) async fn send(
    connection: &Connection,
    target: &Target,
    (route, shown): (&Route, &Shown),
    outgoing: &Outgoing,
    limits: &Limits,
) -> Result<(Head, Response<()>), Failure> {
    let uri = match target {
        Target::Http(uri) => uri,
        Target::Child(child) => return Ok((child.send(outgoing).await?, Response::new(()))),
    };
    let mut headers = outgoing.mirrored.clone();
    put_route(route, &mut headers);
    match route {
        Route::Modern => {
            headers.insert("mcp-method", HeaderValue::from_static(outgoing.method));
            if let Some(name) = &outgoing.name {
                let name = HeaderValue::from_str(&encode(name)).map_err(|fault| Failure::Garbled(fault.to_string()))?;
                headers.insert("mcp-name", name);
            }
        }
        Route::Legacy(_) | Route::Unknown => {}
    }
    let response = connection.send(Method::POST, uri, shown, headers, outgoing.body.clone()).await?;
    let (parts, body) = response.into_parts();
    let answering = form_of(&parts.headers, limits).map(|form| Box::new(Answering::over_http(body, form, limits)));
    let head = match (parts.status, answering) {
        (StatusCode::ACCEPTED | StatusCode::NO_CONTENT, _) => Head::Taken,
        (status, Some(answering)) if status.is_success() => Head::Messages(answering),
        (status, None) if status.is_success() => {
            Head::Failed(status, Failure::Garbled("it is neither JSON nor a stream of events".to_owned()))
        }
        (status, Some(answering)) => Head::Told(status, answering, failure_of(status, &parts.headers)),
        (status, None) => Head::Failed(status, failure_of(status, &parts.headers)),
    };
    Ok((head, Response::from_parts(parts, ())))
}

/// Opens the stream on which a legacy upstream says what belongs to no call (revision 2025-11-25, basic/transports, "Listening for
/// Messages from the Server").
///
/// A process has no such stream.
pub(crate) async fn listen(
    connection: &Connection,
    target: &Target,
    (route, shown): (&Route, &Shown),
    limits: &Limits,
) -> Result<Box<Answering>, Failure> {
    let Target::Http(uri) = target else {
        return Err(Failure::Status { status: StatusCode::METHOD_NOT_ALLOWED.as_u16(), retry_after_s: None });
    };
    let mut headers = HeaderMap::new();
    put_route(route, &mut headers);
    let (parts, body) = connection.send(Method::GET, uri, shown, headers, Bytes::new()).await?.into_parts();
    match form_of(&parts.headers, limits) {
        Some(form @ Form::Events(_)) if parts.status.is_success() => {
            Ok(Box::new(Answering::over_http(body, form, limits)))
        }
        _ if parts.status.is_success() => Err(Failure::Garbled("it is no stream of events".to_owned())),
        _ => Err(failure_of(parts.status, &parts.headers)),
    }
}

/// What tells an upstream along which route a message comes.
fn put_route(route: &Route, headers: &mut HeaderMap) {
    match route {
        Route::Modern => {
            headers.insert("mcp-protocol-version", HeaderValue::from_static(version::MODERN));
        }
        Route::Legacy(session) => {
            headers.insert("mcp-protocol-version", HeaderValue::from_static(session.version));
            if let Some(id) = &session.id {
                headers.insert("mcp-session-id", id.clone());
            }
        }
        Route::Unknown => {}
    }
}

fn failure_of(status: StatusCode, headers: &HeaderMap) -> Failure {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Failure::Unauthorized { status: status.as_u16(), challenge: challenge(headers) }
        }
        StatusCode::TOO_MANY_REQUESTS => Failure::Limited { retry_after_s: retry_after_s(headers) },
        status if status.is_redirection() => Failure::Destination("it sends callers to another address".to_owned()),
        status => Failure::Status { status: status.as_u16(), retry_after_s: retry_after_s(headers) },
    }
}

/// All that an upstream says about how it wants to be shown something.
fn challenge(headers: &HeaderMap) -> Option<Box<str>> {
    let said: Vec<&str> = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
    let whole = said.join(", ");
    (!whole.is_empty() && whole.len() <= CHALLENGE_LENGTH_MAX).then(|| whole.into())
}

enum Kind {
    Single,
    Events,
}

fn kind_of(headers: &HeaderMap) -> Option<Kind> {
    let stated = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = stated.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        Some(Kind::Single)
    } else if kind.eq_ignore_ascii_case("text/event-stream") {
        Some(Kind::Events)
    } else {
        None
    }
}

fn form_of(headers: &HeaderMap, limits: &Limits) -> Option<Form> {
    kind_of(headers).map(|kind| match kind {
        Kind::Single => Form::Single(Some(BytesMut::new())),
        Kind::Events => Form::Events(Decoder::new(limits.message_bytes_max)),
    })
}

impl Answering {
    fn over_http(body: Incoming, form: Form, limits: &Limits) -> Answering {
        let answered = Answered {
            body,
            form,
            depth_max: limits.depth_max,
            bytes_left: limits.answer_bytes_max,
            message_bytes_max: limits.message_bytes_max,
            received_bytes: 0,
        };
        Answering { from: Source::Http(Box::new(answered)), received_bytes: 0 }
    }

    /// What a process answers.
    pub(super) fn of(answers: Answers) -> Answering {
        Answering { from: Source::Child(answers), received_bytes: 0 }
    }

    /// The next message, or nothing when there are no more. May be dropped and asked again without loss.
    pub(crate) async fn next(&mut self) -> Result<Option<Value>, Failure> {
        match &mut self.from {
            Source::Http(answered) => {
                let next = answered.next().await;
                self.received_bytes = answered.received_bytes;
                next
            }
            Source::Child(answers) => {
                let (message, bytes) = answers.next().await?;
                self.received_bytes += bytes as u64;
                Ok(Some(message))
            }
        }
    }

    /// How the rest can be had where a stream of a legacy upstream has broken off: it names its events, and takes the name of
    /// the last one (revision 2025-11-25, basic/transports, "Resumability and Redelivery").
    pub(crate) fn resumption(&self) -> Option<Resumption> {
        match &self.from {
            Source::Http(answered) => answered.resumption(),
            Source::Child(_) => None,
        }
    }

    /// Asks for the rest of a stream that broke off. Nothing is sent again: the upstream gives what it has, or says that it
    /// has nothing.
    pub(crate) async fn resume(
        &mut self,
        connection: &Connection,
        target: &Target,
        by: (&Route, &Shown),
        resumption: Resumption,
    ) -> Result<(), Failure> {
        match (&mut self.from, target) {
            (Source::Http(answered), Target::Http(uri)) => answered.resume(connection, uri, by, resumption).await,
            _ => Err(Failure::Closed),
        }
    }

    /// Reads a stream to its end after the answer has come, so that the connection can be used again. One that
    /// does not end soon is closed instead.
    pub(crate) async fn run_out(self) {
        if let Source::Http(answered) = self.from {
            answered.run_out().await;
        }
    }
}

impl Answered {
    async fn next(&mut self) -> Result<Option<Value>, Failure> {
        loop {
            if let Form::Events(decoder) = &mut self.form
                && let Some(event) = decoder.next().map_err(|_| Failure::TooLarge)?
            {
                return self.read(&event).map(Some);
            }
            let Some(frame) = self.body.frame().await else { return self.last() };
            let Ok(frame) = frame.map_err(|_| Failure::Closed)?.into_data() else { continue };
            self.received_bytes += frame.len() as u64;
            self.bytes_left = self.bytes_left.checked_sub(frame.len()).ok_or(Failure::TooLarge)?;
            match &mut self.form {
                Form::Events(decoder) => decoder.feed(frame),
                Form::Single(Some(whole)) if whole.len() + frame.len() <= self.message_bytes_max => {
                    whole.extend_from_slice(&frame);
                }
                Form::Single(_) => return Err(Failure::TooLarge),
            }
        }
    }

    fn resumption(&self) -> Option<Resumption> {
        let Form::Events(decoder) = &self.form else { return None };
        let after = HeaderValue::from_bytes(decoder.last_id()?).ok()?;
        let wait_ms = decoder.retry_ms().unwrap_or(RESUME_MS).min(RESUME_MS_MAX);
        Some(Resumption { after, wait_ms })
    }

    async fn resume(
        &mut self,
        connection: &Connection,
        uri: &Uri,
        (route, shown): (&Route, &Shown),
        resumption: Resumption,
    ) -> Result<(), Failure> {
        let mut headers = HeaderMap::new();
        put_route(route, &mut headers);
        headers.insert(LAST_EVENT_ID, resumption.after);
        let response = connection.send(Method::GET, uri, shown, headers, Bytes::new()).await?;
        let (parts, body) = response.into_parts();
        match (&mut self.form, kind_of(&parts.headers)) {
            (Form::Events(decoder), Some(Kind::Events)) if parts.status.is_success() => decoder.begin_again(),
            _ => return Err(Failure::Closed),
        }
        self.body = body;
        Ok(())
    }

    async fn run_out(mut self) {
        if matches!(self.form, Form::Single(_)) {
            return;
        }
        let rest = async {
            while let Some(Ok(frame)) = self.body.frame().await {
                let length = frame.data_ref().map_or(0, Bytes::len);
                let Some(left) = self.bytes_left.checked_sub(length) else { return };
                self.bytes_left = left;
            }
        };
        // Whether it ended or not, nobody waits for it.
        let _ = tokio::time::timeout(Duration::from_millis(RUN_OUT_MS_MAX), rest).await;
    }

    fn last(&mut self) -> Result<Option<Value>, Failure> {
        match &mut self.form {
            Form::Events(_) => Ok(None),
            Form::Single(whole) => match whole.take() {
                None => Ok(None),
                Some(whole) => self.read(&whole).map(Some),
            },
        }
    }

    fn read(&self, message: &[u8]) -> Result<Value, Failure> {
        json::parse(message, self.depth_max).map_err(|fault| Failure::Garbled(fault.to_string()))
    }
}
