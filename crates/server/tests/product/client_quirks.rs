//! What AI clients are known to do differently, each as a test: from their own trackers, and from those of servers that they did
//! not work with. Whole clients are run in `tests/clients`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::oauth::gate::{BACK, Gate, VERIFIER, back, error, form, tokens};
use crate::sign_in::{Answer, Browser};
use crate::world::Mcp;

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn registered(gate: &Gate, document: &Value) -> Value {
    let answer = Browser::new(&gate.server.url).send("POST", "/oauth/register", &[JSON], &document.to_string());
    assert_eq!(answer.status, 201, "{document}: {}", answer.text);
    answer.json()
}

/// The page on which somebody is asked about a client that wants them sent there.
fn asked(gate: &Gate, client: &Value, redirect_uri: &str) -> Answer {
    let client_id = client["client_id"].as_str().expect("an identifier");
    gate.ada.get(&gate.program.authorize(client_id, &[("redirect_uri", Some(redirect_uri))]))
}

/// The code that a client gets for a yes.
fn code(gate: &Gate, client_id: &str, changes: &[(&str, Option<&str>)]) -> String {
    let page = gate.ada.get(&gate.program.authorize(client_id, changes));
    assert_eq!(page.status, 200, "{}", page.text);
    back(&gate.program.answer(&gate.ada, &page, "connect"))["code"].clone()
}

// What each client registers with is what its users report; where it then has people sent back to is what it does.
#[test]
fn what_known_clients_register_with_is_taken_and_their_people_are_asked() {
    let gate = Gate::start();
    let native = |uris: Value| {
        json!({ "client_name": "A client", "redirect_uris": uris, "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"] })
    };
    let with = |mut document: Value, more: Value| {
        for (name, value) in more.as_object().unwrap() {
            document[name] = value.clone();
        }
        document
    };
    for (who, document, redirect_uri) in [
        // It takes another port than that with which it registered (github/copilot-cli#1951, #4800).
        ("Copilot CLI", native(json!(["http://127.0.0.1:33418/"])), "http://127.0.0.1:63450/"),
        // Without a port, by both names (anthropics/claude-code#90370).
        (
            "Claude Code",
            native(json!(["http://localhost/callback", "http://127.0.0.1/callback"])),
            "http://localhost:57470/callback",
        ),
        (
            "VS Code",
            with(
                native(json!([
                    "https://insiders.vscode.dev/redirect",
                    "https://vscode.dev/redirect",
                    "http://127.0.0.1/",
                    "http://127.0.0.1:33418/"
                ])),
                json!({ "client_uri": "https://code.visualstudio.com", "application_type": "native" }),
            ),
            "http://127.0.0.1:51000/",
        ),
        ("VS Code", native(json!(["https://vscode.dev/redirect"])), "https://vscode.dev/redirect"),
        // It says to be a web application, or nothing, and has a scheme of its own (better-auth/better-auth#10946).
        (
            "Cursor",
            with(
                native(json!([
                    "cursor://anysphere.cursor-mcp/oauth/callback",
                    "https://www.cursor.com/agents/mcp/oauth/callback",
                    "http://localhost:8787/callback"
                ])),
                json!({ "application_type": "web" }),
            ),
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ),
        (
            "Claude",
            with(
                native(json!(["https://claude.ai/api/mcp/auth_callback"])),
                json!({ "token_endpoint_auth_method": "client_secret_post", "scope": "" }),
            ),
            "https://claude.ai/api/mcp/auth_callback",
        ),
        (
            "ChatGPT",
            json!({ "client_name": "ChatGPT", "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"] }),
            "https://chatgpt.com/connector_platform_oauth_redirect",
        ),
        // They leave out what has a default, or send it empty (charmbracelet/crush#3854).
        ("the least", json!({ "redirect_uris": ["http://localhost:1/cb"] }), "http://localhost:2/cb"),
        (
            "the emptiest",
            with(
                native(json!(["http://[::1]/cb"])),
                json!({ "client_name": null, "client_uri": "", "logo_uri": null, "contacts": [], "jwks": null }),
            ),
            "http://[::1]:4000/cb",
        ),
    ] {
        let page = asked(&gate, &registered(&gate, &document), redirect_uri);
        assert_eq!(page.status, 200, "{who}: {}", page.text);
    }
    // The two names of this machine are not one address: whoever registers one alone is sent to that one alone.
    let client = registered(&gate, &native(json!(["http://localhost/callback"])));
    for other in ["http://127.0.0.1/callback", "http://127.0.0.1:57470/callback", "http://localhost:57470/callback/"] {
        assert_eq!(asked(&gate, &client, other).status, 400, "{other}");
    }
}

// A client that is told of a grant or a method that it then is refused breaks later (InsForge/insforge-mcp#104); one that is told
// of addresses or names that are none breaks at once (anthropics/claude-code#13685).
#[test]
fn the_answer_to_a_registration_says_what_holds_and_nothing_that_is_empty() {
    let gate = Gate::start();
    let redirect_uris = json!(["http://127.0.0.1:33418/", "https://client.example/callback?a=b"]);
    for (asked, method) in [
        (json!({}), "none"),
        (json!({ "token_endpoint_auth_method": "none" }), "none"),
        (json!({ "token_endpoint_auth_method": "client_secret_post" }), "client_secret_post"),
        (json!({ "token_endpoint_auth_method": "client_secret_basic" }), "client_secret_basic"),
        (json!({ "grant_types": ["authorization_code"], "scope": "openid", "client_uri": "" }), "none"),
    ] {
        let mut document = json!({ "client_name": "A client", "redirect_uris": redirect_uris });
        document.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
        let told = registered(&gate, &document);
        assert_eq!(told["redirect_uris"], redirect_uris, "as they came, in their order");
        assert_eq!(told["grant_types"], json!(["authorization_code", "refresh_token"]));
        assert_eq!((&told["response_types"], &told["client_name"]), (&json!(["code"]), &json!("A client")));
        assert_eq!(told["token_endpoint_auth_method"], method);
        let issued_at = told["client_id_issued_at"].as_i64().expect("in whole seconds");
        assert!((1_700_000_000..10_000_000_000).contains(&issued_at), "{issued_at}");
        let has_secret = method != "none";
        assert_eq!(told["client_secret"].is_string(), has_secret, "{told}");
        // It never ends: FastMCP throws away a client whose secret has an end that is over.
        assert_eq!(told.get("client_secret_expires_at"), has_secret.then(|| json!(0)).as_ref());
        let empty: Vec<_> = told.as_object().unwrap().iter().filter(|(_, it)| it.is_null() || **it == "").collect();
        assert!(empty.is_empty(), "{empty:?}");
        // There is no address at which a registration is managed (RFC 7592), and so none is named.
        assert!(told.get("registration_client_uri").is_none() && told.get("registration_access_token").is_none());
    }
}

#[test]
fn a_client_shows_itself_in_the_way_that_it_registered_for_and_may_try_the_other_first() {
    let gate = Gate::start();
    let post = |fields: &[(&str, &str)], authorization: Option<String>| {
        let mut headers = vec![FORM];
        headers.extend(authorization.as_deref().map(|header| ("authorization", header)));
        let answer = Browser::new(&gate.server.url).send("POST", "/oauth/token", &headers, &form(fields));
        (answer.status, answer.json())
    };
    let basic = |client_id: &str, secret: &str| {
        let shown = STANDARD.encode(format!("{client_id}:{secret}"));
        Some(format!("Basic {shown}"))
    };
    for method in ["client_secret_post", "client_secret_basic"] {
        let client = registered(&gate, &json!({ "redirect_uris": [BACK], "token_endpoint_auth_method": method }));
        let (client_id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
        let brought = |code: &str| {
            vec![("grant_type", "authorization_code"), ("code", code), ("code_verifier", VERIFIER)]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect::<Vec<_>>()
        };
        let send = |code: &str, more: &[(&str, &str)], authorization| {
            let fields = brought(code);
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            fields.extend(more);
            post(&fields, authorization)
        };
        // By the form and by the header, whichever it registered for: libraries choose by themselves.
        let by_form = [("client_id", client_id), ("client_secret", secret)];
        tokens(&send(&code(&gate, client_id, &[]), &by_form, None));
        tokens(&send(&code(&gate, client_id, &[]), &[], basic(client_id, secret)));
        tokens(&send(&code(&gate, client_id, &[]), &by_form[..1], basic(client_id, secret)));
        let kept = code(&gate, client_id, &[]);
        for told in [
            send(&kept, &by_form[..1], None),
            send(&kept, &[("client_id", client_id), ("client_secret", "wrs_wrong")], None),
            send(&kept, &[], basic(client_id, "wrs_wrong")),
        ] {
            assert_eq!(error(&told), (401, "invalid_client"));
        }
        tokens(&send(&kept, &by_form, None));
    }
    // One without a secret, whose library tries the header with none first (Go's oauth2): the code is still good.
    let client_id = gate.program.register();
    let kept = code(&gate, &client_id, &[]);
    let fields = [("grant_type", "authorization_code"), ("code", &kept), ("code_verifier", VERIFIER)];
    assert_eq!(error(&post(&fields, basic(&client_id, ""))), (401, "invalid_client"));
    tokens(&gate.program.exchange(&client_id, &kept, VERIFIER));
    // A client that is not known (any more) is told so in the way upon which Claude registers anew.
    assert_eq!(error(&gate.program.refresh("registered_00000000000000000000", "wrf_x")), (401, "invalid_client"));
}

// microsoft/vscode#259251, getsentry/sentry-mcp#837, exa-labs/exa-mcp-server#387.
// rows: PW-19
#[test]
fn an_address_is_named_again_as_it_was_pasted_with_a_slash_at_its_end_or_without() {
    let gate = Gate::start();
    let client_id = gate.program.register();
    for end in ["", "/"] {
        let path = format!("/o/{}/mcp{end}", gate.program.org);
        let refused = Browser::new(&gate.server.url).send("POST", &path, &[JSON], "{}");
        let metadata = format!("/.well-known/oauth-protected-resource{path}");
        let named = format!("resource_metadata=\"{}{metadata}\"", gate.server.url);
        assert_eq!(refused.status, 401, "{path}");
        assert!(refused.header("www-authenticate").contains(&named), "{}", refused.header("www-authenticate"));
        let resource = format!("{}{path}", gate.server.url);
        assert_eq!(Browser::new(&gate.server.url).get(&metadata).json()["resource"], json!(resource), "byte for byte");
        // What was found there is asked for, and named once more with the code and with the next token.
        let code = code(&gate, &client_id, &[("resource", Some(&resource))]);
        let fields = |fields: &[(&str, &str)]| {
            let own = [("client_id", client_id.as_str()), ("resource", resource.as_str())];
            gate.program.send("/oauth/token", &[fields, &own].concat())
        };
        let code = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)];
        let issued = tokens(&fields(&code));
        let issued = tokens(&fields(&[("grant_type", "refresh_token"), ("refresh_token", &issued.refresh)]));
        for end in ["", "/"] {
            let url = format!("{}/o/{}/mcp{end}", gate.server.url, gate.program.org);
            let answer = Mcp::new(&url, &issued.access).send("tools/list", None, json!({})).expect("an answer");
            assert_eq!(answer.status(), 200, "{url}");
        }
    }
    // Whoever asks at the root alone learns of the address that has no organization in it (kernel/kernel-mcp-server#91).
    let root = Browser::new(&gate.server.url).get("/.well-known/oauth-protected-resource").json();
    assert_eq!(root["resource"], json!(format!("{}/mcp", gate.server.url)));
    // No slash is made up for one that was pasted without, and none is lost within.
    for (path, status) in [("/mcp", 200), ("/mcp/", 200), ("/mcp/stripe/", 200), ("/o/acme/mcp/a/b", 404)] {
        let told = Browser::new(&gate.server.url).get(&format!("/.well-known/oauth-protected-resource{path}"));
        assert_eq!(told.status, status, "{path}");
        if status == 200 {
            assert_eq!(told.json()["resource"], json!(format!("{}{path}", gate.server.url)));
        }
    }
}

#[test]
fn scopes_that_there_are_not_and_other_parameters_change_nothing() {
    let gate = Gate::start();
    let client_id = gate.program.register();
    for changes in [
        vec![("scope", Some("openid offline_access mcp:tools")), ("prompt", Some("consent"))],
        vec![("scope", Some("homeassistant mcp")), ("access_type", Some("offline")), ("nonce", Some("n"))],
        vec![("resource", None), ("scope", Some("offline_access"))],
        vec![("state", None), ("audience", Some("https://other.example"))],
    ] {
        let issued = tokens(&gate.program.exchange(&client_id, &code(&gate, &client_id, &changes), VERIFIER));
        assert_eq!(gate.program.status(&issued.access), 200, "{changes:?}");
        let more = [("scope", "openid offline_access"), ("client_id", &client_id)];
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", &issued.refresh)];
        let again = gate.program.send("/oauth/token", &[&refresh[..], &more].concat());
        assert_eq!(gate.program.status(&tokens(&again).access), 200, "{changes:?}");
    }
}

// OpenID Connect Discovery 1.0, section 3. The validators of clients insist on these fields (modelcontextprotocol/typescript-sdk
// parses them), and ChatGPT wants the document, also below the token endpoint (homeassistant-ai/ha-mcp#531, #533).
#[test]
fn what_openid_connect_calls_its_document_has_what_must_be_in_it_and_nothing_that_is_not_so() {
    let gate = Gate::start();
    let url = |path: &str| json!(format!("{}{path}", gate.server.url));
    let server = Browser::new(&gate.server.url).get("/.well-known/oauth-authorization-server").json();
    for path in ["/.well-known/openid-configuration", "/oauth/token/.well-known/openid-configuration"] {
        let mut document = Browser::new(&gate.server.url).get(path).json();
        let keys = document["jwks_uri"].as_str().unwrap().to_owned();
        let keys = Browser::new(&gate.server.url).get(keys.strip_prefix(&gate.server.url).expect("they are here"));
        assert_eq!((keys.status, keys.json()), (200, json!({ "keys": [] })), "nothing is signed");
        for (name, value) in [
            ("issuer", url("")),
            ("authorization_endpoint", url("/oauth/authorize")),
            ("token_endpoint", url("/oauth/token")),
            ("jwks_uri", url("/oauth/keys")),
            ("response_types_supported", json!(["code"])),
            ("subject_types_supported", json!(["public"])),
            ("id_token_signing_alg_values_supported", json!([])),
        ] {
            assert_eq!(document[name], value, "{path}: {name}");
        }
        for name in ["userinfo_endpoint", "claims_supported", "end_session_endpoint"] {
            assert!(document.get(name).is_none(), "{path}: there is no {name}");
        }
        // All else is what the other document says.
        for name in ["jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported"] {
            document.as_object_mut().unwrap().remove(name);
            assert!(server.get(name).is_none(), "{name}");
        }
        assert_eq!(document, server, "{path}");
    }
}

#[test]
fn a_client_that_looks_for_the_server_where_it_is_not_is_told_that_nothing_is_there() {
    let gate = Gate::start();
    let issuer = gate.server.url.as_str();
    // The issuer has no path, and both documents are at the root alone; each names it byte for byte, without a slash.
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let document = Browser::new(&gate.server.url).get(path);
        assert_eq!((document.status, &document.json()["issuer"]), (200, &json!(issuer)), "{path}");
        assert_eq!(document.header("content-type"), "application/json");
    }
    // Clients that take the pasted address for the issuer go on from a 404, and from nothing else.
    let org = &gate.program.org;
    for path in [
        format!("/.well-known/oauth-authorization-server/o/{org}/mcp"),
        format!("/.well-known/openid-configuration/o/{org}/mcp"),
        format!("/o/{org}/mcp/.well-known/openid-configuration"),
        format!("/o/{org}/mcp/.well-known/oauth-protected-resource"),
        "/.well-known/oauth-authorization-server/mcp".to_owned(),
    ] {
        assert_eq!(Browser::new(&gate.server.url).get(&path).status, 404, "{path}");
    }
    // A page of another origin asks first, and may send what these clients send (the Inspector in a browser).
    let asks = [("origin", "http://localhost:6274"), ("access-control-request-method", "POST")];
    for path in ["/oauth/token", "/oauth/register", "/.well-known/oauth-protected-resource/mcp/"] {
        let told = Browser::new(&gate.server.url).send("OPTIONS", path, &asks, "");
        assert_eq!((told.status, told.header("access-control-allow-origin")), (204, "*"), "{path}");
        assert!(told.header("access-control-allow-headers").contains("mcp-protocol-version"), "{path}");
    }
}

/// Speaks the protocol of sessions, as clients of the years before do.
fn legacy(gate: &Gate, token: &str, session: Option<&str>, message: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![JSON, ("accept", "application/json, text/event-stream"), ("authorization", bearer.as_str())];
    headers.extend(session.map(|session| ("mcp-session-id", session)));
    Browser::new(&gate.server.url).send("POST", &format!("/o/{}/mcp", gate.program.org), &headers, &message.to_string())
}

// rows: PW-19
#[test]
fn a_session_of_the_older_protocol_is_its_clients_whichever_of_its_tokens_comes() {
    let gate = Gate::start();
    let client_id = gate.program.register();
    let connected =
        |known_as: &str| tokens(&gate.program.exchange(known_as, &gate.program.code(&gate.ada, known_as), VERIFIER));
    let (issued, anew, other) = (connected(&client_id), connected(&client_id), connected(&gate.program.register()));
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "mcp-remote", "version": "1" } } });
    let begun = legacy(&gate, &issued.access, None, &hello);
    assert_eq!(begun.status, 200, "{}", begun.text);
    let session = begun.header("mcp-session-id").to_owned();
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(legacy(&gate, &issued.access, Some(&session), &ready).status, 202, "by the token that began it");
    let next = tokens(&gate.program.refresh(&client_id, &issued.refresh));
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    assert_eq!(legacy(&gate, &next.access, Some(&session), &list).status, 200, "by the next one");
    // The Python client sees its session as ended where it is not found after it was connected anew to be let do more.
    assert_eq!(legacy(&gate, &anew.access, Some(&session), &list).status, 200, "by one with which it was let do more");
    assert_eq!(legacy(&gate, &other.access, Some(&session), &list).status, 404, "and by no other client of hers");
}
