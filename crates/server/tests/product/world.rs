//! A running Wardroom of a test's own: started on a fresh folder and port 0, ended with the test.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::certificate::Certificate;
use tokio::time::Instant;
use ureq::tls::{RootCerts, TlsConfig};

/// The executable that is tested.
pub(crate) const WARDROOM: &str = env!("CARGO_BIN_EXE_wardroom");
/// How long anything may take before the test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const MODERN: &str = "2026-07-28";

/// How many, in a test and in a soak.
#[expect(clippy::disallowed_methods, reason = "this is how the soak tells the tests, and no setting of the product")]
pub(crate) fn count(in_test: usize, in_soak: usize) -> usize {
    if std::env::var_os("WARDROOM_SOAK").is_some() { in_soak } else { in_test }
}

/// A running process, killed at the end.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The demo company, running.
pub(crate) struct Demo {
    process: Process,
    pub(crate) url: String,
    pub(crate) mcp_url: String,
    pub(crate) org: String,
    people: Vec<Value>,
    workspace_keys: Vec<Value>,
    _folder: TempDir,
}

impl Demo {
    /// Starts the demo and waits until it has written who is who.
    pub(crate) fn start() -> Demo {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let mut command = Command::new(WARDROOM);
        command.arg("demo").arg("--listen").arg("127.0.0.1:0").arg("--data").arg(&data);
        command.stdout(Stdio::null()).stderr(Stdio::inherit());
        let mut process = Process(command.spawn().expect("the executable starts"));
        let file = data.join("demo.json");
        wait_for("the demo", || {
            if let Some(status) = process.0.try_wait().expect("the process can be asked") {
                panic!("the demo ended by itself: {status}");
            }
            std::fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok())
        })
        .into_demo(process, folder)
    }

    /// The key of the person with this title, such as `Finance manager`.
    pub(crate) fn key_of(&self, title: &str) -> String {
        self.person(title)["key"].as_str().expect("a key").to_owned()
    }

    pub(crate) fn person(&self, title: &str) -> &Value {
        let fits = |person: &&Value| person["title"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(title));
        self.people.iter().find(fits).unwrap_or_else(|| panic!("nobody is {title} among {:?}", self.people))
    }

    pub(crate) fn workspace_key(&self) -> String {
        self.workspace_keys[0]["key"].as_str().expect("a key").to_owned()
    }

    /// The management API with somebody's key.
    pub(crate) fn api(&self, key: &str) -> Api {
        Api::at(&self.url, &self.org, key)
    }

    /// The MCP door with somebody's key.
    pub(crate) fn mcp(&self, key: &str) -> Mcp {
        Mcp::new(&self.mcp_url, key)
    }

    /// Asks the demo to stop, as a supervisor does, and waits for its end.
    pub(crate) fn stop(mut self) -> std::process::ExitStatus {
        let pid = self.process.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        wait_for("the end", || self.process.0.try_wait().expect("the process can be asked"))
    }

    /// What the look-alike integrations have counted.
    pub(crate) fn upstream_stats(&self) -> Value {
        Demo::stats_at(&self.upstream_control())
    }

    /// Where the look-alike integrations say what they have counted, also once nobody is told where they are.
    pub(crate) fn upstream_control(&self) -> String {
        let owner = self.api(&self.key_of("Owner"));
        let url = owner.get("/integrations/stripe").1["url"].as_str().expect("a URL").to_owned();
        format!("{}/control/stats", url.trim_end_matches("/stripe/mcp"))
    }

    pub(crate) fn stats_at(control: &str) -> Value {
        let mut answer = agent().get(control).call().expect("the integrations answer");
        answer.body_mut().read_json().expect("JSON")
    }
}

trait IntoDemo {
    fn into_demo(self, process: Process, folder: TempDir) -> Demo;
}

impl IntoDemo for Value {
    fn into_demo(self, process: Process, folder: TempDir) -> Demo {
        let text = |name: &str| self[name].as_str().unwrap_or_else(|| panic!("{name} in {self}")).to_owned();
        Demo {
            process,
            url: text("url"),
            mcp_url: text("mcp_url"),
            org: text("org"),
            people: self["people"].as_array().expect("people").clone(),
            workspace_keys: self["workspace_keys"].as_array().expect("keys").clone(),
            _folder: folder,
        }
    }
}

/// A server over a folder that was made by `wardroom init`.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) url: String,
}

impl Server {
    /// Starts `wardroom serve` and waits until it says where.
    pub(crate) fn start(data: &Path) -> Server {
        Server::start_with(data, &[])
    }

    /// The same with more of a command line.
    pub(crate) fn start_with(data: &Path, more: &[&str]) -> Server {
        let mut command = Command::new(WARDROOM);
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "warn",
            "--plain-http-hosts",
            "127.0.0.1",
            "--data",
        ]);
        command.arg(data).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the executable starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("serving ").unwrap_or_else(|| panic!("not serving: {line:?}")).to_owned();
        Server { process: Process(child), url }
    }
}

/// An organization founded by `wardroom init`: its slug and its first owner's key.
pub(crate) fn init(data: &Path, org: &str, owner: &str) -> (String, String) {
    let output = Command::new(WARDROOM)
        .args(["init", "--json", "--org", org, "--owner", owner, "--preset", "pipeworks", "--data"])
        .arg(data)
        .output()
        .expect("the executable runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    (answer["org"]["slug"].as_str().expect("a slug").to_owned(), answer["key"].as_str().expect("a key").to_owned())
}

/// Asks until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "{what} did not come within {PATIENCE:?}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// An HTTP client that gives back refusals like any other answer.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

/// The same, which believes this certificate and no other, and keeps its connections.
pub(crate) fn agent_trusting(certificate: &Certificate) -> ureq::Agent {
    let roots = RootCerts::new_with_certs(&[ureq::tls::Certificate::from_der(&certificate.der).to_owned()]);
    let tls = TlsConfig::builder().root_certs(roots).build();
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
    config.max_idle_age(10 * PATIENCE).tls_config(tls).build().into()
}

/// The management API with one key.
pub(crate) struct Api {
    pub(crate) root: String,
    pub(crate) key: String,
    headers: Vec<(&'static str, String)>,
    agent: ureq::Agent,
}

impl Api {
    pub(crate) fn at(url: &str, org: &str, key: &str) -> Api {
        Api { root: format!("{url}/api/v1/orgs/{org}"), key: key.to_owned(), headers: Vec::new(), agent: agent() }
    }

    /// The same over another client.
    pub(crate) fn over(self, agent: ureq::Agent) -> Api {
        Api { agent, ..self }
    }

    /// The same, with one header more on every request.
    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Api {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, None)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("POST", path, Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("PUT", path, Some(body))
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("PATCH", path, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> (u16, Value) {
        self.send("DELETE", path, None)
    }

    fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.root))
            .header("authorization", format!("Bearer {}", self.key));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let answer = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string());
                self.agent.run(request.expect("a request"))
            }
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let text = answer.body_mut().read_to_string().expect("a body");
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

/// A client of the MCP door, revision 2026-07-28, written out by hand so that a test sees every byte.
pub(crate) struct Mcp {
    pub(crate) url: String,
    pub(crate) key: String,
    agent: ureq::Agent,
}

/// An answer of the MCP door.
#[derive(Debug)]
pub(crate) struct McpAnswer {
    pub(crate) status: u16,
    pub(crate) message: Value,
}

impl McpAnswer {
    /// Waits for the whole answer.
    pub(crate) fn of(mut answer: ureq::http::Response<ureq::Body>) -> McpAnswer {
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().expect("a body");
        McpAnswer { status, message: last_message(&text) }
    }
}

impl Mcp {
    pub(crate) fn new(url: &str, key: &str) -> Mcp {
        Mcp { url: url.to_owned(), key: key.to_owned(), agent: agent() }
    }

    /// The same over another client.
    pub(crate) fn over(self, agent: ureq::Agent) -> Mcp {
        Mcp { agent, ..self }
    }

    /// The names of every tool that is listed, all pages.
    pub(crate) fn tools(&self) -> Vec<String> {
        let (mut names, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let params = if cursor.is_null() { json!({}) } else { json!({ "cursor": cursor }) };
            let answer = self.ask("tools/list", None, params);
            let result = &answer.message["result"];
            let tools = result["tools"].as_array().unwrap_or_else(|| panic!("no list: {answer:?}"));
            names.extend(tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()));
            cursor = result["nextCursor"].clone();
            if cursor.is_null() {
                return names;
            }
        }
    }

    /// Calls a tool and waits for the whole answer.
    pub(crate) fn call(&self, tool: &str, arguments: Value) -> McpAnswer {
        self.ask("tools/call", Some(tool), json!({ "name": tool, "arguments": arguments }))
    }

    fn ask(&self, method: &str, name: Option<&str>, params: Value) -> McpAnswer {
        McpAnswer::of(self.send(method, name, params).unwrap_or_else(|error| panic!("{method}: {error}")))
    }

    /// Sends a request; the answer may be a stream that is still open.
    pub(crate) fn send(
        &self,
        method: &str,
        name: Option<&str>,
        mut params: Value,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let meta = &mut params["_meta"];
        meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
        meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "product-test", "version": "1" });
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = self
            .agent
            .post(&self.url)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", MODERN)
            .header("mcp-method", method);
        if let Some(name) = name {
            request = request.header("mcp-name", name);
        }
        request.send(body.to_string())
    }
}

/// Whether an answer is a tool's own, neither a protocol error nor a denial.
pub(crate) fn succeeded(answer: &McpAnswer) -> bool {
    answer.status == 200 && answer.message["error"].is_null() && answer.message["result"]["isError"] != json!(true)
}

/// The last message of a body that is JSON or an event stream.
fn last_message(text: &str) -> Value {
    let of_stream = text.lines().filter_map(|line| line.strip_prefix("data:")).next_back();
    serde_json::from_str(of_stream.unwrap_or(text).trim()).unwrap_or(Value::Null)
}

/// Reads an event stream line by line until it ends.
pub(crate) fn lines_of(body: ureq::Body) -> impl Iterator<Item = std::io::Result<String>> {
    let reader: Box<dyn Read> = Box::new(body.into_reader());
    BufReader::new(reader).lines()
}
