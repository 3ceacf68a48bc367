//! A command that breaks a rule of the domain, told to the person who gave it.

/// Why a command was refused. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Stable code, such as `last-owner`; the last part of the problem's `type`.
    pub code: &'static str,
    /// The field of the command that is at fault, where it is one.
    pub field: Option<&'static str>,
    /// What is wrong and what to do about it, for the person who must act.
    pub message: String,
    /// Whether the command named something that does not exist.
    pub missing: bool,
}

impl Refusal {
    /// A rule is broken by the value of one field.
    #[must_use]
    pub fn field(code: &'static str, field: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { code, field: Some(field), message: message.into(), missing: false }
    }

    /// A rule is broken by the state of things.
    #[must_use]
    pub fn rule(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { code, field: None, message: message.into(), missing: false }
    }

    /// The command names something that is not there.
    #[must_use]
    pub fn missing(noun: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { code: "not-found", field: Some(noun), message: message.into(), missing: true }
    }
}

/// What shows as nothing, or makes other text show as something else: control characters, line and paragraph
/// separators, and the marks that turn the direction of writing.
#[must_use]
pub fn unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Refuses a text that cannot stand as a name for people.
///
/// # Errors
/// A [`Refusal`] that names the field and what fits there.
pub(crate) fn title_fits(field: &'static str, title: &str) -> Result<(), Refusal> {
    let length = title.chars().count();
    if length == 0 || length > 100 || title.trim() != title || title.chars().any(unprintable) {
        let message = "give 1 to 100 characters in one line, without blanks at the ends";
        return Err(Refusal::field("bad-name", field, message));
    }
    Ok(())
}
