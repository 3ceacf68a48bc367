//! The line between a running call and the client that waits for it: a short queue, and a way to cut it.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use tokio::sync::{mpsc, oneshot};

use crate::limits::Limits;
use crate::message;
use crate::pipeline::answer;

/// What a call says to its client.
#[derive(Debug)]
pub(crate) enum Said {
    /// Something on the way.
    Note(Bytes),
    /// The end.
    Final(Final),
}

/// The end of a call, for the client.
#[derive(Clone, Debug)]
pub(crate) struct Final {
    pub(crate) status: StatusCode,
    pub(crate) message: Bytes,
    pub(crate) retry_after_s: Option<u64>,
}

impl Final {
    pub(crate) fn ok(message: Bytes) -> Final {
        Final { status: StatusCode::OK, message, retry_after_s: None }
    }
}

/// The call's end of the line.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) queue: mpsc::Sender<Said>,
    cut: oneshot::Sender<Final>,
}

/// The client's end of the line. Dropping it tells the call that nobody listens any more.
#[derive(Debug)]
pub(crate) struct Hearing {
    queue: mpsc::Receiver<Said>,
    cut: Option<oneshot::Receiver<Final>>,
}

/// A new line.
pub(crate) fn line(limits: &Limits) -> (Line, Hearing) {
    let (queue, heard) = mpsc::channel(limits.queue_messages_max);
    let (cut, cut_heard) = oneshot::channel();
    (Line { queue, cut }, Hearing { queue: heard, cut: Some(cut_heard) })
}

impl Line {
    /// Ends the call for the client, after what is in the queue.
    pub(crate) async fn end(self, end: Final) {
        // Where nobody listens any more there is nobody to tell.
        let _ = self.queue.send(Said::Final(end)).await;
    }

    /// Ends the call without a word: the client said that it wants none.
    pub(crate) fn hang_up(self) {}

    /// Ends the call for the client at once: what is in the queue is not delivered.
    pub(crate) fn cut(self, end: Final) {
        let _ = self.cut.send(end);
    }
}

impl Hearing {
    /// The end of a call of whose course nobody is told; none where it ended without a word.
    pub(crate) async fn end(mut self) -> Option<Final> {
        loop {
            match self.next().await? {
                Said::Note(_) => {}
                Said::Final(end) => return Some(end),
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Option<Said> {
        loop {
            let Some(cut) = &mut self.cut else { return self.queue.recv().await };
            tokio::select! {
                biased;
                end = cut => match end {
                    Ok(end) => return Some(Said::Final(end)),
                    // The call ended in its own time; what it said last may still be in the queue.
                    Err(_) => self.cut = None,
                },
                said = self.queue.recv() => return said,
            }
        }
    }
}

/// Waits for what the call says first and answers with one message or a stream, as it fits the client.
pub(crate) async fn respond(mut hearing: Hearing, takes_stream: bool, takes_json: bool, limits: &Limits) -> Response {
    let first = if takes_stream {
        match tokio::time::timeout(Duration::from_millis(limits.stream_after_ms), hearing.next()).await {
            Ok(Some(Said::Note(note))) => return stream(Some(note), hearing, limits),
            Ok(first) => first,
            Err(_) => return stream(None, hearing, limits),
        }
    } else {
        loop {
            match hearing.next().await {
                Some(Said::Note(_)) => {}
                first => break first,
            }
        }
    };
    let Some(Said::Final(end)) = first else {
        // A cancelled call gets no answer, but its HTTP request needs one.
        return if takes_stream { answer::stream(Body::empty()) } else { answer::empty(StatusCode::NO_CONTENT) };
    };
    let mut response = if takes_json {
        answer::json(end.status, end.message)
    } else {
        answer::stream(Body::from(message::event(&end.message)))
    };
    if let Some(seconds) = end.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The rest of a call as a stream. Signs of life tell everything in between that it is not dead.
fn stream(first: Option<Bytes>, hearing: Hearing, limits: &Limits) -> Response {
    let keep_alive = Duration::from_millis(limits.keep_alive_ms);
    let start = (first, Some(hearing));
    let events = futures_util::stream::unfold(start, move |(first, hearing)| async move {
        let mut hearing = hearing?;
        let event = match first {
            Some(first) => message::event(&first),
            None => match tokio::time::timeout(keep_alive, hearing.next()).await {
                Err(_) => Bytes::from_static(b":\n\n"),
                Ok(Some(Said::Note(note))) => message::event(&note),
                Ok(Some(Said::Final(end))) => {
                    return Some((Ok::<_, std::convert::Infallible>(message::event(&end.message)), (None, None)));
                }
                Ok(None) => return None,
            },
        };
        Some((Ok(event), (None, Some(hearing))))
    });
    answer::stream(Body::from_stream(events))
}
