//! The browser that asks, before anybody is signed in in it: known by a cookie of its own, so that a form can show that
//! it was made for it.

use app::App;
use app::sign_in::Browser;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::{Asked, Refused, field};
use crate::home::{Cookie, is_from_here};
use crate::problem::Failure;

/// How long a browser is known before it signs in, in seconds: 30 days.
const BROWSER_S: i64 = 30 * 86_400;

/// A browser, and the cookie by which it is known where that is new.
pub(super) struct Known {
    pub(super) browser: Browser,
    cookie: Option<HeaderValue>,
}

impl Known {
    /// A page that goes to it.
    pub(super) fn remembered(self, mut page: Response) -> Response {
        if let Some(cookie) = self.cookie {
            page.headers_mut().append(header::SET_COOKIE, cookie);
        }
        page
    }
}

impl Asked {
    /// The browser that asks, known from now on.
    pub(super) fn known(&self, app: &App) -> Result<Known, Refused> {
        if let Some(browser) = self.browser(app) {
            return Ok(Known { browser, cookie: None });
        }
        let (token, browser) = app.new_browser()?;
        let browser = self.seen(browser);
        Ok(Known { browser, cookie: Some(self.cookies.set(Cookie::Browser, token.reveal(), BROWSER_S)) })
    }

    /// The browser that sent a form, where a page of ours in it made it do so, for this door.
    pub(super) fn sent(&self, app: &App, form: &[u8], door: &str) -> Result<Browser, Failure> {
        let is_ours = |browser: &Browser| {
            let word = field(form, "csrf").unwrap_or_default();
            is_from_here(&self.public_url.0, &self.headers) && app.is_csrf_token(browser, door, &word)
        };
        self.browser(app).filter(is_ours).ok_or_else(Failure::not_from_here)
    }

    /// The browser, where it has been here before.
    fn browser(&self, app: &App) -> Option<Browser> {
        self.cookies
            .read(Cookie::Browser, &self.headers)
            .and_then(|token| app.browser(token))
            .map(|known| self.seen(known))
    }

    fn seen(&self, browser: Browser) -> Browser {
        let client = self.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        browser.seen(self.address.clone(), client)
    }
}
