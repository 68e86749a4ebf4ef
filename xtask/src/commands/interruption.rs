//! Ctrl-C while a database is changed. The run ends at once, as any program does, and the server
//! undoes an open transaction. The person is told in one line what is done and what is not.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

use super::Context;
use crate::called_as;
use crate::terminal::{Terminal, harmless_line};

/// The words of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// `db-migrate`
    Applying,
    /// `db-rollback`
    Undoing,
}

/// How far a run is. Clones share it: the run writes, and the signal reads.
#[derive(Debug, Clone)]
pub struct Standing(Arc<Mutex<Steps>>);

#[derive(Debug)]
struct Steps {
    doing: Doing,
    /// The names of the migrations of this run, in the order in which they are committed.
    names: Vec<String>,
    /// The number of those that are committed.
    committed: usize,
    current: Current,
}

/// The state of the first migration that is not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Current {
    /// An open transaction, or none: nothing of it stays.
    Undone,
    /// Statements that were committed one by one.
    InPart,
    /// Nobody knows before the answer to the COMMIT is there.
    Committing,
}

impl Standing {
    /// A run in which nothing was begun.
    #[must_use]
    pub fn new(doing: Doing) -> Self {
        Self(Arc::new(Mutex::new(Steps {
            doing,
            names: Vec::new(),
            committed: 0,
            current: Current::Undone,
        })))
    }

    /// Names the migrations of the run.
    pub fn plan(&self, names: Vec<String>) {
        self.change(|steps| steps.names = names);
    }

    /// The number of migrations of the run.
    #[must_use]
    pub fn len(&self) -> usize {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.names.len()
    }

    /// A migration begins; `in_part` says that its statements are committed one by one.
    pub fn begins(&self, in_part: bool) {
        let current = if in_part {
            Current::InPart
        } else {
            Current::Undone
        };
        self.change(|steps| steps.current = current);
    }

    /// The COMMIT comes next.
    pub fn commits(&self) {
        self.change(|steps| steps.current = Current::Committing);
    }

    /// This many migrations were committed.
    pub fn committed(&self, number: usize) {
        self.change(|steps| {
            steps.committed += number;
            steps.current = Current::Undone;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Steps)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn sentence(&self, status: &str) -> String {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        harmless_line(&steps.sentence(status))
    }
}

impl Steps {
    /// The line for the person. `status` is the command that tells what a line cannot.
    fn sentence(&self, status: &str) -> String {
        let done = match self.doing {
            Doing::Applying => "applied",
            Doing::Undoing => "undone",
        };
        let (committed, left) = self.names.split_at(self.committed.min(self.names.len()));
        let mut parts = vec![match committed {
            [] if self.current != Current::Undone => String::new(),
            [] => format!("nothing was {done}"),
            names => format!("{done} and committed: {}", listed(names)),
        }];
        if let ([first, ..], true) = (left, self.current != Current::Undone) {
            let why = match self.current {
                Current::InPart => "is done in part",
                Current::Committing | Current::Undone => "was being committed",
            };
            parts.push(format!("`{first}` {why}, `{status}` tells how far"));
        }
        let untouched = match self.current {
            Current::Undone => left,
            Current::InPart | Current::Committing => left.get(1..).unwrap_or_default(),
        };
        // Then the first part has said it already.
        let is_nothing_done = committed.is_empty() && self.current == Current::Undone;
        if !is_nothing_done && !untouched.is_empty() {
            parts.push(format!("not {done}: {}", listed(untouched)));
        }
        parts.retain(|part| !part.is_empty());
        format!("interrupted; {}", parts.join("; "))
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [first, .., last] if names.len() > 3 => {
            format!("`{first}` to `{last}` ({})", names.len())
        }
        few => few
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// Waits for Ctrl-C, or the signal with which CI ends a job, for as long as this value lives.
#[derive(Debug)]
pub struct SignalWatch {
    handle: Option<Handle>,
    thread: Option<JoinHandle<()>>,
}

impl SignalWatch {
    /// Watches over a run whose state is `standing`.
    #[must_use]
    pub fn begin(context: &Context, standing: Standing) -> Self {
        // Without a handler the signals end the program as before, only without the line.
        let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
            return Self {
                handle: None,
                thread: None,
            };
        };
        let terminal: Terminal = context.terminal;
        let handle = signals.handle();
        let thread = std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                let line = standing.sentence(&called_as::command("status"));
                // The terminal has written `^C` at the beginning of the line.
                let _ = terminal.eprint_last(&format!("\n{line}\n"));
                let _ = emulate_default_handler(signal);
            }
        });
        Self {
            handle: Some(handle),
            thread: Some(thread),
        }
    }
}

impl Drop for SignalWatch {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.close();
        }
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(doing: Doing, then: impl FnOnce(&Standing)) -> String {
        let standing = Standing::new(doing);
        standing.plan(["V1__a", "V2__b", "V3__c"].map(str::to_owned).to_vec());
        then(&standing);
        standing.sentence("db-status")
    }

    #[test]
    fn one_line_says_what_is_done_and_what_is_not() {
        assert_eq!(
            run(Doing::Applying, |_| {}),
            "interrupted; nothing was applied"
        );
        let second = |in_part| {
            run(Doing::Applying, |standing| {
                standing.begins(false);
                standing.commits();
                standing.committed(1);
                standing.begins(in_part);
            })
        };
        assert_eq!(
            second(false),
            "interrupted; applied and committed: `V1__a`; not applied: `V2__b`, `V3__c`"
        );
        assert_eq!(
            second(true),
            "interrupted; applied and committed: `V1__a`; `V2__b` is done in part, `db-status` tells how \
             far; not applied: `V3__c`"
        );
        assert_eq!(
            run(Doing::Undoing, |standing| standing.commits()),
            "interrupted; `V1__a` was being committed, `db-status` tells how far; not undone: `V2__b`, `V3__c`"
        );
    }
}
