//! The filters that directories find somebody by: one attribute that is equal to a text.

use app::scim::FindUsers;

use super::fault::Fault;
use super::value::folded;

/// Who is looked for.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Filter {
    Id(String),
    UserName(String),
    ExternalId(String),
}

impl Filter {
    /// Reads a filter.
    pub(super) fn read(text: &str) -> Result<Filter, Fault> {
        let bad = || {
            let detail = "look for one user by userName, externalId or id, such as userName eq \"ada@example.com\"";
            Fault::bad("invalidFilter", detail)
        };
        let (name, rest) = text.trim().split_once(' ').ok_or_else(bad)?;
        let (operator, value) = rest.trim_start().split_once(' ').ok_or_else(bad)?;
        let value: String = serde_json::from_str(value.trim()).map_err(|_| bad())?;
        if !operator.eq_ignore_ascii_case("eq") {
            return Err(bad());
        }
        match folded(name).as_str() {
            "id" => Ok(Filter::Id(value)),
            "username" => Ok(Filter::UserName(value)),
            "externalid" => Ok(Filter::ExternalId(value)),
            _ => Err(bad()),
        }
    }

    pub(super) fn find(&self) -> FindUsers<'_> {
        match self {
            Filter::Id(id) => FindUsers::Id(id),
            Filter::UserName(name) => FindUsers::UserName(name),
            Filter::ExternalId(id) => FindUsers::ExternalId(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_attribute_is_looked_for_and_every_other_filter_is_refused() {
        let name = |text: &str| Filter::UserName(text.to_owned());
        assert_eq!(Filter::read(r#"userName eq "ada@example.com""#).unwrap(), name("ada@example.com"));
        assert_eq!(
            Filter::read(r#"USERNAME EQ "a b \" and active eq true""#).unwrap(),
            name(r#"a b " and active eq true"#)
        );
        let whole = r#"urn:ietf:params:scim:schemas:core:2.0:User:externalId eq "7""#;
        assert_eq!(Filter::read(whole).unwrap(), Filter::ExternalId("7".to_owned()));
        for text in [
            "",
            "userName",
            "userName eq",
            "userName pr",
            "userName eq ada",
            r#"userName sw "a""#,
            r#"displayName eq "a""#,
            r#"userName eq "a" or id eq "b""#,
            r#"not (userName eq "a")"#,
        ] {
            assert!(Filter::read(text).is_err(), "{text}");
        }
    }
}
