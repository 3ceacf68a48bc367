//! A document is planned on the state that it changes, whoever else writes meanwhile.

use app::impact::Mode;
use app::policy_file::Document;
use app::{Caller, Problem};

use crate::world::{ADMIN, MEMBER, World};

fn document(value: serde_json::Value) -> Document {
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
    let changes = document(serde_json::json!({ "wardroom": 1, "name": "Taken over" }));
    let denied = world.app.apply_document(&acme.admin, &changes).await.unwrap_err();
    let Problem::InStep { place, problem } = denied else { panic!("{denied}") };
    assert_eq!((place, matches!(*problem, Problem::Denied { .. })), (vec!["name".to_owned()], true));

    // It still knows the member as one, and would have nothing to do about them.
    other.change_member_role(&elsewhere, MEMBER, "admin").await.unwrap();
    let members = serde_json::json!({ ADMIN: "admin", MEMBER: "member" });
    let changes = document(serde_json::json!({ "wardroom": 1, "members": members }));
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
    let tied = Caller { mode: Mode { preview: false, expected_seq: Some(seq) }, ..acme.owner.clone() };
    let one = document(serde_json::json!({ "wardroom": 1, "name": "One" }));
    let two = document(serde_json::json!({ "wardroom": 1, "name": "Two" }));
    let (one, two) = tokio::join!(world.app.apply_document(&tied, &one), world.app.apply_document(&tied, &two));
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
    let given = serde_json::json!({ MEMBER: { "stripe": { "profile": "full", "until": until } } });
    let changes = document(serde_json::json!({ "wardroom": 1, "grants": { "members": given } }));
    assert_eq!(world.app.apply_document(&acme.owner, &changes).await.unwrap().steps.len(), 1);
    let member = world.caller(&acme.member_key).await;
    assert!(world.may_call(&member, "stripe", "create_refund"));
    world.clock.advance_ms(1_000);
    assert!(!world.may_call(&member, "stripe", "create_refund"));
    assert_eq!(world.app.apply_document(&acme.owner, &changes).await.unwrap().steps, vec![]);
    let exported = world.app.export_document(&acme.owner).await.unwrap();
    assert_eq!(exported.grants.unwrap().members, Some(std::collections::BTreeMap::new()));
}
