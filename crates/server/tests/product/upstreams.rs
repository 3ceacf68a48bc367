//! The look-alike integrations in the process of the test, for stories in which the server under test comes and goes:
//! they outlive it, and count what reaches them.

use demo::{Integrations, Stats};
use serde_json::{Value, json};

/// The running integrations.
pub(crate) struct Upstreams {
    runtime: tokio::runtime::Runtime,
    integrations: Option<Integrations>,
}

impl Upstreams {
    pub(crate) fn start() -> Upstreams {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let integrations = runtime.block_on(demo::serve_integrations(demo::Options::default()));
        Upstreams { runtime, integrations: Some(integrations.expect("the integrations start")) }
    }

    fn running(&self) -> &Integrations {
        self.integrations.as_ref().expect("they run until the end")
    }

    /// What reached them.
    pub(crate) fn stats(&self) -> &Stats {
        &self.running().stats
    }

    /// What the management API wants to hear to connect Stripe.
    pub(crate) fn stripe(&self) -> Value {
        self.named("stripe")
    }

    /// The same for another of them.
    pub(crate) fn named(&self, slug: &str) -> Value {
        let found = self.running().list.iter().find(|one| one.slug == slug);
        let found = found.unwrap_or_else(|| panic!("{slug} is not among them"));
        let credential = json!({ "kind": "bearer", "secret": found.token });
        json!({ "slug": slug, "title": found.title, "url": found.url, "credential": credential })
    }
}

impl Drop for Upstreams {
    fn drop(&mut self) {
        if let Some(integrations) = self.integrations.take() {
            self.runtime.block_on(integrations.shutdown());
        }
    }
}
