//! The tables of a page.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::integration::ToolClass;
use domain::permission::{Group, Permission, Scope};
use domain::resource::{ResourceKind, ResourceVerb};
use domain::role::Role;
use verdict::{Action, Gift, Operation, Subject};

use crate::company::{Company, OTHER, THEIRS, Whose, integration, key_of, may, person, team};

static NO_TOOLS: BTreeSet<String> = BTreeSet::new();
const GROUPS: [(&str, Group); 7] = [
    ("Settings", Group::Settings),
    ("Actions", Group::Actions),
    ("Resources", Group::Resources),
    ("Records", Group::Data),
    ("Using tools and models", Group::Gateway),
    ("Billing", Group::Billing),
    ("Audit", Group::Audit),
];

fn word(yes: bool) -> &'static str {
    if yes { "yes" } else { "–" }
}

fn row(page: &mut String, head: &str, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    write!(page, "| {head} |").unwrap();
    for cell in cells {
        write!(page, " {} |", cell.as_ref()).unwrap();
    }
    page.push('\n');
}

fn table(page: &mut String, corner: &str, heads: &[String]) {
    row(page, corner, heads);
    row(page, "---", heads.iter().map(|_| "---"));
}

fn titles(roles: &[&Role]) -> Vec<String> {
    roles.iter().map(|role| role.title.clone()).collect()
}

fn article(title: &str) -> String {
    let title = title.to_lowercase();
    let vowel = title.starts_with(['a', 'e', 'i', 'o', 'u']) && !title.starts_with("user");
    format!("{} {title}", if vowel { "an" } else { "a" })
}

pub(crate) fn roles(page: &mut String, company: &Company) {
    table(page, "role", &["typical for".to_owned()]);
    for role in company.roles().into_iter().chain(company.team_roles()) {
        row(page, &role.title, [&role.typical_for]);
    }
}

/// What the roles come to under the preset's settings: everywhere, for what one's teams have, for one's own.
pub(crate) fn permissions(page: &mut String, company: &Company) {
    page.push_str(
        "\n## What each role may do\n\n\"Team\" is what one's teams have and what is one's own, \"own\" is the latter \
         alone. A role in a team holds for that team.\n\n",
    );
    let roles: Vec<&Role> = company.roles().into_iter().chain(company.team_roles()).collect();
    table(page, "permission", &titles(&roles));
    for (title, group) in GROUPS {
        row(page, &format!("**{title}**"), roles.iter().map(|_| ""));
        for permission in Permission::ALL.iter().filter(|permission| permission.entry().group == group) {
            let entry = permission.entry();
            let holds = |role: &&Role| match company.snapshot.permissions_of_role(role.id).scope(*permission) {
                Some(Scope::All) => "yes",
                Some(narrower) => narrower.as_str(),
                None => "–",
            };
            let head = format!("{} (`{}`): {}", entry.title, entry.id, entry.description.trim_end_matches('.'));
            row(page, &head, roles.iter().map(holds));
        }
    }
}

/// What can be done to somebody, in words and as the engine is asked; `other` is whom it is done to.
fn acts(company: &Company, other: usize) -> Vec<(String, Operation<'_>)> {
    let member = person(other);
    let assign = Operation::Assign { grantee: Grantee::Member(member), integration: integration(), gift: None };
    let key = key_of(other);
    let give = |role: &Role| format!("give them the role {}", role.title);
    let roles = company.preset.roles.iter().filter(|role| role.level == domain::role::RoleLevel::Organization);
    let mut acts: Vec<(String, Operation<'_>)> =
        roles.map(|role| (give(role), Operation::ChangeRole { member, role: &role.id })).collect();
    acts.extend([
        ("remove them".to_owned(), Operation::RemoveMember { member }),
        ("hand the organization over to them".to_owned(), Operation::TransferOwnership { to: member }),
        ("give or take an integration".to_owned(), assign),
        ("create a personal key for them".to_owned(), Operation::CreatePersonalKey { holder: member }),
        ("see that a key of theirs exists".to_owned(), Operation::ViewKey { key }),
        ("end a key of theirs".to_owned(), Operation::RevokeKey { key }),
        ("give a key of theirs a new secret".to_owned(), Operation::RotateKey { key }),
        ("see why they may or may not".to_owned(), Operation::Explain { subject: Subject::Member(member) }),
        ("read the record of theirs".to_owned(), Operation::ReadAudit { subject: Some(Subject::Member(member)) }),
    ]);
    acts
}

pub(crate) fn on_whom(page: &mut String, company: &Company) {
    let roles = company.roles();
    for (actor, role) in roles.iter().enumerate() {
        let me = actor * 2;
        // The other person of each role, and oneself.
        let others: Vec<usize> = (0..roles.len()).map(|role| role * 2 + 1).chain([me]).collect();
        writeln!(page, "\n## What {} may do to others\n", article(&role.title)).unwrap();
        let mut heads: Vec<String> = roles.iter().map(|role| format!("to {}", article(&role.title))).collect();
        heads.push("to themselves".to_owned());
        table(page, "act", &heads);
        for (place, (words, _)) in acts(company, me).into_iter().enumerate() {
            row(page, &words, others.iter().map(|other| word(company.may(me, acts(company, *other)[place].1))));
        }
    }
}

pub(crate) fn newcomers(page: &mut String, company: &Company) {
    page.push_str("\n## Who may take a person in, and as what\n\n");
    let roles = company.roles();
    let mut heads: Vec<String> = roles.iter().map(|role| format!("add as {}", role.title)).collect();
    heads.push("invite".to_owned());
    heads.extend(roles.iter().map(|role| format!("invite as {}", role.title)));
    table(page, "who", &heads);
    for (number, actor) in roles.iter().enumerate() {
        let add = roles.iter().map(|role| Operation::AddMember { role: &role.id });
        let invite = roles.iter().map(|role| Operation::Invite { role: Some(&role.id) });
        let asked = add.chain([Operation::Invite { role: None }]).chain(invite);
        row(page, &actor.title, asked.map(|operation| word(company.may(number * 2, operation))));
    }
}

/// Everybody has a place in the one team, those with a role in the organization the smallest; nobody in the other.
pub(crate) fn in_teams(page: &mut String, company: &Company) {
    let team_roles = company.team_roles();
    let Some(smallest) = company.preset.settings.join_default_team_role else { return };
    page.push_str("\n## What may be done in a team\n\n");
    let smallest_title = &company.state.roles[&smallest].title;
    writeln!(
        page,
        "First the roles in the organization, with the place of a {smallest_title} in the team, then the roles in the \
         team.\n"
    )
    .unwrap();
    let roles: Vec<&Role> = company.roles().into_iter().chain(team_roles.iter().copied()).collect();
    table(page, "act", &titles(&roles));
    let newcomer = person(company.roles().len() * 2 - 1);
    let mate = person(company.with(smallest.as_str()) + 1);
    for (words, number) in [("their team", THEIRS), ("another team", OTHER)] {
        let team = team(number);
        let mut acts = vec![
            (format!("see {words}"), Operation::ViewTeam { team }),
            (format!("invite to {words}"), Operation::InviteToTeam { team }),
            (format!("rename or end {words}"), Operation::EditTeam { team }),
        ];
        let set = |member| move |role: &&'_ Role| (role.title.clone(), member, role.id);
        let added = team_roles.iter().map(set(newcomer)).collect::<Vec<_>>();
        let changed = team_roles.iter().filter(|role| role.id != smallest).map(set(mate)).collect::<Vec<_>>();
        for (verb, places) in [("add somebody as", &added), ("make somebody", &changed)] {
            if verb != "add somebody as" && number == OTHER {
                continue;
            }
            for (title, member, role) in places {
                let role = company.role(role.as_str());
                let operation = Operation::SetTeamMember { team, member: *member, role };
                acts.push((format!("{verb} {title} in {words}"), operation));
            }
        }
        if number == THEIRS {
            acts.push((format!("remove somebody from {words}"), Operation::RemoveTeamMember { team, member: mate }));
        }
        let given = company.resource(0, ResourceKind::Grader, Whose::Others);
        acts.push((format!("give a grader to {words}"), Operation::AssignResource { team, resource: given }));
        let grantee = Grantee::Team(team);
        let gift = Gift { profile: Profile::ReadOnly, tools_off: &NO_TOOLS, expires_at: None };
        let give = Operation::Assign { grantee, integration: integration(), gift: Some(gift) };
        acts.push((format!("give an integration to {words}"), give));
        let take = Operation::Assign { grantee, integration: integration(), gift: None };
        acts.push((format!("take an integration from {words}"), take));
        for (words, operation) in acts {
            row(page, &words, (0..roles.len()).map(|number| word(company.may(number * 2, operation))));
        }
    }
}

/// Which verbs somebody has on resources: their own, those of their team, anybody's.
pub(crate) fn resources(page: &mut String, company: &Company) {
    page.push_str(
        "\n## What may be done with resources\n\nWith one's own, with those that one's team has, and with everybody \
         else's.\n\n",
    );
    let roles: Vec<&Role> = company.roles().into_iter().chain(company.team_roles()).collect();
    table(page, "resource", &titles(&roles));
    for kind in ResourceKind::ALL.iter().copied() {
        let create = |number: usize| {
            word(company.may(number * 2, Operation::CreateResource { kind, owner: person(number * 2) }))
        };
        row(page, &format!("{}: create", kind.title()), (0..roles.len()).map(create));
        for (words, whose) in [("own", Whose::Own), ("team's", Whose::Teams), ("others'", Whose::Others)] {
            let verbs = |number: usize| {
                let resource = company.resource(number * 2, kind, whose);
                let verbs = ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create);
                let may = |verb: &ResourceVerb| company.may(number * 2, Operation::Resource { verb: *verb, resource });
                let verbs: Vec<&str> = verbs.filter(may).map(ResourceVerb::as_str).collect();
                if verbs.is_empty() { "–".to_owned() } else { verbs.join(", ") }
            };
            row(page, &format!("{}: {words}", kind.title()), (0..roles.len()).map(verbs));
        }
    }
}

pub(crate) fn tools(page: &mut String, company: &Company) {
    page.push_str("\n## Which tools may be called\n\n");
    page.push_str("By what was given of the integration. A tool that nobody has reviewed counts as deleting.\n\n");
    let heads: Vec<String> = ToolClass::ALL.iter().map(|class| format!("{} tools", class.as_str())).collect();
    table(page, "role, and what was given", &heads);
    let to = &company.preset.settings.grants_to;
    let given: Vec<Option<Profile>> = [None].into_iter().chain(Profile::ALL.map(Some)).collect();
    for (number, role) in company.roles().into_iter().enumerate() {
        let me = person(number * 2);
        // To whom it is given here: the person, else their team, else everyone with their role.
        let grantee = match () {
            () if to.contains(&domain::organization::GrantsTo::Person) => Grantee::Member(me),
            () if to.contains(&domain::organization::GrantsTo::Team) => Grantee::Team(team(THEIRS)),
            () => Grantee::Role(role.id),
        };
        for profile in &given {
            let with = profile.map(|profile| {
                let (integration, tools_off) = (integration(), [].into());
                company.after(&Event::GrantSet { grantee, integration, profile, tools_off, expires_at: None })
            });
            let snapshot = &with.as_ref().unwrap_or(company).snapshot;
            let call = |class: &ToolClass| {
                word(may(snapshot, me, Action::CallTool { integration: "crm", tool: class.as_str() }))
            };
            let given = profile.map_or("nothing", Profile::as_str);
            row(page, &format!("{}, {given}", role.title), ToolClass::ALL.iter().map(call));
        }
    }
}
