//! Works on the databases of a fleet, one wave after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::advice;
use super::connections::{Connection, Connections};
use super::stop_signal::StopSignal;
use crate::commands::Context;
use crate::config::FleetConfig;
use crate::fleet::{
    Ending, FleetTarget, Limits, RecordedOutcome, RunFile, RunStep, Schedule, Waiting, Wave,
};
use crate::render::human;
use crate::report::{FleetOutcome, Timestamp};

/// The result of one database.
pub(super) struct Worked {
    /// The outcome.
    pub outcome: FleetOutcome,
    /// The migrations that were applied or undone.
    pub migrations: Vec<String>,
    /// The last applied migration now, none where none is; where it is not known, that of before.
    pub version: Option<Option<String>>,
    /// Notes for people.
    pub notes: Vec<String>,
}

impl Worked {
    /// The same, with advice that works on the database `name` of the fleet.
    pub(super) fn advising(mut self, name: &str) -> Self {
        let texts = self.outcome.error_mut().into_iter().chain(&mut self.notes);
        for text in texts {
            *text = advice::about(&[name], text);
        }
        self
    }

    /// The work on a database that was not begun, because of `why`.
    pub(super) fn failed(why: String) -> Self {
        Self {
            outcome: FleetOutcome::Failed(why),
            migrations: Vec::new(),
            version: None,
            notes: Vec::new(),
        }
    }
}

/// Works on one database over its connection, or says why there is none.
pub(super) type Work<'r> = dyn Fn(&FleetTarget, Result<Connection>) -> Worked + Sync + 'r;

/// The end of the work on one database.
pub(super) struct Ended {
    /// The outcome.
    pub worked: Worked,
    /// The number of its wave, from 1.
    pub wave: usize,
    /// The duration of the work.
    pub duration: Duration,
}

/// The results of the waves.
pub(super) struct WaveResults {
    /// The databases that were begun, by their place in the list.
    pub ended: BTreeMap<usize, Ended>,
    /// Why no other one begins; none where the run did not stop.
    pub stopped: Option<String>,
}

/// Works on databases in waves.
pub(super) struct WaveRun<'r> {
    /// The context of the command.
    pub context: &'r Context,
    /// The limits of the run.
    pub config: &'r FleetConfig,
    /// Where each step is written.
    pub file: &'r RunFile,
    /// The databases.
    pub targets: &'r [FleetTarget],
    /// Their last applied migrations before the run.
    pub versions: &'r [Option<String>],
    /// Connects to them.
    pub connections: &'r Connections<'r>,
    /// Works on one database.
    pub work: &'r Work<'r>,
}

impl WaveRun<'_> {
    /// Works on the databases of `waves`. A run file that cannot be written stops the run: without it
    /// nobody could go on.
    pub(super) fn run(&self, waves: &[Wave]) -> WaveResults {
        let rollout = &self.config.rollout;
        let schedule = Arc::new(Schedule::new(Limits {
            failures: rollout.max_failures,
            lock_timeouts: rollout.max_lock_timeouts,
            per_server: self.config.parallel_per_server,
        }));
        let _signals = StopSignal::begin(self.context.terminal, Arc::clone(&schedule));
        let ended = Mutex::new(BTreeMap::new());
        for (number, wave) in (1..).zip(waves) {
            if number > 1 {
                self.pause(&schedule, Duration::from_secs(rollout.pause));
            }
            if schedule.stopped().is_some() {
                break;
            }
            self.say_wave((number, waves.len()), wave);
            let databases = wave.databases.iter();
            let begun = self.append(&RunStep::Wave {
                wave: wave.name.clone(),
                databases: databases.filter_map(|place| self.name(*place)).collect(),
            });
            if let Err(error) = begun {
                schedule.stop(&format!("{error:#}"));
                break;
            }
            let waiting = |place: &usize| Some(self.targets.get(*place)?.waiting(*place));
            schedule.add(wave.databases.iter().filter_map(waiting));
            let what = format!("wave {number} of {} ({})", waves.len(), wave.name);
            let count = wave.databases.len();
            let work = self.context.progress.begin_counted(&what, count);
            std::thread::scope(|scope| {
                for _ in 0..self.config.parallel.min(wave.databases.len()) {
                    scope.spawn(|| {
                        while let Some(next) = schedule.next() {
                            work.beside(&self.name(next.place).unwrap_or_default());
                            self.one((&next, number), &schedule, &ended);
                            work.done();
                        }
                    });
                }
            });
            if wave.is_canary && !all_done(&ended) {
                schedule.stop("a canary failed");
            }
        }
        WaveResults {
            ended: ended.into_inner().unwrap_or_else(PoisonError::into_inner),
            stopped: schedule.stopped(),
        }
    }

    /// Connects to the databases that come next, one for each that is worked on at once.
    fn connect_ahead(&self, schedule: &Schedule) {
        for place in schedule.coming(self.config.parallel) {
            if let Some(target) = self.targets.get(place) {
                self.connections.begin(target);
            }
        }
    }

    /// Works on one database. What cannot be written to the run file is not begun.
    fn one(
        &self,
        (next, wave): (&Waiting, usize),
        schedule: &Schedule,
        ended: &Mutex<BTreeMap<usize, Ended>>,
    ) {
        let place = next.place;
        let Some(target) = self.targets.get(place) else {
            return;
        };
        let begun = self.append(&RunStep::Begun {
            database: target.name.clone(),
            version: self.versions.get(place).cloned().flatten(),
        });
        if let Err(error) = begun {
            schedule.ended(next, Ending::Done);
            schedule.stop(&format!("{error:#}"));
            return;
        }
        let start = Instant::now();
        let connection = self.connections.take(target);
        // Only now: a server may have no other session left.
        self.connect_ahead(schedule);
        let worked = (self.work)(target, connection).advising(&target.name);
        let duration = start.elapsed();
        let (ending, outcome) = match &worked.outcome {
            FleetOutcome::LockTimeout(_) => (Ending::LockTimeout, RecordedOutcome::Failed),
            FleetOutcome::Failed(_) | FleetOutcome::Refused(_) => {
                (Ending::Failed, RecordedOutcome::Failed)
            }
            FleetOutcome::Done | FleetOutcome::Current | FleetOutcome::NotBegun => {
                (Ending::Done, RecordedOutcome::Done)
            }
        };
        let written = self.append(&RunStep::Ended {
            database: target.name.clone(),
            outcome,
            migrations: worked.migrations.clone(),
            error: worked.outcome.error().map(str::to_owned),
        });
        let style = self.context.terminal.style();
        // A line that cannot be shown now is in the report in the end.
        let _ = self.context.say(&human::fleet_run::ended(
            &target.name,
            &worked.outcome,
            worked.migrations.len(),
            style,
        ));
        if let Some(why) = schedule.ended(next, ending) {
            let _ = self.append(&RunStep::Stopped { why });
        }
        if let Err(error) = written {
            schedule.stop(&format!("{error:#}"));
        }
        let ended_one = Ended {
            worked,
            wave,
            duration,
        };
        ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(place, ended_one);
    }

    fn say_wave(&self, (number, of): (usize, usize), wave: &Wave) {
        if of < 2 {
            return;
        }
        let style = self.context.terminal.style();
        let text = human::fleet_run::wave((number, of), &wave.name, wave.databases.len(), style);
        // A terminal that is gone is no reason to stop in the middle.
        let _ = self.context.say(&text);
    }

    /// Waits between two waves, unless the run stops.
    fn pause(&self, schedule: &Schedule, pause: Duration) {
        /// The time after which a stop is noticed.
        const STEP: Duration = Duration::from_millis(200);
        if pause.is_zero() {
            return;
        }
        let what = format!("waiting {} s before the next wave", pause.as_secs());
        let _work = self.context.progress.begin(&what);
        let start = Instant::now();
        while start.elapsed() < pause && schedule.stopped().is_none() {
            std::thread::sleep(STEP.min(pause));
        }
    }

    fn append(&self, step: &RunStep) -> Result<()> {
        self.file.append(Timestamp::now().as_str(), step)
    }

    fn name(&self, place: usize) -> Option<String> {
        Some(self.targets.get(place)?.name.clone())
    }
}

fn all_done(ended: &Mutex<BTreeMap<usize, Ended>>) -> bool {
    let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
    ended.values().all(|one| one.worked.outcome.is_done())
}
