//! Mail domains: one organization at a time has each, and who asks to join is forgotten with the request, the membership
//! and the person.

use domain::id::OrgId;
use domain::time::Timestamp;
use journal::{AppendError, Fact, JoinAskerRow, Journal, MailDomainRow};

use crate::world::{facts, folder, open, org, person};

fn verified(org: OrgId, at: i64) -> Fact {
    Fact::MailDomain(Box::new(MailDomainRow { name: "corp.example".to_owned(), org, checked_at: Timestamp(at) }))
}

fn asks(number: u8, org: OrgId, (at, until): (i64, i64)) -> Fact {
    let (email, name) = (format!("p{number}@corp.example"), format!("Person {number}"));
    let (way, until) = ("email".to_owned(), Timestamp(until));
    let row = JoinAskerRow { org, person: person(number), email, name, way, until };
    Fact::JoinAsker { row: Box::new(row), at: Timestamp(at) }
}

async fn write(journal: &Journal, written: Vec<Fact>) -> Result<(), AppendError> {
    journal.append(vec![facts(written)]).await.map(|_| ())
}

async fn waiting(journal: &Journal, org: OrgId) -> Vec<String> {
    let rows = journal.join_askers(org, vec![person(1), person(2), person(3)]).await.unwrap();
    rows.into_iter().map(|row| row.email).collect()
}

#[tokio::test]
async fn a_mail_domain_is_of_one_organization_until_that_lets_go_of_it() {
    let dir = folder();
    let journal = open(dir.path());
    assert_eq!(journal.mail_domain("corp.example").await.unwrap(), None);
    write(&journal, vec![verified(org(1), 5)]).await.unwrap();
    // Nothing of what comes with it happens.
    let taken = write(&journal, vec![asks(1, org(2), (0, 9)), verified(org(2), 6)]).await.unwrap_err();
    assert!(matches!(taken, AppendError::Taken { what: "mail domain" }), "{taken:?}");
    assert!(waiting(&journal, org(2)).await.is_empty());
    write(&journal, vec![verified(org(1), 7)]).await.unwrap();
    let known = journal.mail_domain("corp.example").await.unwrap().unwrap();
    assert_eq!((known.org, known.checked_at), (org(1), Timestamp(7)));
    let released = |org| Fact::ReleaseMailDomain { name: "corp.example".to_owned(), org };
    write(&journal, vec![released(org(2))]).await.unwrap();
    assert!(journal.mail_domain("corp.example").await.unwrap().is_some(), "it is not theirs to let go of");
    write(&journal, vec![released(org(1)), verified(org(2), 8)]).await.unwrap();
    assert_eq!(journal.mail_domain("corp.example").await.unwrap().map(|row| row.org), Some(org(2)));
    write(&journal, vec![Fact::EraseOrganization { org: org(2) }]).await.unwrap();
    assert_eq!(journal.mail_domain("corp.example").await.unwrap(), None);
}

#[tokio::test]
async fn who_asks_to_join_is_forgotten_at_the_end_of_the_request_of_the_asking_and_of_the_person() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![asks(1, org(1), (0, 10)), asks(2, org(1), (0, 20)), asks(1, org(2), (0, 10))]).await.unwrap();
    assert_eq!(waiting(&journal, org(1)).await, ["p1@corp.example", "p2@corp.example"]);
    write(&journal, vec![asks(3, org(1), (10, 40))]).await.unwrap();
    assert_eq!(waiting(&journal, org(1)).await, ["p2@corp.example", "p3@corp.example"], "one had waited to the end");
    assert_eq!(waiting(&journal, org(2)).await, ["p1@corp.example"]);
    write(&journal, vec![Fact::DropJoinAsker { org: org(1), person: person(2) }]).await.unwrap();
    assert_eq!(waiting(&journal, org(1)).await, ["p3@corp.example"]);
    write(&journal, vec![Fact::Membership { person: person(3), org: org(1) }]).await.unwrap();
    assert!(waiting(&journal, org(1)).await.is_empty(), "who has joined asks no longer");
    write(&journal, vec![Fact::ErasePerson { person: person(1) }]).await.unwrap();
    assert!(waiting(&journal, org(2)).await.is_empty());
}

#[tokio::test]
async fn whoever_asks_to_join_elsewhere_is_kept_when_an_organization_is_erased() {
    let dir = folder();
    let journal = open(dir.path());
    let known = |number: u8| Fact::Person {
        person: person(number),
        email: format!("p{number}@corp.example"),
        name: format!("Person {number}"),
    };
    write(&journal, vec![known(1), known(2), asks(1, org(2), (0, 10)), asks(2, org(1), (0, 10))]).await.unwrap();
    let gone = journal.known_nowhere_else(org(1), vec![person(1), person(2)]).await.unwrap();
    assert_eq!(gone, [person(2)]);
    write(&journal, vec![Fact::EraseOrganization { org: org(1) }]).await.unwrap();
    assert!(waiting(&journal, org(1)).await.is_empty());
    assert_eq!(waiting(&journal, org(2)).await, ["p1@corp.example"]);
}
