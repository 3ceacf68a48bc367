//! Certificates for tests: made when a test needs one, signed by themselves, with the names and the end that it says.
//!
//! Written out in DER (RFC 5280) by hand, so that no key lies in the repository. Never part of the product.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

/// The end of a certificate that outlives every test, as in DER.
pub const FAR: &str = "20991231235959Z";

/// A certificate that is its own issuer, and its key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate, in DER.
    pub der: Vec<u8>,
    /// The same in PEM.
    pub pem: String,
    /// Its private key (PKCS #8), in PEM.
    pub key_pem: String,
}

impl Certificate {
    /// A new key and its certificate for these DNS names and the address 127.0.0.1, from 2020 until `end`
    /// (`YYYYMMDDhhmmssZ`).
    ///
    /// # Panics
    /// Where the machine gives no random bytes.
    #[must_use]
    pub fn new(names: &[&str], end: &str) -> Certificate {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key can be made");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random);
        let pair = pair.expect("the key just made can be read");
        // The name and number are told from the key: two certificates of one name are two issuers, else a client that
        // trusts one would take the other for a forgery of it.
        let id = &pair.public_key().as_ref()[1..17];
        let common: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = element(0x30, &[element(0x31, &[element(0x30, &[oid(&[0x55, 4, 3]), element(0x0c, &[common])])])]);
        let algorithm = element(0x30, &[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])]);
        let time = |text: &str| element(0x18, &[text]);
        let content = element(
            0x30,
            &[
                element(0xa0, &[element(0x02, &[[2]])]),
                element(0x02, &[[&[1], id].concat()]),
                algorithm.clone(),
                name.clone(),
                element(0x30, &[time("20200101000000Z"), time(end)]),
                name,
                public_key(pair.public_key().as_ref()),
                element(0xa3, &[element(0x30, &[alternative_names(names)])]),
            ],
        );
        let signature = pair.sign(&random, &content).expect("a signature can be made");
        let der = element(0x30, &[content, algorithm, bits(signature.as_ref())]);
        Certificate { pem: pem("CERTIFICATE", &der), key_pem: pem("PRIVATE KEY", key.as_ref()), der }
    }
}

/// A SubjectPublicKeyInfo of a point on P-256.
fn public_key(point: &[u8]) -> Vec<u8> {
    let curve = [oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7])];
    element(0x30, &[element(0x30, &curve), bits(point)])
}

/// The extension subjectAltName.
fn alternative_names(names: &[&str]) -> Vec<u8> {
    let names = names.iter().map(|name| element(0x82, &[name]));
    let names: Vec<Vec<u8>> = names.chain([element(0x87, &[[127, 0, 0, 1]])]).collect();
    element(0x30, &[oid(&[0x55, 0x1d, 0x11]), element(0x04, &[element(0x30, &names)])])
}

fn oid(arcs: &[u8]) -> Vec<u8> {
    element(0x06, &[arcs])
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    element(0x03, &[[&[0], bytes].concat()])
}

/// A tag, the length of what follows, and that.
fn element<P: AsRef<[u8]>>(tag: u8, parts: &[P]) -> Vec<u8> {
    let content: Vec<u8> = parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect();
    let length = u16::try_from(content.len()).expect("short");
    let [high, low] = length.to_be_bytes();
    let head = match length {
        0..=0x7f => vec![tag, low],
        0x80..=0xff => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, content].concat()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
