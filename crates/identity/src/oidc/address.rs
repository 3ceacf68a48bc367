//! Which e-mail address of an identity is believed to be that person's.
//!
//! An address is never an identity. It decides only whether somebody who was invited, or whose company's domain is
//! known, is let in; and for that it must come from somebody who can know. Who that is, the caller says for each
//! provider ([`Belief`]).

use serde_json::Value;

/// Characters that an address may have at most (RFC 5321).
const ADDRESS_LENGTH_MAX: usize = 254;
/// Characters before the `@`.
const LOCAL_LENGTH_MAX: usize = 64;

/// Whose word a provider's is about an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Belief<'a> {
    /// Google's: it knows the addresses of its own, `gmail.com` (in some countries written `googlemail.com`) and those of
    /// companies that it hosts; about others it knows only that somebody once received a mail there.
    Google,
    /// That of a provider which the operator trusts with every address that it has verified.
    Verified,
    /// That of a provider which an organization connected: it is believed within these mail domains alone, which are
    /// the organization's own. Lower case, A-labels.
    Within(&'a [String]),
    /// Nobody's: its addresses are shown and believed nowhere.
    Nothing,
}

/// The address that came with an identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// None came.
    Absent,
    /// It is theirs. The part after the `@` is in lower case.
    Believed(String),
    /// It may be theirs; it opens nothing.
    Doubted {
        /// The address, where it has the form of one.
        address: Option<String>,
        /// Why.
        doubt: Doubt,
    },
}

/// Why an address is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Doubt {
    /// It is no address.
    #[error("the provider gave an e-mail address that is not one")]
    Form,
    /// The provider says that it was not verified.
    #[error("the provider says that this e-mail address was not verified; verify it there and sign in again")]
    NotVerified,
    /// The provider does not say.
    #[error("the provider does not say whether this e-mail address was verified (email_verified)")]
    NotSaid,
    /// It says something that is neither true nor false.
    #[error("the provider says neither true nor false about this e-mail address (email_verified)")]
    NotABool,
    /// Google does not host it.
    #[error("this e-mail address is not hosted by Google, which therefore cannot say whose it is now")]
    NotHosted,
    /// It is outside the mail domains of the organization whose provider this is.
    #[error("this provider is believed only about the mail domains of its own organization")]
    OtherMailDomain,
    /// The provider is not believed about addresses at all.
    #[error("this provider is not believed about e-mail addresses")]
    NotBelieved,
}

impl Address {
    /// The address, if it is believed.
    #[must_use]
    pub fn believed(&self) -> Option<&str> {
        match self {
            Address::Believed(address) => Some(address),
            Address::Absent | Address::Doubted { .. } => None,
        }
    }

    /// Weighs the claims. `hosted_domain` is the claim `hd`.
    pub(super) fn weigh(
        email: Option<&Value>,
        email_verified: Option<&Value>,
        hosted_domain: Option<&str>,
        belief: Belief<'_>,
    ) -> Self {
        let Some(email) = email else { return Address::Absent };
        let Some((address, mail_domain)) = email.as_str().and_then(parse) else {
            return Address::Doubted { address: None, doubt: Doubt::Form };
        };
        let doubt = match email_verified {
            Some(Value::Bool(true)) => doubt_about(&mail_domain, hosted_domain, belief),
            Some(Value::Bool(false)) => Some(Doubt::NotVerified),
            Some(_) => Some(Doubt::NotABool),
            None => Some(Doubt::NotSaid),
        };
        match doubt {
            None => Address::Believed(address),
            Some(doubt) => Address::Doubted { address: Some(address), doubt },
        }
    }
}

fn doubt_about(mail_domain: &str, hosted_domain: Option<&str>, belief: Belief<'_>) -> Option<Doubt> {
    match belief {
        Belief::Google if ["gmail.com", "googlemail.com"].contains(&mail_domain) || hosted_domain.is_some() => None,
        Belief::Google => Some(Doubt::NotHosted),
        Belief::Verified => None,
        Belief::Within(own) if own.iter().any(|own| own == mail_domain) => None,
        Belief::Within(_) => Some(Doubt::OtherMailDomain),
        Belief::Nothing => Some(Doubt::NotBelieved),
    }
}

/// The address with its mail domain in lower case, and that mail domain. Narrow on purpose: no quotes, no comments, no
/// other alphabets, so that no two programs read two addresses in it.
fn parse(text: &str) -> Option<(String, String)> {
    let (local, mail_domain) = text.split_once('@')?;
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_address = text.len() <= ADDRESS_LENGTH_MAX
        && (1..=LOCAL_LENGTH_MAX).contains(&local.len())
        && local.bytes().all(is_local)
        && mail_domain.contains('.')
        && mail_domain.split('.').all(is_label);
    let mail_domain = mail_domain.to_ascii_lowercase();
    is_address.then(|| (format!("{local}@{mail_domain}"), mail_domain))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn weigh(email: Value, verified: Option<Value>, hosted: Option<&str>, belief: Belief<'_>) -> Address {
        Address::weigh(Some(&email), verified.as_ref(), hosted, belief)
    }

    fn doubted(email: &str, doubt: Doubt) -> Address {
        Address::Doubted { address: Some(email.to_owned()), doubt }
    }

    #[test]
    fn each_way_of_not_saying_verified_has_its_own_doubt() {
        let ada = "ada@example.com";
        let said = |verified| weigh(json!(ada), verified, None, Belief::Verified);
        assert_eq!(said(Some(json!(true))), Address::Believed(ada.to_owned()));
        assert_eq!(said(Some(json!(false))), doubted(ada, Doubt::NotVerified));
        assert_eq!(said(None), doubted(ada, Doubt::NotSaid));
        for not_a_bool in [json!("true"), json!("TRUE"), json!(1), json!([true]), json!({"is": true})] {
            assert_eq!(said(Some(not_a_bool)), doubted(ada, Doubt::NotABool));
        }
        assert_eq!(Address::weigh(None, Some(&json!(true)), None, Belief::Verified), Address::Absent);
    }

    #[test]
    fn google_is_believed_about_what_it_hosts() {
        let at = |email: &str, hosted| weigh(json!(email), Some(json!(true)), hosted, Belief::Google);
        assert_eq!(at("ada@gmail.com", None).believed(), Some("ada@gmail.com"));
        assert_eq!(at("ada@googlemail.com", None).believed(), Some("ada@googlemail.com"));
        assert_eq!(at("ada@example.com", Some("example.com")).believed(), Some("ada@example.com"));
        assert_eq!(at("ada@example.com", None), doubted("ada@example.com", Doubt::NotHosted));
        assert_eq!(at("ada@gmail.com.evil.example", None), doubted("ada@gmail.com.evil.example", Doubt::NotHosted));
        assert_eq!(at("ada@notgmail.com", None), doubted("ada@notgmail.com", Doubt::NotHosted));
    }

    #[test]
    fn an_organizations_provider_is_believed_within_its_own_mail_domains() {
        let own = ["example.com".to_owned()];
        let at = |email: &str| weigh(json!(email), Some(json!(true)), None, Belief::Within(&own));
        assert_eq!(at("Ada@Example.COM").believed(), Some("Ada@example.com"));
        for foreign in ["ada@example.org", "ada@sub.example.com", "ada@badexample.com"] {
            assert_eq!(at(foreign), doubted(foreign, Doubt::OtherMailDomain));
        }
        assert_eq!(
            weigh(json!("a@b.example"), Some(json!(true)), None, Belief::Nothing),
            doubted("a@b.example", Doubt::NotBelieved)
        );
    }

    #[test]
    fn what_two_programs_might_read_differently_is_no_address() {
        let long = format!("{}@example.com", "a".repeat(65));
        for email in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "ada@@example.com",
            "ada@evil.example@example.com",
            "\"ada@evil.example\"@example.com",
            "Ada <ada@example.com>",
            "ada@example.com,eve@evil.example",
            "ada@example.com\r\nBcc: eve@evil.example",
            "ada@example.com ",
            "ada\0@example.com",
            "ada@ex\u{e4}mple.com",
            "\u{430}da@example.com",
            "ada@-example.com",
            "ada@example..com",
            "ada@[127.0.0.1]",
            long.as_str(),
        ] {
            let weighed = weigh(json!(email), Some(json!(true)), Some("example.com"), Belief::Verified);
            assert_eq!(weighed, Address::Doubted { address: None, doubt: Doubt::Form }, "{email:?}");
        }
        let list = weigh(json!(["ada@example.com"]), Some(json!(true)), None, Belief::Verified);
        assert_eq!(list, Address::Doubted { address: None, doubt: Doubt::Form });
    }
}
