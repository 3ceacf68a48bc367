//! Graders through teams: who is in a team has what the team has, and nobody has anything else.

use serde_json::{Value, json};

use crate::firm::{Firm, Person, each, told};
use crate::things::{denied, resource};

/// A company with a team that has a grader, and another grader that no team has.
struct School {
    firm: Firm,
    team: String,
    essays: String,
    spare: String,
}

impl School {
    fn open() -> School {
        let firm = Firm::of("pipeai");
        let (team, owner) = (firm.team("North"), firm.owner());
        let (essays, spare) = (resource(&owner, "grader", "Essays"), resource(&owner, "grader", "Spare"));
        let school = School { firm, team, essays, spare };
        school.assign(&school.essays, &school.team);
        school
    }

    fn assign(&self, grader: &str, team: &str) {
        assert_eq!(self.firm.owner().put(&format!("{grader}/teams/{team}"), json!({})).0, 204);
    }

    /// Somebody in the team.
    fn member(&self, name: &str, role: &str) -> Person {
        let person = self.firm.hire(name, "user");
        self.firm.join(&self.team, &person, role);
        person
    }
}

fn uses(person: &Person, grader: &str) -> (u16, Value) {
    person.api.post(&format!("{grader}/use"), json!({}))
}

/// The titles of the graders that somebody may use.
fn usable(person: &Person) -> Vec<String> {
    let (_, found) = person.api.get("/resources?kind=grader");
    let use_it = |grader: &&Value| grader["may"].as_array().unwrap().contains(&json!("use"));
    let usable = found["items"].as_array().unwrap().iter().filter(use_it);
    usable.map(|grader| grader["title"].as_str().unwrap().to_owned()).collect()
}

// rows: PA-8, PA-9
#[test]
fn a_grader_is_reached_by_being_in_a_team_that_has_it_and_in_no_other_way() {
    let school = School::open();
    let ursula = school.firm.hire("ursula", "user");
    let outside = |grader: &str| {
        assert_eq!(
            (uses(&ursula, grader).0, ursula.api.get(grader).0),
            (403, 403),
            "listed, so that it can be asked for"
        );
        assert_eq!(ursula.api.patch(grader, json!({ "title": "Mine" })).0, 403);
    };
    outside(&school.essays);
    assert_eq!(usable(&ursula), Vec::<String>::new());
    let shared = school.firm.owner().put(&format!("{}/shares/{}", school.essays, ursula.id), json!({ "level": "use" }));
    assert_eq!(told(&shared), (422, "grants-to"), "there is no grant to a single user");
    outside(&school.essays);

    let second = resource(&school.firm.owner(), "grader", "Sums");
    school.assign(&second, &school.team);
    school.firm.join(&school.team, &ursula, "team-user");
    let mut all = usable(&ursula);
    all.sort();
    assert_eq!(all, ["Essays", "Sums"], "all of the team's, none besides");
    for grader in [&school.essays, &second] {
        assert_eq!(uses(&ursula, grader).1["allowed"], json!(true));
    }
    outside(&school.spare);
    let (_, team) = ursula.api.get(&format!("/teams/{}", school.team));
    assert_eq!(team["resources"].as_array().map(Vec::len), Some(2), "the team's page shows them: {team}");
    assert_eq!(each(&ursula.api.get(&format!("/resources?team={}", school.team)).1, "kind"), ["grader", "grader"]);
    let third = resource(&school.firm.owner(), "grader", "Late");
    school.assign(&third, &school.team);
    assert_eq!(uses(&ursula, &third).0, 200, "also what the team gets later");
}

// rows: PA-17, C-12
#[test]
fn owner_admin_and_user_use_a_grader_alike_through_a_team_that_has_it() {
    let school = School::open();
    let (adam, ursula) = (school.firm.hire("adam", "admin"), school.firm.hire("ursula", "user"));
    let (_, me) = school.firm.owner().get("");
    let id = me["you"]["subject"].as_str().unwrap().to_owned();
    let owner = Person { api: school.firm.owner(), email: String::new(), id };
    for person in [&owner, &adam, &ursula] {
        assert_eq!(uses(person, &school.essays).0, 403, "outside of the team nobody, the owner included");
    }
    for person in [&owner, &adam, &ursula] {
        school.firm.join(&school.team, person, "team-user");
        assert_eq!(uses(person, &school.essays).0, 200);
        assert!(denied(&uses(person, &school.spare)));
    }
}

// rows: PA-22, PA-23, PA-34
#[test]
fn leader_and_editor_change_a_graders_settings_and_every_member_uses_it() {
    let school = School::open();
    for (name, role, edits) in [("lea", "team-leader", true), ("ed", "team-editor", true), ("uma", "team-user", false)]
    {
        let person = school.member(name, role);
        let change = json!({ "title": format!("By {name}"), "tier": format!("tier of {name}") });
        let answer = person.api.patch(&school.essays, change);
        let (_, after) = school.firm.owner().get(&school.essays);
        let changed =
            after["title"] == json!(format!("By {name}")) && after["tier"] == json!(format!("tier of {name}"));
        assert_eq!((answer.0 == 200, changed), (edits, edits), "{role}: {answer:?}");
        assert_eq!(uses(&person, &school.essays).0, 200, "{role}");
        assert!(denied(&person.api.patch(&school.spare, json!({ "title": "Mine" }))), "{role}: only the team's");
        assert!(denied(&person.api.delete(&school.essays)), "{role}");
    }
    assert_eq!(school.firm.owner().get(&school.spare).1["title"], json!("Spare"));
}

// rows: PA-21, PA-28
#[test]
fn a_leader_gives_graders_to_the_own_team_and_takes_them_away_and_nobody_below_does() {
    let school = School::open();
    let south = school.firm.team("South");
    let sums = resource(&school.firm.owner(), "grader", "Sums");
    school.assign(&sums, &south);
    let people = [("lea", "team-leader", 204), ("ed", "team-editor", 403), ("uma", "team-user", 403)];
    for (name, role, status) in people {
        let person = school.member(name, role);
        // Everyone is a plain user of the other team, which has the grader: they know of it.
        school.firm.join(&south, &person, "team-user");
        let path = format!("{sums}/teams/{}", school.team);
        assert_eq!(person.api.put(&path, json!({})).0, status, "{role}");
        let (_, after) = school.firm.owner().get(&sums);
        let given = after["teams"].as_array().unwrap().iter().any(|team| team["id"] == json!(school.team));
        assert_eq!(given, status == 204, "{role}: {after}");
        assert_eq!(person.api.put(&format!("{}/teams/{south}", school.essays), json!({})).0, 403, "{role} there");
        if status == 204 {
            assert_eq!(person.api.delete(&path).0, 204);
            let missing = format!("/resources/res_00000000000000000000/teams/{}", school.team);
            assert_eq!(person.api.put(&missing, json!({})).0, 404);
        }
    }
}

// rows: PA-38, PA-40
#[test]
fn leaving_a_team_takes_its_graders_at_once_but_for_those_that_another_team_gives() {
    let school = School::open();
    let (south, sums) = (school.firm.team("South"), resource(&school.firm.owner(), "grader", "Sums"));
    school.assign(&sums, &school.team);
    school.assign(&sums, &south);
    let uma = school.member("uma", "team-editor");
    school.firm.join(&south, &uma, "team-user");
    assert_eq!(uma.api.patch(&sums, json!({ "tier": "Pro" })).0, 200, "an editor in one of the teams that have it");

    assert_eq!(school.firm.owner().delete(&format!("/teams/{}/members/{}", school.team, uma.id)).0, 204);
    assert_eq!(uses(&uma, &school.essays).0, 403);
    assert_eq!(uses(&uma, &sums).0, 200);
    assert_eq!(uma.api.patch(&sums, json!({ "tier": "Free" })).0, 403, "here she is a user");
    assert_eq!(usable(&uma), ["Sums"]);

    assert_eq!(school.firm.owner().delete(&format!("{sums}/teams/{south}")).0, 204);
    assert_eq!((uses(&uma, &sums).0, usable(&uma).len()), (403, 0));
    assert_eq!(school.firm.owner().get(&sums).1["tier"], json!("Pro"));
}
