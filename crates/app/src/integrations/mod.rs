//! Integrations: connecting, by a URL or by a template of the operator's, looking at, changing, refreshing, reviewing tools, disconnecting.

mod connect;
mod edit;
mod list;
mod review;
mod secret;
mod templates;

pub use connect::{NewCredential, NewIntegration};
pub use edit::IntegrationChange;
pub(crate) use list::description;
pub use list::{IntegrationView, ToolView};
