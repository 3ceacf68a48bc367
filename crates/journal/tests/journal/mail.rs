//! Mail that waits, and the ways by which people sign in.

use domain::id::IdentityId;
use domain::time::Timestamp;
use journal::{AppendError, Fact, IdentityRow, Journal, MAIL_MAX, MailRow};
use rusqlite::Connection;

use crate::world::{facts, folder, open, org, person};

fn mail(sealed: u8, at: i64) -> Fact {
    Fact::Mail { org: None, about: None, sealed: vec![sealed], at: Timestamp(at) }
}

async fn write(journal: &Journal, written: Vec<Fact>) -> Result<(), AppendError> {
    journal.append(vec![facts(written)]).await.map(|_| ())
}

async fn due(journal: &Journal, at: i64) -> Vec<MailRow> {
    journal.mail_due(Timestamp(at), 100).await.unwrap()
}

#[tokio::test]
async fn a_mail_waits_for_its_turn_until_it_is_sent_or_given_up() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![mail(1, 20), mail(2, 10)]).await.unwrap();
    let sealed = |rows: &[MailRow]| rows.iter().map(|row| row.sealed[0]).collect::<Vec<_>>();
    assert!(due(&journal, 9).await.is_empty());
    let waiting = due(&journal, 20).await;
    assert_eq!(sealed(&waiting), [2, 1], "those that wait longest first");
    write(&journal, vec![Fact::MailPutOff { mail: waiting[0].id, next_at: Timestamp(30) }]).await.unwrap();
    assert_eq!(sealed(&due(&journal, 29).await), [1]);
    let tried = due(&journal, 30).await.into_iter().find(|row| row.sealed == [2]).unwrap();
    assert_eq!(tried.attempts, 1);
    let ended = |mail, failure| vec![Fact::MailEnded { mail: Box::new(mail), failure }];
    write(&journal, ended(tried, None)).await.unwrap();
    write(&journal, ended(waiting[1].clone(), Some("nobody there".to_owned()))).await.unwrap();
    assert!(due(&journal, 1_000).await.is_empty());
    journal.close().await;
}

#[tokio::test]
async fn an_invitation_says_what_became_of_its_mail() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![]).await.unwrap();
    let connection = Connection::open(dir.path().join("journal.db")).unwrap();
    let insert = "INSERT INTO invitees (org, invitation, email, email_folded) VALUES (?1, 'inv_1', 'a@b.c', 'a@b.c')";
    for number in [1, 2] {
        connection.execute(insert, [org(number).as_str()]).unwrap();
    }
    let state = |number: u8| {
        let sql = "SELECT mail_state, mail_error FROM invitees WHERE org = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?));
        connection.query_row(sql, [org(number).as_str()], row).unwrap()
    };
    let about = |sealed| Fact::Mail {
        org: Some(org(1)),
        about: Some("inv_1".to_owned()),
        sealed: vec![sealed],
        at: Timestamp(0),
    };
    write(&journal, vec![about(1)]).await.unwrap();
    assert_eq!(state(1), (Some("waits".to_owned()), None));
    let sent = due(&journal, 0).await.remove(0);
    assert_eq!((sent.org, sent.about.as_deref()), (Some(org(1)), Some("inv_1")));
    let ended = |failure| vec![Fact::MailEnded { mail: Box::new(sent.clone()), failure }];
    write(&journal, ended(None)).await.unwrap();
    assert_eq!(state(1), (Some("sent".to_owned()), None));
    write(&journal, ended(Some("too late".to_owned()))).await.unwrap();
    assert_eq!(state(1).0.as_deref(), Some("sent"), "what has ended ends once");
    write(&journal, vec![about(2)]).await.unwrap();
    let failed = due(&journal, 0).await.remove(0);
    let failure = Some("550 no such user".to_owned());
    write(&journal, vec![Fact::MailEnded { mail: Box::new(failed), failure: failure.clone() }]).await.unwrap();
    assert_eq!((state(1), state(2)), ((Some("failed".to_owned()), failure), (None, None)));
    journal.close().await;
}

#[tokio::test]
async fn where_too_many_mails_wait_nothing_happens_that_would_send_one_more() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![mail(1, 0)]).await.unwrap();
    let fill = "INSERT INTO outbox (sealed, attempts, next_at) SELECT x'00', 0, 9 FROM
                (WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) SELECT i FROM n)";
    Connection::open(dir.path().join("journal.db")).unwrap().execute(fill, [MAIL_MAX as i64]).unwrap();
    let linked = Fact::Identity(Box::new(identity(1, 1)));
    assert!(matches!(write(&journal, vec![linked, mail(2, 0)]).await, Err(AppendError::Unavailable { .. })));
    assert!(journal.identity("email", [1; 32]).await.unwrap().is_none());
    let first = due(&journal, 0).await.remove(0);
    write(&journal, vec![Fact::MailEnded { mail: Box::new(first), failure: None }]).await.unwrap();
    write(&journal, vec![mail(2, 0)]).await.unwrap();
    journal.close().await;
}

fn identity(number: u8, whose: u8) -> IdentityRow {
    IdentityRow {
        provider: "email".to_owned(),
        digest: [number; 32],
        identity: IdentityId::from_random([number; 20]),
        person: person(whose),
        shown: format!("person{number}@example.com"),
        linked_at: Timestamp(i64::from(number)),
    }
}

#[tokio::test]
async fn an_identity_is_one_persons_until_it_is_taken_away() {
    let dir = folder();
    let journal = open(dir.path());
    let link = |row: IdentityRow| vec![Fact::Identity(Box::new(row))];
    write(&journal, link(identity(2, 1))).await.unwrap();
    write(&journal, link(identity(1, 1))).await.unwrap();
    let taken = Err(AppendError::Taken { what: "sign-in" });
    for whose in [1, 2] {
        let again = IdentityRow { identity: IdentityId::from_random([9; 20]), ..identity(1, whose) };
        assert_eq!(write(&journal, link(again)).await, taken);
    }
    let elsewhere = IdentityRow { provider: "https://id.example".to_owned(), ..identity(3, 2) };
    write(&journal, link(IdentityRow { digest: [1; 32], ..elsewhere })).await.unwrap();
    assert!(journal.identity("email", [1; 32]).await.unwrap() == Some(identity(1, 1)));
    assert!(journal.identities_of(person(1)).await.unwrap() == [identity(1, 1), identity(2, 1)], "the oldest first");
    write(&journal, vec![Fact::DropIdentity { identity: identity(1, 1).identity }]).await.unwrap();
    assert!(journal.identity("email", [1; 32]).await.unwrap().is_none());
    assert!(journal.identity("https://id.example", [1; 32]).await.unwrap().is_some());
    write(&journal, vec![Fact::ErasePerson { person: person(1) }]).await.unwrap();
    assert!(journal.identities_of(person(1)).await.unwrap().is_empty());
    journal.close().await;
}
