//! Fifth step: has the subject room for one more? Limits are counted per subject, so that nobody's loop slows
//! somebody else, and nobody is locked out: room comes back when a call ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::OrgId;
use verdict::Subject;

/// Counts what runs, per subject and in all.
#[derive(Debug)]
pub(crate) struct Slots {
    counts: Mutex<Counts>,
    per_subject_max: u32,
    in_all_max: u32,
}

#[derive(Debug, Default)]
struct Counts {
    by_subject: HashMap<(OrgId, Subject), u32>,
    in_all: u32,
}

/// Room for one, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    holder: (OrgId, Subject),
}

/// Why there is no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Full {
    /// The subject has as many as one may.
    Subject(u32),
    /// The gateway has as many as it takes.
    Gateway,
}

impl Slots {
    pub(crate) fn new(per_subject_max: u32, in_all_max: u32) -> Arc<Slots> {
        Arc::new(Slots { counts: Mutex::default(), per_subject_max, in_all_max })
    }

    /// Takes room for one.
    pub(crate) fn take(self: &Arc<Self>, org: OrgId, subject: Subject) -> Result<Slot, Full> {
        let holder = (org, subject);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.in_all >= self.in_all_max {
            return Err(Full::Gateway);
        }
        let mine = counts.by_subject.entry(holder).or_default();
        if *mine >= self.per_subject_max {
            return Err(Full::Subject(self.per_subject_max));
        }
        *mine += 1;
        counts.in_all += 1;
        Ok(Slot { slots: self.clone(), holder })
    }
}

impl Slots {
    /// How many a subject has at this moment.
    pub(crate) fn taken_by(&self, org: OrgId, subject: Subject) -> u32 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.by_subject.get(&(org, subject)).copied().unwrap_or_default()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.slots.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.in_all = counts.in_all.saturating_sub(1);
        if let Some(mine) = counts.by_subject.get_mut(&self.holder) {
            *mine = mine.saturating_sub(1);
            if *mine == 0 {
                counts.by_subject.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::PersonId;

    #[test]
    fn room_is_counted_per_subject_and_in_all_and_comes_back() {
        let slots = Slots::new(2, 3);
        let org = OrgId::from_random([1; 20]);
        let [ada, ben] = [1, 2].map(|seed| Subject::Member(PersonId::from_random([seed; 20])));
        let first = slots.take(org, ada).unwrap();
        let _second = slots.take(org, ada).unwrap();
        assert_eq!(slots.take(org, ada).unwrap_err(), Full::Subject(2));
        let _bens = slots.take(org, ben).unwrap();
        assert_eq!(slots.take(org, ben).unwrap_err(), Full::Gateway);
        drop(first);
        assert!(slots.take(org, ada).is_ok());
        assert_eq!(slots.counts.lock().unwrap().by_subject.len(), 2);
    }
}
