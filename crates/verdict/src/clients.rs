//! What a connected client does, of what its person may: they said how far it reaches when they connected it.

use domain::grant::Profile;
use domain::id::{ClientId, PersonId};
use domain::integration::ToolClass;

use crate::credential::Credential;
use crate::evaluate::shown;
use crate::operation::Operation;
use crate::permit::Act;
use crate::question::{Action, Denial, Question, Reason};
use crate::snapshot::Snapshot;

/// A client that somebody has connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientEntry {
    /// As whom it acts.
    pub person: PersonId,
    /// Which classes of tools it calls as them, of those that they may call.
    pub profile: Profile,
}

impl Snapshot {
    /// A connected client; none where it is not connected.
    #[must_use]
    pub fn client(&self, client: ClientId) -> Option<ClientEntry> {
        self.clients.get(&client).copied()
    }

    /// Whether what its person may do is left to the client that was presented, where one was. Asked last, so that nobody is
    /// told to let a client do more where that would not help.
    // INVARIANT: held to the second opinion by tests/oracle/clients.rs.
    pub(crate) fn is_left_to_client(&self, act: Act, question: &Question<'_>) -> Result<(), Denial> {
        let Some(Credential::Client(proof)) = question.actor.credential else { return Ok(()) };
        let client = self.client(proof.client).ok_or(shown(Reason::CredentialEnded))?;
        let class = class_of(act, question.action);
        match client.profile.admits(class) {
            true => Ok(()),
            false => Err(shown(Reason::ClientProfile { profile: client.profile, class })),
        }
    }
}

/// As a tool of which class something counts.
fn class_of(act: Act, action: Action<'_>) -> ToolClass {
    match (act, action) {
        (Act::Call { class, .. }, _) => class,
        (Act::Look { .. } | Act::Use { .. }, _) => ToolClass::Read,
        // By a tool of ours.
        (_, Action::Operate(Operation::RequestAccess { .. })) => ToolClass::Write,
        // Clients do nothing else, and nobody has said what it would be.
        _ => ToolClass::Unclassified,
    }
}
