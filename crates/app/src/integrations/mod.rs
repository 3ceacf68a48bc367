//! Integrations: connecting, by a URL or by a template of the operator's, looking at, changing, refreshing, reviewing tools, disconnecting.

mod changes;
mod connect;
mod difference;
mod edit;
mod list;
mod refresh;
mod review;
mod secret;
mod templates;
mod unseen;

pub use changes::{ChangeKind, ToolChange};
pub use connect::{NewCredential, NewIntegration};
pub use difference::{Difference, PieceKind};
pub use edit::IntegrationChange;
pub(crate) use list::description;
pub use list::{IntegrationView, ToolView};
