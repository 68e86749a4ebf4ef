//! Recognises and stops server processes that an earlier run left behind. A `postmaster.pid` names
//! a process, but the number alone proves nothing. It may belong to another process by now, and a
//! user with write access to the file may write any number into it.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::account::Account;

/// The content of `postmaster.pid`, which PostgreSQL writes in its data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    /// The server's process.
    pub pid: i32,
    /// The data folder in which the file is.
    data: PathBuf,
    /// The folder of its socket; `None` while it starts.
    pub socket_folder: Option<PathBuf>,
}

impl Postmaster {
    /// Reads `postmaster.pid` of `data`. `None` where there is none, where it is half-written, or
    /// belongs to another folder.
    pub(super) fn read(data: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
        if !is_same_folder(Path::new(lines.next()?), data) {
            return None;
        }
        // Start time and port stand between.
        let socket_folder = lines
            .nth(2)
            .filter(|line| !line.is_empty())
            .map(PathBuf::from);
        Some(Self {
            pid,
            data: data.to_path_buf(),
            socket_folder,
        })
    }

    /// Whether the process is alive, belongs to `account`, and is a server on this data folder.
    pub(super) fn is_running(&self, account: Account) -> bool {
        !is_gone(self.pid)
            && owner(self.pid) == Some(account.uid())
            && arguments(self.pid).is_some_and(|arguments| is_server_on(&arguments, &self.data))
    }
}

/// Asks the server to end with `signal`, and kills it if it does not within `patience`.
pub(super) fn stop(pid: i32, signal: Signal, patience: Duration) {
    // A process that is already gone is the aim, and no error.
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

/// The user of a process: from `/proc` where it exists, otherwise from `ps`.
fn owner(pid: i32) -> Option<u32> {
    if Path::new("/proc/self").exists() {
        return std::fs::metadata(format!("/proc/{pid}"))
            .ok()
            .map(|found| found.uid());
    }
    ps(pid, "uid=")?.trim().parse().ok()
}

/// The program of a process and its arguments: from `/proc` where it exists, otherwise from `ps`.
fn arguments(pid: i32) -> Option<Vec<String>> {
    if Path::new("/proc/self").exists() {
        let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(
            String::from_utf8_lossy(&bytes)
                .split('\0')
                .map(str::to_owned)
                .collect(),
        );
    }
    // A folder with a space is then not recognised, and its server stays: the other mistake would
    // be to kill another one.
    Some(
        ps(pid, "args=")?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    )
}

fn ps(pid: i32, column: &str) -> Option<String> {
    let output = Command::new("ps")
        .args(["-ww", "-o", column, "-p", &pid.to_string()])
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether these are the program and arguments of a PostgreSQL server that was started by us on
/// `data`.
fn is_server_on(arguments: &[String], data: &Path) -> bool {
    let [program, rest @ ..] = arguments else {
        return false;
    };
    let is_server = Path::new(program)
        .file_name()
        .is_some_and(|name| name == "postgres");
    let is_on = |pair: &[String]| pair[0] == "-D" && is_same_folder(Path::new(&pair[1]), data);
    is_server && rest.windows(2).any(is_on)
}

fn is_same_folder(a: &Path, b: &Path) -> bool {
    a == b
        || a.is_absolute()
            && a.canonicalize()
                .is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_no_server_on_this_folder_is_not_taken_for_one() {
        let data = tempfile::tempdir().expect("temporary folder");
        let file = data.path().join("postmaster.pid");
        let path = data.path().display();
        std::fs::write(
            &file,
            format!("{}\n{path}\n1700000000\n5432\n/tmp/x\n", std::process::id()),
        )
        .expect("write");
        let found = Postmaster::read(data.path()).expect("complete");
        assert_eq!(found.socket_folder.as_deref(), Some(Path::new("/tmp/x")));
        assert!(!found.is_running(Account::Own), "this test is no server");
        for other in [
            "12",
            "12\n\n0\n5432\n\n",
            "12\n/nowhere\n0\n5432\n\n",
            "12\n.\n0\n5432\n\n",
        ] {
            std::fs::write(&file, other).expect("write");
            assert_eq!(Postmaster::read(data.path()), None, "{other}");
        }
    }

    #[test]
    fn a_server_is_known_by_its_program_and_its_folder() {
        let data = Path::new("/nowhere/data");
        let is_server = |line: &str| {
            let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
            is_server_on(&arguments, data)
        };
        assert!(is_server(
            "/usr/lib/postgresql/15/bin/postgres -D /nowhere/data -c fsync=off"
        ));
        for other in [
            "postgres -D /nowhere/data2",
            "postgres -c /nowhere/data",
            "sleep -D /nowhere/data",
            "sh -c postgres -D /nowhere/data",
            "postgres",
            "",
        ] {
            assert!(!is_server(other), "{other}");
        }
    }
}
