//! Where authorization servers send people back to: to an address of each integration's own, beside its page.
//!
//! What comes back is taken only where the integration for which somebody went is called: whoever was made to sign in at the
//! server of one while they meant another is found out by the address (RFC 9700, section 4.4.2).

use domain::id::OrgId;

use super::register::NAME;
use crate::{App, Problem};

/// The way back from an integration's authorization server, below the public URL.
pub const BACK: &str = "/connect/{org}/{integration}/back";
/// The document about ourselves, below the public URL (OAuth Client ID Metadata Document): one for all authorization servers,
/// whose operators may so let Wardroom in by one name.
pub const DOCUMENT: &str = "/client-metadata.json";
/// The way back from those that know us by that document, below the public URL. It can name no address of an integration's
/// without saying which there are.
pub const DOCUMENT_BACK: &str = "/connect/back";

/// Where we are reached for one integration, as authorization servers are told.
pub(crate) struct Places {
    /// The public URL, without a slash at the end.
    pub(super) public_url: String,
    /// The way back.
    pub(crate) redirect_uri: String,
}

impl Places {
    /// Where the document about us is.
    pub(super) fn document(&self) -> String {
        format!("{}{DOCUMENT}", self.public_url)
    }

    /// The way back from those that know us by it.
    pub(super) fn document_redirect_uri(&self) -> String {
        format!("{}{DOCUMENT_BACK}", self.public_url)
    }
}

impl App {
    /// The document in which we describe ourselves to authorization servers, as JSON.
    ///
    /// # Errors
    /// [`Problem::Invalid`] where it is not known under which URL we are reached.
    pub fn document_about_us(&self) -> Result<String, Problem> {
        let public_url = self.reached_at()?;
        let (document, back) = (format!("{public_url}{DOCUMENT}"), format!("{public_url}{DOCUMENT_BACK}"));
        Ok(identity::upstream::own_document(&document, NAME, &back, &public_url))
    }

    /// Where we are reached for an integration of that slug.
    pub(crate) async fn places(&self, org: OrgId, integration: &str) -> Result<Places, Problem> {
        let public_url = self.reached_at()?;
        let Some(org) = self.inner.journal.slug_of(org).await? else { return Err(Problem::missing("organization")) };
        let redirect_uri = format!("{public_url}{}", BACK.replace("{org}", &org).replace("{integration}", integration));
        Ok(Places { public_url, redirect_uri })
    }

    /// Whether a path is where an address leads.
    pub(super) fn is_reached_at(&self, address: &str, path: &str) -> bool {
        let public_url = self.inner.public_url.as_deref();
        public_url.and_then(|public_url| address.strip_prefix(public_url)) == Some(path)
    }

    fn reached_at(&self) -> Result<String, Problem> {
        self.inner.public_url.clone().ok_or_else(|| {
            let message = "the operator has to say under which URL people come here, with the setting public-url: an upstream \
                           sends them back to it";
            Problem::invalid("credential", message)
        })
    }
}
