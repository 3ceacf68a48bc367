//! Signing in: a link that is good once becomes a session, and a session speaks for its person until it ends.
//!
//! What somebody may do is never decided here: a session names a person, and each organization's snapshot says what they
//! may in it, or that they are no member. A link shows that its holder was handed it, and nothing about an address.
//!
//! Start reading at [`App::open_link`], then `begin`, where every way of signing in ends, and [`App::signed_in`].

mod begin;
mod browser;
mod email;
mod failures;
mod first_passkey;
mod identities;
mod link;
mod linking;
mod oidc;
mod passkey;
mod passkeys;
mod provided;
mod providers;
mod second_factor;
mod session;
mod sessions;
mod told;

use std::collections::HashMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, RwLock};

use domain::directory::SESSION_MS_MAX;
use identity::csrf::Csrf;
use identity::keyring::Keyring;
use identity::oidc::{IdentityDigester, SignInDeriver};
use identity::passkey::PasskeyDigester;
use identity::token::TokenDigester;
use journal::SessionRow;

pub use begin::Begun;
pub(crate) use begin::Way;
pub use browser::Browser;
pub(crate) use email::HOURLY_MAX;
pub use identities::IdentityView;
pub use identity::passkey::{PresentedAssertion, PresentedRegistration, RelyingParty};
pub use identity::return_to::ReturnTo;
pub use link::LinkView;
pub use linking::{ADDRESS, NewSignIn};
pub use oidc::{BACK, Back, OfferedProvider};
pub use passkey::PasskeyQuestion;
pub use passkeys::{NewPasskeyQuestion, PasskeyView};
pub use providers::{ProviderSetup, Providers};
pub use second_factor::ClosedOrganization;
pub use session::SignedIn;
pub(crate) use session::proof_of;
pub use sessions::SessionView;

use crate::App;

/// How long a link by which somebody signs in is good, in milliseconds: a day.
const LINK_MS: i64 = 86_400_000;
/// How long a session lasts, however it is used.
const SESSION_MS: i64 = SESSION_MS_MAX;
/// How long a session lasts that is not used: a week.
pub(crate) const IDLE_MS: i64 = 7 * 86_400_000;
/// How often it is noted that a session is used. A session that is used all the time is then found to be idle too early
/// by no more than this, and only after a restart.
const NOTED_EVERY_MS: i64 = 600_000;
/// Sessions that are remembered. Beyond that all are forgotten at once and looked up again.
const REMEMBERED_MAX: usize = 100_000;
/// Characters of what a browser says of itself that are kept.
const CLIENT_LENGTH_MAX: usize = 200;

/// What signing in needs: the digests of tokens, and the sessions that were looked up.
pub(crate) struct SignIn {
    digester: TokenDigester,
    identities: IdentityDigester,
    deriver: SignInDeriver,
    passkeys: PasskeyDigester,
    csrf: Csrf,
    /// With whom people sign in.
    desks: Vec<providers::Desk>,
    /// How often mail was asked for.
    asked: Mutex<email::Asked>,
    asking: Arc<tokio::sync::Semaphore>,
    /// What a session's row says never changes, so what was found stays found; whether it was ended is asked elsewhere.
    remembered: RwLock<HashMap<[u8; 32], Arc<Remembered>>>,
    failures: failures::Failures,
}

/// A session as it was found, and when it was used last.
struct Remembered {
    row: SessionRow,
    used_at: AtomicI64,
    noted_at: AtomicI64,
}

/// What makes and recognises the tokens of browsers and links.
#[derive(Clone)]
pub struct Tokens {
    digester: TokenDigester,
    identities: IdentityDigester,
    deriver: SignInDeriver,
    passkeys: PasskeyDigester,
    csrf: Csrf,
}

impl Tokens {
    /// Prepares them for an installation.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Tokens {
        Tokens {
            digester: TokenDigester::new(keyring),
            identities: IdentityDigester::new(keyring),
            deriver: SignInDeriver::new(keyring),
            passkeys: PasskeyDigester::new(keyring),
            csrf: Csrf::new(keyring),
        }
    }
}

impl SignIn {
    pub(crate) fn new(tokens: Tokens, providers: Option<Providers>) -> SignIn {
        SignIn {
            digester: tokens.digester,
            identities: tokens.identities,
            deriver: tokens.deriver,
            passkeys: tokens.passkeys,
            desks: providers::Desk::all(providers),
            csrf: tokens.csrf,
            asked: Mutex::default(),
            asking: email::places(),
            remembered: RwLock::default(),
            failures: Default::default(),
        }
    }

    pub(crate) fn digester(&self) -> &TokenDigester {
        &self.digester
    }

    /// What binds an answer of somebody's authorization server to the state that was sent there.
    pub(crate) fn deriver(&self) -> &SignInDeriver {
        &self.deriver
    }
}

impl App {
    /// What shows that a form or a request was made by the browser of this session, for this door.
    #[must_use]
    pub fn csrf_token(&self, of: &impl HasToken, door: &str) -> String {
        self.inner.sign_in.csrf.token(of.digest(), door)
    }

    /// Whether it was.
    #[must_use]
    pub fn is_csrf_token(&self, of: &impl HasToken, door: &str, presented: &str) -> bool {
        self.inner.sign_in.csrf.is_good(of.digest(), door, presented)
    }
}

/// Somebody whose token is known: a browser, or a session in one.
pub trait HasToken {
    /// The token's digest.
    fn digest(&self) -> &[u8; 32];
}
