//! The sign-ins that somebody has: added in the session that began it, by whom they are shown and with a yes, and taken away
//! but for the last.

use app::Problem;
use app::sign_in::{Back, Begun, NewSignIn, SignedIn};
use identity::oidc::Belief;
use journal::StreamId;

use crate::oidc::{Away, PUBLIC, honest};
use crate::provider::ISSUER;
use crate::world::{ADMIN, MEMBER, World, code_of};

const MINUTE: i64 = 60_000;

impl World {
    /// Somebody, signed in by a link that the operator made.
    pub(crate) async fn signed_in(&self, email: &str) -> (Begun, SignedIn) {
        let link = self.app.make_link(email).await.unwrap();
        let (_, browser) = self.app.new_browser().unwrap();
        let begun = self.app.open_link(link.reveal(), &browser, None).await.unwrap();
        let signed_in = self.app.signed_in(begun.token.reveal()).await.unwrap();
        (begun, signed_in)
    }

    async fn go_to_link(&self, by: &SignedIn) -> Away {
        let (_, url) = self.app.go_to_link(by, "oidc", PUBLIC).await.unwrap();
        Away::to(url, self.app.new_browser().unwrap().1)
    }

    /// What somebody brings back who adds an account.
    async fn brought(&self, by: &SignedIn, subject: &str, email: &str) -> Result<NewSignIn, Problem> {
        let away = self.go_to_link(by).await;
        self.bring(&away, honest(self.claims(&away, subject, email)), Some(by)).await
    }

    async fn add_account(&self, by: &SignedIn, subject: &str, email: &str) -> Result<(), Problem> {
        self.app.link(by, &self.brought(by, subject, email).await?.yes).await
    }

    /// Somebody on their way to the provider to sign in.
    async fn away(&self) -> Away {
        let (_, browser) = self.app.new_browser().unwrap();
        let (_, url) = self.app.go_to_provider("oidc", PUBLIC, (&browser, None)).await.unwrap();
        Away::to(url, browser)
    }

    async fn begun_through(&self, subject: &str) -> Begun {
        let away = self.away().await;
        let told = honest(self.claims(&away, subject, MEMBER));
        self.back(&away, told).await.unwrap()
    }

    pub(crate) async fn accounts(&self, of: &SignedIn) -> Vec<(String, String)> {
        let seen = self.app.identities(of).await.unwrap();
        seen.into_iter().map(|view| (view.title, view.account)).collect()
    }
}

pub(crate) fn account(title: &str, address: &str) -> (String, String) {
    (title.to_owned(), address.to_owned())
}

#[tokio::test]
async fn an_account_becomes_a_sign_in_with_a_yes_and_lets_its_person_in_from_then_on() {
    let world = World::new();
    let acme = world.acme().await;
    let (_, mona) = world.signed_in(MEMBER).await;
    assert!(world.accounts(&mona).await.is_empty());
    let away = world.go_to_link(&mona).await;
    assert!(away.url.ends_with("prompt=login&max_age=0"), "{}", away.url);
    let new = world.bring(&away, honest(world.claims(&away, "7", "mona@home.example")), Some(&mona)).await.unwrap();
    assert_eq!((new.title.as_str(), new.account.as_str()), ("Acme", "mona@home.example"));
    assert!(world.accounts(&mona).await.is_empty(), "nothing is added without a yes");
    world.app.link(&mona, &new.yes).await.unwrap();
    assert_eq!(world.accounts(&mona).await, [account("Acme", "mona@home.example")]);
    assert_eq!(world.through("7", "other@home.example").await.unwrap(), acme.member_id);
    let last = world.events(StreamId::Directory).await;
    assert!(last.iter().any(|event| String::from_utf8_lossy(&event.body).contains("identity.linked")));
    // A yes is good once.
    assert_eq!(code_of(world.app.link(&mona, &new.yes).await), "missing");
}

#[tokio::test]
async fn what_is_somebodys_sign_in_stays_theirs_and_nobody_is_told_whose_it_is() {
    let world = World::new();
    let acme = world.acme().await;
    let (_, mona) = world.signed_in(MEMBER).await;
    let (_, adam) = world.signed_in(ADMIN).await;
    world.add_account(&mona, "7", "mona@home.example").await.unwrap();
    let told = world.brought(&adam, "7", "adam@home.example").await.unwrap_err();
    let says = told.to_string();
    assert_eq!(told.code(), "sign-in-taken");
    assert!(!says.contains("Mona") && !says.contains("mona") && !says.contains(acme.member_id.as_str()), "{says}");
    assert!(world.brought(&mona, "7", "x@home.example").await.unwrap_err().to_string().contains("of your sign-ins"));
    // Of two who bring the same account, the first to say yes has it.
    let (first, second) = (
        world.brought(&mona, "8", "b@home.example").await.unwrap(),
        world.brought(&adam, "8", "b@home.example").await.unwrap(),
    );
    let (one, other) = tokio::join!(world.app.link(&mona, &first.yes), world.app.link(&adam, &second.yes));
    let codes = [one, other].map(|linked| linked.err().map(|problem| problem.code()));
    assert!(codes.contains(&None) && codes.contains(&Some("sign-in-taken")), "{codes:?}");
}

#[tokio::test]
async fn a_sign_in_is_added_in_the_session_that_began_it_and_in_no_other() {
    let world = World::new();
    let acme = world.acme().await;
    let (_, mona) = world.signed_in(MEMBER).await;
    let (_, again) = world.signed_in(MEMBER).await;
    let (_, adam) = world.signed_in(ADMIN).await;
    let unused = world.provider.asked("/token");
    for other in [Some(&adam), Some(&again), None] {
        let away = world.go_to_link(&mona).await;
        let told = honest(world.claims(&away, "7", "x@home.example"));
        assert_eq!(code_of(world.bring(&away, told, other).await), "unauthenticated");
    }
    assert_eq!(world.provider.asked("/token"), unused, "no code was exchanged for them");
    let new = world.brought(&mona, "7", "x@home.example").await.unwrap();
    for other in [&adam, &again] {
        assert_eq!(code_of(world.app.link(other, &new.yes).await), "missing");
    }
    // A sign-in that was begun cannot be brought home as one to be added, nor the other way round.
    let signing_in = world.app.go_to_provider("oidc", PUBLIC, (&world.app.new_browser().unwrap().1, Some(&mona))).await;
    let away = Away::to(signing_in.unwrap().1, world.app.new_browser().unwrap().1);
    let told = honest(world.claims(&away, "7", "x@home.example"));
    assert_eq!(code_of(world.bring(&away, told, Some(&mona)).await), "unauthenticated");
    // Nor may the session have ended meanwhile.
    world.app.end_session(&mona, mona.proof.session.as_str()).await.unwrap();
    assert_eq!(code_of(world.app.link(&mona, &new.yes).await), "unauthenticated");
    assert!(world.journal.identities_of(acme.member_id).await.unwrap().is_empty());
}

#[tokio::test]
async fn sign_ins_are_changed_soon_after_signing_in_alone_and_a_yes_is_good_for_ten_minutes() {
    let world = World::new();
    world.acme().await;
    let (_, mona) = world.signed_in(MEMBER).await;
    world.add_account(&mona, "7", "a@home.example").await.unwrap();
    world.add_account(&mona, "8", "b@home.example").await.unwrap();
    let late = world.brought(&mona, "9", "c@home.example").await.unwrap();
    let id = world.app.identities(&mona).await.unwrap()[0].id.to_string();
    world.clock.advance_ms(10 * MINUTE);
    assert_eq!(code_of(world.app.link(&mona, &late.yes).await), "missing");
    world.clock.advance_ms(1);
    assert_eq!(code_of(world.app.go_to_link(&mona, "oidc", PUBLIC).await), "sign-in-again");
    assert_eq!(code_of(world.app.mail_to_link(&mona, "c@home.example", PUBLIC).await), "sign-in-again");
    assert_eq!(code_of(world.app.unlink(&mona, &id).await), "sign-in-again");
    assert_eq!(world.accounts(&mona).await.len(), 2);
    let (_, again) = world.signed_in(MEMBER).await;
    world.app.unlink(&again, &id).await.unwrap();
}

#[tokio::test]
async fn a_sign_in_that_is_taken_away_lets_nobody_in_and_signs_out_who_came_by_it() {
    let world = World::new();
    let acme = world.acme().await;
    let (_, mona) = world.signed_in(MEMBER).await;
    world.add_account(&mona, "7", "a@home.example").await.unwrap();
    let (by_link, _) = world.signed_in(MEMBER).await;
    let begun = world.begun_through("7").await;
    let id = world.app.identities(&mona).await.unwrap()[0].id.to_string();
    assert_eq!(code_of(world.app.unlink(&mona, &id).await), "last-sign-in");
    world.add_account(&mona, "8", "b@home.example").await.unwrap();
    let (_, adam) = world.signed_in(ADMIN).await;
    for (whose, id) in [(&adam, id.as_str()), (&mona, "idy_x"), (&mona, "")] {
        assert_eq!(code_of(world.app.unlink(whose, id).await), "missing", "{id}");
    }
    world.app.unlink(&mona, &id).await.unwrap();
    assert_eq!(code_of(world.app.signed_in(begun.token.reveal()).await), "unauthenticated", "who came by it is out");
    world.app.signed_in(by_link.token.reveal()).await.unwrap();
    assert_eq!(world.app.sessions(&mona).await.unwrap().len(), 2);
    // Its address leads nowhere either: she signs in in another way.
    let told = world.through("7", MEMBER).await.unwrap_err().to_string();
    assert!(told.contains("has another sign-in here"), "{told}");
    assert_eq!(world.through("8", MEMBER).await.unwrap(), acme.member_id);
    assert_eq!(code_of(world.app.unlink(&mona, &id).await), "missing", "it is gone");
    // It may be somebody else's from then on.
    world.add_account(&adam, "7", "a@home.example").await.unwrap();
}

#[tokio::test]
async fn of_two_sign_ins_removed_at_once_one_stays() {
    let world = World::new();
    let acme = world.acme().await;
    let (_, mona) = world.signed_in(MEMBER).await;
    for round in 0..10 {
        world.add_account(&mona, &format!("a{round}"), "a@home.example").await.unwrap();
        if round == 0 {
            world.add_account(&mona, "b", "b@home.example").await.unwrap();
        }
        let ids: Vec<String> =
            world.app.identities(&mona).await.unwrap().into_iter().map(|view| view.id.to_string()).collect();
        let (one, other) = tokio::join!(world.app.unlink(&mona, &ids[0]), world.app.unlink(&mona, &ids[1]));
        let codes = [one, other].map(|unlinked| unlinked.err().map(|problem| problem.code()));
        assert!(codes.contains(&None) && codes.contains(&Some("last-sign-in")), "{codes:?}");
        assert_eq!(world.journal.identities_of(acme.member_id).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn of_two_sign_ins_that_come_at_once_to_somebody_who_has_none_one_is_theirs() {
    for round in 0..30 {
        let world = World::new();
        let acme = world.acme().await;
        tokio::spawn(world.app.clone().keep_sending());
        let browser = world.app.new_browser().unwrap().1;
        world.app.ask_by_mail(MEMBER, &browser, PUBLIC).unwrap();
        let (_, text) = world.mail(1).await;
        let link = text.split("/sign-in/mail/").nth(1).unwrap().split_whitespace().next().unwrap();
        let away = world.away().await;
        let told = honest(world.claims(&away, "7", MEMBER));
        let by_mail = async {
            later(round).await;
            world.app.open_mailed_link(link, &browser, None).await
        };
        let (by_mail, by_account) = tokio::join!(by_mail, world.back(&away, told));
        assert!(by_mail.is_ok() != by_account.is_ok(), "{round}: {by_mail:?} {by_account:?}");
        assert_eq!(world.journal.identities_of(acme.member_id).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_sign_in_whose_provider_is_gone_is_shown_and_counts_for_nothing() {
    let world = World::new();
    let acme = world.acme().await;
    let (_, mona) = world.signed_in(MEMBER).await;
    world.add_account(&mona, "7", "a@home.example").await.unwrap();
    let gone = journal::IdentityRow {
        provider: "https://id.gone.example".to_owned(),
        digest: [7; 32],
        identity: domain::id::IdentityId::from_random([7; 20]),
        person: acme.member_id,
        shown: "old@gone.example".to_owned(),
        linked_at: world.app.now(),
    };
    let append = journal::Append {
        stream: StreamId::Directory,
        expected: world.journal.head(StreamId::Directory).await.unwrap(),
        at: world.app.now(),
        actor: "test".to_owned(),
        events: Vec::new(),
        facts: vec![journal::Fact::Identity(Box::new(gone.clone()))],
    };
    world.journal.append(vec![append]).await.unwrap();
    let seen = world.app.identities(&mona).await.unwrap();
    let works: Vec<(&str, bool)> = seen.iter().map(|view| (view.title.as_str(), view.works)).collect();
    assert!(works.contains(&("Acme", true)) && works.contains(&("https://id.gone.example", false)), "{works:?}");
    let working = seen.iter().find(|view| view.works).unwrap().id.to_string();
    assert_eq!(code_of(world.app.unlink(&mona, &working).await), "last-sign-in");
    world.app.unlink(&mona, gone.identity.as_str()).await.unwrap();
    assert_eq!(world.accounts(&mona).await, [account("Acme", "a@home.example")]);
    assert!(world.journal.identities_of(acme.member_id).await.unwrap()[0].provider == ISSUER);
}

#[tokio::test]
async fn nobody_is_signed_in_by_what_is_taken_away_at_the_same_moment() {
    let world = World::new();
    let acme = world.acme().await;
    let (_, mona) = world.signed_in(MEMBER).await;
    world.add_account(&mona, "kept", "kept@home.example").await.unwrap();
    for round in 0..40 {
        let subject = format!("{round}");
        world.add_account(&mona, &subject, "lost@home.example").await.unwrap();
        let lost = world.app.identities(&mona).await.unwrap().into_iter().find(|view| view.account.starts_with("lost"));
        let lost = lost.unwrap().id.to_string();
        let away = world.away().await;
        let told = honest(world.claims(&away, &subject, MEMBER));
        let removed = async {
            later(round).await;
            world.app.unlink(&mona, &lost).await
        };
        let (_, removed) = tokio::join!(world.back(&away, told), removed);
        removed.unwrap();
        // Whichever came first: who came in is out again, and who was late does not come in.
        let sessions = world.app.sessions(&mona).await.unwrap();
        let ways: Vec<&str> = sessions.iter().map(|session| session.way.as_str()).collect();
        assert_eq!(ways, ["link"], "round {round}");
    }
    assert_eq!(world.journal.identities_of(acme.member_id).await.unwrap().len(), 1);
}

/// After the others have gone so many steps.
async fn later(steps: usize) {
    for _ in 0..steps {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nobody_has_more_sign_ins_than_anybody_has_use_for() {
    let world = World::new();
    world.acme().await;
    let (_, mona) = world.signed_in(MEMBER).await;
    for number in 0..19 {
        world.add_account(&mona, &format!("{number}"), "a@home.example").await.unwrap();
    }
    let yes = [
        world.brought(&mona, "a", "a@home.example").await.unwrap().yes,
        world.brought(&mona, "b", "b@home.example").await.unwrap().yes,
    ];
    let (one, other) = tokio::join!(world.app.link(&mona, &yes[0]), world.app.link(&mona, &yes[1]));
    let codes = [one, other].map(|linked| linked.err().map(|problem| problem.code()));
    assert!(codes.contains(&None) && codes.contains(&Some("too-many-sign-ins")), "{codes:?}");
}

#[tokio::test]
async fn google_lets_choose_the_account_to_be_added_and_need_not_say_when_they_signed_in_there() {
    let world = World::new();
    world.acme().await;
    let (begun, _) = world.signed_in(MEMBER).await;
    *world.provider.belief.lock().unwrap() = Belief::Google;
    let app = world.another_writer();
    let mona = app.signed_in(begun.token.reveal()).await.unwrap();
    let (_, url) = app.go_to_link(&mona, "oidc", PUBLIC).await.unwrap();
    let away = Away::to(url, app.new_browser().unwrap().1);
    assert!(away.url.ends_with("&prompt=select_account"), "{}", away.url);
    let mut claims = world.claims(&away, "7", "mona@gmail.com");
    claims.as_object_mut().unwrap().remove("auth_time");
    *world.provider.told.lock().unwrap() = Some(honest(claims));
    let query = format!("state={}&code=c&iss=https%3A%2F%2Fid.acme.example", away.state);
    match app.back_from_provider(&query, PUBLIC, (&away.browser, Some(&mona))).await.unwrap() {
        Back::ToLink(new) => app.link(&mona, &new.yes).await.unwrap(),
        Back::SignedIn(begun) => panic!("{begun:?}"),
    }
    assert_eq!(world.accounts(&mona).await, [account("Acme", "mona@gmail.com")]);
}
