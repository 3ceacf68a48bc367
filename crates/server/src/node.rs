//! A node: the rooms put together, the listener, and the way to a clean end.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use app::ports::{AiClients, Clock as _, Outside};
use app::sign_in::Tokens;
use app::{App, Quotas, Security};
use gateway::{Gateway, GatewayOptions};
use identity::digest::{ArgumentDigester, KeyDigester};
use identity::keyring::Keyring;
use identity::random::OperatingSystem;
use identity::request_state::RequestStates;
use identity::seal::Sealer;
use journal::{Journal, StreamId};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

use crate::adapters::{GatewayPorts, HyperWeb, ProbedUpstreams, Resolvers, SystemClock};
use crate::operations::Stopping;
use crate::settings::Settings;
use crate::tls::Renewal;
use crate::workers::{Front, Workers};
use crate::{Fault, data_folder, doors, tls};

/// How long the threads may take to end once they are told to; one that is stuck must not keep the journal open.
const END_MAX: Duration = Duration::from_secs(2);
/// How often what is left of ended organizations is looked for.
const ERASE_EVERY: Duration = Duration::from_secs(3_600);

/// The rooms, put together.
pub(crate) struct Node {
    pub(crate) app: App,
    pub(crate) journal: Journal,
    pub(crate) gateway: Arc<Gateway<GatewayPorts>>,
    pub(crate) public_url: String,
    pub(crate) stopping: Stopping,
    /// Whom the page of signing in lets choose: in the demo alone.
    pub(crate) cast: Vec<api::Part>,
    front: Front,
    renewal: Option<Renewal>,
    drain: Duration,
}

/// What is outside for commands that serve nobody: the time.
pub(crate) fn only_the_time() -> Outside {
    let upstreams = Arc::new(ProbedUpstreams::default());
    let names = Arc::new(Resolvers { server: None });
    let (mailer, providers, clients) = (None, None, AiClients::default());
    Outside { clock: Arc::new(SystemClock), upstreams, names, mailer, providers, clients, public_url: None }
}

/// The application over a journal.
pub(crate) fn application(journal: &Journal, keyring: &Keyring, outside: Outside, quotas: Quotas) -> App {
    let security = Security {
        digester: KeyDigester::new(keyring),
        tokens: Tokens::new(keyring),
        sealer: Sealer::new(keyring),
        random: Box::new(OperatingSystem),
    };
    App::new(journal.clone(), outside, security, quotas)
}

impl Node {
    /// Opens the data folder and puts the rooms together. Calls of which an earlier process did not learn the end
    /// are closed as unknown before anything is served.
    pub(crate) async fn open(data: &Path, settings: &Settings, listening: SocketAddr) -> Result<Node, Fault> {
        let host = settings.public_url.as_deref().map(host_of).unwrap_or_default();
        let (tls, renewal) = settings.tls_files().map(|files| tls::open(files, host)).transpose()?.unzip();
        let front = Front { tls, proxies: Arc::new(settings.trusted_proxies.clone()) };
        let journal = data_folder::open(data)?;
        let head = journal.head(StreamId::Directory).await.map_err(|error| Fault(error.to_string()))?;
        let keyring = data_folder::master_keys(data, settings.master_key_file.as_deref(), head == 0)?;
        let closed = journal.close_open_intents(SystemClock.now()).await.map_err(|error| Fault(error.to_string()))?;
        if closed > 0 {
            tracing::warn!(calls = closed, "calls of an earlier run had no outcome and are recorded as unknown");
        }
        let upstreams = Arc::new(ProbedUpstreams::default());
        let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{listening}"));
        let outside = Outside {
            clock: Arc::new(SystemClock),
            upstreams: upstreams.clone(),
            names: Arc::new(Resolvers { server: settings.dns_server }),
            mailer: settings.mailer()?,
            providers: settings.providers()?,
            clients: AiClients {
                documents: Some(Arc::new(HyperWeb::guarded(settings.destinations()?)?)),
                redirect_schemes: settings.redirect_schemes.clone(),
            },
            public_url: Some(public_url.clone()),
        };
        let app = application(&journal, &keyring, outside, settings.quotas());
        app.check_master_keys().await.map_err(|problem| Fault(problem.to_string()))?;
        let ports = GatewayPorts {
            app: app.clone(),
            journal: journal.clone(),
            arguments: ArgumentDigester::new(&keyring),
            states: RequestStates::new(&keyring),
            runtime: Handle::current(),
        };
        let mut options = GatewayOptions::for_public_url(&public_url);
        options.public_url.clone_from(&settings.public_url);
        options.sign_in_url = Some(public_url.clone()).filter(|url| api::lets_sign_in(url));
        options.origins.extend(settings.allowed_origins.iter().cloned());
        options.destinations = settings.destinations()?;
        options.templates = settings.templates()?;
        let gateway = Gateway::new(ports, options).map_err(|error| Fault(error.to_string()))?;
        upstreams.join(gateway.clone());
        let drain = Duration::from_secs(settings.drain_s);
        Ok(Node {
            app,
            journal,
            gateway,
            public_url,
            stopping: Stopping::default(),
            cast: Vec::new(),
            front,
            renewal,
            drain,
        })
    }

    /// Serves until `stop` comes, or nothing can be accepted any more, then lets running calls end, and closes the
    /// journal.
    pub(crate) async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), Fault> {
        let mut workers = Workers::start(&doors::router(&self, Handle::current()), &self.front)?;
        let _sending = AbortOnDropHandle::new(tokio::spawn(self.app.clone().keep_sending()));
        let _giving_back = AbortOnDropHandle::new(tokio::spawn(self.app.clone().keep_giving_back()));
        let _erasing = AbortOnDropHandle::new(tokio::spawn(erase_now_and_then(self.app.clone())));
        let _renewing = self.renewal.map(|renewal| AbortOnDropHandle::new(tokio::spawn(renewal.keep())));
        let served = tokio::select! {
            fault = workers.accept(&listener) => Err(fault),
            () = stop => Ok(()),
        };
        if let Err(fault) = &served {
            tracing::error!(%fault, "nothing can be served any more");
        }
        drop(listener);
        tracing::info!("stopping: no new connections, running calls may end");
        self.stopping.store(true, Ordering::Relaxed);
        self.gateway.close_streams();
        let ended = async {
            workers.finish().await;
            self.gateway.drain().await;
        };
        if tokio::time::timeout(self.drain, ended).await.is_err() {
            tracing::warn!("some calls did not end in time; their outcome is recorded as unknown at the next start");
        }
        if !workers.end(END_MAX).await {
            tracing::error!("a thread that serves connections is stuck and is left behind");
        }
        self.app.record_counted_attempts().await;
        self.journal.close().await;
        served
    }
}

/// What is left of organizations whose day has come is erased at the start, and every hour.
async fn erase_now_and_then(app: App) {
    let mut hourly = tokio::time::interval(ERASE_EVERY);
    loop {
        hourly.tick().await;
        if let Err(problem) = app.erase_ended_organizations().await {
            tracing::warn!(%problem, "what is left of ended organizations could not be erased; it is tried again in an hour");
        }
    }
}

/// The host of a URL that the settings took.
pub(crate) fn host_of(url: &str) -> String {
    url.parse::<http::Uri>().ok().and_then(|url| url.host().map(str::to_owned)).unwrap_or_default()
}

/// Binds the address that the settings name.
pub(crate) async fn listen(settings: &Settings) -> Result<(TcpListener, SocketAddr), Fault> {
    let failed = |error: std::io::Error| {
        Fault(format!("cannot listen on {}: {error}; choose another address with --listen", settings.listen))
    };
    let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Comes when the process is asked to stop.
pub(crate) async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

/// The runtime that every serving command uses.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::of("the runtime cannot be started", &error))
}
