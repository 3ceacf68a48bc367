//! The gateway itself: what lives from one request to the next, and nothing of any single one.

use std::future::Future;
use std::sync::Arc;

use domain::id::OrgId;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use verdict::Subject;

use crate::mcp::session::Sessions;
use crate::noise::Noise;
use crate::options::GatewayOptions;
use crate::pipeline::limit::Slots;
use crate::pipeline::parked::ParkedCalls;
use crate::ports::Ports;
use crate::upstream::Upstreams;
use crate::upstream::template::Templates;

/// The gateway could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the gateway cannot speak TLS: {0}")]
pub struct StartFault(pub(crate) String);

/// How calls pass. One for the whole process; [`crate::router`] opens its doors.
pub struct Gateway<P: Ports> {
    pub(crate) ports: P,
    pub(crate) options: GatewayOptions,
    pub(crate) sessions: Sessions,
    pub(crate) upstreams: Upstreams,
    pub(crate) calls: Arc<Slots>,
    pub(crate) streams: Arc<Slots>,
    pub(crate) large_bodies: Arc<Slots>,
    pub(crate) parking: Arc<Slots>,
    pub(crate) parked: ParkedCalls,
    pub(crate) noise: Noise,
    pub(crate) closing: CancellationToken,
    tasks: TaskTracker,
}

impl<P: Ports> Gateway<P> {
    /// Makes the gateway. Must be called inside the async runtime in which it will serve.
    ///
    /// # Errors
    /// [`StartFault`] where encryption towards upstreams cannot be set up.
    pub fn new(ports: P, options: GatewayOptions) -> Result<Arc<Self>, StartFault> {
        let limits = &options.limits;
        let (tasks, closing) = (TaskTracker::new(), CancellationToken::new());
        Ok(Arc::new(Self {
            ports,
            sessions: Sessions::default(),
            upstreams: Upstreams::new(&options, tasks.clone(), closing.clone())?,
            calls: Slots::new(limits.running_per_subject_max, limits.running_max),
            streams: Slots::new(limits.streams_per_subject_max, limits.streams_max),
            large_bodies: Slots::new(limits.large_bodies_per_subject_max, limits.large_bodies_max),
            parking: Slots::new(limits.parked_per_subject_max, limits.parked_max),
            parked: ParkedCalls::default(),
            noise: Noise::default(),
            closing,
            tasks,
            options,
        }))
    }

    /// How much of a subject is open at this moment: calls that run, and streams of notifications.
    #[must_use]
    pub fn open_for(&self, org: OrgId, subject: Subject) -> u32 {
        self.calls.taken_by(org, subject).saturating_add(self.streams.taken_by(org, subject))
    }

    /// The programs that organizations may use as upstreams.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.options.templates
    }

    /// Ends open notification streams and waits until every call that is running has its outcome recorded.
    /// To be called after the listener has stopped; how long to wait is the caller's choice.
    pub async fn drain(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Ends the open notification streams, so that clients look for another place and the listener can stop.
    pub fn close_streams(&self) {
        self.closing.cancel();
    }

    /// Runs something to its end, whether or not somebody waits for it.
    pub(crate) fn aside<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn(future)
    }
}
