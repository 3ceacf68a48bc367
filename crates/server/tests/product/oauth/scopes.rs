//! How far a client may reach: what it asks for, what its person lets it do, and what it is told when that is not enough.

use serde_json::{Value, json};

use super::cases::Cases;
use super::gate::{FORM, Gate, VERIFIER, back, chosen_in, error, form, request_in, tokens};
use crate::sign_in::Answer;
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{MODERN, Mcp, succeeded};

const READ: &str = "tools:read";
const WRITE: &str = "tools:read tools:write";
const ALL: &str = "tools:read tools:write tools:delete";
/// A tool of each class, and what its call takes.
const LIST: (&str, &str) = ("stripe__list_customers", r#"{"limit":1}"#);
const CREATE: (&str, &str) = ("stripe__create_customer", r#"{"name":"Quill"}"#);
const DELETE: (&str, &str) = ("stripe__delete_customer", r#"{"customer":"cus_001001"}"#);

/// A client that was connected with these words, and the scope that it was told.
fn connected(gate: &Gate, client_id: &str, scope: Option<&str>) -> (String, String) {
    let code = gate.program.code_for(&gate.ada, client_id, &[("scope", scope)]);
    let answer = gate.program.exchange(client_id, &code, VERIFIER);
    (tokens(&answer).access, told(&answer))
}

/// The scope that a token answer names.
fn told((_, answer): &(u16, Value)) -> String {
    answer["scope"].as_str().unwrap_or_else(|| panic!("no scope: {answer}")).to_owned()
}

/// What is answered to a call in one of the two eras.
fn call(gate: &Gate, token: &str, (tool, arguments): (&str, &str), is_modern: bool) -> Answer {
    let arguments: Value = serde_json::from_str(arguments).unwrap();
    let mut params = json!({ "name": tool, "arguments": arguments });
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    if is_modern {
        params["_meta"] = json!({ "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {} });
        headers.extend([("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", tool)]);
    }
    let body = json!({ "jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": params });
    gate.program.ask("POST", &format!("/o/{}/mcp", gate.program.org), &headers, &body.to_string())
}

/// Whether a call came back with what the tool said.
fn is_done(answer: &Answer) -> bool {
    answer.status == 200 && answer.text.contains("\"result\"") && !answer.text.contains("\"isError\":true")
}

fn connections(gate: &Gate) -> usize {
    gate.owner.get("/clients").1["items"].as_array().expect("clients").len()
}

// rows: PW-19
#[test]
fn a_client_that_was_let_do_too_little_is_told_what_to_ask_for_and_does_it_once_its_person_agrees() {
    let (upstreams, gate) = (Upstreams::start(), Gate::start());
    let program = &gate.program;
    made(&gate.owner, "/integrations", upstreams.stripe());
    let client_id = program.register();
    let (access, scope) = connected(&gate, &client_id, Some(READ));
    assert_eq!(scope, READ);
    // It sees what its person may use: it can ask for nothing else.
    let listed = Mcp::new(&program.resource(), &access).tools();
    assert!([LIST, CREATE, DELETE].iter().all(|(tool, _)| listed.iter().any(|known| known == tool)), "{listed:?}");
    let metadata = format!("{}/.well-known/oauth-protected-resource/o/{}/mcp", gate.server.url, program.org);
    for is_modern in [true, false] {
        assert!(is_done(&call(&gate, &access, LIST, is_modern)));
        for (tool, needed) in [(CREATE, WRITE), (DELETE, ALL)] {
            let refused = call(&gate, &access, tool, is_modern);
            let challenge = refused.header("www-authenticate").to_owned();
            assert_eq!(
                (refused.status, challenge.as_str()),
                (
                    403,
                    format!(
                        "Bearer error=\"insufficient_scope\", scope=\"{needed}\", resource_metadata=\"{metadata}\", \
                         error_description=\"the person who connected this client let it do less than this; have them \
                         sign in to it again\""
                    )
                    .as_str()
                ),
                "{}",
                refused.text
            );
            let message = refused.json();
            assert_eq!((&message["id"], &message["error"]["code"]), (&json!("a"), &json!(1411)), "{message}");
            assert_eq!(message["error"]["data"]["code"], json!("client-profile"));
            assert_eq!(message["error"]["data"]["scope"], json!(needed));
            let text = message["error"]["message"].as_str().unwrap();
            assert!(text.contains("read, never change") && text.contains("sign in again"), "{text}");
        }
    }
    let reached = |tool: &str| upstreams.stats().tool_calls("stripe", tool);
    assert_eq!((reached("create_customer"), reached("delete_customer"), reached("list_customers")), (0, 0, 2));
    let record = gate.owner.get("/audit?kind=calls&decision=denied").1;
    let items = record["items"].as_array().unwrap();
    assert_eq!(items.len(), 4, "{record}");
    for (entry, tool) in items.iter().zip(["delete_customer", "create_customer"].into_iter().cycle()) {
        assert_eq!((&entry["reason"], &entry["tool"]), (&json!("client-profile"), &json!(tool)), "{entry}");
        assert_eq!(entry["credential"]["name"], json!("Test Client"));
        assert!(entry["integration"].is_object() || entry["integration"].is_string(), "{entry}");
    }
    // It asks for what it was told. Its person sees that, and says yes.
    let page = gate.ada.get(&program.authorize(&client_id, &[("scope", Some(WRITE))]));
    assert_eq!(chosen_in(&page), "no-delete", "{}", page.text);
    let code = back(&program.answer(&gate.ada, &page, "connect"))["code"].clone();
    let answer = program.exchange(&client_id, &code, VERIFIER);
    assert_eq!(told(&answer), WRITE);
    let stepped_up = tokens(&answer);
    for is_modern in [true, false] {
        assert!(is_done(&call(&gate, &stepped_up.access, CREATE, is_modern)));
        assert_eq!(call(&gate, &stepped_up.access, DELETE, is_modern).status, 403);
    }
    assert_eq!((reached("create_customer"), reached("delete_customer")), (2, 0));
    assert_eq!(call(&gate, &access, CREATE, true).status, 403, "what was connected for less is as it was");
    // Whoever asks for nothing in particular is let do everything that their person may, as ever.
    let (of_all, scope) = connected(&gate, &client_id, None);
    assert_eq!((scope.as_str(), call(&gate, &of_all, DELETE, true).status), (ALL, 200));
    // New tokens reach as far as the old ones, also after the process has begun anew.
    let gate = gate.killed();
    let answer = gate.program.refresh(&client_id, &stepped_up.refresh);
    assert_eq!(told(&answer), WRITE);
    assert_eq!(call(&gate, &tokens(&answer).access, DELETE, true).status, 403);
}

// rows: PW-19
#[test]
fn nobody_lets_a_client_do_more_than_it_asked_for() {
    let gate = Gate::start();
    let (program, ada) = (&gate.program, &gate.ada);
    let client_id = program.register();
    let asks = |scope: &str| ada.get(&program.authorize(&client_id, &[("scope", Some(scope))]));
    let (narrow, wide) = (asks(READ), asks(ALL));
    assert_eq!((chosen_in(&narrow), chosen_in(&wide)), ("read-only".to_owned(), "full".to_owned()));
    assert!(narrow.text.contains("Only look things up") && !narrow.text.contains("Everything that you may do"));
    let came_of = |answer: &Answer| (answer.status, answer.header("location").contains("code="));
    let answered = |page: &Answer, changes: &[(&str, Option<&str>)]| came_of(&program.answer_with(ada, page, changes));
    let mut cases = Cases::of("choices");
    let (invalid, refused) = ((422, false), (403, false));
    for profile in
        ["no-delete", "full", "FULL", "Full", "", "read-only full", "full,read-only", "tools:delete", "3", "*"]
    {
        cases.told(
            format!("asked to look, answered {profile:?}"),
            &answered(&narrow, &[("profile", Some(profile))]),
            &invalid,
        );
    }
    cases.told("no choice", &answered(&narrow, &[("profile", None)]), &invalid);
    // What was asked is bound to the page: another request, however near, takes another page.
    let of_narrow = request_in(&narrow);
    for (name, request) in [
        ("of the page that asks for more", request_in(&wide)),
        ("with another scope", of_narrow.replace("tools%3Aread", "tools%3Adelete")),
        ("without a scope", of_narrow.replace("scope=tools%3Aread", "x=y")),
        ("with a second scope", format!("{of_narrow}&scope=tools%3Adelete")),
    ] {
        assert_ne!(request, of_narrow, "{name}");
        for profile in ["read-only", "full"] {
            let changes = [("request", Some(request.as_str())), ("profile", Some(profile))];
            cases.told(format!("{name}, {profile}"), &answered(&narrow, &changes), &refused);
        }
    }
    // A field of the form that comes twice.
    let fields = [("csrf", narrow.csrf()), ("request", of_narrow), ("answer", "connect".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let ours = [FORM, ("origin", ada.url.as_str()), ("sec-fetch-site", "same-origin")];
    let twice = format!("{}&profile=full&profile=read-only", form(&fields));
    cases.told("the choice twice", &came_of(&ada.send("POST", "/oauth/authorize", &ours, &twice)), &invalid);
    assert_eq!(connections(&gate), 0);
    // Words that are nearly ours: whoever wrote one meant to reach less than everything.
    for scope in [
        "tools:READ",
        "Tools:read",
        "tools:*",
        "tools:",
        "tools:read,tools:write",
        "tools:read tools:admin",
        "tools:read\ttools:write",
    ] {
        let answer = asks(scope);
        let told = if answer.status == 303 { back(&answer)["error"].clone() } else { answer.text.clone() };
        cases.told(format!("{scope:?}"), &told.as_str(), &"invalid_scope");
    }
    let repeated = format!("{}&scope=tools%3Adelete", program.authorize(&client_id, &[("scope", Some(READ))]));
    cases.told("the scope twice", &ada.get(&repeated).status, &400);
    cases.end();
    assert_eq!(connections(&gate), 0);
    // Less than was asked for is theirs to choose.
    let answer = program.answer_with(ada, &wide, &[("profile", Some("read-only"))]);
    let answer = program.exchange(&client_id, &back(&answer)["code"], VERIFIER);
    assert_eq!((told(&answer).as_str(), connections(&gate)), (READ, 1));
    for (scope, chosen) in [("openid offline_access", "full"), ("", "full"), ("openid tools:write", "no-delete")] {
        assert_eq!(chosen_in(&asks(scope)), chosen, "{scope:?}");
    }
}

// rows: PW-19
#[test]
fn no_code_and_no_refresh_token_gives_more_than_its_person_let_the_client_do() {
    let gate = Gate::start();
    let program = &gate.program;
    let client_id = program.register();
    let code = |scope: &str| program.code_for(&gate.ada, &client_id, &[("scope", Some(scope))]);
    let (narrow, wide) = (code(READ), code(ALL));
    let exchange = |code: &str, more: &[(&str, &str)]| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &client_id),
            ("code_verifier", VERIFIER),
        ];
        program.send("/oauth/token", &[&fields, more].concat())
    };
    assert_eq!(error(&exchange(&narrow, &[("scope", READ), ("scope", ALL)])), (400, "invalid_request"));
    // What a code is for was said when it was asked for: a scope beside it is not looked at.
    let (narrow, wide) = (exchange(&narrow, &[("scope", ALL)]), exchange(&wide, &[("scope", READ)]));
    assert_eq!((told(&narrow).as_str(), told(&wide).as_str()), (READ, ALL));
    let refresh = |token: &str, scope: &str| {
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", &client_id), ("scope", scope)];
        program.send("/oauth/token", &fields)
    };
    let (narrow, wide) = (tokens(&narrow), tokens(&wide));
    for scope in [WRITE, ALL, "tools:delete", "tools:write", "openid tools:delete", "tools:READ", "tools:*"] {
        assert_eq!(error(&refresh(&narrow.refresh, scope)), (400, "invalid_scope"), "{scope}");
    }
    // That spends nothing and ends nothing; and nobody learns by it what another's token is good for.
    assert_eq!(program.status(&narrow.access), 200);
    assert_eq!(error(&refresh(&narrow.refresh[1..], ALL)), (400, "invalid_grant"));
    let next = refresh(&narrow.refresh, "openid offline_access tools:read");
    assert_eq!(told(&next), READ);
    // Asked for less, the client is told what it has: its person connects it anew where it is to have less.
    let next = refresh(&wide.refresh, READ);
    assert_eq!(told(&next), ALL);
    let of_other = tokens(&program.exchange(&client_id, &code(READ), VERIFIER));
    assert_eq!(error(&refresh(&of_other.refresh, ALL)), (400, "invalid_scope"), "each connection is its own");
}

#[test]
fn what_a_client_may_do_is_said_where_it_learns_what_to_ask_for_and_where_people_see_it() {
    let gate = Gate::start();
    let (program, client_id) = (&gate.program, gate.program.register());
    let words = json!(["tools:read", "tools:write", "tools:delete"]);
    let org = &program.org;
    for document in [
        "/.well-known/oauth-authorization-server".to_owned(),
        "/.well-known/openid-configuration".to_owned(),
        "/.well-known/oauth-protected-resource".to_owned(),
        format!("/.well-known/oauth-protected-resource/o/{org}/mcp"),
    ] {
        assert_eq!(gate.ada.get(&document).json()["scopes_supported"], words, "{document}");
    }
    // Not in the challenge to who is nobody yet: clients would ask for that alone, and people could choose nothing more.
    let stranger = program.ask("POST", &format!("/o/{org}/mcp"), &[("content-type", "application/json")], "{}");
    assert_eq!(stranger.status, 401);
    assert!(!stranger.header("www-authenticate").contains("scope"), "{}", stranger.header("www-authenticate"));

    for scope in [READ, WRITE, ALL] {
        connected(&gate, &client_id, Some(scope));
    }
    let profiles = |(status, list): (u16, Value)| {
        assert_eq!(status, 200, "{list}");
        let items = list["items"].as_array().unwrap().iter();
        items.map(|client| client["profile"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(profiles(gate.owner.get("/clients")), ["full", "no-delete", "read-only"]);
    let of_member = format!("/api/v1/orgs/{org}/members/ada@example.com/clients");
    assert_eq!(profiles(gate.ada.api("GET", &of_member, None)), ["full", "no-delete", "read-only"]);
    let page = gate.ada.get("/sign-in/clients").text;
    for shown in ["may do everything that you may", "may read and change, never delete", "may read, never change"] {
        assert_eq!(page.matches(shown).count(), 1, "{shown}: {page}");
    }
    let history = gate.owner.get("/audit?kind=changes").1;
    let newest = history["items"].as_array().unwrap().iter().take(3).map(|entry| entry["data"]["profile"].as_str());
    assert_eq!(newest.collect::<Vec<_>>(), [Some("full"), Some("no-delete"), Some("read-only")], "{history}");
}

// rows: PW-19
#[test]
fn only_where_it_would_help_is_a_client_told_to_ask_for_more() {
    let (upstreams, gate) = (Upstreams::start(), Gate::start());
    let program = &gate.program;
    made(&gate.owner, "/integrations", upstreams.stripe());
    let client_id = program.register();
    let (access, _) = connected(&gate, &client_id, Some(READ));
    let set = |tool: &str, body: Value| {
        let (status, answer) = gate.owner.patch(&format!("/integrations/stripe/tools/{tool}"), body);
        assert_eq!(status, 200, "{answer}");
    };
    assert_eq!(call(&gate, &access, CREATE, true).status, 403);
    set("create_customer", json!({ "off": true }));
    let off = call(&gate, &access, CREATE, true);
    assert_eq!((off.status, off.header("www-authenticate")), (200, ""), "{}", off.text);
    assert!(off.text.contains("switched off for everyone"), "{}", off.text);
    let nothing = call(&gate, &access, ("stripe__no_such_tool", "{}"), true);
    assert_eq!((nothing.status, nothing.text.contains("Unknown tool")), (200, true), "{}", nothing.text);
    // A tool that nobody has looked at counts as deleting, and what is called another class now is so on the next call.
    set("list_customers", json!({ "class": "delete" }));
    let (no_delete, _) = connected(&gate, &client_id, Some(WRITE));
    assert_eq!([&access, &no_delete].map(|token| call(&gate, token, LIST, true).status), [403, 403]);
    set("list_customers", json!({ "class": "write" }));
    assert_eq!([&access, &no_delete].map(|token| call(&gate, token, LIST, true).status), [403, 200]);
    set("list_customers", json!({ "class": "read" }));
    assert!(succeeded(&Mcp::new(&program.resource(), &access).call(LIST.0, json!({ "limit": 1 }))));
    // To ask for access changes something, too.
    assert_eq!(gate.owner.patch("", json!({ "settings": { "requests.agent_tool": true } })).0, 200);
    let ask = ("wardroom__request_access", r#"{"tool":"stripe__create_customer"}"#);
    let refused = call(&gate, &access, ask, true);
    assert_eq!((refused.status, refused.header("www-authenticate").contains(WRITE)), (403, true), "{}", refused.text);
    assert_eq!(gate.owner.get("/requests").1["items"], json!([]));
    assert_eq!(call(&gate, &no_delete, ask, true).status, 200);
    // What its person may themselves nobody has to grant.
    let own = call(&gate, &no_delete, ("wardroom__request_access", r#"{"tool":"stripe__delete_customer"}"#), true);
    assert!(own.status == 200 && own.text.contains("already-allowed"), "{}", own.text);
}
