//! Pages for people who have no portal yet: signing in and out, and what went wrong on the way.
//!
//! They are rendered here, need no script and run none, load nothing from elsewhere, and stand in no frame. Like the
//! rest of this room they decide nothing: they name use cases of `app`.
//!
//! Start reading at [`router`].

mod invitation;
mod link;
mod sign_in;

use app::App;
use app::sign_in::Browser;
use askama::Template;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use crate::home::{Cookie, Cookies};
use crate::organizations::PublicUrl;
use crate::problem::Failure;
use crate::visitor::{address, public_url};

/// Where somebody is sent who has signed in or out.
const HOME: &str = "/sign-in";
/// How long a browser is known before it signs in, in seconds: 30 days.
const BROWSER_S: i64 = 30 * 86_400;
const STYLE: &str = include_str!("style.css");
/// Nothing but our own style, forms to ourselves, no frame around it.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A year.
const ONLY_HTTPS: &str = "max-age=31536000";

/// The pages.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/sign-in", get(sign_in::show))
        .route("/sign-in/link/{link}", get(link::show).post(link::open))
        .route("/sign-in/style.css", get(style))
        .route("/invitation/{link}", get(invitation::show))
        .route("/invitation/{link}/join", post(invitation::join))
        .route("/invitation/{link}/decline", post(invitation::decline))
        .route("/sign-out", post(sign_in::sign_out))
}

async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, STYLE)
}

/// What every page knows of a request.
pub(crate) struct Asked {
    public_url: PublicUrl,
    cookies: Cookies,
    headers: HeaderMap,
    address: Option<String>,
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
        Ok(Asked { public_url, cookies, headers: parts.headers.clone(), address: address(parts) })
    }
}

impl Asked {
    /// The browser that asks, where it has been here before.
    fn browser(&self, app: &App) -> Option<Browser> {
        let known = self.cookies.read(Cookie::Browser, &self.headers).and_then(|token| app.browser(token))?;
        let client = self.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Some(known.seen(self.address.clone(), client))
    }

    /// A page, with the headers that all of them have.
    fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        let mut response = rendered(status, page);
        if self.cookies == Cookies::Secure {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_HTTPS));
        }
        response
    }

    /// To the page from which somebody who has signed in or out goes on.
    fn home(&self, cookie: HeaderValue) -> Response {
        self.to_home(Some(cookie))
    }

    /// The same where perhaps no cookie changes.
    fn to_home(&self, cookie: Option<HeaderValue>) -> Response {
        let to = format!("{}{HOME}", self.public_url.0);
        let to = HeaderValue::from_str(&to).unwrap_or_else(|_| HeaderValue::from_static(HOME));
        let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
        if let Some(cookie) = cookie {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        guard(response.headers_mut());
        response
    }
}

/// The value of a field of a form. What our forms send needs no escaping.
fn field<'f>(form: &'f [u8], name: &str) -> Option<&'f str> {
    let text = std::str::from_utf8(form).ok()?;
    text.split('&').filter_map(|pair| pair.split_once('=')).find(|(field, _)| *field == name).map(|(_, value)| value)
}

/// The value of a field into which somebody wrote, as they wrote it; none where it is no text.
fn text_field(form: &[u8], name: &str) -> Option<String> {
    let written = field(form, name)?;
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                high * 16 + low
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
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
        let (status, detail) = self.0.status_and_detail();
        let title = match status {
            StatusCode::NOT_FOUND => "This link opens nothing",
            StatusCode::FORBIDDEN => "This did not come from here",
            _ => "This did not work",
        };
        rendered(status, &FailurePage { title, detail: &detail })
    }
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
        (header::REFERRER_POLICY, "no-referrer"),
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
        assert_eq!(field(b"a=b&csrf=x-1_&c=d", "csrf"), Some("x-1_"));
        assert_eq!(field(b"xcsrf=y", "csrf"), None);
        assert_eq!(field(&[0xff, b'=', b'c'], "csrf"), None);
    }

    #[test]
    fn what_somebody_wrote_is_read_as_they_wrote_it_or_not_at_all() {
        let read = |form: &str| text_field(form.as_bytes(), "name");
        assert_eq!(read("csrf=x&name=Zo%C3%AB+M.+%2B1").as_deref(), Some("Zoë M. +1"));
        for wrong in ["name=%", "name=%4", "name=%zz", "name=%C3", "name=%+1", "other=x"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_is_never_taken_for_markup() {
        let page = FailurePage { title: "<script>", detail: "\"><img src=x>" }.render().unwrap();
        assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    }
}
