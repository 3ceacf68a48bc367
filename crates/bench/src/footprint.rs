//! What the server needs: resident memory, and the time from its start to the first authorized call.

use std::path::Path;

use crate::company::{Company, Giving, Size};
use crate::hop::Hop;
use crate::process::{Running, serve};
use crate::report::Report;
use crate::stopwatch::{now, percentile};
use crate::upstream::Upstream;
use crate::{Fault, Options, data, runtime};

/// Starts whose median counts.
const STARTS: usize = 5;
/// Calls made before the memory is read.
const CALLS: usize = 2_000;

/// Prints the section on memory and start.
pub(crate) fn run(report: &mut Report, options: &Options) -> Result<(), Fault> {
    let wardroom = options.wardroom()?;
    report.heading("The server: memory, and start to first authorized call (200 integrations × 10,000 tools)")?;
    let upstream = Upstream::start()?;
    for members in [1_000, 10_000] {
        let size = Size { members, integrations: 200, tools_each: 50, giving: Giving::Scattered };
        let company = Company::of(size, &upstream.url());
        let mut first_calls_ms = Vec::new();
        for with_state in [true, false] {
            let folder = tempfile::tempdir().map_err(|error| Fault::of("making a folder", &error))?;
            let keys = runtime()?.block_on(data::write(folder.path(), &company, with_state))?;
            let measured = Measured::take(wardroom, folder.path(), &company, keys.callers, &upstream)?;
            report.row(&[
                &format!(
                    "{members} members, {}",
                    if with_state { "from the saved state" } else { "folding every event" }
                ),
                &format!("first call {:.0} ms", measured.first_call_ms),
                &format!("serving after {:.0} ms", measured.serving_ms),
                &format!("{:.0} MB after it", measured.fresh_mb),
                &format!("{:.0} MB after {CALLS} calls", measured.used_mb),
            ])?;
            first_calls_ms.push(measured.first_call_ms);
        }
        if first_calls_ms.first() > first_calls_ms.last() {
            report.line("  the saved state gained nothing: the server reads another format than crates/bench/src/data.rs writes")?;
        }
    }
    Ok(())
}

struct Measured {
    serving_ms: f64,
    first_call_ms: f64,
    fresh_mb: f64,
    used_mb: f64,
}

impl Measured {
    fn take(
        wardroom: &Path,
        folder: &Path,
        company: &Company,
        keys: Vec<String>,
        upstream: &Upstream,
    ) -> Result<Measured, Fault> {
        let (mut serving, mut first, mut fresh, mut used) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for start in 0..STARTS {
            let server = serve(wardroom, folder)?;
            serving.push(server.began.elapsed().as_secs_f64() * 1e3);
            let hop = gateway_hop(&server, company, keys.clone(), domain::integration::ToolClass::Read)?;
            let before = upstream.calls();
            let called = runtime()?.block_on(async {
                hop.connect(0).await?.call().await?;
                let first = now() - server.began;
                let fresh = server.resident_mb()?;
                let more = if start + 1 == STARTS { CALLS } else { 0 };
                for number in 0..more {
                    hop.connect(number).await?.call().await?;
                }
                Ok::<_, Fault>((first, fresh, more as u64 + 1))
            })?;
            if upstream.calls() - before != called.2 {
                return Err(Fault("not every call came in at the upstream; nothing can be said".to_owned()));
            }
            first.push(called.0.as_secs_f64() * 1e3);
            fresh.push(called.1);
            used.push(server.resident_mb()?);
        }
        Ok(Measured {
            serving_ms: percentile(&mut serving, 0.5),
            first_call_ms: percentile(&mut first, 0.5),
            fresh_mb: percentile(&mut fresh, 0.5),
            used_mb: used.last().copied().unwrap_or_default(),
        })
    }
}

/// Through the server to a tool of a class, at the first integration's own URL.
pub(crate) fn gateway_hop(
    server: &Running,
    company: &Company,
    keys: Vec<String>,
    class: domain::integration::ToolClass,
) -> Result<Hop, Fault> {
    let service = &company.services[0];
    let tool = service.tools.iter().find(|(_, of)| *of == class);
    let (tool, _) = tool.ok_or_else(|| Fault("the first integration has no tool of this class".to_owned()))?;
    let path = format!("/o/{}/mcp/{}", data::ORG, service.slug);
    let (address, process) = (server.address, Some(server.id()));
    Ok(Hop { name: "wardroom", address, path, tool: tool.clone(), process, keys })
}
