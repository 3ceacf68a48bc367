//! Claim a mail domain, see what is claimed, verify a domain and let go of it.

use domain::command::Command;
use domain::id::MailDomainId;
use domain::mail_domain::{MailDomain, MailDomainName};
use domain::organization::Organization;
use domain::permission::Permission;
use domain::refusal::Refusal;
use journal::{Fact, MailDomainRow};
use verdict::Operation;

use super::MailDomainView;
use super::record::says;
use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// The organization's mail domains.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change security settings.
    pub async fn list_mail_domains(&self, caller: &Caller) -> Result<Vec<MailDomainView>, Problem> {
        let snapshot = caller.live.snapshot();
        let operation = Operation::Use { permission: Permission::SecurityEdit };
        let _permit = self.permit(&snapshot, &caller.actor, operation).await?;
        let state = caller.live.state.lock().await.clone();
        let mut known: Vec<&MailDomain> = state.mail_domains.values().map(AsRef::as_ref).collect();
        known.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(known.into_iter().map(|known| self.mail_domain_view(caller, &state, known)).collect())
    }

    /// Claims a mail domain: gives the record that shows whose it is. Nobody else is kept from claiming it.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change security settings; [`Problem::Invalid`] where the name is none of
    /// a domain of an organization's own; [`Problem::Refused`] where it is claimed here already.
    pub async fn claim_mail_domain(&self, caller: &Caller, name: &str) -> Result<MailDomainView, Problem> {
        let name = MailDomainName::parse(name).map_err(|wrong| Problem::invalid("name", wrong.to_string()))?;
        let domain = MailDomainId::from_random(self.random()?);
        // As many random digits as an id has; it stands in the DNS, where everybody reads it.
        let token = MailDomainId::from_random(self.random()?).as_str().trim_start_matches("dom_").to_owned();
        let command = |_: &_| Ok(Command::ClaimMailDomain { domain, name: name.clone(), token: token.clone() });
        self.change(caller, Operation::EditMailDomains, command, Along::default()).await?;
        self.view_of_domain(caller, domain).await
    }

    /// Looks for a domain's record in the DNS; where it stands there, the domain is the organization's from now on.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change security settings; [`Problem::Refused`] where the record is not
    /// there, or another organization has the domain; [`Problem::Unavailable`] where the DNS does not answer.
    pub async fn verify_mail_domain(&self, caller: &Caller, name: &str) -> Result<MailDomainView, Problem> {
        let known = self.mail_domain_named(caller, name).await?;
        let records = self.records_of(&known.name).await?;
        if !says(&records, &known.token) {
            if known.verified_at.is_some() && !caller.mode.preview {
                self.lapse(&caller.live, known.id).await?;
            }
            return Err(not_found(&known).into());
        }
        let org = caller.live.org();
        if !caller.mode.preview && self.is_held_by_another(org, &known.name, &records).await? {
            return Err(held());
        }
        let row = MailDomainRow { name: known.name.as_str().to_owned(), org, checked_at: self.now() };
        let along = Along { facts: vec![Fact::MailDomain(Box::new(row))], directory: None };
        let command = |_: &_| Ok(Command::VerifyMailDomain { domain: known.id });
        self.change(caller, Operation::EditMailDomains, command, along).await?;
        self.view_of_domain(caller, known.id).await
    }

    /// Claims a mail domain no longer. Who joined by it stays; who asks to is forgotten.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not change security settings; [`Problem::Missing`] where it is not claimed.
    pub async fn remove_mail_domain(&self, caller: &Caller, name: &str) -> Result<(), Problem> {
        let known = self.mail_domain_named(caller, name).await?;
        let mut facts = self.forgotten_with(caller, known.id).await;
        facts.push(Fact::ReleaseMailDomain { name: known.name.as_str().to_owned(), org: caller.live.org() });
        let command = |_: &_| Ok(Command::RemoveMailDomain { domain: known.id });
        self.change(caller, Operation::EditMailDomains, command, Along { facts, directory: None }).await?;
        Ok(())
    }

    /// Those who ask to join by a domain, to be forgotten with it.
    pub(super) async fn forgotten_with(&self, caller: &Caller, domain: MailDomainId) -> Vec<Fact> {
        let (org, state) = (caller.live.org(), caller.live.state.lock().await);
        let asks = state.join_requests.values().filter(|request| request.domain == domain);
        asks.map(|request| Fact::DropJoinAsker { org, person: request.person }).collect()
    }

    /// A mail domain of the organization by its name, for whoever may know of it.
    pub(super) async fn mail_domain_named(&self, caller: &Caller, name: &str) -> Result<MailDomain, Problem> {
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::EditMailDomains).await?;
        let name = MailDomainName::parse(name).map_err(|_| Problem::missing("mail domain"))?;
        let state = caller.live.state.lock().await;
        state.mail_domain_named(name.as_str()).cloned().ok_or_else(|| Problem::missing("mail domain"))
    }

    pub(super) async fn view_of_domain(
        &self,
        caller: &Caller,
        domain: MailDomainId,
    ) -> Result<MailDomainView, Problem> {
        let state = caller.live.state.lock().await.clone();
        let known = state.mail_domains.get(&domain).ok_or_else(|| Problem::missing("mail domain"))?;
        Ok(self.mail_domain_view(caller, &state, known))
    }

    fn mail_domain_view(&self, caller: &Caller, state: &Organization, known: &MailDomain) -> MailDomainView {
        let offer = known.opening.as_ref().map(|opening| opening.offer.clone()).unwrap_or_default();
        let snapshot = caller.live.snapshot();
        let sees = |team| self.asked(&snapshot, &caller.actor, Operation::ViewTeam { team }).is_allowed();
        let title = |team| state.teams.get(team).map(|team| team.title.clone());
        let teams = offer
            .teams
            .iter()
            .filter(|(team, _)| sees(**team))
            .filter_map(|(team, role)| Some((team.to_string(), title(team)?, role.map(|role| role.to_string()))));
        MailDomainView {
            id: known.id,
            name: known.name.as_str().to_owned(),
            state: match (known.verified_at, known.lapsed_at) {
                (Some(_), _) => "verified",
                (None, Some(_)) => "lapsed",
                (None, None) => "claimed",
            },
            record_name: known.name.record_name(),
            record_text: MailDomainName::record_text(&known.token),
            mode: known.opening.as_ref().map_or("off", |opening| opening.mode.as_str()),
            role: offer.role.map(|role| role.to_string()),
            gets: offer.role_in(state).to_string(),
            teams: teams.collect(),
            sponsored: self.is_sponsored(&snapshot, known),
            claimed_at: known.claimed_at,
            verified_at: known.verified_at,
            lapsed_at: known.lapsed_at,
        }
    }
}

fn not_found(known: &MailDomain) -> Refusal {
    let message = format!(
        "there is no TXT record at {} that says {}; publish it and try again: until it is seen everywhere may take an hour",
        known.name.record_name(),
        MailDomainName::record_text(&known.token)
    );
    Refusal::rule("record-not-found", message)
}

/// Who has it is not told, nor that anybody of this installation does.
pub(crate) fn held() -> Problem {
    let message = "this mail domain cannot be verified here as things are: see that no other record of the kind stands in its \
                   DNS, or ask whoever runs Wardroom";
    Refusal::rule("domain-held", message).into()
}
