//! What one upstream is up to: how many calls it has at once, and whether it can be reached. One that cannot is left alone for a
//! while, so that nobody waits for it in vain, and asked again by one call at a time.
//!
//! Only what shows that nobody is there counts: a tool that fails, or never answers, closes nothing to others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::{IntegrationId, OrgId};
use domain::time::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;
use verdict::Subject;

use crate::gateway::Gateway;
use crate::limits::Limits;
use crate::ports::Ports;
use crate::upstream::failure::Failure;

/// What is known of one upstream.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    breaker: Mutex<Breaker>,
    counts: Mutex<Counts>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Breaker {
    /// How often in a row it could not be reached.
    missed: u32,
    /// Since when it could not.
    absent_since: Option<Instant>,
    /// How often in a row it was left alone.
    left: u32,
    /// Until when it is left alone.
    until: Option<Instant>,
    /// Whether a call is on its way to see whether it is there again.
    tried: bool,
    reached_at: Option<Timestamp>,
    last: Option<(Timestamp, Failure)>,
}

impl Breaker {
    fn is_there(&mut self) {
        let Breaker { reached_at, last, .. } = std::mem::take(self);
        (self.reached_at, self.last) = (reached_at, last);
    }
}

#[derive(Debug, Default)]
struct Counts {
    by_subject: HashMap<Subject, u32>,
    running: u32,
    waiting: u32,
}

/// Room for one call at an upstream, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    condition: Arc<Condition>,
    subject: Subject,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.condition.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.running = counts.running.saturating_sub(1);
        if let Some(mine) = counts.by_subject.get_mut(&self.subject) {
            *mine = mine.saturating_sub(1);
            if *mine == 0 {
                counts.by_subject.remove(&self.subject);
            }
        }
        drop(counts);
        self.condition.freed.notify_waiters();
    }
}

/// Somebody who waits for room.
struct Waiting<'c>(&'c Condition);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.waiting = counts.waiting.saturating_sub(1);
    }
}

impl Condition {
    /// Waits for room for a subject's call, as long as one may wait and no more wait already than may.
    pub(crate) async fn place(self: &Arc<Self>, subject: Subject, limits: &Limits) -> Result<Place, Failure> {
        // Whoever is told of freed room from here on misses none.
        let mut freed = std::pin::pin!(self.freed.notified());
        freed.as_mut().enable();
        if let Some(place) = self.take(subject, limits) {
            return Ok(place);
        }
        let busy = Failure::Busy { running: limits.upstream_running_max };
        let _waiting = self.wait(limits).ok_or_else(|| busy.clone())?;
        let ends_at = Instant::now() + Duration::from_millis(limits.upstream_queue_ms_max);
        loop {
            tokio::time::timeout_at(ends_at, freed.as_mut()).await.map_err(|_| busy.clone())?;
            freed.set(self.freed.notified());
            freed.as_mut().enable();
            if let Some(place) = self.take(subject, limits) {
                return Ok(place);
            }
        }
    }

    fn take(self: &Arc<Self>, subject: Subject, limits: &Limits) -> Option<Place> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = counts.by_subject.get(&subject).copied().unwrap_or_default();
        if counts.running >= limits.upstream_running_max || mine >= limits.upstream_running_per_subject_max {
            return None;
        }
        counts.running += 1;
        counts.by_subject.insert(subject, mine + 1);
        Some(Place { condition: Arc::clone(self), subject })
    }

    fn wait(&self, limits: &Limits) -> Option<Waiting<'_>> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.waiting >= limits.upstream_queue_max {
            return None;
        }
        counts.waiting += 1;
        Some(Waiting(self))
    }

    /// Whether a call may go there now. Of those that come while it is left alone, one goes when the time is over.
    pub(crate) fn admit(&self, at: Instant) -> Result<(), Failure> {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = breaker.until else { return Ok(()) };
        let left = until.saturating_duration_since(at);
        if left.is_zero() && !std::mem::replace(&mut breaker.tried, true) {
            return Ok(());
        }
        let why = breaker.last.as_ref().map(|(_, failure)| failure.code()).unwrap_or_default();
        Err(Failure::Down { why, retry_after_s: left.as_secs().max(1) })
    }

    /// A call has reached it, whatever came of that.
    pub(crate) fn reached(&self, now: Timestamp) {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        breaker.is_there();
        breaker.reached_at = Some(now);
    }

    /// A call went wrong.
    pub(crate) fn failed(&self, failure: &Failure, (now, at): (Timestamp, Instant), limits: &Limits) {
        if failure.is_our_own() {
            return self.unsettled();
        }
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        breaker.last = Some((now, failure.clone()));
        if !failure.is_absence() {
            breaker.is_there();
            return;
        }
        breaker.missed = breaker.missed.saturating_add(1);
        breaker.tried = false;
        let since = *breaker.absent_since.get_or_insert(at);
        // One that is started anew is back soon, and those who call wait for it.
        if at.saturating_duration_since(since) >= Duration::from_millis(limits.breaker_after_ms) {
            let ms = limits.breaker_ms.saturating_mul(1 << breaker.left.min(16)).min(limits.breaker_ms_max);
            breaker.until = Some(at + Duration::from_millis(ms));
            breaker.left = breaker.left.saturating_add(1);
        }
    }

    /// A call that was let go to see has come to nothing that says anything: the next one may see.
    pub(crate) fn unsettled(&self) {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).tried = false;
    }

    /// How it is.
    pub(crate) fn health(&self) -> Health {
        let breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let left = breaker.until.map(|until| until.saturating_duration_since(Instant::now()));
        Health {
            left_alone_ms: left.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
            missed: breaker.missed,
            reached_at: breaker.reached_at,
            failure: breaker.last.as_ref().map(|(at, failure)| (*at, failure.code(), failure.sentence("the server"))),
            running: counts.running,
            waiting: counts.waiting,
        }
    }
}

/// How an upstream is, as this node has seen it since it was started.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// For how many milliseconds more it is left alone; none where it is not.
    pub left_alone_ms: Option<u64>,
    /// How often in a row it could not be reached.
    pub missed: u32,
    /// When it was reached last.
    pub reached_at: Option<Timestamp>,
    /// What went wrong last: when, the stable code, and in words.
    pub failure: Option<(Timestamp, &'static str, String)>,
    /// Calls that it has at this moment.
    pub running: u32,
    /// Calls that wait for room there.
    pub waiting: u32,
}

impl<P: Ports> Gateway<P> {
    /// How an integration's upstream is; none where it was not called lately.
    #[must_use]
    pub fn health(&self, org: OrgId, integration: IntegrationId) -> Option<Health> {
        self.upstreams.known(org, integration).map(|endpoint| endpoint.condition.health())
    }
}

#[cfg(test)]
mod tests {
    use domain::id::PersonId;

    use super::*;

    fn limits() -> Limits {
        Limits {
            breaker_after_ms: 500,
            breaker_ms: 1_000,
            breaker_ms_max: 3_000,
            upstream_running_max: 3,
            upstream_running_per_subject_max: 2,
            upstream_queue_max: 1,
            upstream_queue_ms_max: 500,
            ..Limits::default()
        }
    }

    fn gone() -> Failure {
        Failure::Unreachable("no connection could be made".to_owned())
    }

    fn subject(seed: u8) -> Subject {
        Subject::Member(PersonId::from_random([seed; 20]))
    }

    #[test]
    fn whoever_cannot_be_reached_is_left_alone_longer_each_time_and_asked_by_one_at_a_time() {
        let (condition, limits) = (Condition::default(), limits());
        let mut at = Instant::now();
        for _ in 0..100 {
            condition.failed(&gone(), (Timestamp(1), at), &limits);
            assert_eq!(condition.admit(at), Ok(()), "it may be back in a moment");
        }
        at += Duration::from_millis(500);
        for ms in [1_000, 2_000, 3_000, 3_000] {
            condition.failed(&gone(), (Timestamp(1), at), &limits);
            at += Duration::from_millis(ms - 1);
            assert!(matches!(
                condition.admit(at),
                Err(Failure::Down { why: "upstream-unreachable", retry_after_s: 1 })
            ));
            at += Duration::from_millis(1);
            assert_eq!(condition.admit(at), Ok(()), "one goes to see");
            assert!(condition.admit(at).is_err(), "the others wait for what it sees");
        }
        condition.unsettled();
        assert_eq!(condition.admit(at), Ok(()), "the next one sees");
        condition.failed(&Failure::NobodysAccount, (Timestamp(1), at), &limits);
        assert_eq!(
            (condition.admit(at), condition.admit(at).is_err()),
            (Ok(()), true),
            "who did not go there has seen nothing"
        );
        condition.reached(Timestamp(9));
        assert_eq!((condition.admit(at), condition.health().reached_at), (Ok(()), Some(Timestamp(9))));
        assert_eq!(condition.health().failure.unwrap().1, "upstream-unreachable");
    }

    #[test]
    fn what_an_upstream_does_wrong_that_is_there_closes_it_to_nobody() {
        let (condition, limits) = (Condition::default(), limits());
        let failed = Failure::Status { status: 500, retry_after_s: None };
        for failure in [Failure::Silent { ms: 1 }, Failure::Closed, Failure::TooLarge, failed] {
            for _ in 0..5 {
                condition.failed(&failure, (Timestamp(1), Instant::now()), &limits);
                assert_eq!(condition.admit(Instant::now()), Ok(()), "{failure:?}");
            }
        }
        assert_eq!(condition.health().missed, 0);
    }

    #[tokio::test]
    async fn room_is_shared_waited_for_and_given_back() {
        let (condition, limits) = (Arc::new(Condition::default()), limits());
        let take = |seed| condition.place(subject(seed), &limits);
        let mine = [take(1).await.unwrap(), take(1).await.unwrap()];
        assert!(matches!(take(1).await, Err(Failure::Busy { .. })), "one subject does not take all");
        let _theirs = take(2).await.unwrap();
        let (waits, refused) = tokio::join!(take(3), take(3));
        assert!(waits.is_err() && refused.is_err(), "nobody made room");
        let freed = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            drop(mine);
        };
        let (waited, (), _) = tokio::join!(take(3), freed, take(4));
        assert!(waited.is_ok());
        assert_eq!((condition.health().running, condition.health().waiting), (2, 0));
    }
}
