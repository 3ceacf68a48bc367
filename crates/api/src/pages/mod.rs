//! Pages for people who have no portal yet: signing in and out, and what went wrong on the way.
//!
//! They are rendered here, need no script and run none, load nothing from elsewhere, and stand in no frame. Those on which a
//! device is asked for a passkey have a script, since nothing else can ask one; who has none signs in in another way. The one
//! that says how to connect an AI client has one that copies, and does without. Like the rest of this room they decide
//! nothing: they name use cases of `app`.
//!
//! Start reading at [`router`].

mod account;
mod browser;
mod client_lines;
mod clients;
mod connect;
mod consent;
pub(crate) mod demo;
mod email;
mod identities;
mod invitation;
mod leave;
mod link;
mod passkey;
mod passkeys;
mod provider;
mod resident;
mod return_to;
mod second_factor;
mod sessions;
mod set_up;
mod sign_in;

use std::borrow::Cow;

use app::sign_in::{Begun, Browser};
use app::{App, Problem};
use askama::Template;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use crate::home::{Cookie, Cookies};
use crate::oauth;
use crate::organizations::PublicUrl;
use crate::problem::Failure;
use crate::visitor::{address, public_url};

/// Where somebody is sent who has signed in or out.
const HOME: &str = "/sign-in";
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("passkey.js");
const COPY_SCRIPT: &str = include_str!("copy.js");
/// Nothing but our own style, forms to ourselves, no frame around it.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The same for the pages that have a script, of ours.
const POLICY_WITH_SCRIPT: &str = "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri \
                                  'none'; frame-ancestors 'none'";

/// The pages.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/sign-in", get(sign_in::show))
        .route("/sign-in/again", get(sign_in::again))
        .route("/sign-in/link/{link}", get(link::show).post(link::open))
        .route("/sign-in/sessions", get(sessions::show).post(sessions::end))
        .route("/sign-in/connect/{org}", get(connect::show))
        .route(clients::HERE, get(clients::show))
        .route("/sign-in/clients/{org}/{client}", get(clients::ask).post(clients::disconnect))
        .route("/sign-in/leave/{org}", get(leave::show).post(leave::leave))
        .route(identities::HERE, get(identities::show))
        .route("/sign-in/identities/with/{provider}", post(identities::go))
        .route(app::sign_in::ADDRESS, post(identities::ask_by_mail))
        .route("/sign-in/identities/email/{link}", get(identities::show_address))
        .route("/sign-in/identities/add", post(identities::add))
        .route("/sign-in/identities/remove", post(identities::remove))
        .route("/set-up/{ticket}", get(set_up::show).post(set_up::found))
        .route("/sign-in/email", post(email::ask))
        .route("/sign-in/mail/{link}", get(email::show).post(email::open))
        .route("/sign-in/with/{provider}", post(provider::go))
        .route(app::sign_in::BACK, get(provider::back))
        .route("/sign-in/passkey", post(passkey::ask))
        .route("/sign-in/passkey/shown", post(passkey::sign_in))
        .route(second_factor::HERE, get(second_factor::show))
        .route("/sign-in/second-factor/shown", post(second_factor::sign_in))
        .route("/sign-in/passkeys", get(passkeys::show))
        .route("/sign-in/passkeys/new", post(passkeys::ask))
        .route("/sign-in/passkeys/add", post(passkeys::add))
        .route("/sign-in/passkeys/remove", post(passkeys::remove))
        .route("/sign-in/passkeys/second-factor", post(passkeys::set_second_factor))
        .route("/sign-in/passkey.js", get(async || script(SCRIPT)))
        .route("/sign-in/copy.js", get(async || script(COPY_SCRIPT)))
        .route("/sign-in/style.css", get(style))
        .route("/invitation/{link}", get(invitation::show))
        .route("/invitation/{link}/join", post(invitation::join))
        .route("/invitation/{link}/decline", post(invitation::decline))
        .route(sign_in::ASK, post(sign_in::ask_to_join))
        .route(oauth::AUTHORIZE, get(consent::show).post(consent::answer))
        .route("/connect/{org}/{integration}", get(account::show).post(account::answer))
        .route(app::accounts::BACK, get(account::back))
        .route(app::accounts::DOCUMENT_BACK, get(account::back))
        .route(app::accounts::DOCUMENT, get(account::document))
        .route("/sign-out", post(sign_in::sign_out))
}

async fn style() -> impl IntoResponse {
    file(("text/css; charset=utf-8", "public, max-age=3600"), STYLE)
}

fn script(text: &'static str) -> impl IntoResponse {
    // Another one may come with the next version, and its page must not meet the one before.
    file(("text/javascript; charset=utf-8", "no-cache"), text)
}

fn file((kind, kept): (&'static str, &'static str), text: &'static str) -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, text)
}

/// What every page knows of a request.
pub(crate) struct Asked {
    public_url: PublicUrl,
    cookies: Cookies,
    headers: HeaderMap,
    address: Option<String>,
    /// Whom the demo lets choose.
    cast: Option<demo::Cast>,
}

impl FromRequestParts<App> for Asked {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refused> {
        let public_url = public_url(parts)?;
        let cookies = Cookies::of(&public_url.0).ok_or_else(|| {
            let detail = "nobody can sign in here: the setting public-url has to be https, so that what a browser is \
                          given can be read by nobody else";
            Failure::unavailable(detail)
        })?;
        Ok(Asked {
            public_url,
            cookies,
            headers: parts.headers.clone(),
            address: address(parts),
            cast: parts.extensions.get().cloned(),
        })
    }
}

impl Asked {
    /// Where it comes from.
    fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// A page, with the headers that all of them have.
    fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        rendered(status, page)
    }

    /// The same with a script, of ours.
    fn page_with_script(&self, page: &impl Template) -> Response {
        let mut response = self.page(StatusCode::OK, page);
        let policy = HeaderValue::from_static(POLICY_WITH_SCRIPT);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        response
    }

    /// To a place of ours, with cookies. In a trial under whichever name of this machine was asked for: a cookie is of
    /// one name alone.
    fn to(&self, place: &str, cookies: &[HeaderValue]) -> Response {
        let to = match self.cookies {
            Cookies::Secure => format!("{}{place}", self.public_url.0),
            Cookies::Trial => place.to_owned(),
        };
        let to = HeaderValue::from_str(&to).unwrap_or_else(|_| HeaderValue::from_static(HOME));
        let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
        guard(response.headers_mut());
        for cookie in cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        response
    }

    /// To the page from which somebody who is nobody any more goes on.
    fn signed_out(&self) -> Response {
        self.to(HOME, &[self.cookies.set(Cookie::Session, "", 0)])
    }

    /// The cookie of a session.
    fn session(&self, app: &App, begun: &Begun) -> HeaderValue {
        self.cookies.set(Cookie::Session, begun.token.reveal(), (begun.ends_at.0 - app.now().0) / 1_000)
    }

    /// Where a try to sign in in this browser leads: on, or to the page on which a passkey is asked for besides.
    fn entered(&self, app: &App, browser: &Browser, begun: Result<Begun, Problem>) -> Result<Response, Refused> {
        match app.tried_from(self.address(), begun) {
            Ok(begun) => Ok(self.signed_in(app, &begun)),
            Err(Problem::ShowPasskey { challenge }) => second_factor::ask(app, self, browser, challenge),
            Err(problem) => Err(problem.into()),
        }
    }

    /// To where somebody wanted to go who has just signed in.
    fn signed_in(&self, app: &App, begun: &Begun) -> Response {
        let session = self.session(app, begun);
        match return_to::wanted(self) {
            Some(place) => self.to(place.as_str(), &[session, self.cookies.set(Cookie::Return, "", 0)]),
            None => self.to(HOME, &[session]),
        }
    }
}

/// The value of a field of a form.
fn field<'f>(form: &'f [u8], name: &str) -> Option<Cow<'f, str>> {
    form_urlencoded::parse(form).find(|(field, _)| field == name).map(|(_, value)| value)
}

/// What went wrong, as a page.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'p> {
    title: &'p str,
    detail: &'p str,
}

/// A refusal that is shown as a page.
#[derive(Debug)]
pub(crate) struct Refused(Failure);

impl<F: Into<Failure>> From<F> for Refused {
    fn from(failure: F) -> Refused {
        Refused(failure.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let of_a_link = self.0.is_about("link");
        let (status, detail) = self.0.status_and_detail();
        let title = match status {
            StatusCode::NOT_FOUND if of_a_link => "This link opens nothing",
            StatusCode::NOT_FOUND => "This is not there",
            StatusCode::FORBIDDEN => "This did not come from here",
            StatusCode::TOO_MANY_REQUESTS => "Not so fast",
            _ => "This did not work",
        };
        let mut page = rendered(status, &FailurePage { title, detail: &sentence(&detail) });
        if status == StatusCode::TOO_MANY_REQUESTS {
            page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        page
    }
}

/// What is told without beginning and end, as a sentence of a page.
fn sentence(told: &str) -> String {
    let mut letters = told.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

fn rendered(status: StatusCode, page: &impl Template) -> Response {
    let mut response = match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    guard(response.headers_mut());
    response
}

fn guard(headers: &mut HeaderMap) {
    let always = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Nothing to others. To ourselves it has to be said: under `no-referrer` a browser sends our own forms with the
        // origin `null`, and none of them is believed.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_form_is_found_by_its_whole_name() {
        assert_eq!(field(b"a=b&csrf=x-1_&c=d", "csrf").as_deref(), Some("x-1_"));
        assert_eq!(field(b"name=Acme+%26+S%C3%B6hne", "name").as_deref(), Some("Acme & S\u{f6}hne"));
        assert_eq!(field(b"xcsrf=y", "csrf"), None);
        assert_eq!(field(&[0xff, b'=', b'c'], "csrf"), None);
    }

    #[test]
    fn what_is_told_is_a_sentence_on_a_page() {
        assert_eq!(sentence("\u{e9}t\u{e9} is over; ask again"), "\u{c9}t\u{e9} is over; ask again.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn what_is_shown_is_never_taken_for_markup() {
        let page = FailurePage { title: "<script>", detail: "\"><img src=x>" }.render().unwrap();
        assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    }
}
