//! Why a use case did not do what was asked, for the person who asked.

use domain::refusal::Refusal;
use verdict::Explanation;

/// Why a use case did not do what was asked. Nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Problem {
    /// The key lets nobody in.
    #[error("{message}")]
    Unauthenticated {
        /// What is wrong with it and what to do.
        message: String,
    },
    /// An access answer. It may be told: hidden things answer [`Problem::Missing`].
    #[error("{}", explanation.because)]
    Denied {
        /// Why, and what would change it.
        explanation: Box<Explanation>,
        /// The names of those who could change it.
        ask: Vec<String>,
    },
    /// There is no such thing, or none that the caller may know of.
    #[error("{message}")]
    Missing {
        /// What kind of thing.
        noun: &'static str,
        /// In a sentence.
        message: String,
    },
    /// A rule of the domain is broken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A value cannot be what it is meant to be.
    #[error("{message}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What it may be.
        message: String,
    },
    /// Something broke on our side; the same request may work later.
    #[error("{message}")]
    Unavailable {
        /// What broke, without internals.
        message: String,
    },
}

impl Problem {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Problem {
        Problem::Invalid { field, message: message.into() }
    }

    pub(crate) fn missing(noun: &'static str) -> Problem {
        Problem::Missing { noun, message: format!("there is no such {noun}, or you may not see it") }
    }

    pub(crate) fn broken(error: &impl std::fmt::Display) -> Problem {
        tracing::error!(%error, "a use case broke");
        Problem::Unavailable { message: "the journal cannot be reached right now; try again in a moment".to_owned() }
    }
}

impl From<journal::ReadError> for Problem {
    fn from(error: journal::ReadError) -> Problem {
        Problem::broken(&error)
    }
}

impl From<identity::random::RandomFault> for Problem {
    fn from(fault: identity::random::RandomFault) -> Problem {
        Problem::broken(&fault)
    }
}

impl From<domain::event::UnreadableEvent> for Problem {
    fn from(error: domain::event::UnreadableEvent) -> Problem {
        Problem::broken(&error)
    }
}
