//! What went wrong once, each with its story.

use std::collections::BTreeSet;

use domain::command::{self, Command};
use domain::grant::{Grantee, Profile};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, IntegrationEdit, Listed, Slug, ToolClass};
use domain::key::{KeyKind, KeyScope};
use domain::organization::{SettingChange, ToolChanges};

use crate::Walk;
use crate::commands::{balanced, integration, key, person, role};

pub(crate) fn tool(name: &str) -> DiscoveredTool {
    let (class, suggested) = (ToolClass::Read, ToolClass::Read);
    DiscoveredTool { name: name.to_owned(), definition: "{}".into(), class, suggested, evidence: Vec::new() }
}

fn stripe() -> Integration {
    Integration {
        id: integration(0),
        slug: Slug::parse("stripe").unwrap(),
        title: "Stripe".to_owned(),
        purpose: String::new(),
        url: "https://stripe.example/mcp".to_owned(),
        credential: CredentialKind::Bearer,
        paused: false,
        tools: [].into(),
        found: [].into(),
    }
}

/// A look at stripe, which lists these tools.
pub(crate) fn look(tools: Vec<DiscoveredTool>) -> Command {
    Command::RefreshTools { integration: integration(0), listed: tools.into(), first: true }
}

/// Founded, with stripe and its tools `get` and `list`, and with person 1 as a member. What stripe changes is taken over.
pub(crate) fn company() -> Walk {
    let mut walk = Walk::found();
    let changes = vec![SettingChange::ToolChanges(ToolChanges::Take)];
    accept(&mut walk, Command::ChangeSettings { name: None, changes });
    let tools = vec![tool("get"), tool("list")];
    accept(&mut walk, Command::ConnectIntegration { integration: Box::new(stripe()), listed: tools.into() });
    accept(&mut walk, Command::AddMember { person: person(1), role: role("member") });
    walk
}

pub(crate) fn accept(walk: &mut Walk, command: Command) {
    assert!(walk.take(command.clone()).unwrap(), "{command:?} was refused");
}

pub(crate) fn refuse(walk: &mut Walk, command: Command) {
    assert!(!walk.take(command.clone()).unwrap(), "{command:?} was accepted");
}

/// The code with which a command is refused.
pub(crate) fn refusal(walk: &Walk, command: Command) -> &'static str {
    command::handle(&walk.state, command, walk.now).unwrap_err().code
}

fn workspace_key(scope: KeyScope) -> Command {
    let kind = KeyKind::Workspace { scope, role: None };
    Command::CreateKey { key: key(0), kind, digest: "0".repeat(64), hint: "…0".to_owned(), expires_at: None }
}

#[test]
fn a_profile_can_be_changed_while_a_tool_that_is_off_is_gone_from_the_upstream() {
    let mut walk = company();
    let grant = |profile, off: &str| Command::SetGrant {
        grantee: Grantee::Member(person(1)),
        integration: integration(0),
        profile,
        tools_off: BTreeSet::from([off.to_owned()]),
        expires_at: None,
    };
    accept(&mut walk, grant(Profile::ReadOnly, "get"));
    accept(&mut walk, look(vec![tool("list")]));
    accept(&mut walk, grant(Profile::Full, "get"));
    accept(&mut walk, look(vec![tool("list"), tool("get")]));
    let kept = walk.state.grant(Grantee::Member(person(1)), integration(0)).unwrap();
    assert!(kept.tools_off.contains("get"), "the tool came back from the upstream and was on");
    refuse(&mut walk, grant(Profile::Full, "unheard-of"));
}

#[test]
fn a_tool_that_its_upstream_takes_back_and_lists_again_is_as_people_decided() {
    let mut walk = company();
    let review = (Some(ToolClass::Delete), Some(true));
    let get = "get".to_owned();
    accept(&mut walk, Command::ReviewTool { integration: integration(0), tool: get, class: review.0, off: review.1 });
    accept(&mut walk, look(vec![tool("list")]));
    accept(&mut walk, look(vec![]));
    assert!(walk.state.integrations[&integration(0)].tools.is_empty());
    accept(&mut walk, look(vec![tool("get"), tool("list")]));
    let back = &walk.state.integrations[&integration(0)].tools["get"];
    assert_eq!((back.class, back.off), (ToolClass::Delete, true));
    assert!(walk.state.withdrawn.is_empty());
}

#[test]
fn an_id_that_a_key_had_is_never_given_to_another() {
    let mut walk = company();
    accept(&mut walk, workspace_key(KeyScope::Granted));
    refuse(&mut walk, workspace_key(KeyScope::All));
    accept(&mut walk, Command::RevokeKey { key: key(0) });
    refuse(&mut walk, workspace_key(KeyScope::All));
    let (digest, hint) = ("1".repeat(64), "…1".to_owned());
    refuse(
        &mut walk,
        Command::AddMemberWithKey {
            person: person(2),
            role: role("member"),
            key: key(0),
            digest,
            hint,
            expires_at: None,
        },
    );
    assert!(walk.state.active_member(person(2)).is_none());
}

#[test]
fn an_id_that_an_integration_has_is_never_given_to_another() {
    let mut walk = company();
    let other = Integration { slug: Slug::parse("other").unwrap(), ..stripe() };
    refuse(&mut walk, Command::ConnectIntegration { integration: Box::new(other), listed: Listed::default() });
}

#[test]
fn a_role_that_members_cannot_have_is_no_default_for_newcomers() {
    let mut walk = company();
    let changes = vec![SettingChange::JoinDefaultRole(role("bot"))];
    refuse(&mut walk, Command::ChangeSettings { name: None, changes });
}

#[test]
fn an_edit_that_changes_nothing_is_no_event_and_a_new_secret_of_the_same_kind_is_one() {
    let mut walk = company();
    let before = walk.state.seq;
    let same = IntegrationEdit { title: Some("Stripe".to_owned()), paused: Some(false), ..Default::default() };
    accept(&mut walk, Command::EditIntegration { integration: integration(0), edit: same });
    assert_eq!(walk.state.seq, before);
    let secret = IntegrationEdit { credential: Some(CredentialKind::Bearer), ..Default::default() };
    accept(&mut walk, Command::EditIntegration { integration: integration(0), edit: secret });
    assert_eq!(walk.state.seq, before + 1);
}

#[test]
fn what_was_given_to_a_key_ends_with_the_key() {
    let mut walk = company();
    accept(&mut walk, workspace_key(KeyScope::All));
    let (grantee, integration, tools_off) = (Grantee::Key(key(0)), integration(0), BTreeSet::new());
    let profile = Profile::Full;
    accept(&mut walk, Command::SetGrant { grantee, integration, profile, tools_off, expires_at: None });
    accept(&mut walk, Command::RevokeKey { key: key(0) });
    assert!(walk.state.grants.is_empty());
}

#[test]
fn an_integration_never_loses_its_name() {
    let mut walk = company();
    let blank = IntegrationEdit { title: Some(" ".to_owned()), ..Default::default() };
    refuse(&mut walk, Command::EditIntegration { integration: integration(0), edit: blank });
    let turned = IntegrationEdit { title: Some("Stripe\u{202e}".to_owned()), ..Default::default() };
    assert_eq!(refusal(&walk, Command::EditIntegration { integration: integration(0), edit: turned }), "bad-text");
}

#[test]
fn a_preset_that_has_room_for_no_owner_is_refused() {
    let mut preset = balanced();
    preset.settings.owners_max = Some(0);
    assert_eq!(preset.check().unwrap_err().code, "bad-preset");
}

#[test]
fn a_tool_that_changed_after_its_review_counts_as_deleting_until_somebody_looks_again() {
    let mut walk = company();
    let review = |class| Command::ReviewTool {
        integration: integration(0),
        tool: "get".to_owned(),
        class: Some(class),
        off: None,
    };
    accept(&mut walk, review(ToolClass::Read));
    let mut changed = tool("get");
    changed.definition = "{\"changed\":true}".into();
    let refresh = look(vec![changed, tool("list")]);
    for _ in 0..2 {
        accept(&mut walk, refresh.clone());
        assert_eq!(walk.state.integrations[&integration(0)].tools["get"].class, ToolClass::Unclassified);
    }
    accept(&mut walk, review(ToolClass::Write));
    accept(&mut walk, refresh);
    assert_eq!(walk.state.integrations[&integration(0)].tools["get"].class, ToolClass::Write);
}

#[test]
fn no_integration_is_called_as_our_own_tools_are() {
    let walk = company();
    let named = |slug: &str| {
        let integration = Integration { id: integration(1), slug: Slug::parse(slug).unwrap(), ..stripe() };
        let connect = Command::ConnectIntegration { integration: Box::new(integration), listed: Listed::default() };
        command::handle(&walk.state, connect, walk.now).map_err(|refusal| (refusal.code, refusal.field))
    };
    assert_eq!(named("wardroom").unwrap_err(), ("slug-taken", Some("slug")));
    assert!(named("wardroom-2").is_ok());
}
