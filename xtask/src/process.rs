//! The start and the end of the process: parses the command line, runs the command, prints the one
//! error, sets the exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::Parser;

use crate::called_as;
use crate::cli::{Cli, Color};
use crate::commands::{Outcome, output, run};
use crate::postgres::error::whole;
use crate::terminal::{Destination, Terminal};

/// Runs the program, whatever its name.
#[must_use]
pub fn main() -> ExitCode {
    // First, because the help of the command line names the program.
    called_as::decide();
    let cli = Cli::parse();
    let color = match cli.global.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let output = cli.global.output.clone();
    let destination = match (&output, cli.global.quiet) {
        (Some(_), _) => Destination::File,
        (None, true) => Destination::OnFailure,
        (None, false) => Destination::Stdout,
    };
    let terminal = Terminal::new(color, destination);
    let outcome = run(cli, terminal);
    let outcome = deliver(terminal, output, outcome);
    match outcome {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Errors) => ExitCode::from(1),
        Err(error) => {
            // There is no other place to report a stderr that cannot be written.
            let _ = terminal.eprint_error(&whole(&error));
            ExitCode::from(2)
        }
    }
}

/// Delivers the text that was held back: to the file, or to stdout where something failed.
fn deliver(
    terminal: Terminal,
    output: Option<PathBuf>,
    outcome: anyhow::Result<Outcome>,
) -> anyhow::Result<Outcome> {
    let outcome_text = terminal.take_held();
    let delivered = match output {
        // A command that failed before it had a result leaves an earlier one.
        Some(_) if outcome.is_err() && outcome_text.is_empty() => Ok(()),
        Some(file) => output::write(&file, &outcome_text),
        None if matches!(outcome, Ok(Outcome::Clean)) => Ok(()),
        None => terminal.release(&outcome_text).map_err(Into::into),
    };
    // The error of the command itself is the one to tell.
    outcome.and_then(|outcome| delivered.map(|()| outcome))
}
