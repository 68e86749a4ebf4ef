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

/// What has not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its place in the list.
    pub place: usize,
    /// Its server.
    pub server: String,
    /// Its database, where others of the list share it. Its lock lets in one at a time.
    pub shared: Option<String>,
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
    waiting: VecDeque<Waiting>,
    /// The number of databases that are worked on, by server, and that of tenants, by database.
    running: HashMap<String, usize>,
    failures: usize,
    lock_timeouts: usize,
    stopped: Option<String>,
}

impl Waiting {
    /// The names under which it is counted while it is worked on. A server's has no database.
    fn keys(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.server).chain(&self.shared)
    }
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

    /// Adds the databases of a wave.
    pub fn add(&self, databases: impl IntoIterator<Item = Waiting>) {
        self.state().waiting.extend(databases);
        self.changed.notify_all();
    }

    /// Waits for a database that may begin. `None` where all have begun, or the run stopped.
    #[must_use]
    pub fn next(&self) -> Option<Waiting> {
        let mut state = self.state();
        loop {
            if state.stopped.is_some() || state.waiting.is_empty() {
                return None;
            }
            let most = self.limits.per_server;
            let running = |key: &str| state.running.get(key).copied().unwrap_or_default();
            let is_free = |one: &Waiting| {
                running(&one.server) < most
                    && one
                        .shared
                        .as_ref()
                        .is_none_or(|shared| running(shared) == 0)
            };
            if let Some(at) = state.waiting.iter().position(is_free)
                && let Some(one) = state.waiting.remove(at)
            {
                for key in one.keys() {
                    *state.running.entry(key.clone()).or_default() += 1;
                }
                return Some(one);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The places of the `count` databases that come next, as many as may be worked on at once; none
    /// once the run stopped.
    #[must_use]
    pub fn coming(&self, count: usize) -> Vec<usize> {
        let state = self.state();
        let mut of: HashMap<String, usize> = HashMap::new();
        let mut may_come = |one: &&Waiting| {
            let servers = of.entry(one.server.clone()).or_default();
            *servers += 1;
            *servers <= self.limits.per_server
        };
        let count = if state.stopped.is_some() { 0 } else { count };
        let coming = state.waiting.iter().filter(|one| may_come(one)).take(count);
        coming.map(|one| one.place).collect()
    }

    /// Notes that `one` ended. Returns why the run stops, where it does now.
    pub fn ended(&self, one: &Waiting, ending: Ending) -> Option<String> {
        let mut state = self.state();
        for key in one.keys() {
            if let Some(count) = state.running.get_mut(key) {
                *count = count.saturating_sub(1);
            }
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

    fn waiting((place, server): (usize, &str)) -> Waiting {
        Waiting {
            place,
            server: server.to_owned(),
            shared: None,
        }
    }

    fn schedule(failures: usize, per_server: usize) -> Schedule {
        let schedule = Schedule::new(Limits {
            failures,
            lock_timeouts: 0,
            per_server,
        });
        schedule.add(["x", "x", "y", "x"].into_iter().enumerate().map(waiting));
        schedule
    }

    fn next(schedule: &Schedule) -> Option<usize> {
        schedule.next().map(|one| one.place)
    }

    #[test]
    fn a_full_server_lets_others_go_first() {
        let schedule = schedule(0, 1);
        assert_eq!(schedule.coming(3), [0, 2]);
        assert_eq!((next(&schedule), next(&schedule)), (Some(0), Some(2)));
        assert_eq!(schedule.ended(&waiting((0, "x")), Ending::Done), None);
        assert_eq!(next(&schedule), Some(1));
        schedule.ended(&waiting((1, "x")), Ending::Done);
        assert_eq!((next(&schedule), next(&schedule)), (Some(3), None));
    }

    #[test]
    fn tenants_of_one_database_come_one_at_a_time() {
        let schedule = Schedule::new(Limits {
            failures: 0,
            lock_timeouts: 0,
            per_server: 4,
        });
        let shared = |(place, database): (usize, &str)| Waiting {
            shared: Some(database.to_owned()),
            ..waiting((place, "x"))
        };
        schedule.add(["x/a", "x/a", "x/b"].into_iter().enumerate().map(shared));
        assert_eq!((next(&schedule), next(&schedule)), (Some(0), Some(2)));
        schedule.ended(&shared((0, "x/a")), Ending::Done);
        assert_eq!((next(&schedule), next(&schedule)), (Some(1), None));
    }

    #[test]
    fn none_begins_once_too_many_failed() {
        let schedule = schedule(1, 4);
        assert_eq!(next(&schedule), Some(0));
        assert_eq!(schedule.ended(&waiting((0, "x")), Ending::Failed), None);
        assert_eq!(next(&schedule), Some(1));
        let why = schedule.ended(&waiting((1, "x")), Ending::Failed);
        let expected = "2 failed (`fleet.max-failures` allows 1)";
        assert_eq!(why.as_deref(), Some(expected));
        assert_eq!((next(&schedule), schedule.stopped()), (None, why));
    }

    #[test]
    fn locks_are_counted_by_themselves() {
        let schedule = schedule(0, 4);
        assert_eq!(next(&schedule), Some(0));
        let why = schedule.ended(&waiting((0, "x")), Ending::LockTimeout);
        assert!(why.is_some_and(|why| why.starts_with("1 did not get their locks")));
        schedule.stop("a person asked for it");
        assert!(schedule.stopped().is_some_and(|why| why.contains("locks")));
    }
}
