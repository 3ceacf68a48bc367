//! The name of a mail domain, in the one spelling in which it is compared.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Domains under which anybody gets an address, one in a line: nobody's organization.
const PUBLIC: &str = include_str!("public.txt");
/// Characters of a name (RFC 1035), less what the name of the record adds.
const LENGTH_MAX: usize = 240;
const LABEL_LENGTH_MAX: usize = 63;

/// The name of a mail domain: lower case, without a dot at the end, other alphabets in punycode.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MailDomainName(String);

/// Why a text is not the name of a mail domain that an organization may claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidMailDomain {
    /// It is no name of a domain.
    #[error(
        "give the part of your addresses after the @, such as corp.example: letters, digits and hyphens, two parts or more"
    )]
    Form,
    /// It is written in another alphabet.
    #[error("write a domain of another alphabet in punycode, as it stands in the DNS, such as xn--bcher-kva.example")]
    Alphabet,
    /// Anybody has addresses there.
    #[error(
        "anybody can have an address at this domain, so that it shows nothing about who belongs to an organization; \
             claim one that is yours alone"
    )]
    Public,
}

impl MailDomainName {
    /// Reads a name as a person writes it: in any case, also with a dot at the end.
    ///
    /// # Errors
    /// [`InvalidMailDomain`], which says what to give instead.
    pub fn parse(text: &str) -> Result<MailDomainName, InvalidMailDomain> {
        let text = text.trim();
        if !text.is_ascii() {
            return Err(InvalidMailDomain::Alphabet);
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let labels: Vec<&str> = name.split('.').collect();
        let is_label = |label: &&str| {
            (1..=LABEL_LENGTH_MAX).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        // The last part of an address of the internet is a number; no top-level domain begins with a digit.
        let is_top = |label: &&str| label.len() > 1 && label.starts_with(|first: char| first.is_ascii_alphabetic());
        if name.len() > LENGTH_MAX
            || labels.len() < 2
            || !labels.iter().all(is_label)
            || !labels.last().is_some_and(is_top)
        {
            return Err(InvalidMailDomain::Form);
        }
        let mut public = PUBLIC.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        if public.any(|public| public == name) {
            return Err(InvalidMailDomain::Public);
        }
        Ok(MailDomainName(name))
    }

    /// The domain of an address, where it is one that could be claimed: all of it after the `@`, never a part of that.
    #[must_use]
    pub fn of_address(address: &str) -> Option<MailDomainName> {
        let (_, domain) = address.rsplit_once('@')?;
        MailDomainName::parse(domain).ok()
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Under which name in the DNS the record stands that shows whose the domain is.
    #[must_use]
    pub fn record_name(&self) -> String {
        format!("_wardroom.{}", self.0)
    }

    /// What the record says, for a claim with this token.
    #[must_use]
    pub fn record_text(token: &str) -> String {
        format!("wardroom-domain={token}")
    }
}

impl fmt::Display for MailDomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for MailDomainName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MailDomainName {
    /// What is in the journal has happened: a domain that was put on the list of public ones since is read as it was.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(MailDomainName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, InvalidMailDomain> {
        MailDomainName::parse(text).map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_mail_domain_has_one_spelling() {
        for text in ["corp.example", "CORP.Example", "corp.example.", " Corp.Example. "] {
            assert_eq!(parsed(text).as_deref(), Ok("corp.example"), "{text}");
        }
        assert_eq!(parsed("XN--bcher-kva.Example").as_deref(), Ok("xn--bcher-kva.example"));
        assert_eq!(parsed("a.b-c.d1.xn--p1ai").as_deref(), Ok("a.b-c.d1.xn--p1ai"));
    }

    #[test]
    fn what_is_no_domain_of_an_organization_is_refused_with_what_to_give_instead() {
        let long = format!("{}.example", "a".repeat(64));
        let longer = format!("{}example", "abcdefg.".repeat(30));
        let wrong = [
            "",
            ".",
            "example",
            "com.",
            "corp..example",
            ".corp.example",
            "corp.example..",
            "-corp.example",
            "corp-.example",
            "co_rp.example",
            "corp example.com",
            "ada@corp.example",
            "https://corp.example",
            "corp.example/",
            "corp.example:25",
            "192.0.2.1",
            "[192.0.2.1]",
            "2001:db8::1",
            "corp.1",
            "corp.0x7f",
            "*.corp.example",
            "corp.e",
            &long,
            &longer,
        ];
        for text in wrong {
            assert_eq!(parsed(text), Err(InvalidMailDomain::Form), "{text}");
        }
        assert_eq!(parsed("bücher.example"), Err(InvalidMailDomain::Alphabet));
        // Looks like corp.example, and is another one.
        assert_eq!(parsed("c\u{43e}rp.example"), Err(InvalidMailDomain::Alphabet));
    }

    #[test]
    fn a_public_mail_domain_is_refused_in_every_spelling() {
        for text in ["gmail.com", "GMail.com.", "outlook.com", "yahoo.com", "icloud.com", "proton.me", "web.de"] {
            assert_eq!(parsed(text), Err(InvalidMailDomain::Public), "{text}");
        }
        assert!(parsed("gmail.com.corp.example").is_ok() && parsed("notgmail.com").is_ok());
    }

    #[test]
    fn the_list_of_public_mail_domains_is_written_as_it_is_compared() {
        let names = PUBLIC.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let mut all: Vec<&str> = names.clone().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(names.collect::<Vec<_>>(), all, "sorted, each once");
        for name in all {
            assert_eq!(parsed(name), Err(InvalidMailDomain::Public), "{name}");
        }
    }

    #[test]
    fn the_domain_of_an_address_is_all_that_is_after_its_last_sign() {
        let of = |address: &str| MailDomainName::of_address(address).map(|name| name.as_str().to_owned());
        assert_eq!(of("ada@corp.example").as_deref(), Some("corp.example"));
        assert_eq!(of("ada@Mail.Corp.Example").as_deref(), Some("mail.corp.example"));
        assert_eq!(of("ada@corp.example@evil.example").as_deref(), Some("evil.example"));
        for address in ["ada", "ada@", "ada@gmail.com", "ada@localhost", "ada@[192.0.2.1]"] {
            assert_eq!(of(address), None, "{address}");
        }
    }
}
