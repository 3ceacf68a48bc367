//! The policies that hold for everybody: who is let in, the organization itself, its people, roles, keys and agents,
//! and what is seen of integrations. Teams and resources are in files of their own.

use domain::permission::Permission as P;

use super::phrases::{
    Policy, all, any, choose, gives, gives_everywhere, gives_powers, gives_to_role, has_not_ended, has_setting, holds,
    is_the_member, not_below, not_below_role, setting, setting_is, where_there,
};
use super::{resource_rules, team_rules};

/// Everything that is asked about an integration by whoever sees it.
pub(super) const OF_INTEGRATIONS: &[&str] =
    &["integration.view", "integration.edit", "integration.disconnect", "tool.review", "team.assign_integration"];

pub(super) fn policies() -> Vec<Policy> {
    let rules = [at_the_door(), tools(), organization(), people(), roles(), keys(), agents(), team_rules::policies()];
    rules.into_iter().flatten().chain(resource_rules::policies()).collect()
}

/// Who is nobody here, or does nothing at present, may nothing. These are written so that what is missing counts as no.
fn at_the_door() -> Vec<Policy> {
    let key = "context.key";
    let of_person = all([
        format!("{key}.kind == \"personal\" && {key} has holder"),
        is_the_member(&format!("{key}.holder")),
        "!(context has acting_for) && principal has role".to_owned(),
        may_have_keys(),
    ]);
    let of_nobody = format!(
        "({key}.kind == \"workspace\" && principal is Wardroom::Key && principal == {key} && !(context has acting_for))"
    );
    let for_whom = choose(
        &format!("{key} has acting_for"),
        &format!("(context has acting_for && context.acting_for.person == {key}.acting_for)"),
        "!(context has acting_for)",
    );
    let of_agent = format!(
        "({key}.kind == \"agent\" && {key} has agent && principal is Wardroom::Agent && principal == {key}.agent && {for_whom})"
    );
    let delegated = format!(
        "principal is Wardroom::Agent && context.acting_for.person has id && principal.hasTag(context.acting_for.person.id) \
         && {} && context.acting_for.may",
        has_not_ended("principal.getTag(context.acting_for.person.id)")
    );
    let of_key = all([
        "principal has kind && principal.kind == \"workspace\" && !principal.suspended".to_owned(),
        has_not_ended("principal"),
        any(["principal.role_given".to_owned(), format!("!({})", setting_is("keys_without_role", "deny"))]),
    ]);
    let of_agents = all([
        "principal has role && principal has sponsor && !principal.suspended".to_owned(),
        has_not_ended("principal"),
    ]);
    vec![
        Policy::forbid("door.member", "Only whose membership is in force", &[])
            .from("is Wardroom::Member")
            .unless("principal has role"),
        Policy::forbid(
            "door.key",
            "A workspace key does nothing when it has ended, is suspended, or lacks the role that it needs",
            &[],
        )
        .from("is Wardroom::Key")
        .unless(of_key),
        Policy::forbid(
            "door.agent",
            "An agent does nothing when it has ended, is suspended, or nobody answers for it",
            &[],
        )
        .from("is Wardroom::Agent")
        .unless(of_agents),
        Policy::forbid("door.credential", "A key that was presented must still work and speak for this principal", &[])
            .when(all([
                "context has key".to_owned(),
                format!("!({key} has kind && {} && {})", has_not_ended(key), any([of_person, of_nobody, of_agent])),
            ])),
        Policy::forbid(
            "door.delegation",
            "An agent acts for a person while that person lets it, and does what both may",
            &[],
        )
        .when(all(["context has acting_for".to_owned(), format!("!({delegated})")])),
    ]
}

fn may_have_keys() -> String {
    any([
        setting_is("keys_personal", "everyone"),
        all([setting_is("keys_personal", "managers"), holds(P::KeyManageWorkspace)]),
        all([setting_is("keys_personal", "by_permission"), holds(P::KeyCreatePersonal)]),
    ])
}

fn tools() -> Vec<Policy> {
    let call = &["tool.call"];
    let reaches_all = "principal.reaches_all";
    let also = |action: &'static str, permission: P| {
        let says = format!("Who sees an integration also needs {permission} for this");
        Policy::forbid(format!("{action}.permission"), says, &[action])
            .unless(format!("principal has role && {}", holds(permission)))
    };
    let in_team = any([holds(P::TeamAssign), team_rules::holds_in("context.team", P::TeamAssign)]);
    vec![
        Policy::forbid("call.cut", "What is off or paused is so for everybody", call)
            .unless("resource has off && !resource.off && !resource.integration.paused"),
        Policy::permit("call.role", "The role may use everything", call).when(holds(P::IntegrationUseAll)),
        Policy::permit("call.key", "The workspace key was made for everything", call)
            .from("is Wardroom::Key")
            .when(reaches_all),
        Policy::permit("integration.view", "The role sees all integrations, or uses them", OF_INTEGRATIONS).when(all(
            ["resource has paused".to_owned(), any([holds(P::IntegrationView), holds(P::IntegrationUseAll)])],
        )),
        Policy::permit("integration.key", "The workspace key was made for everything", OF_INTEGRATIONS)
            .from("is Wardroom::Key")
            .when(format!("resource has paused && {reaches_all}")),
        also("integration.edit", P::IntegrationEdit),
        also("integration.disconnect", P::IntegrationDisconnect),
        also("tool.review", P::ToolReview),
        Policy::permit(
            "team.assign_integration",
            "Who gives to all teams need not see what they give",
            &["team.assign_integration"],
        )
        .when(holds(P::TeamAssign)),
        Policy::forbid(
            "team.assign_integration.permission",
            "Integrations are given to teams by who may do so there",
            &["team.assign_integration"],
        )
        .unless(format!("principal has role && context.team has id && {in_team}")),
        Policy::permit("integration.connect", "Connect integrations", &["integration.connect"])
            .when(holds(P::IntegrationConnect)),
    ]
}

fn organization() -> Vec<Policy> {
    let before = |name: &str| setting(name);
    let role_is_given = any([
        format!("context.join_default_role != {}", before("join_default_role")),
        format!(
            "(context.keys_without_role == \"default_role\" && {} != \"default_role\")",
            before("keys_without_role")
        ),
    ]);
    let in_teams = "context.join_default_team_role";
    let same_in_teams =
        format!("({} && {} == {in_teams})", has_setting("join_default_team_role"), before("join_default_team_role"));
    let gives_in_teams =
        where_there("context has join_default_team_role", &any([same_in_teams, gives_everywhere(in_teams)]));
    let edit = all([
        holds(P::OrganizationEdit),
        any([format!("context.promote_admin == {}", before("promote_admin")), super::phrases::promotes()]),
        any([format!("!{role_is_given}"), gives("context.join_default_role")]),
        gives_in_teams,
    ]);
    let use_own = all([
        "context.permission == \"usage.view\"".to_owned(),
        "principal.role.holds.own.contains(context.permission)".to_owned(),
    ]);
    let themselves = any(["Member", "Key", "Agent"].map(|kind| {
        format!("(principal is Wardroom::{kind} && resource is Wardroom::{kind} && principal == resource)")
    }));
    let where_for_person = format!("(context has for_person && {})", is_the_member("context.for_person"));
    vec![
        Policy::permit(
            "organization.view",
            "See the organization; whoever calls tools here may know where they are",
            &["organization.view"],
        )
        .when(any(["!(principal is Wardroom::Member)".to_owned(), holds(P::OrganizationView)])),
        Policy::permit(
            "organization.edit",
            "Settings that give something are changed by who may give it",
            &["organization.edit"],
        )
        .when(edit),
        Policy::permit("settings.view", "Settings are read by who changes them", &["settings.view"])
            .when(holds(P::OrganizationEdit)),
        Policy::permit("access.review", "Confirm that access is right, as who sees all of it", &["access.review"])
            .when(holds(P::AccessExplain)),
        Policy::permit(
            "request.open",
            "Everybody asks for access themselves; a person also takes back what was asked for them",
            &["request.open"],
        )
        .when(any([themselves.clone(), where_for_person])),
        Policy::permit("organization.transfer", "Hand over the top role", &["organization.transfer"])
            .when(all(["resource has role && principal.role.top".to_owned(), holds(P::OrganizationTransfer)])),
        Policy::permit("data_model.edit", "Change what objects there are", &["data_model.edit"])
            .when(holds(P::DataModelEdit)),
        Policy::permit("permission.use", "Use what a permission gives", &["permission.use"])
            .when(any(["principal.role.holds.all.contains(context.permission)".to_owned(), use_own])),
        Policy::permit("themselves", "Everybody may ask about themselves", &["access.explain", "audit.read"])
            .when(themselves),
        Policy::permit("access.explain", "Ask why others may do something", &["access.explain"])
            .when(holds(P::AccessExplain)),
        Policy::permit("audit.read", "Read everybody's record", &["audit.read"]).when(holds(P::AuditRead)),
    ]
}

fn people() -> Vec<Policy> {
    let offered = format!("(if context has role then context.role else {})", setting("join_default_role"));
    let of_any_member =
        any(["any_member", "any_member_with_approval"].map(|word| setting_is("invite_organization", word)));
    let invites = any([
        all(["principal is Wardroom::Member".to_owned(), of_any_member]),
        all([setting_is("invite_organization", "by_permission"), holds(P::MemberInvite)]),
    ]);
    let by_default = format!("{offered} == {}", setting("join_default_role"));
    vec![
        Policy::permit("member.view", "See the members", &["member.view"]).when(holds(P::MemberView)),
        Policy::permit("member.add", "Take somebody in with a role that one may give", &["member.add"]).when(all([
            holds(P::MemberAdd),
            gives("context.role"),
            team_rules::lets_into_default_team(),
        ])),
        Policy::permit(
            "member.invite",
            "An invitation gives what it offers; below who adds people only the default role",
            &["member.invite"],
        )
        .when(all([
            any([holds(P::MemberAdd), all([invites, by_default])]),
            gives(&offered),
            team_rules::lets_into_default_team(),
        ])),
        Policy::permit("member.change_role", "Change the role of who is not above one", &["member.change_role"])
            .when(all([holds(P::RoleAssign), not_below("resource.role"), gives("context.role")])),
        Policy::permit(
            "member.edit",
            "One's own name is one's own; seats and others' names are changed by who may",
            &["member.edit"],
        )
        .when(any([
            all([is_the_member("resource"), "!context.seat".to_owned()]),
            all([holds(P::MemberEdit), "resource has role".to_owned()]),
        ])),
        Policy::permit("member.remove", "Remove who is not above one", &["member.remove"])
            .when(all([holds(P::MemberRemove), not_below("resource.role")])),
        Policy::permit("grant.member", "Give integrations to who is not above one", &["grant.assign"])
            .on("is Wardroom::Member")
            .when(all([holds(P::GrantAssign), not_below("resource.role")])),
        Policy::permit("grant.agent", "Give integrations to agents not above one", &["grant.assign"])
            .on("is Wardroom::Agent")
            .when(all([holds(P::GrantAssign), not_below("resource.role")])),
        Policy::permit("grant.role", "Give integrations to roles not above one's own", &["grant.assign"])
            .on("is Wardroom::Role")
            .when(all([holds(P::GrantAssign), not_below("resource")])),
        Policy::permit("grant.key", "Give integrations to workspace keys not above one", &["grant.assign"])
            .on("is Wardroom::Key")
            .when(all([
                holds(P::KeyManageWorkspace),
                "resource.kind == \"workspace\"".to_owned(),
                not_below("resource.role"),
            ])),
    ]
}

fn roles() -> Vec<Policy> {
    vec![
        Policy::permit("role.view", "See the roles", &["role.view"]).when(holds(P::RoleView)),
        Policy::permit("role.create", "Make a role of what one may give", &["role.create"])
            .when(all([holds(P::RoleEdit), gives_powers("context.adds")])),
        Policy::permit("role.edit", "Add to a role not above one's own what one may give", &["role.edit"]).when(all([
            holds(P::RoleEdit),
            not_below_role("resource"),
            gives_to_role("context.adds", "resource"),
        ])),
        Policy::permit(
            "role.delete",
            "End a role not above one's own; whoever has it gets one that one may give",
            &["role.delete"],
        )
        .when(all([holds(P::RoleEdit), not_below_role("resource"), gives_everywhere("context.moved_to")])),
    ]
}

fn keys() -> Vec<Policy> {
    let default =
        any([format!("!({})", setting_is("keys_without_role", "default_role")), gives(&setting("join_default_role"))]);
    let gives_role = choose("context has role", &gives("context.role"), &default);
    let own_key = "(principal is Wardroom::Member && resource.kind == \"personal\" && resource has holder && principal == resource.holder)";
    let managed = |kind: &str, permission: P| format!("(resource.kind == \"{kind}\" && {})", holds(permission));
    let shared = any([
        all([managed("workspace", P::KeyManageWorkspace), not_below("resource.role")]),
        all([managed("agent", P::AgentManage), "resource has agent".to_owned(), not_below("resource.agent.role")]),
    ]);
    vec![
        Policy::permit(
            "key.create_personal",
            "One's own keys as the organization has it; others' first ones by who issues keys",
            &["key.create_personal"],
        )
        .when(choose(
            &is_the_member("resource"),
            &may_have_keys(),
            &all([holds(P::KeyIssue), not_below("resource.role")]),
        )),
        Policy::permit(
            "key.create_workspace",
            "Make a workspace key with a role that one may give",
            &["key.create_workspace"],
        )
        .when(all([holds(P::KeyManageWorkspace), gives_role.clone()])),
        Policy::permit("key.set_role", "Give a workspace key not above one another role", &["key.set_role"])
            .when(all([managed("workspace", P::KeyManageWorkspace), not_below("resource.role"), gives_role])),
        Policy::permit("key.own", "One's own keys are one's own", &["key.view", "key.rotate", "key.revoke"])
            .when(own_key),
        Policy::permit("key.view", "See the keys that one manages", &["key.view"]).when(any([
            managed("personal", P::KeyIssue),
            managed("workspace", P::KeyManageWorkspace),
            managed("agent", P::AgentManage),
        ])),
        Policy::permit("key.shared", "Rotate and revoke keys of nobody above one", &["key.rotate", "key.revoke"])
            .when(shared),
        Policy::permit(
            "key.revoke",
            "Revoke others' personal keys; nobody is shown a new secret of one",
            &["key.revoke"],
        )
        .when(all([
            managed("personal", P::KeyIssue),
            "resource has holder".to_owned(),
            not_below("resource.holder.role"),
        ])),
    ]
}

fn agents() -> Vec<Policy> {
    let gives_role = where_there("context has role", &gives("context.role"));
    let themselves = is_the_member("context.person");
    let knows = format!("(resource has id && ({} || resource.hasTag(principal.id)))", holds(P::AgentView));
    let ends = choose(&themselves, &knows, &all([holds(P::AgentManage), not_below("resource.role")]));
    vec![
        Policy::permit("agent.view", "See the agents", &["agent.view"]).when(holds(P::AgentView)),
        Policy::permit("agent.create", "Make an agent with a role that one may give", &["agent.create"])
            .when(all([holds(P::AgentManage), gives_role.clone()])),
        Policy::permit(
            "agent.edit",
            "Change agents not above one, and give them keys",
            &["agent.edit", "key.create_agent"],
        )
        .when(all([holds(P::AgentManage), not_below("resource.role")])),
        Policy::permit("agent.set_role", "Give an agent not above one a role that one may give", &["agent.set_role"])
            .when(all([holds(P::RoleAssign), not_below("resource.role"), gives_role])),
        Policy::permit("delegation.set", "Everybody decides alone which agents act for them", &["delegation.set"])
            .when(all(["resource has id".to_owned(), themselves])),
        Policy::permit("delegation.remove", "Who has power over an agent may end that as well", &["delegation.remove"])
            .when(ends),
    ]
}
