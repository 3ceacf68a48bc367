//! Who may do what to the organization, and on whom.

use std::collections::BTreeSet;

use domain::grant::Grantee;
use domain::id::PersonId;
use domain::permission::Permission;
use domain::role::RoleId;
use proptest::prelude::*;
use verdict::{Act, Action, Actor, Operation, Question, Snapshot, Subject, Verdict};

use crate::cases;
use crate::naive::{Answer, Naive, manages};
use crate::world::{
    INTEGRATIONS, KEYS, MOMENTS, PEOPLE, ROLES, grantee, integration, key, org, person, role, subjects, worlds,
};

/// Every operation on everything that there is, and on one of each kind that there is not.
pub(crate) fn operations(roles: &[RoleId]) -> Vec<Operation<'_>> {
    let mut all = vec![
        Operation::ViewOrganization,
        Operation::EditOrganization { default_role: None },
        Operation::ViewMembers,
        Operation::ViewRoles,
        Operation::ConnectIntegration,
        Operation::CreateWorkspaceKey,
        Operation::ReadAudit { subject: None },
    ];
    all.extend(roles.iter().map(|role| Operation::AddMember { role }));
    all.extend(roles.iter().map(|role| Operation::EditOrganization { default_role: Some(role) }));
    for member in (0..PEOPLE).map(person) {
        all.extend(roles.iter().map(|role| Operation::ChangeRole { member, role }));
        all.push(Operation::RemoveMember { member });
        all.push(Operation::CreatePersonalKey { holder: member });
    }
    for integration in (0..INTEGRATIONS).map(integration) {
        all.push(Operation::ViewIntegration { integration });
        all.push(Operation::EditIntegration { integration });
        all.push(Operation::DisconnectIntegration { integration });
        all.push(Operation::ReviewTool { integration });
        all.extend((0..PEOPLE + KEYS).map(|number| Operation::Assign { grantee: grantee(number), integration }));
    }
    for key in (0..KEYS).map(key) {
        all.extend([Operation::ViewKey { key }, Operation::RotateKey { key }, Operation::RevokeKey { key }]);
    }
    for subject in subjects() {
        all.extend([Operation::Explain { subject }, Operation::ReadAudit { subject: Some(subject) }]);
    }
    all
}

/// Whom an operation takes something from, or acts on, besides the actor.
fn acts_on(naive: &Naive<'_>, operation: Operation<'_>) -> Option<PersonId> {
    match operation {
        Operation::RemoveMember { member }
        | Operation::ChangeRole { member, .. }
        | Operation::CreatePersonalKey { holder: member }
        | Operation::Assign { grantee: Grantee::Member(member), .. } => Some(member),
        Operation::RevokeKey { key } | Operation::RotateKey { key } => {
            naive.state.keys.get(&key).and_then(|key| key.holder())
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn the_engine_agrees_with_the_second_opinion_on_every_operation(world in worlds()) {
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let roles = ROLES.map(role);
        for now in [MOMENTS[0], MOMENTS[1]] {
            let naive = Naive { state: &world.state, now };
            for actor in subjects().map(Actor::about) {
                for operation in operations(&roles) {
                    let question = Question { actor: &actor, action: Action::Operate(operation), now };
                    let (verdict, expected) = (snapshot.evaluate(&question), naive.operate(&actor, operation));
                    prop_assert_eq!(Answer::from(&verdict), expected, "{:?}: {:?}", actor, operation);
                }
            }
        }
    }

    /// Said directly, without the second opinion: it could be wrong in the same way.
    #[test]
    fn nobody_acts_on_someone_above_them_nor_gives_a_role_beyond_their_own(world in worlds()) {
        let snapshot = Snapshot::compile(org(1), &world.state, None);
        let naive = Naive { state: &world.state, now: MOMENTS[0] };
        let roles = ROLES.map(role);
        let asked = (0..PEOPLE).map(person).flat_map(|me| operations(&roles).into_iter().map(move |asked| (me, asked)));
        for (me, operation) in asked {
            let actor = Actor::about(Subject::Member(me));
            let question = Question { actor: &actor, action: Action::Operate(operation), now: MOMENTS[0] };
            let Verdict::Allowed(permit) = snapshot.evaluate(&question) else { continue };
            let mine: BTreeSet<Permission> = naive.permissions(me).into_iter().collect();
            let (looks, changes) =
                (matches!(permit.act(), Act::Look { .. }), matches!(permit.act(), Act::Operate { .. }));
            prop_assert!(looks != changes && looks == operation.only_looks(), "{:?}: {:?}", operation, permit.act());
            if let Some(other) = acts_on(&naive, operation) {
                let beyond = manages(&naive.permissions(other)).find(|permission| !mine.contains(permission));
                prop_assert_eq!(beyond, None, "{} may {:?}", me, operation);
            }
            if let Operation::AddMember { role } | Operation::ChangeRole { role, .. } = operation
                && let Some(role) = world.state.roles.get(role)
            {
                let given: Vec<Permission> = role.permissions.iter().collect();
                let beyond = manages(&given).find(|permission| !mine.contains(permission));
                prop_assert_eq!(beyond, None, "{} may {:?}", me, operation);
                prop_assert!(manages(&given).count() == 0 || mine.contains(&Permission::RolePromote));
            }
        }
    }
}
