//! The contract of streams, facts and saved states: whatever database is behind the interface must hold it.

use domain::time::Timestamp;
use journal::{Append, AppendError, Fact, Label, OrganizationSlug, Person, SavedState, SecretToGiveBack, StreamId};
use tokio::task::JoinSet;

use crate::world::{append, facts, folder, key, open, org, person};

fn bodies(events: Vec<journal::StoredEvent>) -> Vec<String> {
    events.into_iter().map(|event| String::from_utf8(event.body).expect("words")).collect()
}

#[tokio::test]
async fn what_was_appended_is_read_back_in_order() {
    let dir = folder();
    let journal = open(dir.path());
    let stream = StreamId::from(org(1));
    let first = journal.append(vec![append(org(1), 0, &["a", "b"])]).await.unwrap();
    assert_eq!((first[0].seq, first[0].stream), (2, stream));
    let second = journal.append(vec![append(org(1), 2, &["c"])]).await.unwrap();
    assert_eq!(journal.head(stream).await.unwrap(), 3);

    let events = journal.read(stream, 0, 10).await.unwrap();
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(events[2].hash, second[0].hash);
    assert_eq!(events[0].actor, person(1).to_string());
    assert_eq!(bodies(events), ["a", "b", "c"]);
    assert_eq!(bodies(journal.read(stream, 1, 1).await.unwrap()), ["b"]);
    assert_eq!(bodies(journal.read_back(stream, None, 2).await.unwrap()), ["c", "b"]);
    assert_eq!(bodies(journal.read_back(stream, Some(2), 2).await.unwrap()), ["a"]);
    assert_eq!(journal.read(StreamId::Directory, 0, 10).await.unwrap(), []);
    journal.close().await;
}

#[tokio::test]
async fn it_is_all_there_after_it_was_closed_and_opened_again() {
    let dir = folder();
    let journal = open(dir.path());
    journal.append(vec![append(org(1), 0, &["a"])]).await.unwrap();
    journal.close().await;
    assert!(matches!(journal.append(vec![]).await, Err(AppendError::Unavailable { .. })));
    assert!(journal.read(org(1).into(), 0, 1).await.is_err());
    let journal = open(dir.path());
    assert_eq!(bodies(journal.read(org(1).into(), 0, 10).await.unwrap()), ["a"]);
    journal.append(vec![append(org(1), 1, &["b"])]).await.unwrap();
    journal.close().await;
    assert!(journal::verify(dir.path()).unwrap().holds());
}

#[tokio::test]
async fn an_append_that_expects_another_head_conflicts_and_learns_the_head() {
    let dir = folder();
    let journal = open(dir.path());
    journal.append(vec![append(org(1), 0, &["a", "b"])]).await.unwrap();
    for expected in [0, 1, 3] {
        let refused = journal.append(vec![append(org(1), expected, &["x"])]).await;
        assert_eq!(refused, Err(AppendError::Conflict { stream: org(1).into(), head: 2 }));
    }
    assert_eq!(journal.head(org(1).into()).await.unwrap(), 2);
    journal.close().await;
}

#[tokio::test]
async fn several_streams_are_appended_to_together_or_not_at_all() {
    let dir = folder();
    let journal = open(dir.path());
    journal.append(vec![append(org(2), 0, &["there"])]).await.unwrap();
    let slug = Fact::Slug { slug: "first".into(), org: org(1) };
    let both = |expected_of_second| {
        let first = Append { facts: vec![slug.clone()], ..append(org(1), 0, &["a"]) };
        vec![first, append(StreamId::Directory, 0, &["d"]), append(org(2), expected_of_second, &["b"])]
    };
    let refused = journal.append(both(0)).await;
    assert_eq!(refused, Err(AppendError::Conflict { stream: org(2).into(), head: 1 }));
    assert_eq!(journal.head(org(1).into()).await.unwrap(), 0);
    assert_eq!(journal.head(StreamId::Directory).await.unwrap(), 0);
    assert_eq!(journal.org_by_slug("first").await.unwrap(), None);

    let appended = journal.append(both(1)).await.unwrap();
    assert_eq!(appended.iter().map(|appended| appended.seq).collect::<Vec<_>>(), [1, 1, 2]);
    assert_eq!(journal.org_by_slug("first").await.unwrap(), Some(org(1)));
    journal.close().await;
}

#[tokio::test]
async fn of_appends_that_race_for_a_head_one_wins_and_no_other_is_hurt() {
    let dir = folder();
    let journal = open(dir.path());
    let mut racing = JoinSet::new();
    for round in 0..20u8 {
        for stream in 0..10u8 {
            let journal = journal.clone();
            racing.spawn(async move {
                let events = [format!("{round}")];
                let append = append(org(stream), 0, &[events[0].as_str()]);
                (stream, journal.append(vec![append]).await)
            });
        }
    }
    let mut winners = [0; 10];
    while let Some(done) = racing.join_next().await {
        match done.unwrap() {
            (stream, Ok(_)) => winners[usize::from(stream)] += 1,
            (stream, Err(error)) => {
                assert_eq!(error, AppendError::Conflict { stream: org(stream).into(), head: 1 });
            }
        }
    }
    assert_eq!(winners, [1; 10]);
    journal.close().await;
    assert!(journal::verify(dir.path()).unwrap().holds());
}

#[tokio::test]
async fn an_append_that_holds_too_much_is_refused_whole() {
    let dir = folder();
    let journal = open(dir.path());
    let mut large = append(org(1), 0, &["small"]);
    large.events.push(vec![0; journal::stream::EVENT_BYTES_MAX + 1]);
    assert!(matches!(journal.append(vec![large]).await, Err(AppendError::TooLarge { .. })));
    assert_eq!(journal.head(org(1).into()).await.unwrap(), 0);
    journal.close().await;
}

fn ada() -> Fact {
    Fact::Person { person: person(1), email: "Ada@Example.com".into(), name: "Ada".into() }
}

#[tokio::test]
async fn people_are_found_by_address_whatever_its_case_and_can_be_erased() {
    let dir = folder();
    let journal = open(dir.path());
    journal.append(vec![facts(vec![ada()])]).await.unwrap();
    let found = journal.person_by_email("ada@EXAMPLE.com").await.unwrap();
    let expected =
        Person { id: person(1), email: "Ada@Example.com".into(), name: "Ada".into(), is_address_theirs: true };
    assert_eq!(found, Some(expected.clone()));
    assert_eq!(journal.people(org(1), &[person(2), person(1)]).await.unwrap(), [expected]);

    let renamed = Fact::Person { person: person(1), email: "ada@new.example".into(), name: "Ada L".into() };
    journal.append(vec![facts(vec![renamed])]).await.unwrap();
    assert_eq!(journal.person_by_email("ada@example.com").await.unwrap(), None);
    assert_eq!(journal.people(org(1), &[person(1)]).await.unwrap()[0].name, "Ada L");

    // Each organization calls them as it wrote itself.
    let (email, name) = ("ADA@new.example".to_owned(), "Countess Ada".to_owned());
    let called = Fact::Called { org: org(2), person: person(1), email: email.clone(), name: name.clone() };
    journal.append(vec![facts(vec![called])]).await.unwrap();
    assert_eq!(journal.people(org(1), &[person(1)]).await.unwrap()[0].name, "Ada L");
    assert_eq!(
        journal.people(org(2), &[person(1)]).await.unwrap(),
        [Person { id: person(1), email, name, is_address_theirs: true }]
    );

    // By another address than theirs they are known there alone.
    let called = Fact::Called { org: org(3), person: person(1), email: "boss@acme.example".into(), name: "Ada".into() };
    journal.append(vec![facts(vec![called])]).await.unwrap();
    assert!(!journal.people(org(3), &[person(1)]).await.unwrap()[0].is_address_theirs);

    journal.append(vec![facts(vec![Fact::ErasePerson { person: person(1) }])]).await.unwrap();
    assert_eq!(journal.people(org(2), &[person(1)]).await.unwrap(), []);
    assert_eq!(journal.people(org(1), &[person(1)]).await.unwrap(), []);
    journal.close().await;
    for file in ["journal.db", "journal.db-wal"] {
        let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!text.contains("ada@"), "the erased address is still in {file}");
        assert!(!text.contains("countess"), "the erased name is still in {file}");
    }
}

#[tokio::test]
async fn an_address_a_slug_and_a_credential_have_one_holder() {
    let dir = folder();
    let journal = open(dir.path());
    let slug = |slug: &str, number| Fact::Slug { slug: slug.into(), org: org(number) };
    let credential = |number| Fact::Credential { digest: [9; 32], org: org(1), key: key(number) };
    journal.append(vec![facts(vec![ada(), slug("pipe", 1), credential(1)])]).await.unwrap();

    let other = Fact::Person { person: person(2), email: "ADA@example.com".into(), name: "Other".into() };
    for (fact, what) in [(other, "e-mail"), (slug("pipe", 2), "slug"), (credential(2), "credential")] {
        let mut refused = append(org(3), 0, &["never"]);
        refused.facts = vec![slug("free", 3), fact];
        assert_eq!(journal.append(vec![refused]).await, Err(AppendError::Taken { what }));
        assert_eq!(journal.head(org(3).into()).await.unwrap(), 0);
        assert_eq!(journal.org_by_slug("free").await.unwrap(), None);
    }
    // What is one's own may be said again, and a slug that was given up is free.
    journal.append(vec![facts(vec![ada(), slug("other", 1), credential(1), slug("pipe", 2)])]).await.unwrap();
    assert_eq!(journal.org_by_slug("pipe").await.unwrap(), Some(org(2)));
    assert_eq!(journal.credential([9; 32]).await.unwrap(), Some((org(1), key(1))));
    assert_eq!(journal.credential([8; 32]).await.unwrap(), None);
    let all = journal.organizations(None, 10).await.unwrap();
    let named = |number, slug: &str| OrganizationSlug { org: org(number), slug: slug.into() };
    assert_eq!(all, [named(1, "other"), named(2, "pipe")]);
    assert_eq!(journal.organizations(Some(org(1)), 10).await.unwrap(), [named(2, "pipe")]);
    journal.close().await;
}

#[tokio::test]
async fn memberships_labels_and_secrets_come_and_go() {
    let dir = folder();
    let journal = open(dir.path());
    let label = |label: &str| Fact::Label { org: org(1), id: "rol_1".into(), label: label.into() };
    let secret = |sealed: &[u8]| Fact::Secret { org: org(1), id: "int_1".into(), sealed: sealed.to_vec() };
    let membership = |number| Fact::Membership { person: person(1), org: org(number) };
    let all = vec![membership(2), membership(1), membership(1), label("Admins"), secret(b"old"), secret(b"sealed")];
    journal.append(vec![facts(all)]).await.unwrap();
    assert_eq!(journal.organizations_of(person(1)).await.unwrap(), [org(1), org(2)]);
    assert_eq!(journal.labels(org(1)).await.unwrap(), [Label { id: "rol_1".into(), label: "Admins".into() }]);
    let named = |number| journal.labels_of(org(number), vec!["rol_2".into(), "rol_1".into()]);
    assert_eq!(named(1).await.unwrap(), [Label { id: "rol_1".into(), label: "Admins".into() }]);
    assert_eq!(named(2).await.unwrap(), []);
    assert_eq!(journal.secret(org(1), "int_1").await.unwrap(), Some(b"sealed".to_vec()));
    assert_eq!(journal.secret(org(2), "int_1").await.unwrap(), None);

    let end = Fact::EndMembership { person: person(1), org: org(1) };
    let drop = Fact::DropSecret { org: org(1), id: "int_1".into() };
    journal.append(vec![facts(vec![end, drop, label("")])]).await.unwrap();
    assert_eq!(journal.organizations_of(person(1)).await.unwrap(), [org(2)]);
    assert_eq!(journal.labels(org(1)).await.unwrap(), []);
    assert_eq!(journal.secret(org(1), "int_1").await.unwrap(), None);
    journal.close().await;
}

#[tokio::test]
async fn a_secret_is_renewed_where_it_is_still_and_what_was_dropped_meanwhile_stays_dropped() {
    let dir = folder();
    let journal = open(dir.path());
    let renew = |sealed: &[u8]| Fact::RenewSecret { org: org(1), id: "acc_1".into(), sealed: sealed.to_vec() };
    let kept = || journal.secret(org(1), "acc_1");
    journal.append(vec![facts(vec![renew(b"early")])]).await.unwrap();
    assert_eq!(kept().await.unwrap(), None);
    let first = Fact::Secret { org: org(1), id: "acc_1".into(), sealed: b"first".to_vec() };
    journal.append(vec![facts(vec![first])]).await.unwrap();
    journal.append(vec![facts(vec![renew(b"second")])]).await.unwrap();
    assert_eq!(kept().await.unwrap(), Some(b"second".to_vec()));
    assert_eq!(journal.secret(org(2), "acc_1").await.unwrap(), None);
    let drop = Fact::DropSecret { org: org(1), id: "acc_1".into() };
    journal.append(vec![facts(vec![drop])]).await.unwrap();
    journal.append(vec![facts(vec![renew(b"late")])]).await.unwrap();
    assert_eq!(kept().await.unwrap(), None);
    journal.close().await;
}

#[tokio::test]
async fn a_secret_that_is_to_be_given_back_is_kept_for_nothing_else_until_that_was_done() {
    let dir = folder();
    let journal = open(dir.path());
    let (org_id, id) = (org(1), "acc_1".to_owned());
    let give_back = |at| Fact::GiveBack { org: org_id, id: id.clone(), at: Timestamp(at) };
    let due = |now| journal.secrets_to_give_back(Timestamp(now), 10);
    // What is not kept is not given back.
    journal.append(vec![facts(vec![give_back(0)])]).await.unwrap();
    assert_eq!(due(9).await.unwrap(), []);
    let kept = Fact::Secret { org: org_id, id: id.clone(), sealed: b"sealed".to_vec() };
    journal.append(vec![facts(vec![kept, give_back(5)])]).await.unwrap();
    assert_eq!(journal.secret(org_id, &id).await.unwrap(), None);
    let row = |attempts| SecretToGiveBack { org: org_id, id: id.clone(), sealed: b"sealed".to_vec(), attempts };
    assert_eq!((due(4).await.unwrap(), due(5).await.unwrap()), (vec![], vec![row(0)]));
    let put_off = Fact::GiveBackPutOff { org: org_id, id: id.clone(), next_at: Timestamp(7) };
    // An organization that is erased erases nothing of what is on its way back.
    journal.append(vec![facts(vec![put_off, Fact::EraseOrganization { org: org_id }])]).await.unwrap();
    assert_eq!((due(6).await.unwrap(), due(7).await.unwrap()), (vec![], vec![row(1)]));
    journal.append(vec![facts(vec![Fact::GivenBack { org: org_id, id: id.clone() }])]).await.unwrap();
    assert_eq!(due(9).await.unwrap(), []);
    journal.close().await;
}

#[tokio::test]
async fn the_newest_two_states_are_kept_and_a_damaged_one_is_passed_over() {
    let dir = folder();
    let journal = open(dir.path());
    let stream = StreamId::from(org(1));
    assert_eq!(journal.latest_state(stream).await.unwrap(), None);
    journal.append(vec![append(org(1), 0, &["a", "b", "c"])]).await.unwrap();
    let state = |seq: u64| SavedState { seq, format: 4, bytes: format!("state at {seq}").into_bytes() };
    for seq in 1..=3 {
        journal.put_state(stream, state(seq)).await.unwrap();
    }
    assert_eq!(journal.latest_state(stream).await.unwrap(), Some(state(3)));
    // A state of events that do not exist is not of this stream.
    journal.put_state(stream, state(9)).await.unwrap();
    assert_eq!(journal.latest_state(stream).await.unwrap(), Some(state(3)));
    journal.put_state(stream, state(2)).await.unwrap();
    journal.close().await;

    let vandal = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    vandal.execute("DELETE FROM states WHERE seq = 9", []).unwrap();
    vandal.execute("INSERT OR IGNORE INTO states SELECT stream, 2, format, checksum, bytes FROM states", []).unwrap();
    vandal.execute("UPDATE states SET bytes = x'00' WHERE seq = 2", []).unwrap();
    drop(vandal);
    let journal = open(dir.path());
    assert_eq!(journal.latest_state(stream).await.unwrap(), Some(state(3)));
    journal.close().await;
    let vandal = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    vandal.execute("UPDATE states SET bytes = x'00'", []).unwrap();
    drop(vandal);
    let journal = open(dir.path());
    assert_eq!(journal.latest_state(stream).await.unwrap(), None);
    journal.close().await;
}

#[tokio::test]
async fn heads_name_the_newest_row_of_each_chain() {
    let dir = folder();
    let journal = open(dir.path());
    for number in 1..=3 {
        journal.append(vec![append(org(number), 0, &["a", "b"])]).await.unwrap();
    }
    let all = journal.heads(journal::JournalFile::Journal, "", 10).await.unwrap();
    assert_eq!(all.iter().map(|head| head.seq).collect::<Vec<_>>(), [2, 2, 2]);
    let rest = journal.heads(journal::JournalFile::Journal, org(1).as_str(), 1).await.unwrap();
    assert_eq!(rest, all[1..2]);
    journal.close().await;
    assert_eq!(journal::verify(dir.path()).unwrap().heads, all);
}
