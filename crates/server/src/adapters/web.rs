//! The way to other people's web servers: one request on a connection of its own, bounded in time and in bytes, with no
//! redirect followed.

use std::sync::Arc;
use std::time::Duration;

use app::ports::{FetchFault, Fetched, Fetching, Web};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio_rustls::rustls::crypto::ring::default_provider;

use crate::Fault;

/// How long one request may take, from the connection to the last byte.
const ALL_MAX: Duration = Duration::from_secs(5);

/// Sends requests.
pub(crate) struct HyperWeb {
    https: HttpsConnector<HttpConnector>,
}

impl HyperWeb {
    pub(crate) fn new() -> Result<HyperWeb, Fault> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(Arc::new(default_provider()))
            .map_err(|error| Fault(format!("there is no TLS to reach providers with: {error}")))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        Ok(HyperWeb { https })
    }

    async fn send(&self, request: Request<Full<Bytes>>, length_max: usize) -> Result<Fetched, FetchFault> {
        let url = request.uri().to_string();
        let failed = |why: &str| FetchFault(format!("{url} {why}"));
        let all = async {
            // A connection lives on the runtime that made it, and these are few: none is kept.
            let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(self.https.clone());
            let response = client.request(request).await.map_err(|error| match error.is_connect() {
                true => failed(&format!("cannot be reached: {}", innermost(&error))),
                false => failed(&format!("broke off: {}", innermost(&error))),
            })?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), length_max).collect().await;
            let body = body.map_err(|_| failed(&format!("broke off, or sent more than {length_max} bytes")))?;
            Ok(Fetched { status, body: body.to_bytes().to_vec() })
        };
        let in_time = tokio::time::timeout(ALL_MAX, all).await;
        in_time.unwrap_or_else(|_| Err(failed(&format!("took longer than {} s", ALL_MAX.as_secs()))))
    }
}

impl Web for HyperWeb {
    fn get<'f>(&'f self, url: &'f str, length_max: usize) -> Fetching<'f> {
        Box::pin(async move { self.send(request(Method::GET, url, String::new())?, length_max).await })
    }

    fn post<'f>(
        &'f self,
        url: &'f str,
        authorization: Option<&'f str>,
        form: &'f str,
        length_max: usize,
    ) -> Fetching<'f> {
        Box::pin(async move {
            let mut request = request(Method::POST, url, form.to_owned())?;
            let headers = request.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            if let Some(shown) = authorization {
                let mut shown = HeaderValue::from_str(shown)
                    .map_err(|_| FetchFault("the client's secret has characters that cannot be sent".to_owned()))?;
                shown.set_sensitive(true);
                headers.insert(AUTHORIZATION, shown);
            }
            self.send(request, length_max).await
        })
    }
}

fn request(method: Method, url: &str, body: String) -> Result<Request<Full<Bytes>>, FetchFault> {
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("wardroom/", env!("CARGO_PKG_VERSION")));
    request.body(Full::from(body)).map_err(|error| FetchFault(format!("{url} is no address: {error}")))
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(behind) = error.source() {
        error = behind;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    /// A server that gives one answer, and what it was asked.
    fn server(answer: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/there", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = vec![0; 8_192];
            let read = stream.read(&mut asked).unwrap();
            let _ = stream.write_all(answer.as_bytes());
            asked.truncate(read);
            String::from_utf8(asked).unwrap()
        });
        (url, thread)
    }

    #[tokio::test]
    async fn a_document_is_fetched_and_a_form_is_sent_with_what_shows_who_sends_it() {
        let (url, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        let fetched = HyperWeb::new().unwrap().get(&url, 100).await.unwrap();
        assert_eq!((fetched.status, fetched.body.as_slice()), (200, &b"{}"[..]));
        assert!(asked.join().unwrap().starts_with("GET /there HTTP/1.1\r\n"));
        let (url, asked) = server("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}");
        let answer = HyperWeb::new().unwrap().post(&url, Some("Basic eA=="), "a=b&c=d", 100).await.unwrap();
        assert_eq!(answer.status, 400);
        let asked = asked.join().unwrap().to_lowercase();
        for part in ["post /there", "authorization: basic ea==", "application/x-www-form-urlencoded", "a=b&c=d"] {
            assert!(asked.contains(part), "{part}: {asked}");
        }
    }

    #[tokio::test]
    async fn no_redirect_is_followed_nothing_too_long_is_read_and_what_is_not_there_is_named() {
        let web = HyperWeb::new().unwrap();
        let (url, _) = server("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(web.get(&url, 100).await.unwrap().status, 302);
        let (url, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n123456");
        assert!(web.get(&url, 5).await.unwrap_err().to_string().contains("more than 5 bytes"));
        let gone = web.get("http://127.0.0.1:1/there", 100).await.unwrap_err().to_string();
        assert!(gone.contains("http://127.0.0.1:1/there cannot be reached"), "{gone}");
    }
}
