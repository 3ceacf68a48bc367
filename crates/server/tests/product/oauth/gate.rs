//! A person who is signed in, and programs that know the URL and want to be connected.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sign_in::{Answer, Browser, found, signed_in};
use crate::world::{Api, Mcp, Server};

/// A verifier of PKCE and its challenge (RFC 7636, appendix B).
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const BACK: &str = "http://127.0.0.1:9/callback";
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");

/// A network for each request of a program, so that one that is refused often is not told to wait.
static NETWORKS: AtomicU32 = AtomicU32::new(u32::from_be_bytes([11, 0, 0, 0]));

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The fields with some of them taken out, and others in their place.
pub(crate) fn changed<'f>(
    fields: &[(&'f str, &'f str)],
    changes: &[(&'f str, Option<&'f str>)],
) -> Vec<(&'f str, &'f str)> {
    let mut fields = fields.to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.extend(value.map(|value| (*name, value)));
    }
    fields
}

/// The tokens of a client.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// What a program was given when it was connected.
pub(crate) struct Connected {
    pub(crate) client_id: String,
    pub(crate) code: String,
    pub(crate) tokens: Tokens,
}

pub(crate) fn tokens((status, answer): &(u16, Value)) -> Tokens {
    assert_eq!(*status, 200, "{answer}");
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    Tokens { access: text("access_token"), refresh: text("refresh_token") }
}

pub(crate) fn error((status, answer): &(u16, Value)) -> (u16, &str) {
    (*status, answer["error"].as_str().unwrap_or_default())
}

/// Where a program is sent that knows an address of an organization's.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) url: String,
    pub(crate) org: String,
}

impl Program {
    pub(crate) fn resource(&self) -> String {
        format!("{}/o/{}/mcp", self.url, self.org)
    }

    /// Asks as a program does: without cookies, from a network of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let from = Ipv4Addr::from(NETWORKS.fetch_add(1, Ordering::Relaxed)).to_string();
        let headers: Vec<_> = headers.iter().copied().chain([("x-forwarded-for", from.as_str())]).collect();
        Browser::new(&self.url).send(method, path, &headers, body)
    }

    pub(crate) fn send(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let answer = self.ask("POST", path, &[FORM], &form(fields));
        (answer.status, answer.json())
    }

    /// What is answered to what a program says of itself.
    pub(crate) fn registers(&self, document: &Value) -> (u16, Value) {
        let answer = self.ask("POST", "/oauth/register", &[JSON], &document.to_string());
        (answer.status, answer.json())
    }

    pub(crate) fn register(&self) -> String {
        let document =
            json!({ "client_name": "Test Client", "redirect_uris": [BACK], "token_endpoint_auth_method": "none" });
        self.register_as(&document).0
    }

    /// The identifier of a program that describes itself so, and its secret where it is given one.
    pub(crate) fn register_as(&self, document: &Value) -> (String, Option<String>) {
        let (status, answer) = self.registers(document);
        assert_eq!(status, 201, "{answer}");
        let secret = answer["client_secret"].as_str().map(str::to_owned);
        (answer["client_id"].as_str().unwrap().to_owned(), secret)
    }

    pub(crate) fn authorize(&self, client_id: &str, changes: &[(&str, Option<&str>)]) -> String {
        let resource = self.resource();
        let fields = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", BACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "s t"),
            ("resource", &resource),
        ];
        format!("/oauth/authorize?{}", form(&changed(&fields, changes)))
    }

    /// Presses a button of the page on which somebody is asked.
    pub(crate) fn answer(&self, browser: &Browser, page: &Answer, answer: &str) -> Answer {
        self.answer_with(browser, page, &[("answer", Some(answer))])
    }

    /// Presses a button of it, with these fields of its form changed.
    pub(crate) fn answer_with(&self, browser: &Browser, page: &Answer, changes: &[(&str, Option<&str>)]) -> Answer {
        let (request, profile) = (request_in(page), chosen_in(page));
        let organization =
            page.text.split("name=\"organization\" value=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
        let fields = [
            ("request", request.as_str()),
            ("organization", organization.unwrap_or(&self.org)),
            ("profile", &profile),
            ("answer", "connect"),
        ];
        let fields = form(&changed(&fields, changes));
        browser.fill_in("/oauth/authorize", &page.csrf(), &fields)
    }

    pub(crate) fn code(&self, browser: &Browser, client_id: &str) -> String {
        self.code_for(browser, client_id, &[])
    }

    /// A code for what is asked for with these changes.
    pub(crate) fn code_for(&self, browser: &Browser, client_id: &str, changes: &[(&str, Option<&str>)]) -> String {
        let page = browser.get(&self.authorize(client_id, changes));
        assert_eq!(page.status, 200, "{}", page.text);
        back(&self.answer(browser, &page, "connect"))["code"].clone()
    }

    pub(crate) fn exchange(&self, client_id: &str, code: &str, verifier: &str) -> (u16, Value) {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("client_id", client_id),
            ("code_verifier", verifier),
        ];
        self.send("/oauth/token", &fields)
    }

    pub(crate) fn refresh(&self, client_id: &str, token: &str) -> (u16, Value) {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client_id)];
        self.send("/oauth/token", &fields)
    }

    pub(crate) fn revoke(&self, client_id: &str, token: &str) -> (u16, Value) {
        self.send("/oauth/revoke", &[("token", token), ("client_id", client_id)])
    }

    /// A program that has registered itself and that whoever sits at this browser has connected.
    pub(crate) fn connected(&self, browser: &Browser) -> Connected {
        let client_id = self.register();
        let code = self.code(browser, &client_id);
        let tokens = tokens(&self.exchange(&client_id, &code, VERIFIER));
        Connected { client_id, code, tokens }
    }

    /// What is answered to who shows this token at the organization's door.
    pub(crate) fn status(&self, token: &str) -> u16 {
        status_at(&self.resource(), token)
    }
}

/// What is answered to who shows this token at a door.
pub(crate) fn status_at(door: &str, token: &str) -> u16 {
    Mcp::new(door, token).send("tools/list", None, json!({})).expect("an answer").status().as_u16()
}

/// What is asked, as the page brings it again.
pub(crate) fn request_in(page: &Answer) -> String {
    let request = page.text.split("name=\"request\" value=\"").nth(1).expect("the request").split('"').next();
    request.unwrap().replace("&#38;", "&").replace("&amp;", "&")
}

/// What the page has chosen that the client may do.
pub(crate) fn chosen_in(page: &Answer) -> String {
    let mut choices = page.text.split("name=\"profile\" value=\"").skip(1);
    let chosen = choices.clone().find(|rest| rest.split('>').next().unwrap().ends_with("checked"));
    chosen.or_else(|| choices.next()).unwrap_or_default().split('"').next().unwrap().to_owned()
}

/// What the client finds in the address to which the person is sent back.
pub(crate) fn back(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to = answer.header("location");
    let query = to.strip_prefix(&format!("{BACK}?")).unwrap_or_else(|| panic!("sent to {to}"));
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// An installation with a person who is signed in, what a program knows of it, and another organization of somebody else's.
pub(crate) struct Gate {
    pub(crate) server: Server,
    pub(crate) program: Program,
    pub(crate) owner: Api,
    pub(crate) ada: Browser,
    /// The owner of the other one, `other`.
    pub(crate) eve: Browser,
    pub(crate) folder: TempDir,
}

impl Gate {
    pub(crate) fn start() -> Gate {
        Gate::on(tempfile::tempdir().unwrap())
    }

    /// On a folder in which there may be more organizations.
    pub(crate) fn on(folder: TempDir) -> Gate {
        let acme = found(folder.path(), "Acme", "ada@example.com");
        let other = found(folder.path(), "Other", "eve@example.com");
        let server = Gate::serve(&folder);
        let owner = Api::at(&server.url, &acme.org, &acme.key);
        let (ada, eve) = (signed_in(&server.url, &acme.link), signed_in(&server.url, &other.link));
        let program = Program { url: server.url.clone(), org: acme.org };
        Gate { server, program, owner, ada, eve, folder }
    }

    fn serve(folder: &TempDir) -> Server {
        Server::start_with(folder.path(), &["--trusted-proxies", "127.0.0.1"])
    }

    /// The process is killed, and another one started on its folder, at another port. Browsers stay where they were.
    pub(crate) fn killed(self) -> Gate {
        drop(self.server);
        let server = Gate::serve(&self.folder);
        let owner = Api::at(&server.url, &self.program.org, &self.owner.key);
        let program = Program { url: server.url.clone(), org: self.program.org };
        Gate { server, program, owner, ..self }
    }
}
