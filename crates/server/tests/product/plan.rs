//! The organization as one file: written out, planned, applied; all of it or nothing.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::firm::{Firm, each, told};
use crate::world::{Api, Demo, WARDROOM};

/// The document that somebody is given.
fn export(api: Api) -> Value {
    let (status, document) = api.header("accept", "application/json").get("/export");
    assert_eq!(status, 200, "{document}");
    document
}

fn steps(plan: &Value) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap_or_else(|| panic!("no steps: {plan}"));
    steps.iter().map(|step| step["says"].as_str().expect("words").to_owned()).collect()
}

/// A command of the terminal client, with somebody's key.
fn cli(api: &Api, arguments: &[&str]) -> Output {
    let (url, org) = api.root.split_once("/api/v1/orgs/").expect("a root");
    let mut command = Command::new(WARDROOM);
    command.args(arguments).env("WARDROOM_URL", url).env("WARDROOM_ORG", org).env("WARDROOM_KEY", &api.key);
    command.output().expect("the executable runs")
}

#[test]
fn an_export_of_any_preset_planned_against_itself_has_no_step_and_holds_no_secret() {
    for preset in ["balanced", "pipeworks", "crm", "pipeai", "workjet", "swiftask"] {
        let firm = Firm::as_founded(preset);
        let document = export(firm.owner());
        let (status, plan) = firm.owner().post("/plan", document.clone());
        assert_eq!((status, steps(&plan)), (200, vec![]), "{preset}: {plan}");
        let (status, applied) = firm.owner().post("/apply", document.clone());
        assert_eq!((status, &applied["seq"]), (200, &plan["seq"]), "{preset}: nothing was written");
        assert!(!document.to_string().contains(&firm.owner().key), "{preset}");
        assert_eq!(document["members"], json!({ "owner@example.com": document["members"]["owner@example.com"] }));
    }
}

/// A firm in which everything that a file can say has been said, by single requests.
fn furnished(preset: &str, with: bool) -> Firm {
    let firm = Firm::of(preset);
    firm.hire("ada", "member");
    firm.hire("ben", "admin");
    if !with {
        return firm;
    }
    let owner = firm.owner();
    let done = |(status, answer): (u16, Value)| assert!((200..300).contains(&status), "{answer}");
    let settings = json!({ "roles.custom": true, "admins.warn_below": 3, "labels": { "team": "squad: #1" } });
    done(owner.patch("", json!({ "name": "yes", "settings": settings })));
    done(
        owner.put("/objects/people", json!({ "title": "People", "fields": { "salary": "Salary", "mail": "E-mail" } })),
    );
    let data = json!({ "people": { "see": "allow", "fields": { "salary": { "see": "deny" } } } });
    let lead = json!({
        "id": "lead", "title": "Lead", "guide": "First line: of two\nsecond # line", "data": data,
        "permissions": ["member.view", "project.create", "project.view:own", "billing.*"],
        "assignable_to": { "members": true, "keys": false, "agents": true },
    });
    done(owner.post("/roles", lead));
    let captain = json!({ "id": "captain", "title": "Captain", "level": "team", "permissions": ["team.view:team"] });
    done(owner.post("/roles", captain));
    done(owner.patch("/members/ada@example.com", json!({ "role": "lead" })));
    let team = firm.team("Night shift");
    done(owner.put(&format!("/teams/{team}/members/ada@example.com"), json!({ "role": "captain" })));
    let sponsored = json!({ "title": "Support bot", "sponsor": "ben@example.com", "role": "lead" });
    done(owner.post("/agents", sponsored));
    done(owner.patch("", json!({ "settings": { "join.default_team": team, "join.default_role": "lead" } })));
    firm
}

#[test]
fn what_one_organization_exports_another_of_another_preset_becomes() {
    for (from, to) in [("balanced", "swiftask"), ("swiftask", "balanced")] {
        let (source, target) = (furnished(from, true), furnished(to, false));
        let document = export(source.owner());
        let (status, plan) = target.owner().post("/plan", document.clone());
        assert_eq!(status, 200, "{from} to {to}: {plan}");
        assert_ne!(export(target.owner()), document, "planning changes nothing");
        let (status, applied) = target.owner().header("if-match", &plan["seq"]).post("/apply", document.clone());
        assert_eq!(status, 200, "{from} to {to}: {applied}");
        assert_eq!(steps(&applied), steps(&plan));
        assert_eq!(export(target.owner()), document, "{from} to {to}");
        assert_eq!(steps(&target.owner().post("/plan", document).1), Vec::<String>::new());
    }
}

#[test]
fn roles_that_the_other_preset_fixes_are_refused_and_nothing_else_is_taken_over() {
    let (source, target) = (furnished("balanced", true), furnished("pipeworks", false));
    let before = export(target.owner());
    let (status, problem) = target.owner().post("/apply", export(source.owner()));
    assert_eq!((status, &problem["field"]), (422, &json!("roles.admin")), "{problem}");
    assert_eq!(export(target.owner()), before);
}

#[test]
fn sections_that_are_left_out_are_left_alone_and_what_a_section_does_not_name_is_removed() {
    let firm = furnished("balanced", true);
    let owner = firm.owner();
    let before = export(firm.owner());
    let text = json!({ "wardroom": 1, "teams": { "Day shift": { "members": { "ben@example.com": "team-leader" } } } });
    let (status, plan) = owner.post("/plan", text.clone());
    assert_eq!(status, 200, "{plan}");
    assert_eq!(
        steps(&plan),
        [
            "create the team Day shift",
            "put ben@example.com into Day shift as team-leader",
            "delete the team Night shift, and all that people have through it",
        ]
    );
    assert_eq!(plan["steps"][1]["at"], json!(["teams", "Day shift", "members", "ben@example.com"]));
    assert_eq!(export(firm.owner()), before, "planning changes nothing");
    let (status, applied) = owner.post("/apply", text.clone());
    assert_eq!(status, 200, "{applied}");
    assert_eq!(each(&owner.get("/teams").1, "title"), ["Day shift"]);
    let after = export(firm.owner());
    for section in ["name", "objects", "roles", "members", "agents", "integrations", "grants"] {
        assert_eq!(after[section], before[section], "{section}");
    }
    assert_eq!(applied["seq"].as_u64().unwrap() - plan["seq"].as_u64().unwrap(), 3, "an event for each step");
    let (status, problem) = owner.header("if-match", &plan["seq"]).post("/apply", text);
    assert_eq!((status, problem["code"].as_str()), (412, Some("moved")), "{problem}");
}

#[test]
fn what_ends_takes_along_what_hung_on_it_in_an_order_that_works() {
    let firm = furnished("balanced", true);
    let mut document = export(firm.owner());
    for section in ["roles", "members"] {
        let ended = if section == "roles" { "lead" } else { "ada@example.com" };
        document[section].as_object_mut().unwrap().remove(ended);
    }
    document["roles"].as_object_mut().unwrap().remove("captain");
    (document["agents"], document["objects"]) = (json!({}), json!({}));
    let mut wrong = document.clone();
    wrong["teams"]["Night shift"]["members"]["ada@example.com"] = json!("team-member");
    let (status, problem) = firm.owner().post("/apply", wrong.clone());
    // Newcomers still get the role that is to end.
    assert_eq!(
        (status, &problem["code"], &problem["field"]),
        (422, &json!("default-role"), &json!("roles")),
        "{problem}"
    );
    wrong["settings"]["join.default_role"] = json!("member");
    let (status, applied) = firm.owner().post("/apply", wrong.clone());
    assert_eq!(status, 200, "{applied}");
    let owner = firm.owner();
    assert_eq!(owner.get("/members/ada@example.com").1["role"], json!("member"));
    assert_eq!(
        each(&owner.get("/roles").1, "id").iter().filter(|role| ["lead", "captain"].contains(&role.as_str())).count(),
        0
    );
    assert_eq!((each(&owner.get("/agents").1, "title").len(), each(&owner.get("/objects").1, "name").len()), (0, 0));
    wrong["members"]["ada@example.com"] = json!("member");
    assert_eq!(export(firm.owner()), wrong, "whoever is not named has the role that came of it");
}

#[test]
fn a_preview_of_applying_tells_the_impact_of_all_steps_together() {
    let firm = furnished("balanced", true);
    let document = json!({ "wardroom": 1, "members": { "ada@example.com": "viewer", "ben@example.com": "member" } });
    let (status, impact) = firm.owner().header("wardroom-preview", "true").post("/apply", document.clone());
    assert_eq!((status, &impact["preview"]), (200, &json!(true)), "{impact}");
    let names: Vec<&str> =
        impact["subjects"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"ada") && names.contains(&"ben"), "{names:?}");
    assert_eq!(firm.owner().get("/members/ben@example.com").1["role"], json!("admin"));
    assert_eq!(firm.owner().post("/plan", document).1["impact"], impact);
}

#[test]
fn a_file_that_is_wrong_in_one_place_changes_nothing_and_names_the_place() {
    let firm = furnished("balanced", true);
    let before = export(firm.owner());
    let admin = firm.hire("ann", "admin");
    let before_with_ann = export(firm.owner());
    assert_ne!(before, before_with_ann);
    let wrong: [(&str, &str, u16, &str, &str); 13] = [
        ("an unknown field", "teams: {}\nrolls: {}\n", 422, "invalid", "line 4, column 1: unknown field `rolls`"),
        (
            "a field below",
            "agents:\n  Bot: {sponsorr: x}\n",
            422,
            "invalid",
            "line 4, column 9: unknown field `sponsorr`",
        ),
        ("an empty section", "teams:\n", 422, "invalid", "line 3"),
        (
            "an unknown setting",
            "settings:\n  owners.most: 3\n",
            422,
            "invalid",
            "line 4, settings.owners.most: there is no",
        ),
        (
            "a value that is none",
            "settings:\n  keys.personal: all\n",
            422,
            "invalid",
            "line 4, settings.keys.personal:",
        ),
        (
            "an unknown role",
            "members:\n  ada@example.com: boss\n",
            422,
            "no-such-role",
            "line 4, members.ada@example.com: ",
        ),
        (
            "nobody known",
            "members:\n  eve@example.com: member\n",
            404,
            "not-found",
            "line 4, members.eve@example.com: ",
        ),
        ("the last owner", "members:\n  owner@example.com: member\n", 409, "last-owner", "line 4, "),
        ("a permission that is none", "roles:\n  x: {title: X, permissions: [fly]}\n", 422, "invalid", "line 4"),
        ("the fixed role left out", "roles: {}\n", 422, "invalid", "line 3, roles: the fixed role owner"),
        ("an unknown integration", "integrations:\n  stripe: {}\n", 404, "not-found", "line 4, integrations.stripe: "),
        ("another version", "", 422, "invalid", "wardroom: "),
        ("two documents", "---\nwardroom: 1\n", 422, "invalid", "line 4, column 1: there is a second document"),
    ];
    for (what, text, status, code, place) in wrong {
        let version = if what == "another version" { 2 } else { 1 };
        let text = format!("wardroom: {version}\nname: Renamed\n{text}");
        let answer = send(&firm.owner(), "/apply", &text);
        assert_eq!(told(&answer), (status, code), "{what}: {}", answer.1);
        let detail = answer.1["detail"].as_str().unwrap();
        assert!(detail.contains(place), "{what}: {detail}");
        assert_eq!(export(firm.owner()), before_with_ann, "{what}");
    }
    // What single requests deny, a file is denied: an admin does not make owners, and does not rename half a firm.
    let document = json!({ "wardroom": 1, "name": "Renamed", "members": { "ada@example.com": "owner" } });
    for path in ["/plan", "/apply"] {
        let answer = admin.api.post(path, document.clone());
        assert_eq!(told(&answer).0, 403, "{}", answer.1);
        assert_eq!(answer.1["field"], json!("members.ada@example.com"));
        assert_eq!(answer.1["code"], admin.api.patch("/members/ada@example.com", json!({ "role": "owner" })).1["code"]);
        assert!(answer.1["ask"].as_array().is_some_and(|ask| !ask.is_empty()), "{}", answer.1);
    }
    assert_eq!(export(firm.owner()), before_with_ann);
}

/// Sends a document as YAML.
fn send(api: &Api, path: &str, text: &str) -> (u16, Value) {
    let request = ureq::http::Request::builder()
        .method("POST")
        .uri(format!("{}{path}", api.root))
        .header("authorization", format!("Bearer {}", api.key))
        .header("content-type", "application/yaml")
        .body(text.to_owned());
    let mut answer = crate::world::agent().run(request.expect("a request")).expect("an answer");
    let body = answer.body_mut().read_to_string().expect("a body");
    (answer.status().as_u16(), serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[test]
fn a_step_is_asked_about_as_it_is_after_the_steps_before_it() {
    let firm = furnished("balanced", true);
    // The caller hands on what the file's last step needs, and then gives it up: allowed, since it comes last.
    let owners = json!({ "wardroom": 1, "members": { "owner@example.com": "admin", "ben@example.com": "owner" } });
    let (status, applied) = firm.owner().post("/apply", owners);
    assert_eq!(status, 200, "{applied}");
    assert_eq!(
        steps(&applied).last().map(String::as_str),
        Some("give owner@example.com the role admin instead of owner")
    );
    // From now on they are an admin, in the same file as in the next.
    let again = json!({ "wardroom": 1, "members": { "owner@example.com": "owner" } });
    assert_eq!(firm.owner().post("/apply", again).0, 403);
}

#[test]
fn whoever_sees_a_section_in_part_neither_gets_it_nor_learns_from_planning_against_it() {
    let firm = furnished("balanced", true);
    let viewer = firm.hire("vic", "member");
    let document = export(firm.with(&viewer.api.key));
    let sections: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert!(sections.iter().any(|section| *section == "members"), "{sections:?}");
    // The roles of this firm have rules about objects that the viewer does not see.
    for hidden in ["roles", "teams", "agents", "integrations", "grants", "objects"] {
        assert!(document.get(hidden).is_none(), "{hidden}");
    }
    for (section, body) in [("teams", json!({ "Night shift": {} })), ("agents", json!({}))] {
        let answer = viewer.api.post("/plan", json!({ "wardroom": 1, section: body }));
        assert_eq!((answer.0, &answer.1["field"]), (403, &json!(section)), "{}", answer.1);
    }
    assert_eq!(viewer.api.post("/plan", json!({ "wardroom": 1, "name": "Mine" })).0, 403);
    // The name of a hidden team cannot be found out by making it the default.
    let named =
        |team: &str| viewer.api.post("/plan", json!({ "wardroom": 1, "settings": { "join.default_team": team } }));
    assert_eq!(named("Night shift"), named("No shift"));
    assert!(!document.to_string().contains("Night shift"), "{document}");
}

#[test]
fn grants_tool_switches_and_classes_bite_on_the_next_request() {
    let demo = Demo::start();
    let owner = || demo.api(&demo.key_of("Owner"));
    let document = export(owner());
    let (status, plan) = owner().post("/plan", document.clone());
    assert_eq!((status, steps(&plan)), (200, vec![]), "{plan}");
    let finance = demo.person("Finance manager")["email"].as_str().unwrap();
    let mcp = demo.mcp(&demo.key_of("Finance manager"));
    assert!(mcp.tools().contains(&"stripe__create_refund".to_owned()));

    let mut changed = json!({ "wardroom": 1, "integrations": document["integrations"], "grants": document["grants"] });
    changed["integrations"]["stripe"]["tools_off"] = json!(["create_refund"]);
    changed["grants"]["members"][finance]["outlook"] = json!({ "profile": "read-only" });
    let (status, applied) = owner().post("/apply", changed.clone());
    assert_eq!(status, 200, "{applied}");
    assert_eq!(
        steps(&applied),
        [
            "switch create_refund of stripe off for everyone".to_owned(),
            format!("give outlook (read-only) to {finance}")
        ]
    );
    let tools = mcp.tools();
    assert!(!tools.contains(&"stripe__create_refund".to_owned()));
    assert!(tools.iter().any(|tool| tool.starts_with("outlook__")));

    changed["grants"]["members"].as_object_mut().unwrap().remove(finance);
    changed["integrations"]["stripe"]["classes"]["list_customers"] = json!("delete");
    let (status, applied) = owner().post("/apply", changed);
    assert_eq!(status, 200, "{applied}");
    assert_eq!(mcp.tools(), Vec::<String>::new());
    let (_, tools) = owner().get("/integrations/stripe/tools");
    let reviewed = tools["items"].as_array().unwrap().iter().find(|tool| tool["name"] == "list_customers").unwrap();
    assert_eq!((&reviewed["class"], &reviewed["class_source"]), (&json!("delete"), &json!("review")));
}

#[test]
fn a_file_goes_round_through_the_terminal() {
    let firm = furnished("balanced", true);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("firm.yaml");
    let file = path.to_str().expect("letters");
    let owner = firm.owner();
    let done = cli(&owner, &["export", "--out", file]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(text.starts_with("wardroom: 1\nname: \"yes\"\n"), "{text}");

    let done = cli(&owner, &["plan", file]);
    assert!(String::from_utf8_lossy(&done.stdout).contains("nothing to change"));
    std::fs::write(&path, text.replace("  ada@example.com: lead\n", "  ada@example.com: viewer\n")).expect("room");
    let done = cli(&owner, &["plan", file]);
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(told.contains("give ada@example.com the role viewer instead of lead"), "{told}");
    assert!(told.contains("ada: "), "the impact is told by name: {told}");
    let done = cli(&owner, &["apply", file]);
    assert_eq!(done.status.code(), Some(2), "nobody was there to say yes");
    let done = cli(&owner, &["apply", file, "--yes"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(owner.get("/members/ada@example.com").1["role"], json!("viewer"));
}

/// The answers of the model are compared in the tests of `verdict`; here, that it comes out, for whom, and with no secret.
#[test]
fn the_model_for_cedar_goes_to_who_may_read_everything_and_names_people_by_id_alone() {
    let firm = furnished("balanced", true);
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("model");
    let owner = firm.owner();
    let done = cli(&owner, &["export", "--format", "cedar", "--out", model.to_str().expect("letters")]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let file = |name: &str| std::fs::read_to_string(model.join(name)).expect("the file");
    let (policies, schema) = (file("policies.cedar"), file("schema.cedarschema"));
    let entities: Value = serde_json::from_str(&file("entities.json")).expect("JSON");
    let roles = entities.as_array().unwrap().iter().filter(|entity| entity["uid"]["type"] == "Wardroom::Role");
    assert!(roles.clone().any(|role| role["uid"]["id"] == "captain" && role["attrs"]["in_teams"] == json!(true)));
    assert!(policies.contains("@id(\"call.cut\")") && schema.contains("action \"tool.call\""));
    let everything = format!("{policies}{schema}{entities}");
    for hidden in ["ada@example.com", "owner@example.com", "Night shift", "Support bot", owner.key.as_str()] {
        assert!(!everything.contains(hidden), "{hidden} stands in the model");
    }
    let (status, answer) = owner.get("/export/cedar");
    // The first line says as of when it is.
    let rules = |policies: &str| policies.split_once('\n').unwrap().1.to_owned();
    assert!(policies.starts_with("// As of "), "{policies:.100}");
    assert_eq!((status, &answer["schema"], &answer["entities"]), (200, &json!(schema), &entities));
    assert_eq!(rules(answer["policies"].as_str().unwrap()), rules(&policies));
    assert!(answer["as_of"].as_str().unwrap().ends_with('Z'), "{}", answer["as_of"]);
    let ada = firm.hire("mallory", "member");
    assert_eq!(firm.with(&ada.api.key).get("/export/cedar").0, 403);
}
