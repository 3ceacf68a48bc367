//! What an integration and a tool are.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Clue, DefinitionHash, Found};
use crate::id::IntegrationId;

/// The short name of an integration or an organization: 1 to 32 characters of `a-z 0-9 -`, starting and ending
/// with a letter or digit. It holds no underscore, so that `slug__tool` reads in one way only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Slug(Box<str>);

/// Why a text cannot be a slug.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("use 1 to 32 characters of a-z, 0-9 and -, starting and ending with a letter or digit")]
pub struct InvalidSlug;

impl Slug {
    /// Reads a slug.
    ///
    /// # Errors
    /// [`InvalidSlug`] where length or characters do not fit.
    pub fn parse(text: &str) -> Result<Slug, InvalidSlug> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| plain(byte) || byte == b'-')
            && text.bytes().next().is_some_and(plain)
            && text.bytes().last().is_some_and(plain);
        if fits { Ok(Slug(text.into())) } else { Err(InvalidSlug) }
    }

    /// A slug made from a name for people, where one can be made.
    #[must_use]
    pub fn from_title(title: &str) -> Option<Slug> {
        let mut text = String::new();
        for letter in title.chars().flat_map(char::to_lowercase) {
            match letter {
                'a'..='z' | '0'..='9' => text.push(letter),
                _ if !text.is_empty() && !text.ends_with('-') => text.push('-'),
                _ => {}
            }
        }
        text.truncate(32);
        Slug::parse(text.trim_end_matches('-')).ok()
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Slug::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// What a tool does to the world. Tool profiles cut by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolClass {
    /// Looks something up and changes nothing.
    Read,
    /// Creates or changes something.
    Write,
    /// Deletes, or does something else that cannot be taken back.
    Delete,
    /// Nobody is sure yet. Counts as delete.
    Unclassified,
}

impl ToolClass {
    /// Every class.
    pub const ALL: [ToolClass; 4] = [ToolClass::Read, ToolClass::Write, ToolClass::Delete, ToolClass::Unclassified];

    /// The class's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ToolClass::Read => "read",
            ToolClass::Write => "write",
            ToolClass::Delete => "delete",
            ToolClass::Unclassified => "unclassified",
        }
    }

    /// Reads the class's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<ToolClass> {
        ToolClass::ALL.into_iter().find(|class| class.as_str() == word)
    }
}

/// Who decided a tool's class.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassSource {
    /// Wardroom, from the evidence in the tool's definition.
    Evidence,
    /// A person. Stays when a person approves another definition.
    Review,
    /// Nobody yet: a person decided, and the upstream has changed the definition since, which nobody looked at. Stays until
    /// somebody decides anew.
    Changed,
}

/// A tool as the upstream lists it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DiscoveredTool {
    /// Its name at the upstream.
    pub name: String,
    /// Its whole definition as JSON text, unknown fields included.
    pub definition: Arc<str>,
    /// What the evidence says of its class.
    pub class: ToolClass,
    /// What would be the class if the evidence were enough; shown to whoever reviews.
    pub suggested: ToolClass,
    /// The evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Clue>,
}

/// A tool of an integration.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tool {
    /// Its whole definition as JSON text, as it was when last approved.
    pub definition: Arc<str>,
    /// The hash of that.
    pub hash: DefinitionHash,
    /// Its class.
    pub class: ToolClass,
    /// Who decided the class.
    pub class_source: ClassSource,
    /// What the evidence suggests where it is not enough to decide.
    pub suggested: ToolClass,
    /// The evidence.
    pub evidence: Vec<Clue>,
    /// Whether it is switched off for everyone.
    pub off: bool,
}

/// How Wardroom shows itself to the upstream. The secret itself is sealed and lives apart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CredentialKind {
    /// Not at all.
    None,
    /// `Authorization: Bearer …`.
    Bearer,
    /// A header of another name.
    Header {
        /// That name.
        name: String,
    },
    /// To a server that is run by a template of the operator's: in the environment variable that the template names.
    Environment,
    /// As an application of the organization's own, by what it is called at the upstream's authorization server and a
    /// secret (OAuth 2.1 client credentials, RFC 6749, section 4.4).
    ClientCredentials {
        /// What it is called there.
        client_id: String,
        /// What it asks for there; none for what the upstream says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
    },
    /// With an account at the upstream, which somebody connects by signing in there (OAuth 2.1 authorization code).
    #[serde(rename = "oauth")]
    OAuth {
        /// Whose account.
        whose: Whose,
        /// What Wardroom is called at the upstream's authorization server, where it was registered there by hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<String>,
        /// What is asked for there; none for what the upstream says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
    },
}

/// Whose account a call goes out with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// One for everybody, which an admin connects.
    Organization,
    /// That of whoever calls, each their own.
    Person,
}

/// An upstream MCP server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// Its short name, the prefix of its tools' names.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What it is for, in one line.
    pub purpose: String,
    /// Where its MCP endpoint is: a URL, or `stdio:` and the name of one of the operator's templates.
    pub url: String,
    /// How Wardroom shows itself there.
    pub credential: CredentialKind,
    /// Whether it is paused: nobody may use it until it is resumed.
    pub paused: bool,
    /// Its tools by the name they have there.
    pub tools: BTreeMap<String, Tool>,
    /// What the upstream lists otherwise than it was approved, by the name of the tool.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<String, Found>,
}

impl Integration {
    /// Whether a tool is used by nobody, because the upstream defines it otherwise than it was approved.
    #[must_use]
    pub fn holds_back(&self, tool: &str) -> bool {
        self.found.get(tool).is_some_and(Found::holds_back)
    }
}

/// What is to change about an integration; `None` leaves a thing as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct IntegrationEdit {
    /// A new name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A new line on what it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Paused or resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// Another way to show itself; the new secret is sealed apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialKind>,
}
