//! The four URLs of the MCP door. Adding one here is all it takes to open it, and nothing else opens any.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use http::Request;

use crate::gateway::Gateway;
use crate::pipeline::accept::Door;
use crate::pipeline::{end_session, listen, pass};
use crate::ports::Ports;

/// The MCP door: `/o/{org}/mcp` and `/mcp` with all integrations, `/o/{org}/mcp/{integration}` and
/// `/mcp/{integration}` with one. Serve it with `ConnectInfo<SocketAddr>` where addresses are to be recorded,
/// and set `TCP_NODELAY` on the listener: without it streams stutter.
pub fn router<P: Ports>(gateway: Arc<Gateway<P>>) -> Router {
    let all = post(at_org::<P>).get(listen_at_org::<P>).delete(end_at_org::<P>);
    let one = post(at_integration::<P>).get(listen_at_integration::<P>).delete(end_at_integration::<P>);
    let all_of_key = post(at_key::<P>).get(listen_at_key::<P>).delete(end_at_key::<P>);
    let one_of_key = post(at_key_one::<P>).get(listen_at_key_one::<P>).delete(end_at_key_one::<P>);
    Router::new()
        .route("/o/{org}/mcp", all)
        .route("/o/{org}/mcp/{integration}", one)
        .route("/mcp", all_of_key)
        .route("/mcp/{integration}", one_of_key)
        .with_state(gateway)
}

macro_rules! doors {
    ($($name:ident = $act:ident($($part:ident),*) from $path:ty;)*) => {$(
        async fn $name<P: Ports>(
            State(gateway): State<Arc<Gateway<P>>>,
            Path(doors!(@pattern $($part),*)): Path<$path>,
            request: Request<Body>,
        ) -> Response {
            let door = Door { $($part: Some($part),)* ..Door::default() };
            $act(gateway, door, request).await
        }
    )*};
    (@pattern $only:ident) => { $only };
    (@pattern $($part:ident),+) => { ($($part),+) };
}

doors! {
    at_org = pass(org) from String;
    listen_at_org = listen(org) from String;
    end_at_org = end_session(org) from String;
    at_integration = pass(org, integration) from (String, String);
    listen_at_integration = listen(org, integration) from (String, String);
    end_at_integration = end_session(org, integration) from (String, String);
    at_key_one = pass(integration) from String;
    listen_at_key_one = listen(integration) from String;
    end_at_key_one = end_session(integration) from String;
}

async fn at_key<P: Ports>(State(gateway): State<Arc<Gateway<P>>>, request: Request<Body>) -> Response {
    pass(gateway, Door::default(), request).await
}

async fn listen_at_key<P: Ports>(State(gateway): State<Arc<Gateway<P>>>, request: Request<Body>) -> Response {
    listen(gateway, Door::default(), request).await
}

async fn end_at_key<P: Ports>(State(gateway): State<Arc<Gateway<P>>>, request: Request<Body>) -> Response {
    end_session(gateway, Door::default(), request).await
}
