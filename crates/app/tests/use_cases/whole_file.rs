//! What a policy file carries from one organization to another: everything on which an answer rests.

use std::collections::{BTreeMap, BTreeSet};

use app::Caller;
use app::agents::AgentChange;
use app::grants::Receiver;
use app::integrations::IntegrationChange;
use app::keys::{NewKeyOf, NewWorkspaceKey};
use app::policy_file::Document;
use app::resources::{ResourceToMake, Sharing};
use domain::grant::Profile;
use domain::id::{PersonId, ResourceId};
use domain::key::KeyScope;
use domain::object::{DataName, DataVerb};
use domain::organization::{Organization, Stamp};
use domain::permission::Permission;
use domain::resource::{ResourceKind, ResourceVerb, Shared};
use domain::role::RoleId;
use domain::time::Timestamp;
use serde_json::{Value, json};
use verdict::{Action, Actor, Operation, Question, Snapshot, Subject};

use crate::policy_file::{Dice, anything};
use crate::world::{ADMIN, Acme, MEMBER, OWNER, World};

fn document(value: Value) -> Document {
    serde_json::from_value(value).unwrap()
}

async fn export(world: &World, acme: &Acme) -> Document {
    world.app.export_document(&acme.owner).await.unwrap()
}

/// Some things end within the hour, and some do not.
fn end(world: &World, dice: &mut Dice) -> Option<Timestamp> {
    (dice.below(3) == 0).then(|| world.app.now().plus_ms(60_000))
}

/// A small company in which anything was said by a file, and anything by single acts after that.
async fn lived_in(seed: u64) -> (World, Acme) {
    let (world, mut dice) = (World::new(), Dice(seed));
    let acme = world.acme().await;
    let base = serde_json::to_value(export(&world, &acme).await).unwrap();
    let mut wanted = anything(&base, &mut dice);
    wanted["settings"]["roles.extra_bindings"] = json!(true);
    for role in wanted["roles"].as_object_mut().unwrap().values_mut().filter(|role| role["fixed"] != true) {
        if role.get("level").is_none() {
            role["assignable_to"] = json!(["members", "keys", "agents"]);
        }
    }
    world.app.apply_document(&acme.owner, &document(wanted.clone())).await.unwrap();
    let named = |section: &str| wanted[section].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let own: Vec<String> =
        named("roles").into_iter().filter(|role| ["scout", "clerk"].contains(&role.as_str())).collect();
    for role in &own {
        for who in dice.some(&[MEMBER, ADMIN]) {
            // Refused where it is their own role already.
            let _ = world.app.give_member_role(&acme.owner, (who, role), end(&world, &mut dice)).await;
        }
    }
    things(&world, &acme, &mut dice, &named("teams")).await;
    keys(&world, &acme, &mut dice, &own).await;
    agents(&world, &acme, &mut dice).await;
    if dice.below(2) == 0 {
        let change = IntegrationChange { paused: Some(true), ..IntegrationChange::default() };
        world.app.edit_integration(&acme.owner, "mail", change).await.unwrap();
    }
    let closed = json!({ "wardroom": 1, "settings": {
        "roles.extra_bindings": dice.below(3) > 0, "roles.custom": dice.below(2) == 0,
        "grants.to": dice.some(&["person", "team", "role"]), "managers.implicit_resource_access": dice.below(3) > 0,
    } });
    world.app.apply_document(&acme.owner, &document(closed)).await.unwrap();
    (world, acme)
}

async fn things(world: &World, acme: &Acme, dice: &mut Dice, teams: &[String]) {
    let agents: Vec<String> = ids_of_agents(world, acme).await.into_values().collect();
    for _ in 0..dice.below(6) {
        let kind = [ResourceKind::Project, ResourceKind::Workflow][dice.below(2) as usize];
        let title = dice.one(&["Atlas", "Bridge", "Canal"]).to_owned();
        let owner = Some(dice.one(&[OWNER, ADMIN, MEMBER]).to_owned());
        let made = ResourceToMake { kind, title, tier: None, owner };
        let id = world.app.create_resource(&acme.owner, made).await.unwrap().id.to_string();
        let with: Vec<&str> = [MEMBER, ADMIN].into_iter().chain(agents.iter().map(String::as_str)).collect();
        for with in dice.some(&with) {
            let level = [Shared::View, Shared::Use, Shared::Edit][dice.below(3) as usize];
            let sharing = Sharing { level, expires_at: end(world, dice) };
            world.app.share_resource(&acme.owner, (&id, with), sharing).await.unwrap();
        }
        for team in teams.iter().filter(|_| dice.below(2) == 0) {
            world.app.assign_resource(&acme.owner, (&id, team)).await.unwrap();
        }
        if dice.below(4) == 0 {
            world.app.delete_resource(&acme.owner, &id).await.unwrap();
        }
    }
}

async fn keys(world: &World, acme: &Acme, dice: &mut Dice, roles: &[String]) {
    for label in dice.some(&["Chat bot", "Nightly job"]) {
        let scope = Some([KeyScope::All, KeyScope::Granted][dice.below(2) as usize]);
        let role = roles.first().filter(|_| dice.below(2) == 0).cloned();
        let of = NewKeyOf::Workspace(NewWorkspaceKey { scope, role });
        let key = world.app.create_key(&acme.owner, label, of, end(world, dice)).await.unwrap().id;
        if dice.below(2) == 0 {
            world.give(&acme.owner, Receiver::Key(key.as_str()), "stripe", Profile::NoDelete).await.unwrap();
        }
    }
}

async fn agents(world: &World, acme: &Acme, dice: &mut Dice) {
    for agent in ids_of_agents(world, acme).await.into_values() {
        for (caller, who) in [(&acme.owner, OWNER), (&acme.member, MEMBER)] {
            if dice.below(2) == 0 {
                world.app.delegate(caller, (&agent, who), end(world, dice)).await.unwrap();
            }
        }
        if dice.below(4) == 0 {
            let change = AgentChange { suspended: Some(true), ..AgentChange::default() };
            world.app.edit_agent(&acme.owner, &agent, change).await.unwrap();
        }
    }
}

/// The fold of everything that happened.
async fn state(world: &World, acme: &Acme) -> Organization {
    let mut state = Organization::new();
    for stored in world.events(acme.org).await {
        let event = domain::event::decode(&stored.body).unwrap();
        state.apply(&Stamp { seq: stored.seq, at: stored.at, actor: stored.actor }, &event);
    }
    state
}

/// Agents by name. A snapshot does not know what they are called; a document does.
async fn ids_of_agents(world: &World, acme: &Acme) -> BTreeMap<String, String> {
    let state = state(world, acme).await;
    state.agents.values().map(|agent| (agent.title.clone(), agent.id.to_string())).collect()
}

/// What a file leaves to people, done by them.
async fn by_hand(world: &World, acme: &Acme, written: &Document) {
    for (label, key) in written.keys.iter().flatten() {
        let of = NewWorkspaceKey { scope: Some(key.reaches), role: key.role.map(|role| role.to_string()) };
        let until = key.until.map(|until| until.0);
        world.app.create_key(&acme.owner, label, NewKeyOf::Workspace(of), until).await.unwrap();
    }
    let agents = ids_of_agents(world, acme).await;
    for (title, agent) in written.agents.iter().flatten() {
        for (_, given) in agent.acts_for.iter().flatten().filter(|(who, _)| who.as_str() == MEMBER) {
            let until = given.until.map(|until| until.0);
            world.app.delegate(&acme.member, (&agents[title], MEMBER), until).await.unwrap();
        }
    }
}

/// Everything that may be asked about anybody, by names: the same in two organizations that answer the same.
async fn answers(world: &World, acme: &Acme) -> BTreeMap<String, BTreeSet<String>> {
    let snapshot = acme.owner.live.snapshot();
    let written = export(world, acme).await;
    let mut names = BTreeMap::<String, String>::new();
    for (caller, address) in [(&acme.owner, OWNER), (&acme.admin, ADMIN), (&acme.member, MEMBER)] {
        names.insert(caller.actor.subject.as_str().to_owned(), address.to_owned());
    }
    names.extend(ids_of_agents(world, acme).await.into_iter().map(|(title, id)| (id, title)));
    let labels = world.journal.labels(acme.org).await.unwrap();
    let keys = written.keys.iter().flatten().map(|(label, _)| label);
    for label in keys {
        let id = labels.iter().find(|known| known.label == *label).unwrap().id.clone();
        names.insert(id, label.clone());
    }
    let subjects: Vec<Subject> = names.keys().filter_map(|id| Subject::parse(id)).collect();
    let people: Vec<PersonId> = subjects.iter().filter_map(|subject| subject.person()).collect();
    let mut actors: Vec<Actor> = subjects.iter().copied().map(Actor::about).collect();
    let agents = subjects.iter().filter(|subject| matches!(subject, Subject::Agent(_)));
    for agent in agents {
        actors.extend(people.iter().map(|person| Actor { acting_for: Some(*person), ..Actor::about(*agent) }));
    }
    let resources: Vec<(ResourceId, String)> = {
        let state = state(world, acme).await;
        let called = |id: &str| names.get(id).cloned().unwrap_or_default();
        let told = |resource: &domain::resource::Resource| {
            let shares: BTreeSet<String> = resource.shares.keys().map(|with| called(&with.to_string())).collect();
            let owner = resource.owner.map(|owner| called(owner.as_str()));
            let teams = resource.teams.iter().filter_map(|team| snapshot.team_title(*team)).collect::<BTreeSet<_>>();
            format!("{} {} of {owner:?}, {shares:?}, {teams:?}", resource.kind.as_str(), resource.title)
        };
        state.resources.values().map(|resource| (resource.id, told(resource))).collect()
    };
    let roles: Vec<RoleId> = written.roles.iter().flatten().map(|(role, _)| *role).collect();
    let asked = asked(&snapshot, (acme.owner.actor.subject, &people, &names), (&resources, &roles), &written);
    let now = world.app.now();
    let mut answers = BTreeMap::new();
    for actor in &actors {
        let for_whom = actor.acting_for.map(|person| format!(" for {}", names[person.as_str()]));
        let who = format!("{}{}", names[actor.subject.as_str()], for_whom.unwrap_or_default());
        let tools =
            snapshot.callable_tools(actor, now).map(|(_, tool, at)| format!("call {} of {}", tool.name, at.slug));
        let may =
            |operation| snapshot.evaluate(&Question { actor, action: Action::Operate(operation), now }).is_allowed();
        let mut counted = BTreeMap::<&str, usize>::new();
        asked
            .iter()
            .filter(|(_, operation)| may(*operation))
            .for_each(|(says, _)| *counted.entry(says).or_default() += 1);
        let done = counted.into_iter().map(|(says, times)| format!("{says} ×{times}"));
        answers.insert(who, tools.chain(done).collect());
    }
    answers
}

fn asked<'q>(
    snapshot: &Snapshot,
    (owner, people, names): (Subject, &[PersonId], &BTreeMap<String, String>),
    (resources, roles): (&[(ResourceId, String)], &'q [RoleId]),
    written: &'q Document,
) -> Vec<(String, Operation<'q>)> {
    let mut asked = Vec::new();
    for permission in Permission::ALL {
        asked.push((permission.to_string(), Operation::Use { permission: *permission }));
    }
    for member in people {
        let who = &names[member.as_str()];
        asked.push((format!("remove {who}"), Operation::RemoveMember { member: *member }));
        for role in roles {
            asked.push((format!("make {who} {role}"), Operation::ChangeRole { member: *member, role }));
            asked.push((format!("make {who} {role} as well"), Operation::GiveRole { member: *member, role }));
        }
    }
    for (resource, called) in resources {
        for verb in ResourceVerb::ALL {
            let operation = Operation::Resource { verb, resource: *resource };
            asked.push((format!("{} {called}", verb.as_str()), operation));
        }
    }
    for (team, title) in snapshot.visible_teams(owner, Timestamp(0)) {
        asked.push((format!("view the team {title}"), Operation::ViewTeam { team }));
        asked.push((format!("edit the team {title}"), Operation::EditTeam { team }));
    }
    for (object, entry) in written.objects.iter().flatten() {
        for verb in DataVerb::ALL {
            asked.push((format!("{} {object}", verb.as_str()), Operation::Data { verb, object }));
            let fields = entry.fields.keys();
            asked.extend(fields.map(|field: &DataName| {
                (format!("{} {field} of {object}", verb.as_str()), Operation::Field { verb, object, field })
            }));
        }
    }
    asked
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 24, ..Default::default() })]

    #[test]
    fn an_organization_that_becomes_what_another_exports_gives_the_same_answers(seed: u64) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let (source, lived) = lived_in(seed).await;
            let written = export(&source, &lived).await;
            let target = World::new();
            let fresh = target.acme().await;
            target.app.apply_document(&fresh.owner, &written).await.unwrap();
            by_hand(&target, &fresh, &written).await;
            let left = target.app.apply_document(&fresh.owner, &written).await.unwrap().by_hand;
            assert_eq!(left, vec![], "a key that is suspended is not in this world");
            for _ in 0..2 {
                assert_eq!(answers(&source, &lived).await, answers(&target, &fresh).await, "seed {seed}");
                source.clock.advance_ms(60_000);
                target.clock.advance_ms(60_000);
            }
            assert_eq!(target.app.plan_document(&fresh.owner, &export(&target, &fresh).await).await.unwrap().steps, vec![]);
        });
    }
}

#[tokio::test]
async fn what_a_file_cannot_do_is_named_and_nothing_secret_is_in_it() {
    let world = World::new();
    let acme = world.acme().await;
    let says = document(json!({ "wardroom": 1,
        "agents": { "Bot": { "sponsor": ADMIN, "acts_for": { MEMBER: {}, OWNER: {} } } },
        "keys": { "Chat bot": { "reaches": "granted" } },
        "grants": { "keys": { "Chat bot": { "mail": { "profile": "read-only" } } } },
    }));
    let plan = world.app.plan_document(&acme.owner, &says).await.unwrap();
    let places: Vec<String> = plan.by_hand.iter().map(|step| step.place.join(".")).collect();
    let member = format!("agents.Bot.acts_for.{MEMBER}");
    assert_eq!(places, [member.as_str(), "keys.Chat bot", "grants.keys.Chat bot"]);
    assert_eq!(plan.steps.len(), 2, "the agent, and that it may act for whoever applies the file: {:?}", plan.steps);
    let applied = world.app.apply_document(&acme.owner, &says).await.unwrap();
    assert_eq!(applied.by_hand, plan.by_hand);
    let of = NewWorkspaceKey { scope: Some(KeyScope::Granted), role: None };
    let made = world.app.create_key(&acme.owner, "Chat bot", NewKeyOf::Workspace(of), None).await.unwrap();
    let bot: Caller = world.caller(made.secret.reveal()).await;
    assert!(!world.may_call(&bot, "mail", "send_mail"));
    let written = serde_json::to_string(&export(&world, &acme).await).unwrap();
    assert!(!written.contains(made.secret.reveal()) && written.contains("Chat bot"), "{written}");
}
