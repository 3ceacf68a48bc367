//! The six look-alike integrations: who they are, the tools they offer and the records they start with.
//!
//! One file per vendor, each a table and a seed. The tools are named as the vendor's real server names such tools;
//! every text is ours and every person, company and payment is invented. Some annotations are missing and a few
//! mislead on purpose, as they do in the wild: whoever trusts annotations alone gets these wrong.
//!
//! Start reading at [`VENDORS`].

mod google_ads;
mod google_analytics;
mod outlook;
mod people;
mod salesforce;
mod sendgrid;
mod stripe;
mod stripe_seed;

use crate::store::Store;
use crate::tool::Tool;

/// One look-alike integration.
pub(crate) struct Vendor {
    /// The path element of its URL and its usual name in the product.
    pub(crate) slug: &'static str,
    pub(crate) title: &'static str,
    /// One line for its card.
    pub(crate) purpose: &'static str,
    pub(crate) tools: &'static [Tool],
    /// Fills an empty store, the same on every start.
    pub(crate) seed: fn(&mut Store),
}

/// All six, in the order in which they are connected.
pub(crate) const VENDORS: &[Vendor] = &[
    salesforce::VENDOR,
    stripe::VENDOR,
    outlook::VENDOR,
    sendgrid::VENDOR,
    google_analytics::VENDOR,
    google_ads::VENDOR,
];

/// Puts a record given as JSON into the store while seeding.
fn put(store: &mut Store, collection: &str, record: serde_json::Value) -> String {
    let serde_json::Value::Object(fields) = record else {
        return String::new();
    };
    store.insert(collection, fields).unwrap_or_default()
}
