//! Taking times: several contestants answer in turns, round by round, and the median of the rounds counts.
//!
//! Reading the clock costs about 25 ns, so quick questions are timed in batches. A percentile of a batch is that
//! of the mean of its questions: it shows what a busy server feels, and hides one slow question among quick ones.

use std::ops::Range;
use std::time::Instant;

/// The one place that reads the clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time as it passes")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Somebody who answers questions by their number.
pub(crate) struct Contestant<'c> {
    pub(crate) name: String,
    /// Questions that are timed together.
    pub(crate) batch: usize,
    /// Batches in one round.
    pub(crate) batches: usize,
    /// Answers a range of questions; tells how many were allowed.
    pub(crate) answer: Box<dyn Fn(Range<usize>) -> usize + 'c>,
}

/// What one question took, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) p50_ns: f64,
    pub(crate) p99_ns: f64,
}

/// Lets everyone answer, one after the other, `rounds` times. Each round starts where the last one stopped in the
/// list of questions, whose length is a multiple of every batch.
pub(crate) fn race(contestants: &[Contestant<'_>], questions: usize, rounds: usize) -> Vec<Timing> {
    let mut taken: Vec<Vec<Timing>> = contestants.iter().map(|_| Vec::new()).collect();
    let mut at: Vec<usize> = vec![0; contestants.len()];
    for round in 0..=rounds {
        for ((contestant, taken), at) in contestants.iter().zip(&mut taken).zip(&mut at) {
            let timing = run(contestant, questions, at);
            // The first round only warms up.
            if round > 0 {
                taken.push(timing);
            }
        }
    }
    taken.into_iter().map(|rounds| median_of(&rounds)).collect()
}

fn run(contestant: &Contestant<'_>, questions: usize, at: &mut usize) -> Timing {
    let batch = contestant.batch;
    let mut times = Vec::with_capacity(contestant.batches);
    for _ in 0..contestant.batches {
        if *at + batch > questions {
            *at = 0;
        }
        let began = now();
        let allowed = (contestant.answer)(*at..*at + batch);
        let took = began.elapsed();
        std::hint::black_box(allowed);
        times.push(took.as_nanos() as f64 / batch as f64);
        *at += batch;
    }
    Timing { p50_ns: percentile(&mut times, 0.50), p99_ns: percentile(&mut times, 0.99) }
}

fn median_of(rounds: &[Timing]) -> Timing {
    let median = |of: fn(&Timing) -> f64| percentile(&mut rounds.iter().map(of).collect::<Vec<_>>(), 0.50);
    Timing { p50_ns: median(|timing| timing.p50_ns), p99_ns: median(|timing| timing.p99_ns) }
}

/// The value below which this part of the values lies; sorts them. 0 where there are none.
pub(crate) fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = ((values.len() as f64 * part) as usize).min(values.len().saturating_sub(1));
    values.get(place).copied().unwrap_or_default()
}
