//! What an id_token claims, weighed against what was asked for: who says it, to whom, about whom, and when.
//!
//! One function, [`check_id_token`]: a [`ProvenIdentity`], or the first claim that does not hold. Moments are handed
//! in; a provider's clock may differ from ours by a minute.

use serde::Deserialize;
use serde_json::Value;

use super::address::{Address, Belief};
use super::authorize::SignInSecrets;
use super::discovery::Provider;
use super::jwk::KeySet;
use super::jws::{self, Algorithm, JwsFault};
use super::proven::{ProvenIdentity, Subject};

/// By how much the clock of a provider may differ.
const SKEW_S: f64 = 60.0;
/// How old an id_token may be: it is made while the browser waits.
const AGE_S_MAX: f64 = 600.0;
/// Characters of a name that are kept.
const NAME_LENGTH_MAX: usize = 200;

/// What an id_token must say.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The provider that was asked.
    pub provider: &'a Provider,
    /// Wardroom's name there.
    pub client_id: &'a str,
    /// The secrets of this sign-in.
    pub secrets: &'a SignInSecrets,
    /// The access token that came with it, where one did.
    pub access_token: Option<&'a str>,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// Where they had to sign in again: since when, in milliseconds since 1970. Since the clocks may differ, whoever signed
    /// in there within the minute before is taken to have done so again.
    pub again_since_ms: Option<i64>,
    /// Where only companies with accounts at Google may sign in: theirs, as `hd` names them. Empty: anybody.
    pub hosted_domains: &'a [String],
    /// What is believed about addresses.
    pub belief: Belief<'a>,
}

/// Why an id_token is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IdTokenFault {
    /// It is not signed as it must be.
    #[error(transparent)]
    Signature(#[from] JwsFault),
    /// It is, and something that it says does not hold.
    #[error(transparent)]
    Claim(#[from] ClaimFault),
}

/// The claim that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClaimFault {
    /// Not a JSON object, or something in it twice.
    #[error("the id_token is signed and yet damaged: expected a JSON object in which nothing is named twice")]
    Form,
    /// Of another issuer.
    #[error("iss: the id_token is of another issuer")]
    Issuer,
    /// For somebody else.
    #[error("aud: the id_token was not made for this client")]
    Audience,
    /// For several, or made for another, and handed to us.
    #[error("azp: the id_token was made for another client")]
    AuthorizedParty,
    /// No moment, or something that is none.
    #[error("{claim}: must be a moment in seconds")]
    Moment {
        /// The claim.
        claim: &'static str,
    },
    /// Over.
    #[error("exp: the id_token ended {by_s} seconds ago; begin the sign-in again, or set the clocks right")]
    Expired {
        /// By how much, in whole seconds.
        by_s: u64,
    },
    /// Made in the future, or not to be used yet.
    #[error("{claim}: lies {by_s} seconds in the future; set the clock of this machine, or of the provider, right")]
    Future {
        /// The claim.
        claim: &'static str,
        /// By how much, in whole seconds.
        by_s: u64,
    },
    /// Made long ago.
    #[error("iat: the id_token was made {by_s} seconds ago; begin the sign-in again, or set the clocks right")]
    Old {
        /// How long ago, in whole seconds.
        by_s: u64,
    },
    /// No nonce.
    #[error("nonce: the id_token repeats none, so it cannot be known to answer this sign-in")]
    NonceMissing,
    /// The nonce of another sign-in.
    #[error("nonce: the id_token answers another sign-in")]
    Nonce,
    /// It came with another access token.
    #[error("at_hash: the id_token belongs to another access token")]
    AccessToken,
    /// Nobody.
    #[error("sub: must have 1 to 255 printable characters of ASCII")]
    Subject,
    /// It should say when they signed in.
    #[error("auth_time: the provider does not say when they signed in, which is needed to confirm this")]
    AuthTimeMissing,
    /// They did not sign in again.
    #[error("auth_time: the provider did not ask them to sign in again; sign out there and try once more")]
    NotAgain,
    /// A private account where a company's is needed.
    #[error("hd: this account is not a company's; sign in with the account of your organization")]
    HostedDomainMissing,
    /// A company's account, and not of these.
    #[error("hd: this account is of an organization that may not sign in here")]
    HostedDomain,
}

/// The claims that matter, of whatever type they come; one that is named twice refuses the whole.
#[derive(Deserialize)]
struct Claims {
    iss: Option<Value>,
    sub: Option<Value>,
    aud: Option<Value>,
    azp: Option<Value>,
    exp: Option<Value>,
    iat: Option<Value>,
    nbf: Option<Value>,
    nonce: Option<Value>,
    at_hash: Option<Value>,
    auth_time: Option<Value>,
    email: Option<Value>,
    email_verified: Option<Value>,
    hd: Option<Value>,
    name: Option<Value>,
}

/// Checks an id_token: signature first, then every claim.
///
/// # Errors
/// [`IdTokenFault`]: the first thing that is wrong with it. Nothing of the token is then to be used.
pub fn check_id_token(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<ProvenIdentity, IdTokenFault> {
    let signed = jws::verify(token, keys)?;
    let claims: Claims = super::object(&signed.payload).ok_or(ClaimFault::Form)?;
    let issuer = expected.provider.issuer();
    if text(claims.iss.as_ref()) != Some(issuer.as_str()) {
        return Err(ClaimFault::Issuer.into());
    }
    check_audience(&claims, expected.client_id)?;
    check_moments(&claims, expected)?;
    check_binding(&claims, signed.algorithm, expected)?;
    let subject = text(claims.sub.as_ref()).and_then(Subject::parse).ok_or(ClaimFault::Subject)?;
    let signed_in_at_ms = check_signed_in_again(&claims, expected)?;
    let hosted_domain = check_hosted_domain(&claims, expected.hosted_domains)?;
    let address = Address::weigh(claims.email.as_ref(), claims.email_verified.as_ref(), hosted_domain, expected.belief);
    Ok(ProvenIdentity {
        issuer: issuer.clone(),
        subject,
        address,
        hosted_domain: hosted_domain.map(str::to_owned),
        name: text(claims.name.as_ref()).and_then(one_line),
        signed_in_at_ms,
    })
}

/// It must be for us; for others besides only if it says that it was made for us.
fn check_audience(claims: &Claims, client_id: &str) -> Result<(), ClaimFault> {
    let audience: Vec<&Value> = match &claims.aud {
        Some(Value::Array(several)) => several.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    if !audience.iter().any(|one| one.as_str() == Some(client_id)) {
        return Err(ClaimFault::Audience);
    }
    match &claims.azp {
        Some(azp) if azp.as_str() == Some(client_id) => Ok(()),
        None if audience.len() == 1 => Ok(()),
        _ => Err(ClaimFault::AuthorizedParty),
    }
}

fn check_moments(claims: &Claims, expected: &Expected<'_>) -> Result<(), ClaimFault> {
    let now = seconds_of(expected.now_ms);
    let end = moment("exp", claims.exp.as_ref())?.ok_or(ClaimFault::Moment { claim: "exp" })?;
    if end <= now - SKEW_S {
        return Err(ClaimFault::Expired { by_s: whole(now - end) });
    }
    let made = moment("iat", claims.iat.as_ref())?.ok_or(ClaimFault::Moment { claim: "iat" })?;
    for (claim, begin) in [("iat", Some(made)), ("nbf", moment("nbf", claims.nbf.as_ref())?)] {
        if let Some(begin) = begin
            && begin > now + SKEW_S
        {
            return Err(ClaimFault::Future { claim, by_s: whole(begin - now) });
        }
    }
    if made < now - AGE_S_MAX {
        return Err(ClaimFault::Old { by_s: whole(now - made) });
    }
    Ok(())
}

/// It must answer this sign-in, and belong to what came with it.
fn check_binding(claims: &Claims, algorithm: Algorithm, expected: &Expected<'_>) -> Result<(), ClaimFault> {
    let nonce = claims.nonce.as_ref().ok_or(ClaimFault::NonceMissing)?;
    if nonce.as_str() != Some(expected.secrets.nonce()) {
        return Err(ClaimFault::Nonce);
    }
    match (&claims.at_hash, expected.access_token) {
        (None, _) => Ok(()),
        (Some(hash), Some(token)) if hash.as_str() == Some(algorithm.half_hash(token).as_str()) => Ok(()),
        (Some(_), _) => Err(ClaimFault::AccessToken),
    }
}

fn check_signed_in_again(claims: &Claims, expected: &Expected<'_>) -> Result<Option<i64>, ClaimFault> {
    let now = seconds_of(expected.now_ms);
    let signed_in_at = moment("auth_time", claims.auth_time.as_ref())?;
    if let Some(ahead) = signed_in_at.filter(|moment| *moment > now + SKEW_S) {
        return Err(ClaimFault::Future { claim: "auth_time", by_s: whole(ahead - now) });
    }
    if let Some(since) = expected.again_since_ms {
        let signed_in_at = signed_in_at.ok_or(ClaimFault::AuthTimeMissing)?;
        if signed_in_at < seconds_of(since) - SKEW_S {
            return Err(ClaimFault::NotAgain);
        }
    }
    Ok(signed_in_at.map(|moment| milliseconds(moment).min(expected.now_ms)))
}

fn check_hosted_domain<'a>(claims: &'a Claims, allowed: &[String]) -> Result<Option<&'a str>, ClaimFault> {
    let hosted_domain = text(claims.hd.as_ref()).filter(|hosted_domain| !hosted_domain.is_empty());
    match hosted_domain {
        _ if allowed.is_empty() => Ok(hosted_domain),
        None => Err(ClaimFault::HostedDomainMissing),
        Some(named) if allowed.iter().any(|one| one == named) => Ok(hosted_domain),
        Some(_) => Err(ClaimFault::HostedDomain),
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

/// A moment in seconds since 1970, which may have a fraction (RFC 7519). All that can be met are far below what a
/// double holds exactly.
fn moment(claim: &'static str, value: Option<&Value>) -> Result<Option<f64>, ClaimFault> {
    let Some(value) = value else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| seconds.is_finite() && (0.0..=1e11).contains(seconds));
    seconds.map(Some).ok_or(ClaimFault::Moment { claim })
}

/// Milliseconds of our age are far below what a double holds exactly.
fn seconds_of(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}

/// A moment is at most 1e11 seconds: the cast neither cuts nor wraps.
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1_000.0) as i64
}

/// A difference as it is told to people; a cast saturates.
fn whole(seconds: f64) -> u64 {
    seconds.round() as u64
}

/// The name as one line, or none where it is not one.
fn one_line(name: &str) -> Option<String> {
    let name = name.trim();
    let is_line = !name.is_empty() && name.chars().count() <= NAME_LENGTH_MAX && !name.chars().any(char::is_control);
    is_line.then(|| name.to_owned())
}
