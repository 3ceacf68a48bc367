//! How events change invitations.

use std::sync::Arc;

use crate::event::Event;
use crate::id::InvitationId;
use crate::invitation::{Invitation, InvitationState, NewInvitation};
use crate::organization::{Organization, Stamp};
use crate::time::Timestamp;

/// How long an invitation is kept after its end, in milliseconds: 30 days.
const KEPT_MS: i64 = 30 * 86_400_000;
/// Invitations that are kept although something has become of them or their end has come, the newest; those before them
/// stay in the journal alone.
const CLOSED_MAX: usize = 1_000;

impl Organization {
    /// Folds an event about invitations; others change nothing here.
    pub(crate) fn apply_to_invitations(&mut self, stamp: &Stamp, event: Event) {
        match event {
            Event::InvitationSent(new) => {
                for forgotten in self.invitations_forgotten_at(stamp.at) {
                    self.invitations.remove(&forgotten);
                }
                let NewInvitation { id, inviter, offer, digest, expires_at, asks } = *new;
                let (approved, sent_at, since_seq, state) = (false, stamp.at, stamp.seq, InvitationState::Open);
                let sent =
                    Invitation { id, inviter, offer, digest, expires_at, approved, sent_at, since_seq, asks, state };
                self.invitations.insert(id, Arc::new(sent));
            }
            Event::InvitationApproved { invitation, digest, expires_at, asks } => self.with(invitation, |known| {
                (known.approved, known.digest, known.expires_at) = (true, Some(digest), expires_at);
                known.asks = asks.map(|now| known.asks_beside(now)).or(known.asks);
            }),
            Event::InvitationEdited { invitation, inviter, offer, awaits, asks } => self.with(invitation, |known| {
                (known.inviter, known.offer, known.approved) = (inviter, *offer, false);
                known.digest = known.digest.take().filter(|_| !awaits);
                known.asks = asks.map(|now| known.asks_beside(now)).or(known.asks);
            }),
            // Another link, given away under what is said now: sending it again is what makes it ask less.
            Event::InvitationResent { invitation, inviter, digest, expires_at, asks } => {
                self.with(invitation, |known| {
                    known.approved &= known.inviter == inviter;
                    (known.inviter, known.digest, known.expires_at) = (inviter, Some(digest), expires_at);
                    known.asks = asks;
                });
            }
            Event::InvitationRevoked { invitation } => {
                self.close_invitation(invitation, InvitationState::Revoked { by: stamp.actor.clone(), at: stamp.at });
            }
            Event::InvitationDeclined { invitation } => {
                self.close_invitation(invitation, InvitationState::Declined { at: stamp.at });
            }
            Event::InvitationAccepted { invitation, person, .. } => {
                self.close_invitation(invitation, InvitationState::Accepted { person, at: stamp.at });
            }
            _ => {}
        }
    }

    /// What is gone is not offered any more.
    pub(crate) fn withdraw_offers_of_what_is_gone(&mut self, event: &Event) {
        if !matches!(
            event,
            Event::RoleDeleted { .. } | Event::TeamDeleted { .. } | Event::IntegrationDisconnected { .. }
        ) {
            return;
        }
        for known in self.invitations.values_mut().filter(|known| known.is_open()) {
            if let Some(offer) = known.offer.after(event) {
                Arc::make_mut(known).offer = offer;
            }
        }
    }

    /// Invitations that are forgotten when one is sent at this moment, and whose address and name go with them: those
    /// that ended long ago, and the oldest where too many have ended.
    #[must_use]
    pub fn invitations_forgotten_at(&self, now: Timestamp) -> Vec<InvitationId> {
        let old = |known: &Invitation| known.ended_at().0.saturating_add(KEPT_MS) <= now.0;
        let ended = |known: &&Invitation| !known.is_open() || known.expires_at <= now;
        let mut ended: Vec<&Invitation> = self.invitations.values().map(Arc::as_ref).filter(ended).collect();
        ended.sort_unstable_by_key(|known| (known.ended_at(), known.id));
        let beyond = ended.len().saturating_sub(CLOSED_MAX);
        let forgotten = ended.iter().enumerate().filter(|(place, known)| *place < beyond || old(known));
        forgotten.map(|(_, known)| known.id).collect()
    }

    fn close_invitation(&mut self, invitation: InvitationId, state: InvitationState) {
        self.with(invitation, |known| (known.state, known.digest) = (state, None));
    }

    fn with(&mut self, invitation: InvitationId, change: impl FnOnce(&mut Invitation)) {
        if let Some(known) = self.invitations.get_mut(&invitation) {
            change(Arc::make_mut(known));
        }
    }
}
