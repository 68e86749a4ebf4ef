//! `completions`: prints the script by which a shell completes the command line as people type it.

mod through;

use anyhow::Result;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Outcome;
use crate::called_as;
use crate::cli::Cli;
use crate::terminal::Terminal;

/// Options of `completions`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Runs `completions`.
pub fn run(options: &Options, terminal: &Terminal) -> Result<Outcome> {
    terminal.print_exact(&script(options.shell, called_as::program()))?;
    Ok(Outcome::Clean)
}

/// The script for `program`. Shells complete one word, and `cargo xtask` are two: the script
/// completes `xtask`, and lets the shell call that for `cargo xtask`.
fn script(shell: Shell, program: &str) -> String {
    let (runner, name) = match program.rsplit_once(' ') {
        Some((runner, name)) => (runner.split(' ').next(), name),
        None => (None, program),
    };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), name, &mut text);
    let script = String::from_utf8_lossy(&text);
    match runner {
        Some(runner) => script.into_owned() + &through::script(shell, runner, name),
        None => script.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_has_completions_for_every_command() {
        for shell in [
            Shell::Bash,
            Shell::Elvish,
            Shell::Fish,
            Shell::PowerShell,
            Shell::Zsh,
        ] {
            let script = script(shell, "cargo xtask");
            assert!(
                script.contains("db-verify") && script.contains("db-import"),
                "{shell}"
            );
        }
    }

    #[test]
    fn a_program_of_one_word_needs_no_runner() {
        let of = |program| script(Shell::Bash, program);
        assert!(!of("pgaccord").contains("through"));
        assert!(of("npx pgaccord").ends_with(" npx\n"));
    }
}
