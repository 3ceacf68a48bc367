//! The log: lines on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::Fault;

/// Starts logging. Logs name people, keys and organizations by id and never hold a secret or an argument.
pub(crate) fn start(filter: &str) -> Result<(), Fault> {
    let filter = EnvFilter::try_new(filter).map_err(|error| Fault(format!("the setting log: {error}")))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A line that cannot be written is lost, and nothing else: complaining to the same place would panic.
        .log_internal_errors(false);
    // A file or a collector wants the words alone; at a terminal there are colours, where NO_COLOR does not say otherwise.
    let log = if std::io::stderr().is_terminal() { log } else { log.with_ansi(false) };
    log.try_init().map_err(|error| Fault::of("the log cannot be started", &error))
}
