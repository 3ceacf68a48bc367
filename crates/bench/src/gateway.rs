//! What a call costs through the gateway: added latency and throughput, next to no hop and to an nginx hop.
//!
//! Driver and upstream share the machine with what is measured, and take turns with it in every round.

use std::time::{Duration, Instant};

use domain::integration::ToolClass;

use crate::company::{Company, Giving, Size};
use crate::footprint::gateway_hop;
use crate::hop::Hop;
use crate::process::{nginx, processor_s, serve};
use crate::report::Report;
use crate::stopwatch::{now, percentile};
use crate::upstream::Upstream;
use crate::{Fault, Options, data, runtime};

const ROUNDS: usize = 5;
/// How long one way is used in one round.
const ROUND: Duration = Duration::from_millis(1_500);
/// Connections that take turns to send a thousand calls a second.
const PACED_CONNECTIONS: u32 = 16;
const PACED_PER_SECOND: u32 = 1_000;
/// Connections that send as fast as answers come.
const BUSY_CONNECTIONS: usize = 32;

/// Prints the section on the gateway.
pub(crate) fn run(report: &mut Report, options: &Options) -> Result<(), Fault> {
    let wardroom = options.wardroom()?;
    let upstream = Upstream::start()?;
    let size = Size { members: 1_000, integrations: 200, tools_each: 50, giving: Giving::Scattered };
    let company = Company::of(size, &upstream.url());
    let failed = |error: std::io::Error| Fault::of("making a folder", &error);
    let (folder, nginx_folder) = (tempfile::tempdir().map_err(failed)?, tempfile::tempdir().map_err(failed)?);
    let keys = runtime()?.block_on(data::write(folder.path(), &company, true))?;
    let keys = keys.callers;
    let server = serve(wardroom, folder.path())?;
    let nginx = nginx(nginx_folder.path(), upstream.address)?;

    let read = gateway_hop(&server, &company, keys.clone(), ToolClass::Read)?;
    let direct = Hop {
        name: "direct",
        address: upstream.address,
        path: "/mcp".to_owned(),
        process: None,
        keys: Vec::new(),
        ..read.clone()
    };
    let mut hops = vec![direct.clone()];
    hops.extend(nginx.as_ref().map(|nginx| Hop {
        name: "nginx",
        address: nginx.address,
        process: Some(nginx.id()),
        ..direct
    }));
    hops.push(Hop { name: "wardroom, read-class call", ..read });
    let write = gateway_hop(&server, &company, keys, ToolClass::Write)?;
    hops.push(Hop { name: "wardroom, write-class call", ..write });

    report
        .heading("The gateway: authorized and recorded tools/call (1,000 members × 200 integrations × 10,000 tools)")?;
    if nginx.is_none() {
        report.line("nginx is not installed: its lines are left out")?;
    }
    for hop in &hops {
        runtime()?.block_on(ready(hop))?;
    }
    let sections: [(&str, Way); 3] = [
        ("one connection, the next call after the answer", Way::OneByOne),
        ("1,000 calls a second on 16 connections", Way::Paced),
        ("32 connections, the next call after the answer", Way::Busy),
    ];
    for (title, way) in sections {
        report.line(&format!("{title}:"))?;
        let figures = take(&hops, way)?;
        print(report, &hops, &figures)?;
    }
    report.line(&format!("resident memory of wardroom after all of this: {:.0} MB", server.resident_mb()?))
}

/// Waits until something answers: nginx does not say when it is ready.
async fn ready(hop: &Hop) -> Result<(), Fault> {
    let deadline = now() + Duration::from_secs(10);
    loop {
        let called = async { hop.connect(0).await?.call().await }.await;
        match called {
            Ok(_) => return Ok(()),
            Err(fault) if now() > deadline => return Err(fault),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

#[derive(Clone, Copy)]
enum Way {
    OneByOne,
    Paced,
    Busy,
}

/// The medians of the rounds.
struct Figures {
    p50_us: f64,
    p99_us: f64,
    per_second: f64,
    /// Processor time that the hop's process used for one call.
    processor_us: f64,
}

/// Uses every hop in turn, `ROUNDS` times.
fn take(hops: &[Hop], way: Way) -> Result<Vec<Figures>, Fault> {
    let mut rounds: Vec<Vec<Figures>> = hops.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (hop, rounds) in hops.iter().zip(&mut rounds) {
            rounds.push(runtime()?.block_on(round(hop, way))?);
        }
    }
    let median =
        |rounds: &[Figures], of: fn(&Figures) -> f64| percentile(&mut rounds.iter().map(of).collect::<Vec<_>>(), 0.5);
    let figures = rounds.iter().map(|rounds| Figures {
        p50_us: median(rounds, |round| round.p50_us),
        p99_us: median(rounds, |round| round.p99_us),
        per_second: median(rounds, |round| round.per_second),
        processor_us: median(rounds, |round| round.processor_us),
    });
    Ok(figures.collect())
}

async fn round(hop: &Hop, way: Way) -> Result<Figures, Fault> {
    let connections = match way {
        Way::OneByOne => 1,
        Way::Paced => PACED_CONNECTIONS as usize,
        Way::Busy => BUSY_CONNECTIONS,
    };
    let mut lines = Vec::new();
    for number in 0..connections {
        let mut line = hop.connect(number).await?;
        line.call().await?;
        lines.push(line);
    }
    let used = || hop.process.map_or(Ok(0.0), processor_s);
    let (began, used_before) = (now(), used()?);
    let tasks: Vec<_> = (0u32..)
        .zip(lines)
        .map(|(number, mut line)| {
            tokio::spawn(async move {
                let mut times = Vec::new();
                match way {
                    Way::OneByOne | Way::Busy => {
                        while began.elapsed() < ROUND {
                            times.push(line.call().await?);
                        }
                    }
                    Way::Paced => {
                        let every = Duration::from_secs(1) * PACED_CONNECTIONS / PACED_PER_SECOND;
                        let mut due = began + Duration::from_secs(1) * number / PACED_PER_SECOND;
                        while began.elapsed() < ROUND {
                            times.push(due_call(&mut line, due).await?);
                            due += every;
                        }
                    }
                }
                Ok::<_, Fault>(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.map_err(|error| Fault::of("a connection", &error))??);
    }
    let seconds = began.elapsed().as_secs_f64();
    let mut us: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6).collect();
    let per_second = us.len() as f64 / seconds;
    let processor_us = (used()? - used_before) * 1e6 / us.len() as f64;
    Ok(Figures { p50_us: percentile(&mut us, 0.50), p99_us: percentile(&mut us, 0.99), per_second, processor_us })
}

/// Calls when it is due. A call that had to wait for the one before it on its connection has waited since it was
/// due; the timer's own lateness counts for nobody.
async fn due_call(line: &mut crate::hop::Line, due: Instant) -> Result<Duration, Fault> {
    let late = now().saturating_duration_since(due);
    if late.is_zero() {
        tokio::time::sleep_until(due.into()).await;
    }
    Ok(late + line.call().await?)
}

fn print(report: &mut Report, hops: &[Hop], figures: &[Figures]) -> Result<(), Fault> {
    let direct = figures.first();
    let nginx = hops.iter().zip(figures).find(|(hop, _)| hop.name == "nginx").map(|(_, figure)| figure);
    for (hop, figure) in hops.iter().zip(figures) {
        let added = |of: fn(&Figures) -> f64| direct.map_or(0.0, |direct| of(figure) - of(direct));
        let part = |other: Option<&Figures>, name: &str| {
            other.map_or_else(String::new, |other| format!("{:.2} of {name}", figure.per_second / other.per_second))
        };
        report.row(&[
            hop.name,
            &format!("p50 {:.0} µs", figure.p50_us),
            &format!("p99 {:.0} µs", figure.p99_us),
            &format!("{:+.0} / {:+.0} µs", added(|figure| figure.p50_us), added(|figure| figure.p99_us)),
            &format!("{:.0}/s", figure.per_second),
            &part(direct, "direct"),
            &part(nginx, "nginx"),
            &hop.process.map_or_else(String::new, |_| format!("{:.0} µs of processor", figure.processor_us)),
        ])?;
    }
    Ok(())
}
