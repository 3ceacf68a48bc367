//! A Wardroom on a folder of its own, with or without a disk under it that can lose its power.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use identity::digest::ArgumentDigester;
use identity::keyring::Keyring;
use serde_json::Value;
use tempfile::TempDir;
use testkit::power::{Disk, Loss, Luck, Word};
use tokio::time::Instant;

use crate::upstreams::Upstreams;
use crate::vandal::broken_rows;
use crate::world::{Process, WARDROOM, agent};

/// The folder, what runs on it and what was founded in it.
pub(crate) struct House {
    data: PathBuf,
    disk: Option<Disk>,
    running: Option<(Process, String)>,
    pub(crate) org: String,
    org_id: String,
    key: String,
    digester: ArgumentDigester,
    _folder: TempDir,
}

impl House {
    /// Founds an organization on a folder; the processes run as everywhere.
    pub(crate) fn found(name: &str) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        House::init(folder, None, name)
    }

    /// The same on a disk that can lose its power. The folder is there and empty, and so is the disk.
    pub(crate) fn found_on_a_disk(name: &str) -> House {
        let (folder, disk) = empty_disk();
        House::init(folder, Some(disk), name)
    }

    /// The same where an earlier founding was killed at a moment that chance chooses, and the power went.
    pub(crate) fn found_after_a_cut(name: &str, luck: &mut Luck) -> House {
        let (folder, mut disk) = empty_disk();
        let mut command = initiation(&folder, Some(&disk), "Cut short");
        let process = Process(command.stdout(Stdio::null()).spawn().expect("the executable starts"));
        pause(Duration::from_micros(luck.below(150_000) as u64));
        drop(process);
        disk.cut_power(Word::Kept, luck);
        House::init(folder, Some(disk), name)
    }

    fn init(folder: TempDir, disk: Option<Disk>, name: &str) -> House {
        let data = folder.path().join("data");
        let output = initiation(&folder, disk.as_ref(), name).output().expect("the executable runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let founded: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let text = |place: &str| founded.pointer(place).and_then(Value::as_str).expect("a text").to_owned();
        House {
            digester: digester(&data),
            data,
            disk,
            running: None,
            org: text("/org/slug"),
            org_id: text("/org/id"),
            key: text("/key"),
            _folder: folder,
        }
    }

    /// Starts serving, on a disk whose flushes take a while that chance chooses.
    pub(crate) fn start(&mut self, luck: &mut Luck) {
        self.try_start(luck).unwrap_or_else(|said| panic!("it does not start any more: {said}"));
    }

    pub(crate) fn try_start(&mut self, luck: &mut Luck) -> Result<(), String> {
        let mut child = self.serving(luck, Stdio::inherit()).spawn().expect("the executable starts");
        let mut line = String::new();
        let said = BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line);
        said.expect("its output can be read");
        let process = Process(child);
        let url = line.trim().strip_prefix("serving ").ok_or("it ended without serving")?.to_owned();
        self.running = Some((process, url));
        Ok(())
    }

    /// Starts serving and is killed on the way, at a moment that chance chooses.
    pub(crate) fn stumble_and_kill(&mut self, luck: &mut Luck) {
        let child = self.serving(luck, Stdio::null()).spawn().expect("the executable starts");
        let process = Process(child);
        pause(Duration::from_micros(luck.below(60_000) as u64));
        drop(process);
    }

    fn serving(&mut self, luck: &mut Luck, errors: Stdio) -> Command {
        let mut command = Command::new(WARDROOM);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--plain-http-hosts", "127.0.0.1", "--data"])
            .arg(&self.data);
        command.stdout(Stdio::piped()).stderr(errors);
        if let Some(disk) = &mut self.disk {
            disk.set_flush_time(Duration::from_micros([0, 200, 1_000, 10_000][luck.below(4)]));
            disk.insert_into(&mut command);
        }
        command
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        // Dropping a process kills it and waits for its end.
        self.running = None;
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(&mut self) {
        let mut process = self.asked_to_stop();
        assert!(process.0.wait().expect("its end").success());
    }

    /// Asks it to stop, and kills it at a moment that chance chooses; it may have ended by then.
    pub(crate) fn stop_and_kill(&mut self, luck: &mut Luck) {
        let process = self.asked_to_stop();
        pause(Duration::from_micros(luck.below(100_000) as u64));
        drop(process);
    }

    fn asked_to_stop(&mut self) -> Process {
        let (process, _) = self.running.take().expect("it runs");
        let asked = Command::new("kill").args(["-TERM", &process.0.id().to_string()]).status();
        assert!(asked.expect("kill runs").success());
        process
    }

    /// The power goes; the process was killed before.
    pub(crate) fn cut_power(&mut self, word: Word, luck: &mut Luck) -> Loss {
        assert!(self.running.is_none(), "the process goes first");
        self.disk.as_mut().expect("a disk").cut_power(word, luck)
    }

    /// Everything that stands in the folder is on the disk.
    pub(crate) fn settle(&mut self) {
        self.disk = Some(Disk::under(&self.data));
    }

    /// `wardroom audit verify`.
    pub(crate) fn verify(&self) -> Result<(), String> {
        broken_rows(&self.data).and_then(|broken| if broken.is_empty() { Ok(()) } else { Err(format!("{broken:?}")) })
    }

    /// Connects the integration that is called.
    pub(crate) fn connect(&self, upstreams: &Upstreams) {
        let (status, answer) = self.owner().ask("POST", "/integrations", Some(upstreams.stripe())).expect("an answer");
        assert_eq!(status, 201, "{answer}");
    }

    /// Whether there is a disk under it that loses what was not flushed.
    pub(crate) fn loses_power(&self) -> bool {
        self.disk.is_some()
    }

    pub(crate) fn url(&self) -> &str {
        self.running.as_ref().map_or("", |(_, url)| url)
    }

    /// The management API with the owner's key.
    pub(crate) fn owner(&self) -> Line {
        self.line(&self.key)
    }

    /// The management API with somebody's key.
    pub(crate) fn line(&self, key: &str) -> Line {
        let root = format!("{}/api/v1/orgs/{}", self.url(), self.org);
        Line { root, key: key.to_owned(), agent: agent() }
    }

    pub(crate) fn owner_key(&self) -> &str {
        &self.key
    }

    /// The digest under which the arguments of a call stand in its record. Their keys are given in order.
    pub(crate) fn digest_of(&self, arguments: &Value) -> String {
        let digest = self.digester.digest(&self.org_id, arguments.to_string().as_bytes());
        identity::digest::hexadecimal(&digest)
    }
}

/// A folder that is there and empty, and the disk under it.
fn empty_disk() -> (TempDir, Disk) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    let disk = Disk::under(&data);
    (folder, disk)
}

/// `wardroom init`.
fn initiation(folder: &TempDir, disk: Option<&Disk>, name: &str) -> Command {
    let mut command = Command::new(WARDROOM);
    command.args(["init", "--json", "--org", name, "--owner", "ada@example.com", "--preset", "pipeworks", "--data"]);
    command.arg(folder.path().join("data"));
    if let Some(disk) = disk {
        disk.insert_into(&mut command);
    }
    command
}

fn digester(data: &Path) -> ArgumentDigester {
    let text = fs::read_to_string(data.join("master.key")).expect("the master keys are there");
    ArgumentDigester::new(&Keyring::parse(&text).expect("master keys"))
}

/// One who asks the management API and may get no answer, since the server dies.
pub(crate) struct Line {
    root: String,
    key: String,
    agent: ureq::Agent,
}

impl Line {
    /// Asks; nothing where no whole answer came.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.root))
            .header("authorization", format!("Bearer {}", self.key));
        let answer = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string());
                self.agent.run(request.expect("a request"))
            }
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let mut answer = answer.ok()?;
        let text = answer.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string().ok()?;
        let status = answer.status().as_u16();
        Some((status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).ok()? }))
    }

    /// Every item of a list, all pages.
    pub(crate) fn list(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        let sign = if path.contains('?') { '&' } else { '?' };
        loop {
            let (status, page) = self.ask("GET", &format!("{path}{sign}limit=1000{cursor}"), None).expect("an answer");
            assert_eq!(status, 200, "{path}: {page}");
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

/// Lets a random time go by: the moment of a crash is what is tried, so there is nothing to wait for.
pub(crate) fn pause(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        std::thread::park_timeout(left);
    }
}
