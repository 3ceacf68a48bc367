//! Other programs that are measured: the server itself, nginx. Each ends with the value that holds it, as Cerbos does,
//! which `xtask` knows how to start.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::Fault;
use crate::stopwatch::now;

/// A running program.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    /// When it was started.
    pub(crate) began: Instant,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself already; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in megabytes (10⁶ bytes).
    pub(crate) fn resident_mb(&self) -> Result<f64, Fault> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.map_err(|error| Fault::of("reading the memory of a process (Linux only)", &error))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: Option<f64> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        kib.map(|kib| kib * 1_024.0 / 1e6).ok_or_else(|| Fault("the process tells no VmRSS".to_owned()))
    }
}

/// Ticks of `/proc/…/stat` in a second; the same on every Linux that we build for.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time that a process has used so far, in seconds.
pub(crate) fn processor_s(id: u32) -> Result<f64, Fault> {
    let failed =
        |error: &dyn std::fmt::Display| Fault::of("reading the processor time of a process (Linux only)", error);
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).map_err(|error| failed(&error))?;
    // The name, which may hold blanks, ends with the last parenthesis; user and system time are 12th and 13th after.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_SECOND)
}

/// Starts `wardroom serve` on a data folder and waits until it says where it listens.
pub(crate) fn serve(wardroom: &Path, data: &Path) -> Result<Running, Fault> {
    let failed = |error: &dyn std::fmt::Display| Fault::of("starting wardroom", error);
    let began = now();
    let mut child = Command::new(wardroom)
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--plain-http-hosts", "127.0.0.1", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or_else(|| Fault("wardroom has no standard output".to_owned()))?;
    BufReader::new(stdout).read_line(&mut line).map_err(|error| failed(&error))?;
    let address = line.trim().strip_prefix("serving http://").and_then(|address| address.parse().ok());
    match address {
        Some(address) => Ok(Running { child, address, began }),
        None => {
            let _ = child.kill();
            Err(Fault(format!("wardroom said {line:?} and not where it listens")))
        }
    }
}

/// Starts one nginx worker that passes everything on to the upstream. Nothing where there is no nginx.
pub(crate) fn nginx(dir: &Path, upstream: SocketAddr) -> Result<Option<Running>, Fault> {
    let Some(program) = ["/usr/sbin/nginx", "/usr/bin/nginx"].map(PathBuf::from).into_iter().find(|path| path.exists())
    else {
        return Ok(None);
    };
    let failed = |error: &dyn std::fmt::Display| Fault::of("starting nginx", error);
    let address = free_address()?;
    let config = format!(
        "daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log;
         events {{ worker_connections 512; }}
         http {{
             access_log off;
             client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
             uwsgi_temp_path uwsgi; scgi_temp_path scgi;
             keepalive_requests 10000000;
             upstream fixed {{ server {upstream}; keepalive 64; keepalive_requests 10000000; }}
             server {{
                 listen {address};
                 location / {{ proxy_pass http://fixed; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}
             }}
         }}"
    );
    let path = dir.join("nginx.conf");
    std::fs::write(&path, config).map_err(|error| failed(&error))?;
    let mut command = Command::new(program);
    command.arg("-p").arg(dir).arg("-c").arg(&path).stderr(Stdio::null());
    let (began, child) = (now(), command.spawn().map_err(|error| failed(&error))?);
    Ok(Some(Running { child, address, began }))
}

fn free_address() -> Result<SocketAddr, Fault> {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.map_err(|error| Fault::of("looking for a free port", &error))
}
