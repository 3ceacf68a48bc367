//! Invitations: random commands about them, and stories.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::Command;
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{InvitationId, PersonId};
use domain::invitation::{Closing, InvitationState, Inviter, NewInvitation, Offer, OfferedGrant};
use domain::organization::{InvitedAddress, SettingChange};
use domain::role::{Role, RoleId};
use domain::time::Timestamp;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::Walk;
use crate::commands::{integration, people, person, role, roles, team, teams};
use crate::stories::{accept, company, refusal};

const DAY: i64 = 86_400_000;

fn invitation(number: u8) -> InvitationId {
    InvitationId::from_random([number; 20])
}

fn invitations() -> impl Strategy<Value = InvitationId> {
    (0..4u8).prop_map(invitation)
}

fn inviters() -> impl Strategy<Value = Inviter> {
    people().prop_map(|person| Inviter { subject: Grantee::Member(person), acting_for: None })
}

fn offers() -> impl Strategy<Value = Offer> {
    let places = proptest::collection::btree_map(teams(), option::of(roles()), 0..=1);
    let given = proptest::bool::weighted(0.2);
    (option::of(roles()), proptest::bool::weighted(0.1), places, given).prop_map(
        |(role, members_only, teams, given)| {
            let one = OfferedGrant { profile: Profile::Full, tools_off: BTreeSet::new(), expires_at: None };
            let grants = if given { BTreeMap::from([(integration(0), one)]) } else { BTreeMap::new() };
            Offer { role, members_only, teams, grants }
        },
    )
}

fn digests() -> impl Strategy<Value = String> {
    select(vec!["0", "1"]).prop_map(|digit| digit.repeat(64))
}

pub(crate) fn of_invitations() -> impl Strategy<Value = Command> {
    let ends = || (100..1_000i64).prop_map(Timestamp);
    let new = (invitations(), inviters(), offers(), option::of(digests()), ends());
    let edit = (invitations(), inviters(), offers(), any::<bool>());
    let resend = (invitations(), inviters(), any::<bool>(), digests(), ends());
    let closing = (invitations(), select(vec![Closing::Revoke, Closing::Decline]));
    prop_oneof![
        8 => new.prop_map(|(id, inviter, offer, digest, expires_at)| {
            Command::SendInvitation(Box::new(NewInvitation { id, inviter, offer, digest, expires_at, asks: None }))
        }),
        3 => edit.prop_map(|(invitation, inviter, offer, awaits)| {
            Command::EditInvitation { invitation, inviter, offer: Box::new(offer), awaits }
        }),
        2 => resend.prop_map(|(invitation, inviter, awaits, digest, expires_at)| {
            Command::ResendInvitation { invitation, inviter, awaits, digest, expires_at }
        }),
        3 => (invitations(), digests(), ends()).prop_map(|(invitation, digest, expires_at)| {
            Command::ApproveInvitation { invitation, digest, expires_at }
        }),
        1 => closing.prop_map(|(invitation, how)| Command::CloseInvitation { invitation, how }),
        4 => (invitations(), people()).prop_map(|(invitation, person)| Command::AcceptInvitation { invitation, person }),
    ]
}

const INVITER: u8 = 0;

fn owner() -> Inviter {
    Inviter { subject: Grantee::Member(person(INVITER)), acting_for: None }
}

fn send(number: u8, offer: Offer) -> Command {
    let (id, digest, expires_at) = (invitation(number), Some("0".repeat(64)), Timestamp(7 * DAY));
    Command::SendInvitation(Box::new(NewInvitation { id, inviter: owner(), offer, digest, expires_at, asks: None }))
}

fn take(number: u8, person: PersonId) -> Command {
    Command::AcceptInvitation { invitation: invitation(number), person }
}

fn with_role(name: &str) -> Offer {
    Offer { role: Some(role(name)), ..Offer::default() }
}

/// Stripe, read only, until an end.
fn stripe(expires_at: Option<Timestamp>) -> BTreeMap<domain::id::IntegrationId, OfferedGrant> {
    let given = OfferedGrant { profile: Profile::ReadOnly, tools_off: ["list".to_owned()].into(), expires_at };
    [(integration(0), given)].into()
}

#[test]
fn whoever_accepts_gets_what_was_offered_once() {
    let mut walk = company();
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Sales".to_owned() });
    let leader = role("team-leader");
    let offer = Offer { teams: [(team(0), Some(leader))].into(), grants: stripe(None), ..with_role("member") };
    accept(&mut walk, send(0, offer));
    accept(&mut walk, take(0, person(2)));
    let (state, grantee) = (&walk.state, Grantee::Member(person(2)));
    assert_eq!(state.members[&person(2)].role, role("member"));
    assert_eq!(state.teams[&team(0)].members[&person(2)].role, leader);
    assert_eq!(state.grant(grantee, integration(0)).unwrap().profile, Profile::ReadOnly);
    assert!(
        matches!(state.invitations[&invitation(0)].state, InvitationState::Accepted { person: who, .. } if who == person(2))
    );
    assert_eq!(refusal(&walk, take(0, person(3))), "invitation-closed");
}

// rows: WJ-4
#[test]
fn nobody_is_invited_to_the_top_role_nor_comes_to_it_by_an_invitation() {
    let mut walk = company();
    assert_eq!(refusal(&walk, send(0, with_role("owner"))), "top-role");
    accept(&mut walk, send(0, with_role("member")));
    let (invitation, offer) = (invitation(0), Box::new(with_role("owner")));
    let edit = Command::EditInvitation { invitation, inviter: owner(), offer, awaits: false };
    assert_eq!(refusal(&walk, edit), "top-role");
    // Also where the role that was offered ended, and its members got the top role.
    walk.write(&[Event::RoleDeleted { role: role("member"), moved_to: role("owner") }]);
    assert_eq!(walk.state.invitations[&invitation].offer.role, Some(role("owner")));
    assert_eq!(refusal(&walk, take(0, person(5))), "top-role");
}

#[test]
fn what_was_to_have_ended_by_now_is_not_given_and_the_rest_is() {
    let mut walk = company();
    accept(&mut walk, send(0, Offer { grants: stripe(Some(Timestamp(50))), ..with_role("member") }));
    walk.now = Timestamp(60);
    accept(&mut walk, take(0, person(2)));
    assert!(walk.state.active_member(person(2)).is_some());
    assert!(walk.state.grant(Grantee::Member(person(2)), integration(0)).is_none());
}

#[test]
fn an_invitation_ends_at_its_moment_and_lasts_at_most_thirty_days() {
    let mut walk = company();
    accept(&mut walk, send(0, Offer::default()));
    walk.now = Timestamp(7 * DAY);
    assert_eq!(refusal(&walk, take(0, person(2))), "invitation-ended");
    let again = |days: i64| Command::ResendInvitation {
        invitation: invitation(0),
        inviter: owner(),
        awaits: false,
        digest: "1".repeat(64),
        expires_at: Timestamp(walk.now.0 + days * DAY),
    };
    assert_eq!([0, 31].map(|days| refusal(&walk, again(days))), ["bad-length"; 2]);
    let again = again(30);
    accept(&mut walk, again);
    accept(&mut walk, take(0, person(2)));
}

#[test]
fn a_member_joins_the_team_alone_and_stays_who_they_are() {
    let mut walk = company();
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Sales".to_owned() });
    let in_team = |role: &str| [(team(0), Some(RoleId::parse(role).unwrap()))].into();
    let only = Offer { members_only: true, teams: in_team("team-member"), ..Offer::default() };
    accept(&mut walk, send(0, only.clone()));
    assert_eq!(refusal(&walk, take(0, person(7))), "members-only");
    accept(&mut walk, take(0, person(1)));
    assert_eq!(walk.state.teams[&team(0)].members[&person(1)].role, role("team-member"));
    // In it already, they are not raised by another; and a role or integrations are not for members.
    accept(&mut walk, send(1, Offer { teams: in_team("team-leader"), ..with_role("admin") }));
    accept(&mut walk, take(1, person(1)));
    assert_eq!(walk.state.members[&person(1)].role, role("member"));
    assert_eq!(walk.state.teams[&team(0)].members[&person(1)].role, role("team-member"));
    accept(&mut walk, send(2, with_role("admin")));
    assert_eq!(refusal(&walk, take(2, person(1))), "already-member");
    for wrong in [
        Offer { teams: BTreeMap::new(), ..only.clone() },
        Offer { role: Some(role("member")), ..only.clone() },
        Offer { grants: stripe(None), ..only },
    ] {
        assert_eq!(refusal(&walk, send(3, wrong)), "members-only");
    }
}

#[test]
fn what_waits_for_approval_has_no_link_and_an_edit_or_another_inviter_needs_a_new_word() {
    let mut walk = company();
    let member = Inviter { subject: Grantee::Member(person(1)), acting_for: None };
    let new = NewInvitation {
        id: invitation(0),
        inviter: member,
        offer: Offer::default(),
        digest: None,
        expires_at: Timestamp(DAY),
        asks: None,
    };
    accept(&mut walk, Command::SendInvitation(Box::new(new)));
    assert_eq!(refusal(&walk, take(0, person(2))), "invitation-ended");
    let (digest, expires_at) = ("0".repeat(64), Timestamp(DAY));
    let resend = |inviter, awaits| {
        let (invitation, digest) = (invitation(0), "1".repeat(64));
        Command::ResendInvitation { invitation, inviter, awaits, digest, expires_at }
    };
    assert_eq!(refusal(&walk, resend(member, true)), "awaits-approval");
    accept(&mut walk, Command::ApproveInvitation { invitation: invitation(0), digest, expires_at });
    accept(&mut walk, resend(member, true));
    assert_eq!(refusal(&walk, resend(owner(), true)), "awaits-approval");
    let offer = Box::new(with_role("member"));
    accept(&mut walk, Command::EditInvitation { invitation: invitation(0), inviter: member, offer, awaits: true });
    let known = &walk.state.invitations[&invitation(0)];
    assert_eq!((known.approved, &known.digest), (false, &None));
    assert_eq!(refusal(&walk, take(0, person(2))), "invitation-ended");
}

#[test]
fn an_invitation_asks_no_less_than_when_its_link_was_given_away_whatever_is_set_later() {
    let (proven, any) = (InvitedAddress::Proven, InvitedAddress::Any);
    let set = |address| Command::ChangeSettings { name: None, changes: vec![SettingChange::InviteAddress(address)] };
    let edit = |offer| {
        let (invitation, inviter, offer) = (invitation(0), owner(), Box::new(offer));
        Command::EditInvitation { invitation, inviter, offer, awaits: false }
    };
    let resend = || {
        let (invitation, inviter, digest) = (invitation(0), owner(), "1".repeat(64));
        Command::ResendInvitation { invitation, inviter, awaits: false, digest, expires_at: Timestamp(7 * DAY) }
    };
    let asks = |walk: &Walk| walk.state.invitations[&invitation(0)].asks_beside(walk.state.settings.invite_address);
    let mut walk = company();
    accept(&mut walk, set(proven));
    accept(&mut walk, send(0, Offer::default()));
    accept(&mut walk, set(any));
    assert_eq!(asks(&walk), proven, "whoever sent it relied on that");
    // The link stays the same one, and so does what it asks.
    accept(&mut walk, edit(with_role("member")));
    assert_eq!(asks(&walk), proven);
    accept(&mut walk, resend());
    assert_eq!(asks(&walk), any, "another link, given away under what is set now");
    accept(&mut walk, set(proven));
    assert_eq!(asks(&walk), proven, "what is asked of everybody is asked of them");
    accept(&mut walk, set(any));
    assert_eq!(asks(&walk), any);
    // Whoever edits it relies on what is set then, and whoever approves it.
    accept(&mut walk, set(proven));
    accept(&mut walk, edit(Offer::default()));
    accept(&mut walk, set(any));
    assert_eq!(asks(&walk), proven);
    let waits = NewInvitation {
        id: invitation(0),
        inviter: owner(),
        offer: Offer::default(),
        digest: None,
        expires_at: Timestamp(DAY),
        asks: None,
    };
    for (sent, approved, meant) in [(any, any, any), (any, proven, proven), (proven, any, proven)] {
        let mut walk = company();
        accept(&mut walk, set(sent));
        accept(&mut walk, Command::SendInvitation(Box::new(waits.clone())));
        accept(&mut walk, set(approved));
        let (digest, expires_at) = ("0".repeat(64), Timestamp(DAY));
        accept(&mut walk, Command::ApproveInvitation { invitation: invitation(0), digest, expires_at });
        accept(&mut walk, set(any));
        assert_eq!(asks(&walk), meant, "sent {sent:?}, approved {approved:?}");
    }
    // Where nothing of it was kept, what is set counts alone.
    let mut walk = company();
    walk.write(&[Event::InvitationSent(Box::new(waits))]);
    for set_now in [proven, any] {
        accept(&mut walk, set(set_now));
        assert_eq!(asks(&walk), set_now);
    }
}

#[test]
fn what_is_gone_is_not_offered_any_more() {
    let mut walk = company();
    let temp = Role { id: role("temp"), title: "Temp".to_owned(), ..walk.state.roles[&role("member")].clone() };
    walk.write(&[Event::RoleDefined(temp)]);
    accept(&mut walk, Command::CreateTeam { team: team(0), title: "Sales".to_owned() });
    let offer = Offer { teams: [(team(0), None)].into(), grants: stripe(None), ..with_role("temp") };
    accept(&mut walk, send(0, offer));
    accept(&mut walk, Command::DeleteTeam { team: team(0) });
    accept(&mut walk, Command::DisconnectIntegration { integration: integration(0) });
    walk.write(&[Event::RoleDeleted { role: role("temp"), moved_to: role("admin") }]);
    assert_eq!(walk.state.invitations[&invitation(0)].offer, with_role("admin"));
    accept(&mut walk, take(0, person(2)));
    // What became of it stays as it was.
    walk.write(&[Event::RoleDeleted { role: role("admin"), moved_to: role("owner") }]);
    assert_eq!(walk.state.invitations[&invitation(0)].offer, with_role("admin"));
}

#[test]
fn an_invitation_is_forgotten_thirty_days_after_its_end_and_not_before() {
    let mut walk = company();
    accept(&mut walk, send(0, Offer::default()));
    accept(&mut walk, send(1, Offer::default()));
    accept(&mut walk, Command::CloseInvitation { invitation: invitation(0), how: Closing::Revoke });
    let closed_at = walk.now;
    let forgotten = |at: i64| walk.state.invitations_forgotten_at(Timestamp(at));
    assert_eq!(forgotten(closed_at.0 + 30 * DAY - 1), []);
    assert_eq!(forgotten(closed_at.0 + 30 * DAY), [invitation(0)]);
    assert_eq!(forgotten(37 * DAY), [invitation(0), invitation(1)]);
}

#[test]
fn a_setting_says_for_how_many_days_and_none_says_nonsense() {
    let mut walk = company();
    let days = |days| Command::ChangeSettings { name: None, changes: vec![SettingChange::InviteLastsDays(days)] };
    assert_eq!([0, 31].map(|wrong| refusal(&walk, days(wrong))), ["bad-length"; 2]);
    accept(&mut walk, days(30));
}

#[test]
fn two_thousand_invitations_are_open_and_no_more() {
    let mut walk = company();
    let id = |number: u16| {
        let mut bytes = [1; 20];
        [bytes[0], bytes[1], bytes[2]] = [(number & 31) as u8, (number >> 5 & 31) as u8, (number >> 10) as u8];
        InvitationId::from_random(bytes)
    };
    let sent = |number: u16, expires_at| NewInvitation {
        id: id(number),
        inviter: owner(),
        offer: Offer::default(),
        digest: Some("0".repeat(64)),
        expires_at: Timestamp(expires_at),
        asks: None,
    };
    let events: Vec<Event> = (0..2_000).map(|number| Event::InvitationSent(Box::new(sent(number, DAY)))).collect();
    walk.write(&events);
    let one_more = || Command::SendInvitation(Box::new(sent(3_000, 5 * DAY)));
    assert_eq!(refusal(&walk, one_more()), "too-many-invitations");
    walk.now = Timestamp(DAY);
    accept(&mut walk, one_more());
    assert_eq!(walk.state.invitations.len(), 1_001, "of those that have ended the newest are kept");
}
