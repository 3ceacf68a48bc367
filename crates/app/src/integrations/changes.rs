//! What an upstream lists otherwise than it was approved, as whoever decides about it sees it.

use domain::integration::{ClassSource, Clue, Found, Integration, ToolClass};

use super::difference::{Budget, Difference, differences, unseen};
use super::unseen::{clues_written_out, written_out};

/// In which way a tool is not as it was approved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// It was never approved.
    New,
    /// It is defined otherwise.
    Changed,
    /// It must not be offered as it is defined.
    Unsound,
    /// It is not listed any more.
    Gone,
}

impl ChangeKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::New => "new",
            ChangeKind::Changed => "changed",
            ChangeKind::Unsound => "unsound",
            ChangeKind::Gone => "gone",
        }
    }
}

/// A tool that is not as it was approved.
#[derive(Clone, Debug)]
pub struct ToolChange {
    /// Its name at the integration.
    pub tool: String,
    /// The same as it can be shown, where something in it does not show.
    pub shown: Option<String>,
    /// In which way.
    pub kind: ChangeKind,
    /// What an approval names: the hash of the definition, or `gone`; none where there is nothing to approve.
    pub seen: Option<String>,
    /// What is wrong with its definition, where it must not be offered.
    pub why: Option<String>,
    /// The class that it has when it is approved.
    pub class: Option<ToolClass>,
    /// The evidence for a class in the new definition.
    pub evidence: Vec<Clue>,
    /// What in the new definition shows as nothing or turns other text around, written out.
    pub unseen: Vec<String>,
    /// The parts that are not as they were approved; none where the answer had no room for them.
    pub differences: Option<Vec<Difference>>,
}

/// Everything that is not as it was approved.
pub(super) fn changes(integration: &Integration) -> Vec<ToolChange> {
    let mut budget = Budget::default();
    integration.found.iter().map(|(name, found)| change(integration, (name, found), &mut budget)).collect()
}

/// In which way a tool is not as it was approved.
pub(super) fn kind_of(integration: &Integration, name: &str, found: &Found) -> ChangeKind {
    match found {
        Found::Definition(_) if integration.tools.contains_key(name) => ChangeKind::Changed,
        Found::Definition(_) => ChangeKind::New,
        Found::Unsound { .. } => ChangeKind::Unsound,
        Found::Gone => ChangeKind::Gone,
    }
}

fn change(integration: &Integration, (name, found): (&str, &Found), budget: &mut Budget) -> ToolChange {
    let known = integration.tools.get(name);
    let (shown, in_name) = written_out(name);
    let mut change = ToolChange {
        tool: name.to_owned(),
        shown: (!in_name.is_empty()).then_some(shown),
        kind: kind_of(integration, name, found),
        seen: found.seen_as(),
        why: None,
        class: None,
        evidence: Vec::new(),
        unseen: in_name.iter().cloned().collect(),
        differences: Some(Vec::new()),
    };
    match found {
        Found::Unsound { why } => change.why = Some(written_out(why).0),
        Found::Gone => {}
        Found::Definition(tool) => {
            let reviewed = known.filter(|known| known.class_source != ClassSource::Evidence);
            change.class = Some(reviewed.map_or(tool.class, |known| known.class));
            change.evidence = clues_written_out(&tool.evidence);
            change.unseen = unseen(&tool.definition).union(&in_name).cloned().collect();
            let before = known.map_or("{}", |known| &known.definition);
            change.differences = differences(before, &tool.definition, budget);
        }
    }
    change
}
