//! Watches over the right to a call while it is under way: whatever the call waits for, a change of access, its
//! client's leaving and its time limit are looked at first.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use domain::time::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use verdict::{Denial, Permit, Question, Snapshot, Verdict};

use crate::pipeline::identify::Caller;
use crate::pipeline::line::Said;
use crate::pipeline::question::Wanted;
use crate::pipeline::showing::{Held, Lost};
use crate::ports::{Access, Ports};

/// Why a call must stop.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is no longer allowed.
    Denied(Denial, Arc<Snapshot>),
    /// The account with which it goes out is connected no longer.
    Disconnected,
    /// The integration's credential was set anew before the call had left.
    CredentialChanged,
    /// It cannot be told any more whether it is allowed.
    NotCurrent,
    /// The client cancelled it.
    Cancelled,
    /// The client is gone.
    Gone,
    /// It took too long.
    TooLong,
}

/// The guard of one call.
pub(crate) struct Guard<'c, P: Ports> {
    ports: &'c P,
    caller: &'c Caller<P::Access>,
    wanted: &'c Wanted,
    cancel: &'c CancellationToken,
    queue: mpsc::Sender<Said>,
    changes: watch::Receiver<u64>,
    permit: Permit,
    /// What has to be so still of what is shown.
    held: Option<Held>,
    /// When to ask again although nothing changed.
    ask_again_at: Option<Timestamp>,
    ends_at: Instant,
}

/// What a guard watches besides access.
pub(crate) struct Watched<'c> {
    pub(crate) wanted: &'c Wanted,
    /// The moment for which the permit was given.
    pub(crate) decided_at: Timestamp,
    pub(crate) cancel: &'c CancellationToken,
    pub(crate) queue: mpsc::Sender<Said>,
    pub(crate) ends_at: Instant,
}

impl<'c, P: Ports> Guard<'c, P> {
    /// Takes over the permit of a call.
    pub(crate) fn new(ports: &'c P, caller: &'c Caller<P::Access>, permit: Permit, watched: Watched<'c>) -> Self {
        let Watched { wanted, decided_at, cancel, queue, ends_at } = watched;
        let changes = caller.access.changes();
        let ask_again_at = ask_again(&caller.snapshot, caller, decided_at);
        Guard { ports, caller, wanted, cancel, queue, changes, permit, held: None, ask_again_at, ends_at }
    }

    /// The permit in force.
    pub(crate) fn permit(&self) -> &Permit {
        &self.permit
    }

    /// From now on the call ends where this is not so any more.
    pub(crate) fn holds(&mut self, held: Held) -> Result<(), Stop> {
        self.held = Some(held);
        self.still_held(&self.caller.access.snapshot())
    }

    /// The last look at what is shown: from now on the call is on its way.
    pub(crate) fn leaves(&mut self) -> Result<(), Stop> {
        self.still_held(&self.caller.access.snapshot())?;
        self.held = self.held.map(Held::on_its_way);
        Ok(())
    }

    fn still_held(&self, snapshot: &Snapshot) -> Result<(), Stop> {
        match self.held.and_then(|held| held.lost(snapshot)) {
            None => Ok(()),
            Some(Lost::Account) => Err(Stop::Disconnected),
            Some(Lost::Credential) => Err(Stop::CredentialChanged),
        }
    }

    /// Looks at everything that could stop the call. Access is asked about again where it has changed since it was
    /// asked last, or where something has come to its end.
    pub(crate) fn check(&mut self) -> Result<(), Stop> {
        if self.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        if self.queue.is_closed() {
            return Err(Stop::Gone);
        }
        if self.changes.has_changed().is_err() {
            return Err(Stop::NotCurrent);
        }
        let snapshot = self.caller.access.snapshot();
        let now = self.ports.now();
        if snapshot.seq() == self.permit.seq() && self.ask_again_at.is_none_or(|at| now < at) {
            return Ok(());
        }
        self.still_held(&snapshot)?;
        let question = Question { actor: &self.caller.actor, action: self.wanted.action(), now };
        match snapshot.evaluate(&question) {
            Verdict::Allowed(permit) => {
                self.permit = permit;
                self.ask_again_at = ask_again(&snapshot, self.caller, now);
                Ok(())
            }
            Verdict::Denied(denial) => Err(Stop::Denied(denial, snapshot)),
        }
    }

    /// Waits for something of the call's, as long as the call may go on. What comes is only handed out when
    /// the call is still allowed then.
    pub(crate) async fn run<F: Future>(&mut self, future: F) -> Result<F::Output, Stop> {
        let mut future = std::pin::pin!(future);
        self.check()?;
        // What is there already needs no watching.
        if let Poll::Ready(output) = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
            self.check()?;
            return Ok(output);
        }
        loop {
            self.check()?;
            let until = self.wake_at();
            tokio::select! {
                biased;
                changed = self.changes.changed() => if changed.is_err() { return Err(Stop::NotCurrent) },
                () = self.cancel.cancelled() => return Err(Stop::Cancelled),
                () = self.queue.closed() => return Err(Stop::Gone),
                output = &mut future => {
                    self.check()?;
                    return Ok(output);
                }
                () = tokio::time::sleep_until(until) => if Instant::now() >= self.ends_at { return Err(Stop::TooLong) },
            }
        }
    }

    fn wake_at(&self) -> Instant {
        match self.ask_again_at {
            None => self.ends_at,
            Some(at) => {
                let ms = u64::try_from(at.since_ms(self.ports.now())).unwrap_or_default();
                self.ends_at.min(Instant::now() + Duration::from_millis(ms))
            }
        }
    }
}

/// When the right to a call could end by itself.
pub(crate) fn ask_again<A: Access>(snapshot: &Snapshot, caller: &Caller<A>, now: Timestamp) -> Option<Timestamp> {
    snapshot.deadline(&caller.actor, now)
}
