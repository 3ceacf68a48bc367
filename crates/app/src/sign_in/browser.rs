//! The browser that asks, before and after somebody has signed in in it.

use identity::token::{IssuedToken, PresentedToken, Purpose, TokenForm};

use super::{CLIENT_LENGTH_MAX, HasToken};
use crate::{App, Problem};

/// A browser, known by the token in its cookie.
#[derive(Clone, Debug)]
pub struct Browser {
    digest: [u8; 32],
    address: Option<String>,
    client: Option<String>,
}

impl HasToken for Browser {
    fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl Browser {
    /// The same, with where it asks from and what it says of itself, which its person is shown in the list of their
    /// sessions.
    #[must_use]
    pub fn seen(self, address: Option<String>, client: Option<&str>) -> Browser {
        let printable =
            |client: &str| client.chars().filter(|letter| !letter.is_control()).take(CLIENT_LENGTH_MAX).collect();
        Browser { address, client: client.map(printable), ..self }
    }

    pub(super) fn address(&self) -> Option<String> {
        self.address.clone()
    }

    pub(super) fn client(&self) -> Option<String> {
        self.client.clone()
    }
}

impl App {
    /// The browser that shows this token; none where it is no such token.
    #[must_use]
    pub fn browser(&self, token: &str) -> Option<Browser> {
        let presented = PresentedToken::parse(TokenForm::Browser, token).ok()?;
        let digest = self.inner.sign_in.digester.digest(Purpose::Browser, &presented);
        Some(Browser { digest, address: None, client: None })
    }

    /// A token for a browser that has none.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where there are no random bytes.
    pub fn new_browser(&self) -> Result<(IssuedToken, Browser), Problem> {
        let token = self.new_token(TokenForm::Browser)?;
        let digest = self.inner.sign_in.digester.digest(Purpose::Browser, &token.presented());
        Ok((token, Browser { digest, address: None, client: None }))
    }
}
