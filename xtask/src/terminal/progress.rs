//! One line on stderr that shows what a long run does. It appears only on a terminal with a person
//! before it, only after a while, and is gone before anything else is written.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::foreign_text::harmless_line;
use super::shows_unicode;
use crate::progress::{Progress, WorkStatus};

/// How long work runs before it is shown: a line that flashes by only disturbs.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the line is drawn. The eye takes ten pictures a second for movement.
const INTERVAL: Duration = Duration::from_millis(100);

/// The line. stderr belongs to the whole process, and so does this line.
static LINE: Mutex<Line> = Mutex::new(Line::Hidden);

enum Line {
    Hidden,
    Shown(ProgressBar),
    /// The process ends: nothing is drawn any more.
    Over,
}

impl Line {
    fn hide(&mut self) {
        if let Self::Shown(bar) = self {
            bar.finish_and_clear();
            *self = Self::Hidden;
        }
    }
}

/// Shows the progress of a run for as long as this value lives.
#[derive(Debug)]
pub struct ProgressLine {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressLine {
    /// Shows `progress`, if the line `is_wanted`.
    pub(super) fn show(progress: Progress, is_wanted: bool) -> Self {
        if !is_wanted {
            return Self {
                stop: None,
                thread: None,
            };
        }
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut busy_since = None;
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                draw(progress.current(), &mut busy_since);
            }
            draw(None, &mut busy_since);
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Runs `write` while the line is not on the screen.
pub(super) fn without_line<T>(write: impl FnOnce() -> T) -> T {
    let line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    match &*line {
        Line::Shown(bar) => bar.suspend(write),
        Line::Hidden | Line::Over => write(),
    }
}

/// Removes the line for good: the process is about to end.
pub(super) fn end() {
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    line.hide();
    *line = Line::Over;
}

fn draw(status: Option<WorkStatus>, busy_since: &mut Option<Instant>) {
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(status) = status else {
        *busy_since = None;
        line.hide();
        return;
    };
    let since = *busy_since.get_or_insert_with(Instant::now);
    if since.elapsed() < PATIENCE {
        return;
    }
    if matches!(*line, Line::Hidden) {
        *line = Line::Shown(new_line(since.elapsed()));
    }
    if let Line::Shown(bar) = &*line {
        bar.set_message(cut(&message(&status)));
        bar.tick();
    }
}

fn new_line(elapsed: Duration) -> ProgressBar {
    // indicatif draws on a terminal only, and never wraps the line.
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let signs = if shows_unicode() {
        "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "
    } else {
        "|/-\\ "
    };
    if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}") {
        bar.set_style(style.tick_chars(signs));
    }
    bar.with_elapsed(elapsed)
}

/// Cuts `text` so that the line ends before the terminal does. A terminal echoes Ctrl-C as `^C`
/// behind the line; one that filled the terminal would then have two rows to remove.
fn cut(text: &str) -> String {
    /// The spinner, the time, their blanks and `^C`.
    const OTHERS: usize = 12;
    let (_rows, columns) = console::Term::stderr().size();
    let room = usize::from(columns).saturating_sub(OTHERS);
    console::truncate_str(text, room, "...").into_owned()
}

/// `replaying on a scratch database: 12 of 153, V12__add_bio`
fn message(status: &WorkStatus) -> String {
    let mut text = status.what.clone();
    let (number, total) = status.count;
    if total > 0 && number > 0 {
        text += &format!(": {number} of {total}");
    }
    if let Some(step) = &status.step {
        text += &format!(", {step}");
    }
    harmless_line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_runs_how_far_it_is_and_of_how_many() {
        let status = |step: Option<&str>, count| WorkStatus {
            what: "replaying on a scratch database".into(),
            step: step.map(str::to_owned),
            count,
        };
        let shown = message(&status(Some("V12__add_bio"), (12, 153)));
        assert_eq!(
            shown,
            "replaying on a scratch database: 12 of 153, V12__add_bio"
        );
        assert_eq!(
            message(&status(None, (0, 153))),
            "replaying on a scratch database"
        );
        assert!(!message(&status(Some("V1__\u{1b}[2J"), (1, 1))).contains('\u{1b}'));
    }
}
