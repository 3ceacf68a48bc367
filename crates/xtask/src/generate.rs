//! `cargo xtask gen`: the committed files that are made by the executable from its own definitions, and from the tests.

use std::fs;

use crate::process::{Fault, build_wardroom, output_of, program, root};
use crate::{refuse_unknown, requirements};

/// A generated file, and what `wardroom internal …` prints it.
struct Generated {
    path: &'static str,
    by: &'static str,
}

const GENERATED: &[Generated] = &[
    Generated { path: "openapi/wardroom.json", by: "openapi" },
    Generated { path: "docs/settings.md", by: "settings-reference" },
    Generated { path: "docs/wardroom.sample.toml", by: "settings-sample" },
];

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    refuse_unknown(arguments, &["--check"])?;
    let wardroom = build_wardroom(false)?;
    // Everything is made before anything is written: a failure leaves the tree as it was.
    let made = GENERATED
        .iter()
        .map(|file| Ok((file, output_of(program(&wardroom).args(["internal", file.by]))?)))
        .collect::<Result<Vec<_>, Fault>>()?;
    let said = |wrong: Vec<String>| Fault::Said(wrong.join("\n"));
    let requirements = requirements::page(&root()).map_err(said)?.into_bytes();
    let page = Generated { path: requirements::PAGE, by: "the comments above the tests" };
    let made: Vec<_> = made.into_iter().chain([(&page, requirements)]).collect();
    let stale: Vec<_> =
        made.iter().filter(|(file, content)| fs::read(root().join(file.path)).ok().as_ref() != Some(content)).collect();
    if arguments.is_empty() {
        for (file, content) in &stale {
            let path = root().join(file.path);
            fs::write(&path, content).map_err(|fault| Fault::Said(format!("{}: {fault}", path.display())))?;
            println!("written: {}", file.path);
        }
        return Ok(());
    }
    if stale.is_empty() {
        return Ok(());
    }
    let paths: Vec<_> = stale.iter().map(|(file, _)| file.path).collect();
    Err(Fault::Said(format!("out of date: {}; run `cargo xtask gen` and commit the result", paths.join(", "))))
}
