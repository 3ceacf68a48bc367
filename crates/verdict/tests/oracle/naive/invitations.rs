//! Invitations: who offers what, and who handles which.

use domain::id::InvitationId;
use domain::invitation::{Invitation, Inviter, Offer};
use domain::organization::Invite;
use domain::permission::{Permission as P, Scope};
use domain::role::RoleId;
use verdict::{Operation, Subject};

use super::{Answer, Naive, Powers, hide, no, nothing_there, yes};

/// What somebody may offer: by what, and whether somebody else has to agree.
struct Part {
    answer: Answer,
    waits: bool,
}

impl Naive<'_> {
    pub(crate) fn on_invitations(&self, me: Subject, operation: Operation<'_>) -> Answer {
        let known = |invitation| self.state.invitations.get(&invitation).filter(|known| known.is_open());
        let there = |invitation: InvitationId| known(invitation).map(AsRef::as_ref);
        match operation {
            Operation::SendInvitation { offer, .. } => self.offers(me, offer, !offer.members_only).0,
            Operation::EditInvitation { invitation, offer } => match there(invitation) {
                Some(known) => self.handles(me, known).then(|| self.offers(me, offer, !offer.members_only).0),
                None => nothing_there(),
            },
            Operation::ResendInvitation { invitation } => match there(invitation) {
                Some(known) => self.handles(me, known).then(|| self.offers_again(me, known).0),
                None => nothing_there(),
            },
            // Who needs somebody else's word does not give it.
            Operation::ApproveInvitation { invitation } => match there(invitation) {
                Some(known) => self.handles(me, known).then(|| match self.offers_again(me, known) {
                    (answer, true) if answer.allowed => no("needs-approval"),
                    (answer, _) => answer,
                }),
                None => nothing_there(),
            },
            Operation::ViewInvitation { invitation } => {
                there(invitation).map_or(nothing_there(), |it| self.sees_invitation(me, it))
            }
            Operation::RevokeInvitation { invitation } => {
                there(invitation).map_or(nothing_there(), |known| self.handles(me, known))
            }
            Operation::AcceptInvitation { invitation, joins } => {
                let Some(known) = there(invitation) else { return nothing_there() };
                let parts = self.parts(me, &known.offer, joins);
                if let Some(refused) = parts.iter().find(|part| !part.answer.allowed) {
                    return refused.answer;
                }
                match parts.iter().any(|part| part.waits) && !known.approved {
                    true => no("needs-approval"),
                    false => parts.first().map_or(no("no-such-target"), |part| part.answer),
                }
            }
            _ => unreachable!("{operation:?} is not about invitations"),
        }
    }

    fn offers_again(&self, me: Subject, known: &Invitation) -> (Answer, bool) {
        self.offers(me, &known.offer, !known.offer.members_only)
    }

    /// Every part must be one that they may offer; where one waits, that is what the answer rests on.
    pub(super) fn offers(&self, me: Subject, offer: &Offer, joins: bool) -> (Answer, bool) {
        let parts = self.parts(me, offer, joins);
        if let Some(refused) = parts.iter().find(|part| !part.answer.allowed) {
            return (refused.answer, false);
        }
        let waiting = parts.iter().find(|part| part.waits);
        let rests = waiting.or(parts.first()).map_or(no("no-such-target"), |part| part.answer);
        (rests, waiting.is_some())
    }

    /// The place in the organization with what is given there, and each team.
    fn parts(&self, me: Subject, offer: &Offer, joins: bool) -> Vec<Part> {
        let settings = &self.state.settings;
        let mut parts = Vec::new();
        if joins || offer.teams.is_empty() {
            let gives = || if offer.grants.is_empty() { yes("role") } else { self.needs(me, P::GrantAssign) };
            let answer = self.operate(me, Operation::Invite { role: offer.role.as_ref() }).and(gives);
            let waits = settings.invite_organization == Invite::AnyMemberWithApproval;
            parts.push(Part { answer, waits: waits && !self.needs(me, P::MemberAdd).allowed });
        }
        for (team, role) in &offer.teams {
            let decides = self.in_team(me, *team, P::TeamMembers).allowed;
            let default = settings.join_default_team_role;
            let plain = || match role {
                Some(_) if !decides && *role != default => no("only-default-role"),
                _ => yes("role"),
            };
            let given = self.powers_there(role.or(default));
            let answer = self.invite_to_team(me, *team).and(plain).and(|| self.gives_there(me, *team, &given));
            let waits = settings.invite_team == Invite::AnyMemberWithApproval;
            parts.push(Part { answer, waits: waits && !decides });
        }
        parts
    }

    fn powers_there(&self, role: Option<RoleId>) -> Powers {
        let powers = role.map_or_else(Powers::new, |role| self.powers_of_id(&role));
        powers.into_keys().map(|one| (one, Scope::Team)).collect()
    }

    /// One's own, or what one could decide about by hand.
    fn sees_invitation(&self, me: Subject, known: &Invitation) -> Answer {
        if is_by(known.inviter, me) {
            return yes("own");
        }
        let adds = self.needs(me, P::MemberAdd);
        if adds.allowed {
            return adds;
        }
        let teams = known.offer.teams.keys().map(|team| hide(self.in_team(me, *team, P::TeamMembers)));
        teams.reduce(|so_far, next| so_far.and(|| next)).unwrap_or(nothing_there())
    }

    /// Nobody handles what offers authority above theirs, unless it is their own.
    fn handles(&self, me: Subject, known: &Invitation) -> Answer {
        let sees = self.sees_invitation(me, known);
        if is_by(known.inviter, me) {
            return sees;
        }
        let offer = &known.offer;
        let role = offer.role.unwrap_or(self.state.settings.join_default_role);
        let over = || match offer.members_only {
            true => yes("role"),
            false => self.over_powers(me, &self.powers_of_id(&role)),
        };
        let over_there = || {
            let default = self.state.settings.join_default_team_role;
            let above = |(team, role): (&_, &Option<RoleId>)| {
                super::beyond(&self.powers_there(role.or(default)), &self.authority_in(me, *team)).is_some()
            };
            if offer.teams.iter().any(above) { no("above-you") } else { yes("role") }
        };
        sees.and(over).and(over_there)
    }
}

fn is_by(inviter: Inviter, me: Subject) -> bool {
    inviter.subject == me.grantee() || inviter.acting_for.is_some_and(|person| me == Subject::Member(person))
}
