//! Drift as findings: changes that were made in a database outside its migrations.

use anyhow::Result;
use postgres::Client;

use super::{Context, live, privilege_drift, snapshot_fallback};
use crate::config::Config;
use crate::migrations::Migration;
use crate::migrations::comparison::Comparison;
use crate::migrations::journal::Phase;
use crate::migrations::state::State;
use crate::migrations::tables::Records;
use crate::postgres::scratch::Unavailable;
use crate::report::{Category, Finding, Rule, Severity};
use crate::schema::diff::{Change, Likeness, SchemaDiff};
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// The type of the findings.
pub const KIND: &str = "SCHEMA_DRIFT";

/// The documentation of the findings, for reports that carry it.
#[must_use]
pub fn documentation() -> Rule {
    Rule {
        kind: KIND,
        summary: "The database is not what its migrations made.".into(),
        help: "The database is not what its migrations made.\n\n## Why\n\
               A migration or a way back was tried on the schema that the files describe. On another \
               schema it may fail, or destroy what nobody has looked at.\n\n\
               ## Example\n```sql\nALTER TABLE users ADD COLUMN note text;\n```\n\
               by hand in production. Write the change as a migration, undo it, or list the object \
               with a reason under `accepted-drift` in the configuration.\n\n\
               Schemas are compared by meaning, not by spelling: a database stays the same after dump \
               and restore, on another major version or in another time zone. Partitions that a job \
               adds do not count."
            .into(),
    }
}

/// The severity of the findings; none where the configuration switches them off.
#[must_use]
pub fn severity(config: &Config) -> Option<Severity> {
    config
        .severity
        .get(KIND)
        .copied()
        .unwrap_or(Some(Severity::Error))
}

/// The result of looking for drift.
#[derive(Debug)]
pub enum Drift {
    /// The drift that was found, if any.
    Findings(Vec<Finding>),
    /// The reason why the database was not compared.
    NotLookedAt(String),
}

/// Compares `live`, the schema of the database of `client`, with the schema that its recorded
/// migrations (`records`) make.
///
/// # Errors
/// When the migrations do not run on the scratch database, or a query fails.
pub fn look(
    context: &Context,
    client: &mut Client,
    files: &[Migration],
    records: &Records,
    live: &Schema,
) -> Result<Drift> {
    let Some(newest) = records.history.last() else {
        return Ok(Drift::Findings(Vec::new()));
    };
    let state = State::new(records.history.clone(), files);
    let looks_at_privileges = privilege_drift::is_asked_for(&context.config, state.applied_files());
    let severity = severity(&context.config);
    if severity.is_none() && !looks_at_privileges {
        return Ok(Drift::Findings(Vec::new()));
    }
    // Without matching files nothing tells which schema the database should have.
    if !state.problems.is_empty() {
        return Ok(Drift::NotLookedAt(
            "its history and the migration files disagree".to_owned(),
        ));
    }
    if records
        .journal
        .iter()
        .any(|entry| entry.phase != Phase::Applied)
    {
        return Ok(Drift::NotLookedAt(
            "a migration is applied or undone in part".to_owned(),
        ));
    }
    let is_noted = match records.noted_digest() {
        Some(noted) => live::is_digest_of(noted, live, client)?,
        None => false,
    };
    // The last run noted this very digest after it had compared the catalogs: no replay is needed.
    if is_noted && !looks_at_privileges {
        return Ok(Drift::Findings(Vec::new()));
    }
    let mut comparison = Comparison::new(context.scratch_environment().like(client, files)?, files);
    let applied: Vec<Migration> = state.applied_files().cloned().collect();
    let expected = match expected(context, &mut comparison, &applied, newest.version) {
        // The digest of the last run covers the schema, not its privileges.
        Err(error) if is_noted || error.downcast_ref::<Unavailable>().is_some() => {
            let why = snapshot_fallback::one_line(&error);
            let what = if is_noted {
                "its privileges were not compared: "
            } else {
                ""
            };
            return Ok(Drift::NotLookedAt(format!("{what}{why}")));
        }
        expected => expected?,
    };
    let mut found = match severity.filter(|_| !is_noted) {
        Some(severity) => findings(
            &comparison.difference(&expected, live, newest.version)?,
            Some(severity),
        ),
        None => Vec::new(),
    };
    if looks_at_privileges {
        found.extend(privilege_drift::look(context, client, &expected, live)?);
    }
    Ok(Drift::Findings(found))
}

/// Compares `live`, the schema of the database of `client`, with the schema that `applied` make,
/// which another tool has run there.
///
/// # Errors
/// As [`look`].
pub fn look_in_place(
    context: &Context,
    client: &mut Client,
    applied: &[Migration],
    live: &Schema,
) -> Result<Drift> {
    let (Some(severity), Some(newest)) = (severity(&context.config), applied.last()) else {
        return Ok(Drift::Findings(Vec::new()));
    };
    let environment = context.scratch_environment().like(client, applied)?;
    let mut comparison = Comparison::new(environment, applied);
    let expected = match expected(context, &mut comparison, applied, newest.version) {
        Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
            return Ok(Drift::NotLookedAt(snapshot_fallback::one_line(&error)));
        }
        expected => expected?,
    };
    let difference = comparison.difference(&expected, live, newest.version)?;
    Ok(Drift::Findings(findings(&difference, Some(severity))))
}

/// The schema that the applied migrations make.
///
/// # Errors
/// When there is no scratch database, or a migration does not run there.
pub fn expected(
    context: &Context,
    comparison: &mut Comparison<'_>,
    applied: &[Migration],
    newest: i64,
) -> Result<Schema> {
    let snapshot = snapshot::read(&context.tree(), &context.config.snapshot)?;
    // It stands for the schema `public`, which is no tenant's.
    let snapshot = snapshot.filter(|_| context.config.tenant.is_none());
    // A snapshot of exactly the applied migrations saves the replay.
    match snapshot.filter(|snapshot| snapshot.is_fresh(applied)) {
        Some(snapshot) => Ok(snapshot.schema),
        None => comparison.schema_after(newest),
    }
}

/// Makes a finding for each object of `difference`, which is between the schema of the migrations
/// and that of the database.
#[must_use]
pub fn findings(difference: &SchemaDiff, severity: Option<Severity>) -> Vec<Finding> {
    match (severity, difference.likeness()) {
        (None, _) | (_, Likeness::Exact | Likeness::PhysicalOrderOnly) => Vec::new(),
        (Some(severity), Likeness::Different) => by_object(difference)
            .iter()
            .map(|object| finding(object, severity))
            .collect(),
    }
}

/// Splits a difference into one for each object. The changes of one object are neighbours, because
/// [`SchemaDiff`] is ordered by object.
fn by_object(difference: &SchemaDiff) -> Vec<SchemaDiff> {
    let mut objects: Vec<SchemaDiff> = Vec::new();
    for change in &difference.changes {
        match objects.last_mut().filter(|last| is_about(last, change)) {
            Some(last) => last.changes.push(change.clone()),
            None => objects.push(SchemaDiff {
                changes: vec![change.clone()],
            }),
        }
    }
    objects
}

fn is_about(difference: &SchemaDiff, change: &Change) -> bool {
    difference
        .changes
        .iter()
        .all(|other| (&other.kind, &other.object) == (&change.kind, &change.object))
}

fn finding(difference: &SchemaDiff, severity: Severity) -> Finding {
    let object = difference
        .changes
        .first()
        .map(|change| change.object.as_str())
        .unwrap_or_default();
    let lines: Vec<_> = difference
        .to_string()
        .lines()
        .map(|line| line.trim().to_owned())
        .collect();
    let message = format!(
        "the database is not what its migrations made of it ({})",
        lines.join("; ")
    );
    let mut finding = Finding::new(KIND, Category::Migrations, severity, object, message);
    finding.critical = severity == Severity::Error;
    let accept = how_to_accept(difference);
    finding.help = Some(format!(
        "put the change into a migration, or undo it in the database; {accept}"
    ));
    finding.with_detail("difference", difference.to_string())
}

/// Explains how to accept the first change in the configuration, for the end of a message.
#[must_use]
pub fn how_to_accept(difference: &SchemaDiff) -> String {
    let first = difference
        .changes
        .first()
        .and_then(|change| change.subjects().into_iter().next());
    format!(
        "if it is right as it is, say so in the configuration: \
         `accepted-drift = [{{ object = \"{}\", reason = \"…\" }}]`",
        first.unwrap_or_default()
    )
}
