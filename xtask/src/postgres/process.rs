//! Server processes that an earlier run left behind: whether the process that a `postmaster.pid` names is still that
//! server, and how it is stopped. A number alone proves nothing: it may belong to somebody else by now.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What PostgreSQL writes to `postmaster.pid` in its data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    /// The server's process.
    pub pid: i32,
    /// The data folder it was started on.
    pub data: PathBuf,
    /// The folder of its socket; none while it starts.
    pub socket_folder: Option<PathBuf>,
}

impl Postmaster {
    /// Reads `postmaster.pid` of `data`; none where there is none or it is half-written.
    pub(super) fn read(data: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
        let data = PathBuf::from(lines.next()?);
        // Start time and port stand between.
        let socket_folder = lines.nth(2).filter(|line| !line.is_empty()).map(PathBuf::from);
        Some(Self { pid, data, socket_folder })
    }

    /// Whether the process is alive and is a server on this data folder.
    pub(super) fn is_running(&self) -> bool {
        !is_gone(self.pid) && command_line(self.pid).is_some_and(|line| line.contains(&*self.data.to_string_lossy()))
    }
}

/// Asks the server to end with `signal`, and kills it if it has not within `patience`.
pub(super) fn stop(pid: i32, signal: Signal, patience: Duration) {
    // A process that is already gone is what we want.
    let _ = kill(Pid::from_raw(pid), signal);
    if !wait_until_gone(pid, patience) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        wait_until_gone(pid, Duration::from_secs(2));
    }
}

fn wait_until_gone(pid: i32, patience: Duration) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < patience {
        if is_gone(pid) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    is_gone(pid)
}

fn is_gone(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH)
}

/// The command line of a process: from `/proc` where there is one, else from `ps`.
fn command_line(pid: i32) -> Option<String> {
    match std::fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).replace('\0', " ")),
        Err(_) if Path::new("/proc/self").exists() => None,
        Err(_) => {
            let output = Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output().ok()?;
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_no_server_on_this_folder_is_not_taken_for_one() {
        let data = tempfile::tempdir().expect("temporary folder");
        let file = data.path().join("postmaster.pid");
        let path = data.path().display();
        std::fs::write(&file, format!("{}\n{path}\n1700000000\n5432\n/tmp/x\n", std::process::id())).expect("write");
        let found = Postmaster::read(data.path()).expect("complete");
        assert_eq!(found.socket_folder.as_deref(), Some(Path::new("/tmp/x")));
        assert!(!found.is_running(), "this test is no server");
        std::fs::write(&file, "12").expect("write");
        assert_eq!(Postmaster::read(data.path()), None);
    }
}
