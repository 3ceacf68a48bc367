//! The way to other people's web servers: one request on a connection of its own, bounded in time and in bytes, with no
//! redirect followed. Whose certificates are believed the operator may say.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::ports::{Content, FetchFault, Fetched, Fetching, Web};
use bytes::Bytes;
use gateway::destination::{Destinations, Resolver};
use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::Fault;

/// How long one request may take, from the connection to the last byte.
const ALL_MAX: Duration = Duration::from_secs(5);

/// Sends requests.
pub(crate) struct HyperWeb {
    https: HttpsConnector<HttpConnector<Resolver>>,
    /// Where requests may go; none for those that the operator set up.
    destinations: Option<Arc<Destinations>>,
}

impl HyperWeb {
    /// Prepares the way. A certificate rests on those in the setting's file where one is given, and on those of the
    /// public authorities otherwise.
    ///
    /// # Errors
    /// [`Fault`] that names the setting whose file holds no certificates.
    pub(crate) fn new(ca_file: Option<(&str, &Path)>) -> Result<HyperWeb, Fault> {
        HyperWeb::with(ca_file, None)
    }

    /// Prepares the way to what others name: to public addresses, and those that the operator allows.
    ///
    /// # Errors
    /// [`Fault`] where there is no TLS.
    pub(crate) fn guarded(destinations: Destinations) -> Result<HyperWeb, Fault> {
        HyperWeb::with(None, Some(Arc::new(destinations)))
    }

    fn with(ca_file: Option<(&str, &Path)>, destinations: Option<Arc<Destinations>>) -> Result<HyperWeb, Fault> {
        let resolver = destinations.clone().map_or_else(Resolver::open, Resolver::guarded);
        let mut http = HttpConnector::new_with_resolver(resolver);
        http.enforce_http(false);
        let no_tls = |error| Fault(format!("there is no TLS to reach providers with: {error}"));
        let (builder, ring) = (HttpsConnectorBuilder::new(), Arc::new(default_provider()));
        let builder = match (&destinations, ca_file) {
            (Some(destinations), _) => builder.with_tls_config(destinations.tls().map_err(no_tls)?),
            (None, None) => builder.with_provider_and_webpki_roots(ring).map_err(no_tls)?,
            (None, Some((setting, file))) => {
                let versions = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
                let config = versions.map_err(no_tls)?.with_root_certificates(authorities(setting, file)?);
                builder.with_tls_config(config.with_no_client_auth())
            }
        };
        Ok(HyperWeb { https: builder.https_or_http().enable_http1().wrap_connector(http), destinations })
    }

    async fn send(&self, request: Request<Full<Bytes>>, length_max: usize) -> Result<Fetched, FetchFault> {
        let url = request.uri().to_string();
        let failed = |why: &str| FetchFault(format!("{url} {why}"));
        if let Some(destinations) = &self.destinations {
            destinations.check(&url).map_err(|refused| failed(&format!("is not gone to: {refused}")))?;
        }
        let all = async {
            // A connection lives on the runtime that made it, and these are few: none is kept.
            let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(self.https.clone());
            let response = client.request(request).await.map_err(|error| match error.is_connect() {
                true => failed(&format!("cannot be reached: {}", innermost(&error))),
                false => failed(&format!("broke off: {}", innermost(&error))),
            })?;
            let (status, kept_s) = (response.status().as_u16(), kept_s(response.headers()));
            let body = Limited::new(response.into_body(), length_max).collect().await;
            let body = body.map_err(|_| failed(&format!("broke off, or sent more than {length_max} bytes")))?;
            Ok(Fetched { status, body: body.to_bytes().to_vec(), kept_s })
        };
        let in_time = tokio::time::timeout(ALL_MAX, all).await;
        in_time.unwrap_or_else(|_| Err(failed(&format!("took longer than {} s", ALL_MAX.as_secs()))))
    }
}

impl Web for HyperWeb {
    fn get<'f>(&'f self, url: &'f str, authorization: Option<&'f str>, length_max: usize) -> Fetching<'f> {
        Box::pin(async move {
            let mut request = request(Method::GET, url, String::new())?;
            show(&mut request, authorization)?;
            self.send(request, length_max).await
        })
    }

    fn post<'f>(
        &'f self,
        url: &'f str,
        authorization: Option<&'f str>,
        content: Content<'f>,
        length_max: usize,
    ) -> Fetching<'f> {
        Box::pin(async move {
            let (kind, text) = match content {
                Content::Form(text) => ("application/x-www-form-urlencoded", text),
                Content::Json(text) => ("application/json", text),
            };
            let mut request = request(Method::POST, url, text.to_owned())?;
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            show(&mut request, authorization)?;
            self.send(request, length_max).await
        })
    }
}

fn authorities(setting: &str, file: &Path) -> Result<RootCertStore, Fault> {
    let mut store = RootCertStore::empty();
    let wrong =
        |_| Fault(format!("the setting {setting}: {} holds a certificate on which none can rest", file.display()));
    certificates(setting, file)?.into_iter().try_for_each(|certificate| store.add(certificate)).map_err(wrong)?;
    Ok(store)
}

/// The certificates in a setting's file.
///
/// # Errors
/// [`Fault`] that names the setting whose file holds none.
pub(crate) fn certificates(setting: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let wrong = |why: &str| Fault(format!("the setting {setting}: {} {why}", file.display()));
    let text = std::fs::read(file).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let read = read.map_err(|_| wrong("holds no certificate in PEM"))?;
    if read.is_empty() { Err(wrong("holds no certificate in PEM")) } else { Ok(read) }
}

fn request(method: Method, url: &str, body: String) -> Result<Request<Full<Bytes>>, FetchFault> {
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("wardroom/", env!("CARGO_PKG_VERSION")));
    request.body(Full::from(body)).map_err(|error| FetchFault(format!("{url} is no address: {error}")))
}

fn show<B>(request: &mut Request<B>, authorization: Option<&str>) -> Result<(), FetchFault> {
    let Some(shown) = authorization else { return Ok(()) };
    let mut shown = HeaderValue::from_str(shown)
        .map_err(|_| FetchFault("a secret has characters that cannot be sent".to_owned()))?;
    shown.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, shown);
    Ok(())
}

/// For how long an answer may be kept (RFC 9111), where it says so in a plain way.
fn kept_s(headers: &HeaderMap) -> Option<u64> {
    let stated = headers.get(CACHE_CONTROL)?.to_str().ok()?;
    let mut directives = stated.split(',').map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-store" | "no-cache")) {
        return Some(0);
    }
    directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())
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

    use testkit::certificate::{Certificate, FAR};
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;
    use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

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
        let fetched = HyperWeb::new(None).unwrap().get(&url, Some("Bearer t"), 100).await.unwrap();
        assert_eq!((fetched.status, fetched.body.as_slice()), (200, &b"{}"[..]));
        let asked = asked.join().unwrap().to_lowercase();
        assert!(asked.starts_with("get /there http/1.1\r\n") && asked.contains("authorization: bearer t"), "{asked}");
        let (url, asked) = server("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}");
        let answer =
            HyperWeb::new(None).unwrap().post(&url, Some("Basic eA=="), Content::Form("a=b&c=d"), 100).await.unwrap();
        assert_eq!(answer.status, 400);
        let asked = asked.join().unwrap().to_lowercase();
        for part in ["post /there", "authorization: basic ea==", "application/x-www-form-urlencoded", "a=b&c=d"] {
            assert!(asked.contains(part), "{part}: {asked}");
        }
    }

    #[tokio::test]
    async fn no_redirect_is_followed_nothing_too_long_is_read_and_what_is_not_there_is_named() {
        let web = HyperWeb::new(None).unwrap();
        let (url, _) = server("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(web.get(&url, None, 100).await.unwrap().status, 302);
        let (url, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n123456");
        assert!(web.get(&url, None, 5).await.unwrap_err().to_string().contains("more than 5 bytes"));
        let gone = web.get("http://127.0.0.1:1/there", None, 100).await.unwrap_err().to_string();
        assert!(gone.contains("http://127.0.0.1:1/there cannot be reached"), "{gone}");
    }

    /// A server that answers one request over TLS.
    fn encrypted(certificate: &Certificate) -> (String, JoinHandle<bool>) {
        let chain = vec![CertificateDer::from(certificate.der.clone())];
        let key = PrivateKeyDer::from_pem_slice(certificate.key_pem.as_bytes()).unwrap();
        let config = Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://127.0.0.1:{}/there", listener.local_addr().unwrap().port());
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
            let heard = stream.read(&mut [0; 8_192]).is_ok();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
            let _ = stream.flush();
            heard
        });
        (url, thread)
    }

    #[tokio::test]
    async fn over_tls_only_a_certificate_is_believed_that_rests_on_those_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let [own, other] = [Certificate::new(&["localhost"], FAR), Certificate::new(&["localhost"], FAR)];
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, format!("Ours\n{}{}", own.pem, Certificate::new(&["x"], FAR).pem)).unwrap();
        let with_file = || HyperWeb::new(Some(("oidc-ca-file", &ca))).unwrap();
        let (url, thread) = encrypted(&own);
        assert_eq!(with_file().get(&url, None, 100).await.unwrap().body, b"{}");
        assert!(thread.join().unwrap());
        for (certificate, web) in [(&other, with_file()), (&own, HyperWeb::new(None).unwrap())] {
            let (url, thread) = encrypted(certificate);
            let told = web.get(&url, None, 100).await.unwrap_err().to_string();
            assert!(told.contains("cannot be reached") && told.contains("certificate"), "{told}");
            assert!(!thread.join().unwrap(), "nothing was said to it");
        }
    }

    #[test]
    fn a_file_without_certificates_keeps_the_server_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let told = || HyperWeb::new(Some(("oidc-ca-file", &file))).err().expect("no way").to_string();
        assert!(told().contains("cannot be read"), "{}", told());
        for text in [
            "",
            "topaz",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            std::fs::write(&file, text).unwrap();
            let told = told();
            assert!(told.contains("the setting oidc-ca-file") && told.contains("ca.pem holds"), "{text}: {told}");
        }
    }
}
