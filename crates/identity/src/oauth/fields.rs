//! The fields of a query or a form, each once.

use std::collections::BTreeMap;

use super::OAuthFault;
use super::fault::invalid_request;

/// Bytes that a query or a form may have at most.
const LENGTH_MAX: usize = 16_384;

/// Fields by name. One without a value is one that is not there (RFC 6749, section 3.1).
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Takes a query or a form apart.
    ///
    /// # Errors
    /// Where it is too long, or has something twice.
    pub(super) fn parse(text: &[u8]) -> Result<Fields, OAuthFault> {
        if text.len() > LENGTH_MAX {
            return Err(invalid_request(format!("the request is longer than {LENGTH_MAX} bytes")));
        }
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text) {
            // The same resource may be named more than once (RFC 8707).
            let again = fields.get(&*name).is_some_and(|known| name != "resource" || *known != value);
            if again {
                return Err(invalid_request("the request names a parameter more than once"));
            }
            fields.insert(name.into_owned(), value.into_owned());
        }
        Ok(Fields(fields))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn needed(&self, name: &str) -> Result<&str, OAuthFault> {
        self.get(name).ok_or_else(|| invalid_request(format!("the parameter {name} is missing")))
    }
}
