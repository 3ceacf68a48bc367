//! What a browser brings back from an authorization server: the query of the redirect (RFC 6749, section 4.1.2), and who says it
//! (RFC 9207).
//!
//! Nothing in it is believed. Who asked redeems what `state` holds, in the browser that began; then [`SentBack::code`] looks at
//! who answers before it gives anything out, an error too.

use zeroize::Zeroizing;

/// Bytes that the query may have at most.
pub(crate) const SENT_BACK_LENGTH_MAX: usize = 8_192;

/// The code, to be exchanged once. It is wiped from memory when dropped.
pub struct Code(Zeroizing<String>);

impl Code {
    /// The code itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

/// The redirect, taken apart.
pub(crate) struct SentBack {
    state: Zeroizing<String>,
    code: Option<Zeroizing<String>>,
    error: Option<Zeroizing<String>>,
    issuer: Option<Zeroizing<String>>,
}

/// What somebody was sent back with, by the one who was asked.
pub(crate) enum Said {
    /// A code.
    Code(Code),
    /// An error: the word of the specification, or anything.
    Error(Zeroizing<String>),
}

/// Why it leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SentBackFault {
    TooLong,
    Repeated { field: &'static str },
    NoState,
    CodeOrError,
    OtherIssuer,
    NoIssuer,
}

impl SentBack {
    /// Takes the query apart (what follows the question mark). Parameters that are not known are left alone.
    pub(crate) fn parse(query: &str) -> Result<Self, SentBackFault> {
        if query.len() > SENT_BACK_LENGTH_MAX {
            return Err(SentBackFault::TooLong);
        }
        let (mut state, mut code, mut error, mut issuer) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (field, slot) = match &*name {
                "state" => ("state", &mut state),
                "code" => ("code", &mut code),
                "error" => ("error", &mut error),
                "iss" => ("iss", &mut issuer),
                _ => continue,
            };
            if slot.replace(Zeroizing::new(value.into_owned())).is_some() {
                return Err(SentBackFault::Repeated { field });
            }
        }
        let state = state.ok_or(SentBackFault::NoState)?;
        if code.is_some() == error.is_some() {
            return Err(SentBackFault::CodeOrError);
        }
        Ok(Self { state, code, error, issuer })
    }

    pub(crate) fn state(&self) -> &str {
        &self.state
    }

    /// What was said, if it was said by this issuer. The names are compared byte for byte (RFC 9207, section 2.4).
    pub(crate) fn said(self, issuer: &str, names_itself: bool) -> Result<Said, SentBackFault> {
        match &self.issuer {
            Some(named) if named.as_str() != issuer => return Err(SentBackFault::OtherIssuer),
            None if names_itself => return Err(SentBackFault::NoIssuer),
            _ => {}
        }
        match (self.code, self.error) {
            (Some(code), None) if !code.is_empty() => Ok(Said::Code(Code(code))),
            (_, Some(error)) => Ok(Said::Error(error)),
            _ => Err(SentBackFault::CodeOrError),
        }
    }
}
