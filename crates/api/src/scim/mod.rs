//! The door for company directories: SCIM 2.0 (RFC 7643, 7644), by which Entra ID, Okta and their like keep the members of
//! an organization up to date.
//!
//! The secret of a connection lets in, and nothing else does: no key, and no cookie. Attributes that are not known here are
//! passed over, as the specification has it, and never acted upon; errors have the specification's form. What a connection
//! may do is said by the engine. `docs/guides/directory.md` says what comes of what is sent.
//!
//! Start reading at [`router`], then `users`, then `groups`.

mod config;
mod door;
mod fault;
mod filter;
mod group;
mod groups;
mod patch;
mod user;
mod users;
mod value;

use app::App;
use axum::http::StatusCode;
use axum::{Router, routing};

use fault::Fault;

/// What a user is, to directories.
const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// What a group is.
const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Members, or groups, on a page at most.
const PAGE_MAX: usize = 200;

/// The endpoints.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/scim/v2/{org}/Users", routing::get(users::list).post(users::create))
        .route(
            "/scim/v2/{org}/Users/{id}",
            routing::get(users::show).put(users::replace).patch(users::change).delete(users::delete),
        )
        .route("/scim/v2/{org}/Groups", routing::get(groups::list).post(groups::create))
        .route(
            "/scim/v2/{org}/Groups/{id}",
            routing::get(groups::show).put(groups::replace).patch(groups::change).delete(groups::delete),
        )
        .route("/scim/v2/{org}/ServiceProviderConfig", routing::get(config::service_provider))
        .route("/scim/v2/{org}/ResourceTypes", routing::get(config::resource_types))
        .route("/scim/v2/{org}/ResourceTypes/{id}", routing::get(config::resource_type))
        .route("/scim/v2/{org}/Schemas", routing::get(config::schemas))
        .route("/scim/v2/{org}/Schemas/{id}", routing::get(config::schema))
        .route("/scim/{*rest}", routing::any(|| std::future::ready(nothing_there())))
        .method_not_allowed_fallback(|| std::future::ready(wrong_method()))
}

fn nothing_there() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "there is nothing here; /scim/v2/ORG/ResourceTypes names what there is")
}

fn wrong_method() -> Fault {
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not answer to this method")
}
