//! The one place that writes to stdout and stderr. Commands hand it finished text. It knows whether
//! a person or a file is on the other side. It stops foreign text that would steer a terminal or a
//! CI job.

mod foreign_text;
mod progress;
mod wrap;

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use anstream::ColorChoice;

use crate::progress::Progress;

pub use foreign_text::{harmless, harmless_line, without_commands};
pub use progress::ProgressLine;
pub use wrap::broken_between_words;

/// Clears the screen and what scrolled out of it.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// Whether text may hold colours and symbols. Decided once, from `--color`, `NO_COLOR` and the
/// terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub color: bool,
    /// Emoji: `✅` instead of `ok`.
    pub emoji: bool,
    /// Whether a terminal shows it, so that lines are broken to its width.
    pub is_terminal: bool,
    /// Columns of the terminal, 100 where there is none.
    pub width: usize,
}

impl Style {
    /// For files, pipes and tests.
    pub const PLAIN: Self = Self {
        color: false,
        emoji: false,
        is_terminal: false,
        width: 100,
    };
}

/// stdout and stderr.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    style: Style,
    interactive: bool,
    destination: Destination,
}

/// The destination of what is printed to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// stdout itself.
    Stdout,
    /// Held back where it is for people, until it is known whether something failed.
    OnFailure,
    /// Held back altogether, for a file.
    File,
}

/// Text that is held back.
static HELD: Mutex<String> = Mutex::new(String::new());

impl Terminal {
    /// The process's own streams.
    #[must_use]
    pub fn new(choice: ColorChoice, destination: Destination) -> Self {
        let is_file = destination == Destination::File;
        let interactive = !is_file && io::stdout().is_terminal() && io::stderr().is_terminal();
        let color = match choice {
            ColorChoice::Auto if is_file => false,
            ColorChoice::Auto => anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            ColorChoice::Always | ColorChoice::AlwaysAnsi => true,
            ColorChoice::Never => false,
        };
        let emoji = color && io::stdout().is_terminal() && shows_unicode();
        Self {
            style: Style {
                color,
                emoji,
                is_terminal: io::stdout().is_terminal() && !is_file,
                width: terminal_width()
                    .filter(|_| !is_file)
                    .unwrap_or(Style::PLAIN.width),
            },
            interactive,
            destination,
        }
    }

    /// The style that text for stdout may have.
    #[must_use]
    pub fn style(&self) -> Style {
        self.style
    }

    /// Writes `text` for people to stdout. A closed pipe (`| head`) is not an error.
    pub fn print(&self, text: &str) -> io::Result<()> {
        self.write_for_people(&foreign_text::plain(text))
    }

    /// Writes sentences for people to stdout. A terminal that is narrower would break them in words.
    pub fn tell(&self, text: &str) -> io::Result<()> {
        match self.style.is_terminal {
            true => self.print(&wrap::sentences_broken(text, self.style.width)),
            false => self.print(text),
        }
    }

    /// Writes `text` for people to stdout, in which renderers have set colours.
    pub fn print_styled(&self, text: &str) -> io::Result<()> {
        match self.style.color {
            true => self.write_for_people(&foreign_text::styled(text)),
            false => self.print(text),
        }
    }

    /// Writes JSON to stdout.
    pub fn print_json(&self, text: &str) -> io::Result<()> {
        self.write(&foreign_text::json(text))
    }

    /// Writes XML or HTML to stdout.
    pub fn print_markup(&self, text: &str) -> io::Result<()> {
        self.write(&foreign_text::markup(text))
    }

    /// Writes `text` for a program to stdout as it is: a patch, or a format that escapes by itself.
    /// On a terminal it is treated as text for people.
    pub fn print_exact(&self, text: &str) -> io::Result<()> {
        if self.destination != Destination::File && io::stdout().is_terminal() {
            self.print(text)
        } else {
            self.write(text)
        }
    }

    /// Writes the error that ended the program.
    pub fn eprint_error(&self, text: &str) -> io::Result<()> {
        let text = foreign_text::plain(text);
        let label = match self.style.color && io::stderr().is_terminal() {
            true => "\x1b[1;31merror\x1b[0m",
            false => "error",
        };
        write_sentences(&format!("{label}: {text}\n"))
    }

    /// Shows `progress` on stderr for as long as the result lives, where a person is there to see
    /// it: on a terminal that can move its cursor, and in no CI job.
    #[must_use]
    pub fn show_progress(&self, progress: Progress) -> ProgressLine {
        let is_set = |name: &str| {
            std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "false")
        };
        let can_move = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let is_quiet = self.destination == Destination::OnFailure;
        let is_wanted = io::stderr().is_terminal() && can_move && !is_set("CI") && !is_quiet;
        ProgressLine::show(progress, is_wanted)
    }

    /// Writes the last line of a process that a signal ends.
    pub fn eprint_last(&self, text: &str) -> io::Result<()> {
        progress::end();
        self.eprint(text)
    }

    /// Writes sentences for people to stderr.
    pub fn eprint(&self, text: &str) -> io::Result<()> {
        write_sentences(&foreign_text::plain(text))
    }

    /// Writes a remark to stderr, where it disturbs no output.
    pub fn remark(&self, text: &str) -> io::Result<()> {
        match self.destination {
            Destination::OnFailure => Ok(()),
            Destination::Stdout | Destination::File => self.eprint(text),
        }
    }

    /// Takes the text that was held back.
    #[must_use]
    pub fn take_held(&self) -> String {
        std::mem::take(&mut *HELD.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes text that was held back to stdout.
    pub fn release(&self, held: &str) -> io::Result<()> {
        write_out(held)
    }

    fn write_for_people(&self, text: &str) -> io::Result<()> {
        match self.destination {
            Destination::OnFailure => hold(text),
            Destination::Stdout | Destination::File => self.write(text),
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        match self.destination {
            Destination::File => hold(text),
            Destination::Stdout | Destination::OnFailure => write_out(text),
        }
    }

    /// Writes `text` for people to stderr, in which renderers have set colours.
    pub fn eprint_styled(&self, text: &str) -> io::Result<()> {
        match self.style.color {
            true => write_sentences(&foreign_text::styled(text)),
            false => self.eprint(text),
        }
    }

    /// Clears the screen, if there is one.
    pub fn clear(&self) -> io::Result<()> {
        if self.interactive {
            self.write(CLEAR)
        } else {
            Ok(())
        }
    }
}

fn hold(text: &str) -> io::Result<()> {
    HELD.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push_str(text);
    Ok(())
}

fn write_out(text: &str) -> io::Result<()> {
    progress::without_line(|| ignore_closed_pipe(io::stdout().lock().write_all(text.as_bytes())))
}

/// Writes `text` to stderr, with its sentences broken to the width of a terminal.
fn write_sentences(text: &str) -> io::Result<()> {
    if !io::stderr().is_terminal() {
        return write_error(text);
    }
    let columns = usize::from(console::Term::stderr().size().1);
    write_error(&wrap::sentences_broken(text, columns))
}

fn write_error(text: &str) -> io::Result<()> {
    progress::without_line(|| ignore_closed_pipe(io::stderr().lock().write_all(text.as_bytes())))
}

/// Whether the locale says that the terminal shows more than ASCII, determined as cargo does.
fn shows_unicode() -> bool {
    if cfg!(windows) {
        return true;
    }
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL")
        .or_else(|| set("LC_CTYPE"))
        .or_else(|| set("LANG"))
        .unwrap_or_default()
        .to_uppercase();
    (locale.ends_with("UTF-8") || locale.ends_with("UTF8"))
        && set("TERM").is_none_or(|term| term != "linux")
}

fn terminal_width() -> Option<usize> {
    let (_rows, columns) = console::Term::stdout().size_checked()?;
    Some(usize::from(columns))
}

fn ignore_closed_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
