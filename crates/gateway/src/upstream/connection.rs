//! The HTTP client towards upstreams: pooled, encrypted where the URL says so, with a limit on every wait.

use std::fmt;
use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use domain::integration::CredentialKind;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::{Handle, Id};
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::destination::{self, Destinations, Resolver};
use crate::gateway::StartFault;
use crate::upstream::failure::Failure;

/// Idle connections kept per upstream, by all runtimes together; there is about one for each processor.
const IDLE_PER_HOST_MAX: usize = 128;
/// How long an idle connection is kept.
const IDLE_MS_MAX: u64 = 60_000;

/// Interim answers (1xx) that are read before the answer itself. Nothing else counts them, and they cost us more than who sends them.
const INTERIM_MAX: u32 = 64;

/// Runtimes that have connections of their own; those on top share the first one's.
const RUNTIMES_MAX: usize = 1_024;

type HttpClient = Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

/// Sends requests. Cloning is cheap and shares the connections.
///
/// Each runtime has connections of its own, since a connection lives where it was made: with one of another
/// runtime, every message would wake that runtime's thread, and every answer the own one again.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    https: HttpsConnector<HttpConnector<Resolver>>,
    clients: Arc<RwLock<Vec<(Id, HttpClient)>>>,
}

/// How we show ourselves to an upstream, ready to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shown(How);

#[derive(Clone, PartialEq, Eq)]
enum How {
    NotAtAll,
    Header(HeaderName, HeaderValue),
    /// In the environment of a process of ours.
    Environment(Zeroizing<String>),
}

impl fmt::Debug for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            How::NotAtAll => "NotAtAll",
            How::Header(..) => "Header",
            How::Environment(_) => "Environment",
        })
    }
}

impl Shown {
    /// Puts a secret where the upstream wants it.
    pub(crate) fn new(kind: &CredentialKind, secret: Option<&Zeroizing<String>>) -> Result<Shown, Failure> {
        match kind {
            CredentialKind::None => Ok(Shown(How::NotAtAll)),
            CredentialKind::Environment => Ok(Shown(How::Environment(secret.ok_or(Failure::NoSecret)?.clone()))),
            CredentialKind::Bearer => Shown::bearer(secret.ok_or(Failure::NoSecret)?),
            CredentialKind::Header { name } => {
                let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Failure::NoSecret)?;
                Shown::at(name, secret.ok_or(Failure::NoSecret)?)
            }
            // What is shown is no secret that is stored, but a token that was had with it; at first, none.
            CredentialKind::ClientCredentials { .. } | CredentialKind::OAuth { .. } => {
                secret.map_or(Ok(Shown(How::NotAtAll)), Shown::bearer)
            }
        }
    }

    /// Shows a token, or a secret that is shown like one (RFC 6750, section 2.1).
    pub(crate) fn bearer(token: &Zeroizing<String>) -> Result<Shown, Failure> {
        Shown::at(AUTHORIZATION, &Zeroizing::new(format!("Bearer {}", token.as_str())))
    }

    fn at(name: HeaderName, text: &str) -> Result<Shown, Failure> {
        let mut value = HeaderValue::from_str(text).map_err(|_| Failure::NoSecret)?;
        value.set_sensitive(true);
        Ok(Shown(How::Header(name, value)))
    }

    /// What a process of ours is given in its environment.
    pub(crate) fn environment(&self) -> Option<&Zeroizing<String>> {
        match &self.0 {
            How::Environment(secret) => Some(secret),
            How::NotAtAll | How::Header(..) => None,
        }
    }
}

impl Connection {
    pub(crate) fn new(connect_ms_max: u64, destinations: Arc<Destinations>) -> Result<Connection, StartFault> {
        let tls = destinations.tls().map_err(|fault| StartFault(fault.to_string()))?;
        let mut http = HttpConnector::new_with_resolver(Resolver::guarded(destinations));
        http.enforce_http(false);
        // Without it small messages wait for the other side's acknowledgement.
        http.set_nodelay(true);
        http.set_connect_timeout(Some(Duration::from_millis(connect_ms_max)));
        let https =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(http);
        Ok(Connection { https, clients: Arc::default() })
    }

    /// The client whose connections live on this runtime.
    fn client(&self) -> HttpClient {
        let here = Handle::current().id();
        let find = |clients: &[(Id, HttpClient)]| {
            let known = clients.iter().find(|(id, _)| *id == here);
            known
                .or_else(|| clients.first().filter(|_| clients.len() >= RUNTIMES_MAX))
                .map(|(_, client)| client.clone())
        };
        if let Some(client) = find(&self.clients.read().unwrap_or_else(PoisonError::into_inner)) {
            return client;
        }
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = find(&clients) {
            return client;
        }
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_millis(IDLE_MS_MAX))
            .pool_max_idle_per_host(idle_per_host_and_runtime_max())
            .pool_timer(TokioTimer::new())
            .build(self.https.clone());
        clients.push((here, client.clone()));
        client
    }

    /// Sends one request and waits for the head of the answer. Redirects are not followed: the place that was
    /// checked is the place that is called.
    pub(crate) async fn send(
        &self,
        method: Method,
        uri: &Uri,
        shown: &Shown,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Incoming>, Failure> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("wardroom/", env!("CARGO_PKG_VERSION"))));
        if let Shown(How::Header(name, value)) = shown {
            headers.insert(name, value.clone());
        }
        let flooded = heed_interim(&mut request);
        let answer = tokio::select! {
            biased;
            () = flooded.notified() => return Err(Failure::TooLarge),
            answer = self.client().request(request) => answer,
        };
        answer.map_err(|fault| {
            if let Some(refused) = destination::refusal(&fault) {
                return Failure::Destination(refused.to_string());
            }
            tracing::debug!(%fault, "an upstream cannot be reached");
            // Where a connection was there, the other side may have read what was sent.
            match fault.is_connect() {
                true => Failure::Unreachable("no connection could be made".to_owned()),
                false => Failure::Closed,
            }
        })
    }
}

/// Counts the interim answers to a request, and says when there are too many.
fn heed_interim(request: &mut Request<Full<Bytes>>) -> Arc<Notify> {
    let (count, flooded) = (AtomicU32::new(0), Arc::new(Notify::new()));
    let tell = flooded.clone();
    hyper::ext::on_informational(request, move |_| {
        if count.fetch_add(1, Ordering::Relaxed) == INTERIM_MAX {
            tell.notify_one();
        }
    });
    flooded
}

fn idle_per_host_and_runtime_max() -> usize {
    let runtimes = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    IDLE_PER_HOST_MAX.div_ceil(runtimes.get())
}

/// The seconds of a `Retry-After`, where it is given in seconds.
pub(crate) fn retry_after_s(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
