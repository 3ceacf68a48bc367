//! An upstream, its authorization server, or somebody between them and us, that lies or mumbles: each lie is refused by its name.

use super::*;
use crate::oidc::UrlFault;

#[test]
fn a_challenge_that_two_programs_could_read_differently_says_nothing() {
    for header in [
        "",
        " ",
        ",",
        "Basic realm=\"x\"",
        "Digest scope=\"a\"",
        "BearerX scope=\"a\"",
        "X-Bearer scope=\"a\"",
        "scope=\"a\"",
        "scope=\"a\", Bearer",
        "Bearer scope=\"a",
        "Bearer scope=\"a\\",
        "Bearer scope=\"a\"b",
        "Bearer scope=\"a\" error=\"b\"",
        "Bearer scope=\"a\", scope=\"b\"",
        "Bearer scope=\"a\", SCOPE=\"a\"",
        "Bearer scope=\"a\"; error=\"b\"",
        "Bearer scope=",
        "Bearer scope==",
        "Bearer sc ope=\"a\"",
        "Bearer =\"a\"",
        "Bearer \"scope\"=\"a\"",
        "Bearer scope=a b",
        "Bearer scope=\"a\"\r\nBearer scope=\"b\"",
        "Bearer scope=\"a\u{0}\"",
        "Bearer scope=\u{e9}",
        "Basic realm=\"Bearer scope=a\"",
        "Basic realm=\"\\\", Bearer scope=\\\"a\"",
        "Bearer resource_metadata=\"https://a.example\", Basic realm=\"",
    ] {
        let says = Challenge::parse(header).is_some_and(|challenge| challenge != Challenge::default());
        assert!(!says, "{header:?}");
    }
    // A scope that is none is not asked for; the rest holds.
    for scope in ["a  b", " a", "a ", "a\\\\b", "a\\\"b", "\u{e9}"] {
        let header = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        let challenge = Challenge::parse(&header).unwrap();
        assert_eq!((challenge.scope.as_deref(), challenge.wants_more()), (None, true), "{scope:?}");
    }
    let long = format!("Bearer scope=\"{}\"", "a".repeat(CHALLENGE_LENGTH_MAX));
    assert_eq!(Challenge::parse(&long), None);
}

#[test]
fn a_server_that_says_that_it_is_another_is_not_signed_in_to() {
    let named = |server: &str, name: &str| {
        let document = json!({"resource": name, "authorization_servers": [ISSUER]}).to_string();
        Resource::parse(server, document.as_bytes())
    };
    for (server, name) in [
        (MCP, MCP),
        (MCP, "https://mcp.example.com"),
        (MCP, "https://mcp.example.com/"),
        (MCP, "https://mcp.example.com/mcp/"),
        (MCP, "https://MCP.example.com/mcp"),
        (MCP, "https://mcp.example.com:443/mcp"),
        ("https://mcp.example.com:443/a/b/mcp", "https://mcp.example.com/a"),
        ("https://mcp.example.com/mcp?tenant=1", "https://mcp.example.com/mcp?tenant=1"),
        ("https://mcp.example.com/mcp?tenant=1", "https://mcp.example.com/mcp"),
        ("http://crm.internal/mcp", "http://crm.internal:80/mcp"),
    ] {
        let read = named(server, name).unwrap_or_else(|fault| panic!("{server} {name}: {fault}"));
        assert_eq!(read.resource, name, "byte for byte");
    }
    for (server, name) in [
        (MCP, "https://evil.example.com/mcp"),
        (MCP, "http://mcp.example.com/mcp"),
        (MCP, "https://mcp.example.com:8443/mcp"),
        (MCP, "https://mcp.example.com:80/mcp"),
        (MCP, "https://mcp.example.com.evil.example/mcp"),
        (MCP, "https://mcp.example.com@evil.example/mcp"),
        (MCP, "https://mcp.example.com./mcp"),
        (MCP, "https://mcp.example.com/mcp/other"),
        (MCP, "https://mcp.example.com/mc"),
        (MCP, "https://mcp.example.com/MCP"),
        (MCP, "https://mcp.example.com/other"),
        (MCP, "https://mcp.example.com/mcp#x"),
        (MCP, "https://mcp.example.com/mcp?tenant=2"),
        (MCP, "https://mcp.example.com//"),
        (MCP, "https://mcp.example.com\\mcp"),
        (MCP, "https://mcp.example.com/ mcp"),
        (MCP, "mcp.example.com/mcp"),
        (MCP, "//mcp.example.com/mcp"),
        (MCP, "/mcp"),
        (MCP, ""),
        ("https://mcp.example.com/mcp?tenant=1", "https://mcp.example.com/mcp?tenant=2"),
        ("https://mcp.example.com/mcp?tenant=1", "https://mcp.example.com/?tenant=1"),
        ("https://mcp.example.com/a/../b/mcp", "https://mcp.example.com/a"),
        ("https://mcp.example.com/a/%2e%2E/b/mcp", "https://mcp.example.com/a"),
        ("http://crm.internal/mcp", "https://crm.internal/mcp"),
    ] {
        assert_eq!(named(server, name), Err(ResourceFault::OtherResource), "{server} {name}");
    }
    for server in
        ["", "mcp.example.com", "ftp://mcp.example.com", "https://a@mcp.example.com/mcp", "https://mcp.example.com/#"]
    {
        assert_eq!(named(server, server), Err(ResourceFault::ServerUrl), "{server}");
        assert_eq!(Resource::by_convention(server), Err(ResourceFault::ServerUrl), "{server}");
    }
}

#[test]
fn what_a_server_says_of_itself_is_whole_and_has_an_end() {
    let refused = |document: Value| resource(&document).unwrap_err();
    for servers in [
        json!([]),
        Value::Null,
        json!(["http://as.example.com", "http://localhost:4000", "as", "https://a.example?x", "https://a@b.example"]),
    ] {
        assert_eq!(refused(json!({"resource": MCP, "authorization_servers": servers})), ResourceFault::NoServer);
    }
    assert_eq!(refused(json!({"resource": MCP})), ResourceFault::NoServer);
    for wrong in [
        json!({"authorization_servers": [ISSUER]}),
        json!({"resource": [MCP], "authorization_servers": [ISSUER]}),
        json!({"resource": MCP, "authorization_servers": ISSUER}),
        json!({"resource": MCP, "authorization_servers": [7]}),
        json!({"resource": MCP, "authorization_servers": [ISSUER], "scopes_supported": "a b"}),
        json!([MCP, [ISSUER], []]),
        json!("x"),
    ] {
        assert_eq!(refused(wrong.clone()), ResourceFault::Form, "{wrong}");
    }
    let twice = format!(r#"{{"resource":"{MCP}","resource":"{MCP}","authorization_servers":["{ISSUER}"]}}"#);
    assert_eq!(Resource::parse(MCP, twice.as_bytes()), Err(ResourceFault::Form));
    assert_eq!(Resource::parse(MCP, &vec![b' '; RESOURCE_METADATA_LENGTH_MAX + 1]), Err(ResourceFault::TooLong));
    let many = json!({"resource": MCP, "authorization_servers": vec![ISSUER; 17]});
    assert_eq!(refused(many), ResourceFault::TooMany { field: "authorization_servers" });
    let many = json!({"resource": MCP, "authorization_servers": [ISSUER], "scopes_supported": vec!["scope"; 800]});
    assert_eq!(refused(many), ResourceFault::TooMany { field: "scopes_supported" });
    // On trial both are on this machine.
    let document = json!({"resource": "http://localhost:9/mcp", "authorization_servers": ["http://localhost:4000"]});
    let here = Resource::parse("http://localhost:9/mcp", document.to_string().as_bytes()).unwrap();
    assert_eq!(here.authorization_servers, ["http://localhost:4000"]);
    // What is safe is taken; what is not is as if it were not there.
    let mixed = json!({"resource": MCP, "authorization_servers": ["http://as.example.com", ISSUER], "scopes_supported": ["a b", "c", ""]});
    let read = resource(&mixed).unwrap();
    assert_eq!((read.authorization_servers, read.scopes_supported), (vec![ISSUER.to_owned()], vec!["c".to_owned()]));
}

#[test]
fn metadata_of_another_issuer_are_not_used_however_near_its_name_is() {
    for issuer in [
        "https://attacker.example.com",
        "https://as.example.com/",
        "https://AS.example.com",
        "https://as.example.com:443",
        "http://as.example.com",
        "https://as.example.com/.",
        "https://as.example.com/tenant",
        "https://as%2Eexample.com",
        "",
    ] {
        assert_eq!(metadata_with("issuer", json!(issuer)), Err(ServerFault::Issuer), "{issuer}");
    }
    assert_eq!(metadata_with("issuer", Value::Null), Err(ServerFault::Form));
    let inner = "http://as.internal";
    let document = metadata().to_string().replace(ISSUER, inner);
    let fault = UrlFault::Insecure;
    assert_eq!(Server::parse(inner, document.as_bytes()), Err(ServerFault::Endpoint { field: "issuer", fault }));
}

#[test]
fn every_address_of_an_authorization_server_is_safe() {
    for field in ["authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"] {
        for (url, fault) in [
            ("http://as.example.com/x", UrlFault::Insecure),
            ("http://169.254.169.254/x", UrlFault::Insecure),
            ("http://localhost:9200/x", UrlFault::Insecure),
            ("http://[::1]/x", UrlFault::Insecure),
            ("file:///etc/passwd", UrlFault::Form),
            ("javascript:alert(1)", UrlFault::Form),
            ("cmd://calc", UrlFault::Insecure),
            ("/x", UrlFault::Form),
            ("", UrlFault::Form),
            ("https://as.example.com@evil.example/x", UrlFault::UserInfo),
            ("https://as.example.com/x#y", UrlFault::Fragment),
            ("https://as.example.com/\" onclick=\"x", UrlFault::Form),
            ("https://as.example.com/\r\nx", UrlFault::Form),
        ] {
            assert_eq!(metadata_with(field, json!(url)), Err(ServerFault::Endpoint { field, fault }), "{field} {url}");
        }
        assert_eq!(metadata_with(field, json!(7)), Err(ServerFault::Form));
    }
    assert_eq!(metadata_with("token_endpoint", Value::Null), Err(ServerFault::Form));
    for field in
        ["scopes_supported", "authorization_response_iss_parameter_supported", "code_challenge_methods_supported"]
    {
        assert_eq!(metadata_with(field, json!("true")), Err(ServerFault::Form), "{field}");
    }
    let twice = metadata().to_string().replacen('{', "{\"token_endpoint\":\"https://evil.example/t\",", 1);
    assert_eq!(Server::parse(ISSUER, twice.as_bytes()), Err(ServerFault::Form));
    assert_eq!(Server::parse(ISSUER, b"[]"), Err(ServerFault::Form));
    assert_eq!(Server::parse(ISSUER, &vec![b' '; SERVER_METADATA_LENGTH_MAX + 1]), Err(ServerFault::TooLong));
    // Both are on this machine, on trial.
    let here = metadata().to_string().replace(ISSUER, "http://localhost:4000");
    assert!(Server::parse("http://localhost:4000", here.as_bytes()).is_ok());
}

#[test]
fn nobody_is_sent_to_a_server_without_pkce_and_one_without_people_gives_tokens_all_the_same() {
    for (name, value, field) in [
        ("code_challenge_methods_supported", Value::Null, "code_challenge_methods_supported"),
        ("code_challenge_methods_supported", json!([]), "code_challenge_methods_supported"),
        ("code_challenge_methods_supported", json!(["plain", "s256"]), "code_challenge_methods_supported"),
        ("authorization_endpoint", Value::Null, "authorization_endpoint"),
        ("response_types_supported", json!(["token"]), "authorization_endpoint"),
        ("grant_types_supported", json!(["client_credentials"]), "grant_types_supported"),
    ] {
        let server = metadata_with(name, value.clone()).unwrap();
        let known = Registration::given(&server, "me", secret("s")).unwrap();
        let client = Client::new(&server, &known).unwrap();
        let way = Authorize { client, redirect_uri: REDIRECT, state: "s", challenge: "c", resource: MCP, scope: None };
        assert!(matches!(way.url(), Err(ServerFault::Lacks { field: named, .. }) if named == field), "{name} {value}");
        assert!(TokenRequest::client_credentials(client, MCP, None).authorization().is_some());
    }
    let field = "token_endpoint_auth_methods_supported";
    for methods in [json!([]), json!(["private_key_jwt", "tls_client_auth"])] {
        assert!(
            matches!(metadata_with(field, methods), Err(ServerFault::Lacks { field: named, .. }) if named == field)
        );
    }
}
