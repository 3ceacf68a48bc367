//! For what a client's tokens are good: everything of an organization, or one integration of it. Both are named by the
//! address of an MCP door (RFC 8707), below the public URL and nothing else.

/// What an address of an MCP door names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Audience {
    /// The organization's slug or id; none where the door has no organization in its address.
    pub(super) org: Option<String>,
    /// The integration's slug; none for all of them.
    pub(super) integration: Option<String>,
}

impl Audience {
    /// Reads the address of a resource. A slash at its end is none: clients write it either way.
    pub(super) fn parse(public_url: &str, resource: &str) -> Option<Audience> {
        let path = resource.strip_prefix(public_url.trim_end_matches('/'))?;
        Audience::at(path.strip_suffix('/').unwrap_or(path))
    }

    /// Reads the path of a door.
    pub(super) fn at(path: &str) -> Option<Audience> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let org = match parts.next()? {
            "mcp" => None,
            "o" => {
                let org = parts.next().filter(|org| is_name(org))?;
                (parts.next()? == "mcp").then_some(Some(org.to_owned()))?
            }
            _ => return None,
        };
        let integration = match parts.next() {
            None => None,
            Some(slug) if is_name(slug) => Some(slug.to_owned()),
            Some(_) => return None,
        };
        parts.next().is_none().then_some(Audience { org, integration })
    }

    /// Its path, by which it is kept: with the organization, whatever it was named by.
    pub(super) fn path(org: &str, integration: Option<&str>) -> String {
        match integration {
            None => format!("/o/{org}/mcp"),
            Some(integration) => format!("/o/{org}/mcp/{integration}"),
        }
    }
}

/// Whether a part of a path is a name as it stands: nothing in it is written in another way.
fn is_name(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "https://gate.example";

    fn read(resource: &str) -> Option<(Option<String>, Option<String>)> {
        Audience::parse(PUBLIC, resource).map(|audience| (audience.org, audience.integration))
    }

    #[test]
    fn the_four_doors_are_resources_and_nothing_else_is() {
        let some = |text: &str| Some(text.to_owned());
        for (resource, org, integration) in [
            ("https://gate.example/mcp", None, None),
            ("https://gate.example/mcp/", None, None),
            ("https://gate.example/mcp/stripe", None, some("stripe")),
            ("https://gate.example/o/acme/mcp", some("acme"), None),
            ("https://gate.example/o/acme/mcp/stripe", some("acme"), some("stripe")),
        ] {
            assert_eq!(read(resource), Some((org, integration)), "{resource}");
        }
        for other in [
            "",
            "https://gate.example",
            "https://gate.example/",
            "https://gate.example/api/v1",
            "https://gate.example.evil.example/mcp",
            "https://gate.examplemcp",
            "http://gate.example/mcp",
            "https://GATE.example/mcp",
            "https://gate.example:443/mcp",
            "https://gate.example/mcp?x",
            "https://gate.example//mcp",
            "https://gate.example/mcp//",
            "https://gate.example/o//mcp",
            "https://gate.example/o/acme/mcp/stripe/x",
            "https://gate.example/o/acme",
            "https://gate.example/o/ac%6De/mcp",
            "https://gate.example/o/../mcp",
            "https://evil.example/o/acme/mcp",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(Audience::at(&Audience::path("acme", Some("stripe"))).unwrap().integration, some("stripe"));
    }
}
