//! How far a client may reach, in words of its own (RFC 6749, section 3.3): one for each profile of tools, each including the
//! ones before it.

use domain::grant::Profile;

use super::{OAuthError, OAuthFault};

/// Every word, the one that reaches least first.
pub const SUPPORTED: [&str; 3] = ["tools:read", "tools:write", "tools:delete"];
/// How all of them begin, in whatever case they are written.
const OURS: &str = "tools:";

/// The words for all that a profile reaches, the smaller ones among them: clients that know of no order ask for each.
#[must_use]
pub fn words_of(profile: Profile) -> String {
    let included = Profile::ALL.into_iter().filter(|smaller| *smaller <= profile);
    included.map(word).collect::<Vec<_>>().join(" ")
}

fn word(profile: Profile) -> &'static str {
    let [read, write, delete] = SUPPORTED;
    match profile {
        Profile::ReadOnly => read,
        Profile::NoDelete => write,
        Profile::Full => delete,
    }
}

/// The most that is asked for; none where none of our words is among what is asked for. Words of others, such as `openid`,
/// change nothing.
///
/// # Errors
/// `invalid_scope` where a word is nearly one of ours: who writes one means to reach less than everything.
pub(super) fn read(scope: Option<&str>) -> Result<Option<Profile>, OAuthFault> {
    let mut most = None;
    for asked in scope.unwrap_or_default().split(' ') {
        match Profile::ALL.into_iter().find(|profile| word(*profile) == asked) {
            Some(profile) => most = most.max(Some(profile)),
            None if asked.trim().get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS)) => {
                return Err(invalid_scope(format!("the scopes are {}", SUPPORTED.join(", "))));
            }
            None => {}
        }
    }
    Ok(most)
}

/// Something is asked for that is not given.
#[must_use]
pub fn invalid_scope(description: impl Into<String>) -> OAuthFault {
    OAuthFault::new(OAuthError::InvalidScope, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_includes_the_ones_before_it_and_words_of_others_change_nothing() {
        let asked = |scope: &str| read(Some(scope)).unwrap();
        for (scope, most) in [
            ("tools:read", Profile::ReadOnly),
            ("tools:write", Profile::NoDelete),
            ("tools:delete", Profile::Full),
            ("tools:write tools:read", Profile::NoDelete),
            ("tools:read tools:read", Profile::ReadOnly),
            ("openid  tools:read offline_access ", Profile::ReadOnly),
            ("tools:read tools:write tools:delete", Profile::Full),
        ] {
            assert_eq!(asked(scope), Some(most), "{scope}");
        }
        for scope in ["", " ", "openid offline_access profile", "read write", "mcp:tools", "tools", "t\u{f6}\u{f6}ls:x"]
        {
            assert_eq!(asked(scope), None, "{scope}");
        }
        assert_eq!(read(None).unwrap(), None);
        assert_eq!(
            Profile::ALL.map(words_of),
            ["tools:read", "tools:read tools:write", "tools:read tools:write tools:delete"]
        );
        for profile in Profile::ALL {
            assert_eq!(asked(&words_of(profile)), Some(profile), "what is told is asked for again");
        }
    }

    #[test]
    fn what_is_nearly_one_of_the_words_is_refused() {
        for scope in [
            "tools:READ",
            "Tools:read",
            "TOOLS:READ",
            "tools:*",
            "tools:",
            "tools:reads",
            "tools:read,tools:write",
            "tools:read\ttools:delete",
            "\ttools:read",
            "tools:read\n",
            "tools:admin",
            "tools:read tools:execute",
            "tools:execute tools:read",
        ] {
            assert_eq!(read(Some(scope)).unwrap_err().error, OAuthError::InvalidScope, "{scope:?}");
        }
    }
}
