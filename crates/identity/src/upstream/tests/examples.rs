//! The examples of the specifications, word for word, and the order in which things are looked for.

use super::*;

#[test]
fn a_challenge_is_read_as_the_specifications_write_it() {
    // RFC 9728, section 5.1; RFC 6750, section 3; MCP, Runtime Insufficient Scope Errors.
    let metadata = "https://resource.example.com/.well-known/oauth-protected-resource";
    let challenge = Challenge::parse(&format!("Bearer resource_metadata=\"{metadata}\"")).unwrap();
    assert_eq!(challenge, Challenge { resource_metadata: Some(metadata.to_owned()), ..Challenge::default() });
    let expired = "Bearer realm=\"example\",\terror=\"invalid_token\", error_description=\"The access token expired\"";
    let challenge = Challenge::parse(expired).unwrap();
    assert_eq!(challenge, Challenge { error: Some("invalid_token".to_owned()), ..Challenge::default() });
    assert!(!challenge.wants_more());
    let more = "Bearer error=\"insufficient_scope\",   scope=\"files:read files:write\",  \
                resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource\", \
                error_description=\"File write permission required, for this operation\"";
    let challenge = Challenge::parse(more).unwrap();
    assert!(challenge.wants_more());
    assert_eq!(challenge.scope.as_deref(), Some("files:read files:write"));
    // RFC 9110, section 11.6.1, with a challenge for a bearer token before, between and behind.
    let others = [
        "Basic realm=\"simple\"",
        "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\", Bearer scope=\\\"no\\\"\"",
    ];
    for place in 0..=others.len() {
        let mut all = others.to_vec();
        all.insert(place, "bEARER Scope = \"a\"");
        let challenge = Challenge::parse(&all.join(", ")).unwrap();
        assert_eq!(challenge, Challenge { scope: Some("a".to_owned()), ..Challenge::default() }, "{place}");
    }
    for (header, scope) in [
        ("Bearer", None),
        ("Negotiate abcd==, Bearer scope=a", Some("a")),
        ("Bearer scope=\"\"", None),
        (", ,Bearer scope=\"a\", ,", Some("a")),
        ("Bearer realm=\"x\", Bearer scope=\"a\"", Some("a")),
        ("Bearer, Bearer scope=\"a\"", Some("a")),
        ("DPoP scope=\"no\", Bearer scope=\"a\"", Some("a")),
        ("Bearer scope=\"a\", DPoP scope=\"no\", algs=\"ES256\"", Some("a")),
        ("Bearer scope=\"a\\b\"", Some("ab")),
    ] {
        let read = Challenge::parse(header).unwrap_or_else(|| panic!("{header}"));
        assert_eq!(read.scope.as_deref(), scope, "{header}");
    }
    // Not by the grammar, and often written so.
    let bare = format!("Bearer resource_metadata={metadata}?a=b, error=invalid_token");
    let challenge = Challenge::parse(&bare).unwrap();
    assert_eq!(challenge.resource_metadata, Some(format!("{metadata}?a=b")));
}

#[test]
fn what_a_server_says_of_itself_is_looked_for_where_it_says_then_at_its_path_then_at_its_root() {
    const PATH: &str = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";
    const ROOT: &str = "https://mcp.example.com/.well-known/oauth-protected-resource";
    let saying = |url: &str| Challenge { resource_metadata: Some(url.to_owned()), ..Challenge::default() };
    assert_eq!(metadata_urls(MCP, None), [PATH, ROOT]);
    assert_eq!(metadata_urls(MCP, Some(&Challenge::default())), [PATH, ROOT]);
    for elsewhere in ["https://mcp.example.com/custom/metadata.json", "https://meta.example/mcp"] {
        assert_eq!(metadata_urls(MCP, Some(&saying(elsewhere))), [elsewhere, PATH, ROOT]);
    }
    assert_eq!(metadata_urls(MCP, Some(&saying(PATH))), [PATH, ROOT]);
    assert_eq!(metadata_urls(MCP, Some(&saying(ROOT))), [ROOT, PATH]);
    // What cannot be asked safely is as if it were not there.
    for unsafe_one in [
        "http://mcp.example.com/x",
        "http://10.0.0.1/x",
        "http://localhost:9200/x",
        "file:///etc/passwd",
        "/x",
        "https://a@b.example/x",
        "",
    ] {
        assert_eq!(metadata_urls(MCP, Some(&saying(unsafe_one))), [PATH, ROOT], "{unsafe_one}");
    }
    // RFC 9728, section 3.1.
    for (server, urls) in [
        ("https://resource.example.com", vec![""]),
        ("https://resource.example.com/", vec![""]),
        ("https://resource.example.com/resource1", vec!["/resource1", ""]),
        ("https://resource.example.com/a/mcp/", vec!["/a/mcp/", "/a/mcp", ""]),
        ("https://resource.example.com/mcp?tenant=1", vec!["/mcp?tenant=1", ""]),
        ("https://resource.example.com?tenant=1", vec!["?tenant=1", ""]),
    ] {
        let base = "https://resource.example.com/.well-known/oauth-protected-resource";
        let expected: Vec<String> = urls.iter().map(|url| format!("{base}{url}")).collect();
        assert_eq!(metadata_urls(server, None), expected, "{server}");
    }
    // An upstream that the operator lets be reached without TLS says of itself where it is, and nowhere else without.
    let inner = "http://crm.internal:8080/mcp";
    let own = "http://crm.internal:8080/meta";
    assert_eq!(metadata_urls(inner, Some(&saying(own))).first().map(String::as_str), Some(own));
    assert_eq!(metadata_urls(inner, Some(&saying("http://other.internal/meta"))).len(), 2);
    assert!(metadata_urls("ftp://mcp.example.com/mcp", None).is_empty());
}

#[test]
fn a_protected_server_is_read_and_named_as_it_writes_itself() {
    // RFC 9728, section 3.2.
    let document = json!({
        "resource": "https://resource.example.com",
        "authorization_servers": ["https://as1.example.com", "https://as2.example.net"],
        "bearer_methods_supported": ["header", "body"],
        "scopes_supported": ["profile", "email", "phone"],
        "resource_documentation": "https://resource.example.com/resource_documentation.html",
    });
    let document = document.to_string();
    let read = Resource::parse("https://resource.example.com/mcp", document.as_bytes()).unwrap();
    assert_eq!(read.resource, "https://resource.example.com");
    assert_eq!(read.authorization_servers, ["https://as1.example.com", "https://as2.example.net"]);
    assert_eq!(read.scopes_supported, ["profile", "email", "phone"]);
    assert!(read.takes_tokens_of("https://as2.example.net") && !read.takes_tokens_of("https://as2.example.net/"));
    let kept: Resource = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(kept, read);
    let old = Resource::by_convention("https://old.example.com:8443/a/mcp?x=1").unwrap();
    assert_eq!(old.resource, "https://old.example.com:8443/a/mcp?x=1");
    assert_eq!(old.authorization_servers, ["https://old.example.com:8443"]);
    assert_eq!(Resource::by_convention("http://crm.internal/mcp"), Err(ResourceFault::NoServer));
}

#[test]
fn an_authorization_server_is_looked_for_in_the_order_of_the_specification() {
    // MCP, Authorization Server Metadata Discovery.
    for issuer in ["https://auth.example.com/tenant1", "https://auth.example.com/tenant1/"] {
        assert_eq!(
            server_metadata_urls(issuer),
            [
                "https://auth.example.com/.well-known/oauth-authorization-server/tenant1",
                "https://auth.example.com/.well-known/openid-configuration/tenant1",
                "https://auth.example.com/tenant1/.well-known/openid-configuration",
            ]
        );
    }
    for issuer in ["https://auth.example.com", "https://auth.example.com/"] {
        assert_eq!(
            server_metadata_urls(issuer),
            [
                "https://auth.example.com/.well-known/oauth-authorization-server",
                "https://auth.example.com/.well-known/openid-configuration",
            ]
        );
    }
    for none in ["http://auth.example.com", "https://auth.example.com?x", "https://auth.example.com#x", "auth", ""] {
        assert!(server_metadata_urls(none).is_empty(), "{none}");
    }
}

#[test]
fn an_authorization_server_is_read_into_what_is_needed() {
    // RFC 8414, section 3.2: it says nothing of PKCE, so that nobody can sign in with it from here.
    let document = json!({
        "issuer": "https://server.example.com",
        "authorization_endpoint": "https://server.example.com/authorize",
        "token_endpoint": "https://server.example.com/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
        "userinfo_endpoint": "https://server.example.com/userinfo",
        "jwks_uri": "https://server.example.com/jwks.json",
        "registration_endpoint": "https://server.example.com/register",
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
        "response_types_supported": ["code", "code token"],
        "service_documentation": "http://server.example.com/service_documentation.html",
        "ui_locales_supported": ["en-US", "en-GB", "en-CA", "fr-FR", "fr-CA"],
    });
    let read = Server::parse("https://server.example.com", document.to_string().as_bytes()).unwrap();
    assert_eq!(read.auth_methods, [ShowsItself::Basic]);
    assert_eq!(read.registration_endpoint.as_deref(), Some("https://server.example.com/register"));
    assert_eq!((read.names_itself, read.takes_client_documents, read.takes_s256), (false, false, false));
    let field = "code_challenge_methods_supported";
    assert_eq!(read.sign_in_endpoint(), Err(ServerFault::Lacks { field, needed: "S256" }));
    let full = server();
    assert_eq!(full.sign_in_endpoint(), Ok("https://as.example.com/authorize"));
    assert_eq!((full.names_itself, full.takes_client_documents, full.takes_s256), (true, true, true));
    assert_eq!(full.revocation_endpoint.as_deref(), Some("https://as.example.com/revoke"));
    let kept: Server = serde_json::from_str(&serde_json::to_string(&full).unwrap()).unwrap();
    assert_eq!(kept, full);
}

#[test]
fn a_server_that_describes_itself_nowhere_has_its_endpoints_at_its_root() {
    // MCP 2025-03-26, Fallbacks for Servers without Metadata Discovery.
    let old = Server::by_convention("https://old.example.com").unwrap();
    assert_eq!(old.sign_in_endpoint(), Ok("https://old.example.com/authorize"));
    assert_eq!(old.token_endpoint, "https://old.example.com/token");
    assert_eq!(old.registration_endpoint.as_deref(), Some("https://old.example.com/register"));
    assert_eq!((old.issuer.as_str(), old.names_itself), ("https://old.example.com", false));
    assert!(matches!(Server::by_convention("http://old.example.com"), Err(ServerFault::Endpoint { .. })));
}

#[test]
fn a_registration_is_read_as_the_specification_writes_it() {
    // RFC 7591, section 3.2.1.
    let answer = json!({
        "client_id": "s6BhdRkqt3",
        "client_secret": "cf136dc3c1fc93f31185e5885805d",
        "client_id_issued_at": 2_893_256_800_u64,
        "client_secret_expires_at": 2_893_276_800_u64,
        "redirect_uris": ["https://client.example.org/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "client_name": "My Example Client",
        "token_endpoint_auth_method": "client_secret_basic",
        "example_extension_parameter": "example_value",
    });
    let read = Registration::parse(&server(), 201, answer.to_string().as_bytes()).unwrap();
    assert_eq!((read.client_id.as_str(), read.method, read.kind), ("s6BhdRkqt3", ShowsItself::Basic, Kind::Registered));
    assert_eq!(read.client_secret, secret("cf136dc3c1fc93f31185e5885805d"));
    assert_eq!(read.issuer, ISSUER);
    assert!(read.is_good_at(2_893_276_799_999) && !read.is_good_at(2_893_276_800_000));
    let kept: Registration = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(kept, read);
    assert!(!format!("{read:?}").contains("cf136dc3"));
}

#[test]
fn tokens_are_read_as_the_specification_writes_them() {
    // RFC 6750, section 4.
    let answer = br#"{"access_token":"mF_9.B5f-4.1JqM","token_type":"Bearer","expires_in":3600,
        "refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","scope":"a b","id_token":"x"}"#;
    let tokens = Tokens::parse(200, answer).unwrap();
    assert_eq!((tokens.access_token.as_str(), tokens.expires_in_s), ("mF_9.B5f-4.1JqM", Some(3_600)));
    assert_eq!(tokens.refresh_token, secret("tGzv3JOkF0XG5Qx2TlKWIA"));
    assert_eq!(tokens.scope.as_deref(), Some("a b"));
    let shown = format!("{tokens:?}");
    assert!(!shown.contains("mF_9") && !shown.contains("tGzv"), "{shown}");
    assert_eq!(tokens.expires_at_ms(1_000), Some(3_601_000));
    assert_eq!(tokens.expires_at_ms(i64::MAX), Some(i64::MAX));
    for (life, seconds) in
        [("null", None), ("\"3600\"", Some(3_600)), ("59.9", Some(59)), ("0", Some(0)), ("1e99", Some(315_360_000))]
    {
        let answer = format!(r#"{{"access_token":"a","token_type":"bearer","expires_in":{life},"scope":""}}"#);
        let tokens = Tokens::parse(201, answer.as_bytes()).unwrap();
        assert_eq!((tokens.expires_in_s, tokens.scope, tokens.refresh_token), (seconds, None, None), "{life}");
    }
}

// rows: PW-4
#[test]
fn what_is_sent_back_counts_of_the_issuer_that_was_asked() {
    // RFC 9207, sections 2.1 and 2.2.
    let honest = "https://honest.as.example";
    let good = "code=x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58&state=ZWVlNDBlYzA1NjdkMDNhYjg3ZjUxZjAyNGQzMTM2NzI\
                &iss=https%3A%2F%2Fhonest.as.example";
    assert_eq!(returned(good).state(), "ZWVlNDBlYzA1NjdkMDNhYjg3ZjUxZjAyNGQzMTM2NzI");
    let code = returned(good).check(honest, true).unwrap();
    assert_eq!(code.reveal(), "x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58");
    let bad =
        "error=access_denied&state=N2JjNGJhY2JiZjRhYzA3MGJkMzNmMDk5OTJlMzBiZDA&iss=https%3A%2F%2Fhonest.as.example";
    assert_eq!(returned(bad).check(honest, true).unwrap_err(), Declined::AccessDenied.into());
    // MCP, Authorization Response Validation: its table, for codes and for errors.
    for answer in ["code=c", "error=access_denied"] {
        for (names_itself, iss, fault) in [
            (true, Some(ISSUER), None),
            (true, None, Some(ReturnedFault::NoIssuer)),
            (true, Some("https://evil.example.com"), Some(ReturnedFault::OtherIssuer)),
            (false, Some(ISSUER), None),
            (false, None, None),
            (false, Some("https://evil.example.com"), Some(ReturnedFault::OtherIssuer)),
        ] {
            let iss = iss.map(|iss| format!("&iss={iss}")).unwrap_or_default();
            let checked = returned(&format!("state=s&{answer}{iss}")).check(ISSUER, names_itself);
            let expected = fault.or((answer != "code=c").then_some(Declined::AccessDenied.into()));
            assert_eq!(checked.err(), expected, "{answer} {names_itself} {iss}");
        }
    }
}

#[test]
fn a_token_is_given_back_as_the_specification_writes_it() {
    // RFC 7009, section 2.1.
    let server = server();
    let known = Registration::given(&server, "s6BhdRkqt3", secret("gX1fBat3bV")).unwrap();
    let client = Client::new(&server, &known).unwrap();
    let request = TokenRequest::revoke(client, "45ghiukldjahdnhzdauz", TokenKind::Refresh);
    assert_eq!(request.form(), "token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token");
    assert_eq!(request.authorization(), Some("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"));
}
