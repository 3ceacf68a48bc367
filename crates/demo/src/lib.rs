//! The demo company and its look-alike integrations.
//!
//! Six small MCP servers look like the vendors that a company really connects, over a store in memory that really
//! changes; a company of five people and a bot is created through the product's own HTTP interface. This crate uses
//! the product as any client does: it depends on no other crate of the workspace, holds no rule about access, and never
//! talks to a real vendor.
//!
//! Start reading at [`serve_integrations`], then [`seed()`]; `catalogue` holds what the integrations offer and
//! [`COMPANY`] who works there.

mod acts;
mod arguments;
mod catalogue;
mod company;
mod error;
mod host;
mod listener;
mod mcp;
mod print;
mod saved;
mod seed;
mod special;
mod stats;
mod store;
mod tool;

pub use company::{Assignment, Bot, COMPANY, Company, Person};
pub use error::Error;
pub use listener::{IntegrationInfo, Integrations, Options, ToolInfo, serve_integrations};
pub use print::{print_company, read_demo_file, write_demo_file};
pub use seed::{Door, SeededCompany, SeededKey, SeededPerson, seed};
pub use stats::Stats;
