//! Clients of the authorization server and their tokens, as rows.

use domain::id::ClientId;
use domain::time::Timestamp;
use journal::{
    AppendError, ClientTokenKind, ClientTokenRow, CodeDetails, ConnectedClientRow, Fact, Journal, ListedClientRow,
    OAuthClientRow,
};

use crate::world::{facts, folder, open, org, person};

async fn write(journal: &Journal, written: Vec<Fact>) -> Result<(), AppendError> {
    journal.append(vec![facts(written)]).await.map(|_| ())
}

fn client(number: u8) -> ClientId {
    ClientId::from_random([number; 20])
}

fn connected(number: u8) -> ConnectedClientRow {
    ConnectedClientRow {
        client: client(number),
        org: org(1),
        person: person(1),
        client_id: "https://client.example/metadata".to_owned(),
        name: "Client".to_owned(),
        sent_back_to: "client.example".to_owned(),
        resource: "https://gate.example/o/acme/mcp".to_owned(),
        connected_at: Timestamp(i64::from(number)),
    }
}

fn token(digest: u8, kind: ClientTokenKind, of: u8) -> ClientTokenRow {
    let details = || CodeDetails { redirect_uri: "https://client.example/cb".to_owned(), challenge: "c".to_owned() };
    ClientTokenRow {
        digest: [digest; 32],
        kind,
        org: org(1),
        client: client(of),
        code: (kind == ClientTokenKind::Code).then(details),
        expires_at: Timestamp(100),
        spent_at: None,
    }
}

fn is_issued(row: &ClientTokenRow) -> Fact {
    Fact::ClientToken { row: Box::new(row.clone()), at: Timestamp(1) }
}

fn spent(digest: u8, at: i64) -> Fact {
    Fact::SpendClientToken { digest: [digest; 32], at: Timestamp(at) }
}

#[tokio::test]
async fn a_token_that_is_good_once_is_spent_once_and_known_for_it() {
    let dir = folder();
    let journal = open(dir.path());
    let rows = [token(1, ClientTokenKind::Code, 1), token(2, ClientTokenKind::Refresh, 1)];
    write(&journal, rows.iter().map(is_issued).collect()).await.unwrap();
    assert!(journal.client_token([1; 32]).await.unwrap() == Some(rows[0].clone()));
    let follows = is_issued(&token(3, ClientTokenKind::Access, 1));
    let done = write(&journal, vec![follows.clone(), spent(1, 100)]).await;
    assert_eq!(done, Err(AppendError::Spent), "its end has come");
    assert!(journal.client_token([3; 32]).await.unwrap().is_none(), "nothing follows from what was refused");
    let many = (0..20).map(|_| {
        let journal = journal.clone();
        tokio::spawn(async move { write(&journal, vec![spent(2, 50)]).await.is_ok() })
    });
    let mut through = 0;
    for one in many.collect::<Vec<_>>() {
        through += usize::from(one.await.unwrap());
    }
    assert_eq!(through, 1);
    write(&journal, vec![follows, spent(1, 99)]).await.unwrap();
    assert_eq!(journal.client_token([1; 32]).await.unwrap().unwrap().spent_at, Some(Timestamp(99)));
    assert_eq!(write(&journal, vec![spent(9, 1)]).await, Err(AppendError::Spent), "there never was one");
    // A day after its end it is forgotten, when another is written.
    let later = Timestamp(100 + 86_400_000 + 1);
    let row = ClientTokenRow { expires_at: Timestamp(later.0 + 5), ..token(7, ClientTokenKind::Access, 1) };
    write(&journal, vec![Fact::ClientToken { row: Box::new(row), at: later }]).await.unwrap();
    assert!(journal.client_token([1; 32]).await.unwrap().is_none());
    journal.close().await;
}

#[tokio::test]
async fn what_is_known_of_a_client_goes_with_it_with_the_membership_and_with_the_person() {
    let dir = folder();
    let journal = open(dir.path());
    let rows = [
        connected(1),
        connected(2),
        ConnectedClientRow { org: org(2), ..connected(3) },
        ConnectedClientRow { person: person(2), ..connected(4) },
    ];
    let mut facts: Vec<_> = rows.iter().map(|row| Fact::ConnectedClient(Box::new(row.clone()))).collect();
    facts.extend((1..5).map(|number| is_issued(&token(number, ClientTokenKind::Refresh, number))));
    write(&journal, facts).await.unwrap();
    let theirs = journal.clients_of(org(1), person(1)).await.unwrap();
    let listed = |row, until, used_at| ListedClientRow { row, until: Timestamp(until), used_at };
    let newest_first = [listed(connected(2), 100, None), listed(connected(1), 100, None)];
    assert_eq!(theirs, newest_first, "no use of any is known");
    write(&journal, vec![spent(2, 50)]).await.unwrap();
    assert_eq!(journal.clients_of(org(1), person(1)).await.unwrap()[0].until, Timestamp(0), "it has none that is good");
    write(&journal, vec![Fact::DropClient { client: client(2) }]).await.unwrap();
    assert!(journal.client_token([2; 32]).await.unwrap().is_none());
    write(&journal, vec![Fact::EndMembership { person: person(1), org: org(1) }]).await.unwrap();
    assert!(journal.connected_client(client(1)).await.unwrap().is_none());
    assert!(journal.client_token([1; 32]).await.unwrap().is_none());
    assert_eq!(journal.connected_client(client(3)).await.unwrap(), Some(rows[2].clone()));
    write(&journal, vec![Fact::ErasePerson { person: person(1) }]).await.unwrap();
    assert!(journal.connected_client(client(3)).await.unwrap().is_none());
    assert_eq!(journal.connected_client(client(4)).await.unwrap(), Some(rows[3].clone()), "another's stays");
    journal.close().await;
}

#[tokio::test]
async fn the_last_use_of_a_client_is_known_after_a_restart_and_never_set_back() {
    let dir = folder();
    let journal = open(dir.path());
    let rows = [connected(1), connected(2)];
    write(&journal, rows.iter().map(|row| Fact::ConnectedClient(Box::new(row.clone()))).collect()).await.unwrap();
    let used = async |journal: &Journal| {
        let listed = journal.clients_of(org(1), person(1)).await.unwrap();
        listed.into_iter().map(|listed| (listed.row.client, listed.used_at)).collect::<Vec<_>>()
    };
    journal.touch_client(client(1), Timestamp(40));
    journal.touch_client(client(1), Timestamp(50));
    journal.touch_client(client(9), Timestamp(60));
    journal.close().await;
    let journal = open(dir.path());
    let expected = [(client(2), None), (client(1), Some(Timestamp(50)))];
    assert_eq!(used(&journal).await, expected, "and of a client that there is not, nothing");
    journal.touch_client(client(1), Timestamp(45));
    // It is written with whatever is written next.
    write(&journal, vec![Fact::DropClient { client: client(2) }]).await.unwrap();
    assert_eq!(used(&journal).await, [(client(1), Some(Timestamp(50)))]);
    journal.close().await;
}

#[tokio::test]
async fn a_client_that_registered_itself_is_known_until_its_end_and_longer_once_somebody_connects_it() {
    let dir = folder();
    let journal = open(dir.path());
    let row = |id: &str, at: i64| OAuthClientRow {
        org: None,
        client_id: id.to_owned(),
        name: "Client".to_owned(),
        redirect_uris: vec!["https://a.example/cb".to_owned(), "http://127.0.0.1/cb".to_owned()],
        secret: Some([7; 32]),
        created_at: Timestamp(at),
        expires_at: Timestamp(at + 10),
    };
    let registered = |id: &str, at| Fact::OAuthClient(Box::new(row(id, at)));
    write(&journal, vec![registered("one", 1), registered("two", 1)]).await.unwrap();
    assert_eq!(journal.oauth_client("one").await.unwrap(), Some(row("one", 1)));
    write(&journal, vec![Fact::KeepOAuthClient { client_id: "one".to_owned(), until: Timestamp(90) }]).await.unwrap();
    write(&journal, vec![Fact::KeepOAuthClient { client_id: "one".to_owned(), until: Timestamp(20) }]).await.unwrap();
    write(&journal, vec![registered("three", 50)]).await.unwrap();
    assert_eq!(journal.oauth_client("one").await.unwrap().unwrap().expires_at, Timestamp(90));
    assert_eq!(journal.oauth_client("two").await.unwrap(), None);
    journal.close().await;
}
