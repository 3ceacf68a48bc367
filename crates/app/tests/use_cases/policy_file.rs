//! A document is planned on the state that it changes, whoever else writes meanwhile.

use app::impact::Mode;
use app::policy_file::Document;
use app::{Caller, Problem};
use serde_json::{Value, json};

use crate::world::{ADMIN, MEMBER, World};

fn document(value: Value) -> Document {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn a_document_that_another_writer_has_overtaken_is_planned_and_authorized_anew() {
    let world = World::new();
    let acme = world.acme().await;
    let other = world.another_writer();
    let elsewhere = other.authenticate(&acme.owner_key).await.unwrap();
    // This one's memory falls behind: the admin whom it still knows is one no longer.
    other.change_member_role(&elsewhere, ADMIN, "member").await.unwrap();
    let changes = document(json!({ "wardroom": 1, "name": "Taken over" }));
    let denied = world.app.apply_document(&acme.admin, &changes).await.unwrap_err();
    let Problem::InStep { place, problem } = denied else { panic!("{denied}") };
    assert_eq!((place, matches!(*problem, Problem::Denied { .. })), (vec!["name".to_owned()], true));

    // It still knows the member as one, and would have nothing to do about them.
    other.change_member_role(&elsewhere, MEMBER, "admin").await.unwrap();
    let members = json!({ ADMIN: "admin", MEMBER: "member" });
    let changes = document(json!({ "wardroom": 1, "members": members }));
    let applied = world.app.apply_document(&acme.owner, &changes).await.unwrap();
    let says: Vec<&str> = applied.steps.iter().map(|step| step.says.as_str()).collect();
    let instead = |who: &str, role: &str, before: &str| format!("give {who} the role {role} instead of {before}");
    assert_eq!(says, [instead(ADMIN, "admin", "member"), instead(MEMBER, "member", "admin")]);
}

#[tokio::test]
async fn of_two_documents_tied_to_one_state_only_one_is_applied() {
    let world = World::new();
    let acme = world.acme().await;
    let seq = acme.owner.live.snapshot().seq();
    let mode = Mode { preview: false, expected_seq: Some(seq) };
    let [owner, admin] = [&acme.owner, &acme.admin].map(|caller| Caller { mode, ..caller.clone() });
    let one = document(json!({ "wardroom": 1, "name": "One" }));
    let two = document(json!({ "wardroom": 1, "name": "Two" }));
    let (one, two) = tokio::join!(world.app.apply_document(&owner, &one), world.app.apply_document(&admin, &two));
    let moved = [one, two].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(moved.as_slice(), [Problem::Moved { .. }]), "{moved:?}");
    assert_eq!(acme.owner.live.snapshot().seq(), seq + 1);
}

#[tokio::test]
async fn a_grant_that_has_ended_is_as_good_as_not_there() {
    let world = World::new();
    let acme = world.acme().await;
    let soon = world.app.now().plus_ms(1_000);
    let until = serde_json::to_value(app::policy_file::Moment(soon)).unwrap();
    let given = json!({ MEMBER: { "stripe": { "profile": "full", "until": until } } });
    let changes = document(json!({ "wardroom": 1, "grants": { "members": given } }));
    assert_eq!(world.app.apply_document(&acme.owner, &changes).await.unwrap().steps.len(), 1);
    let member = world.caller(&acme.member_key).await;
    assert!(world.may_call(&member, "stripe", "create_refund"));
    world.clock.advance_ms(1_000);
    assert!(!world.may_call(&member, "stripe", "create_refund"));
    assert_eq!(world.app.apply_document(&acme.owner, &changes).await.unwrap().steps, vec![]);
    let exported = world.app.export_document(&acme.owner).await.unwrap();
    assert_eq!(exported.grants.unwrap().members, Some(std::collections::BTreeMap::new()));
}

/// Numbers that a seed decides.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    pub(crate) fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len() as u64) as usize]
    }

    pub(crate) fn some<'t>(&mut self, of: &[&'t str]) -> Vec<&'t str> {
        of.iter().copied().filter(|_| self.below(2) == 0).collect()
    }
}

/// Anything that a document may ask of the small company, on top of what it is.
pub(crate) fn anything(base: &Value, dice: &mut Dice) -> Value {
    let mut wanted = base.clone();
    let settings = &mut wanted["settings"];
    (settings["roles.custom"], settings["grants.to"]) = (json!(true), json!(["person", "team", "role"]));
    settings["admins.warn_below"] = json!(dice.below(5));
    wanted["objects"] = dice
        .some(&["people", "deals"])
        .into_iter()
        .map(|name| (name, json!({"title": name, "fields": {"a": "A"}})))
        .collect();
    let kept = |roles: &Value| {
        roles
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, role)| role["fixed"] == true)
            .map(|(id, role)| (id.clone(), role.clone()))
            .collect::<serde_json::Map<_, _>>()
    };
    let mut roles = kept(&base["roles"]);
    for name in dice.some(&["scout", "clerk"]) {
        let permissions =
            [&["role.view"][..], &dice.some(&["project.view:own", "billing.view", "audit.read"])].concat();
        let mut role = json!({ "title": name, "assignable_to": ["members", "agents"], "permissions": permissions });
        if wanted["objects"].get("people").is_some() && dice.below(2) == 0 {
            role["data"] = json!({ "people": { "see": "allow", "fields": { "a": { "edit": "deny" } } } });
        }
        roles.insert(name.to_owned(), role);
    }
    roles.insert("captain".to_owned(), json!({ "title": "Captain", "level": "team", "assignable_to": ["members"] }));
    let own: Vec<&str> = ["scout", "clerk"].into_iter().filter(|role| roles.contains_key(*role)).collect();
    let held = [&["member"][..], &own].concat();
    wanted["members"][MEMBER] = json!(dice.one(&held));
    wanted["members"][ADMIN] = json!(dice.one(&held));
    let place = json!({ "members": dice.some(&[MEMBER, ADMIN]).into_iter().map(|who| (who, json!("captain"))).collect::<Value>() });
    wanted["teams"] = dice.some(&["North", "South"]).into_iter().map(|team| (team, place.clone())).collect();
    let mut agents = serde_json::Map::new();
    for title in dice.some(&["Bot", "Ant"]) {
        let mut agent = json!({ "sponsor": dice.one(&[MEMBER, ADMIN]), "acts_for": {} });
        if let Some(role) = own.first().filter(|_| dice.below(2) == 0) {
            agent["role"] = json!(role);
        }
        if dice.below(2) == 0 {
            agent["suspended"] = json!(true);
        }
        agents.insert(title.to_owned(), agent);
    }
    let mut given = |to: Vec<String>| -> Value {
        let lucky = to.into_iter().filter(|_| dice.below(2) == 0).collect::<Vec<_>>();
        let measure = |who| (who, json!({ "stripe": { "profile": dice.one(&["read-only", "full"]) } }));
        lucky.into_iter().map(measure).collect()
    };
    let keys = |of: &Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    wanted["grants"] = json!({
        "members": given(vec![MEMBER.to_owned()]), "teams": given(keys(&wanted["teams"])),
        "roles": given(own.iter().map(|role| (*role).to_owned()).collect()),
        "agents": given(agents.keys().cloned().collect()), "keys": {},
    });
    wanted["integrations"]["stripe"]["tools_off"] = json!(dice.some(&["create_refund", "delete_customer"]));
    (wanted["roles"], wanted["agents"]) = (roles.into(), agents.into());
    wanted
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 24, ..Default::default() })]

    #[test]
    fn whatever_a_document_says_the_organization_exports_afterwards(seed: u64) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let acme = world.acme().await;
            let mut dice = Dice(seed);
            let base = serde_json::to_value(world.app.export_document(&acme.owner).await.unwrap()).unwrap();
            for _ in 0..3 {
                let wanted = document(anything(&base, &mut dice));
                let plan = world.app.plan_document(&acme.owner, &wanted).await.unwrap();
                let applied = world.app.apply_document(&acme.owner, &wanted).await.unwrap();
                assert_eq!((applied.steps, applied.seq), (plan.steps, plan.impact.seq + plan.impact.events.len() as u64));
                assert_eq!(world.app.export_document(&acme.owner).await.unwrap(), wanted);
                assert_eq!(world.app.plan_document(&acme.owner, &wanted).await.unwrap().steps, vec![]);
            }
        });
    }
}
