//! The secret that an integration is reached with: read from a file, the environment or standard input, never from an
//! argument.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::terminal::{Terminal, read_secret};

/// How the integration's server is told that the organization may use it.
#[derive(Args)]
pub(crate) struct Credential {
    /// The server wants a bearer token
    #[arg(long, conflicts_with_all = ["header", "no_credential"])]
    bearer: bool,
    /// The server wants a secret in this header
    #[arg(long, value_name = "NAME", conflicts_with = "no_credential")]
    header: Option<String>,
    /// The server wants no secret
    #[arg(long, conflicts_with_all = ["secret_file", "secret_env"])]
    no_credential: bool,
    /// A file that holds the secret; `-` is standard input, which is also read where nothing else is named
    #[arg(long, value_name = "FILE", conflicts_with = "secret_env")]
    secret_file: Option<PathBuf>,
    /// An environment variable that holds the secret
    #[arg(long, value_name = "VARIABLE")]
    secret_env: Option<String>,
}

impl Credential {
    /// What the contract calls the credential, or nothing where none was spoken of.
    ///
    /// # Errors
    /// [`Failure::Usage`] where the secret is not to be found.
    pub(crate) fn read(&self, terminal: &mut Terminal<'_>) -> Result<Option<Value>, Failure> {
        if self.no_credential {
            return Ok(Some(json!({"kind": "none"})));
        }
        if !self.bearer && self.header.is_none() && self.secret_file.is_none() && self.secret_env.is_none() {
            return Ok(None);
        }
        let secret = self.read_secret(terminal)?;
        Ok(Some(match &self.header {
            Some(name) => json!({"kind": "header", "name": name, "secret": secret}),
            None => json!({"kind": "bearer", "secret": secret}),
        }))
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
