//! The link of an invitation: looked at by anybody who has it, which uses nothing up, and declined.

use std::sync::Arc;

use domain::command::{self, Command};
use domain::id::InvitationId;
use domain::invitation::{Closing, Invitation};
use domain::organization::{InvitedAddress, Organization};
use domain::time::Timestamp;
use identity::digest::hexadecimal as hex;
use identity::token::{PresentedToken, Purpose, TokenForm};
use verdict::{Permit, Snapshot, Sponsored};

use super::list::person_behind;
use crate::change::ATTEMPTS_MAX;
use crate::commit::{Commit, CommitFault, Part};
use crate::sign_in::SignedIn;
use crate::{App, Live, Problem};

/// Under whose name the journal keeps what whoever has a link did.
pub(super) const WHOEVER_HAS_THE_LINK: &str = "link";

/// An invitation, as whoever has its link sees it.
#[derive(Clone, Debug)]
pub struct InvitationLook {
    /// The organization's name.
    pub organization: String,
    /// Who invites; none where that is a program.
    pub inviter: Option<String>,
    /// What whoever invites says.
    pub note: Option<String>,
    /// The title of the role, and whom it is meant for.
    pub role: (String, String),
    /// The teams, and the title of the role in each.
    pub teams: Vec<(String, String)>,
    /// The integrations, and in plain words what may be done with each.
    pub integrations: Vec<(String, &'static str)>,
    /// The address to which it was sent, as far as it is shown to whoever has the link.
    pub address: Option<String>,
    /// What to call whoever accepts, unless they say otherwise.
    pub name: String,
    /// Who is signed in, as they are called.
    pub signed_in: Option<String>,
    /// Whether whoever is signed in is a member already, and would only join the teams.
    pub is_member: bool,
    /// Whether it can be accepted as things are: by whoever is signed in, or where nobody is by the link alone.
    pub can_join: bool,
    /// Whether whoever accepts has to show that the address is theirs, and whoever looks has not.
    pub needs_address: bool,
    /// Whether it is for members, and whoever looks is none.
    pub needs_member: bool,
    /// Until when.
    pub expires_at: Timestamp,
}

/// An invitation that a link leads to and that could be accepted at this moment.
pub(super) struct Found {
    pub(super) live: Arc<Live>,
    pub(super) id: InvitationId,
    /// The digest of the token that was shown, as the state holds it.
    pub(super) digest: String,
}

impl Found {
    /// The invitation in a state, where this link is the good one of it and its inviter may still offer it.
    pub(super) fn invitation<'s>(
        &self,
        (state, snapshot): (&'s Organization, &Snapshot),
        now: Timestamp,
    ) -> Result<&'s Invitation, Problem> {
        let known = state.invitations.get(&self.id).filter(|known| known.holds_at(now));
        let known = known.filter(|known| known.digest.as_deref() == Some(self.digest.as_str()));
        let stands = |known: &&Invitation| snapshot.sponsored(known, now) == Sponsored::Yes;
        known.map(AsRef::as_ref).filter(stands).ok_or_else(no_invitation)
    }
}

impl App {
    /// The invitation to which a link leads.
    pub(super) async fn found_invitation(&self, link: &str) -> Result<Found, Problem> {
        let presented = PresentedToken::parse(TokenForm::Invitation, link).map_err(|_| no_invitation())?;
        for digest in self.inner.sign_in.digester().digests(Purpose::Invitation, &presented) {
            if let Some((org, id)) = self.inner.journal.invitation(digest).await? {
                return Ok(Found { live: self.live(org).await?, id, digest: hex(&digest) });
            }
        }
        Err(no_invitation())
    }

    /// Looks at an invitation, which stays as good as it was: programs that read mail open every link that they see.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the link opens nothing, for whatever reason.
    pub async fn look_at_invitation(&self, link: &str, by: Option<&SignedIn>) -> Result<InvitationLook, Problem> {
        let found = self.found_invitation(link).await?;
        let (live, now) = (&found.live, self.now());
        let row = self.inner.journal.invitees(live.org(), vec![found.id]).await?.pop();
        let (known, settings, is_member, titles) = {
            let state = live.state.lock().await;
            let known = found.invitation((&state, &live.snapshot()), now)?.clone();
            let is_member = by.is_some_and(|by| state.member(by.proof.person).is_some());
            let titles = titles(&state, &known);
            (known, state.settings.clone(), is_member, titles)
        };
        let inviter = match person_behind(known.inviter) {
            Some(person) => self.known_names(live.org(), &[person]).await.pop(),
            None => None,
        };
        let signed_in = match by {
            Some(by) => Some(self.own_name(by.proof.person).await?),
            None => None,
        };
        let proven = known.asks_beside(settings.invite_address) == InvitedAddress::Proven;
        let shown = match (proven, &row) {
            (false, _) => true,
            (true, Some(row)) => self.has_shown(by, &row.email),
            (true, None) => false,
        };
        let name = row.as_ref().and_then(|row| row.name.clone()).or(signed_in.clone()).unwrap_or_default();
        Ok(InvitationLook {
            organization: live.snapshot().name().to_owned(),
            inviter,
            note: row.as_ref().and_then(|row| row.note.clone()),
            role: titles.role,
            teams: titles.teams,
            integrations: titles.integrations,
            address: row.map(|row| masked(&row.email)),
            name,
            signed_in,
            is_member,
            can_join: shown && (is_member || !known.offer.members_only),
            needs_address: !shown,
            needs_member: known.offer.members_only && !is_member,
            expires_at: known.expires_at,
        })
    }

    /// The name by which an address that nobody has yet is invited, where it is: whoever shows that it is theirs becomes
    /// somebody by that.
    pub(crate) async fn invited_as(&self, address: &str) -> Result<Option<String>, Problem> {
        let rows = self.inner.journal.invitees_anywhere(address).await?;
        // Letter by letter: one that is merely folded to it may be another's mailbox.
        for row in rows.into_iter().filter(|row| row.email.eq_ignore_ascii_case(address)) {
            let live = self.live(row.org).await?;
            let (state, now) = (live.state.lock().await, self.now());
            let open = state.invitations.get(&row.invitation).filter(|known| known.holds_at(now));
            if open.is_some_and(|known| live.snapshot().sponsored(known, now) == Sponsored::Yes) {
                return Ok(Some(row.name.unwrap_or_else(|| local_part(address))));
            }
        }
        Ok(None)
    }

    /// Says no to an invitation, after which its link opens nothing.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the link opens nothing, for whatever reason.
    pub async fn decline_invitation(&self, link: &str) -> Result<(), Problem> {
        let found = self.found_invitation(link).await?;
        for _ in 0..ATTEMPTS_MAX {
            let mut state = Arc::clone(&found.live.state).lock_owned().await;
            found.invitation((&state, &found.live.snapshot()), self.now())?;
            let closing = Command::CloseInvitation { invitation: found.id, how: Closing::Decline };
            let events = command::handle(&state, closing, self.now()).map_err(|_| no_invitation())?;
            let permit = Permit::for_declining_an_invitation(found.live.org(), state.seq, found.id);
            let (parts, actor) = (vec![Part { permit, events }], WHOEVER_HAS_THE_LINK.to_owned());
            let commit = Commit { parts, actor, facts: Vec::new(), directory: None, until: None };
            match self.commit(Arc::clone(&found.live), state, commit).await {
                Ok(_) => return Ok(()),
                Err(CommitFault::Problem(problem)) => return Err(problem),
                Err(CommitFault::Late) => return Err(no_invitation()),
                Err(CommitFault::Conflict { .. }) => {
                    state = Arc::clone(&found.live.state).lock_owned().await;
                    found.live.catch_up(&self.inner.journal, &mut state).await?;
                }
            }
        }
        Err(Problem::Unavailable { message: "others are changing this organization; try again".to_owned() })
    }
}

/// What is offered, for people.
struct Titles {
    role: (String, String),
    teams: Vec<(String, String)>,
    integrations: Vec<(String, &'static str)>,
}

fn titles(state: &Organization, known: &Invitation) -> Titles {
    let role = state.roles.get(&known.offer.role_in(state));
    let in_team = |team| {
        let role = known.offer.role_in_team(state, team).and_then(|role| state.roles.get(&role));
        Some((state.teams.get(&team)?.title.clone(), role.map_or_else(String::new, |role| role.title.clone())))
    };
    let given = |(id, given): (&_, &domain::invitation::OfferedGrant)| {
        Some((state.integrations.get(id)?.title.clone(), given.profile.in_plain_words()))
    };
    Titles {
        role: role.map_or_else(Default::default, |role| (role.title.clone(), role.typical_for.clone())),
        teams: known.offer.teams.keys().filter_map(|team| in_team(*team)).collect(),
        integrations: known.offer.grants.iter().filter_map(given).collect(),
    }
}

/// So much of an address that whoever knows it recognises it, and nobody else learns it.
fn masked(address: &str) -> String {
    let (local, host) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}•••@{host}")
}

pub(super) fn local_part(address: &str) -> String {
    address.split('@').next().unwrap_or_default().to_owned()
}

/// One answer for every link that opens nothing, so that nothing is learnt by trying.
pub(super) fn no_invitation() -> Problem {
    let message = "this link opens nothing: the invitation was used, taken back or has ended, or the link was not copied \
                   whole; ask for a new one";
    Problem::Missing { noun: "link", message: message.to_owned() }
}
