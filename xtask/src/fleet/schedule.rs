//! Decides which database of a wave begins next: as many at once as are allowed, in all and on each
//! server, and none any more once the run stops. Databases that have begun are left to end.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The end of a database, as far as stopping is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything asked for is done.
    Done,
    /// It failed.
    Failed,
    /// It did not get its locks.
    LockTimeout,
}

/// The numbers at which a run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The number of databases that may fail.
    pub failures: usize,
    /// The number of those that may miss their locks.
    pub lock_timeouts: usize,
    /// The number of databases of one server that are worked on at once.
    pub per_server: usize,
}

/// The databases that have not begun, and those that are worked on.
#[derive(Debug)]
pub struct Schedule {
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Places in the list, each with its server.
    waiting: VecDeque<(usize, String)>,
    /// The number of databases that are worked on, by server.
    running: HashMap<String, usize>,
    failures: usize,
    lock_timeouts: usize,
    stopped: Option<String>,
}

impl Schedule {
    /// A schedule without databases.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Adds the databases of a wave, each with its server.
    pub fn add(&self, databases: impl IntoIterator<Item = (usize, String)>) {
        self.state().waiting.extend(databases);
        self.changed.notify_all();
    }

    /// Waits for a database that may begin. `None` where all have begun, or the run stopped.
    #[must_use]
    pub fn next(&self) -> Option<usize> {
        let mut state = self.state();
        loop {
            if state.stopped.is_some() || state.waiting.is_empty() {
                return None;
            }
            let most = self.limits.per_server;
            let is_free = |(_, server): &(usize, String)| {
                state.running.get(server).is_none_or(|count| *count < most)
            };
            if let Some(at) = state.waiting.iter().position(is_free)
                && let Some((place, server)) = state.waiting.remove(at)
            {
                *state.running.entry(server).or_default() += 1;
                return Some(place);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes that a database on `server` ended. Returns why the run stops, where it does now.
    pub fn ended(&self, server: &str, ending: Ending) -> Option<String> {
        let mut state = self.state();
        if let Some(count) = state.running.get_mut(server) {
            *count = count.saturating_sub(1);
        }
        match ending {
            Ending::Done => {}
            Ending::Failed => state.failures += 1,
            Ending::LockTimeout => state.lock_timeouts += 1,
        }
        let over = |what: &str, count: usize, limit: usize, key: &str| {
            (count > limit).then(|| format!("{count} {what} (`fleet.{key}` allows {limit})"))
        };
        let (failures, lock_timeouts) = (state.failures, state.lock_timeouts);
        let failed = over("failed", failures, self.limits.failures, "max-failures");
        let why = failed.or_else(|| {
            let what = "did not get their locks";
            let limit = self.limits.lock_timeouts;
            over(what, lock_timeouts, limit, "max-lock-timeouts")
        });
        let stops_now = why.filter(|_| state.stopped.is_none());
        if stops_now.is_some() {
            state.stopped.clone_from(&stops_now);
        }
        drop(state);
        self.changed.notify_all();
        stops_now
    }

    /// Stops the run, for the reason `why`, unless it is stopped already.
    pub fn stop(&self, why: &str) {
        self.state().stopped.get_or_insert_with(|| why.to_owned());
        self.changed.notify_all();
    }

    /// Why the run stopped; none where it did not.
    #[must_use]
    pub fn stopped(&self) -> Option<String> {
        self.state().stopped.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(failures: usize, per_server: usize) -> Schedule {
        let schedule = Schedule::new(Limits {
            failures,
            lock_timeouts: 0,
            per_server,
        });
        let servers = ["x", "x", "y", "x"];
        schedule.add(servers.iter().map(|one| (*one).to_owned()).enumerate());
        schedule
    }

    #[test]
    fn a_full_server_lets_others_go_first() {
        let schedule = schedule(0, 1);
        assert_eq!((schedule.next(), schedule.next()), (Some(0), Some(2)));
        assert_eq!(schedule.ended("x", Ending::Done), None);
        assert_eq!(schedule.next(), Some(1));
        schedule.ended("x", Ending::Done);
        assert_eq!((schedule.next(), schedule.next()), (Some(3), None));
    }

    #[test]
    fn none_begins_once_too_many_failed() {
        let schedule = schedule(1, 4);
        assert_eq!(schedule.next(), Some(0));
        assert_eq!(schedule.ended("x", Ending::Failed), None);
        assert_eq!(schedule.next(), Some(1));
        let why = schedule.ended("x", Ending::Failed);
        let expected = "2 failed (`fleet.max-failures` allows 1)";
        assert_eq!(why.as_deref(), Some(expected));
        assert_eq!((schedule.next(), schedule.stopped()), (None, why));
    }

    #[test]
    fn locks_are_counted_by_themselves() {
        let schedule = schedule(0, 4);
        assert_eq!(schedule.next(), Some(0));
        let why = schedule.ended("x", Ending::LockTimeout);
        assert!(why.is_some_and(|why| why.starts_with("1 did not get their locks")));
        schedule.stop("a person asked for it");
        assert!(schedule.stopped().is_some_and(|why| why.contains("locks")));
    }
}
