//! What an authorization server answers, and what somebody entered, that cannot be used: each is refused by its name.

use super::*;

// rows: PW-4
#[test]
fn a_registration_at_one_server_is_used_at_no_other() {
    let here = server();
    let there = Server { issuer: "https://as.example.com/".to_owned(), ..here.clone() };
    let registered = Registration::parse(&here, 201, br#"{"client_id":"c"}"#).unwrap();
    let given = Registration::given(&here, "c", secret("s")).unwrap();
    let document = Registration::document(&here, "https://w.example/client.json").unwrap();
    for known in [registered, given, document] {
        assert!(Client::new(&here, &known).is_ok());
        assert_eq!(Client::new(&there, &known).err(), Some(OtherIssuer), "{known:?}");
    }
    // The document is the same at each, and is said anew.
    let anew = Registration::document(&there, "https://w.example/client.json").unwrap();
    assert!(Client::new(&there, &anew).is_ok());
}

#[test]
fn a_document_is_brought_only_where_it_is_taken_and_can_be_fetched() {
    let server = server();
    for url in [
        "http://localhost:8080/client.json",
        "https://w.example",
        "https://w.example/",
        "https://w.example/a/../c",
        "c",
        "",
    ] {
        assert_eq!(Registration::document(&server, url), None, "{url}");
    }
    for answer in [Value::Null, json!(false)] {
        let server = metadata_with("client_id_metadata_document_supported", answer).unwrap();
        assert_eq!(Registration::document(&server, "https://w.example/client.json"), None);
    }
}

#[test]
fn a_registration_that_cannot_be_used_is_refused_by_name() {
    use RegistrationFault::{Form, Method, NoSecret, RedirectUri, Refused, TooLong, Unavailable};
    let server = server();
    let long = "a".repeat(4_097);
    for (status, body, fault) in [
        (201, json!({}), Form),
        (201, json!([]), Form),
        (201, json!({"client_id": ""}), Form),
        (201, json!({"client_id": 7}), Form),
        (201, json!({"client_id": "a\nb"}), Form),
        (201, json!({"client_id": "\u{e9}"}), Form),
        (201, json!({"client_id": long}), Form),
        (201, json!({"client_id": "c", "client_secret": "a\nb"}), Form),
        (201, json!({"client_id": "c", "client_secret": "s", "client_secret_expires_at": "soon"}), Form),
        (201, json!({"client_id": "c", "token_endpoint_auth_method": "private_key_jwt"}), Method),
        (201, json!({"client_id": "c", "token_endpoint_auth_method": "client_secret_basic"}), NoSecret),
        (
            201,
            json!({"client_id": "c", "client_secret": "", "token_endpoint_auth_method": "client_secret_post"}),
            NoSecret,
        ),
        (201, json!({"client_id": "c", "error": "invalid_client_metadata"}), Refused),
        (400, json!({"error": "invalid_redirect_uri", "error_description": "x"}), RedirectUri),
        (400, json!({"error": "invalid_client_metadata"}), Refused),
        (400, json!({"client_id": "c"}), Refused),
        (401, json!({"error": "invalid_token"}), Refused),
        (404, Value::Null, Refused),
        (302, json!({"client_id": "c"}), Refused),
        (400, json!({"error": "temporarily_unavailable"}), Unavailable),
        (429, json!({"client_id": "c"}), Unavailable),
        (503, json!({"error": "invalid_client_metadata"}), Unavailable),
    ] {
        assert_eq!(Registration::parse(&server, status, body.to_string().as_bytes()), Err(fault), "{status} {body}");
    }
    let twice = br#"{"client_id":"c","client_id":"d"}"#;
    assert_eq!(Registration::parse(&server, 201, twice), Err(Form));
    assert_eq!(Registration::parse(&server, 201, &vec![b' '; REGISTRATION_LENGTH_MAX + 1]), Err(TooLong));
    // A secret that never ends, and one whose end is beyond all reckoning.
    for (ends, at) in
        [(json!(0), None), (Value::Null, None), (json!(i64::MAX), Some(i64::MAX)), (json!(-1), Some(-1_000))]
    {
        let body = json!({"client_id": "c", "client_secret": "s", "client_secret_expires_at": ends}).to_string();
        assert_eq!(Registration::parse(&server, 201, body.as_bytes()).unwrap().expires_at_ms, at, "{ends}");
    }
}

#[test]
fn what_somebody_entered_is_refused_where_it_cannot_be_what_they_were_told() {
    let server = server();
    let long = "a".repeat(4_097);
    for id in ["", "\u{e9}", "a\nb", long.as_str()] {
        assert_eq!(Registration::given(&server, id, None), Err(RegistrationFault::ClientId));
        assert_eq!(Registration::given(&server, "me", secret(id)), Err(RegistrationFault::ClientSecret));
    }
    let public = server_that_takes(json!(["none"]));
    assert_eq!(Registration::given(&public, "me", secret("s")), Err(RegistrationFault::SecretNotTaken));
    assert_eq!(Registration::given(&public, "me", None).unwrap().method, ShowsItself::Not);
    let by_post = server_that_takes(json!(["client_secret_post"]));
    assert_eq!(Registration::given(&by_post, "me", secret("s")).unwrap().method, ShowsItself::Post);
}

#[test]
fn what_is_sent_back_is_whole_and_of_whom_was_asked_and_the_servers_words_are_not_ours() {
    let refused = |query: &str| Returned::parse(query).map(|_| ()).unwrap_err();
    assert_eq!(refused(""), ReturnedFault::NoState);
    assert_eq!(refused("code=c"), ReturnedFault::NoState);
    assert_eq!(refused("state=s"), ReturnedFault::CodeOrError);
    assert_eq!(refused("state=s&code=c&error=e"), ReturnedFault::CodeOrError);
    for field in ["state", "code", "error", "iss"] {
        let query = format!("state=s&code=c&{field}=1&{field}=1");
        assert_eq!(refused(&query), ReturnedFault::Repeated { field });
    }
    assert_eq!(refused(&"a".repeat(8_193)), ReturnedFault::TooLong);
    assert_eq!(returned("state=s&code=").check(ISSUER, false).unwrap_err(), ReturnedFault::CodeOrError);
    // Names that are one only to whoever tidies them up (MCP, Authorization Response Validation).
    for iss in [
        "https://as.example.com/",
        "https://AS.example.com",
        "HTTPS://as.example.com",
        "https://as.example.com:443",
        "https%3A%2F%2Fas%252Eexample.com",
        "",
    ] {
        for names_itself in [true, false] {
            for answer in ["code=c", "error=access_denied"] {
                let query = format!("state=s&{answer}&iss={iss}");
                assert_eq!(
                    returned(&query).check(ISSUER, names_itself).unwrap_err(),
                    ReturnedFault::OtherIssuer,
                    "{query}"
                );
            }
        }
    }
    for (error, declined) in [
        ("access_denied", Declined::AccessDenied),
        ("consent_required", Declined::Interaction),
        ("temporarily_unavailable", Declined::Unavailable),
        ("invalid_scope", Declined::Scope),
        ("invalid_target", Declined::Target),
        ("unauthorized_client", Declined::Client),
        ("invalid_request", Declined::Setup),
        ("<script>alert(1)</script>", Declined::Setup),
        ("", Declined::Setup),
    ] {
        let fault = returned(&format!("state=s&error={error}&error_description=x")).check(ISSUER, false).unwrap_err();
        assert_eq!(fault, ReturnedFault::Declined(declined), "{error}");
        assert!(!fault.to_string().contains("script"));
    }
    assert!(!format!("{:?}", code("abc")).contains("abc"));
}

#[test]
fn a_connection_ends_only_where_the_server_says_so_of_the_token_itself() {
    use TokenFault::{Client, Form, Refused, Scope, Setup, Target, TooLong, Unavailable};
    let error = |word: &str| json!({"error": word, "error_description": "x"});
    let good = json!({"access_token": "a", "token_type": "Bearer"});
    for (status, body, fault) in [
        (400, error("invalid_grant"), Refused),
        (401, error("invalid_grant"), Refused),
        (200, error("bad_refresh_token"), Refused),
        (400, error("invalid_client"), Client),
        (401, error("invalid_client"), Client),
        (400, error("unauthorized_client"), Client),
        (401, Value::Null, Client),
        (400, error("invalid_scope"), Scope),
        (400, error("invalid_target"), Target),
        (400, error("invalid_request"), Setup),
        (400, error("unsupported_grant_type"), Setup),
        (400, error("Invalid_Grant"), Setup),
        (400, Value::Null, Setup),
        (400, good.clone(), Setup),
        (302, good.clone(), Setup),
        (403, Value::Null, Setup),
        (404, Value::Null, Setup),
        (400, error("temporarily_unavailable"), Unavailable),
        (408, error("invalid_grant"), Unavailable),
        (429, error("invalid_grant"), Unavailable),
        (500, error("invalid_grant"), Unavailable),
        (502, good.clone(), Unavailable),
        (200, json!({}), Form),
        (200, json!([]), Form),
        (200, json!({"access_token": "a"}), Form),
        (200, json!({"access_token": "a", "token_type": "DPoP"}), Form),
        (200, json!({"access_token": "a", "token_type": ["Bearer"]}), Form),
        (200, json!({"access_token": "", "token_type": "Bearer"}), Form),
        (200, json!({"access_token": "a b", "token_type": "Bearer"}), Form),
        (200, json!({"access_token": "a\r\nx: y", "token_type": "Bearer"}), Form),
        (200, json!({"access_token": "\u{e9}", "token_type": "Bearer"}), Form),
        (200, json!({"access_token": "a".repeat(16_385), "token_type": "Bearer"}), Form),
        (200, json!({"access_token": "a", "token_type": "Bearer", "refresh_token": "r\n"}), Form),
        (200, json!({"access_token": "a", "token_type": "Bearer", "expires_in": -1}), Form),
        (200, json!({"access_token": "a", "token_type": "Bearer", "expires_in": "soon"}), Form),
        (200, json!({"access_token": "a", "token_type": "Bearer", "expires_in": [1]}), Form),
        (200, json!({"access_token": "a", "token_type": "Bearer", "scope": "a\"b"}), Form),
        (200, json!({"access_token": "a", "token_type": "Bearer", "error": "x"}), Setup),
    ] {
        assert_eq!(Tokens::parse(status, body.to_string().as_bytes()), Err(fault), "{status} {body}");
        assert_eq!((fault.ends(), fault.passes()), (fault == Refused, fault == Unavailable));
    }
    let twice = br#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#;
    assert_eq!(Tokens::parse(200, twice), Err(Form));
    assert_eq!(Tokens::parse(200, &vec![b' '; TOKEN_ANSWER_LENGTH_MAX + 1]), Err(TooLong));
    assert!(Tokens::parse(200, good.to_string().as_bytes()).is_ok());
}

#[test]
fn who_registered_itself_and_is_forgotten_does_so_again() {
    let server = server();
    let registered = Registration::parse(&server, 201, br#"{"client_id":"c"}"#).unwrap();
    let given = Registration::given(&server, "c", None).unwrap();
    assert!(TokenFault::Client.forgets(&registered) && !TokenFault::Client.forgets(&given));
    assert!(!TokenFault::Refused.forgets(&registered));
}
