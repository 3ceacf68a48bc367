//! What may happen to a role.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::KeyId;
use crate::key::{self, Key, KeyKind};
use crate::member::Member;
use crate::object::{DataName, DataRules};
use crate::organization::{KeysWithoutRole, Organization, SettingChange};
use crate::permission::Holding;
use crate::refusal::{Refusal, title_fits, unprintable};
use crate::role::{AssignableTo, Role, RoleId, RoleLevel};
use crate::time::Timestamp;

/// Roles that an organization may have.
const ROLES_MAX: usize = 500;
/// Characters of the lines that describe a role.
const LINE_MAX: usize = 200;
const GUIDE_MAX: usize = 4_000;

/// A role that is to be created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRole {
    /// Its short name.
    pub id: RoleId,
    /// Its name for people.
    pub title: String,
    /// Where it holds.
    pub level: RoleLevel,
    /// What else is stated about it.
    pub edit: RoleEdit,
}

/// What changes about a role; what is left out stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleEdit {
    /// Its name for people.
    pub title: Option<String>,
    /// Who typically has it, in one line.
    pub typical_for: Option<String>,
    /// What to know about it.
    pub guide: Option<String>,
    /// All that it holds from now on.
    pub permissions: Option<Holding>,
    /// All its exceptions for objects and fields from now on.
    pub data: Option<DataRules>,
    /// To whom it may be given.
    pub assignable_to: Option<AssignableTo>,
}

/// A role is created from nothing.
pub(crate) fn create(state: &Organization, new: NewRole) -> Result<Vec<Event>, Refusal> {
    let NewRole { id, title, level, edit } = new;
    let blank = Role {
        id,
        title,
        typical_for: String::new(),
        guide: String::new(),
        level,
        permissions: Holding::default(),
        data: DataRules::default(),
        assignable_to: AssignableTo { members: true, keys: false, agents: false },
        locked: false,
        top: false,
    };
    define_new(state, with(blank, edit))
}

/// A role is created as a copy of another; the copy of a locked role can be edited.
pub(crate) fn clone(state: &Organization, of: RoleId, (id, title): (RoleId, String)) -> Result<Vec<Event>, Refusal> {
    let original = known(state, of)?;
    let permissions = if original.top { Holding::from(original.set()) } else { original.permissions.clone() };
    define_new(state, Role { id, title, permissions, locked: false, top: false, ..original.clone() })
}

/// A role means something else from now on, for everyone who has it.
pub(crate) fn edit(state: &Organization, id: RoleId, edit: RoleEdit, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let present = known(state, id)?;
    if present.locked {
        let message = format!("the role {id} is fixed; clone it and change the copy");
        return Err(Refusal::rule("role-locked", message));
    }
    let role = with(present.clone(), edit);
    if role == *present {
        return Ok(Vec::new());
    }
    is_sound(state, &role)?;
    still_fits_its_holders(state, &role, now)?;
    let ended = keys_that_would_carry_too_much(state, present, &role, now)?;
    Ok(std::iter::once(Event::RoleDefined(role))
        .chain(ended.into_iter().map(|key| Event::KeyRevoked { key }))
        .collect())
}

/// Personal keys that end because their holders' role comes to manage more than whoever issued them may give.
///
/// # Errors
/// Where a workspace key or an agent's key would carry too much: it needs a new secret first.
fn keys_that_would_carry_too_much(
    state: &Organization,
    present: &Role,
    role: &Role,
    now: Timestamp,
) -> Result<BTreeSet<KeyId>, Refusal> {
    if role.set().management().first_beyond(present.set()).is_none() {
        return Ok(BTreeSet::new());
    }
    let settings = &state.settings;
    let by_default =
        settings.keys_without_role == KeysWithoutRole::DefaultRole && settings.join_default_role == role.id;
    let theirs = |key: &&Key| match key.kind {
        KeyKind::Personal { .. } => false,
        KeyKind::Workspace { role: held, .. } => held == Some(role.id) || held.is_none() && by_default,
        KeyKind::Agent { agent, .. } => state.agents.get(&agent).is_some_and(|agent| agent.role == Some(role.id)),
        KeyKind::Directory { .. } => key.kind.tended_roles().any(|tended| *tended == role.id),
    };
    key::secrets_are_known_high_enough(state, state.keys.values().filter(theirs), role)?;
    Ok(personal_keys_of_holders(state, present, role, now))
}

/// Personal keys of those who have a role, in the organization or in teams, that would carry too much with another.
fn personal_keys_of_holders(state: &Organization, held: &Role, next: &Role, now: Timestamp) -> BTreeSet<KeyId> {
    let members = state.members.keys().filter(|person| state.roles_of(**person, now).any(|role| role == held.id));
    let in_teams = state.teams.values().flat_map(|team| {
        let places = team.members.iter().filter(move |(_, place)| place.role == held.id);
        places.map(move |(person, _)| (*person, Some(team.id)))
    });
    let holders = members.map(|person| (*person, None)).chain(in_teams);
    holders.flat_map(|holder| key::that_would_carry_too_much(state, holder, next)).collect()
}

/// What the keys come to that a deleted role's heir reaches: personal keys of its members end where the heir manages
/// more than whoever issued them may give, and workspace keys without a role need a new secret first.
fn keys_of_heirs(state: &Organization, role: &Role, heir: &Role, now: Timestamp) -> Result<BTreeSet<KeyId>, Refusal> {
    let settings = &state.settings;
    let becomes_default = role.level == RoleLevel::Organization && settings.join_default_role != heir.id;
    if becomes_default && settings.keys_without_role == KeysWithoutRole::DefaultRole {
        let without = state.keys.values().filter(|key| matches!(key.kind, KeyKind::Workspace { role: None, .. }));
        key::secrets_are_known_high_enough(state, without, heir)?;
    }
    if heir.set().management().first_beyond(role.set()).is_none() {
        return Ok(BTreeSet::new());
    }
    Ok(personal_keys_of_holders(state, role, heir, now))
}

/// A role ends. Its members get the default role, in which a default may be chosen at the same time; its keys and
/// agents have none and do nothing until they are given one.
pub(crate) fn delete(
    state: &Organization,
    id: RoleId,
    default: Option<RoleId>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let role = known(state, id)?;
    if role.top {
        return Err(Refusal::rule("top-role", "the top role cannot be deleted; somebody must always hold it"));
    }
    if role.locked {
        return Err(Refusal::rule("role-locked", format!("the role {id} is fixed; it is neither changed nor deleted")));
    }
    fixed_roles(state)?;
    let present = match role.level {
        RoleLevel::Organization => Some(state.settings.join_default_role),
        RoleLevel::Team => state.settings.join_default_team_role,
    };
    let moved_to = default.or(present).filter(|heir| *heir != id);
    let Some(moved_to) = moved_to else {
        let setting = match role.level {
            RoleLevel::Organization => "join.default_role",
            RoleLevel::Team => "join.default_team_role",
        };
        let message = match present {
            Some(_) => format!(
                "{id} is the role that newcomers get (the setting {setting}); choose another default in the same step"
            ),
            None => {
                format!("{id} cannot be deleted while {setting} names no role; choose the one that its members get")
            }
        };
        return Err(Refusal::field("default-role", "default_role", message));
    };
    let heir = known(state, moved_to)?;
    if heir.top || heir.level != role.level || !heir.assignable_to.members {
        let message = format!("the role {moved_to} cannot be a default; choose one for members below the top");
        return Err(Refusal::field("default-role-too-high", "default_role", message));
    }
    let change = match role.level {
        RoleLevel::Organization => SettingChange::JoinDefaultRole(moved_to),
        RoleLevel::Team => SettingChange::JoinDefaultTeamRole(Some(moved_to)),
    };
    let changed = (present != Some(moved_to)).then_some(Event::SettingChanged(change));
    let ended = keys_of_heirs(state, role, heir, now)?.into_iter().map(|key| Event::KeyRevoked { key });
    Ok(changed.into_iter().chain([Event::RoleDeleted { role: id, moved_to }]).chain(ended).collect())
}

fn define_new(state: &Organization, role: Role) -> Result<Vec<Event>, Refusal> {
    fixed_roles(state)?;
    if state.roles.contains_key(&role.id) {
        return Err(Refusal::field("taken", "id", format!("there is a role {} already; choose another name", role.id)));
    }
    if state.roles.len() >= ROLES_MAX {
        return Err(Refusal::rule("too-many-roles", format!("an organization has at most {ROLES_MAX} roles")));
    }
    is_sound(state, &role)?;
    Ok(vec![Event::RoleDefined(role)])
}

/// Where roles cannot be created none can be deleted either: nobody could bring it back.
fn fixed_roles(state: &Organization) -> Result<(), Refusal> {
    if state.settings.roles_custom {
        return Ok(());
    }
    let message = "this organization has a fixed set of roles; set roles.custom to have roles of your own";
    Err(Refusal::rule("roles-fixed", message))
}

fn with(mut role: Role, edit: RoleEdit) -> Role {
    let RoleEdit { title, typical_for, guide, permissions, data, assignable_to } = edit;
    role.title = title.unwrap_or(role.title);
    role.typical_for = typical_for.unwrap_or(role.typical_for);
    role.guide = guide.unwrap_or(role.guide);
    role.permissions = permissions.unwrap_or(role.permissions);
    role.data = data.unwrap_or(role.data);
    role.assignable_to = assignable_to.unwrap_or(role.assignable_to);
    role
}

fn is_sound(state: &Organization, role: &Role) -> Result<(), Refusal> {
    title_fits("title", &role.title)?;
    let other = |other: &&Role| other.id != role.id && other.title.to_lowercase() == role.title.to_lowercase();
    if let Some(other) = state.roles.values().find(other) {
        let message = format!("there is a role {} already; choose another name", other.title);
        return Err(Refusal::field("taken", "title", message));
    }
    if role.typical_for.chars().count() > LINE_MAX || role.typical_for.chars().any(unprintable) {
        return Err(Refusal::field(
            "bad-text",
            "typical_for",
            format!("give one line of at most {LINE_MAX} characters"),
        ));
    }
    let hides = |letter: char| unprintable(letter) && !matches!(letter, '\n' | '\t');
    if role.guide.chars().count() > GUIDE_MAX || role.guide.chars().any(hides) {
        return Err(Refusal::field("bad-text", "guide", format!("give at most {GUIDE_MAX} characters of plain text")));
    }
    if let Some((permission, needed)) = role.permissions.first_incomplete() {
        let message = format!("{permission} makes sense only with {needed}, as far; add that or leave both out");
        return Err(Refusal::field("needs-permission", "permissions", message));
    }
    for (object, rule) in &role.data.objects {
        let missing = |what: String| Refusal::field("no-such-object", "data", what);
        let known = state.objects.get(object).ok_or_else(|| missing(format!("there is no object {object}")))?;
        // What the role says already about a field may stay, also while the object does not have the field.
        let said = state.roles.get(&role.id).and_then(|present| present.data.objects.get(object));
        let fits = |field: &DataName| {
            known.fields.contains_key(field) || said.is_some_and(|said| said.fields.contains_key(field))
        };
        if let Some(field) = rule.fields.keys().find(|field| !fits(field)) {
            return Err(missing(format!("the object {object} has no field {field}")));
        }
    }
    Ok(())
}

/// Whom a role may be given to cannot become narrower than whom it was given to.
fn still_fits_its_holders(state: &Organization, role: &Role, now: Timestamp) -> Result<(), Refusal> {
    let has = |member: &Member| member.role == role.id || member.extra_roles_at(now).any(|beside| beside == role.id);
    let members = state.members.values().any(|member| member.is_here() && has(member));
    let keys = state.keys.values().any(|key| key.revoked_at.is_none() && key.role() == Some(role.id));
    let agents = state.agents.values().any(|agent| agent.role == Some(role.id));
    let in_teams = state.teams.values().flat_map(|team| team.members.values()).any(|member| member.role == role.id);
    let to = role.assignable_to;
    for (held, may, who) in
        [(members || in_teams, to.members, "members"), (keys, to.keys, "keys"), (agents, to.agents, "agents")]
    {
        if held && !may {
            let message = format!("{who} have this role; give them another one first");
            return Err(Refusal::field("role-in-use", "assignable_to", message));
        }
    }
    let settings = &state.settings;
    let default = settings.join_default_role == role.id || settings.join_default_team_role == Some(role.id);
    if default && !to.members {
        let message = "newcomers get this role; choose another default first";
        return Err(Refusal::field("default-role", "assignable_to", message));
    }
    Ok(())
}

fn known(state: &Organization, id: RoleId) -> Result<&Role, Refusal> {
    state.roles.get(&id).ok_or_else(|| Refusal::missing("role", format!("there is no role {id}")))
}
