//! The command line: what people type. Each command's own options stand in its file.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::called_as::{self, hidden_name, subcommand};
use crate::commands::{
    baseline, completions, explain, hooks, import, init, inspect, migrate, new, rollback, snapshot,
    status, verify,
};
use crate::migrations::scratch_environment::time_limit;

/// Keeps SQL migrations, TypeScript types, API contracts and Zod schemas in agreement, and makes
/// applying and undoing a migration safe.
#[derive(Debug, Parser)]
#[command(
    name = "pgaccord",
    bin_name = called_as::program(),
    version,
    propagate_version = true
)]
#[command(
    after_help = "Exit code: 0 clean, 1 verification found errors, 2 the tool could not do its work."
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command. Help shows them below the command's own.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct GlobalOptions {
    /// Work on the monorepo in this folder
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,

    /// Read the configuration from this file instead of `db.toml` or `Cargo.toml`
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// The target database; without it an embedded PostgreSQL under `target/`
    #[arg(
        long,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true
    )]
    pub database_url: Option<String>,

    /// The server for scratch databases; without it an embedded PostgreSQL
    #[arg(
        long,
        value_name = "URL",
        env = "SHADOW_DATABASE_URL",
        hide_env_values = true,
        global = true
    )]
    pub shadow_database_url: Option<String>,

    /// Run the migrations as a superuser on scratch databases: then their SQL can run programs on
    /// this machine
    #[arg(long, global = true)]
    pub scratch_superuser: bool,

    /// Allow `migrations.replay` to run, a command of the configuration, which has the power of
    /// whoever runs it
    #[arg(long, env = "DB_ALLOW_REPLAY", hide_env_values = true, value_parser = clap::builder::BoolishValueParser::new(), global = true)]
    pub allow_replay: bool,

    /// How long SQL that is only verified may keep a scratch database busy, in seconds; 0 for as
    /// long as it takes
    #[arg(long, value_name = "SECONDS", default_value_t = time_limit::DEFAULT, global = true)]
    pub replay_timeout: u64,

    /// How to print the result; only a verification knows all of them
    #[arg(long = "format", value_enum, default_value_t, global = true)]
    pub report_format: ReportFormat,

    /// The format, reduced to those that every command knows.
    #[arg(skip)]
    pub format: Format,

    /// Write the result to this file instead of stdout
    #[arg(short, long, value_name = "FILE", global = true)]
    pub output: Option<PathBuf>,

    /// Where to write report files
    #[arg(long, value_name = "DIR", global = true)]
    pub report_dir: Option<PathBuf>,

    /// When to use colours
    #[arg(long, value_enum, default_value_t, global = true)]
    pub color: Color,

    /// Print what is for people only where something fails
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// How to print the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
}

/// How to print a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ReportFormat {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Markdown, for a summary or a comment
    Markdown,
    /// JUnit's XML
    Junit,
    /// A page to look at
    Html,
}

impl ReportFormat {
    /// The format as commands other than `db-verify` know it.
    #[must_use]
    pub fn of_every_command(self) -> Option<Format> {
        match self {
            Self::Human => Some(Format::Human),
            Self::Json => Some(Format::Json),
            Self::Github
            | Self::Gitlab
            | Self::Sarif
            | Self::Markdown
            | Self::Junit
            | Self::Html => None,
        }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Verify that the four descriptions of the data model agree
    #[command(name = subcommand("verify"), alias = hidden_name("verify"))]
    Verify(verify::Options),
    /// Apply pending migrations, verified before and after
    #[command(name = subcommand("migrate"), alias = hidden_name("migrate"))]
    Migrate(migrate::Options),
    /// Undo a migration and those after it, verified before and after
    #[command(name = subcommand("rollback"), alias = hidden_name("rollback"))]
    Rollback(rollback::Options),
    /// Rewrite the schema snapshot, or check that it is current
    #[command(name = subcommand("snapshot"), alias = hidden_name("snapshot"))]
    Snapshot(snapshot::Options),
    /// Show which migrations are applied and which are pending
    #[command(name = subcommand("status"), alias = hidden_name("status"))]
    Status(status::Options),
    /// Write the pair of files of a new migration
    #[command(name = subcommand("new"), alias = hidden_name("new"))]
    New(new::Options),
    /// Write pairs of files from the migrations of another tool
    #[command(name = subcommand("import"), alias = hidden_name("import"))]
    Import(import::Options),
    /// Adopt an existing database: record migrations that it already has
    #[command(name = subcommand("baseline"), alias = hidden_name("baseline"))]
    Baseline(baseline::Options),
    /// Print what was read from TypeScript and the schema
    #[command(name = subcommand("inspect"), alias = hidden_name("inspect"))]
    Inspect(inspect::Options),
    /// Print what a type of finding means, why it hurts, and an example
    Explain(explain::Options),
    /// Verify what is staged before each commit
    #[command(name = "install-hooks")]
    InstallHooks(hooks::Options),
    /// Propose the configuration for this monorepo
    Init(init::Options),
    /// Print what a shell needs to complete the command line
    Completions(completions::Options),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
