//! Accounts at upstreams: where people are sent to sign in, and what is done with what they bring back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use app::accounts::{Connected, TokenWanted};
use app::integrations::{IntegrationChange, NewCredential, NewIntegration};
use app::ports::{Content, Fetched, Fetching, Web};
use app::sign_in::SignedIn;
use app::{Caller, Problem};
use domain::integration::{CredentialKind, Whose};
use domain::organization::SettingChange;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::world::{ADMIN, Acme, OWNER, World};

/// Authorization servers of everybody: what they say of themselves, and what was posted to them.
#[derive(Default)]
pub(crate) struct FakeServers {
    documents: Mutex<HashMap<String, Value>>,
    posts: Mutex<Vec<(String, String)>>,
    /// Whether they take nothing back at the moment.
    are_down: AtomicBool,
}

impl FakeServers {
    /// A protected server at `https://HOST.example/mcp`, with an authorization server of its own.
    fn stands(&self, host: &str) {
        let (resource, issuer) = (format!("https://{host}.example"), format!("https://login.{host}.example"));
        let at = |path: &str| format!("{issuer}{path}");
        let about = json!({
            "issuer": issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "registration_endpoint": at("/register"), "revocation_endpoint": at("/revoke"),
            "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
        });
        let mut documents = self.documents.lock().unwrap();
        documents.insert(at("/.well-known/oauth-authorization-server"), about);
        let protected = json!({"resource": format!("{resource}/mcp"), "authorization_servers": [issuer]});
        documents.insert(format!("{resource}/.well-known/oauth-protected-resource/mcp"), protected);
    }

    /// Has the authorization server of a host say something else of itself.
    fn says(&self, host: &str, name: &str, value: Value) {
        let address = format!("https://login.{host}.example/.well-known/oauth-authorization-server");
        self.documents.lock().unwrap().get_mut(&address).unwrap()[name] = value;
    }

    /// What was posted to addresses that end so, each with the host.
    pub(crate) fn posted(&self, path: &str) -> Vec<(String, String)> {
        let posts = self.posts.lock().unwrap().clone().into_iter();
        posts.filter_map(|(url, body)| Some((url.strip_suffix(path)?.to_owned(), body))).collect()
    }
}

fn answer(status: u16, body: &Value) -> Fetching<'static> {
    let fetched = Fetched { status, body: body.to_string().into_bytes(), kept_s: None };
    Box::pin(async { Ok(fetched) })
}

impl Web for FakeServers {
    fn get<'f>(&'f self, url: &'f str, _: Option<&'f str>, _: usize) -> Fetching<'f> {
        match self.documents.lock().unwrap().get(url) {
            Some(document) => answer(200, document),
            None => answer(404, &Value::Null),
        }
    }

    fn post<'f>(&'f self, url: &'f str, _: Option<&'f str>, content: Content<'f>, _: usize) -> Fetching<'f> {
        let (Content::Form(body) | Content::Json(body)) = content;
        let mut posts = self.posts.lock().unwrap();
        posts.push((url.to_owned(), body.to_owned()));
        let number = posts.len();
        let kind = "Bearer";
        match url.rsplit('/').next() {
            Some("register") => answer(201, &json!({"client_id": format!("client-{number}")})),
            Some("token") => {
                let (access, refresh) = (format!("access-{number}"), format!("refresh-{number}"));
                answer(200, &json!({"access_token": access, "refresh_token": refresh, "token_type": kind}))
            }
            _ if self.are_down.load(Ordering::SeqCst) => answer(503, &Value::Null),
            _ => answer(200, &Value::Null),
        }
    }
}

/// An organization whose owner is signed in, and servers at which each person connects their own account.
struct House {
    world: World,
    acme: Acme,
    servers: Arc<FakeServers>,
    owner: SignedIn,
    caller: Caller,
}

impl House {
    async fn new(hosts: &[&str]) -> House {
        let (mut world, servers) = (World::new(), Arc::<FakeServers>::default());
        world.reaches(servers.clone(), "https://gate.acme.example");
        let acme = world.acme().await;
        let (_, owner) = world.signed_in(OWNER).await;
        let caller = world.app.caller_in(&owner, "acme").await.unwrap();
        let house = House { world, acme, servers, owner, caller };
        for host in hosts {
            house.servers.stands(host);
            house.attach(host).await.unwrap();
        }
        house
    }

    async fn attach(&self, host: &str) -> Result<(), Problem> {
        let url = format!("https://{host}.example/mcp");
        self.world.upstreams.lists(&url, &["whoami"]);
        let kind = CredentialKind::OAuth { whose: Whose::Person, client_id: None, scope: None };
        let (slug, title, purpose) = (Some(host.to_owned()), host.to_uppercase(), String::new());
        let credential = NewCredential { kind, secret: None };
        let new = NewIntegration { slug, title, purpose, url, credential };
        self.world.app.connect_integration(&self.caller, new).await.map(|_| ())
    }

    /// Begins at an integration: gives the address to which the browser is sent.
    async fn goes(&self, integration: &str) -> Result<Away, Problem> {
        let url = self.world.app.go_to_upstream((&self.caller, &self.owner), integration).await?;
        let (page, query) = url.split_once('?').unwrap();
        let plain = |text: &str| text.replace("%3A", ":").replace("%2F", "/");
        let asked = query.split('&').filter_map(|pair| pair.split_once('='));
        let asked = asked.map(|(name, value)| (name.to_owned(), plain(value))).collect();
        Ok(Away { page: page.to_owned(), asked })
    }

    /// Connects the owner's account; gives the token that is given back when it ends.
    async fn connects(&self, integration: &str) -> String {
        let away = self.goes(integration).await.unwrap();
        self.comes(&away, &format!("/connect/acme/{integration}/back")).await.unwrap();
        format!("refresh-{}", self.servers.posts.lock().unwrap().len())
    }

    /// Gives back what is due now; says what it was, and where it was sent.
    async fn given_back(&self) -> Vec<(String, String)> {
        let before = self.servers.posted("/revoke").len();
        self.world.app.give_back_what_is_due().await.unwrap();
        let token = |body: &str| body.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap().to_owned();
        let sent = self.servers.posted("/revoke").into_iter().skip(before);
        sent.map(|(host, body)| (host, token(&body))).collect()
    }

    /// How many documents wait to be given back, whenever their turn comes.
    async fn waiting(&self) -> usize {
        self.world.journal.secrets_to_give_back(Timestamp(i64::MAX), 100).await.unwrap().len()
    }

    async fn comes(&self, away: &Away, path: &str) -> Result<Connected, Problem> {
        let query = format!("code=c&state={}", away.asked["state"]);
        self.world.app.back_from_upstream(&self.owner, (path, &query)).await
    }
}

/// Somebody on their way to sign in at an upstream.
struct Away {
    page: String,
    asked: HashMap<String, String>,
}

#[tokio::test]
async fn an_answer_is_taken_only_at_the_address_of_the_integration_for_which_somebody_went() {
    let house = House::new(&["honest", "evil"]).await;
    let org = house.caller.live.org();
    for path in [
        "/connect/acme/honest/back".to_owned(),
        "/connect/back".to_owned(),
        "/connect/acme/evil".to_owned(),
        "/connect/acme/Evil/back".to_owned(),
        "/connect/acme/evil/back/".to_owned(),
        format!("/connect/{org}/evil/back"),
    ] {
        let away = house.goes("evil").await.unwrap();
        assert_eq!(away.asked["redirect_uri"], "https://gate.acme.example/connect/acme/evil/back");
        let refused = house.comes(&away, &path).await.unwrap_err();
        assert!(matches!(refused, Problem::Invalid { .. }), "{path}: {refused}");
        assert_eq!(house.servers.posted("/token"), [], "{path}: nothing is sent anywhere");
        let again = house.comes(&away, "/connect/acme/evil/back").await.unwrap_err();
        assert!(matches!(again, Problem::Missing { .. }), "{path}: they come back once");
    }
    let away = house.goes("evil").await.unwrap();
    let connected = house.comes(&away, "/connect/acme/evil/back").await.unwrap();
    assert_eq!((connected.organization.as_str(), connected.integration.as_str()), ("acme", "evil"));
    assert_eq!(house.servers.posted("/token").len(), 1);
}

#[tokio::test]
async fn nobody_is_sent_to_sign_in_at_a_server_that_says_that_it_is_another() {
    let house = House::new(&["honest", "evil"]).await;
    house.servers.says("evil", "authorization_endpoint", json!("https://login.honest.example/authorize?for=evil"));
    let refused = house.goes("evil").await.err().expect("it is another's page").to_string();
    assert!(refused.contains("https://login.honest.example"), "{refused}");
    // Two hosts of one server are no other.
    for (name, path) in [("token_endpoint", "/token"), ("authorization_endpoint", "/authorize")] {
        house.servers.says("evil", name, json!(format!("https://accounts.evil.example{path}")));
    }
    assert_eq!(house.goes("evil").await.unwrap().page, "https://accounts.evil.example/authorize");
    house.servers.says("evil", "token_endpoint", json!("https://tokens.evil.example/token"));
    assert_eq!(house.goes("evil").await.unwrap().page, "https://accounts.evil.example/authorize");
}

#[tokio::test]
async fn what_was_registered_with_another_way_back_is_registered_anew() {
    let mut house = House::new(&["honest"]).await;
    house.goes("honest").await.unwrap();
    assert_eq!(house.servers.posted("/register").len(), 1);
    house.world.reaches(house.servers.clone(), "https://new.acme.example");
    house.caller = house.world.app.caller_in(&house.owner, "acme").await.unwrap();
    let away = house.goes("honest").await.unwrap();
    assert_eq!(away.asked["redirect_uri"], "https://new.acme.example/connect/acme/honest/back");
    let registered = house.servers.posted("/register");
    assert_eq!(registered.len(), 2);
    assert!(registered[1].1.contains("\"https://new.acme.example/connect/acme/honest/back\""), "{}", registered[1].1);
    assert_eq!(away.asked["client_id"], "client-2");
}

const THERE: &str = "https://login.honest.example";

/// How an account may end.
#[derive(Clone, Copy, Debug)]
enum End {
    Disconnected,
    IntegrationDisconnected,
    CredentialChanged,
    MemberRemoved,
    OrganizationEnded,
}

impl House {
    async fn end(&mut self, end: End) {
        let (app, by) = (&self.world.app, &self.caller);
        match end {
            End::Disconnected => {
                let account = app.accounts_at(by, "honest").await.unwrap().remove(0).id;
                app.disconnect_account(by, "honest", account.as_str()).await.unwrap();
            }
            End::IntegrationDisconnected => app.disconnect_integration(by, "honest").await.unwrap(),
            End::CredentialChanged => {
                let credential = Some(NewCredential { kind: CredentialKind::None, secret: None });
                let change = IntegrationChange { credential, ..IntegrationChange::default() };
                app.edit_integration(by, "honest", change).await.unwrap();
            }
            End::MemberRemoved => app.remove_member(&self.acme.owner, ADMIN).await.map(|_| ()).unwrap(),
            End::OrganizationEnded => {
                let change = SettingChange::OrganizationDeleteAfterDays(1);
                app.change_settings(&self.acme.owner, None, vec![change]).await.unwrap();
                app.delete_organization(&self.acme.owner, Some("acme")).await.unwrap();
                self.world.clock.advance_ms(24 * 60 * 60 * 1_000);
                assert_eq!(app.erase_ended_organizations().await.unwrap(), 1);
            }
        }
    }
}

#[tokio::test]
async fn an_account_is_given_back_however_it_ends_and_nothing_is_kept_of_it() {
    use End::{CredentialChanged, Disconnected, IntegrationDisconnected, MemberRemoved, OrganizationEnded};
    for end in [Disconnected, IntegrationDisconnected, CredentialChanged, MemberRemoved, OrganizationEnded] {
        let mut house = House::new(&["honest"]).await;
        if let MemberRemoved = end {
            house.owner = house.world.signed_in(ADMIN).await.1;
            house.caller = house.world.app.caller_in(&house.owner, "acme").await.unwrap();
        }
        let token = house.connects("honest").await;
        let account = house.world.app.accounts_at(&house.caller, "honest").await.unwrap().remove(0).id;
        assert_eq!(house.given_back().await, [], "{end:?}: it has not ended");
        house.end(end).await;
        let org = house.acme.org;
        assert_eq!(house.world.journal.secret(org, account.as_str()).await.unwrap(), None, "{end:?}");
        // What waits outlives a restart.
        let servers = house.servers.clone();
        house.world.restart().await;
        house.world.reaches(servers, "https://gate.acme.example");
        assert_eq!(house.given_back().await, [(THERE.to_owned(), token)], "{end:?}");
        assert_eq!((house.given_back().await, house.waiting().await), (vec![], 0), "{end:?}: once");
    }
}

#[tokio::test]
async fn what_is_not_taken_back_is_tried_for_half_an_hour_and_deleted_then() {
    let mut house = House::new(&["honest"]).await;
    let token = house.connects("honest").await;
    house.servers.are_down.store(true, Ordering::SeqCst);
    house.end(End::Disconnected).await;
    for minutes in [1, 2, 4, 8, 16] {
        assert_eq!(house.given_back().await.len(), 1, "{minutes}");
        assert_eq!((house.given_back().await, house.waiting().await), (vec![], 1), "not before its turn");
        house.world.clock.advance_ms(minutes * 60_000);
    }
    assert_eq!(house.given_back().await, [(THERE.to_owned(), token)]);
    assert_eq!(house.waiting().await, 0);
    // One that takes nothing back is asked nothing.
    house.servers.says("honest", "revocation_endpoint", Value::Null);
    house.connects("honest").await;
    house.end(End::Disconnected).await;
    assert_eq!((house.given_back().await, house.waiting().await), (vec![], 0));
}

#[tokio::test]
async fn an_account_that_is_replaced_is_given_back_unless_that_might_end_the_new_one() {
    let house = House::new(&["honest"]).await;
    house.connects("honest").await;
    let second = house.connects("honest").await;
    assert_eq!((house.given_back().await, house.waiting().await), (vec![], 0), "the same client has both");
    // Another authorization server has nothing to do with the one before.
    house.servers.stands("other");
    let about =
        json!({"resource": "https://honest.example/mcp", "authorization_servers": ["https://login.other.example"]});
    let place = "https://honest.example/.well-known/oauth-protected-resource/mcp".to_owned();
    house.servers.documents.lock().unwrap().insert(place, about);
    house.connects("honest").await;
    assert_eq!(house.given_back().await, [(THERE.to_owned(), second)]);
    assert_eq!(house.waiting().await, 0);
}

#[tokio::test]
async fn a_token_of_an_application_is_not_at_hand_once_its_credential_is_set_anew() {
    let mut house = House::new(&["honest"]).await;
    let kind = CredentialKind::ClientCredentials { client_id: "desk".to_owned(), scope: None };
    house.servers.says("honest", "token_endpoint_auth_methods_supported", json!(["client_secret_post"]));
    let set_anew = async |secret: &str| {
        let credential = Some(NewCredential { kind: kind.clone(), secret: Some(secret.to_owned()) });
        let change = IntegrationChange { credential, ..IntegrationChange::default() };
        house.world.app.edit_integration(&house.caller, "honest", change).await.unwrap();
    };
    let wanted = || {
        let snapshot = house.caller.live.snapshot();
        let entry = snapshot.integration_by_slug("honest").unwrap();
        let (integration, as_of) = (entry.id, entry.credential_as_of);
        TokenWanted { org: house.acme.org, integration, account: None, as_of, refused: None }
    };
    set_anew("first").await;
    let before = wanted();
    house.world.app.renewed_token(before).await.unwrap();
    assert!(house.world.app.token_at_hand(&before).is_some());
    set_anew("second").await;
    let after = wanted();
    assert_ne!(before.as_of, after.as_of);
    assert!(house.world.app.token_at_hand(&after).is_none());
    // Nor does a late answer to who asked before become one.
    house.world.app.renewed_token(before).await.unwrap();
    assert!(house.world.app.token_at_hand(&after).is_none());
    house.world.app.renewed_token(after).await.unwrap();
    let (_, last) = house.servers.posted("/token").pop().unwrap();
    assert!(last.contains("client_secret=second"), "{last}");
    house.end(End::IntegrationDisconnected).await;
}
