//! The settings of an installation, each defined once: name, default, help and how it is read.
//!
//! A setting comes from the flag `--name`, else from the environment variable `WARDROOM_NAME`, else from the
//! settings file (`--config`, or `wardroom.toml` in the data folder), else it has its default. Whatever is unknown
//! there keeps the server from starting: a setting that was misspelled would otherwise be silently in default.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::ports::{Mailer, Web};
use app::sign_in::{ProviderSetup, Providers};
use clap::{Arg, ArgMatches};
use gateway::Templates;
use gateway::destination::Destinations;
use identity::oauth::redirect::is_own_scheme;
use identity::oidc::Issuer;
use ipnet::IpNet;
use lettre::message::Mailbox;

use crate::adapters::{HyperWeb, MailWays, certificates};
use crate::proxies::{self, TrustedProxies};
use crate::{Fault, tls};

mod mail;
mod providers;
mod templates;

#[cfg(test)]
pub(crate) use mail::read_server as mail_way;
pub(crate) use mail::{MailServer, MailWay};

/// One setting's definition.
pub(crate) struct Definition {
    /// Its name, as flag and in the file.
    pub(crate) name: &'static str,
    /// Its value where none is given; empty means none.
    pub(crate) default: &'static str,
    /// What it is for.
    pub(crate) help: &'static str,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $field:ident: $type:ty, $name:literal, $default:literal, $read:path;)*) => {
        /// The settings in force.
        #[derive(Clone, Debug)]
        pub(crate) struct Settings { $($(#[doc = $doc])* pub(crate) $field: $type,)* }

        /// Every definition, in the order of the reference.
        pub(crate) const DEFINITIONS: &[Definition] = &[$(Definition {
            name: $name,
            default: $default,
            help: concat!($($doc),*),
        },)*];

        impl Settings {
            fn read(values: &Values) -> Result<Settings, Fault> {
                Ok(Settings { $($field: {
                    let (text, from) = values.get($name, $default);
                    $read(&text).map_err(|wrong| Fault(format!("the setting {} ({from}): {wrong}", $name)))?
                },)* })
            }
        }
    };
}

settings! {
    /// Address and port to listen on.
    listen: SocketAddr, "listen", "127.0.0.1:7700", read_address;
    /// The URL under which people and clients reach this server, without a path; empty means http and the listening address.
    public_url: Option<String>, "public-url", "", read_url;
    /// PEM file with the certificate for TLS, followed by those that it rests on; read again when it changes, and on SIGHUP. Empty means no TLS here. With TLS, public-url has to be https.
    tls_cert_file: Option<PathBuf>, "tls-cert-file", "", read_path;
    /// PEM file with the private key of that certificate, without a passphrase.
    tls_key_file: Option<PathBuf>, "tls-key-file", "", read_path;
    /// Addresses and networks of the proxies in front, separated by commas, such as 10.0.0.0/8. From them alone it is taken for whom they ask (X-Forwarded-For), and nothing else.
    trusted_proxies: TrustedProxies, "trusted-proxies", "", proxies::read;
    /// Web origins besides the public URL whose pages may call the MCP endpoints, separated by commas.
    allowed_origins: Vec<String>, "allowed-origins", "", read_list;
    /// Hosts to which integrations may be reached over plain http, separated by commas, such as 127.0.0.1 for servers on this machine; all others need https.
    plain_http_hosts: Vec<String>, "plain-http-hosts", "", read_list;
    /// Hosts and networks that are not public and to which integrations and documents of AI clients may be reached all the same, separated by commas, such as crm.internal or 10.1.0.0/16.
    private_destinations: PrivateDestinations, "private-destinations", "", read_private;
    /// PEM file with certificates on which those of integrations and of servers with documents of AI clients may rest, besides those of the public authorities: for servers whose certificates come from a company's own.
    destination_ca_file: Option<PathBuf>, "destination-ca-file", "", read_path;
    /// File with the programs that organizations may use as MCP servers on this machine, each a template with a name, as docs/guides/operating.md says; read at the start. Empty means none.
    templates_file: Option<PathBuf>, "templates-file", "", read_path;
    /// Schemes of applications to which people may be sent back when they connect an AI client, separated by commas, such as cursor for cursor://. Any program on a person's machine can take such a scheme for itself; a code that it catches is of no use to it. Web addresses and programs that listen on the person's machine need no entry.
    redirect_schemes: Vec<String>, "redirect-schemes", "cursor,vscode,vscode-insiders,windsurf", read_schemes;
    /// File with the master keys that seal secrets; empty means master.key in the data folder, made at the first start. The environment variable WARDROOM_MASTER_KEYS may hold the same text instead.
    master_key_file: Option<PathBuf>, "master-key-file", "", read_path;
    /// Most organizations on this installation; empty means no limit.
    organizations_max: Option<u64>, "organizations-max", "", read_limit;
    /// Most members of each organization; empty means no limit. Who is a member stays one when it is lowered.
    members_max: Option<u64>, "members-max", "", read_limit;
    /// Our client id at Google, with whom people can sign in then. The address to be registered there is the public URL with /sign-in/back.
    google_client_id: String, "google-client-id", "", read_text;
    /// File with the client secret at Google.
    google_client_secret_file: Option<PathBuf>, "google-client-secret-file", "", read_path;
    /// Domains of the companies whose Google accounts may sign in, separated by commas; empty means any account at Google.
    google_hosted_domains: Vec<String>, "google-hosted-domains", "", read_list;
    /// Another OpenID Connect issuer with whom people can sign in, exactly as its discovery document writes it, such as https://id.example.com/realms/acme.
    oidc_issuer: Option<Issuer>, "oidc-issuer", "", providers::read_issuer;
    /// Our client id at that issuer.
    oidc_client_id: String, "oidc-client-id", "", read_text;
    /// File with the client secret at that issuer.
    oidc_client_secret_file: Option<PathBuf>, "oidc-client-secret-file", "", read_path;
    /// PEM file with the certificates that that issuer's may rest on, in the place of those of the public authorities: for an issuer whose certificate comes from a company's own.
    oidc_ca_file: Option<PathBuf>, "oidc-ca-file", "", read_path;
    /// What people know that issuer by; empty means its host.
    oidc_title: String, "oidc-title", "", read_text;
    /// Whether an address of which that issuer says that it was verified is believed: true for a company's own, false where anybody can make an account there.
    oidc_believes_email: bool, "oidc-believes-email", "true", providers::read_yes_or_no;
    /// Address and port of the DNS server that is asked for the records of mail domains, such as 192.0.2.53:53; empty means those that this machine uses.
    dns_server: Option<SocketAddr>, "dns-server", "", read_server_address;
    /// Where mail goes: smtps://user@mail.example.com for SMTP over TLS, smtp://user@mail.example.com for SMTP with STARTTLS, or file:/some/folder to keep each mail as a file there, for a trial. Empty means that no mail is sent.
    mail_server: Option<MailWay>, "mail-server", "", mail::read_server;
    /// From whom mail comes, such as Wardroom <wardroom@example.com>; needed with mail-server.
    mail_from: Option<Mailbox>, "mail-from", "", mail::read_from;
    /// File with the password of the user in mail-server.
    mail_password_file: Option<PathBuf>, "mail-password-file", "", read_path;
    /// PEM file with certificates that the mail server's may rest on, besides those of the public authorities.
    mail_ca_file: Option<PathBuf>, "mail-ca-file", "", read_path;
    /// Seconds that running calls may take to end after a request to stop.
    drain_s: u64, "drain-s", "10", read_number;
    /// What is logged: off, error, warn, info, debug or trace, or a filter such as info,gateway=debug.
    log: String, "log", "info", read_text;
}

/// Environment variables that are not settings of the server but belong to the product all the same.
const NOT_SETTINGS: &[&str] = &[
    "WARDROOM_URL",
    "WARDROOM_KEY",
    "WARDROOM_ORG",
    "WARDROOM_MASTER_KEYS",
    "WARDROOM_SOAK",
    "WARDROOM_BIN",
    "WARDROOM_CLIENTS_NPM",
    "WARDROOM_GEN",
];

struct Values {
    flags: BTreeMap<&'static str, String>,
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
}

impl Values {
    fn get(&self, name: &str, default: &str) -> (String, &'static str) {
        let found = self.flags.get(name).map(|value| (value.clone(), "flag"));
        found
            .or_else(|| self.environment.get(&variable(name)).map(|value| (value.clone(), "environment")))
            .or_else(|| self.file.get(name).map(|value| (value.clone(), "settings file")))
            .unwrap_or_else(|| (default.to_owned(), "default"))
    }
}

/// The environment variable of a setting.
pub(crate) fn variable(name: &str) -> String {
    format!("WARDROOM_{}", name.replace('-', "_").to_uppercase())
}

/// The flags of every setting, for a command that serves.
pub(crate) fn flags() -> impl Iterator<Item = Arg> {
    DEFINITIONS.iter().map(|definition| {
        let help = definition.help.trim();
        let help = match definition.default {
            "" => help.to_owned(),
            default => format!("{help} [default: {default}]"),
        };
        Arg::new(definition.name).long(definition.name).value_name("VALUE").help(help)
    })
}

/// Reads the settings for a data folder.
pub(crate) fn read(matches: &ArgMatches, data: &Path) -> Result<Settings, Fault> {
    let given = |definition: &Definition| {
        matches.try_get_one::<String>(definition.name).ok().flatten().map(|value| (definition.name, value.clone()))
    };
    let flags = DEFINITIONS.iter().filter_map(given).collect();
    #[expect(clippy::disallowed_methods, reason = "this is the one place where settings are read from the environment")]
    let environment: BTreeMap<String, String> =
        std::env::vars().filter(|(name, _)| name.starts_with("WARDROOM_")).collect();
    let known: Vec<String> = DEFINITIONS.iter().map(|definition| variable(definition.name)).collect();
    let stranger = environment.keys().find(|name| !known.contains(name) && !NOT_SETTINGS.contains(&name.as_str()));
    if let Some(stranger) = stranger {
        return Err(Fault(format!(
            "there is no setting for the environment variable {stranger}; unset it, or see `wardroom serve --help`"
        )));
    }
    let config = matches.try_get_one::<PathBuf>("config").ok().flatten().cloned();
    let file = file(&config.clone().unwrap_or_else(|| data.join("wardroom.toml")), config.is_some())?;
    Settings::read(&Values { flags, environment, file })?.checked()
}

impl Settings {
    /// Refuses settings that do not go together.
    fn checked(self) -> Result<Settings, Fault> {
        let half = |given: &str, missing: &str| {
            Err(Fault(format!("the setting {missing} is missing: {given} is set; set both, or neither")))
        };
        match (&self.tls_cert_file, &self.tls_key_file) {
            (Some(_), None) => return half("tls-cert-file", "tls-key-file"),
            (None, Some(_)) => return half("tls-key-file", "tls-cert-file"),
            _ => {}
        }
        let public = self.public_url.as_deref();
        if self.tls_cert_file.is_some() && !public.is_some_and(|url| url.starts_with("https://")) {
            let found = public.map_or_else(|| "it is not set".to_owned(), |url| format!("it is {url}"));
            return Err(Fault(format!(
                "the setting public-url has to be https where tls-cert-file is set, such as https://gate.example.com; \
                 {found}"
            )));
        }
        self.mail()?;
        self.provider_setups()?;
        Ok(self)
    }

    /// The way to people's mail, where one is set; refused where what is set does not go together.
    pub(crate) fn mail(&self) -> Result<Option<MailServer>, Fault> {
        let given = mail::Given {
            from: self.mail_from.as_ref(),
            password_file: self.mail_password_file.as_ref(),
            ca_file: self.mail_ca_file.as_ref(),
        };
        mail::together(self.mail_server.as_ref(), &given).map_err(Fault)
    }

    /// The same, opened; refused where a file that it needs cannot be read.
    pub(crate) fn mailer(&self) -> Result<Option<Arc<dyn Mailer>>, Fault> {
        let opened = self.mail()?.map(|server| MailWays::open(&server)).transpose()?;
        Ok(opened.map(|ways| Arc::new(ways) as Arc<dyn Mailer>))
    }

    /// The providers with whom people sign in.
    ///
    /// # Errors
    /// Where one is set up by half, or its secret cannot be read.
    pub(crate) fn provider_setups(&self) -> Result<Vec<ProviderSetup>, Fault> {
        let given = providers::Given {
            google_client_id: &self.google_client_id,
            google_client_secret_file: self.google_client_secret_file.as_ref(),
            google_hosted_domains: &self.google_hosted_domains,
            oidc_issuer: self.oidc_issuer.as_ref(),
            oidc_client_id: &self.oidc_client_id,
            oidc_client_secret_file: self.oidc_client_secret_file.as_ref(),
            oidc_ca_file: self.oidc_ca_file.as_ref(),
            oidc_title: &self.oidc_title,
            oidc_believes_email: self.oidc_believes_email,
        };
        providers::together(&given).map_err(Fault)
    }

    /// The same, with the way to them; none where none is set up.
    pub(crate) fn providers(&self) -> Result<Option<Providers>, Fault> {
        let setups = self.provider_setups()?;
        if setups.is_empty() {
            return Ok(None);
        }
        let each = setups.into_iter().map(|setup| {
            // The authorities of one provider say nothing about another.
            let ca_file = self.oidc_ca_file.as_deref().filter(|_| setup.key == providers::OTHER);
            let web: Arc<dyn Web> = Arc::new(HyperWeb::new(ca_file.map(|file| ("oidc-ca-file", file)))?);
            Ok((setup, web))
        });
        Ok(Some(Providers { each: each.collect::<Result<_, Fault>>()? }))
    }

    /// The URL under which people come here, as far as that is known before anything listens; and what is told where
    /// nobody can sign in under it.
    pub(crate) fn reached_at(&self) -> (String, Option<String>) {
        let url = self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        let told = (!api::lets_sign_in(&url)).then(|| {
            format!(
                "nobody can sign in at {url}; say with --public-url, as for serve, under which https URL this server \
                 is reached"
            )
        });
        (url, told)
    }

    /// The certificate and its key, where both are set.
    pub(crate) fn tls_files(&self) -> Option<tls::Files> {
        let (cert, key) = self.tls_cert_file.clone().zip(self.tls_key_file.clone())?;
        Some(tls::Files { cert, key })
    }

    /// Where integrations and documents of AI clients may be besides public addresses over https.
    ///
    /// # Errors
    /// [`Fault`] that names the setting whose file holds no certificates.
    pub(crate) fn destinations(&self) -> Result<Destinations, Fault> {
        let plain_http_hosts = self.plain_http_hosts.clone();
        let PrivateDestinations { hosts, networks } = self.private_destinations.clone();
        let authorities = match &self.destination_ca_file {
            None => Vec::new(),
            Some(file) => certificates("destination-ca-file", file)?,
        };
        Ok(Destinations { plain_http_hosts, private_hosts: hosts, private_networks: networks, authorities })
    }

    /// The programs that organizations may use as MCP servers.
    ///
    /// # Errors
    /// [`Fault`] that names the place in the file that is at fault.
    pub(crate) fn templates(&self) -> Result<Templates, Fault> {
        self.templates_file.as_deref().map_or_else(|| Ok(Templates::default()), templates::read_file)
    }

    /// How much of the installation may be used.
    pub(crate) fn quotas(&self) -> app::Quotas {
        app::Quotas { organizations_max: self.organizations_max, members_max: self.members_max }
    }
}

fn file(path: &Path, must_exist: bool) -> Result<BTreeMap<String, String>, Fault> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => return Ok(BTreeMap::new()),
        Err(error) => return Err(Fault(format!("the settings file {} cannot be read: {error}", path.display()))),
    };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        Fault(format!("the settings file {}: {}", path.display(), error.message()))
    })?;
    let value = |(name, value): (String, toml::Value)| {
        if !DEFINITIONS.iter().any(|definition| definition.name == name) {
            let known = DEFINITIONS.iter().map(|definition| definition.name).collect::<Vec<_>>().join(", ");
            return Err(Fault(format!(
                "the settings file {} has no setting named {name}; there are: {known}",
                path.display()
            )));
        }
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Array(items) => items.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(","),
            other => {
                return Err(Fault(format!(
                    "the settings file {}: {name} cannot be {}",
                    path.display(),
                    other.type_str()
                )));
            }
        };
        Ok((name, text))
    };
    table.into_iter().map(value).collect()
}

fn read_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not an address and port, such as 127.0.0.1:7700 or [::]:7700"))
}

fn read_server_address(text: &str) -> Result<Option<SocketAddr>, String> {
    let wrong = |_| format!("`{text}` is not an address and port, such as 192.0.2.53:53");
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
}

fn read_url(text: &str) -> Result<Option<String>, String> {
    let text = text.trim_end_matches('/');
    if text.is_empty() {
        return Ok(None);
    }
    let uri: http::Uri = text.parse().map_err(|_| format!("`{text}` is not a URL"))?;
    let fits = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some()
        && uri.path() == "/"
        && uri.query().is_none()
        && !text.contains(['@', '#']);
    // Browsers write where a page comes from in one form alone, and everything that they send is compared with it.
    let default_port = if uri.scheme_str() == Some("https") { ":443" } else { ":80" };
    if fits && (text.ends_with(default_port) || text.chars().any(|letter| letter.is_ascii_uppercase())) {
        return Err(format!("`{text}` has to be written as browsers write it: in lower case, without {default_port}"));
    }
    if fits {
        Ok(Some(text.to_owned()))
    } else {
        Err(format!("`{text}` is not a URL of the form https://gate.example.com"))
    }
}

/// Hosts and networks that are not public.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct PrivateDestinations {
    hosts: Vec<String>,
    networks: Vec<IpNet>,
}

fn read_private(text: &str) -> Result<PrivateDestinations, String> {
    let mut read = PrivateDestinations::default();
    for item in read_list(text)? {
        let address = || item.parse::<IpAddr>().map(IpNet::from);
        match item.parse::<IpNet>().or_else(|_| address()) {
            Ok(network) => read.networks.push(network),
            Err(_) if item.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) => {
                read.hosts.push(item)
            }
            Err(_) => {
                return Err(format!("`{item}` is neither a host nor a network, such as crm.internal or 10.1.0.0/16"));
            }
        }
    }
    Ok(read)
}

fn read_schemes(text: &str) -> Result<Vec<String>, String> {
    let schemes = read_list(text)?;
    match schemes.iter().find(|scheme| !is_own_scheme(scheme)) {
        None => Ok(schemes),
        Some(other) => Err(format!("`{other}` is not the scheme of an application, such as cursor, in lower case")),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every setting is read by a function of the same form")]
fn read_list(text: &str) -> Result<Vec<String>, String> {
    Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
}

#[expect(clippy::unnecessary_wraps, reason = "every setting is read by a function of the same form")]
fn read_path(text: &str) -> Result<Option<PathBuf>, String> {
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

fn read_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number"))
}

fn read_limit(text: &str) -> Result<Option<u64>, String> {
    match text.parse() {
        _ if text.is_empty() => Ok(None),
        Ok(0) => Err("`0` would let nobody in; leave it empty where there is to be no limit".to_owned()),
        Ok(limit) => Ok(Some(limit)),
        Err(_) => Err(format!("`{text}` is not a whole number")),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every setting is read by a function of the same form")]
fn read_text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
