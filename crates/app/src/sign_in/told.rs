//! What went wrong with a provider, in the words of whoever wanted to sign in. What an operator needs stands in the log.

use identity::oidc::{ClaimFault, ExchangeFault, IdTokenFault};

use crate::Problem;

/// One answer for everybody who comes back without having gone there from this browser, or twice.
pub(super) fn not_begun() -> Problem {
    let message = "this sign-in was not begun in this browser, took longer than ten minutes, or is over already; begin \
                   it again";
    Problem::Unauthenticated { message: message.to_owned() }
}

/// What a provider's answer is refused for, where it is said in words for everybody.
pub(super) fn refused(fault: &impl std::fmt::Display) -> Problem {
    Problem::Unauthenticated { message: fault.to_string() }
}

/// Whoever signed in there is nobody here.
pub(super) fn nobody(why: &str) -> Problem {
    Problem::Unauthenticated { message: format!("nobody here signs in with this account: {why}") }
}

/// What is wrong with what a provider says of somebody.
pub(super) fn disbelieved(fault: IdTokenFault, title: &str) -> Problem {
    let message = match fault {
        IdTokenFault::Claim(ClaimFault::HostedDomainMissing) => {
            "this account is not a company's; sign in with the account of your organization".to_owned()
        }
        IdTokenFault::Claim(ClaimFault::HostedDomain) => {
            "this account is of an organization that may not sign in here".to_owned()
        }
        IdTokenFault::Claim(ClaimFault::NotAgain) => {
            format!("{title} did not ask you to sign in again; sign out there and try once more")
        }
        IdTokenFault::Claim(ClaimFault::AuthTimeMissing) => format!(
            "{title} does not say when you signed in there, so that it cannot be used to show again who you are; use \
             another way, or tell whoever runs this installation"
        ),
        IdTokenFault::Claim(ClaimFault::Expired { .. } | ClaimFault::Old { .. } | ClaimFault::Future { .. }) => {
            format!(
                "the clocks of {title} and of this installation differ too much, so nobody was signed in; tell whoever \
             runs this installation"
            )
        }
        IdTokenFault::Signature(_) | IdTokenFault::Claim(_) => unbelievable(title),
    };
    Problem::Unauthenticated { message }
}

/// Why a code gave nothing.
pub(super) fn not_exchanged(fault: ExchangeFault, title: &str) -> Problem {
    let message = match fault {
        ExchangeFault::CodeRefused => {
            format!("{title} does not know this sign-in any more, so nobody was signed in; begin it again")
        }
        ExchangeFault::ClientRefused | ExchangeFault::Refused => format!(
            "{title} does not let this installation ask who somebody is, so nobody was signed in; tell whoever runs \
             it: the log says what is wrong"
        ),
        ExchangeFault::TooLong | ExchangeFault::Form => unbelievable(title),
    };
    Problem::Unauthenticated { message }
}

/// What cannot be told from a forgery.
pub(super) fn unbelievable(title: &str) -> String {
    format!(
        "what {title} answered cannot be believed, so nobody was signed in; try again, and if it happens again tell \
         whoever runs this installation: the log says what is wrong"
    )
}

#[cfg(test)]
mod tests {
    use identity::oidc::JwsFault;

    use super::*;

    #[test]
    fn nobody_is_told_the_names_of_claims() {
        for fault in [
            IdTokenFault::Signature(JwsFault::UnknownKey),
            ClaimFault::Issuer.into(),
            ClaimFault::Audience.into(),
            ClaimFault::Nonce.into(),
            ClaimFault::Expired { by_s: 7 }.into(),
            ClaimFault::NotAgain.into(),
            ClaimFault::HostedDomain.into(),
        ] {
            let told = disbelieved(fault, "Acme").to_string();
            for word in ["id_token", "iss", "aud:", "nonce", "exp:", "auth_time", "hd:"] {
                assert!(!told.contains(word) || word == "iss" && told.contains("miss"), "{word}: {told}");
            }
        }
    }
}
