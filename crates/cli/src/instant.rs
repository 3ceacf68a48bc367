//! Instants as people type them: `2026-12-31`, `2026-12-31T18:00:00Z`, `6w`, `30d`, `12h`, `45m`.
//!
//! It never reads the clock; the present is given.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// What a bare day or a bare length of time means.
#[derive(Clone, Copy)]
pub(crate) enum Sense {
    /// From then on: a day begins with its first second, a length counts back from now.
    Since,
    /// Up to then: a day ends with its last second, a length counts on from now.
    Until,
}

/// Reads an instant, all in UTC, into the form of the contract.
///
/// # Errors
/// A sentence that names the forms.
pub(crate) fn read(text: &str, sense: Sense, now: Timestamp) -> Result<String, String> {
    let read = read_length(text)
        .and_then(|length| match sense {
            Sense::Since => now.checked_sub(length).ok(),
            Sense::Until => now.checked_add(length).ok(),
        })
        .or_else(|| read_day(text, sense))
        .or_else(|| text.parse().ok());
    let instant = read.ok_or_else(|| {
        format!("`{text}` is no time; write 2026-12-31, 2026-12-31T18:00:00Z, or a length such as 45m, 12h, 30d, 6w")
    })?;
    Ok(Timestamp::from_second(instant.as_second()).unwrap_or(instant).to_string())
}

fn read_length(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().last()?;
    let seconds_each = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    Some(SignedDuration::from_secs(i64::from(count) * seconds_each))
}

fn read_day(text: &str, sense: Sense) -> Option<Timestamp> {
    let day: Date = if text.contains('T') { return None } else { text.parse().ok()? };
    let moment = match sense {
        Sense::Since => day.at(0, 0, 0, 0),
        Sense::Until => day.at(23, 59, 59, 0),
    };
    jiff::tz::Offset::UTC.to_timestamp(moment).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_noon(text: &str, sense: Sense) -> Result<String, String> {
        read(text, sense, "2026-11-22T12:00:00.5Z".parse().expect("an instant"))
    }

    #[test]
    fn a_length_counts_back_for_since_and_on_for_until() {
        assert_eq!(at_noon("2h", Sense::Since).as_deref(), Ok("2026-11-22T10:00:00Z"));
        assert_eq!(at_noon("6w", Sense::Until).as_deref(), Ok("2027-01-03T12:00:00Z"));
    }

    #[test]
    fn a_day_is_meant_whole() {
        assert_eq!(at_noon("2026-12-31", Sense::Since).as_deref(), Ok("2026-12-31T00:00:00Z"));
        assert_eq!(at_noon("2026-12-31", Sense::Until).as_deref(), Ok("2026-12-31T23:59:59Z"));
    }

    #[test]
    fn an_exact_time_is_taken_in_utc_whatever_its_zone() {
        assert_eq!(at_noon("2026-12-31T18:00:00+02:00", Sense::Until).as_deref(), Ok("2026-12-31T16:00:00Z"));
    }

    #[test]
    fn anything_else_is_answered_with_the_forms() {
        for text in ["", "soon", "-3d", "12", "2026-13-01", "é"] {
            assert!(at_noon(text, Sense::Until).is_err_and(|sentence| sentence.contains("30d")), "{text}");
        }
    }
}
