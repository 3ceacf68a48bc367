//! Who may invite to what, and who handles an invitation.
//!
//! An invitation rests on the rights of its inviter, and is asked about them again at every step: when it is edited, sent
//! again, approved and accepted. What may be offered is said by the ceiling (`may_offer`) alone.

use domain::grant::Grantee;
use domain::id::InvitationId;
use domain::invitation::{Invitation, Inviter, Offer};
use domain::organization::Invite;
use domain::permission::Permission;
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::ceiling::at_least_as_high;
use crate::evaluate::{Answer, hidden, holds, own, shown};
use crate::operation::Operation;
use crate::permit::{Act, Target};
use crate::question::{Action, Actor, Basis, Denial, Question, Reason, Subject, Verdict};
use crate::snapshot::{Snapshot, SubjectEntry};

impl Snapshot {
    pub(crate) fn operate_on_invitations(&self, entry: &SubjectEntry, operation: Operation<'_>) -> Answer {
        match operation {
            Operation::SendInvitation { invitation, offer } => {
                Ok(self.may_offer(entry, offer, !offer.members_only)?.handling(invitation))
            }
            Operation::ViewInvitation { invitation } => self.sees(entry, self.open_invitation(invitation)?),
            Operation::EditInvitation { invitation, offer } => {
                self.handles(entry, self.open_invitation(invitation)?)?;
                Ok(self.may_offer(entry, offer, !offer.members_only)?.handling(invitation))
            }
            Operation::ResendInvitation { invitation } => {
                let known = self.open_invitation(invitation)?;
                self.handles(entry, known)?;
                let offer = &known.offer;
                Ok(self.may_offer(entry, offer, !offer.members_only)?.handling(invitation))
            }
            Operation::ApproveInvitation { invitation } => {
                let known = self.open_invitation(invitation)?;
                self.handles(entry, known)?;
                let offered = self.may_offer(entry, &known.offer, !known.offer.members_only)?;
                match offered.awaits() {
                    false => Ok(offered.handling(invitation)),
                    // Whoever needs somebody's word does not give it themselves.
                    true => Err(shown(Reason::NeedsApproval)),
                }
            }
            Operation::RevokeInvitation { invitation } => self.handles(entry, self.open_invitation(invitation)?),
            Operation::AcceptInvitation { invitation, joins } => {
                let known = self.open_invitation(invitation)?;
                let offered = self.may_offer(entry, &known.offer, joins)?;
                match offered.awaits() && !known.approved {
                    false => Ok(offered.giving(invitation)),
                    true => Err(shown(Reason::NeedsApproval)),
                }
            }
            _ => Err(shown(Reason::NoSuchTarget)),
        }
    }

    /// An invitation of which nothing has become yet, whoever may see it.
    fn open_invitation(&self, invitation: InvitationId) -> Result<&Invitation, Denial> {
        self.invitations.get(&invitation).map(AsRef::as_ref).ok_or(hidden(Reason::NoSuchTarget))
    }

    /// Who invited sees it, and so does the person for whom an agent did; of others, who adds people, or decides who is in
    /// each of its teams.
    fn sees(&self, entry: &SubjectEntry, known: &Invitation) -> Answer {
        let target = Target::Invitation(known.id);
        if is_by(known.inviter, entry.subject) {
            return own(Permission::MemberInvite, target);
        }
        let adds = holds(entry, Permission::MemberAdd, target);
        if adds.is_ok() {
            return adds;
        }
        let mut teams = known.offer.teams.keys();
        let first = teams.next().ok_or(hidden(Reason::NoSuchTarget))?;
        let in_team = |team| {
            let there = self.in_team(entry, Permission::TeamMembers, team, target);
            there.map_err(|denial| Denial { hidden: true, ..denial })
        };
        let answer = in_team(*first)?;
        teams.try_for_each(|team| in_team(*team).map(|_| ()))?;
        Ok(answer)
    }

    /// Who sees it handles it, but for those who are below what it offers. One's own one takes back in any case.
    fn handles(&self, entry: &SubjectEntry, known: &Invitation) -> Answer {
        let answer = self.sees(entry, known)?;
        if is_by(known.inviter, entry.subject) {
            return Ok(answer);
        }
        let offer = &known.offer;
        if !offer.members_only {
            let role = offer.role.unwrap_or(self.settings.join_default_role);
            at_least_as_high(entry.permissions, self.set_of_role(role))?;
        }
        for (team, role) in &offer.teams {
            at_least_as_high(self.authority_in_team(entry, *team), self.set_in_team(*role))?;
        }
        Ok(answer)
    }

    /// An invitation is a promotion to what it offers; below those who add people, only the default role is offered.
    pub(crate) fn invite(&self, entry: &SubjectEntry, role: Option<&RoleId>) -> Answer {
        let default = &self.settings.join_default_role;
        let offered = role.unwrap_or(default);
        let as_manager = holds(entry, Permission::MemberAdd, Target::Organization);
        if let Ok(answer) = as_manager {
            self.may_let_in(entry, offered)?;
            return Ok(answer);
        }
        let invited = match (self.settings.invite_organization, entry.subject) {
            (Invite::AnyMember | Invite::AnyMemberWithApproval, Subject::Member(_)) => {
                let act = Act::Operate { permission: Permission::MemberInvite, target: Target::Organization };
                (act, Basis::Setting("invite.organization"))
            }
            (Invite::ByPermission, _) => holds(entry, Permission::MemberInvite, Target::Organization)?,
            _ => return as_manager,
        };
        if offered != default {
            return Err(shown(Reason::OnlyDefaultRole));
        }
        self.may_let_in(entry, offered)?;
        Ok(invited)
    }

    /// Whether an offer by somebody waits until somebody else agrees to it, as the organization has it.
    #[must_use]
    pub fn awaits_approval(&self, actor: &Actor, offer: &Offer, now: Timestamp) -> bool {
        let both = [Some(actor.subject), actor.acting_for.map(Subject::Member)];
        let entries = both.into_iter().flatten().filter_map(|subject| self.subject(subject.as_str(), now));
        let offers = |entry| self.may_offer(entry, offer, !offer.members_only);
        entries.into_iter().any(|entry| offers(entry).is_ok_and(|offered| offered.awaits()))
    }

    /// Whether an invitation could be accepted at this moment by somebody who is no member yet, as far as its inviter's
    /// rights go; for one that is for members alone, by a member.
    #[must_use]
    pub fn sponsored(&self, invitation: &Invitation, now: Timestamp) -> Sponsored {
        let Some(actor) = inviter(invitation.inviter) else { return Sponsored::No };
        let (invitation, joins) = (invitation.id, !invitation.offer.members_only);
        let action = Action::Operate(Operation::AcceptInvitation { invitation, joins });
        match self.evaluate(&Question { actor: &actor, action, now }) {
            Verdict::Allowed(_) => Sponsored::Yes,
            Verdict::Denied(denial) if denial.reason == Reason::NeedsApproval => Sponsored::OnApproval,
            Verdict::Denied(_) => Sponsored::No,
        }
    }
}

/// Whether an invitation's inviter could give what it offers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sponsored {
    /// They could.
    Yes,
    /// Once somebody who may add people agrees.
    OnApproval,
    /// They could not (any more).
    No,
}

/// Whether a subject, or an agent for it, is the inviter.
fn is_by(inviter: Inviter, subject: Subject) -> bool {
    inviter.subject == subject.grantee() || inviter.acting_for.is_some_and(|person| subject == Subject::Member(person))
}

/// Who invited, for asking what they may.
#[must_use]
pub fn inviter(of: Inviter) -> Option<Actor> {
    let subject = match of.subject {
        Grantee::Member(person) => Subject::Member(person),
        Grantee::Key(key) => Subject::Key(key),
        Grantee::Agent(agent) => Subject::Agent(agent),
        Grantee::Team(_) | Grantee::Role(_) => return None,
    };
    Some(Actor { acting_for: of.acting_for, ..Actor::about(subject) })
}
