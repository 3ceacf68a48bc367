//! The policies that hold for everybody: who is let in, the organization itself, its people and roles, and what is seen
//! of integrations. Keys with agents, teams and resources are in files of their own.

use domain::permission::Permission as P;

use super::phrases::{
    Policy, all, any, choose, covers, for_good, gives, gives_everywhere, gives_powers, has_not_ended, has_setting,
    holds, is_below_in_a_team, is_the_member, lasts_as_long, not_below, not_below_role, opens, passes_on, setting,
    setting_is, states_all, where_there, writes, writes_into,
};
use super::{clients, grants, key_rules, resource_rules, team_rules};

/// Everything that is asked about an integration by whoever sees it.
pub(super) const OF_INTEGRATIONS: &[&str] =
    &["integration.view", "account.connect", "integration.edit", "integration.disconnect", "tool.review"];

pub(super) fn policies() -> Vec<Policy> {
    let rules = [at_the_door(), tools(), organization(), people(), leaving(), grants::assigning(), roles()];
    let others = [key_rules::policies(), team_rules::policies(), resource_rules::policies()];
    rules.into_iter().chain(others).flatten().collect()
}

/// What is left to those who may end the organization, while it ends.
const LEFT_AT_THE_END: [&str; 11] = [
    "organization.restore",
    "organization.view",
    "settings.view",
    "member.view",
    "role.view",
    "team.list",
    "team.view",
    "agent.view",
    "key.view",
    "access.explain",
    "audit.read",
];

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
         && !context.acting_for.person.suspended && {}",
        has_not_ended("principal.getTag(context.acting_for.person.id)")
    );
    let about_itself = "action == Wardroom::Action::\"access.explain\" && principal is Wardroom::Agent \
                        && resource is Wardroom::Agent && principal == resource";
    let of_key = all([
        "principal has kind && principal.kind == \"workspace\" && !principal.suspended".to_owned(),
        has_not_ended("principal"),
        any(["principal.role_given".to_owned(), format!("!({})", setting_is("keys_without_role", "deny"))]),
    ]);
    let of_agents = all([
        "principal has role && principal has sponsor && !principal.suspended".to_owned(),
        "principal.sponsor has role && !principal.sponsor.suspended".to_owned(),
        has_not_ended("principal"),
    ]);
    let left = LEFT_AT_THE_END.map(|action| format!("action == Wardroom::Action::\"{action}\""));
    let advice =
        "(action == Wardroom::Action::\"permission.use\" && context.permission == \"access.explain\")".to_owned();
    let left = any([any(left), advice]);
    let ends_it = format!("principal has role && {}", holds(P::OrganizationDelete));
    vec![
        Policy::forbid("door.member", "Only whose membership is in force", &[])
            .from("is Wardroom::Member")
            .unless("principal has role && !principal.suspended"),
        Policy::forbid(
            "door.key",
            "A workspace key does nothing when it has ended, is suspended, or lacks the role that it needs",
            &[],
        )
        .from("is Wardroom::Key")
        .unless(of_key),
        Policy::forbid(
            "door.agent",
            "An agent does nothing when it has ended, or it is suspended or the person who answers for it, or nobody does",
            &[],
        )
        .from("is Wardroom::Agent")
        .unless(of_agents),
        Policy::forbid(
            "door.ending",
            "While the organization ends nobody does anything but who may end it, who looks and takes that back",
            &[],
        )
        .when(setting("ending"))
        .unless(all([left, "!(context has acting_for)".to_owned(), ends_it])),
        Policy::forbid("door.credential", "A key that was presented must still work and speak for this principal", &[])
            .when(all([
                "context has key".to_owned(),
                format!("!({key} has kind && {} && {})", has_not_ended(key), any([of_person, of_nobody, of_agent])),
            ])),
        Policy::forbid("door.delegation", "An agent acts for a person while that person lets it", &[])
            .when(all(["context has acting_for".to_owned(), format!("!({delegated})")])),
        Policy::forbid(
            "door.acting_for",
            "Whoever acts for a person does what both may; why it may not do something an agent learns itself",
            &[],
        )
        .when(all(["context has acting_for && !context.acting_for.may".to_owned(), format!("!({about_itself})")])),
    ]
}

pub(super) fn may_have_keys() -> String {
    any([
        setting_is("keys_personal", "everyone"),
        all([setting_is("keys_personal", "managers"), holds(P::KeyManageWorkspace)]),
        all([setting_is("keys_personal", "by_permission"), holds(P::KeyCreatePersonal)]),
    ])
}

fn tools() -> Vec<Policy> {
    let call = &["tool.call"];
    // Where nobody uses what they were not given, neither do keys.
    let reaches_all = all(["principal.reaches_all".to_owned(), setting("managers_implicit_access")]);
    let also = |action: &'static str, permission: P| {
        let says = format!("Who sees an integration also needs {permission} for this");
        Policy::forbid(format!("{action}.permission"), says, &[action])
            .unless(format!("principal has role && {}", holds(permission)))
    };
    let use_all = format!("\"{}\"", P::IntegrationUseAll);
    let as_long = where_there("context has gift", &lasts_as_long(&use_all, "all", "context.gift"));
    let in_team = any([holds(P::TeamAssign), team_rules::holds_in("context.team", P::TeamAssign)]);
    vec![
        Policy::forbid("call.cut", "What is off, held back or paused is so for everybody", call)
            .unless("resource has off && !resource.off && !resource.held_back && !resource.integration.paused"),
        clients::policy(),
        Policy::permit("call.role", "The role may use everything", call).when(holds(P::IntegrationUseAll)),
        Policy::permit("call.key", "The workspace key was made for everything", call)
            .from("is Wardroom::Key")
            .when(&reaches_all),
        Policy::permit("integration.view", "The role sees all integrations, or uses them", OF_INTEGRATIONS).when(all(
            ["resource has paused".to_owned(), any([holds(P::IntegrationView), holds(P::IntegrationUseAll)])],
        )),
        Policy::permit("integration.key", "The workspace key was made for everything", OF_INTEGRATIONS)
            .from("is Wardroom::Key")
            .when(format!("resource has paused && {reaches_all}")),
        Policy::forbid("account.connect", "Accounts are connected by whose they are", &["account.connect"])
            .unless("principal is Wardroom::Member"),
        also("integration.edit", P::IntegrationEdit),
        also("integration.disconnect", P::IntegrationDisconnect),
        also("tool.review", P::ToolReview),
        Policy::permit(
            "team.assign_integration",
            "Who gives to all teams need not have what they give, nor see it; in one's own team one takes away what one \
             sees, and who uses everything gives it",
            &["team.assign_integration"],
        )
        .when(any([
            holds(P::TeamAssign),
            all([
                "resource has paused".to_owned(),
                any([
                    all(["!(context has gift)".to_owned(), holds(P::IntegrationView)]),
                    all([holds(P::IntegrationUseAll), as_long]),
                ]),
            ]),
        ])),
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

#[expect(clippy::too_many_lines, reason = "one policy for each act")]
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
    let gives_in_teams = where_there(
        "context has join_default_team_role",
        &any([same_in_teams, all([gives_everywhere(in_teams), passes_on(in_teams)])]),
    );
    let edit = all([
        holds(P::OrganizationEdit),
        any([format!("context.promote_admin == {}", before("promote_admin")), super::phrases::promotes()]),
        any([
            format!("!{role_is_given}"),
            all([gives("context.join_default_role"), passes_on("context.join_default_role")]),
        ]),
        gives_in_teams,
        widens_settings(),
    ]);
    let use_own = all([
        "context.permission == \"usage.view\"".to_owned(),
        "principal.role.holds.own.contains(context.permission)".to_owned(),
    ]);
    let themselves = any(["Member", "Key", "Agent"].map(|kind| {
        format!("(principal is Wardroom::{kind} && resource is Wardroom::{kind} && principal == resource)")
    }));
    let offer = |what: &str| format!("{}.{what}", setting("offer"));
    let offered = format!("{} && context.now < {}", has_setting("offer"), offer("ends"));
    let from = offer("from");
    let offerer = format!(
        "{from} has role && !{from}.suspended && {from}.role.top && {from}.role.holds.all.contains(\"{}\")",
        P::OrganizationTransfer
    );
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
        Policy::permit("organization.change_preset", "Go by another preset", &["organization.change_preset"])
            .when(all(["principal has role && principal.role.top".to_owned(), holds(P::OrganizationEdit)])),
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
        Policy::permit("client.connect", "Every member connects clients that act as themselves", &["client.connect"])
            .when("principal is Wardroom::Member"),
        Policy::permit("client.register", "Register clients by hand, for members to connect", &["client.register"])
            .when(holds(P::SecurityEdit)),
        Policy::permit("organization.transfer", "Hand over the top role", &["organization.transfer"])
            .when(all(["resource has role && principal.role.top".to_owned(), holds(P::OrganizationTransfer)])),
        Policy::permit(
            "offer.heir",
            "What is offered to one by an owner, one sees, takes or declines",
            &["offer.view", "offer.accept", "offer.end"],
        )
        .when(all([offered.clone(), is_the_member(&offer("to")), offerer])),
        Policy::permit(
            "offer.owner",
            "Whoever could offer the organization sees the offer and takes it back",
            &["offer.view", "offer.end"],
        )
        .when(all([offered, "principal.role.top".to_owned(), holds(P::OrganizationTransfer)])),
        Policy::permit(
            "organization.delete",
            "End the organization, and take that back",
            &["organization.delete", "organization.restore"],
        )
        .when(holds(P::OrganizationDelete)),
        Policy::permit("data_model.edit", "Change what objects there are", &["data_model.edit"])
            .when(all([holds(P::DataModelEdit), where_there("context has lifts", &opens("context.lifts"))])),
        Policy::permit("permission.use", "Use what a permission gives", &["permission.use"])
            .when(any(["principal.role.holds.all.contains(context.permission)".to_owned(), use_own])),
        Policy::permit("themselves", "Everybody may ask about themselves", &["access.explain", "audit.read"])
            .when(themselves),
        Policy::permit("access.explain", "Ask why others may do something", &["access.explain"])
            .when(holds(P::AccessExplain)),
        Policy::permit("audit.read", "Read everybody's record", &["audit.read"]).when(holds(P::AuditRead)),
    ]
}

/// What is given by a setting itself is given by who could: room for owners by owners, what teams are given without a
/// right to it by who gives to all of them, a place in a team by who puts people there, and what roles state and nobody
/// has by who would have all of it. Whether roles beside one's own count is switched on by who could give, and off by who
/// could take, all that members have of them.
fn widens_settings() -> String {
    let most = setting("owners_max");
    let no_more = choose("context has owners_max", &format!("context.owners_max <= {most}"), "false");
    let dormant = setting("dormant");
    let stays = any(["!context.managers_implicit_access".to_owned(), setting("managers_implicit_access")]);
    let (counts, beside) = (setting("roles_extra_bindings"), setting("extra_roles"));
    let switched = choose("context.roles_extra_bindings", &gives_powers(&beside), &covers(&beside));
    let assigned = format!("{}.containsAll(context.teams_assign_listed)", setting("teams_assign_listed"));
    all([
        any(["principal.role.top".to_owned(), where_there(&has_setting("owners_max"), &no_more)]),
        any([assigned, for_good(&holds(P::TeamAssign))]),
        team_rules::sends_newcomers(),
        any([stays, states_all(&dormant)]),
        any([format!("context.roles_extra_bindings == {counts}"), switched]),
        any(["!context.fields_widen".to_owned(), setting("fields_widen"), opens(&setting("widened"))]),
    ])
}

fn people() -> Vec<Policy> {
    let offered = format!("(if context has role then context.role else {})", setting("join_default_role"));
    let of_any_member =
        any(["any_member", "any_member_with_approval"].map(|word| setting_is("invite_organization", word)));
    let invites = any([
        all(["principal is Wardroom::Member".to_owned(), of_any_member]),
        all([setting_is("invite_organization", "by_permission"), holds(P::MemberInvite)]),
    ]);
    let is_default = |role: &str| format!("{role} == {}", setting("join_default_role"));
    let by_default = is_default(&offered);
    let assigns = |role: &str| any([is_default(role), holds(P::RoleAssign)]);
    vec![
        Policy::permit("member.view", "See the members", &["member.view"]).when(holds(P::MemberView)),
        Policy::permit("member.add", "Take somebody in with a role that one may give", &["member.add"]).when(all([
            holds(P::MemberAdd),
            assigns("context.role"),
            gives("context.role"),
            team_rules::lets_into_default_team(),
        ])),
        Policy::permit(
            "member.invite",
            "An invitation gives what it offers; below who adds people only the default role",
            &["member.invite"],
        )
        .when(all([
            any([all([holds(P::MemberAdd), assigns(&offered)]), all([invites, by_default])]),
            gives(&offered),
            team_rules::lets_into_default_team(),
        ])),
        Policy::permit(
            "member.change_role",
            "Give who is not above one another role, or one beside it, within what one has for good",
            &["member.change_role", "member.give_role"],
        )
        .when(all([holds(P::RoleAssign), not_below("resource.role"), gives("context.role")])),
        Policy::permit("member.take_role", "Take a role from who is not above one", &["member.take_role"])
            .when(all([holds(P::RoleAssign), not_below("resource.role")])),
        Policy::permit(
            "member.edit",
            "One's own name is one's own; seats and others' names are changed by who may",
            &["member.edit"],
        )
        .when(any([
            all([is_the_member("resource"), "!context.seat".to_owned()]),
            all([holds(P::MemberEdit), "resource has role".to_owned()]),
        ])),
    ]
}

/// What takes from people what they have, and who is kept from it.
fn leaving() -> Vec<Policy> {
    vec![
        Policy::permit(
            "member.sessions",
            "See and end the sessions of who is not above one",
            &["member.view_sessions", "member.end_sessions"],
        )
        .when(all([holds(P::KeyIssue), not_below("resource.role")])),
        Policy::permit(
            "member.leave",
            "Everybody may leave by themselves; not by a key, which whoever had it issued knows",
            &["member.remove"],
        )
        .when(all([
            is_the_member("resource"),
            "resource has role".to_owned(),
            "!(context has key)".to_owned(),
        ])),
        Policy::permit("member.remove", "Remove or suspend who is not above one", &["member.remove", "member.suspend"])
            .when(all([holds(P::MemberRemove), not_below("resource.role")])),
        Policy::permit(
            "member.restore",
            "Restore who is not above one, where one could give what they manage, and let their agents work again",
            &["member.restore"],
        )
        .when(all([
            holds(P::MemberRemove),
            not_below("resource.role"),
            gives("resource.role"),
            where_there("resource has wakes", &for_good(&covers("resource.wakes"))),
        ])),
        Policy::forbid(
            "above.teams",
            "Nobody is above one either by what they manage in a team",
            &[
                "member.change_role",
                "member.give_role",
                "member.take_role",
                "member.view_sessions",
                "member.end_sessions",
                "member.remove",
                "member.suspend",
                "member.restore",
                "grant.assign",
                "key.create_personal",
            ],
        )
        .on("is Wardroom::Member")
        .when(all(["principal has role".to_owned(), is_below_in_a_team("resource")])),
    ]
}

fn roles() -> Vec<Policy> {
    vec![
        Policy::permit("role.view", "See the roles", &["role.view"]).when(holds(P::RoleView)),
        Policy::permit("role.create", "Make a role of what one holds, within what one may give", &["role.create"])
            .when(all([holds(P::RoleEdit), writes("context.adds"), opens("context.opens")])),
        Policy::permit("role.edit", "Add to a role not above one's own what one holds", &["role.edit"]).when(all([
            holds(P::RoleEdit),
            not_below_role("resource"),
            writes_into("context.adds", "resource"),
            opens("context.opens"),
        ])),
        Policy::permit(
            "role.delete",
            "End a role not above one's own; whoever has it gets one that one may give",
            &["role.delete"],
        )
        .when(all([
            holds(P::RoleEdit),
            not_below_role("resource"),
            gives_everywhere("context.moved_to"),
            passes_on("context.moved_to"),
        ])),
    ]
}
