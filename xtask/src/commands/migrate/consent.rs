//! Asks for consent before migrations destroy data: it is counted before anything runs, and again
//! before each COMMIT.

use std::collections::BTreeSet;

use anyhow::Result;
use postgres::Client;

use super::{MigrationRun, Options};
use crate::called_as;
use crate::commands::Context;
use crate::commands::shell_word::quoted;
use crate::migrations::Migration;
use crate::migrations::losses::backup::Backup;
use crate::migrations::losses::direction::AuditDirection;
use crate::migrations::losses::forward::ForwardLosses;
use crate::migrations::losses::{consent, foretold, given_names};
use crate::render::human;
use crate::report::{MigrationLoss, MigrationResult};

/// Consent on the command line, and the folder for a backup.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LossArguments {
    /// Lose the data of this table, or of this column: `users`, `users.bio`; several with commas,
    /// names with dots, commas or quotes in quotes
    #[arg(long, value_name = "TABLE[.COLUMN]")]
    pub accept_data_loss: Vec<String>,

    /// Write the data that is lost to a new folder in this one before it is lost
    #[arg(long, value_name = "DIR")]
    pub backup: Option<std::path::PathBuf>,
}

impl LossArguments {
    /// The names of the objects that may be lost.
    pub(in crate::commands) fn accepted(&self) -> BTreeSet<String> {
        given_names(self.accept_data_loss.iter().map(String::as_str))
    }
}

impl MigrationRun<'_> {
    /// Counts what `planned` will destroy, and shows it. Returns whether a person consented to all of
    /// it; otherwise the run is refused.
    pub(super) fn ask_consent(
        &mut self,
        client: &mut Client,
        planned: &[&Migration],
    ) -> Result<bool> {
        let accepted = self.options.losses.accepted();
        let counted = count(self.context, client, (planned, &accepted), &mut self.result)?;
        if counted.has_consent {
            return Ok(true);
        }
        if counted.is_all_known {
            let unused = unused(&accepted, &self.result.losses);
            self.result.notes.extend(unused);
        }
        let why = refusal(&self.result.losses, "nothing was applied", self.options);
        self.result.error = Some(why);
        Ok(false)
    }

    /// The folder of this run for a backup, where one is asked for.
    pub(super) fn backup(&self) -> Result<Option<Backup>> {
        let folder = self.options.losses.backup.as_deref();
        let run = self.result.timestamp.as_str();
        folder
            .map(|folder| Backup::create(folder, run, AuditDirection::Forward))
            .transpose()
    }

    /// Takes over what the migrations really lost, and says which consent was for nothing.
    pub(super) fn settle_losses(
        &mut self,
        losses: &ForwardLosses<'_>,
        backup: Option<&Backup>,
        is_in_doubt: bool,
    ) -> Result<()> {
        if let Some(backup) = backup {
            // Data whose COMMIT was not confirmed may be gone: its files stay.
            if !is_in_doubt {
                backup.discard_uncommitted();
            }
            self.result.notes.extend(note(backup));
        }
        let refused = losses.refused();
        let counted: Vec<MigrationLoss> = losses.losses().iter().chain(refused).cloned().collect();
        let counted = with_lines(counted, &self.result.losses);
        if !refused.is_empty() {
            self.result.losses = counted;
            self.context.say(&human::migration::losses(
                &self.result,
                self.context.terminal.style(),
            ))?;
            let done = match (
                self.result.in_doubt.is_some(),
                self.result.applied.is_empty(),
            ) {
                (true, _) => "the migration stopped before that statement",
                (false, true) => "nothing was applied",
                (false, false) => "that migration was undone",
            };
            self.result.error = Some(refusal(refused, done, self.options));
            return Ok(());
        }
        if self.result.success {
            let given = self.options.losses.accepted();
            self.result.notes.extend(unused(&given, &counted));
        }
        let is_said = counted.iter().all(|lost| self.result.losses.contains(lost));
        self.result.losses = counted;
        if is_said {
            return Ok(());
        }
        self.context.say(&human::migration::losses(
            &self.result,
            self.context.terminal.style(),
        ))
    }
}

/// What counting before a run tells.
pub(in crate::commands) struct CountedLosses {
    /// Whether a person consented to all that was counted.
    pub has_consent: bool,
    /// Whether everything could be counted.
    pub is_all_known: bool,
}

/// Counts what `planned` will destroy, shows it, and puts it into the `result`.
pub(in crate::commands) fn count(
    context: &Context,
    client: &mut Client,
    (planned, accepted): (&[&Migration], &BTreeSet<String>),
    result: &mut MigrationResult,
) -> Result<CountedLosses> {
    let counting = context
        .progress
        .begin("counting the data that would be lost");
    let foretold = foretold::foretell(client, planned, accepted)?;
    drop(counting);
    let is_all_known = foretold.unknown.is_empty();
    result.losses = foretold.losses;
    result.unchecked.extend(foretold.unknown);
    context.say(&human::migration::losses(result, context.terminal.style()))?;
    Ok(CountedLosses {
        has_consent: result.losses.iter().all(|lost| lost.consent.is_some()),
        is_all_known,
    })
}

/// The counted losses with the lines of their statements, where they were foretold.
fn with_lines(mut counted: Vec<MigrationLoss>, foretold: &[MigrationLoss]) -> Vec<MigrationLoss> {
    for lost in &mut counted {
        let same = foretold
            .iter()
            .find(|other| other.migration == lost.migration && other.loss.name == lost.loss.name);
        lost.line = same.and_then(|other| other.line);
    }
    counted
}

/// Why a run is refused, and how to consent. `done` says what became of the run.
pub(in crate::commands) fn refusal(
    losses: &[MigrationLoss],
    done: &str,
    options: &Options,
) -> String {
    let missing: Vec<&MigrationLoss> = losses
        .iter()
        .filter(|lost| lost.consent.is_none())
        .collect();
    let mut text = format!("data would be lost, and {done}; if it may go, write into the file,");
    let mut files: Vec<&str> = missing.iter().map(|lost| lost.file.as_str()).collect();
    files.dedup();
    for file in files {
        let of_file = missing.iter().filter(|lost| lost.file == file);
        let names: BTreeSet<&str> = of_file.map(|lost| lost.loss.name.object.as_str()).collect();
        for name in names {
            text += &format!("\n{file}: {}", consent::line(name));
        }
    }
    let names: BTreeSet<&str> = missing
        .iter()
        .map(|lost| lost.loss.name.object.as_str())
        .collect();
    text + &format!(
        "\nor say so by name for this run:\n{}",
        command(options, &names)
    )
}

/// The command that does the same and accepts the loss of `objects`.
fn command(options: &Options, objects: &BTreeSet<&str>) -> String {
    let mut words = vec![called_as::command("migrate")];
    words.extend(options.migration.as_deref().map(quoted));
    words.extend(options.fleet.targets.fleet.then(|| "--fleet".to_owned()));
    if let Some(folder) = &options.losses.backup {
        words.push(format!(
            "--backup {}",
            quoted(&folder.display().to_string())
        ));
    }
    let given = &options.losses.accept_data_loss;
    let all = given
        .iter()
        .map(String::as_str)
        .chain(objects.iter().copied());
    words.extend(all.map(|object| format!("--accept-data-loss {}", quoted(object))));
    words.join(" ")
}

/// Says which names of the command line nothing was lost of.
pub(in crate::commands) fn unused(
    given: &BTreeSet<String>,
    losses: &[MigrationLoss],
) -> Vec<String> {
    let is_lost = |name: &&String| {
        let names = losses.iter().map(|lost| &lost.loss.name);
        names
            .clone()
            .any(|lost| lost.object == **name || lost.full == **name)
    };
    let unused = given.iter().filter(|name| !is_lost(name));
    unused
        .map(|name| format!("`--accept-data-loss {name}` names nothing that is lost"))
        .collect()
}

/// Says where the lost data is, and how to put it back.
fn note(backup: &Backup) -> Option<String> {
    if !backup.has_script() {
        return None;
    }
    let folder = backup.folder().display();
    let what = match backup.kept().as_slice() {
        [] => "where the sequences stood is".to_owned(),
        files => format!("the data that was lost ({}) is", files.join(", ")),
    };
    Some(format!(
        "{what} in `{folder}`; once the migration is undone, \
         `cd {folder} && psql -X -f restore.sql \"$DATABASE_URL\"` puts it back"
    ))
}
