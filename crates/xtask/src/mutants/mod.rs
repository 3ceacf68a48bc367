//! `cargo xtask mutants`: breaks the rules of the product one by one in a copy of the repository, and says which tests
//! see it.
//!
//! It never touches the user's files. Start reading at [`run`]; `catalogue` holds what is broken, `tree` the copy,
//! `trial` the builds and runs.

mod catalogue;
mod tree;
mod trial;

use std::collections::BTreeMap;
use std::path::Path;

use catalogue::{Binary, Catalogue, Mutant, Tests};
use tree::{Tree, is_preset};
use trial::{Ending, Unusable};

use crate::process::{Fault, root};

/// Crates in the order in which their tests are quick to build.
const QUICK_FIRST: [&str; 5] = ["domain", "verdict", "gateway", "app", "server"];

/// What came of a mutant.
enum Outcome {
    Caught(String),
    Survived(String),
    Broken(String),
}

/// What is asked for on the command line.
#[derive(Default)]
struct Wish {
    /// Mutants that break one of these; all where there is none.
    rows: Vec<String>,
    from: Option<String>,
    list: bool,
}

/// Names of the tests to run, by the binary that has them.
type Plan<'a> = BTreeMap<&'a Binary, Vec<&'a str>>;

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let wish = wish(arguments)?;
    let catalogue = Catalogue::read(&root()).map_err(Fault::Said)?;
    let faults = catalogue::faults(&root(), &catalogue);
    if !faults.is_empty() {
        return Err(Fault::Said(faults.join("\n")));
    }
    let tests = catalogue::tests(&root());
    let chosen = chosen(&catalogue, &tests, &wish)?;
    if wish.list {
        for mutant in &chosen {
            println!("{}  {}  {}", mutant.name, mutant.rows.join(" "), mutant.tests.join(" "));
        }
        return Ok(());
    }
    let mut tree = Tree::prepare(&catalogue.preparations)?;
    let sound = catalogue.presets_are_sound.iter();
    let all = chosen.iter().flat_map(|mutant| &mutant.tests).chain(sound);
    println!("unbroken: {} tests pass", pass_unbroken(&mut tree, &plan(&tests, all))?);
    let (mut caught, mut survived, mut broken) = (0, Vec::new(), Vec::new());
    for (number, mutant) in (1..).zip(&chosen) {
        let outcome = attempt(&mut tree, &tests, (mutant, catalogue.presets_are_sound.as_ref()))?;
        let (word, why) = match &outcome {
            Outcome::Caught(why) => ("caught", why),
            Outcome::Survived(why) => ("SURVIVED", why),
            Outcome::Broken(why) => ("BROKEN", why),
        };
        println!("[{number}/{}] {word} {} ({}): {why}", chosen.len(), mutant.name, mutant.rows.join(" "));
        match outcome {
            Outcome::Caught(_) => caught += 1,
            Outcome::Survived(_) => survived.push(mutant.name.as_str()),
            Outcome::Broken(_) => broken.push(mutant.name.as_str()),
        }
    }
    for (word, names) in [("survived", &survived), ("broken", &broken)] {
        if !names.is_empty() {
            println!("{word}: {}", names.join(", "));
        }
    }
    println!("{caught} caught, {} survived, {} broken", survived.len(), broken.len());
    if survived.is_empty() && broken.is_empty() { Ok(()) } else { Err(Fault::Told) }
}

fn wish(arguments: &[String]) -> Result<Wish, Fault> {
    let mut wish = Wish::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let value = arguments.next().cloned();
            value.ok_or_else(|| Fault::Said(format!("{argument} needs a value: the id of a row, or a mutant's name")))
        };
        match argument.as_str() {
            "--row" => wish.rows.push(value()?),
            "--from" => wish.from = Some(value()?),
            "--list" => wish.list = true,
            unknown => return Err(Fault::Said(format!("{unknown} is not known here; there is --row, --from, --list"))),
        }
    }
    Ok(wish)
}

/// The mutants that are asked for. Those of presets come first, since nothing is built for them; then those whose tests
/// are quick to build, side by side where they share a file.
fn chosen<'c>(catalogue: &'c Catalogue, tests: &Tests, wish: &Wish) -> Result<Vec<&'c Mutant>, Fault> {
    let wanted = |mutant: &&Mutant| wish.rows.is_empty() || mutant.rows.iter().any(|row| wish.rows.contains(row));
    let mut chosen: Vec<&Mutant> = catalogue.mutants.iter().filter(wanted).collect();
    let slowest = |mutant: &Mutant| {
        let binaries = mutant.tests.iter().filter_map(|test| tests.get(test)).flatten();
        let place = |binary: &Binary| QUICK_FIRST.iter().position(|name| *name == binary.package);
        binaries.map(|binary| (place(binary).unwrap_or(QUICK_FIRST.len()), binary.clone())).max()
    };
    chosen.sort_by_key(|mutant| (!is_preset(&mutant.file), slowest(mutant), mutant.file.clone()));
    if let Some(from) = &wish.from {
        let Some(place) = chosen.iter().position(|mutant| mutant.name == *from) else {
            return Err(Fault::Said(format!("{from} is not among the mutants that were asked for; see --list")));
        };
        chosen.drain(..place);
    }
    if chosen.is_empty() {
        return Err(Fault::Said("no mutant breaks this row; see --list".to_owned()));
    }
    Ok(chosen)
}

/// Which tests of which binaries are to be run.
fn plan<'a>(tests: &'a Tests, names: impl Iterator<Item = &'a String>) -> Plan<'a> {
    let mut plan = Plan::new();
    for name in names {
        let bare = name.rsplit("::").next().unwrap_or(name);
        for binary in tests.get(name).into_iter().flatten() {
            let names = plan.entry(binary).or_default();
            if !names.contains(&bare) {
                names.push(bare);
            }
        }
    }
    plan
}

/// Before anything is broken everything passes, or its failing would mean nothing. Gives the number of tests.
fn pass_unbroken(tree: &mut Tree, plan: &Plan<'_>) -> Result<usize, Fault> {
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, ending) in
        endings(tree, plan)?.map_err(|unusable| Fault::Said(format!("unbroken: {}", told(&unusable))))?
    {
        count += 1;
        match ending {
            Some(Ending::Passed) => {}
            Some(Ending::Failed(why)) => wrong.push(format!("{name} fails without any mutant: {why}")),
            None => wrong.push(format!("{name} did not run")),
        }
    }
    if wrong.is_empty() { Ok(count) } else { Err(Fault::Said(wrong.join("\n"))) }
}

/// Breaks one rule, looks who sees it, and mends it.
fn attempt(tree: &mut Tree, tests: &Tests, (mutant, sound): (&Mutant, Option<&String>)) -> Result<Outcome, Fault> {
    let before = tree.mutate(&mutant.file, &mutant.find, &mutant.replace)?;
    let outcome = judge(tree, tests, (mutant, sound.filter(|_| is_preset(&mutant.file))));
    tree.write(Path::new(&mutant.file), before.as_bytes())?;
    outcome
}

fn judge(tree: &mut Tree, tests: &Tests, (mutant, sound): (&Mutant, Option<&String>)) -> Result<Outcome, Fault> {
    if let Some(sound) = sound {
        let still = match endings(tree, &plan(tests, [sound].into_iter()))? {
            Ok(endings) => endings,
            Err(unusable) => return Ok(Outcome::Broken(told(&unusable))),
        };
        if let Some((name, ending)) = still.into_iter().find(|(_, ending)| *ending != Some(Ending::Passed)) {
            let why = if let Some(Ending::Failed(why)) = ending { why } else { "it did not run".to_owned() };
            return Ok(Outcome::Broken(format!("this is no preset any more: {name}: {why}")));
        }
    }
    let endings = match endings(tree, &plan(tests, mutant.tests.iter()))? {
        Ok(endings) => endings,
        Err(unusable) => return Ok(Outcome::Broken(told(&unusable))),
    };
    let mut complaints = Vec::new();
    for (name, ending) in endings {
        match ending {
            Some(Ending::Failed(why)) => complaints.push(format!("{name} at {why}")),
            Some(Ending::Passed) => return Ok(Outcome::Survived(format!("{name} passes"))),
            None => return Ok(Outcome::Broken(format!("{name} did not run"))),
        }
    }
    Ok(Outcome::Caught(complaints.join("; ")))
}

/// Builds and runs what is planned. A test that did not run has no ending.
#[expect(clippy::type_complexity, reason = "a fault of ours, a fault of the mutant, or every test with its ending")]
fn endings(tree: &mut Tree, plan: &Plan<'_>) -> Result<Result<Vec<(String, Option<Ending>)>, Unusable>, Fault> {
    let mut all = Vec::new();
    for (binary, names) in plan {
        let path = match trial::build(tree, binary)? {
            Ok(path) => path,
            Err(unusable) => return Ok(Err(unusable)),
        };
        let mut found = match trial::run(tree, binary, (&path, names))? {
            Ok(found) => found,
            Err(unusable) => return Ok(Err(unusable)),
        };
        all.extend(names.iter().map(|name| (format!("{}::{name}", binary.package), found.remove(*name))));
    }
    Ok(Ok(all))
}

fn told(unusable: &Unusable) -> String {
    match unusable {
        Unusable::DoesNotCompile(why) => format!("it does not compile: {why}"),
        Unusable::DoesNotEnd => "its tests do not end".to_owned(),
    }
}
