//! A small MCP server over standard input and output, of either era, that misbehaves when it is told to. It is built by the
//! build script of `testkit` with nothing but the standard library, and knows no more of JSON than what one gateway writes:
//! one line without blanks between its parts.
//!
//! Arguments: the era (`modern`, `legacy`, or `legacy-strict`, which ends where the first message is not `initialize`), then a
//! file to which it adds a line for all that happens to it.

use std::fs::OpenOptions;
use std::io::{BufRead, Write, stdin, stdout};
use std::process::exit;

/// The tools that it lists; what each does is in [`call`].
const TOOLS: &[&str] = &include!("tools.in");

struct Server {
    era: String,
    diary: String,
    waiting: Vec<String>,
    is_begun: bool,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (era, diary) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let mut server = Server { era, diary, waiting: Vec::new(), is_begun: false };
    server.note("started");
    let mut lines = stdin().lock().lines();
    while let Some(Ok(line)) = lines.next() {
        server.heard(&line, &mut lines);
    }
    server.note("ended");
}

fn say(line: &str) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn after<'l>(line: &'l str, mark: &str) -> Option<&'l str> {
    line.find(mark).map(|at| &line[at + mark.len()..])
}

fn word<'l>(line: &'l str, mark: &str) -> &'l str {
    after(line, mark).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

fn number(line: &str, mark: &str) -> String {
    after(line, mark).unwrap_or_default().chars().take_while(char::is_ascii_digit).collect()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter < ' ' => quoted.push_str(&format!("\\u{:04x}", letter as u32)),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

impl Server {
    fn note(&self, what: &str) {
        if let Ok(mut diary) = OpenOptions::new().append(true).create(true).open(&self.diary) {
            let _ = writeln!(diary, "{} {what}", std::process::id());
        }
    }

    fn result(&self, id: &str, result: &str) {
        let kind = if self.era == "modern" { r#","resultType":"complete""# } else { "" };
        say(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{{result}{kind}}}}}"#));
    }

    fn text(&self, id: &str, text: &str) {
        self.result(id, &format!(r#""content":[{{"type":"text","text":{}}}]"#, quoted(text)));
    }

    fn error(&self, id: &str, code: i32) {
        say(&format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":"no"}}}}"#));
    }

    fn heard(&mut self, line: &str, lines: &mut impl Iterator<Item = std::io::Result<String>>) {
        let (id, method) = (number(line, r#""id":"#), word(line, r#""method":""#));
        let is_modern = self.era == "modern";
        if self.era == "legacy-strict" && !self.is_begun && method != "initialize" {
            self.note("was told something before it had begun");
            exit(1);
        }
        match method {
            "server/discover" if is_modern => self.result(&id, r#""supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}"#),
            "initialize" if !is_modern => {
                self.is_begun = true;
                self.result(
                    &id,
                    r#""protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"Fixture","version":"1"}"#,
                );
            }
            "tools/list" => {
                let tool = |name: &&str| format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}}}}"#);
                let tools: Vec<String> = TOOLS.iter().map(tool).collect();
                self.result(&id, &format!(r#""tools":[{}]"#, tools.join(",")));
            }
            "tools/call" => self.call(&id, line, lines),
            "notifications/cancelled" => self.note(&format!("cancelled {}", number(line, r#""requestId":"#))),
            _ if id.is_empty() => {}
            _ => self.error(&id, -32601),
        }
    }

    fn call(&mut self, id: &str, line: &str, lines: &mut impl Iterator<Item = std::io::Result<String>>) {
        let tool = word(line, r#""params":{"name":""#);
        self.note(&format!("called {tool}"));
        match tool {
            "get_echo" => self.text(id, line),
            "get_surroundings" => self.text(id, &surroundings()),
            "get_pid" => self.text(id, &std::process::id().to_string()),
            "get_progress" => {
                let token = number(line, r#""progressToken":"#);
                for step in 1..=50 {
                    say(&format!(
                        r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":{step}}}}}"#
                    ));
                }
                self.text(id, "done");
            }
            "get_noise" => {
                say("listening on nothing, and glad of it");
                self.text(id, "done");
            }
            // It names a key twice, and nobody can say which of the two is meant.
            "get_broken" => say(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[],"content":[]}}}}"#)),
            "get_nothing" => {}
            "get_wait" => self.waiting.push(id.to_owned()),
            "get_release" => {
                for waiting in std::mem::take(&mut self.waiting) {
                    self.text(&waiting, &format!("waited as {waiting}"));
                }
                self.text(id, "released");
            }
            "get_question" => {
                say(
                    r#"{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Which?","requestedSchema":{"type":"object","properties":{}}}}"#,
                );
                // Whatever else comes meanwhile is for later.
                while let Some(Ok(line)) = lines.next() {
                    if line.contains(r#""id":"q""#) {
                        self.text(id, &line);
                        return;
                    }
                    self.note("was told something else while it asked");
                }
            }
            "get_flood" => {
                let piece = vec![b'x'; 1 << 16];
                while stdout().write_all(&piece).is_ok() {}
                exit(1);
            }
            "get_flood_of_lines" => {
                while writeln!(stdout(), r#"{{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}}"#).is_ok() {}
                exit(1);
            }
            "get_child" => {
                let child = std::process::Command::new("/bin/sleep").arg("1000").spawn().expect("sleep runs");
                self.text(id, &child.id().to_string());
            }
            "get_end" => exit(3),
            "get_end_after" => {
                self.text(id, "farewell");
                exit(0);
            }
            "get_stderr" => {
                for number in 0..10_000 {
                    eprintln!("line {number} {}", "y".repeat(100));
                }
                self.text(id, "said");
            }
            _ => self.error(id, -32602),
        }
    }
}

/// All that a program knows without asking anybody.
fn surroundings() -> String {
    let mut told: Vec<String> = std::env::vars().map(|(name, value)| format!("variable {name}={value}")).collect();
    told.extend(std::env::args().map(|argument| format!("argument {argument}")));
    told.push(format!("folder {}", std::env::current_dir().expect("a folder").display()));
    for open in std::fs::read_dir("/proc/self/fd").expect("Linux").flatten() {
        let leads_to = std::fs::read_link(open.path()).unwrap_or_default();
        told.push(format!("open {}", leads_to.display()));
    }
    told.push(std::fs::read_to_string("/proc/self/limits").expect("Linux"));
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let group = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(2)).unwrap_or_default();
    told.push(format!("leads its group {}", group == std::process::id().to_string()));
    told.join("\n")
}
