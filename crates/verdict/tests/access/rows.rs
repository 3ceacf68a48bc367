//! The matrices of the five products, cell by cell: what the requirements state, asked of the engine.

use domain::key::KeyScope;
use domain::permission::{Permission as P, PermissionSet, Scope};
use domain::resource::ResourceKind as Kind;
use domain::resource::ResourceVerb as Verb;
use verdict::{Operation as Op, Subject};

use crate::company::{Company, OTHER, THEIRS, Whose, person, presets, team};

/// One row: its id, what is asked of a company for somebody, and who may, in the order of the roles.
type Row = (&'static str, &'static str, fn(&Company, usize) -> bool, &'static [bool]);

const Y: bool = true;
const N: bool = false;

fn company(name: &str) -> Company {
    Company::of(presets().iter().find(|preset| preset.name == name).unwrap())
}

fn check(company: &Company, roles: &[&str], rows: &[Row]) {
    let mut wrong = Vec::new();
    for (id, what, asked, cells) in rows {
        assert_eq!(cells.len(), roles.len(), "{id} has a cell for every role");
        for (role, expected) in roles.iter().zip(*cells) {
            let found = asked(company, company.with(role));
            if found != *expected {
                wrong.push(format!("{id} {what}: {role} is told {found}, should be {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", company.preset.name, wrong.join("\n"));
}

/// Somebody else with the smallest role, who is in no team.
fn newcomer(company: &Company) -> usize {
    let default = company.preset.settings.join_default_role;
    company.roles().iter().position(|role| role.id == default).unwrap() * 2 + 1
}

fn touch(company: &Company, who: usize, (verb, kind, whose): (Verb, Kind, Whose)) -> bool {
    company.may(who, Op::Resource { verb, resource: company.resource(who, kind, whose) })
}

fn creates(company: &Company, who: usize, kind: Kind) -> bool {
    company.may(who, Op::CreateResource { kind, owner: person(who) })
}

fn uses(company: &Company, who: usize, permission: P) -> bool {
    company.may(who, Op::Use { permission })
}

fn all_usage(company: &Company, who: usize) -> bool {
    company.snapshot.scope_of(Subject::Member(person(who)), P::UsageView, crate::company::NOW) == Some(Scope::All)
}

fn adds_to_team(company: &Company, who: usize, to: u8) -> bool {
    let role = company.role("team-user");
    company.may(who, Op::SetTeamMember { team: team(to), member: person(newcomer(company)), role })
}

fn removes(company: &Company, who: usize) -> bool {
    company.may(who, Op::RemoveMember { member: person(newcomer(company)) })
}

#[rustfmt::skip]
const PIPEAI: &[Row] = &[
    ("PA-11", "manage organization settings", |c, me| c.may(me, Op::EditOrganization { changes: &[] }), &[Y, Y, N]),
    ("PA-12", "transfer ownership", |c, me| c.may(me, Op::TransferOwnership { to: person(newcomer(c)) }), &[Y, N, N]),
    ("PA-13", "add users", |c, me| c.may(me, Op::AddMember { role: c.role("user") }), &[Y, Y, N]),
    ("PA-13", "remove users", removes, &[Y, Y, N]),
    ("PA-14", "add users to any team", |c, me| adds_to_team(c, me, OTHER), &[Y, Y, N]),
    ("PA-14", "remove users from a team", |c, me| c.may(me, Op::RemoveTeamMember { team: team(THEIRS), member: person(c.with("team-user")) }), &[Y, Y, N]),
    ("PA-15", "create teams", |c, me| c.may(me, Op::CreateTeam), &[Y, Y, N]),
    ("PA-16", "manage billing", |c, me| uses(c, me, P::BillingEdit), &[Y, Y, N]),
    ("PA-17", "use graders of one's team", |c, me| touch(c, me, (Verb::Use, Kind::Grader, Whose::Teams)), &[Y, Y, Y]),
    ("PA-8", "use a grader of no team of theirs", |c, me| touch(c, me, (Verb::Use, Kind::Grader, Whose::Others)), &[N, N, N]),
    ("PA-8", "use one's own grader that no team has", |c, me| touch(c, me, (Verb::Use, Kind::Grader, Whose::Own)), &[N, N, N]),
    ("PA-18", "invite to the organization", |c, me| c.may(me, Op::Invite { role: None }), &[Y, Y, Y]),
    ("PA-35", "global grader settings", |c, me| uses(c, me, P::ResourceConfigure), &[Y, Y, N]),
];

#[rustfmt::skip]
const PIPEAI_TEAM: &[Row] = &[
    ("PA-19", "add team members", |c, me| adds_to_team(c, me, THEIRS), &[Y, N, N]),
    ("PA-19", "remove team members", |c, me| c.may(me, Op::RemoveTeamMember { team: team(THEIRS), member: person(c.with("team-user") + 1) }), &[Y, N, N]),
    ("PA-20", "manage team permissions", |c, me| c.may(me, Op::SetTeamMember { team: team(THEIRS), member: person(c.with("team-user") + 1), role: c.role("team-editor") }), &[Y, N, N]),
    ("PA-21", "assign graders to the team", |c, me| c.may(me, Op::AssignResource { team: team(THEIRS), resource: c.resource(me, Kind::Grader, Whose::Others) }), &[Y, N, N]),
    ("PA-22", "edit grader settings", |c, me| touch(c, me, (Verb::Edit, Kind::Grader, Whose::Teams)), &[Y, Y, N]),
    ("PA-23", "use the team's graders", |c, me| touch(c, me, (Verb::Use, Kind::Grader, Whose::Teams)), &[Y, Y, Y]),
    ("PA-24", "invite to the team", |c, me| c.may(me, Op::InviteToTeam { team: team(THEIRS) }), &[Y, Y, Y]),
    ("PA-28", "add members of another team", |c, me| adds_to_team(c, me, OTHER), &[N, N, N]),
    ("PA-28", "edit graders of no team of theirs", |c, me| touch(c, me, (Verb::Edit, Kind::Grader, Whose::Others)), &[N, N, N]),
    ("PA-28", "invite to another team", |c, me| c.may(me, Op::InviteToTeam { team: team(OTHER) }), &[N, N, N]),
];

#[rustfmt::skip]
const WORKJET: &[Row] = &[
    ("WJ-20", "chat", |c, me| uses(c, me, P::ChatUse), &[Y, Y, Y]),
    ("WJ-20", "use assistants", |c, me| touch(c, me, (Verb::Use, Kind::Assistant, Whose::Others)), &[Y, Y, Y]),
    ("WJ-20", "use engines", |c, me| touch(c, me, (Verb::Use, Kind::Engine, Whose::Others)), &[Y, Y, Y]),
    ("WJ-17", "create assistants and engines", |c, me| creates(c, me, Kind::Assistant) && creates(c, me, Kind::Engine), &[Y, Y, Y]),
    ("WJ-21", "create skills", |c, me| creates(c, me, Kind::Skill), &[Y, Y, Y]),
    ("WJ-21", "manage own skills", |c, me| [Verb::Edit, Verb::Delete].iter().all(|verb| touch(c, me, (*verb, Kind::Skill, Whose::Own))), &[Y, Y, Y]),
    ("WJ-16", "run skills", |c, me| touch(c, me, (Verb::Use, Kind::Skill, Whose::Others)), &[Y, Y, Y]),
    ("WJ-22", "view own usage", |c, me| uses(c, me, P::UsageView), &[Y, Y, Y]),
    ("WJ-23", "view team usage", all_usage, &[Y, Y, N]),
    ("WJ-24", "invite users", |c, me| c.may(me, Op::Invite { role: None }), &[Y, Y, N]),
    ("WJ-24", "remove users", removes, &[Y, Y, N]),
    ("WJ-25", "configure gateway routing", |c, me| uses(c, me, P::GatewayRoute), &[Y, Y, N]),
    ("WJ-26", "manage DLP policies", |c, me| uses(c, me, P::DlpEdit), &[Y, Y, N]),
    ("WJ-27", "view audit logs", |c, me| c.may(me, Op::ReadAudit { subject: None }), &[Y, Y, N]),
    ("WJ-28", "create personal keys", |c, me| c.may(me, Op::CreatePersonalKey { holder: person(me) }), &[Y, Y, N]),
    ("WJ-28", "create workspace keys", |c, me| c.may(me, Op::CreateWorkspaceKey { role: None, scope: KeyScope::Granted }), &[Y, Y, N]),
    ("WJ-29", "manage billing", |c, me| uses(c, me, P::BillingEdit), &[Y, N, N]),
    ("WJ-30", "delete the organization", |c, me| c.may(me, Op::DeleteOrganization), &[Y, N, N]),
    ("WJ-31", "transfer ownership", |c, me| c.may(me, Op::TransferOwnership { to: person(c.with("admin") + 1) }), &[Y, N, N]),
    ("WJ-33", "promote a member to admin", |c, me| c.may(me, Op::ChangeRole { member: person(newcomer(c)), role: c.role("admin") }), &[Y, N, N]),
    ("WJ-33", "invite an admin", |c, me| c.may(me, Op::Invite { role: Some(c.role("admin")) }), &[Y, N, N]),
    ("WJ-19", "open admin settings", |c, me| c.may(me, Op::EditOrganization { changes: &[] }), &[Y, Y, N]),
];

#[rustfmt::skip]
const PIPEWORKS: &[Row] = &[
    ("PW-4", "connect integrations", |c, me| c.may(me, Op::ConnectIntegration), &[Y, Y, N]),
    ("PW-5", "remove members", removes, &[Y, Y, N]),
    ("PW-6", "change settings", |c, me| c.may(me, Op::EditOrganization { changes: &[] }), &[Y, Y, N]),
    ("PW-11", "take in members", |c, me| c.may(me, Op::AddMember { role: c.role("member") }), &[Y, Y, N]),
    ("PW-12", "promote to admin", |c, me| c.may(me, Op::ChangeRole { member: person(newcomer(c)), role: c.role("admin") }), &[Y, N, N]),
    ("PW-12", "promote to owner", |c, me| c.may(me, Op::ChangeRole { member: person(newcomer(c)), role: c.role("owner") }), &[Y, N, N]),
    ("PW-12", "invite an admin", |c, me| c.may(me, Op::AddMember { role: c.role("admin") }), &[Y, N, N]),
    ("PW-12", "remove an owner", |c, me| c.may(me, Op::RemoveMember { member: person(c.with("owner") + 1) }), &[Y, N, N]),
    ("PW-16", "see an integration that was not given", |c, me| c.may(me, Op::ViewIntegration { integration: crate::company::integration() }), &[Y, Y, N]),
    ("PW-22", "create a personal key", |c, me| c.may(me, Op::CreatePersonalKey { holder: person(me) }), &[Y, Y, Y]),
    ("PW-30", "create workspace keys", |c, me| c.may(me, Op::CreateWorkspaceKey { role: None, scope: KeyScope::All }), &[Y, Y, N]),
];

#[rustfmt::skip]
const SWIFTASK: &[Row] = &[
    ("SW-60", "list-view", |c, me| c.may(me, Op::ViewMembers), &[Y, Y, Y, Y, Y]),
    ("SW-61", "invite", |c, me| c.may(me, Op::Invite { role: None }), &[Y, Y, N, N, N]),
    ("SW-61", "change-role", |c, me| c.may(me, Op::ChangeRole { member: person(newcomer(c)), role: c.role("viewer") }), &[Y, Y, N, N, N]),
    ("SW-61", "promote to admin", |c, me| c.may(me, Op::ChangeRole { member: person(newcomer(c)), role: c.role("admin") }), &[Y, Y, N, N, N]),
    ("SW-61", "remove", removes, &[Y, Y, N, N, N]),
    ("SW-62", "update-details", |c, me| uses(c, me, P::MemberEdit), &[Y, Y, N, N, Y]),
    ("SW-63", "role-view", |c, me| c.may(me, Op::ViewRoles), &[Y, Y, Y, Y, N]),
    ("SW-63", "role-customize", |c, me| c.may(me, Op::EditRole { role: c.role("member"), to: PermissionSet::EMPTY, data: None }), &[Y, Y, N, N, N]),
    ("SW-64", "settings", |c, me| c.may(me, Op::EditOrganization { changes: &[] }), &[Y, Y, N, N, N]),
    ("SW-65", "plan-view", |c, me| uses(c, me, P::BillingView), &[Y, Y, N, N, Y]),
    ("SW-65", "plan-change", |c, me| uses(c, me, P::BillingEdit), &[Y, Y, N, N, Y]),
    ("SW-65", "credits-buy", |c, me| uses(c, me, P::CreditsBuy), &[Y, Y, N, N, Y]),
    ("SW-66", "invoices", |c, me| uses(c, me, P::InvoiceView), &[Y, Y, N, N, Y]),
    ("SW-67", "project-create", |c, me| creates(c, me, Kind::Project), &[Y, Y, Y, N, N]),
    ("SW-67", "project-view others'", |c, me| touch(c, me, (Verb::View, Kind::Project, Whose::Others)), &[Y, Y, N, Y, N]),
    ("SW-67", "project-view shared", |c, me| touch(c, me, (Verb::View, Kind::Project, Whose::Teams)), &[Y, Y, Y, Y, N]),
    ("SW-67", "project-update shared", |c, me| touch(c, me, (Verb::Edit, Kind::Project, Whose::Teams)), &[Y, Y, N, N, N]),
    ("SW-67", "project-update own", |c, me| touch(c, me, (Verb::Edit, Kind::Project, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-67", "project-update others'", |c, me| touch(c, me, (Verb::Edit, Kind::Project, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-67", "project-delete own", |c, me| touch(c, me, (Verb::Delete, Kind::Project, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-67", "project-delete others'", |c, me| touch(c, me, (Verb::Delete, Kind::Project, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-68", "data-source-create", |c, me| creates(c, me, Kind::DataSource), &[Y, Y, Y, N, N]),
    ("SW-68", "data-source-view own", |c, me| touch(c, me, (Verb::View, Kind::DataSource, Whose::Own)), &[Y, Y, Y, Y, N]),
    ("SW-68", "data-source-view others'", |c, me| touch(c, me, (Verb::View, Kind::DataSource, Whose::Others)), &[Y, Y, N, Y, N]),
    ("SW-68", "data-source-update own", |c, me| touch(c, me, (Verb::Edit, Kind::DataSource, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-68", "data-source-update others'", |c, me| touch(c, me, (Verb::Edit, Kind::DataSource, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-68", "data-source-delete own", |c, me| touch(c, me, (Verb::Delete, Kind::DataSource, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-68", "data-source-delete others'", |c, me| touch(c, me, (Verb::Delete, Kind::DataSource, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-69", "agent-create", |c, me| creates(c, me, Kind::AgentConfig), &[Y, Y, Y, N, N]),
    ("SW-69", "agent-view others'", |c, me| touch(c, me, (Verb::View, Kind::AgentConfig, Whose::Others)), &[Y, Y, N, Y, N]),
    ("SW-69", "agent-update own", |c, me| touch(c, me, (Verb::Edit, Kind::AgentConfig, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-69", "agent-update others'", |c, me| touch(c, me, (Verb::Edit, Kind::AgentConfig, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-69", "agent-delete own", |c, me| touch(c, me, (Verb::Delete, Kind::AgentConfig, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-69", "agent-delete others'", |c, me| touch(c, me, (Verb::Delete, Kind::AgentConfig, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-69", "automation-create", |c, me| creates(c, me, Kind::Automation), &[Y, Y, Y, N, N]),
    ("SW-69", "automation-initiate", |c, me| touch(c, me, (Verb::Use, Kind::Automation, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-69", "automation-view others'", |c, me| touch(c, me, (Verb::View, Kind::Automation, Whose::Others)), &[Y, Y, N, Y, N]),
    ("SW-69", "automation-update own", |c, me| touch(c, me, (Verb::Edit, Kind::Automation, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-69", "automation-update others'", |c, me| touch(c, me, (Verb::Edit, Kind::Automation, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-69", "automation-delete own", |c, me| touch(c, me, (Verb::Delete, Kind::Automation, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-69", "automation-delete others'", |c, me| touch(c, me, (Verb::Delete, Kind::Automation, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-70", "meeting-schedule", |c, me| creates(c, me, Kind::Meeting), &[Y, Y, Y, N, N]),
    ("SW-70", "meeting-view", |c, me| touch(c, me, (Verb::View, Kind::Meeting, Whose::Others)), &[Y, Y, Y, Y, N]),
    ("SW-70", "meeting-update", |c, me| touch(c, me, (Verb::Edit, Kind::Meeting, Whose::Others)), &[Y, Y, Y, N, N]),
    ("SW-70", "meeting-delete", |c, me| touch(c, me, (Verb::Delete, Kind::Meeting, Whose::Own)), &[Y, Y, N, N, N]),
    ("SW-71", "artifact-create", |c, me| creates(c, me, Kind::Artifact), &[Y, Y, Y, N, N]),
    ("SW-71", "artifact-view others'", |c, me| touch(c, me, (Verb::View, Kind::Artifact, Whose::Others)), &[Y, Y, N, Y, N]),
    ("SW-71", "artifact-update own", |c, me| touch(c, me, (Verb::Edit, Kind::Artifact, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-71", "artifact-update others'", |c, me| touch(c, me, (Verb::Edit, Kind::Artifact, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-71", "artifact-share", |c, me| touch(c, me, (Verb::Share, Kind::Artifact, Whose::Own)), &[Y, Y, N, N, N]),
    ("SW-71", "artifact-collect", |c, me| uses(c, me, P::ArtifactCollect), &[Y, Y, N, N, N]),
    ("SW-71", "artifact-delete own", |c, me| touch(c, me, (Verb::Delete, Kind::Artifact, Whose::Own)), &[Y, Y, Y, N, N]),
    ("SW-71", "artifact-delete others'", |c, me| touch(c, me, (Verb::Delete, Kind::Artifact, Whose::Others)), &[Y, Y, N, N, N]),
    ("SW-72", "team-usage", all_usage, &[Y, Y, N, N, N]),
    ("SW-72", "own usage", |c, me| uses(c, me, P::UsageView), &[Y, Y, Y, N, N]),
    ("SW-72", "workspace-delete", |c, me| c.may(me, Op::DeleteOrganization), &[Y, Y, N, N, N]),
    ("SW-36", "see the structure", |c, me| c.may(me, Op::ViewOrganization), &[Y, Y, Y, Y, Y]),
    ("SW-45", "see nothing of the work", |c, me| Kind::ALL.iter().any(|kind| touch(c, me, (Verb::View, *kind, Whose::Others))), &[Y, Y, Y, Y, N]),
];

// rows: PA-8, PA-11, PA-12, PA-13, PA-14, PA-15, PA-17, PA-19, PA-20, PA-21, PA-22, PA-23, PA-28
#[test]
fn every_cell_of_the_pipeai_matrices_holds() {
    let company = company("pipeai");
    check(&company, &["owner", "admin", "user"], PIPEAI);
    check(&company, &["team-leader", "team-editor", "team-user"], PIPEAI_TEAM);
}

// rows: WJ-17, WJ-21, WJ-27, WJ-28, WJ-31, WJ-33
#[test]
fn every_cell_of_the_workjet_matrix_holds() {
    check(&company("workjet"), &["owner", "admin", "member"], WORKJET);
}

// rows: PW-4, PW-5, PW-6, PW-12, PW-16, PW-22, PW-30
#[test]
fn every_cell_of_the_pipeworks_rules_holds() {
    check(&company("pipeworks"), &["owner", "admin", "member"], PIPEWORKS);
}

// rows: SW-36, SW-45, SW-60, SW-63, SW-64, SW-67, SW-68, SW-69, SW-70
#[test]
fn every_cell_of_the_swiftask_matrix_holds() {
    check(&company("swiftask"), &["owner", "admin", "member", "viewer", "billing-partner"], SWIFTASK);
}
