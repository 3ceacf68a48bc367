//! Where impacts are worked out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::integration::CredentialKind;
use domain::time::Timestamp;
use identity::digest::KeyDigester;
use identity::keyring::Keyring;
use identity::random::OperatingSystem;
use identity::seal::Sealer;
use journal::{Journal, Options};

use crate::members::NewMember;
use crate::organizations::Founding;
use crate::ports::{Clock, Listing, Lookup, Names, Outside, Upstreams};
use crate::sign_in::Tokens;
use crate::{App, Caller, Problem, Quotas, Security};

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
}

struct Nowhere;

impl Upstreams for Nowhere {
    fn list_tools<'l>(&'l self, _: &'l str, _: &'l CredentialKind, _: Option<&'l str>) -> Listing<'l> {
        Box::pin(async { Ok(crate::ports::ToolList::default()) })
    }

    fn templates(&self) -> Vec<crate::ports::TemplateOffered> {
        Vec::new()
    }

    fn open_for(&self, _: domain::id::OrgId, _: verdict::Subject) -> u32 {
        0
    }
}

impl Names for Nowhere {
    fn text_records<'l>(&'l self, _: &'l str) -> Lookup<'l> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Acme, and its owner, who looks before doing.
async fn looking_owner(folder: &Path) -> (App, Caller) {
    let keyring = Keyring::generate(&mut OperatingSystem).unwrap();
    let (digester, sealer) = (KeyDigester::new(&keyring), Sealer::new(&keyring));
    let security = Security { digester, tokens: Tokens::new(&keyring), sealer, random: Box::new(OperatingSystem) };
    let journal = Journal::open(folder, Options::default()).unwrap();
    let outside = Outside {
        clock: Arc::new(Still),
        upstreams: Arc::new(Nowhere),
        names: Arc::new(Nowhere),
        mailer: None,
        providers: None,
        clients: crate::ports::AiClients::default(),
        public_url: None,
    };
    let app = App::new(journal, outside, security, Quotas::default());
    let owner_email = "olivia@acme.example".to_owned();
    let founding = Founding { name: "Acme".to_owned(), slug: None, preset: None, owner_email, owner_name: None };
    let founded = app.found_organization(founding).await.unwrap();
    let mut caller = app.authenticate(founded.key.reveal()).await.unwrap();
    caller.mode.preview = true;
    (app, caller)
}

#[tokio::test]
async fn a_preview_needs_a_place_of_those_for_previews() {
    let folder = tempfile::tempdir().unwrap();
    let (app, caller) = looking_owner(folder.path()).await;
    let rename = || app.change_settings(&caller, Some("Acme AG".to_owned()), Vec::new());
    assert!(matches!(rename().await, Err(Problem::Previewed(_))));
    app.inner.long_questions.close_previews();
    assert!(matches!(rename().await, Err(Problem::Unavailable { .. })), "it was worked out without a place");
}

#[tokio::test]
async fn a_preview_of_taking_somebody_in_keeps_nobody_from_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let (app, caller) = looking_owner(folder.path()).await;
    let _directory = app.inner.directory.lock().await;
    let new = NewMember { email: "bea@acme.example".to_owned(), name: "Bea".to_owned(), role: None, key_label: None };
    let looked = tokio::time::timeout(Duration::from_secs(20), app.add_member(&caller, new)).await;
    assert!(matches!(looked.expect("it waits for nobody"), Err(Problem::Previewed(_))));
}
