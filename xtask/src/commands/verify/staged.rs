//! `db-verify --staged`, for a hook before a commit: judges the staged files. It starts no
//! database, writes no file, and ends at once where nothing relevant is staged.

use anyhow::Result;

use super::since::{is_adopted, migrations_of, stamps};
use super::{Examined, Options, examine, outcome, publish};
use crate::called_as;
use crate::cli::ReportFormat;
use crate::commands::{Context, Outcome};
use crate::config::{Config, SchemaSource};
use crate::git::Repository;
use crate::migrations::{Migration, advice};
use crate::readers;
use crate::render::human;
use crate::report::{Finding, Severity};
use crate::terminal::Terminal;
use crate::tree::GitTree;

/// The decision whether the staged files have to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Concern {
    Judge,
    /// Nothing staged can change the verdict; holds the reason.
    Nothing(&'static str),
}

/// Whether any of `changed` can change the verdict. The pre-commit framework chooses the hooks to
/// run by itself: with `--all-files` nothing may be staged, and everything is to be judged.
fn concern(changed: &[String], config: &Config) -> Concern {
    if changed.is_empty() {
        return if is_framework() {
            Concern::Judge
        } else {
            Concern::Nothing("nothing is staged")
        };
    }
    if changed.iter().any(|path| concerns(config, path)) {
        Concern::Judge
    } else {
        Concern::Nothing("nothing staged concerns the database or its types")
    }
}

/// Whether this runs in the pre-commit framework.
pub fn is_framework() -> bool {
    std::env::var_os("PRE_COMMIT").is_some_and(|value| !value.is_empty())
}

/// Whether the file can change the verdict: migrations, snapshot, baseline, configuration, and the
/// files of readers.
pub fn concerns(config: &Config, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let inside = |folder: &str| {
        folder.is_empty()
            || path
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
    };
    let is_named = [&config.snapshot, &config.baseline, &config.file]
        .iter()
        .any(|file| file.as_str() == path);
    // A new `db.toml` replaces a configuration in `Cargo.toml`.
    let is_configuration = name == "db.toml";
    let migrations = &config.migrations;
    let is_dump = matches!(&migrations.schema_from, Some(SchemaSource::Dump(dump)) if dump == path);
    // Code without a folder is anywhere.
    let has_folder = migrations.layout.is_some() || !migrations.dir.is_empty();
    let is_migration = is_dump || (has_folder && inside(&migrations.dir));
    is_named || is_configuration || is_migration || readers::concerns(config, path)
}

/// Judges the staged files, of which the commit changes `changed`.
pub fn run(
    context: &Context,
    repository: &Repository,
    changed: &[String],
    options: &Options,
) -> Result<Outcome> {
    if let Concern::Nothing(why) = concern(changed, &context.config) {
        return nothing(&context.terminal, why);
    }
    let Examined {
        mut report,
        migrations,
        judge,
        ..
    } = examine(context, options)?;
    let risks = risks(context, repository, changed, &migrations)?;
    judge.add(&mut report, risks);
    let is_for_people = context.options.report_format == ReportFormat::Human;
    // The files of a report are whole.
    let elsewhere = match is_for_people && context.options.report_dir.is_none() {
        true => leave_out_elsewhere(&mut report.findings, changed, &context.config),
        false => 0,
    };
    if is_for_people && report.findings.is_empty() {
        let summary = human::summary(&report, context.terminal.style());
        context
            .terminal
            .remark(&format!("{}: {summary}\n", name()))?;
    } else if context.options.report_dir.is_some() {
        publish::publish(context, &report)?;
    } else {
        publish::print(context, &report)?;
    }
    if elsewhere > 0 {
        let left_out = human::count(elsewhere, "warning");
        context.terminal.remark(&format!(
            "{}: {left_out} elsewhere, in no file of this commit\n",
            name()
        ))?;
    }
    Ok(outcome(&report))
}

/// Leaves out the warnings that are in none of the `changed` files, and returns how many there are:
/// a commit is no occasion to tell of what it has nothing to do with. Where the configuration or the
/// snapshot changes, all are its own.
fn leave_out_elsewhere(findings: &mut Vec<Finding>, changed: &[String], config: &Config) -> usize {
    let is_of_all =
        |file: &String| [&config.snapshot, &config.baseline, &config.file].contains(&file);
    if changed.is_empty() || changed.iter().any(is_of_all) {
        return 0;
    }
    let before = findings.len();
    let is_here = |finding: &Finding| {
        let mut files = finding.labels.iter().map(|label| &*label.location.file);
        files.any(|file| changed.iter().any(|one| one == file))
    };
    findings.retain(|finding| finding.severity == Severity::Error || is_here(finding));
    before - findings.len()
}

/// Says on stderr, where it disturbs no output, why nothing is judged.
pub fn nothing(terminal: &Terminal, why: &str) -> Result<Outcome> {
    terminal.remark(&format!("{}: {why}\n", name()))?;
    Ok(Outcome::Clean)
}

/// The command, by which a reader of a hook's output tells who speaks.
fn name() -> String {
    format!("{} --staged", called_as::command("verify"))
}

/// Advice about the migrations that the commit adds.
fn risks(
    context: &Context,
    repository: &Repository,
    changed: &[String],
    migrations: &[Migration],
) -> Result<Vec<Finding>> {
    let adds_migration = migrations
        .iter()
        .any(|migration| changed.contains(&migration.file));
    let Some(head) = repository.commit("HEAD").ok().filter(|_| adds_migration) else {
        return Ok(Vec::new());
    };
    let head = GitTree::committed(repository.clone(), &head)?;
    let before = migrations_of(context, &head);
    if is_adopted(context, &head, &before) {
        return Ok(Vec::new());
    }
    advice::of_new(migrations, &stamps(&before), &context.config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    #[test]
    fn only_files_that_can_change_the_verdict_concern_it() {
        let keys =
            "types = ['types/**/*.ts']\nmigrations = 'db/migrations'\nsnapshot = 'db/schema.json'";
        let tree = MemoryTree::new([("db.toml", keys)]);
        let config =
            Config::of_tree(&tree, std::path::Path::new("nowhere"), None).expect("a configuration");
        let matters = |path: &str| concern(&[path.to_owned()], &config) == Concern::Judge;
        for path in [
            "db/migrations/V1__x.sql",
            "db/schema.json",
            "snapshots/baseline.json",
            "db.toml",
            "types/user.ts",
            "lib/shared.ts",
            "lib/global.d.ts",
            "app/tsconfig.build.json",
            "app/package.json",
        ] {
            assert!(matters(path), "{path}");
        }
        for path in [
            "README.md",
            "db/migrations.md",
            "app/style.css",
            "types/user.test.ts",
            "package-lock.json",
            "a.sql",
        ] {
            assert!(!matters(path), "{path}");
        }
    }
}
