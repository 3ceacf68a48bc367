//! The person at the other end: where answers and errors go, how a question is asked, and what this process can find
//! out about its surroundings.
//!
//! Everything that differs between a test and a real terminal is here, and nothing here knows a noun.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::failure::Failure;

/// A secret read from a file or a pipe is at most this long.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// Reads an environment variable.
type Environment = Box<dyn Fn(&str) -> Option<String>>;

/// What this process can find out and do besides printing.
pub(crate) struct Surroundings {
    /// Standard input.
    pub(crate) input: Box<dyn BufRead>,
    /// Whether a person can answer a question there.
    pub(crate) is_interactive: bool,
    /// Reads an environment variable; empty ones count as absent.
    pub(crate) environment: Environment,
    /// The present.
    pub(crate) clock: Box<dyn Fn() -> Timestamp>,
    /// Waits that long; false says not to go on.
    pub(crate) pause: Box<dyn FnMut(Duration) -> bool>,
}

impl Surroundings {
    #[expect(
        clippy::disallowed_methods,
        reason = "the terminal client is a program of its own: its key comes from its user's environment, and a \
                  server asked over HTTP gives nothing to wait for"
    )]
    pub(crate) fn of_this_process() -> Surroundings {
        Surroundings {
            input: Box::new(io::BufReader::new(io::stdin())),
            is_interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
            environment: Box::new(|name| std::env::var(name).ok().filter(|value| !value.is_empty())),
            clock: Box::new(Timestamp::now),
            pause: Box::new(|time| {
                std::thread::sleep(time);
                true
            }),
        }
    }
}

/// Where a command prints and asks.
pub(crate) struct Terminal<'a> {
    /// For answers.
    pub(crate) out: &'a mut dyn Write,
    /// For errors, notes and questions.
    pub(crate) err: &'a mut dyn Write,
    pub(crate) surroundings: &'a mut Surroundings,
    /// Answers are to be the server's JSON, one document a line.
    pub(crate) json: bool,
    /// Questions are answered with yes.
    pub(crate) yes: bool,
}

impl<'a> Terminal<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, err: &'a mut dyn Write, surroundings: &'a mut Surroundings) -> Self {
        Terminal { out, err, surroundings, json: false, yes: false }
    }

    /// Prints an answer: the server's JSON where that was asked for, else what `lay_out` makes of it.
    pub(crate) fn answer(&mut self, value: &Value, lay_out: impl FnOnce(&Value) -> String) -> Result<(), Failure> {
        if self.json {
            writeln!(self.out, "{value}")?;
        } else {
            write!(self.out, "{}", lay_out(value))?;
        }
        self.out.flush()?;
        Ok(())
    }

    /// Prints something beside the answer.
    pub(crate) fn note(&mut self, sentence: &str) -> Result<(), Failure> {
        writeln!(self.err, "{sentence}")?;
        Ok(())
    }

    /// Asks before something that cannot be taken back; `--yes` answers it.
    ///
    /// # Errors
    /// [`Failure::Usage`] where the answer is no, or nobody is there to give one.
    pub(crate) fn confirm(&mut self, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !self.surroundings.is_interactive {
            return Err(Failure::Usage(format!("nobody can be asked here: {question} Add --yes if so")));
        }
        write!(self.err, "{question} [y/N] ")?;
        self.err.flush()?;
        let mut answer = String::new();
        self.surroundings.input.read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::Usage("nothing was done".to_owned())),
        }
    }

    /// Reads all of standard input as one secret.
    ///
    /// # Errors
    /// [`Failure::Usage`] where a person would have to type it, which would show it.
    pub(crate) fn read_piped_secret(&mut self) -> Result<String, Failure> {
        if self.surroundings.is_interactive {
            let sentence = "give the secret with --secret-file, with --secret-env, or on standard input";
            return Err(Failure::Usage(sentence.to_owned()));
        }
        read_secret(&mut self.surroundings.input)
    }
}

/// Reads a secret up to the end, without the white space around it.
///
/// # Errors
/// [`Failure::Usage`] where there is none, or far too much.
pub(crate) fn read_secret(source: &mut dyn Read) -> Result<String, Failure> {
    let mut text = String::new();
    source.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > SECRET_BYTES_MAX {
        return Err(Failure::Usage(format!("a secret of more than {SECRET_BYTES_MAX} bytes is not taken")));
    }
    match text.trim() {
        "" => Err(Failure::Usage("the secret is empty".to_owned())),
        secret => Ok(secret.to_owned()),
    }
}
