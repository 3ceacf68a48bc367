//! The ways of losing rights: the doors that each closes, and what takes the rights away.

use serde_json::{Value, json};

use super::doors::Door;
use super::stage::{INTEGRATIONS, Kind, Stage, Subject, issued};
use super::streams::Ends;
use crate::oauth::gate::{Tokens, VERIFIER, error};
use crate::world::Api;

/// A way of losing rights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Removed,
    Left,
    Suspended,
    DeactivatedByTheDirectory,
    Demoted,
    RoleNarrowed,
    TakenOutOfTheTeam,
    TeamDeleted,
    SignedOut,
    SessionsEnded,
    KeyRevoked,
    KeyGivenANewSecret,
    DelegationEnded,
    AgentSuspended,
    WorkspaceKeyRevoked,
    WorkspaceKeyGivenANewSecret,
    RoleOfTheKeyTaken,
    ConnectionEnded,
    ConnectionGivenANewSecret,
    OrganizationDeleted,
    ClientDisconnected,
    ClientDisconnectedByAnother,
    ClientGaveItsTokenUp,
    ClientGaveItsNextTokenUp,
    CodeOfTheClientCameAgain,
    PersonOfTheClientRemoved,
    PersonOfTheClientSuspended,
    PersonOfTheClientDemoted,
    OrganizationOfTheClientDeleted,
}

pub(super) const TOOLS: &[Door] = &[Door::Tools, Door::ToolsInSession];
pub(super) const BY_KEY: &[Door] = &[Door::ChangeByKey, Door::LookByKey, Door::Ask];
pub(super) const IN_BROWSER: &[Door] = &[Door::ChangeInBrowser, Door::LookInBrowser];
pub(super) const ASKED_ABOUT: &[Door] = &[Door::AskedAbout];
const OF_DIRECTORY: &[Door] = &[Door::Provision, Door::LookOverDirectory];

/// A line of the table.
pub(super) struct Row {
    /// Who loses their rights.
    pub(super) kind: Kind,
    /// The doors that close.
    pub(super) closes: &'static [&'static [Door]],
    /// The doors that stay open to them.
    pub(super) stays: &'static [&'static [Door]],
    /// What they had open and ends.
    pub(super) ends: Ends,
}

impl Way {
    #[rustfmt::skip]
    pub(super) fn row(self) -> Row {
        const MEMBER: &[&[Door]] = &[TOOLS, BY_KEY, IN_BROWSER, ASKED_ABOUT];
        const OTHER: &[&[Door]] = &[TOOLS, BY_KEY, ASKED_ABOUT];
        const KEY: &[&[Door]] = &[TOOLS, BY_KEY];
        const SESSION: &[&[Door]] = &[IN_BROWSER];
        const DIRECTORY: &[&[Door]] = &[OF_DIRECTORY];
        const CLIENT: &[&[Door]] = &[TOOLS];
        const PERSON: &[&[Door]] = &[TOOLS, IN_BROWSER, ASKED_ABOUT];
        let (kind, closes, stays, ends): (_, _, &'static [&'static [Door]], _) = match self {
            Way::Removed | Way::Left | Way::Suspended | Way::DeactivatedByTheDirectory | Way::OrganizationDeleted
                => (Kind::Member, MEMBER, &[], Ends::Everything),
            Way::Demoted | Way::RoleNarrowed => (Kind::Member, MEMBER, &[], Ends::Calls),
            Way::TakenOutOfTheTeam | Way::TeamDeleted => (Kind::InTeam, MEMBER, &[], Ends::Calls),
            Way::SignedOut | Way::SessionsEnded => (Kind::Member, SESSION, OTHER, Ends::Nothing),
            Way::KeyRevoked | Way::KeyGivenANewSecret => (Kind::Member, KEY, &[IN_BROWSER, ASKED_ABOUT], Ends::Everything),
            Way::DelegationEnded | Way::AgentSuspended => (Kind::Agent, OTHER, &[], Ends::Everything),
            Way::WorkspaceKeyRevoked => (Kind::Program, OTHER, &[], Ends::Everything),
            Way::WorkspaceKeyGivenANewSecret => (Kind::Program, KEY, &[ASKED_ABOUT], Ends::Everything),
            Way::RoleOfTheKeyTaken => (Kind::Program, OTHER, &[], Ends::Everything),
            Way::ConnectionEnded | Way::ConnectionGivenANewSecret => (Kind::Connection, DIRECTORY, &[], Ends::Nothing),
            Way::ClientDisconnected | Way::ClientDisconnectedByAnother | Way::ClientGaveItsTokenUp
            | Way::ClientGaveItsNextTokenUp | Way::CodeOfTheClientCameAgain
                => (Kind::Client, CLIENT, &[IN_BROWSER, ASKED_ABOUT], Ends::Everything),
            Way::PersonOfTheClientRemoved | Way::PersonOfTheClientSuspended | Way::OrganizationOfTheClientDeleted
                => (Kind::Client, PERSON, &[], Ends::Everything),
            Way::PersonOfTheClientDemoted => (Kind::Client, PERSON, &[], Ends::Calls),
        };
        Row { kind, closes, stays, ends }
    }

    /// What takes the rights away: it returns once the answer has been read.
    pub(super) fn act(self, stage: &Stage, subject: &Subject) -> Box<dyn FnOnce()> {
        let (firm, owner) = (&stage.firm, stage.firm.owner());
        let Subject { id, key, key_id, from, agent, .. } = subject;
        let member = format!("/members/{id}");
        let own = firm.with(key);
        let post = |api: Api, path: String| does(move || api.post(&path, json!({})));
        let patch = |api: Api, path: String, body: Value| does(move || api.patch(&path, body));
        let delete = |api: Api, path: String| does(move || api.delete(&path));
        match self {
            Way::Removed | Way::PersonOfTheClientRemoved => delete(owner, member),
            Way::Left => {
                let leaves =
                    ["organization.view", "member.view", "member.remove", "project.view:own", "project.edit:own"];
                let (status, role) = owner.patch(&format!("/roles/{from}"), json!({ "permissions": leaves }));
                assert_eq!(status, 200, "{role}");
                delete(own, member)
            }
            Way::Suspended | Way::PersonOfTheClientSuspended => post(owner, format!("{member}/suspend")),
            Way::DeactivatedByTheDirectory => {
                let new = json!({ "label": "Directory", "role": "idle", "tends": [from] });
                let directory = firm.directory(&issued(&owner, "/directory", new).1);
                let operations = json!([{ "op": "replace", "value": { "active": false } }]);
                patch(directory, format!("/Users/{id}"), json!({ "schemas": [], "Operations": operations }))
            }
            Way::Demoted | Way::PersonOfTheClientDemoted => patch(owner, member, json!({ "role": "idle" })),
            Way::RoleNarrowed => {
                // What the role has of tools goes first: each of the two ends at its own answer, and the last counts.
                let narrowed = json!({ "permissions": ["organization.view"] });
                let path = format!("/roles/{from}");
                does(move || {
                    for integration in INTEGRATIONS {
                        assert_eq!(owner.delete(&format!("{path}/integrations/{integration}")).0, 204);
                    }
                    owner.patch(&path, narrowed)
                })
            }
            Way::TakenOutOfTheTeam => delete(owner, format!("/teams/{from}{member}")),
            Way::TeamDeleted => delete(owner, format!("/teams/{from}")),
            Way::SignedOut => {
                let browser = subject.browser.clone().expect("a session");
                does(move || browser.api("DELETE", "/api/v1/session", None))
            }
            Way::SessionsEnded => delete(owner, format!("{member}/sessions")),
            Way::KeyRevoked | Way::WorkspaceKeyRevoked => delete(owner, format!("/keys/{key_id}")),
            Way::KeyGivenANewSecret => post(own, format!("/keys/{key_id}/rotate")),
            Way::WorkspaceKeyGivenANewSecret => post(owner, format!("/keys/{key_id}/rotate")),
            Way::DelegationEnded => delete(owner, format!("/agents/{agent}/delegations/{id}")),
            Way::AgentSuspended => patch(owner, format!("/agents/{agent}"), json!({ "suspended": true })),
            Way::RoleOfTheKeyTaken => patch(owner, format!("/keys/{key_id}"), json!({ "role": null })),
            Way::ConnectionEnded => delete(owner, format!("/directory/{key_id}")),
            Way::ConnectionGivenANewSecret => post(owner, format!("/directory/{key_id}/rotate")),
            Way::OrganizationDeleted | Way::OrganizationOfTheClientDeleted => {
                delete(owner, format!("?confirm={}", firm.org))
            }
            Way::ClientDisconnected => {
                let (browser, path) = (subject.browser.clone().expect("a session"), format!("/clients/{key_id}"));
                let path = format!("/api/v1/orgs/{}{path}", firm.org);
                does(move || browser.api("DELETE", &path, None))
            }
            Way::ClientDisconnectedByAnother => delete(owner, format!("{member}/clients/{key_id}")),
            Way::ClientGaveItsTokenUp => gives_up(stage, subject, |tokens| &tokens.access),
            Way::ClientGaveItsNextTokenUp => gives_up(stage, subject, |tokens| &tokens.refresh),
            Way::CodeOfTheClientCameAgain => {
                let (program, connected) = (stage.at_the_door(), subject.connected.as_ref().expect("a client"));
                let (client_id, code) = (connected.client_id.clone(), connected.code.clone());
                Box::new(move || {
                    let answer = program.exchange(&client_id, &code, VERIFIER);
                    assert_eq!(error(&answer), (400, "invalid_grant"), "{answer:?}");
                })
            }
        }
    }
}

/// The client says of one of its tokens that it is to be good no longer (RFC 7009).
fn gives_up(stage: &Stage, subject: &Subject, which: fn(&Tokens) -> &String) -> Box<dyn FnOnce()> {
    let (program, connected) = (stage.at_the_door(), subject.connected.as_ref().expect("a client"));
    let (client_id, token) = (connected.client_id.clone(), which(&connected.tokens).clone());
    does(move || program.revoke(&client_id, &token))
}

fn does(act: impl FnOnce() -> (u16, Value) + 'static) -> Box<dyn FnOnce()> {
    Box::new(move || {
        let (status, answer) = act();
        assert!(matches!(status, 200 | 204), "{status} {answer}");
    })
}
