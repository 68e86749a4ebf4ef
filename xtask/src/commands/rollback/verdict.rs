//! Judges the schema after each migration was undone, before the transaction is committed.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use postgres::{Client, Transaction};

use crate::commands::Context;
use crate::commands::judge::Judge;
use crate::commands::live;
use crate::migrations::journaled::StepObserver;
use crate::migrations::rollback::execute::RollbackObserver;
use crate::migrations::rollback::{Expectation, Plan, RollbackExpectation, Undo};
use crate::report::{RolledBackMigration, Verdict, Verification};
use crate::schema::diff::{Change, Likeness, SchemaDiff, diff};
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// Judges one rollback after the other.
pub struct Verdicts<'a> {
    context: &'a Context,
    judge: &'a Judge<'a>,
    plan: &'a Plan,
    expectation: &'a RollbackExpectation,
    /// What somebody changed past the migrations before: a rollback neither makes nor has to repair it.
    drift: Vec<Change>,
    /// Privileges and owners that the rollback did not put back.
    privileges: Vec<String>,
    post: Option<Verification>,
    committed: Vec<RolledBackMigration>,
}

impl<'a> Verdicts<'a> {
    /// For rollbacks of `plan` on a database whose schema is `before`; none when a run was interrupted in it.
    pub fn new(
        context: &'a Context,
        judge: &'a Judge<'a>,
        plan: &'a Plan,
        expectation: &'a RollbackExpectation,
        before: Option<&Schema>,
    ) -> Self {
        let known = expectation.current.as_ref().zip(before);
        let drift = known.map(|(current, before)| diff(current, before).without_grants().changes);
        let drift = drift.unwrap_or_default();
        Self { context, judge, plan, expectation, drift, privileges: Vec::new(), post: None, committed: Vec::new() }
    }

    /// Indexes that a migration left half-built are no drift: the way back has to remove them.
    pub fn expect_gone(&mut self, invalid_indexes: &[String]) {
        self.drift.retain(|change| match &change.part {
            Some((kind, name)) if kind == "index" => !invalid_indexes.iter().any(|index| is_called(index, name)),
            Some(_) | None => true,
        });
    }

    fn compare(&self, transaction: &mut Transaction<'_>, expected: &Expectation, actual: &Schema) -> Result<Verdict> {
        Ok(match expected {
            Expectation::Schema(expected) => {
                let mut difference = diff(expected, actual).without_grants();
                difference.changes.retain(|change| !self.drift.contains(change));
                verdict(&difference)
            }
            Expectation::Digest(digest) if live::is_digest_of(digest, actual, transaction)? => Verdict::Exact,
            Expectation::Digest(_) => Verdict::Unknown(
                "the catalogs are not exactly what the journal noted before it was applied, and its file is gone, so \
                 that the difference cannot be told"
                    .into(),
            ),
            Expectation::Unknown(why) => Verdict::Unknown(why.clone()),
        })
    }

    /// What a person should know about the comparison.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.drift.is_empty() {
            let drift = SchemaDiff { changes: self.drift.clone() };
            notes.push(format!("the database was changed past its migrations, and still is:\n{drift}"));
        }
        if !self.privileges.is_empty() {
            let all = self.privileges.join("\n");
            notes.push(format!("privileges and owners that the migrations changed are not back as they were:\n{all}"));
        }
        notes
    }

    /// Privileges and owners of `actual` that are as the migrations made them, and were not before. They are no part of
    /// the verdict, since servers grant by themselves what no migration says.
    fn left_privileges(&self, actual: &Schema) -> Vec<String> {
        let (Some(current), Some(Expectation::Schema(before))) =
            (&self.expectation.current, self.expectation.expected.last())
        else {
            return Vec::new();
        };
        let [before, after, actual] = [before, current, actual].map(privileges);
        let left = after.difference(&before).filter(|privilege| actual.contains(*privilege));
        let gone = before.difference(&after).filter(|privilege| !actual.contains(*privilege));
        left.map(|privilege| format!("+ {privilege}")).chain(gone.map(|privilege| format!("- {privilege}"))).collect()
    }

    /// What is undone and committed, and the verification of the schema after the last one.
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
        // Nobody to tell is no reason to stop in the middle.
        let _ = self.context.terminal.eprint(&format!("{text}\n"));
    }
}

impl RollbackObserver for Verdicts<'_> {
    fn judge(&mut self, transaction: &mut Transaction<'_>, undo: &Undo) -> Result<Verdict> {
        let schema = live::read(transaction, &self.context.config)?;
        let position = self.plan.undo.iter().position(|other| other == undo);
        let position = position.ok_or_else(|| anyhow!("`{undo}` is not part of the plan"))?;
        let expected = self.expectation.expected.get(position);
        let verdict = match expected {
            Some(expected) => self.compare(transaction, expected, &schema)?,
            None => Verdict::Unknown("nothing was predicted".into()),
        };
        if position + 1 == self.plan.undo.len() {
            self.privileges = self.left_privileges(&schema);
            self.post = Some(self.judge.judge(&schema, "the database after the rollback, before its commit", None));
        }
        Ok(verdict)
    }

    fn committed(&mut self, undone: &[RolledBackMigration]) {
        self.committed.extend_from_slice(undone);
    }
}

/// Whether an index, `namespace.name` as SQL writes it, has this name.
fn is_called(index: &str, name: &str) -> bool {
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    [name, &quoted].iter().any(|name| index.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
}

/// Each privilege by itself: `table public.users: app: SELECT`.
fn privileges(schema: &Schema) -> BTreeSet<String> {
    let each = |(object, grants): (&String, &Vec<String>)| {
        let of = |grant: &String| -> Vec<String> {
            let Some((grantee, words)) = grant.split_once(": ") else { return vec![format!("{object}: {grant}")] };
            words.split(", ").map(|word| format!("{object}: {grantee}: {word}")).collect()
        };
        grants.iter().flat_map(of).collect::<Vec<_>>()
    };
    schema.grants.iter().flat_map(each).collect()
}

fn verdict(difference: &SchemaDiff) -> Verdict {
    match difference.likeness() {
        Likeness::Exact => Verdict::Exact,
        Likeness::PhysicalOrderOnly => Verdict::PhysicalOrderOnly,
        Likeness::Different => Verdict::NotRestored(difference.to_string()),
    }
}
