//! The revisions of the protocol that we speak, and their two eras.

/// The modern revision: every request carries all it needs.
pub(crate) const MODERN: &str = "2026-07-28";
/// The legacy revisions, with a session begun by `initialize`, the newest first.
pub(crate) const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
/// Everything we speak, the newest first.
pub(crate) const ALL: [&str; 4] = [MODERN, "2025-11-25", "2025-06-18", "2025-03-26"];

/// The legacy revision of this name, if we speak it.
pub(crate) fn legacy(name: &str) -> Option<&'static str> {
    LEGACY.into_iter().find(|known| *known == name)
}

/// The newest legacy revision.
pub(crate) fn newest_legacy() -> &'static str {
    let [newest, ..] = LEGACY;
    newest
}

/// The name under which we show ourselves to either side.
pub(crate) const OUR_NAME: &str = "wardroom";
/// Our version.
pub(crate) const OUR_VERSION: &str = env!("CARGO_PKG_VERSION");
