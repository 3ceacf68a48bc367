//! Set up an installation that has no organization yet, in a browser. Whoever started the process is told a ticket on its
//! output; it is good until an organization exists, however many come with it, or the process ends.
//!
//! The ticket is kept in memory alone: a start makes another one, and the one before is no good any more.

use identity::key::IssuedKey;
use identity::token::{IssuedToken, PresentedToken, Purpose, TokenForm};
use std::sync::PoisonError;

use super::{Founded, Founding};
use crate::sign_in::{Begun, Browser};
use crate::{App, Problem, presets};

/// A preset, as somebody chooses one.
#[derive(Clone, Debug)]
pub struct PresetView {
    /// Its short name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What kind of company it suits, in one line.
    pub description: String,
    /// Whether it is the one where none is chosen.
    pub is_default: bool,
}

/// An installation that was just set up, by its first owner, who is signed in.
#[derive(Debug)]
pub struct SetUp {
    /// The short name of the organization.
    pub slug: String,
    /// The first owner's personal key.
    pub key: IssuedKey,
    /// The first owner's session.
    pub begun: Begun,
}

impl App {
    /// A new ticket to set the installation up with; none where there is an organization already.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn new_set_up(&self) -> Result<Option<IssuedToken>, Problem> {
        if !self.is_empty().await? {
            return Ok(None);
        }
        let token = self.new_token(TokenForm::SetUp)?;
        let digest = self.inner.sign_in.digester().digest(Purpose::SetUp, &token.presented());
        *self.inner.set_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest);
        Ok(Some(token))
    }

    /// What can be chosen by whoever has the ticket. To look uses nothing up.
    ///
    /// # Errors
    /// [`Problem::Missing`] where it is none, or there is an organization.
    pub async fn look_at_set_up(&self, ticket: &str) -> Result<Vec<PresetView>, Problem> {
        if !self.is_set_up(ticket) || !self.is_empty().await? {
            return Err(no_set_up());
        }
        presets::all().map(|preset| preset.map(preset_view)).collect()
    }

    /// Founds the first organization and signs its owner in.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the ticket is none or somebody else was first; [`Problem`] that names the field at fault,
    /// and then the ticket is as good as before.
    pub async fn set_up(&self, ticket: &str, founding: Founding, browser: &Browser) -> Result<SetUp, Problem> {
        let Founded { slug, key, link, .. } = {
            let directory = self.inner.directory.lock().await;
            // INVARIANT: nobody founds with a ticket where there is an organization; looked at while nobody else can write
            // to the directory, held by `of_many_who_set_up_at_once_one_is_the_first_owner`.
            if !self.is_set_up(ticket) || !self.is_empty().await? {
                return Err(no_set_up());
            }
            self.found(founding, &directory).await?
        };
        *self.inner.set_up.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let begun = self.open_link(link.reveal(), browser, None).await?;
        Ok(SetUp { slug: slug.to_string(), key, begun })
    }

    fn is_set_up(&self, ticket: &str) -> bool {
        let Ok(presented) = PresentedToken::parse(TokenForm::SetUp, ticket) else { return false };
        let expected = *self.inner.set_up.lock().unwrap_or_else(PoisonError::into_inner);
        expected == Some(self.inner.sign_in.digester().digest(Purpose::SetUp, &presented))
    }
}

fn preset_view(preset: domain::preset::Preset) -> PresetView {
    let is_default = preset.name == presets::DEFAULT;
    PresetView { name: preset.name, title: preset.title, description: preset.description, is_default }
}

/// One answer for every ticket that sets nothing up.
fn no_set_up() -> Problem {
    let message = "this installation is set up already, or was started anew since: take the address that it printed at its \
                   last start";
    Problem::Missing { noun: "link", message: message.to_owned() }
}
