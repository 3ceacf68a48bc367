//! The settings about mail: where it goes, from whom, and what they need beside each other.

use std::fmt;
use std::path::PathBuf;

use lettre::message::Mailbox;

/// Ports of SMTP (RFC 6409 and 8314).
const PORT_STARTTLS: u16 = 587;
const PORT_TLS: u16 = 465;

/// Where mail goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum MailWay {
    /// To an SMTP server.
    Smtp {
        host: String,
        port: u16,
        user: Option<String>,
        /// Whether TLS comes first; otherwise it begins with STARTTLS.
        wrapped: bool,
    },
    /// Into a folder, a file for each mail.
    Folder(PathBuf),
}

impl fmt::Display for MailWay {
    /// Where mail goes, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MailWay::Smtp { host, port, .. } => write!(f, "{host} port {port}"),
            MailWay::Folder(folder) => write!(f, "the folder {}", folder.display()),
        }
    }
}

/// All that is set about mail.
#[derive(Clone, Debug)]
pub(crate) struct MailServer {
    pub(crate) way: MailWay,
    pub(crate) from: Mailbox,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) ca_file: Option<PathBuf>,
}

impl MailServer {
    /// Whether the SMTP server runs on this machine.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        matches!(&self.way, MailWay::Smtp { host, .. } if ["localhost", "127.0.0.1", "::1"].contains(&host.as_str()))
    }
}

/// What is set beside the server.
pub(super) struct Given<'s> {
    pub(super) from: Option<&'s Mailbox>,
    pub(super) password_file: Option<&'s PathBuf>,
    pub(super) ca_file: Option<&'s PathBuf>,
}

/// Refuses what does not go together.
pub(super) fn together(way: Option<&MailWay>, given: &Given<'_>) -> Result<Option<MailServer>, String> {
    let Some(way) = way else {
        let names = ["mail-from", "mail-password-file", "mail-ca-file"];
        let set = [given.from.is_some(), given.password_file.is_some(), given.ca_file.is_some()];
        return match names.into_iter().zip(set).find(|(_, is_set)| *is_set) {
            Some((name, _)) => Err(format!("the setting mail-server is missing: {name} is set; set both, or neither")),
            None => Ok(None),
        };
    };
    let from = given.from.ok_or_else(|| {
        "the setting mail-from is missing: mail-server is set; say from whom mail comes, such as \
         Wardroom <wardroom@example.com>"
            .to_owned()
    })?;
    let has_user = matches!(way, MailWay::Smtp { user: Some(_), .. });
    if has_user != given.password_file.is_some() {
        return Err(match has_user {
            true => "the setting mail-password-file is missing: mail-server names a user".to_owned(),
            false => "the setting mail-password-file is set, and mail-server names no user, such as \
                      smtps://user@mail.example.com"
                .to_owned(),
        });
    }
    let server = MailServer {
        way: way.clone(),
        from: from.clone(),
        password_file: given.password_file.cloned(),
        ca_file: given.ca_file.cloned(),
    };
    Ok(Some(server))
}

pub(crate) fn read_server(text: &str) -> Result<Option<MailWay>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        "it is none of smtps://user@mail.example.com, smtp://user@mail.example.com:587 and file:/some/folder".to_owned()
    };
    if let Some(folder) = text.strip_prefix("file:") {
        return (!folder.is_empty()).then(|| Some(MailWay::Folder(PathBuf::from(folder)))).ok_or_else(wrong);
    }
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let wrapped = match scheme {
        "smtps" => true,
        "smtp" => false,
        _ => return Err(wrong()),
    };
    // The user of many a server is an e-mail address.
    let (user, host) = match rest.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, rest),
    };
    if user.as_deref().is_some_and(|user| user.is_empty() || user.contains(':')) {
        return Err("the password does not belong there: name the user alone, and put the password into a file that \
                    mail-password-file names"
            .to_owned());
    }
    let uri: http::Uri = format!("http://{}", host.trim_end_matches('/')).parse().map_err(|_| wrong())?;
    let is_whole = |name: &&str| {
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let has_port = authority.len() > name.len();
        !name.is_empty() && uri.path() == "/" && uri.query().is_none() && (!has_port || uri.port_u16().is_some())
    };
    let name = uri.host().filter(is_whole);
    let host = name.ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(if wrapped { PORT_TLS } else { PORT_STARTTLS });
    Ok(Some(MailWay::Smtp { host, port, user, wrapped }))
}

pub(super) fn read_from(text: &str) -> Result<Option<Mailbox>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| format!("`{text}` is not an address such as Wardroom <wardroom@example.com>");
    text.parse().map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(host: &str, port: u16, user: Option<&str>, wrapped: bool) -> MailWay {
        MailWay::Smtp { host: host.to_owned(), port, user: user.map(str::to_owned), wrapped }
    }

    #[test]
    fn a_server_is_read_with_its_user_and_the_port_of_its_scheme() {
        for (text, way) in [
            ("smtps://mail.example.com", smtp("mail.example.com", 465, None, true)),
            ("smtp://mail.example.com", smtp("mail.example.com", 587, None, false)),
            (
                "smtp://ada@example.com@mail.example.com:25/",
                smtp("mail.example.com", 25, Some("ada@example.com"), false),
            ),
            ("smtp://[::1]:2525", smtp("::1", 2525, None, false)),
            ("file:/var/mail", MailWay::Folder("/var/mail".into())),
        ] {
            assert_eq!(read_server(text), Ok(Some(way)), "{text}");
        }
        assert_eq!(read_server(""), Ok(None));
    }

    #[test]
    fn what_is_no_server_is_refused_and_a_password_is_shown_its_place() {
        for text in ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://h/path", "file:", "smtp://h:x"] {
            assert!(read_server(text).unwrap_err().contains("none of"), "{text}");
        }
        let told = read_server("smtps://ada:topaz@mail.example.com").unwrap_err();
        assert!(told.contains("mail-password-file") && !told.contains("topaz"), "{told}");
    }

    #[test]
    fn what_does_not_go_together_is_refused_by_name() {
        let (from, file) = ("W <w@example.com>".parse().unwrap(), PathBuf::from("p"));
        let given = |from, password_file, ca_file| Given { from, password_file, ca_file };
        let (server, user) = (smtp("h.example", 465, None, true), smtp("h.example", 465, Some("ada"), true));
        for (way, given, says) in [
            (None, given(Some(&from), None, None), "mail-server is missing: mail-from"),
            (None, given(None, None, Some(&file)), "mail-server is missing: mail-ca-file"),
            (Some(&server), given(None, None, None), "mail-from is missing"),
            (Some(&user), given(Some(&from), None, None), "mail-password-file is missing"),
            (Some(&server), given(Some(&from), Some(&file), None), "names no user"),
        ] {
            let told = together(way, &given).unwrap_err();
            assert!(told.contains(says), "{told}");
        }
        assert!(together(Some(&user), &given(Some(&from), Some(&file), None)).unwrap().is_some());
        assert!(together(None, &given(None, None, None)).unwrap().is_none());
    }
}
