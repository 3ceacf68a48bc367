//! The one list of every door. A door is a way in; what it may open is asked of the engine behind it.

use axum::Router;
use tokio::runtime::Handle;

use crate::node::Node;
use crate::{operations, workers};

/// Where each door stands, for the people who read the log and the tests that try every door.
pub(crate) const DOORS: &[(&str, &str)] = &[
    ("management", "/api/v1/…, /api/openapi.json"),
    ("sign-in", "/sign-in, /sign-in/…, /sign-out, /set-up/{ticket}"),
    ("invitations", "/invitation/{link}, /invitation/{link}/join, /invitation/{link}/decline"),
    ("oauth", "/oauth/authorize, /oauth/token, /oauth/register, /oauth/revoke, /.well-known/oauth-…"),
    ("authzen", "/access/v1/…, /.well-known/authzen-configuration"),
    ("scim", "/scim/v2/{org}/…"),
    ("mcp", "/o/{org}/mcp, /o/{org}/mcp/{integration}, /mcp, /mcp/{integration}"),
    ("operations", "/healthz, /readyz"),
];

/// Every door of a node: calls are answered by whichever thread has the connection, all else by the runtime given.
pub(crate) fn router(node: &Node, runtime: Handle) -> Router {
    let api = || api::Api { app: node.app.clone(), public_url: node.public_url.clone() };
    let management = api::router(api());
    let all_else = Router::new().merge(management).merge(operations::router(node));
    let all_else = match node.cast.as_slice() {
        [] => all_else,
        cast => api::demo_door(all_else, api(), cast.to_vec()),
    };
    Router::new().merge(gateway::router(node.gateway.clone())).merge(workers::elsewhere(all_else, runtime))
}
