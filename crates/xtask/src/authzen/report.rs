//! What an examination found.

use std::fmt;

/// The sub-levels of the certification.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names are those of the certification")]
pub enum Level {
    BasicCore,
    BasicProperties,
    BatchCore,
    BatchProperties,
    SearchCore,
    SearchProperties,
    Discovery,
}

impl Level {
    /// Every sub-level, those that others need first.
    pub const ALL: [Level; 7] = [
        Level::BasicCore,
        Level::BasicProperties,
        Level::BatchCore,
        Level::BatchProperties,
        Level::SearchCore,
        Level::SearchProperties,
        Level::Discovery,
    ];

    /// The sub-level without which this one does not count.
    #[must_use]
    pub fn needs(self) -> Option<Level> {
        match self {
            Level::BatchCore => Some(Level::BasicCore),
            Level::BatchProperties => Some(Level::BasicProperties),
            Level::SearchProperties => Some(Level::SearchCore),
            _ => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::BasicCore => "Basic Core",
            Level::BasicProperties => "Basic Properties",
            Level::BatchCore => "Batch Core",
            Level::BatchProperties => "Batch Properties",
            Level::SearchCore => "Search Core",
            Level::SearchProperties => "Search Properties",
            Level::Discovery => "Discovery",
        })
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Case {
    /// To which sub-level it belongs.
    pub level: Level,
    /// The section of the scenario.
    pub section: &'static str,
    /// What should be, as a sentence.
    pub name: String,
    /// What is instead; none where it is as it should be.
    pub fault: Option<String>,
}

/// Everything that was looked at.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order of asking.
    pub cases: Vec<Case>,
    /// Sub-levels that the server does not offer, and how that shows.
    pub left_out: Vec<(Level, String)>,
}

impl Report {
    pub(super) fn case(
        &mut self,
        (level, section): (Level, &'static str),
        name: impl Into<String>,
        outcome: Result<(), String>,
    ) {
        self.cases.push(Case { level, section, name: name.into(), fault: outcome.err() });
    }

    pub(super) fn leave_out(&mut self, levels: [Level; 2], reason: &str) {
        self.left_out.extend(levels.map(|level| (level, reason.to_owned())));
    }

    /// Why a sub-level was left out; none where it was examined.
    #[must_use]
    pub fn lack(&self, level: Level) -> Option<&str> {
        self.left_out.iter().find(|(left_out, _)| *left_out == level).map(|(_, reason)| reason.as_str())
    }

    /// Cases of a sub-level that are as they should be, and how many there are.
    #[must_use]
    pub fn tally(&self, level: Level) -> (usize, usize) {
        let cases = self.cases.iter().filter(|case| case.level == level);
        (cases.clone().filter(|case| case.fault.is_none()).count(), cases.count())
    }

    /// Whether a sub-level is passed, and what it needs as well.
    #[must_use]
    pub fn passes(&self, level: Level) -> bool {
        let (passed, all) = self.tally(level);
        all > 0 && passed == all && level.needs().is_none_or(|needed| self.passes(needed))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for level in Level::ALL {
            writeln!(f, "{level}")?;
            if let Some(reason) = self.lack(level) {
                writeln!(f, "  not offered: {reason}")?;
            }
            for case in self.cases.iter().filter(|case| case.level == level) {
                match &case.fault {
                    None => writeln!(f, "  pass  {:6} {}", case.section, case.name)?,
                    Some(fault) => writeln!(f, "  FAIL  {:6} {}\n                {fault}", case.section, case.name)?,
                }
            }
        }
        writeln!(f)?;
        for level in Level::ALL {
            if self.lack(level).is_some() {
                writeln!(f, "{level:18}              not offered")?;
                continue;
            }
            let (passed, all) = self.tally(level);
            let verdict = match (self.passes(level), passed == all) {
                (true, _) => "passed",
                (false, true) => "not passed: what it needs is not",
                (false, false) => "not passed",
            };
            writeln!(f, "{level:18} {passed:3} of {all:3}   {verdict}")?;
        }
        Ok(())
    }
}
