//! Who is signed in: from the token in a cookie to a person, and from there to a caller in one of their organizations.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError};

use domain::id::PersonId;
use domain::time::Timestamp;
use identity::token::{PresentedToken, Purpose, TokenForm};
use journal::SessionRow;
use verdict::{Credential, NotAdmitted, Reason, SessionProof};

use super::begin::Way;
use super::{HasToken, IDLE_MS, NOTED_EVERY_MS, REMEMBERED_MAX, Remembered};
use crate::authentication::does_nothing;
use crate::impact::Mode;
use crate::organizations::OrganizationView;
use crate::{App, Caller, Live, Problem};

/// A person who is signed in, at this moment.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// What is known of their session.
    pub proof: SessionProof,
    digest: [u8; 32],
    /// Digest of the address that they showed to be theirs by signing in.
    shown: Option<[u8; 32]>,
    /// How they signed in.
    way: String,
}

impl HasToken for SignedIn {
    fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl SignedIn {
    /// How they signed in, in a word.
    pub(crate) fn way(&self) -> &str {
        &self.way
    }

    /// Whether they came in by a link for somebody who has lost their passkeys.
    pub(super) fn recovers(&self) -> bool {
        self.way == Way::Recovery.as_str()
    }

    /// As the directory's history names them.
    pub(crate) fn stamp(&self) -> String {
        format!("{}/{}", self.proof.person, self.proof.session)
    }
}

impl App {
    /// Who is signed in with this token, and notes that they are here.
    ///
    /// # Errors
    /// [`Problem::Unauthenticated`] where there is no such session, or it has ended: by itself, for want of use, or because
    /// somebody ended it.
    pub async fn signed_in(&self, token: &str) -> Result<SignedIn, Problem> {
        let presented = PresentedToken::parse(TokenForm::Session, token).map_err(|_| ended())?;
        self.inner.endings.load(&self.inner.journal).await?;
        for digest in self.inner.sign_in.digester.digests(Purpose::Session, &presented) {
            let Some(found) = self.remembered(digest).await? else { continue };
            let proof = proof_of(&found.row);
            let now = self.now();
            let idle_at = found.used_at.load(Ordering::Relaxed).saturating_add(IDLE_MS);
            if now >= proof.ends_at || now.0 >= idle_at || self.inner.endings.has(&proof) {
                return Err(ended());
            }
            self.note_use(&found, now);
            return Ok(SignedIn { proof, digest, shown: found.row.shown, way: found.row.way.clone() });
        }
        Err(ended())
    }

    /// Whether somebody has shown by signing in that an address is theirs. What they showed another time does not count:
    /// addresses change hands.
    pub(crate) fn has_shown(&self, by: Option<&SignedIn>, address: &str) -> bool {
        let Some(shown) = by.and_then(|by| by.shown) else { return false };
        self.inner.sign_in.identities.each_of_address(address).any(|digest| digest == shown)
    }

    /// Whether there is a way here to show that an address is somebody's.
    pub(crate) fn shows_addresses(&self) -> bool {
        self.sends_mail() || !self.inner.sign_in.desks.is_empty()
    }

    /// The caller that somebody who is signed in is in an organization, by slug or id.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is no such organization or they are no member of it, which is told alike.
    pub async fn caller_in(&self, signed_in: &SignedIn, org: &str) -> Result<Caller, Problem> {
        let live = self.organization(org).await?.ok_or_else(|| Problem::missing("organization"))?;
        self.admitted(&signed_in.proof, live)
    }

    /// The organizations that somebody who is signed in is a member of, without those that show themselves to nobody of
    /// their role.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn organizations_of(&self, signed_in: &SignedIn) -> Result<Vec<OrganizationView>, Problem> {
        let mut views = Vec::new();
        for caller in self.callers_of(&signed_in.proof).await? {
            match self.show_organization(&caller).await {
                Ok(view) => views.push(view),
                Err(Problem::Denied { .. } | Problem::Missing { .. }) => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(views)
    }

    /// Whom the session makes its person in each of their organizations. One that cannot be read opens to nobody, and keeps
    /// nobody out of the others.
    pub(crate) async fn callers_of(&self, proof: &SessionProof) -> Result<Vec<Caller>, Problem> {
        let mut callers = Vec::new();
        for org in self.inner.journal.organizations_of(proof.person).await? {
            match self.live(org).await {
                Ok(live) => callers.extend(self.admitted(proof, live).ok()),
                Err(problem) => tracing::error!(%org, %problem, "an organization cannot be read"),
            }
        }
        Ok(callers)
    }

    fn admitted(&self, proof: &SessionProof, live: Arc<Live>) -> Result<Caller, Problem> {
        let admitted = live.snapshot().admit(Credential::Session(*proof), self.now());
        match admitted {
            Ok(actor) => Ok(Caller { actor, live, mode: Mode::default() }),
            // To sign in anew would not help them.
            Err(NotAdmitted::MemberSuspended) => Err(does_nothing(&live, Reason::MemberSuspended)),
            Err(NotAdmitted::PasskeyNeeded) => Err(does_nothing(&live, Reason::PasskeyNeeded)),
            Err(NotAdmitted::Ending) => Err(does_nothing(&live, Reason::OrganizationEnding)),
            Err(NotAdmitted::NotAMember) => Err(Problem::missing("organization")),
            Err(fault) => Err(Problem::Unauthenticated { message: fault.to_string() }),
        }
    }

    /// What a person is called where no organization says it: by the first that they are a member of.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where the journal cannot be read.
    pub async fn own_name(&self, person: PersonId) -> Result<String, Problem> {
        let first = self.inner.journal.organizations_of(person).await?.into_iter().next();
        Ok(match first {
            Some(org) => self.names(org, &[person]).await.pop().unwrap_or_default(),
            None => String::new(),
        })
    }

    async fn remembered(&self, digest: [u8; 32]) -> Result<Option<Arc<Remembered>>, Problem> {
        let remembered = &self.inner.sign_in.remembered;
        let known = remembered.read().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(row) = self.inner.journal.session(digest).await? else { return Ok(None) };
        let (used_at, noted_at) = (AtomicI64::new(row.used_at.0), AtomicI64::new(row.used_at.0));
        let found = Arc::new(Remembered { row, used_at, noted_at });
        let mut remembered = remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        Ok(Some(remembered.entry(digest).or_insert(found).clone()))
    }

    pub(crate) fn forget(&self, is_over: impl Fn(&SessionRow) -> bool) {
        let mut remembered = self.inner.sign_in.remembered.write().unwrap_or_else(PoisonError::into_inner);
        remembered.retain(|_, found| !is_over(&found.row));
    }

    /// A session lasts as long as it is used. That it is, is written down now and then, and nobody waits for it.
    fn note_use(&self, found: &Remembered, now: Timestamp) {
        found.used_at.fetch_max(now.0, Ordering::Relaxed);
        let noted_at = found.noted_at.load(Ordering::Relaxed);
        let is_due = now.0.saturating_sub(noted_at) >= NOTED_EVERY_MS;
        let takes = || found.noted_at.compare_exchange(noted_at, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_due && takes() {
            self.inner.journal.touch_session(found.row.session, now);
        }
    }
}

pub(crate) fn proof_of(row: &SessionRow) -> SessionProof {
    SessionProof {
        session: row.session,
        person: row.person,
        begun_at: row.begun_at,
        proven_at: row.proven_at,
        ends_at: row.ends_at,
        by_passkey: row.by_passkey,
    }
}

/// One answer for every session that is none any more.
pub(super) fn ended() -> Problem {
    Problem::Unauthenticated { message: NotAdmitted::SessionEnded.to_string() }
}
