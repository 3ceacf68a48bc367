//! A table of requests that are to be refused, each for its reason: all are tried, and those that went otherwise are named.

use std::fmt::Debug;

/// What came of a table.
pub(super) struct Cases {
    of: &'static str,
    tried: usize,
    wrong: Vec<String>,
}

impl Cases {
    pub(super) fn of(of: &'static str) -> Cases {
        Cases { of, tried: 0, wrong: Vec::new() }
    }

    /// What was told in a case, and what has to be.
    pub(super) fn told<T: PartialEq + Debug>(&mut self, name: impl Into<String>, told: &T, expected: &T) {
        self.tried += 1;
        if told != expected {
            self.wrong.push(format!("{}: told {told:?}, expected {expected:?}", name.into()));
        }
    }

    /// Names the cases that went otherwise than they should.
    #[expect(clippy::print_stdout, reason = "how many cases there are")]
    pub(super) fn end(self) {
        println!("{}: {} cases", self.of, self.tried);
        assert!(
            self.wrong.is_empty(),
            "{} of {} cases of {}:\n{}",
            self.wrong.len(),
            self.tried,
            self.of,
            self.wrong.join("\n")
        );
    }
}
