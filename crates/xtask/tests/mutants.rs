//! The mutants of `cargo xtask mutants` as data: each fits the code as it is, and every rule that a test is said to show
//! is broken by one. Nothing is built here; that the tests see their mutants is what the command shows.

#[path = "../src/mutants/catalogue.rs"]
mod catalogue;
#[path = "../src/requirements.rs"]
#[expect(dead_code, reason = "that the page is up to date is a test of the house")]
mod requirements;

use std::path::Path;

use catalogue::{Catalogue, changed};

#[test]
fn every_rule_that_a_test_shows_is_broken_by_a_mutant_that_this_test_must_see() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let catalogue = Catalogue::read(root).unwrap_or_else(|fault| panic!("{fault}"));
    let faults = catalogue::faults(root, &catalogue);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(catalogue.mutants.len() >= 70 && !catalogue.preparations.is_empty());
}

#[test]
fn a_text_that_is_not_there_exactly_once_is_told() {
    assert_eq!(changed("a b c", "b", "x").unwrap(), "a x c");
    assert!(changed("a b c", "d", "x").unwrap_err().contains("not there"));
    assert!(changed("a b b", "b", "x").unwrap_err().contains("2 times"));
    assert!(changed("a b c", "b", "b").is_err());
}
