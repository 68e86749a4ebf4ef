//! Runs a whole plan: what can share a transaction does, and what refuses transactions runs statement by statement in
//! between.

use anyhow::{Context as _, Result};
use postgres::Client;

use super::execute::{self, Consent, Ending, Judge};
use super::loss::Change;
use super::plan::Undo;
use crate::migrations::journal::{self, Phase};
use crate::migrations::runner::{self, Settings};
use crate::migrations::{history, sql};
use crate::report::{RolledBackMigration, Verdict};

/// Undoes `undo`, newest first. Stops at the first group that was refused or did not restore the schema; `committed` is
/// told of each group before that.
pub fn run(
    client: &mut Client,
    settings: &Settings,
    undo: &[Undo],
    foreseen: &[Change],
    consent: &Consent<'_>,
    judge: &mut Judge<'_>,
    committed: &mut dyn FnMut(&[RolledBackMigration]),
) -> Result<Ending> {
    let mut all = Ending::Done { undone: Vec::new(), losses: Vec::new(), warnings: Vec::new() };
    for group in undo.chunk_by(|a, b| !a.no_transaction && !b.no_transaction) {
        let ending = match group {
            [one] if one.no_transaction => without_transaction(client, settings, one, foreseen, consent, judge)?,
            several => execute::in_one_transaction(client, settings, several, foreseen, consent, judge)?,
        };
        match (&mut all, ending) {
            (
                Ending::Done { undone, losses, warnings },
                Ending::Done { undone: more, losses: lost, warnings: warned },
            ) => {
                committed(&more);
                undone.extend(more);
                losses.extend(lost);
                warnings.extend(warned);
            }
            (_, other) => return Ok(other),
        }
    }
    Ok(all)
}

/// Statement by statement, with the journal written ahead. What has run cannot be taken back.
fn without_transaction(
    client: &mut Client,
    settings: &Settings,
    undo: &Undo,
    foreseen: &[Change],
    consent: &Consent<'_>,
    judge: &mut Judge<'_>,
) -> Result<Ending> {
    runner::clean_session(client, settings)?;
    let losses = match execute::ask_consent(client, settings, foreseen, consent)? {
        Ok(losses) => losses,
        Err(refused) => return Ok(Ending::NotAccepted(refused)),
    };
    let table = &settings.history_table;
    if history::exists(client, &journal::table(table))? {
        journal::set_phase(client, table, undo.row.version, Phase::RollingBack)?;
    }
    for (index, statement) in sql::statements(&undo.sql).iter().enumerate() {
        client
            .batch_execute(statement.text())
            .map_err(|error| runner::failed(&error, &undo.file, &undo.sql, statement.span.range().start))
            .with_context(|| format!("cannot run statement {} of the way back of `{undo}`", index + 1))
            .with_context(|| format!("`{undo}` is undone in part, because it runs without a transaction"))?;
    }
    let mut transaction = client.transaction().context("cannot begin a transaction")?;
    execute::forget(&mut transaction, settings, undo)?;
    let verdict = judge(&mut transaction, undo)?;
    let undone = vec![RolledBackMigration { name: undo.to_string(), verdict }];
    if undone.iter().any(|one| matches!(one.verdict, Verdict::NotRestored(_))) {
        return Ok(Ending::NotRestored(undone));
    }
    runner::commit(transaction, "the rollback")?;
    Ok(Ending::Done { undone, losses, warnings: Vec::new() })
}
