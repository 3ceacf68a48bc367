//! What a session does only soon after its person has shown who they are: a browser that was left open is not enough to
//! give the organization away.
//!
//! Keys are not asked: whoever shows one shows it each time. Whether it may be done at all was asked before.

use domain::invitation::Offer;
use domain::organization::SettingChange;
use domain::permission::PermissionSet;
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::ceiling::added;
use crate::credential::{Credential, SessionProof};
use crate::evaluate::shown;
use crate::explain::Explanation;
use crate::operation::Operation;
use crate::question::{Action, Denial, Question, Reason};
use crate::snapshot::{ALWAYS, Snapshot};

/// How long after signing in it is soon, in milliseconds: 10 minutes.
const FRESH_MS: i64 = 600_000;

/// Why something is denied that is done only soon after signing in, and what to do.
pub(crate) const WHY: &str = "this is done only within 10 minutes after signing in";
pub(crate) const REMEDY: &str = "sign in again, at /sign-in/again, and do it then";

impl SessionProof {
    /// Whether its person has shown soon enough who they are to change how they sign in: a session that was left open is
    /// not enough to come back in a way of one's own.
    ///
    /// # Errors
    /// The denial in words.
    pub fn may_change_sign_ins(&self, now: Timestamp) -> Result<(), Explanation> {
        if now <= self.fresh_until() {
            return Ok(());
        }
        let code = Reason::SignInAgain.code();
        let (because, remedy) = (WHY.to_owned(), Some(REMEDY.to_owned()));
        Err(Explanation { allowed: false, code, because, remedy, ask: Vec::new() })
    }

    /// Until when its person has shown soon enough who they are. Signing in again begins another session.
    #[must_use]
    pub fn fresh_until(&self) -> Timestamp {
        Timestamp(self.proven_at.0.saturating_add(FRESH_MS))
    }
}

impl Snapshot {
    /// Whether what was presented is fresh enough for what is asked.
    pub(crate) fn is_fresh_for(&self, question: &Question<'_>) -> Result<(), Denial> {
        let Action::Operate(operation) = question.action else { return Ok(()) };
        let fresh_until = match question.actor.credential {
            None | Some(Credential::Key { .. }) => return Ok(()),
            Some(Credential::Session(proof)) => proof.fresh_until(),
            // It goes on for weeks after its person has shown who they are.
            Some(Credential::Client(_)) => ALWAYS,
        };
        if question.now <= fresh_until || !self.is_grave(operation, question.now) {
            return Ok(());
        }
        Err(shown(Reason::SignInAgain))
    }

    /// Whether an operation gives authority over others, decides about who has it, or ends it all.
    fn is_grave(&self, operation: Operation<'_>, now: Timestamp) -> bool {
        match operation {
            Operation::TransferOwnership { .. }
            | Operation::AcceptOwnership
            | Operation::ChangePreset
            | Operation::ConnectDirectory { .. }
            | Operation::OpenMailDomain { .. }
            | Operation::MapGroup { .. }
            | Operation::DeleteOrganization
            | Operation::EndSessions { .. } => true,
            Operation::RestoreMember { member } => {
                let restored = self.subject(member.as_str(), now);
                restored.is_some_and(|restored| !restored.permissions.management().is_empty())
            }
            Operation::RotateKey { key } => self.key(key).is_some_and(|key| key.directory),
            Operation::EditOrganization { changes } => changes.iter().any(decides_about_authority),
            Operation::AddMember { role }
            | Operation::ChangeRole { role, .. }
            | Operation::GiveRole { role, .. }
            | Operation::SetTeamMember { role, .. }
            | Operation::DeleteRole { moved_to: role, .. }
            | Operation::CreateWorkspaceKey { role: Some(role), .. }
            | Operation::SetKeyRole { role: Some(role), .. }
            | Operation::CreateAgent { role: Some(role) }
            | Operation::SetAgentRole { role: Some(role), .. } => self.role_manages(role),
            Operation::EditRole { role, to, .. } => {
                let from = self.role_by_id(*role).map_or(PermissionSet::EMPTY, |entry| entry.role.set());
                !added(from, to).management().is_empty()
            }
            Operation::SendInvitation { offer, .. } | Operation::EditInvitation { offer, .. } => {
                self.offers_authority(offer)
            }
            Operation::ResendInvitation { invitation } | Operation::ApproveInvitation { invitation } => {
                self.invitations.get(&invitation).is_some_and(|known| self.offers_authority(&known.offer))
            }
            Operation::ApproveJoin { person } => {
                self.asked_for(person, now).is_ok_and(|offer| self.offers_authority(offer))
            }
            Operation::DecideRequest { by, .. } => by.iter().any(|change| self.is_grave(change.operation(), now)),
            _ => false,
        }
    }

    fn offers_authority(&self, offer: &Offer) -> bool {
        offer.role.iter().chain(offer.teams.values().flatten()).any(|role| self.role_manages(role))
    }

    fn role_manages(&self, role: &RoleId) -> bool {
        self.role_by_id(*role).is_some_and(|entry| !entry.set.management().is_empty())
    }
}

/// Settings that say who gives authority, to whom it comes by itself, and what secrets carry.
fn decides_about_authority(change: &SettingChange) -> bool {
    matches!(
        change,
        SettingChange::OwnersMax(_)
            | SettingChange::PromoteAdmin(_)
            | SettingChange::InviteOrganization(_)
            | SettingChange::InviteTeam(_)
            | SettingChange::InviteAddress(_)
            | SettingChange::JoinDefaultRole(_)
            | SettingChange::JoinDefaultTeamRole(_)
            | SettingChange::KeysPersonal(_)
            | SettingChange::KeysWithoutRole(_)
            | SettingChange::ManagersImplicitAccess(_)
            | SettingChange::GrantsTo(_)
            | SettingChange::RolesExtraBindings(_)
            | SettingChange::SignInSecondFactor(_)
    )
}
