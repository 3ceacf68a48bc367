//! Searches agree with evaluations: companies made by the dice, and every question about them asked both ways.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::program::{ACTIONS, EVALUATIONS, Program, RESOURCES, SUBJECTS, user};
use crate::firm::{Firm, Person, each};
use crate::things::made;
use crate::upstreams::Upstreams;
use crate::world::{Api, count};

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn some<'a>(&mut self, from: &[&'a str]) -> Vec<&'a str> {
        from.iter().filter(|_| self.roll(2) == 0).copied().collect()
    }
}

/// Everything that can be asked about in a company: subjects, and things by kind.
struct Census {
    subjects: Vec<Value>,
    things: Vec<(&'static str, Vec<String>)>,
    permissions: Vec<String>,
}

const RESOURCE_VERBS: [&str; 7] = ["view", "create", "edit", "delete", "destroy", "use", "share"];

impl Census {
    fn actions(&self, kind: &str) -> Vec<String> {
        let verbs: &[&str] = match kind {
            "tool" => &["call"],
            "integration" => &["view", "edit", "disconnect", "review"],
            "organization" => return self.permissions.clone(),
            "member" => &["edit", "remove"],
            "team" => &["view", "edit", "invite"],
            "key" => &["view", "rotate", "revoke"],
            "agent" => &["edit"],
            "object" => &["see", "create", "edit", "delete", "destroy"],
            "field" => &["see", "edit"],
            _ => &RESOURCE_VERBS,
        };
        verbs.iter().map(|verb| (*verb).to_owned()).collect()
    }

    /// Makes a company by the dice, and counts what is in it.
    fn taken(firm: &Firm, upstreams: &Upstreams, dice: &mut Dice) -> Census {
        let owner = firm.owner();
        firm.connect_stripe(upstreams);
        define_data(firm, dice);
        let people = [("ann", 0), ("ben", 1), ("cat", 2), ("dan", 3)].map(|(name, place)| {
            let role = if place == 3 { "admin" } else { ROLES[dice.roll(3)] };
            firm.hire(name, role)
        });
        let team = firm.team("Team");
        firm.join(&team, &people[0], "team-leader");
        let keys = ["one", "two"].map(|role| {
            let new = json!({ "kind": "workspace", "label": "k", "role": role, "scope": "granted" });
            made(&owner, "/keys", new)
        });
        let bot = made(&owner, "/agents", json!({ "title": "Bot", "role": ROLES[dice.roll(3)] }));
        did(people[3].api.put(&format!("/agents/{bot}/delegations/me"), json!({})));
        for (to, profile) in [(format!("members/{}", people[0].id), "read-only"), (format!("agents/{bot}"), "full")] {
            did(owner.put(&format!("/{to}/integrations/stripe"), json!({ "profile": profile })));
        }
        let mut things = resources(&owner, &people, &team, dice);
        let tools = each(&owner.get("/integrations/stripe/tools").1, "name");
        let tools = tools.iter().map(|tool| format!("stripe/{tool}")).chain(["stripe/no_such_tool".to_owned()]);
        let members = people.iter().map(|person| person.id.clone()).chain(["per_00000000000000000000".to_owned()]);
        let org = owner.get("").1["id"].as_str().expect("an id").to_owned();
        let fields = ["orders/amount", "orders/note", "invoices/amount", "invoices/note", "orders/nothing"];
        things.extend([
            ("tool", tools.collect()),
            ("integration", vec!["stripe".to_owned(), "nowhere".to_owned()]),
            ("organization", vec![org, "org_00000000000000000000".to_owned()]),
            ("member", members.collect()),
            ("team", vec![team, "tea_00000000000000000000".to_owned()]),
            ("key", each(&owner.get("/keys").1, "id")),
            ("agent", vec![bot.clone()]),
            ("object", ["orders", "invoices", "nothing"].map(str::to_owned).to_vec()),
            ("field", fields.map(str::to_owned).to_vec()),
        ]);
        let mut subjects: Vec<Value> = people.iter().map(user).collect();
        subjects.extend(keys.iter().map(|key| json!({ "type": "key", "id": key })));
        subjects.push(json!({ "type": "agent", "id": bot }));
        for person in [&people[3], &people[0]] {
            subjects.push(json!({ "type": "agent", "id": bot, "properties": { "acting_for": person.id } }));
        }
        Census { subjects, things, permissions: permissions(&owner) }
    }

    /// Every subject, action and thing that is allowed, asked one by one, a thousand in a request.
    fn allowed(&self, program: &Program) -> BTreeSet<(String, &'static str, String, String)> {
        let mut allowed = BTreeSet::new();
        for subject in &self.subjects {
            let mut questions = Vec::new();
            for (kind, ids) in &self.things {
                for (action, id) in self.actions(kind).iter().flat_map(|action| ids.iter().map(move |id| (action, id)))
                {
                    questions.push((*kind, action.clone(), id.clone()));
                }
            }
            for part in questions.chunks(1_000) {
                let evaluation = |(kind, action, id): &(&str, String, String)| {
                    let resource = json!({ "type": kind, "id": id });
                    json!({ "action": { "name": action }, "resource": resource })
                };
                let evaluations: Vec<Value> = part.iter().map(evaluation).collect();
                let answers = program.ask(EVALUATIONS, &json!({ "subject": subject, "evaluations": evaluations }));
                let answers = answers["evaluations"].as_array().expect("answers");
                assert_eq!(answers.len(), part.len());
                for ((kind, action, id), answer) in part.iter().zip(answers) {
                    if answer["decision"] == json!(true) {
                        allowed.insert((subject.to_string(), *kind, action.clone(), id.clone()));
                    }
                }
            }
        }
        allowed
    }
}

/// The roles that the dice decide about.
const ROLES: [&str; 3] = ["one", "two", "three"];

fn did((status, answer): (u16, Value)) {
    assert!((200..300).contains(&status), "{answer}");
}

/// Two objects, and what the roles hold of them and of the rest.
fn define_data(firm: &Firm, dice: &mut Dice) {
    for object in ["orders", "invoices"] {
        let body = json!({ "title": object, "fields": { "amount": "Amount", "note": "Note" } });
        did(firm.owner().put(&format!("/objects/{object}"), body));
    }
    for role in ROLES {
        let may = dice.some(&[
            "access.explain",
            "project.view:own",
            "project.create",
            "grader.view:team",
            "project.edit:own",
            "data.see",
            "team.view",
            "integration.view",
            "role.view",
            "key.manage_workspace",
            "usage.view",
            "agent.view",
        ]);
        let mut may: BTreeSet<&str> = may.into_iter().collect();
        may.extend(["organization.view", "member.view"]);
        // What a permission depends on comes along.
        may.extend(may.contains("project.create").then_some("project.view:own"));
        may.extend(may.contains("project.edit:own").then_some("project.view:own"));
        let see = ["inherit", "allow", "deny"][dice.roll(3)];
        let data = json!({ "orders": { "see": see, "edit": "allow", "fields": { "note": { "edit": "deny" } } } });
        let assignable = json!({ "members": true, "keys": true, "agents": true });
        firm.role(json!({ "id": role, "title": role, "permissions": may, "data": data, "assignable_to": assignable }));
    }
}

/// A few resources of two kinds, each somebody's and shared with somebody; and what does not exist.
fn resources(owner: &Api, people: &[Person; 4], team: &str, dice: &mut Dice) -> Vec<(&'static str, Vec<String>)> {
    let kinds = ["project", "grader"].into_iter();
    let of_kind = |kind| {
        let mut ids = vec!["new".to_owned(), "res_00000000000000000000".to_owned()];
        for _ in 0..3 {
            let whose = &people[dice.roll(4)].email;
            let id = made(owner, "/resources", json!({ "kind": kind, "title": "Thing", "owner": whose }));
            let level = ["view", "use", "edit"][dice.roll(3)];
            did(owner.put(&format!("/resources/{id}/shares/{}", people[dice.roll(4)].id), json!({ "level": level })));
            if dice.roll(2) == 0 {
                did(owner.put(&format!("/resources/{id}/teams/{team}"), json!({})));
            }
            ids.push(id);
        }
        (kind, ids)
    };
    kinds.map(of_kind).collect()
}

/// Every permission of the catalogue.
fn permissions(owner: &Api) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let (_, page) = owner.get(&format!("/permissions?limit=1000{cursor}"));
        all.extend(each(&page, "id"));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[test]
fn searches_find_exactly_what_evaluations_permit() {
    let upstreams = Upstreams::start();
    for seed in 0..count(1, 20) {
        let firm = Firm::of("balanced");
        let census = Census::taken(&firm, &upstreams, &mut Dice(seed as u64));
        let program = Program::of(&firm);
        let allowed = census.allowed(&program);
        assert!(allowed.len() > 50, "the company is no desert");
        // The owner and the asker were not counted.
        let counted: BTreeSet<&str> = census.subjects.iter().map(|one| one["id"].as_str().expect("an id")).collect();
        let named: Vec<&String> = census.things.iter().flat_map(|(_, ids)| ids).collect();
        for (kind, ids) in &census.things {
            for action in census.actions(kind) {
                for subject in &census.subjects {
                    let body =
                        json!({ "subject": subject, "action": { "name": action }, "resource": { "type": kind } });
                    let mut found = program.finds(RESOURCES, body, 3);
                    found.retain(|id| named.contains(&id));
                    let wanted = ids
                        .iter()
                        .filter(|id| allowed.contains(&(subject.to_string(), kind, action.clone(), (*id).clone())));
                    assert_eq!(found, wanted.cloned().collect(), "{subject} {action} {kind}, seed {seed}");
                }
                for id in ids {
                    for sought in [json!({ "type": "user" }), json!({ "type": "key" }), json!({ "type": "agent" })] {
                        let resource = json!({ "type": kind, "id": id });
                        let body = json!({ "subject": sought, "action": { "name": action }, "resource": resource });
                        let mut found = program.finds(SUBJECTS, body, 3);
                        found.retain(|id| counted.contains(id.as_str()));
                        let wanted = census.subjects.iter().filter(|subject| {
                            subject["type"] == sought["type"]
                                && subject["properties"].is_null()
                                && allowed.contains(&(subject.to_string(), kind, action.clone(), id.clone()))
                        });
                        let wanted = wanted.map(|subject| subject["id"].as_str().expect("an id").to_owned());
                        assert_eq!(found, wanted.collect(), "{sought} {action} {kind} {id}, seed {seed}");
                    }
                }
            }
            for subject in &census.subjects {
                for id in ids {
                    let body = json!({ "subject": subject, "resource": { "type": kind, "id": id } });
                    let found = program.finds(ACTIONS, body, 40);
                    let wanted = census
                        .actions(kind)
                        .into_iter()
                        .filter(|action| allowed.contains(&(subject.to_string(), kind, action.clone(), id.clone())));
                    assert_eq!(found, wanted.collect(), "{subject} {kind} {id}, seed {seed}");
                }
            }
        }
    }
}
