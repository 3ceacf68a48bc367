//! The header by which a client of an authorization server shows that it is that client (RFC 6749, section 2.3.1), from both
//! sides. Name and secret are encoded as in a form before they are joined.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

/// The value of the header.
pub(crate) fn write(id: &str, secret: &str) -> Zeroizing<String> {
    let escaped = |text: &str| Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>());
    let joined = Zeroizing::new(format!("{}:{}", *escaped(id), *escaped(secret)));
    Zeroizing::new(format!("Basic {}", *Zeroizing::new(STANDARD.encode(joined.as_bytes()))))
}

/// Who a header names, and by what secret.
pub(crate) fn read(header: &str) -> Option<(String, Zeroizing<String>)> {
    let (scheme, coded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = Zeroizing::new(String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?);
    let (id, secret) = plain.split_once(':')?;
    let decoded = |text: &str| {
        let field = Zeroizing::new(format!("x={}", text.replace('&', "%26")));
        form_urlencoded::parse(field.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decoded(id)?, decoded(secret)?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_writes_the_other_reads() {
        assert_eq!(
            *write("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw"),
            "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"
        );
        for (id, secret) in [("a", "b"), ("https://a.example/c", "a:b%3A+ &=\u{e4}"), ("a:b", ""), ("%25", "%")] {
            let (known, shown) = read(&write(id, secret)).unwrap();
            assert_eq!((known.as_str(), shown.as_str()), (id, secret));
        }
    }
}
