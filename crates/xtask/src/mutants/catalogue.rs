//! The mutants as data, from `crates/xtask/mutants/*.toml`, and what must be true of them before anything is built.
//!
//! It reads files and changes none. Start reading at [`Mutant`], then [`faults`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::requirements;

const FOLDER: &str = "crates/xtask/mutants";
/// Kinds of rows whose rule must be broken by a mutant: rules, limits, cells of a matrix.
const BREAKABLE: [&str; 3] = ["R", "L", "M"];

/// One rule broken in one place, and the tests that must see it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutant {
    /// What goes wrong, in a few words with hyphens.
    pub(crate) name: String,
    /// The file that says the rule, from the root of the repository.
    pub(crate) file: String,
    /// Text that occurs in it exactly once.
    pub(crate) find: String,
    /// What stands there instead.
    pub(crate) replace: String,
    /// The rows of `docs/requirements.md` that this breaks.
    pub(crate) rows: Vec<String>,
    /// The tests that must fail then, named as on that page.
    pub(crate) tests: Vec<String>,
}

/// What the copy of the repository differs in, mutated or not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preparation {
    pub(crate) file: String,
    pub(crate) find: String,
    pub(crate) replace: String,
}

/// Everything that the folder says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Catalogue {
    #[serde(rename = "mutant")]
    pub(crate) mutants: Vec<Mutant>,
    #[serde(rename = "preparation")]
    pub(crate) preparations: Vec<Preparation>,
    /// A test that still passes when a mutant changes a preset: what is no preset any more proves nothing.
    pub(crate) presets_are_sound: Option<String>,
    /// The rows by kind: R rule, L limit, M cell of a matrix, T timing, U flow, G guidance, X example, D definition.
    kinds: BTreeMap<String, Vec<String>>,
}

/// A test binary of a crate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Binary {
    pub(crate) package: String,
    /// The name below `tests`; none for the tests beside the code.
    pub(crate) target: Option<String>,
}

/// Every test by its name on the page, with the binaries that have a test of this name.
pub(crate) type Tests = BTreeMap<String, BTreeSet<Binary>>;

impl Catalogue {
    /// Reads every file of the folder, in the order of their names.
    ///
    /// # Errors
    /// A sentence about the file that cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Catalogue, String> {
        let folder = root.join(FOLDER);
        let said = |path: &Path, fault: &dyn std::fmt::Display| format!("{}: {fault}", path.display());
        let entries = fs::read_dir(&folder).map_err(|fault| said(&folder, &fault))?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        let mut whole = Catalogue::default();
        for file in files {
            let text = fs::read_to_string(&file).map_err(|fault| said(&file, &fault))?;
            let part: Catalogue = toml::from_str(&text).map_err(|fault| said(&file, &fault))?;
            whole.mutants.extend(part.mutants);
            whole.preparations.extend(part.preparations);
            whole.presets_are_sound = part.presets_are_sound.or(whole.presets_are_sound);
            whole.kinds.extend(part.kinds);
        }
        Ok(whole)
    }
}

/// The text with the one place changed.
///
/// # Errors
/// A sentence where the place is not there, or not the only one.
pub(crate) fn changed(text: &str, find: &str, replace: &str) -> Result<String, String> {
    match text.matches(find).count() {
        1 if find == replace => Err("nothing would change".to_owned()),
        1 => Ok(text.replacen(find, replace, 1)),
        0 => Err(format!("the text to find is not there: {find}")),
        often => Err(format!("the text to find is there {often} times: {find}")),
    }
}

/// Where every test is.
pub(crate) fn tests(root: &Path) -> Tests {
    let mut tests = Tests::new();
    for (package, file) in requirements::sources(root) {
        let inside = file.strip_prefix(root.join("crates").join(&package)).unwrap_or(&file).with_extension("");
        let mut parts = inside.iter().map(|part| part.to_string_lossy().into_owned());
        let target = match parts.next().as_deref() {
            Some("tests") => parts.next(),
            _ => None,
        };
        let mut is_test = false;
        for line in fs::read_to_string(&file).unwrap_or_default().lines().map(str::trim) {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let Some(function) = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn ")) else { continue };
            if std::mem::take(&mut is_test) {
                let name: String = function.chars().take_while(|letter| *letter != '(' && *letter != '<').collect();
                let binary = Binary { package: package.clone(), target: target.clone() };
                tests.entry(format!("{package}::{name}")).or_default().insert(binary);
            }
        }
    }
    tests
}

/// Every row of the page.
fn rows(root: &Path) -> BTreeSet<String> {
    let page = fs::read_to_string(root.join(requirements::PAGE)).unwrap_or_default();
    let first = page.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
    first.map(str::trim).filter(|word| requirements::is_row(word)).map(str::to_owned).collect()
}

/// What is wrong with the catalogue, each a sentence.
pub(crate) fn faults(root: &Path, catalogue: &Catalogue) -> Vec<String> {
    let shown: BTreeMap<String, BTreeSet<String>> = requirements::tests_by_row(root)
        .into_iter()
        .map(|(row, tests)| (row, tests.iter().map(|test| test.trim_matches('`').to_owned()).collect()))
        .collect();
    let known = rows(root);
    let tests = tests(root);
    let mut faults = kinds_are_complete(&catalogue.kinds, &known);
    faults.extend(texts_are_there_once(root, catalogue));
    let sound = catalogue.presets_are_sound.iter().map(|test| ("presets_are_sound", test));
    let named =
        catalogue.mutants.iter().flat_map(|mutant| mutant.tests.iter().map(|test| (mutant.name.as_str(), test)));
    for (name, test) in sound.chain(named) {
        match tests.get(test).map_or(0, BTreeSet::len) {
            1 => {}
            0 => faults.push(format!("{name}: there is no test {test}")),
            _ => faults.push(format!("{name}: several test binaries have a test {test}")),
        }
    }
    let mut broken = BTreeSet::new();
    for mutant in &catalogue.mutants {
        let shows = |row: &String, test: &String| shown.get(row).is_some_and(|shown| shown.contains(test));
        if mutant.rows.is_empty() || mutant.tests.is_empty() {
            faults.push(format!("{}: name the rows that it breaks and the tests that must fail", mutant.name));
        }
        for row in &mutant.rows {
            if !known.contains(row) {
                faults.push(format!("{}: there is no row {row}", mutant.name));
            } else if !mutant.tests.iter().any(|test| shows(row, test)) {
                faults.push(format!("{}: none of its tests is one that shows {row}", mutant.name));
            } else {
                broken.insert(row);
            }
        }
        for test in mutant.tests.iter().filter(|test| !mutant.rows.iter().any(|row| shows(row, test))) {
            faults.push(format!("{}: {test} shows none of its rows", mutant.name));
        }
    }
    let breakable = BREAKABLE.iter().filter_map(|kind| catalogue.kinds.get(*kind)).flatten();
    let unbroken = breakable.filter(|row| shown.contains_key(*row) && !broken.contains(row));
    faults
        .extend(unbroken.map(|row| format!("{row}: a test shows it, and no mutant breaks it; write one in {FOLDER}")));
    faults
}

/// Every row but the choices has one kind.
fn kinds_are_complete(kinds: &BTreeMap<String, Vec<String>>, known: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut sorted = BTreeSet::new();
    for row in kinds.values().flatten() {
        if !known.contains(row) {
            faults.push(format!("kinds: there is no row {row}"));
        }
        if !sorted.insert(row) {
            faults.push(format!("kinds: {row} is there twice"));
        }
    }
    let without = known.iter().filter(|row| !row.starts_with("C-") && !sorted.contains(row));
    faults.extend(without.map(|row| format!("kinds: {row} has none")));
    faults
}

fn texts_are_there_once(root: &Path, catalogue: &Catalogue) -> Vec<String> {
    let mut faults = Vec::new();
    let mut names = BTreeSet::new();
    let preparations = catalogue.preparations.iter().map(|one| ("preparation", &one.file, &one.find, &one.replace));
    let mutants = catalogue.mutants.iter().map(|one| (one.name.as_str(), &one.file, &one.find, &one.replace));
    for (name, file, find, replace) in preparations.chain(mutants) {
        if name != "preparation" && !names.insert(name) {
            faults.push(format!("{name}: there are two of this name"));
        }
        match fs::read_to_string(root.join(file)) {
            Ok(text) => faults.extend(changed(&text, find, replace).err().map(|why| format!("{name}: {file}: {why}"))),
            Err(fault) => faults.push(format!("{name}: {file}: {fault}")),
        }
    }
    faults
}
