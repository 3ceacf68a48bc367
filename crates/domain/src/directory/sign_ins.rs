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
