//! Why a command did not do what was asked: what the person reads, and what a script reads as exit code.
//!
//! It never rewords what the server said; it only lays it out.

use std::io;

use serde_json::Value;

use crate::field::{names, plain, text_if_any};
use crate::terminal::Terminal;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked wrongly: exit code 2.
    Usage(String),
    /// The server answered with a problem document: exit code 1.
    Refused {
        /// The HTTP status of the answer.
        status: u16,
        /// The problem document as it came.
        problem: Value,
    },
    /// Nothing was changed, as it was asked: the impact of the change. Exit code 0.
    Previewed(Value),
    /// The answer was printed, and it is a no: exit code 1.
    AnsweredNo,
    /// No server was reached, or it does not answer as Wardroom does: exit code 3.
    Unreached(String),
    /// What was to be shown or read here could not be: exit code 2, or 0 where the reader just left (`| head`).
    Local(io::Error),
}

impl From<io::Error> for Failure {
    fn from(fault: io::Error) -> Failure {
        Failure::Local(fault)
    }
}

impl Failure {
    /// 1 refused or denied, 2 asked wrongly, 3 not reached.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Previewed(_) => 0,
            Failure::Refused { .. } | Failure::AnsweredNo => 1,
            Failure::Unreached(_) => 3,
            Failure::Local(fault) if fault.kind() == io::ErrorKind::BrokenPipe => 0,
            Failure::Local(_) => 2,
        }
    }

    /// Says it on stderr; a problem document as it came where JSON was asked for.
    pub(crate) fn tell(&self, terminal: &mut Terminal<'_>) -> io::Result<()> {
        match self {
            Failure::Usage(sentence) => writeln!(terminal.err, "error: {}", plain(sentence)),
            Failure::Unreached(sentence) => writeln!(terminal.err, "not reached: {}", plain(sentence)),
            Failure::Previewed(impact) if terminal.json => writeln!(terminal.out, "{impact}"),
            Failure::Previewed(impact) => write!(terminal.out, "{}", lay_out_impact(impact)),
            Failure::Refused { problem, .. } if terminal.json => writeln!(terminal.err, "{problem}"),
            Failure::Refused { status, problem } => write!(terminal.err, "{}", lay_out(*status, problem)),
            Failure::AnsweredNo => Ok(()),
            Failure::Local(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Failure::Local(fault) => writeln!(terminal.err, "error: {fault}"),
        }
    }
}

/// What a change would do, and how to make just that change.
fn lay_out_impact(impact: &Value) -> String {
    let mut lines = String::from("nothing was changed; this is what the change would do:\n");
    for line in impact.pointer("/summary").and_then(Value::as_array).into_iter().flatten() {
        lines.push_str(&format!("  {}\n", plain(line.as_str().unwrap_or_default())));
    }
    if let Some(seq) = impact.pointer("/seq").and_then(Value::as_u64) {
        lines.push_str(&format!("to make it while nothing else has changed: the same command with --if-at {seq}\n"));
    }
    lines
}

/// A problem document for people: the sentence, the field at fault, why, what helps, whom to ask.
fn lay_out(status: u16, problem: &Value) -> String {
    let kind = match status {
        401 | 403 => "denied",
        404 => "not found",
        400..500 => "refused",
        _ => "failed",
    };
    let sentence = text_if_any(problem, "/detail").or_else(|| text_if_any(problem, "/title"));
    let mut lines = format!("{kind}: {}\n", sentence.unwrap_or_else(|| format!("the server answered {status}")));
    let asked = names(problem, "/ask");
    let rest = [
        ("field", text_if_any(problem, "/field")),
        ("because", text_if_any(problem, "/because")),
        ("what helps", text_if_any(problem, "/remedy")),
        ("who can help", if asked.is_empty() { None } else { Some(asked) }),
    ];
    for (label, told) in rest {
        if let Some(told) = told {
            lines.push_str(&format!("  {label}: {told}\n"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_laid_out_with_field_reason_remedy_and_whom_to_ask() {
        let problem = json!({
            "title": "Denied", "status": 403, "detail": "you may not make anyone admin", "field": "role",
            "because": "only owners may", "remedy": "ask an owner", "ask": ["Ada Example", "Ben Example"],
        });
        assert_eq!(
            lay_out(403, &problem),
            "denied: you may not make anyone admin\n  field: role\n  because: only owners may\n  \
             what helps: ask an owner\n  who can help: Ada Example, Ben Example\n"
        );
    }

    #[test]
    fn a_problem_without_details_still_says_what_happened() {
        assert_eq!(lay_out(409, &json!({"title": "Last owner"})), "refused: Last owner\n");
        assert_eq!(lay_out(500, &json!({})), "failed: the server answered 500\n");
    }

    #[test]
    fn an_answer_cannot_drive_the_terminal() {
        let told = lay_out(404, &json!({"detail": "no tool \u{1b}[2Jhere"}));
        assert!(!told.contains('\u{1b}'), "{told:?}");
    }
}
