//! What must still hold at the moment in which something about signing in is written.
//!
//! Never decides by what was read before: all of it is asked under the directory's lock. Start at [`Provided`].

use domain::id::{IdentityId, PasskeyId, PersonId};
use journal::SessionRow;
use verdict::SessionProof;

use super::SignedIn;
use super::identities::has_another;
use super::session::ended;
use super::told::nobody;
use crate::{App, Problem};

/// What must hold when something is written to the directory, asked where nothing else is written to it meanwhile.
#[derive(Clone)]
pub(super) enum Provided {
    /// Nothing.
    Always,
    /// Nobody has come to sign in as this person meanwhile.
    Unclaimed(PersonId),
    /// The directory still knows nobody by this address.
    Unknown(String),
    /// The person still has this sign-in.
    Has(PersonId, IdentityId),
    /// The session lasts, and its person may have one more sign-in: by this address, where it is one.
    MayAdd(SessionProof, Option<String>),
    /// The session lasts, and its person gets in without this sign-in. Their other sessions of that way end with it.
    GetsInWithout(SessionProof, IdentityId),
    /// The session lasts, and its person may have one more passkey.
    MayAddPasskey(SignedIn),
    /// The session lasts, and its person gets in without this passkey. Their other sessions by passkeys end with it.
    GetsInWithoutPasskey(SignedIn, PasskeyId),
    /// The session lasts.
    Lasts(SessionProof),
    /// The session lasts, and its person has a passkey. Their other sessions in which none was shown end with it.
    HasPasskey(SessionProof),
}

impl App {
    // INVARIANT: of two who come at once to the same person, by a sign-in and to take it away, or to take away the last
    // two, one finds what the other wrote; held by `of_two_sign_ins_removed_at_once_one_stays` and
    // `nobody_is_signed_in_by_what_is_taken_away_at_the_same_moment`.
    /// The sessions that end with it, where it holds.
    pub(super) async fn ended_with(&self, provided: Provided) -> Result<Vec<SessionRow>, Problem> {
        let lasts = |proof: &SessionProof| if self.inner.endings.has(proof) { Err(ended()) } else { Ok(()) };
        match provided {
            Provided::Always => {}
            Provided::Unclaimed(person) if self.is_unclaimed(person).await? => {}
            Provided::Unclaimed(_) => return Err(has_another()),
            Provided::Unknown(address) if self.person_at(&address).await?.is_none() => {}
            Provided::Unknown(_) => return Err(has_another()),
            Provided::Has(person, identity) if self.still_has(person, identity).await? => {}
            Provided::Has(..) => return Err(nobody("it was removed at this moment")),
            Provided::MayAdd(proof, address) => {
                lasts(&proof)?;
                self.may_add(proof.person, address.as_deref()).await?;
            }
            Provided::GetsInWithout(proof, identity) => {
                lasts(&proof)?;
                return self.ended_without(&proof, identity).await;
            }
            Provided::MayAddPasskey(by) => {
                lasts(&by.proof)?;
                self.may_change_passkeys(&by).await?;
                self.has_room_for_passkey(by.proof.person).await?;
            }
            Provided::GetsInWithoutPasskey(by, passkey) => {
                lasts(&by.proof)?;
                return self.ended_without_passkey(&by, passkey).await;
            }
            Provided::Lasts(proof) => lasts(&proof)?,
            Provided::HasPasskey(proof) => {
                lasts(&proof)?;
                return self.ended_with_second_factor(&proof).await;
            }
        }
        Ok(Vec::new())
    }
}
