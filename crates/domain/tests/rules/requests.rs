//! Access requests and loans: random commands about them, and stories.

use std::collections::BTreeSet;

use domain::command::Command;
use domain::grant::{Grantee, Profile};
use domain::id::RequestId;
use domain::key::{KeyKind, KeyScope};
use domain::permission::Permission;
use domain::request::{NewRequest, RequestState, Wanted};
use domain::resource::ResourceVerb;
use domain::time::Timestamp;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::Walk;
use crate::commands::{agent, grantees, integration, key, people, person, resource, role};
use crate::stories::{accept, company, look, refusal, tool};

fn request(number: u8) -> RequestId {
    RequestId::from_random([number; 20])
}

fn requests() -> impl Strategy<Value = RequestId> {
    (0..5u8).prop_map(request)
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop_oneof![
        3 => select(vec!["get", "sing"]).prop_map(call),
        1 => Just(Wanted::Use { permission: Permission::MemberView }),
        1 => (0..3u8).prop_map(|number| Wanted::Resource { verb: ResourceVerb::Edit, resource: resource(number) }),
    ]
}

fn call(tool: &str) -> Wanted {
    Wanted::CallTool { integration: integration(0), tool: tool.to_owned() }
}

pub(crate) fn of_requests() -> impl Strategy<Value = Command> {
    let new =
        (requests(), grantees(), option::of(people()), wanted()).prop_map(|(id, requester, acting_for, wanted)| {
            NewRequest { id, requester, acting_for, wanted, wished_ms: None }
        });
    let lent = (grantees(), select(&Profile::ALL[..]), 0..200i64);
    prop_oneof![
        6 => new.prop_map(Command::OpenRequest),
        2 => requests().prop_map(|request| Command::WithdrawRequest { request }),
        1 => (requests(), 1..30u64).prop_map(|(request, change)| {
            Command::GrantRequest { request, until: None, changes: vec![change] }
        }),
        1 => requests().prop_map(|request| Command::RefuseRequest { request }),
        4 => lent.prop_map(|(grantee, profile, end)| lend(grantee, profile, end)),
    ]
}

fn lend(grantee: Grantee, profile: Profile, end: i64) -> Command {
    let (integration, expires_at) = (integration(0), Timestamp(end));
    Command::LendGrant { grantee, integration, profile, tools_off: BTreeSet::new(), expires_at }
}

fn asks(number: u8, requester: Grantee, wanted: Wanted) -> Command {
    Command::OpenRequest(NewRequest { id: request(number), requester, acting_for: None, wanted, wished_ms: None })
}

const FAY: u8 = 1;

fn fay() -> Grantee {
    Grantee::Member(person(FAY))
}

fn use_of(permission: Permission) -> Wanted {
    Wanted::Use { permission }
}

#[test]
fn the_same_question_again_is_the_request_that_waits_and_a_new_one_once_it_was_decided() {
    let mut walk = company();
    let wanted = || use_of(Permission::AuditRead);
    accept(&mut walk, asks(0, fay(), wanted()));
    let before = walk.written.len();
    accept(&mut walk, asks(1, fay(), wanted()));
    assert_eq!((walk.written.len(), walk.state.open_requests().count()), (before, 1), "nothing is written twice");
    accept(&mut walk, asks(1, Grantee::Member(person(0)), wanted()));
    accept(&mut walk, Command::RefuseRequest { request: request(0) });
    assert_eq!(refusal(&walk, Command::RefuseRequest { request: request(0) }), "request-closed");
    assert_eq!(refusal(&walk, Command::WithdrawRequest { request: request(0) }), "request-closed");
    assert_eq!(refusal(&walk, Command::WithdrawRequest { request: request(9) }), "not-found");
    accept(&mut walk, asks(2, fay(), wanted()));
    accept(&mut walk, Command::GrantRequest { request: request(2), until: None, changes: vec![2, 3] });
    let granted = &walk.state.request(request(2)).unwrap().state;
    assert!(matches!(granted, RequestState::Granted { changes, .. } if *changes == [2, 3]), "{granted:?}");
}

#[test]
fn a_grant_names_changes_that_have_been_made_in_their_order() {
    let mut walk = company();
    accept(&mut walk, asks(0, fay(), use_of(Permission::AuditRead)));
    let last = walk.state.seq;
    for changes in [vec![], vec![0], vec![last + 1], vec![2, 2], vec![3, 2]] {
        let grant = Command::GrantRequest { request: request(0), until: None, changes };
        assert_eq!(refusal(&walk, grant), "no-changes");
    }
    let past = Command::GrantRequest { request: request(0), until: Some(Timestamp(0)), changes: vec![last] };
    assert_eq!(refusal(&walk, past), "in-the-past");
}

#[test]
fn twenty_requests_of_one_requester_wait_and_as_many_closed_ones_are_remembered() {
    let mut walk = company();
    let mut permissions = Permission::ALL.iter().map(|permission| use_of(*permission));
    for number in 0..20 {
        accept(&mut walk, asks(number, fay(), permissions.next().unwrap()));
    }
    assert_eq!(refusal(&walk, asks(20, fay(), permissions.next().unwrap())), "too-many-requests");
    accept(&mut walk, asks(21, Grantee::Member(person(0)), use_of(Permission::AuditRead)));
    for number in 0..20 {
        accept(&mut walk, Command::WithdrawRequest { request: request(number) });
    }
    accept(&mut walk, asks(22, fay(), permissions.next().unwrap()));
    assert_eq!(walk.state.requests_forgotten_next(fay()), [request(0)]);
    accept(&mut walk, Command::WithdrawRequest { request: request(22) });
    assert!(walk.state.request(request(0)).is_none(), "the oldest is forgotten");
    assert!(walk.state.request(request(1)).is_some());
}

#[test]
fn the_one_that_was_closed_last_is_remembered_however_long_it_waited() {
    let mut walk = company();
    let mut permissions = Permission::ALL.iter().map(|permission| use_of(*permission));
    accept(&mut walk, asks(0, fay(), permissions.next().unwrap()));
    for number in 1..=20 {
        accept(&mut walk, asks(number, fay(), permissions.next().unwrap()));
        accept(&mut walk, Command::WithdrawRequest { request: request(number) });
    }
    assert_eq!(walk.state.requests_forgotten_next(fay()), [request(1)]);
    accept(&mut walk, Command::RefuseRequest { request: request(0) });
    let refused = walk.state.request(request(0)).map(|refused| refused.state.as_str());
    assert_eq!((refused, walk.state.request(request(1))), (Some("refused"), None));
}

#[test]
fn what_an_agent_asks_for_one_person_stands_in_the_way_of_nobody_elses() {
    let mut walk = Walk::company();
    let agent = *walk.state.agents.keys().next().unwrap();
    let asks = |number, acting_for, permission| {
        let (id, requester, wanted) = (request(number), Grantee::Agent(agent), use_of(permission));
        Command::OpenRequest(NewRequest { id, requester, acting_for, wanted, wished_ms: None })
    };
    for (number, permission) in (0..20).zip(Permission::ALL) {
        accept(&mut walk, asks(number, None, *permission));
    }
    assert_eq!(refusal(&walk, asks(20, None, Permission::ALL[20])), "too-many-requests");
    accept(&mut walk, Command::Delegate { agent, person: person(0), expires_at: None });
    accept(&mut walk, asks(20, Some(person(0)), Permission::ALL[20]));
}

#[test]
fn requests_go_with_whoever_asked() {
    let mut walk = Walk::company();
    let wanted = || use_of(Permission::AuditRead);
    let (digest, hint) = (format!("{:064}", 8), String::new());
    let kind = KeyKind::Workspace { scope: KeyScope::Granted, role: None };
    accept(&mut walk, Command::CreateKey { key: key(8), kind, digest, hint, expires_at: None });
    let agent = *walk.state.agents.keys().next().unwrap();
    let member = walk.state.members.keys().copied().find(|member| *member != person(0)).unwrap();
    accept(&mut walk, Command::Delegate { agent, person: person(0), expires_at: None });
    for (number, requester) in [(0, Grantee::Member(member)), (1, Grantee::Agent(agent)), (2, Grantee::Key(key(8)))] {
        accept(&mut walk, asks(number, requester, wanted()));
        accept(&mut walk, asks(number + 10, requester, use_of(Permission::MemberView)));
        accept(&mut walk, Command::RefuseRequest { request: request(number + 10) });
    }
    let for_owner = NewRequest {
        id: request(3),
        requester: Grantee::Agent(agent),
        acting_for: Some(person(0)),
        wanted: wanted(),
        wished_ms: None,
    };
    accept(&mut walk, Command::OpenRequest(for_owner));
    let state = |walk: &Walk, number| walk.state.request(request(number)).map(|known| known.state.as_str());
    accept(&mut walk, Command::EndDelegation { agent, person: person(0) });
    assert_eq!([1, 3].map(|number| state(&walk, number)), [Some("open"), Some("ended")]);
    accept(&mut walk, Command::RemoveMember { person: member });
    accept(&mut walk, Command::RevokeKey { key: key(8) });
    assert_eq!([0, 10, 2, 12].map(|number| state(&walk, number)), [None; 4], "what is closed goes as well");
    assert_eq!([1, 11].map(|number| state(&walk, number)), [Some("open"), Some("refused")]);
    accept(&mut walk, Command::DeleteAgent { agent });
    assert_eq!([1, 11, 3].map(|number| state(&walk, number)), [None; 3]);
    let saved = serde_json::to_string(&walk.state).unwrap();
    assert!(!saved.contains("req_"), "nothing is left: {saved}");
}

#[test]
fn requests_end_with_what_they_ask_for() {
    let mut walk = company();
    let view = Wanted::ViewIntegration { integration: integration(0) };
    let remove = Wanted::RemoveMember { person: person(FAY) };
    for (number, wanted) in
        [(0, call("get")), (1, call("list")), (2, view), (3, use_of(Permission::AuditRead)), (4, remove)]
    {
        accept(&mut walk, asks(number, Grantee::Member(person(0)), wanted));
    }
    let state = |walk: &Walk| [0, 1, 2, 3, 4].map(|number| walk.state.request(request(number)).unwrap().state.as_str());
    accept(&mut walk, look(vec![tool("list")]));
    assert_eq!(state(&walk), ["ended", "open", "open", "open", "open"], "a tool");
    accept(&mut walk, look(vec![tool("list"), tool("get")]));
    assert_eq!(state(&walk), ["ended", "open", "open", "open", "open"], "one that comes back is asked for anew");
    accept(&mut walk, Command::DisconnectIntegration { integration: integration(0) });
    assert_eq!(state(&walk), ["ended", "ended", "ended", "open", "open"], "an integration");
    accept(&mut walk, Command::RemoveMember { person: person(FAY) });
    assert_eq!(state(&walk), ["ended", "ended", "ended", "open", "ended"], "a member");
}

#[test]
fn nobody_asks_in_the_name_of_others_or_for_what_is_not_there() {
    let walk = company();
    let wanted = || use_of(Permission::AuditRead);
    for requester in [Grantee::Role(role("member")), Grantee::Member(person(9)), Grantee::Agent(agent(9))] {
        assert_eq!(refusal(&walk, asks(0, requester, wanted())), "not-found", "{requester}");
    }
    assert_eq!(refusal(&walk, asks(0, fay(), call("no-such-tool"))), "not-found");
    let (id, requester) = (request(0), fay());
    let mut new = NewRequest { id, requester, acting_for: None, wanted: wanted(), wished_ms: Some(10) };
    assert_eq!(refusal(&walk, Command::OpenRequest(new.clone())), "bad-length");
    (new.wished_ms, new.acting_for) = (None, Some(person(0)));
    assert_eq!(refusal(&walk, Command::OpenRequest(new)), "not-found", "a member acts for nobody");
}

#[test]
fn a_loan_stands_beside_the_grant_and_ends_with_what_is_set_or_taken_by_hand() {
    let mut walk = Walk::company();
    let member = Grantee::Member(walk.state.members.keys().copied().find(|member| *member != person(0)).unwrap());
    let set = || Command::SetGrant {
        grantee: member,
        integration: integration(0),
        profile: Profile::ReadOnly,
        tools_off: BTreeSet::new(),
        expires_at: None,
    };
    accept(&mut walk, set());
    let end = walk.now.plus_ms(100).0;
    accept(&mut walk, lend(member, Profile::Full, end));
    accept(&mut walk, lend(member, Profile::NoDelete, end));
    let of = |walk: &Walk| walk.state.loans(member, integration(0)).len();
    let grant = walk.state.grant(member, integration(0)).map(|grant| grant.profile);
    assert_eq!((of(&walk), grant), (2, Some(Profile::ReadOnly)), "the grant is as it was");
    accept(&mut walk, set());
    assert_eq!(of(&walk), 0, "what is set is what is had");
    accept(&mut walk, lend(member, Profile::Full, end));
    accept(&mut walk, Command::RemoveGrant { grantee: member, integration: integration(0) });
    assert_eq!((of(&walk), walk.state.grant(member, integration(0))), (0, None));
    accept(&mut walk, lend(member, Profile::Full, end));
    accept(&mut walk, Command::RemoveGrant { grantee: member, integration: integration(0) });
    assert_eq!(of(&walk), 0, "also where there is no grant beside it");
    for number in 0..20 {
        accept(&mut walk, lend(member, Profile::Full, end + number));
    }
    assert_eq!(refusal(&walk, lend(member, Profile::Full, end + 20)), "too-many-loans");
    walk.now = Timestamp(end + 30);
    let later = walk.now.plus_ms(100).0;
    accept(&mut walk, lend(member, Profile::Full, later));
    assert_eq!(of(&walk), 1, "those that have ended are swept away");
    assert_eq!(refusal(&walk, lend(member, Profile::Full, 0)), "in-the-past");
}

#[test]
fn a_loan_that_has_ended_is_as_none_and_is_not_taken_away() {
    let mut walk = company();
    let set = || Command::SetGrant {
        grantee: fay(),
        integration: integration(0),
        profile: Profile::ReadOnly,
        tools_off: BTreeSet::new(),
        expires_at: None,
    };
    let take = || Command::RemoveGrant { grantee: fay(), integration: integration(0) };
    let lent_and_over = |walk: &mut Walk| {
        let end = walk.now.plus_ms(10);
        accept(walk, lend(fay(), Profile::Full, end.0));
        walk.now = end;
        walk.written.len()
    };
    let before = lent_and_over(&mut walk);
    assert_eq!(refusal(&walk, take()), "not-found");
    accept(&mut walk, set());
    assert_eq!(walk.written.len(), before + 1);
    let before = lent_and_over(&mut walk);
    accept(&mut walk, set());
    assert_eq!(walk.written.len(), before, "nothing changes");
    accept(&mut walk, take());
}

#[test]
fn what_runs_is_lent_again_while_an_upstream_does_not_list_a_tool_that_is_off() {
    let mut walk = company();
    let lent = Command::LendGrant {
        grantee: fay(),
        integration: integration(0),
        profile: Profile::Full,
        tools_off: BTreeSet::from(["get".to_owned()]),
        expires_at: walk.now.plus_ms(1_000),
    };
    let set = Command::SetGrant {
        grantee: fay(),
        integration: integration(0),
        profile: Profile::ReadOnly,
        tools_off: BTreeSet::new(),
        expires_at: None,
    };
    let listed = |tools: &[&str]| look(tools.iter().map(|name| tool(name)).collect());
    accept(&mut walk, lent.clone());
    accept(&mut walk, listed(&["list"]));
    accept(&mut walk, set);
    assert_eq!(walk.state.loans(fay(), integration(0)).len(), 0);
    accept(&mut walk, lent.clone());
    accept(&mut walk, listed(&["get", "list"]));
    assert!(walk.state.loans(fay(), integration(0))[0].tools_off.contains("get"), "it came back, and would be on");
    accept(&mut walk, Command::DisconnectIntegration { integration: integration(0) });
    assert_eq!(refusal(&walk, lent), "not-found");
}
