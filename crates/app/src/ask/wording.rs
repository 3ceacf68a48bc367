//! Questions in words: an action, a kind of thing and its name, as people and programs outside state them.

use domain::command::{self, Command};
use domain::id::{AgentId, IntegrationId, KeyId, PersonId, ResourceId, TeamId};
use domain::object::{DataName, DataVerb};
use domain::organization::Organization;
use domain::permission::Permission;
use domain::refusal::Refusal;
use domain::resource::{ResourceKind, ResourceVerb};
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::{Action, Operation, Snapshot};

use crate::Problem;
use crate::live::Live;

/// What is asked about, as it was stated.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Wording {
    /// What is to be done, such as `call`, `view` or a permission's name.
    pub action: String,
    /// The kind of thing, such as `tool`, `project` or `organization`.
    pub kind: String,
    /// Which one: its id, or the name that people use for it.
    pub name: String,
    /// The role that is to be given, for actions that give one.
    pub role: Option<String>,
}

/// A question that was understood, with everything that it names in hand.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Asked {
    /// May a tool be called?
    Call {
        /// The integration's slug.
        integration: String,
        /// The tool's name there.
        tool: String,
    },
    /// May a permission be used for the organization as a whole?
    Use(Permission),
    /// May something be done with an integration?
    Integration(IntegrationVerb, IntegrationId),
    /// May something be done with a resource?
    Resource(ResourceVerb, ResourceId),
    /// May a resource of this kind be made?
    Make(ResourceKind),
    /// May something be done with the records of an object?
    Data(DataVerb, DataName),
    /// May something be done with a field?
    Field(DataVerb, DataName, DataName),
    /// May a member's details be changed, the seat included?
    EditMember(PersonId),
    /// May a member be removed?
    Remove(PersonId),
    /// May a member be given a role?
    ChangeRole(PersonId, RoleId),
    /// May something be done with a team?
    Team(TeamVerb, TeamId),
    /// May something be done with a key?
    Key(KeyVerb, KeyId),
    /// May an agent be changed?
    EditAgent(AgentId),
}

/// What is done with an integration.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words are those of the operations")]
pub enum IntegrationVerb {
    View,
    Edit,
    Disconnect,
    Review,
}

/// What is done with a team.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words are those of the operations")]
pub enum TeamVerb {
    View,
    Edit,
    Invite,
}

/// What is done with a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words are those of the operations")]
pub enum KeyVerb {
    View,
    Rotate,
    Revoke,
}

/// Kinds of things besides those of resources, and what can be asked about each.
const KINDS: &[(&str, &[&str])] = &[
    ("tool", &["call"]),
    ("integration", &["view", "edit", "disconnect", "review"]),
    ("organization", &["the name of a permission"]),
    ("member", &["edit", "remove", "change_role"]),
    ("team", &["view", "edit", "invite"]),
    ("key", &["view", "rotate", "revoke"]),
    ("agent", &["edit"]),
    ("object", &["see", "create", "edit", "delete", "destroy"]),
    ("field", &["see", "edit"]),
];

impl Asked {
    /// The question for the engine. `subject` owns what would be made.
    pub(crate) fn action(&self, subject: Option<PersonId>) -> Option<Action<'_>> {
        let operation = match self {
            Asked::Call { integration, tool } => return Some(Action::CallTool { integration, tool }),
            Asked::Use(permission) => Operation::Use { permission: *permission },
            Asked::Integration(verb, integration) => {
                let integration = *integration;
                match verb {
                    IntegrationVerb::View => Operation::ViewIntegration { integration },
                    IntegrationVerb::Edit => Operation::EditIntegration { integration },
                    IntegrationVerb::Disconnect => Operation::DisconnectIntegration { integration },
                    IntegrationVerb::Review => Operation::ReviewTool { integration },
                }
            }
            Asked::Resource(verb, resource) => Operation::Resource { verb: *verb, resource: *resource },
            Asked::Make(kind) => Operation::CreateResource { kind: *kind, owner: subject? },
            Asked::Data(verb, object) => Operation::Data { verb: *verb, object },
            Asked::Field(verb, object, field) => Operation::Field { verb: *verb, object, field },
            Asked::EditMember(member) => Operation::EditMember { member: *member, seat: true },
            Asked::Remove(member) => Operation::RemoveMember { member: *member },
            Asked::ChangeRole(member, role) => Operation::ChangeRole { member: *member, role },
            Asked::Team(verb, team) => {
                let team = *team;
                match verb {
                    TeamVerb::View => Operation::ViewTeam { team },
                    TeamVerb::Edit => Operation::EditTeam { team },
                    TeamVerb::Invite => Operation::InviteToTeam { team },
                }
            }
            Asked::Key(verb, key) => {
                let key = *key;
                match verb {
                    KeyVerb::View => Operation::ViewKey { key },
                    KeyVerb::Rotate => Operation::RotateKey { key },
                    KeyVerb::Revoke => Operation::RevokeKey { key },
                }
            }
            Asked::EditAgent(agent) => Operation::EditAgent { agent: *agent },
        };
        Some(Action::Operate(operation))
    }

    /// The rule of the domain that a yes would break: what somebody has the right to do and still cannot be done.
    pub(crate) fn refusal(&self, state: &Organization, now: Timestamp) -> Option<Refusal> {
        command::handle(state, self.command()?, now).err()
    }

    /// The same of the present state, for which nobody waits where no rule could stand against it.
    pub(crate) async fn refusal_at_present(&self, live: &Live, now: Timestamp) -> Option<Refusal> {
        let command = self.command()?;
        command::handle(&*live.state.lock().await, command, now).err()
    }

    fn command(&self) -> Option<Command> {
        match self {
            Asked::Remove(person) => Some(Command::RemoveMember { person: *person }),
            Asked::ChangeRole(person, role) => Some(Command::ChangeMemberRole { person: *person, role: *role }),
            _ => None,
        }
    }

    /// What is said to be missing where it is, or where the asker may not know of it. A tool is answered, not missed.
    pub(crate) fn noun(&self) -> Option<&'static str> {
        match self {
            Asked::Call { .. } => None,
            Asked::Integration(..) => Some("integration"),
            Asked::Resource(..) | Asked::Make(_) => Some("resource"),
            Asked::Data(..) | Asked::Field(..) => Some("object"),
            Asked::EditMember(_) | Asked::Remove(_) | Asked::ChangeRole(..) => Some("member"),
            Asked::Team(..) => Some("team"),
            Asked::Key(..) => Some("key"),
            Asked::EditAgent(_) => Some("agent"),
            Asked::Use(_) => Some("permission"),
        }
    }

    /// The person that it is about, besides who is asked about.
    pub(crate) fn person(&self) -> Option<PersonId> {
        match self {
            Asked::EditMember(person) | Asked::Remove(person) | Asked::ChangeRole(person, _) => Some(*person),
            _ => None,
        }
    }

    /// Understands a wording. `member` is the person that it names, where it names one; `team` the team.
    pub(crate) fn understand(
        wording: &Wording,
        snapshot: &Snapshot,
        (member, team): (Option<PersonId>, Option<TeamId>),
    ) -> Result<Asked, Problem> {
        let Wording { action, kind, name, role } = wording;
        if let Some(kind) = ResourceKind::parse(kind) {
            return match ResourceVerb::parse(action) {
                Some(ResourceVerb::Create) => Ok(Asked::Make(kind)),
                Some(verb) => {
                    let id =
                        ResourceId::parse(name).map_err(|error| Problem::invalid("resource", error.to_string()))?;
                    let fits = snapshot.resource(id).is_none_or(|resource| resource.kind == kind);
                    if fits { Ok(Asked::Resource(verb, id)) } else { Err(Problem::missing("resource")) }
                }
                None => Err(no_such_action(&ResourceVerb::ALL.map(ResourceVerb::as_str))),
            };
        }
        let actions = KINDS.iter().find(|(known, _)| known == kind).map(|(_, actions)| *actions);
        let actions = actions.ok_or_else(no_such_kind)?;
        let integration =
            || snapshot.integration_by_slug(name).map(|found| found.id).or_else(|| IntegrationId::parse(name).ok());
        let integration = || integration().ok_or_else(|| Problem::missing("integration"));
        let object =
            |text: &str| DataName::parse(text).map_err(|error| Problem::invalid("resource", error.to_string()));
        let pair =
            || name.split_once('/').ok_or_else(|| Problem::invalid("resource", "write it as two names with / between"));
        let member = || member.ok_or_else(|| Problem::missing("member"));
        let team = || team.ok_or_else(|| Problem::missing("team"));
        let key = || KeyId::parse(name).map_err(|error| Problem::invalid("resource", error.to_string()));
        match (kind.as_str(), action.as_str()) {
            ("tool", "call") => {
                let (integration, tool) = pair()?;
                Ok(Asked::Call { integration: integration.to_owned(), tool: tool.to_owned() })
            }
            ("integration", "view") => Ok(Asked::Integration(IntegrationVerb::View, integration()?)),
            ("integration", "edit") => Ok(Asked::Integration(IntegrationVerb::Edit, integration()?)),
            ("integration", "disconnect") => Ok(Asked::Integration(IntegrationVerb::Disconnect, integration()?)),
            ("integration", "review") => Ok(Asked::Integration(IntegrationVerb::Review, integration()?)),
            ("organization", permission) => Permission::parse(permission)
                .map(Asked::Use)
                .ok_or_else(|| Problem::invalid("action", format!("there is no permission named {permission}"))),
            ("member", "edit") => Ok(Asked::EditMember(member()?)),
            ("member", "remove") => Ok(Asked::Remove(member()?)),
            ("member", "change_role") => {
                let role =
                    role.as_deref().ok_or_else(|| Problem::invalid("role", "name the role that is to be given"))?;
                let role = RoleId::parse(role).map_err(|error| Problem::invalid("role", error.to_string()))?;
                Ok(Asked::ChangeRole(member()?, role))
            }
            ("team", "view") => Ok(Asked::Team(TeamVerb::View, team()?)),
            ("team", "edit") => Ok(Asked::Team(TeamVerb::Edit, team()?)),
            ("team", "invite") => Ok(Asked::Team(TeamVerb::Invite, team()?)),
            ("key", "view") => Ok(Asked::Key(KeyVerb::View, key()?)),
            ("key", "rotate") => Ok(Asked::Key(KeyVerb::Rotate, key()?)),
            ("key", "revoke") => Ok(Asked::Key(KeyVerb::Revoke, key()?)),
            ("agent", "edit") => AgentId::parse(name)
                .map(Asked::EditAgent)
                .map_err(|error| Problem::invalid("resource", error.to_string())),
            ("object", verb) => {
                let verb = DataVerb::parse(verb).ok_or_else(|| no_such_action(actions))?;
                Ok(Asked::Data(verb, object(name)?))
            }
            ("field", verb) => {
                let verb = DataVerb::parse(verb).filter(|verb| matches!(verb, DataVerb::See | DataVerb::Edit));
                let ((of, field), verb) = (pair()?, verb.ok_or_else(|| no_such_action(actions))?);
                Ok(Asked::Field(verb, object(of)?, object(field)?))
            }
            _ => Err(no_such_action(actions)),
        }
    }
}

/// Every kind of thing that can be asked about.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    KINDS.iter().map(|(kind, _)| *kind).chain(ResourceKind::ALL.iter().map(|kind| kind.as_str())).collect()
}

/// What can be asked about a kind of thing, permissions of the organization included; none for a kind that is not.
#[must_use]
pub fn actions_of(kind: &str) -> Vec<&'static str> {
    if kind == "organization" {
        return Permission::ALL.iter().map(|permission| permission.entry().id).collect();
    }
    if ResourceKind::parse(kind).is_some() {
        return ResourceVerb::ALL.map(ResourceVerb::as_str).to_vec();
    }
    KINDS.iter().find(|(known, _)| *known == kind).map(|(_, actions)| actions.to_vec()).unwrap_or_default()
}

fn no_such_kind() -> Problem {
    Problem::invalid("resource", format!("there is no such kind of thing; there are {}", kinds().join(", ")))
}

fn no_such_action(actions: &[&str]) -> Problem {
    Problem::invalid("action", format!("this cannot be done with such a thing; there are {}", actions.join(", ")))
}
