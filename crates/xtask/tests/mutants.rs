//! The mutants of `cargo xtask mutants` as data: each fits the code as it is, and every rule that a test is said to show
//! is broken by one. Nothing is built here; that the tests see their mutants is what the command shows.

#[path = "../src/mutants/catalogue.rs"]
mod catalogue;
#[path = "../src/requirements.rs"]
#[expect(dead_code, reason = "that the page is up to date is a test of the house")]
mod requirements;

use std::path::Path;

use catalogue::{Catalogue, changed};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

#[test]
fn every_rule_that_a_test_shows_is_broken_by_a_mutant_that_this_test_must_see() {
    let catalogue = Catalogue::read(root()).unwrap_or_else(|fault| panic!("{fault}"));
    let faults = catalogue::faults(root(), &catalogue);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(catalogue.mutants.len() >= 70 && !catalogue.preparations.is_empty());
}

#[test]
fn what_does_not_fit_is_told_with_its_name() {
    let told = |file: &str, find: &str, row: &str, test: &str| {
        let mutant = format!(
            "[[mutant]]\nname = \"x\"\nfile = \"{file}\"\nfind = '{find}'\nreplace = \"y\"\nrows = [\"{row}\"]\n\
             tests = [\"{test}\"]\n[kinds]\nL = [\"PW-8\"]\n"
        );
        let catalogue: Catalogue = toml::from_str(&mutant).unwrap();
        let faults = catalogue::faults(root(), &catalogue);
        faults.into_iter().filter(|fault| !fault.starts_with("kinds: ")).collect::<Vec<_>>().join("\n")
    };
    let (file, find) = ("presets/pipeworks.toml", "\"promote.admin\" = \"owner\"");
    let (row, test) = ("PW-8", "domain::some_active_person_always_holds_the_top_role");
    assert_eq!(told(file, find, row, test), "");
    assert!(told("presets/none.toml", find, row, test).starts_with("x: presets/none.toml: "));
    assert!(
        told(file, "locked = true", row, test).contains("x: presets/pipeworks.toml: the text to find is there 3 times")
    );
    assert!(told(file, find, "PW-999", test).contains("x: there is no row PW-999"));
    assert!(told(file, find, row, "domain::nobody_ever_wrote_this").contains("x: there is no test domain::nobody"));
    assert!(told(file, find, "PW-9", test).contains("x: none of its tests is one that shows PW-9"));
    assert!(told(file, find, "PW-9", test).contains("PW-8: a test shows it, and no mutant breaks it"));
}

#[test]
fn a_text_that_is_not_there_exactly_once_is_told() {
    assert_eq!(changed("a b c", "b", "x").unwrap(), "a x c");
    assert!(changed("a b c", "d", "x").unwrap_err().contains("not there"));
    assert!(changed("a b b", "b", "x").unwrap_err().contains("2 times"));
    assert!(changed("a b c", "b", "b").is_err());
}
