//! The four URLs of the MCP door. Adding one here is all it takes to open it, and nothing else opens any.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, State};
use axum::response::Response;
use axum::routing::post;
use http::{Method, Request};

use crate::gateway::Gateway;
use crate::pipeline::accept::Door;
use crate::pipeline::{end_session, listen, pass};
use crate::ports::Ports;

/// The MCP door: `/o/{org}/mcp` and `/mcp` with all integrations, `/o/{org}/mcp/{integration}` and
/// `/mcp/{integration}` with one; each of them with a slash at its end as well, since people paste it either way. Serve it with `ConnectInfo<SocketAddr>` where addresses are to be recorded,
/// and set `TCP_NODELAY` on the listener: without it streams stutter.
pub fn router<P: Ports>(gateway: Arc<Gateway<P>>) -> Router {
    let paths = ["/o/{org}/mcp", "/o/{org}/mcp/{integration}", "/mcp", "/mcp/{integration}"];
    let open = |router: Router<Arc<Gateway<P>>>, path: &str| {
        router.route(path, post(enter::<P>).get(enter::<P>).delete(enter::<P>))
    };
    let paths = paths.into_iter().flat_map(|path| [path.to_owned(), format!("{path}/")]);
    paths.fold(Router::new(), |router, path| open(router, &path)).with_state(gateway)
}

async fn enter<P: Ports>(
    State(gateway): State<Arc<Gateway<P>>>,
    parts: RawPathParams,
    request: Request<Body>,
) -> Response {
    let part = |wanted| parts.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    let slash = request.uri().path().ends_with('/');
    let door = Door { org: part("org"), integration: part("integration"), slash };
    match *request.method() {
        Method::POST => pass(gateway, door, request).await,
        Method::DELETE => end_session(gateway, door, request).await,
        _ => listen(gateway, door, request).await,
    }
}
