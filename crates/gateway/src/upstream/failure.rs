//! What can go wrong on the way to an upstream, in words for the person who must act.

use crate::pipeline::evaluate::any_of;

/// The upstream, or the way to it, broke.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// Its URL may not be called.
    Destination(String),
    /// It needs a secret and none is stored, or the stored one cannot stand in a header.
    NoSecret,
    /// No connection could be made, or it broke.
    Unreachable(String),
    /// It was not there lately, and is left alone for a while.
    Down { why: &'static str, retry_after_s: u64 },
    /// It has as many calls as it gets at once.
    Busy { running: u32 },
    /// It said nothing for too long.
    Silent { ms: u64 },
    /// The call as a whole took too long.
    TooLong { ms: u64 },
    /// It refused our credential, and may say how one is had (`WWW-Authenticate`).
    Unauthorized { status: u16, challenge: Option<Box<str>> },
    /// No account is connected with which it could be called, or not for this.
    Connect(Box<Connect>),
    /// It is called with the account of whoever calls, who has none to have: no person.
    NobodysAccount,
    /// Its authorization server gives no token at the moment.
    SignIn(String),
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
    /// The client did not answer what it asked.
    NotAnswered,
    /// It waits no more for the answers that the client brings.
    NotWaiting,
    /// It asked more questions than one call may.
    TooManyQuestions,
    /// Its process ended before the answer, or ends again and again and is not started anew before a while.
    Ended { why: String, retry_after_s: Option<u64> },
    /// Its process cannot be started.
    NotStarted { why: String },
    /// Its process is at work on another call, and has one at a time.
    Occupied,
    /// As many processes run as may.
    Full,
}

/// An account that somebody must connect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Connect {
    /// Whether it is the caller's own; everybody's otherwise, which an admin connects.
    pub(crate) is_own: bool,
    /// Where, for who can mend it; none where people cannot sign in here.
    pub(crate) url: Option<String>,
    /// The names of those who can, where the caller cannot.
    pub(crate) ask: Vec<String>,
    pub(crate) lacking: Lacking,
}

/// What is wrong with an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Lacking {
    /// None is connected.
    Never,
    /// One was, until this happened.
    Ended(String),
    /// It was let do less than this call needs.
    Rights,
}

impl Failure {
    /// Whether it shows that nobody is there: nobody that anybody could reach, whatever they called.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Failure::Unreachable(_) | Failure::Status { status: 502 | 503, .. })
    }

    /// Whether it says nothing of the upstream: nobody went there.
    pub(crate) fn is_our_own(&self) -> bool {
        matches!(
            self,
            Failure::Down { .. }
                | Failure::Busy { .. }
                | Failure::Destination(_)
                | Failure::NoSecret
                | Failure::Connect(_)
                | Failure::NobodysAccount
                | Failure::SignIn(_)
                | Failure::NotWaiting
                | Failure::Occupied
                | Failure::Full
        )
    }

    /// Whether the upstream has surely run nothing: it was not reached.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self, Failure::Unreachable(_) | Failure::Down { .. })
    }

    /// Whether the answer was lost on its way, or nobody was there to give one.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_absence() || matches!(self, Failure::Closed | Failure::Down { .. })
    }

    /// The link by which the caller themselves can mend it.
    pub(crate) fn link(&self) -> Option<&str> {
        match self {
            Failure::Connect(connect) => connect.url.as_deref(),
            _ => None,
        }
    }

    /// The stable code that stands in records.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Failure::Destination(_) => "upstream-url",
            Failure::NoSecret => "upstream-secret",
            Failure::Unreachable(_) => "upstream-unreachable",
            Failure::Down { .. } => "upstream-down",
            Failure::Busy { .. } => "upstream-busy",
            Failure::Silent { .. } => "upstream-silent",
            Failure::TooLong { .. } => "upstream-too-long",
            Failure::Unauthorized { .. } => "upstream-unauthorized",
            Failure::Connect(connect) => match connect.lacking {
                Lacking::Never => "upstream-not-connected",
                Lacking::Ended(_) => "upstream-connection-ended",
                Lacking::Rights => "upstream-rights",
            },
            Failure::NobodysAccount => "upstream-nobodys-account",
            Failure::SignIn(_) => "upstream-sign-in",
            Failure::Limited { .. } => "upstream-limited",
            Failure::Status { .. } => "upstream-status",
            Failure::Declined { .. } => "upstream-declined",
            Failure::TooLarge => "upstream-too-large",
            Failure::Garbled(_) => "upstream-garbled",
            Failure::Closed => "upstream-closed",
            Failure::NoCommonVersion => "upstream-version",
            Failure::SessionGone => "upstream-session",
            Failure::AskedBack => "upstream-asked-back",
            Failure::NotAnswered => "upstream-not-answered",
            Failure::NotWaiting => "upstream-not-waiting",
            Failure::TooManyQuestions => "upstream-questions",
            Failure::Ended { .. } => "upstream-ended",
            Failure::NotStarted { .. } => "upstream-not-started",
            Failure::Occupied => "upstream-occupied",
            Failure::Full => "upstream-full",
        }
    }

    /// What happened and what helps, about the upstream of this name.
    pub(crate) fn sentence(&self, title: &str) -> String {
        match self {
            Failure::Destination(why) => format!("{title} cannot be called: {why}"),
            Failure::NoSecret => format!("{title} has no usable credential stored; an admin can set a new one"),
            Failure::Unreachable(why) => format!("{title} cannot be reached: {why}"),
            Failure::Down { retry_after_s, .. } => {
                format!(
                    "{title} cannot be reached at the moment; Wardroom looks for it again in {retry_after_s} s, try then"
                )
            }
            Failure::Busy { running } => {
                format!("{title} has {running} calls at once already and no room for another; try again shortly")
            }
            Failure::Silent { ms } => format!("{title} did not answer within {} s", ms.div_ceil(1_000)),
            Failure::TooLong { ms } => format!("{title} was not done within {} s", ms.div_ceil(1_000)),
            Failure::Unauthorized { status, .. } => {
                format!(
                    "{title} refused the credential that is stored for it (HTTP {status}); an admin can set a new one"
                )
            }
            Failure::Connect(connect) => connect.sentence(title),
            Failure::NobodysAccount => format!(
                "{title} is called with the account of whoever calls: call it with a key of your own, or let the agent act \
                 for a person"
            ),
            Failure::SignIn(why) => format!("{title} gives no access at the moment: {why}; try again shortly"),
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
            Failure::AskedBack => {
                format!("{title} asked for further input, which this client cannot be asked for through Wardroom")
            }
            Failure::NotAnswered => format!("{title} asked for further input, and this client did not give it"),
            Failure::NotWaiting => {
                format!(
                    "{title} waits no more for these answers; call again from the beginning, without `requestState`"
                )
            }
            Failure::TooManyQuestions => format!("{title} asked more questions during one call than are taken"),
            Failure::Ended { why, retry_after_s: None } => {
                format!("{title} ended before it had answered: {why}; call again, and it is started anew")
            }
            Failure::Ended { why, retry_after_s: Some(seconds) } => {
                format!("{title} ends whenever it is started: {why}; it is started again in {seconds} s")
            }
            Failure::NotStarted { why } => format!("{title} cannot be started: {why}"),
            Failure::Occupied => {
                format!(
                    "{title} is at work on another call of yours, and takes one at a time; try again when that is done"
                )
            }
            Failure::Full => format!("{title} cannot be started: as many processes run as may; try again shortly"),
        }
    }

    /// Why a process came to nothing, as it is told to whoever calls before it is started again; none where it never began.
    pub(crate) fn cause(&self) -> Option<String> {
        match self {
            Failure::Full | Failure::NoSecret | Failure::Destination(_) => None,
            Failure::Ended { why, .. } | Failure::NotStarted { why } | Failure::Garbled(why) => Some(why.clone()),
            other => Some(other.sentence("it")),
        }
    }

    /// After how many seconds it makes sense to try again, where that is known.
    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        match self {
            Failure::Down { retry_after_s, .. } => Some(*retry_after_s),
            Failure::Busy { .. } => Some(1),
            Failure::Limited { retry_after_s } | Failure::Status { retry_after_s, .. } => *retry_after_s,
            Failure::Ended { retry_after_s, .. } => retry_after_s.or(Some(1)),
            Failure::Occupied | Failure::Full => Some(5),
            _ => None,
        }
    }
}

impl Connect {
    fn sentence(&self, title: &str) -> String {
        let what = match (&self.lacking, self.is_own) {
            (Lacking::Never, true) => {
                format!("{title} is called with your own account there, which is not connected yet")
            }
            (Lacking::Never, false) => format!("{title} is not connected yet"),
            (Lacking::Ended(why), true) => format!("the connection of your account at {title} has ended: {why}"),
            (Lacking::Ended(why), false) => format!("the connection to {title} has ended: {why}"),
            (Lacking::Rights, true) => {
                format!("{title} wants more rights for this than your account was connected with")
            }
            (Lacking::Rights, false) => format!("{title} wants more rights for this than it was connected with"),
        };
        match (&self.url, self.is_own) {
            (Some(url), _) => format!("{what}; connect it at {url} and call again"),
            (None, true) => format!("{what}; connect it on the page of the integration in Wardroom"),
            (None, false) if self.ask.is_empty() => format!("{what}; ask an admin to connect it"),
            (None, false) => format!("{what}; ask {} to connect it", any_of(&self.ask)),
        }
    }
}
