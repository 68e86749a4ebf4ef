//! Judges the schema after each migration was undone, before the transaction is committed.

use anyhow::{Result, anyhow};
use postgres::{Client, Transaction};

use crate::commands::Context;
use crate::commands::interruption::Standing;
use crate::commands::judge::Judge;
use crate::commands::live;
use crate::migrations::drift::Drift;
use crate::migrations::journaled::StepObserver;
use crate::migrations::rollback::execute::RollbackObserver;
use crate::migrations::rollback::privileges::ExpectedPrivileges;
use crate::migrations::rollback::{Expectation, Plan, RollbackExpectation, Undo};
use crate::report::{RollbackVerdict, RolledBackMigration, Verification};
use crate::schema::diff::{Likeness, SchemaDiff, diff};
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// Judges one rollback after the other.
pub struct Verdicts<'a> {
    context: &'a Context,
    judge: &'a Judge<'a>,
    plan: &'a Plan,
    expectation: &'a RollbackExpectation,
    /// The schema of the database before anything ran.
    before: &'a Schema,
    /// The changes that were made outside the migrations before this run. A rollback neither makes
    /// nor has to repair them.
    drift: Drift,
    /// The consequences of the rollback for the drift, so far.
    followed: SchemaDiff,
    /// Privileges and owners that the rollback did not put back, so far.
    privileges: Vec<String>,
    post: Option<Verification>,
    committed: Vec<RolledBackMigration>,
    /// How far the run is, for Ctrl-C.
    standing: Standing,
}

impl<'a> Verdicts<'a> {
    /// Creates the judge of rollbacks of `plan`, on a database whose schema is `before`.
    pub fn new(
        context: &'a Context,
        judge: &'a Judge<'a>,
        plan: &'a Plan,
        expectation: &'a RollbackExpectation,
        (before, standing): (&'a Schema, Standing),
    ) -> Self {
        Self {
            context,
            judge,
            plan,
            expectation,
            before,
            drift: Drift::default(),
            followed: SchemaDiff::default(),
            privileges: Vec::new(),
            post: None,
            committed: Vec::new(),
            standing,
        }
    }

    /// Records as drift each difference between the database of `client` and its migrations.
    /// Nothing is recorded where a run was `interrupted` in its way back. Half-built indexes of a
    /// migration are no drift: the way back has to remove them.
    ///
    /// # Errors
    /// When the query fails.
    pub fn expect_drift(
        &mut self,
        client: &mut Client,
        interrupted: bool,
        invalid_indexes: &[String],
    ) -> Result<()> {
        let Some(current) = self.expectation.current.as_ref().filter(|_| !interrupted) else {
            return Ok(());
        };
        let mut changes = diff(current, self.before).without_grants().changes;
        changes.retain(|change| match &change.part {
            Some((kind, name)) if kind == "index" => {
                !invalid_indexes.iter().any(|index| is_called(index, name))
            }
            Some(_) | None => true,
        });
        self.drift = Drift::new(client, changes)?;
        Ok(())
    }

    fn compare(
        &mut self,
        transaction: &mut Transaction<'_>,
        expected: &Expectation,
        actual: &Schema,
    ) -> Result<RollbackVerdict> {
        Ok(match expected {
            Expectation::Schema(expected) => {
                let schemas = (self.before, &**expected, actual);
                let identities = self.drift.identities(transaction)?;
                let judged = self.drift.judge(&identities, schemas, &self.context.config.accepted_drift);
                self.followed = judged.followed;
                verdict(&judged.difference)
            }
            Expectation::Digest(digest) if live::is_digest_of(digest, actual, transaction)? => RollbackVerdict::Exact,
            Expectation::Digest(_) => RollbackVerdict::Unknown(
                "the catalogs are not exactly what the journal noted before it was applied, and its file is gone, so \
                 that the difference cannot be told"
                    .into(),
            ),
            Expectation::Unknown(why) => RollbackVerdict::Unknown(why.clone()),
        })
    }

    /// Returns the notes about the comparison that a person should read.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.drift.changes.is_empty() {
            let drift = SchemaDiff {
                changes: self.drift.changes.clone(),
            };
            notes.push(format!(
                "the database was changed past its migrations, and still is:\n{drift}"
            ));
        }
        if !self.followed.is_empty() {
            let followed = &self.followed;
            notes.push(format!(
                "what was changed past the migrations followed the way back, as PostgreSQL has it:\n{followed}"
            ));
        }
        // Where the expected privileges are known, the verdicts report them.
        if !self.privileges.is_empty()
            && self
                .expected_privileges(self.plan.undo.len() - 1)
                .scratch
                .is_none()
        {
            let all = self.privileges.join("\n");
            notes.push(format!(
                "privileges and owners changed, and what they should be is not known:\n{all}"
            ));
        }
        notes
    }

    /// The privileges after the migration at `position` of the plan was undone.
    fn expected_privileges(&self, position: usize) -> ExpectedPrivileges<'_> {
        let scratch = match (
            &self.expectation.current,
            self.expectation.expected.get(position),
        ) {
            (Some(current), Some(Expectation::Schema(lowest))) => Some((current, &**lowest)),
            _ => None,
        };
        ExpectedPrivileges {
            live: self.before,
            scratch,
        }
    }

    /// Adds to the verdict on the migration at `position` the privileges and owners that its way
    /// back did not put back. Those that an earlier way back lost belong to that one.
    fn with_privileges(
        &mut self,
        position: usize,
        verdict: RollbackVerdict,
        actual: &Schema,
    ) -> RollbackVerdict {
        let expected = self.expected_privileges(position);
        let is_known = expected.scratch.is_some();
        let lost = expected.not_restored(actual);
        let new: Vec<&str> = lost
            .iter()
            .filter(|one| !self.privileges.contains(one))
            .map(String::as_str)
            .collect();
        let verdict = match verdict {
            RollbackVerdict::Exact | RollbackVerdict::PhysicalOrderOnly
                if is_known && !new.is_empty() =>
            {
                RollbackVerdict::PrivilegesDiffer(new.join("\n"))
            }
            other => other,
        };
        self.privileges = lost;
        verdict
    }

    /// The migration at `position` of the plan begins.
    pub fn begins(&self, position: usize) {
        if let Some(undo) = self.plan.undo.get(position) {
            self.standing.begins(undo.no_transaction);
        }
    }

    /// Whether the COMMIT follows the migration at `position`, as `sequence::groups` divides them.
    fn ends_transaction(&self, position: usize) -> bool {
        let refuses = |undo: &Undo| undo.no_transaction;
        let is_alone = self.plan.undo.get(position).is_some_and(refuses);
        is_alone || self.plan.undo.get(position + 1).is_none_or(refuses)
    }

    /// Returns the migrations that were undone and committed, and the verification of the schema
    /// after the last one.
    pub fn into_parts(self) -> (Vec<RolledBackMigration>, Option<Verification>) {
        (self.committed, self.post)
    }
}

impl StepObserver for Verdicts<'_> {
    fn catalog(&mut self, client: &mut Client) -> Result<String> {
        Ok(snapshot::digest(&live::read(client, &self.context.config)?))
    }

    fn is_catalog(&mut self, client: &mut Client, noted: &str) -> Result<bool> {
        let schema = live::read(client, &self.context.config)?;
        live::is_digest_of(noted, &schema, client)
    }

    fn tell(&mut self, text: &str) {
        // A stderr that cannot be written is no reason to stop in the middle.
        let _ = self.context.terminal.eprint(&format!("{text}\n"));
    }
}

impl RollbackObserver for Verdicts<'_> {
    fn judge(&mut self, transaction: &mut Transaction<'_>, undo: &Undo) -> Result<RollbackVerdict> {
        let schema = live::read(transaction, &self.context.config)?;
        let position = self.plan.undo.iter().position(|other| other == undo);
        let position = position.ok_or_else(|| anyhow!("`{undo}` is not part of the plan"))?;
        let expectation = self.expectation;
        let expected = expectation.expected.get(position);
        let verdict = match expected {
            Some(expected) => self.compare(transaction, expected, &schema)?,
            None => RollbackVerdict::Unknown("nothing was predicted".into()),
        };
        let verdict = self.with_privileges(position, verdict, &schema);
        if self.ends_transaction(position) {
            self.standing.commits();
        }
        // The earlier schemas of the plan do not stay, so only the last one is judged.
        if position + 1 == self.plan.undo.len() {
            self.post = Some(self.judge.judge(
                &schema,
                "the database after the rollback, before its commit",
                None,
            ));
        }
        Ok(verdict)
    }

    fn committed(&mut self, undone: &[RolledBackMigration]) {
        self.standing.committed(undone.len());
        self.begins(self.committed.len() + undone.len());
        self.committed.extend_from_slice(undone);
    }
}

/// Whether an index, `namespace.name` as SQL writes it, has this name.
fn is_called(index: &str, name: &str) -> bool {
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    [name, &quoted].iter().any(|name| {
        index
            .strip_suffix(name)
            .is_some_and(|rest| rest.ends_with('.'))
    })
}

fn verdict(difference: &SchemaDiff) -> RollbackVerdict {
    match difference.likeness() {
        Likeness::Exact => RollbackVerdict::Exact,
        Likeness::PhysicalOrderOnly => RollbackVerdict::PhysicalOrderOnly,
        Likeness::Different => RollbackVerdict::NotRestored(difference.to_string()),
    }
}
