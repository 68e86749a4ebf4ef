//! Recognises a database that already has the objects of pending migrations, because another tool
//! or a person made them. Such a database is adopted, not migrated.

use super::{Context, drift};
use crate::called_as;
use crate::migrations::Migration;
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Schema;
use crate::schema::provenance::Presence;

/// Returns the last of the `pending` migrations that a database without history already has, judged
/// by the names in its schema.
#[must_use]
pub fn last_present<'f>(
    context: &Context,
    pending: &[&'f Migration],
    live: &Schema,
) -> Option<&'f Migration> {
    if live.tables.is_empty() {
        return None;
    }
    let mut last = None;
    for migration in pending.iter().copied() {
        match context.provenance([migration]).presence(live) {
            Presence::Made => last = Some(migration),
            // Counts only behind a migration that is there: an absent object may never have
            // existed.
            Presence::Removed if last.is_some() => last = Some(migration),
            // Missing objects do not end the search: a later migration may have removed them.
            Presence::Removed | Presence::Missing | Presence::Unknown => {}
        }
    }
    last
}

/// The next step, for the person who reads it.
#[must_use]
pub fn help(last: &Migration) -> String {
    format!(
        "adopt it: `{} {last}` compares it with what they make, and records them as applied",
        called_as::command("baseline")
    )
}

/// Says that the database has the objects that the migrations up to `last` make.
#[must_use]
pub fn finding(last: &Migration, live: &Schema) -> Finding {
    let entity = live
        .tables
        .keys()
        .next()
        .map(ToString::to_string)
        .unwrap_or_default();
    let message = format!(
        "the database has the tables of the migrations up to {last} already, and none of them in its history"
    );
    let mut finding = Finding::new(
        drift::KIND,
        Category::Migrations,
        Severity::Error,
        &entity,
        message,
    );
    finding.critical = true;
    finding.help = Some(help(last));
    finding
}
