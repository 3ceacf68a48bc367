//! Who is let in at the door for directories: whoever shows the present secret of a connection of the organization that is
//! named there.

use identity::token::{PresentedToken, Purpose, TokenForm};
use verdict::Credential;

use crate::impact::Mode;
use crate::{App, Caller, Problem};

impl App {
    /// Lets in a company directory. Who shows the secret of another organization's connection is told no more than who shows
    /// none that works.
    ///
    /// # Errors
    /// [`Problem::Unauthenticated`] where the secret is malformed, unknown, replaced, or its connection was ended.
    pub async fn authenticate_directory(&self, org: &str, secret: &str) -> Result<Caller, Problem> {
        let presented = PresentedToken::parse(TokenForm::Directory, secret)
            .map_err(|fault| Problem::Unauthenticated { message: fault.to_string() })?;
        let named = self.organization_id(org).await?;
        for digest in self.inner.sign_in.digester().digests(Purpose::Directory, &presented) {
            let Some((org, key)) = self.credential(digest).await? else { continue };
            if named != Some(org) {
                break;
            }
            let live = self.live(org).await?;
            let admitted = live.snapshot().admit(Credential::Key { key, digest }, self.now());
            let Ok(actor) = admitted else { break };
            return Ok(Caller { actor, live, mode: Mode::default() });
        }
        let message = "this secret does not work here (any more); give the connection a new one, or connect the directory \
                       anew";
        Err(Problem::Unauthenticated { message: message.to_owned() })
    }
}
