//! What the browser brings back from an upstream's authorization server.
//!
//! The server's own words are never repeated, and an error counts only of the server that was asked (MCP, Authorization Response
//! Validation): it is one of a few that Wardroom has words for.

use crate::sent_back::{Code, SENT_BACK_LENGTH_MAX, Said, SentBack, SentBackFault};

/// The redirect, taken apart.
pub struct Returned(SentBack);

/// Why the server gave no code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Declined {
    /// They, or the server, said no.
    #[error("the connection was cancelled or not permitted at the upstream")]
    AccessDenied,
    /// It cannot go on without asking them something.
    #[error("the upstream needs to ask something first; sign in there and connect again")]
    Interaction,
    /// It is not there just now.
    #[error("nobody can sign in at the upstream at the moment; try again later")]
    Unavailable,
    /// It does not give what was asked for.
    #[error(
        "the upstream does not give the scopes that were asked for; whoever set up the integration must name others"
    )]
    Scope,
    /// It gives nothing for the server that was named (RFC 8707).
    #[error("the upstream's authorization server does not know the upstream; correct the URL of the integration")]
    Target,
    /// It does not know Wardroom.
    #[error(
        "the upstream's authorization server does not accept Wardroom as its client; check the client id of the integration"
    )]
    Client,
    /// It did not like the request.
    #[error(
        "the upstream's authorization server refused the request; whoever set up the integration must compare its client settings \
         with those there"
    )]
    Setup,
}

/// Why what came back leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReturnedFault {
    /// Longer than any.
    #[error("what the upstream sent back is longer than {SENT_BACK_LENGTH_MAX} bytes")]
    TooLong,
    /// Something is in it twice.
    #[error("what the upstream sent back names {field} twice")]
    Repeated {
        /// What.
        field: &'static str,
    },
    /// It has no `state`.
    #[error("what the upstream sent back has no state; begin here again to connect")]
    NoState,
    /// It has neither code nor error, or both.
    #[error("what the upstream sent back must have either a code or an error")]
    CodeOrError,
    /// Another issuer answers.
    #[error(
        "the answer comes from another authorization server than the one that was asked; begin here again to connect"
    )]
    OtherIssuer,
    /// The issuer promised to say who it is, and does not.
    #[error("the answer does not say which authorization server it comes from, although that server always does")]
    NoIssuer,
    /// The server declined.
    #[error(transparent)]
    Declined(#[from] Declined),
}

impl Returned {
    /// Takes the query of the redirect apart (what follows the question mark). Parameters that Wardroom does not know are left
    /// alone.
    ///
    /// # Errors
    /// [`ReturnedFault`] where it is too long, or something is missing or there twice.
    pub fn parse(query: &str) -> Result<Returned, ReturnedFault> {
        Ok(Returned(SentBack::parse(query)?))
    }

    /// What names the sign-in, to be redeemed before anything else is done.
    #[must_use]
    pub fn state(&self) -> &str {
        self.0.state()
    }

    /// The code, if it is of the issuer that was kept when this sign-in began. The two are compared byte for byte, an issuer
    /// that did not promise to name itself is held to what it says all the same, and an error is looked at only after that.
    ///
    /// # Errors
    /// [`ReturnedFault`] where another issuer answers, or it declined.
    pub fn check(self, issuer: &str, names_itself: bool) -> Result<Code, ReturnedFault> {
        match self.0.said(issuer, names_itself)? {
            Said::Code(code) => Ok(code),
            Said::Error(error) => Err(declined(&error).into()),
        }
    }
}

impl From<SentBackFault> for ReturnedFault {
    fn from(fault: SentBackFault) -> Self {
        match fault {
            SentBackFault::TooLong => ReturnedFault::TooLong,
            SentBackFault::Repeated { field } => ReturnedFault::Repeated { field },
            SentBackFault::NoState => ReturnedFault::NoState,
            SentBackFault::CodeOrError => ReturnedFault::CodeOrError,
            SentBackFault::OtherIssuer => ReturnedFault::OtherIssuer,
            SentBackFault::NoIssuer => ReturnedFault::NoIssuer,
        }
    }
}

fn declined(error: &str) -> Declined {
    match error {
        "access_denied" => Declined::AccessDenied,
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            Declined::Interaction
        }
        "server_error" | "temporarily_unavailable" => Declined::Unavailable,
        "invalid_scope" => Declined::Scope,
        "invalid_target" => Declined::Target,
        "invalid_client" | "unauthorized_client" => Declined::Client,
        _ => Declined::Setup,
    }
}
