//! `wardroom org delete` and `restore`: the end of an organization, and taking that back.

use serde_json::json;

use crate::failure::Failure;
use crate::field::{text, time};
use crate::server::Door;
use crate::terminal::Terminal;

/// Ends the organization after a yes; its slug is what the server asks as another one.
pub(super) fn delete(door: &Door, slug: &str, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let org = door.organization(terminal)?;
    let what = "Nobody does anything in it from now on, and unless it is restored it will be gone for good.";
    terminal.confirm(&format!("delete {}? {what}", org.slug()))?;
    let ending = org.delete_with(&[], &[("confirm", slug.to_owned())])?;
    terminal.answer(&ending, |org| {
        let (slug, end) = (text(org, "/slug"), time(org, "/deletes_at"));
        format!("{slug} ends on {end}\n  `wardroom org restore` takes that back until then\n")
    })
}

/// Takes the end back.
pub(super) fn restore(door: &Door, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let back = door.organization(terminal)?.post(&["organization", "restore"], &json!({}))?;
    terminal.answer(&back, |org| format!("{} does not end\n", text(org, "/slug")))
}
