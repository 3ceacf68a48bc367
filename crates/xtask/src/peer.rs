//! Cerbos as npm has it, for Linux on x86-64, as locked in `crates/bench/cerbos`: installed below `target/bench`, and its
//! executable started by itself, since the way through Node.js would be measured along.

use std::fs;
use std::path::PathBuf;

use crate::clients::install_npm;
use crate::process::{Fault, root};

/// The executable that was installed.
pub(crate) struct Installed {
    pub(crate) program: PathBuf,
    pub(crate) version: String,
}

/// Installs Cerbos, unless it is there already.
pub(crate) fn install_cerbos() -> Result<Installed, Fault> {
    let folder = install_npm(&root().join("crates/bench/cerbos"), root().join("target/bench/cerbos"))?;
    let package = folder.join("node_modules/@cerbos/cerbos-linux-x64");
    let program = package.join("cerbos-linux-x64");
    if !program.is_file() {
        return Err(Fault::Said(format!("{} was not installed", program.display())));
    }
    let manifest = fs::read(package.join("package.json")).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
    let version = manifest["version"].as_str().unwrap_or("of an unknown version").to_owned();
    Ok(Installed { program, version })
}
