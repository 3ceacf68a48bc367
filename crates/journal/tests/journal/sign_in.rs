//! Sessions and tickets: what is written is found, what is used up or ended is gone, whoever comes how often.

use domain::id::SessionId;
use domain::time::Timestamp;
use journal::{AppendError, Fact, Journal, SessionRow, TicketRow};
use rusqlite::Connection;

use crate::world::{append, facts, folder, open, org, person};

const DAY: i64 = 86_400_000;

fn session(number: u8) -> SessionRow {
    SessionRow {
        digest: [number; 32],
        session: SessionId::from_random([number; 20]),
        person: person(1),
        begun_at: Timestamp(i64::from(number)),
        ends_at: Timestamp(1_000),
        way: "link".into(),
        browser: Some([100; 32]),
        address: Some("192.0.2.7".into()),
        client: Some("Lynx/2".into()),
        shown: Some([number; 32]),
        used_at: Timestamp(i64::from(number)),
    }
}

fn ticket(number: u8) -> TicketRow {
    TicketRow {
        digest: [number; 32],
        purpose: "first-link".into(),
        person: Some(person(1)),
        org: Some(org(1)),
        about: None,
        browser: None,
        return_to: Some("/keys".into()),
        created_at: Timestamp(0),
        expires_at: Timestamp(100),
    }
}

fn redeem(number: u8, at: i64) -> Fact {
    Fact::RedeemTicket { digest: [number; 32], purpose: "first-link".into(), at: Timestamp(at) }
}

async fn write(journal: &Journal, written: Vec<Fact>) -> Result<(), AppendError> {
    journal.append(vec![facts(written)]).await.map(|_| ())
}

async fn begun(journal: &Journal, number: u8) -> bool {
    journal.session([number; 32]).await.unwrap().is_some()
}

#[tokio::test]
async fn a_ticket_is_good_once_for_its_purpose_until_its_end() {
    let dir = folder();
    let journal = open(dir.path());
    let new = |number| Fact::Ticket(Box::new(ticket(number)));
    write(&journal, vec![new(1), new(2)]).await.unwrap();
    assert!(journal.ticket([1; 32]).await.unwrap() == Some(ticket(1)), "reading it uses nothing up");
    let another = Fact::RedeemTicket { digest: [1; 32], purpose: "email-link".into(), at: Timestamp(1) };
    let follows = || Fact::Session(Box::new(session(1)));
    for refused in [another, redeem(1, 100), redeem(9, 1)] {
        assert_eq!(write(&journal, vec![follows(), refused]).await, Err(AppendError::Spent));
        assert!(!begun(&journal, 1).await, "nothing follows from a ticket that is no good");
    }
    let mut with_events = append(org(1), 0, &["founded"]);
    with_events.facts = vec![redeem(1, 99), follows()];
    journal.append(vec![with_events]).await.unwrap();
    assert!(begun(&journal, 1).await && journal.ticket([1; 32]).await.unwrap().is_none());
    let mut again = append(org(1), 1, &["again"]);
    again.facts = vec![redeem(1, 99)];
    assert_eq!(journal.append(vec![again]).await, Err(AppendError::Spent));
    assert_eq!(journal.head(org(1).into()).await.unwrap(), 1, "nor is an event appended");
    assert!(journal.ticket([2; 32]).await.unwrap().is_some(), "another's ticket is as good as before");
    journal.close().await;
}

#[tokio::test]
async fn of_many_who_come_with_one_ticket_at_once_one_gets_through() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![Fact::Ticket(Box::new(ticket(1)))]).await.unwrap();
    let come = |number: u8| {
        let journal = journal.clone();
        tokio::spawn(async move { write(&journal, vec![redeem(1, 1), Fact::Session(Box::new(session(number)))]).await })
    };
    let all: Vec<_> = (1..=200).map(come).collect();
    let mut through = 0;
    for one in all {
        match one.await.unwrap() {
            Ok(()) => through += 1,
            Err(error) => assert_eq!(error, AppendError::Spent),
        }
    }
    assert_eq!((through, journal.sessions_of(person(1)).await.unwrap().len()), (1, 1));
    journal.close().await;
}

#[tokio::test]
async fn a_session_is_found_by_its_digest_until_it_is_ended() {
    let dir = folder();
    let journal = open(dir.path());
    let others = SessionRow { person: person(2), ..session(3) };
    let rows = [session(1), session(2), others.clone()];
    write(&journal, rows.into_iter().map(|row| Fact::Session(Box::new(row))).collect()).await.unwrap();
    assert!(journal.session([2; 32]).await.unwrap() == Some(session(2)));
    let used = |number, at| Fact::SessionUsed { session: SessionId::from_random([number; 20]), at: Timestamp(at) };
    // What came later stays, and who has no session has none after this.
    write(&journal, vec![used(1, 50), used(1, 40), used(9, 50)]).await.unwrap();
    let theirs = journal.sessions_of(person(1)).await.unwrap();
    let used_at: Vec<i64> = theirs.iter().map(|row| row.used_at.0).collect();
    assert_eq!((theirs[0].session, used_at), (session(2).session, vec![2, 50]), "the newest first");
    write(&journal, vec![Fact::EndSession { session: session(2).session }]).await.unwrap();
    assert!(!begun(&journal, 2).await && begun(&journal, 1).await);
    write(&journal, vec![Fact::EndSessionsOf { person: person(1) }]).await.unwrap();
    assert!(!begun(&journal, 1).await && journal.session([3; 32]).await.unwrap() == Some(others));
    journal.close().await;
}

#[tokio::test]
async fn whoever_is_erased_leaves_no_way_in_and_no_address() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![Fact::Session(Box::new(session(1))), Fact::Ticket(Box::new(ticket(1)))]).await.unwrap();
    write(&journal, vec![Fact::ErasePerson { person: person(1) }]).await.unwrap();
    assert!(!begun(&journal, 1).await && journal.ticket([1; 32]).await.unwrap().is_none());
    journal.close().await;
    for file in ["journal.db", "journal.db-wal"] {
        let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("192.0.2.7"), "the erased address is still in {file}");
    }
}

#[tokio::test]
async fn what_ended_long_ago_goes_when_something_new_comes() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![Fact::Session(Box::new(session(1))), Fact::Ticket(Box::new(ticket(1)))]).await.unwrap();
    let later = |days: i64| Timestamp(days * DAY);
    let next = |number, at| SessionRow { begun_at: at, ends_at: later(90), used_at: at, ..session(number) };
    write(&journal, vec![Fact::Session(Box::new(next(2, later(30))))]).await.unwrap();
    assert!(begun(&journal, 1).await, "kept for 30 days after its end");
    let fresh = TicketRow { created_at: later(31), expires_at: later(32), ..ticket(2) };
    let new = vec![Fact::Session(Box::new(next(3, later(31)))), Fact::Ticket(Box::new(fresh))];
    write(&journal, new).await.unwrap();
    assert!(!begun(&journal, 1).await && begun(&journal, 2).await);
    journal.close().await;
    let rows = |table: &str| {
        let connection = Connection::open(dir.path().join("journal.db")).unwrap();
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((rows("sessions"), rows("session_uses"), rows("tickets")), (2, 2, 1));
}
