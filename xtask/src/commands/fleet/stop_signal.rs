//! Ctrl-C while a fleet is changed. The first one lets the databases that have begun end, and none
//! begins after it. The second one ends the program, and the servers undo open transactions.

use std::sync::Arc;
use std::thread::JoinHandle;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

use crate::fleet::Schedule;
use crate::terminal::Terminal;

/// Waits for Ctrl-C, or the signal with which CI ends a job, for as long as this value lives.
pub(super) struct StopSignal {
    handle: Option<Handle>,
    thread: Option<JoinHandle<()>>,
}

impl StopSignal {
    /// Watches over the run of `schedule`.
    pub(super) fn begin(terminal: Terminal, schedule: Arc<Schedule>) -> Self {
        // Without a handler the signals end the program as before, only without the line.
        let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
            return Self {
                handle: None,
                thread: None,
            };
        };
        let handle = signals.handle();
        let thread = std::thread::spawn(move || {
            let mut is_second = false;
            for signal in signals.forever() {
                if is_second {
                    let line = "interrupted; what was not committed is undone, and `--resume` goes on with the run";
                    let _ = terminal.eprint_last(&format!("\n{line}\n"));
                    let _ = emulate_default_handler(signal);
                }
                is_second = true;
                schedule.stop("it was interrupted");
                let line = "stopping: no other database begins, and those that have begun end; once more ends them too";
                let _ = terminal.eprint(&format!("\n{line}\n"));
            }
        });
        Self {
            handle: Some(handle),
            thread: Some(thread),
        }
    }
}

impl Drop for StopSignal {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.close();
        }
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
