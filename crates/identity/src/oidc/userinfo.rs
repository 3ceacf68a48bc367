//! What a provider says of somebody where it is asked for it, and not in the id_token: many leave the address out there
//! (OpenID Connect Core 1.0, section 5.4).
//!
//! It is believed as far as the id_token would have been, and only about the very subject that the id_token names: it
//! never says who somebody is.

use serde::Deserialize;
use serde_json::Value;

use super::address::{Address, Belief};
use super::proven::ProvenIdentity;

/// Bytes that the answer may have at most.
pub const USERINFO_LENGTH_MAX: usize = 65_536;

/// Why the answer is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UserinfoFault {
    /// Another status than 200, too long, or no JSON object; signed and encrypted answers are not read.
    #[error("the answer of the userinfo endpoint is not one: expected status 200 and a JSON object with sub")]
    Form,
    /// It is about somebody else.
    #[error("sub: the answer of the userinfo endpoint is about somebody else than the id_token")]
    Subject,
}

#[derive(Deserialize)]
struct Userinfo {
    sub: Option<Value>,
    email: Option<Value>,
    email_verified: Option<Value>,
}

impl ProvenIdentity {
    /// The same with the address that the answer of the userinfo endpoint holds, where the id_token held none.
    ///
    /// # Errors
    /// [`UserinfoFault`]; nothing of the answer is then to be used.
    pub fn with_userinfo(self, status: u16, body: &[u8], belief: Belief<'_>) -> Result<Self, UserinfoFault> {
        let fits = status == 200 && body.len() <= USERINFO_LENGTH_MAX;
        let told: Userinfo = fits.then(|| super::object(body)).flatten().ok_or(UserinfoFault::Form)?;
        if told.sub.as_ref().and_then(Value::as_str) != Some(self.subject.as_str()) {
            return Err(UserinfoFault::Subject);
        }
        if self.address != Address::Absent {
            return Ok(self);
        }
        let hosted_domain = self.hosted_domain.as_deref();
        let address = Address::weigh(told.email.as_ref(), told.email_verified.as_ref(), hosted_domain, belief);
        Ok(Self { address, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::super::issuer::Issuer;
    use super::super::proven::Subject;
    use super::*;
    use crate::oidc::Doubt;

    fn identity(address: Address) -> ProvenIdentity {
        ProvenIdentity {
            issuer: Issuer::parse("https://id.example").unwrap(),
            subject: Subject::parse("7").unwrap(),
            address,
            hosted_domain: None,
            name: None,
            signed_in_at_ms: None,
        }
    }

    fn asked(status: u16, body: &str) -> Result<Address, UserinfoFault> {
        let answered = identity(Address::Absent).with_userinfo(status, body.as_bytes(), Belief::Verified)?;
        Ok(answered.address)
    }

    #[test]
    fn an_address_is_taken_of_whom_the_id_token_names_and_weighed_as_there() {
        let believed = asked(200, r#"{"sub":"7","email":"ada@ACME.example","email_verified":true,"x":[1]}"#);
        assert_eq!(believed, Ok(Address::Believed("ada@acme.example".to_owned())));
        for (said, doubt) in [
            ("", Doubt::NotSaid),
            (r#","email_verified":false"#, Doubt::NotVerified),
            (r#","email_verified":"true""#, Doubt::NotABool),
        ] {
            let doubted = asked(200, &format!(r#"{{"sub":"7","email":"ada@acme.example"{said}}}"#));
            assert_eq!(doubted, Ok(Address::Doubted { address: Some("ada@acme.example".to_owned()), doubt }));
        }
        assert_eq!(asked(200, r#"{"sub":"7"}"#), Ok(Address::Absent));
    }

    #[test]
    fn what_is_about_somebody_else_or_no_answer_is_refused() {
        let with_sub = |sub: &str| format!(r#"{{"sub":{sub},"email":"ada@acme.example","email_verified":true}}"#);
        for sub in [r#""8""#, "7", "null", r#""""#] {
            assert_eq!(asked(200, &with_sub(sub)), Err(UserinfoFault::Subject), "{sub}");
        }
        assert_eq!(asked(200, r#"{"email":"ada@acme.example","email_verified":true}"#), Err(UserinfoFault::Subject));
        let good = with_sub(r#""7""#);
        for (status, body) in [
            (401, good.as_str()),
            (200, "eyJhbGciOiJub25lIn0.e30."),
            (200, "[]"),
            (200, r#"{"sub":"7","sub":"7"}"#),
            (200, ""),
        ] {
            assert_eq!(asked(status, body), Err(UserinfoFault::Form), "{status} {body}");
        }
        let long = format!("{good}{}", " ".repeat(USERINFO_LENGTH_MAX));
        assert_eq!(asked(200, &long), Err(UserinfoFault::Form));
    }

    #[test]
    fn what_the_id_token_said_of_an_address_stands() {
        let own = Address::Believed("own@acme.example".to_owned());
        let body = br#"{"sub":"7","email":"ada@acme.example","email_verified":true}"#;
        let answered = identity(own.clone()).with_userinfo(200, body, Belief::Verified).unwrap();
        assert_eq!(answered.address, own);
    }
}
