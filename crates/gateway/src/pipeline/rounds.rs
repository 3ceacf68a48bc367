//! The questions of a modern upstream to a client of the legacy era. The one answers a call with what it asks, and is called again
//! with the answers; the other is asked on the stream of its call, and answers in its session.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::message;
use crate::pipeline::call::Call;
use crate::pipeline::forward::Ending;
use crate::pipeline::guard::Guard;
use crate::pipeline::line::{Line, Said};
use crate::ports::Ports;
use crate::upstream::failure::Failure;

/// What an upstream is told with a call besides what the client said.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Answers to what it has asked.
    pub(super) answers: Option<Map<String, Value>>,
    /// What it wants to be told again.
    pub(super) state: Option<String>,
    /// Questions so far.
    asked: u32,
}

impl Round {
    /// The first, with what the client brought.
    pub(super) fn first(answers: Option<Map<String, Value>>, state: Option<String>) -> Round {
        Round { answers, state, asked: 0 }
    }

    /// Asks the client all that a result asks, and waits for the answers.
    pub(super) async fn next<P: Ports>(
        self,
        call: &Call<P>,
        guard: &mut Guard<'_, P>,
        line: &Line,
        mut result: Map<String, Value>,
    ) -> Result<Round, Ending> {
        let limits = &call.gateway.upstreams.limits;
        let session = call.asks().ok_or(Failure::AskedBack)?;
        let state = match result.remove("requestState") {
            Some(Value::String(state)) => Some(state),
            _ => None,
        };
        let Some(Value::Object(questions)) = result.remove("inputRequests").or_else(|| Some(json!({}))) else {
            return Err(Failure::AskedBack.into());
        };
        // One that only wants to be told again counts as well, or it could go on for ever.
        let count = u32::try_from(questions.len().max(1)).unwrap_or(u32::MAX);
        let asked = self.asked.saturating_add(count);
        if asked > limits.upstream_requests_max {
            return Err(Failure::TooManyQuestions.into());
        }
        let (asker, mut heard) = mpsc::channel(questions.len().max(1));
        let mut waiting = Vec::new();
        for (name, question) in questions {
            let Value::Object(question) = question else { continue };
            let ours = call.gateway.upstreams.next_id();
            waiting.push((Value::from(name.as_str()), session.ask(ours, name.into(), asker.clone())));
            let mut message = Map::from_iter([("jsonrpc".to_owned(), "2.0".into()), ("id".to_owned(), ours.into())]);
            message.extend(question);
            if let Ok(place) = guard.run(line.queue.reserve()).await? {
                place.send(Said::Note(message::whole(&Value::Object(message))));
            }
        }
        let mut answers = Map::new();
        while !waiting.is_empty() {
            let answer =
                guard.run(tokio::time::timeout(Duration::from_millis(limits.call_ms_max), heard.recv())).await?;
            let answer = answer.ok().flatten().ok_or(Failure::AskedBack)?;
            waiting.retain(|(name, _)| *name != answer.id);
            let mut said = answer.said;
            match (answer.id, said.remove("result")) {
                (Value::String(name), Some(result)) => answers.insert(name, result),
                _ => return Err(Failure::NotAnswered.into()),
            };
        }
        Ok(Round { answers: Some(answers).filter(|answers| !answers.is_empty()), state, asked })
    }
}
