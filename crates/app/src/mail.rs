//! Mail to people: it waits in the journal, written in the same append as what it is about, until it is sent or given
//! up.
//!
//! A mail that is sent twice is better than one that is lost, and neither is better than many: each attempt is noted
//! before it is made. What is in a mail stands sealed in the journal, since links in it are good.
//!
//! Start reading at [`App::posted`], then [`App::keep_sending`].

use std::sync::Arc;
use std::time::Duration;

use domain::id::OrgId;
use domain::time::Timestamp;
use identity::random::OperatingSystem;
use identity::seal::SecretPlace;
use journal::{Fact, MailRow};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::ports::{Mail, Mailer};
use crate::{App, Problem};

/// The one place in which a waiting mail can be opened.
const PLACE: SecretPlace<'static> = SecretPlace { org: "", secret: "outbox" };
/// As whom the sending stands in the directory's history.
const SENDER: &str = "mail";
/// Mails read at once.
const PAGE: usize = 20;
/// How long after the first attempt the second follows; each further wait is twice as long.
const PUT_OFF_MS: i64 = 60_000;
/// How long at most one attempt follows another: 6 hours.
const PUT_OFF_MS_MAX: i64 = 6 * 3_600_000;
/// Attempts after which a mail is given up: about a day and a half.
const ATTEMPTS_MAX: u32 = 14;
/// How often it is looked for mail whose turn has come, where none is posted meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Characters that are kept of why a mail was given up.
const FAILURE_LENGTH_MAX: usize = 300;

/// The way out for mail.
pub(crate) struct Outbox {
    mailer: Option<Arc<dyn Mailer>>,
    posted: Notify,
}

impl Outbox {
    pub(crate) fn new(mailer: Option<Arc<dyn Mailer>>) -> Outbox {
        Outbox { mailer, posted: Notify::new() }
    }
}

/// A mail as it waits.
#[derive(Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// From when on nobody has any use for it, such as a link that is good no longer.
    pub(crate) useless_from: Option<Timestamp>,
}

impl App {
    /// Whether there is a way to people's mail.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.inner.outbox.mailer.is_some()
    }

    /// What must be appended so that a mail is sent. `about` is an invitation that is told what becomes of it. Once it
    /// is appended, [`App::mail_was_posted`] spares the wait.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where it cannot be sealed.
    pub(crate) fn posted(&self, letter: &Letter, about: Option<(OrgId, String)>) -> Result<Fact, Problem> {
        let plain = serde_json::to_vec(letter).map_err(|error| Problem::broken(&error))?;
        let sealed = self.inner.sealer.seal(PLACE, &plain, &mut OperatingSystem);
        let sealed = sealed.map_err(|fault| Problem::broken(&fault))?;
        let (org, about) = about.unzip();
        Ok(Fact::Mail { org, about, sealed, at: self.now() })
    }

    /// Says that a mail waits now.
    pub(crate) fn mail_was_posted(&self) {
        self.inner.outbox.posted.notify_one();
    }

    /// Sends what waits, for as long as it runs; nothing where there is no way to people's mail.
    pub async fn keep_sending(self) {
        let Some(mailer) = self.inner.outbox.mailer.clone() else { return };
        loop {
            if let Err(problem) = self.send_what_is_due(&*mailer).await {
                tracing::error!(%problem, "mail is not being sent");
            }
            let _ = tokio::time::timeout(LOOK_EVERY, self.inner.outbox.posted.notified()).await;
        }
    }

    async fn send_what_is_due(&self, mailer: &dyn Mailer) -> Result<(), Problem> {
        loop {
            let due = self.inner.journal.mail_due(self.now(), PAGE).await?;
            if due.is_empty() {
                return Ok(());
            }
            for mail in due {
                self.send(mailer, mail).await?;
            }
        }
    }

    async fn send(&self, mailer: &dyn Mailer, mail: MailRow) -> Result<(), Problem> {
        let letter = match self.opened(&mail) {
            Some(letter) if letter.useless_from.is_none_or(|end| self.now() < end) => letter,
            Some(_) => return self.end(mail, Some("it could not be sent in time".to_owned())).await,
            None => return self.end(mail, Some("it can no longer be read; send it again".to_owned())).await,
        };
        let attempts = mail.attempts.saturating_add(1);
        let next_at = Timestamp(self.now().0.saturating_add(wait_ms(attempts)));
        let tried = vec![Fact::MailPutOff { mail: mail.id, next_at }];
        self.append_to_directory(SENDER, &[], tried).await?;
        let Letter { to, name, subject, text, .. } = letter;
        match mailer.send(&Mail { to, name, subject, text }).await {
            Ok(()) => self.end(mail, None).await,
            Err(fault) => {
                let is_given_up = fault.is_lasting || attempts >= ATTEMPTS_MAX;
                tracing::warn!(%fault, attempts, is_given_up, "a mail could not be sent");
                if is_given_up {
                    let failure = fault.message.chars().take(FAILURE_LENGTH_MAX).collect();
                    self.end(mail, Some(failure)).await?;
                }
                Ok(())
            }
        }
    }

    async fn end(&self, mail: MailRow, failure: Option<String>) -> Result<(), Problem> {
        let ended = vec![Fact::MailEnded { mail: Box::new(mail), failure }];
        self.append_to_directory(SENDER, &[], ended).await
    }

    fn opened(&self, mail: &MailRow) -> Option<Letter> {
        let opened = self.inner.sealer.open(PLACE, &mail.sealed);
        let opened = opened.inspect_err(|fault| tracing::error!(%fault, "a waiting mail cannot be read")).ok()?;
        serde_json::from_slice(&opened).ok()
    }
}

/// How long a mail waits after so many attempts, in milliseconds.
fn wait_ms(attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(1).min(16);
    (PUT_OFF_MS << doublings).min(PUT_OFF_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_as_long_until_six_hours_and_all_of_them_are_more_than_a_day() {
        assert_eq!([1, 2, 3, 9, 10].map(|attempts| wait_ms(attempts) / 60_000), [1, 2, 4, 256, 360]);
        assert_eq!([63, 64, 65, u32::MAX].map(wait_ms), [PUT_OFF_MS_MAX; 4]);
        let all: i64 = (1..ATTEMPTS_MAX).map(wait_ms).sum();
        assert!((86_400_000..2 * 86_400_000).contains(&all), "{all}");
    }
}
