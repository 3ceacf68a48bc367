//! Who may do what to the organization, on whom, and to what is in it.

use std::collections::{BTreeMap, BTreeSet};

use domain::grant::Grantee;
use domain::id::PersonId;
use domain::object::DataVerb;
use domain::organization::Promote;
use domain::permission::Permission;
use domain::resource::ResourceVerb;
use verdict::{Act, Action, Actor, Operation, Question, Snapshot, Subject, Verdict};

use crate::dice::Dice;
use crate::naive::{Answer, Naive, beyond, managing};
use crate::questions::{Names, actors, kind};
use crate::seeds;
use crate::world::{MOMENTS, World, org, subjects};

/// Questions asked of each organization.
const QUESTIONS: usize = 5_000;
/// Every code that an answer about an operation can have.
const CODES: &str = "role own team team-role share grant key-scope setting not-a-member credential-ended keys-suspended \
    suspended member-suspended sponsor-suspended key-without-role no-delegation lacks-permission out-of-scope above-you beyond-your-own beyond-your-reach only-owners \
    not-yours workspace-key no-such-target not-assigned grant-ended object-rule field-rule not-in-team \
    only-default-role needs-approval";

#[test]
fn the_engine_agrees_with_the_second_opinion_on_every_operation() {
    let (mut allowed, mut denied, mut codes) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    let mut kinds = BTreeSet::new();
    for seed in seeds(48) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let world = if seed % 4 == 0 { world.where_somebody_has_to_agree() } else { world };
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let names = Names::of(&world, dice);
        let (operations, actors) = (names.operations(), actors(&world));
        kinds.extend(operations.iter().map(|operation| kind(*operation)));
        let mut by_kind = BTreeMap::<String, Vec<Operation<'_>>>::new();
        operations.iter().for_each(|asked| by_kind.entry(kind(*asked)).or_default().push(*asked));
        let by_kind: Vec<_> = by_kind.values().collect();
        for _ in 0..QUESTIONS {
            let now = dice.pick(&MOMENTS);
            // Whoever is not let in has one answer to everything.
            let actor = (0..4)
                .map(|_| dice.pick(&actors))
                .find(|actor| Naive { state: &world.state, now }.at_the_door(actor).is_none());
            let actor = actor.unwrap_or_else(|| dice.pick(&actors));
            // Some kinds have few questions and some thousands; all of them shall be asked.
            let operation = if dice.percent(50) {
                {
                    let of_kind = dice.pick(&by_kind);
                    dice.pick(of_kind)
                }
            } else {
                dice.pick(&operations)
            };
            let action = Action::Operate(operation);
            let expected = Naive { state: &world.state, now }.ask(&actor, action);
            let verdict = snapshot.evaluate(&Question { actor: &actor, action, now });
            let answer = Answer::from(&verdict);
            assert_eq!(answer, expected, "world {seed}, {actor:?} at {now:?}: {operation:?}");
            if let Verdict::Allowed(permit) = verdict {
                let looks = matches!(permit.act(), Act::Look { .. });
                assert!(looks == operation.only_looks() && permit.actor() == Some(actor), "{operation:?}");
                assert_eq!((permit.org(), permit.seq()), (org(1), world.state.seq));
            }
            if answer.allowed {
                allowed.insert(kind(operation))
            } else {
                denied.insert(kind(operation))
            };
            *codes.entry(answer.code).or_insert(0u64) += 1;
        }
    }
    let asked: u64 = codes.values().sum();
    println!("soak: oracle: {asked} questions about operations to the engine and the second opinion: 0 differences");
    assert_eq!((&allowed, &denied), (&kinds, &kinds), "some operation has always the same answer: this proves little");
    for code in CODES.split_whitespace() {
        assert!(codes.contains_key(code), "no question led to the answer {code}");
    }
}

/// Whom an operation takes something from, or acts on, besides the actor.
fn acts_on(naive: &Naive<'_>, operation: Operation<'_>) -> Option<Subject> {
    match operation {
        Operation::RemoveMember { member }
        | Operation::ViewSessions { member }
        | Operation::EndSessions { member }
        | Operation::SuspendMember { member }
        | Operation::RestoreMember { member }
        | Operation::ChangeRole { member, .. }
        | Operation::GiveRole { member, .. }
        | Operation::TakeRole { member, .. }
        | Operation::CreatePersonalKey { holder: member } => Some(Subject::Member(member)),
        Operation::Assign { grantee: Grantee::Member(member), .. } => Some(Subject::Member(member)),
        Operation::Assign { grantee: Grantee::Agent(agent), .. }
        | Operation::EditAgent { agent }
        | Operation::ResumeAgent { agent }
        | Operation::SetAgentRole { agent, .. }
        | Operation::CreateAgentKey { agent } => Some(Subject::Agent(agent)),
        Operation::Assign { grantee: Grantee::Key(key), .. } | Operation::SetKeyRole { key, .. } => {
            Some(Subject::Key(key))
        }
        Operation::RevokeKey { key } | Operation::RotateKey { key } => {
            let key = naive.state.keys.get(&key)?;
            let holder = key.holder().map(Subject::Member).or(key.agent().map(Subject::Agent));
            Some(holder.unwrap_or(Subject::Key(key.id)))
        }
        _ => None,
    }
}

/// Said directly, without the second opinion: it could be wrong in the same way.
#[test]
fn nobody_acts_on_someone_above_them_nor_gives_a_role_beyond_their_own() {
    for seed in seeds(15) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let naive = Naive { state: &world.state, now: MOMENTS[0] };
        let names = Names::of(&world, dice);
        for operation in names.operations() {
            let me = dice.pick(&subjects().collect::<Vec<_>>());
            let question = Question { actor: &Actor::about(me), action: Action::Operate(operation), now: MOMENTS[0] };
            if !snapshot.evaluate(&question).is_allowed() {
                continue;
            }
            let mine = naive.powers(me);
            if let Some(other) = acts_on(&naive, operation).filter(|other| *other != me) {
                assert_eq!(beyond(&naive.powers(other), &mine), None, "world {seed}: {me:?} may {operation:?}");
            }
            let given = match operation {
                Operation::AddMember { role }
                | Operation::ChangeRole { role, .. }
                | Operation::GiveRole { role, .. }
                | Operation::DeleteRole { moved_to: role, .. }
                | Operation::Invite { role: Some(role) }
                | Operation::CreateAgent { role: Some(role) }
                | Operation::SetAgentRole { role: Some(role), .. }
                | Operation::CreateWorkspaceKey { role: Some(role), .. }
                | Operation::SetKeyRole { role: Some(role), .. } => naive.powers_of_id(role),
                Operation::CreateRole { to, .. } => to.iter().collect(),
                _ => continue,
            };
            assert_eq!(beyond(&given, &mine), None, "world {seed}: {me:?} may {operation:?}");
            if !managing(&given).is_empty() && world.state.settings.promote_admin == Promote::ByPermission {
                assert!(mine.contains_key(&Permission::RolePromote), "world {seed}: {me:?} may {operation:?}");
            }
        }
    }
}

/// What is listed is what may be looked at.
#[test]
fn lists_show_exactly_what_may_be_seen() {
    for seed in seeds(30) {
        let world = World::random(seed);
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let now = MOMENTS[1];
        let naive = Naive { state: &world.state, now };
        for subject in subjects().filter(|subject| naive.stands(*subject).is_none()) {
            let actor = Actor::about(subject);
            let may = |operation| {
                snapshot.evaluate(&Question { actor: &actor, action: Action::Operate(operation), now }).is_allowed()
            };
            let teams: Vec<_> = snapshot.visible_teams(subject, now).map(|(team, _)| team).collect();
            let seen = world.state.teams.keys().copied().filter(|team| may(Operation::ViewTeam { team: *team }));
            assert_eq!(teams, seen.collect::<Vec<_>>(), "world {seed}: {subject:?}");

            let listed: Vec<_> = snapshot.visible_resources(subject, now).map(|resource| resource.id).collect();
            let shown = world.state.resources.values().filter(|resource| naive.is_shown(subject, resource));
            assert_eq!(listed, shown.map(|resource| resource.id).collect::<Vec<_>>(), "world {seed}: {subject:?}");
            let rights: BTreeSet<_> = snapshot.rights_to_resources(subject, now).into_iter().collect();
            for resource in world.state.resources.keys().copied() {
                for verb in ResourceVerb::ALL.into_iter().filter(|verb| *verb != ResourceVerb::Create) {
                    let may = may(Operation::Resource { verb, resource });
                    assert_eq!(rights.contains(&(resource, verb)), may, "world {seed}: {subject:?} {verb:?}");
                    assert!(!may || listed.contains(&resource) || verb != ResourceVerb::View);
                }
            }

            let objects: Vec<_> = snapshot.visible_objects(subject, now).map(|object| &object.name).collect();
            let see = |object| may(Operation::Data { verb: DataVerb::See, object });
            assert_eq!(objects, world.state.objects.keys().filter(|object| see(object)).collect::<Vec<_>>());
            for (object, defined) in &world.state.objects {
                let fields: Vec<_> = snapshot.visible_fields(subject, object, now).collect();
                let may = |verb, field| may(Operation::Field { verb, object, field });
                let seen = defined.fields.keys().filter(|field| may(DataVerb::See, field));
                let seen = seen.map(|field| (field, may(DataVerb::Edit, field)));
                assert_eq!(fields, seen.collect::<Vec<_>>(), "world {seed}: {subject:?}");
                assert!(fields.is_empty() || objects.contains(&object), "fields of an object that is not seen");
            }
        }
    }
}

/// The people whom a list of holders names hold it, and not for a time.
#[test]
fn holders_of_a_permission_are_those_whose_role_holds_it() {
    for seed in seeds(30) {
        let world = World::random(seed);
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let naive = Naive { state: &world.state, now: MOMENTS[3] };
        for permission in Permission::ALL {
            let all = domain::permission::Scope::All;
            let holds = |person: &PersonId| naive.powers(Subject::Member(*person)).get(permission) == Some(&all);
            // Who is suspended helps nobody.
            let members = world.state.members.values().filter(|member| member.is_active());
            let members = members.map(|member| member.person).filter(holds);
            assert_eq!(snapshot.holders(*permission), members.take(3).collect::<Vec<_>>(), "{permission}");
        }
    }
}
