//! An MCP server that is run as a process and spoken to over its standard input and output. It runs on Linux alone.

/// Where it is. What it does is in `server.rs` beside this.
#[cfg(target_os = "linux")]
pub const SERVER: &str = concat!(env!("OUT_DIR"), "/stdio-server");

/// Every tool that it lists.
pub const TOOLS: &[&str] = &include!("tools.in");
