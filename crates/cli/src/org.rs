//! `wardroom org`: the organization and its settings.

mod ending;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::field::{items, plain, text, time};
use crate::server::Door;
use crate::table::{Table, facts};
use crate::terminal::Terminal;

/// The presets that there are. Whoever names another one is told so before they are asked for a yes.
const PRESETS: [&str; 6] = ["balanced", "pipeworks", "crm", "pipeai", "workjet", "swiftask"];

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    door: Door,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The organizations of this key
    List,
    /// Name, address for AI clients, settings, and who you are there
    Show,
    /// Every setting with its value, what it decides, and what values there are
    Settings,
    /// Offer the organization to another member: once they accept, they have the top role, and you another one
    Transfer {
        /// E-mail or id of the member who may take it
        to: String,
        /// The role that you have then
        #[arg(long, value_name = "ROLE")]
        own_role: String,
    },
    /// The open offer of the organization
    ShowTransfer,
    /// Take the organization that is offered to you
    AcceptTransfer,
    /// Decline the offer that was made to you, or take yours back
    EndTransfer,
    /// Delete the organization: nothing is done in it from then on, and after the days that its setting says
    /// (organization.delete_after_days) it is gone for good. --preview tells first who loses what
    Delete {
        /// Its slug, typed out, so that no other one is deleted
        slug: String,
    },
    /// Restore an organization that was deleted, as long as it is not gone: everything is as it was
    Restore,
    /// Go by another preset: its settings and roles. What you changed about roles that came with the present one is lost,
    /// also where it is the same preset once more. --preview tells first who gains and loses what
    Preset {
        /// The preset
        #[arg(value_parser = PRESETS)]
        name: String,
        /// Which role the members of a present one get; otherwise the one of the same name, or the default one
        #[arg(long = "map", value_name = "OLD=NEW", value_parser = read_pair)]
        roles: Vec<(String, String)>,
    },
    /// Change name or settings, such as `owners.max=3`, `join.default_role=member` or `grants.to='["team"]'`; `null` clears one
    Set {
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// Settings
        #[arg(value_name = "SETTING=VALUE", value_parser = read_setting)]
        settings: Vec<(String, Value)>,
    },
}

pub(crate) fn run(arguments: &Arguments, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::List => {
            let found = arguments.door.server(terminal)?.get(&["orgs"], &[])?.body;
            terminal.answer(&found, lay_out_list)
        }
        Verb::Show => {
            let found = arguments.door.organization(terminal)?.get(&[], &[])?;
            terminal.answer(&found, lay_out)
        }
        Verb::Settings => {
            let found = arguments.door.organization(terminal)?.get(&["settings"], &[])?;
            terminal.answer(&found, lay_out_settings)
        }
        Verb::Transfer { to, own_role } => {
            let org = arguments.door.organization(terminal)?;
            let question = format!("offer {} to {to}? Once they accept you will be {own_role}.", org.slug());
            terminal.confirm(&question)?;
            let body = json!({"to": to, "own_role": own_role});
            let offer = org.post(&["organization", "transfer"], &body)?;
            terminal.answer(&offer, |offer| {
                let how = "they take it with `wardroom org accept-transfer`, you take it back with `wardroom org end-transfer`";
                format!("{}\n{how}\n", lay_out_offer(offer))
            })
        }
        Verb::Delete { slug } => ending::delete(&arguments.door, slug, terminal),
        Verb::Restore => ending::restore(&arguments.door, terminal),
        Verb::ShowTransfer => {
            let offer = arguments.door.organization(terminal)?.get(&["organization", "transfer"], &[])?;
            terminal.answer(&offer, |offer| lay_out_offer(offer) + "\n")
        }
        Verb::AcceptTransfer => {
            let org = arguments.door.organization(terminal)?;
            if !terminal.yes {
                let offer = org.get(&["organization", "transfer"], &[])?;
                terminal.confirm(&format!("{}. Take {} over?", lay_out_offer(&offer), org.slug()))?;
            }
            let heir = org.post(&["organization", "transfer", "accept"], &json!({}))?;
            terminal.answer(&heir, |heir| format!("{} is {} now\n", text(heir, "/name"), text(heir, "/role")))
        }
        Verb::EndTransfer => {
            let ended = arguments.door.organization(terminal)?.delete(&["organization", "transfer"])?;
            terminal.answer(&ended, |_| "the offer is over\n".to_owned())
        }
        Verb::Preset { name, roles } => {
            let org = arguments.door.organization(terminal)?;
            terminal.confirm(&format!(
                "let {} go by {name}? Its settings and roles take the place of the present ones.",
                org.slug()
            ))?;
            let roles: Map<String, Value> = roles.iter().map(|(old, new)| (old.clone(), json!(new))).collect();
            let changed = org.put(&["organization", "preset"], &json!({"preset": name, "roles": roles}))?;
            terminal.answer(&changed, |org| {
                format!(
                    "the preset is {} now, and you are {}\n\
                     keys and agents whose role ended or became another one stand still until you give them one: see \
                     `wardroom key list` and `wardroom agent list`\n",
                    text(org, "/preset"),
                    text(org, "/you/role")
                )
            })
        }
        Verb::Set { name, settings } => {
            if name.is_none() && settings.is_empty() {
                return Err(Failure::Usage("say what to change: --name NAME, or SETTING=VALUE".to_owned()));
            }
            let mut body = Map::new();
            if let Some(name) = name {
                body.insert("name".to_owned(), json!(name));
            }
            if !settings.is_empty() {
                body.insert("settings".to_owned(), Value::Object(settings.iter().cloned().collect()));
            }
            let changed = arguments.door.organization(terminal)?.patch(&[], &Value::Object(body))?;
            terminal.answer(&changed, |_| "changed\n".to_owned())
        }
    }
}

/// A value is what it is as JSON, and a text otherwise.
pub(crate) fn read_setting(text: &str) -> Result<(String, Value), String> {
    let (name, value) =
        text.split_once('=').ok_or("a setting is written SETTING=VALUE: its name, an equals sign and its value")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name.to_owned(), value))
}

fn read_pair(text: &str) -> Result<(String, String), String> {
    let (old, new) = text.split_once('=').ok_or("write OLD=NEW, such as billing=member")?;
    Ok((old.to_owned(), new.to_owned()))
}

fn lay_out_offer(offer: &Value) -> String {
    let (from, to) = (text(offer, "/from/name"), text(offer, "/to/name"));
    let end = time(offer, "/expires_at");
    format!("{from} offers the organization to {to} until {end}, and is {} then", text(offer, "/own_role"))
}

fn lay_out_list(found: &Value) -> String {
    let mut table = Table::new(&["ORG", "NAME", "YOUR ROLE"]);
    for org in items(found) {
        table.row([text(org, "/slug"), text(org, "/name"), text(org, "/you/role")]);
    }
    table.to_string()
}

fn lay_out_settings(found: &Value) -> String {
    let mut told = String::new();
    for setting in items(found) {
        let value = setting.pointer("/value").map_or_else(String::new, Value::to_string);
        told.push_str(&format!("{} = {}\n  {}\n", text(setting, "/name"), plain(&value), text(setting, "/means")));
        let choices = setting.pointer("/choices").and_then(Value::as_object);
        for (choice, means) in choices.into_iter().flatten() {
            told.push_str(&format!("    {}: {}\n", plain(choice), plain(means.as_str().unwrap_or_default())));
        }
    }
    told
}

fn lay_out(org: &Value) -> String {
    let you = format!("{} ({})", text(org, "/you/name"), text(org, "/you/role"));
    let mut pairs = vec![
        ("name", text(org, "/name")),
        ("org", text(org, "/slug")),
        ("id", text(org, "/id")),
        ("preset", text(org, "/preset")),
        ("for clients", text(org, "/mcp_url")),
        ("you", you),
    ];
    if org.pointer("/deletes_at").is_some_and(Value::is_string) {
        let end = time(org, "/deletes_at");
        pairs.push(("ends", format!("{end}, unless it is restored: `wardroom org restore`")));
    }
    let settings = org.pointer("/settings").and_then(Value::as_object);
    for (name, _) in settings.into_iter().flatten() {
        let value = text(&org["settings"], &format!("/{}", name.replace('~', "~0").replace('/', "~1")));
        pairs.push((name.as_str(), value));
    }
    facts(&pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeServer, outcome};

    #[test]
    fn settings_are_sent_as_numbers_texts_and_null() {
        let server = FakeServer::answering(vec![(200, json!({"slug": "north"}))]);
        let done =
            outcome(&server, &["org", "set", "--org", "north", "owners.max=3", "join.default_role=member", "x=null"]);
        assert_eq!(done.code, 0, "{}", done.err);
        let request = server.request(0);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("PATCH", "/api/v1/orgs/north"));
        let expected = json!({"settings": {"owners.max": 3, "join.default_role": "member", "x": null}});
        assert_eq!(request.json(), expected);
    }

    #[test]
    fn lists_and_objects_are_sent_as_such() {
        let server = FakeServer::answering(vec![(200, json!({"slug": "north"}))]);
        let line = ["org", "set", "--org", "north", "grants.to=[\"team\"]", "labels={\"team\":\"group\"}"];
        assert_eq!(outcome(&server, &line).code, 0);
        let expected = json!({"settings": {"grants.to": ["team"], "labels": {"team": "group"}}});
        assert_eq!(server.request(0).json(), expected);
    }

    #[test]
    fn settings_are_told_with_what_they_mean_and_may_be() {
        let setting = json!({"name": "promote.admin", "value": "owner", "means": "Who may.", "takes": "one",
            "choices": {"owner": "Owners alone."}});
        let server = FakeServer::answering(vec![(200, json!({"items": [setting], "next": null}))]);
        let done = outcome(&server, &["org", "settings", "--org", "north"]);
        assert_eq!(done.out, "promote.admin = \"owner\"\n  Who may.\n    owner: Owners alone.\n");
    }

    #[test]
    fn an_organization_is_offered_and_taken_only_after_a_yes() {
        let offer = json!({"from": {"id": "per_1", "name": "Olga"}, "to": {"id": "per_2", "name": "Ada"},
            "own_role": "admin", "expires_at": "2026-05-08T00:00:00Z"});
        let heir = json!({"name": "Ada", "role": "owner"});
        let server = FakeServer::answering(vec![(200, offer), (200, heir)]);
        let line = ["org", "transfer", "ada@example.com", "--own-role", "admin", "--org", "north"];
        assert_eq!((outcome(&server, &line).code, server.request_count()), (2, 0));
        let done = outcome(&server, &[&line[..], &["--yes"]].concat());
        assert!(done.out.starts_with("Olga offers the organization to Ada until 2026-05-08"), "{}", done.out);
        assert_eq!(server.request(0).json(), json!({"to": "ada@example.com", "own_role": "admin"}));
        let done = outcome(&server, &["org", "accept-transfer", "--yes", "--org", "north"]);
        assert_eq!(done.out, "Ada is owner now\n");
        assert_eq!(server.request(1).path, "/api/v1/orgs/north/organization/transfer/accept");
    }

    #[test]
    fn an_organization_is_deleted_by_its_typed_slug_after_a_yes_and_shows_when_it_ends() {
        let ending = json!({"slug": "north", "name": "Northwind", "deletes_at": "2026-06-01T00:00:00Z",
            "you": {"name": "Ada", "role": "owner"}});
        let restored = json!({"slug": "north", "deletes_at": null});
        let server = FakeServer::answering(vec![(200, ending.clone()), (200, ending), (200, restored)]);
        let line = ["org", "delete", "north", "--org", "north"];
        assert_eq!((outcome(&server, &line).code, server.request_count()), (2, 0));
        let done = outcome(&server, &[&line[..], &["--yes"]].concat());
        assert!(done.out.starts_with("north ends on 2026-06-01"), "{}", done.out);
        let request = server.request(0);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("DELETE", "/api/v1/orgs/north?confirm=north"));
        let shown = outcome(&server, &["org", "show", "--org", "north"]).out;
        assert!(shown.contains("ends") && shown.contains("`wardroom org restore`"), "{shown}");
        let done = outcome(&server, &["org", "restore", "--org", "north"]);
        assert_eq!(done.out, "north does not end\n");
        assert_eq!(server.request(2).path, "/api/v1/orgs/north/organization/restore");
    }

    #[test]
    fn another_preset_takes_a_yes_and_sends_who_gets_which_role() {
        let changed = json!({"preset": "workjet", "you": {"role": "owner"}});
        let server = FakeServer::answering(vec![(200, changed)]);
        let line = ["org", "preset", "workjet", "--map", "viewer=member", "--map", "billing=clerk", "--org", "north"];
        assert_eq!((outcome(&server, &line).code, server.request_count()), (2, 0));
        let done = outcome(&server, &[&line[..], &["--yes"]].concat());
        assert!(done.out.starts_with("the preset is workjet now, and you are owner\n"), "{}", done.out);
        assert!(done.out.contains("stand still until you give them one: see `wardroom key list` and"), "{}", done.out);
        assert_eq!(server.request(0).path, "/api/v1/orgs/north/organization/preset");
        let expected = json!({"preset": "workjet", "roles": {"viewer": "member", "billing": "clerk"}});
        assert_eq!(server.request(0).json(), expected);
    }

    #[test]
    fn a_preset_that_there_is_not_is_told_before_a_yes_is_asked_for() {
        let line = ["wardroom", "org", "preset", "nosuch", "--org", "north"];
        let told = crate::command().try_get_matches_from(line).expect_err("no preset").to_string();
        assert!(told.contains("'nosuch'") && told.contains("pipeworks"), "{told}");
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../presets")).unwrap();
        let name =
            |file: std::io::Result<std::fs::DirEntry>| file.unwrap().path().file_stem()?.to_str().map(str::to_owned);
        let mut there: Vec<String> = files.filter_map(name).collect();
        let mut known = PRESETS.map(str::to_owned).to_vec();
        there.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, there);
    }

    #[test]
    fn without_a_named_organization_the_only_one_of_the_key_is_meant() {
        let org = json!({
            "id": "org_1", "slug": "north", "name": "Northwind", "preset": "pipeworks", "settings": {"owners.max": null},
            "mcp_url": "http://h/o/north/mcp", "you": {"subject": "mem_1", "role": "owner", "name": "Ada Example"},
        });
        let server =
            FakeServer::answering(vec![(200, json!({"items": [{"slug": "north"}], "next": null})), (200, org)]);
        let done = outcome(&server, &["org", "show"]);
        assert_eq!((done.code, server.request(1).path.as_str()), (0, "/api/v1/orgs/north"));
        assert!(done.out.contains("for clients  http://h/o/north/mcp\n"), "{}", done.out);
        assert!(done.out.contains("owners.max   -\n"), "{}", done.out);
    }

    #[test]
    fn a_key_of_several_organizations_must_name_one() {
        let found = json!({"items": [{"slug": "north"}, {"slug": "south"}], "next": null});
        let server = FakeServer::answering(vec![(200, found)]);
        let done = outcome(&server, &["org", "show"]);
        assert_eq!(
            (done.code, done.err.as_str()),
            (2, "error: name the organization with --org: one of north, south\n")
        );
    }
}
