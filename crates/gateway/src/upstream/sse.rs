//! Reading a stream of server-sent events as its bytes come in, with a limit on each event.

use bytes::Bytes;

/// Takes bytes and gives the data of each event that is complete.
#[derive(Debug)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    after_cr: bool,
    at_start: bool,
    bytes_max: usize,
    /// The id of the last event that came in whole, and the one of the event that comes in.
    last_id: Option<Vec<u8>>,
    next_id: Option<Vec<u8>>,
    retry_ms: Option<u64>,
    /// What came in and was not looked at yet.
    rest: Bytes,
}

/// An event is larger than we take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TooLarge;

impl Decoder {
    pub(crate) fn new(bytes_max: usize) -> Decoder {
        Decoder {
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            after_cr: false,
            at_start: true,
            bytes_max,
            last_id: None,
            next_id: None,
            retry_ms: None,
            rest: Bytes::new(),
        }
    }

    /// The id of the last event that came in whole, by which the stream can be gone on with elsewhere; none where there is none.
    pub(crate) fn last_id(&self) -> Option<&[u8]> {
        self.last_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The milliseconds after which to ask for the rest of a stream that broke, where the other side said so.
    pub(crate) fn retry_ms(&self) -> Option<u64> {
        self.retry_ms
    }

    /// What comes in from now on is the rest of a stream that broke off; what had come in half comes again.
    pub(crate) fn begin_again(&mut self) {
        let (last_id, retry_ms) = (self.last_id.take(), self.retry_ms);
        *self = Decoder { last_id, retry_ms, ..Decoder::new(self.bytes_max) };
    }

    /// Hands in what came in. All of what came before must have been taken.
    pub(crate) fn feed(&mut self, bytes: Bytes) {
        debug_assert!(self.rest.is_empty(), "bytes were handed in before the last ones were taken");
        self.rest = bytes;
    }

    /// The data of the next complete event that has any, or nothing until more comes in.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, TooLarge> {
        loop {
            // CR, LF and CR LF all end one line, and the two of a pair may come in different pieces.
            if !self.rest.is_empty() && std::mem::take(&mut self.after_cr) && self.rest.first() == Some(&b'\n') {
                let _ = self.rest.split_to(1);
            }
            let Some(end) = self.rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                self.line.extend_from_slice(&self.rest);
                self.rest = Bytes::new();
                return if self.line.len() + self.data.len() > self.bytes_max { Err(TooLarge) } else { Ok(None) };
            };
            let piece = self.rest.split_to(end);
            let stop = self.rest.split_to(1);
            self.after_cr = stop.first() == Some(&b'\r');
            self.line.extend_from_slice(&piece);
            if self.line.len() + self.data.len() > self.bytes_max {
                return Err(TooLarge);
            }
            if let Some(event) = self.end_of_line() {
                return Ok(Some(event));
            }
        }
    }

    fn end_of_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| self.at_start).unwrap_or(&line);
        self.at_start = false;
        if line.is_empty() {
            self.last_id = self.next_id.take().or(self.last_id.take());
            let event = std::mem::take(&mut self.data);
            let whole = std::mem::take(&mut self.has_data) && !event.is_empty();
            return whole.then_some(event);
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (line.get(..colon)?, line.get(colon + 1..)?),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"id" if !value.contains(&0) => self.next_id = Some(value.to_vec()),
            b"retry" if value.iter().all(u8::is_ascii_digit) => {
                self.retry_ms = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(pieces: &[&[u8]]) -> Vec<String> {
        let mut decoder = Decoder::new(1_000);
        let mut events = Vec::new();
        for piece in pieces {
            decoder.feed(Bytes::copy_from_slice(piece));
            while let Some(event) = decoder.next().unwrap() {
                events.push(String::from_utf8(event).unwrap());
            }
        }
        events
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        assert_eq!(decode(&[b"data: a\n\n"]), ["a"]);
        assert_eq!(decode(&[b"\xef\xbb\xbfdata:a\r\ndata: b\r\n\r\n"]), ["a\nb"]);
        assert_eq!(decode(&[b": comment\nevent: x\nid: 1\nretry: 5\ndata:  a\r\rdata: b"]), [" a"]);
        assert_eq!(decode(&[b"id: 0\ndata:\n\ndata: a\n\n\n\n"]), ["a"]);
        assert_eq!(decode(&[b"data\ndatax: no\ndata: a\n\n"]), ["\na"]);
    }

    #[test]
    fn the_last_id_and_the_time_to_wait_are_those_that_were_said_last_and_soundly() {
        let mut decoder = Decoder::new(1_000);
        assert_eq!((decoder.last_id(), decoder.retry_ms()), (None, None));
        let text = "id: a\nretry: 500\ndata:\n\nid: b\0\nretry: -1\nretry: 1.5\n\n";
        decoder.feed(Bytes::from_static(text.as_bytes()));
        assert_eq!(decoder.next(), Ok(None));
        assert_eq!((decoder.last_id(), decoder.retry_ms()), (Some(&b"a"[..]), Some(500)));
        decoder.feed(Bytes::from_static(b"id: c\ndata: half"));
        assert_eq!(decoder.next(), Ok(None));
        assert_eq!(decoder.last_id(), Some(&b"a"[..]), "what came in half is asked for again");
        decoder.feed(Bytes::from_static(b"\n\nid\n\n"));
        assert!(decoder.next().unwrap().is_some());
        assert_eq!(decoder.last_id(), Some(&b"c"[..]));
        assert_eq!(decoder.next(), Ok(None));
        assert_eq!(decoder.last_id(), None, "an empty id takes the last one back");
    }

    #[test]
    fn an_event_without_end_does_not_grow_for_ever() {
        let mut decoder = Decoder::new(10);
        decoder.feed(Bytes::from_static(b"data: 12345678901"));
        assert_eq!(decoder.next(), Err(TooLarge));
        let mut decoder = Decoder::new(10);
        decoder.feed(Bytes::from_static(b"data: 1234\ndata: 1234\ndata: 1234\n"));
        assert_eq!(decoder.next(), Err(TooLarge));
    }

    proptest! {
        #[test]
        fn the_pieces_in_which_it_comes_make_no_difference(
            text in "(data: ?[a-c]{0,3}|: x|id: 1|)((\r\n|\n|\r)(data: ?[a-c]{0,3}|: x|)){0,12}(\r\n|\n|\r)",
            cuts in proptest::collection::vec(0usize..80, 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(decode(&pieces), decode(&[bytes]));
        }
    }
}
