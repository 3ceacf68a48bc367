//! Two organizations with equal ids and names inside, and one organization after a change.

use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::key::KeyKind;
use proptest::prelude::*;
use verdict::{Action, Actor, NotAdmitted, Question, Snapshot, Subject, Verdict};

use crate::cases;
use crate::world::{
    INTEGRATIONS, KEYS, MOMENTS, TOOLS, credentials, integration, key, org, person, role, slug, subjects, worlds,
};

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_permit_names_its_own_organization_and_a_key_opens_only_the_one_that_has_its_secret(world in worlds()) {
        // The neighbour has the same people, integrations, grants and keys by the same ids, with other secrets.
        let mut twin = world.clone();
        for number in 0..KEYS {
            if twin.state.live_key(key(number)).is_some() {
                let digest = format!("{number:02x}").repeat(31) + "77";
                twin.happens(Event::KeyRotated { key: key(number), digest, hint: String::new() });
            }
        }
        let here = Snapshot::compile(org(1), &world.state, None);
        let there = Snapshot::compile(org(2), &twin.state, None);
        let now = MOMENTS[0];
        for credential in (0..KEYS).flat_map(credentials) {
            let refused = there.admit(credential, now);
            prop_assert_eq!(refused, Err(NotAdmitted::Ended), "{:?} opens the neighbour's door", credential);
            let Ok(actor) = here.admit(credential, now) else { continue };
            for (slug, tool) in (0..INTEGRATIONS).flat_map(|number| TOOLS.map(|tool| (slug(number), tool))) {
                let question =
                    Question { actor: &actor, action: Action::CallTool { integration: &slug, tool }, now };
                prop_assert!(!there.evaluate(&question).is_allowed());
                if let Verdict::Allowed(permit) = here.evaluate(&question) {
                    prop_assert_eq!(permit.org(), org(1));
                }
            }
            prop_assert_eq!(there.callable_tools(&actor, now).count(), 0);
        }
        for subject in subjects() {
            let action = Action::CallTool { integration: "upstream-0", tool: "get" };
            let question = Question { actor: &Actor::about(subject), action, now };
            if let Verdict::Allowed(permit) = there.evaluate(&question) {
                prop_assert_eq!(permit.org(), org(2));
            }
        }
    }

    #[test]
    fn a_compile_that_takes_over_the_tools_equals_a_full_one(
        world in worlds(), number in 0..5u8, to in 0..INTEGRATIONS
    ) {
        let before = Snapshot::compile(org(1), &world.state, None);
        let mut after = world;
        let member = person(number);
        let grantee = Grantee::Member(member);
        let tools_off = TOOLS[..2].iter().map(|tool| (*tool).to_owned()).collect();
        let mut events = vec![
            Event::MemberAdded { person: member, role: role("member") },
            Event::KeyCreated {
                key: key(9),
                kind: KeyKind::Personal { holder: member },
                digest: "9".repeat(64),
                hint: String::new(),
                expires_at: None,
            },
        ];
        if after.state.integrations.contains_key(&integration(to)) {
            let (integration, profile, expires_at) = (integration(to), Profile::NoDelete, Some(MOMENTS[1]));
            events.push(Event::GrantSet { grantee, integration, profile, tools_off, expires_at });
        }
        for event in events {
            prop_assert!(!event.changes_tools());
            after.happens(event);
        }
        let shared = Snapshot::compile(org(1), &after.state, Some(&before));
        let full = Snapshot::compile(org(1), &after.state, None);
        prop_assert_eq!(format!("{shared:?}"), format!("{full:?}"));
        let actor = Actor::about(Subject::Member(member));
        let names = |snapshot: &Snapshot| -> Vec<String> {
            snapshot.callable_tools(&actor, MOMENTS[0]).map(|(_, tool, _)| tool.exposed.to_string()).collect()
        };
        prop_assert_eq!(names(&shared), names(&full));
    }
}
