//! Who works while the crash comes: some change the organization, some call tools. Each remembers what was answered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::power::Luck;
use tokio::time::Instant;

use super::house::{House, Line, pause};
use super::ledger::{Call, Known, Ledger, Person};
use crate::world::Mcp;

const MANAGERS: usize = 3;
const READERS: usize = 2;
const WRITERS: usize = 3;

/// Works on the house, kills it in the middle and gathers what everybody remembers.
pub(crate) fn work_and_kill(house: &mut House, ledger: &mut Ledger, luck: &mut Luck, round: &str) {
    let latest_ms = if luck.percent(20) { 2_500 } else { 500 };
    let moment = Duration::from_millis(60 + luck.below(latest_ms) as u64);
    let seeds: Vec<u64> = (0..MANAGERS + READERS + WRITERS).map(|_| luck.number()).collect();
    let mcp_url = format!("{}/o/{}/mcp", house.url(), house.org);
    let (lines, key) = ((0..MANAGERS).map(|_| house.owner()).collect::<Vec<_>>(), house.owner_key().to_owned());
    // Each manager has people of their own, so that what was answered last is known.
    let mut shares: Vec<BTreeMap<String, Known>> = vec![BTreeMap::new(); MANAGERS];
    for (number, (email, known)) in std::mem::take(&mut ledger.people).into_iter().enumerate() {
        shares[number % MANAGERS].insert(email, known);
    }
    std::thread::scope(|scope| {
        let managers: Vec<_> = lines
            .into_iter()
            .zip(shares)
            .zip(&seeds)
            .enumerate()
            .map(|(number, ((line, people), seed))| {
                let manager =
                    Manager { line, people, luck: Luck::new(*seed), name: format!("{round}m{number}"), changes: 0 };
                scope.spawn(move || manager.manage())
            })
            .collect();
        let callers: Vec<_> = (0..READERS + WRITERS)
            .map(|number| {
                let client = Mcp::new(&mcp_url, &key);
                scope.spawn(move || call(&client, number >= READERS, &format!("{round}c{number}")))
            })
            .collect();
        pause(moment);
        ledger.ended = Some(Instant::now());
        house.kill();
        for manager in managers {
            let (people, changes) = manager.join().expect("a manager");
            ledger.people.extend(people);
            ledger.changes += changes;
        }
        for caller in callers {
            ledger.calls.extend(caller.join().expect("a caller"));
        }
    });
}

/// Calls tools, each call with a note of its own, until no answer comes.
fn call(client: &Mcp, writes: bool, name: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for number in 0.. {
        let note = format!("{name}-{number}");
        let (tool, arguments) = match (writes, number % 3) {
            (false, _) => ("stripe__list_customers", json!({ "limit": 1, "note": note })),
            (true, 0) => ("stripe__delete_customer", json!({ "customer": "cus_none", "note": note })),
            (true, _) => ("stripe__create_customer", json!({ "name": "Quill", "note": note })),
        };
        let params = json!({ "name": tool, "arguments": arguments });
        let answer = client.send("tools/call", Some(tool), params).ok();
        let read =
            answer.and_then(|mut answer| Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?)));
        let answered = read.is_some().then(Instant::now);
        calls.push(Call { note, arguments, writes, answered });
        match read {
            Some((200, _)) => {}
            Some((status, text)) => panic!("{tool}: {status} {text}"),
            None => break,
        }
    }
    calls
}

/// One who changes the organization, and remembers every answer.
struct Manager {
    line: Line,
    people: BTreeMap<String, Known>,
    luck: Luck,
    name: String,
    changes: usize,
}

impl Manager {
    fn manage(mut self) -> (BTreeMap<String, Known>, usize) {
        for number in 0.. {
            let add = self.luck.percent(35);
            let person = if add { None } else { self.somebody() };
            let went_on = match person {
                None => self.add(number),
                Some(email) => self.change(&email),
            };
            if !went_on {
                break;
            }
        }
        (self.people, self.changes)
    }

    /// A member who is there for certain.
    fn somebody(&mut self) -> Option<String> {
        let there = |known: &Known| known.answered.as_ref().is_some_and(|person| !person.removed);
        let all: Vec<&String> = self.people.iter().filter(|(_, known)| there(known)).map(|(email, _)| email).collect();
        if all.is_empty() { None } else { Some(all[self.luck.below(all.len())].clone()) }
    }

    fn add(&mut self, number: usize) -> bool {
        let email = format!("{}-{number}@example.com", self.name);
        let role = if self.luck.percent(20) { "admin" } else { "member" };
        let body = json!({ "email": email, "name": "Somebody", "role": role, "issue_key": { "label": "first" } });
        let mut person = Person { role: role.to_owned(), ..Person::default() };
        person.keys.insert(String::new());
        let answer = self.send("POST", "/members", Some(body), &email, person.clone());
        let Some(answer) = answer else { return false };
        person.keys = BTreeSet::from([answer["key"]["id"].as_str().expect("an id").to_owned()]);
        let secret = answer["key"]["secret"].as_str().expect("a secret").to_owned();
        self.answered(&email, person);
        self.people.entry(email).or_default().secret = Some(secret);
        true
    }

    fn change(&mut self, email: &str) -> bool {
        let mut person = self.people[email].answered.clone().expect("somebody who is there");
        let (method, path, body) = match self.luck.below(10) {
            0..5 if person.role == "member" => {
                let profile = ["read-only", "no-delete", "full"][self.luck.below(3)];
                person.stripe = Some(profile.to_owned());
                ("PUT", format!("/members/{email}/integrations/stripe"), Some(json!({ "profile": profile })))
            }
            5 if person.role == "member" && person.stripe.is_some() => {
                person.stripe = None;
                ("DELETE", format!("/members/{email}/integrations/stripe"), None)
            }
            6 if !person.keys.is_empty() => {
                let key = person.keys.pop_first().expect("a key");
                ("DELETE", format!("/keys/{key}"), None)
            }
            7 => {
                person = Person { role: person.role, removed: true, ..Person::default() };
                ("DELETE", format!("/members/{email}"), None)
            }
            _ => {
                let role = if person.role == "member" { "admin" } else { "member" };
                role.clone_into(&mut person.role);
                ("PATCH", format!("/members/{email}"), Some(json!({ "role": role })))
            }
        };
        let answer = self.send(method, &path, body, email, person.clone());
        if answer.is_some() {
            self.answered(email, person);
        }
        answer.is_some()
    }

    fn answered(&mut self, email: &str, person: Person) {
        let known = self.people.entry(email.to_owned()).or_default();
        known.answered = Some(person);
        known.perhaps = None;
        self.changes += 1;
    }

    /// Sends a change; `becomes` is what the member may be from now on, answered or not.
    fn send(&mut self, method: &str, path: &str, body: Option<Value>, email: &str, becomes: Person) -> Option<Value> {
        self.people.entry(email.to_owned()).or_default().perhaps = Some(becomes);
        let (status, answer) = self.line.ask(method, path, body)?;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        Some(answer)
    }
}
