//! Sessions and tickets: what is written is found, what is used up or ended is gone, whoever comes how often.

use domain::id::{PasskeyId, SessionId};
use domain::time::Timestamp;
use journal::{AppendError, Fact, Journal, PasskeyRow, SessionRow, TicketRow};
use rusqlite::Connection;

use crate::world::{append, facts, folder, open, org, person};

const DAY: i64 = 86_400_000;

fn session(number: u8) -> SessionRow {
    SessionRow {
        digest: [number; 32],
        session: SessionId::from_random([number; 20]),
        person: person(1),
        begun_at: Timestamp(i64::from(number)),
        proven_at: Timestamp(-i64::from(number)),
        ends_at: Timestamp(1_000),
        way: "link".into(),
        by_passkey: number.is_multiple_of(2),
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

fn passkey(number: u8) -> PasskeyRow {
    PasskeyRow {
        digest: [number; 32],
        credential: vec![number; 16],
        passkey: PasskeyId::from_random([number; 20]),
        person: person(1),
        spki: vec![number; 91],
        algorithm: -7,
        counter: 0,
        name: "phone of topaz".into(),
        may_be_copied: number == 2,
        added_at: Timestamp(i64::from(number)),
    }
}

fn redeem(number: u8, at: i64) -> Fact {
    Fact::RedeemTicket { digest: [number; 32], purpose: "first-link".into(), at: Timestamp(at) }
}

async fn write(journal: &Journal, written: Vec<Fact>) -> Result<(), AppendError> {
    journal.append(vec![facts(written)]).await.map(|_| ())
}

/// Waits until it is noted that a session of theirs was used then; nobody is told when it is.
async fn noted(journal: &Journal, at: i64) {
    while journal.sessions_of(person(1)).await.unwrap().iter().all(|row| row.used_at != Timestamp(at)) {
        tokio::task::yield_now().await;
    }
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
    let used = |number, at| journal.touch_session(SessionId::from_random([number; 20]), Timestamp(at));
    // What came later stays, and who has no session has none after this.
    [(1, 50), (1, 40), (9, 50)].into_iter().for_each(|(number, at)| used(number, at));
    noted(&journal, 50).await;
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
async fn a_passkey_is_used_only_while_its_device_counts_on() {
    let dir = folder();
    let journal = open(dir.path());
    let rows = [passkey(1), passkey(2), PasskeyRow { person: person(2), ..passkey(3) }];
    write(&journal, rows.into_iter().map(|row| Fact::Passkey(Box::new(row))).collect()).await.unwrap();
    assert!(journal.passkey([2; 32]).await.unwrap() == Some(passkey(2)));
    assert!(journal.passkeys_of(person(1)).await.unwrap() == [passkey(1), passkey(2)], "the oldest first");
    let used = |number: u8, counter| Fact::PasskeyUsed { passkey: passkey(number).passkey, counter };
    let follows = || Fact::Session(Box::new(session(1)));
    // A device that does not count says 0 each time; one that has begun to count never stands still again.
    for (counter, goes_on) in
        [(0, true), (0, true), (7, true), (7, false), (6, false), (0, false), (8, true), (u32::MAX, true), (0, false)]
    {
        let done = write(&journal, vec![follows(), used(1, counter)]).await;
        assert_eq!(done, if goes_on { Ok(()) } else { Err(AppendError::Spent) }, "{counter}");
        assert_eq!(begun(&journal, 1).await, goes_on);
        write(&journal, vec![Fact::EndSession { session: session(1).session }]).await.unwrap();
    }
    assert_eq!(journal.passkey([1; 32]).await.unwrap().unwrap().counter, u32::MAX);
    let twice = PasskeyRow { passkey: PasskeyId::from_random([9; 20]), person: person(2), ..passkey(1) };
    let taken = Err(AppendError::Taken { what: "passkey" });
    assert_eq!(write(&journal, vec![Fact::Passkey(Box::new(twice))]).await, taken, "an id is one passkey's");
    let drop = |number: u8| Fact::DropPasskey { passkey: passkey(number).passkey };
    write(&journal, vec![drop(1)]).await.unwrap();
    for gone in [drop(1), used(1, 9)] {
        assert_eq!(write(&journal, vec![gone]).await, Err(AppendError::Spent));
    }
    assert_eq!(journal.passkeys_of(person(1)).await.unwrap().len(), 1);
    journal.close().await;
}

#[tokio::test]
async fn that_a_session_was_used_is_kept_over_a_close_and_of_one_that_is_over_nothing_is() {
    let dir = folder();
    let journal = open(dir.path());
    write(&journal, vec![Fact::Session(Box::new(session(1))), Fact::Session(Box::new(session(2)))]).await.unwrap();
    // However many come at once: the last ones are written by the close at the latest.
    for at in 50..5_000 {
        journal.touch_session(session(1).session, Timestamp(at));
        journal.touch_session(session(2).session, Timestamp(at));
    }
    write(&journal, vec![Fact::EndSession { session: session(2).session }]).await.unwrap();
    journal.touch_session(session(2).session, Timestamp(9_000));
    journal.close().await;
    let journal = open(dir.path());
    assert_eq!(journal.sessions_of(person(1)).await.unwrap()[0].used_at, Timestamp(4_999));
    journal.close().await;
    let connection = Connection::open(dir.path().join("journal.db")).unwrap();
    let uses = connection.query_row("SELECT count(*) FROM session_uses", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(uses, 1);
}

#[tokio::test]
async fn all_sessions_tickets_and_mails_end_at_once() {
    let dir = folder();
    let journal = open(dir.path());
    let others = SessionRow { person: person(2), ..session(3) };
    let sessions = [session(1), others].map(|row| Fact::Session(Box::new(row)));
    let ticket = Fact::Ticket(Box::new(ticket(1)));
    let mail = Fact::Mail { org: None, about: None, sealed: vec![7], at: Timestamp(0) };
    write(&journal, sessions.into_iter().chain([ticket, mail]).collect()).await.unwrap();
    write(&journal, vec![Fact::EndSignIns]).await.unwrap();
    assert!(!begun(&journal, 1).await && !begun(&journal, 3).await && journal.ticket([1; 32]).await.unwrap().is_none());
    assert!(journal.mail_due(Timestamp(100), 10).await.unwrap().is_empty());
    journal.close().await;
}

#[tokio::test]
async fn whoever_is_erased_leaves_no_way_in_and_no_address() {
    let dir = folder();
    let journal = open(dir.path());
    let rows = [Fact::Session(Box::new(session(1))), Fact::Passkey(Box::new(passkey(1)))];
    write(&journal, [rows.as_slice(), &[Fact::Ticket(Box::new(ticket(1)))]].concat()).await.unwrap();
    write(&journal, vec![Fact::ErasePerson { person: person(1) }]).await.unwrap();
    assert!(!begun(&journal, 1).await && journal.ticket([1; 32]).await.unwrap().is_none());
    assert!(journal.passkeys_of(person(1)).await.unwrap().is_empty());
    journal.close().await;
    for file in ["journal.db", "journal.db-wal"] {
        let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
        for personal in ["192.0.2.7", "phone of topaz"] {
            assert!(!String::from_utf8_lossy(&bytes).contains(personal), "{personal} is still in {file}");
        }
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
