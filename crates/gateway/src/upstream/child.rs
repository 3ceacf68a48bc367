//! An MCP server that runs as a process of ours and is spoken to over its standard input and output: one message a line.
//!
//! All that it writes comes in one stream. An answer finds its call by our id; what names no call goes to the call that is
//! under way where there is one alone, and to nobody otherwise. So that a server's question reaches whoever it is for, a
//! server that may ask something has one call at a time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::limits::Limits;
use crate::upstream::exchange::{Answering, Head, Outgoing};
use crate::upstream::failure::Failure;
use crate::upstream::template::Template;

/// Messages of one call that wait for whoever takes them.
const WAITING_MESSAGES_MAX: usize = 32;
/// Messages that wait to be written.
pub(super) const OUTGOING_MESSAGES_MAX: usize = 8;

/// A running server. How it ends is for whoever watches over it (`keeper.rs`).
#[derive(Debug)]
pub(crate) struct Child {
    outgoing: mpsc::Sender<Bytes>,
    calls: Mutex<Calls>,
    /// Whether it may ask something, and so has one call at a time.
    one_at_a_time: AtomicBool,
    turn: Arc<Semaphore>,
    usage: Mutex<Usage>,
    released: Notify,
    /// It is to end as soon as nobody uses it.
    leaving: CancellationToken,
    ended: OnceLock<Ended>,
    pub(super) started: Instant,
    silence_max: Duration,
    turn_ms_max: u64,
    output_bytes_max: usize,
}

/// How it came to its end.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// Why, for whoever called.
    pub(crate) why: String,
    /// Whether we ended it because nobody used it.
    pub(crate) is_ours: bool,
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) under_way: HashMap<u64, Waiting>,
    /// When it said something last.
    pub(super) heard: Option<Instant>,
    is_over: bool,
}

/// A call that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) to: mpsc::Sender<Told>,
    /// Bytes that may still come for it.
    pub(super) bytes_left: usize,
}

/// A message with its length, or why there is none.
pub(super) type Told = Result<(Value, usize), Failure>;

#[derive(Debug)]
struct Usage {
    leases: usize,
    used: Instant,
    is_closed: bool,
}

/// Keeps a server from being ended as one that nobody uses.
#[derive(Debug)]
pub(crate) struct Lease(Arc<Child>);

impl Drop for Lease {
    fn drop(&mut self) {
        let mut usage = self.0.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.leases -= 1;
        usage.used = Instant::now();
        drop(usage);
        self.0.released.notify_one();
    }
}

/// What comes back for one call.
#[derive(Debug)]
pub(crate) struct Answers {
    child: Arc<Child>,
    id: u64,
    messages: mpsc::Receiver<Told>,
    sent: Instant,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Child {
    pub(super) fn new(
        template: &Template,
        limits: &Limits,
        leaving: CancellationToken,
    ) -> (Arc<Child>, mpsc::Receiver<Bytes>) {
        let (outgoing, written) = mpsc::channel(OUTGOING_MESSAGES_MAX);
        let now = Instant::now();
        let child = Child {
            outgoing,
            calls: Mutex::default(),
            one_at_a_time: AtomicBool::new(false),
            turn: Arc::new(Semaphore::new(1)),
            usage: Mutex::new(Usage { leases: 0, used: now, is_closed: false }),
            released: Notify::new(),
            leaving,
            ended: OnceLock::new(),
            started: now,
            silence_max: Duration::from_millis(limits.silence_ms_max),
            turn_ms_max: limits.turn_ms_max,
            output_bytes_max: template.limits.output_bytes_max.min(limits.answer_bytes_max),
        };
        (Arc::new(child), written)
    }

    /// Uses it; none where it has ended, or is about to.
    pub(crate) fn lease(self: &Arc<Child>) -> Option<Arc<Lease>> {
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        if usage.is_closed || self.leaving.is_cancelled() || self.ended.get().is_some() {
            return None;
        }
        usage.leases += 1;
        usage.used = Instant::now();
        Some(Arc::new(Lease(self.clone())))
    }

    /// Since when nobody uses it; none where somebody does.
    pub(crate) fn unused_since(&self) -> Option<Instant> {
        let usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        (usage.leases == 0).then_some(usage.used)
    }

    /// Takes no further calls, and ends when those that run are over.
    pub(crate) fn retire(&self) {
        self.leaving.cancel();
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.is_cancelled()
    }

    /// From now on it has one call at a time.
    pub(crate) fn take_turns(&self) {
        self.one_at_a_time.store(true, Ordering::Release);
    }

    pub(super) fn takes_turns(&self) -> bool {
        self.one_at_a_time.load(Ordering::Acquire)
    }

    /// How it came to its end, if it has.
    pub(crate) fn ended(&self) -> Option<&Ended> {
        self.ended.get()
    }

    /// Comes when nobody has used it for a while, or nobody does and it is to end. From then on nobody can.
    pub(super) async fn unused(&self, idle: Duration) {
        loop {
            let until = {
                let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
                let until = (usage.leases == 0).then_some(usage.used + idle);
                if until.is_some_and(|until| until <= Instant::now() || self.leaving.is_cancelled()) {
                    usage.is_closed = true;
                    return;
                }
                until
            };
            // A release that came in between is kept for the one who waits.
            match until {
                None => self.released.notified().await,
                Some(until) => tokio::select! {
                    () = self.released.notified() => {}
                    () = tokio::time::sleep_until(until) => {}
                    () = self.leaving.cancelled() => {}
                },
            }
        }
    }

    /// It is over: whoever waits for an answer is told why.
    pub(super) fn over(&self, ended: Ended) {
        // Only whoever watches over it says so, and once.
        let _ = self.ended.set(ended);
        let mut calls = self.calls();
        calls.is_over = true;
        calls.under_way.clear();
    }

    pub(super) fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says something on the side; nothing where it does not take it at once.
    pub(super) fn say(&self, message: Bytes) {
        if self.outgoing.try_send(message).is_err() {
            tracing::debug!("a process does not read, and is not answered");
        }
    }

    /// What whoever waits for it is told.
    pub(super) fn failure(&self) -> Failure {
        let why = self.ended.get().map_or_else(|| "it is ending".to_owned(), |ended| ended.why.clone());
        Failure::Ended { why, retry_after_s: None }
    }

    async fn write(&self, message: Bytes) -> Result<(), Failure> {
        self.outgoing.send(message).await.map_err(|_| self.failure())
    }

    fn register(self: &Arc<Child>, id: u64, turn: Option<OwnedSemaphorePermit>) -> Result<Answers, Failure> {
        let (to, messages) = mpsc::channel(WAITING_MESSAGES_MAX);
        let mut calls = self.calls();
        if calls.is_over {
            // It was told nothing of this call, which may go to another.
            return Err(Failure::SessionGone);
        }
        calls.under_way.insert(id, Waiting { to, bytes_left: self.output_bytes_max });
        drop(calls);
        Ok(Answers { child: self.clone(), id, messages, sent: Instant::now(), _turn: turn })
    }
}

impl Lease {
    pub(crate) fn child(&self) -> &Arc<Child> {
        &self.0
    }

    /// Sends one message. What waits for an answer may have to wait for its turn first.
    pub(super) async fn send(&self, outgoing: &Outgoing) -> Result<Head, Failure> {
        let child = &self.0;
        let Some(id) = outgoing.id else {
            child.write(outgoing.body.clone()).await?;
            return Ok(Head::Taken);
        };
        let turn = if child.takes_turns() {
            let turn = child.turn.clone().acquire_owned();
            let turn = tokio::time::timeout(Duration::from_millis(child.turn_ms_max), turn).await;
            Some(turn.map_err(|_| Failure::Occupied)?.map_err(|_| child.failure())?)
        } else {
            None
        };
        let answers = child.register(id, turn)?;
        child.write(outgoing.body.clone()).await?;
        Ok(Head::Messages(Box::new(Answering::of(answers))))
    }
}

impl Answers {
    /// The next message and its length. May be dropped and asked again without loss.
    pub(crate) async fn next(&mut self) -> Told {
        match self.messages.recv().await {
            Some(told) => told,
            // It was given up, since nobody took what came.
            None if self.child.ended.get().is_none() => Err(Failure::TooLarge),
            None => Err(self.child.failure()),
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        let mut calls = self.child.calls();
        // An answer takes its call off the list.
        let is_unanswered = calls.under_way.remove(&self.id).is_some();
        let is_mute =
            self.sent.elapsed() >= self.child.silence_max && calls.heard.is_none_or(|heard| heard < self.sent);
        drop(calls);
        // Whether it still asks something for this call nobody can tell; and one that hangs will not answer the next.
        if is_unanswered && (self.child.takes_turns() || is_mute) {
            self.child.retire();
        }
    }
}
