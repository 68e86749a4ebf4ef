//! Cleans up after a run that was killed, at once and not only when the next run sweeps. A shell
//! waits for the end of a pipe that only this process holds open. Where there is no shell, the
//! sweep has to do.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for the end of its input, then ends the server `$1` and removes the folder `$2`. The
/// number may belong to another process by then: only a server on that folder is ended. The folder
/// is removed in several attempts, since a server that is ending still writes to it.
const SCRIPT: &str = r#"
    cat >/dev/null
    line=$(tr '\0' ' ' <"/proc/$1/cmdline" || ps -ww -o args= -p "$1")
    case "$line" in
        *" -D $2/data "*) kill -QUIT "$1" ;;
    esac
    for attempt in 1 2 3 4 5; do
        rm -rf "$2" 2>/dev/null && exit
        sleep 1
    done
"#;

/// The shell that waits; dropping the value ends it.
#[derive(Debug)]
pub(super) struct ExitGuard(Option<Child>);

impl ExitGuard {
    /// Ends the server `pid` and removes `folder` when this process ends without having dropped the
    /// guard.
    pub(super) fn new(pid: i32, folder: &Path) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT, "sh"])
            .arg(pid.to_string())
            .arg(folder);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Ctrl-C ends this process, and must not end the guard with it.
        command.process_group(0).current_dir("/");
        Self(command.spawn().ok())
    }
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
