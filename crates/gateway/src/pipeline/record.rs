//! The record of a request: what is written before anything leaves the house, and what is added at the end.
//!
//! A call that cannot be recorded is not made. [`Recorded`] proves that the intent stands, and forwarding takes
//! one; whoever holds it owes the outcome.

use std::sync::Arc;

use domain::credential::CredentialId;
use domain::id::IntegrationId;
use domain::integration::ToolClass;
use domain::organization::RecordsSync;
use domain::record::{Decision, Durability, Intent, Outcome, OutcomeStatus, RecordRef};
use domain::time::Timestamp;
use tokio::time::Instant;
use verdict::{Actor, Credential, Snapshot};

use crate::gateway::Gateway;
use crate::ports::{Ports, Unavailable};

/// Characters that are kept of a method or tool that a client names and that may not exist.
const NAME_LENGTH_MAX: usize = 128;

/// What an intent says, with nothing filled in that is not known.
pub(crate) struct Blank<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) subject: Option<Actor>,
    pub(crate) credential: Option<CredentialId>,
    pub(crate) client: Option<String>,
    pub(crate) method: &'s str,
    pub(crate) integration: Option<IntegrationId>,
    pub(crate) tool: Option<&'s str>,
    pub(crate) class: Option<ToolClass>,
    pub(crate) arguments_digest: Option<[u8; 32]>,
}

impl<'s> Blank<'s> {
    pub(crate) fn new(snapshot: &'s Snapshot, method: &'s str) -> Blank<'s> {
        Blank {
            snapshot,
            subject: None,
            credential: None,
            client: None,
            method,
            integration: None,
            tool: None,
            class: None,
            arguments_digest: None,
        }
    }

    /// The intent, as it will stand in the record.
    pub(crate) fn decided(self, at: Timestamp, decision: Decision, reason: impl Into<String>) -> Intent {
        let short = |text: &str| text.chars().filter(|letter| !letter.is_control()).take(NAME_LENGTH_MAX).collect();
        let presented = self.subject.and_then(|actor| actor.credential).map(Credential::id);
        Intent {
            org: self.snapshot.org(),
            at,
            subject: self.subject.map(|actor| actor.subject.as_str().to_owned()).unwrap_or_default(),
            acting_for: self.subject.and_then(|actor| actor.acting_for),
            credential: self.credential.or(presented),
            client: self.client,
            method: short(self.method),
            integration: self.integration,
            tool: self.tool.map(short),
            class: self.class,
            decision,
            reason: reason.into(),
            arguments_digest: self.arguments_digest,
            policy_seq: self.snapshot.seq(),
        }
    }
}

/// How surely a call is recorded before it goes out: what changes something is on disk first.
pub(crate) fn durability(snapshot: &Snapshot, class: ToolClass) -> Durability {
    if class == ToolClass::Read && snapshot.records_sync() == RecordsSync::Changes {
        Durability::Written
    } else {
        Durability::Synced
    }
}

/// Proof that a call's intent is recorded.
#[derive(Debug)]
#[must_use = "an intent without an outcome stays open"]
pub(crate) struct Recorded {
    reference: RecordRef,
    decided: Instant,
}

/// What came of a call, apart from the times.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) status: OutcomeStatus,
    pub(crate) detail: Option<String>,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
}

/// Records the intent of a call.
pub(crate) async fn begin<P: Ports>(
    gateway: &Gateway<P>,
    intent: Intent,
    durability: Durability,
    decided: Instant,
) -> Result<Recorded, Unavailable> {
    let reference = gateway.ports.begin(intent, durability).await?;
    Ok(Recorded { reference, decided })
}

impl Recorded {
    /// Records what came of it.
    pub(crate) async fn finish<P: Ports>(self, gateway: &Gateway<P>, ended: Ended) {
        let latency_us = u64::try_from(self.decided.elapsed().as_micros()).unwrap_or(u64::MAX);
        let outcome = Outcome {
            at: gateway.ports.now(),
            status: ended.status,
            latency_us,
            request_bytes: ended.request_bytes,
            response_bytes: ended.response_bytes,
            detail: ended.detail,
        };
        gateway.ports.finish(self.reference, outcome).await;
    }
}

impl<P: Ports> Gateway<P> {
    /// Records something that will not happen. Waits for it, but goes on even if the client does not wait.
    pub(crate) async fn note(self: &Arc<Self>, intent: Intent) {
        let gateway = self.clone();
        let noted = self.aside(async move {
            if let Err(unavailable) = gateway.ports.note(intent).await {
                tracing::error!(reason = %unavailable, "a denied request could not be recorded");
            }
        });
        if noted.await.is_err() {
            tracing::error!("the recording of a denied request was stopped");
        }
    }

    /// Records something that nobody can be blamed for, on the side and no more of it than fits.
    pub(crate) fn note_noise(self: &Arc<Self>, blank: Blank<'_>, decision: Decision, reason: &str) {
        let now = self.ports.now();
        let per_second_max = self.options.limits.noise_per_second_max;
        let Some(left_out) = self.noise.admit(blank.snapshot.org(), now, per_second_max) else { return };
        let reason = if left_out == 0 {
            reason.to_owned()
        } else {
            format!("{reason} ({left_out} more like this were not recorded)")
        };
        let intent = blank.decided(now, decision, reason);
        let gateway = self.clone();
        self.aside(async move {
            if let Err(unavailable) = gateway.ports.note(intent).await {
                tracing::error!(reason = %unavailable, "a malformed request could not be recorded");
            }
        });
    }
}
