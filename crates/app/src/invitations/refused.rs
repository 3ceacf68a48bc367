//! Who tried to accept an invitation and could not stands in the record of the organization.
//!
//! Whoever has a link can try as often as they like, so of each invitation and reason one an hour is written down: that it
//! happens is what those who run the place need to know, and a link must not fill their record.

use domain::invitation::{Invitation, InvitationState};
use domain::organization::Organization;
use domain::record::{Decision, Intent};
use domain::time::Timestamp;

use super::link::{Found, WHOEVER_HAS_THE_LINK};
use crate::sign_in::SignedIn;
use crate::{App, Problem};

impl App {
    /// Notes that an acceptance was refused. Who is not known to the organization stays unknown to it.
    pub(super) async fn note_refused_acceptance(&self, found: &Found, by: Option<&SignedIn>, problem: &Problem) {
        let (org, now) = (found.live.org(), self.now());
        let (reason, is_known) = {
            let state = found.live.state.lock().await;
            let Some(reason) = reason(problem, found, &state, now) else { return };
            (reason, by.is_some_and(|by| state.members.contains_key(&by.proof.person)))
        };
        if !self.counts((self.digest_of_refused(found.id, &reason), None), 1) {
            return;
        }
        let by = by.filter(|_| is_known);
        let refused = Intent {
            org,
            at: now,
            subject: by.map_or_else(|| WHOEVER_HAS_THE_LINK.to_owned(), |by| by.proof.person.to_string()),
            acting_for: None,
            credential: by.map(|by| by.proof.session.into()),
            client: None,
            method: format!("invitation.accept {}", found.id),
            integration: None,
            tool: None,
            class: None,
            decision: Decision::Denied,
            reason,
            arguments_digest: None,
            policy_seq: found.live.snapshot().seq(),
        };
        if let Err(error) = self.inner.journal.note(refused).await {
            tracing::error!(%error, "a refused acceptance could not be recorded");
        }
    }
}

/// Why it was refused, for those who may know; none where something broke or a value was wrong.
fn reason(problem: &Problem, found: &Found, state: &Organization, now: Timestamp) -> Option<String> {
    Some(match problem {
        Problem::Refused(refusal) => refusal.code.to_owned(),
        Problem::Denied { explanation, .. } => explanation.code.to_owned(),
        Problem::Unauthenticated { .. } => "session-ended".to_owned(),
        Problem::Missing { .. } => {
            let known = state.invitations.get(&found.id);
            known.map_or("forgotten", |known| opens_nothing(known, found, now)).to_owned()
        }
        _ => return None,
    })
}

/// Why a link opens nothing, which whoever has it is not told.
fn opens_nothing(known: &Invitation, found: &Found, now: Timestamp) -> &'static str {
    match known.state {
        InvitationState::Accepted { .. } => "accepted",
        InvitationState::Declined { .. } => "declined",
        InvitationState::Revoked { .. } => "revoked",
        InvitationState::Open if known.digest.as_deref() != Some(found.digest.as_str()) => "link-replaced",
        InvitationState::Open if now >= known.expires_at => "expired",
        InvitationState::Open => "needs-sponsor",
    }
}
