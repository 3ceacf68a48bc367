//! The processes that run, and whose each is: one for each subject at each integration, for all that their client can be asked,
//! as sessions are at upstreams behind URLs. Nothing here is kept: a process that is gone is started anew by the next call,
//! after a while where it ends again and again.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::{IntegrationId, OrgId};
use domain::integration::Slug;
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::limits::Limits;
use crate::upstream::Upstreams;
use crate::upstream::child::{Child, Lease};
use crate::upstream::connection::Shown;
use crate::upstream::endpoint::{Route, SessionOf, Target};
use crate::upstream::failure::Failure;
use crate::upstream::handshake;
use crate::upstream::keeper::{self, Kept};
use crate::upstream::process;
use crate::upstream::template::Template;

/// Milliseconds for which a place among the running processes is waited for.
const ROOM_MS_MAX: u64 = 5_000;
/// A process that lived as long has not ended at once.
const SOON: Duration = Duration::from_secs(60);
/// Seconds after which a process that ended at once is started again, at most.
const WAIT_S_MAX: u64 = 60;

/// At which integration, and for whom.
type SeatOf = (OrgId, IntegrationId, SessionOf);

/// Every process that runs.
#[derive(Debug)]
pub(crate) struct Children {
    seats: Mutex<HashMap<SeatOf, Arc<Seat>>>,
    room: Arc<Semaphore>,
    /// The templates whose servers were of a revision before 2026-07-28 when they were begun last. Some of those say nothing when
    /// they are asked about the newer one, and that need not be waited for each time.
    legacy: Mutex<HashSet<Slug>>,
    /// Where they are watched over: not on the threads that serve calls.
    runtime: Handle,
    tasks: TaskTracker,
    closing: CancellationToken,
}

/// Where one process is at a time.
type Seat = tokio::sync::Mutex<Sitting>;

#[derive(Debug, Default)]
struct Sitting {
    running: Option<Running>,
    /// How often one ended soon after it was started, in a row, and what became of the last.
    ends: u32,
    last: Option<(Instant, String)>,
}

#[derive(Debug)]
struct Running {
    child: Arc<Child>,
    route: Route,
    shown: Shown,
}

/// A process that was got to know.
pub(crate) struct Begun {
    pub(crate) lease: Arc<Lease>,
    pub(crate) route: Route,
    /// What it says about itself.
    pub(crate) said: Value,
    /// It ends with this.
    pub(crate) guard: DropGuard,
}

impl Children {
    pub(crate) fn new(limits: &Limits, tasks: TaskTracker, closing: CancellationToken) -> Children {
        let room = Arc::new(Semaphore::new(limits.processes_max));
        Children { seats: Mutex::default(), room, legacy: Mutex::default(), runtime: Handle::current(), tasks, closing }
    }

    /// The way to the process of a subject, which is started where there is none.
    pub(crate) async fn route(
        &self,
        upstreams: &Upstreams,
        template: &Arc<Template>,
        (shown, of): (&Shown, SeatOf),
    ) -> Result<(Target, Route), Failure> {
        let takes = of.2.takes.clone();
        let seat = self.seat(of, template.limits.running_max)?;
        let mut sitting = seat.lock().await;
        if let Some(running) = &sitting.running
            && running.shown == *shown
            && let Some(lease) = running.child.lease()
        {
            return Ok((Target::Child(lease), running.route.clone()));
        }
        if let Some(old) = sitting.running.take() {
            // One that was started with another secret goes when its calls are over.
            old.child.retire();
            if let Some(ended) = old.child.ended().filter(|ended| !ended.is_ours) {
                sitting.ended(old.child.started, ended.why.clone());
            }
        }
        sitting.may_start()?;
        let began = Instant::now();
        let begun = self.begin(upstreams, template, shown, takes).await;
        let Begun { lease, route, guard, .. } = begun.inspect_err(|failure| {
            if let Some(cause) = failure.cause() {
                sitting.ended(began, cause);
            }
        })?;
        // It lives on after this call.
        guard.disarm();
        let running = Running { child: lease.child().clone(), route: route.clone(), shown: shown.clone() };
        sitting.running = Some(running);
        Ok((Target::Child(lease), route))
    }

    /// Starts a process and gets to know it. Whoever drops what is given ends it.
    pub(crate) async fn begin(
        &self,
        upstreams: &Upstreams,
        template: &Arc<Template>,
        shown: &Shown,
        takes: Map<String, Value>,
    ) -> Result<Begun, Failure> {
        let (lease, guard) = self.start(upstreams, template, shown).await?;
        let target = Target::Child(lease.clone());
        let discovered = match self.is_legacy(template) {
            true => Ok(None),
            false => handshake::discover(upstreams, &target, shown).await,
        };
        let (lease, guard) = match discovered {
            Ok(Some(said)) => return Ok(Begun { lease, route: Route::Modern, said, guard }),
            Ok(None) if lease.child().ended().is_none() => (lease, guard),
            // Some end when the first message is none that they know.
            Ok(None) | Err(Failure::Ended { .. } | Failure::SessionGone) => {
                self.start(upstreams, template, shown).await?
            }
            Err(failure) => return Err(failure),
        };
        let may_ask = !takes.is_empty();
        let begun = handshake::begin_session(upstreams, &Target::Child(lease.clone()), (shown, takes)).await;
        self.note_legacy(template, begun.is_ok());
        let (session, said) = begun.map_err(|failure| match failure {
            Failure::SessionGone => lease.child().failure(),
            failure => failure,
        })?;
        if may_ask {
            lease.child().take_turns();
        }
        Ok(Begun { lease, route: Route::Legacy(session), said, guard })
    }

    fn is_legacy(&self, template: &Template) -> bool {
        self.legacy.lock().unwrap_or_else(PoisonError::into_inner).contains(&template.name)
    }

    fn note_legacy(&self, template: &Template, is_legacy: bool) {
        let mut legacy = self.legacy.lock().unwrap_or_else(PoisonError::into_inner);
        match is_legacy {
            true => legacy.insert(template.name.clone()),
            false => legacy.remove(&template.name),
        };
    }

    async fn start(
        &self,
        upstreams: &Upstreams,
        template: &Arc<Template>,
        shown: &Shown,
    ) -> Result<(Arc<Lease>, DropGuard), Failure> {
        let secret = match (&template.secret_variable, shown.environment()) {
            (Some(_), None) => return Err(Failure::NoSecret),
            (None, Some(_)) => {
                return Err(Failure::Destination("its template takes no secret; connect it without one".to_owned()));
            }
            (_, secret) => secret.cloned(),
        };
        let room = self.room().await?;
        let leaving = self.closing.child_token();
        let guard = leaving.clone().drop_guard();
        let (child, written) = Child::new(template, &upstreams.limits, leaving);
        let lease = child.lease().ok_or_else(|| not_started("Wardroom is stopping".to_owned()))?;
        let limits = upstreams.limits.clone();
        let kept = Kept { child, template: template.clone(), secret, written, limits, room };
        let started = self.runtime.spawn(async move {
            let (process, pipes) = process::start(&kept.template, kept.secret.as_ref().map(|secret| secret.as_str()))?;
            Ok((process, pipes, kept))
        });
        let (process, pipes, kept) =
            started.await.map_err(|fault| not_started(fault.to_string()))?.map_err(not_started)?;
        self.tasks.spawn_on(keeper::keep(process, pipes, kept), &self.runtime);
        Ok((lease, guard))
    }

    /// A place among the processes that may run. Where there is none, the process that was unused for longest ends.
    async fn room(&self) -> Result<OwnedSemaphorePermit, Failure> {
        if let Ok(room) = self.room.clone().try_acquire_owned() {
            return Ok(room);
        }
        let unused = {
            let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
            longest_unused(seats.values())
        };
        unused.ok_or(Failure::Full)?.retire();
        let room = tokio::time::timeout(Duration::from_millis(ROOM_MS_MAX), self.room.clone().acquire_owned()).await;
        room.map_err(|_| Failure::Full)?.map_err(|_| Failure::Full)
    }

    fn seat(&self, of: SeatOf, running_max: usize) -> Result<Arc<Seat>, Failure> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seat) = seats.get(&of) {
            return Ok(seat.clone());
        }
        seats.retain(|_, seat| !is_forgettable(seat));
        let here = || seats.iter().filter(|((org, integration, _), _)| (*org, *integration) == (of.0, of.1));
        if here().filter(|(_, seat)| is_taken(seat)).count() >= running_max {
            let unused = longest_unused(here().map(|(_, seat)| seat)).ok_or(Failure::Full)?;
            unused.retire();
            seats.retain(|_, seat| !holds(seat, &unused));
        }
        Ok(seats.entry(of).or_default().clone())
    }
}

fn not_started(why: String) -> Failure {
    Failure::NotStarted { why }
}

/// The process that was unused for longest, among those of these places.
fn longest_unused<'s>(seats: impl Iterator<Item = &'s Arc<Seat>>) -> Option<Arc<Child>> {
    let unused = seats.filter_map(|seat| {
        let sitting = seat.try_lock().ok()?;
        let child = &sitting.running.as_ref()?.child;
        // One that is leaving already makes its place free by itself.
        child
            .unused_since()
            .filter(|_| child.ended().is_none() && !child.is_leaving())
            .map(|since| (since, child.clone()))
    });
    unused.min_by_key(|(since, _)| *since).map(|(_, child)| child)
}

fn holds(seat: &Seat, child: &Arc<Child>) -> bool {
    let sitting = seat.try_lock();
    sitting.is_ok_and(|sitting| sitting.running.as_ref().is_some_and(|running| Arc::ptr_eq(&running.child, child)))
}

/// Whether a process runs there, or is being started.
fn is_taken(seat: &Seat) -> bool {
    let sitting = seat.try_lock();
    sitting.map_or(true, |sitting| sitting.running.as_ref().is_some_and(|running| running.child.ended().is_none()))
}

/// Whether nothing is lost when a place is forgotten.
fn is_forgettable(seat: &Arc<Seat>) -> bool {
    let Ok(sitting) = seat.try_lock() else { return false };
    let is_empty =
        sitting.running.as_ref().is_none_or(|running| running.child.ended().is_some_and(|ended| ended.is_ours));
    is_empty && Arc::strong_count(seat) == 1 && sitting.last.as_ref().is_none_or(|(at, _)| at.elapsed() >= SOON)
}

impl Sitting {
    /// One has ended that was started then.
    fn ended(&mut self, started: Instant, why: String) {
        self.ends = if started.elapsed() < SOON { self.ends.saturating_add(1) } else { 1 };
        self.last = Some((Instant::now(), why));
    }

    /// After the first end it is started again at once, then after a second, and each time after twice as long.
    fn may_start(&self) -> Result<(), Failure> {
        let Some((at, why)) = &self.last else { return Ok(()) };
        let wait = match self.ends {
            0 | 1 => return Ok(()),
            ends => Duration::from_secs(1_u64.checked_shl(ends - 2).unwrap_or(WAIT_S_MAX).min(WAIT_S_MAX)),
        };
        match wait.checked_sub(at.elapsed()) {
            Some(left) if !left.is_zero() => {
                let retry_after_s = Some(left.as_secs() + 1);
                Err(Failure::Ended { why: why.clone(), retry_after_s })
            }
            _ => Ok(()),
        }
    }
}
