//! `completions`: prints the script by which a shell completes the command line.

use anyhow::Result;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Outcome;
use crate::cli::Cli;
use crate::terminal::Terminal;

/// Options of `completions`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Runs `completions`. The script completes the program `xtask` itself: no shell completes the
/// arguments of `cargo xtask`.
pub fn run(options: &Options, terminal: &Terminal) -> Result<Outcome> {
    terminal.print_exact(&script(options.shell))?;
    Ok(Outcome::Clean)
}

fn script(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "xtask", &mut text);
    String::from_utf8_lossy(&text).into_owned()
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
            let script = script(shell);
            assert!(
                script.contains("db-verify") && script.contains("db-import"),
                "{shell}"
            );
        }
    }
}
