//! A name that leads elsewhere whenever it is looked up, and a trap at the place where it must never lead.

use std::collections::VecDeque;
use std::future::{Ready, ready};
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::*;

/// What may be reached, which stands for what is public, and what may not.
const OPEN: &str = "127.0.0.3";
const TRAP: &str = "127.0.0.1";

/// A DNS that answers what it was told to, one after the other.
#[derive(Clone, Default)]
struct Told {
    answers: Arc<Mutex<VecDeque<Vec<IpAddr>>>>,
    asked: Arc<AtomicUsize>,
}

impl Service<Name> for Told {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<std::vec::IntoIter<SocketAddr>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let next = self.answers.lock().unwrap().pop_front().unwrap_or_default();
        let found: Vec<SocketAddr> = next.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
        ready(Ok(found.into_iter()))
    }
}

/// Answers whoever connects, and counts them.
fn listens(listener: TcpListener) -> Arc<AtomicUsize> {
    let hits = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&hits);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            let Ok(mut stream) = stream else { return };
            let _ = io::Read::read(&mut stream, &mut [0; 4_096]);
            let _ = io::Write::write_all(&mut stream, b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        }
    });
    hits
}

#[tokio::test]
async fn a_name_that_leads_to_another_place_the_next_time_leads_nowhere() {
    let open = TcpListener::bind((OPEN, 0)).unwrap();
    let port = open.local_addr().unwrap().port();
    let trap = TcpListener::bind((TRAP, port)).unwrap();
    let (open, trap) = (listens(open), listens(trap));
    let (names, answers) = (Told::default(), |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect());
    let destinations =
        Destinations { private_networks: vec!["127.0.0.3/32".parse().unwrap()], ..Destinations::default() };
    let resolver = Resolver { names: names.clone(), destinations: Some(Arc::new(destinations)) };
    let mut http = HttpConnector::new_with_resolver(resolver);
    http.enforce_http(false);
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build::<_, Empty<Bytes>>(http);
    let url: Uri = format!("http://rebinding.example:{port}/").parse().unwrap();
    let mut reached = 0;
    for (tried, (leads_to, may)) in [
        (vec![OPEN], true),
        (vec![TRAP], false),
        (vec![OPEN, TRAP], true),
        (vec![TRAP, OPEN], true),
        (vec!["::ffff:127.0.0.1", OPEN], true),
        (vec!["::ffff:127.0.0.1"], false),
        (vec!["::1", TRAP, "0.0.0.0"], false),
        (vec!["169.254.169.254"], false),
        (vec!["64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"], false),
        (vec![], false),
        (vec![OPEN], true),
    ]
    .into_iter()
    .enumerate()
    {
        names.answers.lock().unwrap().push_back(answers(&leads_to));
        let answer = client.get(url.clone()).await;
        assert_eq!(answer.is_ok(), may, "{leads_to:?}: {answer:?}");
        if let Err(error) = answer {
            assert!(leads_to.is_empty() || refusal(&error).is_some(), "{leads_to:?}: {error:?}");
        }
        reached += usize::from(may);
        assert_eq!(names.asked.load(Ordering::SeqCst), tried + 1, "a name is looked up once for each connection");
    }
    assert_eq!((open.load(Ordering::SeqCst), trap.load(Ordering::SeqCst)), (reached, 0));
}
