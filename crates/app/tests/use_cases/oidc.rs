//! Signing in with a provider, honest and otherwise: who is let in, who never is, and in which browser.

use app::access::Whose;
use app::invitations::{Accepting, InvitationToSend};
use app::sign_in::{Back, Begun, Browser, NewSignIn, SignedIn};
use app::{App, Problem};
use domain::id::PersonId;
use identity::random::OperatingSystem;
use identity::token::{IssuedToken, TokenForm};
use serde_json::{Value, json};

use crate::provider::{ISSUER, Told, header};
use crate::world::{ADMIN, MEMBER, World, code_of};

pub(crate) const PUBLIC: &str = "https://gate.acme.example";

/// Somebody on their way to the provider.
pub(crate) struct Away {
    pub(crate) browser: Browser,
    pub(crate) state: String,
    nonce: String,
    pub(crate) url: String,
}

impl Away {
    /// With this address, in this browser.
    pub(crate) fn to(url: String, browser: Browser) -> Away {
        let of = |name: &str| {
            let after = url.split(&format!("{name}=")).nth(1).expect("it is in the address");
            after.split('&').next().unwrap().to_owned()
        };
        Away { browser, state: of("state"), nonce: of("nonce"), url }
    }
}

impl World {
    pub(crate) async fn go(&self, before: Option<&SignedIn>) -> Away {
        let (_, browser) = self.app.new_browser().unwrap();
        let (title, url) = self.app.go_to_provider("oidc", PUBLIC, (&browser, before)).await.unwrap();
        assert_eq!(title, "Acme");
        Away::to(url, browser)
    }

    /// What an honest provider claims of somebody.
    pub(crate) fn claims(&self, away: &Away, subject: &str, email: &str) -> Value {
        let now = self.app.now().0 / 1_000;
        json!({
            "iss": ISSUER, "sub": subject, "aud": "wardroom", "exp": now + 300, "iat": now, "nonce": away.nonce,
            "email": email, "email_verified": true, "auth_time": now,
        })
    }

    pub(crate) async fn back(&self, away: &Away, told: Told) -> Result<Begun, Problem> {
        *self.provider.told.lock().unwrap() = Some(told);
        self.come(&self.app, away, &format!("state={}&code=c&iss=https%3A%2F%2Fid.acme.example", away.state)).await
    }

    async fn come(&self, app: &App, away: &Away, query: &str) -> Result<Begun, Problem> {
        match app.back_from_provider(query, PUBLIC, (&away.browser, None)).await? {
            Back::SignedIn(begun) => Ok(begun),
            Back::ToLink(new) => panic!("{new:?}"),
        }
    }

    /// Comes back with one more sign-in.
    pub(crate) async fn bring(&self, away: &Away, told: Told, by: Option<&SignedIn>) -> Result<NewSignIn, Problem> {
        *self.provider.told.lock().unwrap() = Some(told);
        let query = format!("state={}&code=c&iss=https%3A%2F%2Fid.acme.example", away.state);
        match self.app.back_from_provider(&query, PUBLIC, (&away.browser, by)).await? {
            Back::ToLink(new) => Ok(new),
            Back::SignedIn(begun) => panic!("{begun:?}"),
        }
    }

    /// Goes there and comes back as somebody.
    pub(crate) async fn through(&self, subject: &str, email: &str) -> Result<PersonId, Problem> {
        let away = self.go(None).await;
        let begun = self.back(&away, honest(self.claims(&away, subject, email))).await?;
        Ok(self.app.signed_in(begun.token.reveal()).await?.proof.person)
    }
}

pub(crate) fn honest(claims: Value) -> Told {
    Told { claims, header: header(), forged: false }
}

#[tokio::test]
async fn an_address_lets_in_once_and_from_then_on_the_subject_alone() {
    let world = World::new();
    let acme = world.acme().await;
    assert_eq!(world.through("7", MEMBER).await.unwrap(), acme.member_id);
    let theirs = world.journal.identities_of(acme.member_id).await.unwrap();
    assert_eq!((theirs.len(), theirs[0].provider.as_str(), theirs[0].shown.as_str()), (1, ISSUER, MEMBER));
    // Whatever address the provider gives later, it is the same person, and nobody else is.
    assert_eq!(world.through("7", ADMIN).await.unwrap(), acme.member_id);
    for (subject, email, says) in
        [("8", MEMBER, "has another sign-in"), ("8", "x@elsewhere.example", "ask for an invitation")]
    {
        let told = world.through(subject, email).await.unwrap_err().to_string();
        assert!(told.contains("nobody here signs in with this account") && told.contains(says), "{told}");
    }
    assert_eq!(world.journal.identities_of(acme.member_id).await.unwrap().len(), 1);
}

/// Each lie alone; otherwise the token is an honest one.
fn lies(claims: &Value, now: i64) -> Vec<(&'static str, Told)> {
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        honest(claims)
    };
    let head = |header: Value| Told { header, ..honest(claims.clone()) };
    vec![
        ("another issuer", with("iss", json!("https://id.evil.example"))),
        ("made for another client", with("aud", json!("another"))),
        ("made for several, by another", {
            let mut told = with("aud", json!(["wardroom", "another"]));
            told.claims["azp"] = json!("another");
            told
        }),
        ("the nonce of another sign-in", with("nonce", json!("n"))),
        ("no nonce", with("nonce", Value::Null)),
        ("over", with("exp", json!(now - 120))),
        ("made in the future", with("iat", json!(now + 3_600))),
        ("signed with another key", Told { forged: true, ..honest(claims.clone()) }),
        ("not signed", head(json!({"alg": "none"}))),
        ("signed in another way than it says", head(json!({"alg": "HS256", "kid": "first"}))),
        ("a key that nobody publishes", head(json!({"alg": "ES256", "kid": "second"}))),
        ("an address that was not verified", with("email_verified", json!(false))),
        ("an address of which nothing is said", with("email_verified", Value::Null)),
        ("an address that is verified in words", with("email_verified", json!("true"))),
        ("no address", with("email", Value::Null)),
        ("no subject", with("sub", Value::Null)),
    ]
}

#[tokio::test]
async fn a_provider_that_lies_lets_nobody_in() {
    let world = World::new();
    let acme = world.acme().await;
    let probe = world.go(None).await;
    let count = lies(&world.claims(&probe, "7", MEMBER), 0).len();
    for number in 0..count {
        let away = world.go(None).await;
        let (lie, told) = lies(&world.claims(&away, "7", MEMBER), world.app.now().0 / 1_000).remove(number);
        assert_eq!(code_of(world.back(&away, told).await), "unauthenticated", "{lie}");
    }
    let away = world.go(None).await;
    for iss in ["", "&iss=https%3A%2F%2Fid.evil.example"] {
        let query = format!("state={}&code=c{iss}", away.state);
        let away = Away { state: world.go(None).await.state, ..world.go(None).await };
        assert_eq!(code_of(world.come(&world.app, &away, &query).await), "unauthenticated", "{iss}");
    }
    assert!(world.journal.identities_of(acme.member_id).await.unwrap().is_empty());
    assert!(world.journal.sessions_of(acme.member_id).await.unwrap().is_empty());
    // The same with nothing but the truth.
    assert_eq!(world.through("7", MEMBER).await.unwrap(), acme.member_id);
}

#[tokio::test]
async fn whoever_comes_back_went_there_from_this_browser_once_and_not_long_ago() {
    let world = World::new();
    world.acme().await;
    let query = |state: &str| format!("state={state}&code=c&iss=https%3A%2F%2Fid.acme.example");
    let (first, second) = (world.go(None).await, world.go(None).await);
    let elsewhere = Away { browser: second.browser.clone(), ..world.go(None).await };
    assert_eq!(
        code_of(world.come(&world.app, &elsewhere, &query(&first.state)).await),
        "unauthenticated",
        "another browser"
    );
    assert_eq!(world.provider.asked("/token"), 0, "nothing was asked for them");
    let claims = world.claims(&first, "7", MEMBER);
    world.back(&first, honest(claims.clone())).await.unwrap();
    assert_eq!(code_of(world.back(&first, honest(claims)).await), "unauthenticated", "it is used up");
    assert_eq!(world.provider.asked("/token"), 1);
    let refused = format!("state={}&error=access_denied&iss=https%3A%2F%2Fid.acme.example", second.state);
    let told = world.come(&world.app, &second, &refused).await.unwrap_err().to_string();
    assert!(told.contains("cancelled"), "{told}");
    assert_eq!(
        code_of(world.come(&world.app, &second, &query(&second.state)).await),
        "unauthenticated",
        "used up by that, too"
    );
    let late = world.go(None).await;
    world.clock.advance_ms(10 * 60_000);
    assert_eq!(code_of(world.come(&world.app, &late, &query(&late.state)).await), "unauthenticated");
    let invented = IssuedToken::generate(TokenForm::SignInState, &mut OperatingSystem).unwrap();
    for state in [invented.reveal(), "wro_x", ""] {
        assert_eq!(code_of(world.come(&world.app, &late, &query(state)).await), "unauthenticated", "{state}");
    }
}

#[tokio::test]
async fn whoever_is_signed_in_is_made_to_sign_in_there_anew() {
    let world = World::new();
    world.acme().await;
    let away = world.go(None).await;
    assert!(
        away.url.contains("&max_age=2592000")
            && !away.url.contains("prompt=")
            && away.url.contains("redirect_uri=https%3A%2F%2Fgate.acme.example%2Fsign-in%2Fback")
    );
    let begun = world.back(&away, honest(world.claims(&away, "7", MEMBER))).await.unwrap();
    let signed_in = world.app.signed_in(begun.token.reveal()).await.unwrap();
    let away = world.go(Some(&signed_in)).await;
    assert!(away.url.ends_with("prompt=login&max_age=0"), "{}", away.url);
    let mut claims = world.claims(&away, "7", MEMBER);
    claims["auth_time"] = json!(world.app.now().0 / 1_000 - 3_600);
    let told = world.back(&away, honest(claims)).await.unwrap_err().to_string();
    assert!(told.contains("did not ask you to sign in again"), "{told}");
    let away = world.go(Some(&signed_in)).await;
    world.back(&away, honest(world.claims(&away, "7", MEMBER))).await.unwrap();
}

#[tokio::test]
async fn whoever_a_provider_still_knows_is_let_in_and_shows_nothing_anew_by_it() {
    let world = World::new();
    world.acme().await;
    let now_s = || world.app.now().0 / 1_000;
    // What the provider says of when they signed in there, and how long ago they count as having shown it here.
    for (auth_time, ago_s) in
        [(json!(now_s() - 3_600), 3_600), (json!(now_s() - 60), 60), (json!(now_s() + 30), 0), (json!(null), 0)]
    {
        let away = world.go(None).await;
        let mut claims = world.claims(&away, "7", MEMBER);
        claims["auth_time"] = auth_time;
        let begun = world.back(&away, honest(claims)).await.unwrap();
        let signed_in = world.app.signed_in(begun.token.reveal()).await.unwrap();
        let fresh_s = (signed_in.proof.fresh_until().0 - world.app.now().0) / 1_000;
        assert_eq!(fresh_s, 600 - ago_s, "{ago_s}");
        let changed = world.app.go_to_link(&signed_in, "oidc", PUBLIC).await;
        assert_eq!(changed.is_ok(), ago_s < 600, "{ago_s}");
    }
}

#[tokio::test]
async fn what_a_provider_publishes_is_kept_for_an_hour_and_new_keys_are_looked_for_in_between() {
    let world = World::new();
    let acme = world.acme().await;
    for _ in 0..3 {
        world.through("7", MEMBER).await.unwrap();
    }
    let published = || (world.provider.asked("/.well-known/openid-configuration"), world.provider.asked("/keys"));
    assert_eq!(published(), (1, 1));
    *world.provider.key_id.lock().unwrap() = "second".to_owned();
    let with_new_key = async || {
        let away = world.go(None).await;
        let told =
            Told { header: json!({"alg": "ES256", "kid": "second"}), ..honest(world.claims(&away, "7", MEMBER)) };
        world.back(&away, told).await
    };
    assert_eq!(
        code_of(with_new_key().await),
        "unauthenticated",
        "keys are not asked for at every token that names one"
    );
    world.clock.advance_ms(30_000);
    with_new_key().await.unwrap();
    assert_eq!(published(), (1, 2));
    world.clock.advance_ms(3_600_000);
    with_new_key().await.unwrap();
    assert_eq!(published(), (2, 3));
    world.clock.advance_ms(3_600_000);
    *world.provider.document.lock().unwrap() = json!({"issuer": "https://id.evil.example"});
    let (_, browser) = world.app.new_browser().unwrap();
    let gone = world.app.go_to_provider("oidc", PUBLIC, (&browser, None)).await.unwrap_err();
    assert!(matches!(gone, Problem::Unavailable { .. }), "{gone}");
    assert_eq!(code_of(world.app.go_to_provider("google", PUBLIC, (&browser, None)).await), "missing");
    assert_eq!(world.journal.identities_of(acme.member_id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_address_that_is_told_beside_the_id_token_is_believed_about_the_same_subject_alone() {
    let world = World::new();
    let acme = world.acme().await;
    let without = |away: &Away, subject: &str| {
        let mut claims = world.claims(away, subject, "");
        claims.as_object_mut().unwrap().retain(|name, _| !name.starts_with("email"));
        honest(claims)
    };
    let of = |subject: &str, verified: bool| json!({"sub": subject, "email": MEMBER, "email_verified": verified});
    for (told, says) in [
        (of("8", true), "cannot be believed"),
        (of("7", false), "was not verified"),
        (json!({"sub": "7"}), "gives no e-mail address"),
        (json!("7"), "cannot be believed"),
    ] {
        *world.provider.userinfo.lock().unwrap() = told;
        let away = world.go(None).await;
        let refused = world.back(&away, without(&away, "7")).await.unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
    }
    assert!(world.journal.identities_of(acme.member_id).await.unwrap().is_empty());
    *world.provider.userinfo.lock().unwrap() = of("7", true);
    for _ in 0..2 {
        let away = world.go(None).await;
        let begun = world.back(&away, without(&away, "7")).await.unwrap();
        let signed_in = world.app.signed_in(begun.token.reveal()).await.unwrap();
        assert_eq!(signed_in.proof.person, acme.member_id);
    }
    assert_eq!(world.provider.asked("/userinfo"), 5, "whoever is known by the id_token is not asked about");
}

#[tokio::test]
async fn who_guesses_states_or_begins_without_end_is_slowed_down_and_who_went_there_comes_back() {
    let world = World::new();
    world.acme().await;
    let from = |address: &str| world.app.new_browser().unwrap().1.seen(Some(address.to_owned()), None);
    let (here, there) = (from("192.0.2.1"), from("192.0.2.2"));
    let tried = async |query: &str, browser: &Browser| {
        let came = world.app.back_from_provider(query, PUBLIC, (browser, None)).await;
        world.app.tried_from(Some("192.0.2.1"), came)
    };
    let (_, url) = world.app.go_to_provider("oidc", PUBLIC, (&here, None)).await.unwrap();
    let away = Away::to(url, here.clone());
    for _ in 0..20 {
        let invented = IssuedToken::generate(TokenForm::SignInState, &mut OperatingSystem).unwrap();
        assert_eq!(code_of(tried(&format!("state={}&code=c", invented.reveal()), &here).await), "unauthenticated");
    }
    assert!(matches!(tried("state=wro_x&code=c", &here).await, Err(Problem::TooMany)));
    *world.provider.told.lock().unwrap() = Some(honest(world.claims(&away, "7", MEMBER)));
    let query = format!("state={}&code=c&iss=https%3A%2F%2Fid.acme.example", away.state);
    assert!(matches!(tried(&query, &here).await, Ok(Back::SignedIn(_))), "who went there is let in all the same");

    let begin = async |browser: &Browser| world.app.go_to_provider("oidc", PUBLIC, (browser, None)).await;
    for _ in 0..199 {
        begin(&here).await.unwrap();
    }
    assert!(matches!(begin(&from("192.0.2.1")).await, Err(Problem::TooMany)), "whatever browser it is");
    begin(&there).await.unwrap();
    // Whoever is signed in owes for themselves what they begin.
    let link = world.app.make_link(ADMIN).await.unwrap();
    let begun = world.app.open_link(link.reveal(), &here, None).await.unwrap();
    let signed_in = world.app.signed_in(begun.token.reveal()).await.unwrap();
    world.app.go_to_provider("oidc", PUBLIC, (&here, Some(&signed_in))).await.unwrap();
    world.clock.advance_ms(100);
    begin(&here).await.unwrap();
}

// rows: WJ-6
#[tokio::test]
async fn an_invited_address_that_is_believed_lets_in_somebody_new_who_joins_by_the_invitation_alone() {
    let world = World::new();
    let acme = world.acme().await;
    let (email, role) = ("ann.beryl@acme.example".to_owned(), Some("admin".to_owned()));
    let new = InvitationToSend { email, role, ..InvitationToSend::default() };
    let sent = world.app.send_invitation(&acme.owner, new).await.unwrap();
    let link = sent.token.expect("a link");
    // Nobody else, and not an address of which the provider is not sure itself.
    for (email, verified) in [("bo@acme.example", json!(true)), ("ann.beryl@acme.example", json!(false))] {
        let away = world.go(None).await;
        let mut claims = world.claims(&away, "70", email);
        claims["email_verified"] = verified;
        assert_eq!(code_of(world.back(&away, honest(claims)).await), "unauthenticated", "{email}");
    }
    let away = world.go(None).await;
    let begun = world.back(&away, honest(world.claims(&away, "71", "ANN.Beryl@acme.example"))).await.unwrap();
    let ann = world.app.signed_in(begun.token.reveal()).await.unwrap();
    assert!(world.app.organizations_of(&ann).await.unwrap().is_empty(), "signed in is not joined");
    let accepting = Accepting { browser: &away.browser, signed_in: Some(&ann), name: None };
    let accepted = world.app.accept_invitation(link.reveal(), accepting).await.unwrap();
    assert_eq!(accepted.person, ann.proof.person);
    let caller = world.app.caller_in(&ann, "acme").await.unwrap();
    assert_eq!(world.app.show_access(&caller, Whose::Mine, None).await.unwrap().role.as_deref(), Some("admin"));
    // From then on it is the subject that lets them in.
    assert_eq!(world.through("71", "other@acme.example").await.unwrap(), accepted.person);
    assert!(world.through("72", "ann.beryl@acme.example").await.is_err());
}
