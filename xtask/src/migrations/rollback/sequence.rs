//! Runs a whole plan. Ways back that can share a transaction do, and those without transaction run
//! statement by statement in between.

use std::collections::BTreeSet;

use anyhow::Result;
use postgres::Client;

use super::execute::{self, RollbackObserver, RollbackOutcome};
use super::options::RollbackOptions;
use super::plan::Undo;
use super::rehearsed_changes::RehearsedChanges;
use crate::migrations::commit::commit;
use crate::migrations::journal::{self, Phase, Record};
use crate::migrations::journaled::{self, JournaledScript};
use crate::migrations::losses::guard::StatementGuard;
use crate::migrations::losses::options::LossOptions;
use crate::migrations::losses::{StorageChange, certain, destructive};
use crate::migrations::script::Script;
use crate::migrations::session::SessionSettings;
use crate::migrations::tables::Tables;
use crate::migrations::{Down, sql, transaction};
use crate::report::{RollbackVerdict, RolledBackMigration};

/// Undoes `undo`, newest first. Stops at the first group that was refused or did not restore the
/// schema; the observer is told of each group before that.
pub fn run(
    client: &mut Client,
    options: RollbackOptions<'_>,
    undo: &[Undo],
    observer: &mut dyn RollbackObserver,
) -> Result<RollbackOutcome> {
    let mut all = RollbackOutcome::Done {
        undone: Vec::new(),
        losses: Vec::new(),
        warnings: Vec::new(),
    };
    for (group, foreseen) in groups(undo, options.rehearsed) {
        let ending = match group {
            [one] if one.no_transaction => {
                without_transaction(client, options.losses, one, &foreseen, observer)?
            }
            several => execute::in_one_transaction(client, options, several, foreseen, observer)?,
        };
        match (&mut all, ending) {
            (
                RollbackOutcome::Done {
                    undone,
                    losses,
                    warnings,
                },
                RollbackOutcome::Done {
                    undone: more,
                    losses: lost,
                    warnings: warned,
                },
            ) => {
                observer.committed(&more);
                options.losses.backup.inspect(|backup| backup.keep());
                undone.extend(more);
                losses.extend(lost);
                warnings.extend(warned);
            }
            (_, other) => return Ok(other),
        }
    }
    Ok(all)
}

/// The groups that are committed one after the other, newest first. Each comes with its known
/// changes to the data, under the names from before it. Each needs consent of its own: a column
/// that is dropped before its table is a loss by itself.
pub fn groups<'u>(
    undo: &'u [Undo],
    rehearsed: Option<&RehearsedChanges>,
) -> Vec<(&'u [Undo], BTreeSet<StorageChange>)> {
    let mut groups = Vec::new();
    let mut first = 0;
    for group in undo.chunk_by(|a, b| !a.no_transaction && !b.no_transaction) {
        let steps = first..first + group.len();
        first = steps.end;
        let rehearsed = rehearsed
            .map(|changes| changes.of(steps))
            .unwrap_or_default();
        let named = group
            .iter()
            .flat_map(|undo| destructive::touched(&undo.sql));
        groups.push((group, rehearsed.into_iter().chain(named).collect()));
    }
    groups
}

/// Undoes a migration statement by statement, with the journal written ahead. Statements that ran
/// cannot be taken back.
fn without_transaction(
    client: &mut Client,
    options: LossOptions<'_>,
    undo: &Undo,
    foreseen: &BTreeSet<StorageChange>,
    observer: &mut dyn RollbackObserver,
) -> Result<RollbackOutcome> {
    let settings = options.settings;
    settings.clean(client)?;
    // Before anything is written to the journal: a refusal must leave no trace.
    if let Err(error) = ask_consent(client, options, foreseen) {
        return execute::refused(error)
            .map(|losses| RollbackOutcome::NotAccepted { losses, done: None });
    }
    ensure_entry(client, settings, undo)?;
    let script = Script::new(&undo.file, &undo.sql, true);
    let script = JournaledScript {
        version: undo.row.version,
        phase: Phase::RollingBack,
        script,
    };
    let mut guard = StatementGuard::new(options, observer);
    if let Err(error) = journaled::run(client, settings, script, &mut guard) {
        let losses = execute::refused(error)?;
        return Ok(RollbackOutcome::NotAccepted {
            losses,
            done: stopped(client, settings, undo)?,
        });
    }
    let (losses, warnings) = guard.into_parts();
    let mut transaction = transaction::begin(client)?;
    execute::forget(&mut transaction, settings, undo)?;
    let verdict = observer.judge(&mut transaction, undo)?;
    let undone = vec![RolledBackMigration {
        name: undo.to_string(),
        verdict,
    }];
    if undone
        .iter()
        .any(|one| matches!(one.verdict, RollbackVerdict::NotRestored(_)))
    {
        // Not committed: history and journal keep the migration, so that the next run can go on.
        return Ok(RollbackOutcome::NotRestored(undone));
    }
    commit(transaction, "the rollback")?;
    Ok(RollbackOutcome::Done {
        undone,
        losses,
        warnings,
    })
}

/// Counts the certain losses before the first statement runs, and stops where one is not accepted.
fn ask_consent(
    client: &mut Client,
    options: LossOptions<'_>,
    foreseen: &BTreeSet<StorageChange>,
) -> Result<()> {
    let mut transaction = transaction::begin(client)?;
    options.settings.ensure_locked(&mut transaction)?;
    certain::ask_consent(&mut transaction, options, foreseen)
}

/// Describes the progress of a run that stopped because of a loss. Where no statement is done, the
/// run counts as never begun, and the result is `None`.
fn stopped(client: &mut Client, settings: &SessionSettings, undo: &Undo) -> Result<Option<String>> {
    let entries = journal::read(client, &settings.history_table)?;
    let progress = entries
        .into_iter()
        .find(|entry| entry.version == undo.row.version)
        .and_then(|entry| entry.progress);
    let next = progress.map_or(1, |progress| progress.next);
    if next == 1 {
        abandon(client, settings, undo)?;
        return Ok(None);
    }
    let count = sql::statements(&undo.sql).len();
    Ok(Some(format!(
        "`{}` runs without a transaction, and stopped before statement {next} of {count}",
        undo.file
    )))
}

/// Records that nothing was undone: the migration is applied as before, whole or in part.
fn abandon(client: &mut Client, settings: &SessionSettings, undo: &Undo) -> Result<()> {
    let (table, version) = (&settings.history_table, undo.row.version);
    let Some(progress) = &undo.progress else {
        return journal::abandon_run(client, table, version);
    };
    journal::begin_run(client, table, version, Phase::Applying, &progress.sql)?;
    journal::set_next(
        client,
        table,
        version,
        progress.next,
        progress.before.as_ref(),
    )
}

/// Makes an entry in the journal where there is none: a migration that refinery alone applied has
/// no entry yet.
fn ensure_entry(client: &mut Client, settings: &SessionSettings, undo: &Undo) -> Result<()> {
    Tables::find(client, &settings.history_table)?.complete(client, &settings.history_table)?;
    let entries = journal::read(client, &settings.history_table)?;
    if entries
        .iter()
        .any(|entry| entry.version == undo.row.version)
    {
        return Ok(());
    }
    let down = Down::Sql {
        file: undo.file.clone(),
        sql: undo.sql.clone(),
        no_transaction: true,
    };
    let row = &undo.row;
    let (version, name, checksum) = (row.version, row.name.as_str(), row.checksum);
    let record = Record {
        version,
        name,
        checksum,
        down: &down,
        phase: Phase::Applied,
    };
    journal::record(client, &settings.history_table, record)
}
