//! The page on which an empty installation gets its first organization, for whoever has the ticket that it printed.

use app::organizations::{Founding, PresetView, SetUp};
use app::{App, Problem};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::{Asked, Refused, field};

/// The door for which the word in the form is made.
const CSRF_DOOR: &str = "set-up";

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUpPage<'p> {
    presets: &'p [PresetView],
    given: Given,
    /// The field at fault, and what it may be.
    fault: Option<(&'static str, String)>,
    csrf: &'p str,
}

impl SetUpPage<'_> {
    fn fault_of(&self, field: &str) -> Option<&str> {
        self.fault.as_ref().filter(|(at, _)| *at == field).map(|(_, message)| message.as_str())
    }

    fn is_chosen(&self, preset: &PresetView) -> bool {
        match self.given.preset.as_str() {
            "" => preset.is_default,
            chosen => preset.name == chosen,
        }
    }
}

/// What somebody filled in, given back to them where something is wrong with it.
#[derive(Default)]
struct Given {
    org: String,
    slug: String,
    preset: String,
    name: String,
    email: String,
}

#[derive(Template)]
#[template(path = "founded.html")]
struct FoundedPage<'p> {
    org: &'p str,
    mcp_url: &'p str,
    key: &'p str,
}

pub(super) async fn show(
    State(app): State<App>,
    asked: Asked,
    Path(ticket): Path<String>,
) -> Result<Response, Refused> {
    let presets = app.look_at_set_up(&ticket).await?;
    let known = asked.known(&app)?;
    let csrf = app.csrf_token(&known.browser, CSRF_DOOR);
    let page = SetUpPage { presets: &presets, given: Given::default(), fault: None, csrf: &csrf };
    Ok(known.remembered(asked.page(StatusCode::OK, &page)))
}

pub(super) async fn found(
    State(app): State<App>,
    asked: Asked,
    Path(ticket): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    let browser = asked.sent(&app, &form, CSRF_DOOR)?;
    let text = |name: &str| field(&form, name).unwrap_or_default().trim().to_owned();
    let given = Given {
        org: text("org"),
        slug: text("slug"),
        preset: text("preset"),
        name: text("name"),
        email: text("email"),
    };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let founding = Founding {
        name: given.org.clone(),
        slug: some(&given.slug),
        preset: some(&given.preset),
        owner_email: given.email.clone(),
        owner_name: some(&given.name),
    };
    let SetUp { slug, key, begun } = match app.set_up(&ticket, founding, &browser).await {
        Ok(set_up) => set_up,
        Err(Problem::Invalid { field, message }) => {
            let presets = app.look_at_set_up(&ticket).await?;
            let csrf = app.csrf_token(&browser, CSRF_DOOR);
            let page = SetUpPage { presets: &presets, given, fault: Some((field, message)), csrf: &csrf };
            return Ok(asked.page(StatusCode::UNPROCESSABLE_ENTITY, &page));
        }
        Err(problem) => return Err(problem.into()),
    };
    let mcp_url = format!("{}/o/{slug}/mcp", asked.public_url.0);
    let page = FoundedPage { org: &given.org, mcp_url: &mcp_url, key: key.reveal() };
    let mut page = asked.page(StatusCode::OK, &page);
    page.headers_mut().append(header::SET_COOKIE, asked.session(&app, &begun));
    Ok(page)
}
