//! What a change does to whom, worked out a second time in the plainest way: everything that everybody may do before,
//! and everything that they may do after.

use std::collections::BTreeSet;

use domain::command;
use domain::id::{IntegrationId, ResourceId};
use domain::organization::PersonalKeys;
use domain::permission::{Permission, Scope};
use domain::resource::ResourceVerb;
use domain::time::Timestamp;
use verdict::{Action, Actor, Difference, Operation, Presence, Question, Snapshot, Subject};

use crate::commands::command;
use crate::dice::Dice;
use crate::seeds;
use crate::world::{MOMENTS, World, org, person};

/// Everything that a subject has at one moment.
#[derive(PartialEq, Eq, Default)]
struct Everything {
    permissions: Vec<(Permission, Option<Scope>)>,
    tools: BTreeSet<(IntegrationId, String)>,
    resources: BTreeSet<(ResourceId, ResourceVerb)>,
    keys: bool,
}

fn everything(snapshot: &Snapshot, subject: Subject, now: Timestamp) -> Everything {
    let actor = Actor::about(subject);
    // To look at the list of teams is everybody's, except for who does nothing at all. Before all time, since what
    // somebody holds is told whether or not they will end.
    let looks = Action::Operate(Operation::ViewTeams);
    let works = snapshot.evaluate(&Question { actor: &actor, action: looks, now: Timestamp(i64::MIN) }).is_allowed();
    let scope = |permission| snapshot.scope_of(subject, permission, now).filter(|_| works);
    let needed = match snapshot.settings().keys_personal {
        PersonalKeys::Everyone => None,
        PersonalKeys::Managers => Some(Permission::KeyManageWorkspace),
        PersonalKeys::ByPermission => Some(Permission::KeyCreatePersonal),
    };
    Everything {
        permissions: Permission::ALL.iter().map(|permission| (*permission, scope(*permission))).collect(),
        tools: snapshot.callable_tools(&actor, now).map(|(_, tool, at)| (at.id, tool.name.to_string())).collect(),
        resources: snapshot.rights_to_resources(subject, now).into_iter().collect(),
        keys: subject.person().is_some()
            && needed.is_none_or(|permission| snapshot.scope_of(subject, permission, now) == Some(Scope::All)),
    }
}

fn plain(before: &Snapshot, after: &Snapshot, subject: Subject, now: Timestamp) -> Option<Difference> {
    let there = |snapshot: &Snapshot| snapshot.subjects().contains(&subject);
    let presence = match (there(before), there(after)) {
        (false, true) => Presence::Comes,
        (true, false) => Presence::Goes,
        _ => Presence::Stays,
    };
    let (was, is) = (everything(before, subject, now), everything(after, subject, now));
    if was == is && presence == Presence::Stays {
        return None;
    }
    let further = |one: &Everything, other: &Everything| {
        let both = one.permissions.iter().zip(&other.permissions).filter(|(one, other)| one.1 > other.1);
        both.map(|((permission, scope), _)| (*permission, scope.unwrap())).collect::<Vec<_>>()
    };
    let tools = |one: &Everything, other: &Everything| {
        one.tools.difference(&other.tools).map(|(at, tool)| (*at, tool.as_str().into())).collect::<Vec<_>>()
    };
    let resources =
        |one: &Everything, other: &Everything| one.resources.difference(&other.resources).copied().collect::<Vec<_>>();
    let keys = (presence == Presence::Stays && was.keys != is.keys).then_some(is.keys);
    Some(Difference {
        subject,
        presence,
        gains: further(&is, &was),
        loses: further(&was, &is),
        gains_tools: tools(&is, &was),
        loses_tools: tools(&was, &is),
        gains_resources: resources(&is, &was),
        loses_resources: resources(&was, &is),
        keys,
    })
}

#[test]
fn a_change_makes_a_difference_for_exactly_those_who_may_do_something_else_after_it() {
    let (mut concerned, mut spared) = (0, 0);
    for seed in seeds(60) {
        let (mut world, dice) = (World::random(seed), &mut Dice(seed));
        for fresh in 0..40 {
            let before = Snapshot::compile(org(1), &world.state, None);
            // Some differences are those of several changes.
            for _ in 0..1 + dice.below(3) {
                let given = command(dice, &world, person(dice.clone().below(6)), fresh);
                let events = command::handle(&world.state, given, MOMENTS[0]).unwrap_or_default();
                events.into_iter().for_each(|event| world.happens(event));
            }
            let after = Snapshot::compile(org(1), &world.state, None);
            let now = dice.pick(&MOMENTS);
            let subjects: BTreeSet<Subject> = before.subjects().into_iter().chain(after.subjects()).collect();
            let plain: Vec<Difference> =
                subjects.iter().filter_map(|subject| plain(&before, &after, *subject, now)).collect();
            let named: Vec<Subject> = plain.iter().map(|difference| difference.subject).collect();
            assert_eq!(before.changed_subjects(&after, now), named, "world {seed} at {fresh}");
            for difference in &plain {
                assert_eq!(&before.difference(&after, difference.subject, now), difference, "world {seed} at {fresh}");
            }
            concerned += plain.len();
            spared += subjects.len() - plain.len();
        }
    }
    assert!(concerned > 500 && spared > 1_000, "{concerned} concerned, {spared} not: this proves little");
}
