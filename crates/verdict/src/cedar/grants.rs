//! Each grant as policies of its own: what it lets call, that whoever has it sees the integration, and what of it they
//! may give to their team.

use domain::grant::{Grant, Grantee, Profile};
use domain::integration::Integration;
use domain::organization::Organization;
use domain::permission::Permission;
use domain::time::Timestamp;

use super::phrases::{Policy, all as all_of, holds, lasts_as_long, not_below, setting, where_there};
use super::rules::OF_INTEGRATIONS;
use super::values::{CedarUid, quoted};

/// The policies of all grants of integrations that there are.
pub(super) fn all(state: &Organization) -> impl Iterator<Item = Policy> {
    let given = state
        .grants
        .iter()
        .flat_map(|(grantee, given)| given.iter().map(move |(id, grant)| (grantee, id, grant, None)));
    let lent = state.loans.iter().flat_map(|(grantee, lent)| {
        let loans = lent.iter().flat_map(|(id, loans)| loans.iter().enumerate().map(move |(n, loan)| (id, loan, n)));
        loans.map(move |(id, loan, number)| (grantee, id, loan, Some(number)))
    });
    given
        .chain(lent)
        .filter_map(|(to, id, grant, loan)| Some(policies((*to, loan), state.integrations.get(id)?, grant)))
        .flatten()
}

/// Those to whom something is given, and the word for them in the setting that says to whom it may be.
fn receivers(grantee: Grantee) -> (String, Option<&'static str>) {
    let (word, kind, id, setting) = match grantee {
        Grantee::Member(person) => ("==", "Member", person.to_string(), Some("person")),
        Grantee::Key(key) => ("==", "Key", key.to_string(), None),
        Grantee::Agent(agent) => ("==", "Agent", agent.to_string(), None),
        Grantee::Team(team) => ("in", "Team", team.to_string(), Some("team")),
        Grantee::Role(role) => ("in", "Role", role.to_string(), Some("role")),
    };
    (format!("{word} {}", CedarUid::new(kind, id).literal()), setting)
}

/// Somebody who has this gives it, or less of it and for no longer, to their team; they take away whatever they see.
fn gives(grantee: Grantee, grant: &Grant) -> String {
    let profile = match grant.profile {
        Profile::ReadOnly => vec!["context.gift.profile == \"read-only\"".to_owned()],
        Profile::NoDelete => vec!["context.gift.profile != \"full\"".to_owned()],
        Profile::Full => Vec::new(),
    };
    let off: Vec<String> = grant.tools_off.iter().map(|tool| quoted(tool)).collect();
    let off = (!off.is_empty()).then(|| format!("context.gift.tools_off.containsAll([{}])", off.join(", ")));
    let ends = |end: Timestamp| format!("context.gift has ends && context.gift.ends <= {}", end.0);
    // What somebody has by a role that ends they have no longer than the role.
    let by_role = match grantee {
        Grantee::Role(role) => Some(lasts_as_long(&quoted(role.as_str()), "role", "context.gift")),
        _ => None,
    };
    let within = profile.into_iter().chain(off).chain(grant.expires_at.map(ends)).chain(by_role);
    let within: Vec<String> = within.collect();
    if within.is_empty() {
        String::new()
    } else {
        where_there("context has gift", &format!("({})", within.join(" && ")))
    }
}

/// The policies of a grant, or of a loan beside it, which has a number: what it lets call, what is seen by it, and what
/// who has it gives to their team.
fn policies((grantee, loan): (Grantee, Option<usize>), integration: &Integration, grant: &Grant) -> [Policy; 3] {
    let (receivers, word) = receivers(grantee);
    let counts = word.map(|word| format!("{}.contains(\"{word}\")", setting("grants_to")));
    let lasts = grant.expires_at.map(|end| format!("context.now < {}", end.0));
    let lets = match grant.profile {
        Profile::ReadOnly => Some("resource.class == \"read\"".to_owned()),
        Profile::NoDelete => Some("(resource.class == \"read\" || resource.class == \"write\")".to_owned()),
        Profile::Full => None,
    };
    let off: Vec<String> = grant.tools_off.iter().map(|tool| tool_uid(integration, tool).literal()).collect();
    let on = (!off.is_empty()).then(|| format!("!([{}].contains(resource))", off.join(", ")));
    let holds: Vec<String> = counts.into_iter().chain(lasts).collect();
    let gives: Vec<String> =
        holds.iter().cloned().chain(Some(gives(grantee, grant)).filter(|within| !within.is_empty())).collect();
    let calls: Vec<String> = holds.iter().cloned().chain(lets).chain(on).collect();
    let given = CedarUid::new("Integration", integration.id.to_string()).literal();
    let (how, mark) = loan.map_or(("given", String::new()), |number| ("lent", format!("/loan-{number}")));
    let name = format!("{grantee}/{}{mark}", integration.id);
    let says = format!("{} ({}) was {how} to {grantee}", integration.slug, grant.profile);
    let call = Policy::permit(format!("call/{name}"), &says, &["tool.call"]).on(&format!("in {given}"));
    let sees = Policy::permit(format!("sees/{name}"), &says, OF_INTEGRATIONS).on(&format!("== {given}"));
    let passes_on =
        Policy::permit(format!("gives/{name}"), says, &["team.assign_integration"]).on(&format!("== {given}"));
    [(call, calls), (sees, holds), (passes_on, gives)].map(|(policy, conditions)| {
        let policy = policy.from(&receivers);
        if conditions.is_empty() { policy } else { policy.when(conditions.join(" && ")) }
    })
}

/// A tool, by the short name of its integration and the name that it has there.
pub(super) fn tool_uid(integration: &Integration, tool: &str) -> CedarUid {
    CedarUid::new("Tool", format!("{}/{tool}", integration.slug))
}

/// Who gives integrations to whom.
pub(super) fn assigning() -> Vec<Policy> {
    vec![
        Policy::permit("grant.member", "Give integrations to who is not above one", &["grant.assign"])
            .on("is Wardroom::Member")
            .when(all_of([holds(Permission::GrantAssign), not_below("resource.role")])),
        Policy::permit("grant.agent", "Give integrations to agents not above one", &["grant.assign"])
            .on("is Wardroom::Agent")
            .when(all_of([holds(Permission::GrantAssign), not_below("resource.role")])),
        Policy::permit("grant.role", "Give integrations to roles not above one's own", &["grant.assign"])
            .on("is Wardroom::Role")
            .when(all_of([holds(Permission::GrantAssign), not_below("resource")])),
        Policy::permit("grant.key", "Give integrations to workspace keys not above one", &["grant.assign"])
            .on("is Wardroom::Key")
            .when(all_of([
                holds(Permission::KeyManageWorkspace),
                "resource.kind == \"workspace\"".to_owned(),
                not_below("resource.role"),
            ])),
    ]
}
