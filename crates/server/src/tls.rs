//! TLS in front of the doors: the certificate that the operator's files hold, taken anew when they change.
//!
//! A pair that cannot be used keeps the server from starting; later the pair before it stays in force, and the log says
//! why. Connections that are open keep what they began with. Nobody is asked for a certificate of their own, and nothing
//! here decides about access.
//!
//! Start reading at [`Files::read`], then [`Renewal::keep`].

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::ports::Clock as _;
use arc_swap::ArcSwap;
use domain::time::Timestamp;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, ServerConfig};
use zeroize::Zeroizing;

use crate::Fault;
use crate::adapters::{SystemClock, day};

mod validity;

/// Bytes of a file; chains are a few thousand long.
const FILE_MAX: u64 = 1 << 20;
/// Certificates of a chain.
const CHAIN_MAX: usize = 16;
/// How often the files are looked at. Those who renew a certificate do so days before its end.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const DAY_MS: i64 = 86_400_000;
/// Days before its end from which a certificate should have been renewed.
const RENEWED_BEFORE_DAYS: i64 = 14;

/// Where the certificate and its key are.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// What the files hold, compared to see whether they changed.
#[derive(PartialEq, Eq)]
struct Texts {
    cert: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

/// A certificate with its key.
pub(crate) struct Pair {
    certified: Arc<CertifiedKey>,
    texts: Texts,
    /// Mode bits of the key file, where there are such.
    key_mode: u32,
}

impl Files {
    /// Reads the files and joins what they hold.
    ///
    /// # Errors
    /// [`Fault`] that names the setting whose file is at fault. It never holds anything of the key.
    pub(crate) fn read(&self) -> Result<Pair, Fault> {
        let (cert, _) = read("tls-cert-file", &self.cert)?;
        let (key, key_mode) = read("tls-key-file", &self.key)?;
        let texts = Texts { cert: cert.to_vec(), key };
        Ok(Pair { certified: Arc::new(self.join(&texts)?), texts, key_mode })
    }

    fn join(&self, texts: &Texts) -> Result<CertifiedKey, Fault> {
        let fault =
            |setting: &str, path: &Path, why: &str| Fault(format!("the setting {setting}: {} {why}", path.display()));
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&texts.cert).take(CHAIN_MAX).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| {
            let why = "holds no certificate that can be read; put the certificate there as PEM, followed by those that \
                       it rests on";
            fault("tls-cert-file", &self.cert, why)
        })?;
        let key = PrivateKeyDer::from_pem_slice(&texts.key).map_err(|_| {
            let why = "holds no private key that can be read; put it there as PEM, without a passphrase";
            fault("tls-key-file", &self.key, why)
        })?;
        CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                let why = format!("is not the key of the first certificate in {}", self.cert.display());
                fault("tls-key-file", &self.key, &why)
            }
            Error::InvalidCertificate(_) => {
                fault("tls-cert-file", &self.cert, "does not begin with a sound certificate")
            }
            _ => {
                fault("tls-key-file", &self.key, "holds a key of a kind that is not served; use ECDSA, Ed25519 or RSA")
            }
        })
    }
}

fn read(setting: &str, path: &Path) -> Result<(Zeroizing<Vec<u8>>, u32), Fault> {
    let failed =
        |error: std::io::Error| Fault(format!("the setting {setting}: {} cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let mode = mode(&file.metadata().map_err(failed)?);
    let mut text = Zeroizing::new(Vec::new());
    file.take(FILE_MAX).read_to_end(&mut text).map_err(failed)?;
    Ok((text, mode))
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
}

#[cfg(not(unix))]
fn mode(_metadata: &std::fs::Metadata) -> u32 {
    0
}

impl Pair {
    /// From when until when the certificate is good, where it can be told.
    pub(crate) fn good(&self) -> Option<(Timestamp, Timestamp)> {
        validity::of(self.certified.cert.first()?)
    }

    /// What an operator should look at, in a sentence each.
    pub(crate) fn remarks(&self, host: &str, now: Timestamp) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some((from, until)) = self.good() {
            let days = (until.0 - now.0).div_euclid(DAY_MS);
            if now < from {
                remarks.push(format!("the certificate is not good before {}", day(from)));
            } else if until < now {
                remarks.push(format!("the certificate has expired on {}; renew it", day(until)));
            } else if days < RENEWED_BEFORE_DAYS {
                remarks.push(format!("the certificate expires on {}, in {days} days; renew it", day(until)));
            }
        }
        let parsed = self.certified.cert.first().and_then(|first| ParsedCertificate::try_from(first).ok());
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).ok();
        if let Some((parsed, name)) = parsed.zip(name)
            && verify_server_name(&parsed, &name).is_err()
        {
            remarks.push(format!("the certificate is not for {host}, which is the host of public-url"));
        }
        if self.key_mode & 0o004 != 0 {
            remarks.push(format!(
                "everybody on this machine can read the key file (mode {:o}); make it 600",
                self.key_mode
            ));
        }
        remarks
    }
}

/// The pair that new connections are shown.
#[derive(Debug)]
struct InForce(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for InForce {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// Looks after the pair in force.
pub(crate) struct Renewal {
    files: Files,
    host: String,
    in_force: Arc<InForce>,
    /// What was read last, usable or not, so that each change is told once.
    seen: Result<Texts, String>,
    asked: Asked,
    /// The day on which remarks were last logged.
    remarked_on: i64,
}

/// Takes the pair of the files for a server that people reach under this host. Wants a runtime to be there.
///
/// # Errors
/// [`Fault`] where the files cannot be used.
pub(crate) fn open(files: Files, host: String) -> Result<(TlsAcceptor, Renewal), Fault> {
    let pair = files.read()?;
    let in_force = Arc::new(InForce(ArcSwap::new(pair.certified.clone())));
    let versions = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        // 1.3 and 1.2, and nothing before.
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::of("TLS cannot be set up", &error))?;
    let mut config = versions.with_no_client_auth().with_cert_resolver(in_force.clone());
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let asked = Asked::new().map_err(|error| Fault::of("SIGHUP cannot be heard", &error))?;
    let mut renewal = Renewal { files, host, in_force, seen: Err(String::new()), asked, remarked_on: 0 };
    renewal.remark(&pair);
    renewal.seen = Ok(pair.texts);
    Ok((TlsAcceptor::from(Arc::new(config)), renewal))
}

impl Renewal {
    /// Takes the files anew when they change or somebody asks for it, for ever.
    pub(crate) async fn keep(mut self) {
        loop {
            let is_asked = tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => false,
                () = self.asked.again() => true,
            };
            let files = self.files.clone();
            if let Ok(read) = tokio::task::spawn_blocking(move || files.read()).await {
                self.take(read, is_asked);
            }
        }
    }

    fn take(&mut self, read: Result<Pair, Fault>, is_asked: bool) {
        match read {
            Ok(pair) => {
                let is_known = self.seen.as_ref().is_ok_and(|seen| *seen == pair.texts);
                if !is_known || is_asked {
                    self.in_force.0.store(pair.certified.clone());
                    let until = pair.good().map_or_else(String::new, |(_, until)| day(until));
                    tracing::info!(until, "the certificate was read; new connections are shown it");
                    self.remarked_on = 0;
                }
                self.remark(&pair);
                self.seen = Ok(pair.texts);
            }
            Err(fault) => {
                let told = fault.to_string();
                if self.seen.as_ref().err() != Some(&told) || is_asked {
                    tracing::error!(%fault, "the certificate cannot be taken anew; the one before it stays in force");
                }
                self.seen = Err(told);
            }
        }
    }

    /// Logs what an operator should look at, once a day.
    fn remark(&mut self, pair: &Pair) {
        let now = SystemClock.now();
        let today = now.0.div_euclid(DAY_MS);
        if today == self.remarked_on {
            return;
        }
        self.remarked_on = today;
        for remark in pair.remarks(&self.host, now) {
            tracing::warn!("{remark}");
        }
    }
}

/// Comes whenever the operator asks by SIGHUP, where there is such a thing.
struct Asked {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Asked {
    #[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail"))]
    fn new() -> std::io::Result<Asked> {
        Ok(Asked {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    async fn again(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests;
