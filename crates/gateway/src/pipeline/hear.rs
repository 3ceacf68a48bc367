//! What comes back for a call that went out, until its answer: what is passed on to the client on the way, and what the upstream
//! asks.

use std::time::Duration;

use bytes::Bytes;
use domain::record::OutcomeStatus;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::mcp::session::{Answer, Asked};
use crate::message;
use crate::pipeline::call::Call;
use crate::pipeline::forward::{Ending, Over, Tally, Way, sides, tell};
use crate::pipeline::guard::Guard;
use crate::pipeline::line::{Line, Said};
use crate::pipeline::state;
use crate::ports::Ports;
use crate::upstream::endpoint::Route;
use crate::upstream::exchange::Answering;
use crate::upstream::failure::Failure;
use crate::upstream::translate::{self, Inbound};

/// What comes in while a call is under way.
enum Heard {
    Upstream(Result<Option<Value>, Failure>),
    Client(Answer),
}

/// The questions of an upstream during one call.
struct Questions {
    asker: mpsc::Sender<Answer>,
    /// Those that wait for their answers, by their ids at the upstream.
    waiting: Vec<(Value, Asked)>,
    count: u32,
    count_max: u32,
}

impl Questions {
    fn count(&mut self) -> Result<(), Failure> {
        self.count += 1;
        if self.count > self.count_max { Err(Failure::TooManyQuestions) } else { Ok(()) }
    }

    /// The question as the client is asked, which answers in its session; none where it could not.
    fn put<P: Ports>(&mut self, call: &Call<P>, mut question: Map<String, Value>) -> Result<Option<Bytes>, Failure> {
        self.count()?;
        let Some(session) = &call.session else { return Ok(None) };
        let ours = call.gateway.upstreams.next_id();
        let Some(theirs) = question.insert("id".to_owned(), ours.into()) else { return Ok(None) };
        self.waiting.push((theirs.clone(), session.ask(ours, theirs, self.asker.clone())));
        Ok(Some(message::whole(&Value::Object(question))))
    }
}

/// Passes on what comes, until the answer.
pub(super) async fn hear<P: Ports>(
    call: &Call<P>,
    guard: &mut Guard<'_, P>,
    line: &Line,
    (way, tally): (&Way, &mut Tally),
    mut answering: Box<Answering>,
) -> Result<Over, Ending> {
    let limits = &call.gateway.upstreams.limits;
    let (asker, mut answers) = mpsc::channel(limits.upstream_requests_max as usize);
    let mut questions = Questions { asker, waiting: Vec::new(), count: 0, count_max: limits.upstream_requests_max };
    let mut resumed = 0;
    loop {
        // While somebody thinks about an answer the upstream may be silent; the call as a whole has its end.
        let ms = if questions.waiting.is_empty() { limits.silence_ms_max } else { limits.call_ms_max };
        let heard = async {
            tokio::select! {
                biased;
                next = answering.next() => Heard::Upstream(next),
                Some(answer) = answers.recv() => Heard::Client(answer),
            }
        };
        let heard = guard.run(tokio::time::timeout(Duration::from_millis(ms), heard)).await;
        tally.received_bytes = answering.received_bytes;
        let next = match heard?.map_err(|_| Failure::Silent { ms })? {
            Heard::Upstream(next) => next,
            Heard::Client(answer) => {
                questions.waiting.retain(|(id, _)| *id != answer.id);
                tell(call, way, "response", message::answer(&answer.id, answer.said));
                continue;
            }
        };
        let message = match next {
            Ok(Some(message)) => message,
            Ok(None) | Err(Failure::Closed) if resumed < limits.resumes_max => {
                resumed += 1;
                resume(call, guard, way, &mut answering).await?;
                continue;
            }
            other => other?.ok_or(Failure::Closed)?,
        };
        resumed = 0;
        let passed = match translate::inbound(message, &sides(call, way))? {
            Inbound::Nothing => None,
            Inbound::Passed(message) => Some(message),
            Inbound::Question(question) => questions.put(call, question)?,
            Inbound::Asked(answer) => {
                questions.count()?;
                tell(call, way, "response", answer);
                None
            }
            Inbound::Asks(mut result) => {
                call.gateway.aside(answering.run_out());
                state::mark(&call.gateway, (&call.caller, &call.tool), &mut result);
                let message = message::result(&call.request.id, &Value::Object(result));
                let detail = Some("input-required".to_owned());
                return Ok(Over::Answered { message, status: OutcomeStatus::Succeeded, detail });
            }
            Inbound::Final { message, status, detail } => {
                call.gateway.aside(answering.run_out());
                return Ok(Over::Answered { message, status, detail });
            }
        };
        // A slow client slows its upstream, not our memory.
        if let Some(message) = passed
            && let Ok(place) = guard.run(line.queue.reserve()).await?
        {
            place.send(Said::Note(message));
        }
    }
}

/// Asks a legacy upstream for the rest of an answer whose stream has broken off, after the time that it names.
async fn resume<P: Ports>(
    call: &Call<P>,
    guard: &mut Guard<'_, P>,
    way: &Way,
    answering: &mut Answering,
) -> Result<(), Ending> {
    let resumption = answering.resumption().filter(|_| matches!(way.route, Route::Legacy(_))).ok_or(Failure::Closed)?;
    let upstreams = &call.gateway.upstreams;
    guard.run(tokio::time::sleep(Duration::from_millis(resumption.wait_ms))).await?;
    guard.check()?;
    let ms = upstreams.limits.handshake_ms_max;
    let asked = answering.resume(&upstreams.connection, &way.target, (&way.route, &way.showing.shown), resumption);
    guard.run(tokio::time::timeout(Duration::from_millis(ms), asked)).await?.map_err(|_| Failure::Silent { ms })??;
    Ok(())
}
