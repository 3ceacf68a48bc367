//! People sign in with a link that is good once, act with the session that they get, and end it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::world::{Api, Mcp, PATIENCE, Server, WARDROOM};

/// What `wardroom init` says: the organization's slug, the owner's key, and the path of their link.
pub(crate) struct Founded {
    pub(crate) org: String,
    pub(crate) key: String,
    pub(crate) link: String,
}

pub(crate) fn found(data: &Path, org: &str, owner: &str) -> Founded {
    let mut command = Command::new(WARDROOM);
    command.args(["init", "--json", "--org", org, "--owner", owner, "--preset", "pipeworks", "--data"]).arg(data);
    let output = command.output().expect("the executable runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let link = text(&said["link"]);
    let path = link.strip_prefix("http://127.0.0.1:7700").unwrap_or_else(|| panic!("{link}"));
    Founded { org: text(&said["org"]["slug"]), key: text(&said["key"]), link: path.to_owned() }
}

/// A browser: it keeps cookies, says which page made it ask, and follows nothing by itself.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) url: String,
    pub(crate) jar: Arc<Mutex<BTreeMap<String, String>>>,
    pub(crate) agent: ureq::Agent,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The word in the page's form.
    pub(crate) fn csrf(&self) -> String {
        let rest = self.text.split_once("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("no form: {}", self.text)).1;
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub(crate) fn new(url: &str) -> Browser {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
        let agent = config.timeout_global(Some(PATIENCE)).build().into();
        Browser { url: url.to_owned(), jar: Arc::default(), agent }
    }

    pub(crate) fn cookies(&self) -> String {
        let jar = self.jar.lock().unwrap();
        jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let cookies = self.cookies();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = match body {
            "" => self.agent.run(request.body(()).unwrap()),
            body => self.agent.run(request.body(body.to_owned()).unwrap()),
        }
        .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let text = answer.body_mut().read_to_string().expect("a body");
        for line in answer.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut jar = self.jar.lock().unwrap();
            match line.contains("Max-Age=0") {
                true => _ = jar.remove(name),
                false => _ = jar.insert(name.to_owned(), value.to_owned()),
            }
        }
        Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), text }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// Sends a form of ours, as a browser does from our page.
    pub(crate) fn submit(&self, path: &str, csrf: &str) -> Answer {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.send(
            "POST",
            path,
            &[kind, ("origin", &self.url), ("sec-fetch-site", "same-origin")],
            &format!("csrf={csrf}"),
        )
    }

    /// The same with what somebody filled in, as it is written in a form.
    pub(crate) fn fill_in(&self, path: &str, csrf: &str, fields: &str) -> Answer {
        self.submit(path, &format!("{csrf}&{fields}"))
    }

    /// Opens a link and presses its button.
    pub(crate) fn sign_in(&self, link: &str) -> Answer {
        let page = self.get(link);
        assert_eq!(page.status, 200, "{}", page.text);
        self.submit(link, &page.csrf())
    }

    /// Asks the management API, as a page of ours does.
    pub(crate) fn api(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let csrf = self.get("/api/v1/session").json()["csrf"].as_str().unwrap_or_default().to_owned();
        let headers = [("origin", self.url.as_str()), ("wardroom-csrf", &csrf), ("content-type", "application/json")];
        let answer = self.send(method, path, &headers, &body.map(|body| body.to_string()).unwrap_or_default());
        (answer.status, answer.json())
    }

    /// What says who is signed in.
    pub(crate) fn session(&self) -> (u16, Value) {
        let answer = self.get("/api/v1/session");
        (answer.status, answer.json())
    }
}

pub(crate) fn signed_in(url: &str, link: &str) -> Browser {
    let browser = Browser::new(url);
    let answer = browser.sign_in(link);
    assert_eq!(answer.status, 303, "{}", answer.text);
    browser
}

#[test]
fn the_first_owner_signs_in_once_with_the_link_that_init_prints_acts_and_signs_out() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme & <Sons>", "ada@example.com");
    let server = Server::start(folder.path());
    let browser = Browser::new(&server.url);
    assert_eq!(browser.session().0, 401);
    assert!(browser.get("/sign-in").text.contains("You are not signed in"));
    // To look at a link uses nothing up, however often.
    for _ in 0..3 {
        let page = browser.get(&acme.link);
        assert!(
            page.text.contains("Sign in as ada") && page.text.contains("Acme &#38; &#60;Sons&#62;"),
            "{}",
            page.text
        );
        assert_eq!(browser.session().0, 401);
    }
    let answer = browser.sign_in(&acme.link);
    assert_eq!((answer.status, answer.header("location")), (303, "/sign-in"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && cookie.contains("Path=/;"), "{cookie}");
    let (status, who) = browser.session();
    assert_eq!((status, &who["name"], &who["organizations"][0]["slug"]), (200, &json!("ada"), &json!(acme.org)));
    assert!(browser.get("/sign-in").text.contains("You are signed in as ada"));
    // What the owner may with their key they may here.
    let path = format!("/api/v1/orgs/{}", acme.org);
    assert_eq!(browser.api("PATCH", &path, Some(json!({ "name": "Acme" }))).0, 200);
    assert_eq!(browser.get(&path).json()["name"], json!("Acme"));
    assert_eq!(browser.get("/api/v1/orgs").json()["items"].as_array().unwrap().len(), 1);
    // History names the person and the session.
    let changes = browser.get(&format!("{path}/audit?kind=changes&limit=1")).json();
    let (person, session) = (who["person"].as_str().unwrap(), who["id"].as_str().unwrap());
    assert!(changes.to_string().contains(person), "{changes}");
    let calls = browser.get(&format!("{path}/audit?kind=calls&credential={session}")).json();
    let noted = &calls["items"][0];
    let told = (&noted["method"], &noted["reason"], &noted["outcome"]["status"]);
    assert_eq!(told, (&json!("sign-in"), &json!("link"), &json!("succeeded")), "{calls}");
    // The link is used up, for whoever has it.
    for again in [browser.get(&acme.link), Browser::new(&server.url).get(&acme.link)] {
        assert_eq!(again.status, 404);
        assert!(again.text.contains("This link opens nothing"), "{}", again.text);
    }
    let stolen = browser.clone();
    let page = browser.get("/sign-in");
    let copy = Browser { jar: Arc::new(Mutex::new(stolen.jar.lock().unwrap().clone())), ..stolen.clone() };
    assert_eq!(browser.submit("/sign-out", &page.csrf()).status, 303);
    assert!(!browser.cookies().contains("wardroom-trial="), "{}", browser.cookies());
    assert_eq!((browser.session().0, copy.session().0), (401, 401), "a copy of the cookie opens nothing either");
    assert_eq!(copy.get(&path).status, 401);
}

#[test]
fn of_many_who_open_one_link_at_once_one_is_signed_in() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let ready: Vec<(Browser, String)> = (0..40)
        .map(|_| {
            let browser = Browser::new(&server.url);
            let csrf = browser.get(&acme.link).csrf();
            (browser, csrf)
        })
        .collect();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let link = &acme.link;
        let opening: Vec<_> =
            ready.iter().map(|(browser, csrf)| scope.spawn(move || browser.submit(link, csrf))).collect();
        opening.into_iter().map(|opened| opened.join().unwrap()).collect()
    });
    let mut through: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    through.sort_unstable();
    // Of those who come too late the last are told to wait besides.
    assert!(through[0] == 303 && through[1..].iter().all(|status| matches!(status, 404 | 429)), "{through:?}");
    let signed_in: Vec<&Browser> =
        ready.iter().map(|(browser, _)| browser).filter(|one| one.session().0 == 200).collect();
    assert_eq!(signed_in.len(), 1);
    assert_eq!(signed_in[0].get("/api/v1/sessions").json()["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_link_that_is_wrong_in_any_way_gets_the_same_answer_and_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let browser = Browser::new(&server.url);
    let token = acme.link.rsplit('/').next().unwrap();
    let flipped: String = token.chars().rev().collect();
    let known = browser.get("/sign-in/link/wrl_1");
    for wrong in [&token[..20], &flipped, "wrl_", &format!("{token}0"), &acme.key, &token.replace("wrl_", "wri_")] {
        let answer = browser.get(&format!("/sign-in/link/{wrong}"));
        assert_eq!((answer.status, &answer.text), (404, &known.text), "{wrong}");
    }
    let csrf = browser.get(&acme.link).csrf();
    assert_eq!(browser.submit("/sign-in/link/wrl_1", &csrf).status, 404);
    assert_eq!(browser.session().0, 401);
    // None of them opens a door for keys.
    let api = Api::at(&server.url, &acme.org, token);
    assert_eq!(api.get("").0, 401);
    // And it is as good as before.
    assert_eq!(browser.sign_in(&acme.link).status, 303);
}

#[test]
fn what_another_site_makes_a_browser_send_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let url = server.url.as_str();
    let browser = Browser::new(url);
    let csrf = browser.get(&acme.link).csrf();
    let form = format!("csrf={csrf}");
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let other = Browser::new(url).get(&acme.link).csrf();
    let ours = ("origin", url);
    for (headers, body) in [
        (vec![kind], form.as_str()),
        (vec![kind, ("origin", "https://evil.example")], &form),
        (vec![kind, ("origin", "null")], &form),
        (vec![kind, ours, ("sec-fetch-site", "cross-site")], &form),
        (vec![kind, ours], "a=b"),
        (vec![kind, ours], &format!("csrf={other}")),
    ] {
        let answer = browser.send("POST", &acme.link, &headers, body);
        assert_eq!(answer.status, 403, "{headers:?} {body}");
        assert!(answer.text.contains("did not come from"), "{}", answer.text);
    }
    // Without the cookie of the browser in which the page was opened, its word is worth nothing.
    assert_eq!(Browser::new(url).submit(&acme.link, &csrf).status, 403);
    assert_eq!(browser.submit(&acme.link, &csrf).status, 303);

    let path = format!("/api/v1/orgs/{}", acme.org);
    let csrf = browser.session().1["csrf"].as_str().unwrap().to_owned();
    let (json, word) = (("content-type", "application/json"), ("wardroom-csrf", csrf.as_str()));
    for headers in [
        vec![json],
        vec![json, ours],
        vec![json, word],
        vec![json, word, ("origin", "https://evil.example")],
        vec![json, word, ours, ("sec-fetch-site", "same-site")],
        vec![json, ours, ("wardroom-csrf", "x")],
    ] {
        let answer = browser.send("PATCH", &path, &headers, r#"{"name":"Taken"}"#);
        assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("not-from-here")), "{headers:?}");
    }
    let page = browser.get("/sign-in").csrf();
    assert_eq!(browser.send("POST", "/sign-out", &[kind], &format!("csrf={page}")).status, 403);
    assert_eq!(browser.submit("/sign-out", &csrf).status, 403, "a word for another door");
    // Another site's form comes without our cookie, and its answer must not take that away.
    let forged = Browser::new(url).send("POST", "/sign-out", &[kind, ("origin", "https://evil.example")], "csrf=x");
    assert_eq!((forged.status, forged.header("set-cookie")), (403, ""));
    assert_eq!((browser.get(&path).json()["name"].as_str(), browser.session().0), (Some("Acme"), 200));
    // A key is shown by whoever means to: it needs no word, and where there is one no cookie counts.
    let key = format!("Bearer {}", acme.key);
    let patch = |key: &str| browser.send("PATCH", &path, &[json, ("authorization", key)], r#"{"name":"Ours"}"#).status;
    assert_eq!((patch("Bearer wrp_wrong"), patch(&key)), (401, 200));
}

#[test]
fn a_session_opens_no_door_that_is_for_keys() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let browser = signed_in(&server.url, &acme.link);
    let cookies = browser.cookies();
    let token = cookies.split("wardroom-trial=").nth(1).unwrap().split(';').next().unwrap();
    assert!(token.starts_with("wrs_"), "{token}");
    let csrf = browser.session().1["csrf"].as_str().unwrap().to_owned();
    let ours = [("origin", server.url.as_str()), ("wardroom-csrf", &csrf), ("content-type", "application/json")];
    for path in ["/access/v1/evaluation", "/mcp", &format!("/o/{}/mcp", acme.org)] {
        let accept = [("accept", "application/json, text/event-stream"), ("mcp-protocol-version", "2026-07-28")];
        let headers: Vec<_> = ours.into_iter().chain(accept).collect();
        assert_eq!(browser.send("POST", path, &headers, "{}").status, 401, "{path}");
    }
    // Nor does its token in the place of a key.
    let api = Api::at(&server.url, &acme.org, token);
    assert_eq!(api.get("").0, 401);
    let mcp = Mcp::new(&format!("{}/o/{}/mcp", server.url, acme.org), token);
    assert_eq!(mcp.call("anything", json!({})).status, 401);
}

// rows: WJ-41
#[test]
fn a_session_opens_what_its_person_is_a_member_of_and_whoever_comes_back_signs_in_anew() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let other = found(folder.path(), "Other", "bea@example.com");
    let server = Server::start(folder.path());
    let bea = signed_in(&server.url, &other.link);
    let (there, own) = (format!("/api/v1/orgs/{}", acme.org), format!("/api/v1/orgs/{}", other.org));
    let nowhere = bea.get("/api/v1/orgs/no-such-organization").json();
    assert_eq!((bea.get(&there).status, bea.get(&there).json()), (404, nowhere.clone()));
    let owner = Api::at(&server.url, &acme.org, &acme.key);
    let member = json!({ "email": "bea@example.com", "name": "Bea" });
    assert_eq!(owner.post("/members", member.clone()).0, 201);
    assert_eq!((bea.get(&there).status, bea.get(&own).status), (200, 200));
    assert_eq!(bea.session().1["organizations"].as_array().unwrap().len(), 2);
    // A member of one is no owner there because they own another.
    let (status, denied) = bea.api("PATCH", &there, Some(json!({ "name": "Mine" })));
    assert_eq!((status, &denied["title"]), (403, &json!("Denied")), "{denied}");
    assert_eq!(owner.delete("/members/bea@example.com").0, 200);
    assert_eq!((bea.get(&there).status, bea.get(&there).json()), (404, nowhere));
    assert_eq!(bea.api("PATCH", &there, Some(json!({ "name": "Mine" }))).0, 404);
    assert_eq!((bea.get(&own).status, bea.session().0), (200, 200), "what is their own goes on");
    assert_eq!(owner.post("/members", member).0, 201);
    assert_eq!(bea.get(&there).status, 401, "this session began before they left");
    drop(server);
    let server = Server::start(folder.path());
    let bea = Browser { url: server.url.clone(), ..bea };
    assert_eq!((bea.get(&there).status, bea.get(&own).status), (401, 200), "nor after a restart");
}

#[test]
fn people_see_their_sessions_and_end_one_or_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let links: Vec<Founded> =
        ["One", "Two", "Three"].iter().map(|name| found(folder.path(), name, "ada@example.com")).collect();
    let stranger = found(folder.path(), "Four", "bea@example.com");
    let server = Server::start(folder.path());
    let browsers: Vec<Browser> = links.iter().map(|founded| signed_in(&server.url, &founded.link)).collect();
    let bea = signed_in(&server.url, &stranger.link);
    let listed = browsers[0].get("/api/v1/sessions").json();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(items.iter().filter(|item| item["this"] == json!(true)).count(), 1);
    assert!(items.iter().all(|item| item["address"] == json!("127.0.0.1") && item["way"] == json!("link")), "{listed}");
    let id = |browser: &Browser| browser.session().1["id"].as_str().unwrap().to_owned();
    let second = format!("/api/v1/sessions/{}", id(&browsers[1]));
    assert_eq!(bea.api("DELETE", &second, None).0, 404, "nobody ends another's");
    assert_eq!(browsers[0].api("DELETE", &second, None).0, 204);
    let open = || [0, 1, 2].map(|at| browsers[at].session().0);
    assert_eq!(open(), [200, 401, 200]);
    assert_eq!(browsers[0].api("DELETE", &second, None).0, 404, "it is gone");
    let (status, ended) = browsers[2].api("DELETE", "/api/v1/sessions", None);
    assert_eq!((status, &ended["keys_left"]), (200, &json!(3)), "one of each organization: {ended}");
    let key = Api::at(&server.url, &links[0].org, &links[0].key);
    assert_eq!(key.get("").0, 200, "keys stay");
    assert_eq!((open(), bea.session().0), ([401; 3], 200));
    drop(server);
    let server = Server::start(folder.path());
    let status = |browser: &Browser| Browser { url: server.url.clone(), ..browser.clone() }.session().0;
    assert_eq!((browsers.iter().map(status).collect::<Vec<_>>(), status(&bea)), (vec![401; 3], 200));
}

#[test]
fn whoever_signs_in_again_in_a_browser_ends_the_session_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let first = found(folder.path(), "One", "ada@example.com");
    let second = found(folder.path(), "Two", "ada@example.com");
    let server = Server::start(folder.path());
    let browser = signed_in(&server.url, &first.link);
    let before = Browser { jar: Arc::new(Mutex::new(browser.jar.lock().unwrap().clone())), ..browser.clone() };
    assert_eq!(browser.sign_in(&second.link).status, 303);
    assert_ne!(browser.cookies(), before.cookies(), "the token is another one");
    assert_eq!((browser.session().0, before.session().0), (200, 401));
}

#[test]
fn the_pages_run_no_script_stand_in_no_frame_and_are_kept_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let browser = Browser::new(&server.url);
    let pages = [browser.get("/sign-in"), browser.get(&acme.link), browser.get("/sign-in/link/wrl_1")];
    let opened = browser.sign_in(&acme.link);
    let pages: Vec<Answer> = pages.into_iter().chain([opened, browser.get("/sign-in")]).collect();
    for page in &pages {
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("script") && !policy.contains("unsafe"), "{policy}");
        assert!(!page.text.contains("<script") && !page.text.contains("http"), "{}", page.text);
        assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "same-origin"));
        assert_eq!((page.header("x-frame-options"), page.header("x-content-type-options")), ("DENY", "nosniff"));
    }
    let (who, nobody) = (browser.get("/api/v1/session"), Browser::new(&server.url).get("/api/v1/session"));
    assert_eq!((who.status, nobody.status), (200, 401));
    let org = format!("/api/v1/orgs/{}", acme.org);
    for answer in [who, nobody, browser.get(&org), browser.get("/api/v1/no-such"), browser.get("/api/v1/sessions")] {
        let kept = (answer.header("cache-control"), answer.header("x-content-type-options"));
        assert_eq!(kept, ("no-store", "nosniff"), "{}", answer.text);
    }
    let style = browser.get("/sign-in/style.css");
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
}

#[test]
fn whoever_came_over_https_comes_over_nothing_else_whatever_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start_with(folder.path(), &["--public-url", "https://gate.example.com"]);
    let here = format!("http://{}", server.url.split("listening on ").nth(1).expect("where it listens"));
    let browser = Browser::new(&here);
    let link = browser.get(&acme.link);
    let refused = browser.send("POST", &acme.link, &[("content-type", "application/x-www-form-urlencoded")], "csrf=x");
    let sent = browser.get("/sign-in/sessions");
    let api = browser.get("/api/v1/session");
    for (answer, status) in
        [(link, 200), (refused, 403), (sent, 303), (browser.get("/sign-in/link/x"), 404), (api, 401)]
    {
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{status}");
    }
}

#[test]
fn nobody_signs_in_over_plain_http_from_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start_with(folder.path(), &["--public-url", "http://gate.example.com"]);
    let here = format!("http://{}", server.url.split("listening on ").nth(1).expect("where it listens"));
    let browser = Browser::new(&here);
    for path in ["/sign-in", &acme.link] {
        let answer = browser.get(path);
        assert!(answer.status == 503 && answer.text.contains("public-url has to be https"), "{path}: {}", answer.text);
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[test]
fn whoever_guesses_links_is_slowed_down_and_nobody_who_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let guesser = Browser::new(&server.url);
    let refused = (0..200).map(|_| guesser.get("/sign-in/link/wrl_1")).find(|answer| answer.status != 404).unwrap();
    assert_eq!(refused.status, 429);
    assert!(refused.text.contains("Not so fast") && !refused.text.contains("opens nothing"), "{}", refused.text);
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    assert_eq!(guesser.get("/set-up/wru_1").status, 429, "it is one account for all that can be guessed");
    assert_eq!(guesser.get("/sign-in/mail/wrl_1").status, 429, "links in mails as well");
    // From the same address, at the same moment.
    assert_eq!(signed_in(&server.url, &acme.link).session().0, 200);
}

/// An organization with two owners: ada, who is signed in, and ben, who has a key.
struct Pair {
    ben: Api,
    browser: Browser,
    path: String,
    _server: Server,
    _folder: tempfile::TempDir,
}

fn pair() -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let acme = found(folder.path(), "Acme", "ada@example.com");
    let server = Server::start(folder.path());
    let owner = Api::at(&server.url, &acme.org, &acme.key);
    let new = json!({ "email": "ben@example.com", "name": "Ben", "role": "owner", "issue_key": { "label": "first" } });
    let (status, added) = owner.post("/members", new);
    assert_eq!(status, 201, "{added}");
    let ben = Api::at(&server.url, &acme.org, added["key"]["secret"].as_str().unwrap());
    let (browser, path) = (signed_in(&server.url, &acme.link), format!("/api/v1/orgs/{}", acme.org));
    Pair { ben, browser, path, _server: server, _folder: folder }
}

#[test]
fn the_session_of_somebody_who_is_suspended_opens_the_organization_again_when_they_are_restored() {
    let Pair { ben, browser, path, _server, _folder } = pair();
    assert_eq!(browser.get(&path).status, 200);
    assert_eq!(ben.post("/members/ada@example.com/suspend", json!({})).0, 200);
    let answer = browser.get(&path);
    assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("member-suspended")), "{}", answer.text);
    // Signed in they are, and here they are nobody.
    let (status, who) = browser.session();
    assert_eq!((status, &who["organizations"]), (200, &json!([])), "{who}");
    assert_eq!(ben.post("/members/ada@example.com/restore", json!({})).0, 200);
    assert_eq!(browser.get(&path).status, 200);
}

#[test]
fn a_session_that_was_ended_while_its_person_was_suspended_opens_nothing_when_they_are_restored() {
    let Pair { ben, browser, path, _server, _folder } = pair();
    assert_eq!(ben.post("/members/ada@example.com/suspend", json!({})).0, 200);
    // What would open it again is told, counted, and can be ended.
    let listed = ben.get("/members/ada@example.com/sessions").1;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(ben.get("/members/ada@example.com/consequences").1["ends"]["sessions"], json!(1));
    assert_eq!(ben.delete("/members/ada@example.com/sessions").0, 204);
    assert_eq!(ben.post("/members/ada@example.com/restore", json!({})).0, 200);
    assert_eq!(browser.get(&path).status, 401, "it was ended");
}
