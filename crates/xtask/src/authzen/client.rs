//! One client of the examined server.

use std::time::Duration;

use serde_json::Value;
use ureq::http::{self, header};

/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Endpoint {
    Evaluation,
    Evaluations,
    SearchSubject,
    SearchResource,
    SearchAction,
}

impl Endpoint {
    pub(super) const ALL: [Endpoint; 5] = [
        Endpoint::Evaluation,
        Endpoint::Evaluations,
        Endpoint::SearchSubject,
        Endpoint::SearchResource,
        Endpoint::SearchAction,
    ];

    /// The name of its address in the metadata.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Endpoint::Evaluation => "access_evaluation_endpoint",
            Endpoint::Evaluations => "access_evaluations_endpoint",
            Endpoint::SearchSubject => "search_subject_endpoint",
            Endpoint::SearchResource => "search_resource_endpoint",
            Endpoint::SearchAction => "search_action_endpoint",
        }
    }

    fn default_path(self) -> &'static str {
        match self {
            Endpoint::Evaluation => "/access/v1/evaluation",
            Endpoint::Evaluations => "/access/v1/evaluations",
            Endpoint::SearchSubject => "/access/v1/search/subject",
            Endpoint::SearchResource => "/access/v1/search/resource",
            Endpoint::SearchAction => "/access/v1/search/action",
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    content_type: String,
    pub(super) request_id: Option<String>,
    /// Null where it is not JSON.
    pub(super) body: Value,
    text: String,
}

impl Answer {
    /// The body of an answer that must have succeeded.
    pub(super) fn ok(&self) -> Result<&Value, String> {
        if self.status != 200 {
            return Err(format!("status {} instead of 200: {}", self.status, self.shown()));
        }
        if self.content_type.split(';').next().map(str::trim) != Some("application/json") {
            return Err(format!("Content-Type is {:?} instead of application/json", self.content_type));
        }
        if !self.body.is_object() {
            return Err(format!("the body is no JSON object: {}", self.shown()));
        }
        Ok(&self.body)
    }

    /// That the request was refused as malformed.
    pub(super) fn refused(&self) -> Result<(), String> {
        if self.status == 400 {
            Ok(())
        } else {
            Err(format!("status {} instead of 400: {}", self.status, self.shown()))
        }
    }

    fn shown(&self) -> String {
        self.text.chars().take(200).collect()
    }
}

/// A client of one server.
pub(super) struct Client {
    pub(super) url: String,
    key: Option<String>,
    addresses: [String; 5],
    /// Which of them the metadata names.
    named: [bool; 5],
    agent: ureq::Agent,
}

impl Client {
    pub(super) fn new(url: &str, key: Option<&str>) -> Client {
        let url = url.trim_end_matches('/').to_owned();
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let addresses = Endpoint::ALL.map(|endpoint| format!("{url}{}", endpoint.default_path()));
        Client { url, key: key.map(str::to_owned), addresses, named: [false; 5], agent: agent.build().into() }
    }

    /// Notes that the metadata names an endpoint, wherever that may be.
    pub(super) fn named(&mut self, endpoint: Endpoint) {
        self.named[endpoint as usize] = true;
    }

    /// Why these endpoints are not there: the metadata names none of them, and all answer 404. None where one is.
    pub(super) fn lack(&self, endpoints: &[Endpoint]) -> Option<String> {
        let is_missing = |endpoint: &Endpoint| {
            let answer = || self.post(*endpoint, &Value::Object(serde_json::Map::new()));
            !self.named[*endpoint as usize] && answer().is_ok_and(|answer| answer.status == 404)
        };
        let paths: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.default_path()).collect();
        let all = endpoints.iter().all(is_missing);
        all.then(|| format!("no metadata names it, and 404 comes from {}", paths.join(", ")))
    }

    /// Asks an endpoint where the metadata says that it is.
    pub(super) fn found_at(&mut self, endpoint: Endpoint, address: &str) {
        address.clone_into(&mut self.addresses[endpoint as usize]);
    }

    pub(super) fn get(&self, address: &str) -> Result<Answer, String> {
        let request = http::Request::get(address).body(()).map_err(|error| error.to_string())?;
        read(address, self.agent.run(request))
    }

    /// Sends a question.
    pub(super) fn post(&self, endpoint: Endpoint, body: &Value) -> Result<Answer, String> {
        self.send(endpoint, "application/json", body.to_string(), None)
    }

    /// Sends a question with a name of its own.
    pub(super) fn post_as(&self, endpoint: Endpoint, body: &Value, request_id: &str) -> Result<Answer, String> {
        self.send(endpoint, "application/json", body.to_string(), Some(request_id))
    }

    /// Sends anything.
    pub(super) fn send(
        &self,
        endpoint: Endpoint,
        content_type: &str,
        body: String,
        request_id: Option<&str>,
    ) -> Result<Answer, String> {
        let address = &self.addresses[endpoint as usize];
        let mut request = http::Request::post(address).header(header::CONTENT_TYPE, content_type);
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        if let Some(id) = request_id {
            request = request.header("x-request-id", id);
        }
        let request = request.body(body).map_err(|error| error.to_string())?;
        read(address, self.agent.run(request))
    }
}

fn read(address: &str, answer: Result<http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let mut answer = answer.map_err(|error| format!("{address} does not answer: {error}"))?;
    let text = answer.body_mut().read_to_string().map_err(|error| format!("{address}: {error}"))?;
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Answer {
        status: answer.status().as_u16(),
        content_type: header("content-type").unwrap_or_default(),
        request_id: header("x-request-id"),
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
    })
}
