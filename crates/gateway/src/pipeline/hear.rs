//! What comes back for a call that went out, until its answer: what is passed on to the client on the way, and what the upstream
//! asks.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::mcp::session::{Answer, Asked};
use crate::message;
use crate::pipeline::call::Call;
use crate::pipeline::forward::{Ending, Over, Tally, Way, asking, sides, tell};
use crate::pipeline::guard::Guard;
use crate::pipeline::kind::Kind;
use crate::pipeline::limit::Slot;
use crate::pipeline::line::{Line, Said};
use crate::pipeline::{parked, state};
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

/// What has come back for a call.
pub(super) enum Came {
    /// Its end.
    Over(Over),
    /// A result that asks something of a client that is asked on the way.
    Asks(Map<String, Value>),
    /// Questions in the middle of the call, to a client that is asked by a result.
    Parks(Vec<Map<String, Value>>, Slot, Box<Answering>),
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
        let Some(session) = call.asks() else { return Ok(None) };
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
) -> Result<Came, Ending> {
    let limits = &call.gateway.upstreams.limits;
    let (asker, mut answers) = mpsc::channel(limits.upstream_requests_max as usize);
    let mut questions = Questions { asker, waiting: Vec::new(), count: 0, count_max: limits.upstream_requests_max };
    let (mut resumed, mut asked, mut slot) = (0, Vec::new(), None);
    loop {
        let ms = wait_ms(call, (!asked.is_empty(), !questions.waiting.is_empty()));
        let heard = async {
            tokio::select! {
                biased;
                next = answering.next() => Heard::Upstream(next),
                Some(answer) = answers.recv() => Heard::Client(answer),
            }
        };
        let heard = guard.run(tokio::time::timeout(Duration::from_millis(ms), heard)).await;
        tally.received_bytes = answering.received_bytes;
        let heard = match (heard?, slot.take()) {
            (Err(_), Some(slot)) => return Ok(Came::Parks(asked, slot, answering)),
            (heard, unused) => {
                slot = unused;
                heard.map_err(|_| Failure::Silent { ms })?
            }
        };
        let next = match heard {
            Heard::Upstream(next) => next,
            Heard::Client(answer) => {
                questions.waiting.retain(|(id, _)| *id != answer.id);
                tell(&call.gateway, way, "response", message::answer(&answer.id, answer.said));
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
            Inbound::Question(question) if call.request.dialect.is_modern() => {
                questions.count()?;
                slot = slot.or_else(|| parked::room(call));
                match slot {
                    Some(_) => asked.push(question),
                    None => tell(&call.gateway, way, "response", translate::declined(&question)),
                }
                None
            }
            Inbound::Question(question) => questions.put(call, question)?,
            Inbound::Asked(answer) => {
                questions.count()?;
                tell(&call.gateway, way, "response", answer);
                None
            }
            Inbound::Asks(mut result) => {
                call.gateway.aside(answering.run_out());
                if !call.request.dialect.is_modern() {
                    return Ok(Came::Asks(result));
                }
                state::mark(&call.gateway, (&call.caller, &call.aim), &mut result);
                return Ok(Came::Over(asking(call, result)));
            }
            Inbound::Final { message, status, detail } => {
                call.gateway.aside(answering.run_out());
                return Ok(Came::Over(Over::Answered { message, status, detail }));
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

/// Milliseconds for which the upstream may say nothing.
fn wait_ms<P: Ports>(call: &Call<P>, (has_asked, is_thought_about): (bool, bool)) -> u64 {
    let limits = &call.gateway.upstreams.limits;
    match call.aim.kind {
        _ if has_asked => limits.together_ms,
        Kind::Listen => limits.listen_ms_max,
        // While somebody thinks about an answer; the call as a whole has its end.
        _ if is_thought_about => limits.call_ms_max,
        _ => limits.silence_ms_max,
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
