//! The copy of the repository in which mutants are tried: `target/mutants/tree`, built into `target/mutants/target`.
//!
//! It never writes outside of `target/mutants`. A file is written only when it differs, so that what was built before
//! is used again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::catalogue::{Binary, Preparation, changed};
use crate::process::{Fault, output_of, program, root};

/// The copy.
pub(super) struct Tree {
    root: PathBuf,
    target: PathBuf,
    /// What was built from the files as they are; presets do not count, since they are read and not built in.
    built: BTreeMap<Binary, PathBuf>,
}

/// Whether a file of the repository is a preset.
pub(super) fn is_preset(name: impl AsRef<Path>) -> bool {
    name.as_ref().starts_with("presets")
}

fn said(path: &Path, fault: &std::io::Error) -> Fault {
    Fault::Said(format!("{}: {fault}", path.display()))
}

impl Tree {
    /// Brings the copy up to date with the files that the user has, committed or not, and prepares it.
    pub(super) fn prepare(preparations: &[Preparation]) -> Result<Tree, Fault> {
        let folder = root().join("target/mutants");
        let mut tree = Tree { root: folder.join("tree"), target: folder.join("target"), built: BTreeMap::new() };
        let listed = output_of(program("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
        let mut files = BTreeSet::new();
        for name in listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let name = PathBuf::from(String::from_utf8_lossy(name).into_owned());
            // A file that git knows and the user has deleted is not there.
            let Ok(content) = fs::read(root().join(&name)) else { continue };
            let content = prepared(&name, content, preparations)?;
            tree.write(&name, &content)?;
            files.insert(tree.root.join(name));
        }
        remove_others(&tree.root, &files)?;
        Ok(tree)
    }

    /// Where the copy is.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where it is built.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// The tests of this binary, where they were built already.
    pub(super) fn built(&self, binary: &Binary) -> Option<PathBuf> {
        self.built.get(binary).cloned()
    }

    /// Notes where the tests of a binary are, until a file changes.
    pub(super) fn note_built(&mut self, binary: &Binary, path: PathBuf) {
        self.built.insert(binary.clone(), path);
    }

    /// Changes one place of one file and gives back what was in the file.
    pub(super) fn mutate(&mut self, file: &str, find: &str, replace: &str) -> Result<String, Fault> {
        let path = self.root.join(file);
        let before = fs::read_to_string(&path).map_err(|fault| said(&path, &fault))?;
        let after = changed(&before, find, replace).map_err(|why| Fault::Said(format!("{file}: {why}")))?;
        self.write(Path::new(file), after.as_bytes())?;
        Ok(before)
    }

    /// Writes a file unless it is like this already.
    pub(super) fn write(&mut self, name: &Path, content: &[u8]) -> Result<(), Fault> {
        let path = self.root.join(name);
        if fs::read(&path).is_ok_and(|present| present == content) {
            return Ok(());
        }
        if !is_preset(name) {
            self.built.clear();
        }
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(|fault| said(folder, &fault))?;
        fs::write(&path, content).map_err(|fault| said(&path, &fault))
    }
}

fn prepared(name: &Path, content: Vec<u8>, preparations: &[Preparation]) -> Result<Vec<u8>, Fault> {
    let mut content = content;
    for Preparation { file, find, replace } in preparations.iter().filter(|one| Path::new(&one.file) == name) {
        let text = String::from_utf8_lossy(&content).into_owned();
        content = changed(&text, find, replace).map_err(|why| Fault::Said(format!("{file}: {why}")))?.into_bytes();
    }
    Ok(content)
}

/// Removes what is in the copy and not among these files.
fn remove_others(folder: &Path, files: &BTreeSet<PathBuf>) -> Result<(), Fault> {
    for entry in fs::read_dir(folder).map_err(|fault| said(folder, &fault))?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            remove_others(&path, files)?;
        } else if !files.contains(&path) && !path.ends_with("Cargo.lock") {
            fs::remove_file(&path).map_err(|fault| said(&path, &fault))?;
        }
    }
    Ok(())
}
