//! Why a use case did not do what was asked, for the person who asked.

use domain::refusal::Refusal;
use verdict::Explanation;

use crate::impact::Impact;

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
    /// One step of several cannot be done, and so none was.
    #[error("{}: {problem}", place.join("."))]
    InStep {
        /// Where the step was asked for: the keys that lead there in the document.
        place: Vec<String>,
        /// What is wrong with it.
        problem: Box<Problem>,
    },
    /// Not a fault: the impact was asked for, and nothing was changed.
    #[error("the impact was asked for, and nothing was changed")]
    Previewed(Box<Impact>),
    /// Not a fault: who it is has been shown, and a passkey of theirs is asked for besides. Nobody is signed in yet.
    #[error("a passkey is asked for besides; show one in the browser in which you sign in")]
    ShowPasskey {
        /// What is to be signed, in base64url.
        challenge: String,
    },
    /// The organization is in another state than the one whose impact was told.
    #[error("the organization has changed since (it is at {seq} now); ask for the impact again")]
    Moved {
        /// Where it is now.
        seq: u64,
    },
    /// The caller is being answered already, and such questions are answered one or a few at a time.
    #[error("{message}")]
    Busy {
        /// What is being worked on, and what to do.
        message: &'static str,
    },
    /// Too many tries of somebody's opened nothing, or too many were begun.
    #[error("too many tries came from your network; wait a second before the next one")]
    TooMany,
    /// Something broke on our side; the same request may work later.
    #[error("{message}")]
    Unavailable {
        /// What broke, without internals.
        message: String,
    },
}

impl Problem {
    /// The stable code of the kind of problem.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Problem::Unauthenticated { .. } => "unauthenticated",
            Problem::Denied { explanation, .. } => explanation.code,
            Problem::Missing { .. } => "not-found",
            Problem::Refused(refusal) => refusal.code,
            Problem::Invalid { .. } => "invalid",
            Problem::InStep { problem, .. } => problem.code(),
            Problem::Previewed(_) => "previewed",
            Problem::ShowPasskey { .. } => "show-passkey",
            Problem::Moved { .. } => "moved",
            Problem::Busy { .. } => "one-at-a-time",
            Problem::TooMany => "too-many-tries",
            Problem::Unavailable { .. } => "unavailable",
        }
    }

    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Problem {
        Problem::Invalid { field, message: message.into() }
    }

    pub(crate) fn missing(noun: &'static str) -> Problem {
        Problem::Missing { noun, message: format!("there is no such {noun}, or you may not see it") }
    }

    /// The same about one step of several.
    pub(crate) fn in_step<T: ToString>(self, place: &[T]) -> Problem {
        Problem::InStep { place: place.iter().map(ToString::to_string).collect(), problem: Box::new(self) }
    }

    /// The same about a member who is named in this field.
    pub(crate) fn named_in(self, field: &'static str) -> Problem {
        match self {
            Problem::Missing { message, .. } => Problem::Missing { noun: field, message },
            problem => problem,
        }
    }

    /// What is wrong with one of several things that were asked for as one.
    pub(crate) fn of_the_whole(self) -> Problem {
        match self {
            Problem::InStep { problem, .. } => *problem,
            problem => problem,
        }
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
