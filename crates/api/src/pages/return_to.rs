//! Where a browser wanted to go when somebody had to sign in first: said in the address of `/sign-in`, kept in a cookie
//! until they have, whichever way they do, and never anything but a place of this installation.

use app::sign_in::ReturnTo;
use axum::http::{HeaderValue, Uri};

use super::{Asked, HOME};
use crate::home::{Cookie, Cookies};
use crate::problem::Failure;

const FIELD: &str = "return_to";
/// How long it is kept, in seconds: an hour. Whoever signs in later has something else in mind.
const KEPT_S: i64 = 3_600;

/// A page to go on from, from which what an address asks for is returned to.
pub(super) fn going_on(page: &str, wanted: Option<&ReturnTo>) -> String {
    wanted.map_or_else(|| page.to_owned(), |place| format!("{page}?{}", written(place)))
}

/// The page to sign in at, from which this place is returned to.
pub(super) fn sign_in_first(wanted: &Uri) -> String {
    let wanted = wanted.path_and_query().and_then(|place| ReturnTo::parse(place.as_str()).ok());
    match wanted {
        Some(place) => format!("{HOME}?{}", written(&place)),
        None => HOME.to_owned(),
    }
}

/// What an address asks for.
///
/// # Errors
/// Where it asks for what is no place of this installation.
pub(super) fn asked_for(address: &Uri) -> Result<Option<ReturnTo>, Failure> {
    let query = address.query().unwrap_or_default();
    match super::field(query.as_bytes(), FIELD) {
        None => Ok(None),
        Some(place) => match ReturnTo::parse(&place) {
            Ok(place) => Ok(Some(place)),
            Err(fault) => Err(Failure::bad_field(FIELD, fault.to_string())),
        },
    }
}

/// The cookie that keeps it.
pub(super) fn kept(cookies: Cookies, place: &ReturnTo) -> HeaderValue {
    cookies.set(Cookie::Return, &written(place), KEPT_S)
}

/// What was kept.
pub(super) fn wanted(asked: &Asked) -> Option<ReturnTo> {
    let kept = asked.cookies.read(Cookie::Return, &asked.headers)?;
    ReturnTo::parse(&super::field(kept.as_bytes(), FIELD)?).ok()
}

/// As one field of a form, so that nothing of it ends an address or a cookie.
fn written(place: &ReturnTo) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(FIELD, place.as_str()).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was_and_another_site_never_does() {
        for place in ["/", "/orgs/acme/members?q=a%20b&status=x;y,z", "/invitation/wri_1?a=+b"] {
            let address: Uri = sign_in_first(&place.parse().unwrap()).parse().unwrap();
            assert_eq!(address.path(), HOME);
            assert_eq!(asked_for(&address).unwrap(), Some(ReturnTo::parse(place).unwrap()));
            let cookie = written(&ReturnTo::parse(place).unwrap());
            assert!(!cookie.contains([';', ',', ' ', '"', '\\']), "{cookie}");
        }
        for elsewhere in ["//evil.example", "https://evil.example", "%2F%2Fevil.example", "/%255cevil.example", ""] {
            let address: Uri = format!("/sign-in?return_to={elsewhere}").parse().unwrap();
            assert!(asked_for(&address).is_err(), "{elsewhere}");
        }
        assert_eq!(asked_for(&"/sign-in?a=b".parse().unwrap()).unwrap(), None);
        assert_eq!(sign_in_first(&"//evil.example/a".parse().unwrap()), HOME);
    }
}
