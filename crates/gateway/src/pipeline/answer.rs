//! How a request is answered without a stream, and how a step ends the pipeline early.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use crate::message::{Fault, code};

/// A step ended the pipeline: this is the answer. Whatever had to be recorded has been.
#[derive(Debug)]
pub(crate) struct Exit(Box<Response>);

impl Exit {
    pub(crate) fn fault(status: StatusCode, id: Option<&Value>, fault: &Fault) -> Exit {
        Exit(Box::new(json(status, fault.to_bytes(id))))
    }

    /// The organization or the record cannot be had now.
    pub(crate) fn unavailable(id: Option<&Value>, message: &str) -> Exit {
        let mut response = json(StatusCode::SERVICE_UNAVAILABLE, Fault::new(code::INTERNAL, message).to_bytes(id));
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        Exit(Box::new(response))
    }

    /// Nobody was identified. The sentence says what to do, and the challenge says it to programs.
    pub(crate) fn not_identified(message: &str, challenge: &str) -> Exit {
        let fault = Fault::new(code::NOT_IDENTIFIED, message);
        Exit::challenged(StatusCode::UNAUTHORIZED, fault.to_bytes(None), challenge)
    }

    /// An answer that says to programs what they have to show instead.
    pub(crate) fn challenged(status: StatusCode, message: Bytes, challenge: &str) -> Exit {
        let mut response = json(status, message);
        let challenge = HeaderValue::from_str(challenge).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        Exit(Box::new(response))
    }

    pub(crate) fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Response> for Exit {
    fn from(response: Response) -> Exit {
        Exit(Box::new(response))
    }
}

/// One JSON message as the whole answer. Answers differ by caller, so nobody in between may keep one.
pub(crate) fn json(status: StatusCode, message: Bytes) -> Response {
    let mut response = Response::new(Body::from(message));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer without content.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A stream of events as the answer.
pub(crate) fn stream(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    // Proxies that buffer would hold back progress until the end.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
