//! One sample of every event in every version that was ever written, as bytes that must stay readable for ever.
//!
//! A sample is never changed: an event that gets a new form gets a new version, and a new file beside the old one.
//! `WARDROOM_GEN=1` writes the files that are missing and touches none that is there.

#[path = "golden/samples.rs"]
mod samples;

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::directory::DirectoryEvent;
use domain::event::{self, Event};
use domain::grant::Grantee;
use domain::id::{IdentityId, OrgId, PasskeyId, PersonId, SessionId};
use domain::organization::{SettingChange, Settings};
use domain::time::Timestamp;
use serde_json::Value;

use samples::{KEY, PERSON, earlier, samples};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The bytes of a sample. Missing ones are written only when asked for, and the test fails without them.
fn golden(name: &str, written_today: &[u8]) -> Vec<u8> {
    let path = folder().join(format!("{name}.v1.json"));
    #[expect(clippy::disallowed_methods, reason = "whoever adds an event asks for its file by this variable")]
    let generate = std::env::var_os("WARDROOM_GEN").is_some();
    if generate && !path.exists() {
        std::fs::write(&path, written_today).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|_| panic!("{} is missing: run with WARDROOM_GEN=1", path.display()))
}

#[test]
fn every_event_ever_written_is_read_back_and_written_the_same() {
    for (name, sample) in samples() {
        let encoded = event::encode(&sample).unwrap();
        let bytes = golden(name, &encoded);
        let (expected, found) = (String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&encoded));
        assert_eq!(expected, found, "{name} is written in another way than it was: give it a new version");
        assert_eq!(event::decode(&bytes).unwrap(), sample, "{name} is read back as something else");
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["type"], sample.name(), "{name} calls itself otherwise");
        assert_eq!(json["v"], Value::from(1), "{name}");
    }
}

#[test]
fn what_was_written_in_a_form_that_is_written_no_longer_is_read_as_it_was_meant() {
    for (name, meant) in earlier() {
        let bytes = std::fs::read(folder().join(format!("{name}.v1.json"))).unwrap();
        assert_eq!(event::decode(&bytes).unwrap(), meant, "{name} is read back as something else");
        assert_ne!(event::encode(&meant).unwrap(), bytes, "{name} is written today: it belongs to the samples");
    }
}

#[test]
fn every_directory_event_is_written_as_it_was() {
    let events = [
        ("directory.person.registered", DirectoryEvent::PersonRegistered { person: PersonId::from_random(PERSON) }),
        ("directory.organization.registered", DirectoryEvent::OrganizationRegistered { org: OrgId::from_random(KEY) }),
        (
            "directory.session.ended",
            DirectoryEvent::SessionEnded {
                person: PersonId::from_random(PERSON),
                session: SessionId::from_random(KEY),
                until: Timestamp(1_767_225_600_000),
            },
        ),
        ("directory.recovery_link.made", DirectoryEvent::RecoveryLinkMade { person: PersonId::from_random(PERSON) }),
        ("directory.second_factor.on", DirectoryEvent::SecondFactorOn { person: PersonId::from_random(PERSON) }),
        ("directory.second_factor.off", DirectoryEvent::SecondFactorOff { person: PersonId::from_random(PERSON) }),
        ("directory.link.made", DirectoryEvent::LinkMade { person: PersonId::from_random(PERSON) }),
        ("directory.everybody.signed_out", DirectoryEvent::EverybodySignedOut),
        ("directory.sessions.ended", DirectoryEvent::SessionsEnded { person: PersonId::from_random(PERSON) }),
        (
            "directory.identity.linked",
            DirectoryEvent::IdentityLinked {
                person: PersonId::from_random(PERSON),
                identity: IdentityId::from_random(KEY),
            },
        ),
        (
            "directory.identity.unlinked",
            DirectoryEvent::IdentityUnlinked {
                person: PersonId::from_random(PERSON),
                identity: IdentityId::from_random(KEY),
            },
        ),
        (
            "directory.passkey.added",
            DirectoryEvent::PasskeyAdded {
                person: PersonId::from_random(PERSON),
                passkey: PasskeyId::from_random(KEY),
            },
        ),
        (
            "directory.passkey.removed",
            DirectoryEvent::PasskeyRemoved {
                person: PersonId::from_random(PERSON),
                passkey: PasskeyId::from_random(KEY),
            },
        ),
    ];
    for (name, sample) in &events {
        let encoded = sample.encode().unwrap();
        assert_eq!(golden(name, &encoded), encoded, "{name}");
        assert_eq!(DirectoryEvent::decode(&encoded).unwrap(), *sample, "{name} is read back as something else");
    }
    let unheard_of = serde_json::from_str::<DirectoryEvent>(r#"{"type":"unheard-of","data":{}}"#);
    let known = names_in(&unheard_of.unwrap_err().to_string());
    let sampled: BTreeSet<String> =
        events.iter().map(|(name, _)| name.trim_start_matches("directory.").to_owned()).collect();
    assert_eq!(known, sampled, "a directory event without a sample");
}

#[test]
fn every_type_of_event_has_a_sample_and_every_file_is_one() {
    // The reader itself lists what it knows when it is given something that it does not know.
    let unheard_of = event::decode(br#"{"v":1,"type":"unheard-of","data":{}}"#).unwrap_err();
    let known = names_in(&unheard_of.reason);
    let sampled: BTreeSet<String> = samples().iter().map(|(_, event)| event.name().to_owned()).collect();
    assert!(known.len() >= 18, "{known:?}");
    assert_eq!(known, sampled, "an event without a sample");

    let read: Vec<&str> = samples().into_iter().chain(earlier()).map(|(name, _)| name).collect();
    let names: BTreeSet<String> = read.iter().map(|name| format!("{name}.v1.json")).collect();
    assert_eq!(names.len(), read.len(), "two samples in one file");
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kept = |file: &String| names.contains(file) || file.starts_with("directory.") || file == "samples.rs";
    let stray: Vec<String> = files.filter(|file| !kept(file)).collect();
    assert_eq!(stray, Vec::<String>::new(), "files that no test reads");
}

#[test]
fn every_setting_has_a_sample_of_its_change() {
    let changes = samples().into_iter().filter_map(|(_, event)| match event {
        Event::SettingChanged(change) => Some(serde_json::to_value(change).unwrap()["setting"].to_string()),
        _ => None,
    });
    let sampled: BTreeSet<String> = changes.collect();
    let known: BTreeSet<String> = Settings::NAMES.iter().map(|name| format!("\"{name}\"")).collect();
    assert_eq!(sampled, known);
}

#[test]
fn the_changes_between_two_settings_lead_from_one_to_the_other() {
    let mut other = Settings::default();
    for (_, event) in samples() {
        if let Event::SettingChanged(change) = event {
            other.change(&change);
        }
    }
    let mut settings = Settings::default();
    let changes: Vec<SettingChange> = settings.changes_to(&other);
    changes.iter().for_each(|change| settings.change(change));
    assert_eq!(settings, other);
    assert_eq!(settings.changes_to(&other), []);
}

/// The names in backquotes, apart from the one that was not known.
fn names_in(message: &str) -> BTreeSet<String> {
    message.split('`').skip(1).step_by(2).filter(|name| *name != "unheard-of").map(str::to_owned).collect()
}

#[test]
fn damaged_unknown_and_newer_events_are_refused() {
    let written = event::encode(&samples()[0].1).unwrap();
    assert!(event::decode(&written[..written.len() - 1]).is_err());
    let text = String::from_utf8(written).unwrap();
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"v\":1,", ""),
        ("\"v\":1", "\"v\":\"1\""),
        ("organization.created", "organization.ended"),
        ("\"preset\":", "\"reset\":"),
        ("\"name\":", "\"surplus\":0,\"name\":"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from} is not in the sample");
        assert!(event::decode(changed.as_bytes()).is_err(), "{changed}");
    }
}

#[test]
fn whoever_an_event_names_is_named_by_an_opaque_id() {
    fn look(at: &Value, field: &str) {
        match at {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| look(value, name)),
            Value::Array(items) => items.iter().for_each(|item| look(item, field)),
            Value::String(text) => match field {
                "person" | "holder" | "sponsor" | "owner" | "acting_for" => {
                    assert!(PersonId::parse(text).is_ok(), "{field}: {text}")
                }
                "grantee" | "with" => assert!(Grantee::parse(text).is_ok(), "{field}: {text}"),
                "email" | "e_mail" | "address" | "label" | "actor" => panic!("an event holds a field named {field}"),
                _ => assert!(!text.contains('@'), "{field}: {text}"),
            },
            _ => {}
        }
    }
    for (_, sample) in samples().into_iter().chain(earlier()) {
        look(&serde_json::from_slice(&event::encode(&sample).unwrap()).unwrap(), "");
    }
}
