//! What is hidden from somebody stays hidden in the record of their own calls, too.

use app::audit::{AuditQuery, Entry};
use app::grants::Receiver;
use domain::grant::Profile;
use domain::id::IntegrationId;
use domain::record::{Decision, Intent};

use crate::world::{Acme, MEMBER, World, code_of};

/// Records a denied call of the member, as the gateway would.
async fn denied(world: &World, acme: &Acme, integration: Option<IntegrationId>, reason: &str) {
    denied_to((world, acme), "tools/call", integration, reason).await;
}

async fn denied_to((world, acme): (&World, &Acme), method: &str, integration: Option<IntegrationId>, reason: &str) {
    let intent = Intent {
        org: acme.org,
        at: world.app.now(),
        subject: acme.member_id.to_string(),
        acting_for: None,
        credential: acme.member.actor.credential.map(|credential| credential.id()),
        client: None,
        method: method.to_owned(),
        integration,
        tool: Some("list_customers".to_owned()),
        class: None,
        decision: Decision::Denied,
        reason: reason.to_owned(),
        arguments_digest: None,
        policy_seq: 1,
    };
    world.journal.note(intent).await.unwrap();
}

fn told(entry: &Entry) -> (Option<String>, Option<IntegrationId>, String) {
    let Entry::Call { record, integration, .. } = entry else { panic!("{entry:?}") };
    (integration.clone(), record.intent.integration, record.intent.reason.clone())
}

// rows: PW-16
#[tokio::test]
async fn ones_own_record_does_not_tell_a_hidden_integration_from_one_that_does_not_exist() {
    let world = World::new();
    let acme = world.acme().await;
    let stripe = world.app.show_integration(&acme.owner, "stripe").await.unwrap().id;
    denied(&world, &acme, Some(stripe), "not-assigned").await;
    denied(&world, &acme, Some(stripe), "no-such-tool").await;
    denied(&world, &acme, Some(stripe), "grant-ended").await;
    denied(&world, &acme, None, "not-assigned").await;
    denied(&world, &acme, None, "no-such-tool").await;

    let own = AuditQuery { subject: Some(MEMBER.to_owned()), limit: 10, ..AuditQuery::default() };
    let page = world.app.read_audit(&acme.member, own.clone()).await.unwrap();
    let nothing = (None, None, "no-such-tool".to_owned());
    assert_eq!(page.entries.iter().map(told).collect::<Vec<_>>(), vec![nothing; 5]);

    // Those who read everybody's record are told what it was.
    let page = world.app.read_audit(&acme.owner, own.clone()).await.unwrap();
    let known = page.entries.iter().map(told).filter(|(slug, ..)| slug.as_deref() == Some("stripe")).count();
    assert_eq!(known, 3);

    for name in ["stripe", "nowhere", stripe.as_str(), "int_00000000000000000000"] {
        let filtered = AuditQuery { integration: Some(name.to_owned()), ..own.clone() };
        assert_eq!(code_of(world.app.read_audit(&acme.member, filtered).await), "missing", "{name}");
    }
}

#[tokio::test]
async fn nor_does_it_where_something_besides_tools_was_wanted() {
    let world = World::new();
    let acme = world.acme().await;
    let stripe = world.app.show_integration(&acme.owner, "stripe").await.unwrap().id;
    denied_to((&world, &acme), "resources/read", Some(stripe), "not-assigned").await;
    denied_to((&world, &acme), "resources/read", None, "no-such-target").await;
    let own = AuditQuery { subject: Some(MEMBER.to_owned()), limit: 10, ..AuditQuery::default() };
    let page = world.app.read_audit(&acme.member, own).await.unwrap();
    let nothing = (None, None, "no-such-target".to_owned());
    assert_eq!(page.entries.iter().map(told).collect::<Vec<_>>(), vec![nothing; 2]);
}

#[tokio::test]
async fn ones_own_record_names_what_one_may_see() {
    let world = World::new();
    let acme = world.acme().await;
    let stripe = world.app.show_integration(&acme.owner, "stripe").await.unwrap().id;
    world.give(&acme.owner, Receiver::Member(MEMBER), "stripe", Profile::ReadOnly).await.unwrap();
    denied(&world, &acme, Some(stripe), "profile").await;
    denied(&world, &acme, Some(stripe), "no-such-tool").await;
    let own = AuditQuery {
        subject: Some(MEMBER.to_owned()),
        integration: Some("stripe".to_owned()),
        limit: 10,
        ..AuditQuery::default()
    };
    let page = world.app.read_audit(&acme.member, own).await.unwrap();
    let expected =
        ["no-such-tool", "profile"].map(|reason| (Some("stripe".to_owned()), Some(stripe), reason.to_owned()));
    assert_eq!(page.entries.iter().map(told).collect::<Vec<_>>(), expected);
}
