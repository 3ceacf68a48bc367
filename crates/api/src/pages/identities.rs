//! The page with the sign-ins that somebody has: seen, added and removed by plain forms. What is added is asked about once
//! more when it is known which account it is.

use app::sign_in::{IdentityView, NewSignIn, OfferedProvider, SignedIn};
use app::{App, Problem};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::provider::GoingPage;
use super::resident::Resident;
use super::{Asked, Refused, field};
use crate::time::told;

/// The page itself.
pub(super) const HERE: &str = "/sign-in/identities";
/// Where somebody signs in again who is to come back here.
const AGAIN: &str = "/sign-in/again?return_to=%2Fsign-in%2Fidentities";
/// The door for which the word in its forms is made.
const CSRF_DOOR: &str = "identities";

#[derive(Template)]
#[template(path = "identities.html")]
struct IdentitiesPage<'p> {
    identities: Vec<Shown>,
    providers: &'p [OfferedProvider],
    by_mail: bool,
    /// Whether they signed in soon enough before to change anything.
    fresh: bool,
    again: &'static str,
    csrf: &'p str,
}

/// A sign-in in words.
struct Shown {
    id: String,
    title: String,
    account: String,
    linked: String,
    works: bool,
    /// Whether its person gets in without it.
    can_go: bool,
}

/// Asks whether an account is to be a sign-in.
#[derive(Template)]
#[template(path = "identity_new.html")]
struct NewPage<'p> {
    name: &'p str,
    new: &'p NewSignIn,
    csrf: &'p str,
}

/// The same whatever address it was.
#[derive(Template)]
#[template(path = "identity_sent.html")]
struct SentPage<'p> {
    address: &'p str,
}

pub(super) async fn show(State(app): State<App>, resident: Resident) -> Result<Response, Refused> {
    let Resident { asked, signed_in } = resident;
    let views = app.identities(&signed_in).await?;
    let working = views.iter().filter(|view| view.works).count() + app.passkeys(&signed_in).await?.len();
    let page = IdentitiesPage {
        identities: views.into_iter().map(|view| shown(view, working)).collect(),
        providers: &app.providers(),
        by_mail: app.sends_mail(),
        fresh: app.now() <= signed_in.proof.fresh_until(),
        again: AGAIN,
        csrf: &app.csrf_token(&signed_in, CSRF_DOOR),
    };
    Ok(asked.page(StatusCode::OK, &page))
}

/// To a provider, for one more sign-in.
pub(super) async fn go(
    State(app): State<App>,
    resident: Resident,
    Path(provider): Path<String>,
    form: Bytes,
) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let Resident { asked, signed_in } = resident;
    let gone = app.go_to_link(&signed_in, &provider, &asked.public_url.0).await;
    or_again(&asked, gone, |(title, there)| asked.page(StatusCode::OK, &GoingPage { title: &title, there: &there }))
}

pub(super) async fn ask_by_mail(State(app): State<App>, resident: Resident, form: Bytes) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let Resident { asked, signed_in } = resident;
    let address = field(&form, "email").unwrap_or_default();
    let sent = app.mail_to_link(&signed_in, &address, &asked.public_url.0).await;
    or_again(&asked, sent, |()| asked.page(StatusCode::OK, &SentPage { address: address.trim() }))
}

/// The page behind a mailed link. To open it uses nothing up.
pub(super) async fn show_address(
    State(app): State<App>,
    resident: Resident,
    Path(link): Path<String>,
) -> Result<Response, Refused> {
    let Resident { asked, signed_in } = resident;
    let new = app.tried_from(asked.address(), app.look_at_address(&signed_in, &link).await)?;
    ask(&app, &asked, &signed_in, &new).await
}

/// Asks whether an account is to be a sign-in of theirs.
pub(super) async fn ask(app: &App, asked: &Asked, signed_in: &SignedIn, new: &NewSignIn) -> Result<Response, Refused> {
    let name = app.own_name(signed_in.proof.person).await?;
    let csrf = app.csrf_token(signed_in, CSRF_DOOR);
    Ok(asked.page(StatusCode::OK, &NewPage { name: &name, new, csrf: &csrf }))
}

/// They said yes to it.
pub(super) async fn add(State(app): State<App>, resident: Resident, form: Bytes) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let Resident { asked, signed_in } = resident;
    let yes = field(&form, "yes").unwrap_or_default();
    app.tried_from(asked.address(), app.link(&signed_in, &yes).await)?;
    Ok(asked.to(HERE, &[]))
}

pub(super) async fn remove(State(app): State<App>, resident: Resident, form: Bytes) -> Result<Response, Refused> {
    resident.sent(&app, &form, CSRF_DOOR)?;
    let Resident { asked, signed_in } = resident;
    let identity = field(&form, "identity").unwrap_or_default();
    or_again(&asked, app.unlink(&signed_in, &identity).await, |()| asked.to(HERE, &[]))
}

/// What comes of it, or first to sign in again for whoever did so too long ago.
fn or_again<T>(
    asked: &Asked,
    result: Result<T, Problem>,
    page: impl FnOnce(T) -> Response,
) -> Result<Response, Refused> {
    match result {
        Ok(outcome) => Ok(page(outcome)),
        Err(Problem::Denied { .. }) => Ok(asked.to(AGAIN, &[])),
        Err(problem) => Err(problem.into()),
    }
}

fn shown(view: IdentityView, working: usize) -> Shown {
    Shown {
        id: view.id.to_string(),
        title: view.title,
        account: view.account,
        linked: told(view.linked_at),
        works: view.works,
        can_go: working > usize::from(view.works),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(fresh: bool) -> String {
        let identity = |number: u8, can_go| Shown {
            id: format!("idy_{number}"),
            title: "Acme <b>".to_owned(),
            account: "ada@example.com".to_owned(),
            linked: "yesterday".to_owned(),
            works: can_go,
            can_go,
        };
        let identities = vec![identity(1, true), identity(2, false)];
        let providers = [OfferedProvider { key: "oidc", title: "Acme <b>".to_owned() }];
        let page =
            IdentitiesPage { identities, providers: &providers, by_mail: true, fresh, again: AGAIN, csrf: "word" };
        page.render().unwrap()
    }

    #[test]
    fn only_whoever_has_just_signed_in_is_offered_to_change_anything() {
        let (now, later) = (page(true), page(false));
        for change in ["/sign-in/identities/with/oidc", "/sign-in/identities/email", "/sign-in/identities/remove"] {
            assert!(now.contains(change) && !later.contains(change), "{change}");
        }
        assert!(later.contains("return_to=%2Fsign-in%2Fidentities") && !now.contains("return_to="));
        assert!(now.contains("idy_1") && !now.contains("idy_2"), "what must stay has no button");
        assert!(!now.contains("<b>") && now.contains("does not work here at the moment"));
    }
}
