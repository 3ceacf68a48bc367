//! The tokens of accounts at upstreams, against an authorization server that takes each refresh token once: renewed by one
//! request, kept before they are used, gone with their account, and seen when they end by those whom it concerns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use app::Caller;
use app::accounts::{AccountState, AccountToken, AccountView, NoToken, TokenWanted};
use app::integrations::{NewCredential, NewIntegration};
use app::members::NewMember;
use app::ports::{Content, Fetched, Fetching, Web};
use app::sign_in::SignedIn;
use domain::grant::Profile;
use domain::integration::{CredentialKind, Whose};
use serde_json::{Value, json};

use crate::world::{MEMBER, OWNER, World, code_of};

const MINUTE: i64 = 60_000;
const URL: &str = "https://crm.example/mcp";
const ISSUER: &str = "https://login.crm.example";
const PUBLIC: &str = "https://gate.acme.example";
const SECOND_MEMBER: &str = "bea.schist@acme.example";

/// An authorization server that knows what it gave out, and takes a refresh token once.
#[derive(Default)]
struct Rotating {
    /// The refresh token that is good, by the account that signed in there.
    good: Mutex<HashMap<String, u32>>,
    /// What was asked for, in order: `code`, `refresh ACCOUNT`, `revoke`.
    asked: Mutex<Vec<String>>,
    /// Accounts whose tokens it gives out no more.
    ended: Mutex<Vec<String>>,
}

impl Rotating {
    fn asked(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.starts_with(what)).count()
    }

    fn token(&self, form: &HashMap<String, String>) -> (u16, Value) {
        let mut good = self.good.lock().unwrap();
        let (account, number) = if let Some(code) = form.get("code") {
            self.asked.lock().unwrap().push("code".to_owned());
            (code.clone(), 1)
        } else {
            let (account, number) = form["refresh_token"].rsplit_once('/').unwrap();
            self.asked.lock().unwrap().push(format!("refresh {account}"));
            let is_over = self.ended.lock().unwrap().iter().any(|ended| ended == account);
            if is_over || good.get(account) != number.parse().ok().as_ref() {
                return (400, json!({"error": "invalid_grant"}));
            }
            (account.to_owned(), good[account] + 1)
        };
        good.insert(account.clone(), number);
        let (access, refresh) = (format!("access/{account}/{number}"), format!("{account}/{number}"));
        let given =
            json!({"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": 3600});
        (200, given)
    }
}

fn answer((status, body): (u16, Value)) -> Fetching<'static> {
    let fetched = Fetched { status, body: body.to_string().into_bytes(), kept_s: None };
    Box::pin(async {
        // As long as it takes, others come.
        tokio::task::yield_now().await;
        Ok(fetched)
    })
}

impl Web for Rotating {
    fn get<'f>(&'f self, url: &'f str, _: Option<&'f str>, _: usize) -> Fetching<'f> {
        let at = |path: &str| format!("{ISSUER}{path}");
        if url == at("/.well-known/oauth-authorization-server") {
            return answer((
                200,
                json!({
                    "issuer": ISSUER, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
                    "registration_endpoint": at("/register"), "revocation_endpoint": at("/revoke"),
                    "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
                }),
            ));
        }
        match url {
            "https://crm.example/.well-known/oauth-protected-resource/mcp" => {
                answer((200, json!({"resource": URL, "authorization_servers": [ISSUER]})))
            }
            _ => answer((404, Value::Null)),
        }
    }

    fn post<'f>(&'f self, url: &'f str, _: Option<&'f str>, content: Content<'f>, _: usize) -> Fetching<'f> {
        let (Content::Form(body) | Content::Json(body)) = content;
        match url.rsplit('/').next() {
            Some("register") => answer((201, json!({"client_id": "wardroom"}))),
            Some("token") => answer(self.token(&fields(body))),
            _ => {
                self.asked.lock().unwrap().push("revoke".to_owned());
                answer((200, Value::Null))
            }
        }
    }
}

fn fields(text: &str) -> HashMap<String, String> {
    let plain = |text: &str| text.replace("%2F", "/").replace("%3A", ":");
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), plain(value)))
        .collect()
}

/// An organization in which everybody connects their own account at one integration.
struct House {
    world: World,
    server: Arc<Rotating>,
}

impl House {
    async fn new() -> House {
        let (mut world, server) = (World::new(), Arc::<Rotating>::default());
        world.reaches(server.clone(), PUBLIC);
        let acme = world.acme().await;
        let (email, name) = (SECOND_MEMBER.to_owned(), "Bea Schist".to_owned());
        let bea = NewMember { email, name, role: Some("member".to_owned()), key_label: None };
        world.app.add_member(&acme.owner, bea).await.unwrap();
        world.upstreams.lists(URL, &["whoami"]);
        let kind = CredentialKind::OAuth { whose: Whose::Person, client_id: None, scope: None };
        let new = NewIntegration {
            slug: Some("crm".to_owned()),
            title: "CRM".to_owned(),
            purpose: String::new(),
            url: URL.to_owned(),
            credential: NewCredential { kind, secret: None },
        };
        world.app.connect_integration(&acme.owner, new).await.unwrap();
        for member in [MEMBER, SECOND_MEMBER] {
            let to = app::grants::Receiver::Member(member);
            world.give(&acme.owner, to, "crm", Profile::Full).await.unwrap();
        }
        House { world, server }
    }

    /// The process ends and begins anew; what is at hand is forgotten.
    async fn restart(&mut self) {
        self.world.restart().await;
        self.world.reaches(self.server.clone(), PUBLIC);
    }

    /// Somebody who is signed in connects their account, which is called as they are there.
    async fn connects(&self, email: &str) -> (Caller, TokenWanted) {
        let (_, signed_in): (_, SignedIn) = self.world.signed_in(email).await;
        let app = &self.world.app;
        let caller = app.caller_in(&signed_in, "acme").await.unwrap();
        let url = app.go_to_upstream((&caller, &signed_in), "crm").await.unwrap();
        let state = fields(url.split_once('?').unwrap().1)["state"].clone();
        let account = email.split('.').next().unwrap();
        let query = format!("code={account}&state={state}");
        app.back_from_upstream(&signed_in, ("/connect/acme/crm/back", &query)).await.unwrap();
        let (org, snapshot) = (caller.live.org(), caller.live.snapshot());
        let integration = snapshot.integration_by_slug("crm").unwrap().id;
        let account = snapshot.account(integration, caller.actor.subject.person());
        (
            caller,
            TokenWanted {
                org,
                integration,
                account: Some(account.unwrap()),
                as_of: snapshot.integration(integration).unwrap().credential_as_of,
                refused: None,
            },
        )
    }

    async fn token(&self, wanted: TokenWanted) -> String {
        text(self.world.app.renewed_token(wanted).await)
    }

    async fn seen_by(&self, caller: &Caller) -> Vec<AccountView> {
        self.world.app.accounts_at(caller, "crm").await.unwrap()
    }
}

fn text(token: Result<AccountToken, NoToken>) -> String {
    token.map_or_else(|none| format!("{none:?}"), |token| token.text.to_string())
}

// rows: PW-4
#[tokio::test]
async fn of_many_who_want_a_new_token_one_asks_for_it_ahead_of_the_end_and_it_is_kept_before_it_is_used() {
    let mut house = House::new().await;
    let (_, wanted) = house.connects(MEMBER).await;
    assert_eq!(house.token(wanted).await, "access/mona/1");
    house.world.clock.advance_ms(58 * MINUTE);
    assert_eq!(house.world.app.token_at_hand(&wanted).map(text).as_deref(), Some("access/mona/1"));
    house.world.clock.advance_ms(MINUTE);
    assert!(house.world.app.token_at_hand(&wanted).is_none(), "a minute before its end it is renewed");
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let app = house.world.app.clone();
        waiting.spawn(async move { text(app.renewed_token(wanted).await) });
    }
    let given = waiting.join_all().await;
    assert!(given.iter().all(|given| given == "access/mona/2"), "{given:?}");
    assert_eq!(house.server.asked("refresh"), 1);
    // Of those whose token is not taken, too, one asks for another.
    let refused = Some(house.world.app.token_at_hand(&wanted).unwrap().unwrap().mark);
    for _ in 0..3 {
        assert_eq!(house.token(TokenWanted { refused, ..wanted }).await, "access/mona/3");
    }
    assert_eq!(house.server.asked("refresh"), 2);
    // What was given last is what is kept, and by it goes on who begins anew.
    house.restart().await;
    assert_eq!(house.token(wanted).await, "access/mona/3");
    house.world.clock.advance_ms(60 * MINUTE);
    assert_eq!(house.token(wanted).await, "access/mona/4");
    assert_eq!(house.server.asked("refresh"), 3);
}

// rows: C-16
#[tokio::test]
async fn a_disconnected_account_gives_no_token_any_more_and_its_server_is_told() {
    let mut house = House::new().await;
    let (mona, wanted) = house.connects(MEMBER).await;
    let (bea, of_bea) = house.connects(SECOND_MEMBER).await;
    let account = wanted.account.unwrap().to_string();
    assert_eq!(house.token(wanted).await, "access/mona/1");
    // Another's is not theirs to disconnect, nor to know of.
    let refused = house.world.app.disconnect_account(&bea, "crm", &account).await;
    assert_eq!(code_of(refused), "lacks-permission");
    assert_eq!(house.token(wanted).await, "access/mona/1");
    house.world.app.disconnect_account(&mona, "crm", &account).await.unwrap();
    for _ in 0..2 {
        assert!(house.world.app.token_at_hand(&wanted).is_none_or(|token| token.is_err()));
        assert!(house.token(wanted).await.starts_with("Ended"), "{}", house.token(wanted).await);
        house.restart().await;
    }
    assert_eq!(house.token(of_bea).await, "access/bea/1", "another's goes on");
    house.world.app.give_back_what_is_due().await.unwrap();
    assert_eq!((house.server.asked("refresh"), house.server.asked("revoke")), (0, 1));
}

// rows: PW-4, PW-16
#[tokio::test]
async fn a_broken_connection_is_shown_to_whose_it_is_and_to_who_may_mend_the_integration_and_to_nobody_else() {
    let mut house = House::new().await;
    let (mona, wanted) = house.connects(MEMBER).await;
    let (bea, of_bea) = house.connects(SECOND_MEMBER).await;
    let (_, owner) = house.world.signed_in(OWNER).await;
    let owner = house.world.app.caller_in(&owner, "acme").await.unwrap();
    house.server.ended.lock().unwrap().push("mona".to_owned());
    house.world.clock.advance_ms(60 * MINUTE);
    assert!(house.token(wanted).await.starts_with("Ended"));
    assert_eq!(house.token(of_bea).await, "access/bea/2");
    for seen in [house.seen_by(&mona).await, house.seen_by(&owner).await] {
        let hers = seen.iter().find(|view| Some(view.id) == wanted.account).unwrap();
        assert!(matches!(&hers.state, AccountState::Ended { why, .. } if !why.is_empty()), "{hers:?}");
    }
    assert_eq!(house.seen_by(&owner).await.len(), 2);
    for (caller, wanted) in [(&mona, wanted), (&bea, of_bea)] {
        let seen: Vec<_> = house.seen_by(caller).await.iter().map(|view| Some(view.id)).collect();
        assert_eq!(seen, [wanted.account]);
    }
    // It is not tried again and again, also by a process that begins anew.
    let before = house.server.asked("refresh mona");
    house.restart().await;
    assert!(house.token(wanted).await.starts_with("Ended"));
    assert_eq!(house.server.asked("refresh mona"), before);
}
