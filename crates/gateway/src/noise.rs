//! How much of what nobody can be blamed for is recorded: a little each second, the rest as a count.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::id::OrgId;
use domain::time::Timestamp;

/// Organizations counted at once; beyond this the counts of seconds gone by are dropped.
const ORGANIZATIONS_MAX: usize = 4_096;

#[derive(Default)]
struct Second {
    number: i64,
    recorded: u32,
    left_out: u64,
}

/// The counts per organization.
#[derive(Default)]
pub(crate) struct Noise {
    seconds: Mutex<HashMap<OrgId, Second>>,
}

impl Noise {
    /// Whether one more may be recorded now, and how many were left out before it.
    pub(crate) fn admit(&self, org: OrgId, now: Timestamp, per_second_max: u32) -> Option<u64> {
        let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.0.div_euclid(1_000);
        if seconds.len() >= ORGANIZATIONS_MAX && !seconds.contains_key(&org) {
            seconds.retain(|_, second| second.number == number);
        }
        let second = seconds.entry(org).or_default();
        if second.number != number {
            second.number = number;
            second.recorded = 0;
        }
        if second.recorded >= per_second_max {
            second.left_out += 1;
            return None;
        }
        second.recorded += 1;
        Some(std::mem::take(&mut second.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_the_next_second_tells_how_much_was_left_out() {
        let noise = Noise::default();
        let org = OrgId::from_random([1; 20]);
        let at = |ms| noise.admit(org, Timestamp(ms), 2);
        assert_eq!([at(0), at(1), at(2), at(999)], [Some(0), Some(0), None, None]);
        assert_eq!([at(1_000), at(1_001)], [Some(2), Some(0)]);
        assert_eq!(noise.admit(OrgId::from_random([2; 20]), Timestamp(1), 2), Some(0));
    }
}
