//! Which role holds what, row by row: the name of the rule, the permission, and how far each role holds it.

use domain::permission::{Permission, Scope};
use domain::resource::{ResourceKind, ResourceVerb};

use crate::{preset, role};

/// A rule, the permissions that it comes to, and a word for each role: `all`, `team`, `own` or `-`.
type Row = (&'static str, &'static [&'static str], &'static str);

/// Every cell that is not as the table says.
fn wrong(name: &str, roles: &[&str], rows: &[Row]) -> Vec<String> {
    let preset = preset(name);
    let held = |id: &str| preset.roles.iter().find(|known| known.id == role(id)).unwrap().set();
    let mut wrong = Vec::new();
    for (rule, permissions, cells) in rows {
        let cells: Vec<&str> = cells.split_whitespace().collect();
        assert_eq!(cells.len(), roles.len(), "{rule}");
        for (id, cell) in roles.iter().zip(cells) {
            let expected = match cell {
                "-" => None,
                scope => Some(Scope::parse(scope).unwrap()),
            };
            for permission in *permissions {
                let found = held(id).scope(Permission::parse(permission).unwrap());
                if found != expected {
                    wrong.push(format!("{rule}: {id} holds {permission} {found:?}, not {expected:?}"));
                }
            }
        }
    }
    wrong
}

const NONE: [String; 0] = [];

#[test]
fn pipeworks_holds_what_its_roles_say() {
    let rows: &[Row] = &[
        ("PW-4", &["integration.connect", "integration.disconnect"], "all all -"),
        ("PW-5", &["member.add", "member.remove", "role.assign"], "all all -"),
        ("PW-6, PW-15", &["organization.edit"], "all all -"),
        ("PW-7, PW-9, PW-13", &["integration.use_all"], "all all -"),
        ("PW-10", &["integration.edit", "tool.review", "grant.assign"], "all all -"),
        ("PW-11", &["member.invite"], "all all -"),
        ("PW-12", &["role.promote"], "all - -"),
        ("PW-14", &["integration.connect"], "all all -"),
        ("PW-16", &["integration.view"], "all all -"),
        ("PW-22", &["key.create_personal"], "all all all"),
        ("PW-30", &["key.manage_workspace"], "all all -"),
        (
            "not all settings",
            &["role.edit", "security.edit", "organization.delete", "organization.transfer"],
            "all - -",
        ),
        ("C-5", &["billing.view", "billing.edit", "credits.buy", "invoice.view"], "all - -"),
        ("C-15", &["audit.read", "access.explain"], "all all -"),
    ];
    assert_eq!(wrong("pipeworks", &["owner", "admin", "member"], rows), NONE);
}

// rows: TW-35
#[test]
fn the_crm_s_member_works_with_records_and_sets_nothing() {
    let rows: &[Row] = &[
        ("TW-18 to TW-20", &["data.see", "data.create", "data.edit", "data.delete"], "all all"),
        ("TW-21", &["data.destroy"], "all -"),
        (
            "TW-35",
            &[
                "key.manage_workspace",
                "organization.edit",
                "role.assign",
                "role.edit",
                "data_model.edit",
                "security.edit",
            ],
            "all -",
        ),
        ("TW-35, TW-36", &["workflow.edit", "workflow.use"], "all -"),
        ("TW-37", &["email.send", "csv.import", "csv.export"], "all all"),
        (
            "C-2, C-3, C-5, C-7, C-15",
            &["role.promote", "member.invite", "billing.edit", "key.create_personal"],
            "all -",
        ),
        ("C-15", &["audit.read"], "all -"),
    ];
    assert_eq!(wrong("crm", &["admin", "member"], rows), NONE);
    let member = preset("crm").roles.into_iter().find(|known| known.id == role("member")).unwrap();
    let to = member.assignable_to;
    assert!(to.members && to.keys && to.agents, "TW-38");
}

#[test]
fn pipeai_holds_what_its_matrix_of_the_organization_says() {
    // What is said about the use of graders is cut to one's teams for the owner as well, which is the engine's work.
    let rows: &[Row] = &[
        ("PA-11", &["organization.edit"], "all all -"),
        ("PA-12", &["organization.transfer"], "all - -"),
        ("PA-13", &["member.add", "member.remove"], "all all -"),
        ("PA-14", &["team.members"], "all all -"),
        ("PA-15, PA-30", &["team.create"], "all all -"),
        ("PA-16", &["billing.view", "billing.edit", "credits.buy", "invoice.view"], "all all -"),
        ("PA-17", &["grader.use"], "all team team"),
        ("PA-18", &["member.invite"], "all all all"),
        ("PA-5", &["role.assign", "role.promote", "role.edit", "team.roles", "team.assign", "team.edit"], "all all -"),
        ("PA-8", &["grader.view"], "all all team"),
        ("PA-35", &["resource.configure"], "all all -"),
        ("PA-22 without a team", &["grader.edit"], "all all -"),
        ("PA-37", &["team.view"], "all all team"),
        ("C-7", &["key.create_personal"], "all - -"),
        ("C-15", &["audit.read"], "all all -"),
        ("only the owner", &["organization.delete"], "all - -"),
    ];
    assert_eq!(wrong("pipeai", &["owner", "admin", "user"], rows), NONE);
}

#[test]
fn pipeai_holds_what_its_matrix_of_teams_says() {
    let rows: &[Row] = &[
        ("PA-19", &["team.members"], "team - -"),
        ("PA-20", &["team.roles"], "team - -"),
        ("PA-21", &["team.assign"], "team - -"),
        ("PA-22, PA-34", &["grader.edit"], "team team -"),
        ("PA-23", &["grader.use", "grader.view"], "team team team"),
        ("PA-24, PA-10", &["team.invite"], "team team team"),
        ("PA-30", &["team.create", "resource.configure", "member.add"], "- - -"),
        ("PA-8", &["grader.create", "grader.share"], "- - -"),
    ];
    assert_eq!(wrong("pipeai", &["team-leader", "team-editor", "team-user"], rows), NONE);
}

#[test]
fn workjet_holds_what_its_matrix_says() {
    let rows: &[Row] = &[
        ("WJ-20, WJ-16", &["chat.use", "model.use", "assistant.use", "engine.use", "skill.use"], "all all all"),
        ("WJ-21, WJ-17", &["skill.create", "assistant.create", "engine.create"], "all all all"),
        ("WJ-21", &["skill.view"], "all all all"),
        ("WJ-21, C-10", &["skill.edit", "skill.delete", "skill.destroy", "skill.share"], "all all own"),
        ("WJ-17, C-10", &["assistant.edit", "assistant.delete", "engine.edit", "engine.delete"], "all all own"),
        ("WJ-22, WJ-23", &["usage.view"], "all all own"),
        ("WJ-24, WJ-2", &["member.invite", "member.add", "member.remove"], "all all -"),
        ("WJ-25, WJ-13", &["gateway.route"], "all all -"),
        ("WJ-26, WJ-14", &["dlp.edit"], "all all -"),
        ("WJ-27", &["audit.read"], "all all -"),
        ("WJ-28", &["key.create_personal", "key.manage_workspace", "key.issue"], "all all -"),
        ("WJ-29, WJ-15", &["billing.view", "billing.edit", "credits.buy", "invoice.view"], "all - -"),
        ("WJ-30", &["organization.delete"], "all - -"),
        ("WJ-31, WJ-34", &["organization.transfer"], "all - -"),
        ("WJ-33", &["role.promote"], "all - -"),
        ("WJ-12", &["role.assign"], "all all -"),
        ("WJ-19", &["organization.edit", "security.edit", "role.view", "agent.view", "integration.view"], "all all -"),
    ];
    assert_eq!(wrong("workjet", &["owner", "admin", "member"], rows), NONE);
}

// rows: C-11
#[test]
fn workjet_s_admin_lacks_billing_the_end_the_transfer_and_promotion_and_nothing_else() {
    let preset = preset("workjet");
    let admin = preset.roles.iter().find(|known| known.id == role("admin")).unwrap().set();
    let lacking = Permission::ALL.iter().filter(|permission| !admin.holds(**permission));
    let lacking: Vec<&str> = lacking.map(|permission| permission.entry().id).collect();
    let expected = [
        "organization.delete",
        "organization.transfer",
        "role.edit",
        "role.promote",
        "billing.view",
        "billing.edit",
        "credits.buy",
        "invoice.view",
    ];
    assert_eq!(lacking, expected);
}

const SWIFTASK: [&str; 5] = ["owner", "admin", "member", "viewer", "billing-partner"];

#[test]
fn swiftask_holds_what_its_matrix_says_about_people_settings_and_money() {
    let rows: &[Row] = &[
        ("SW-60, SW-39", &["member.view"], "all all all all all"),
        ("SW-61, SW-23, SW-33", &["member.invite", "member.add", "member.remove", "role.assign"], "all all - - -"),
        ("SW-62, SW-44", &["member.edit"], "all all - - all"),
        ("SW-63, SW-40", &["role.view"], "all all all all -"),
        ("SW-63, SW-9, SW-34", &["role.edit"], "all all - - -"),
        ("SW-64", &["organization.edit", "security.edit", "resource.configure"], "all all - - -"),
        ("SW-65, SW-25, SW-43", &["billing.view", "billing.edit"], "all all - - all"),
        ("SW-65, SW-26", &["credits.buy"], "all all - - all"),
        ("SW-66, SW-42, SW-35", &["invoice.view"], "all all - - all"),
        ("SW-72", &["usage.view"], "all all own - -"),
        ("SW-72, delete", &["organization.delete"], "all all - - -"),
        ("C-7", &["key.create_personal"], "all all - - -"),
        ("C-15", &["audit.read"], "all all - - -"),
    ];
    assert_eq!(wrong("swiftask", &SWIFTASK, rows), NONE);
}

#[test]
fn swiftask_holds_what_its_matrix_says_about_work() {
    let rows: &[Row] = &[
        ("SW-67, create", &["project.create"], "all all all - -"),
        ("SW-67, shared", &["project.view"], "all all team all -"),
        ("SW-67, SW-28", &["project.edit", "project.delete", "project.destroy", "project.share"], "all all own - -"),
        ("SW-68, create", &["data_source.create"], "all all all - -"),
        ("SW-68", &["data_source.view"], "all all own all -"),
        ("SW-68, SW-29", &["data_source.edit", "data_source.delete", "data_source.destroy"], "all all own - -"),
        ("SW-69, SW-30", &["agent_config.create", "automation.create"], "all all all - -"),
        ("SW-69", &["agent_config.view", "automation.view"], "all all team all -"),
        ("SW-69, SW-31", &["agent_config.use", "automation.use"], "all all team - -"),
        (
            "SW-69, own",
            &["agent_config.edit", "agent_config.delete", "automation.edit", "automation.delete"],
            "all all own - -",
        ),
        ("SW-70, SW-32", &["meeting.create", "meeting.edit"], "all all all - -"),
        ("SW-70, delete", &["meeting.delete", "meeting.destroy"], "all all - - -"),
        ("SW-70, view", &["meeting.view"], "all all all all -"),
        ("SW-71, SW-20", &["artifact.create"], "all all all - -"),
        ("SW-71, own", &["artifact.edit", "artifact.delete"], "all all own - -"),
        ("SW-71, SW-38", &["artifact.view"], "all all own all -"),
        ("SW-71, SW-21, SW-22", &["artifact.share", "artifact.collect"], "all all - - -"),
    ];
    assert_eq!(wrong("swiftask", &SWIFTASK, rows), NONE);
}

// rows: SW-4, SW-41, SW-45, C-11
#[test]
fn swiftask_s_viewer_sees_all_work_and_changes_none_and_the_billing_partner_sees_none() {
    let preset = preset("swiftask");
    let held = |id: &str| preset.roles.iter().find(|known| known.id == role(id)).unwrap().set();
    let (viewer, partner, admin) = (held("viewer"), held("billing-partner"), held("admin"));
    for kind in ResourceKind::ALL {
        for verb in ResourceVerb::ALL {
            let permission = kind.permission(verb);
            assert_eq!(viewer.holds(permission), verb == ResourceVerb::View, "SW-36, SW-41: {permission}");
            assert_eq!(partner.scope(permission), None, "SW-45: {permission}");
        }
    }
    assert_eq!(viewer.management().iter().next(), None, "SW-41");
    assert_eq!(partner.scope(Permission::TeamView), None, "SW-45");
    assert_eq!(partner.scope(Permission::RoleAssign), None, "C-18");
    assert_eq!(admin, held("owner"), "SW-4, SW-27");
}

// rows: SW-18
#[test]
fn a_toggle_of_swiftask_takes_one_thing_and_leaves_the_rest() {
    use domain::command::Command;
    use domain::permission::Holding;
    use domain::role::RoleEdit;
    let mut state = crate::founded(preset("swiftask"));
    let before = state.roles[&role("member")].set();
    let without = before.without(Permission::ProjectDestroy).without(Permission::ProjectDelete);
    let edit = RoleEdit { permissions: Some(Holding::from(without)), ..RoleEdit::default() };
    crate::take(&mut state, Command::EditRole { role: role("member"), edit: Box::new(edit) }).unwrap();
    let after = state.roles[&role("member")].set();
    assert_eq!(after.scope(Permission::ProjectDelete), None, "SW-18");
    assert_eq!(after.scope(Permission::ProjectEdit), Some(Scope::Own), "SW-18");
    assert_eq!(after.scope(Permission::ProjectCreate), Some(Scope::All), "SW-18");
}

#[test]
fn our_own_member_has_nothing_of_the_organization_and_our_admin_no_crown() {
    let preset = preset("balanced");
    let held = |id: &str| preset.roles.iter().find(|known| known.id == role(id)).unwrap().set();
    for kind in ResourceKind::ALL {
        for verb in ResourceVerb::ALL {
            let reach = if verb == ResourceVerb::Create { Scope::All } else { Scope::Own };
            assert_eq!(held("member").scope(kind.permission(verb)), Some(reach));
        }
    }
    assert_eq!(held("member").management().iter().next(), None);
    assert_eq!(held("service").iter().next(), None);
    let admin = held("admin");
    let lacking = Permission::ALL.iter().filter(|permission| !admin.holds(**permission));
    let lacking: Vec<&str> = lacking.map(|permission| permission.entry().id).collect();
    let crown = ["organization.delete", "organization.transfer", "role.promote", "billing.edit", "credits.buy"];
    assert_eq!(lacking, crown);
    let rows: &[Row] = &[
        ("leader", &["team.members", "team.roles", "team.assign", "team.edit"], "team - -"),
        ("editor", &["project.edit", "assistant.edit", "workflow.edit"], "team team -"),
        ("member", &["project.view", "assistant.use", "workflow.use"], "team team team"),
    ];
    assert_eq!(wrong("balanced", &["team-leader", "team-editor", "team-member"], rows), NONE);
}
