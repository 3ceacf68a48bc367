//! Pages of a search: where one ended, sealed, so that it means nothing elsewhere.
//!
//! A page's token opens for the organization and the search that it was made for, and only as long as the state is
//! the one it was made of.

use identity::seal::SecretPlace;

use crate::Problem;
use crate::ask::sitting::Sitting;

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
        let (org, search) = (self.snapshot.org(), bound(search));
        let place = SecretPlace { org: org.as_str(), secret: &search };
        let sealed = self.app.inner.sealer.seal(place, inside.as_bytes(), &mut identity::random::OperatingSystem);
        let sealed = sealed.map_err(|fault| Problem::broken(&fault))?;
        Ok((rest, Some(hexadecimal(&sealed))))
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
        let sealed = from_hexadecimal(token).ok_or_else(other)?;
        let (org, search) = (self.snapshot.org(), bound(search));
        let place = SecretPlace { org: org.as_str(), secret: &search };
        let opened = self.app.inner.sealer.open(place, &sealed).map_err(|_| other())?;
        let inside = std::str::from_utf8(&opened).map_err(|_| other())?;
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
