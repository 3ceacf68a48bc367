//! `wardroom export`, `plan` and `apply`: the organization as one YAML file; and its permission model for Cedar.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::field::plain;
use crate::server::Door;
use crate::terminal::Terminal;

/// As much as the server takes.
const FILE_BYTES_MAX: u64 = 1 << 20;

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    door: Door,
    /// The file to write, for Cedar the folder; standard output where none is named
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// As a policy file, or the permission model for Cedar
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A policy file, which `plan` and `apply` read
    Yaml,
    /// Policies, schema and entities for Cedar
    Cedar,
}

#[derive(Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    door: Door,
    /// The file; - for standard input
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    door: Door,
    /// The file; - for standard input, which needs --yes
    file: PathBuf,
}

pub(crate) fn export(arguments: &Export, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let organization = arguments.door.organization(terminal)?;
    if arguments.format == Format::Cedar {
        let model = organization.get(&["export", "cedar"], &[])?;
        return write_model(&model, arguments.out.as_deref(), terminal);
    }
    let text = match terminal.json {
        true => format!("{}\n", organization.get(&["export"], &[])?),
        false => organization.get_yaml(&["export"])?,
    };
    match &arguments.out {
        Some(path) => fs::write(path, text).map_err(|fault| unusable(path, &fault)),
        None => {
            terminal.out.write_all(text.as_bytes())?;
            Ok(terminal.out.flush()?)
        }
    }
}

/// Writes the three files that Cedar's own tools read, or all as one JSON document where no folder is named.
fn write_model(model: &Value, folder: Option<&Path>, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Some(folder) = folder else {
        terminal.out.write_all(format!("{model:#}\n").as_bytes())?;
        return Ok(terminal.out.flush()?);
    };
    fs::create_dir_all(folder).map_err(|fault| unusable(folder, &fault))?;
    let text = |name: &str| model[name].as_str().unwrap_or_default().to_owned();
    let files = [
        ("policies.cedar", text("policies")),
        ("schema.cedarschema", text("schema")),
        ("entities.json", format!("{:#}\n", model["entities"])),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|fault| unusable(&path, &fault))?;
    }
    Ok(())
}

pub(crate) fn plan(arguments: &Plan, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let organization = arguments.door.organization(terminal)?;
    let text = read(&arguments.file, terminal)?;
    let planned = organization.post_yaml(&["plan"], text)?;
    terminal.answer(&planned, lay_out)
}

/// Shows the plan, asks, and applies it to the very state that was planned on.
pub(crate) fn apply(arguments: &Apply, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let organization = arguments.door.organization(terminal)?;
    let text = read(&arguments.file, terminal)?;
    let planned = organization.post_yaml(&["plan"], text.clone())?;
    let seq = planned["seq"].as_u64().unwrap_or_default();
    if arguments.door.only_previews() {
        return terminal.answer(&planned, lay_out);
    }
    if steps(&planned).is_empty() {
        let none = json!({ "seq": seq, "steps": [], "by_hand": planned["by_hand"] });
        return terminal.answer(&none, |_| lay_out(&planned));
    }
    if !terminal.json {
        terminal.note(lay_out(&planned).trim_end())?;
    }
    terminal.confirm("apply this?")?;
    let applied = organization.tied_to(seq).post_yaml(&["apply"], text)?;
    terminal.answer(&applied, |applied| format!("applied {}\n{}", counted(steps(applied).len()), by_hand(applied)))
}

fn read(path: &PathBuf, terminal: &mut Terminal<'_>) -> Result<String, Failure> {
    let mut text = String::new();
    let source: &mut dyn Read = match path.to_str() {
        Some("-") => &mut terminal.surroundings.input,
        _ => &mut fs::File::open(path).map_err(|fault| unusable(path, &fault))?,
    };
    source.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(|fault| unusable(path, &fault))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(Failure::Usage(format!("{} has more than {FILE_BYTES_MAX} bytes; split it", path.display())));
    }
    Ok(text)
}

fn unusable(path: &std::path::Path, fault: &std::io::Error) -> Failure {
    Failure::Usage(format!("the file {}: {fault}", path.display()))
}

fn steps(plan: &Value) -> &[Value] {
    plan["steps"].as_array().map_or(&[], Vec::as_slice)
}

fn counted(steps: usize) -> String {
    if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") }
}

fn lay_out(plan: &Value) -> String {
    let steps = steps(plan);
    if steps.is_empty() {
        return format!("everything is so already; there is nothing to change\n{}", by_hand(plan));
    }
    let mut lines = format!("{}:\n", counted(steps.len()));
    for step in steps {
        lines.push_str(&format!("  {}\n", plain(step["says"].as_str().unwrap_or_default())));
    }
    lines.push_str("who gains and loses what:\n");
    for line in plan.pointer("/impact/summary").and_then(Value::as_array).into_iter().flatten() {
        lines.push_str(&format!("  {}\n", plain(line.as_str().unwrap_or_default())));
    }
    lines.push_str(&by_hand(plan));
    lines
}

/// What a file cannot do.
fn by_hand(plan: &Value) -> String {
    let left = plan["by_hand"].as_array().map_or(&[][..], Vec::as_slice);
    let lines = left.iter().map(|step| format!("  {}\n", plain(step["says"].as_str().unwrap_or_default())));
    if left.is_empty() { String::new() } else { format!("to be done by hand:\n{}", lines.collect::<String>()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    fn planned(steps: &[&str]) -> Value {
        let steps: Vec<Value> = steps.iter().map(|says| json!({"at": ["name"], "says": says})).collect();
        json!({"seq": 41, "steps": steps, "impact": {"preview": true, "summary": ["Fay: gains role.view"]}})
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("room");
        file
    }

    #[test]
    fn a_plan_shows_steps_and_impact_and_sends_the_file_as_it_is() {
        let server = FakeServer::answering(vec![(200, planned(&["name the organization Acme"]))]);
        let file = file("wardroom: 1\nname: Acme\n");
        let done = outcome(&server, &["plan", file.path().to_str().expect("letters"), "--org", "north"]);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        assert!(done.out.contains("1 step:\n  name the organization Acme\n"), "{}", done.out);
        assert!(done.out.contains("  Fay: gains role.view\n"), "{}", done.out);
        let request = server.request(0);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/v1/orgs/north/plan"));
        assert_eq!(request.header("content-type"), Some("application/yaml"));
        assert_eq!(request.body, "wardroom: 1\nname: Acme\n");
    }

    #[test]
    fn what_is_left_to_people_is_told_also_where_there_is_nothing_else_to_do() {
        let mut plan = planned(&[]);
        plan["by_hand"] = json!([{"at": ["keys", "Bot"], "says": "create the workspace key Bot"}]);
        let server = FakeServer::answering(vec![(200, plan)]);
        let file = file("wardroom: 1\n");
        let done = outcome(&server, &["plan", file.path().to_str().expect("letters"), "--org", "north"]);
        assert!(done.out.contains("to be done by hand:\n  create the workspace key Bot\n"), "{}", done.out);
    }

    #[test]
    fn applying_is_tied_to_the_state_that_was_planned_on() {
        let answers = vec![(200, planned(&["one", "two"])), (200, json!({"seq": 43, "steps": [{}, {}]}))];
        let server = FakeServer::answering(answers);
        let file = file("wardroom: 1\n");
        let path = file.path().to_str().expect("letters");
        let done = outcome(&server, &["apply", path, "--yes", "--org", "north"]);
        assert_eq!((done.code, done.out.as_str()), (0, "applied 2 steps\n"), "{}", done.err);
        assert_eq!(server.request(1).path, "/api/v1/orgs/north/apply");
        assert_eq!(server.request(1).header("if-match"), Some("\"41\""));
    }

    #[test]
    fn without_an_answer_and_without_steps_nothing_is_applied() {
        let file = file("wardroom: 1\n");
        let path = file.path().to_str().expect("letters");
        let server = FakeServer::answering(vec![(200, planned(&["one"]))]);
        assert_eq!(outcome(&server, &["apply", path, "--org", "north"]).code, 2);
        assert_eq!(server.request_count(), 1, "only the plan was asked for");
        for line in [&["apply", path, "--org", "north"][..], &["apply", path, "--preview", "--org", "north"]] {
            let server = FakeServer::answering(vec![(200, planned(&[]))]);
            assert_eq!((outcome(&server, line).code, server.request_count()), (0, 1));
        }
    }

    #[test]
    fn the_model_for_cedar_is_three_files_or_one_document() {
        let model = json!({"policies": "permit();", "schema": "namespace W {}", "entities": [{"uid": 1}]});
        let server = FakeServer::answering(vec![(200, model.clone()), (200, model.clone())]);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new");
        let line = ["export", "--format", "cedar", "--org", "north", "--out", path.to_str().expect("letters")];
        let done = outcome(&server, &line);
        assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "", ""));
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/export/cedar");
        let file = |name: &str| fs::read_to_string(path.join(name)).expect("the file");
        assert_eq!(
            (file("policies.cedar").as_str(), file("schema.cedarschema").as_str()),
            ("permit();", "namespace W {}")
        );
        assert_eq!(serde_json::from_str::<Value>(&file("entities.json")).expect("JSON"), model["entities"]);
        let done = outcome(&server, &line[..5]);
        assert_eq!(serde_json::from_str::<Value>(&done.out).expect("JSON"), model);
    }
}
