//! The phrases that the policies are made of.

use domain::permission::Permission;

use super::{NAMESPACE, NO_ROLE, ORGANIZATION};

/// One policy.
pub(super) struct Policy {
    effect: &'static str,
    id: String,
    says: String,
    principal: String,
    actions: Vec<&'static str>,
    resource: String,
    conditions: Vec<String>,
}

impl Policy {
    /// Something that is allowed.
    pub(super) fn permit(id: impl Into<String>, says: impl Into<String>, actions: &[&'static str]) -> Policy {
        let (id, says, actions) = (id.into(), says.into(), actions.to_vec());
        let (principal, resource) = ("principal".to_owned(), "resource".to_owned());
        Policy { effect: "permit", id, says, principal, actions, resource, conditions: Vec::new() }
    }

    /// Something that is not, whatever else says yes. Without actions it holds for all.
    pub(super) fn forbid(id: impl Into<String>, says: impl Into<String>, actions: &[&'static str]) -> Policy {
        Policy { effect: "forbid", ..Policy::permit(id, says, actions) }
    }

    /// Only for such principals: the part of the scope behind the word.
    pub(super) fn from(self, principal: &str) -> Policy {
        Policy { principal: format!("principal {principal}"), ..self }
    }

    /// Only for such resources: the part of the scope behind the word.
    pub(super) fn on(self, resource: &str) -> Policy {
        Policy { resource: format!("resource {resource}"), ..self }
    }

    /// Only where this is so. Of several conditions all must be met.
    pub(super) fn when(self, condition: impl AsRef<str>) -> Policy {
        self.limited(format!("when {{ {} }}", condition.as_ref()))
    }

    /// Only where this is not so.
    pub(super) fn unless(self, condition: impl AsRef<str>) -> Policy {
        self.limited(format!("unless {{ {} }}", condition.as_ref()))
    }

    fn limited(mut self, condition: String) -> Policy {
        self.conditions.push(condition);
        self
    }

    /// As it stands in the file.
    pub(super) fn text(&self) -> String {
        let actions: Vec<String> =
            self.actions.iter().map(|action| format!("{NAMESPACE}::Action::\"{action}\"")).collect();
        let action = match actions.as_slice() {
            [] => "action".to_owned(),
            [one] => format!("action == {one}"),
            several => format!("action in [{}]", several.join(", ")),
        };
        let Policy { effect, id, says, principal, resource, conditions, .. } = self;
        let conditions: String = conditions.iter().map(|condition| format!("\n{}", laid_out(condition))).collect();
        format!("\n// {says}\n@id(\"{id}\")\n{effect} ({principal}, {action}, {resource}){conditions};\n")
    }
}

/// A condition with its outermost parts on lines of their own.
fn laid_out(condition: &str) -> String {
    let (mut text, mut depth, mut in_text, mut escaped) = (String::new(), 0u32, false, false);
    for letter in condition.chars() {
        text.push(letter);
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text => depth = depth.saturating_sub(1),
            ' ' if !in_text && depth < 2 && (text.ends_with("&& ") || text.ends_with("|| ")) => {
                text.pop();
                text.push_str("\n  ");
            }
            _ => {}
        }
    }
    text
}

/// All of them.
pub(super) fn all<const N: usize>(conditions: [String; N]) -> String {
    format!("({})", conditions.join(" && "))
}

/// One of them at least.
pub(super) fn any<const N: usize>(conditions: [String; N]) -> String {
    format!("({})", conditions.join(" || "))
}

pub(super) fn choose(condition: &str, then: &str, otherwise: &str) -> String {
    format!("(if {condition} then {then} else {otherwise})")
}

/// Where something is there, this must be so. Said in a way in which the validator sees that it is only looked at then.
pub(super) fn where_there(there: &str, then: &str) -> String {
    choose(there, then, "true")
}

/// A setting of the organization.
pub(super) fn setting(name: &str) -> String {
    format!("{NAMESPACE}::Organization::\"{ORGANIZATION}\".{name}")
}

pub(super) fn setting_is(name: &str, word: &str) -> String {
    format!("{} == \"{word}\"", setting(name))
}

pub(super) fn has_setting(name: &str) -> String {
    format!("{NAMESPACE}::Organization::\"{ORGANIZATION}\" has {name}")
}

/// The principal's role holds this for the whole organization.
pub(super) fn holds(permission: Permission) -> String {
    format!("principal.role.holds.all.contains(\"{permission}\")")
}

/// The principal is the one named by this expression, a member.
pub(super) fn is_the_member(member: &str) -> String {
    format!("(principal is {NAMESPACE}::Member && principal == {member})")
}

/// What ends by itself has not.
pub(super) fn has_not_ended(what: &str) -> String {
    where_there(&format!("{what} has ends"), &format!("context.now < {what}.ends"))
}

/// What the principal has, by roles that may end, lasts as long as something that is given, which may have an end: a
/// permission so far, or a role.
pub(super) fn lasts_as_long(what: &str, how: &str, given: &str) -> String {
    let until = format!("principal.until.getTag({what})");
    let ends = format!("principal has until && principal.until.hasTag({what}) && {until} has {how}");
    let before = choose(&format!("{given} has ends"), &format!("{given}.ends <= {until}.{how}"), "false");
    where_there(&format!("({ends})"), &before)
}

/// The principal holds what these powers manage, as far.
pub(super) fn covers(powers: &str) -> String {
    let scope = |scope: &str| format!("principal.role.manages.{scope}.containsAll({powers}.{scope})");
    all([scope("own"), scope("team"), scope("all")])
}

/// The same by the roles alone that the principal has for good: what is given stays.
pub(super) fn for_good(phrase: &str) -> String {
    phrase.replace("principal.role.", "principal.lasting.")
}

/// The principal holds what these powers manage, for everybody: a role for teams holds in all of them.
fn covers_everywhere(powers: &str) -> String {
    format!("principal.role.manages.all.containsAll({powers}.own)")
}

/// The principal manages at least what this role does.
pub(super) fn not_below(role: &str) -> String {
    any([format!("!({role} has top)"), covers(&format!("{role}.manages"))])
}

/// The same, where a role is changed or ended.
pub(super) fn not_below_role(role: &str) -> String {
    let manages = format!("{role}.manages");
    let covered = choose(&format!("{role}.in_teams"), &covers_everywhere(&manages), &covers(&manages));
    any([format!("!({role} has top)"), covered])
}

/// The principal may make others manage.
pub(super) fn promotes() -> String {
    for_good(&any([
        all([setting_is("promote_admin", "owner"), "principal.role.top".to_owned()]),
        all([setting_is("promote_admin", "owner_or_admin"), holds(Permission::RoleAssign)]),
        all([setting_is("promote_admin", "by_permission"), holds(Permission::RolePromote)]),
    ]))
}

fn promotes_for(powers: &str) -> String {
    any([format!("{powers}.own.isEmpty()"), promotes()])
}

/// The principal may give these powers.
pub(super) fn gives_powers(powers: &str) -> String {
    all([for_good(&covers(powers)), promotes_for(powers)])
}

/// The principal may give these powers to a role, which may be one for teams.
fn gives_to_role(powers: &str, role: &str) -> String {
    let in_teams = format!("({role} has in_teams && {role}.in_teams)");
    all([for_good(&choose(&in_teams, &covers_everywhere(powers), &covers(powers))), promotes_for(powers)])
}

/// The principal's own roles state these powers for good, in force or not.
pub(super) fn states_all(powers: &str) -> String {
    let scope = |scope: &str| format!("principal.lasting.states.{scope}.containsAll({powers}.{scope})");
    all([scope("own"), scope("team"), scope("all")])
}

/// The same of a role for teams, which has them in all of them.
fn states_everywhere(powers: &str) -> String {
    format!("principal.lasting.states.all.containsAll({powers}.own)")
}

/// The principal may write these powers into a role: their own states them, in force or not, and what gives power over
/// others is in force for them and written by who may promote.
pub(super) fn writes(powers: &str) -> String {
    all([states_all(powers), promotes_in(powers)])
}

/// The same for a role, which may be one for teams and then has them in all of them.
pub(super) fn writes_into(powers: &str, role: &str) -> String {
    let in_teams = format!("({role} has in_teams && {role}.in_teams)");
    let everywhere = all([states_everywhere(powers), promotes_in(powers)]);
    choose(&in_teams, &everywhere, &writes(powers))
}

/// What gives power over others is among these powers only where the principal may make others manage.
fn promotes_in(powers: &str) -> String {
    let managing = managing().map(|permission| format!("\"{permission}\""));
    let managing: Vec<String> = managing.collect();
    any([format!("!{powers}.own.containsAny([{}])", managing.join(", ")), promotes()])
}

/// The permissions that give power over others.
fn managing() -> impl Iterator<Item = Permission> {
    Permission::ALL.iter().copied().filter(|permission| permission.entry().manages)
}

/// The principal manages something in a team less than this member does by their role there.
pub(super) fn is_below_in_a_team(member: &str) -> String {
    let below = |permission: Permission| {
        let there = format!("{member}.getTag(\"{permission}\").own");
        let covered = any([
            format!("principal.role.manages.all.contains(\"{permission}\")"),
            all([
                format!("principal is {NAMESPACE}::Member && principal.hasTag(\"{permission}\")"),
                format!("principal.getTag(\"{permission}\").manages.containsAll({there})"),
            ]),
        ]);
        all([format!("{member}.hasTag(\"{permission}\") && !{there}.isEmpty()"), format!("!{covered}")])
    };
    let below: Vec<String> = managing().map(below).collect();
    format!("({})", below.join(" || "))
}

/// The principal's roles state this for good, in force or not.
pub(super) fn states(permission: Permission) -> String {
    format!("principal.lasting.states.own.contains(\"{permission}\")")
}

/// The principal may give this role.
pub(super) fn gives(role: &str) -> String {
    any([format!("!({role} has top)"), gives_powers(&format!("{role}.manages"))])
}

/// The same, where it may be one for teams and then is given in all of them.
pub(super) fn gives_everywhere(role: &str) -> String {
    any([format!("!({role} has top)"), gives_to_role(&format!("{role}.manages"), role)])
}

/// The principal may let others have this role otherwise than by assigning it: who assigns such roles, and who has all
/// that it states and opens.
pub(super) fn passes_on(role: &str) -> String {
    let stated = format!("{role}.states");
    let states = choose(&format!("{role}.in_teams"), &states_everywhere(&stated), &states_all(&stated));
    let has = all([states, opens(&format!("{role}.opens"))]);
    let (assigns, in_teams) = (for_good(&holds(Permission::RoleAssign)), for_good(&holds(Permission::TeamRoles)));
    let decides = choose(&format!("{role}.in_teams"), &in_teams, &assigns);
    any([format!("!({role} has top)"), decides, has])
}

/// The principal's roles open these records and fields for good.
pub(super) fn opens(words: &str) -> String {
    format!("principal.lasting.opens.containsAll({words})")
}

/// The role of those who have none.
pub(super) fn no_role() -> String {
    format!("{NAMESPACE}::Role::\"{NO_ROLE}\"")
}
