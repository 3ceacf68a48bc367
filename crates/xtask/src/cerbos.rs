//! Cerbos as a running program: started on a folder of policies, ended with the value that holds it.
//!
//! It is the server that ours is examined and measured beside. Nothing here asks it a question, and nothing here is part
//! of the product. Start reading at [`Cerbos::start`].

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long to wait before asking again whether it serves, and how often to ask.
const PAUSE: Duration = Duration::from_millis(20);
const ATTEMPTS_MAX: usize = 1_000;

/// A running Cerbos. It ends when this is dropped.
pub struct Cerbos {
    child: Child,
    address: SocketAddr,
}

impl Drop for Cerbos {
    fn drop(&mut self) {
        // It may have ended by itself already; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Cerbos {
    /// Starts the executable on a folder of policies, on free ports of this machine, without audit or telemetry. What it
    /// has to complain of goes to our standard error.
    ///
    /// # Errors
    /// A sentence where the executable cannot be started.
    pub fn start(program: &Path, policies: &Path) -> Result<Cerbos, String> {
        let [address, other] = free_addresses().map_err(|error| format!("looking for a free port: {error}"))?;
        let mut command = Command::new(program);
        command
            .args(["server", "--log-level=error", "--set=telemetry.disabled=true", "--set=storage.driver=disk"])
            .arg(format!("--set=storage.disk.directory={}", policies.display()))
            .arg(format!("--set=server.httpListenAddr={address}"))
            .arg(format!("--set=server.grpcListenAddr={other}"))
            .stdout(Stdio::null());
        let child = command.spawn().map_err(|error| format!("starting {}: {error}", program.display()))?;
        Ok(Cerbos { child, address })
    }

    /// Where it serves HTTP, AuthZEN among it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it serves.
    ///
    /// # Errors
    /// A sentence where it has ended instead, or does not serve after 20 seconds.
    pub fn wait_until_ready(&mut self) -> Result<(), String> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(1))).build().into();
        let health = format!("http://{}/_cerbos/health", self.address);
        for _ in 0..ATTEMPTS_MAX {
            if let Some(status) = self.child.try_wait().map_err(|error| format!("waiting for Cerbos: {error}"))? {
                return Err(format!("Cerbos ended with {status} before it served anything; what it said stands above"));
            }
            if agent.get(&health).call().is_ok() {
                return Ok(());
            }
            std::thread::park_timeout(PAUSE);
        }
        Err(format!("Cerbos does not answer at {health}"))
    }
}

/// Two addresses at which nobody listens; both are held until both are known, so that they differ.
fn free_addresses() -> io::Result<[SocketAddr; 2]> {
    let (one, other) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok([one.local_addr()?, other.local_addr()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_at_once_is_not_waited_for() {
        let mut ended = Cerbos::start(Path::new("/bin/false"), Path::new("/")).expect("it is started");
        let fault = ended.wait_until_ready().expect_err("it does not serve");
        assert!(fault.contains("ended with exit status: 1"), "{fault}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let Err(fault) = Cerbos::start(Path::new("/no/such/cerbos"), Path::new("/")) else { panic!("it was started") };
        assert!(fault.contains("/no/such/cerbos"), "{fault}");
    }
}
