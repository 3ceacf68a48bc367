//! Servers that are processes of ours, run by templates of the operator's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::grant::Profile;
use domain::id::IntegrationId;
use domain::integration::{CredentialKind, Slug};
use gateway::{Era, Limits, Template, TemplateLimits};
use serde_json::json;
use testkit::stdio::{SERVER, TOOLS};

use crate::world::{Log, World, log};

mod trouble;

const SECRET: &str = "s3cret-of-acme";
/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A world in which one template is offered, and a file to which its processes add a line for all that happens to them.
struct Offering {
    world: World,
    diary: Diary,
}

struct Diary {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Diary {
    fn new() -> Diary {
        let folder = tempfile::tempdir().unwrap();
        Diary { file: folder.path().join("diary"), _folder: folder }
    }

    fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn count(&self, end: &str) -> usize {
        self.lines().iter().filter(|line| line.ends_with(end)).count()
    }

    /// Waits until so many lines end so.
    async fn has(&self, end: &str, count: usize) {
        until(&format!("{count} lines with {end:?} in {:?}", self.file), || self.count(end) >= count).await;
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("not so: {what}"));
}

fn template(era: &str, diary: &Path) -> Template {
    Template {
        name: Slug::parse("fixture").unwrap(),
        purpose: "For tests".to_owned(),
        program: SERVER.into(),
        arguments: vec![era.to_owned(), diary.display().to_string(), "$(touch sang); `touch sang`".to_owned()],
        environment: [("FIXED".to_owned(), "as it is".to_owned())].into(),
        folder: "/tmp".into(),
        secret_variable: Some("FIXTURE_TOKEN".to_owned()),
        runs_as: None,
        limits: TemplateLimits::default(),
    }
}

impl Offering {
    async fn start(log: &Log, era: &str) -> Offering {
        Offering::start_with(log, Limits::default(), |diary| template(era, diary)).await
    }

    async fn start_with(log: &Log, limits: Limits, of: impl Fn(&Path) -> Template) -> Offering {
        let diary = Diary::new();
        let world = World::start_offering(log, limits, vec![of(&diary.file)]).await;
        Offering { world, diary }
    }

    fn connect(&self, slug: &str) -> IntegrationId {
        let tools: Vec<(&str, &str)> = TOOLS.iter().map(|tool| (*tool, "")).collect();
        let (world, place) = (&self.world, (slug, "stdio:fixture"));
        let id = world.shared.connect_listing(&world.org, place, CredentialKind::Environment, &tools);
        world.shared.secrets.lock().unwrap().insert(id, SECRET.to_owned());
        id
    }
}

fn is_running(pid: &str) -> bool {
    // One that has ended and that nobody has waited for is still there, as a zombie.
    Path::new("/proc").join(pid).exists()
}

#[tokio::test]
async fn a_server_of_either_era_that_is_a_process_is_looked_at_and_called() {
    for (era, found) in [("modern", Era::Modern), ("legacy", Era::Legacy), ("legacy-strict", Era::Legacy)] {
        let log = log();
        let Offering { world, diary } = &Offering::start(&log, era).await;
        let probed = world.gateway.probe("stdio:fixture", &CredentialKind::Environment, Some(SECRET)).await.unwrap();
        assert_eq!(probed.era, found);
        let named: Vec<&str> = probed.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(named, TOOLS);
        diary.has("ended", 1).await;
        let offering = Offering {
            world: World::start_offering(&log, Limits::default(), vec![template(era, &diary.file)]).await,
            diary: Diary::new(),
        };
        offering.connect("files");
        let world = &offering.world;
        for client in [world.client(&world.owner).modern(), world.client(&world.owner).initialize().await] {
            let reply = client.call("files__get_echo", json!({ "n": 1, "text": "Köln \n" })).await;
            let told = reply.tool_text();
            assert!(told.contains(r#""arguments":{"n":1,"text":"Köln \n"}"#), "{era}: {}", reply.text);
            assert_eq!(told.contains("io.modelcontextprotocol/protocolVersion"), era == "modern", "{told}");
        }
        log.has("finish get_echo succeeded").await;
    }
}

#[tokio::test]
async fn a_process_knows_what_its_template_says_and_nothing_of_ours() {
    let log = log();
    let offering = Offering::start(&log, "legacy").await;
    offering.connect("files");
    let world = &offering.world;
    let told = world.client(&world.owner).call("files__get_surroundings", json!({})).await.tool_text();
    let lines = |start: &str| -> BTreeSet<&str> { told.lines().filter_map(|line| line.strip_prefix(start)).collect() };
    let token = format!("FIXTURE_TOKEN={SECRET}");
    assert_eq!(lines("variable "), BTreeSet::from(["FIXED=as it is", token.as_str()]));
    let diary = offering.diary.file.display().to_string();
    assert_eq!(lines("argument "), BTreeSet::from([SERVER, "legacy", diary.as_str(), "$(touch sang); `touch sang`"]));
    assert_eq!(lines("folder "), BTreeSet::from(["/tmp"]));
    // What whoever ran the tests left open is theirs; a connection, a listener or a file of ours is not among it.
    let open = lines("open ");
    assert!(open.iter().filter(|open| open.starts_with("pipe:")).count() >= 3, "{open:?}");
    assert!(!open.iter().any(|open| open.starts_with("socket:") || open.starts_with("anon_inode:")), "{open:?}");
    assert_eq!(lines("leads its group "), BTreeSet::from(["true"]));
    for (limit, most) in [("Max data size", 2_u64 << 30), ("Max open files", 1_024), ("Max core file size", 0)] {
        let line =
            lines(limit).pop_first().unwrap_or_default().split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        assert_eq!(line, format!("{most} {most}"), "{limit}");
    }
    assert!(!Path::new("/tmp/sang").exists());
}

#[tokio::test]
async fn each_subject_has_a_process_of_their_own_and_keeps_it() {
    let log = log();
    let offering = Offering::start(&log, "legacy").await;
    let files = offering.connect("files");
    let world = &offering.world;
    let fin = world.add_member("Fin");
    world.grant(&fin, files, Profile::Full, &[]);
    let pid = async |person| world.client(person).call("files__get_pid", json!({})).await.tool_text();
    let (ada, other) = (pid(&world.owner).await, pid(&fin).await);
    assert!(!ada.is_empty() && ada != other, "{ada} {other}");
    assert_eq!((pid(&world.owner).await, pid(&fin).await), (ada, other));
    assert_eq!(offering.diary.count("started"), 2);
}

#[tokio::test]
async fn calls_at_once_reach_one_process_and_each_gets_its_own_answer() {
    let log = log();
    let offering = Offering::start(&log, "modern").await;
    offering.connect("files");
    let world = &offering.world;
    let client = world.client(&world.owner).modern();
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call("files__get_wait", json!({})).await.tool_text() })
        })
        .collect();
    offering.diary.has("called get_wait", 20).await;
    assert_eq!(client.call("files__get_release", json!({})).await.tool_text(), "released");
    let mut answers = BTreeSet::new();
    for waiting in waiting {
        answers.insert(waiting.await.unwrap());
    }
    assert_eq!(answers.len(), 20, "{answers:?}");
    assert_eq!(offering.diary.count("started"), 1);
}

#[tokio::test]
async fn a_process_ends_with_all_that_it_started_when_nobody_uses_it_and_when_wardroom_stops() {
    let log = log();
    let quick = |diary: &Path| {
        let limits = TemplateLimits { idle_ms_max: 100, ..TemplateLimits::default() };
        Template { limits, ..template("legacy", diary) }
    };
    for by_idling in [true, false] {
        let offering = match by_idling {
            true => Offering::start_with(&log, Limits::default(), quick).await,
            false => Offering::start(&log, "legacy").await,
        };
        offering.connect("files");
        let world = &offering.world;
        let child = world.client(&world.owner).call("files__get_child", json!({})).await.tool_text();
        assert!(!child.is_empty());
        let server = offering.diary.lines()[0].split(' ').next().unwrap().to_owned();
        if !by_idling {
            assert!(is_running(&child) && is_running(&server));
            world.gateway.drain().await;
            assert!(!is_running(&server), "it is waited for");
        }
        // Its input was closed first, so it ended by itself; what it had started was not told, and was killed.
        offering.diary.has("ended", 1).await;
        until("both are gone", || !is_running(&server) && !is_running_as(&child, "sleep")).await;
    }
}

/// Whether a process runs that is this program: one whose parent is gone is waited for by somebody else, in their time.
fn is_running_as(pid: &str, program: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.contains(&format!("({program})")) && !stat.contains(") Z ")
}
