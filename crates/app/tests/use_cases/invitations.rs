//! Invitations where the address has to be shown, with time moved by hand, and two writers at once.

use app::audit::{AuditQuery, Entry, EntryKind};
use app::invitations::{Accepted, Accepting, InvitationToSend, MailState, OfferedTeam, Status, Which};
use app::ports::MailFault;
use app::roles::{NewRole, RoleChange};
use app::sign_in::SignedIn;
use app::{App, Caller, Problem};
use domain::id::PersonId;
use domain::organization::{Invite, InvitedAddress, SettingChange};
use domain::record::Decision;
use domain::role::RoleLevel;

use crate::email::link;
use crate::world::{ADMIN, Acme, MEMBER, World, code_of};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 86_400_000;
const ANN: &str = "ann.beryl@acme.example";

async fn set(world: &World, acme: &Acme, change: SettingChange) {
    world.app.change_settings(&acme.owner, None, vec![change]).await.unwrap();
}

async fn sent(app: &App, by: &Caller, email: &str, role: Option<&str>) -> Result<String, Problem> {
    let new =
        InvitationToSend { email: email.to_owned(), role: role.map(str::to_owned), ..InvitationToSend::default() };
    let sent = app.send_invitation(by, new).await?;
    Ok(sent.token.expect("a link").reveal().to_owned())
}

async fn accept(app: &App, link: &str, by: Option<&SignedIn>) -> Result<Accepted, Problem> {
    let (_, browser) = app.new_browser()?;
    app.accept_invitation(link, Accepting { browser: &browser, signed_in: by, name: Some("Ann Beryl") }).await
}

/// Somebody of another organization, signed in.
async fn stranger(world: &World, org: &str, email: &str) -> SignedIn {
    let founded = world.found(org, email).await.unwrap();
    let (_, browser) = world.app.new_browser().unwrap();
    let begun = world.app.open_link(founded.link.reveal(), &browser, None).await.unwrap();
    world.app.signed_in(begun.token.reveal()).await.unwrap()
}

async fn statuses(world: &World, by: &Caller) -> Vec<Status> {
    let found = world.app.list_invitations(by, Which::All, None, 100).await.unwrap();
    found.iter().map(|view| view.status).collect()
}

/// Somebody who signs in by the mail that they receive.
async fn by_mail(world: &World, address: &str) -> Option<SignedIn> {
    let links = || {
        let taken = world.mailer.taken.lock().unwrap();
        let sent = |(to, text): &&(String, String)| to == address && text.contains("/sign-in/mail/");
        taken.iter().filter(sent).map(|(_, text)| link(text).to_owned()).collect::<Vec<_>>()
    };
    let (browser, before) = (world.browser(), links().len());
    world.ask(address, &browser);
    let mut seen = links();
    let mut looks = 0;
    while seen.len() == before {
        assert!(looks < 100_000, "no link was mailed to {address}");
        looks += 1;
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        seen = links();
    }
    let begun = world.app.open_mailed_link(seen.last()?, &browser, None).await.ok()?;
    world.app.signed_in(begun.token.reveal()).await.ok()
}

async fn mail_of(world: &World, by: &Caller) -> Option<MailState> {
    world.app.list_invitations(by, Which::Pending, None, 1).await.unwrap().remove(0).mail
}

#[tokio::test]
async fn an_invitation_is_mailed_to_whom_it_is_for_and_says_what_became_of_that() {
    let world = World::new();
    let acme = world.acme().await;
    let new = InvitationToSend {
        email: ANN.to_owned(),
        name: Some("Ann Beryl".to_owned()),
        note: Some("See you on Monday.".to_owned()),
        ..InvitationToSend::default()
    };
    let first = world.app.send_invitation(&acme.admin, new).await.unwrap();
    assert_eq!(mail_of(&world, &acme.admin).await, Some(MailState::Waits));
    let fault = MailFault { message: "550 no such mailbox".to_owned(), is_lasting: true };
    world.mailer.faults.lock().unwrap().push(fault);
    world.sends();
    let failed = async {
        while mail_of(&world, &acme.admin).await == Some(MailState::Waits) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), failed).await.expect("it is tried");
    assert_eq!(mail_of(&world, &acme.admin).await, Some(MailState::Failed("550 no such mailbox".to_owned())));
    let again = world.app.resend_invitation(&acme.admin, first.invitation.id.as_str()).await.unwrap();
    let (to, text) = world.mails(1).await.remove(0);
    let link = again.token.expect("a link");
    assert_eq!(to, ANN);
    for said in ["Hello Ann Beryl", "Adam Feldspar invites you to Acme", "See you on Monday."] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(text.contains(&format!("https://gate.acme.example/invitation/{}", link.reveal())), "{text}");
    // The link that came by mail shows no more about the address than the one that the inviter saw.
    assert_eq!(code_of(accept(&world.app, link.reveal(), None).await), "address-not-shown");
    // Nobody is flooded: what goes beyond five an hour is not mailed, and the link is there to be handed over.
    let mut mailed = Vec::new();
    for _ in 0..5 {
        let sent = world.app.resend_invitation(&acme.admin, first.invitation.id.as_str()).await.unwrap();
        mailed.push(sent.token.is_some());
    }
    world.mails(4).await;
    assert!(by_mail(&world, ADMIN).await.is_some(), "what was posted before is sent by now");
    assert_eq!(
        (mailed, world.mailer.taken.lock().unwrap().iter().filter(|(to, _)| to == ANN).count()),
        (vec![true; 5], 4)
    );
}

#[tokio::test]
async fn where_the_address_has_to_be_shown_a_forwarded_link_is_useless_and_whoever_shows_it_joins_as_themselves() {
    let world = World::new();
    let acme = world.acme().await;
    world.sends();
    let link = sent(&world.app, &acme.admin, ANN, Some("member")).await.unwrap();
    let mallory = stranger(&world, "One", "mallory@one.example").await;
    let other = by_mail(&world, "mallory@one.example").await.unwrap();
    // Whoever has the link has shown nothing by that, nor has whoever shows another address.
    for nobody in [None, Some(&mallory), Some(&other)] {
        let look = world.app.look_at_invitation(&link, nobody).await.unwrap();
        assert!(look.needs_address && !look.can_join && look.address.as_deref() == Some("a•••@acme.example"));
        assert_eq!(code_of(accept(&world.app, &link, nobody).await), "address-not-shown");
    }
    let ann = by_mail(&world, "Ann.Beryl@ACME.example").await.unwrap();
    assert!(world.app.organizations_of(&ann).await.unwrap().is_empty(), "signed in is not joined");
    assert!(world.app.look_at_invitation(&link, Some(&ann)).await.unwrap().can_join);
    let accepted = accept(&world.app, &link, Some(&ann)).await.unwrap();
    assert_eq!((accepted.person, accepted.begun.is_none()), (ann.proof.person, true));
    assert!(world.app.caller_in(&ann, "acme").await.is_ok());
    assert_eq!(code_of(accept(&world.app, &link, Some(&ann)).await), "missing");
    // The next time they are who they are.
    assert_eq!(by_mail(&world, ANN).await.unwrap().proof.person, accepted.person);
}

#[tokio::test]
async fn a_link_that_was_given_away_for_one_address_is_not_for_everybody_later_and_a_stricter_rule_holds_for_every_link()
 {
    let world = World::new();
    let acme = world.acme().await;
    world.sends();
    let to = async |address| set(&world, &acme, SettingChange::InviteAddress(address)).await;
    let link = sent(&world.app, &acme.admin, ANN, None).await.unwrap();
    to(InvitedAddress::Any).await;
    let look = world.app.look_at_invitation(&link, None).await.unwrap();
    assert!(look.needs_address && !look.can_join, "the page says what is asked");
    let listed = world.app.list_invitations(&acme.admin, Which::Pending, None, 1).await.unwrap().remove(0);
    assert_eq!(listed.asks, InvitedAddress::Proven, "and so does the list");
    assert_eq!(code_of(accept(&world.app, &link, None).await), "address-not-shown");
    // Sent again, it is what whoever sent it again was told.
    let again = world.app.resend_invitation(&acme.admin, listed.id.as_str()).await.unwrap();
    let link = again.token.expect("a link").reveal().to_owned();
    assert_eq!(again.invitation.asks, InvitedAddress::Any);
    to(InvitedAddress::Proven).await;
    assert!(!world.app.look_at_invitation(&link, None).await.unwrap().can_join);
    assert_eq!(code_of(accept(&world.app, &link, None).await), "address-not-shown");
    to(InvitedAddress::Any).await;
    assert!(world.app.look_at_invitation(&link, None).await.unwrap().can_join);
    assert!(accept(&world.app, &link, None).await.unwrap().begun.is_some());
}

async fn refusals(world: &World, acme: &Acme) -> Vec<(String, String, String)> {
    let query = AuditQuery { kind: Some(EntryKind::Call), limit: 100, ..AuditQuery::default() };
    let found = world.app.read_audit(&acme.owner, query).await.unwrap().entries.into_iter();
    let mut found: Vec<_> = found
        .filter_map(|entry| match entry {
            Entry::Call { record, subject_name, .. } if record.intent.decision == Decision::Denied => {
                Some((subject_name, record.intent.method, record.intent.reason))
            }
            _ => None,
        })
        .collect();
    found.reverse();
    found
}

#[tokio::test]
async fn who_tried_to_accept_and_could_not_stands_in_the_record_once_an_hour_for_each_reason() {
    let world = World::new();
    let acme = world.acme().await;
    let link = sent(&world.app, &acme.admin, ANN, None).await.unwrap();
    let id = world.app.list_invitations(&acme.admin, Which::Pending, None, 1).await.unwrap()[0].id;
    let mallory = stranger(&world, "One", "mallory@one.example").await;
    for nobody in [None, Some(&mallory), None] {
        assert_eq!(code_of(accept(&world.app, &link, nobody).await), "address-not-shown");
    }
    let entry = |who: &str, reason: &str| (who.to_owned(), format!("invitation.accept {id}"), reason.to_owned());
    // Who is of another company is not named here, and whoever tries on writes no more.
    let mut told = vec![entry("link", "address-not-shown")];
    assert_eq!(refusals(&world, &acme).await, told);
    world.clock.advance_ms(HOUR);
    assert_eq!(code_of(accept(&world.app, &link, None).await), "address-not-shown");
    told.push(told[0].clone());
    // A member is named; and each thing that is wrong is told, though whoever has the link is told none.
    set(&world, &acme, SettingChange::InviteAddress(InvitedAddress::Any)).await;
    let again = world.app.resend_invitation(&acme.admin, id.as_str()).await.unwrap().token.expect("a link");
    let admin = {
        let (link, browser) = (world.app.make_link(ADMIN).await.unwrap(), world.browser());
        let begun = world.app.open_link(link.reveal(), &browser, None).await.unwrap();
        world.app.signed_in(begun.token.reveal()).await.unwrap()
    };
    assert_eq!(code_of(accept(&world.app, again.reveal(), Some(&admin)).await), "already-member");
    told.push(entry("Adam Feldspar", "already-member"));
    world.clock.advance_ms(8 * DAY);
    assert_eq!(code_of(accept(&world.app, again.reveal(), None).await), "missing");
    told.push(entry("link", "expired"));
    let again = world.app.resend_invitation(&acme.admin, id.as_str()).await.unwrap().token.expect("a link");
    world.app.remove_member(&acme.owner, ADMIN).await.unwrap();
    assert_eq!(code_of(accept(&world.app, again.reveal(), None).await), "missing");
    told.push(entry("link", "needs-sponsor"));
    world.app.revoke_invitation(&acme.owner, id.as_str()).await.unwrap();
    assert_eq!(code_of(accept(&world.app, again.reveal(), None).await), "missing");
    told.push(entry("link", "revoked"));
    assert_eq!(refusals(&world, &acme).await, told);
    // A link that another one has replaced leads nowhere, as one that was made up, and stands nowhere.
    assert_eq!(code_of(accept(&world.app, &link, None).await), "missing");
    assert_eq!(refusals(&world, &acme).await, told);
}

#[tokio::test]
async fn history_names_who_invited_whoever_joined_and_no_program_to_whoever_was_not_told_of_it() {
    let world = World::new();
    let acme = world.acme().await;
    set(&world, &acme, SettingChange::InviteAddress(InvitedAddress::Any)).await;
    let link = sent(&world.app, &acme.admin, ANN, None).await.unwrap();
    let ann = accept(&world.app, &link, None).await.unwrap().begun.unwrap();
    let ann = world.app.signed_in(ann.token.reveal()).await.unwrap();
    // The inviter is gone, and history names them still.
    world.app.remove_member(&acme.owner, ADMIN).await.unwrap();
    let joined = async |by: &Caller| {
        let query = AuditQuery { kind: Some(EntryKind::Change), limit: 100, ..AuditQuery::default() };
        let found = world.app.read_audit(by, query).await.unwrap().entries;
        let joined = found.into_iter().filter_map(|entry| match entry {
            Entry::Change { actor_name, invited_by, event, .. } => {
                assert!(invited_by.is_none() || event.name() == "invitation.accepted", "{event:?}");
                (event.name() == "invitation.accepted").then_some((actor_name, invited_by.map(|by| by.1)))
            }
            Entry::Call { .. } => None,
        });
        joined.collect::<Vec<_>>()
    };
    let line = vec![("Ann Beryl".to_owned(), Some("Adam Feldspar".to_owned()))];
    assert_eq!(joined(&acme.owner).await, line);
    let ann = world.app.caller_in(&ann, "acme").await.unwrap();
    assert_eq!(joined(&ann).await, line, "whoever joined was told so");
}

#[tokio::test]
async fn an_address_lets_in_somebody_new_only_as_long_as_it_is_invited() {
    let world = World::new();
    let acme = world.acme().await;
    world.sends();
    let id = {
        sent(&world.app, &acme.admin, ANN, None).await.unwrap();
        world.app.list_invitations(&acme.admin, Which::Pending, None, 1).await.unwrap()[0].id
    };
    let browser = world.browser();
    world.ask(ANN, &browser);
    let (_, text) = world.mails(2).await.into_iter().find(|(_, text)| text.contains("/sign-in/mail/")).unwrap();
    world.app.revoke_invitation(&acme.admin, id.as_str()).await.unwrap();
    assert_eq!(code_of(world.app.open_mailed_link(link(&text), &browser, None).await), "missing");
    assert!(world.journal.person_by_email(ANN).await.unwrap().is_none(), "nobody came of it");
    // Nothing is sent there any more; the mail to somebody who is known shows that it was looked at.
    world.ask(ANN, &browser);
    assert!(by_mail(&world, ADMIN).await.is_some());
    assert_eq!(world.mailer.taken.lock().unwrap().iter().filter(|(to, _)| to == ANN).count(), 2);
}

// Addresses change hands: what was shown when a way of signing in was linked says nothing about today.
#[tokio::test]
async fn what_a_session_shows_is_what_its_own_sign_in_has_shown() {
    let world = World::new();
    let acme = world.acme().await;
    world.sends();
    assert!(by_mail(&world, MEMBER).await.is_some());
    let two = world.found("Two", "tom@two.example").await.unwrap();
    let tom = world.caller(two.key.reveal()).await;
    let invited = sent(&world.app, &tom, MEMBER, None).await.unwrap();
    let (link, browser) = (world.app.make_link(MEMBER).await.unwrap(), world.browser());
    let begun = world.app.open_link(link.reveal(), &browser, None).await.unwrap();
    let by_link = world.app.signed_in(begun.token.reveal()).await.unwrap();
    assert_eq!(by_link.proof.person, acme.member_id);
    assert_eq!(code_of(accept(&world.app, &invited, Some(&by_link)).await), "address-not-shown");
    let anew = by_mail(&world, MEMBER).await.unwrap();
    assert_eq!(accept(&world.app, &invited, Some(&anew)).await.unwrap().person, acme.member_id);
}

#[tokio::test]
async fn a_session_that_has_ended_accepts_nothing() {
    let world = World::new();
    let acme = world.acme().await;
    set(&world, &acme, SettingChange::InviteAddress(InvitedAddress::Any)).await;
    let link = sent(&world.app, &acme.admin, ANN, None).await.unwrap();
    let ann = stranger(&world, "Two", "ann@two.example").await;
    world.app.end_session(&ann, ann.proof.session.as_str()).await.unwrap();
    assert_eq!(code_of(accept(&world.app, &link, Some(&ann)).await), "unauthenticated");
    assert_eq!(statuses(&world, &acme.admin).await, [Status::Open]);
}

#[tokio::test]
async fn an_invitation_ends_at_its_moment_is_good_again_when_sent_again_and_is_forgotten_with_its_address() {
    let world = World::new();
    let acme = world.acme().await;
    set(&world, &acme, SettingChange::InviteAddress(InvitedAddress::Any)).await;
    let link = sent(&world.app, &acme.admin, ANN, None).await.unwrap();
    world.clock.advance_ms(7 * DAY);
    assert_eq!(
        (statuses(&world, &acme.admin).await, code_of(accept(&world.app, &link, None).await)),
        (vec![Status::Expired], "missing")
    );
    // An expired one keeps nobody from being invited anew, and can be sent again itself.
    let id = world.app.list_invitations(&acme.admin, Which::Pending, None, 1).await.unwrap()[0].id;
    let again = world.app.resend_invitation(&acme.admin, id.as_str()).await.unwrap().token.expect("a link");
    assert!(world.app.look_at_invitation(again.reveal(), None).await.is_ok());
    world.app.revoke_invitation(&acme.admin, id.as_str()).await.unwrap();
    let shown = world.app.show_invitation(&acme.admin, id.as_str()).await.unwrap();
    assert_eq!((shown.status, shown.email.as_deref()), (Status::Revoked, Some(ANN)));
    world.clock.advance_ms(30 * DAY);
    sent(&world.app, &acme.admin, "bo@acme.example", None).await.unwrap();
    assert_eq!(code_of(world.app.show_invitation(&acme.admin, id.as_str()).await), "missing");
    assert_eq!(world.journal.invitees(acme.org, vec![id]).await.unwrap().len(), 0);
    // No event ever held the address.
    let events = world.events(acme.org).await;
    assert!(events.iter().all(|event| !String::from_utf8_lossy(&event.body).contains("beryl")));
}

#[tokio::test]
async fn of_two_writers_who_accept_one_invitation_one_takes_somebody_in() {
    let world = World::new();
    let acme = world.acme().await;
    set(&world, &acme, SettingChange::InviteAddress(InvitedAddress::Any)).await;
    let link = sent(&world.app, &acme.admin, ANN, None).await.unwrap();
    let other = world.another_writer();
    // Both have the organization in memory as it is before.
    assert!(other.look_at_invitation(&link, None).await.is_ok());
    let first = accept(&world.app, &link, None).await.unwrap();
    assert_eq!(code_of(accept(&other, &link, None).await), "missing");
    let found = other.list_invitations(&acme.admin, Which::All, None, 1).await.unwrap();
    assert_eq!(found[0].accepted_by, Some(first.person));
}

#[tokio::test]
async fn nobody_who_could_not_add_people_takes_the_places_of_all_invitations() {
    let world = World::new();
    let acme = world.acme().await;
    set(&world, &acme, SettingChange::InviteAddress(InvitedAddress::Any)).await;
    set(&world, &acme, SettingChange::InviteOrganization(Invite::AnyMember)).await;
    let address = |number: usize| format!("new{number}@acme.example");
    for number in 0..100 {
        sent(&world.app, &acme.member, &address(number), None).await.unwrap();
    }
    let one_more = async |by: &Caller| sent(&world.app, by, &address(100), None).await;
    assert_eq!(code_of(one_more(&acme.member).await), "too-many-invitations");
    let open = world.app.list_invitations(&acme.member, Which::Pending, None, 1).await.unwrap();
    world.app.revoke_invitation(&acme.member, open[0].id.as_str()).await.unwrap();
    one_more(&acme.member).await.unwrap();
    sent(&world.app, &acme.admin, &address(101), None).await.unwrap();
    world.clock.advance_ms(7 * DAY);
    sent(&world.app, &acme.member, &address(102), None).await.unwrap();
}

#[tokio::test]
async fn what_is_said_in_an_invitation_is_checked_before_anything_is_kept() {
    let world = World::new();
    let acme = world.acme().await;
    let before = world.heads(acme.org).await;
    assert_eq!(code_of(sent(&world.app, &acme.member, ANN, None).await), "lacks-permission");
    for wrong in [
        "",
        "ann",
        "ann@",
        "a b@acme.example",
        "ann@acme.example, bo@acme.example",
        "ann\r\n@acme.example",
        "ann@\u{202e}acme.example",
        "per_1@Unproven.invalid",
    ] {
        assert_eq!(code_of(sent(&world.app, &acme.admin, wrong, None).await), "email", "{wrong:?}");
    }
    assert_eq!(code_of(sent(&world.app, &acme.admin, ANN, Some("Not A Role")).await), "role");
    // Without mail and providers nobody could show an address.
    let alone = world.without_ways_to_show_addresses();
    assert_eq!(code_of(sent(&alone, &acme.admin, ANN, None).await), "nobody-could-accept");
    let unheard_of = PersonId::from_random([3; 20]);
    assert_eq!(code_of(world.app.show_invitation(&acme.admin, unheard_of.as_str()).await), "missing");
    let after = world.heads(acme.org).await;
    assert_eq!((before.0, before.1), (after.0, after.1), "nothing was written");
}

#[tokio::test]
async fn by_a_link_alone_nobody_joins_beside_somebody_of_that_address_and_of_two_none_is_meant() {
    let world = World::new();
    let acme = world.acme().await;
    set(&world, &acme, SettingChange::InviteAddress(InvitedAddress::Any)).await;
    let link = sent(&world.app, &acme.admin, ANN, None).await.unwrap();
    let by_hand = world.add(&acme.owner, ANN, "Ann Beryl", "member").await.unwrap().member;
    assert!(by_hand.is_address_theirs);
    assert_eq!(code_of(accept(&world.app, &link, None).await), "already-member");
    // Somebody who is signed in is somebody else, whom the organization then calls so as well.
    let zoe = stranger(&world, "Two", "zoe@two.example").await;
    assert_eq!(accept(&world.app, &link, Some(&zoe)).await.unwrap().person, zoe.proof.person);
    let both = world.app.show_member(&acme.owner, ANN).await;
    let message = both.as_ref().map(|_| String::new()).unwrap_or_else(ToString::to_string);
    assert_eq!(code_of(both), "member");
    assert!([by_hand.person, zoe.proof.person].iter().all(|id| message.contains(id.as_str())), "{message}");
    // Who is here is meant before who was.
    world.app.remove_member(&acme.owner, by_hand.person.as_str()).await.unwrap();
    let found = world.app.show_member(&acme.owner, ANN).await.unwrap();
    assert_eq!((found.person, found.is_address_theirs), (zoe.proof.person, false));
}

#[tokio::test]
async fn a_session_that_was_ended_here_joins_no_team() {
    let world = World::new();
    let acme = world.acme().await;
    set(&world, &acme, SettingChange::InviteAddress(InvitedAddress::Any)).await;
    let mate = NewRole { id: None, title: "Mate".to_owned(), level: RoleLevel::Team, change: RoleChange::default() };
    world.app.create_role(&acme.owner, mate).await.unwrap();
    let team = world.app.create_team(&acme.owner, "Sales".to_owned()).await.unwrap().id;
    let mona = {
        let (link, browser) = (world.app.make_link(MEMBER).await.unwrap(), world.browser());
        let begun = world.app.open_link(link.reveal(), &browser, None).await.unwrap();
        world.app.signed_in(begun.token.reveal()).await.unwrap()
    };
    let to_team = InvitationToSend {
        email: MEMBER.to_owned(),
        members_only: true,
        teams: vec![OfferedTeam { team: team.to_string(), role: Some("mate".to_owned()) }],
        ..InvitationToSend::default()
    };
    let link = world.app.send_invitation(&acme.owner, to_team).await.unwrap().token.expect("a link");
    world.clock.advance_ms(1);
    world.app.end_member_sessions(&acme.owner, MEMBER, None).await.unwrap();
    assert_eq!(code_of(accept(&world.app, link.reveal(), Some(&mona)).await), "unauthenticated");
    assert_eq!(statuses(&world, &acme.owner).await, [Status::Open], "and nothing is used up");
}
