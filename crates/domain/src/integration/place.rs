//! Where an integration's server is: behind a URL, or in a process of this installation, by the name of a template that its
//! operator wrote. An organization names a template; what is run, and with what, stands in the template alone.

use crate::integration::{CredentialKind, Slug};
use crate::refusal::Refusal;

/// What stands before the name of a template, in the place of a URL.
const SCHEME: &str = "stdio:";

/// The name of the template by which an integration's server is run, where it is not behind a URL.
#[must_use]
pub fn template_named(url: &str) -> Option<&str> {
    url.strip_prefix(SCHEME)
}

/// Whether an integration can be at this place, and show itself there in this way.
///
/// # Errors
/// [`Refusal`] that names the field at fault.
pub fn check_place(url: &str, credential: &CredentialKind) -> Result<(), Refusal> {
    let is_template = url.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME));
    let for_template = matches!(credential, CredentialKind::Environment);
    if !is_template {
        return match for_template {
            false => Ok(()),
            true => {
                let message = "only a server that is run by a template takes its secret in its environment";
                Err(Refusal::field("bad-credential", "credential", message))
            }
        };
    }
    if template_named(url).is_none_or(|name| Slug::parse(name).is_err()) {
        let message = "give stdio: and the name of one of the operator's templates, and nothing else";
        return Err(Refusal::field("bad-template", "url", message));
    }
    if for_template || matches!(credential, CredentialKind::None) {
        return Ok(());
    }
    let message = "a server that is run by a template is shown no credential but a secret in its environment, where the \
                   template takes one";
    Err(Refusal::field("bad-credential", "credential", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_named_and_nothing_is_added_to_its_name() {
        assert_eq!(template_named("stdio:git-2"), Some("git-2"));
        assert!(check_place("stdio:git-2", &CredentialKind::None).is_ok());
        for url in [
            "stdio:",
            "stdio:/bin/sh",
            "stdio://git",
            "stdio:git;touch x",
            "stdio:git --help",
            "stdio:git\n",
            "STDIO:git",
            "Stdio:git",
            "stdio:Git",
            "stdio:git?x=1",
            "stdio:git#x",
            "stdio:../git",
            "stdio:git%20x",
            "stdio:g\u{456}t",
        ] {
            assert!(check_place(url, &CredentialKind::None).is_err(), "{url}");
        }
    }

    #[test]
    fn a_secret_in_the_environment_is_for_templates_and_templates_take_no_other() {
        let header = CredentialKind::Header { name: "x-key".to_owned() };
        for (url, credential, is_sound) in [
            ("stdio:git", CredentialKind::None, true),
            ("stdio:git", CredentialKind::Environment, true),
            ("stdio:git", CredentialKind::Bearer, false),
            ("stdio:git", header.clone(), false),
            ("https://a.example/mcp", CredentialKind::Environment, false),
            ("https://a.example/mcp", header, true),
        ] {
            assert_eq!(check_place(url, &credential).is_ok(), is_sound, "{url} {credential:?}");
        }
    }
}
