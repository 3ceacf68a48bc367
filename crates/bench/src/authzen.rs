//! AuthZEN over HTTP, next to Cerbos: the same questions over as many connections, in batches of the same size.
//!
//! The rules are of the form "this job comes with that integration", which suits both: Wardroom knows who has which job
//! and gives what comes with it to the job's role, Cerbos is told the job with each question and has a policy for each
//! integration that names the jobs. Both answer from memory; all answers are compared before anything is timed.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use xtask::cerbos::Cerbos;

use crate::company::{Company, Giving, Member, Size};
use crate::draw::Draw;
use crate::process::{processor_s, serve};
use crate::report::{Report, ratio};
use crate::stopwatch::{now, percentile};
use crate::{Fault, Options, data, runtime};

const ROUNDS: usize = 5;
/// How long one server is asked in one round.
const ROUND: Duration = Duration::from_millis(1_500);
const QUESTIONS: usize = 2_000;
/// Questions in one request; no more than Cerbos takes.
const BATCH: usize = 50;
/// How long a server may take until it answers for the first time.
const START_MAX: Duration = Duration::from_secs(20);

/// A server, and the requests that it is sent.
struct Door {
    name: &'static str,
    address: SocketAddr,
    process: u32,
    key: Option<String>,
    /// One question each.
    single: Vec<Bytes>,
    /// [`BATCH`] questions each.
    batches: Vec<Bytes>,
}

/// Prints the section on AuthZEN.
pub(crate) fn run(report: &mut Report, options: &Options) -> Result<(), Fault> {
    let wardroom = options.wardroom()?;
    let giving = Giving::ByJob { jobs: 25, integrations: 20 };
    let size = Size { members: 1_000, integrations: 200, tools_each: 50, giving };
    let company = Company::of(size, "http://127.0.0.1:9/mcp");
    let failed = |error: std::io::Error| Fault::of("making a folder", &error);
    let (folder, policies) = (tempfile::tempdir().map_err(failed)?, tempfile::tempdir().map_err(failed)?);
    let known = runtime()?.block_on(data::write(folder.path(), &company, true))?;
    let server = serve(wardroom, folder.path())?;
    let questions = draw(&company);
    let ours = questions.iter().map(Question::ours);
    let mut doors = vec![Door::of("Wardroom", (server.address, server.id()), Some(known.owner), ours)];
    report.heading("AuthZEN over HTTP (1,000 members × 200 integrations × 10,000 tools, 500 role rules)")?;
    let other = match &options.cerbos {
        Some(program) => {
            write_policies(policies.path(), &company)?;
            Some(Cerbos::start(program, policies.path()).map_err(Fault)?)
        }
        None => {
            report.line("Cerbos is left out: its executable was not named with --cerbos; `cargo xtask bench` does")?;
            None
        }
    };
    doors.extend(
        other.as_ref().map(|other| {
            Door::of("Cerbos", (other.address(), other.id()), None, questions.iter().map(Question::theirs))
        }),
    );
    let allowed = runtime()?.block_on(compare(&doors))?;
    report.line(&format!("{:.0} % of the questions allowed", allowed * 100.0))?;
    for (connections, batch) in [(1, 1), (8, 1), (1, BATCH), (8, BATCH)] {
        let noun = if connections == 1 { "connection" } else { "connections" };
        report.line(&format!("{connections} {noun}, {batch} to a request:"))?;
        print(report, &doors, &take(&doors, connections, batch)?)?;
    }
    Ok(())
}

/// May this member call this tool?
struct Question<'c> {
    member: &'c Member,
    slug: &'c str,
    tool: &'c str,
}

impl Question<'_> {
    fn ours(&self) -> String {
        let Question { member, slug, tool } = self;
        format!(
            r#""subject":{{"type":"user","id":"{}"}},"action":{{"name":"call"}},"resource":{{"type":"tool","id":"{slug}/{tool}"}}"#,
            member.person
        )
    }

    fn theirs(&self) -> String {
        let Question { member, slug, tool } = self;
        format!(
            r#""subject":{{"type":"user","id":"{}","properties":{{"cerbos.roles":["job-{}"]}}}},"action":{{"name":"call"}},"resource":{{"type":"{slug}","id":"{tool}"}}"#,
            member.person, member.job
        )
    }
}

/// Two of three are about an integration that the member has. Those who were given something besides are left out.
fn draw(company: &Company) -> Vec<Question<'_>> {
    let mut draw = Draw::new(17);
    let first = 1 + data::CALLERS;
    let one = |_| {
        let member = &company.members[first + draw.below(company.members.len() - first)];
        let service = if draw.one_in(3) {
            draw.below(company.services.len())
        } else {
            member.given[draw.below(member.given.len())].integration
        };
        let service = &company.services[service];
        Question { member, slug: &service.slug, tool: &service.tools[draw.below(service.tools.len())].0 }
    };
    (0..QUESTIONS).map(one).collect()
}

/// A policy for each integration, with the jobs that come with it.
fn write_policies(folder: &Path, company: &Company) -> Result<(), Fault> {
    for (place, service) in company.services.iter().enumerate() {
        let jobs = company.jobs.iter().enumerate().filter(|(_, services)| services.contains(&place));
        let jobs: Vec<String> = jobs.map(|(job, _)| format!("job-{job}")).collect();
        let mut policy = format!(
            "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  version: default\n  resource: \"{}\"\n  rules:",
            service.slug
        );
        if jobs.is_empty() {
            policy.push_str(" []\n");
        } else {
            let roles = jobs.join("\", \"");
            let _ =
                writeln!(policy, "\n    - actions: [\"call\"]\n      effect: EFFECT_ALLOW\n      roles: [\"{roles}\"]");
        }
        let file = folder.join(format!("{}.yaml", service.slug));
        std::fs::write(file, policy).map_err(|error| Fault::of("writing a policy", &error))?;
    }
    Ok(())
}

impl Door {
    fn of(
        name: &'static str,
        (address, process): (SocketAddr, u32),
        key: Option<String>,
        asked: impl Iterator<Item = String>,
    ) -> Door {
        let asked: Vec<String> = asked.collect();
        let single = asked.iter().map(|asked| format!(r#"{{{asked},"context":{{"from":"bench"}}}}"#).into());
        // Cerbos wants a context that is not empty with a batch; to Wardroom it says nothing.
        let batch = |asked: &[String]| {
            let asked: Vec<String> = asked.iter().map(|asked| format!("{{{asked}}}")).collect();
            format!(r#"{{"context":{{"from":"bench"}},"evaluations":[{}]}}"#, asked.join(",")).into()
        };
        let batches = asked.chunks_exact(BATCH).map(batch).collect();
        Door { name, address, process, key, single: single.collect(), batches }
    }

    fn requests(&self, batch: usize) -> Result<Vec<Request<Full<Bytes>>>, Fault> {
        let (path, bodies) = match batch {
            1 => ("/access/v1/evaluation", &self.single),
            _ => ("/access/v1/evaluations", &self.batches),
        };
        let request = |body: &Bytes| {
            let mut request =
                Request::post(path).header("host", self.address.to_string()).header("content-type", "application/json");
            if let Some(key) = &self.key {
                request = request.header("authorization", format!("Bearer {key}"));
            }
            request.body(Full::new(body.clone())).map_err(|error| Fault::of(self.name, &error))
        };
        bodies.iter().map(request).collect()
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Fault> {
        let failed = |error: &dyn std::fmt::Display| Fault::of(self.name, error);
        let socket = TcpStream::connect(self.address).await.map_err(|error| failed(&error))?;
        socket.set_nodelay(true).map_err(|error| failed(&error))?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await.map_err(|error| failed(&error))?;
        tokio::spawn(connection);
        Ok(sender)
    }

    /// Waits until it answers: a program does not always say when it is ready.
    async fn ready(&self) -> Result<(), Fault> {
        let deadline = now() + START_MAX;
        let first = self.requests(1)?.swap_remove(0);
        loop {
            let asked = async { ask(&mut self.connect().await?, first.clone()).await }.await;
            match asked {
                Ok(_) => return Ok(()),
                Err(fault) if now() > deadline => return Err(fault),
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    /// The answer to every question, asked in batches of this size.
    async fn answers(&self, batch: usize) -> Result<Vec<bool>, Fault> {
        let mut line = self.connect().await?;
        let mut answers = Vec::new();
        for request in self.requests(batch)? {
            let body = ask(&mut line, request).await?;
            let body: serde_json::Value =
                serde_json::from_slice(&body).map_err(|error| Fault::of(self.name, &error))?;
            let decision = |answer: &serde_json::Value| {
                answer["decision"].as_bool().ok_or_else(|| Fault(format!("{} answered with {body}", self.name)))
            };
            match body["evaluations"].as_array() {
                Some(all) => answers.extend(all.iter().map(decision).collect::<Result<Vec<_>, _>>()?),
                None => answers.push(decision(&body)?),
            }
        }
        Ok(answers)
    }
}

async fn ask(line: &mut SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> Result<Bytes, Fault> {
    let failed = |error: &dyn std::fmt::Display| Fault::of("a question", error);
    line.ready().await.map_err(|error| failed(&error))?;
    let response = line.send_request(request).await.map_err(|error| failed(&error))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
    if status.is_success() {
        Ok(body)
    } else {
        Err(Fault(format!("a question was answered with {status}: {}", String::from_utf8_lossy(&body))))
    }
}

/// Has everyone answer every question, alone and in batches. Gives the part that was allowed.
async fn compare(doors: &[Door]) -> Result<f64, Fault> {
    let mut first: Option<Vec<bool>> = None;
    for door in doors {
        door.ready().await?;
        for batch in [1, BATCH] {
            let answers = door.answers(batch).await?;
            if first.get_or_insert_with(|| answers.clone()) != &answers || answers.len() != QUESTIONS {
                return Err(Fault(format!("{} answers differently; nothing was timed", door.name)));
            }
        }
    }
    let answers = first.unwrap_or_default();
    Ok(answers.iter().filter(|answer| **answer).count() as f64 / answers.len() as f64)
}

/// The medians of the rounds.
struct Figures {
    p50_us: f64,
    p99_us: f64,
    /// Questions answered in a second.
    per_second: f64,
    /// Processor time that the server used for one question.
    processor_us: f64,
}

/// Asks every server in turn, `ROUNDS` times.
fn take(doors: &[Door], connections: usize, batch: usize) -> Result<Vec<Figures>, Fault> {
    let mut rounds: Vec<Vec<Figures>> = doors.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (door, rounds) in doors.iter().zip(&mut rounds) {
            rounds.push(runtime()?.block_on(round(door, connections, batch))?);
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

async fn round(door: &Door, connections: usize, batch: usize) -> Result<Figures, Fault> {
    let requests: std::sync::Arc<[_]> = door.requests(batch)?.into();
    let mut lines = Vec::new();
    for _ in 0..connections {
        let mut line = door.connect().await?;
        ask(&mut line, requests[0].clone()).await?;
        lines.push(line);
    }
    let (began, used_before) = (now(), processor_s(door.process)?);
    let tasks: Vec<_> = lines
        .into_iter()
        .enumerate()
        .map(|(number, mut line)| {
            let requests = std::sync::Arc::clone(&requests);
            tokio::spawn(async move {
                let mut times = Vec::new();
                // Each connection begins somewhere else in the list, and goes round.
                for at in number * requests.len() / connections.. {
                    let asked = now();
                    if asked - began >= ROUND {
                        break;
                    }
                    ask(&mut line, requests[at % requests.len()].clone()).await?;
                    times.push(asked.elapsed());
                }
                Ok::<_, Fault>(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.map_err(|error| Fault::of("a connection", &error))??);
    }
    let (seconds, questions) = (began.elapsed().as_secs_f64(), (times.len() * batch) as f64);
    let mut us: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6).collect();
    Ok(Figures {
        p50_us: percentile(&mut us, 0.50),
        p99_us: percentile(&mut us, 0.99),
        per_second: questions / seconds,
        processor_us: (processor_s(door.process)? - used_before) * 1e6 / questions,
    })
}

fn print(report: &mut Report, doors: &[Door], figures: &[Figures]) -> Result<(), Fault> {
    let last = figures.last().map_or(1.0, |last| last.per_second);
    for (door, figure) in doors.iter().zip(figures) {
        report.row(&[
            door.name,
            &format!("{:.0} questions/s", figure.per_second),
            &ratio(figure.per_second / last),
            &format!("p50 {:.0} µs", figure.p50_us),
            &format!("p99 {:.0} µs", figure.p99_us),
            &format!("{:.1} µs of processor a question", figure.processor_us),
        ])?;
    }
    Ok(())
}
