//! Of whose sessions an organization asks for a passkey.
//!
//! Keys are not asked: they are made by somebody who was let in, and whoever shows one shows it each time. A sign-in by a
//! passkey alone counts as much as one in which it came second: its device has made sure of its user.

use domain::id::PersonId;
use domain::organization::{SecondFactor, SettingChange};
use domain::time::Timestamp;

use crate::credential::{Credential, SessionProof};
use crate::evaluate::shown;
use crate::explain::Explanation;
use crate::operation::Operation;
use crate::question::{Action, Denial, Question, Reason, Subject};
use crate::snapshot::{Snapshot, SubjectEntry};

/// Why something is denied that takes a passkey, and what to do.
pub(crate) const WHY: &str = "this takes a passkey, and none was shown in this session";
pub(crate) const REMEDY: &str = "show a passkey of yours, or add the first one, at /sign-in/second-factor";

impl SessionProof {
    /// Whether its person has shown a passkey.
    ///
    /// # Errors
    /// The denial in words.
    pub fn was_by_passkey(&self) -> Result<(), Explanation> {
        if self.by_passkey {
            return Ok(());
        }
        let code = Reason::PasskeyNeeded.code();
        let (because, remedy) = (WHY.to_owned(), Some(REMEDY.to_owned()));
        Err(Explanation { allowed: false, code, because, remedy, ask: Vec::new() })
    }
}

impl Snapshot {
    /// Whether the sessions of a person open the organization only where they have shown a passkey.
    #[must_use]
    pub fn asks_person_for_passkey(&self, person: PersonId, now: Timestamp) -> bool {
        let entry = self.subject(Subject::Member(person).as_str(), now);
        entry.is_some_and(|entry| self.asks_for_passkey(self.settings.sign_in_second_factor, entry))
    }

    /// Whether a passkey is asked of a member under this setting.
    pub(crate) fn asks_for_passkey(&self, asked: SecondFactor, entry: &SubjectEntry) -> bool {
        match asked {
            SecondFactor::Off => false,
            SecondFactor::Managers => self.manages(entry),
            SecondFactor::Everyone => true,
        }
    }

    /// Whether a member has power over others or the organization, by what their roles come to, in teams as well.
    fn manages(&self, entry: &SubjectEntry) -> bool {
        let in_team = |role: &u32| self.role(*role).is_some_and(|role| !role.set.management().is_empty());
        !entry.permissions.management().is_empty() || entry.teams.iter().any(|(_, role)| in_team(role))
    }

    /// Whether a session still opens the organization after what is asked: nobody shuts themselves out by a click.
    pub(crate) fn stays_open_after(&self, entry: &SubjectEntry, question: &Question<'_>) -> Result<(), Denial> {
        let (Some(Credential::Session(proof)), Action::Operate(Operation::EditOrganization { changes })) =
            (question.actor.credential, question.action)
        else {
            return Ok(());
        };
        let asks = |change: &SettingChange| match change {
            SettingChange::SignInSecondFactor(asked) => self.asks_for_passkey(*asked, entry),
            _ => false,
        };
        match !proof.by_passkey && changes.iter().any(asks) {
            true => Err(shown(Reason::PasskeyNeeded)),
            false => Ok(()),
        }
    }
}
