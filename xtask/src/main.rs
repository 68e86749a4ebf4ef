//! Parses the command line, runs the command, prints the one error, sets the exit code.

use std::process::ExitCode;

use anstream::ColorChoice;
use clap::Parser;
use xtask::{Cli, Color, Outcome, Terminal, whole};

fn main() -> ExitCode {
    // First, because the help of the command line names the program.
    xtask::decide_name();
    let cli = Cli::parse();
    let color = match cli.global.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    match xtask::run(cli, Terminal::new(color)) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Errors) => ExitCode::from(1),
        Err(error) => {
            // There is no other place to report a stderr that cannot be written.
            let _ = Terminal::new(color).eprint(&format!("error: {}\n", whole(&error)));
            ExitCode::from(2)
        }
    }
}
