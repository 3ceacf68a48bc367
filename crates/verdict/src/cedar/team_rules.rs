//! The policies about teams.

use domain::permission::Permission as P;
use domain::resource::ResourceVerb;

use super::phrases::{Policy, all, any, choose, has_setting, holds, is_the_member, setting, setting_is, where_there};
use super::resource_rules::{is_shown, right_for_good, right_to};

/// The principal's role in this team, or their own role for the teams that they are in, holds a permission.
pub(super) fn holds_in(team: &str, permission: P) -> String {
    format!(
        "({team}.hasTag(principal.id) && (principal.role.holds.team.contains(\"{permission}\") \
         || {team}.getTag(principal.id).role.holds.own.contains(\"{permission}\")))"
    )
}

/// A permission holds for the team that the question is about.
fn in_team(permission: P) -> String {
    all(["resource has id".to_owned(), any([holds(permission), holds_in("resource", permission)])])
}

/// The principal manages in a team all that a role does, however far.
fn covers_in(team: &str, role: &str) -> String {
    manages_in(team, role, ("authority", "role"))
}

/// The same for good: what is given stays.
fn gives_in(team: &str, role: &str) -> String {
    manages_in(team, role, ("lasting", "lasting"))
}

/// By what is said of the principal's place in the team, and outside of it by these roles of theirs.
fn manages_in(team: &str, role: &str, (place, roles): (&str, &str)) -> String {
    let manages = format!("containsAll({role}.manages.own)");
    choose(
        &format!("{team}.hasTag(principal.id)"),
        &format!("{team}.getTag(principal.id).{place}.{manages}"),
        &format!("principal.{roles}.manages.all.{manages}"),
    )
}

/// Newcomers come into a team where the organization has it so; who lets them in gives them their place there.
pub(super) fn lets_into_default_team() -> String {
    let (team, role) = (setting("join_default_team"), setting("join_default_team_role"));
    let place = where_there(&has_setting("join_default_team_role"), &gives_in(&team, &role));
    where_there(&has_setting("join_default_team"), &place)
}

/// The team that newcomers are sent to is chosen by who could put them there, with their role there.
pub(super) fn sends_newcomers() -> String {
    let (team, role) = ("context.join_default_team", "context.join_default_team_role");
    let puts = any([holds(P::TeamMembers), all([format!("{team} has id"), holds_in(team, P::TeamMembers)])]);
    let gives = where_there(&format!("(context has join_default_team_role && {role} has top)"), &gives_in(team, role));
    let same =
        choose(&has_setting("join_default_team"), &format!("{} == {team}", setting("join_default_team")), "false");
    where_there("context has join_default_team", &any([same, all([puts, gives])]))
}

/// To give something to a team is to share it for good: nobody there comes to do more with it than the principal does
/// without an end. What everybody sees is given without where the organization has it so.
fn shares_with_team() -> String {
    let given = "context.resource";
    let no_more = |verb: ResourceVerb| {
        let gained = format!("resource.gains.contains({given}.kind.{})", verb.as_str());
        any([format!("!{gained}"), right_for_good(verb, given)])
    };
    let verbs = ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create);
    let no_more: Vec<String> = verbs.map(no_more).collect();
    any([
        format!("{}.contains({given}.kind)", setting("teams_assign_listed")),
        all([right_to(ResourceVerb::Share, given), right_for_good(ResourceVerb::Share, given), no_more.join(" && ")]),
    ])
}

pub(super) fn policies() -> Vec<Policy> {
    let inside = "resource.hasTag(principal.id)".to_owned();
    let there = "(context.member has id && resource.hasTag(context.member.id))";
    let role_there = "resource.getTag(context.member.id).role";
    let above_nobody = where_there(there, &covers_in("resource", role_there));
    let gives = any(["!(context.role has top)".to_owned(), gives_in("resource", "context.role")]);
    let of_members = any(["any_member", "any_member_with_approval"].map(|word| setting_is("invite_team", word)));
    let known = any([
        holds(P::TeamAssign),
        "context.resource.teams.contains(resource)".to_owned(),
        all([is_shown("context.resource"), shares_with_team()]),
    ]);
    vec![
        Policy::permit("team.list", "The list holds the teams that one sees, be it none", &["team.list"]),
        Policy::permit("team.create", "Make teams", &["team.create"]).when(holds(P::TeamCreate)),
        Policy::permit("team.view", "See teams, always those that one is in", &["team.view"])
            .when(any([inside.clone(), in_team(P::TeamView)])),
        Policy::permit("team.edit", "Rename and end teams", &["team.edit"]).when(in_team(P::TeamEdit)),
        Policy::permit(
            "team.set_member",
            "Put somebody into a team or give them another role there, within what one manages there",
            &["team.set_member"],
        )
        .when(all([
            choose(there, &in_team(P::TeamRoles), &in_team(P::TeamMembers)),
            above_nobody.clone(),
            gives,
        ])),
        Policy::permit("team.leave", "Everybody may leave", &["team.remove_member"])
            .when(all([is_the_member("context.member"), inside.clone()])),
        Policy::permit("team.remove_member", "Take somebody out who is not above one there", &["team.remove_member"])
            .when(all([in_team(P::TeamMembers), "context.member has role".to_owned(), above_nobody])),
        Policy::permit("team.invite", "Invite to a team, as the organization has it", &["team.invite"]).when(any([
            in_team(P::TeamMembers),
            all([setting_is("invite_team", "by_permission"), in_team(P::TeamInvite)]),
            all([of_members, inside]),
        ])),
        Policy::permit("team.assign_resource", "Give resources to teams", &["team.assign_resource"]).when(all([
            in_team(P::TeamAssign),
            "context.resource has kind".to_owned(),
            known,
        ])),
    ]
}
