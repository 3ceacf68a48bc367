//! Hand an organization over: offered by whoever holds the top role, taken by the heir.

use domain::command::Command;
use domain::id::PersonId;
use domain::member::OwnershipOffer;
use domain::refusal::Refusal;
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::{Operation, Subject};

use crate::change::Along;
use crate::members::ChangedRole;
use crate::{App, Caller, Problem};

/// An offer of the top role, as those see it whom it concerns.
#[derive(Clone, Debug)]
pub struct OfferView {
    /// Who offers it, and their name.
    pub from: (PersonId, String),
    /// Who may take it, and their name.
    pub to: (PersonId, String),
    /// The role that whoever offers it has then.
    pub own_role: RoleId,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl App {
    /// Offers the top role to another member, for a week. Nothing changes until they take it.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller does not hold the top role, [`Problem::Refused`] where the other one holds
    /// it already, the caller would keep it, or another offer is open.
    pub async fn offer_ownership(&self, caller: &Caller, to: &str, own_role: &str) -> Result<OfferView, Problem> {
        let to = self.member_in(caller, "to", to).await?;
        let own_role = RoleId::parse(own_role).map_err(|error| Problem::invalid("own_role", error.to_string()))?;
        let command = |_: &_| Ok(Command::OfferOwnership { from: person(caller)?, to, own_role });
        self.change(caller, Operation::TransferOwnership { to }, command, Along::default()).await?;
        self.ownership_offer(caller).await
    }

    /// The open offer, told to who made it or may take it, and to whoever may make one.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none, or none that the caller may know of.
    pub async fn ownership_offer(&self, caller: &Caller) -> Result<OfferView, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewOwnershipOffer).await?;
        let offer = caller.live.state.lock().await.offer;
        let OwnershipOffer { from, to, own_role, expires_at, .. } = offer.ok_or_else(|| Problem::missing("offer"))?;
        let mut names = self.names(caller.live.org(), &[from, to]).await.into_iter();
        let mut named = |person| (person, names.next().unwrap_or_default());
        Ok(OfferView { from: named(from), to: named(to), own_role, expires_at })
    }

    /// Takes the top role that is offered to the caller, who has it from the next question on; whoever offered it has the
    /// role that they chose. Somebody holds the top role at every moment.
    ///
    /// # Errors
    /// [`Problem::Missing`] where nothing is offered to the caller (any more), [`Problem::Refused`] where nobody at the
    /// top would have a key.
    pub async fn accept_ownership(&self, caller: &Caller) -> Result<ChangedRole, Problem> {
        let giver = caller.live.state.lock().await.offer.map(|offer| offer.from);
        let command = |_: &_| Ok(Command::AcceptOwnership { heir: person(caller)? });
        let events = self.change(caller, Operation::AcceptOwnership, command, Along::default()).await?;
        let heir = self.changed_role(caller, person(caller)?, &events).await?;
        // Who has less now is the one who handed it over.
        match giver {
            Some(giver) => Ok(ChangedRole { known: self.keys_not_to_be_issued_by(caller, giver).await?, ..heir }),
            None => Ok(heir),
        }
    }

    /// Declines the offer that was made to the caller, or takes back one that was made.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none, or none that the caller may know of.
    pub async fn end_ownership_offer(&self, caller: &Caller) -> Result<(), Problem> {
        let command = |_: &_| Ok(Command::EndOwnershipOffer { by: person(caller)? });
        self.change(caller, Operation::EndOwnershipOffer, command, Along::default()).await.map(|_| ())
    }
}

/// The person who is calling: nobody else hands an organization over, or takes it.
fn person(caller: &Caller) -> Result<PersonId, Problem> {
    match caller.actor.subject {
        Subject::Member(person) => Ok(person),
        Subject::Key(_) | Subject::Agent(_) => {
            Err(Refusal::rule("not-the-owner", "only a person can hand the top role over, or take it").into())
        }
    }
}
