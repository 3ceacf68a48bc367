//! Builders: a data folder of the test's own, ids that are easy to read, intents and outcomes with defaults.

use std::fs;
use std::path::Path;

use domain::id::{IntegrationId, KeyId, OrgId, PersonId};
use domain::integration::ToolClass;
use domain::record::{Decision, Intent, Outcome, OutcomeStatus};
use domain::time::Timestamp;
use journal::{Append, Fact, Journal, Options, StreamId};
use tempfile::TempDir;

pub(crate) fn org(number: u8) -> OrgId {
    OrgId::from_random([number; 20])
}

pub(crate) fn person(number: u8) -> PersonId {
    PersonId::from_random([number; 20])
}

pub(crate) fn key(number: u8) -> KeyId {
    KeyId::from_random([number; 20])
}

pub(crate) fn integration(number: u8) -> IntegrationId {
    IntegrationId::from_random([number; 20])
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

pub(crate) fn open(dir: &Path) -> Journal {
    Journal::open(dir, Options::default()).expect("the journal opens")
}

/// An append of events that are the given words.
pub(crate) fn append(stream: impl Into<StreamId>, expected: u64, events: &[&str]) -> Append {
    Append {
        stream: stream.into(),
        expected,
        at: Timestamp(1_000 + i64::try_from(expected).expect("small")),
        actor: person(1).to_string(),
        events: events.iter().map(|event| event.as_bytes().to_vec()).collect(),
        facts: Vec::new(),
    }
}

/// An append of facts alone to the directory.
pub(crate) fn facts(facts: Vec<Fact>) -> Append {
    Append { facts, ..append(StreamId::Directory, 0, &[]) }
}

pub(crate) fn intent(org: OrgId, at: i64) -> Intent {
    Intent {
        org,
        at: Timestamp(at),
        subject: person(1).to_string(),
        acting_for: None,
        credential: Some(key(1).into()),
        client: Some("tester 1.0".to_owned()),
        method: "tools/call".to_owned(),
        integration: Some(integration(1)),
        tool: Some("create_refund".to_owned()),
        class: Some(ToolClass::Write),
        decision: Decision::Allowed,
        reason: "granted".to_owned(),
        arguments_digest: Some([7; 32]),
        policy_seq: 3,
    }
}

pub(crate) fn denied(org: OrgId, at: i64) -> Intent {
    Intent { decision: Decision::Denied, reason: "no_grant".to_owned(), acting_for: Some(person(2)), ..intent(org, at) }
}

pub(crate) fn outcome(at: i64) -> Outcome {
    Outcome {
        at: Timestamp(at),
        status: OutcomeStatus::Succeeded,
        latency_us: 1_500,
        request_bytes: 100,
        response_bytes: 2_000,
        detail: None,
    }
}

/// What a crash of the process would leave: the files as they are now, without anyone having closed them.
pub(crate) fn crash_image(dir: &Path) -> TempDir {
    let image = folder();
    for name in ["journal.db", "journal.db-wal", "records.db", "records.db-wal"] {
        fs::copy(dir.join(name), image.path().join(name)).expect("the file is copied");
    }
    image
}
