//! The threads that serve connections.
//!
//! Each has a runtime of its own, and everything of a connection stays on its thread: the connection, its calls, and
//! the way to upstreams (the gateway keeps connections to them per runtime). A call then wakes no other thread and
//! meets no lock that another thread holds for long, which on a busy machine is a third of what a call costs. The
//! price is that whoever keeps such a thread busy holds up its other connections. Therefore only calls are answered
//! there; what else comes in is answered by the runtime of the node, where long work moves out of the way of others.
//!
//! Nothing here knows what is served.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::IntoResponse as _;
use futures_util::future::select_all;
use http::{Request, StatusCode};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::Fault;
use crate::proxies::TrustedProxies;

/// Connections that wait for one thread to take them, which it does at once unless it is stuck; whoever comes when
/// every thread has so many waits in the listener.
const HANDED_MAX: usize = 32;
/// Most connections open at once, all threads together; whoever comes on top waits in the listener. An AI client keeps
/// one or two open, so that this is a few thousand of them; each takes a file handle and at least 8 KiB for reading,
/// and must not take the machine's memory with it.
const CONNECTIONS_MAX: usize = 16_384;
/// How long the head of a request may take to arrive. The time begins when the answer before it is sent, so that this
/// is also how long a connection is kept that nobody uses; longer than the 60 s of common load balancers, which
/// otherwise use a connection that is just being closed.
const HEAD_MAX: Duration = Duration::from_secs(75);
/// How long it may take until both sides have agreed on a key; the slowest of lines do so in two.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// How long nothing is accepted where the machine cannot take a connection, out of file handles for example.
const BREATH: Duration = Duration::from_millis(500);

/// A connection, from where, and its place among all that are open.
type Handed = (std::net::TcpStream, SocketAddr, OwnedSemaphorePermit);

/// What stands between a connection and the doors.
#[derive(Clone)]
pub(crate) struct Front {
    /// TLS, where it is spoken here.
    pub(crate) tls: Option<TlsAcceptor>,
    /// Who is believed about for whom they ask.
    pub(crate) proxies: Arc<TrustedProxies>,
}

/// How one thread serves its connections.
struct Serving {
    http: http1::Builder,
    handshake_max: Duration,
    front: Front,
    doors: Router,
}

/// The threads, waiting for connections.
pub(crate) struct Workers {
    sockets: Vec<mpsc::Sender<Handed>>,
    quiet: Vec<oneshot::Receiver<()>>,
    ended: Vec<oneshot::Receiver<()>>,
    end: CancellationToken,
    places: Arc<Semaphore>,
}

impl Workers {
    /// Starts as many threads as the machine has processors, each serving the same doors.
    pub(crate) fn start(doors: &Router, front: &Front) -> Result<Workers, Fault> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let end = CancellationToken::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut workers = Workers { sockets: Vec::new(), quiet: Vec::new(), ended: Vec::new(), end, places };
        for number in 0..threads {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Fault::of("a runtime cannot be started", &error))?;
            let (sockets, handed) = mpsc::channel(HANDED_MAX);
            let (is_quiet, quiet) = oneshot::channel();
            let (has_ended, ended) = oneshot::channel::<()>();
            let (doors, front, end) = (doors.clone(), front.clone(), workers.end.clone());
            let serving = Serving { http: http(HEAD_MAX), handshake_max: HANDSHAKE_MAX, front, doors };
            let work = move || {
                runtime.block_on(serve(handed, serving, (is_quiet, end)));
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
        let mut full = false;
        for turn in 0usize.. {
            let place = match Arc::clone(&self.places).try_acquire_owned() {
                Ok(free) => {
                    full = false;
                    Ok(free)
                }
                Err(_) => {
                    if !std::mem::replace(&mut full, true) {
                        tracing::warn!(CONNECTIONS_MAX, "too many connections are open; others wait");
                    }
                    Arc::clone(&self.places).acquire_owned().await
                }
            };
            let Ok(place) = place else { break };
            let (socket, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) if is_of_one_connection(&error) => continue,
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            // Small answers and events must not wait for more to send (delayed by 40 ms otherwise).
            let socket = socket.set_nodelay(true).and_then(|()| socket.into_std());
            let Ok(socket) = socket.inspect_err(|error| tracing::debug!(%error, "a connection broke at once")) else {
                continue;
            };
            match self.room(turn).await {
                Some(room) => room.send((socket, address, place)),
                None => break,
            }
        }
        Fault("a thread that serves connections ended by itself".to_owned())
    }

    /// Room at the thread with the fewest connections still to take, among equals at each in turn, so that one that is
    /// stuck gets no more. `None` where a thread has ended.
    async fn room(&self, turn: usize) -> Option<mpsc::Permit<'_, Handed>> {
        if self.sockets.iter().any(mpsc::Sender::is_closed) {
            return None;
        }
        let threads = self.sockets.len();
        let in_turn = self.sockets.iter().cycle().skip(turn % threads.max(1)).take(threads);
        match in_turn.max_by_key(|worker| worker.capacity())?.try_reserve() {
            Ok(room) => Some(room),
            Err(_) => select_all(self.sockets.iter().map(|worker| Box::pin(worker.reserve()))).await.0.ok(),
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

    /// Ends the threads, with whatever still runs there; `false` where one is stuck and has not ended within `most`.
    pub(crate) async fn end(self, most: Duration) -> bool {
        drop(self.sockets);
        self.end.cancel();
        let ended = async {
            for ended in self.ended {
                // The sender is dropped at the end; nothing is ever sent.
                let _ = ended.await;
            }
        };
        tokio::time::timeout(most, ended).await.is_ok()
    }
}

/// How connections are served.
fn http(head_max: Duration) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_max);
    http
}

/// One thread's work.
async fn serve(
    mut handed: mpsc::Receiver<Handed>,
    Serving { http, handshake_max, front, doors }: Serving,
    (is_quiet, end): (oneshot::Sender<()>, CancellationToken),
) {
    let (open, closing) = (GracefulShutdown::new(), CancellationToken::new());
    while let Some((socket, address, place)) = handed.recv().await {
        let Ok(socket) = TcpStream::from_std(socket) else { continue };
        let (doors, proxies) = (TowerToHyperService::new(doors.clone()), Arc::clone(&front.proxies));
        let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
            let client = proxies.client(address, request.headers());
            request.extensions_mut().insert(ConnectInfo(client));
            doors.call(request)
        });
        let Some(tls) = &front.tls else {
            let connection = open.watch(http.serve_connection(TokioIo::new(socket), service));
            tokio::spawn(to_the_end(connection, place));
            continue;
        };
        let shaken = shaken(tls.clone(), socket, handshake_max);
        let (http, watcher, closing) = (http.clone(), open.watcher(), closing.clone());
        tokio::spawn(async move {
            // Nobody waits at the end for those that have not come so far as to ask for something.
            if let Some(Some(socket)) = closing.run_until_cancelled(shaken).await {
                to_the_end(watcher.watch(http.serve_connection(TokioIo::new(socket), service)), place).await;
            }
        });
    }
    closing.cancel();
    tokio::select! {
        () = open.shutdown() => {}
        () = end.cancelled() => {}
    }
    let _ = is_quiet.send(());
    // Calls that go on without their connection still need the thread.
    end.cancelled().await;
}

/// The connection, once both sides have agreed on a key; none where that does not come, or takes too long.
async fn shaken(tls: TlsAcceptor, socket: TcpStream, handshake_max: Duration) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(handshake_max, tls.accept(socket)).await {
        Ok(Ok(socket)) => Some(socket),
        Ok(Err(error)) => {
            tracing::trace!(%error, "a connection began without TLS, or with none that fits");
            None
        }
        Err(_) => None,
    }
}

/// Serves a connection, which keeps its place as long.
async fn to_the_end(connection: impl Future<Output = hyper::Result<()>>, place: OwnedSemaphorePermit) {
    let _place = place;
    if let Err(error) = connection.await {
        tracing::trace!(%error, "a connection broke");
    }
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

#[cfg(test)]
mod tests;
