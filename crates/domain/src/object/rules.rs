//! What a role says about single objects and fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::object::DataName;
use crate::permission::Permission;

/// What is done with records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataVerb {
    /// See them in lists and one by one.
    See,
    /// Make new ones.
    Create,
    /// Change them.
    Edit,
    /// Delete them, so that they can be restored, and restore them.
    Delete,
    /// Delete them for good.
    Destroy,
}

impl DataVerb {
    /// Every verb, in the order of the catalogue.
    pub const ALL: [DataVerb; 5] =
        [DataVerb::See, DataVerb::Create, DataVerb::Edit, DataVerb::Delete, DataVerb::Destroy];

    /// The permission that gives the verb for all objects.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            DataVerb::See => Permission::DataSee,
            DataVerb::Create => Permission::DataCreate,
            DataVerb::Edit => Permission::DataEdit,
            DataVerb::Delete => Permission::DataDelete,
            DataVerb::Destroy => Permission::DataDestroy,
        }
    }

    /// The verb's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DataVerb::See => "see",
            DataVerb::Create => "create",
            DataVerb::Edit => "edit",
            DataVerb::Delete => "delete",
            DataVerb::Destroy => "destroy",
        }
    }

    /// Reads a verb's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<DataVerb> {
        DataVerb::ALL.into_iter().find(|verb| verb.as_str() == text)
    }
}

/// What one level says; saying nothing leaves it to the more general one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// As the more general level says.
    #[default]
    Inherit,
    /// Yes, whatever the more general level says.
    Allow,
    /// No, whatever the more general level says.
    Deny,
}

impl Rule {
    /// What holds, given what the more general level came to.
    #[must_use]
    pub const fn over(self, inherited: bool) -> bool {
        match self {
            Rule::Inherit => inherited,
            Rule::Allow => true,
            Rule::Deny => false,
        }
    }

    fn is_inherit(&self) -> bool {
        *self == Rule::Inherit
    }
}

/// A role's exception for one object.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ObjectRule {
    /// Whether its records are seen. Where they are not, nothing under the object is.
    #[serde(skip_serializing_if = "Rule::is_inherit")]
    pub see: Rule,
    /// Whether records are made. Follows `edit` where only that is said.
    #[serde(skip_serializing_if = "Rule::is_inherit")]
    pub create: Rule,
    /// Whether records are changed.
    #[serde(skip_serializing_if = "Rule::is_inherit")]
    pub edit: Rule,
    /// Whether records are deleted and restored.
    #[serde(skip_serializing_if = "Rule::is_inherit")]
    pub delete: Rule,
    /// Whether records are deleted for good.
    #[serde(skip_serializing_if = "Rule::is_inherit")]
    pub destroy: Rule,
    /// Exceptions for its fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<DataName, FieldRule>,
}

impl ObjectRule {
    /// What it says about a verb.
    #[must_use]
    pub fn of(&self, verb: DataVerb) -> Rule {
        match verb {
            DataVerb::See => self.see,
            DataVerb::Create if self.create == Rule::Inherit => self.edit,
            DataVerb::Create => self.create,
            DataVerb::Edit => self.edit,
            DataVerb::Delete => self.delete,
            DataVerb::Destroy => self.destroy,
        }
    }
}

/// A role's exception for one field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldRule {
    /// Whether its value is seen. It cannot be where the object is not.
    #[serde(skip_serializing_if = "Rule::is_inherit")]
    pub see: Rule,
    /// Whether its value is changed. A field that is not seen is not changed either.
    #[serde(skip_serializing_if = "Rule::is_inherit")]
    pub edit: Rule,
}

/// A role's exceptions, by object.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataRules {
    /// The exceptions; an object that is not here is as the role's permissions say.
    pub objects: BTreeMap<DataName, ObjectRule>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creating_follows_editing_unless_something_else_is_said() {
        let said = |create, edit| ObjectRule { create, edit, ..ObjectRule::default() }.of(DataVerb::Create);
        assert_eq!(said(Rule::Inherit, Rule::Allow), Rule::Allow);
        assert_eq!(said(Rule::Inherit, Rule::Inherit), Rule::Inherit);
        assert_eq!(said(Rule::Deny, Rule::Allow), Rule::Deny);
    }
}
