//! The document from which clients learn where everything stands.

use axum::Json;
use axum::http::{HeaderName, header};
use serde::Serialize;

use super::{EVALUATION, EVALUATIONS, SEARCH_ACTION, SEARCH_RESOURCE, SEARCH_SUBJECT};

/// What is there, as the specification names it. Every address comes from the configured public URL; what a request
/// calls this host is never repeated.
#[derive(Clone, Serialize)]
pub(super) struct Metadata {
    policy_decision_point: String,
    access_evaluation_endpoint: String,
    access_evaluations_endpoint: String,
    search_subject_endpoint: String,
    search_resource_endpoint: String,
    search_action_endpoint: String,
}

/// The document, which may be kept for five minutes.
pub(super) fn document(public_url: &str) -> ([(HeaderName, &'static str); 1], Json<Metadata>) {
    let at = |path: &str| format!("{public_url}{path}");
    let metadata = Metadata {
        policy_decision_point: public_url.to_owned(),
        access_evaluation_endpoint: at(EVALUATION),
        access_evaluations_endpoint: at(EVALUATIONS),
        search_subject_endpoint: at(SEARCH_SUBJECT),
        search_resource_endpoint: at(SEARCH_RESOURCE),
        search_action_endpoint: at(SEARCH_ACTION),
    };
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(metadata))
}
