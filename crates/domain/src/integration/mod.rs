//! Integrations: upstream MCP servers, their tools and what class each tool is.

mod classify;
mod evidence;
mod handle;
mod naming;
mod pinned;
mod place;
mod state;

pub use classify::{Classification, Hints, classify};
pub use evidence::{Clue, ClueFrom, judge};
pub use handle::Listed;
pub(crate) use handle::{approve, connect, disconnect, edit, refresh, review_tool};
pub use naming::{TOOL_NAME_LENGTH_MAX, exposed_names};
pub use pinned::{DefinitionHash, Found};
pub use place::{check_place, template_named};
pub use state::{
    ClassSource, CredentialKind, DiscoveredTool, Integration, IntegrationEdit, InvalidSlug, Slug, Tool, ToolClass,
    Whose,
};
