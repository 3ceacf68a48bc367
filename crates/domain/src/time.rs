//! A moment, as a number that the caller supplies: this crate has no clock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment plus a number of milliseconds, saturating at the ends.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative when `earlier` is later.
    #[must_use]
    pub fn since_ms(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// As it is told to people and programs: RFC 3339 in seconds, of UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(1_000);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date(days);
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// The date that is so many days after 1970-01-01. Years are counted from March, so that a leap day ends one, and in
/// rounds of 400 of them, which all have the same days.
fn date(days: i64) -> (i64, i64, i64) {
    const DAYS_OF_ROUND: i64 = 146_097;
    // From 0000-03-01.
    let days = days + 719_468;
    let (round, of_round) = (days.div_euclid(DAYS_OF_ROUND), days.rem_euclid(DAYS_OF_ROUND));
    let year = (of_round - of_round / 1_460 + of_round / 36_524 - of_round / 146_096) / 365;
    let of_year = of_round - (365 * year + year / 4 - year / 100);
    // Five months in a row from March or August have 153 days.
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (400 * round + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_as_others_write_it() {
        for (ms, told) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (951_868_800_000, "2000-03-01T00:00:00Z"),
            (1_700_000_000_999, "2023-11-14T22:13:20Z"),
            (1_709_251_199_000, "2024-02-29T23:59:59Z"),
            (4_102_444_800_000, "2100-01-01T00:00:00Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Timestamp(ms).to_string(), told);
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let mut before = date(-800_000);
        for days in -799_999..800_000 {
            let (year, month, day) = date(days);
            let next = match before {
                (of, 12, 31) => year == of + 1 && (month, day) == (1, 1),
                (of, last, _) if day == 1 => year == of && month == last + 1,
                (of, same, last) => (year, month, day) == (of, same, last + 1),
            };
            assert!(next && (1..=31).contains(&day), "{before:?} {year} {month} {day}");
            before = (year, month, day);
        }
    }
}
