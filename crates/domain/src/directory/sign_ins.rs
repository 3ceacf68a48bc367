//! Rules about the sign-ins that a person has, wherever they are a member.

use crate::refusal::Refusal;

/// Refuses to take away the last sign-in that lets its person in: they could not undo it.
///
/// # Errors
/// `last-sign-in` where there is no other.
pub fn keeps_a_way_in(others: usize) -> Result<(), Refusal> {
    if others > 0 {
        return Ok(());
    }
    let message = "this is the last sign-in that lets you in; add another one first";
    Err(Refusal::rule("last-sign-in", message))
}

/// Refuses to take away the last passkey of somebody who wants to be asked for one: they could not sign in.
///
/// # Errors
/// `second-factor-on` where there is no other.
pub fn keeps_what_is_asked_for(is_asked: bool, others: usize) -> Result<(), Refusal> {
    if others > 0 || !is_asked {
        return Ok(());
    }
    let message = "you are asked for a passkey whenever you sign in in another way, and this is the last one; turn that \
                   off first";
    Err(Refusal::rule("second-factor-on", message))
}

/// Refuses to ask somebody for a passkey who has none: they could not sign in.
///
/// # Errors
/// `no-passkey` where there is none.
pub fn has_what_is_asked_for(passkeys: usize) -> Result<(), Refusal> {
    if passkeys > 0 {
        return Ok(());
    }
    Err(Refusal::rule("no-passkey", "you have no passkey that you could be asked for; add one first"))
}

/// Sign-ins of one person.
pub const SIGN_INS_MAX: usize = 20;

/// Refuses one more than anybody has use for.
///
/// # Errors
/// `too-many-sign-ins` where there are as many already.
pub fn has_room(have: usize) -> Result<(), Refusal> {
    if have < SIGN_INS_MAX {
        return Ok(());
    }
    let message = format!("there are {SIGN_INS_MAX} sign-ins already, and no more fit; remove one first");
    Err(Refusal::rule("too-many-sign-ins", message))
}

/// The refusal to make somebody's what is a sign-in already. Whose it is it does not say, unless it is their own.
#[must_use]
pub fn taken(is_own: bool) -> Refusal {
    let message = match is_own {
        true => "this is one of your sign-ins already",
        false => "this is somebody's sign-in here already, and stays theirs",
    };
    Refusal::rule("sign-in-taken", message)
}
