//! What access requests tell nobody: what is hidden from whoever asks, who decides where nobody is seen, and that others
//! have asked at all.

use app::agents::{AgentChange, NewAgent};
use app::ask::Wording;
use app::grants::{GrantChange, Receiver};
use app::integrations::IntegrationChange;
use app::keys::{NewAgentKey, NewKeyOf};
use app::requests::{RequestToOpen, Told, Which};
use app::roles::{NewRole, RoleChange};
use app::{Caller, Problem};
use domain::grant::Profile;
use domain::permission::Holding;
use domain::request::Wanted;
use domain::role::RoleLevel;

use crate::world::{Acme, MEMBER, World, first_key};

fn open(action: &str, kind: &str, name: &str) -> RequestToOpen {
    let wording = Wording { action: action.to_owned(), kind: kind.to_owned(), name: name.to_owned(), role: None };
    RequestToOpen { wording, note: None, lasts_ms: None }
}

async fn give_all_but_refunds(world: &World, acme: &Acme, to: &str) {
    let tools_off = Some(["create_refund".to_owned()].into());
    let change = GrantChange { profile: Some(Profile::NoDelete), tools_off, expires_at: None };
    world.app.set_grant(&acme.admin, Receiver::Member(to), "stripe", change).await.unwrap();
}

/// Somebody who sees nobody, with all of stripe but refunds.
async fn blind(world: &World, acme: &Acme) -> Caller {
    let change =
        RoleChange { permissions: Some(Holding::parse(["organization.view"]).unwrap()), ..RoleChange::default() };
    let new = NewRole { id: None, title: "Blind".to_owned(), level: RoleLevel::Organization, change };
    world.app.create_role(&acme.owner, new).await.unwrap();
    let added = world.add(&acme.owner, "blind@acme.example", "Bea Onyx", "blind").await.unwrap();
    give_all_but_refunds(world, acme, "blind@acme.example").await;
    world.caller(first_key(&added)).await
}

fn id(detail: &app::requests::RequestDetail) -> String {
    detail.view.request.asked.id.to_string()
}

#[tokio::test]
async fn one_who_is_suspended_is_told_the_same_of_what_is_hidden_and_of_what_is_not_there() {
    let world = World::new();
    let acme = world.acme().await;
    let new = NewAgent { title: "Scout".to_owned(), role: None, sponsor: None, expires_at: None };
    let agent = world.app.create_agent(&acme.owner, new).await.unwrap().agent.id;
    let of = NewKeyOf::Agent(NewAgentKey { agent: agent.to_string(), acting_for: None });
    let key = world.app.create_key(&acme.owner, "k", of, None).await.unwrap();
    let scout = world.caller(key.secret.reveal()).await;
    let change = AgentChange { suspended: Some(true), ..AgentChange::default() };
    world.app.edit_agent(&acme.owner, agent.as_str(), change).await.unwrap();

    let mut answers = Vec::new();
    for (action, kind, name) in [
        ("call", "tool", "stripe/create_refund"),
        ("call", "tool", "stripe/nonsense"),
        ("call", "tool", "nonsense/create_refund"),
        ("view", "integration", "stripe"),
        ("view", "integration", "nonsense"),
        ("remove", "member", MEMBER),
        ("remove", "member", "nobody@acme.example"),
    ] {
        let answer = world.app.open_request(&scout, &open(action, kind, name)).await.unwrap_err();
        assert!(
            matches!(&answer, Problem::Denied { explanation, .. } if explanation.code == "suspended"),
            "{answer:?}"
        );
        answers.push(format!("{answer:?}"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn who_decided_a_request_is_named_to_those_who_see_who_is_here() {
    let world = World::new();
    let acme = world.acme().await;
    let blind = blind(&world, &acme).await;
    give_all_but_refunds(&world, &acme, MEMBER).await;
    let integration = blind.live.snapshot().integration_by_slug("stripe").unwrap().id;
    let wanted = Wanted::CallTool { integration, tool: "create_refund".to_owned() };
    for (caller, named) in [(&blind, None), (&acme.member, Some("Adam Feldspar"))] {
        let opened = world.app.open_request(caller, &open("call", "tool", "stripe/create_refund")).await.unwrap();
        assert_eq!(opened.waits_for.is_empty(), named.is_none(), "{opened:?}");
        world.app.refuse_request(&acme.admin, &id(&opened), "not this week").await.unwrap();
        let shown = world.app.show_request(caller, &id(&opened)).await.unwrap();
        assert_eq!(shown.view.decided_by.as_deref(), named);
        let told = world.app.request_told(caller, &wanted).await.unwrap();
        assert!(format!("{told:?}").contains("not this week"), "{told:?}");
        assert_eq!(format!("{told:?}").contains("Feldspar"), named.is_some(), "{told:?}");
        assert!(matches!(told, Some(Told::Refused { .. })));
    }
}

#[tokio::test]
async fn a_request_tells_nothing_of_an_integration_that_its_requester_has_lost() {
    let world = World::new();
    let acme = world.acme().await;
    give_all_but_refunds(&world, &acme, MEMBER).await;
    let opened = world.app.open_request(&acme.member, &open("call", "tool", "stripe/create_refund")).await.unwrap();
    assert_eq!(opened.view.says, "call create_refund of STRIPE");
    world.app.remove_grant(&acme.admin, Receiver::Member(MEMBER), "stripe").await.unwrap();
    let change = IntegrationChange { title: Some("Project Zeus".to_owned()), ..IntegrationChange::default() };
    world.app.edit_integration(&acme.admin, "stripe", change).await.unwrap();
    let shown = world.app.show_request(&acme.member, &id(&opened)).await.unwrap();
    assert_eq!(shown.view.says, "call create_refund of an integration");
    assert!(!format!("{shown:?}").contains("Zeus") && shown.view.wording.name.starts_with("int_"), "{shown:?}");
    let shown = world.app.show_request(&acme.admin, &id(&opened)).await.unwrap();
    assert_eq!(shown.view.says, "call create_refund of Project Zeus");
}

#[tokio::test]
async fn a_page_ends_for_whoever_sees_nothing_further_as_if_nobody_else_had_asked() {
    let world = World::new();
    let acme = world.acme().await;
    give_all_but_refunds(&world, &acme, MEMBER).await;
    let added = world.add(&acme.owner, "opal@acme.example", "Opal Flint", "member").await.unwrap();
    let opal = world.caller(first_key(&added)).await;
    give_all_but_refunds(&world, &acme, "opal@acme.example").await;
    let page = async |caller: &Caller, limit, state, cursor: Option<String>| {
        let which = Which { state, mine: false, cursor: cursor.as_deref(), limit };
        let page = world.app.list_requests(caller, which).await.unwrap();
        (page.items.iter().map(|item| item.request.since_seq).collect::<Vec<_>>(), page.next)
    };
    let refund = || open("call", "tool", "stripe/create_refund");
    let older = world.app.open_request(&opal, &refund()).await.unwrap();
    let own = world.app.open_request(&acme.member, &refund()).await.unwrap().view.request.since_seq;
    world.app.open_request(&opal, &open("call", "tool", "stripe/delete_customer")).await.unwrap();
    for state in [None, Some("open")] {
        assert_eq!(page(&acme.member, 1, state, None).await, (vec![own], None), "{state:?}");
    }
    let (first, next) = page(&acme.admin, 1, None, None).await;
    assert_eq!(page(&acme.member, 1, Some("open"), next.clone()).await, (vec![own], None));
    let (second, next) = page(&acme.admin, 1, None, next).await;
    assert_eq!(page(&acme.member, 1, Some("open"), next.clone()).await, (vec![], None));
    let (third, end) = page(&acme.admin, 1, None, next).await;
    assert_eq!((second, third, end), (vec![own], vec![older.view.request.since_seq], None));
    assert!(first[0] > own);
}

#[tokio::test]
async fn not_even_very_many_requests_of_others_show_to_whoever_decides_none_of_them() {
    let world = World::new();
    let acme = world.acme().await;
    for number in 0..7 {
        let email = format!("asks{number}@acme.example");
        let added = world.add(&acme.owner, &email, "Asks", "member").await.unwrap();
        let asks = world.caller(first_key(&added)).await;
        let wanted = [
            "member.add",
            "member.remove",
            "role.edit",
            "role.assign",
            "integration.connect",
            "audit.read",
            "access.explain",
            "organization.edit",
            "tool.review",
            "grant.assign",
            "key.issue",
            "agent.manage",
            "team.create",
            "team.edit",
            "key.manage_workspace",
        ];
        for action in wanted {
            world.app.open_request(&asks, &open(action, "organization", "")).await.unwrap();
        }
    }
    let which = Which { limit: 10, ..Which::default() };
    let change = RoleChange {
        permissions: Some(Holding::parse(["organization.view", "team.view", "team.members"]).unwrap()),
        ..RoleChange::default()
    };
    let new = NewRole { id: None, title: "Host".to_owned(), level: RoleLevel::Organization, change };
    world.app.create_role(&acme.owner, new).await.unwrap();
    let host = world.add(&acme.owner, "host@acme.example", "Hal Slate", "host").await.unwrap();
    // One who decides nothing, and one who decides some, though none of these.
    for caller in [&acme.member, &world.caller(first_key(&host)).await] {
        let page = world.app.list_requests(caller, which).await.unwrap();
        assert_eq!((page.items.len(), page.next), (0, None));
    }
}
