//! The filters that directories find somebody and groups by: an attribute that is equal to a text; for groups, several.

use app::scim::{FindGroups, FindUsers};

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
        let [(name, value)] = terms(text).ok_or_else(bad)?.try_into().map_err(|_| bad())?;
        match name.as_str() {
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

/// Reads a filter of groups.
pub(super) fn groups(text: &str) -> Result<FindGroups, Fault> {
    let bad = || {
        let detail = "look for groups by displayName, externalId, id or members.value, such as displayName eq \"Sales\", \
                      and by several of them with and";
        Fault::bad("invalidFilter", detail)
    };
    let mut find = FindGroups::default();
    for (name, value) in terms(text).ok_or_else(bad)? {
        let place = match name.as_str() {
            "id" => &mut find.id,
            "displayname" => &mut find.name,
            "externalid" => &mut find.external_id,
            "members" | "members.value" => &mut find.member,
            _ => return Err(bad()),
        };
        if place.replace(value).is_some() {
            return Err(bad());
        }
    }
    Ok(find)
}

/// Names and the texts that they are equal to, with `and` between them; none where it is anything else.
fn terms(text: &str) -> Option<Vec<(String, String)>> {
    let (mut terms, mut rest) = (Vec::new(), text.trim());
    loop {
        let (name, after) = rest.split_once(' ')?;
        let (operator, after) = after.trim_start().split_once(' ')?;
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<String>();
        let value = values.next()?.ok()?;
        let after = after.get(values.byte_offset()..)?;
        if !operator.eq_ignore_ascii_case("eq") {
            return None;
        }
        terms.push((folded(name), value));
        if after.trim().is_empty() {
            return Some(terms);
        }
        let (and, next) = after.trim_start().split_once(' ')?;
        if !after.starts_with(' ') || !and.eq_ignore_ascii_case("and") {
            return None;
        }
        rest = next.trim_start();
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

    #[test]
    fn groups_are_looked_for_by_several_attributes_at_once() {
        let some = |text: &str| Some(text.to_owned());
        let found = groups(r#"id eq "grp_1" and members eq "per_1""#).unwrap();
        assert_eq!(found, FindGroups { id: some("grp_1"), member: some("per_1"), ..FindGroups::default() });
        let found = groups(r#"displayName EQ "a\" and id eq \"b" AND members.value eq "per_1""#).unwrap();
        let name = some(r#"a" and id eq "b"#);
        assert_eq!(found, FindGroups { name, member: some("per_1"), ..FindGroups::default() });
        for text in [
            "",
            r#"displayName co "a""#,
            r#"displayName eq "a" or id eq "b""#,
            r#"displayName eq "a"and id eq "b""#,
            r#"displayName eq "a" and"#,
            r#"id eq "a" and id eq "b""#,
            r#"userName eq "a""#,
            r#"(displayName eq "a")"#,
        ] {
            assert!(groups(text).is_err(), "{text}");
        }
    }
}
