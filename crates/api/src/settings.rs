//! Endpoint: the settings of the organization, each with what it means.

use std::collections::BTreeMap;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::organization::{Choice, SettingChange, SettingEntry, Settings, Values};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::extract::Signed;
use crate::problem::{Failure, Problems};

/// A setting with its value.
#[derive(Serialize, ToSchema)]
pub(crate) struct Setting {
    /// Its name.
    name: &'static str,
    /// Its value now.
    #[schema(value_type = Object)]
    value: Value,
    /// What it decides.
    means: &'static str,
    /// What form a value has: `one` of the choices, `some` of them as a list, `texts` for some of them as an object, or
    /// what is said here in words.
    takes: &'static str,
    /// The choices, each with what it means.
    choices: BTreeMap<&'static str, &'static str>,
}

/// The settings of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
pub(crate) struct SettingList {
    items: Vec<Setting>,
    /// Always none: there is one page.
    next: Option<String>,
}

fn setting(entry: &SettingEntry, value: Value) -> Setting {
    let (takes, choices): (_, &[Choice]) = match entry.values {
        Values::One(choices) => ("one", choices),
        Values::Some(choices) => ("some", choices),
        Values::TextFor(choices) => ("texts", choices),
        Values::Other(words) => (words, &[]),
    };
    let choices = choices.iter().map(|choice| (choice.word, choice.means)).collect();
    Setting { name: entry.name, value, means: entry.description, takes, choices }
}

/// The settings of the organization, each with its value, what it decides, and what values there are: all for those who
/// change settings; for the others those by which they see what they may do, and the labels.
#[utoipa::path(get, path = "/settings", tag = "organization", operation_id = "list_settings",
    params(("org" = String, Path, description = "slug or id")),
    responses((status = 200, body = SettingList), Problems))]
pub(crate) async fn list(State(app): State<App>, Signed(caller): Signed) -> Result<Json<SettingList>, Failure> {
    let mut values = app.show_organization(&caller).await?.settings;
    let told = |entry: &SettingEntry| Some(setting(entry, values.remove(entry.name)?));
    Ok(Json(SettingList { items: Settings::TABLE.iter().filter_map(told).collect(), next: None }))
}

/// Reads changes of settings, each by its name.
pub(crate) fn changes(values: Map<String, Value>) -> Result<Vec<SettingChange>, Failure> {
    values.into_iter().map(|(name, value)| change(&name, value)).collect()
}

fn change(name: &str, value: Value) -> Result<SettingChange, Failure> {
    let field = format!("settings.{name}");
    let Some(entry) = Settings::TABLE.iter().find(|entry| entry.name == name) else {
        let message = format!("there is no such setting; there are: {}", Settings::NAMES.join(", "));
        return Err(Failure::bad_field(field, message));
    };
    serde_json::from_value(json!({ "setting": name, "value": value })).map_err(|_| {
        let words = |choices: &[Choice]| choices.iter().map(|choice| choice.word).collect::<Vec<_>>().join(", ");
        let message = match entry.values {
            Values::One(choices) => format!("give one of {}", words(choices)),
            Values::Some(choices) => format!("give a list of any of {}", words(choices)),
            Values::TextFor(choices) => format!("give an object with a text for any of {}", words(choices)),
            Values::Other(what) => format!("give {what}"),
        };
        Failure::bad_field(field, message)
    })
}
