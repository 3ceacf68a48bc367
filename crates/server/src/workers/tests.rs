//! The threads by themselves: who gets a connection, how long it is kept, and how it ends.

use axum::routing;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use super::*;
use crate::tls;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n";

fn workers(sockets: Vec<mpsc::Sender<Handed>>, places: usize) -> Workers {
    let places = Arc::new(Semaphore::new(places));
    Workers { sockets, quiet: Vec::new(), ended: Vec::new(), end: CancellationToken::new(), places }
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn in_time<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// Serves on this runtime without TLS, with the places and the wait given.
async fn served(places: usize, head_max: Duration) -> (SocketAddr, Arc<Semaphore>, JoinSet<()>) {
    served_behind(Front { tls: None, proxies: Arc::default() }, places, head_max).await
}

/// The same behind a front of its own.
async fn served_behind(front: Front, places: usize, head_max: Duration) -> (SocketAddr, Arc<Semaphore>, JoinSet<()>) {
    let (listener, address) = listener().await;
    let (socket, handed) = mpsc::channel(HANDED_MAX);
    let workers = workers(vec![socket], places);
    let (places, end) = (Arc::clone(&workers.places), workers.end.clone());
    let doors = Router::new().route("/", routing::get(|| async { "here" }));
    let mut running = JoinSet::new();
    let serving = Serving { http: http(head_max), handshake_max: head_max, front, doors };
    running.spawn(serve(handed, serving, (oneshot::channel().0, end)));
    running.spawn(async move { drop(workers.accept(&listener).await) });
    (address, places, running)
}

async fn answer(client: &mut TcpStream) -> String {
    let mut got = Vec::new();
    while !got.ends_with(b"here") {
        let mut some = [0; 1_024];
        let bytes = in_time("an answer", client.read(&mut some)).await.unwrap();
        assert!(bytes > 0, "the connection ended");
        got.extend_from_slice(&some[..bytes]);
    }
    String::from_utf8(got).unwrap()
}

#[tokio::test]
async fn a_thread_that_takes_nothing_holds_up_no_connection() {
    let (listener, address) = listener().await;
    let (stuck, _never_taken) = mpsc::channel(HANDED_MAX);
    let (live, mut taken) = mpsc::channel(HANDED_MAX);
    let workers = workers(vec![stuck, live], 1_000);
    let served = async {
        let mut clients = Vec::new();
        for _ in 0..4 * HANDED_MAX {
            clients.push(TcpStream::connect(address).await.unwrap());
        }
        for _ in 0..3 * HANDED_MAX {
            drop(taken.recv().await.unwrap());
        }
    };
    tokio::select! {
        fault = workers.accept(&listener) => panic!("{fault}"),
        () = in_time("a connection", served) => {}
    }
}

#[tokio::test]
async fn a_thread_that_ended_by_itself_is_noticed_and_named() {
    let (listener, address) = listener().await;
    let (live, _taken) = mpsc::channel(HANDED_MAX);
    let (gone, _) = mpsc::channel(1);
    let workers = workers(vec![live, gone], 1_000);
    let _client = TcpStream::connect(address).await.unwrap();
    let fault = in_time("the fault", workers.accept(&listener)).await;
    assert!(fault.to_string().contains("ended by itself"), "{fault}");
}

#[tokio::test]
async fn a_connection_keeps_its_place_until_it_ends_and_the_next_one_waits_for_it() {
    let (address, places, _running) = served(2, PATIENCE).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(ASK).await.unwrap();
    answer(&mut first).await;
    assert_eq!(places.available_permits(), 0, "one is the first's, one is kept for who comes next");
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(ASK).await.unwrap();
    answer(&mut second).await;
    let mut next = TcpStream::connect(address).await.unwrap();
    next.write_all(ASK).await.unwrap();
    drop(first);
    answer(&mut next).await;
}

#[tokio::test]
async fn a_connection_that_never_finishes_its_request_or_asks_no_more_is_closed() {
    let (address, places, _running) = served(10, Duration::from_millis(50)).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(&ASK[..10]).await.unwrap();
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(ASK).await.unwrap();
    answer(&mut idle).await;
    for client in [&mut slow, &mut silent, &mut idle] {
        // Reset or ended, both will do.
        let _ = in_time("the end", client.read_to_end(&mut Vec::new())).await;
    }
    let all = in_time("their places", places.acquire_many(9)).await;
    assert!(all.is_ok());
}

#[tokio::test]
async fn a_thread_that_is_stuck_is_not_waited_for() {
    let (_never_dropped, ended) = oneshot::channel();
    let mut workers = workers(Vec::new(), 1);
    workers.ended.push(ended);
    assert!(!in_time("the end", workers.end(Duration::from_millis(10))).await);
}

#[tokio::test]
async fn a_handshake_that_never_ends_gives_its_place_back() {
    let folder = tempfile::tempdir().unwrap();
    let own = testkit::certificate::Certificate::new(&["localhost"], testkit::certificate::FAR);
    let files = tls::Files { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&files.cert, own.pem).unwrap();
    std::fs::write(&files.key, own.key_pem).unwrap();
    let (acceptor, _renewal) = tls::open(files, "localhost".to_owned()).unwrap();
    let front = Front { tls: Some(acceptor), proxies: Arc::default() };
    let (address, places, _running) = served_behind(front, 10, Duration::from_millis(50)).await;
    for beginning in [&b""[..], &[0x16, 3, 1], ASK] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(beginning).await.unwrap();
        let mut got = Vec::new();
        // Reset or ended, both will do.
        let _ = in_time("the end", client.read_to_end(&mut got)).await;
        assert!(!got.starts_with(b"HTTP"), "{got:?}");
    }
    assert!(in_time("their places", places.acquire_many(9)).await.is_ok());
}

#[tokio::test]
async fn the_end_waits_for_nobody_who_has_not_begun_to_ask() {
    let folder = tempfile::tempdir().unwrap();
    let own = testkit::certificate::Certificate::new(&["localhost"], testkit::certificate::FAR);
    let files = tls::Files { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&files.cert, own.pem).unwrap();
    std::fs::write(&files.key, own.key_pem).unwrap();
    let (acceptor, _renewal) = tls::open(files, "localhost".to_owned()).unwrap();
    let (listener, address) = listener().await;
    let (socket, handed) = mpsc::channel(HANDED_MAX);
    let (is_quiet, quiet) = oneshot::channel();
    let front = Front { tls: Some(acceptor), proxies: Arc::default() };
    let serving = Serving { http: http(PATIENCE), handshake_max: 2 * PATIENCE, front, doors: Router::new() };
    let serving = tokio::spawn(serve(handed, serving, (is_quiet, CancellationToken::new())));
    let _silent = TcpStream::connect(address).await.unwrap();
    let (accepted, from) = listener.accept().await.unwrap();
    let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    socket.send((accepted.into_std().unwrap(), from, place)).await.unwrap();
    drop(socket);
    assert!(in_time("quiet", quiet).await.is_ok());
    serving.abort();
}
