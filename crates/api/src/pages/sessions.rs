//! The page on which somebody sees where they are signed in, and signs out there.

use app::App;
use app::sign_in::SessionView;
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::resident::Resident;
use super::{Refused, field};
use crate::time::told;

/// The page itself.
const HERE: &str = "/sign-in/sessions";
/// The door for which the word in its forms is made.
const CSRF_DOOR: &str = "sessions";

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage<'p> {
    sessions: Vec<Shown>,
    /// Keys that no sign-out ends.
    keys: usize,
    csrf: &'p str,
}

/// A session in words.
struct Shown {
    id: String,
    is_this: bool,
    browser: String,
    address: String,
    begun: String,
    used: String,
}

pub(super) async fn show(State(app): State<App>, resident: Resident) -> Result<Response, Refused> {
    let sessions = app.sessions(&resident.signed_in).await?.into_iter().map(shown).collect();
    let keys = app.own_keys(&resident.signed_in).await?;
    let csrf = app.csrf_token(&resident.signed_in, CSRF_DOOR);
    Ok(resident.asked.page(StatusCode::OK, &SessionsPage { sessions, keys, csrf: &csrf }))
}

/// Ends the session that the form names, or all of them.
pub(super) async fn end(State(app): State<App>, resident: Resident, form: Bytes) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let Resident { asked, signed_in } = resident;
    match field(&form, "session") {
        Some(session) => app.end_session(&signed_in, &session).await?,
        None => app.end_all_sessions(&signed_in).await?,
    }
    Ok(asked.to(HERE, &[]))
}

fn shown(view: SessionView) -> Shown {
    Shown {
        id: view.id.to_string(),
        is_this: view.is_this,
        browser: browser(view.client.as_deref().unwrap_or_default()),
        address: view.address.unwrap_or_default(),
        begun: told(view.begun_at),
        used: told(view.used_at),
    }
}

/// What a browser says of itself, in the words of whoever uses it. The first that fits: most say that they are several.
pub(super) fn browser(client: &str) -> String {
    let first = |of: &[(&str, &'static str)]| of.iter().find(|(mark, _)| client.contains(mark)).map(|(_, name)| *name);
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "a Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Some browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_in_words() {
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";
        for (client, words) in [
            (format!("{windows} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"), "Edge on Windows"),
            (format!("{windows} Chrome/156.0.0.0 Safari/537.36"), "Chrome on Windows"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0".to_owned(), "Firefox on Linux"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1".to_owned(), "Safari on an iPhone"),
            ("curl/8".to_owned(), "Some browser"),
        ] {
            assert_eq!(browser(&client), words);
        }
    }
}
