//! What nobody may learn by the way: who is known to other organizations, what is hidden now and was not once, whose
//! names stand behind an answer.

use app::Problem;
use app::access::Whose;
use app::agents::{AgentChange, NewAgent};
use app::ask::{At, Inquiry, Party, Wording};
use app::audit::{AuditQuery, Entry};
use app::grants::Receiver;
use app::impact::Mode;
use app::keys::{NewAgentKey, NewKeyOf, NewPersonalKey};
use app::members::{MemberChange, NewMember};
use app::objects::NewObject;
use app::requests::RequestToOpen;
use app::resources::{ResourceToMake, Sharing};
use app::roles::{HistoryCursor, NewRole, RoleChange};
use app::{App, Caller};
use domain::grant::Profile;
use domain::object::{DataName, DataRules, FieldRule, ObjectRule, Rule};
use domain::organization::{GrantsTo, SettingChange};
use domain::permission::Holding;
use domain::resource::{ResourceKind, Shared};
use domain::role::RoleLevel;

use crate::world::{ADMIN, Acme, MEMBER, World, code_of, first_key};

const ZOE: &str = "zoe@other.example";

fn to(action: &str, kind: &str, name: &str) -> Wording {
    Wording { action: action.to_owned(), kind: kind.to_owned(), name: name.to_owned(), role: None }
}

fn about_oneself(wording: Wording) -> Inquiry {
    Inquiry { subject: None, acting_for: None, wording, at: None, remedies: false }
}

async fn role(world: &World, by: &Caller, title: &str, level: RoleLevel, held: &[&str]) {
    let change = RoleChange { permissions: Some(Holding::parse(held).unwrap()), ..RoleChange::default() };
    let new = NewRole { id: None, title: title.to_owned(), level, change };
    world.app.create_role(by, new).await.unwrap();
}

/// Somebody new with a role of their own.
async fn hired(world: &World, acme: &Acme, title: &str, held: &[&str]) -> Caller {
    role(world, &acme.owner, title, RoleLevel::Organization, held).await;
    let id = title.to_lowercase();
    let added = world.add(&acme.owner, &format!("{id}@acme.example"), title, &id).await.unwrap();
    world.caller(first_key(&added)).await
}

async fn other_organization(world: &World) -> Caller {
    let founded = world.found("Other", ZOE).await.unwrap();
    world.caller(founded.key.reveal()).await
}

#[tokio::test]
async fn who_is_known_to_another_organization_is_as_unknown_here_as_nobody() {
    let world = World::new();
    let acme = world.acme().await;
    let zoe = other_organization(&world).await.actor.subject.person().unwrap();
    for (caller, of) in [(&acme.member, MEMBER), (&acme.owner, ADMIN)] {
        let me = Party { kind: "user".to_owned(), id: of.to_owned(), acting_for: None };
        let mut answers = Vec::new();
        for name in ["nobody@nowhere.example", ZOE, zoe.as_str(), "per_00000000000000000000"] {
            let mut sitting = world.app.sit(caller);
            answers.push(sitting.decide(&me, &to("remove", "member", name)).await.unwrap());
        }
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer.code == "no-such-target"), "{answers:?}");
    }
    let party = |id: &str| Party { kind: "user".to_owned(), id: id.to_owned(), acting_for: None };
    let asked = to("member.view", "organization", acme.org.as_str());
    let mut sitting = world.app.sit(&acme.owner);
    let unknown = sitting.decide(&party("nobody@nowhere.example"), &asked).await.unwrap();
    assert_eq!(sitting.decide(&party(ZOE), &asked).await.unwrap(), unknown);
}

#[tokio::test]
async fn a_person_is_called_in_each_organization_what_was_written_there() {
    let world = World::new();
    let acme = world.acme().await;
    let other = other_organization(&world).await;
    let new = |email: &str| NewMember {
        email: email.to_owned(),
        name: "Guess".to_owned(),
        role: Some("member".to_owned()),
        key_label: None,
    };
    let looking = Caller { mode: Mode { preview: true, ..Mode::default() }, ..acme.admin.clone() };
    for email in ["Zoe@OTHER.example", "nobody@nowhere.example"] {
        let told = match world.app.add_member(&looking, new(email)).await {
            Err(Problem::Previewed(impact)) => impact.summary(),
            other => panic!("{other:?}"),
        };
        assert!(told[0].starts_with("Guess: comes in"), "{told:?}");
        let added = world.app.add_member(&acme.admin, new(email)).await.unwrap().member;
        assert_eq!((added.name.as_str(), added.email.as_str()), ("Guess", email));
        assert_eq!(world.app.show_member(&acme.member, email).await.unwrap().name, "Guess");
    }
    let there = world.app.show_member(&other, ZOE).await.unwrap();
    assert_eq!((there.name.as_str(), there.email.as_str()), ("Olivia Quartz", ZOE));
}

#[tokio::test]
async fn what_is_hidden_now_does_not_show_through_the_past() {
    let world = World::new();
    let acme = world.acme().await;
    let before = acme.owner.live.snapshot().seq();
    let added = world.add(&acme.owner, "new@acme.example", "New", "member").await.unwrap();
    let newcomer = world.caller(first_key(&added)).await;
    for seq in [before, newcomer.live.snapshot().seq()] {
        for name in ["stripe", "nosuch"] {
            let asked = Inquiry { at: Some(At::Seq(seq)), ..about_oneself(to("view", "integration", name)) };
            assert_eq!(code_of(world.app.ask(&newcomer, &asked).await), "missing", "{name} at {seq}");
        }
        let mut answers = Vec::new();
        for name in ["stripe/create_refund", "nosuch/create_refund", "stripe/nosuch"] {
            let asked = Inquiry { remedies: true, at: Some(At::Seq(seq)), ..about_oneself(to("call", "tool", name)) };
            let answer = world.app.ask(&newcomer, &asked).await.unwrap();
            assert!(answer.because.contains("there is no tool"), "{answer:?}");
            answers.push((answer.allowed, answer.code, answer.remedies, answer.chain.len()));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    // What they have now, they may also ask the past about; and an owner about everything.
    world.give(&acme.owner, Receiver::Member("new@acme.example"), "stripe", Profile::ReadOnly).await.unwrap();
    let asked = Inquiry { at: Some(At::Seq(before)), ..about_oneself(to("call", "tool", "stripe/list_customers")) };
    assert_eq!(world.app.ask(&newcomer, &asked).await.unwrap().code, "not-a-member");
    world.app.disconnect_integration(&acme.owner, "mail").await.unwrap();
    let asked = Inquiry { at: Some(At::Seq(before)), ..about_oneself(to("view", "integration", "mail")) };
    assert!(world.app.ask(&acme.owner, &asked).await.unwrap().allowed);
}

#[tokio::test]
async fn remedies_name_nothing_that_is_hidden_from_whoever_is_told() {
    let world = World::new();
    let acme = world.acme().await;
    let listed = SettingChange::ResourcesListed([ResourceKind::Grader].into());
    let to_all = SettingChange::GrantsTo([GrantsTo::Person, GrantsTo::Team, GrantsTo::Role].into());
    world.app.change_settings(&acme.owner, None, vec![listed, to_all]).await.unwrap();
    role(&world, &acme.owner, "Team grader", RoleLevel::Team, &["grader.view:team", "grader.use:team"]).await;
    world.app.create_team(&acme.owner, "Layoffs 2027".to_owned()).await.unwrap();
    let made = ResourceToMake { kind: ResourceKind::Grader, title: "Essays".to_owned(), tier: None, owner: None };
    let grader = world.app.create_resource(&acme.owner, made).await.unwrap().id;
    world.app.assign_resource(&acme.owner, (grader.as_str(), "Layoffs 2027")).await.unwrap();
    let blind = hired(&world, &acme, "Blind", &["organization.view", "role.view"]).await;

    let asked = Inquiry { remedies: true, ..about_oneself(to("use", "grader", grader.as_str())) };
    let told = world.app.ask(&blind, &asked).await.unwrap();
    assert!(!told.allowed && !told.remedies.is_empty(), "{told:?}");
    assert!(!format!("{told:?}").contains("Layoffs"), "{told:?}");
    let open = RequestToOpen { wording: asked.wording.clone(), note: None, lasts_ms: None };
    let opened = world.app.open_request(&blind, &open).await.unwrap();
    let id = opened.view.request.asked.id.to_string();
    let shown = world.app.show_request(&blind, &id).await.unwrap();
    for told in [opened, shown] {
        assert!(!told.remedies.is_empty() && !format!("{:?}", told.remedies).contains("Layoffs"), "{told:?}");
    }
    let shown = world.app.show_request(&acme.owner, &id).await.unwrap();
    assert!(format!("{:?}", shown.remedies).contains("Layoffs"), "whoever could do it is told: {shown:?}");
    let asked = Inquiry { subject: Some("blind@acme.example".to_owned()), ..asked };
    let told = world.app.ask(&acme.owner, &asked).await.unwrap();
    assert!(format!("{told:?}").contains("Layoffs"), "whoever may explain access learns of it: {told:?}");
}

fn name(text: &str) -> DataName {
    DataName::parse(text).unwrap()
}

/// An object with a secret field, and a role with rules about both.
async fn acquisitions(world: &World, acme: &Acme) {
    let fields = [("target_price".to_owned(), "Target price".to_owned())].into();
    let object = NewObject { title: "Acquisitions".to_owned(), fields };
    world.app.define_object(&acme.owner, "acquisitions", object).await.unwrap();
    role(world, &acme.owner, "Dealmaker", RoleLevel::Organization, &["data.see"]).await;
    let field = FieldRule { edit: Rule::Deny, ..FieldRule::default() };
    let rule = ObjectRule { see: Rule::Allow, fields: [(name("target_price"), field)].into(), ..ObjectRule::default() };
    let data = DataRules { objects: [(name("acquisitions"), rule)].into() };
    let change = RoleChange { data: Some(data), ..RoleChange::default() };
    world.app.change_role(&acme.owner, "dealmaker", change).await.unwrap();
}

async fn everything_about_roles(app: &App, caller: &Caller) -> String {
    let history = app.role_history(caller, "dealmaker", HistoryCursor::default(), 10).await.unwrap();
    let document = app.export_document(caller).await.unwrap();
    let shown = app.show_role(caller, "dealmaker").await.unwrap();
    format!("{history:?} {document:?} {shown:?}")
}

#[tokio::test]
async fn roles_tell_of_objects_and_fields_only_those_that_the_reader_may_know_of() {
    let world = World::new();
    let acme = world.acme().await;
    acquisitions(&world, &acme).await;
    let told = everything_about_roles(&world.app, &acme.member).await;
    assert!(!told.contains("acquisitions") && !told.contains("target_price"), "{told}");

    let reader = hired(&world, &acme, "Reader", &["organization.view", "role.view", "data.see"]).await;
    let field = FieldRule { see: Rule::Deny, ..FieldRule::default() };
    let rule = ObjectRule { fields: [(name("target_price"), field)].into(), ..ObjectRule::default() };
    let data = DataRules { objects: [(name("acquisitions"), rule)].into() };
    let change = RoleChange { data: Some(data), ..RoleChange::default() };
    world.app.change_role(&acme.owner, "reader", change).await.unwrap();
    let told = everything_about_roles(&world.app, &reader).await;
    assert!(told.contains("acquisitions") && !told.contains("target_price"), "{told}");
    let document = world.app.export_document(&reader).await.unwrap();
    assert!(document.roles.is_none(), "half of a section would be a lie");
    // Whoever plans against what they do not see learns nothing either.
    let whole = world.app.export_document(&acme.owner).await.unwrap();
    let roles = app::policy_file::Document {
        name: None,
        settings: None,
        objects: None,
        members: None,
        teams: None,
        agents: None,
        integrations: None,
        grants: None,
        ..whole
    };
    assert!(world.app.plan_document(&reader, &roles).await.is_err());

    let told = everything_about_roles(&world.app, &acme.owner).await;
    assert!(told.contains("acquisitions") && told.contains("target_price"), "{told}");
}

#[tokio::test]
async fn who_could_help_or_did_something_is_named_to_those_who_see_who_is_here() {
    let world = World::new();
    let acme = world.acme().await;
    let blind = hired(&world, &acme, "Blind", &["organization.view"]).await;
    for (caller, is_told) in [(&blind, false), (&acme.member, true)] {
        match world.app.remove_member(caller, ADMIN).await {
            Err(Problem::Denied { ask, .. }) => assert!(is_told && !ask.is_empty(), "{ask:?}"),
            Err(Problem::Missing { .. }) => assert!(!is_told, "as a member is denied who sees them"),
            other => panic!("{other:?}"),
        }
        let asked = about_oneself(to("member.remove", "organization", ""));
        assert_eq!(!world.app.ask(caller, &asked).await.unwrap().ask.is_empty(), is_told);
        let me = Party { kind: "user".to_owned(), id: caller.actor.subject.as_str().to_owned(), acting_for: None };
        let wording = to("member.remove", "organization", acme.org.as_str());
        assert_eq!(!world.app.sit(caller).decide(&me, &wording).await.unwrap().ask.is_empty(), is_told);
    }

    world.give(&acme.owner, Receiver::Member(MEMBER), "stripe", Profile::ReadOnly).await.unwrap();
    let asked = about_oneself(to("call", "tool", "stripe/list_customers"));
    let turns = world.app.turns(&acme.member, &asked).await.unwrap();
    assert!(turns.complete && turns.items[0].allowed, "{turns:?}");
    assert!(turns.items.iter().all(|turn| turn.actor.is_none()), "{turns:?}");
    let asked = Inquiry { subject: Some(MEMBER.to_owned()), ..asked };
    let turns = world.app.turns(&acme.owner, &asked).await.unwrap();
    let actor = turns.items[0].actor.as_deref().unwrap();
    assert!(actor.starts_with(acme.owner.actor.subject.as_str()), "{turns:?}");
}

#[tokio::test]
async fn who_sees_nobody_is_told_of_a_member_what_they_are_told_of_nobody() {
    let world = World::new();
    let acme = world.acme().await;
    let blind = hired(&world, &acme, "Blind", &["organization.view"]).await;
    let renamed = || MemberChange { name: Some("A".to_owned()), seat: None };
    let mut answers = Vec::new();
    for name in [ADMIN, MEMBER, "nobody@acme.example"] {
        let edited = world.app.edit_member(&blind, name, renamed()).await.unwrap_err();
        let removed = world.app.remove_member(&blind, name).await.unwrap_err();
        let access = world.app.show_access(&blind, Whose::Member(name), None).await.unwrap_err();
        answers.push(format!("{edited:?} {removed:?} {access:?}"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    world.app.edit_member(&blind, "blind@acme.example", renamed()).await.unwrap();
}

#[tokio::test]
async fn no_door_tells_an_address_that_is_here_from_one_that_is_not_to_who_sees_nobody() {
    let world = World::new();
    let acme = world.acme().await;
    let (app, held) = (&world.app, ["agent.view", "agent.manage", "project.view", "project.create", "project.share"]);
    let blind = hired(&world, &acme, "Blind", &held).await;
    let new = |sponsor: Option<&str>| NewAgent {
        title: format!("Scout of {}", sponsor.unwrap_or("oneself")),
        role: None,
        sponsor: sponsor.map(str::to_owned),
        expires_at: None,
    };
    let agent = app.create_agent(&blind, new(None)).await.unwrap().agent.id.to_string();
    let plan = |owner: Option<&str>| ResourceToMake {
        kind: ResourceKind::Project,
        title: "Plan".to_owned(),
        tier: None,
        owner: owner.map(str::to_owned),
    };
    let project = app.create_resource(&blind, plan(None)).await.unwrap().id.to_string();
    let mut answers = Vec::new();
    for name in [ADMIN, MEMBER, "nobody@acme.example"] {
        let key = |of| app.create_key(&blind, "k", of, None);
        let acting = NewAgentKey { agent: agent.clone(), acting_for: Some(name.to_owned()) };
        let sponsor = AgentChange { sponsor: Some(name.to_owned()), ..AgentChange::default() };
        let asked = Inquiry { subject: Some(name.to_owned()), ..about_oneself(to("member.view", "organization", "")) };
        let given = world.give(&blind, Receiver::Member(name), "stripe", Profile::Full).await;
        answers.push(format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            given.unwrap_err(),
            app.create_agent(&blind, new(Some(name))).await.unwrap_err(),
            app.edit_agent(&blind, &agent, sponsor).await.unwrap_err(),
            app.delegate(&blind, (&agent, name), None).await.unwrap_err(),
            app.end_delegation(&blind, (&agent, name)).await.unwrap_err(),
            key(NewKeyOf::Agent(acting)).await.unwrap_err(),
            key(NewKeyOf::Personal(NewPersonalKey { holder: Some(name.to_owned()) })).await.unwrap_err(),
            app.create_resource(&blind, plan(Some(name))).await.unwrap_err(),
            app.hand_over_resource(&blind, &project, name).await.unwrap_err(),
            app.share_resource(&blind, (&project, name), Sharing { level: Shared::View, expires_at: None })
                .await
                .unwrap_err(),
            app.ask(&blind, &asked).await.unwrap_err(),
            app.read_audit(&blind, AuditQuery { subject: Some(name.to_owned()), ..AuditQuery::default() })
                .await
                .unwrap_err(),
        ));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    let own = app.create_agent(&blind, new(Some("blind@acme.example"))).await;
    assert!(own.is_ok(), "but one's own is one's own: {own:?}");
}

#[tokio::test]
async fn one_who_tries_much_hides_nobody_elses_attempts_and_no_attempt_goes_untold() {
    let world = World::new();
    let acme = world.acme().await;
    let other = other_organization(&world).await;
    let added = world.add(&other, "loud@other.example", "Loud", "member").await.unwrap();
    let loud = world.caller(first_key(&added)).await;
    for _ in 0..200 {
        assert_eq!(code_of(world.app.remove_member(&loud, ZOE).await), "lacks-permission");
    }
    for _ in 0..20 {
        assert_eq!(code_of(world.app.remove_member(&acme.member, ADMIN).await), "lacks-permission");
    }
    world.app.record_counted_attempts().await;
    let attempts = |page: app::audit::AuditPage| -> Vec<(String, String)> {
        let told = page.entries.into_iter().filter_map(|entry| match entry {
            Entry::Call { record, .. } => Some((record.intent.method, record.intent.reason)),
            Entry::Change { .. } => None,
        });
        told.collect()
    };
    let query = AuditQuery { limit: 200, ..AuditQuery::default() };
    let quiet = attempts(world.app.read_audit(&acme.member, query.clone()).await.unwrap());
    assert_eq!(quiet.len(), 20, "{quiet:?}");
    let loud = attempts(world.app.read_audit(&loud, query).await.unwrap());
    let (counts, singly): (Vec<_>, Vec<_>) =
        loud.into_iter().partition(|(_, reason)| reason == "attempts-not-recorded-singly");
    assert!(!counts.is_empty() && singly.len() < 200, "{singly:?}");
    let counted = counts.iter().map(|(told, _)| {
        let (count, rest) = told.split_once(' ').unwrap();
        assert!(rest.ends_with("not recorded singly"), "{told}");
        count.parse::<usize>().unwrap()
    });
    assert_eq!(counted.sum::<usize>() + singly.len(), 200, "{counts:?}");
}
