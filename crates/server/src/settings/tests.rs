//! Where settings come from, and what is refused.

use super::*;

fn values(file: &[(&str, &str)], environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Values {
    let own =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Values {
        flags: flags.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        environment: own(environment),
        file: own(file),
    }
}

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    let file = [("listen", "127.0.0.1:1")];
    let environment = [("WARDROOM_LISTEN", "127.0.0.1:2")];
    let port = |values| Settings::read(&values).unwrap().listen.port();
    assert_eq!(port(values(&[], &[], &[])), 7700);
    assert_eq!(port(values(&file, &[], &[])), 1);
    assert_eq!(port(values(&file, &environment, &[])), 2);
    assert_eq!(port(values(&file, &environment, &[("listen", "127.0.0.1:3")])), 3);
}

#[test]
fn a_wrong_value_names_the_setting_and_where_it_came_from() {
    let fault = Settings::read(&values(&[], &[("WARDROOM_DRAIN_S", "soon")], &[])).unwrap_err();
    assert_eq!(fault.to_string(), "the setting drain-s (environment): `soon` is not a whole number");
}

#[test]
fn settings_that_do_not_go_together_are_refused_by_name() {
    let (cert, key) = (("tls-cert-file", "c.pem"), ("tls-key-file", "k.pem"));
    let (https, http) = (("public-url", "https://gate.example.com"), ("public-url", "http://gate.example.com"));
    let checked = |file: &[(&str, &str)]| Settings::read(&values(file, &[], &[])).unwrap().checked();
    for (file, says) in [
        (&[cert, https][..], "tls-key-file is missing"),
        (&[key, https], "tls-cert-file is missing"),
        (&[cert, key], "it is not set"),
        (&[cert, key, http], "it is http://gate.example.com"),
    ] {
        let fault = checked(file).unwrap_err().to_string();
        assert!(fault.contains(says), "{file:?}: {fault}");
    }
    assert!(checked(&[cert, key, https]).unwrap().tls_files().is_some());
    assert!(checked(&[]).unwrap().tls_files().is_none());
}

#[test]
fn a_limit_is_a_number_or_none_and_never_nothing_at_all() {
    assert_eq!(read_limit(""), Ok(None));
    assert_eq!(read_limit("3"), Ok(Some(3)));
    assert!(read_limit("0").is_err() && read_limit("-1").is_err() && read_limit("many").is_err());
}

#[test]
fn a_public_url_with_a_path_is_refused() {
    assert!(read_url("https://gate.example.com/wardroom").is_err());
    for other in ["https://Gate.example.com", "HTTPS://gate.example.com", "https://gate.example.com:443", "http://h:80"]
    {
        assert!(read_url(other).unwrap_err().contains("as browsers write it"), "{other}");
    }
    assert!(read_url("http://gate.example.com:443").is_ok());
    assert_eq!(read_url("https://gate.example.com/").unwrap().as_deref(), Some("https://gate.example.com"));
}
