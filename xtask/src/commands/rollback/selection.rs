//! Selects the migrations to undo, from the options.

use anyhow::{Context as _, Result, anyhow, bail};
use postgres::Client;

use super::Options;
use crate::called_as;
use crate::commands::shell_word::quoted;
use crate::commands::{Context, status};
use crate::git::Repository;
use crate::migrations::journal::{JournalEntry, Phase};
use crate::migrations::preflight::{FileDirection, PreflightProblem, PreflightRefusal, file_name};
use crate::migrations::rollback::shared_transaction::FailsTogether;
use crate::migrations::rollback::{Plan, Undo};
use crate::migrations::state::State;
use crate::migrations::{self, AppliedRow, Migration};
use crate::tree::{GitTree, Tree as _};

/// The oldest version to undo; everything after it goes too.
pub fn lowest(
    context: &Context,
    options: &Options,
    state: &State<'_>,
    files: &[Migration],
) -> Result<i64> {
    let rows: Vec<&AppliedRow> = state.applied.iter().map(|applied| &applied.row).collect();
    if rows.is_empty() {
        bail!(
            "there is nothing to undo: no migration is recorded in `{}`",
            context.config.history_table
        )
    }
    if let Some(name) = &options.migration {
        return named(&rows, files, name);
    }
    if let Some(reference) = &options.to_branch {
        return missing_in(context, &rows, reference);
    }
    let count = options.last.unwrap_or(1);
    if count == 0 || count > rows.len() {
        bail!(
            "cannot undo the last {count} migrations: {} are applied",
            rows.len()
        )
    }
    Ok(rows[rows.len() - count].version)
}

/// The applied migration of this name, whose file may be gone.
fn named(rows: &[&AppliedRow], files: &[Migration], name: &str) -> Result<i64> {
    let applied: Vec<AppliedRow> = rows.iter().copied().cloned().collect();
    match migrations::find(&applied, name) {
        Ok(found) => Ok(found.version),
        Err(not_applied) => match migrations::find(files, name) {
            Ok(file) => bail!("cannot undo `{file}`: it is not applied"),
            Err(_) => Err(not_applied.context("cannot tell which applied migration to undo")),
        },
    }
}

/// The first applied migration that `reference` does not have, or has with other content.
fn missing_in(context: &Context, rows: &[&AppliedRow], reference: &str) -> Result<i64> {
    let theirs = checksums_at(context, reference)?;
    if theirs.is_empty() {
        bail!(
            "cannot tell what `{reference}` lacks: it has no migrations in `{}`; to undo them all, name the first, `{}`",
            context.config.migrations.dir,
            rows[0]
        )
    }
    let missing = rows
        .iter()
        .find(|row| !theirs.contains(&(row.version, row.checksum)));
    let missing = missing.ok_or_else(|| {
        anyhow!("there is nothing to undo: `{reference}` has every applied migration")
    });
    Ok(missing?.version)
}

/// Version and checksum of each migration of a branch, tag or commit.
fn checksums_at(context: &Context, reference: &str) -> Result<Vec<(i64, u64)>> {
    let repository =
        Repository::open(&context.root).with_context(|| format!("cannot look up `{reference}`"))?;
    let commit = repository.commit(reference);
    let commit = commit
        .with_context(|| format!("cannot look up `{reference}`: is it a branch, tag or commit?"))?;
    let tree = GitTree::committed(repository, &commit)
        .with_context(|| format!("cannot list the migrations of `{reference}`"))?;
    // A branch without the folder has no migrations.
    let paths = tree
        .files(&context.config.migrations.dir)
        .unwrap_or_default();
    let mut checksums = Vec::new();
    for path in paths {
        let name = file_name(path.rsplit('/').next().unwrap_or(&path));
        let Some(name) = name.filter(|name| name.direction == FileDirection::Up) else {
            continue;
        };
        let bytes = tree
            .read(&path)
            .with_context(|| format!("cannot read `{path}` of `{reference}`"))?;
        let text = String::from_utf8(bytes)
            .with_context(|| format!("`{path}` of `{reference}` is not UTF-8"))?;
        let checksum = migrations::checksum(name.version, &name.name, &text);
        checksums.extend(checksum.map(|checksum| (name.version, checksum)));
    }
    Ok(checksums)
}

/// Refuses to undo a migration whose files are there and have problems. Their SQL is not safe to
/// run, and the fallback for missing files does not apply.
pub fn refuse_broken(plan: &Plan, problems: &[PreflightProblem]) -> Result<()> {
    let is_planned = |problem: &&PreflightProblem| {
        let file = problem.location.file.rsplit('/').next().unwrap_or_default();
        plan.undo
            .iter()
            .any(|undo| file.starts_with(&format!("{undo}.")))
    };
    let broken: Vec<PreflightProblem> = problems.iter().filter(is_planned).cloned().collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(PreflightRefusal(broken).into())
    }
}

/// Explains to a person the SQL that undoes a migration, and how much of the migration there is to
/// undo. `None` where there is nothing to explain.
pub fn explanation(
    context: &Context,
    client: &mut Client,
    undo: &Undo,
    journal: &[JournalEntry],
) -> Result<Option<String>> {
    let source = undo.source.explanation();
    if !undo.in_part {
        return Ok(source.map(str::to_owned));
    }
    let standing =
        status::interrupted(context, client, journal, undo.row.version, Phase::Applying)?;
    let standing = standing
        .map(|standing| format!(" ({standing})"))
        .unwrap_or_default();
    let what = format!("it is applied in part{standing}: what is done of it is undone");
    Ok(Some(source.map_or_else(
        || what.clone(),
        |source| format!("{what}; {source}"),
    )))
}

/// Returns the command that does the same and accepts the loss of `objects`. With a `target`, it
/// undoes down to that migration.
pub fn command(options: &Options, target: Option<&str>, objects: &[&str]) -> String {
    let mut words = vec![called_as::command("rollback")];
    match target {
        Some(target) => words.push(quoted(target)),
        None => {
            words.extend(options.migration.as_deref().map(quoted));
            words.extend(options.last.map(|last| format!("--last {last}")));
            words.extend(
                options
                    .to_branch
                    .as_deref()
                    .map(|reference| format!("--to-branch {}", quoted(reference))),
            );
        }
    }
    words.extend(options.fleet.targets.fleet.then(|| "--fleet".to_owned()));
    words.extend(
        options
            .backup
            .as_ref()
            .map(|folder| format!("--backup {}", quoted(&folder.display().to_string()))),
    );
    words.extend(
        objects
            .iter()
            .map(|object| format!("--accept-data-loss {}", quoted(object))),
    );
    words.join(" ")
}

/// Explains how to undo migrations one at a time, where `error` says that they cannot share a
/// transaction.
pub fn one_at_a_time(options: &Options, undo: &[Undo], error: anyhow::Error) -> anyhow::Error {
    let Some(FailsTogether { is_proven }) = error.downcast_ref().copied() else {
        return error;
    };
    let accepted = options.accepted();
    let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
    let commands: Vec<String> = undo
        .iter()
        .map(|undo| command(options, Some(&undo.to_string()), &accepted))
        .collect();
    let how_sure = if is_proven {
        "which works on the scratch database"
    } else {
        "which may work"
    };
    error.context(format!(
        "several migrations share one transaction, so that all or none of them is undone, and that fails; to undo one at a time, \
         {how_sure}:\n{}\n",
        commands.join(" &&\n")
    ))
}
