//! The page that says who is signed in, or how to sign in; and signing out.

use app::App;
use app::mail_domains::JoinOffer;
use app::organizations::OrganizationView;
use app::sign_in::{OfferedProvider, RelyingParty, ReturnTo, SignedIn};
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;

use super::demo::{self, Cast, Part};
use super::resident::Resident;
use super::{Asked, HOME, Refused, email, field, passkey, provider, return_to};
use crate::home::is_from_here;
use crate::problem::Failure;

/// The door for which the word in the form is made.
const CSRF_DOOR: &str = "sign-out";
/// Where somebody asks to join an organization that they are offered.
pub(super) const ASK: &str = "/sign-in/join";
/// The door for which the word in those forms is made.
const ASK_DOOR: &str = "join";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'p> {
    /// Whether somebody is signed in, but has been for too long.
    again: bool,
    /// Whether mail is sent here.
    by_mail: bool,
    providers: &'p [OfferedProvider],
    /// Whether there can be passkeys under the public URL.
    passkeys: bool,
    /// The words for the forms of mail, of providers and of passkeys.
    csrf: [&'p str; 3],
}

/// The same in the demo.
#[derive(Template)]
#[template(path = "sign_in_as.html")]
struct SignInAsPage<'p> {
    cast: &'p [Part],
    csrf: &'p str,
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInPage<'p> {
    name: &'p str,
    organizations: Vec<Place>,
    /// The names of those that ask for a passkey, and that this session does not open.
    closed: Vec<String>,
    /// The organizations that they may join, and the word for asking.
    offers: Vec<JoinOffer>,
    ask_csrf: &'p str,
    /// Whether there can be passkeys here.
    passkeys: bool,
    csrf: &'p str,
}

/// An organization of somebody's, and their role there.
struct Place {
    id: String,
    name: String,
    role: String,
}

pub(super) async fn show(State(app): State<App>, asked: Asked, address: Uri) -> Result<Response, Refused> {
    let wanted = return_to::asked_for(&address)?;
    let Some(signed_in) = asked.resident(&app).await? else {
        return whom(&app, &asked, wanted.as_ref(), false);
    };
    match wanted {
        Some(place) => Ok(asked.to(place.as_str(), &[])),
        None => who(&app, &asked, &signed_in).await,
    }
}

/// How to sign in anew, for whoever did so too long ago for what they want to do.
pub(super) async fn again(State(app): State<App>, asked: Asked, address: Uri) -> Result<Response, Refused> {
    whom(&app, &asked, return_to::asked_for(&address)?.as_ref(), true)
}

/// How to sign in: with a link that one was given, and in the demo as whom one chooses.
fn whom(app: &App, asked: &Asked, wanted: Option<&ReturnTo>, again: bool) -> Result<Response, Refused> {
    let mut page = match &asked.cast {
        None => {
            let known = asked.known(app)?;
            let doors = [email::ASK_DOOR, provider::CSRF_DOOR, passkey::ASK_DOOR];
            let csrf = doors.map(|door| app.csrf_token(&known.browser, door));
            let (by_mail, providers) = (app.sends_mail(), app.providers());
            let passkeys = RelyingParty::of(&asked.public_url.0).is_some();
            let csrf = csrf.each_ref().map(String::as_str);
            let page = SignInPage { again, by_mail, providers: &providers, passkeys, csrf };
            known.remembered(asked.page(StatusCode::OK, &page))
        }
        Some(Cast(cast)) => {
            let known = asked.known(app)?;
            let csrf = app.csrf_token(&known.browser, demo::CSRF_DOOR);
            known.remembered(asked.page(StatusCode::OK, &SignInAsPage { cast, csrf: &csrf }))
        }
    };
    if let Some(place) = wanted {
        page.headers_mut().append(header::SET_COOKIE, return_to::kept(asked.cookies, place));
    }
    Ok(page)
}

async fn who(app: &App, asked: &Asked, signed_in: &SignedIn) -> Result<Response, Refused> {
    let organizations = app.organizations_of(signed_in).await?.into_iter();
    let place = |view: OrganizationView| Place {
        id: view.id.to_string(),
        name: view.name,
        role: view.role.unwrap_or_default(),
    };
    let organizations = organizations.map(place).collect();
    let name = app.own_name(signed_in.proof.person).await?;
    let csrf = app.csrf_token(signed_in, CSRF_DOOR);
    // Whoever chose whom to be has no device to show for it.
    let passkeys = asked.cast.is_none() && RelyingParty::of(&asked.public_url.0).is_some();
    let closed = app.closed_to(signed_in).await?.into_iter().map(|closed| closed.name).collect();
    let (offers, ask_csrf) = (app.join_offers(signed_in).await?, app.csrf_token(signed_in, ASK_DOOR));
    let (ask_csrf, csrf) = (ask_csrf.as_str(), csrf.as_str());
    let page = SignedInPage { name: &name, organizations, closed, offers, ask_csrf, passkeys, csrf };
    Ok(asked.page(StatusCode::OK, &page))
}

/// They ask to join an organization of their address's domain.
pub(super) async fn ask_to_join(State(app): State<App>, resident: Resident, form: Bytes) -> Result<Response, Refused> {
    resident.sent(&app, &form, ASK_DOOR)?;
    let Resident { asked, signed_in } = resident;
    let domain = field(&form, "domain").unwrap_or_default();
    app.tried_from(asked.address(), app.ask_to_join(&signed_in, &domain).await)?;
    Ok(asked.to(HOME, &[]))
}

pub(super) async fn sign_out(State(app): State<App>, asked: Asked, form: Bytes) -> Result<Response, Refused> {
    // No cookie comes along with what another site sends, and yet the answer would take it away.
    if !is_from_here(&asked.public_url.0, &asked.headers) {
        return Err(Failure::not_from_here().into());
    }
    // Whoever is signed in no longer is where they wanted to be.
    let Some(signed_in) = asked.resident(&app).await? else { return Ok(asked.signed_out()) };
    let resident = Resident { asked, signed_in };
    resident.sent(&app, &form, CSRF_DOOR)?;
    app.end_session(&resident.signed_in, resident.signed_in.proof.session.as_str()).await?;
    Ok(resident.asked.signed_out())
}
