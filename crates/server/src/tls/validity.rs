//! From when until when a certificate is good, read from its DER form (RFC 5280, section 4.1). For telling an operator
//! and nothing else: whether a certificate is to be believed is decided by whoever connects.

use domain::time::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The two moments; none where the bytes are no certificate.
pub(super) fn of(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (signed, _) = expect(certificate, SEQUENCE)?;
    let (mut fields, _) = expect(signed, SEQUENCE)?;
    if let Some((_, rest)) = expect(fields, VERSION) {
        fields = rest;
    }
    // The serial number, the algorithm of the signature, the issuer.
    for _ in 0..3 {
        (_, _, fields) = element(fields)?;
    }
    let (validity, _) = expect(fields, SEQUENCE)?;
    let (from, rest) = time(validity)?;
    Some((from, time(rest)?.0))
}

fn expect(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    element(bytes).filter(|(tag, ..)| *tag == wanted).map(|(_, content, rest)| (content, rest))
}

/// The first element: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (tag, content, rest) = element(bytes)?;
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let (year, text) = match tag {
        // Two digits, of which those from 50 mean the last century.
        UTC_TIME => text.split_at_checked(2).and_then(|(year, text)| {
            let year: i16 = year.parse().ok()?;
            Some((if year >= 50 { 1_900 + year } else { 2_000 + year }, text))
        })?,
        GENERALIZED_TIME => text.split_at_checked(4).and_then(|(year, text)| Some((year.parse().ok()?, text)))?,
        _ => return None,
    };
    let digits = |from: usize| text.get(from..from + 2)?.parse::<i8>().ok();
    let moment = DateTime::new(year, digits(0)?, digits(2)?, digits(4)?, digits(6)?, digits(8)?, 0).ok()?;
    let moment = moment.to_zoned(TimeZone::UTC).ok()?.timestamp();
    (text.len() == 10).then_some((Timestamp(moment.as_millisecond()), rest))
}
