//! Tells findings that are there today from those that a pending migration introduces or resolves.

use std::collections::BTreeSet;

use crate::commands::judge::Judge;
use crate::migrations::Migration;
use crate::report::{Finding, FindingTiming, Severity, Verification};
use crate::schema::model::Schema;
use crate::schema::provenance::Provenance;

/// The identity of a finding: two findings with the same key are the same.
type FindingKey = (&'static str, String, Option<String>, String);

fn key(finding: &Finding) -> FindingKey {
    (
        finding.kind,
        finding.entity.clone(),
        finding.field.clone(),
        finding.message.clone(),
    )
}

fn keys(findings: &[Finding]) -> BTreeSet<FindingKey> {
    findings.iter().map(key).collect()
}

/// The findings before any pending migration, and after each.
#[derive(Debug)]
pub struct FindingsByMigration {
    /// The names of the pending migrations.
    pending: Vec<String>,
    /// The number of them that this run applies.
    count: usize,
    before: Vec<Finding>,
    /// The tables and views of today and of every schema that was read. A finding about another
    /// entity has nothing to do with the migrations. Where it comes and goes, the reason is a table
    /// that is not made yet.
    entities: BTreeSet<String>,
    /// One for each pending migration whose schema was read, with its index.
    after: Vec<(usize, BTreeSet<FindingKey>)>,
    /// The tables that each pending migration touches.
    touched: Vec<Provenance>,
}

impl FindingsByMigration {
    /// Judges `base` and the schemas after the pending migrations, as far as they were read: one in
    /// `steps` for each. This run applies the first `count` of them.
    pub fn new(
        judge: &Judge<'_>,
        base: &Schema,
        steps: &[Option<&Schema>],
        pending: &[&Migration],
        count: usize,
    ) -> Self {
        let findings = |schema: &Schema| judge.judge(schema, "", None).findings;
        let read = steps
            .iter()
            .enumerate()
            .filter_map(|(index, step)| Some((index, (*step)?)));
        Self {
            pending: pending.iter().map(ToString::to_string).collect(),
            count,
            // Where nothing is pending, nothing comes or goes.
            before: if pending.is_empty() {
                Vec::new()
            } else {
                findings(base)
            },
            entities: entities(base, steps),
            after: read
                .map(|(index, schema)| (index, keys(&findings(schema))))
                .collect(),
            touched: pending
                .iter()
                .map(|migration| judge.touched(migration))
                .collect(),
        }
    }

    /// The number of pending migrations that this run applies.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The migration after which this run ends; none when it applies none.
    pub fn last(&self) -> Option<&str> {
        self.pending
            .get(self.count.checked_sub(1)?)
            .map(String::as_str)
    }

    /// Marks the findings of the target schema, and adds those of today that are gone there.
    pub fn complete(&self, verification: &mut Verification) {
        verification
            .findings
            .iter_mut()
            .for_each(|finding| self.mark(finding));
        verification.findings.extend(self.resolved());
    }

    /// Marks where a finding in the target schema comes from. One that a later migration resolves
    /// is about types that are already written for that migration: it fails nothing now.
    pub fn mark(&self, finding: &mut Finding) {
        if self.pending.is_empty() {
            return;
        }
        let key = key(finding);
        if let Some(resolving) =
            self.first(self.count, finding, |findings| !findings.contains(&key))
        {
            finding.timing = Some(FindingTiming::ResolvedBy(resolving));
            soften(finding);
        } else if self.before.iter().any(|before| self::key(before) == key) {
            finding.timing = Some(FindingTiming::Present);
        } else {
            let introducing = self.first(0, finding, |findings| findings.contains(&key));
            finding.timing = introducing.map(FindingTiming::IntroducedBy);
        }
    }

    /// The findings of today that are gone in the target schema.
    fn resolved(&self) -> Vec<Finding> {
        let in_target = self
            .after
            .iter()
            .rfind(|(index, _)| *index < self.count)
            .map(|(_, keys)| keys);
        let Some(in_target) = in_target else {
            return Vec::new();
        };
        let of_entity = self
            .before
            .iter()
            .filter(|finding| self.entities.contains(&finding.entity));
        let gone = of_entity.filter(|finding| !in_target.contains(&key(finding)));
        gone.cloned()
            .map(|mut finding| {
                let key = key(&finding);
                let resolving = self.first(0, &finding, |findings| !findings.contains(&key));
                finding.timing = resolving.map(FindingTiming::ResolvedBy);
                soften(&mut finding);
                finding
            })
            .collect()
    }

    /// Marks findings of a schema before all of these migrations that they resolve. Those about
    /// entities without a table, before and after, only came from tables that are not made yet.
    pub fn look_ahead(&self, findings: &mut Vec<Finding>) {
        findings.retain_mut(|finding| {
            let key = key(finding);
            let resolving = self.first(0, finding, |findings| !findings.contains(&key));
            if let Some(resolving) = resolving {
                finding.timing = Some(FindingTiming::ResolvedBy(resolving));
                soften(finding);
                return self.entities.contains(&finding.entity);
            }
            true
        });
    }

    /// Returns the first migration from `start` on whose findings satisfy `is_it`. Between two
    /// schemas that were read, it is the first that touches the column of `finding`, else the first
    /// that touches its entity. Where none touches it, it is the last one, after which the schema
    /// was read.
    fn first(
        &self,
        start: usize,
        finding: &Finding,
        is_it: impl Fn(&BTreeSet<FindingKey>) -> bool,
    ) -> Option<String> {
        let mut since = start;
        for (index, findings) in self.after.iter().filter(|(index, _)| *index >= start) {
            if is_it(findings) {
                let touching = self.touching(since, *index, finding);
                return self.pending.get(touching.unwrap_or(*index)).cloned();
            }
            since = index + 1;
        }
        None
    }

    /// Returns the first migration of `since` to `last` that touches the column of `finding`, else
    /// the first before `last` that touches its entity.
    fn touching(&self, since: usize, last: usize, finding: &Finding) -> Option<usize> {
        let touches_column = |at: &usize| self.touches_column(*at, finding);
        let touches_entity = |at: &usize| self.touched[*at].touches(&finding.entity);
        (since..=last)
            .find(touches_column)
            .or_else(|| (since..last).find(touches_entity))
    }

    fn touches_column(&self, migration: usize, finding: &Finding) -> bool {
        let Some(field) = &finding.field else {
            return false;
        };
        self.touched[migration].touches_column(&finding.entity, |column| is_named(column, field))
    }
}

/// Whether a column is meant by the name of a field, in whichever style each is written.
fn is_named(column: &str, field: &str) -> bool {
    let letters = |name: &str| name.replace('_', "").to_lowercase();
    letters(column) == letters(field)
}

fn entities(base: &Schema, steps: &[Option<&Schema>]) -> BTreeSet<String> {
    let schemas = std::iter::once(base).chain(steps.iter().filter_map(|step| *step));
    schemas
        .flat_map(|schema| {
            schema
                .tables
                .keys()
                .chain(schema.views.keys())
                .map(ToString::to_string)
        })
        .collect()
}

fn soften(finding: &mut Finding) {
    finding.severity = Severity::Warning;
    finding.critical = false;
}
