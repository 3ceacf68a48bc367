//! The house: the structure of the repository as tests, so that a new arrow between crates, a page that has
//! gone stale or a forgotten lint is a visible line in a change that somebody argued for.
//!
//! These tests read files and nothing else. Start reading at [`ARROWS`].

#[path = "../src/requirements.rs"]
mod requirements;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which crates of ours a crate may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("verdict", &["domain"]),
    ("journal", &["domain"]),
    ("identity", &["domain"]),
    ("gateway", &["domain", "verdict", "identity"]),
    ("app", &["domain", "verdict", "journal", "identity"]),
    ("api", &["domain", "app"]),
    ("cli", &[]),
    ("demo", &[]),
    ("server", &["domain", "verdict", "journal", "identity", "gateway", "app", "api", "cli", "demo"]),
    ("testkit", &[]),
    ("xtask", &["testkit"]),
    ("bench", &["domain", "identity", "journal", "verdict", "xtask"]),
];

/// Which crates of ours the tests of a crate may use besides.
const ARROWS_OF_TESTS: &[(&str, &[&str])] =
    &[("server", &["testkit", "xtask"]), ("app", &["testkit"]), ("identity", &["testkit"]), ("gateway", &["testkit"])];

/// Names that say nothing about what a crate or module is.
const BANNED_NAMES: &[&str] = &["common", "core", "utils", "util", "types", "shared", "helpers", "helper", "misc"];

/// Crates in whose product code nothing may panic.
const WITHOUT_PANICS: &[&str] = &["domain", "verdict", "identity", "gateway"];

/// How they say so, at the top of their `lib.rs`.
const PANIC_LINTS: &str =
    "#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]";

#[test]
fn crates_depend_on_each_other_only_along_the_arrows() {
    let ours: BTreeSet<String> = crate_names().into_iter().collect();
    let listed: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(ours, listed, "every crate has its line in ARROWS, and every line its crate");
    let mut wrong = Vec::new();
    for name in &ours {
        let manifest = manifest(name);
        for (section, allowed) in [
            ("dependencies", allowed(ARROWS, name)),
            ("build-dependencies", allowed(ARROWS, name)),
            ("dev-dependencies", [allowed(ARROWS, name), allowed(ARROWS_OF_TESTS, name)].concat()),
        ] {
            let used = dependencies(&manifest, section).into_iter().filter(|used| ours.contains(used));
            wrong.extend(used.filter(|used| !allowed.contains(&used.as_str())).map(|used| format!("{name} → {used}")));
        }
    }
    assert!(wrong.is_empty(), "arrows that nobody allowed: {wrong:?}");
}

#[test]
fn arrows_do_not_go_in_a_circle() {
    // A crate may stand in the list only after everything that it depends on can be built.
    let mut built: BTreeSet<&str> = BTreeSet::new();
    while built.len() < ARROWS.len() {
        let before = built.len();
        let ready = ARROWS.iter().filter(|(_, needs)| needs.iter().all(|need| built.contains(need)));
        let ready: Vec<&str> = ready.map(|(name, _)| *name).collect();
        built.extend(ready);
        assert!(built.len() > before, "a circle among {:?}", ARROWS.iter().map(|(name, _)| name).collect::<Vec<_>>());
    }
}

#[test]
fn only_the_journal_has_sql() {
    let with_sql: Vec<String> = crate_names()
        .into_iter()
        .filter(|name| {
            let used = dependencies(&manifest(name), "dependencies");
            used.iter().any(|used| used == "rusqlite" || used.contains("sqlx") || used.contains("postgres"))
        })
        .collect();
    assert_eq!(with_sql, ["journal"]);
}

#[test]
fn every_crate_obeys_the_lints_of_the_workspace() {
    let workspace: toml::Table = read(&root().join("Cargo.toml")).parse().unwrap();
    assert_eq!(workspace["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for name in crate_names() {
        let inherits = manifest(&name).get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        assert_eq!(inherits, Some(true), "crates/{name}/Cargo.toml needs `[lints] workspace = true`");
    }
}

#[test]
fn where_nothing_may_panic_the_lints_say_so() {
    for name in WITHOUT_PANICS {
        let top = read(&root().join("crates").join(name).join("src/lib.rs"));
        assert!(top.lines().any(|line| line == PANIC_LINTS), "crates/{name}/src/lib.rs needs the line {PANIC_LINTS}");
    }
}

#[test]
fn no_crate_or_module_has_a_name_that_says_nothing() {
    let mut found: Vec<String> = crate_names().into_iter().filter(|name| is_banned(name)).collect();
    for file in rust_files() {
        let parts = file.strip_prefix(root()).unwrap().with_extension("");
        found
            .extend(parts.iter().filter(|part| is_banned(&part.to_string_lossy())).map(|_| file.display().to_string()));
        let declared = read(&file);
        let declared = declared.lines().filter_map(declared_module);
        found.extend(declared.filter(|name| is_banned(name)).map(|name| format!("mod {name} in {}", file.display())));
    }
    assert!(found.is_empty(), "names that say nothing: {found:?}");
}

#[test]
fn every_rust_file_opens_by_saying_what_it_is() {
    let silent: Vec<PathBuf> = rust_files().into_iter().filter(|file| !read(file).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "files that do not open with `//! `: {silent:?}");
}

#[test]
fn what_is_built_for_the_tests_alone_is_apart_and_of_packages_as_their_makers_published_them() {
    for project in ["tests/clients/rmcp", "tests/conformance/fixture"] {
        let folder = root().join(project);
        let (manifest, lock) = (read(&folder.join("Cargo.toml")), read(&folder.join("Cargo.lock")));
        let manifest: toml::Table = manifest.parse().unwrap();
        assert!(
            manifest.contains_key("workspace") && !manifest.contains_key("patch"),
            "{project} is a workspace and patches nothing"
        );
        for (name, wanted) in manifest["dependencies"].as_table().unwrap() {
            let from = wanted
                .as_table()
                .filter(|wanted| ["path", "git", "registry"].iter().any(|key| wanted.contains_key(*key)));
            assert!(from.is_none(), "{project}: {name} comes from {from:?}");
        }
        let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
        let strange: Vec<&str> =
            sources.filter(|source| *source != "\"registry+https://github.com/rust-lang/crates.io-index\"").collect();
        assert!(strange.is_empty(), "{project}: {strange:?}");
    }
}

#[test]
fn the_map_shows_every_crate_and_only_paths_that_exist() {
    let map = read(&root().join("ARCHITECTURE.md"));
    for name in crate_names() {
        assert!(
            map.contains(&format!("`{name}`")) || map.contains(&format!("crates/{name}")),
            "{name} is not on the map"
        );
    }
    let missing = missing_paths(&map);
    assert!(missing.is_empty(), "ARCHITECTURE.md names what does not exist: {missing:?}");
}

#[test]
fn the_pages_name_only_paths_that_exist() {
    // The changelog tells of files that may be gone by now.
    let pages = pages().into_iter().filter(|page| !page.ends_with("CHANGELOG.md"));
    let missing: Vec<String> = pages
        .flat_map(|page| {
            let text = read(&page);
            let missing = missing_paths(&text).into_iter();
            missing.map(|path| format!("{}: {path}", page.display())).collect::<Vec<_>>()
        })
        .collect();
    assert!(missing.is_empty(), "pages that name what does not exist: {missing:#?}");
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let folder = page.parent().unwrap().to_path_buf();
        for target in links(&read(&page)) {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !folder.join(path).exists() {
                broken.push(format!("{} → {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere: {broken:#?}");
}

#[test]
fn the_page_of_errors_lists_every_refusal_and_no_other() {
    let page = read(&root().join("docs/errors.md"));
    let section = page.split("\n## ").find(|section| section.starts_with("Refusals\n")).unwrap();
    let listed: BTreeSet<&str> = section.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    let code: Vec<String> =
        files_below(&root().join("crates/domain/src"), ".rs").iter().map(|file| read(file)).collect();
    let used: BTreeSet<&str> = code.iter().flat_map(|text| refusal_codes(text)).collect();
    assert_eq!(used, listed, "left: refusals in `domain`; right: rows of docs/errors.md");
}

#[test]
fn what_the_benchmarks_write_is_what_the_server_reads() {
    let version = |path: &str| {
        let text = read(&root().join(path));
        let line = text.lines().find(|line| line.starts_with("const STATE_FORMAT: u32 = "));
        line.unwrap_or_else(|| panic!("{path} names no version of saved states")).to_owned()
    };
    assert_eq!(version("crates/bench/src/data.rs"), version("crates/app/src/live.rs"));
}

#[test]
fn the_readings_of_these_tests_find_what_they_look_for() {
    assert_eq!(declared_module("    pub(crate) mod utils;"), Some("utils"));
    assert_eq!(declared_module("mod tests {"), Some("tests"));
    assert_eq!(declared_module("// a mod of its own"), None);
    assert!(is_banned("helpers") && !is_banned("scores"));
    assert_eq!(refusal_codes("Refusal::field(\n  \"a-b\", Refusal::rule(code, ").collect::<Vec<_>>(), ["a-b"]);
    assert_eq!(links("[a](b.md#c), [d](https://e), ![f](g.png)"), ["b.md#c", "g.png"]);
    assert_eq!(
        missing_paths("`crates/none.rs`, `crates/xtask/src/main.rs`, `tools/call`, `docs/`"),
        ["crates/none.rs"]
    );
    assert_eq!(missing_paths("```\ncrates/none\n```\n`NONE.md` `crates/*/src` `cargo xtask`"), ["NONE.md"]);
}

// What the tests read.

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The files below the folder with this ending, leaving out what is built or installed.
fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in entries(folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | "dist" | ".git" | "data") {
            found.extend(files_below(&path, ending));
        } else if path.is_file() && name.ends_with(ending) {
            found.push(path);
        }
    }
    found
}

fn rust_files() -> Vec<PathBuf> {
    ["crates", "tests"].iter().flat_map(|folder| files_below(&root().join(folder), ".rs")).collect()
}

fn pages() -> Vec<PathBuf> {
    files_below(&root(), ".md")
}

fn crate_names() -> Vec<String> {
    let folders = entries(&root().join("crates"));
    folders.iter().map(|folder| folder.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn manifest(name: &str) -> toml::Table {
    read(&root().join("crates").join(name).join("Cargo.toml")).parse().unwrap()
}

fn dependencies(manifest: &toml::Table, section: &str) -> Vec<String> {
    let named = |table: &toml::Table| {
        let table = table.get(section).and_then(toml::Value::as_table);
        table.into_iter().flat_map(|table| table.keys().cloned()).collect::<Vec<_>>()
    };
    let mut names = named(manifest);
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        names.extend(targets.values().filter_map(toml::Value::as_table).flat_map(named));
    }
    names
}

fn allowed(arrows: &[(&str, &'static [&'static str])], name: &str) -> Vec<&'static str> {
    arrows.iter().filter(|(from, _)| *from == name).flat_map(|(_, to)| to.iter().copied()).collect()
}

fn is_banned(name: &str) -> bool {
    BANNED_NAMES.contains(&name)
}

/// The module that a line of code declares.
fn declared_module(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = match line.strip_prefix("pub") {
        Some(rest) => {
            rest.strip_prefix("(crate)").or_else(|| rest.strip_prefix("(super)")).unwrap_or(rest).trim_start()
        }
        None => line,
    };
    let name = rest.strip_prefix("mod ")?;
    Some(name.trim_end_matches(['{', ';', ' ']))
}

/// The codes of the refusals that a file makes.
fn refusal_codes(code: &str) -> impl Iterator<Item = &str> {
    let makers = ["Refusal::rule(", "Refusal::field(", "Refusal { code: "];
    let made = makers.into_iter().flat_map(|maker| code.split(maker).skip(1));
    made.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
}

/// The targets of the links on a page that lead into the repository.
fn links(page: &str) -> Vec<&str> {
    let after = page.split("](").skip(1);
    let targets = after.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// The paths in backticks that begin in a folder of the repository, or are pages at its root, and do not exist.
/// Blocks of code and patterns are not read.
fn missing_paths(page: &str) -> Vec<&str> {
    let outside_blocks = page.split("```").step_by(2);
    let quoted = outside_blocks.flat_map(|text| text.split('`').skip(1).step_by(2));
    quoted
        .filter(|quoted| !quoted.contains(|letter: char| letter.is_whitespace() || "*{}<>…:$".contains(letter)))
        .filter(|quoted| match quoted.split_once('/') {
            Some((first, _)) => matches!(first, "crates" | "docs" | "presets" | "openapi" | "portal" | "tests" | ".ci"),
            None => quoted.ends_with(".md"),
        })
        .filter(|path| !root().join(path).exists())
        .collect()
}

#[test]
fn every_required_behaviour_names_the_test_that_shows_it_or_why_there_is_none_yet() {
    let page = requirements::page(&root()).unwrap_or_else(|wrong| panic!("{}", wrong.join("\n")));
    let committed = fs::read_to_string(root().join(requirements::PAGE)).expect("the page is there");
    assert!(page == committed, "{} is out of date: run `cargo xtask gen` and commit the result", requirements::PAGE);
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains("-")).count();
    assert!(rows >= 265, "rows are missing: {rows}");
}
