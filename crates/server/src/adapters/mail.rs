//! The way to people's mail: an SMTP server, or a folder that takes each mail as a file, for a trial.

use std::path::{Path, PathBuf};
use std::time::Duration;

use app::ports::{Mail, MailFault, Mailer, Sending};
use identity::random::{OperatingSystem, random_array};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use crate::Fault;
use crate::settings::{MailServer, MailWay};

/// How long each step of a conversation with an SMTP server may take.
const STEP_MAX: Duration = Duration::from_secs(20);
/// How long the whole of it may take.
const SENDING_MAX: Duration = Duration::from_secs(60);
/// What an SMTP server answers about whoever sends, not about the mail: it may be set right meanwhile.
const ABOUT_THE_SENDER: [u16; 4] = [530, 534, 535, 538];

/// Sends mail in the way that the settings name.
pub(crate) struct MailWays {
    from: Mailbox,
    way: Way,
}

enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Folder(PathBuf),
}

impl MailWays {
    /// Prepares the way, and reads the files that it needs.
    pub(crate) fn open(server: &MailServer) -> Result<MailWays, Fault> {
        let way = match &server.way {
            MailWay::Folder(folder) => Way::Folder(folder.clone()),
            MailWay::Smtp { .. } => Way::Smtp(Box::new(smtp(server)?)),
        };
        Ok(MailWays { from: server.from.clone(), way })
    }

    /// Whether whoever takes mail is there and lets us in. Nothing is sent.
    pub(crate) async fn check(&self) -> Result<(), String> {
        match &self.way {
            Way::Smtp(transport) => match tokio::time::timeout(SENDING_MAX, transport.test_connection()).await {
                Ok(Ok(true)) => Ok(()),
                Ok(Ok(false)) => Err("the server does not answer as an SMTP server does".to_owned()),
                Ok(Err(error)) => Err(told(&error)),
                Err(_) => Err(format!("no answer in {} s", SENDING_MAX.as_secs())),
            },
            Way::Folder(folder) if folder.is_dir() => Ok(()),
            Way::Folder(folder) => Err(format!("there is no folder {}", folder.display())),
        }
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailFault> {
        let lasting = |message: String| MailFault { is_lasting: true, message };
        let address: Address = mail.to.parse().map_err(|_| lasting("the address cannot be written to".to_owned()))?;
        let name = Some(in_one_line(&mail.name)).filter(|name| !name.is_empty());
        let host = self.from.email.domain();
        let bytes = random_array::<16>(&mut OperatingSystem);
        let bytes = bytes.map_err(|error| MailFault { is_lasting: false, message: error.to_string() })?;
        let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, address))
            .subject(in_one_line(&mail.subject))
            .message_id(Some(format!("<{id}@{host}>")))
            .date_now()
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|error| lasting(format!("the mail cannot be written: {error}")))
    }
}

impl Mailer for MailWays {
    fn send<'m>(&'m self, mail: &'m Mail) -> Sending<'m> {
        Box::pin(async move {
            let message = self.message(mail)?;
            let transport = match &self.way {
                Way::Folder(folder) => return keep(folder, &message),
                Way::Smtp(transport) => transport,
            };
            match tokio::time::timeout(SENDING_MAX, transport.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => {
                    let about_sender = error.status().is_some_and(|code| ABOUT_THE_SENDER.contains(&code.into()));
                    Err(MailFault { is_lasting: error.is_permanent() && !about_sender, message: told(&error) })
                }
                Err(_) => {
                    let message = format!("the mail server took longer than {} s", SENDING_MAX.as_secs());
                    Err(MailFault { is_lasting: false, message })
                }
            }
        })
    }
}

fn smtp(server: &MailServer) -> Result<AsyncSmtpTransport<Tokio1Executor>, Fault> {
    let MailWay::Smtp { host, port, user, wrapped } = &server.way else {
        return Err(Fault("the setting mail-server names no SMTP server".to_owned()));
    };
    let unusable = |error: &SmtpError| Fault(format!("the setting mail-server: {}", told(error)));
    let mut parameters = TlsParameters::builder(host.clone());
    if let Some(file) = &server.ca_file {
        let pem = read("mail-ca-file", file)?;
        let wrong = |_| Fault(format!("the setting mail-ca-file: {} holds no certificate in PEM", file.display()));
        let all = pem.split_inclusive("-----END CERTIFICATE-----").filter(|text| text.contains("BEGIN CERTIFICATE"));
        for one in all {
            parameters = parameters.add_root_certificate(Certificate::from_pem(one.as_bytes()).map_err(wrong)?);
        }
    }
    let parameters = parameters.build_rustls().map_err(|error| unusable(&error))?;
    // A server on this machine may do without: what is said to it does not leave the machine.
    let tls = match (wrapped, server.is_on_this_machine()) {
        (true, _) => Tls::Wrapper(parameters),
        (false, true) => Tls::Opportunistic(parameters),
        (false, false) => Tls::Required(parameters),
    };
    let mut builder =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host).port(*port).tls(tls).timeout(Some(STEP_MAX));
    if let (Some(user), Some(file)) = (user, &server.password_file) {
        let password = read("mail-password-file", file)?.trim_end_matches(['\r', '\n']).to_owned();
        builder = builder.credentials(Credentials::new(user.clone(), password));
    }
    Ok(builder.build())
}

fn read(setting: &str, file: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(file)
        .map_err(|error| Fault(format!("the setting {setting}: {} cannot be read: {error}", file.display())))
}

/// Puts a mail into a folder, whole or not at all, readable by whoever runs this alone.
fn keep(folder: &Path, message: &Message) -> Result<(), MailFault> {
    let fault = |error: std::io::Error| MailFault {
        is_lasting: false,
        message: format!("the folder {} takes no mail: {error}", folder.display()),
    };
    let id = message.headers().get_raw("Message-ID").unwrap_or_default();
    let name: String = id.chars().filter(char::is_ascii_hexdigit).take(32).collect();
    let (written, kept) = (folder.join(format!("{name}.part")), folder.join(format!("{name}.eml")));
    write_private(&written, &message.formatted()).map_err(fault)?;
    std::fs::rename(&written, &kept).map_err(fault)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

/// What stands in a header has one line.
fn in_one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// An error with what is behind it, in one line.
fn told(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut behind = std::error::Error::source(error);
    while let Some(error) = behind {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        behind = error.source();
    }
    in_one_line(&text)
}

#[cfg(test)]
mod tests;
