//! Pages of a search: where one ended, sealed, so that it means nothing elsewhere.
//!
//! A page's token opens for the organization and the search that it was made for, and only as long as the state is
//! the one it was made of.

use domain::id::OrgId;
use identity::seal::SecretPlace;

use crate::ask::sitting::Sitting;
use crate::{App, Problem};

/// Characters of a token at most; ours are shorter.
const TOKEN_LENGTH_MAX: usize = 4_096;

/// Where a page begins, and how long it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The last thing of the page before; none on the first.
    pub after: Option<String>,
    /// Things at most.
    pub limit: usize,
}

impl App {
    /// A token that says where a page ended, and tells it to nobody.
    pub(crate) fn sealed_token(&self, org: OrgId, search: &str, inside: &str) -> Result<String, Problem> {
        let search = bound(search);
        let place = SecretPlace { org: org.as_str(), secret: &search };
        let sealed = self.inner.sealer.seal(place, inside.as_bytes(), &mut identity::random::OperatingSystem);
        Ok(hexadecimal(&sealed.map_err(|fault| Problem::broken(&fault))?))
    }

    /// What a token says; none for one of another search or another organization.
    pub(crate) fn opened_token(&self, org: OrgId, search: &str, token: &str) -> Option<String> {
        let search = bound(search);
        let place = SecretPlace { org: org.as_str(), secret: &search };
        let opened = self.inner.sealer.open(place, &from_hexadecimal(token)?).ok()?;
        std::str::from_utf8(&opened).ok().map(str::to_owned)
    }
}

impl Sitting<'_> {
    /// The things of a page, and the token of the next; none where nothing is left.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where no token can be made.
    pub fn cut(&self, search: &str, page: &Page, found: Vec<String>) -> Result<(Vec<String>, Option<String>), Problem> {
        let after = |name: &String| page.after.as_ref().is_none_or(|after| name > after);
        let mut rest: Vec<String> = found.into_iter().filter(after).collect();
        if rest.len() <= page.limit {
            return Ok((rest, None));
        }
        rest.truncate(page.limit);
        let last = rest.last().or(page.after.as_ref()).map_or("", String::as_str);
        let inside = format!("{} {} {last}", self.seq(), page.limit);
        Ok((rest, Some(self.app.sealed_token(self.snapshot.org(), search, &inside)?)))
    }

    /// Where the page begins that a token names.
    ///
    /// # Errors
    /// [`Problem::Invalid`] where the token was made for another search or another organization, or the state has
    /// moved on since.
    pub fn next_page(&self, search: &str, token: &str) -> Result<Page, Problem> {
        let other = || {
            let message = "this token belongs to another search: send the very request that it came with, or start \
                again without a token";
            Problem::invalid("page.token", message)
        };
        let inside = self.app.opened_token(self.snapshot.org(), search, token).ok_or_else(other)?;
        let mut parts = inside.splitn(3, ' ');
        let mut part = || parts.next().ok_or_else(other);
        let (seq, limit, after) = (part()?, part()?, part()?);
        let (seq, limit): (u64, usize) = (seq.parse().map_err(|_| other())?, limit.parse().map_err(|_| other())?);
        if seq != self.seq() {
            let message = format!(
                "the organization has changed since this search began (it was at {seq}, it is at {} now); start again \
                 without a token",
                self.seq()
            );
            return Err(Problem::invalid("page.token", message));
        }
        Ok(Page { after: (!after.is_empty()).then(|| after.to_owned()), limit })
    }
}

/// The place for which a page's token is sealed: no secret of an integration stands at such a one.
fn bound(search: &str) -> String {
    format!("page of {search}")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
        text
    })
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    if text.len() > TOKEN_LENGTH_MAX || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
