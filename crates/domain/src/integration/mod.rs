//! Integrations: upstream MCP servers, their tools and what class each tool is.

mod classify;
mod handle;
mod naming;
mod place;
mod state;

pub use classify::{Classification, Evidence, classify};
pub(crate) use handle::{connect, disconnect, edit, refresh, review_tool};
pub use naming::{TOOL_NAME_LENGTH_MAX, exposed_names};
pub use place::{check_place, template_named};
pub use state::{
    ClassSource, CredentialKind, DiscoveredTool, Integration, IntegrationEdit, InvalidSlug, Slug, Tool, ToolClass,
    Whose,
};
