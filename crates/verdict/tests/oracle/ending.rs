//! While an organization ends, everybody is denied everything, but for those who may end it, who look and take it back:
//! said directly, and by Cedar.

use domain::event::Event;
use domain::organization::Organization;
use domain::permission::{Permission, Scope};
use domain::time::Timestamp;
use verdict::{Action, Actor, Operation, Question, Snapshot};

use crate::cedar::Cedar;
use crate::dice::Dice;
use crate::naive::Naive;
use crate::questions::{Names, is_made_of_others, kind};
use crate::seeds;
use crate::world::{MOMENTS, World, org, subjects};

const LEFT: [&str; 11] = [
    "RestoreOrganization",
    "ViewOrganization",
    "ViewSettings",
    "ViewMembers",
    "ViewRoles",
    "ViewTeams",
    "ViewTeam",
    "ViewAgents",
    "ViewKey",
    "Explain",
    "ReadAudit",
];

fn is_left(operation: Operation<'_>) -> bool {
    let advice = Operation::Use { permission: Permission::AccessExplain };
    LEFT.contains(&kind(operation).as_str()) || operation == advice
}

fn ending(state: &Organization, deletes_at: Timestamp) -> Organization {
    let mut state = state.clone();
    let stamp = domain::organization::Stamp { seq: state.seq + 1, at: MOMENTS[0], actor: "somebody".to_owned() };
    state.apply(&stamp, &Event::OrganizationDeletionSet { deletes_at });
    state
}

#[test]
fn while_an_organization_ends_those_who_may_end_it_look_and_take_it_back_and_nobody_does_anything_else() {
    let (mut left, mut denied) = (0u64, 0u64);
    for seed in seeds(4) {
        let (world, dice) = (World::random(seed), &mut Dice(seed));
        let ends = Timestamp(MOMENTS[0].0 + 1);
        let state = ending(&world.state, ends);
        let before = Snapshot::compile(org(1), &world.state, None);
        let snapshot = Snapshot::compile(org(1), &state, None);
        let naive = Naive { state: &world.state, now: MOMENTS[0] };
        let cedar = Cedar::of(&state);
        let names = Names::of(&world, dice);
        for subject in subjects() {
            let actor = Actor::about(subject);
            let ends_it = naive.stands(subject).is_none()
                && naive.powers(subject).get(&Permission::OrganizationDelete) == Some(&Scope::All);
            for operation in names.operations() {
                let action = Action::Operate(operation);
                let ask =
                    |snapshot: &Snapshot, now| snapshot.evaluate(&Question { actor: &actor, action, now }).is_allowed();
                let found = ask(&snapshot, MOMENTS[0]);
                let is_left = ends_it && is_left(operation);
                assert_eq!(found, is_left && ask(&before, MOMENTS[0]), "world {seed}: {subject:?} {operation:?}");
                assert!(!ask(&snapshot, ends), "{operation:?} after the end");
                *(if found { &mut left } else { &mut denied }) += 1;
                if dice.percent(2) && !is_made_of_others(operation) {
                    let third = cedar.ask(&actor, action, MOMENTS[0]);
                    assert_eq!(third.allowed, found, "world {seed}: {subject:?} {operation:?}: {third:#?}");
                }
            }
            let calls = snapshot.callable_tools(&actor, MOMENTS[0]).count();
            assert_eq!(calls, 0, "world {seed}: {subject:?} calls");
            for integration in state.integrations.values() {
                for tool in integration.tools.keys() {
                    let (slug, id) = (integration.slug.as_str(), subject);
                    assert!(!snapshot.may_call(id.as_str(), slug, tool, MOMENTS[0]), "{subject:?} calls {tool}");
                }
            }
        }
        // Taken back, everything is as it was.
        let mut back = state.clone();
        let stamp = domain::organization::Stamp { seq: back.seq + 1, at: MOMENTS[0], actor: "somebody".to_owned() };
        back.apply(&stamp, &Event::OrganizationRestored);
        let same = Organization { seq: world.state.seq, ..back };
        assert_eq!(same, world.state);
    }
    assert!(left > 300 && denied > 3_000, "{left} and {denied} answers prove little");
}
