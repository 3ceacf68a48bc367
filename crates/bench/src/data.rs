//! A data folder of any size, written through the journal as the server would have written it.

use std::path::Path;

use domain::directory::DirectoryEvent;
use domain::event::{self, Event};
use domain::grant::{Grantee, Profile};
use domain::id::KeyId;
use domain::key::KeyKind;
use domain::organization::{Organization, Stamp};
use identity::digest::{KeyDigester, hexadecimal};
use identity::key::{IssuedKey, KeyPrefix};
use identity::keyring::Keyring;
use identity::random::{OperatingSystem, random_array};
use journal::{Append, Fact, Journal, Options, SavedState, StreamId};

use crate::Fault;
use crate::company::{Company, NOW};

/// The organization's slug.
pub(crate) const ORG: &str = "measured";
/// Members who have a key that the benchmark knows, and the first integration in full.
pub(crate) const CALLERS: usize = 64;
/// The version of saved states that the server reads (`STATE_FORMAT` in `crates/app/src/live.rs`). With another one
/// the server folds every event, and the section on its start says that nothing was gained.
const STATE_FORMAT: u32 = 27;
const EVENTS_AT_ONCE: usize = 10_000;
const ACTOR: &str = "operator";

/// The keys that the benchmark knows.
pub(crate) struct Known {
    /// Of the first members who do not use everything.
    pub(crate) callers: Vec<String>,
    /// Of the owner, who may ask about everybody.
    pub(crate) owner: String,
}

/// Writes the folder.
pub(crate) async fn write(dir: &Path, company: &Company, with_state: bool) -> Result<Known, Fault> {
    let failed = |error: &dyn std::fmt::Display| Fault::of("writing the data folder", error);
    let keyring = Keyring::generate(&mut OperatingSystem).map_err(|error| failed(&error))?;
    std::fs::write(dir.join("master.key"), keyring.to_text().as_bytes()).map_err(|error| failed(&error))?;
    let journal = Journal::open(dir, Options::default()).map_err(|error| failed(&error))?;
    let digester = KeyDigester::new(&keyring);
    let mut events = company.events.clone();
    let mut facts = facts(company);
    let mut issue = |holder| {
        let key = IssuedKey::generate(KeyPrefix::Personal, &mut OperatingSystem).map_err(|error| failed(&error))?;
        let id = KeyId::from_random(random_array(&mut OperatingSystem).map_err(|error| failed(&error))?);
        let digest = digester.digest(&key.presented());
        let (kind, hint) = (KeyKind::Personal { holder }, key.presented().hint().to_owned());
        let created = Event::KeyCreated { key: id, kind, digest: hexadecimal(&digest), hint, expires_at: None };
        facts.push(Fact::Credential { digest, org: company.org, key: id });
        Ok::<_, Fault>((created, key.reveal().to_owned()))
    };
    let (created, owner) = issue(company.members[0].person)?;
    events.push(created);
    let mut callers = Vec::new();
    for member in company.members.iter().filter(|member| !member.uses_everything).take(CALLERS) {
        let (created, key) = issue(member.person)?;
        events.push(created);
        events.push(Event::GrantSet {
            grantee: Grantee::Member(member.person),
            integration: company.services[0].id,
            profile: Profile::Full,
            tools_off: std::collections::BTreeSet::new(),
            expires_at: None,
        });
        callers.push(key);
    }
    append_directory(&journal, company, facts).await?;
    let state = append_events(&journal, company, &events).await?;
    if with_state {
        let bytes = serde_json::to_vec(&state).map_err(|error| failed(&error))?;
        let saved = SavedState { seq: state.seq, format: STATE_FORMAT, bytes };
        journal.put_state(company.org.into(), saved).await.map_err(|error| failed(&error))?;
    }
    journal.close().await;
    Ok(Known { callers, owner })
}

fn facts(company: &Company) -> Vec<Fact> {
    let org = company.org;
    let mut facts = vec![Fact::Slug { slug: ORG.to_owned(), org }];
    for (place, member) in company.members.iter().enumerate() {
        let (person, key) = (member.person, member.key);
        facts.push(Fact::Person {
            person,
            email: format!("person-{place}@example.com"),
            name: format!("Person {place}"),
        });
        facts.push(Fact::Membership { person, org });
        facts.push(Fact::Credential { digest: member.digest, org, key });
        facts.push(Fact::Label { org, id: key.to_string(), label: "First key".to_owned() });
    }
    facts
}

async fn append_directory(journal: &Journal, company: &Company, facts: Vec<Fact>) -> Result<(), Fault> {
    let mut events = vec![DirectoryEvent::OrganizationRegistered { org: company.org }];
    events.extend(company.members.iter().map(|member| DirectoryEvent::PersonRegistered { person: member.person }));
    let events = events.iter().map(DirectoryEvent::encode).collect::<Result<Vec<_>, _>>();
    let events = events.map_err(|error| Fault::of("writing the directory", &error))?;
    let append = Append { stream: StreamId::Directory, expected: 0, at: NOW, actor: ACTOR.to_owned(), events, facts };
    journal.append(vec![append]).await.map_err(|error| Fault::of("writing the directory", &error))?;
    Ok(())
}

async fn append_events(journal: &Journal, company: &Company, events: &[Event]) -> Result<Organization, Fault> {
    let mut state = Organization::new();
    for chunk in events.chunks(EVENTS_AT_ONCE) {
        let bodies = chunk.iter().map(event::encode).collect::<Result<Vec<_>, _>>();
        let bodies = bodies.map_err(|error| Fault::of("writing events", &error))?;
        let (stream, actor) = (company.org.into(), ACTOR.to_owned());
        let append = Append { stream, expected: state.seq, at: NOW, actor, events: bodies, facts: Vec::new() };
        journal.append(vec![append]).await.map_err(|error| Fault::of("writing events", &error))?;
        for (seq, event) in (state.seq + 1..).zip(chunk) {
            state.apply(&Stamp { seq, at: NOW, actor: ACTOR.to_owned() }, event);
        }
    }
    Ok(state)
}
