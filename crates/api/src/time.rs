//! Moments on the wire: RFC 3339 in UTC, to the millisecond.

use domain::time::Timestamp;

use crate::problem::Failure;

/// Writes a moment.
pub(crate) fn written(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{moment:.3}")
}

/// A moment, in the words of a page.
pub(crate) fn told(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// Reads a moment.
pub(crate) fn read(field: &'static str, text: &str) -> Result<Timestamp, Failure> {
    match text.parse::<jiff::Timestamp>() {
        Ok(moment) => Ok(Timestamp(moment.as_millisecond())),
        Err(_) => Err(Failure::bad_field(field, "give a moment such as 2026-12-31T18:00:00Z")),
    }
}

/// Reads a moment that may be left out.
pub(crate) fn read_optional(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    text.map(|text| read(field, text)).transpose()
}
