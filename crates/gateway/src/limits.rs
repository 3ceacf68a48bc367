//! Every limit of the gateway, each with its reason. Nothing in this room waits, grows or queues without one.
//!
//! Limits slow a caller down or answer clearly; none of them locks a valid key out.

/// The limits in force. [`Limits::default`] is what the product runs with; tests make them small.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request's body. Arguments with a document inside fit; a flood does not.
    pub body_bytes_max: usize,
    /// Bytes up to which a body counts as small. Larger ones, and those of unknown size, take room.
    pub body_bytes_small: usize,
    /// Large bodies of one subject that may be coming in at once, and so the memory that one subject can hold.
    pub large_bodies_per_subject_max: u32,
    /// Large bodies that may be coming in at once in all.
    pub large_bodies_max: u32,
    /// Nesting of any JSON we read. Deeper than any schema or argument seen, far from the end of the stack.
    pub depth_max: usize,
    /// Milliseconds within which a request's body must have come in, so that slow senders hold no memory.
    pub body_ms_max: u64,
    /// Milliseconds for which the small body of somebody who is turned away may still come in.
    pub turned_away_ms_max: u64,
    /// Bytes of one message from an upstream. Results carry images and documents.
    pub message_bytes_max: usize,
    /// Bytes of all that an upstream sends in answer to one call.
    pub answer_bytes_max: usize,
    /// Milliseconds for connecting to an upstream, name look-up included.
    pub connect_ms_max: u64,
    /// Milliseconds for one step of getting to know an upstream (discover, initialize, one page of its list).
    pub handshake_ms_max: u64,
    /// Milliseconds for which an upstream may say nothing at all during a call.
    pub silence_ms_max: u64,
    /// Milliseconds for a whole call, however much progress it reports.
    pub call_ms_max: u64,
    /// Calls that one subject may have running. Agents fan out; beyond this something loops.
    pub running_per_subject_max: u32,
    /// Calls that may be running in all, so that memory has an end when every upstream hangs.
    pub running_max: u32,
    /// Open notification streams of one subject: one per connected client is usual.
    pub streams_per_subject_max: u32,
    /// Open notification streams in all.
    pub streams_max: u32,
    /// Legacy sessions of one key; beyond this the one unused for longest makes room.
    pub sessions_per_key_max: usize,
    /// Legacy sessions in all.
    pub sessions_max: usize,
    /// Milliseconds after which an unused legacy session ends. Desktop clients sleep over night.
    pub session_idle_ms_max: i64,
    /// Upstreams whose era we remember; beyond this those unused for longest are forgotten.
    pub upstreams_max: usize,
    /// Sessions we keep at one legacy upstream; beyond this the one unused for longest ends.
    pub upstream_sessions_max: usize,
    /// Milliseconds after which we end an unused session at a legacy upstream.
    pub upstream_session_idle_ms_max: u64,
    /// Processes that run as upstreams in all; beyond this the one unused for longest ends.
    pub processes_max: usize,
    /// Milliseconds for which a process that is to end may do so by itself.
    pub process_grace_ms_max: u64,
    /// Milliseconds for which a call waits for its turn at a process that has one at a time, and for which a process waits for
    /// whoever does not take what it says.
    pub turn_ms_max: u64,
    /// Tools on one page of a list. Real clients page, but many show only the first page well.
    pub page_tools_max: usize,
    /// Tools that are read from an upstream in all.
    pub probe_tools_max: usize,
    /// Milliseconds for which one integration's prompts or resources are waited for where those of all are listed: whoever
    /// lists them waits for the slowest.
    pub list_ms_max: u64,
    /// Integrations that are asked at the same time for one such list.
    pub lists_at_once_max: usize,
    /// Prompts or resources in one such list. What goes beyond would fill a client's memory before it was read.
    pub listed_max: usize,
    /// Milliseconds after which we listen anew to what an upstream says outside calls: by then it may be another server.
    pub listen_ms_max: u64,
    /// Upstreams that are listened to for one open stream of a client's.
    pub ears_per_stream_max: usize,
    /// Milliseconds before an upstream is listened to again that stopped talking; each time in a row twice as long, up to
    /// [`Limits::listen_again_ms_max`].
    pub listen_again_ms: u64,
    /// The longest of these waits. A server that is down for a day must not be asked all the time.
    pub listen_again_ms_max: u64,
    /// Resources that one client can want to hear of.
    pub subscriptions_max: usize,
    /// Calls that one upstream may have at once; it may be a small program on somebody's desk.
    pub upstream_running_max: u32,
    /// Of these, calls of one subject, so that nobody's loop takes them all.
    pub upstream_running_per_subject_max: u32,
    /// Calls that may wait until an upstream has room.
    pub upstream_queue_max: u32,
    /// Milliseconds for which they wait.
    pub upstream_queue_ms_max: u64,
    /// Milliseconds for which an upstream is not there before it is left alone. Those who call in the meantime wait for it.
    pub breaker_after_ms: u64,
    /// Milliseconds for which it is left alone first; each time twice as long, up to [`Limits::breaker_ms_max`].
    pub breaker_ms: u64,
    /// The longest for which it is left alone: by then somebody may have mended it, and waits.
    pub breaker_ms_max: u64,
    /// Milliseconds for which a call that has changed nothing is tried again where its upstream is not there. A restart takes some
    /// seconds, and a person waits for no more.
    pub recover_ms_max: u64,
    /// Milliseconds before it is tried again first; each time twice as long, up to a second.
    pub recover_ms: u64,
    /// How often a call that only reads is run again whose answer was lost.
    pub run_again_max: u32,
    /// Calls of one subject that may wait for answers to a question while nobody waits for them: each holds a stream.
    pub parked_per_subject_max: u32,
    /// Such calls in all.
    pub parked_max: u32,
    /// Milliseconds for which such a call waits. A person reads, thinks and types; a server that waits holds up others.
    pub parked_ms_max: u64,
    /// Milliseconds for which a second question is waited for after the first, so that both are asked at once.
    pub together_ms: u64,
    /// Requests that nobody or nothing can be blamed for and that are recorded, per organization and second;
    /// the others are counted in the next one's reason. Otherwise noise could fill the disk.
    pub noise_per_second_max: u32,
    /// Milliseconds between signs of life on an open stream; intermediaries cut silent ones after a minute.
    pub keep_alive_ms: u64,
    /// Milliseconds after which an answer that is not there yet becomes a stream, where the client takes one.
    pub stream_after_ms: u64,
    /// Messages of a call that wait for a slow client; beyond this the upstream is not read.
    pub queue_messages_max: usize,
    /// Questions that an upstream may ask during one call; each costs an answer.
    pub upstream_requests_max: u32,
    /// How often in a row the rest of an answer is asked for whose stream breaks off before anything has come.
    pub resumes_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 4 << 20,
            body_bytes_small: 64 << 10,
            large_bodies_per_subject_max: 32,
            large_bodies_max: 128,
            depth_max: 64,
            body_ms_max: 30_000,
            turned_away_ms_max: 1_000,
            message_bytes_max: 32 << 20,
            answer_bytes_max: 64 << 20,
            connect_ms_max: 10_000,
            handshake_ms_max: 15_000,
            silence_ms_max: 120_000,
            call_ms_max: 900_000,
            running_per_subject_max: 256,
            running_max: 8_192,
            streams_per_subject_max: 64,
            streams_max: 16_384,
            sessions_per_key_max: 64,
            sessions_max: 65_536,
            session_idle_ms_max: 24 * 3_600_000,
            upstreams_max: 10_000,
            upstream_sessions_max: 1_024,
            upstream_session_idle_ms_max: 15 * 60_000,
            processes_max: 128,
            process_grace_ms_max: 2_000,
            turn_ms_max: 60_000,
            page_tools_max: 500,
            probe_tools_max: 2_000,
            list_ms_max: 8_000,
            lists_at_once_max: 16,
            listed_max: 5_000,
            listen_ms_max: 12 * 3_600_000,
            ears_per_stream_max: 32,
            listen_again_ms: 1_000,
            listen_again_ms_max: 300_000,
            subscriptions_max: 1_000,
            upstream_running_max: 256,
            upstream_running_per_subject_max: 128,
            upstream_queue_max: 1_024,
            upstream_queue_ms_max: 5_000,
            breaker_after_ms: 8_000,
            breaker_ms: 1_000,
            breaker_ms_max: 30_000,
            recover_ms_max: 8_000,
            recover_ms: 50,
            run_again_max: 2,
            parked_per_subject_max: 16,
            parked_max: 2_048,
            parked_ms_max: 600_000,
            together_ms: 50,
            noise_per_second_max: 20,
            keep_alive_ms: 15_000,
            stream_after_ms: 5_000,
            queue_messages_max: 32,
            upstream_requests_max: 16,
            resumes_max: 8,
        }
    }
}
