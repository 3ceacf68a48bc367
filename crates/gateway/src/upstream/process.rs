//! One process of the system's: how it is started from a template, and how it ends with all that it started.
//!
//! There is no shell, and nothing of Wardroom's own environment or open files goes along. It leads a process group of its
//! own, which is killed as a whole when this is dropped, however that comes about.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::upstream::template::Template;

/// Milliseconds for which a process may go on after it was asked to end.
const TERMINATE_MS_MAX: u64 = 1_000;

/// A running process, with the ends of its pipes.
pub(super) struct Process {
    child: Child,
    group: Group,
}

/// What a process is spoken to by.
pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

/// Starts a process. What went wrong is told without what stands in the template.
pub(super) fn start(template: &Template, secret: Option<&str>) -> Result<(Process, Pipes), String> {
    let mut command = Command::new(&template.program);
    command.args(&template.arguments).current_dir(&template.folder).env_clear().envs(&template.environment);
    if let (Some(variable), Some(secret)) = (&template.secret_variable, secret) {
        command.env(variable, secret);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    {
        command.process_group(0);
        if let Some((user, group)) = template.runs_as {
            command.uid(user).gid(group);
        }
    }
    let mut child = command.spawn().map_err(|error| {
        tracing::error!(template = %template.name, program = %template.program.display(), %error, "a program cannot be started");
        format!("its program cannot be run ({})", error.kind())
    })?;
    let group = Group::of(&child);
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err("its program has no pipes".to_owned());
    };
    let process = Process { child, group };
    // It has begun by now, and no more: what it takes from here on is bounded.
    process.bound(template).map_err(|error| {
        tracing::error!(template = %template.name, %error, "a process cannot be bounded, and is ended");
        format!("its process cannot be bounded ({})", error.kind())
    })?;
    tracing::info!(template = %template.name, process = process.child.id(), "a process is started");
    Ok((process, Pipes { stdin, stdout, stderr }))
}

impl Process {
    /// Waits for its end, in words. May be dropped and asked again.
    pub(super) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => in_words(status),
            Err(error) => format!("it cannot be waited for ({})", error.kind()),
        }
    }

    /// Ends it: it may go by itself first, since its input is closed by now, is then asked to, and is killed at last. What
    /// it has started goes with it.
    pub(super) async fn end(mut self, grace: Duration) {
        if tokio::time::timeout(grace, self.child.wait()).await.is_err() {
            self.group.terminate();
            // Whether it does or not, it is killed next.
            let _ = tokio::time::timeout(Duration::from_millis(TERMINATE_MS_MAX), self.child.wait()).await;
        }
        self.group.kill();
        // Nothing is left in the system's table of processes.
        let _ = self.child.wait().await;
    }

    #[cfg(target_os = "linux")]
    fn bound(&self, template: &Template) -> std::io::Result<()> {
        use rustix::process::{Resource, Rlimit, prlimit};
        let limits = &template.limits;
        let all = [
            (Resource::Data, Some(limits.memory_bytes_max)),
            (Resource::Nofile, Some(limits.files_max)),
            (Resource::Nproc, limits.user_processes_max),
            (Resource::Core, Some(0)),
        ];
        for (resource, most) in all.into_iter().filter_map(|(resource, most)| Some((resource, most?))) {
            prlimit(self.group.0, resource, Rlimit { current: Some(most), maximum: Some(most) })?;
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn bound(&self, _: &Template) -> std::io::Result<()> {
        Ok(())
    }
}

/// The process group that a process leads. Killed when this is dropped.
#[cfg(unix)]
struct Group(Option<rustix::process::Pid>);

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Group {
        Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw))
    }

    fn terminate(&self) {
        self.send(rustix::process::Signal::TERM);
    }

    fn kill(&self) {
        self.send(rustix::process::Signal::KILL);
    }

    fn send(&self, signal: rustix::process::Signal) {
        if let Some(leader) = self.0 {
            // Where nobody is left in it, there is nobody to be told.
            let _ = rustix::process::kill_process_group(leader, signal);
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where there are no process groups, the process alone is killed, as it is dropped.
#[cfg(not(unix))]
struct Group;

#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Group {
        Group
    }

    fn terminate(&self) {}

    fn kill(&self) {}
}

fn in_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("it was ended by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("it ended with {code}"),
        None => "it ended".to_owned(),
    }
}
