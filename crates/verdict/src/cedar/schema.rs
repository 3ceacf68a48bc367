//! The schema: what there is, and what can be asked of it.

/// What there is.
const TYPES: &str = r#"// Wardroom's permission model in Cedar's words.
namespace Wardroom {
  // Permissions as far as they are held: `own` for one's own alone or further, `team` for one's teams or further, `all`.
  type Powers = { own: Set<String>, team: Set<String>, all: Set<String> };

  // What a role says of records or a field; what it says nothing of is as for all objects.
  type Rule = { see?: Bool, create?: Bool, edit?: Bool, delete?: Bool, destroy?: Bool };

  // In which teams somebody has a role that holds a permission: at all, and for what the team has. Of what gives power
  // over others also those in which they manage it, by their role there or by their own.
  type Teams = { own: Set<Team>, team: Set<Team>, manages: Set<Team> };

  // An integration as it would be given: a tool profile, tools that are off, and its end.
  type Gift = { profile: String, tools_off: Set<String>, ends?: Long };

  // The organization with those of its settings that decide something. There is one. Dormant is what some role states, or
  // a key, and would come into force with `managers_implicit_access`; widened are the fields that some role would open with
  // `fields_widen`. Extra roles is what gives power over others in the roles that members have beside their own, whether
  // these count (`roles_extra_bindings`) or not.
  entity Organization = {
    dormant: Powers,
    ending: Bool,
    extra_roles: Powers,
    fields_widen: Bool,
    grants_to: Set<String>,
    invite_organization: String,
    invite_team: String,
    join_default_role: Role,
    join_default_team?: Team,
    join_default_team_role?: Role,
    keys_personal: String,
    keys_without_role: String,
    managers_implicit_access: Bool,
    offer?: { from: Member, to: Member, ends: Long },
    owners_max?: Long,
    promote_admin: String,
    resources_listed: Set<Kind>,
    roles_extra_bindings: Bool,
    teams_assign_listed: Set<Kind>,
    widened: Set<String>,
    workflows_run_needs_edit: Bool,
  };

  // What a role holds under the settings, what of it gives power over others, what it states whether in force or not, and
  // what it comes to open of records and fields: "see people", "edit people.mail". Tags: what it says of single objects
  // and fields. "(none)" is the role of those who have none. "a+b" is what somebody has whose role is a, and who has b
  // beside it; with a yes or no for every object and field, since each role answers for itself and one yes is enough.
  // Members are in each of their roles, and nobody is given such a one.
  entity Role = {
    holds: Powers, manages: Powers, states: Powers, opens: Set<String>, top: Bool, in_teams: Bool,
  } tags Rule;

  // A member, who does nothing while they are suspended: all of their roles as one, and those of them that have no end as one. Where
  // some have, `until` says what of it ends. `wakes` is what the agents manage that stand still as long as they are suspended.
  // Tags, by permission over resources or others: in which teams they hold it.
  entity Member in [Role, Team] = { id: String, role: Role, lasting: Role, suspended: Bool, until?: Until, wakes?: Powers }
    tags Teams;

  // What somebody does not have for good. Tags, by permission: from when on they hold it no longer at all, for their
  // teams and for all, and from when on no role of theirs states it for all; by role: from when on they do not have it.
  entity Until tags { own?: Long, team?: Long, all?: Long, states?: Long, role?: Long };

  // A key that was not revoked: a workspace key, which is a principal too, or one of a person or agent. What keys and
  // agents have they have as long as they are, so that both of their roles are one.
  entity Key in [Role] = {
    id: String,
    kind: String,
    role: Role,
    lasting: Role,
    role_given: Bool,
    reaches_all: Bool,
    suspended: Bool,
    ends?: Long,
    holder?: Member,
    agent?: Agent,
    acting_for?: Member,
  };

  // A client that a member has connected, which acts as them: the classes of tools that they let it call.
  entity Client = { person: Member, calls: Set<String> };

  // An AI agent. Tags, by person: that it may act for them.
  entity Agent in [Role] = { id: String, role: Role, lasting: Role, suspended: Bool, sponsor?: Member, ends?: Long }
    tags { ends?: Long };

  // A team, and the permissions over resources that somebody there gains with what the team has. Tags, by member: their
  // role there, and all that they manage there, now and for good.
  entity Team = { id: String, gains: Set<String> }
    tags { role: Role, authority: Set<String>, lasting: Set<String> };

  entity Integration = { slug: String, paused: Bool };
  entity Tool in [Integration] = { integration: Integration, class: String, off: Bool, held_back: Bool };

  // A kind of resource: the permission for each thing that is done with one.
  entity Kind = {
    view: String, create: String, edit: String, delete: String, destroy: String, use: String, share: String,
  };

  // A resource. Tags, by subject: what is shared with them.
  entity Resource = { kind: Kind, owner?: Member, teams: Set<Team>, deleted: Bool }
    tags { lets: Set<String>, ends?: Long };

  entity Object = { id: String };
  entity Field = { id: String, object: Object };
"#;

const ORGANIZATION: &[&str] = &["Organization"];
const MEMBER: &[&str] = &["Member"];
const KEY: &[&str] = &["Key"];
const AGENT: &[&str] = &["Agent"];
const TEAM: &[&str] = &["Team"];
const ROLE: &[&str] = &["Role"];
const INTEGRATION: &[&str] = &["Integration"];
const RESOURCE: &[&str] = &["Resource"];

/// Every action: what it is done to, and what its context says besides what all contexts say.
const ACTIONS: &[(&str, &[&str], &str)] = &[
    ("tool.call", &["Tool"], "client?: Client"),
    ("organization.view", ORGANIZATION, ""),
    // The settings as they would be.
    (
        "organization.edit",
        ORGANIZATION,
        "promote_admin: String, join_default_role: Role, keys_without_role: String, join_default_team?: Team, \
         join_default_team_role?: Role, managers_implicit_access: Bool, owners_max?: Long, roles_extra_bindings: Bool, \
         teams_assign_listed: Set<Kind>, fields_widen: Bool",
    ),
    ("organization.change_preset", ORGANIZATION, ""),
    ("organization.delete", ORGANIZATION, ""),
    ("organization.restore", ORGANIZATION, ""),
    ("organization.transfer", MEMBER, ""),
    // The open offer of the organization: to see it, to take it over, and to decline or take it back.
    ("offer.view", ORGANIZATION, ""),
    ("offer.accept", ORGANIZATION, ""),
    ("offer.end", ORGANIZATION, ""),
    ("settings.view", ORGANIZATION, ""),
    ("access.review", ORGANIZATION, ""),
    ("member.view", ORGANIZATION, ""),
    ("member.add", ORGANIZATION, "role: Role"),
    ("member.invite", ORGANIZATION, "role?: Role"),
    ("member.change_role", MEMBER, "role: Role"),
    // To give them a role beside their own, and to take it.
    ("member.give_role", MEMBER, "role: Role"),
    ("member.take_role", MEMBER, "role: Role"),
    // To change the name or, where so said, the seat.
    ("member.edit", MEMBER, "seat: Bool"),
    ("member.view_sessions", MEMBER, ""),
    ("member.end_sessions", MEMBER, ""),
    // To connect a client that acts as oneself.
    ("client.connect", ORGANIZATION, ""),
    // To make a client known by hand, so that members can connect it.
    ("client.register", ORGANIZATION, ""),
    ("member.remove", MEMBER, ""),
    ("member.suspend", MEMBER, ""),
    ("member.restore", MEMBER, ""),
    ("role.view", ORGANIZATION, ""),
    // The permissions that the role comes to state, or to state further, and the records and fields that it comes to
    // open, in the words of a role's `opens`.
    ("role.create", ORGANIZATION, "adds: Powers, opens: Set<String>"),
    ("role.edit", ROLE, "adds: Powers, opens: Set<String>"),
    ("role.delete", ROLE, "moved_to: Role"),
    ("team.list", ORGANIZATION, ""),
    ("team.create", ORGANIZATION, ""),
    ("team.view", TEAM, ""),
    ("team.edit", TEAM, ""),
    ("team.set_member", TEAM, "member: Member, role: Role"),
    ("team.remove_member", TEAM, "member: Member"),
    ("team.invite", TEAM, ""),
    ("team.assign_resource", TEAM, "resource: Resource"),
    // To give it to a team in this measure, or to take it away.
    ("team.assign_integration", INTEGRATION, "team: Team, gift?: Gift"),
    ("integration.connect", ORGANIZATION, ""),
    ("integration.view", INTEGRATION, ""),
    // To connect one's own account at its upstream.
    ("account.connect", INTEGRATION, ""),
    ("integration.edit", INTEGRATION, ""),
    ("integration.disconnect", INTEGRATION, ""),
    ("tool.review", INTEGRATION, ""),
    // To give or take integrations, whichever.
    ("grant.assign", &["Member", "Key", "Agent", "Role"], ""),
    ("key.create_personal", MEMBER, ""),
    ("key.create_workspace", ORGANIZATION, "role?: Role, reaches_all: Bool"),
    ("key.create_agent", AGENT, ""),
    ("key.set_role", KEY, "role?: Role"),
    ("key.view", KEY, ""),
    ("key.rotate", KEY, ""),
    ("key.revoke", KEY, ""),
    ("agent.view", ORGANIZATION, ""),
    ("agent.create", ORGANIZATION, "role?: Role"),
    ("agent.edit", AGENT, ""),
    ("agent.resume", AGENT, ""),
    ("agent.set_role", AGENT, "role?: Role"),
    ("delegation.set", AGENT, "person: Member"),
    ("delegation.remove", AGENT, "person: Member"),
    // To make a resource of a kind, for this owner.
    ("resource.register", &["Kind"], "owner: Member"),
    ("resource.view", RESOURCE, ""),
    // To make another one as this is.
    ("resource.create", RESOURCE, ""),
    ("resource.edit", RESOURCE, ""),
    ("resource.delete", RESOURCE, ""),
    ("resource.destroy", RESOURCE, ""),
    ("resource.use", RESOURCE, ""),
    // To share it with somebody, by their id, or to take such a share away.
    ("resource.share", RESOURCE, "share?: { with: String, lets: Set<String>, ends?: Long }"),
    // To put an artifact into a collection, or to take it out.
    ("artifact.collect", RESOURCE, "collection: Resource"),
    // What holds for all resources of a kind.
    ("kind.view", &["Kind"], ""),
    ("resource.configure", &["Kind"], ""),
    ("data.see", &["Object"], ""),
    ("data.create", &["Object"], ""),
    ("data.edit", &["Object"], ""),
    ("data.delete", &["Object"], ""),
    ("data.destroy", &["Object"], ""),
    ("field.see", &["Field"], ""),
    ("field.edit", &["Field"], ""),
    // What roles are denied now and would open if what goes came back.
    ("data_model.edit", ORGANIZATION, "lifts?: Set<String>"),
    // To use what a permission gives for the organization as a whole.
    ("permission.use", ORGANIZATION, "permission: String"),
    // To ask for access as somebody, for themselves or for a person. Who decides it is asked of every change that it
    // would take.
    ("request.open", &["Member", "Key", "Agent"], "for_person?: Member"),
    ("access.explain", &["Member", "Key", "Agent"], ""),
    // To read everyone's record, or somebody's.
    ("audit.read", &["Organization", "Member", "Key", "Agent"], ""),
];

/// The schema, as text.
pub(super) fn text() -> String {
    let mut text = String::from(TYPES);
    for (action, resources, besides) in ACTIONS {
        let comma = if besides.is_empty() { "" } else { ", " };
        text.push_str(&format!(
            "\n  action \"{action}\" appliesTo {{\n    principal: [Member, Key, Agent],\n    resource: [{}],\n    \
             context: {{ now: Long, key?: Key, acting_for?: {{ person: Member, may: Bool }}{comma}{besides} }},\n  }};\n",
            resources.join(", ")
        ));
    }
    text + "}\n"
}
