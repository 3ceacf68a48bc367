//! The mail by which an invitation reaches whom it is for, where mail is sent here.
//!
//! It holds the link and shows nothing about an address: whoever invited has seen the link as well, and a mail can be
//! handed on. Nothing is mailed of what waits for somebody's word.

use journal::{Fact, InviteeRow};

use super::link::local_part;
use super::send::NewLink;
use crate::mail::Letter;
use crate::sign_in::HOURLY_MAX;
use crate::{App, Caller, Problem};

impl App {
    /// What must be appended so that an invitation is mailed; none where no mail is sent here, or enough went to that
    /// address within the hour. What becomes of it is said by the invitation.
    pub(super) async fn mailed(
        &self,
        caller: &Caller,
        row: &InviteeRow,
        link: &NewLink,
    ) -> Result<Option<Fact>, Problem> {
        let (Some(public_url), true) = (&self.inner.public_url, self.sends_mail()) else { return Ok(None) };
        if caller.mode.preview || !self.counts((self.digest_of_invited(&row.email), None), HOURLY_MAX) {
            return Ok(None);
        }
        let organization = caller.live.snapshot().name().to_owned();
        let people: Vec<_> = caller.actor.subject.person().or(caller.actor.acting_for).into_iter().collect();
        let inviter = self.known_names(caller.live.org(), &people).await.pop();
        let invites = match &inviter {
            Some(inviter) => format!("{inviter} invites you to {organization}"),
            None => format!("you are invited to {organization}"),
        };
        let name = row.name.clone().unwrap_or_else(|| local_part(&row.email));
        let note = row.note.as_ref().map(|note| format!("{note}\n\n")).unwrap_or_default();
        let letter = Letter {
            to: row.email.clone(),
            subject: format!("Invitation to {organization}"),
            text: format!(
                "Hello {name},\n\n{invites}.\n\n{note}To see what it gives, and to join or decline, open this \
                 link:\n\n{public_url}/invitation/{}\n\nIt is good once. If you expected nothing of the kind, there is \
                 nothing to do.\n",
                link.token.reveal()
            ),
            name,
            useless_from: Some(link.expires_at),
        };
        self.posted(&letter, Some((row.org, row.invitation.to_string()))).map(Some)
    }
}
