//! The log: lines on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::Fault;

/// Starts logging. Logs name people, keys and organizations by id and never hold a secret or an argument.
pub(crate) fn start(filter: &str) -> Result<(), Fault> {
    let filter = EnvFilter::try_new(filter).map_err(|error| Fault(format!("the setting log: {error}")))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Colours are for a reader at a terminal; a file or a collector wants the words alone (https://no-color.org).
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()))
        // A line that cannot be written is lost, and nothing else: complaining to the same place would panic.
        .log_internal_errors(false)
        .try_init()
        .map_err(|error| Fault::of("the log cannot be started", &error))
}
