//! The settings about providers with whom people sign in: Google, and one other issuer.

use std::path::{Path, PathBuf};

use app::sign_in::ProviderSetup;
use identity::oidc::{Belief, Issuer};
use zeroize::Zeroizing;

/// Google's issuer (its discovery document names it so).
const GOOGLE: &str = "https://accounts.google.com";
/// What the other issuer is called in addresses.
pub(super) const OTHER: &str = "oidc";

/// What is set about providers.
pub(super) struct Given<'s> {
    pub(super) google_client_id: &'s str,
    pub(super) google_client_secret_file: Option<&'s PathBuf>,
    pub(super) google_hosted_domains: &'s [String],
    pub(super) oidc_issuer: Option<&'s Issuer>,
    pub(super) oidc_client_id: &'s str,
    pub(super) oidc_client_secret_file: Option<&'s PathBuf>,
    pub(super) oidc_ca_file: Option<&'s PathBuf>,
    pub(super) oidc_title: &'s str,
    pub(super) oidc_believes_email: bool,
}

/// Reads the providers; one that is set by half is refused by name.
pub(super) fn together(given: &Given<'_>) -> Result<Vec<ProviderSetup>, String> {
    let mut setups = Vec::new();
    let google = [
        ("google-client-id", !given.google_client_id.is_empty()),
        ("google-client-secret-file", given.google_client_secret_file.is_some()),
    ];
    if whole(&google, &[("google-hosted-domains", !given.google_hosted_domains.is_empty())])?
        && let Some(file) = given.google_client_secret_file
    {
        setups.push(ProviderSetup {
            key: "google",
            title: "Google".to_owned(),
            issuer: Issuer::parse(GOOGLE).map_err(|fault| fault.to_string())?,
            client_id: given.google_client_id.to_owned(),
            client_secret: secret("google-client-secret-file", file)?,
            hosted_domains: given.google_hosted_domains.iter().map(|domain| domain.to_lowercase()).collect(),
            belief: Belief::Google,
        });
    }
    let other = [
        ("oidc-issuer", given.oidc_issuer.is_some()),
        ("oidc-client-id", !given.oidc_client_id.is_empty()),
        ("oidc-client-secret-file", given.oidc_client_secret_file.is_some()),
    ];
    let beside = [("oidc-title", !given.oidc_title.is_empty()), ("oidc-ca-file", given.oidc_ca_file.is_some())];
    if whole(&other, &beside)?
        && let (Some(issuer), Some(file)) = (given.oidc_issuer, given.oidc_client_secret_file)
    {
        let host = issuer.as_str().split_once("://").map_or(issuer.as_str(), |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or(host).to_owned();
        setups.push(ProviderSetup {
            key: OTHER,
            title: if given.oidc_title.is_empty() { host } else { given.oidc_title.to_owned() },
            issuer: issuer.clone(),
            client_id: given.oidc_client_id.to_owned(),
            client_secret: secret("oidc-client-secret-file", file)?,
            hosted_domains: Vec::new(),
            belief: if given.oidc_believes_email { Belief::Verified } else { Belief::Nothing },
        });
    }
    Ok(setups)
}

/// Whether all that is needed is set, or nothing of it; `beside` is of use with the others alone.
fn whole(needed: &[(&str, bool)], beside: &[(&str, bool)]) -> Result<bool, String> {
    let set = needed.iter().chain(beside).find(|(_, is_set)| *is_set);
    let missing = needed.iter().find(|(_, is_set)| !is_set);
    match (set, missing) {
        (Some((set, _)), Some((missing, _))) => {
            Err(format!("the setting {missing} is missing: {set} is set; set both, or neither"))
        }
        (set, _) => Ok(set.is_some()),
    }
}

fn secret(setting: &str, file: &Path) -> Result<Zeroizing<String>, String> {
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| format!("the setting {setting}: {} cannot be read: {error}", file.display()))?;
    match text.trim() {
        "" => Err(format!("the setting {setting}: {} is empty", file.display())),
        secret => Ok(Zeroizing::new(secret.to_owned())),
    }
}

pub(super) fn read_issuer(text: &str) -> Result<Option<Issuer>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    Issuer::parse(text).map(Some).map_err(|fault| format!("`{text}` {fault}"))
}

pub(super) fn read_yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("`{text}` is neither true nor false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Given<'static> {
        Given {
            google_client_id: "",
            google_client_secret_file: None,
            google_hosted_domains: &[],
            oidc_issuer: None,
            oidc_client_id: "",
            oidc_client_secret_file: None,
            oidc_ca_file: None,
            oidc_title: "",
            oidc_believes_email: true,
        }
    }

    #[test]
    fn a_provider_is_set_up_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, " topaz\n").unwrap();
        let issuer = Issuer::parse("https://id.example/realm").unwrap();
        let domains = ["Acme.example".to_owned()];
        assert!(together(&given()).unwrap().is_empty());
        for (half, says) in [
            (Given { google_client_id: "w", ..given() }, "google-client-secret-file is missing: google-client-id"),
            (Given { google_hosted_domains: &domains, ..given() }, "google-client-id is missing"),
            (
                Given { oidc_issuer: Some(&issuer), oidc_client_id: "w", ..given() },
                "oidc-client-secret-file is missing",
            ),
            (Given { oidc_title: "Us", ..given() }, "oidc-issuer is missing: oidc-title"),
            (Given { oidc_ca_file: Some(&file), ..given() }, "oidc-issuer is missing: oidc-ca-file"),
        ] {
            let told = together(&half).err().expect("half of a provider");
            assert!(told.contains(says), "{told}");
        }
        let both = Given {
            google_client_id: "g",
            google_client_secret_file: Some(&file),
            google_hosted_domains: &domains,
            oidc_issuer: Some(&issuer),
            oidc_client_id: "w",
            oidc_client_secret_file: Some(&file),
            ..given()
        };
        let setups = together(&both).unwrap();
        let seen: Vec<_> = setups.iter().map(|setup| (setup.key, setup.title.as_str())).collect();
        assert_eq!(seen, [("google", "Google"), ("oidc", "id.example")]);
        assert_eq!(
            (setups[0].client_secret.as_str(), setups[0].hosted_domains.as_slice()),
            ("topaz", &["acme.example".to_owned()][..])
        );
        std::fs::write(&file, "\n").unwrap();
        assert!(together(&both).err().expect("no secret").contains("is empty"));
    }
}
