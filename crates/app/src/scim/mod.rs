//! The members of an organization as a company directory keeps them up to date (SCIM): who is let in, what they are called,
//! and who is active.
//!
//! What a directory says of somebody is kept beside what the organization knows of its member, and never decides who signs
//! in as whom: an address that a directory changes is nobody's way in. Groups
//! give what somebody here decided, and nothing else.
//!
//! Start reading at `connections`, then `door`, then [`App::provision`](crate::App::provision).

mod change;
mod connections;
mod door;
mod groups;
mod mapping;
mod provision;
mod users;

pub use change::DirectoryUserChange;
pub use connections::{ConnectedDirectory, NewDirectory};
pub use groups::{DirectoryGroupChange, DirectoryGroupView, FindGroups, MembersChange, NewDirectoryGroup};
pub use mapping::MappedGroup;
pub use provision::NewDirectoryUser;
pub(crate) use provision::taken;
pub use users::{DirectoryUserView, FindUsers};

use crate::Problem;
use crate::directory::one_line;

/// Characters of a directory's name or id of somebody.
const NAME_LENGTH_MAX: usize = 254;
/// Characters of a given name or a family name.
const PART_LENGTH_MAX: usize = 100;

/// What people are called, by the parts of their name.
#[derive(Clone, Debug, Default)]
pub struct DirectoryName {
    /// The whole name.
    pub whole: Option<String>,
    /// The given name; nothing in it where there is none any more.
    pub given: Option<Option<String>>,
    /// The family name.
    pub family: Option<Option<String>>,
}

impl DirectoryName {
    /// Refuses what cannot stand as a name. Blanks at the ends are taken off, and what is empty is left out.
    fn checked(self) -> Result<DirectoryName, Problem> {
        let part = |field, part: Option<Option<String>>| match part {
            Some(Some(text)) => optional(field, Some(text), PART_LENGTH_MAX).map(Some),
            part => Ok(part),
        };
        Ok(DirectoryName {
            whole: optional("displayName", self.whole, PART_LENGTH_MAX)?,
            given: part("name.givenName", self.given)?,
            family: part("name.familyName", self.family)?,
        })
    }
}

/// The name that the parts make; none where both are missing.
fn joined(given: Option<&str>, family: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = given.into_iter().chain(family).collect();
    // Two parts that fit make a name that may be too long.
    Some(parts.join(" ").chars().take(PART_LENGTH_MAX).collect()).filter(|name: &String| !name.is_empty())
}

/// A text in one line, none where it is empty.
fn optional(field: &'static str, text: Option<String>, length_max: usize) -> Result<Option<String>, Problem> {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => one_line(field, &text, length_max).map(Some),
        None => Ok(None),
    }
}

/// The directory's name for somebody.
fn user_name(text: &str) -> Result<String, Problem> {
    one_line("userName", text, NAME_LENGTH_MAX)
}
