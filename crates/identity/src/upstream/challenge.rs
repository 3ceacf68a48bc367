//! What a server says when it does not let a call through: the header `WWW-Authenticate` (RFC 9110, section 11.6.1; RFC 6750,
//! section 3; RFC 9728, section 5.1).
//!
//! Read by its grammar and not by looking for words: several challenges may stand in one header, and a quoted text may hold
//! what looks like another. A header that cannot be read says nothing.

use super::is_scope;

/// Bytes that the header may have at most. Several headers of the name are joined with a comma (RFC 9110, section 5.3).
pub const CHALLENGE_LENGTH_MAX: usize = 8_192;

/// The challenge for a bearer token.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Challenge {
    /// Where the metadata of the server are.
    pub resource_metadata: Option<String>,
    /// The scopes that the call needs.
    pub scope: Option<String>,
    /// Why the call was not let through.
    pub error: Option<String>,
}

impl Challenge {
    /// Reads the header; of several challenges for a bearer token the first that says anything.
    #[must_use]
    pub fn parse(www_authenticate: &str) -> Option<Challenge> {
        if www_authenticate.len() > CHALLENGE_LENGTH_MAX {
            return None;
        }
        let mut bearer: Vec<Vec<Parameter>> = Vec::new();
        let mut is_bearer = None;
        for element in elements(www_authenticate)? {
            let (scheme, parameter) = element_of(element)?;
            if let Some(scheme) = scheme {
                is_bearer = Some(scheme.eq_ignore_ascii_case("bearer"));
                bearer.extend(is_bearer.filter(|is_bearer| *is_bearer).map(|_| Vec::new()));
            }
            // A parameter that belongs to nothing.
            let is_bearer = is_bearer?;
            if let (true, Some(parameters)) = (is_bearer, bearer.last_mut()) {
                parameters.extend(parameter);
            }
        }
        let mut read: Vec<Challenge> = bearer.iter().map(|parameters| challenge(parameters)).collect::<Option<_>>()?;
        let place = read.iter().position(|one| *one != Challenge::default()).unwrap_or(0);
        (place < read.len()).then(|| read.swap_remove(place))
    }

    /// Whether the token was good and is to be given more scopes (RFC 6750, section 3.1).
    #[must_use]
    pub fn wants_more(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }
}

/// A name in lower case, and what it is set to.
type Parameter = (String, String);

fn challenge(parameters: &[Parameter]) -> Option<Challenge> {
    // Each may be there once (RFC 9110, section 11.2).
    let mut names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [one, next] if one == next)) {
        return None;
    }
    let value = |wanted: &str| {
        parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).filter(|v| !v.is_empty())
    };
    Some(Challenge {
        resource_metadata: value("resource_metadata"),
        scope: value("scope").filter(|scope| scope.split(' ').all(is_scope)),
        error: value("error"),
    })
}

/// What stands between the commas that are not quoted. Nothing between two of them is allowed (RFC 9110, section 5.6.1).
fn elements(header: &str) -> Option<Vec<&str>> {
    let (mut elements, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (place, byte) in header.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                elements.push(header.get(begin..place)?);
                begin = place + 1;
            }
            b' ' | b'\t' | 0x21..=0x7e => {}
            // Text in other alphabets is for people and stands between quotes.
            0x80.. if quoted => {}
            _ => return None,
        }
    }
    elements.push(header.get(begin..)?);
    let is_blank = |byte: char| byte == ' ' || byte == '\t';
    let elements = elements.into_iter().map(|one| one.trim_matches(is_blank)).filter(|one| !one.is_empty()).collect();
    (!quoted).then_some(elements)
}

/// The scheme that begins here, if one does, and a parameter, if there is one.
fn element_of(element: &str) -> Option<(Option<&str>, Option<Parameter>)> {
    if let Some(parameter) = parameter(element) {
        return Some((None, Some(parameter)));
    }
    let (scheme, rest) = element.split_once(' ').unwrap_or((element, ""));
    let rest = rest.trim_start_matches(' ');
    if !is_token(scheme) {
        return None;
    }
    // What is no parameter is what other schemes have instead of any (token68).
    let is_token68 = |rest: &str| {
        rest.trim_end_matches('=').bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
    };
    match parameter(rest) {
        Some(parameter) => Some((Some(scheme), Some(parameter))),
        None if is_token68(rest) => Some((Some(scheme), None)),
        None => None,
    }
}

/// A name, an equals sign, and a text with or without quotes. Without them, what a token cannot hold is taken all the same:
/// addresses are often written so.
fn parameter(text: &str) -> Option<Parameter> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim_end_matches([' ', '\t']), value.trim_start_matches([' ', '\t']));
    if !is_token(name) {
        return None;
    }
    let value = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted)?,
        None if value.starts_with('=') || value.is_empty() => return None,
        None if value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"') => value.to_owned(),
        None => return None,
    };
    Some((name.to_ascii_lowercase(), value))
}

/// What stands before the closing quote, which must be the last character.
fn unquoted(text: &str) -> Option<String> {
    let mut value = String::with_capacity(text.len());
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(value),
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
