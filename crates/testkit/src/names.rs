//! A DNS server on this machine that knows TXT records and says of everything else that it does not exist.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

/// Flags of an answer: that it is one, that recursion was asked for and is there.
const ANSWER: u16 = 0x8180;
/// That there is no such name.
const NO_SUCH_NAME: u16 = 0x8183;

/// The server. It serves as long as the process runs.
pub struct NameServer {
    address: SocketAddr,
    records: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
}

impl NameServer {
    /// Starts it, with no records.
    ///
    /// # Panics
    /// Where no port is free.
    #[must_use]
    pub fn start() -> NameServer {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = socket.local_addr().expect("it has an address");
        let records = Arc::<Mutex<BTreeMap<String, Vec<String>>>>::default();
        let known = Arc::clone(&records);
        std::thread::spawn(move || {
            let mut bytes = [0u8; 1_500];
            while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                let known = known.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(answer) = bytes.get(..length).and_then(|query| answer(query, &known)) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        NameServer { address, records }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Publishes these texts under a name, in the place of those before; none to take them away.
    pub fn publish(&self, name: &str, texts: &[&str]) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.insert(name.to_owned(), texts.iter().map(|text| (*text).to_owned()).collect());
    }
}

fn answer(query: &[u8], known: &BTreeMap<String, Vec<String>>) -> Option<Vec<u8>> {
    let (mut labels, mut at) = (Vec::new(), 12);
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    let question = query.get(12..at + 4)?;
    let is_text = question.get(question.len() - 4..question.len() - 2)? == [0, 16];
    let texts = known.get(&labels.join(".")).filter(|texts| is_text && !texts.is_empty());
    let flags = if texts.is_some() { ANSWER } else { NO_SUCH_NAME };
    let count = texts.map_or(0, Vec::len) as u16;
    let mut told = query.get(..2)?.to_vec();
    for number in [flags, 1, count, 0, 0] {
        told.extend(number.to_be_bytes());
    }
    told.extend(question);
    for text in texts.into_iter().flatten() {
        // The name of the question, the type TXT, the class IN, a second to keep it.
        told.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 1]);
        let length = u8::try_from(text.len()).ok()?;
        told.extend((u16::from(length) + 1).to_be_bytes());
        told.push(length);
        told.extend(text.as_bytes());
    }
    Some(told)
}
