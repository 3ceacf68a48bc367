//! What clients were given, shown at every door: it opens the one that it is for, and what is below that.

use std::collections::BTreeMap;

use serde_json::json;

use super::cases::Cases;
use super::gate::{BACK, Gate, Program, VERIFIER, error, form, status_at, tokens};
use super::token::{cookie, nearly};
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Api, Mcp, succeeded};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// The doors for tools, and what is answered there: to a client of one integration, to one of the organization, and to one of
/// another organization.
#[rustfmt::skip]
const DOORS: &[(&str, [u16; 3])] = &[
    ("/o/acme/mcp", [401, 200, 401]),
    ("/o/acme/mcp/", [401, 200, 401]),
    ("/mcp", [401, 200, 200]),
    ("/o/acme/mcp/stripe", [200, 200, 401]),
    ("/mcp/stripe", [200, 200, 404]),
    ("/o/acme/mcp/salesforce", [401, 200, 401]),
    ("/mcp/salesforce", [401, 200, 404]),
    ("/o/acme/mcp/none", [401, 404, 401]),
    ("/o/other/mcp", [401, 401, 200]),
    ("/o/other/mcp/stripe", [401, 401, 404]),
    ("/o/none/mcp", [401, 401, 401]),
];

// rows: PW-19
#[test]
fn a_client_that_was_connected_for_one_integration_is_let_in_at_its_door_and_at_no_other() {
    let (upstreams, gate) = (Upstreams::start(), Gate::start());
    let (program, base) = (&gate.program, &gate.server.url);
    for slug in ["stripe", "salesforce"] {
        made(&gate.owner, "/integrations", upstreams.named(slug));
    }
    let client_id = program.register();
    let connected = |resource: &str| {
        let code = program.code_for(&gate.ada, &client_id, &[("resource", Some(&format!("{base}{resource}")))]);
        tokens(&program.exchange(&client_id, &code, VERIFIER))
    };
    let page =
        gate.ada.get(&program.authorize(&client_id, &[("resource", Some(&format!("{base}/o/acme/mcp/stripe")))]));
    assert!(page.text.contains("It wants to use Stripe"), "{}", page.text);
    let elsewhere = Program { org: "other".to_owned(), ..program.clone() };
    let of_other = elsewhere.connected(&gate.eve).tokens.access;
    let mut cases = Cases::of("doors");
    for resource in ["/o/acme/mcp/stripe", "/mcp/stripe", "/o/acme/mcp/stripe/"] {
        let first = connected(resource);
        let next = tokens(&program.refresh(&client_id, &first.refresh));
        let everywhere = connected("/o/acme/mcp");
        for (door, expected) in DOORS {
            let at = |token: &str| status_at(&format!("{base}{door}"), token);
            let [one, all, other] = *expected;
            let told = [at(&first.access), at(&next.access), at(&everywhere.access), at(&of_other)];
            cases.told(format!("connected for {resource}, at {door}"), &told, &[one, one, all, other]);
        }
        // What it may call it is listed, and nothing else.
        let mcp = Mcp::new(&format!("{base}/o/acme/mcp/stripe"), &next.access);
        let tools = mcp.tools();
        let has = |name: &str| tools.iter().any(|tool| tool == name);
        assert!(has("list_customers") && !tools.iter().any(|tool| tool.contains("salesforce")), "{tools:?}");
        assert!(succeeded(&mcp.call("list_customers", json!({ "limit": 1 }))));
        assert!(!succeeded(&mcp.call("salesforce__bulk_export", json!({}))));
    }
    cases.end();
    // With its integration the door goes, and what is there later under another name is nothing to it.
    let held = connected("/o/acme/mcp/stripe");
    assert_eq!(gate.owner.delete("/integrations/stripe").0, 204);
    assert_eq!(status_at(&format!("{base}/o/acme/mcp/stripe"), &held.access), 404);
    assert_eq!(status_at(&format!("{base}/o/acme/mcp"), &held.access), 401);
}

#[test]
fn where_a_client_names_no_organization_it_is_connected_for_the_one_that_its_person_has() {
    let gate = Gate::start();
    let (program, base) = (&gate.program, &gate.server.url);
    let client_id = program.register();
    for resource in [Some(format!("{base}/mcp")), Some(format!("{base}/mcp/")), None] {
        let code = program.code_for(&gate.ada, &client_id, &[("resource", resource.as_deref())]);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("client_id", &client_id),
            ("code_verifier", VERIFIER),
        ];
        for other in [format!("{base}/o/other/mcp"), format!("{base}/mcp/stripe"), format!("{base}/o/none/mcp")] {
            let named = [fields.as_slice(), &[("resource", other.as_str())]].concat();
            assert_eq!(error(&program.send("/oauth/token", &named)), (400, "invalid_target"), "{other}");
        }
        let own = [fields.as_slice(), &[("resource", resource.as_deref().unwrap_or_default())]].concat();
        let issued = tokens(&program.send("/oauth/token", &own));
        assert_eq!((program.status(&issued.access), status_at(&format!("{base}/mcp"), &issued.access)), (200, 200));
        assert_eq!(status_at(&format!("{base}/o/other/mcp"), &issued.access), 401);
    }
}

/// What is answered to somebody who shows this in the header `Authorization`.
fn shown(program: &Program, headers: &[(&str, &str)], query: &str) -> u16 {
    let usual = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    let headers: Vec<_> = usual.iter().chain(headers).copied().collect();
    program.ask("POST", &format!("/o/{}/mcp{query}", program.org), &headers, PING).status
}

#[test]
fn nothing_but_an_access_token_whole_and_in_its_place_is_one() {
    let gate = Gate::start();
    let program = &gate.program;
    let own = program.connected(&gate.ada);
    let (access, bearer) = (&own.tokens.access, |text: &str| format!("Bearer {text}"));
    let secretive = json!({ "redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_post" });
    let secret = program.register_as(&secretive).1.unwrap();
    let unused = program.code(&gate.ada, &own.client_id);
    let mut cases = Cases::of("tokens");
    let good = bearer(access);
    cases.told("as it should be", &shown(program, &[("authorization", &good)], ""), &200);
    for (name, text) in [
        ("a refresh token", &own.tokens.refresh),
        ("a code", &unused),
        ("a code that was used", &own.code),
        ("a client's secret", &secret),
        ("a session", &cookie(&gate.ada)),
        ("a client's id", &own.client_id),
    ] {
        cases.told(name, &shown(program, &[("authorization", &bearer(text))], ""), &401);
        let rest = text.split_once('_').unwrap().1;
        let written = format!("{}_{rest}", access.split('_').next().unwrap());
        cases.told(
            format!("{name} written as one"),
            &shown(program, &[("authorization", &bearer(&written))], ""),
            &401,
        );
    }
    // A blank around it is none of it (RFC 9110, section 5.5).
    for text in nearly(access).iter().filter(|text| text.trim() != access && !text.contains('\0')) {
        cases.told(format!("nearly it: {text}"), &shown(program, &[("authorization", &bearer(text))], ""), &401);
    }
    for place in 0..access.len() {
        let short = &access[..place];
        cases.told(format!("its first {place}"), &shown(program, &[("authorization", &bearer(short))], ""), &401);
    }
    let key = bearer(&gate.owner.key);
    let (in_cookie, in_query) = (format!("wardroom-trial={access}"), format!("?access_token={access}"));
    for (name, headers, query) in [
        ("nothing", vec![], ""),
        ("in the address", vec![], in_query.as_str()),
        ("in a cookie", vec![("cookie", in_cookie.as_str())], ""),
        ("as a user", vec![("authorization", &*format!("Basic {access}"))], ""),
        ("as it stands", vec![("authorization", access)], ""),
        ("for a proxy", vec![("proxy-authorization", &good)], ""),
        ("twice", vec![("authorization", &good), ("authorization", &good)], ""),
        ("beside a key", vec![("authorization", &good), ("authorization", &key)], ""),
        ("two in one", vec![("authorization", &*format!("{good}, {good}"))], ""),
    ] {
        cases.told(name, &shown(program, &headers, query), &401);
    }
    cases.end();
}

#[test]
fn an_access_token_opens_no_door_that_is_not_for_tools() {
    let gate = Gate::start();
    let program = &gate.program;
    let own = program.connected(&gate.ada);
    let mut cases = Cases::of("other doors");
    for token in [&own.tokens.access, &own.tokens.refresh] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        for (method, path) in [
            ("GET", "/api/v1/orgs"),
            ("GET", "/api/v1/orgs/acme"),
            ("GET", "/api/v1/orgs/acme/members"),
            ("GET", "/api/v1/orgs/acme/clients"),
            ("DELETE", "/api/v1/orgs/acme/clients/cli_00000000000000000000"),
            ("POST", "/api/v1/orgs/acme/keys"),
            ("GET", "/api/v1/session"),
            ("GET", "/api/v1/sessions"),
            ("GET", "/scim/v2/acme/Users"),
            ("POST", "/access/v1/evaluation"),
        ] {
            let body = if method == "POST" { "{}" } else { "" };
            cases.told(format!("{method} {path}"), &program.ask(method, path, &headers, body).status, &401);
        }
        // It signs nobody in, and connects nothing further.
        let page = program.ask("GET", &program.authorize(&own.client_id, &[]), &headers, "");
        cases.told("the page", &(page.status, page.header("location").starts_with("/sign-in?")), &(303, true));
        let answer = program.ask("POST", "/oauth/authorize", &headers[..1], &form(&[("answer", "connect")]));
        cases.told("the answer", &(answer.status, answer.header("location")), &(303, "/sign-in"));
    }
    cases.end();
    assert_eq!(program.status(&own.tokens.access), 200);
}

#[test]
fn what_was_spent_or_ended_stays_so_and_what_was_given_stays_good_when_the_process_is_killed() {
    let gate = Gate::start();
    let program = &gate.program;
    let [spent, robbed, ended, kept] = [(); 4].map(|()| program.connected(&gate.ada));
    let next = tokens(&program.refresh(&spent.client_id, &spent.tokens.refresh));
    let unused = program.code(&gate.ada, &kept.client_id);
    assert_eq!(program.revoke(&ended.client_id, &ended.tokens.access).0, 200);
    let gate = gate.killed();
    let program = &gate.program;
    let grant = (400, "invalid_grant");
    // Spent is spent, by whoever it is brought again, and gives nobody a second family.
    for _ in 0..3 {
        assert_eq!(error(&program.refresh(&spent.client_id, &spent.tokens.refresh)), grant);
    }
    assert_eq!(program.status(&next.access), 200, "within seconds it may be a mistake");
    let later = tokens(&program.refresh(&spent.client_id, &next.refresh));
    assert_eq!(program.status(&later.access), 200);
    // A code that comes again by who could have used it ends what came of it.
    assert_eq!(program.status(&robbed.tokens.access), 200);
    assert_eq!(error(&program.exchange(&robbed.client_id, &robbed.code, VERIFIER)), grant);
    assert_eq!(program.status(&robbed.tokens.access), 401);
    assert_eq!(error(&program.refresh(&robbed.client_id, &robbed.tokens.refresh)), grant);
    // What was disconnected stays so, and what was acknowledged is there.
    assert_eq!(program.status(&ended.tokens.access), 401);
    assert_eq!(error(&program.refresh(&ended.client_id, &ended.tokens.refresh)), grant);
    assert_eq!(program.status(&kept.tokens.access), 200);
    assert_eq!(program.status(&tokens(&program.exchange(&kept.client_id, &unused, VERIFIER)).access), 200);
    let gate = gate.killed();
    let answers = [&spent.tokens, &robbed.tokens, &ended.tokens, &kept.tokens, &later]
        .map(|own| gate.program.status(&own.access));
    assert_eq!(answers, [200, 401, 401, 200, 200]);
    let clients = gate.owner.get("/clients").1;
    let names: BTreeMap<&str, &str> = clients["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["name"].as_str().unwrap()))
        .collect();
    assert_eq!(names.len(), 3, "{clients}");
    assert_eq!(Api::at(&gate.server.url, "acme", &later.access).get("").0, 401);
}
