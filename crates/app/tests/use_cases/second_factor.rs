//! A passkey after another way of signing in, where its person wants that, and where an organization does.

use app::invitations::{Accepting, InvitationToSend, OfferedTeam};
use app::roles::{NewRole, RoleChange};
use app::sign_in::{Begun, Browser, SignedIn};
use app::{App, Problem};
use domain::organization::{InvitedAddress, SecondFactor, SettingChange};
use domain::role::RoleLevel;
use journal::StreamId;
use testkit::authenticator::{Authenticator, Shown, Statement};

use crate::email::link;
use crate::oidc::{PUBLIC, honest};
use crate::passkeys::{assertion, device_of, who};
use crate::world::{ADMIN, Acme, MEMBER, OWNER, World, code_of};

const MINUTE_MS: i64 = 60_000;

/// What is to be signed after a first step.
fn challenge_of(first: Result<Begun, Problem>) -> String {
    match first {
        Err(Problem::ShowPasskey { challenge }) => challenge,
        other => panic!("a passkey was to be asked for: {other:?}"),
    }
}

fn shown(device: &Authenticator, challenge: &str) -> Shown {
    device.show(&Statement::showing(challenge, PUBLIC))
}

async fn second(app: &App, shown: &Shown, browser: &Browser) -> Result<Begun, Problem> {
    app.sign_in_with_second_factor(&assertion(shown), PUBLIC, (browser, None)).await
}

impl World {
    /// Somebody who has a passkey, and a session in which it was shown.
    async fn with_passkey(&self, email: &str) -> (SignedIn, Authenticator) {
        let by_link = self.linked(email).await;
        let device = device_of(&by_link);
        self.add_passkey(&by_link, &device).await.unwrap();
        let begun = self.show(&device, 0).await.unwrap();
        (who(&self.app, &begun).await, device)
    }

    /// The same who wants to be asked for it.
    async fn with_second_factor(&self, email: &str) -> (SignedIn, Authenticator) {
        let (signed_in, device) = self.with_passkey(email).await;
        self.app.set_second_factor(&signed_in, true).await.unwrap();
        (signed_in, device)
    }

    /// The first step, by a link.
    async fn first(&self, email: &str, browser: &Browser) -> Result<Begun, Problem> {
        let link = self.app.make_link(email).await.unwrap();
        self.app.open_link(link.reveal(), browser, None).await
    }

    async fn asks(&self, acme: &Acme, asked: SecondFactor) {
        let changes = vec![SettingChange::SignInSecondFactor(asked)];
        self.app.change_settings(&acme.owner, None, changes).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_wants_it_is_signed_in_by_both_steps_and_by_neither_alone() {
    let mut world = World::new();
    let acme = world.acme().await;
    let (mona, device) = world.with_second_factor(MEMBER).await;
    world.restart().await;
    let before = world.sign_ins(acme.org).await.len();
    let browser = world.new_browser();
    let challenge = challenge_of(world.first(MEMBER, &browser).await);
    assert_eq!(world.app.sessions(&mona).await.unwrap().len(), 1, "the first step begins none");
    assert_eq!(world.sign_ins(acme.org).await.len(), before, "nobody has signed in yet");
    let begun = second(&world.app, &shown(&device, &challenge), &browser).await.unwrap();
    let again = who(&world.app, &begun).await;
    assert_eq!((again.proof.person, again.proof.by_passkey), (mona.proof.person, true));
    let sessions = world.app.sessions(&again).await.unwrap();
    let this = sessions.iter().find(|session| session.is_this).unwrap();
    assert_eq!((this.way.as_str(), this.by_passkey, sessions.len()), ("link", true, 2));
    assert_eq!(world.sign_ins(acme.org).await[0], format!("{} link", mona.proof.person));
    // The passkey alone is as good as both: its device has made sure of its user.
    let alone = who(&world.app, &world.show(&device, 0).await.unwrap()).await;
    assert!(alone.proof.by_passkey);
}

#[tokio::test]
async fn mail_and_providers_are_first_steps_as_links_are_and_what_they_show_is_kept() {
    let world = World::new();
    world.acme().await;
    world.sends();
    // An account that is hers before she has a passkey.
    let mona = world.through("mona", MEMBER).await.unwrap();
    let (by_passkey, hers) = world.with_second_factor(MEMBER).await;
    let away = world.go(None).await;
    let challenge = challenge_of(world.back(&away, honest(world.claims(&away, "mona", MEMBER))).await);
    let begun = second(&world.app, &shown(&hers, &challenge), &away.browser).await.unwrap();
    let signed_in = who(&world.app, &begun).await;
    assert_eq!((signed_in.proof.person, signed_in.proof.by_passkey), (mona, true));
    let sessions = world.app.sessions(&signed_in).await.unwrap();
    assert_eq!(sessions.iter().find(|session| session.is_this).unwrap().way, "provider");

    // An address of somebody else's, who is asked after the mail.
    let browser = world.browser();
    world.ask(ADMIN, &browser);
    let text = world.links_mailed_to(ADMIN, 1).await.remove(0);
    let first = world.app.open_mailed_link(link(&text), &browser, None).await.unwrap();
    let adam = who(&world.app, &first).await;
    let device = device_of(&adam);
    world.add_passkey(&adam, &device).await.unwrap();
    let shown_once = who(&world.app, &world.show(&device, 0).await.unwrap()).await;
    world.app.set_second_factor(&shown_once, true).await.unwrap();
    world.ask(ADMIN, &browser);
    let text = world.links_mailed_to(ADMIN, 2).await.remove(1);
    let challenge = challenge_of(world.app.open_mailed_link(link(&text), &browser, None).await);
    assert_eq!(code_of(world.app.open_mailed_link(link(&text), &browser, None).await), "missing", "it is used up");
    let begun = second(&world.app, &shown(&device, &challenge), &browser).await.unwrap();
    let signed_in = who(&world.app, &begun).await;
    let sessions = world.app.sessions(&signed_in).await.unwrap();
    assert_eq!(sessions.iter().find(|session| session.is_this).unwrap().way, "email");
    // A sign-in that is taken away between the steps lets nobody through the second.
    let away = world.go(None).await;
    let challenge = challenge_of(world.back(&away, honest(world.claims(&away, "mona", MEMBER))).await);
    let account = world.app.identities(&by_passkey).await.unwrap().remove(0).id;
    world.app.unlink(&by_passkey, account.as_str()).await.unwrap();
    assert_eq!(code_of(second(&world.app, &shown(&hers, &challenge), &away.browser).await), "unauthenticated");
}

#[tokio::test]
async fn the_second_step_takes_a_passkey_of_the_same_person_in_the_same_browser_once_and_soon() {
    let world = World::new();
    let acme = world.acme().await;
    let (mona, device) = world.with_second_factor(MEMBER).await;
    let (_, adams) = world.with_passkey(ADMIN).await;
    let (here, elsewhere) = (world.new_browser(), world.new_browser());
    let refused = async |device: &Authenticator, challenge: &str, browser: &Browser, told: &str| {
        let problem = second(&world.app, &shown(device, challenge), browser).await.unwrap_err();
        assert!(problem.to_string().contains(told), "{problem}");
    };
    let not_asked = "was not begun in this browser";
    let challenge = challenge_of(world.first(MEMBER, &here).await);
    refused(&device, &challenge, &elsewhere, not_asked).await;
    // It is no question for signing in by a passkey alone, and that one is none for the second step.
    let alone = world.app.sign_in_with_passkey(&assertion(&shown(&device, &challenge)), PUBLIC, (&here, None)).await;
    assert_eq!(code_of(alone), "unauthenticated");
    let of_one_step = world.app.ask_for_passkey(PUBLIC, (&here, None)).await.unwrap().challenge;
    refused(&device, &of_one_step, &here, not_asked).await;
    second(&world.app, &shown(&device, &challenge), &here).await.unwrap();
    refused(&device, &challenge, &here, not_asked).await;

    let challenge = challenge_of(world.first(MEMBER, &here).await);
    refused(&adams, &challenge, &here, "somebody else's").await;
    refused(&device, &challenge, &here, not_asked).await;
    assert_eq!(world.sign_ins(acme.org).await[0], format!("{} passkey-of-another", mona.proof.person));

    let challenge = challenge_of(world.first(MEMBER, &here).await);
    world.clock.advance_ms(5 * MINUTE_MS);
    refused(&device, &challenge, &here, not_asked).await;

    let challenge = challenge_of(world.first(MEMBER, &here).await);
    let never_added = device_of(&mona);
    refused(&never_added, &challenge, &here, "nobody here signs in with this passkey").await;
}

#[tokio::test]
async fn a_passkey_that_is_removed_between_the_steps_is_no_second_one_and_who_is_suspended_comes_to_nothing() {
    let world = World::new();
    let acme = world.acme().await;
    let (mona, device) = world.with_second_factor(MEMBER).await;
    let another = device_of(&mona);
    world.clock.advance_ms(1);
    world.add_passkey(&mona, &another).await.unwrap();
    let browser = world.new_browser();
    let challenge = challenge_of(world.first(MEMBER, &browser).await);
    let first = world.app.passkeys(&mona).await.unwrap().remove(0).id;
    world.app.remove_passkey(&mona, first.as_str()).await.unwrap();
    assert_eq!(code_of(second(&world.app, &shown(&device, &challenge), &browser).await), "unauthenticated");

    let challenge = challenge_of(world.first(MEMBER, &browser).await);
    world.app.suspend_member(&acme.owner, MEMBER).await.unwrap();
    let begun = second(&world.app, &shown(&another, &challenge), &browser).await.unwrap();
    let signed_in = who(&world.app, &begun).await;
    assert_eq!(code_of(world.app.caller_in(&signed_in, "acme").await), "member-suspended");
}

#[tokio::test]
async fn it_is_turned_on_and_off_by_whoever_has_just_shown_a_passkey_and_ends_the_sessions_without() {
    let world = World::new();
    world.acme().await;
    let mona = world.linked(MEMBER).await;
    let set = async |by: &SignedIn, on| world.app.set_second_factor(by, on).await;
    assert_eq!(code_of(set(&mona, true).await), "passkey-needed");
    let device = device_of(&mona);
    let added = world.add_passkey(&mona, &device).await.unwrap();
    assert_eq!(code_of(set(&mona, true).await), "passkey-needed", "to have one is not to show it");
    let shown_once = who(&world.app, &world.show(&device, 0).await.unwrap()).await;
    world.clock.advance_ms(10 * MINUTE_MS + 1);
    assert_eq!(code_of(set(&shown_once, true).await), "sign-in-again");
    let fresh = who(&world.app, &world.show(&device, 0).await.unwrap()).await;
    let (began, _) = world.signed_in(MEMBER).await;
    assert_eq!(world.app.sessions(&fresh).await.unwrap().len(), 4);
    set(&fresh, true).await.unwrap();
    set(&fresh, true).await.unwrap();
    assert_eq!(world.app.sessions(&fresh).await.unwrap().len(), 2, "those by links are over");
    assert_eq!(code_of(world.app.signed_in(began.token.reveal()).await), "unauthenticated");
    assert_eq!(code_of(world.app.remove_passkey(&fresh, added.id.as_str()).await), "second-factor-on");
    assert_eq!(code_of(set(&shown_once, false).await), "sign-in-again");
    set(&fresh, false).await.unwrap();
    assert!(world.first(MEMBER, &world.new_browser()).await.is_ok());
    let history = world.events(StreamId::Directory).await;
    let history = history.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned());
    let told: Vec<_> = history.filter(|event| event.contains("second_factor")).collect();
    assert!(told.len() == 2 && told[0].contains("second_factor.on") && told[1].contains(".off"), "{told:?}");
}

#[tokio::test]
async fn an_organization_that_asks_for_a_passkey_is_closed_to_sessions_without_one_at_once_and_others_are_not() {
    let world = World::new();
    let acme = world.acme().await;
    let other = world.found("Other", MEMBER).await.unwrap();
    let mona = world.linked(MEMBER).await;
    let caller = world.app.caller_in(&mona, "acme").await.unwrap();
    world.asks(&acme, SecondFactor::Everyone).await;
    // What was let in before is asked again.
    assert_eq!(code_of(world.app.show_organization(&caller).await), "passkey-needed");
    let denied = world.app.caller_in(&mona, "acme").await.unwrap_err();
    let Problem::Denied { explanation, .. } = denied else { panic!("{denied}") };
    assert!(explanation.remedy.unwrap().contains("/sign-in/second-factor"));
    assert!(world.app.caller_in(&mona, "other").await.is_ok());
    let open: Vec<_> = world.app.organizations_of(&mona).await.unwrap().into_iter().map(|view| view.id).collect();
    let closed: Vec<_> = world.app.closed_to(&mona).await.unwrap().into_iter().map(|closed| closed.id).collect();
    assert_eq!((open, closed), (vec![other.org], vec![acme.org]));
    // Who is no member learns nothing, and keys go on.
    world.found("Third", "third@elsewhere.example").await.unwrap();
    let stranger = world.linked("third@elsewhere.example").await;
    assert_eq!(code_of(world.app.caller_in(&stranger, "acme").await), "missing");
    assert!(world.app.show_organization(&world.caller(&acme.member_key).await).await.is_ok());

    let device = device_of(&mona);
    world.add_passkey(&mona, &device).await.unwrap();
    assert_eq!(code_of(world.app.caller_in(&mona, "acme").await), "passkey-needed", "to have one is not to show it");
    let browser = world.new_browser();
    let question = world.app.ask_for_passkey(PUBLIC, (&browser, Some(&mona))).await.unwrap();
    let shown = shown(&device, &question.challenge);
    let begun = world.app.sign_in_with_passkey(&assertion(&shown), PUBLIC, (&browser, Some(&mona))).await.unwrap();
    let stepped_up = who(&world.app, &begun).await;
    assert!(world.app.caller_in(&stepped_up, "acme").await.is_ok());
    assert!(world.app.closed_to(&stepped_up).await.unwrap().is_empty());
    assert_eq!(world.app.sessions(&stepped_up).await.unwrap().len(), 1, "the one before is over");
    world.asks(&acme, SecondFactor::Off).await;
    assert!(world.app.caller_in(&world.linked(MEMBER).await, "acme").await.is_ok());
}

#[tokio::test]
async fn of_managers_alone_a_passkey_is_asked_where_it_is_for_managers() {
    let world = World::new();
    let acme = world.acme().await;
    world.asks(&acme, SecondFactor::Managers).await;
    assert!(world.app.caller_in(&world.linked(MEMBER).await, "acme").await.is_ok());
    for manager in [ADMIN, OWNER] {
        let signed_in = world.linked(manager).await;
        assert_eq!(code_of(world.app.caller_in(&signed_in, "acme").await), "passkey-needed", "{manager}");
    }
}

#[tokio::test]
async fn nobody_shuts_themselves_out_by_asking_for_a_passkey() {
    let world = World::new();
    let acme = world.acme().await;
    let owner = world.linked(OWNER).await;
    let caller = world.app.caller_in(&owner, "acme").await.unwrap();
    let ask = |asked| vec![SettingChange::SignInSecondFactor(asked)];
    for asked in [SecondFactor::Managers, SecondFactor::Everyone] {
        let denied = world.app.change_settings(&caller, None, ask(asked)).await;
        assert_eq!(code_of(denied), "passkey-needed");
    }
    let (shown, _) = world.with_passkey(OWNER).await;
    let caller = world.app.caller_in(&shown, "acme").await.unwrap();
    world.app.change_settings(&caller, None, ask(SecondFactor::Everyone)).await.unwrap();
    assert!(world.app.caller_in(&shown, "acme").await.is_ok());
    world.clock.advance_ms(10 * MINUTE_MS + 1);
    assert_eq!(code_of(world.app.change_settings(&caller, None, ask(SecondFactor::Off)).await), "sign-in-again");
    assert_eq!(code_of(world.app.caller_in(&owner, "acme").await), "passkey-needed");
    assert_eq!(acme.org, caller.live.org());
}

#[tokio::test]
async fn a_first_passkey_is_added_in_a_session_of_one_factor_and_every_organization_has_that_in_its_record() {
    let world = World::new();
    let acme = world.acme().await;
    world.sends();
    world.asks(&acme, SecondFactor::Everyone).await;
    let (mona, elsewhere) = (world.linked(MEMBER).await, world.linked(MEMBER).await);
    let device = device_of(&mona);
    world.add_passkey(&mona, &device).await.unwrap();
    let told = format!("{} first-passkey", acme.member_id);
    assert_eq!(world.sign_ins(acme.org).await[0], told);
    let (to, mail) = world.mails(1).await.remove(0);
    assert!(to == MEMBER && mail.contains("/sign-in/passkeys"), "{to}: {mail}");
    // Whoever has got through the first step alone adds no other, and takes none away.
    for by in [&mona, &elsewhere] {
        assert_eq!(code_of(world.add_passkey(by, &device_of(by)).await), "passkey-needed");
        let first = world.app.passkeys(by).await.unwrap().remove(0).id;
        assert_eq!(code_of(world.app.remove_passkey(by, first.as_str()).await), "passkey-needed");
        assert_eq!(code_of(world.app.caller_in(by, "acme").await), "passkey-needed");
    }
    let shown = who(&world.app, &world.show(&device, 0).await.unwrap()).await;
    world.add_passkey(&shown, &device_of(&shown)).await.unwrap();
    let recorded = world.sign_ins(acme.org).await;
    assert_eq!(recorded.iter().filter(|line| **line == told).count(), 1, "{recorded:?}");
    // Where nobody asks for one, passkeys are added as other sign-ins are.
    world.asks(&acme, SecondFactor::Off).await;
    world.add_passkey(&elsewhere, &device_of(&elsewhere)).await.unwrap();
}

#[tokio::test]
async fn of_two_first_passkeys_added_at_once_one_is_added() {
    let world = World::new();
    let acme = world.acme().await;
    world.asks(&acme, SecondFactor::Everyone).await;
    let (mona, attacker) = (world.linked(MEMBER).await, world.linked(MEMBER).await);
    let (one, two) = (device_of(&mona), device_of(&attacker));
    let (one, two) = tokio::join!(world.add_passkey(&mona, &one), world.add_passkey(&attacker, &two));
    let refused: Vec<_> = [one, two].into_iter().filter_map(Result::err).map(|problem| problem.code()).collect();
    assert_eq!((refused, world.app.passkeys(&mona).await.unwrap().len()), (vec!["passkey-needed"], 1));
}

#[tokio::test]
async fn whoever_has_lost_their_passkeys_adds_another_with_a_link_of_the_operators_and_removes_the_lost() {
    let world = World::new();
    let acme = world.acme().await;
    let (owner, lost) = world.with_second_factor(OWNER).await;
    world.asks(&acme, SecondFactor::Everyone).await;
    let lost_id = world.app.passkeys(&owner).await.unwrap().remove(0).id;
    let recovered = world.app.recover_with_link("acme", None).await.unwrap();
    let begun = world.app.open_link(recovered.link.reveal(), &world.new_browser(), None).await.unwrap();
    let by_link = who(&world.app, &begun).await;
    assert!(!by_link.proof.by_passkey);
    assert_eq!(code_of(world.app.caller_in(&by_link, "acme").await), "passkey-needed");
    assert_eq!(code_of(world.app.set_second_factor(&by_link, false).await), "passkey-needed");
    let device = device_of(&by_link);
    world.add_passkey(&by_link, &device).await.unwrap();
    world.app.remove_passkey(&by_link, lost_id.as_str()).await.unwrap();
    assert!(world.show(&lost, 0).await.is_err());
    let back = who(&world.app, &world.show(&device, 0).await.unwrap()).await;
    assert!(world.app.caller_in(&back, "acme").await.is_ok());
    let history = world.events(StreamId::Directory).await;
    let made = history.iter().filter(|event| String::from_utf8_lossy(&event.body).contains("recovery_link.made"));
    assert_eq!(made.count(), 1);
    // It stands in for a passkey as long as what is grave may be done after it.
    let another = world.app.make_recovery_link(OWNER).await.unwrap();
    let late = world.app.open_link(another.reveal(), &world.new_browser(), None).await.unwrap();
    let late = who(&world.app, &late).await;
    world.clock.advance_ms(10 * MINUTE_MS + 1);
    assert_eq!(code_of(world.add_passkey(&late, &device_of(&late)).await), "sign-in-again");
}

#[tokio::test]
async fn an_invitation_is_accepted_by_whoever_is_no_member_yet_and_into_a_team_with_a_passkey_alone() {
    let world = World::new();
    let acme = world.acme().await;
    let any = SettingChange::InviteAddress(InvitedAddress::Any);
    world.app.change_settings(&acme.owner, None, vec![any]).await.unwrap();
    world.asks(&acme, SecondFactor::Everyone).await;
    let mate = NewRole { id: None, title: "Mate".to_owned(), level: RoleLevel::Team, change: RoleChange::default() };
    world.app.create_role(&acme.owner, mate).await.unwrap();
    let team = world.app.create_team(&acme.owner, "Sales".to_owned()).await.unwrap().id;
    let invite = async |email: &str, members_only| {
        let place = OfferedTeam { team: team.to_string(), role: Some("mate".to_owned()) };
        let teams = if members_only { vec![place] } else { Vec::new() };
        let new = InvitationToSend { email: email.to_owned(), members_only, teams, ..InvitationToSend::default() };
        let sent = world.app.send_invitation(&acme.owner, new).await.unwrap();
        sent.token.expect("a link").reveal().to_owned()
    };
    let accept = async |link: &str, by: Option<&SignedIn>| {
        let browser = world.new_browser();
        let accepting = Accepting { browser: &browser, signed_in: by, name: Some("Ann") };
        world.app.accept_invitation(link, accepting).await
    };
    let link = invite("ann@acme.example", false).await;
    let joined = accept(&link, None).await.unwrap();
    let ann = who(&world.app, joined.begun.as_ref().unwrap()).await;
    assert_eq!(code_of(world.app.caller_in(&ann, "acme").await), "passkey-needed");
    let device = device_of(&ann);
    world.add_passkey(&ann, &device).await.unwrap();
    let shown = who(&world.app, &world.show(&device, 0).await.unwrap()).await;
    assert!(world.app.caller_in(&shown, "acme").await.is_ok());
    let link = invite("ann@acme.example", true).await;
    assert_eq!(code_of(accept(&link, Some(&ann)).await), "passkey-needed");
    assert!(accept(&link, Some(&shown)).await.is_ok());
}
