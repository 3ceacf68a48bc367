//! Open a verified mail domain to people, or close it.

use domain::command::Command;
use domain::invitation::Offer;
use domain::mail_domain::{JoinMode, MailDomain, Opening};
use journal::Fact;
use verdict::{Operation, Snapshot, inviter};

use super::MailDomainView;
use crate::change::Along;
use crate::invitations::{OfferedTeam, inviter_of, role_named};
use crate::{App, Caller, Problem};

/// What becomes of people with an address at a domain.
#[derive(Clone, Debug, Default)]
pub struct MailDomainToOpen {
    /// `off`, `suggest`, `request` or `automatic`.
    pub mode: String,
    /// The role that they get; that of newcomers where none is named.
    pub role: Option<String>,
    /// The teams that they join.
    pub teams: Vec<OfferedTeam>,
}

impl App {
    /// Says what becomes of people with an address at a mail domain. That they join by themselves rests on the caller's
    /// rights from now on.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change security settings or could not give what they get;
    /// [`Problem::Refused`] where the domain is not verified, or what they would get manages something.
    pub async fn open_mail_domain(
        &self,
        caller: &Caller,
        name: &str,
        wanted: MailDomainToOpen,
    ) -> Result<MailDomainView, Problem> {
        let known = self.mail_domain_named(caller, name).await?;
        let mode = mode_named(&wanted.mode)?;
        let role = role_named("role", wanted.role.as_deref())?;
        let teams = self.teams_offered(caller, &wanted.teams).await?;
        let offer = Offer { role, teams, ..Offer::default() };
        let operation = match mode {
            Some(_) => Operation::OpenMailDomain { domain: known.id, offer: &offer },
            None => Operation::EditMailDomains,
        };
        let facts: Vec<Fact> = match mode.is_some_and(JoinMode::may_ask) {
            true => Vec::new(),
            false => self.forgotten_with(caller, known.id).await,
        };
        let command = |_: &_| {
            let opening = mode.map(|mode| Box::new(Opening { by: inviter_of(caller), mode, offer: offer.clone() }));
            Ok(Command::OpenMailDomain { domain: known.id, opening })
        };
        self.change(caller, operation, command, Along { facts, directory: None }).await?;
        self.view_of_domain(caller, known.id).await
    }

    /// Whether whoever opened a domain could still give what people get who join by themselves.
    pub(super) fn is_sponsored(&self, snapshot: &Snapshot, known: &MailDomain) -> bool {
        let Some(opening) = &known.opening else { return true };
        let operation = match opening.mode {
            JoinMode::Automatic => Operation::JoinByDomain { domain: known.id },
            JoinMode::Suggest | JoinMode::Request => return true,
        };
        inviter(opening.by).is_some_and(|actor| self.asked(snapshot, &actor, operation).is_allowed())
    }
}

fn mode_named(word: &str) -> Result<Option<JoinMode>, Problem> {
    match word {
        "off" => Ok(None),
        "suggest" => Ok(Some(JoinMode::Suggest)),
        "request" => Ok(Some(JoinMode::Request)),
        "automatic" => Ok(Some(JoinMode::Automatic)),
        _ => Err(Problem::invalid("mode", "one of off, suggest, request and automatic")),
    }
}
