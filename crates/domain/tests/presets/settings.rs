//! What the products disagree about, as each preset settles it.

use std::collections::BTreeSet;

use domain::grant::Profile;
use domain::key::KeyScope;
use domain::organization::{
    GrantsTo, Invite, InvitedAddress, KeysWithoutRole, PersonalKeys, Promote, SecondFactor, Settings, ToolChanges,
};
use domain::resource::ResourceKind;

use crate::{NAMES, preset, role};

/// One setting of every preset, in the order of [`NAMES`].
fn across<T>(of: impl Fn(&Settings) -> T) -> [T; 6] {
    NAMES.map(|name| of(&preset(name).settings))
}

// rows: C-1, C-2
#[test]
fn how_many_may_hold_the_top_role_and_who_gives_authority() {
    assert_eq!(across(|settings| settings.owners_max), [None, None, None, Some(1), Some(1), Some(1)]);
    let promote = across(|settings| settings.promote_admin);
    use Promote::{ByPermission, Owner, OwnerOrAdmin};
    assert_eq!(promote, [Owner, Owner, ByPermission, OwnerOrAdmin, Owner, OwnerOrAdmin]);
    assert_eq!(across(|settings| settings.admins_warn_below), [2; 6]);
    assert_eq!(across(|settings| settings.review_every_days), [90; 6]);
    assert_eq!(across(|settings| settings.delete_after_days), [30; 6]);
}

#[test]
fn who_invites_and_what_a_newcomer_gets() {
    use Invite::{AnyMember, ByPermission, Managers};
    let invite = [Managers, Managers, ByPermission, AnyMember, Managers, Managers];
    assert_eq!(across(|settings| settings.invite_organization), invite);
    assert_eq!(across(|settings| settings.invite_team), invite);
    let default = ["member", "member", "member", "user", "member", "member"];
    assert_eq!(across(|settings| settings.join_default_role), default.map(role));
    assert_eq!(across(|settings| settings.join_default_profile), [Profile::ReadOnly; 6]);
    assert_eq!(across(|settings| settings.join_default_team), [None; 6]);
}

// rows: C-7, C-8, C-9
#[test]
fn who_has_keys_and_what_they_reach() {
    use PersonalKeys::{ByPermission, Everyone, Managers};
    let personal = across(|settings| settings.keys_personal);
    assert_eq!(personal, [Everyone, Everyone, ByPermission, ByPermission, Managers, ByPermission]);
    use KeysWithoutRole::{DefaultRole, Deny, ToolsOnly};
    let without_role = across(|settings| settings.keys_without_role);
    assert_eq!(without_role, [Deny, ToolsOnly, DefaultRole, Deny, Deny, Deny]);
    let wide = across(|settings| settings.keys_workspace_default_scope == KeyScope::All);
    assert_eq!(wide, [false, true, false, false, false, false]);
}

// rows: C-12, C-13, C-20
#[test]
fn what_is_given_to_whom_and_who_reaches_it_without() {
    use GrantsTo::{Person, Role, Team};
    let to: [&[GrantsTo]; 6] = [&[Person, Team, Role], &[Person], &[Role], &[Team], &[Role], &[Person, Team]];
    assert_eq!(across(|settings| settings.grants_to.clone()), to.map(|to| to.iter().copied().collect::<BTreeSet<_>>()));
    let implicit = across(|settings| settings.managers_implicit_access);
    assert_eq!(implicit, [true, true, true, false, true, true]);
    // A kind that is listed is seen by every member, also by those whose role sees no work at all.
    let listed = across(|settings| settings.resources_listed.iter().copied().collect::<Vec<_>>());
    assert_eq!(listed, [vec![], vec![], vec![], vec![ResourceKind::Grader], vec![], vec![]]);
    // A leader gives the team what everybody sees without a right to share it.
    let assigned = across(|settings| settings.teams_assign_listed.iter().copied().collect::<Vec<_>>());
    assert_eq!(assigned, listed);
}

// rows: C-6, C-14
#[test]
fn which_roles_can_be_changed_and_whether_there_can_be_others() {
    assert_eq!(across(|settings| settings.roles_custom), [true, true, true, false, false, false]);
    assert_eq!(across(|settings| settings.roles_extra_bindings), [false; 6]);
    let locked = NAMES.map(|name| preset(name).roles.iter().filter(|role| role.locked).count());
    let all = NAMES.map(|name| preset(name).roles.len());
    assert_eq!(locked, [1, 3, 1, all[3], 3, 1]);
    assert_eq!(all, [10, 3, 2, 6, 3, 6]);
}

#[test]
fn everywhere_an_invited_address_has_to_be_shown_and_a_link_lasts_a_week() {
    assert_eq!(across(|settings| settings.invite_address), [InvitedAddress::Proven; 6]);
    assert_eq!(across(|settings| settings.invite_lasts_days), [7; 6]);
}

#[test]
fn no_preset_asks_anybody_for_a_passkey_who_has_not_been_asked_to_add_one() {
    assert_eq!(across(|settings| settings.sign_in_second_factor), [SecondFactor::Off; 6]);
}

#[test]
fn everywhere_a_tool_that_its_server_changes_is_held_back() {
    assert_eq!(across(|settings| settings.tool_changes), [ToolChanges::Hold; 6]);
}

#[test]
fn only_our_own_preset_lists_agents_a_tool_to_ask_with() {
    assert_eq!(across(|settings| settings.requests_agent_tool), [true, false, false, false, false, false]);
}

// rows: TW-36, C-25
#[test]
fn what_only_records_and_workflows_know() {
    assert_eq!(across(|settings| settings.fields_widen), [false, false, true, false, false, false]);
    assert_eq!(across(|settings| settings.workflows_run_needs_edit), [false, false, true, false, false, false]);
}
