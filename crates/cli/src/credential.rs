//! The secret that an integration is reached with: read from a file, the environment or standard input, never from an
//! argument.

use std::fs::File;
use std::path::PathBuf;

use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::terminal::{Terminal, read_secret};

/// How the integration's server is told that the organization may use it.
#[derive(Args)]
#[command(
    group = ArgGroup::new("way").args(["bearer", "header", "environment", "no_credential", "sign_in", "client_credentials"]),
    group = ArgGroup::new("as_client").args(["sign_in", "client_credentials"]),
)]
pub(crate) struct Credential {
    /// The server wants a bearer token
    #[arg(long)]
    bearer: bool,
    /// The server wants a secret in this header
    #[arg(long, value_name = "NAME")]
    header: Option<String>,
    /// The server is run by a template of the operator's, which takes a secret
    #[arg(long)]
    environment: bool,
    /// The server wants somebody to sign in there: one account for the `organization`, or each `person` with their own
    #[arg(long, value_name = "WHOSE", value_parser = ["organization", "person"])]
    sign_in: Option<String>,
    /// The server wants a client of the organization's own, with its secret and without anybody who signs in
    #[arg(long, requires = "client_id")]
    client_credentials: bool,
    /// What the client is called where people sign in to the server; with --sign-in, Wardroom registers itself without it, and
    /// with it the client's redirect address has to be https://HOST/connect/ORG/SLUG/back, by the short names of both
    #[arg(long, value_name = "ID", requires = "as_client")]
    client_id: Option<String>,
    /// What to ask for there, with a space between each and the next; without it, what the server says
    #[arg(long, requires = "as_client")]
    scope: Option<String>,
    /// The server wants no secret
    #[arg(long, conflicts_with_all = ["secret_file", "secret_env"])]
    no_credential: bool,
    /// A file that holds the secret; `-` is standard input, which is also read where nothing else is named and there has
    /// to be a secret, as there has not with --sign-in
    #[arg(long, value_name = "FILE", conflicts_with = "secret_env")]
    secret_file: Option<PathBuf>,
    /// An environment variable that holds the secret
    #[arg(long, value_name = "VARIABLE")]
    secret_env: Option<String>,
}

impl Credential {
    /// What the contract calls the credential, or nothing where none was spoken of. A server that is run by a template takes a
    /// secret in its environment, and in no other way.
    ///
    /// # Errors
    /// [`Failure::Usage`] where the secret is not to be found.
    pub(crate) fn read(&self, is_template: bool, terminal: &mut Terminal<'_>) -> Result<Option<Value>, Failure> {
        if self.no_credential {
            return Ok(Some(json!({"kind": "none"})));
        }
        if let Some(whose) = &self.sign_in {
            return self.read_client(("oauth", Some(whose)), terminal).map(Some);
        }
        if self.client_credentials {
            return self.read_client(("client_credentials", None), terminal).map(Some);
        }
        let for_template = self.environment || is_template;
        if !self.bearer
            && !self.environment
            && self.header.is_none()
            && self.secret_file.is_none()
            && self.secret_env.is_none()
        {
            return Ok(None);
        }
        let secret = self.read_secret(terminal)?;
        Ok(Some(match &self.header {
            Some(name) => json!({"kind": "header", "name": name, "secret": secret}),
            None if for_template => json!({"kind": "environment", "secret": secret}),
            None => json!({"kind": "bearer", "secret": secret}),
        }))
    }

    /// Whose account at the integration's server is to be connected by signing in there: `organization` or `person`.
    pub(crate) fn sign_in(&self) -> Option<&str> {
        self.sign_in.as_deref()
    }

    /// Whether Wardroom was registered by hand where people sign in.
    pub(crate) fn names_client(&self) -> bool {
        self.client_id.is_some()
    }

    /// A client at the server's authorization server, which has no secret where it is for signing in and none was named.
    fn read_client(
        &self,
        (kind, whose): (&str, Option<&String>),
        terminal: &mut Terminal<'_>,
    ) -> Result<Value, Failure> {
        let is_secret_named = self.secret_file.is_some() || self.secret_env.is_some();
        if is_secret_named && self.client_id.is_none() {
            return Err(Failure::Usage("name the client that the secret belongs to with --client-id".to_owned()));
        }
        let secret = if is_secret_named || self.client_credentials { Some(self.read_secret(terminal)?) } else { None };
        let named = [
            ("whose", whose),
            ("client_id", self.client_id.as_ref()),
            ("secret", secret.as_ref()),
            ("scope", self.scope.as_ref()),
        ];
        let mut body = Map::from_iter([("kind".to_owned(), json!(kind))]);
        body.extend(named.into_iter().filter_map(|(name, given)| Some((name.to_owned(), json!(given?)))));
        Ok(Value::Object(body))
    }

    fn read_secret(&self, terminal: &mut Terminal<'_>) -> Result<String, Failure> {
        if let Some(variable) = &self.secret_env {
            let found = (terminal.surroundings.environment)(variable);
            return found.ok_or_else(|| Failure::Usage(format!("the environment variable {variable} is not set")));
        }
        match &self.secret_file {
            Some(path) if path.as_os_str() != "-" => {
                let unreadable = |fault| Failure::Usage(format!("the secret file {}: {fault}", path.display()));
                read_secret(&mut File::open(path).map_err(unreadable)?)
            }
            _ => terminal.read_piped_secret(),
        }
    }
}
