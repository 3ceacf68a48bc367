//! Calls that go out with an account at the upstream: the organization's, or that of whoever calls.

use domain::command::Command;
use domain::grant::{Grantee, Profile};
use domain::id::{AccountId, IntegrationId};
use domain::integration::{CredentialKind, IntegrationEdit, Whose};
use domain::key::KeyScope;
use serde_json::json;

use crate::upstream::{Era, Upstream};
use crate::world::{Log, Person, World, log};

fn account(number: u8) -> AccountId {
    AccountId::from_random([number; 20])
}

fn oauth(whose: Whose) -> CredentialKind {
    CredentialKind::OAuth { whose, client_id: None, scope: None }
}

async fn world(log: &Log, era: Era, credential: CredentialKind) -> (World, Upstream, IntegrationId) {
    let (world, upstream) = (World::start_signing_in(log).await, Upstream::start(era, log).await);
    let mail = world.shared.connect_with(&world.org, ("mail", &upstream.url), credential);
    (world, upstream, mail)
}

impl World {
    fn has_account(&self, number: u8, integration: IntegrationId, person: Option<&Person>, tokens: &[&str]) {
        let account = account(number);
        let tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
        self.shared.tokens.lock().unwrap().insert(Some(account), tokens);
        self.change(Command::ConnectAccount { account, integration, person: person.map(|person| person.id) });
    }

    fn member_with(&self, name: &str, integration: IntegrationId) -> Person {
        let person = self.add_member(name);
        self.grant(&person, integration, Profile::Full, &[]);
        person
    }
}

// rows: PW-23
#[tokio::test]
async fn each_persons_calls_go_out_with_their_own_account_and_in_a_session_of_their_own() {
    for era in [Era::Modern, Era::Legacy] {
        let log = log();
        let (world, upstream, mail) = world(&log, era, oauth(Whose::Person)).await;
        let [ada, ben] = ["Ada", "Ben"].map(|name| world.member_with(name, mail));
        world.has_account(1, mail, Some(&ada), &["of-ada"]);
        world.has_account(2, mail, Some(&ben), &["of-ben"]);
        for (person, token) in [(&ada, "of-ada"), (&ben, "of-ben"), (&ada, "of-ada")] {
            world.client(person).call("mail__get_echo", json!({})).await;
            let (headers, _) = upstream.last("tools/call");
            assert_eq!(headers["authorization"], format!("Bearer {token}"));
        }
        // Another account of the same person is another session there, too.
        world.has_account(3, mail, Some(&ada), &["of-ada-2"]);
        world.client(&ada).call("mail__get_echo", json!({})).await;
        let (headers, _) = upstream.last("tools/call");
        assert_eq!(headers["authorization"], "Bearer of-ada-2");
        if era == Era::Legacy {
            assert_eq!(headers["mcp-session-id"], "s3");
            for (method, headers, _) in &*upstream.shared.received.lock().unwrap() {
                let session = headers.get("mcp-session-id").map(|id| id.to_str().unwrap());
                let wanted = match headers["authorization"].to_str().unwrap() {
                    "Bearer of-ada" => "s1",
                    "Bearer of-ben" => "s2",
                    _ => "s3",
                };
                assert!(session.is_none_or(|session| session == wanted), "{method} in {session:?} with {headers:?}");
            }
        }
    }
}

#[tokio::test]
async fn who_has_no_account_is_told_where_to_connect_it_and_nothing_is_sent() {
    let log = log();
    let (world, _upstream, mail) = world(&log, Era::Modern, oauth(Whose::Person)).await;
    let [ada, ben] = ["Ada", "Ben"].map(|name| world.member_with(name, mail));
    world.has_account(1, mail, Some(&ben), &["of-ben"]);
    let link = format!("{}/connect/{}/mail", world.base, world.org.id);
    // A client that shows no links: in words.
    for client in [world.client(&ada), world.client(&ada).modern()] {
        let reply = client.call("mail__get_echo", json!({})).await;
        let result = &reply.json()["result"];
        assert_eq!(
            (&result["isError"], &result["_meta"]["io.wardroom/failure"]["code"]),
            (&json!(true), &json!("upstream-not-connected"))
        );
        assert!(reply.tool_text().contains(&link), "{}", reply.text);
    }
    // A client of the newer revision that shows them: as a question, once.
    let modern = world.client(&ada).modern().showing_links();
    let reply = modern.call("mail__get_echo", json!({})).await.json();
    let asked = &reply["result"]["inputRequests"]["io.wardroom/connect"];
    assert_eq!(
        (&reply["result"]["resultType"], &asked["method"]),
        (&json!("input_required"), &json!("elicitation/create"))
    );
    assert_eq!((&asked["params"]["mode"], &asked["params"]["url"]), (&json!("url"), &json!(link)));
    let answered = json!({
        "name": "mail__get_echo", "arguments": {}, "inputResponses": { "io.wardroom/connect": { "action": "accept" } },
    });
    let again = modern.rpc("2", "tools/call", answered.clone()).await;
    assert!(again.tool_text().contains(&link), "not asked for ever: {}", again.text);
    // And of the older one: as the error that it knows.
    let legacy = world.client(&ada).showing_links().initialize().await;
    let reply = legacy.call("mail__get_echo", json!({})).await.json();
    assert_eq!(reply["error"]["code"], -32042);
    let asked = &reply["error"]["data"]["elicitations"][0];
    assert_eq!((&asked["mode"], &asked["url"]), (&json!("url"), &json!(link)));
    assert!(asked["elicitationId"].is_string());
    assert_eq!(log.count("upstream"), 0, "{:?}", log.lines());
    assert_eq!(log.count("token for"), 0, "nobody else's was asked for");
    // Once it is connected, the same call goes out, and the answer to our question does not.
    world.has_account(2, mail, Some(&ada), &["of-ada"]);
    assert!(modern.rpc("3", "tools/call", answered).await.json()["result"]["structuredContent"].is_object());
    assert!(world.shared.log.lines().iter().any(|line| line == "upstream tools/call get_echo"));
    assert_eq!(_upstream.last("tools/call").1["params"].get("inputResponses"), None);
}

#[tokio::test]
async fn an_account_of_everybodys_is_not_asked_of_who_calls() {
    let log = log();
    let (world, upstream, mail) = world(&log, Era::Modern, oauth(Whose::Organization)).await;
    let ada = world.member_with("Ada", mail);
    let client = world.client(&ada).modern().showing_links();
    let told = client.call("mail__get_echo", json!({})).await.tool_text();
    assert!(told.contains("Mail is not connected yet; ask "), "{told}");
    let link = world.client(&world.owner).call("mail__get_echo", json!({})).await.tool_text();
    assert!(link.contains("/connect/"), "who may connect it is told where: {link}");
    world.has_account(1, mail, None, &["of-all"]);
    client.call("mail__get_echo", json!({})).await;
    assert_eq!(upstream.last("tools/call").0["authorization"], "Bearer of-all");
}

#[tokio::test]
async fn who_is_nobody_has_no_account_and_an_agent_has_that_of_whom_it_acts_for() {
    let log = log();
    let (world, upstream, mail) = world(&log, Era::Modern, oauth(Whose::Person)).await;
    let ada = world.member_with("Ada", mail);
    world.has_account(1, mail, Some(&ada), &["of-ada"]);
    let (agent, alone) = world.add_agent("Bot");
    let grantee = Grantee::Agent(agent);
    let (profile, tools_off) = (Profile::Full, Default::default());
    world.change(Command::SetGrant { grantee, integration: mail, profile, tools_off, expires_at: None });
    let key = world.shared.workspace_key(&world.org, KeyScope::All);
    for nobody in [&key, &alone] {
        let told = world.client(nobody).call("mail__get_echo", json!({})).await.tool_text();
        assert!(told.contains("with a key of your own"), "{told}");
    }
    assert_eq!(log.count("upstream"), 0);
    world.change(Command::Delegate { agent, person: ada.id, expires_at: None });
    let for_ada = world.agent_key(agent, Some(ada.id));
    let reply = world.client(&for_ada).call("mail__get_echo", json!({})).await;
    assert!(reply.json()["result"]["structuredContent"].is_object(), "{}", reply.text);
    assert_eq!(upstream.last("tools/call").0["authorization"], "Bearer of-ada");
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_renewed_once_and_the_call_sent_again() {
    for era in [Era::Modern, Era::Legacy] {
        let log = log();
        let (world, upstream, mail) = world(&log, era, oauth(Whose::Person)).await;
        let ada = world.member_with("Ada", mail);
        world.has_account(1, mail, Some(&ada), &["old", "new"]);
        let renewed = || log.count(&format!("token for {} but Some(0)", account(1)));
        let call = async || {
            let reply = world.client(&ada).call("mail__get_echo", json!({})).await;
            assert!(reply.json()["result"]["structuredContent"].is_object(), "{}", reply.text);
            upstream.last("tools/call").0["authorization"].to_str().unwrap().to_owned()
        };
        // The handshake meets it first.
        *upstream.shared.takes.lock().unwrap() = Some(vec!["new".to_owned()]);
        assert_eq!((call().await.as_str(), renewed()), ("Bearer new", 1));
        *upstream.shared.takes.lock().unwrap() = None;
        assert_eq!((call().await.as_str(), renewed()), ("Bearer old", 1));
        // And then, with everything known, the call itself.
        *upstream.shared.takes.lock().unwrap() = Some(vec!["new".to_owned()]);
        assert_eq!((call().await.as_str(), renewed()), ("Bearer new", 2));
        assert_eq!(log.count("upstream tools/call get_echo"), 3, "what was refused ran nothing");
        assert_eq!(log.count("finish get_echo succeeded"), 3);
    }
}

#[tokio::test]
async fn where_no_token_is_taken_the_person_is_told_and_it_is_kept() {
    let log = log();
    let (world, upstream, mail) = world(&log, Era::Modern, oauth(Whose::Person)).await;
    let ada = world.member_with("Ada", mail);
    world.has_account(1, mail, Some(&ada), &["old", "new"]);
    *upstream.shared.takes.lock().unwrap() = Some(Vec::new());
    let told = world.client(&ada).call("mail__get_echo", json!({})).await.tool_text();
    assert!(told.contains("has ended") && told.contains("/connect/"), "{told}");
    assert!(log.lines().contains(&format!("trouble {} NotTaken", account(1))), "{:?}", log.lines());
    // And where none can be had at the moment, that it is worth another try.
    world.has_account(2, mail, Some(&ada), &[]);
    let told = world.client(&ada).call("mail__get_echo", json!({})).await.tool_text();
    assert!(told.contains("try again shortly"), "{told}");
}

#[tokio::test]
async fn who_is_let_do_less_than_a_call_needs_is_told_to_connect_anew() {
    let log = log();
    let (world, upstream, mail) = world(&log, Era::Modern, oauth(Whose::Person)).await;
    let ada = world.member_with("Ada", mail);
    world.has_account(1, mail, Some(&ada), &["of-ada"]);
    *upstream.shared.wants.lock().unwrap() = Some("mail.send".to_owned());
    let told = world.client(&ada).call("mail__update_record", json!({})).await.tool_text();
    assert!(told.contains("wants more rights") && told.contains("/connect/"), "{told}");
    let kept = format!("trouble {} WantsMore(Some(\"mail.send\"))", account(1));
    assert!(log.lines().contains(&kept), "{:?}", log.lines());
}

// rows: C-16
#[tokio::test]
async fn a_call_whose_account_is_disconnected_before_it_leaves_stays_in_the_house() {
    let log = log();
    let (world, upstream, mail) = world(&log, Era::Modern, oauth(Whose::Person)).await;
    let ada = world.member_with("Ada", mail);
    world.has_account(1, mail, Some(&ada), &["of-ada"]);
    for another_takes_its_place in [false, true] {
        let gate = world.shared.recorder_gate.acquire().await.unwrap();
        let client = world.client(&ada).modern();
        let begun = log.count("begin get_echo");
        let call = tokio::spawn(async move { client.call("mail__get_echo", json!({})).await });
        while log.count("begin get_echo") == begun {
            tokio::task::yield_now().await;
        }
        match another_takes_its_place {
            true => world.has_account(3, mail, Some(&ada), &["of-ada-3"]),
            false => world.change(Command::DisconnectAccount { account: account(1), integration: mail }),
        }
        drop(gate);
        let reply = call.await.unwrap().json();
        assert_eq!(reply["error"]["data"]["code"], "account-disconnected", "{reply}");
        world.has_account(2, mail, Some(&ada), &["of-ada-2"]);
    }
    assert_eq!(log.count("upstream tools/call"), 0, "{:?}", log.lines());
    world.client(&ada).call("mail__get_echo", json!({})).await;
    assert_eq!(upstream.last("tools/call").0["authorization"], "Bearer of-ada-2");
}

#[tokio::test]
async fn a_call_under_way_ends_with_the_account_with_which_it_went_out() {
    let log = log();
    let (world, _upstream, mail) = world(&log, Era::Modern, oauth(Whose::Person)).await;
    let [ada, ben] = ["Ada", "Ben"].map(|name| world.member_with(name, mail));
    world.has_account(1, mail, Some(&ada), &["of-ada"]);
    world.has_account(2, mail, Some(&ben), &["of-ben"]);
    let mut running = world.client(&ada).modern().stream("1", "mail__get_stuck_stream").await;
    log.has("upstream tools/call get_stuck_stream").await;
    // Another's end is nothing to it.
    world.change(Command::DisconnectAccount { account: account(2), integration: mail });
    world.change(Command::DisconnectAccount { account: account(1), integration: mail });
    let mut last = json!(null);
    while let Some(message) = running.next().await {
        last = message;
    }
    assert_eq!(last["error"]["data"]["code"], "account-disconnected", "{last}");
    log.has("finish get_stuck_stream cut account-disconnected").await;
}

/// A call that waits for its token while something happens; gives the code with which it ends, and what was sent until then.
async fn meanwhile(
    era: Era,
    credential: &CredentialKind,
    change: impl Fn(IntegrationId) -> Command,
) -> (String, usize) {
    let log = log();
    let (world, _upstream, mail) = world(&log, era, credential.clone()).await;
    let ada = world.member_with("Ada", mail);
    if let CredentialKind::OAuth { .. } = credential {
        world.has_account(1, mail, Some(&ada), &["of-ada"]);
    }
    world.shared.tokens.lock().unwrap().insert(None, vec!["old".to_owned()]);
    let gate = world.shared.token_gate.acquire().await.unwrap();
    let client = world.client(&ada).modern();
    let call = tokio::spawn(async move { client.call("mail__get_echo", json!({})).await });
    log.has("token for").await;
    world.change(change(mail));
    drop(gate);
    let ended = call.await.unwrap().json()["error"]["data"]["code"].as_str().unwrap_or_default().to_owned();
    assert!(log.has("finish get_echo").await.ends_with(&format!("cut {ended}")), "{:?}", log.lines());
    (ended, log.count("upstream"))
}

#[tokio::test]
async fn what_was_prepared_before_a_credential_is_set_anew_or_an_account_ends_is_not_shown_in_a_handshake_either() {
    let application = CredentialKind::ClientCredentials { client_id: "desk".to_owned(), scope: None };
    for era in [Era::Modern, Era::Legacy] {
        // The same way with another secret is another credential.
        let anew = |integration| {
            let edit = IntegrationEdit { credential: Some(application.clone()), ..IntegrationEdit::default() };
            Command::EditIntegration { integration, edit }
        };
        assert_eq!(meanwhile(era, &application, anew).await, ("credential-changed".to_owned(), 0));
        let ended = |integration| Command::DisconnectAccount { account: account(1), integration };
        assert_eq!(meanwhile(era, &oauth(Whose::Person), ended).await, ("account-disconnected".to_owned(), 0));
    }
}

#[tokio::test]
async fn a_call_goes_on_where_something_else_of_its_integration_changes_and_after_it_has_left() {
    let log = log();
    let application = CredentialKind::ClientCredentials { client_id: "desk".to_owned(), scope: None };
    let (world, upstream, mail) = world(&log, Era::Modern, application.clone()).await;
    let ada = world.member_with("Ada", mail);
    let edit = |edit| world.change(Command::EditIntegration { integration: mail, edit });
    world.shared.tokens.lock().unwrap().insert(None, vec!["old".to_owned()]);
    let gate = world.shared.token_gate.acquire().await.unwrap();
    let running = tokio::spawn({
        let client = world.client(&ada).modern();
        async move { client.stream("1", "mail__get_stuck_stream").await }
    });
    log.has("token for").await;
    edit(IntegrationEdit { title: Some("Post".to_owned()), ..IntegrationEdit::default() });
    drop(gate);
    log.has("upstream tools/call get_stuck_stream").await;
    // Only what has not left yet is held to the credential.
    edit(IntegrationEdit { credential: Some(application), ..IntegrationEdit::default() });
    upstream.shared.release.notify_waiters();
    let mut last = json!(null);
    let mut running = running.await.unwrap();
    while let Some(message) = running.next().await {
        last = message;
    }
    assert!(last["result"].is_object(), "{last}");
}
