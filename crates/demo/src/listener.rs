//! Starts and stops the listener behind which the six look-alike integrations answer.
//!
//! `POST /{slug}/mcp` is an integration, `GET /control/stats` the counters. Start reading at [`serve_integrations`].

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::Error;
use crate::catalogue::VENDORS;
use crate::host::{Host, Server, random_token};
use crate::mcp;
use crate::saved::Saved;
use crate::stats::Stats;
use crate::store::Store;

const BODY_BYTES_MAX: usize = 1024 * 1024;
const DRAIN: Duration = Duration::from_secs(2);
const SAVE_PAUSE: Duration = Duration::from_millis(300);

/// How to start the integrations.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. With port 0 the system picks one, or the one of the last start if `file` remembers it.
    pub listen: SocketAddr,
    /// A file that keeps address, credentials and data over restarts; without one they live in memory alone.
    pub file: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), file: None }
    }
}

/// The running integrations. Dropping it stops them at once; [`Integrations::shutdown`] also saves.
#[derive(Debug)]
pub struct Integrations {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub base_url: String,
    /// One entry per integration, in the order in which they are worth connecting.
    pub list: Vec<IntegrationInfo>,
    /// What reached them so far.
    pub stats: Stats,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    saver: Option<JoinHandle<()>>,
}

/// What is needed to connect one integration.
#[derive(Clone, Debug)]
pub struct IntegrationInfo {
    /// Its short name, such as `stripe`.
    pub slug: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// One line for its card.
    pub purpose: &'static str,
    /// The URL of its MCP endpoint.
    pub url: String,
    /// The bearer credential that it demands.
    pub token: String,
    /// Its tools, in the order in which they are listed.
    pub tools: Vec<ToolInfo>,
}

/// What a well-informed administrator knows about a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolInfo {
    /// Its name within the integration.
    pub name: &'static str,
    /// What it really does: `read`, `write` or `delete`. Its annotations may claim otherwise.
    pub class: &'static str,
}

/// Starts the six look-alike integrations in the current tokio runtime.
///
/// # Errors
///
/// When the address is taken, the file cannot be read or written, or the system gives no randomness.
pub async fn serve_integrations(options: Options) -> Result<Integrations, Error> {
    let saved = options.file.as_deref().map(Saved::read).transpose()?.flatten();
    let mut wanted = options.listen;
    if let Some(saved) = &saved
        && wanted.port() == 0
    {
        wanted = saved.address;
    }
    let listener = TcpListener::bind(wanted).await.map_err(|source| Error::Listen { address: wanted, source })?;
    let address = listener.local_addr().map_err(|source| Error::Listen { address: wanted, source })?;

    let stats = Stats::new(VENDORS);
    let (stop, stopping) = watch::channel(false);
    let host = Arc::new(Host {
        servers: servers(saved)?,
        stats: stats.clone(),
        sessions: Arc::default(),
        stopping: stopping.clone(),
        changed: Notify::new(),
    });
    if let Some(file) = &options.file {
        save(&host, address, file)?;
    }
    let base_url = format!("http://{address}");
    let list = host.servers.iter().map(|server| describe(server, &base_url)).collect();
    let saver = options.file.map(|file| tokio::spawn(keep_saving(Arc::clone(&host), address, file)));
    let server = tokio::spawn(serve(listener, router(host), stopping));
    Ok(Integrations { base_url, list, stats, stop, server, saver })
}

impl Integrations {
    /// The integration of this name.
    #[must_use]
    pub fn get(&self, slug: &str) -> Option<&IntegrationInfo> {
        self.list.iter().find(|integration| integration.slug == slug)
    }

    /// Ends the streams, lets running requests finish for up to two seconds, saves and stops.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(DRAIN, &mut self.server).await.is_err() {
            tracing::debug!("some connections to the look-alike integrations did not end in time");
        }
        if let Some(saver) = self.saver.take()
            && let Err(error) = saver.await
        {
            tracing::warn!(%error, "the look-alike integrations were not saved");
        }
    }
}

impl Drop for Integrations {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.server.abort();
    }
}

fn servers(saved: Option<Saved>) -> Result<Vec<Server>, Error> {
    let (mut tokens, mut stores) = saved.map_or_else(Default::default, |saved| (saved.tokens, saved.stores));
    let mut servers = Vec::new();
    for vendor in VENDORS {
        let mut fresh = Store::default();
        (vendor.seed)(&mut fresh);
        let store = stores.remove(vendor.slug).filter(|store| store.fits(&fresh)).unwrap_or(fresh);
        let token = match tokens.remove(vendor.slug) {
            Some(token) => token,
            None => random_token(&vendor.slug.replace('-', "_")).map_err(|error| Error::Random(error.to_string()))?,
        };
        servers.push(Server::new(vendor, token, store));
    }
    Ok(servers)
}

fn describe(server: &Server, base_url: &str) -> IntegrationInfo {
    let vendor = server.vendor;
    IntegrationInfo {
        slug: vendor.slug,
        title: vendor.title,
        purpose: vendor.purpose,
        url: format!("{base_url}/{}/mcp", vendor.slug),
        token: server.token.clone(),
        tools: vendor.tools.iter().map(|tool| ToolInfo { name: tool.name, class: tool.class.as_str() }).collect(),
    }
}

fn router(host: Arc<Host>) -> Router {
    Router::new()
        .route("/{slug}/mcp", routing::post(mcp::post).delete(mcp::delete).get(mcp::get))
        .route(
            "/control/stats",
            routing::get(|State(host): State<Arc<Host>>| async move { axum::Json(host.stats.snapshot()) }),
        )
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(host)
}

async fn serve(listener: TcpListener, router: Router, mut stopping: watch::Receiver<bool>) {
    // Without this, small events of a stream wait for the acknowledgement of the one before.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let stopped = async move {
        if stopping.wait_for(|stopping| *stopping).await.is_err() {
            tracing::debug!("the look-alike integrations were dropped");
        }
    };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the look-alike integrations stopped");
    }
}

async fn keep_saving(host: Arc<Host>, address: SocketAddr, file: PathBuf) {
    let mut stopping = host.stopping.clone();
    loop {
        let stop = tokio::select! {
            () = host.changed.notified() => false,
            _ = stopping.wait_for(|stopping| *stopping) => true,
        };
        if !stop {
            // A burst of changes is one write.
            tokio::time::sleep(SAVE_PAUSE).await;
        }
        let (saved_host, saved_file) = (Arc::clone(&host), file.clone());
        let outcome = tokio::task::spawn_blocking(move || save(&saved_host, address, &saved_file)).await;
        if let Ok(Err(error)) = outcome {
            tracing::warn!(%error, "the look-alike integrations were not saved");
        }
        if stop {
            return;
        }
    }
}

fn save(host: &Host, address: SocketAddr, file: &Path) -> Result<(), Error> {
    let tokens: BTreeMap<String, String> =
        host.servers.iter().map(|server| (server.vendor.slug.to_owned(), server.token.clone())).collect();
    let store_of = |server: &Server| server.store.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let stores = host.servers.iter().map(|server| (server.vendor.slug.to_owned(), store_of(server))).collect();
    Saved { address, tokens, stores }.write(file)
}
