//! What somebody has open: a long call and a stream that hears of changes, in each era of the protocol.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::doors::{InSession, without_session};
use super::stage::{Stage, Subject};
use crate::world::{lines_of, wait_for};

/// Within this time of the answer an open stream has ended.
const WITHIN: Duration = Duration::from_secs(1);

/// A stream that is read by a thread of its own.
struct Open {
    name: &'static str,
    is_call: bool,
    lines: Arc<AtomicUsize>,
    over: Arc<OnceLock<Instant>>,
}

/// The streams of one subject.
pub(super) struct Streams(Vec<Open>);

/// Which of somebody's streams a loss of rights ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ends {
    Nothing,
    /// The calls, while the key still hears of changes.
    Calls,
    Everything,
}

impl Streams {
    /// Opens one of each kind, and waits until each has begun.
    pub(super) fn open(stage: &Stage, subject: &Subject) -> Streams {
        let arguments = json!({ "steps": 10_000, "step_ms": 40 });
        let params = json!({ "name": "salesforce__bulk_export", "arguments": arguments,
            "_meta": { "progressToken": "p" } });
        let (mcp, session) = (without_session(stage, subject), InSession::begin(stage.firm.url(), &subject.key));
        let call = mcp.send("tools/call", Some("salesforce__bulk_export"), params.clone()).expect("an answer");
        let subscription = json!({ "notifications": { "toolsListChanged": true } });
        let subscribed = mcp.send("subscriptions/listen", None, subscription).expect("an answer");
        let opened = [
            ("a call", true, call),
            ("a call in a session", true, session.send("tools/call", params)),
            ("a subscription", false, subscribed),
            ("the stream of a session", false, session.listen()),
        ];
        let streams: Vec<Open> =
            opened.into_iter().map(|(name, is_call, answer)| Open::read(name, is_call, answer)).collect();
        for stream in &streams {
            wait_for(stream.name, || (stream.lines.load(Ordering::SeqCst) > 0).then_some(()));
        }
        Streams(streams)
    }

    /// Those that had to end, ended within a second of a moment; the others go on.
    pub(super) fn end(&self, ends: Ends, since: Instant) {
        for stream in &self.0 {
            if ends == Ends::Everything || (ends == Ends::Calls && stream.is_call) {
                let over = wait_for(stream.name, || stream.over.get().copied());
                let took = over.saturating_duration_since(since);
                assert!(took < WITHIN, "{} ended {took:?} after the answer", stream.name);
            } else if stream.is_call {
                let before = stream.lines.load(Ordering::SeqCst);
                wait_for(stream.name, || (stream.lines.load(Ordering::SeqCst) > before + 1).then_some(()));
            }
        }
        let kept = |stream: &&Open| match ends {
            Ends::Nothing => true,
            Ends::Calls => !stream.is_call,
            Ends::Everything => false,
        };
        for stream in self.0.iter().filter(kept) {
            assert!(stream.over.get().is_none(), "{} goes on", stream.name);
        }
    }
}

impl Open {
    fn read(name: &'static str, is_call: bool, answer: ureq::http::Response<ureq::Body>) -> Open {
        assert_eq!(answer.status().as_u16(), 200, "{name}: {answer:?}");
        let (lines, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(OnceLock::new()));
        let (heard, ended) = (lines.clone(), over.clone());
        std::thread::spawn(move || {
            for line in lines_of(answer.into_body()).map_while(Result::ok) {
                assert!(!line.contains("structuredContent"), "nothing of a result is released: {line}");
                // A call runs once it tells of its progress, a stream once it tells anything.
                if !is_call || line.contains("notifications/progress") {
                    heard.fetch_add(1, Ordering::SeqCst);
                }
            }
            ended.get_or_init(Instant::now);
        });
        Open { name, is_call, lines, over }
    }
}
