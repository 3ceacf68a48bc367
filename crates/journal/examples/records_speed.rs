//! How fast records are written: one caller at a time, and many tasks at once.
//!
//! `cargo run --release -p journal --example records_speed [folder]`
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::id::{IntegrationId, KeyId, OrgId, PersonId};
use domain::integration::ToolClass;
use domain::record::{Decision, Durability, Intent, Outcome, OutcomeStatus};
use domain::time::Timestamp;
use journal::{Append, Journal, Options, RecordQuery, StreamId, verify};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn org(number: u8) -> OrgId {
    OrgId::from_random([number; 20])
}

fn intent(number: u8, subject: u8, at: i64) -> Intent {
    Intent {
        org: org(number),
        at: Timestamp(at),
        subject: PersonId::from_random([subject; 20]).to_string(),
        acting_for: None,
        credential: Some(KeyId::from_random([subject; 20]).into()),
        client: Some("claude-code 2.1.0".to_owned()),
        method: "tools/call".to_owned(),
        integration: Some(IntegrationId::from_random([number; 20])),
        tool: Some("query_records".to_owned()),
        class: Some(ToolClass::Read),
        decision: Decision::Allowed,
        reason: "granted".to_owned(),
        arguments_digest: Some([number; 32]),
        policy_seq: 12,
    }
}

fn outcome(at: i64) -> Outcome {
    Outcome {
        at: Timestamp(at),
        status: OutcomeStatus::Succeeded,
        latency_us: 900,
        request_bytes: 240,
        response_bytes: 4_096,
        detail: None,
    }
}

fn percentiles(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() * share / 1_000).min(times.len() - 1)).copied().unwrap_or_default();
    println!("{name}: p50 {:?}, p90 {:?}, p99 {:?}, p99.9 {:?}", at(500), at(900), at(990), at(999));
}

async fn idle_latency(journal: &Journal, durability: Durability, rounds: i64) -> Result<(), Failure> {
    let mut times = Vec::new();
    for at in 0..rounds {
        let start = Instant::now();
        let record = journal.begin(intent(0, 1, at), durability).await?;
        times.push(start.elapsed());
        journal.finish_written(record, outcome(at)).await?;
    }
    percentiles(&format!("begin({durability:?}) alone"), times);
    Ok(())
}

async fn append_latency(journal: &Journal, rounds: u64) -> Result<(), Failure> {
    let mut times = Vec::new();
    let head = journal.head(StreamId::from(org(1))).await?;
    for expected in head..head + rounds {
        let append = Append {
            stream: StreamId::from(org(1)),
            expected,
            at: Timestamp(1),
            actor: "per_x".to_owned(),
            events: vec![vec![7; 300]],
            facts: Vec::new(),
        };
        let start = Instant::now();
        journal.append(vec![append]).await?;
        times.push(start.elapsed());
    }
    percentiles("append alone", times);
    Ok(())
}

async fn throughput(journal: &Journal, tasks: u8, synced_every: i64, rounds: i64) -> Result<(), Failure> {
    let start = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for task in 0..tasks {
        let journal = journal.clone();
        calls.spawn(async move {
            let mut times = Vec::new();
            for at in 0..rounds {
                let synced = synced_every > 0 && at % synced_every == 0;
                let durability = if synced { Durability::Synced } else { Durability::Written };
                let start = Instant::now();
                let record = journal.begin(intent(task % 8, task, at), durability).await?;
                if !synced {
                    times.push(start.elapsed());
                }
                journal.finish(record, outcome(at)).await?;
            }
            Ok::<_, Failure>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = calls.join_next().await {
        times.extend(done??);
    }
    // The question waits for everything that was accepted.
    journal.records(RecordQuery::newest(org(0), 1)).await?;
    let rows = f64::from(tasks) * rounds as f64 * 2.0;
    let label = format!("{tasks} tasks, every {synced_every}th synced");
    println!("{label}: {:.0} rows/s (intents and outcomes)", rows / start.elapsed().as_secs_f64());
    percentiles(&format!("  begin(Written) with {label}"), times);
    Ok(())
}

fn main() -> Result<(), Failure> {
    let dir = match std::env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::temp_dir().join(format!("wardroom-records-{}", std::process::id())),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let journal = Journal::open(&dir, Options::default())?;
        let spawned = journal.clone();
        // On a worker, as a request is: the thread of `block_on` is woken in another way.
        tokio::spawn(async move {
            idle_latency(&spawned, Durability::Written, 20_000).await?;
            idle_latency(&spawned, Durability::Synced, 500).await?;
            append_latency(&spawned, 500).await?;
            throughput(&spawned, 64, 0, 4_000).await?;
            throughput(&spawned, 200, 0, 2_000).await?;
            throughput(&spawned, 200, 10, 1_000).await
        })
        .await??;
        let start = Instant::now();
        journal.close().await;
        println!("close: {:?}", start.elapsed());
        Ok::<_, Failure>(())
    })?;
    let start = Instant::now();
    let found = verify(&dir)?;
    println!(
        "verify: {} records, {} events in {:?}; holds: {}",
        found.records,
        found.events,
        start.elapsed(),
        found.holds()
    );
    let start = Instant::now();
    let journal = Journal::open(&dir, Options::default())?;
    println!("open: {:?}", start.elapsed());
    runtime.block_on(journal.close());
    if std::env::args_os().nth(1).is_none() {
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(())
}
