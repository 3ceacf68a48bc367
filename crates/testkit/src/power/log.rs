//! Reads what the recorder wrote. The layout of an entry is stated in `recorder.c`.

const MAGIC: u32 = 0x5257_4f50;
const HEAD: usize = 32;

/// One thing that the process did, in the order in which it did them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry<'l> {
    /// The file's number in the file system.
    pub(crate) file: u64,
    pub(crate) what: What<'l>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What<'l> {
    /// A file that was not there is there now.
    Made {
        name: &'l str,
    },
    /// A file that was there is used.
    Opened {
        name: &'l str,
    },
    Write {
        at: usize,
        bytes: &'l [u8],
    },
    Length {
        length: usize,
    },
    /// A flush of a file or of the folder began.
    SyncBegin {
        number: u64,
    },
    /// It ended, and was answered as done.
    SyncEnd {
        number: u64,
    },
    Unlink {
        name: &'l str,
    },
    Rename {
        from: &'l str,
        to: &'l str,
    },
}

/// A kill ends a write between two pages of the system's memory (generic_perform_write of Linux).
const PAGE: usize = 4096;

impl<'l> Entry<'l> {
    /// What may have been done of it when the process was killed in the middle of it: the beginnings of a write, up to
    /// each end of a page.
    pub(crate) fn beginnings(self) -> impl Iterator<Item = Entry<'l>> {
        let (at, bytes) = match self.what {
            What::Write { at, bytes } => (at, bytes),
            _ => (0, &[][..]),
        };
        let first = PAGE - at % PAGE;
        let ends = (first..bytes.len()).step_by(PAGE);
        ends.map(move |end| Entry { file: self.file, what: What::Write { at, bytes: &bytes[..end] } })
    }
}

/// Reads the entries; the last may have been torn by a kill, and then was never followed by its change.
pub(crate) fn read(mut log: &[u8]) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    while log.len() >= HEAD {
        let (head, rest) = log.split_at(HEAD);
        let number = |place: usize| u64::from_ne_bytes(head[place..place + 8].try_into().expect("eight bytes"));
        let half = |place: usize| u32::from_ne_bytes(head[place..place + 4].try_into().expect("four bytes"));
        assert_eq!(half(0), MAGIC, "the log of the recorder is not one");
        let size = usize::try_from(number(24)).expect("a size");
        if rest.len() < size {
            break;
        }
        let (payload, next) = rest.split_at(size);
        let name = || std::str::from_utf8(payload).expect("a readable name");
        let place = || usize::try_from(number(16)).expect("a place in a file");
        let what = match half(4) {
            1 => What::Made { name: name() },
            2 => What::Opened { name: name() },
            3 => What::Write { at: place(), bytes: payload },
            4 => What::Length { length: place() },
            5 => What::SyncBegin { number: number(16) },
            6 => What::SyncEnd { number: number(16) },
            7 => What::Unlink { name: name() },
            8 => {
                assert_eq!(number(16), 0, "the model knows plain renaming alone");
                let (from, to) = name().split_once('/').expect("two names");
                What::Rename { from, to }
            }
            other => panic!("the recorder knows an entry {other} that its reader does not"),
        };
        entries.push(Entry { file: number(8), what });
        log = next;
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_may_have_ended_at_each_end_of_a_page() {
        let bytes = [7u8; 10_000];
        let of = |what| Entry { file: 1, what };
        let ends = |entry: Entry<'_>| -> Vec<usize> {
            let parts = entry.beginnings().map(|part| match part.what {
                What::Write { at: 4000, bytes } => bytes.len(),
                other => panic!("{other:?} is no beginning of it"),
            });
            parts.collect()
        };
        assert_eq!(ends(of(What::Write { at: 4000, bytes: &bytes })), [96, 4192, 8288]);
        assert_eq!(ends(of(What::Write { at: 4000, bytes: &bytes[..96] })), [0usize; 0]);
        assert_eq!(ends(of(What::Length { length: 9 })), [0usize; 0]);
    }
}
