//! AI clients that people connected, as time goes by: what ends by itself ends at its moment, and what comes again later than
//! an honest mistake ends the client, also where the process began anew meanwhile.

use app::Problem;
use app::clients::{AuthorizeFault, IssuedTokens, OAuthError, OAuthRefusal, SentBack, Yes};
use app::sign_in::SignedIn;
use domain::grant::Profile;
use identity::token::{PresentedToken, TokenForm};

use crate::world::{MEMBER, OWNER, World};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const BACK: &str = "http://127.0.0.1:9/callback";
const DOCUMENT: &[u8] = br#"{"redirect_uris":["http://127.0.0.1:9/callback"]}"#;
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What the person says who is asked.
const YES: Yes<'_> = Yes { organization: "acme", profile: Profile::Full };

/// An organization, somebody in it who is signed in, and a program that has registered itself.
struct House {
    world: World,
    person: SignedIn,
    client_id: String,
}

impl House {
    async fn of(email: &str) -> House {
        let world = World::new();
        world.acme().await;
        let (_, person) = world.signed_in(email).await;
        let client_id = world.app.register_client(DOCUMENT, None).await.unwrap().client_id;
        House { world, person, client_id }
    }

    fn query(&self) -> String {
        format!(
            "response_type=code&client_id={}&redirect_uri={BACK}&code_challenge={CHALLENGE}&code_challenge_method=S256",
            self.client_id
        )
    }

    async fn code(&self) -> String {
        code_in(&self.world.app.connect_client(&self.person, &self.query(), YES).await.unwrap())
    }

    async fn exchange(&self, code: &str) -> Result<IssuedTokens, OAuthError> {
        let form =
            format!("grant_type=authorization_code&code={code}&client_id={}&code_verifier={VERIFIER}", self.client_id);
        self.world.app.tokens_for(form.as_bytes(), None).await.map_err(error)
    }

    async fn refresh(&self, tokens: &IssuedTokens) -> Result<IssuedTokens, OAuthError> {
        let refresh = tokens.refresh.reveal();
        let form = format!("grant_type=refresh_token&refresh_token={refresh}&client_id={}", self.client_id);
        self.world.app.tokens_for(form.as_bytes(), None).await.map_err(error)
    }

    async fn connected(&self) -> IssuedTokens {
        self.exchange(&self.code().await).await.unwrap()
    }

    /// Whether an access token lets its client in.
    async fn is_let_in(&self, tokens: &IssuedTokens) -> bool {
        let app = &self.world.app;
        let presented = PresentedToken::parse(TokenForm::ClientAccess, tokens.access.reveal()).unwrap();
        let Some(shown) = app.client_of(&presented).await.unwrap() else { return false };
        self.world.live(shown.org).await.snapshot().admit(shown.credential(), app.now()).is_ok()
    }

    fn pass_ms(&self, ms: i64) {
        self.world.clock.advance_ms(ms);
    }
}

fn code_in(SentBack(to): &SentBack) -> String {
    to.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

fn error(refusal: OAuthRefusal) -> OAuthError {
    match refusal {
        OAuthRefusal::Fault(fault) => fault.error,
        OAuthRefusal::Problem(problem) => panic!("broken: {problem}"),
    }
}

/// What is told to who brings what is good for nothing.
const NOT_GOOD: Option<OAuthError> = Some(OAuthError::InvalidGrant);

// rows: PW-19
#[tokio::test]
async fn a_code_is_good_for_a_minute_an_access_token_for_an_hour_and_the_one_for_the_next_for_thirty_days() {
    let house = House::of(MEMBER).await;
    let [first, second] = [house.code().await, house.code().await];
    house.pass_ms(MINUTE - 1);
    let issued = house.exchange(&first).await.unwrap();
    house.pass_ms(1);
    assert_eq!(house.exchange(&second).await.err(), NOT_GOOD);
    house.pass_ms(HOUR - 2);
    assert!(house.is_let_in(&issued).await);
    house.pass_ms(1);
    assert!(!house.is_let_in(&issued).await, "an hour after it was given");
    house.pass_ms(30 * DAY - HOUR - 1);
    let next = house.refresh(&issued).await.unwrap();
    assert!(house.is_let_in(&next).await && !house.is_let_in(&issued).await);
    house.pass_ms(30 * DAY);
    assert_eq!(house.refresh(&next).await.err(), NOT_GOOD);
}

// rows: PW-19
#[tokio::test]
async fn a_refresh_token_that_comes_again_ends_the_client_once_it_can_be_no_mistake() {
    let house = House::of(MEMBER).await;
    let first = house.connected().await;
    let second = house.refresh(&first).await.unwrap();
    house.pass_ms(10 * SECOND);
    assert_eq!(house.refresh(&first).await.err(), NOT_GOOD);
    assert!(house.is_let_in(&second).await, "an answer that was lost is no theft");
    let another = house.connected().await;
    house.pass_ms(1);
    assert_eq!(house.refresh(&first).await.err(), NOT_GOOD);
    assert!(!house.is_let_in(&first).await && !house.is_let_in(&second).await);
    assert_eq!(house.refresh(&second).await.err(), NOT_GOOD, "nor is what was given for it good for anything");
    assert!(house.is_let_in(&another).await, "what the same program was connected by besides goes on");
}

// rows: PW-19
#[tokio::test]
async fn a_refresh_token_that_was_spent_before_the_process_began_anew_ends_the_client_afterwards() {
    let mut house = House::of(MEMBER).await;
    let (first, another) = (house.connected().await, house.connected().await);
    let second = house.refresh(&first).await.unwrap();
    house.world.restart().await;
    assert!(house.is_let_in(&first).await && house.is_let_in(&second).await);
    assert_eq!(house.refresh(&first).await.err(), NOT_GOOD);
    house.pass_ms(10 * SECOND + 1);
    assert_eq!(house.refresh(&first).await.err(), NOT_GOOD);
    assert!(!house.is_let_in(&second).await);
    house.world.restart().await;
    assert!(!house.is_let_in(&second).await && house.is_let_in(&another).await);
    assert_eq!(house.refresh(&second).await.err(), NOT_GOOD);
    assert!(house.refresh(&another).await.is_ok());
}

#[tokio::test]
async fn a_code_that_comes_again_ends_what_came_of_it_also_once_it_would_have_ended_by_itself() {
    let mut house = House::of(MEMBER).await;
    let code = house.code().await;
    let issued = house.exchange(&code).await.unwrap();
    let next = house.refresh(&issued).await.unwrap();
    house.pass_ms(20 * MINUTE);
    house.world.restart().await;
    assert!(house.is_let_in(&next).await);
    assert_eq!(house.exchange(&code).await.err(), NOT_GOOD);
    assert!(!house.is_let_in(&next).await);
    assert_eq!(house.refresh(&next).await.err(), NOT_GOOD);
}

#[tokio::test]
async fn a_client_does_nothing_while_its_person_is_suspended_and_goes_on_afterwards() {
    let house = House::of(MEMBER).await;
    let issued = house.connected().await;
    let code = house.code().await;
    let owner = house.world.signed_in(OWNER).await.1;
    let owner = house.world.app.caller_in(&owner, "acme").await.unwrap();
    house.world.app.suspend_member(&owner, MEMBER).await.unwrap();
    assert!(!house.is_let_in(&issued).await);
    assert_eq!((house.refresh(&issued).await.err(), house.exchange(&code).await.err()), (NOT_GOOD, NOT_GOOD));
    assert!(house.world.app.connect_client(&house.person, &house.query(), YES).await.is_err());
    house.world.app.restore_member(&owner, MEMBER).await.unwrap();
    assert!(house.is_let_in(&issued).await && house.exchange(&code).await.is_ok());
    assert!(house.refresh(&issued).await.is_ok());
}

#[tokio::test]
async fn a_program_that_nobody_connects_is_forgotten_after_a_day_and_others_ninety_days_after_the_last_time() {
    let house = House::of(MEMBER).await;
    let says = |client_id: &str| format!("token=x&client_id={client_id}").into_bytes();
    let is_known = async |client_id: &str| house.world.app.revoke_token(&says(client_id), None).await.is_ok();
    let never = house.world.app.register_client(DOCUMENT, None).await.unwrap().client_id;
    house.pass_ms(DAY - 1);
    assert!(is_known(&house.client_id).await && is_known(&never).await);
    let code = house.code().await;
    house.pass_ms(1);
    assert!(is_known(&house.client_id).await && !is_known(&never).await);
    let query = house.query().replace(&house.client_id, &never);
    assert!(house.world.app.look_at_client(&house.person, &query).await.is_err());
    let issued = house.exchange(&code).await.unwrap();
    house.pass_ms(29 * DAY);
    assert!(house.refresh(&issued).await.is_ok());
    house.pass_ms(90 * DAY - 1);
    assert!(is_known(&house.client_id).await);
    house.pass_ms(1);
    assert!(!is_known(&house.client_id).await);
}

#[tokio::test]
async fn of_those_who_register_from_one_network_too_many_wait_and_nobody_else_does() {
    let house = House::of(MEMBER).await;
    let from =
        async |network: &str| house.world.app.register_client(DOCUMENT, Some(network)).await.map_err(error).err();
    for _ in 0..200 {
        assert_eq!(from("198.51.100.7").await, None);
    }
    assert_eq!(from("198.51.100.7").await, Some(OAuthError::TemporarilyUnavailable));
    assert_eq!((from("198.51.100.8").await, from("2001:db8::1").await), (None, None));
    house.pass_ms(100);
    assert_eq!(from("198.51.100.7").await, None);
    assert_eq!(from("198.51.100.7").await, Some(OAuthError::TemporarilyUnavailable));
    assert!(house.is_let_in(&house.connected().await).await, "who is here goes on");
}

#[tokio::test]
async fn a_client_reaches_as_far_as_its_person_said_with_every_token_and_never_further_than_it_asked() {
    let mut house = House::of(MEMBER).await;
    let query = format!("{}&scope=tools:write", house.query());
    let says = |profile| house.world.app.connect_client(&house.person, &query, Yes { profile, ..YES });
    let refused = says(Profile::Full).await;
    assert!(matches!(refused, Err(AuthorizeFault::Problem(Problem::Invalid { field: "profile", .. }))), "{refused:?}");
    let [less, asked] = [says(Profile::ReadOnly).await, says(Profile::NoDelete).await].map(Result::unwrap);
    let less = house.exchange(&code_in(&less)).await.unwrap();
    let asked = house.exchange(&code_in(&asked)).await.unwrap();
    let everything = house.connected().await;
    let scopes = [&less, &asked, &everything].map(|tokens| tokens.scope.as_str());
    assert_eq!(scopes, ["tools:read", "tools:read tools:write", "tools:read tools:write tools:delete"]);
    house.world.restart().await;
    for tokens in [&less, &asked, &everything] {
        assert_eq!(house.refresh(tokens).await.unwrap().scope, tokens.scope);
    }
}
