//! Make and change roles.

use std::collections::BTreeMap;

use domain::command::Command;
use domain::object::DataRules;
use domain::permission::{Holding, PermissionSet};
use domain::resource::{Level, ResourceKind};
use domain::role::{AssignableTo, RoleEdit, RoleId, RoleLevel};
use verdict::Operation;

use super::RoleView;
use super::levels::{at_level, without, without_group};
use super::list::{named, short_name};
use crate::change::Along;
use crate::{App, Caller, Problem};

/// To whom a role may be given; what is left out stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AssignableChange {
    /// People.
    pub members: Option<bool>,
    /// Workspace keys.
    pub keys: Option<bool>,
    /// Agents.
    pub agents: Option<bool>,
}

/// What changes about a role; what is left out stays.
///
/// The permissions are, in this order: the whole list where one is given, then with kinds of resources set to a
/// level, then without what is revoked, then with what is allowed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RoleChange {
    /// Its name for people.
    pub title: Option<String>,
    /// Who typically has it, in one line.
    pub typical_for: Option<String>,
    /// What to know about it.
    pub guide: Option<String>,
    /// All that it holds from now on.
    pub permissions: Option<Holding>,
    /// One word for all that it may do with a kind of resource.
    pub levels: BTreeMap<ResourceKind, Level>,
    /// What it no longer holds, in any scope.
    pub revoke: Holding,
    /// What it holds besides, at least as far as said.
    pub allow: Holding,
    /// All its exceptions for objects and fields from now on.
    pub data: Option<DataRules>,
    /// To whom it may be given.
    pub assignable_to: AssignableChange,
}

/// A role that is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRole {
    /// Its short name; made from the title where none is given.
    pub id: Option<String>,
    /// Its name for people.
    pub title: String,
    /// Where it holds.
    pub level: RoleLevel,
    /// What else is said about it, its title aside.
    pub change: RoleChange,
}

impl RoleChange {
    fn changes_permissions(&self) -> bool {
        let none = Holding::default();
        self.permissions.is_some() || !self.levels.is_empty() || self.revoke != none || self.allow != none
    }

    fn permissions(&self, present: &Holding) -> Holding {
        let start = self.permissions.as_ref().unwrap_or(present).clone();
        let mut holding = self.levels.iter().fold(start, |holding, (kind, level)| at_level(holding, *kind, *level));
        holding = self.revoke.groups.iter().fold(holding, |holding, group| without_group(holding, *group));
        holding = self.revoke.single.iter().fold(holding, |holding, (permission, _)| without(holding, permission));
        holding.groups.extend(&self.allow.groups);
        holding.single = holding.single.union(self.allow.single);
        holding
    }

    /// The same for a role that is, or is to be, so.
    fn edit(&self, present: (&Holding, AssignableTo)) -> RoleEdit {
        let (holding, to) = present;
        let AssignableChange { members, keys, agents } = self.assignable_to;
        let assignable_to = AssignableTo {
            members: members.unwrap_or(to.members),
            keys: keys.unwrap_or(to.keys),
            agents: agents.unwrap_or(to.agents),
        };
        RoleEdit {
            title: self.title.clone(),
            typical_for: self.typical_for.clone(),
            guide: self.guide.clone(),
            permissions: self.changes_permissions().then(|| self.permissions(holding)),
            data: self.data.clone(),
            assignable_to: (assignable_to != to).then_some(assignable_to),
        }
    }
}

impl App {
    /// Makes a role. It is for members where nothing else is said, and holds nothing but what is given.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role would manage what the caller may not give, [`Problem::Refused`] where it
    /// would not be sound.
    pub async fn create_role(&self, caller: &Caller, new: NewRole) -> Result<RoleView, Problem> {
        let id = new_name(new.id.as_deref(), &new.title)?;
        let blank = AssignableTo { members: true, keys: false, agents: false };
        let edit = new.change.edit((&Holding::default(), blank));
        let to = edit.permissions.as_ref().map_or(PermissionSet::EMPTY, Holding::set);
        let new = domain::role::NewRole { id, title: new.title, level: new.level, edit };
        let operation = Operation::CreateRole { to, data: new.edit.data.as_ref() };
        let command = |_: &_| Ok(Command::CreateRole(Box::new(new.clone())));
        self.change(caller, operation, command, Along::default()).await?;
        self.show_role(caller, id.as_str()).await
    }

    /// Makes a role as a copy of another; the copy of a fixed role can be changed.
    ///
    /// # Errors
    /// As [`App::create_role`], and [`Problem::Missing`] where there is no such role.
    pub async fn clone_role(
        &self,
        caller: &Caller,
        of: &str,
        id: Option<&str>,
        title: String,
    ) -> Result<RoleView, Problem> {
        let (of, id) = (named(of)?, new_name(id, &title)?);
        let planned = |state: &domain::organization::Organization| {
            Ok(state.roles.get(&of).map(|of| (of.set(), of.data.clone())).unwrap_or_default())
        };
        let command = |_: &_| Command::CloneRole { of, id, title: title.clone() };
        self.change_as_planned(
            caller,
            planned,
            |(to, data): &(PermissionSet, DataRules)| Operation::CreateRole { to: *to, data: Some(data) },
            command,
        )
        .await?;
        self.show_role(caller, id.as_str()).await
    }

    /// Changes a role. Everyone who has it is asked about by the new one from the next question on.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role is above the caller, or would manage what they may not give;
    /// [`Problem::Refused`] where it is fixed or would not be sound.
    pub async fn change_role(&self, caller: &Caller, role: &str, change: RoleChange) -> Result<RoleView, Problem> {
        let id = named(role)?;
        let planned = |state: &domain::organization::Organization| {
            let Some(role) = state.roles.get(&id) else { return Ok((id, RoleEdit::default(), PermissionSet::EMPTY)) };
            let edit = change.edit((&role.permissions, role.assignable_to));
            let to = edit.permissions.as_ref().map_or_else(|| role.set(), Holding::set);
            Ok((id, edit, to))
        };
        self.change_as_planned(
            caller,
            planned,
            |(id, edit, to): &(RoleId, RoleEdit, PermissionSet)| Operation::EditRole {
                role: id,
                to: *to,
                data: edit.data.as_ref(),
            },
            |(id, edit, _)| Command::EditRole { role: *id, edit: Box::new(edit.clone()) },
        )
        .await?;
        self.show_role(caller, role).await
    }
}

fn new_name(id: Option<&str>, title: &str) -> Result<RoleId, Problem> {
    match id {
        Some(id) => RoleId::parse(id).map_err(|error| Problem::invalid("id", error.to_string())),
        None => short_name(title)
            .ok_or_else(|| Problem::invalid("id", "no short name can be made from this title; give one as id")),
    }
}
