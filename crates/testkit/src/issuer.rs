//! An OpenID Connect issuer on this machine that says of whoever comes what the test wrote down.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

/// The issuer. It serves as long as the process runs.
pub struct Issuer {
    url: String,
    claims: Arc<Mutex<String>>,
}

impl Issuer {
    /// Starts it.
    ///
    /// # Panics
    /// Where no port is free.
    #[must_use]
    pub fn start() -> Issuer {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).expect("a key");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let claims = Arc::<Mutex<String>>::default();
        let (of, said) = (url.clone(), Arc::clone(&claims));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let claims = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let _ = serve(stream, &of, &key, &claims);
            }
        });
        Issuer { url, claims }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it says of whoever comes next: the claims of the id_token, as JSON.
    pub fn says(&self, claims: &str) {
        claims.clone_into(&mut self.claims.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn serve(stream: TcpStream, url: &str, key: &EcdsaKeyPair, claims: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let told = match path {
        "/.well-known/openid-configuration" => format!(
            r#"{{"issuer":"{url}","authorization_endpoint":"{url}/authorize","token_endpoint":"{url}/token","jwks_uri":"{url}/keys"}}"#
        ),
        "/keys" => keys(key),
        "/token" => {
            let token = token(key, claims);
            format!(r#"{{"access_token":"a","token_type":"Bearer","id_token":"{token}"}}"#)
        }
        _ => "{}".to_owned(),
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length:";
    write!(reader.get_mut(), "{head} {}\r\n\r\n{told}", told.len())
}

fn keys(key: &EcdsaKeyPair) -> String {
    let point = key.public_key().as_ref();
    let of = |from: usize| URL_SAFE_NO_PAD.encode(point.get(from..from + 32).unwrap_or_default());
    format!(
        r#"{{"keys":[{{"kty":"EC","crv":"P-256","kid":"one","use":"sig","alg":"ES256","x":"{}","y":"{}"}}]}}"#,
        of(1),
        of(33)
    )
}

fn token(key: &EcdsaKeyPair, claims: &str) -> String {
    let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", encoded(r#"{"alg":"ES256","kid":"one"}"#), encoded(claims));
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}
