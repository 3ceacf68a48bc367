//! Passkeys: who adds one, who is signed in by it and who never is, and what becomes of a copy.

use app::sign_in::{Begun, Browser, PasskeyView, PresentedAssertion, PresentedRegistration, SignedIn};
use app::{App, Problem};
use domain::id::OrgId;
use journal::{RecordQuery, StreamId};
use testkit::authenticator::{Authenticator, Made, Shown, Statement};

use crate::world::{ADMIN, MEMBER, World, code_of};

const PUBLIC: &str = "https://gate.acme.example";
const MINUTE_MS: i64 = 60_000;

fn registration(made: &Made) -> PresentedRegistration<'_> {
    PresentedRegistration {
        credential: &made.credential,
        client_data: &made.client_data,
        authenticator_data: &made.authenticator_data,
        public_key: &made.public_key,
        algorithm: &made.algorithm,
    }
}

pub(crate) fn assertion(shown: &Shown) -> PresentedAssertion<'_> {
    PresentedAssertion {
        credential: &shown.credential,
        client_data: &shown.client_data,
        authenticator_data: &shown.authenticator_data,
        signature: &shown.signature,
        user_handle: &shown.user_handle,
    }
}

impl World {
    pub(crate) fn new_browser(&self) -> Browser {
        self.app.new_browser().unwrap().1
    }

    /// Somebody who has just signed in with a link.
    pub(crate) async fn linked(&self, email: &str) -> SignedIn {
        let link = self.app.make_link(email).await.unwrap();
        let begun = self.app.open_link(link.reveal(), &self.new_browser(), None).await.unwrap();
        self.app.signed_in(begun.token.reveal()).await.unwrap()
    }

    pub(crate) async fn add_passkey(
        &self,
        signed_in: &SignedIn,
        device: &Authenticator,
    ) -> Result<PasskeyView, Problem> {
        let question = self.app.ask_for_new_passkey(signed_in, PUBLIC).await?;
        let made = device.make(&Statement::making(&question.challenge, PUBLIC));
        self.app.add_passkey(signed_in, "Phone", &registration(&made), PUBLIC).await
    }

    /// Shows a device's passkey in a browser that has asked for one.
    pub(crate) async fn show(&self, device: &Authenticator, counter: u32) -> Result<Begun, Problem> {
        let browser = self.new_browser();
        let question = self.app.ask_for_passkey(PUBLIC, (&browser, None)).await?;
        let said = Statement { counter, ..Statement::showing(&question.challenge, PUBLIC) };
        let shown = device.show(&said);
        self.app.sign_in_with_passkey(&assertion(&shown), PUBLIC, (&browser, None)).await
    }

    /// What each record of signing in says, the newest first.
    pub(crate) async fn sign_ins(&self, org: OrgId) -> Vec<String> {
        let records = self.journal.records(RecordQuery::newest(org, 100)).await.unwrap().records;
        let ours = records.into_iter().filter(|record| record.intent.method == "sign-in");
        ours.map(|record| format!("{} {}", record.intent.subject, record.intent.reason)).collect()
    }
}

/// A device that was told whose it is.
pub(crate) fn device_of(signed_in: &SignedIn) -> Authenticator {
    Authenticator::es256().of(signed_in.proof.person.as_str().as_bytes())
}

pub(crate) async fn who(app: &App, begun: &Begun) -> SignedIn {
    app.signed_in(begun.token.reveal()).await.unwrap()
}

#[tokio::test]
async fn whoever_has_added_a_passkey_signs_in_with_it_anywhere() {
    let mut world = World::new();
    let acme = world.acme().await;
    let mona = world.linked(MEMBER).await;
    let device = device_of(&mona);
    let question = world.app.ask_for_new_passkey(&mona, PUBLIC).await.unwrap();
    assert_eq!((question.email.as_str(), question.name.as_str()), (MEMBER, "Mona Gneiss"));
    assert_eq!((question.party.id(), question.known.len()), ("gate.acme.example", 0));
    let added = world.add_passkey(&mona, &device).await.unwrap();
    assert_eq!((added.name.as_str(), added.may_be_copied), ("Phone", false));
    let known = world.app.ask_for_new_passkey(&mona, PUBLIC).await.unwrap().known;
    assert_eq!(known, [testkit::authenticator::encoded(&device.credential)]);
    for _ in 0..2 {
        let begun = world.show(&device, 0).await.unwrap();
        let signed_in = who(&world.app, &begun).await;
        assert_eq!(signed_in.proof.person, acme.member_id);
        let sessions = world.app.sessions(&signed_in).await.unwrap();
        assert_eq!(sessions.iter().find(|session| session.is_this).unwrap().way, "passkey");
        assert_eq!(world.sign_ins(acme.org).await[0], format!("{} passkey", acme.member_id));
        world.restart().await;
    }
    let history = world.events(StreamId::Directory).await;
    let history: Vec<_> = history.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned()).collect();
    let named = format!(r#""passkey":"{}""#, added.id);
    assert!(history.iter().any(|event| event.contains("passkey.added") && event.contains(&named)), "{history:?}");
    assert!(!history.iter().any(|event| event.contains("Phone")), "what people call things is no event");
}

#[tokio::test]
async fn to_show_a_passkey_is_to_sign_in_again_and_ends_the_session_before() {
    let world = World::new();
    world.acme().await;
    let mona = world.linked(MEMBER).await;
    let device = device_of(&mona);
    world.add_passkey(&mona, &device).await.unwrap();
    world.clock.advance_ms(11 * MINUTE_MS);
    assert_eq!(code_of(world.app.ask_for_new_passkey(&mona, PUBLIC).await), "sign-in-again");
    let browser = world.new_browser();
    let question = world.app.ask_for_passkey(PUBLIC, (&browser, None)).await.unwrap();
    let shown = device.show(&Statement::showing(&question.challenge, PUBLIC));
    let begun = world.app.sign_in_with_passkey(&assertion(&shown), PUBLIC, (&browser, Some(&mona))).await.unwrap();
    let again = who(&world.app, &begun).await;
    world.app.ask_for_new_passkey(&again, PUBLIC).await.unwrap();
    assert_eq!(world.app.sessions(&again).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_question_is_good_once_for_five_minutes_in_the_browser_that_asked_and_for_nothing_else() {
    let world = World::new();
    world.acme().await;
    let mona = world.linked(MEMBER).await;
    let device = device_of(&mona);
    world.add_passkey(&mona, &device).await.unwrap();
    let (here, elsewhere) = (world.new_browser(), world.new_browser());
    let shown = |challenge: &str| device.show(&Statement::showing(challenge, PUBLIC));
    let sign_in = async |shown: &Shown, browser: &Browser| {
        let answer = world.app.sign_in_with_passkey(&assertion(shown), PUBLIC, (browser, None)).await;
        answer.map(|_| ()).map_err(|problem| problem.to_string())
    };
    let not_asked = |answer: Result<(), String>| answer.unwrap_err().contains("was not begun in this browser");

    let asked = shown(&world.app.ask_for_passkey(PUBLIC, (&here, None)).await.unwrap().challenge);
    assert!(not_asked(sign_in(&asked, &elsewhere).await));
    sign_in(&asked, &here).await.unwrap();
    assert!(not_asked(sign_in(&asked, &here).await), "the same once more");
    let late = shown(&world.app.ask_for_passkey(PUBLIC, (&here, None)).await.unwrap().challenge);
    world.clock.advance_ms(5 * MINUTE_MS);
    assert!(not_asked(sign_in(&late, &here).await));
    // What was asked for another purpose, or never.
    let adding = world.app.ask_for_new_passkey(&mona, PUBLIC).await.unwrap().challenge;
    assert!(not_asked(sign_in(&shown(&adding), &here).await));
    let never = testkit::authenticator::encoded(b"wrc_0123456789ABCDEFGHIJKLMNOPQRSTUV2ry2ea");
    assert!(not_asked(sign_in(&shown(&never), &here).await));
    // Whatever comes of it, it is used up.
    let asked = world.app.ask_for_passkey(PUBLIC, (&here, None)).await.unwrap().challenge;
    let forged = Shown { signature: shown(&adding).signature, ..shown(&asked) };
    assert!(sign_in(&forged, &here).await.unwrap_err().contains("signature is wrong"));
    assert!(not_asked(sign_in(&shown(&asked), &here).await));
}

#[tokio::test]
async fn a_question_for_a_new_passkey_is_answered_in_its_own_session_once_and_soon() {
    let world = World::new();
    world.acme().await;
    let (mona, adam) = (world.linked(MEMBER).await, world.linked(ADMIN).await);
    let (device, other) = (device_of(&mona), device_of(&mona));
    let making = |challenge: &str, device: &Authenticator| device.make(&Statement::making(challenge, PUBLIC));
    let add = async |made: &Made, of: &SignedIn| {
        let answer = world.app.add_passkey(of, "Phone", &registration(made), PUBLIC).await;
        answer.map(|_| ()).map_err(|problem| problem.to_string())
    };
    let not_asked = |answer: Result<(), String>| answer.unwrap_err().contains("was not begun in this browser");
    let asked = world.app.ask_for_new_passkey(&mona, PUBLIC).await.unwrap().challenge;
    assert!(not_asked(add(&making(&asked, &device), &adam).await), "somebody else's session");
    assert!(not_asked(add(&making(&asked, &device), &world.linked(MEMBER).await).await), "another one of hers");
    add(&making(&asked, &device), &mona).await.unwrap();
    assert!(not_asked(add(&making(&asked, &other), &mona).await));
    let late = world.app.ask_for_new_passkey(&mona, PUBLIC).await.unwrap().challenge;
    world.clock.advance_ms(5 * MINUTE_MS);
    assert!(not_asked(add(&making(&late, &other), &mona).await));
    let asked = world.app.ask_for_new_passkey(&mona, PUBLIC).await.unwrap().challenge;
    let lie = Statement { party: "evil.example".to_owned(), ..Statement::making(&asked, PUBLIC) };
    assert!(add(&other.make(&lie), &mona).await.unwrap_err().contains("another site"));
    assert!(not_asked(add(&making(&asked, &other), &mona).await));
    assert_eq!(world.app.passkeys(&mona).await.unwrap().len(), 1);
    let asked = world.app.ask_for_new_passkey(&mona, PUBLIC).await.unwrap().challenge;
    world.clock.advance_ms(5 * MINUTE_MS - 1);
    let made = making(&asked, &other);
    assert_eq!(code_of(world.app.add_passkey(&mona, " ", &registration(&made), PUBLIC).await), "name");
    world.clock.advance_ms(MINUTE_MS);
    assert_eq!(code_of(world.app.add_passkey(&mona, "a", &registration(&made), PUBLIC).await), "sign-in-again");
}

#[tokio::test]
async fn a_passkey_is_one_persons_and_shown_as_nobody_elses() {
    let world = World::new();
    world.acme().await;
    let (mona, adam) = (world.linked(MEMBER).await, world.linked(ADMIN).await);
    let device = device_of(&mona);
    world.add_passkey(&mona, &device).await.unwrap();
    for of in [&adam, &mona] {
        assert_eq!(code_of(world.add_passkey(of, &device).await), "sign-in-taken");
    }
    assert!(world.app.passkeys(&adam).await.unwrap().is_empty());
    // A device that calls itself another's, and one whose key was never added.
    let lies = device.of(adam.proof.person.as_str().as_bytes());
    let told = world.show(&lies, 0).await.unwrap_err().to_string();
    assert!(told.contains("somebody else's"), "{told}");
    let told = world.show(&device_of(&adam), 0).await.unwrap_err().to_string();
    assert!(told.contains("nobody here signs in with this passkey"), "{told}");
    // Another key under the id of hers.
    let forged = device_of(&mona).calling(&lies.credential);
    let told = world.show(&forged, 0).await.unwrap_err().to_string();
    assert!(told.contains("signature is wrong"), "{told}");
}

#[tokio::test]
async fn a_removed_passkey_lets_nobody_in_and_whoever_came_by_one_elsewhere_is_signed_out() {
    let world = World::new();
    world.acme().await;
    let (mona, adam) = (world.linked(MEMBER).await, world.linked(ADMIN).await);
    let (device, another) = (device_of(&mona), device_of(&mona));
    let added = world.add_passkey(&mona, &device).await.unwrap();
    let removed = async |by: &SignedIn, id: &str| world.app.remove_passkey(by, id).await;
    for wrong in ["", "psk_1", added.id.as_str()] {
        assert_eq!(code_of(removed(&adam, wrong).await), "missing");
    }
    // Mail is sent here, but no address is a sign-in of hers.
    assert_eq!(code_of(removed(&mona, added.id.as_str()).await), "last-sign-in");
    world.add_passkey(&mona, &another).await.unwrap();
    world.clock.advance_ms(10 * MINUTE_MS + 1);
    assert_eq!(code_of(removed(&mona, added.id.as_str()).await), "sign-in-again");
    let mona = world.linked(MEMBER).await;
    let elsewhere = world.show(&device, 0).await.unwrap();
    let own = who(&world.app, &world.show(&another, 0).await.unwrap()).await;
    removed(&own, added.id.as_str()).await.unwrap();
    assert_eq!(code_of(world.app.signed_in(elsewhere.token.reveal()).await), "unauthenticated");
    assert_eq!(world.app.sessions(&own).await.unwrap().len(), 3, "this one, and those by links");
    assert_eq!(code_of(removed(&mona, added.id.as_str()).await), "missing");
    let told = world.show(&device, 0).await.unwrap_err().to_string();
    assert!(told.contains("nobody here signs in with this passkey"), "{told}");
    // The device may have it again.
    world.add_passkey(&mona, &device).await.unwrap();
    world.show(&device, 0).await.unwrap();
}

#[tokio::test]
async fn of_two_passkeys_removed_at_once_one_stays() {
    let world = World::new();
    world.acme().await;
    let mona = world.linked(MEMBER).await;
    let one = world.add_passkey(&mona, &device_of(&mona)).await.unwrap();
    let two = world.add_passkey(&mona, &device_of(&mona)).await.unwrap();
    let (first, second) = tokio::join!(
        world.app.remove_passkey(&mona, one.id.as_str()),
        world.app.remove_passkey(&mona, two.id.as_str()),
    );
    let refused = [first, second].into_iter().filter_map(Result::err).map(|problem| problem.code()).collect::<Vec<_>>();
    assert_eq!((refused, world.app.passkeys(&mona).await.unwrap().len()), (vec!["last-sign-in"], 1));
}

#[tokio::test]
async fn whoever_has_signed_out_everywhere_is_given_no_passkey_by_what_was_under_way() {
    let world = World::new();
    world.acme().await;
    let mona = world.linked(MEMBER).await;
    let question = world.app.ask_for_new_passkey(&mona, PUBLIC).await.unwrap();
    let made = device_of(&mona).make(&Statement::making(&question.challenge, PUBLIC));
    world.app.end_all_sessions(&mona).await.unwrap();
    let late = world.app.add_passkey(&mona, "Phone", &registration(&made), PUBLIC).await;
    assert_eq!(code_of(late), "unauthenticated");
    assert!(world.journal.passkeys_of(mona.proof.person).await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_fills_the_disk_with_questions_and_whoever_was_asked_before_comes_in() {
    let world = World::new();
    world.acme().await;
    let mona = world.linked(MEMBER).await;
    let device = device_of(&mona);
    world.add_passkey(&mona, &device).await.unwrap();
    let browser = world.new_browser();
    let ask = async |before| world.app.ask_for_passkey(PUBLIC, (&browser, before)).await;
    let challenge = ask(None).await.unwrap().challenge;
    let mut asked = 1;
    while ask(None).await.is_ok() {
        asked += 1;
        assert!(asked <= 200, "there is no end");
    }
    assert!(matches!(ask(None).await, Err(Problem::TooMany)));
    assert!(ask(Some(&mona)).await.is_ok(), "what others do in her network is nothing to her");
    let shown = device.show(&Statement::showing(&challenge, PUBLIC));
    world.app.sign_in_with_passkey(&assertion(&shown), PUBLIC, (&browser, None)).await.unwrap();
}

#[tokio::test]
async fn a_device_that_counts_backwards_is_refused_and_its_persons_organizations_have_that_in_their_records() {
    let world = World::new();
    let acme = world.acme().await;
    let mona = world.linked(MEMBER).await;
    let device = device_of(&mona);
    world.add_passkey(&mona, &device).await.unwrap();
    world.show(&device, 5).await.unwrap();
    for counter in [5, 4, 0] {
        let told = world.show(&device, counter).await.unwrap_err().to_string();
        assert!(told.contains("a copy of it"), "{told}");
        assert_eq!(world.sign_ins(acme.org).await[0], format!("{} passkey-counted-back", acme.member_id));
    }
    world.show(&device, 6).await.unwrap();
}

#[tokio::test]
async fn of_two_who_come_with_the_same_count_at_once_one_is_signed_in() {
    let world = World::new();
    world.acme().await;
    let mona = world.linked(MEMBER).await;
    let device = device_of(&mona);
    world.add_passkey(&mona, &device).await.unwrap();
    let all = signed_in_at_once(&world, &device, 16).await;
    assert_eq!(all.into_iter().filter(|done| *done).count(), 1);
}

/// Whether each of several was signed in who show the same count at once.
async fn signed_in_at_once(world: &World, device: &Authenticator, many: usize) -> Vec<bool> {
    let mut coming = Vec::new();
    for _ in 0..many {
        let browser = world.new_browser();
        let challenge = world.app.ask_for_passkey(PUBLIC, (&browser, None)).await.unwrap().challenge;
        let shown = device.show(&Statement { counter: 1, ..Statement::showing(&challenge, PUBLIC) });
        let app = world.app.clone();
        coming.push(tokio::spawn(async move {
            app.sign_in_with_passkey(&assertion(&shown), PUBLIC, (&browser, None)).await.is_ok()
        }));
    }
    let mut done = Vec::new();
    for one in coming {
        done.push(one.await.unwrap());
    }
    done
}

#[tokio::test]
async fn an_address_alone_lets_nobody_in_who_has_a_passkey() {
    let world = World::new();
    world.acme().await;
    tokio::spawn(world.app.clone().keep_sending());
    let mona = world.linked(MEMBER).await;
    world.add_passkey(&mona, &device_of(&mona)).await.unwrap();
    let browser = world.new_browser();
    // Two for somebody else come after hers was asked for, and what is asked for first is looked up first.
    for address in [MEMBER, ADMIN, ADMIN] {
        world.app.ask_by_mail(address, &browser, PUBLIC).unwrap();
        tokio::task::yield_now().await;
    }
    let links = world.links_mailed_to(ADMIN, 2).await;
    assert!(world.links_mailed_to(MEMBER, 0).await.is_empty());
    // Nor does a link that was on its way before there was one.
    let adam = world.linked(ADMIN).await;
    world.add_passkey(&adam, &device_of(&adam)).await.unwrap();
    let link = links[0].split("/sign-in/mail/").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    assert_eq!(code_of(world.app.open_mailed_link(link, &browser, None).await), "missing");
}

#[tokio::test]
async fn nobody_has_more_than_twenty_passkeys_and_none_is_made_for_an_address() {
    let world = World::new();
    world.acme().await;
    let mona = world.linked(MEMBER).await;
    for _ in 0..20 {
        world.add_passkey(&mona, &device_of(&mona)).await.unwrap();
    }
    assert_eq!(code_of(world.add_passkey(&mona, &device_of(&mona)).await), "too-many-sign-ins");
    let address = "https://192.0.2.1";
    let browser = world.new_browser();
    let asked = world.app.ask_for_passkey(address, (&browser, None)).await.unwrap_err();
    assert!(matches!(&asked, Problem::Unavailable { message } if message.contains("public-url names an address")));
    assert!(matches!(world.app.ask_for_new_passkey(&mona, address).await, Err(Problem::Unavailable { .. })));
}
