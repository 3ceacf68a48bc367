//! Wardroom, as one authorization server knows it.

use zeroize::Zeroizing;

use super::registration::Registration;
use super::server::Server;
use crate::basic;
use crate::oauth::client::ShowsItself;

/// A server and what Wardroom is there. Every request is made of one.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    pub(super) server: &'a Server,
    pub(super) registration: &'a Registration,
}

/// A registration is of another server than the one that is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the upstream is signed in to at another authorization server than the one at which Wardroom is registered; register it \
     there, and connect again"
)]
pub struct OtherIssuer;

impl<'a> Client<'a> {
    /// Puts both together.
    ///
    /// # Errors
    /// [`OtherIssuer`] where the registration is of another one (MCP, Authorization Server Binding): it is kept for that one, and
    /// another is needed here.
    pub fn new(server: &'a Server, registration: &'a Registration) -> Result<Client<'a>, OtherIssuer> {
        (server.issuer == registration.issuer).then_some(Client { server, registration }).ok_or(OtherIssuer)
    }

    /// The form with what shows that it is Wardroom who posts it: in the header, or in the form (RFC 6749, section 2.3.1).
    pub(super) fn shown(&self, fields: &[(&str, &str)]) -> (Option<Zeroizing<String>>, Zeroizing<String>) {
        let Registration { client_id, client_secret, method, .. } = self.registration;
        let secret = client_secret.as_ref().map_or("", |secret| secret.as_str());
        let mut all = fields.to_vec();
        let header = match method {
            ShowsItself::Basic => Some(basic::write(client_id, secret)),
            ShowsItself::Not => {
                all.push(("client_id", client_id));
                None
            }
            ShowsItself::Post => {
                all.extend([("client_id", client_id.as_str()), ("client_secret", secret)]);
                None
            }
        };
        // Reserved at once, each byte escaped: growing would leave a copy of what is secret behind.
        let length = all.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(length));
        form.extend_pairs(all);
        (header, Zeroizing::new(form.finish()))
    }
}
