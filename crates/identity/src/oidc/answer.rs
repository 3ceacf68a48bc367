//! What the browser brings back from a provider: the query of the redirect.
//!
//! Nothing in it is believed. First the ticket in `state` is redeemed by the caller, in the browser that began; then
//! [`Answer::code`] looks at who answers (RFC 9207) before it gives the code out. The provider's own words are never
//! repeated: an error is one of a few that Wardroom has words for.

use super::discovery::Provider;
use crate::sent_back::{Code, SENT_BACK_LENGTH_MAX, Said, SentBack, SentBackFault};
use crate::token::{PresentedToken, TokenFault, TokenForm};

/// Bytes that the query may have at most.
pub const ANSWER_LENGTH_MAX: usize = SENT_BACK_LENGTH_MAX;

/// The redirect, taken apart.
pub struct Answer(SentBack);

/// Why the provider signed nobody in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Declined {
    /// They, or the provider, said no.
    #[error("the sign-in was cancelled or not permitted at the provider")]
    AccessDenied,
    /// It cannot go on without asking them something.
    #[error("the provider needs to ask something first; sign in there and try again")]
    Interaction,
    /// It is not there just now.
    #[error("the provider cannot sign anybody in at the moment; try again later")]
    Unavailable,
    /// It did not like the request: a matter of how it is set up here or there.
    #[error("the provider refused the request; an operator must compare its client settings with those here")]
    Setup,
}

/// Why an answer leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnswerFault {
    /// Longer than any.
    #[error("the answer of the provider is longer than {ANSWER_LENGTH_MAX} bytes")]
    TooLong,
    /// Something is in it twice.
    #[error("the answer of the provider names {field} twice")]
    Repeated {
        /// What.
        field: &'static str,
    },
    /// It has no `state`.
    #[error("the answer of the provider has no state; begin the sign-in here again")]
    NoState,
    /// It has neither code nor error, or both.
    #[error("the answer of the provider must have either a code or an error")]
    CodeOrError,
    /// Another issuer answers.
    #[error("the answer comes from another provider than the one that was asked")]
    OtherIssuer,
    /// The issuer promised to say who it is, and does not.
    #[error("the answer does not say which provider it comes from, although this provider always does")]
    NoIssuer,
    /// The provider declined.
    #[error(transparent)]
    Declined(#[from] Declined),
}

impl Answer {
    /// Takes the query of the redirect apart (what follows the question mark). Parameters that Wardroom does not know
    /// are left alone.
    ///
    /// # Errors
    /// [`AnswerFault`] where it is too long, or something is missing or there twice.
    pub fn parse(query: &str) -> Result<Self, AnswerFault> {
        Ok(Self(SentBack::parse(query)?))
    }

    /// The ticket, to be redeemed before anything else is done.
    ///
    /// # Errors
    /// [`TokenFault`] where it cannot be one of ours.
    pub fn state(&self) -> Result<PresentedToken<'_>, TokenFault> {
        PresentedToken::parse(TokenForm::SignInState, self.0.state())
    }

    /// The code, if this provider answers with one. Errors, too, are believed only of the provider that was asked.
    ///
    /// # Errors
    /// [`AnswerFault`] where another provider answers, or it declined.
    pub fn code(self, provider: &Provider) -> Result<Code, AnswerFault> {
        match self.0.said(provider.issuer().as_str(), provider.names_itself())? {
            Said::Code(code) => Ok(code),
            Said::Error(error) => Err(declined(&error).into()),
        }
    }
}

impl From<SentBackFault> for AnswerFault {
    fn from(fault: SentBackFault) -> Self {
        match fault {
            SentBackFault::TooLong => AnswerFault::TooLong,
            SentBackFault::Repeated { field } => AnswerFault::Repeated { field },
            SentBackFault::NoState => AnswerFault::NoState,
            SentBackFault::CodeOrError => AnswerFault::CodeOrError,
            SentBackFault::OtherIssuer => AnswerFault::OtherIssuer,
            SentBackFault::NoIssuer => AnswerFault::NoIssuer,
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
        _ => Declined::Setup,
    }
}
