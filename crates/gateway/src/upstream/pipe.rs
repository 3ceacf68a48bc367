//! What goes through the pipes of a process: messages in lines, each of a bounded length, and what it says to the log.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 << 10;
/// Bytes of a line that stand in the log, and of those that are looked at for it.
const LOGGED_BYTES_MAX: usize = 1 << 10;
const LOOKED_AT_BYTES_MAX: usize = 8 << 10;
/// Bytes of what one process says that stand in the log within a minute.
const LOGGED_PER_MINUTE_MAX: usize = 16 << 10;
const MINUTE: Duration = Duration::from_secs(60);

/// What was read.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Read {
    /// A line, without its end; and whether that is all of it.
    Line { is_whole: bool },
    /// There is no more.
    End,
}

/// Reads lines.
pub(super) struct Lines<R> {
    from: BufReader<R>,
    /// The line that was read last.
    pub(super) line: Vec<u8>,
    length_max: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(from: R, length_max: usize) -> Lines<R> {
        Lines { from: BufReader::with_capacity(CHUNK_BYTES, from), line: Vec::new(), length_max }
    }

    /// The next line. Of one that is too long the beginning is given, and the rest comes as a line of its own.
    pub(super) async fn next(&mut self) -> Read {
        // One that was large is not kept for those to come.
        self.line.clear();
        self.line.shrink_to(CHUNK_BYTES);
        loop {
            let Ok(Some(chunk)) = filled(&mut self.from).await else {
                return if self.line.is_empty() { Read::End } else { Read::Line { is_whole: false } };
            };
            let room = self.length_max.saturating_sub(self.line.len());
            let (taken, is_whole) = match chunk.iter().take(room.saturating_add(1)).position(|byte| *byte == b'\n') {
                Some(end) => (end, true),
                None => (chunk.len().min(room), false),
            };
            self.line.extend_from_slice(chunk.get(..taken).unwrap_or_default());
            self.from.consume(taken + usize::from(is_whole));
            if is_whole || taken == room {
                return Read::Line { is_whole };
            }
        }
    }
}

async fn filled<R: AsyncBufRead + Unpin>(from: &mut R) -> std::io::Result<Option<&[u8]>> {
    let chunk = from.fill_buf().await?;
    Ok((!chunk.is_empty()).then_some(chunk))
}

/// Writes each message as a line, until nothing is taken any more, or what was to be written by an end is.
pub(super) async fn write<W: AsyncWrite + Unpin>(
    mut to: W,
    mut messages: mpsc::Receiver<Bytes>,
    end: CancellationToken,
) {
    loop {
        let message = tokio::select! {
            biased;
            message = messages.recv() => message,
            () = end.cancelled() => return,
        };
        let Some(message) = message else { return };
        // What we write as JSON is one line.
        let written = async {
            to.write_all(&message).await?;
            to.write_all(b"\n").await?;
            to.flush().await
        };
        if written.await.is_err() {
            return;
        }
    }
}

/// Puts what a process says for people into the operator's log, as far as there is room, without its secret. All of it is read,
/// so that the process is not kept waiting.
pub(super) async fn log<R: AsyncRead + Unpin>(from: R, template: &str, secret: Option<&Zeroizing<String>>) {
    let mut lines = Lines::new(from, LOOKED_AT_BYTES_MAX);
    let (mut left, mut since, mut is_told) = (LOGGED_PER_MINUTE_MAX, Instant::now(), false);
    while lines.next().await != Read::End {
        if since.elapsed() >= MINUTE {
            (left, since, is_told) = (LOGGED_PER_MINUTE_MAX, Instant::now(), false);
        }
        let said = loggable(&lines.line, secret);
        match left.checked_sub(said.len().max(1)) {
            Some(rest) => {
                left = rest;
                tracing::info!(template, said, "a process says");
            }
            None if !is_told => {
                tracing::warn!(
                    template,
                    "a process says more than is logged; what more it says within a minute is left out"
                );
                is_told = true;
            }
            None => {}
        }
    }
}

/// A line as it may stand in the log.
pub(super) fn loggable(line: &[u8], secret: Option<&Zeroizing<String>>) -> String {
    let mut text = String::from_utf8_lossy(line).into_owned();
    if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), "[secret]");
    }
    let mut end = text.len().min(LOGGED_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().trim_end().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], length_max: usize) -> Vec<(String, bool)> {
        let mut lines = Lines::new(text, length_max);
        let mut read = Vec::new();
        while let Read::Line { is_whole } = lines.next().await {
            read.push((String::from_utf8(lines.line.clone()).unwrap(), is_whole));
        }
        read
    }

    #[tokio::test]
    async fn lines_are_cut_at_their_ends_and_none_is_longer_than_it_may_be() {
        let is = |text: &str, is_whole| (text.to_owned(), is_whole);
        assert_eq!(all(b"ab\n\ncd\r\n", 8).await, [is("ab", true), is("", true), is("cd\r", true)]);
        assert_eq!(all(b"abcd\nef\n", 4).await, [is("abcd", true), is("ef", true)]);
        assert_eq!(all(b"abcde\nf", 4).await, [is("abcd", false), is("e", true), is("f", false)]);
        let long = vec![b'x'; 3 * CHUNK_BYTES];
        let read = all(&long, 2 * CHUNK_BYTES).await;
        assert_eq!(read.iter().map(|(text, _)| text.len()).collect::<Vec<_>>(), [2 * CHUNK_BYTES, CHUNK_BYTES]);
    }

    #[test]
    fn what_is_logged_is_one_line_without_the_secret() {
        let secret = Zeroizing::new("s3cret".to_owned());
        assert_eq!(loggable(b"token s3cret \x1b[2J\xff\n", Some(&secret)), "token [secret] \\u{1b}[2J\u{fffd}");
        assert!(loggable(&vec![b'a'; 9_000], None).len() <= LOGGED_BYTES_MAX);
    }
}
