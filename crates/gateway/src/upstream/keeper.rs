//! Who watches over one process: writes to it, hears what it writes and hands that out, and ends it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::io::AsyncRead;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::json;
use crate::limits::Limits;
use crate::message::{self, Fault, code};
use crate::upstream::child::{Child, Ended, Told, Waiting};
use crate::upstream::failure::Failure;
use crate::upstream::pipe::{self, Lines, Read};
use crate::upstream::process::{Pipes, Process};
use crate::upstream::template::Template;

/// Milliseconds for which what is left in the pipe of a process that has ended is read.
const REST_MS_MAX: u64 = 1_000;
/// Milliseconds for which the end of a process is waited for that has closed its output.
const EXIT_MS_MAX: u64 = 500;

/// What a keeper keeps.
pub(super) struct Kept {
    pub(super) child: Arc<Child>,
    pub(super) template: Arc<Template>,
    pub(super) secret: Option<Zeroizing<String>>,
    pub(super) written: mpsc::Receiver<Bytes>,
    pub(super) limits: Limits,
    /// Its place among the processes that may run.
    pub(super) room: OwnedSemaphorePermit,
}

/// How hearing came to its end.
enum Heard {
    /// It writes no more.
    Closed,
    /// It writes what is not borne.
    TooMuch(String),
}

/// Keeps a process until it ends.
pub(super) async fn keep(mut process: Process, pipes: Pipes, kept: Kept) {
    let Kept { child, template, secret, written, limits, room } = kept;
    let name = template.name.as_str();
    let mut saying = Box::pin(async {
        pipe::log(pipes.stderr, name, secret.as_ref()).await;
        std::future::pending::<Infallible>().await
    });
    let end = CancellationToken::new();
    let mut writing = Box::pin(pipe::write(pipes.stdin, written, end.clone()));
    let mut hearing = Box::pin(hear(&child, pipes.stdout, &template, &limits));
    let ended = tokio::select! {
        never = &mut saying => match never {},
        heard = &mut hearing => match heard {
            Heard::TooMuch(why) => Ended { why, is_ours: false },
            Heard::Closed => exited(&mut process, "it closed its output").await,
        },
        () = &mut writing => {
            rest(&mut hearing).await;
            exited(&mut process, "it closed its input").await
        }
        why = process.ended() => {
            rest(&mut hearing).await;
            Ended { why, is_ours: false }
        }
        () = child.unused(Duration::from_millis(template.limits.idle_ms_max)) => {
            Ended { why: "nobody used it".to_owned(), is_ours: true }
        }
    };
    if ended.is_ours {
        tracing::debug!(template = name, "a process is ended, since nobody uses it");
    } else {
        tracing::warn!(template = name, why = ended.why, "a process has ended by itself, or had to be ended");
    }
    let grace = Duration::from_millis(if ended.is_ours { limits.process_grace_ms_max } else { 0 });
    let is_ours = ended.is_ours;
    child.over(ended);
    if is_ours {
        end.cancel();
        // What was said to it last, such as that a call is given up, it is still told.
        let _ = tokio::time::timeout(Duration::from_millis(EXIT_MS_MAX), &mut writing).await;
    }
    drop((hearing, writing));
    // What it says as it ends is still of interest, and is no reason for it to wait.
    tokio::select! {
        () = process.end(grace) => {}
        never = &mut saying => match never {},
    }
    drop(room);
}

/// What it wrote before its end is still to be had, unless something that it started holds the pipe open.
async fn rest(hearing: impl Future<Output = Heard>) {
    // It ends in either way.
    let _ = tokio::time::timeout(Duration::from_millis(REST_MS_MAX), hearing).await;
}

/// How it ended, if it has; else what it did.
async fn exited(process: &mut Process, otherwise: &str) -> Ended {
    let exit = tokio::time::timeout(Duration::from_millis(EXIT_MS_MAX), process.ended()).await;
    Ended { why: exit.unwrap_or_else(|_| otherwise.to_owned()), is_ours: false }
}

async fn hear<R: AsyncRead + Unpin>(child: &Child, from: R, template: &Template, limits: &Limits) -> Heard {
    let mut lines = Lines::new(from, limits.message_bytes_max);
    let output_bytes_max = template.limits.output_bytes_max.min(limits.answer_bytes_max);
    let (mut spare_bytes, mut is_noise_told) = (output_bytes_max, false);
    loop {
        let is_whole = match lines.next().await {
            Read::Line { is_whole } => is_whole,
            Read::End => return Heard::Closed,
        };
        if !is_whole && lines.line.len() >= limits.message_bytes_max {
            return Heard::TooMuch(format!("it wrote a message of more than {} bytes", limits.message_bytes_max));
        }
        let line = lines.line.trim_ascii();
        let bytes = line.len();
        let taken = match read(line, limits.depth_max) {
            Message::Nothing => {
                if bytes > 0 && !is_noise_told {
                    tracing::warn!(template = %template.name, "a process writes what is no message where messages belong");
                    is_noise_told = true;
                }
                false
            }
            Message::Broken { id, why } => {
                tracing::warn!(template = %template.name, why, "a process wrote a message that cannot be read");
                hand_out(child, blamed(child, id), Err(Failure::Garbled(why)), limits).await
            }
            Message::Sound(members) => match whose(child, &members) {
                Whose::Answer(id) => {
                    spare_bytes = output_bytes_max;
                    let (call, what) = charged(child, (id, true), (members, bytes));
                    hand_out(child, call, what, limits).await
                }
                Whose::Call(id) => {
                    let (call, what) = charged(child, (id, false), (members, bytes));
                    hand_out(child, call, what, limits).await
                }
                Whose::Ours(answer) => {
                    child.say(answer);
                    false
                }
                Whose::Nobodys => false,
            },
        };
        if taken {
            child.calls().heard = Some(tokio::time::Instant::now());
            continue;
        }
        match spare_bytes.checked_sub(bytes.max(1)) {
            Some(rest) => spare_bytes = rest,
            None => {
                return Heard::TooMuch(format!("it wrote more than {output_bytes_max} bytes that belong to no call"));
            }
        }
    }
}

enum Message {
    /// What cannot even be meant as a message.
    Nothing,
    /// What is meant as one and is none, with the id that it seems to have.
    Broken {
        id: Option<u64>,
        why: String,
    },
    Sound(Map<String, Value>),
}

fn read(line: &[u8], depth_max: usize) -> Message {
    if !matches!(line.first(), Some(b'{' | b'[')) {
        return Message::Nothing;
    }
    /// Enough to know which call failed; nothing of it is used for anything else.
    #[derive(Deserialize)]
    struct Blamed {
        id: Option<u64>,
    }
    let id = || serde_json::from_slice::<Blamed>(line).ok().and_then(|blamed| blamed.id);
    match json::parse(line, depth_max) {
        Ok(Value::Object(members)) => Message::Sound(members),
        Ok(_) => Message::Broken { id: None, why: "a message is not an object".to_owned() },
        Err(fault) => Message::Broken { id: id(), why: fault.to_string() },
    }
}

/// The call that a broken message was for: the one that it names, else the one that is under way, where it is one alone.
fn blamed(child: &Child, id: Option<u64>) -> Option<(u64, Waiting)> {
    let mut calls = child.calls();
    let id = id.filter(|id| calls.under_way.contains_key(id)).or_else(|| alone(&calls.under_way))?;
    calls.under_way.remove(&id).map(|call| (id, call))
}

fn alone<T>(under_way: &std::collections::HashMap<u64, T>) -> Option<u64> {
    let mut ids = under_way.keys();
    ids.next().copied().filter(|_| ids.next().is_none())
}

/// To whom a message goes.
enum Whose {
    /// It ends this call.
    Answer(u64),
    /// It is about this call, which goes on.
    Call(u64),
    /// We answer it ourselves.
    Ours(Bytes),
    Nobodys,
}

fn whose(child: &Child, members: &Map<String, Value>) -> Whose {
    let calls = child.calls();
    let is_under_way = |id: &u64| calls.under_way.contains_key(id);
    let of_the_one = || alone(&calls.under_way).map_or(Whose::Nobodys, Whose::Call);
    let id = members.get("id").filter(|id| !id.is_null());
    match (members.get("method").and_then(Value::as_str), id) {
        (Some("notifications/progress"), None) => {
            let token = members.get("params").and_then(|params| params.get("progressToken")).and_then(Value::as_u64);
            token.filter(is_under_way).map_or(Whose::Nobodys, Whose::Call)
        }
        (Some("notifications/message"), None) => of_the_one(),
        (Some(_), None) => Whose::Nobodys,
        (Some("ping"), Some(id)) => Whose::Ours(message::result(id, &json!({}))),
        (Some(_), Some(_)) if child.takes_turns() && !calls.under_way.is_empty() => of_the_one(),
        (Some(_), Some(id)) => Whose::Ours(Fault::new(code::METHOD_NOT_FOUND, "Method not found").to_bytes(Some(id))),
        (None, Some(id)) => id.as_u64().filter(is_under_way).map_or(Whose::Nobodys, Whose::Answer),
        // One that could not read our id may answer with an error that has none.
        (None, None) if members.contains_key("error") => alone(&calls.under_way).map_or(Whose::Nobodys, Whose::Answer),
        (None, None) => Whose::Nobodys,
    }
}

/// What a call is handed out, and the call, which is over where that is its answer or more than it may get.
fn charged(
    child: &Child,
    (id, is_answer): (u64, bool),
    (members, bytes): (Map<String, Value>, usize),
) -> (Option<(u64, Waiting)>, Told) {
    let mut calls = child.calls();
    let left = calls.under_way.get_mut(&id).map(|call| {
        let left = call.bytes_left.checked_sub(bytes);
        call.bytes_left = left.unwrap_or_default();
        left
    });
    let is_too_much = left == Some(None);
    let call = if is_answer || is_too_much { calls.under_way.remove(&id) } else { calls.under_way.get(&id).cloned() };
    drop(calls);
    if is_too_much && child.takes_turns() {
        child.retire();
    }
    let what = if is_too_much { Err(Failure::TooLarge) } else { Ok((Value::Object(members), bytes)) };
    (call.map(|call| (id, call)), what)
}

/// Hands something out to a call that waits. A call that does not take it in time is given up, so that others need not wait.
async fn hand_out(child: &Child, call: Option<(u64, Waiting)>, what: Told, limits: &Limits) -> bool {
    let Some((id, call)) = call else { return false };
    let taken = call.to.send_timeout(what, Duration::from_millis(limits.turn_ms_max)).await.is_ok();
    if !taken {
        child.calls().under_way.remove(&id);
    }
    taken
}
