//! What an upstream lists otherwise than it was approved, as whoever decides about it sees it.

use domain::integration::{Found, Integration, ToolClass};

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
    /// In which way.
    pub kind: ChangeKind,
    /// What an approval names: the hash of the definition, or `gone`; none where there is nothing to approve.
    pub seen: Option<String>,
    /// What is wrong with its definition, where it must not be offered.
    pub why: Option<String>,
    /// The class that the evidence in the new definition speaks for.
    pub class: Option<ToolClass>,
}

/// Everything that is not as it was approved.
pub(super) fn changes(integration: &Integration) -> Vec<ToolChange> {
    integration.found.iter().map(|(name, found)| change(integration, name, found)).collect()
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

fn change(integration: &Integration, name: &str, found: &Found) -> ToolChange {
    let kind = kind_of(integration, name, found);
    let (why, class) = match found {
        Found::Unsound { why } => (Some(why.clone()), None),
        Found::Definition(tool) => (None, Some(tool.class)),
        Found::Gone => (None, None),
    };
    ToolChange { tool: name.to_owned(), kind, seen: found.seen_as(), why, class }
}
