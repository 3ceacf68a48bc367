//! Organizations that end: which they are, and what of people and organizations is left when one is erased.

use domain::id::{InvitationId, OrgId};
use domain::time::Timestamp;
use journal::{DirectoryUser, Fact, InviteeRow, Journal, OrganizationSlug, SavedState, StreamId, TicketRow};

use crate::world::{append, facts, folder, key, open, org, person};

async fn write(journal: &Journal, written: Vec<Fact>) {
    journal.append(vec![facts(written)]).await.unwrap();
}

fn known(number: u8) -> Fact {
    Fact::Person { person: person(number), email: format!("p{number}@example.com"), name: format!("Person {number}") }
}

fn invitee(org: OrgId, email: &str) -> Fact {
    let (invitation, email) = (InvitationId::from_random([9; 20]), email.to_owned());
    Fact::Invitee(Box::new(InviteeRow { org, invitation, email, name: None, note: None, mail: None }))
}

fn directory_user(org: OrgId) -> Fact {
    let (external_id, family_name) = (Some("ext-1".to_owned()), Some("Boss".to_owned()));
    Fact::DirectoryUser(Box::new(DirectoryUser {
        org,
        person: person(1),
        user_name: "boss".to_owned(),
        external_id,
        given_name: None,
        family_name,
        is_deleted: false,
    }))
}

#[tokio::test]
async fn organizations_are_among_those_that_end_until_they_are_restored_or_erased() {
    let dir = folder();
    let journal = open(dir.path());
    let slug = |number: u8| Fact::Slug { slug: format!("org-{number}"), org: org(number) };
    write(&journal, vec![slug(1), slug(2), slug(3)]).await;
    let ends = |number| Fact::OrganizationEnds { org: org(number) };
    let restored = |number| Fact::OrganizationRestored { org: org(number) };
    // Said twice it is so once, and what does not end is restored without harm.
    write(&journal, vec![ends(1), ends(1), ends(2), ends(3), restored(3), restored(9)]).await;
    let mut ending = vec![org(1), org(2)];
    ending.sort();
    assert_eq!(journal.ending_organizations(None, 10).await.unwrap(), ending);
    assert_eq!(journal.ending_organizations(Some(ending[0]), 10).await.unwrap(), ending[1..]);
    assert_eq!(journal.ending_organizations(None, 1).await.unwrap(), ending[..1]);
    assert_eq!(journal.organizations(None, 10).await.unwrap().len(), 3);

    write(&journal, vec![Fact::EraseOrganization { org: org(1) }]).await;
    // What is erased is not restored.
    write(&journal, vec![restored(1)]).await;
    assert_eq!(journal.ending_organizations(None, 10).await.unwrap(), [org(2)]);
    let left: Vec<OrgId> =
        journal.organizations(None, 10).await.unwrap().into_iter().map(|OrganizationSlug { org, .. }| org).collect();
    assert!(left.len() == 2 && !left.contains(&org(1)), "{left:?}");
    assert_eq!(journal.org_by_slug("org-1").await.unwrap(), Some(org(1)), "it is given to nobody");
    let taken = journal.append(vec![facts(vec![Fact::Slug { slug: "org-1".into(), org: org(4) }])]).await;
    assert!(taken.is_err());
    journal.close().await;
}

#[tokio::test]
async fn of_an_erased_organization_its_events_are_left_and_others_keep_what_is_theirs() {
    let dir = folder();
    let journal = open(dir.path());
    let of = |org: OrgId| {
        vec![
            Fact::Membership { person: person(1), org },
            Fact::Called { org, person: person(1), email: "p1@example.com".into(), name: "Boss".into() },
            Fact::Label { org, id: "key_1".into(), label: "Laptop".into() },
            Fact::Secret { org, id: "int_1".into(), sealed: vec![1] },
            invitee(org, "new@example.com"),
            directory_user(org),
        ]
    };
    let credential = |number: u8| Fact::Credential { digest: [number; 32], org: org(number), key: key(number) };
    let ticket = TicketRow {
        digest: [7; 32],
        purpose: "first-link".into(),
        person: Some(person(1)),
        org: Some(org(1)),
        about: None,
        browser: None,
        return_to: None,
        created_at: Timestamp(0),
        expires_at: Timestamp(100),
    };
    let mail = |org| Fact::Mail { org: Some(org), about: None, sealed: vec![2], at: Timestamp(0) };
    let mut all =
        vec![known(1), credential(1), credential(2), Fact::Ticket(Box::new(ticket)), mail(org(1)), mail(org(2))];
    all.extend([1, 2].into_iter().flat_map(|number| of(org(number))));
    write(&journal, all).await;
    journal.append(vec![append(org(1), 0, &["a", "b"])]).await.unwrap();
    let state = SavedState { seq: 2, format: 1, bytes: b"state".to_vec() };
    journal.put_state(StreamId::Organization(org(1)), state).await.unwrap();

    let erased = append(org(1), 2, &["destroyed"]);
    let erased = journal::Append { facts: vec![Fact::EraseOrganization { org: org(1) }], ..erased };
    journal.append(vec![erased]).await.unwrap();
    assert_eq!(journal.organizations_of(person(1)).await.unwrap(), [org(2)]);
    assert_eq!(journal.people(org(1), &[person(1)]).await.unwrap()[0].name, "Person 1", "as the directory says");
    assert_eq!(journal.people(org(2), &[person(1)]).await.unwrap()[0].name, "Boss");
    let labels = [journal.labels(org(1)).await.unwrap().len(), journal.labels(org(2)).await.unwrap().len()];
    assert_eq!(labels, [0, 1]);
    assert_eq!(journal.secret(org(1), "int_1").await.unwrap(), None);
    assert_eq!(journal.secret(org(2), "int_1").await.unwrap(), Some(vec![1]));
    assert_eq!(journal.credential([1; 32]).await.unwrap(), None);
    assert_eq!(journal.credential([2; 32]).await.unwrap(), Some((org(2), key(2))));
    let invitation = vec![InvitationId::from_random([9; 20])];
    assert!(journal.invitees(org(1), invitation.clone()).await.unwrap().is_empty());
    assert_eq!(journal.invitees(org(2), invitation).await.unwrap().len(), 1);
    assert_eq!(journal.directory_user_named(org(1), "boss").await.unwrap(), None);
    assert!(journal.directory_user_named(org(2), "boss").await.unwrap().is_some());
    let mails = journal.mail_due(Timestamp(1), 10).await.unwrap();
    assert_eq!(mails.iter().map(|mail| mail.org).collect::<Vec<_>>(), [Some(org(2))]);
    assert!(journal.latest_state(StreamId::Organization(org(1))).await.unwrap().is_none());
    // The link was made for a person, who goes elsewhere with it.
    assert_eq!(journal.ticket([7; 32]).await.unwrap().map(|ticket| ticket.org), Some(None));
    assert_eq!(journal.read(org(1).into(), 0, 10).await.unwrap().len(), 3);
    journal.close().await;
    assert!(journal::verify(dir.path()).unwrap().holds());
}

#[tokio::test]
async fn with_an_organization_those_are_erased_whom_no_other_one_knows() {
    let dir = folder();
    let journal = open(dir.path());
    let (here, there) = (org(1), org(2));
    let mut all: Vec<Fact> = (1..=5).map(known).collect();
    all.extend((1..=5).map(|number| Fact::Membership { person: person(number), org: here }));
    all.extend([
        Fact::Membership { person: person(2), org: there },
        Fact::Called { org: there, person: person(3), email: "x@example.com".into(), name: "Left long ago".into() },
        Fact::Called { org: here, person: person(4), email: "x@example.com".into(), name: "Only here".into() },
        invitee(there, "P5@example.com"),
    ]);
    write(&journal, all).await;
    let asked: Vec<_> = (1..=6).map(person).collect();
    assert_eq!(journal.known_nowhere_else(here, asked.clone()).await.unwrap(), [person(1), person(4)]);
    // Also where it is asked for somebody who has come to be known elsewhere meanwhile.
    write(&journal, asked.iter().map(|person| Fact::ErasePersonOf { org: here, person: *person }).collect()).await;
    let left: Vec<_> = journal.people(there, &asked).await.unwrap().into_iter().map(|person| person.id).collect();
    assert_eq!(left, [person(2), person(3), person(5)]);
    assert_eq!(journal.invitees(there, vec![InvitationId::from_random([9; 20])]).await.unwrap().len(), 1);
    assert!(journal.known_nowhere_else(here, asked).await.unwrap().is_empty());
    journal.close().await;
}

#[tokio::test]
async fn whoever_is_erased_goes_from_invitations_to_the_address_by_which_an_organization_knew_them() {
    let dir = folder();
    let journal = open(dir.path());
    let (here, there) = (org(1), org(2));
    let unproven = format!("{}@unproven.invalid", person(1));
    let all = vec![
        Fact::Person { person: person(1), email: unproven, name: "Ann".into() },
        Fact::Called { org: here, person: person(1), email: "Ann@example.com".into(), name: "Ann".into() },
        invitee(here, "ann@example.com"),
        // Who joined by a link showed no address: elsewhere it may be somebody else's.
        invitee(there, "ann@example.com"),
    ];
    write(&journal, all).await;
    write(&journal, vec![Fact::ErasePerson { person: person(1) }]).await;
    let left = async |org| journal.invitees(org, vec![InvitationId::from_random([9; 20])]).await.unwrap().len();
    assert_eq!((left(here).await, left(there).await), (0, 1));
    journal.close().await;
}
