//! Signatures that others made: those printed in the standards, and one for each algorithm that none prints, made
//! with another implementation (Python's `cryptography`).

use serde_json::{Value, json};

use super::super::jws::{self, JwsFault};
use super::forge::{RSA_N, ed_key, key_set, p256_key, rsa_key};

const HS256: &str = "\
    eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlL\
    mNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const RS256: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c\
    nVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb\
    F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6\
    _dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig\
    cN_IoypGlUPQGe77Rw";
const ES256: &str = "\
    eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c\
    nVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const NONE: &str = "\
    eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn\
    VlfQ.";
const EDDSA: &str = "\
    eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4\
    ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const RS384: &str = "\
    eyJhbGciOiJSUzM4NCJ9.e30.KhDNvkSma8P4ejrRi1-nYWXeFOXLC4F6ajTTqyOmMHrMpJcCRSSNVk5wBVOTIDzKL85peeuMWQEt-Uk69wLZH\
    pXPGmgJAGTFO1T8gCyDURCdeMg4hf_QSiuCRlrWVN8JPdS77rH-hzntFVhzHILxNBtH2iiCptR5aUHN88DNRkEWITxBOoB1RmT1F7I1Mup3IXy\
    pHSDYLCOqACKKxT5RSGMd2SE-K_jtWKuPnD-ppVXxlVfODDgu0abTp24r3lL9HO_wBg-yNsmRZ1DFmU-WZXT9nrETGJfN3FwlwNxD0r19-Mj_X\
    DpO6KAm1o6J5NgbI9i5SbaYP1GR4OE91x5MaA";
const RS512: &str = "\
    eyJhbGciOiJSUzUxMiJ9.e30.Su4sNSS3iiTJzF1wbCndE4GHb4eAzDwngyFP2_-12qhipKU7Ii8Igz8l0FFVpxL21qJVaNizlxDcMl47LAoT-\
    yzoqcqxRtirwLiYr85AheNXNgibNaxjwS0LqZdR3fxtLUYpJ5g4_oDekIJ1_CAXmpA_9nUBJwpkOjHr-XTCbLAtJxZC3Zj83d0cDZBJTUJcZTH\
    ZUBrX37BwVLwTTIhktfysxgL5vREU5eynz7qFqmtyAmB5oEBCza_qL50Y-7lA5NZI0mQ4PXXImYi-Wu8vkDfwV6es3wb6_Qee-q43NVJpOhOAj\
    uvQf6arEmlhe78uKUmCQBVKjMigyCBTGOYZhQ";
const PS256: &str = "\
    eyJhbGciOiJQUzI1NiJ9.e30.AUDuTT7kgxNghUs-OGPTk60Pzx9KMNfA1ByiABSzdAtPtUN7QFf1cgetyT8r4Qld_AGZewAO-0ojjM0uORmW2\
    1bRjB3vPfU4iNApwrqa-oOt7ZXLfKkfcwkgxbjfBFGWNEG0o7WYoxD6CliNCSFE82J9ij2rCnhA8FnrEnIaqCGagupN7-U-38SoKQ2prq3KOWM\
    zN295KLTzUPkT58D4wvLdQO1x1YxLqKScDCLlf9t6YUoRbpo70d9VvfGX110MglExbfWknj898sacoOBYkXdpckMAQhEYrJq5GZ3h7eucPxrnG\
    NJldnH2Q0J4jsnClcA67r6-qusCJSWjMp0XYg";
const PS384: &str = "\
    eyJhbGciOiJQUzM4NCJ9.e30.XJUKyb4vnF4wOJKw7exCYbJbiso89r0L7GJvgfV5vgtcWGDmn9e4cbc56dTBA5y-z8rRZTixSgkY8PObdpz36\
    AgXWpHgmdYSpBB5jV7k3FL5WxfW9G-zgkmLDw_w991mMiMXVl088ltXGgbqGkJxjVP0W-MhCmy5BtFZa16ZC7o1WinHp2PYsQYJLWsf17Me_29\
    mwYWt4XPZNC62Wz4pyAo9Jpo4G4fPOF2-98VxfR-x4VZl2jCjUf1bHww4CZbAy5xtko2XuZHW1V64i0HLW4RXYf2gk7jlhL3ustQKpJ2YbBmmW\
    bTE9FgVu2f9x70fc_568uLElDBmwFXX1zt64w";
const PS512: &str = "\
    eyJhbGciOiJQUzUxMiJ9.e30.JnxTDFkQOJf3IC1zThkK80W_A3c2HXz9bwTmGPbvFkrZSnEYPLL1O_x7Y8J5s2Jy34g53qyVlxxvS6lsrRRLu\
    SfMCjHXl9h7WNUaw4WqyDEXZgODW3C8OTZ1-naA8lrdGBUHUUNHRumezGtlDO-2M49fIup4R_X03A3x0pu7jwpfOQ-zciueAQ5-urulIMoEUk_\
    Cl-r6fZ6qSSiR7lKKlS83bBULke7tN5ytY5JeXKIm1ZHNkahZQ-14DR5sZNKxmZSnQmZU7ON3iNgfPq9I9MExcyLx0uj_Me2mrnUhjtUlhPlB1\
    1jSmz0ZcBXwsdEoMyLx4GqTvk7xLjokz2Rw_A";
const ES384: &str = "\
    eyJhbGciOiJFUzM4NCJ9.e30.QxyYpXQ8X8yhrLWE7ljwcfDhCFSlde3lO-X2AHZO1-CmiimRtVYghnfT00cBOW9tYb9YgeqDgmVy6GPw3_cQ4\
    GKDXiBXNg5QEtW3VVp4W9h3z1bZ0jc2hyaV-Lhjb5D-";
const P384_X: &str = "anxKGYr4cFSc42MGFMnwxDW0CxroQBvc9uEPwH31n-xmxObZ4qnj7LNhy900yo0K";
const P384_Y: &str = "Xn9b_LzyBNg3wtDL8CvjV0_lBoTMPDOXBrRZZBwCqNueKuFMLT9SACxFhNVcg7B_";
/// What A.1 to A.5 of RFC 7515 sign.
const JOE: &[u8] = b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

fn any_rsa_key() -> Value {
    json!({"kty": "RSA", "n": RSA_N, "e": "AQAB"})
}

fn p384_key() -> Value {
    json!({"kty": "EC", "crv": "P-384", "x": P384_X, "y": P384_Y})
}

#[test]
fn the_examples_of_the_standards_are_accepted() {
    // RFC 7515 A.2 and A.3, RFC 8037 A.4.
    for (token, key, payload) in
        [(RS256, rsa_key(), JOE), (ES256, p256_key(), JOE), (EDDSA, ed_key(), b"Example of Ed25519 signing".as_slice())]
    {
        assert_eq!(jws::verify(token, &key_set(&[key])).unwrap().payload, payload);
    }
}

#[test]
fn the_examples_that_anybody_can_forge_or_nobody_here_can_check_are_refused() {
    // RFC 7515 A.1 (a shared secret), A.4 (ES512, whose curve is not supported), A.5 (none).
    let es512 = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AAAA";
    for (token, fault) in
        [(HS256, JwsFault::Symmetric), (NONE, JwsFault::Unsigned), (es512, JwsFault::UnknownAlgorithm)]
    {
        for key in [rsa_key(), p256_key(), ed_key()] {
            assert_eq!(jws::verify(token, &key_set(&[key])).err(), Some(fault));
        }
    }
}

#[test]
fn every_algorithm_of_the_list_is_checked_as_another_implementation_signs_it() {
    for (token, key) in [
        (RS384, any_rsa_key()),
        (RS512, any_rsa_key()),
        (PS256, any_rsa_key()),
        (PS384, any_rsa_key()),
        (PS512, any_rsa_key()),
        (ES384, p384_key()),
    ] {
        assert_eq!(jws::verify(token, &key_set(&[key])).unwrap().payload, b"{}");
        for other in [rsa_key(), p256_key(), ed_key()] {
            assert_eq!(jws::verify(token, &key_set(&[other])).err(), Some(JwsFault::KeyMismatch), "{token}");
        }
    }
}

#[test]
fn one_rsa_signature_is_not_taken_for_another_with_the_same_key() {
    let names = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    for (signed_as, token) in names.iter().zip([RS256, RS384, RS512, PS256, PS384, PS512]) {
        let (_, rest) = token.split_once('.').unwrap();
        for name in names {
            let header = super::forge::encoded(&json!({ "alg": name }));
            let fault = jws::verify(&format!("{header}.{rest}"), &key_set(&[any_rsa_key()])).err();
            // The header that the vectors have is what this writes, so only the true name is accepted.
            assert_eq!(fault, (name != *signed_as).then_some(JwsFault::Signature), "{signed_as} as {name}");
        }
    }
}
