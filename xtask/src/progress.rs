//! The progress of long work, as data. Code that works names its work and counts its steps; only
//! the terminal decides whether a person sees that. So no reader and no migration knows a terminal.

use std::sync::{Arc, Mutex, PoisonError};

/// The works that are under way. Clones share one list. The default is a list that nobody reads.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<Works>>);

#[derive(Debug, Default)]
struct Works {
    /// The identity of the next work.
    next: u64,
    running: Vec<(u64, WorkStatus)>,
}

/// One work, as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkStatus {
    /// The name of the work: `replaying migrations on scratch`.
    pub what: String,
    /// The step that runs now, where steps have names.
    pub step: Option<String>,
    /// The number of the step that runs now, from 1, or of the steps that are done, where several run
    /// side by side; and the number of all steps. Both are 0 where steps are not counted.
    pub count: (usize, usize),
}

impl Progress {
    /// Begins work that lasts as long as the result.
    #[must_use]
    pub fn begin(&self, what: &str) -> Work {
        self.begin_counted(what, 0)
    }

    /// Begins work of `total` steps, which lasts as long as the result.
    #[must_use]
    pub fn begin_counted(&self, what: &str, total: usize) -> Work {
        let status = WorkStatus {
            what: what.to_owned(),
            step: None,
            count: (0, total),
        };
        let mut works = self.works();
        let id = works.next;
        works.next += 1;
        works.running.push((id, status));
        Work {
            progress: self.clone(),
            id,
        }
    }

    /// The work that began last: the most specific one, where one runs within another.
    #[must_use]
    pub fn current(&self) -> Option<WorkStatus> {
        let works = self.works();
        works.running.last().map(|(_, status)| status.clone())
    }

    fn works(&self) -> std::sync::MutexGuard<'_, Works> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work under way. Dropping it ends the work.
#[derive(Debug)]
pub struct Work {
    progress: Progress,
    id: u64,
}

impl Work {
    /// Begins the next step, which is called `step`.
    pub fn next(&self, step: &str) {
        self.update(|status| {
            status.step = Some(step.to_owned());
            status.count_one();
        });
    }

    /// Names a step that runs beside others. It counts once it is [`done`](Self::done).
    pub fn beside(&self, step: &str) {
        self.update(|status| status.step = Some(step.to_owned()));
    }

    /// Counts a step that ran beside others.
    pub fn done(&self) {
        self.update(WorkStatus::count_one);
    }

    fn update(&self, change: impl FnOnce(&mut WorkStatus)) {
        let mut works = self.progress.works();
        let own = works.running.iter_mut().find(|(id, _)| *id == self.id);
        if let Some((_, status)) = own {
            change(status);
        }
    }
}

impl WorkStatus {
    fn count_one(&mut self) {
        // More steps than announced: the total was an estimate.
        let number = self.count.0 + 1;
        self.count = (number, self.count.1.max(number));
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let mut works = self.progress.works();
        works.running.retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_within_another_is_shown_while_it_lasts() {
        let progress = Progress::default();
        assert_eq!(progress.current(), None);
        let replay = progress.begin_counted("replaying", 2);
        replay.next("V1__a");
        let fetching = progress.begin("fetching");
        assert_eq!(
            progress.current().map(|work| work.what),
            Some("fetching".into())
        );
        drop(fetching);
        replay.next("V2__b");
        let shown = progress.current().expect("it runs");
        assert_eq!(
            (shown.step.as_deref(), shown.count),
            (Some("V2__b"), (2, 2))
        );
        drop(replay);
        assert_eq!(progress.current(), None);
    }

    #[test]
    fn steps_side_by_side_count_once_they_are_done() {
        let progress = Progress::default();
        let survey = progress.begin_counted("surveying", 3);
        survey.beside("acme");
        survey.beside("beta");
        let shown = || progress.current().map(|work| (work.step, work.count));
        assert_eq!(shown(), Some((Some("beta".into()), (0, 3))));
        survey.done();
        assert_eq!(shown(), Some((Some("beta".into()), (1, 3))));
    }
}
