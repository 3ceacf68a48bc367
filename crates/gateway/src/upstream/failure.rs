//! What can go wrong on the way to an upstream, in words for the person who must act.

/// The upstream, or the way to it, broke.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// Its URL may not be called.
    Destination(String),
    /// It needs a secret and none is stored, or the stored one cannot stand in a header.
    NoSecret,
    /// No connection could be made, or it broke.
    Unreachable(String),
    /// It said nothing for too long.
    Silent { ms: u64 },
    /// The call as a whole took too long.
    TooLong { ms: u64 },
    /// It refused our credential.
    Unauthorized { status: u16 },
    /// It has had too many calls.
    Limited { retry_after_s: Option<u64> },
    /// It answered with an HTTP error.
    Status { status: u16, retry_after_s: Option<u64> },
    /// It did not take the call, and says why.
    Declined { status: u16, said: String },
    /// It sent more than we take.
    TooLarge,
    /// It sent something that is no answer.
    Garbled(String),
    /// It closed the connection before the answer.
    Closed,
    /// It speaks no version of the protocol that we speak.
    NoCommonVersion,
    /// It no longer knows our session. It has run nothing.
    SessionGone,
    /// It asked for input, which cannot be passed on yet.
    AskedBack,
    /// It asked more questions than one call may.
    TooManyQuestions,
}

impl Failure {
    /// The stable code that stands in records.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Failure::Destination(_) => "upstream-url",
            Failure::NoSecret => "upstream-secret",
            Failure::Unreachable(_) => "upstream-unreachable",
            Failure::Silent { .. } => "upstream-silent",
            Failure::TooLong { .. } => "upstream-too-long",
            Failure::Unauthorized { .. } => "upstream-unauthorized",
            Failure::Limited { .. } => "upstream-limited",
            Failure::Status { .. } => "upstream-status",
            Failure::Declined { .. } => "upstream-declined",
            Failure::TooLarge => "upstream-too-large",
            Failure::Garbled(_) => "upstream-garbled",
            Failure::Closed => "upstream-closed",
            Failure::NoCommonVersion => "upstream-version",
            Failure::SessionGone => "upstream-session",
            Failure::AskedBack => "upstream-asked-back",
            Failure::TooManyQuestions => "upstream-questions",
        }
    }

    /// What happened and what helps, about the upstream of this name.
    pub(crate) fn sentence(&self, title: &str) -> String {
        match self {
            Failure::Destination(why) => format!("{title} cannot be called: {why}"),
            Failure::NoSecret => format!("{title} has no usable credential stored; an admin can set a new one"),
            Failure::Unreachable(why) => format!("{title} cannot be reached: {why}"),
            Failure::Silent { ms } => format!("{title} did not answer within {} s", ms.div_ceil(1_000)),
            Failure::TooLong { ms } => format!("{title} was not done within {} s", ms.div_ceil(1_000)),
            Failure::Unauthorized { status } => {
                format!(
                    "{title} refused the credential that is stored for it (HTTP {status}); an admin can set a new one"
                )
            }
            Failure::Limited { retry_after_s: Some(seconds) } => {
                format!("{title} takes no more calls for now; try again in {seconds} s")
            }
            Failure::Limited { retry_after_s: None } => format!("{title} takes no more calls for now; try again later"),
            Failure::Status { status, .. } => format!("{title} failed (HTTP {status})"),
            Failure::Declined { status, said } => format!("{title} did not take the call (HTTP {status}): {said}"),
            Failure::TooLarge => format!("{title} answered with more than can be passed on"),
            Failure::Garbled(why) => format!("{title} gave an answer that cannot be read: {why}"),
            Failure::Closed => format!("{title} closed the connection before it had answered"),
            Failure::NoCommonVersion => format!("{title} speaks no version of the protocol that Wardroom speaks"),
            Failure::SessionGone => format!("{title} lost the session twice; try again"),
            Failure::AskedBack => format!("{title} asked for further input, which Wardroom cannot pass on yet"),
            Failure::TooManyQuestions => format!("{title} asked more questions during one call than are taken"),
        }
    }

    /// After how many seconds it makes sense to try again, where the upstream says so.
    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        match self {
            Failure::Limited { retry_after_s } | Failure::Status { retry_after_s, .. } => *retry_after_s,
            _ => None,
        }
    }
}
