//! Verifies each migration before its COMMIT: the catalogs against the prediction, and after the
//! last one the TypeScript against the catalogs.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use postgres::{Client, SimpleQueryMessage, Transaction};

use crate::called_as;
use crate::commands::Context;
use crate::commands::findings_by_migration::FindingsByMigration;
use crate::commands::interruption::Standing;
use crate::commands::judge::Judge;
use crate::commands::{drift, live};
use crate::migrations::catalog_stamp::CatalogStamper;
use crate::migrations::comparison::Comparison;
use crate::migrations::drift::Identities;
use crate::migrations::fingerprint::{self, Fingerprint, Fingerprinter};
use crate::migrations::journaled::StepObserver;
use crate::migrations::prediction::{PredictedStep, Prediction, PredictionOrigin};
use crate::migrations::runner::{MigrationObserver, Undecided};
use crate::migrations::{Migration, journal};
use crate::postgres::catalog::{CatalogReader, OwnTables};
use crate::postgres::scratch::Unavailable;
use crate::progress::Work;
use crate::render::human;
use crate::report::{AppliedMigration, Verification};
use crate::schema::diff::Likeness;
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// The error for a migration that ran and whose result is not accepted. It was undone, unless it
/// runs without a transaction.
#[derive(Debug)]
pub struct Rejected(pub String);

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Rejected {}

/// The results that are known before anything runs.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The prediction of the schema that the pending migrations will make.
    pub prediction: &'a Prediction,
    /// Judges the schema that they made.
    pub judge: &'a Judge<'a>,
    /// The migrations to which findings belong.
    pub findings: &'a FindingsByMigration,
    /// The digest of the catalogs as they are, where they were read.
    pub digest: Option<&'a str>,
    /// The history table.
    pub history_table: &'a str,
    /// Takes stamps of the catalogs, where the journal keeps them.
    pub stamper: Option<&'a CatalogStamper>,
}

/// The catalogs after a migration.
struct Found {
    actual: Schema,
    /// The identities of drift that is tolerated; none where there is no such drift.
    identities: Option<Identities>,
}

/// A migration whose result was compared on a scratch database, while the migration was undone.
struct Decided {
    version: i64,
    /// The schema that it should make; none where it cannot be known, which the report says.
    expected: Option<Schema>,
}

/// Watches one run.
pub struct CommitVerifier<'a> {
    context: &'a Context,
    reader: &'a mut CatalogReader,
    comparison: Comparison<'a>,
    /// The catalogs after a migration that was undone, until a scratch database decides whether
    /// they are right.
    undecided: Option<Found>,
    decided: Option<Decided>,
    known: Known<'a>,
    last: i64,
    fingerprinter: Fingerprinter,
    /// The digest of the catalogs as they were last read, for the journal.
    digest: Option<String>,
    applied: Vec<AppliedMigration>,
    post: Option<Verification>,
    /// Migrations that were committed without a comparison.
    unchecked: Vec<String>,
    /// How far the run is, for Ctrl-C.
    standing: Standing,
    /// How far the run is, for the person who waits.
    work: Work,
}

impl<'a> CommitVerifier<'a> {
    /// Watches a run up to version `last`.
    pub fn new(
        context: &'a Context,
        reader: &'a mut CatalogReader,
        comparison: Comparison<'a>,
        known: Known<'a>,
        (last, standing): (i64, Standing),
    ) -> Self {
        let total = standing.len();
        Self {
            context,
            reader,
            comparison,
            undecided: None,
            decided: None,
            known,
            last,
            fingerprinter: Fingerprinter::new(&OwnTables::of(&context.config)),
            digest: known.digest.map(str::to_owned),
            applied: Vec::new(),
            post: None,
            unchecked: Vec::new(),
            standing,
            work: context.progress.begin_counted("applying migrations", total),
        }
    }

    /// The comparison, and what it settled.
    pub fn comparison(&self) -> &Comparison<'a> {
        &self.comparison
    }

    /// Returns the committed migrations, the last verification, and the migrations that nothing
    /// could be compared with.
    pub fn into_parts(self) -> (Vec<AppliedMigration>, Option<Verification>, Vec<String>) {
        (self.applied, self.post, self.unchecked)
    }

    /// Returns the predicted step of `migration`.
    fn step(&self, migration: &Migration) -> Option<&PredictedStep> {
        self.known.prediction.step(migration.version)
    }

    /// The fingerprint that stands for the schema after `migration`; none where the schema itself
    /// has to be read.
    fn fingerprint(&self, migration: &Migration) -> Option<&Fingerprint> {
        let is_last = migration.version == self.last;
        // The schema after the last one is always read: the TypeScript is judged against it.
        self.step(migration)
            .filter(|step| !is_last && step.schema.is_none())
            .and_then(|step| step.fingerprint.as_ref())
    }

    /// Whether the transaction wrote the same rows to the catalogs as on the scratch database.
    fn matches_fingerprint(
        &self,
        transaction: &mut Transaction<'_>,
        migration: &Migration,
        answer: &[SimpleQueryMessage],
    ) -> Result<bool> {
        let Some(predicted) = self.fingerprint(migration) else {
            return Ok(false);
        };
        if self.fingerprinter.matches(transaction, answer, predicted)? {
            return Ok(true);
        }
        // The whole catalogs are read next, without the names and plans of the fingerprint's query.
        transaction.batch_execute(&fingerprint::forget_settings())?;
        Ok(false)
    }

    /// Handles a migration that cannot be compared on a scratch database: refuses it where its
    /// fingerprint differs, else reports it as unchecked.
    fn without_scratch(&mut self, migration: &Migration) -> Result<()> {
        if self.fingerprint(migration).is_some() {
            bail!(Rejected(format!(
                "`{migration}` did something else to the schema than when `{}` was written, so it was undone; to see \
                 whether that matters, set `SHADOW_DATABASE_URL` to a server for a scratch database",
                self.context.config.snapshot
            )))
        }
        self.digest = None;
        self.unchecked.push(migration.to_string());
        Ok(())
    }

    /// Compares the result of `migration` with the prediction; an error undoes it.
    fn accept(
        &mut self,
        transaction: &mut Transaction<'_>,
        migration: &Migration,
        answer: &[SimpleQueryMessage],
    ) -> Result<()> {
        let is_last = migration.version == self.last;
        if self.matches_fingerprint(transaction, migration, answer)? {
            self.digest = None;
            return Ok(());
        }
        // The snapshot alone tells only the schema after the last migration.
        if !is_last && self.known.prediction.origin == PredictionOrigin::SnapshotAlone {
            return self.without_scratch(migration);
        }
        if self
            .decided
            .as_ref()
            .is_some_and(|one| one.version == migration.version && one.expected.is_none())
        {
            return Ok(());
        }
        match self.compare(transaction, migration) {
            Err(error) if !is_last && error.downcast_ref::<Unavailable>().is_some() => {
                self.without_scratch(migration)
            }
            Ok(actual) if is_last => self.verify_alignment(&actual, migration),
            compared => compared.map(drop),
        }
    }

    /// Compares the whole catalogs with the prediction, and keeps their digests.
    fn compare(
        &mut self,
        transaction: &mut Transaction<'_>,
        migration: &Migration,
    ) -> Result<Schema> {
        // The stamp is taken before the catalogs are read: the next run then finds a change that
        // another session made in between.
        let stamp = if migration.version == self.last {
            self.stamp(transaction)?
        } else {
            None
        };
        let actual = live::read_with(self.reader, transaction)?;
        let drift = self.comparison.tolerated();
        let identities = drift
            .map(|drift| drift.identities(transaction))
            .transpose()?;
        let found = Found { actual, identities };
        if let Some(expected) = self
            .expected(migration)
            .filter(|_| found.identities.is_some())
            .cloned()
        {
            self.follow(&expected, &found);
        }
        let actual = &found.actual;
        let is_same = |expected: &Schema| {
            self.comparison.apparent(expected, actual).likeness() != Likeness::Different
        };
        if !self.expected(migration).is_some_and(is_same) {
            if !migration.no_transaction
                && self
                    .decided
                    .as_ref()
                    .is_none_or(|decided| decided.version != migration.version)
            {
                // The migration is undone while a scratch database decides: its locks would block
                // the application.
                self.undecided = Some(found);
                bail!(Undecided)
            }
            // A migration without transaction holds no locks while this is decided. Any other was
            // decided before, and the catalogs differ again.
            self.decide_on(&found, migration)?;
        }
        if self.comparison.tolerated().is_some() {
            // With a digest, the next run would take the drift for the work of the migrations.
            return Ok(found.actual);
        }
        let digest = snapshot::digest(&found.actual);
        let before = self.digest.replace(digest);
        let table = self.known.history_table;
        journal::set_catalogs(
            transaction,
            table,
            migration.version,
            before.as_deref(),
            self.digest.as_deref(),
        )?;
        if let Some(stamp) = stamp {
            journal::set_stamp(transaction, table, migration.version, &stamp)?;
        }
        Ok(found.actual)
    }

    /// Tells the comparison how tolerated drift followed the migration, so that these changes are
    /// left out.
    fn follow(&mut self, expected: &Schema, found: &Found) {
        if let Some(identities) = &found.identities {
            self.comparison.follow(identities, expected, &found.actual);
        }
    }

    /// The schema after `migration`, as far as it is known without a scratch database.
    fn expected(&self, migration: &Migration) -> Option<&Schema> {
        let predicted = self
            .known
            .prediction
            .step(migration.version)
            .and_then(|step| step.schema.as_deref());
        let decided = self
            .decided
            .as_ref()
            .filter(|decided| decided.version == migration.version);
        predicted.or_else(|| decided?.expected.as_ref())
    }

    /// Decides on a scratch database whether `found` is the schema that `migration` should have
    /// made.
    fn decide_on(&mut self, found: &Found, migration: &Migration) -> Result<()> {
        let expected = match self.expected(migration) {
            Some(schema) => schema.clone(),
            None => self.comparison.schema_after(migration.version)?,
        };
        self.follow(&expected, found);
        let difference = self
            .comparison
            .difference(&expected, &found.actual, migration.version)?;
        if difference.likeness() == Likeness::Different {
            bail!(Rejected(format!(
                "`{migration}` did not make the schema that it made on the scratch database, {} \
                 (- scratch, + this database):\n{difference}\n{}",
                consequence(migration),
                drift::how_to_accept(&difference)
            )))
        }
        self.decided = Some(Decided {
            version: migration.version,
            expected: Some(expected),
        });
        Ok(())
    }

    /// The stamp of the catalogs; none where they cannot be read in this way. The next run then
    /// only takes longer.
    fn stamp(&self, transaction: &mut Transaction<'_>) -> Result<Option<String>> {
        let Some(stamper) = self.known.stamper else {
            return Ok(None);
        };
        // In a savepoint, because a query that fails would abort the transaction of the migration.
        let mut attempt = transaction
            .transaction()
            .context("cannot set a savepoint")?;
        let stamp = stamper.take(&mut attempt).ok();
        match stamp {
            Some(_) => attempt.commit().context("cannot release a savepoint")?,
            None => attempt
                .rollback()
                .context("cannot go back to a savepoint")?,
        }
        Ok(stamp)
    }

    fn verify_alignment(&mut self, actual: &Schema, migration: &Migration) -> Result<()> {
        let against = format!("the database after {migration}, before its commit");
        let mut post = self
            .known
            .judge
            .judge(actual, &against, Some(&migration.to_string()));
        post.findings
            .iter_mut()
            .for_each(|finding| self.known.findings.mark(finding));
        let passed = post.overall_passed();
        self.post = Some(post);
        if !passed {
            let consequence = consequence(migration);
            bail!(Rejected(format!(
                "the verification after `{migration}` found errors, {consequence}"
            )))
        }
        Ok(())
    }
}

/// Describes the consequence for a migration that is not accepted.
fn consequence(migration: &Migration) -> String {
    match migration.no_transaction {
        true => format!(
            "and it is not recorded as applied; it runs without a transaction, so that what it did stays: repair that by \
             hand, and `{}` goes on from there",
            called_as::command("migrate")
        ),
        false => "so it was undone".to_owned(),
    }
}

impl StepObserver for CommitVerifier<'_> {
    fn catalog(&mut self, client: &mut Client) -> Result<String> {
        Ok(snapshot::digest(&live::read_with(self.reader, client)?))
    }

    fn is_catalog(&mut self, client: &mut Client, noted: &str) -> Result<bool> {
        let schema = live::read_with(self.reader, client)?;
        live::is_digest_of(noted, &schema, client)
    }

    fn tell(&mut self, text: &str) {
        // A stderr that cannot be written is no reason to stop in the middle.
        let _ = self.context.voice.remark(&format!("{text}\n"));
    }
}

impl MigrationObserver for CommitVerifier<'_> {
    fn starting(&mut self, client: &mut Client, migration: &Migration) -> Result<()> {
        self.standing.begins(migration.no_transaction);
        self.work.next(&migration.to_string());
        match self.fingerprint(migration).cloned() {
            Some(expected) => self.fingerprinter.prepare(client, Some(&expected)),
            None => {
                // Without a prediction nothing tells whether the text makes the server forget
                // prepared queries.
                self.fingerprinter.doubt();
                Ok(())
            }
        }
    }

    fn retrying(&mut self, migration: &Migration, cause: &anyhow::Error, pause: Duration) {
        let seconds = pause.as_secs_f32();
        let text = format!(
            "`{migration}` could not get its locks and is tried again in {seconds} s: {cause:#}"
        );
        self.tell(&text);
    }

    fn closing(&self, migration: &Migration) -> String {
        self.fingerprint(migration)
            .map(Fingerprint::closing)
            .unwrap_or_default()
    }

    fn verify(
        &mut self,
        transaction: &mut Transaction<'_>,
        migration: &Migration,
        answer: &[SimpleQueryMessage],
    ) -> Result<()> {
        self.accept(transaction, migration, answer)?;
        // The COMMIT follows.
        self.standing.commits();
        Ok(())
    }

    fn decide(&mut self, migration: &Migration) -> Result<()> {
        let Some(found) = self.undecided.take() else {
            return Ok(());
        };
        match self.decide_on(&found, migration) {
            Err(error)
                if migration.version != self.last
                    && error.downcast_ref::<Unavailable>().is_some() =>
            {
                self.without_scratch(migration)?;
                self.decided = Some(Decided {
                    version: migration.version,
                    expected: None,
                });
                Ok(())
            }
            decided => decided,
        }
    }

    fn applied(&mut self, migration: &AppliedMigration) {
        self.standing.committed(1);
        self.applied.push(migration.clone());
        let text = human::migration::applied(migration, self.context.terminal.style());
        let _ = self.context.say(&text);
    }
}
