//! The threads that serve connections.
//!
//! Each has a runtime of its own, and everything of a connection stays on its thread: the connection, its calls, and
//! the way to upstreams (the gateway keeps connections to them per runtime). A call then wakes no other thread and
//! meets no lock that another thread holds for long, which on a busy machine is a third of what a call costs. The
//! price is that whoever keeps such a thread busy holds up its other connections. Therefore only calls are answered
//! there; what else comes in is answered by the runtime of the node, where long work moves out of the way of others.
//!
//! Nothing here knows what is served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::IntoResponse as _;
use http::{Request, StatusCode};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::Fault;

/// Connections that wait for their thread to take them; whoever comes on top waits in the listener.
const HANDED_MAX: usize = 256;
/// How long nothing is accepted where the machine cannot take a connection, out of file handles for example.
const BREATH: Duration = Duration::from_millis(500);

type Handed = (std::net::TcpStream, SocketAddr);

/// The threads, waiting for connections.
pub(crate) struct Workers {
    sockets: Vec<mpsc::Sender<Handed>>,
    quiet: Vec<oneshot::Receiver<()>>,
    ended: Vec<oneshot::Receiver<()>>,
    end: CancellationToken,
}

impl Workers {
    /// Starts as many threads as the machine has processors, each serving the same doors.
    pub(crate) fn start(doors: &Router) -> Result<Workers, Fault> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let end = CancellationToken::new();
        let mut workers = Workers { sockets: Vec::new(), quiet: Vec::new(), ended: Vec::new(), end };
        for number in 0..threads {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Fault::of("a runtime cannot be started", &error))?;
            let (sockets, handed) = mpsc::channel(HANDED_MAX);
            let (is_quiet, quiet) = oneshot::channel();
            let (has_ended, ended) = oneshot::channel::<()>();
            let (doors, end) = (doors.clone(), workers.end.clone());
            let work = move || {
                runtime.block_on(serve(handed, doors, (is_quiet, end)));
                // What still runs is given up; nothing waits for what it had blocked.
                runtime.shutdown_background();
                drop(has_ended);
            };
            let thread = std::thread::Builder::new().name(format!("worker-{number}"));
            thread.spawn(work).map_err(|error| Fault::of("a thread cannot be started", &error))?;
            workers.sockets.push(sockets);
            workers.quiet.push(quiet);
            workers.ended.push(ended);
        }
        Ok(workers)
    }

    /// Accepts connections and hands them round, for ever.
    pub(crate) async fn accept(&self, listener: &TcpListener) -> Fault {
        let mut turn = self.sockets.iter().cycle();
        loop {
            let (socket, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) if is_of_one_connection(&error) => continue,
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            let Some(worker) = turn.next() else { return Fault("there is no thread to serve".to_owned()) };
            // Small answers and events must not wait for more to send (delayed by 40 ms otherwise).
            let socket = socket.set_nodelay(true).and_then(|()| socket.into_std());
            let Ok(socket) = socket.inspect_err(|error| tracing::debug!(%error, "a connection broke at once")) else {
                continue;
            };
            if worker.send((socket, address)).await.is_err() {
                return Fault("a thread that serves connections ended by itself".to_owned());
            }
        }
    }

    /// Takes no new connections and waits until the open ones have ended.
    pub(crate) async fn finish(&mut self) {
        self.sockets.clear();
        for quiet in self.quiet.drain(..) {
            // A thread that is gone has no connections.
            let _ = quiet.await;
        }
    }

    /// Ends the threads, with whatever still runs there.
    pub(crate) async fn end(self) {
        drop(self.sockets);
        self.end.cancel();
        for ended in self.ended {
            // The sender is dropped at the end; nothing is ever sent.
            let _ = ended.await;
        }
    }
}

/// One thread's work.
async fn serve(
    mut handed: mpsc::Receiver<Handed>,
    doors: Router,
    (is_quiet, end): (oneshot::Sender<()>, CancellationToken),
) {
    let open = GracefulShutdown::new();
    let http = http1::Builder::new();
    while let Some((socket, address)) = handed.recv().await {
        let Ok(socket) = TcpStream::from_std(socket) else { continue };
        let doors = TowerToHyperService::new(doors.clone());
        let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo(address));
            doors.call(request)
        });
        let connection = open.watch(http.serve_connection(TokioIo::new(socket), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a connection broke");
            }
        });
    }
    tokio::select! {
        () = open.shutdown() => {}
        () = end.cancelled() => {}
    }
    let _ = is_quiet.send(());
    // Calls that go on without their connection still need the thread.
    end.cancelled().await;
}

/// Doors that are answered by another runtime.
pub(crate) fn elsewhere(doors: Router, runtime: Handle) -> Router {
    let doors = Arc::new(TowerToHyperService::new(doors));
    let answer = move |request: Request<Body>| {
        let answering = AbortOnDropHandle::new(runtime.spawn(doors.call(request)));
        async move {
            match answering.await {
                Ok(Ok(answer)) => answer,
                // The handler broke; what it broke at is in the log.
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
    };
    Router::new().fallback(answer)
}

/// Such a connection was gone before it was taken; the next one is not concerned.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
