//! Verifies each migration before its COMMIT: the catalogs against the prediction, and with the last one the
//! TypeScript against what the catalogs then hold.

use std::time::Duration;

use anyhow::{Result, bail};
use postgres::{Client, Transaction};

use super::before::difference;
use super::occurrence::History;
use crate::cli::Format;
use crate::commands::Context;
use crate::commands::judge::Judge;
use crate::commands::live;
use crate::migrations::fingerprint::{self, Beginning, Fingerprinter};
use crate::migrations::prediction::{Ahead, Laboratory, Origin, Prediction, Step};
use crate::migrations::runner::Watch;
use crate::migrations::steps::Eyes;
use crate::migrations::{Migration, journal};
use crate::render::human;
use crate::report::{AppliedMigration, Verification};
use crate::schema::diff::Likeness;
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// A migration that ran, and whose result is not accepted: it was undone.
#[derive(Debug)]
pub struct Rejected(pub String);

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Rejected {}

/// What is known before anything runs.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Every migration file.
    pub files: &'a [Migration],
    /// What the pending ones will make.
    pub prediction: &'a Prediction,
    /// Judges what they made.
    pub judge: &'a Judge<'a>,
    /// Which findings belong to which migration.
    pub history: &'a History,
}

/// Watches one run.
pub struct Watcher<'a> {
    context: &'a Context,
    laboratory: Laboratory<'a>,
    known: Known<'a>,
    /// A replay that goes on meanwhile.
    ahead: Option<Ahead>,
    /// What it said of the migration that is applied.
    step: Option<Step>,
    last: i64,
    fingerprinter: Fingerprinter,
    beginning: Option<Beginning>,
    /// The digest of the catalogs as they were last read, for the journal.
    digest: Option<String>,
    applied: Vec<AppliedMigration>,
    post: Option<Verification>,
}

impl<'a> Watcher<'a> {
    /// Watches a run on `client` up to version `last`, of whose migrations `ahead` tells one after the other, if not all
    /// of them are known.
    pub fn new(
        context: &'a Context,
        client: &mut Client,
        laboratory: Laboratory<'a>,
        known: Known<'a>,
        ahead: Option<Ahead>,
        last: i64,
    ) -> Result<Self> {
        Ok(Self {
            context,
            laboratory,
            known,
            ahead,
            step: None,
            last,
            fingerprinter: Fingerprinter::new(client)?,
            beginning: None,
            digest: Some(snapshot::digest(&known.prediction.base)),
            applied: Vec::new(),
            post: None,
        })
    }

    /// What is committed, and the last verification.
    pub fn into_parts(self) -> (Vec<AppliedMigration>, Option<Verification>) {
        (self.applied, self.post)
    }

    /// What is known of `migration`.
    fn step(&self, migration: &Migration) -> Option<&Step> {
        match self.ahead {
            Some(_) => self.step.as_ref().filter(|step| step.version == migration.version),
            None => self.known.prediction.step(migration.version),
        }
    }

    /// The fingerprint that stands for the schema after `migration`; none where that is to be read.
    fn fingerprint(&self, migration: &Migration) -> Option<&String> {
        let is_last = migration.version == self.last;
        self.step(migration).filter(|step| !is_last && step.schema.is_none()).and_then(|step| step.fingerprint.as_ref())
    }

    /// Whether the transaction wrote to the catalogs what it wrote on the scratch database.
    fn matches_fingerprint(&mut self, transaction: &mut Transaction<'_>, migration: &Migration) -> Result<bool> {
        let Some(beginning) = self.beginning.take() else { return Ok(false) };
        let Some(predicted) = self.fingerprint(migration) else { return Ok(false) };
        if self.fingerprinter.end(transaction, beginning)? == *predicted {
            return Ok(true);
        }
        transaction.batch_execute(fingerprint::FORGET_SETTINGS)?;
        Ok(false)
    }

    /// Compares the whole catalogs with the prediction, and keeps their digests.
    fn compare(&mut self, transaction: &mut Transaction<'_>, migration: &Migration) -> Result<Schema> {
        let actual = live::read(transaction, &self.context.config)?;
        let predicted = self.step(migration).and_then(|step| step.schema.as_ref());
        let replayed;
        let expected = match predicted {
            Some(schema) => schema,
            None => {
                let up_to: Vec<_> = self.known.files.iter().filter(|file| file.version <= migration.version).collect();
                replayed = self.laboratory.schema(&up_to)?;
                &replayed
            }
        };
        let difference = difference(expected, &actual);
        match difference.likeness() {
            Likeness::Exact | Likeness::PhysicalOrderOnly => {}
            Likeness::Different => bail!(Rejected(format!(
                "`{migration}` did not make the schema that it made on the scratch database, so it was undone \
                 (- scratch, + this database):\n{difference}"
            ))),
        }
        let digest = snapshot::digest(&actual);
        let before = self.digest.replace(digest);
        let table = &self.context.config.history_table;
        journal::set_catalogs(transaction, table, migration.version, before.as_deref(), self.digest.as_deref())?;
        Ok(actual)
    }

    fn verify_alignment(&mut self, actual: &Schema, migration: &Migration) -> Result<()> {
        let against = format!("the database after {migration}, before its commit");
        let mut post = self.known.judge.judge(actual, &against, Some(&migration.to_string()));
        post.findings.iter_mut().for_each(|finding| self.known.history.mark(finding));
        let passed = post.overall_passed();
        self.post = Some(post);
        if !passed {
            bail!(Rejected(format!("the verification after `{migration}` found errors, so it was undone")))
        }
        Ok(())
    }
}

impl Eyes for Watcher<'_> {
    fn catalog(&mut self, client: &mut Client) -> Result<String> {
        Ok(snapshot::digest(&live::read(client, &self.context.config)?))
    }

    fn tell(&mut self, text: &str) {
        // Nobody to tell is no reason to stop in the middle.
        let _ = self.context.terminal.eprint(&format!("{text}\n"));
    }
}

impl Watch for Watcher<'_> {
    fn starting(&mut self, _migration: &Migration) -> Result<()> {
        // Before the transaction begins: nobody waits for a lock of ours meanwhile.
        if let Some(ahead) = &mut self.ahead {
            self.step = Some(ahead.next_step()?);
        }
        Ok(())
    }

    fn retrying(&mut self, migration: &Migration, cause: &anyhow::Error, pause: Duration) {
        let seconds = pause.as_secs_f32();
        let text = format!("`{migration}` could not get its locks and is tried again in {seconds} s: {cause:#}");
        self.tell(&text);
    }

    fn began(&mut self, transaction: &mut Transaction<'_>) -> Result<()> {
        self.beginning = Some(self.fingerprinter.begin(transaction)?);
        Ok(())
    }

    fn before_verifying(&self, migration: &Migration) -> &'static str {
        if self.fingerprint(migration).is_some() { fingerprint::SETTINGS } else { "" }
    }

    fn verify(&mut self, transaction: &mut Transaction<'_>, migration: &Migration) -> Result<()> {
        let is_last = migration.version == self.last;
        if !is_last && self.known.prediction.origin == Origin::Snapshot {
            self.digest = None;
            return Ok(());
        }
        if self.matches_fingerprint(transaction, migration)? {
            self.digest = None;
            return Ok(());
        }
        let actual = self.compare(transaction, migration)?;
        if is_last { self.verify_alignment(&actual, migration) } else { Ok(()) }
    }

    fn applied(&mut self, migration: &AppliedMigration) {
        self.applied.push(migration.clone());
        if self.context.options.format == Format::Human {
            let text = human::migration::applied(migration, self.context.terminal.style());
            let _ = self.context.terminal.print(&text);
        }
    }
}
