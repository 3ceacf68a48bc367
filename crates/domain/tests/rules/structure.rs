//! Random commands about roles, teams, agents, resources and objects, and about the end of what is there.

use std::collections::{BTreeMap, BTreeSet};

use domain::agent::AgentEdit;
use domain::command::Command;
use domain::grant::{Grantee, Profile};
use domain::group::Except;
use domain::id::ResourceId;
use domain::integration::{CredentialKind, Integration, Listed, Slug};
use domain::key::{KeyKind, KeyScope};
use domain::object::{DataName, DataRules, Field, FieldRule, Object, ObjectRule, Rule};
use domain::organization::{Organization, SettingChange};
use domain::permission::Holding;
use domain::resource::{Ending, Features, NewResource, ResourceEdit, ResourceKind, Shared};
use domain::role::{AssignableTo, NewRole, RoleEdit, RoleId, RoleLevel};
use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::commands::{
    agent, agents, group, integration, key, keys, moments, people, person, resource, role, roles, team, teams, texts,
};

const FIELDS: [&str; 3] = ["name", "email", "address"];

/// A name that is free at times, or one of the preset's.
fn titles() -> impl Strategy<Value = String> {
    select(vec!["Red", "red", "Blue", "Green", "Owner", "Member", ""]).prop_map(str::to_owned)
}

fn words() -> impl Strategy<Value = Holding> {
    let held = vec![
        vec![],
        vec!["member.view"],
        vec!["project.edit:own"],
        vec!["project.create", "project.view:own", "data.see"],
        vec!["settings.*", "resources.*"],
        vec!["integration.use_all"],
    ];
    select(held).prop_map(|held| Holding::parse(held).unwrap())
}

fn assignable() -> impl Strategy<Value = AssignableTo> {
    let mostly = || proptest::bool::weighted(0.8);
    (mostly(), mostly(), mostly()).prop_map(|(members, keys, agents)| AssignableTo { members, keys, agents })
}

fn names() -> impl Strategy<Value = DataName> {
    select(vec!["people", "deals"]).prop_map(|name| DataName::parse(name).unwrap())
}

fn fields() -> impl Strategy<Value = DataName> {
    select(&FIELDS[..]).prop_map(|name| DataName::parse(name).unwrap())
}

fn rules() -> impl Strategy<Value = Rule> {
    select(vec![Rule::Inherit, Rule::Allow, Rule::Deny])
}

fn exceptions() -> impl Strategy<Value = DataRules> {
    let of_field = (fields(), rules(), rules());
    (names(), rules(), rules(), option::of(of_field)).prop_map(|(object, see, edit, field)| {
        let fields = field.map(|(field, see, edit)| (field, FieldRule { see, edit })).into_iter().collect();
        let rule = ObjectRule { see, edit, fields, ..ObjectRule::default() };
        DataRules { objects: BTreeMap::from([(object, rule)]) }
    })
}

fn edits() -> impl Strategy<Value = RoleEdit> {
    let lines = (option::of(titles()), option::of(texts()), option::of(texts()));
    (lines, option::of(words()), option::of(exceptions()), option::of(assignable())).prop_map(
        |((title, typical_for, guide), permissions, data, assignable_to)| RoleEdit {
            title,
            typical_for,
            guide,
            permissions,
            data,
            assignable_to,
        },
    )
}

/// A role of the organization, or one in teams; where it is, its name says.
fn new_roles() -> impl Strategy<Value = (RoleId, RoleLevel)> {
    let (clerk, squad) = ((role("clerk"), RoleLevel::Organization), (role("squad"), RoleLevel::Team));
    select(vec![clerk, squad])
}

pub(crate) fn of_roles() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (new_roles(), titles(), edits()).prop_map(|((id, level), title, edit)| {
            Command::CreateRole(Box::new(NewRole { id, title, level, edit }))
        }),
        1 => (roles(), new_roles(), titles()).prop_map(|(of, (id, _), title)| Command::CloneRole { of, id, title }),
        4 => (roles(), edits()).prop_map(|(role, edit)| Command::EditRole { role, edit: Box::new(edit) }),
        3 => (roles(), option::of(roles())).prop_map(|(role, default)| Command::DeleteRole { role, default }),
    ]
}

pub(crate) fn of_teams() -> impl Strategy<Value = Command> {
    let place = || (teams(), people());
    prop_oneof![
        3 => (teams(), titles()).prop_map(|(team, title)| Command::CreateTeam { team, title }),
        1 => (teams(), titles()).prop_map(|(team, title)| Command::RenameTeam { team, title }),
        1 => teams().prop_map(|team| Command::DeleteTeam { team }),
        6 => (place(), option::of(roles())).prop_map(|((team, person), role)| {
            Command::SetTeamMember { team, person, role }
        }),
        2 => place().prop_map(|(team, person)| Command::RemoveTeamMember { team, person }),
    ]
}

/// Groups of company directories, to which some people and groups are an exception.
pub(crate) fn of_groups() -> impl Strategy<Value = Command> {
    let some = || btree_set(people(), 0..3);
    let groups = || (0..2u8).prop_map(group);
    let except =
        || (some(), btree_set(groups(), 0..2)).prop_map(|(people, groups)| Box::new(Except { people, groups }));
    let mapped = btree_map(teams(), select(vec!["team-member", "team-leader", "squad", "admin"]).prop_map(role), 0..3);
    prop_oneof![
        4 => (groups(), keys()).prop_map(|(group, connection)| Command::CreateGroup { group, connection }),
        6 => (groups(), some(), some(), any::<bool>(), except()).prop_map(|(group, joined, left, edited, except)| {
            Command::ChangeGroup { group, joined, left, edited, except }
        }),
        6 => (groups(), mapped, except()).prop_map(|(group, teams, except)| {
            Command::MapGroup { group, teams, except }
        }),
        1 => (groups(), except()).prop_map(|(group, except)| Command::DeleteGroup { group, except }),
    ]
}

pub(crate) fn of_agents() -> impl Strategy<Value = Command> {
    let new = (agents(), titles(), people(), option::of(roles()), moments());
    let edits = (option::of(titles()), option::of(people()), any::<Option<bool>>())
        .prop_map(|(title, sponsor, suspended)| AgentEdit { title, sponsor, suspended });
    prop_oneof![
        4 => new.prop_map(|(agent, title, sponsor, role, expires_at)| {
            Command::CreateAgent { agent, title, sponsor, role, expires_at }
        }),
        3 => (agents(), edits).prop_map(|(agent, edit)| Command::EditAgent { agent, edit }),
        3 => (agents(), option::of(roles())).prop_map(|(agent, role)| Command::SetAgentRole { agent, role }),
        1 => agents().prop_map(|agent| Command::DeleteAgent { agent }),
        4 => (agents(), people(), moments()).prop_map(|(agent, person, expires_at)| {
            Command::Delegate { agent, person, expires_at }
        }),
        1 => (agents(), people()).prop_map(|(agent, person)| Command::EndDelegation { agent, person }),
    ]
}

fn resources() -> impl Strategy<Value = ResourceId> {
    (0..5u8).prop_map(resource)
}

/// Mostly the artifact that every history begins with.
fn artifacts() -> impl Strategy<Value = ResourceId> {
    select(vec![3, 3, 3, 0]).prop_map(resource)
}

/// Mostly the collection that every history begins with.
fn collections() -> impl Strategy<Value = ResourceId> {
    select(vec![4, 4, 4, 3]).prop_map(resource)
}

/// Whom a resource can be shared with, and a team, with which it cannot.
fn with() -> impl Strategy<Value = Grantee> {
    prop_oneof![
        4 => people().prop_map(Grantee::Member),
        3 => agents().prop_map(Grantee::Agent),
        1 => teams().prop_map(Grantee::Team),
    ]
}

pub(crate) fn of_resources() -> impl Strategy<Value = Command> {
    let kinds = select(vec![ResourceKind::Grader, ResourceKind::Artifact, ResourceKind::Collection]);
    let new = (resources(), kinds, titles(), option::of(texts()), option::of(people()))
        .prop_map(|(id, kind, title, tier, owner)| NewResource { id, kind, title, tier, owner });
    let edits = (option::of(titles()), option::of(texts())).prop_map(|(title, tier)| ResourceEdit { title, tier });
    let levels = select(vec![Shared::View, Shared::Use, Shared::Edit]);
    prop_oneof![
        4 => new.prop_map(Command::RegisterResource),
        1 => (resources(), edits).prop_map(|(resource, edit)| Command::EditResource { resource, edit }),
        2 => (resources(), people()).prop_map(|(resource, owner)| Command::HandOverResource { resource, owner }),
        4 => ((resources(), with()), levels, moments()).prop_map(|((resource, with), level, expires_at)| {
            Command::ShareResource { resource, with, level, expires_at }
        }),
        2 => (resources(), with()).prop_map(|(resource, with)| Command::UnshareResource { resource, with }),
        3 => (resources(), teams()).prop_map(|(resource, team)| Command::AssignResource { resource, team }),
        2 => (resources(), teams()).prop_map(|(resource, team)| Command::UnassignResource { resource, team }),
        2 => (resources(), select(vec![Ending::Delete, Ending::Destroy])).prop_map(|(resource, ending)| {
            Command::EndResource { resource, ending }
        }),
        1 => resources().prop_map(|resource| Command::RestoreResource { resource }),
        3 => (artifacts(), collections()).prop_map(|(artifact, collection)| {
            Command::CollectArtifact { artifact, collection }
        }),
        1 => (artifacts(), collections()).prop_map(|(artifact, collection)| {
            Command::UncollectArtifact { artifact, collection }
        }),
    ]
}

pub(crate) fn of_objects() -> impl Strategy<Value = Command> {
    let titled = |field: DataName| (field.clone(), Field { title: field.to_string() });
    let fields = proptest::collection::vec(fields(), 0..4)
        .prop_map(move |fields| fields.into_iter().map(titled).collect::<BTreeMap<_, _>>());
    prop_oneof![
        4 => (names(), titles(), fields).prop_map(|(name, title, fields)| {
            Command::DefineObject(Box::new(Object { name, title, fields }))
        }),
        1 => names().prop_map(|object| Command::RemoveObject { object }),
        2 => select(vec!["{}", r#"{"strict":true}"#, r#"{"levels":[1,2.50,{"of":null}]}"#, r#"{"":1}"#]).prop_map(|text| {
            let settings = Features(serde_json::from_str(text).unwrap());
            Command::ConfigureKind { kind: ResourceKind::Grader, settings }
        }),
    ]
}

/// What every random history begins with.
pub(crate) fn beginnings() -> Vec<Command> {
    let new = |number: u8, kind, owner| NewResource {
        id: resource(number),
        kind,
        title: format!("Thing {number}"),
        tier: None,
        owner: Some(person(owner)),
    };
    let clerk = (role("clerk"), "Clerk".to_owned(), RoleLevel::Organization);
    let squad = (role("squad"), "Squad".to_owned(), RoleLevel::Team);
    let roles = [clerk, squad].map(|(id, title, level)| {
        Command::CreateRole(Box::new(NewRole { id, title, level, edit: RoleEdit::default() }))
    });
    let (one, two) = (person(1), person(2));
    let (agent, team) = (agent(0), team(0));
    let kind = KeyKind::Workspace { scope: KeyScope::All, role: Some(role("bot")) };
    let rest = [
        Command::AddMember { person: one, role: role("clerk") },
        Command::AddMember { person: two, role: role("member") },
        Command::ChangeSettings { name: None, changes: vec![SettingChange::RolesExtraBindings(true)] },
        Command::GiveMemberRole { person: two, role: role("clerk"), expires_at: None },
        Command::CreateTeam { team, title: "Support".to_owned() },
        Command::SetTeamMember { team, person: one, role: Some(role("squad")) },
        Command::CreateAgent {
            agent,
            title: "Helper".to_owned(),
            sponsor: two,
            role: Some(role("bot")),
            expires_at: None,
        },
        Command::Delegate { agent, person: one, expires_at: None },
        Command::RegisterResource(new(0, ResourceKind::Grader, 1)),
        Command::RegisterResource(new(1, ResourceKind::Grader, 2)),
        Command::RegisterResource(new(3, ResourceKind::Artifact, 1)),
        Command::RegisterResource(new(4, ResourceKind::Collection, 2)),
        Command::CollectArtifact { artifact: resource(3), collection: resource(4) },
        Command::AssignResource { resource: resource(0), team },
        Command::CreateKey { key: key(0), kind, digest: "0".repeat(64), hint: "…0".to_owned(), expires_at: None },
    ];
    let bare = Integration {
        id: integration(0),
        slug: Slug::parse("stripe").unwrap(),
        title: "Stripe".to_owned(),
        purpose: String::new(),
        url: "http://127.0.0.1/mcp".to_owned(),
        credential: CredentialKind::None,
        paused: false,
        tools: BTreeMap::new(),
        found: BTreeMap::new(),
    };
    let connected = Command::ConnectIntegration { integration: Box::new(bare), listed: Listed::default() };
    let everybody = [Grantee::Member(two), Grantee::Team(team), Grantee::Agent(agent), Grantee::Role(role("clerk"))];
    let given = everybody.map(|grantee| Command::SetGrant {
        grantee,
        integration: integration(0),
        profile: Profile::ReadOnly,
        tools_off: BTreeSet::new(),
        expires_at: None,
    });
    roles.into_iter().chain(rest).chain([connected]).chain(given).collect()
}

/// Everything that can be taken away from somebody, and what becomes of what was offered: random commands seldom name what is there.
pub(crate) fn endings(state: &Organization) -> Vec<Command> {
    let grants = state.grants.iter().flat_map(|(grantee, grants)| {
        grants.keys().map(|integration| Command::RemoveGrant { grantee: *grantee, integration: *integration })
    });
    let places = state.teams.values().flat_map(|team| {
        team.members.keys().map(|person| Command::RemoveTeamMember { team: team.id, person: *person })
    });
    let delegations = state.agents.values().flat_map(|agent| {
        agent.delegations.keys().map(|person| Command::EndDelegation { agent: agent.id, person: *person })
    });
    let shares = state.resources.values().flat_map(|resource| {
        resource.shares.keys().map(|with| Command::UnshareResource { resource: resource.id, with: *with })
    });
    let held = state.resources.values().flat_map(|resource| {
        resource.teams.iter().map(|team| Command::UnassignResource { resource: resource.id, team: *team })
    });
    let collected = state.resources.values().flat_map(|artifact| {
        let out =
            |collection: &ResourceId| Command::UncollectArtifact { artifact: artifact.id, collection: *collection };
        artifact.collections.iter().map(out)
    });
    let beside = state.members.values().flat_map(|member| {
        member.extra_roles.keys().map(|role| Command::TakeMemberRole { person: member.person, role: *role })
    });
    let clients = state.clients.values();
    let clients = clients.map(|one| Command::DisconnectClients { person: one.person, clients: [one.id].into() });
    let accounts = state.accounts.values();
    let accounts = accounts.map(|one| Command::DisconnectAccount { account: one.id, integration: one.integration });
    let leavers = state.members.values().filter(|member| member.is_here());
    let leavers = leavers.map(|member| Command::RemoveMember { person: member.person });
    let agents = state.agents.keys().map(|agent| Command::DeleteAgent { agent: *agent });
    let used =
        state.keys.values().filter_map(|key| key.role()).chain(state.agents.values().filter_map(|agent| agent.role));
    let roles = used.map(|role| Command::DeleteRole { role, default: None });
    let asked = state.open_requests().flat_map(|open| {
        let request = open.asked.id;
        let granted = Command::GrantRequest { request, until: None, changes: vec![state.seq] };
        [Command::WithdrawRequest { request }, Command::RefuseRequest { request }, granted]
    });
    let offered = state.offer.iter().flat_map(|offer| {
        let end = |by| Command::EndOwnershipOffer { by };
        [Command::AcceptOwnership { heir: offer.to }, end(offer.to), end(offer.from)]
    });
    grants
        .chain(asked)
        .chain(offered)
        .chain(places)
        .chain(delegations)
        .chain(shares)
        .chain(held)
        .chain(collected)
        .chain(beside)
        .chain(clients)
        .chain(accounts)
        .chain(leavers)
        .chain(agents)
        .chain(roles)
        .collect()
}
