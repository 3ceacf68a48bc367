//! Errors of this door: an HTTP status and a sentence. They say that a request could not be answered; a no is no error.

use app::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Failure;

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(super) status: StatusCode,
    /// For whoever wrote the client.
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Fault {
        Fault { status, message: message.into() }
    }

    /// The request is not what the specification has there.
    pub(super) fn bad(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::BAD_REQUEST, message)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Fault {
        let (status, message) = failure.status_and_detail();
        // The specification has one status for every request that cannot be understood.
        let status = if status == StatusCode::UNPROCESSABLE_ENTITY { StatusCode::BAD_REQUEST } else { status };
        Fault { status, message }
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Fault {
        let said = match &problem {
            Problem::Denied { explanation, .. } => {
                let remedy = explanation.remedy.as_ref().map_or_else(String::new, |remedy| format!("; {remedy}"));
                Some(format!("to ask about others: {}{remedy}", explanation.because))
            }
            Problem::Invalid { field, message } => Some(format!("{field}: {message}")),
            _ => None,
        };
        let fault = Fault::from(Failure::from(problem));
        Fault { message: said.unwrap_or(fault.message), ..fault }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.message).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"wardroom\""));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
