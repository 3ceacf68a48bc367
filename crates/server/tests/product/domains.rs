//! People come by the mail domain of their company: claimed over HTTP, shown by a DNS server, opened, joined with an issuer,
//! asked for by a mailed link, and removed.

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::issuer::Issuer;
use testkit::names::NameServer;

use crate::mail::mailed;
use crate::sign_in::{Answer, Browser, found};
use crate::world::{Api, Server};

/// An installation with an issuer, a DNS server and a mailbox.
struct Gate {
    server: Server,
    owner: Api,
    names: NameServer,
    issuer: Issuer,
    folder: TempDir,
}

impl Gate {
    fn start() -> Gate {
        let folder = tempfile::tempdir().unwrap();
        let (data, mails, secret) = (folder.path().join("data"), folder.path().join("mails"), folder.path().join("s"));
        std::fs::create_dir(&mails).unwrap();
        std::fs::write(&secret, "topaz").unwrap();
        let acme = found(&data, "Acme", "ada@example.com");
        let (names, issuer) = (NameServer::start(), Issuer::start());
        let (dns, to) = (names.address().to_string(), format!("file:{}", mails.display()));
        let sign_in = ["--oidc-issuer", issuer.url(), "--oidc-client-id", "wardroom", "--oidc-title", "Acme ID"];
        let rest = ["--dns-server", &dns, "--mail-server", &to, "--mail-from", "Gate <gate@acme.example>"];
        let secret = ["--oidc-client-secret-file", secret.to_str().unwrap()];
        let server = Server::start_with(&data, &[&sign_in[..], &rest[..], &secret[..]].concat());
        let owner = Api::at(&server.url, &acme.org, &acme.key);
        Gate { server, owner, names, issuer, folder }
    }

    /// Signs in with the issuer as somebody of this address.
    fn comes(&self, browser: &Browser, email: &str) -> Answer {
        let page = browser.get("/sign-in");
        let going = browser.submit("/sign-in/with/oidc", &page.csrf_of("/sign-in/with/oidc")).text;
        let of = |name: &str| {
            let rest = going.split(&format!("{name}=")).nth(1).unwrap_or_else(|| panic!("no {name}: {going}"));
            rest.split(['&', '"']).next().unwrap().to_owned()
        };
        #[expect(clippy::disallowed_methods, reason = "an issuer says when it is, and a test has no clock of ours")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({ "iss": self.issuer.url(), "sub": email, "aud": "wardroom", "iat": now, "exp": now + 300,
            "auth_time": now, "nonce": of("nonce"), "email": email, "email_verified": true, "name": "Somebody" });
        self.issuer.says(&claims.to_string());
        browser.get(&format!("/sign-in/back?state={}&code=c", of("state")))
    }

    /// Signs in by a mailed link.
    fn comes_by_mail(&self, browser: &Browser, email: &str) {
        let page = browser.get("/sign-in");
        let csrf = page.csrf_of("/sign-in/email");
        let asked = browser.fill_in("/sign-in/email", &csrf, &format!("email={}", email.replace('@', "%40")));
        assert_eq!(asked.status, 200, "{}", asked.text);
        let link = mailed(&self.folder.path().join("mails"), &self.server.url, "/sign-in/mail/");
        let page = browser.get(&link);
        assert_eq!(browser.submit(&link, &page.csrf()).status, 303);
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.server.url)
    }
}

impl Answer {
    /// The word in the form that leads there.
    fn csrf_of(&self, action: &str) -> String {
        let form = self.text.split(&format!("action=\"{action}\"")).nth(1);
        let rest = form.and_then(|form| form.split("name=\"csrf\" value=\"").nth(1));
        rest.unwrap_or_else(|| panic!("no form: {}", self.text)).split('"').next().unwrap().to_owned()
    }
}

fn organizations(browser: &Browser) -> usize {
    browser.session().1["organizations"].as_array().map_or(0, Vec::len)
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default())
}

// rows: WJ-7
#[test]
fn people_of_a_verified_domain_join_by_signing_in_or_ask_and_nobody_else_learns_of_it() {
    let gate = Gate::start();
    let owner = &gate.owner;
    assert_eq!(owner.post("/mail-domains", json!({ "name": "gmail.com" })).0, 422);
    let (status, claimed) = owner.post("/mail-domains", json!({ "name": "Corp.Example" }));
    assert_eq!((status, &claimed["state"]), (201, &json!("claimed")), "{claimed}");
    assert_eq!(claimed["record"]["name"], json!("_wardroom.corp.example"));
    let verify = || owner.post("/mail-domains/corp.example/verify", json!({}));
    assert_eq!(code(&verify()), (409, "record-not-found"));
    gate.names.publish("_wardroom.corp.example", &["v=spf1 -all", claimed["record"]["text"].as_str().unwrap()]);
    assert_eq!(verify().1["state"], json!("verified"));

    let ann = gate.browser();
    assert_eq!(gate.comes(&ann, "ann@corp.example").status, 401, "off, nobody is let in");
    let set = |mode: &str| owner.put("/mail-domains/corp.example", json!({ "mode": mode }));
    let (status, opened) = set("automatic");
    assert_eq!((status, &opened["mode"], &opened["sponsored"]), (200, &json!("automatic"), &json!(true)), "{opened}");
    assert_eq!(gate.comes(&ann, "ann@corp.example").status, 303);
    assert_eq!(organizations(&ann), 1);
    assert_eq!(owner.get("/members/ann@corp.example").1["role"], json!("member"));
    assert_eq!(gate.comes(&gate.browser(), "eve@mail.corp.example").status, 401);

    // A mailed link only asks, on the page or over the API.
    let bo = gate.browser();
    gate.comes_by_mail(&bo, "bo@corp.example");
    assert_eq!(organizations(&bo), 0);
    let page = bo.get("/sign-in");
    assert!(page.text.contains("Acme") && page.text.contains("Ask to join"), "{}", page.text);
    let csrf = page.csrf_of("/sign-in/join");
    assert_eq!(bo.fill_in("/sign-in/join", "x", "domain=corp.example").status, 403);
    assert_eq!(bo.fill_in("/sign-in/join", &csrf, "domain=corp.example").status, 303);
    assert!(bo.get("/sign-in").text.contains("You have asked to join"));
    assert_eq!(bo.api("GET", "/api/v1/join-offers", None).1["items"][0]["state"], json!("asked"));
    assert_eq!(bo.api("POST", "/api/v1/join-offers/corp.example/ask", Some(json!({}))).0, 204, "once more is once");
    assert_eq!(ann.api("POST", "/api/v1/join-offers/unheard.example/ask", Some(json!({}))).0, 404);
    let (status, asked) = owner.get("/join-requests");
    let one = &asked["items"][0];
    assert_eq!((status, &one["email"], &one["way"]), (200, &json!("bo@corp.example"), &json!("email")), "{asked}");
    let approve = format!("/join-requests/{}/approve", one["person"].as_str().unwrap());
    let of_acme = owner.root.trim_start_matches(&gate.server.url).to_owned();
    assert_eq!(ann.api("POST", &format!("{of_acme}{approve}"), Some(json!({}))).0, 403);
    assert_eq!(ann.api("GET", &format!("{of_acme}/mail-domains"), None).0, 403);
    assert_eq!(owner.post(&approve, json!({})).0, 204);
    assert_eq!(organizations(&bo), 1);

    // Where people may ask, a person decides, and no is an answer.
    assert_eq!(set("request").0, 200);
    let cem = gate.browser();
    assert_eq!(gate.comes(&cem, "cem@corp.example").status, 303);
    assert_eq!(organizations(&cem), 0);
    assert_eq!(cem.api("POST", "/api/v1/join-offers/corp.example/ask", Some(json!({}))).0, 204);
    let person = owner.get("/join-requests").1["items"][0]["person"].as_str().unwrap().to_owned();
    assert_eq!(owner.post(&format!("/join-requests/{person}/decline"), json!({})).0, 204);
    assert_eq!(cem.api("GET", "/api/v1/join-offers", None).1["items"][0]["state"], json!("declined"));

    assert_eq!(owner.delete("/mail-domains/corp.example").0, 204);
    assert_eq!(gate.comes(&gate.browser(), "dot@corp.example").status, 401);
    assert_eq!(organizations(&ann), 1, "who joined stays");
}
