//! The kinds of resources, and what can be done with one.

use serde::{Deserialize, Serialize};

use crate::organization::Choice;
use crate::permission::Permission;

macro_rules! kinds {
    ($($variant:ident $word:literal $title:literal $first:ident;)*) => {
        /// What a resource is.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ResourceKind { $(#[doc = $title] $variant,)* }

        impl ResourceKind {
            /// Every kind.
            pub const ALL: &'static [ResourceKind] = &[$(ResourceKind::$variant,)*];

            pub(crate) const CHOICES: &'static [Choice] = &[$(Choice { word: $word, means: $title },)*];

            /// The kind's word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(ResourceKind::$variant => $word,)* }
            }

            /// Its name for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(ResourceKind::$variant => $title,)* }
            }

            const fn first(self) -> Permission {
                match self { $(ResourceKind::$variant => Permission::$first,)* }
            }
        }
    };
}

kinds! {
    Project "project" "Project" ProjectView;
    DataSource "data_source" "Data source" DataSourceView;
    AgentConfig "agent_config" "Agent configuration" AgentConfigView;
    Automation "automation" "Automation" AutomationView;
    Workflow "workflow" "Workflow" WorkflowView;
    Skill "skill" "Skill" SkillView;
    Assistant "assistant" "Assistant" AssistantView;
    Engine "engine" "Engine" EngineView;
    Grader "grader" "Grader" GraderView;
    Artifact "artifact" "Artifact" ArtifactView;
    Collection "collection" "Collection" CollectionView;
    Meeting "meeting" "Meeting" MeetingView;
}

/// What is done with a resource, in the order of the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceVerb {
    /// See it.
    View,
    /// Make one.
    Create,
    /// Change it.
    Edit,
    /// Delete it, so that it can be restored, and restore it.
    Delete,
    /// Delete it for good.
    Destroy,
    /// Use or run it.
    Use,
    /// Share it with members and teams.
    Share,
}

impl ResourceVerb {
    /// Every verb, in the order of the catalogue.
    pub const ALL: [ResourceVerb; 7] = [
        ResourceVerb::View,
        ResourceVerb::Create,
        ResourceVerb::Edit,
        ResourceVerb::Delete,
        ResourceVerb::Destroy,
        ResourceVerb::Use,
        ResourceVerb::Share,
    ];

    /// The verb's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ResourceVerb::View => "view",
            ResourceVerb::Create => "create",
            ResourceVerb::Edit => "edit",
            ResourceVerb::Delete => "delete",
            ResourceVerb::Destroy => "destroy",
            ResourceVerb::Use => "use",
            ResourceVerb::Share => "share",
        }
    }

    /// Reads a verb's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<ResourceVerb> {
        ResourceVerb::ALL.into_iter().find(|verb| verb.as_str() == text)
    }
}

impl ResourceKind {
    /// Reads a kind's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<ResourceKind> {
        ResourceKind::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// The permission that doing this with such a resource takes.
    #[must_use]
    pub fn permission(self, verb: ResourceVerb) -> Permission {
        let first = self.first();
        // INVARIANT: the catalogue holds the verbs of a kind one after the other; the test below compares the names.
        Permission::ALL.get(first as usize + verb as usize).copied().unwrap_or(first)
    }
}

/// How far somebody's rights over a kind of resource go, as a word for all verbs at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Neither see nor interact.
    NoAccess,
    /// See, change nothing.
    ViewOnly,
    /// See, and make limited changes.
    ViewUpdate,
    /// Create, change, delete and manage everything about it.
    FullControl,
}

impl Level {
    /// Every level, from the least.
    pub const ALL: [Level; 4] = [Level::NoAccess, Level::ViewOnly, Level::ViewUpdate, Level::FullControl];

    /// The verbs that the level comes to.
    #[must_use]
    pub const fn verbs(self) -> &'static [ResourceVerb] {
        match self {
            Level::NoAccess => &[],
            Level::ViewOnly => &[ResourceVerb::View],
            Level::ViewUpdate => &[ResourceVerb::View, ResourceVerb::Edit],
            Level::FullControl => &ResourceVerb::ALL,
        }
    }

    /// The level's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::NoAccess => "no_access",
            Level::ViewOnly => "view_only",
            Level::ViewUpdate => "view_update",
            Level::FullControl => "full_control",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Level::NoAccess => "No access",
            Level::ViewOnly => "View only",
            Level::ViewUpdate => "View and update",
            Level::FullControl => "Full control",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_verb_names_its_permission() {
        for kind in ResourceKind::ALL {
            assert_eq!(ResourceKind::parse(kind.as_str()), Some(*kind));
            for verb in ResourceVerb::ALL {
                let wanted = format!("{}.{}", kind.as_str(), verb.as_str());
                assert_eq!(kind.permission(verb).entry().id, wanted);
            }
        }
    }
}
