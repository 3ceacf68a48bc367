//! `docs/requirements.md`: every required behaviour, and the tests that show it.
//!
//! A test says which rows it shows in a comment above it, `// rows: PW-8, WJ-11`. The page is the list of rows; its
//! last column is filled from these comments. A row that no test names must say why, as `not yet: …`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the page is, from the root of the repository.
pub(crate) const PAGE: &str = "docs/requirements.md";
const COMMENT: &str = "// rows:";
const NOT_YET: &str = "not yet: ";

/// The page with its last column filled anew.
///
/// # Errors
/// A sentence for each row that neither a test nor a reason speaks of, and for each row that a test names and the page
/// does not have.
pub(crate) fn page(root: &Path) -> Result<String, Vec<String>> {
    let mut shown = tests_by_row(root);
    let mut wrong = Vec::new();
    let mut lines = Vec::new();
    for line in fs::read_to_string(root.join(PAGE)).unwrap_or_default().lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, row, text, by, _] = cells.as_slice() else {
            lines.push(line.to_owned());
            continue;
        };
        if !is_row(row) {
            lines.push(line.to_owned());
            continue;
        }
        match shown.remove(*row) {
            Some(tests) => lines.push(format!("| {row} | {text} | {} |", tests.join(", "))),
            None if by.starts_with(NOT_YET) && by.len() > NOT_YET.len() => {
                lines.push(format!("| {row} | {text} | {by} |"));
            }
            None => {
                wrong.push(format!("{row}: no test names it; name it above one, or say `{NOT_YET}` and why in {PAGE}"));
            }
        }
    }
    wrong.extend(shown.into_iter().map(|(row, tests)| format!("{row}: {} names it, and {PAGE} does not", tests[0])));
    if wrong.is_empty() { Ok(lines.join("\n") + "\n") } else { Err(wrong) }
}

/// Whether a word names a row: a product, or C for a choice between them, and a number.
pub(crate) fn is_row(word: &str) -> bool {
    let products = ["PW-", "TW-", "PA-", "WJ-", "SW-", "C-"];
    let number = products.iter().find_map(|product| word.strip_prefix(product));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The names of the tests that show a row, each with its crate.
pub(crate) fn tests_by_row(root: &Path) -> BTreeMap<String, Vec<String>> {
    let mut shown = BTreeMap::<String, Vec<String>>::new();
    for (name, file) in sources(root) {
        let mut rows: Vec<String> = Vec::new();
        for line in fs::read_to_string(&file).unwrap_or_default().lines().map(str::trim) {
            if let Some(named) = line.strip_prefix(COMMENT) {
                rows.extend(named.split(',').map(|row| row.trim().to_owned()).filter(|row| !row.is_empty()));
            } else if let Some(test) = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn ")) {
                let test: String =
                    test.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
                for row in rows.drain(..) {
                    shown.entry(row).or_default().push(format!("`{name}::{test}`"));
                }
            }
        }
    }
    shown.values_mut().for_each(|tests| {
        tests.sort();
        tests.dedup();
    });
    shown
}

/// Every source file of our crates, with the crate's name, in a fixed order.
pub(crate) fn sources(root: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![root.join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let inside = path.strip_prefix(root.join("crates")).unwrap_or(&path);
                let name = inside.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
                found.push((name.unwrap_or_default(), path));
            }
        }
    }
    found.sort();
    found
}
