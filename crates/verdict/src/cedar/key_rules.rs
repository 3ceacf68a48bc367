//! The policies about keys and agents.

use domain::permission::Permission as P;

use super::phrases::{
    Policy, all, any, choose, for_good, gives, holds, is_below_in_a_team, is_the_member, not_below, passes_on, setting,
    setting_is, states, where_there,
};
use super::rules::may_have_keys;

/// The key is the principal's own.
const OWN_KEY: &str = "(principal is Wardroom::Member && resource.kind == \"personal\" && resource has holder && principal == resource.holder)";

pub(super) fn policies() -> Vec<Policy> {
    keys().into_iter().chain(secrets()).chain(agents()).collect()
}

fn keys() -> Vec<Policy> {
    let default = any([
        format!("!({})", setting_is("keys_without_role", "default_role")),
        all([gives(&setting("join_default_role")), passes_on(&setting("join_default_role"))]),
    ]);
    let assigned = all([holds(P::RoleAssign), gives("context.role")]);
    let gives_role = choose("context has role", &assigned, &default);
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
            &all([holds(P::KeyIssue), not_below("resource.role"), passes_on("resource.role")]),
        )),
        Policy::permit(
            "key.create_workspace",
            "Make a workspace key with a role that one may give",
            &["key.create_workspace"],
        )
        .when(all([
            holds(P::KeyManageWorkspace),
            gives_role.clone(),
            any(["!context.reaches_all".to_owned(), states(P::IntegrationUseAll)]),
        ])),
        Policy::permit("key.set_role", "Give a workspace key not above one another role", &["key.set_role"])
            .when(all([managed("workspace", P::KeyManageWorkspace), not_below("resource.role"), gives_role])),
        Policy::permit("key.own", "One's own keys are one's own", &["key.view", "key.rotate", "key.revoke"])
            .when(OWN_KEY),
        Policy::permit("key.view", "See the keys that one manages", &["key.view"]).when(any([
            managed("personal", P::KeyIssue),
            managed("workspace", P::KeyManageWorkspace),
            managed("agent", P::AgentManage),
        ])),
        Policy::permit("key.shared", "Rotate and revoke keys of nobody above one", &["key.rotate", "key.revoke"])
            .when(shared),
        Policy::forbid(
            "above.teams.key",
            "Nobody is above one either by what they manage in a team, whose key this is",
            &["key.revoke"],
        )
        .when(all([
            "principal has role && resource has kind && resource.kind == \"personal\" && resource has holder"
                .to_owned(),
            is_below_in_a_team("resource.holder"),
        ])),
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

/// What a key carries whose new secret one is shown.
fn secrets() -> [Policy; 2] {
    let carried = any([
        all(["resource.kind == \"workspace\"".to_owned(), passes_on("resource.role")]),
        all(["resource.kind == \"agent\" && resource has agent".to_owned(), passes_on("resource.agent.role")]),
        OWN_KEY.to_owned(),
    ]);
    [
        Policy::forbid(
            "key.rotate.everything",
            "Whoever is shown the secret of a key that was made for everything uses everything",
            &["key.rotate"],
        )
        .when(all([
            "principal has role && resource has kind && resource.reaches_all".to_owned(),
            format!("!{}", states(P::IntegrationUseAll)),
        ])),
        Policy::forbid(
            "key.rotate.carried",
            "Whoever is shown a secret and assigns no roles has all that its role gives",
            &["key.rotate"],
        )
        .when(all(["principal has role && resource has kind".to_owned(), format!("!{carried}")])),
    ]
}

fn agents() -> Vec<Policy> {
    let gives_role = where_there("context has role", &all([holds(P::RoleAssign), gives("context.role")]));
    let themselves = is_the_member("context.person");
    let knows = format!("(resource has id && ({} || resource.hasTag(principal.id)))", holds(P::AgentView));
    let works = "(!resource.suspended && resource has sponsor && !resource.sponsor.suspended)".to_owned();
    let ends = choose(&themselves, &knows, &all([holds(P::AgentManage), not_below("resource.role")]));
    vec![
        Policy::permit("agent.view", "See the agents", &["agent.view"]).when(holds(P::AgentView)),
        Policy::permit("agent.create", "Make an agent with a role that one may give", &["agent.create"])
            .when(all([holds(P::AgentManage), gives_role.clone()])),
        Policy::permit("agent.edit", "Change agents not above one", &["agent.edit"])
            .when(all([holds(P::AgentManage), not_below("resource.role")])),
        Policy::permit(
            "agent.resume",
            "Let agents work again whose power is not above one's own for good",
            &["agent.resume"],
        )
        .when(all([
            holds(P::AgentManage),
            not_below("resource.role"),
            any([works, for_good(&not_below("resource.role"))]),
        ])),
        Policy::permit("key.create_agent", "Give agents keys that carry no more than one may", &["key.create_agent"])
            .when(all([holds(P::AgentManage), not_below("resource.role"), passes_on("resource.role")])),
        Policy::permit("agent.set_role", "Give an agent not above one a role that one may give", &["agent.set_role"])
            .when(all([holds(P::RoleAssign), not_below("resource.role"), gives_role])),
        Policy::permit("delegation.set", "Everybody decides alone which agents act for them", &["delegation.set"])
            .when(all(["resource has id".to_owned(), themselves])),
        Policy::permit("delegation.remove", "Who has power over an agent may end that as well", &["delegation.remove"])
            .when(ends),
    ]
}
