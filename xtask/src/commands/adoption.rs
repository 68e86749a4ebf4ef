//! A database that has already what pending migrations would make, because another tool or a person
//! made it: it is to be adopted, and not migrated.

use super::{Context, drift};
use crate::migrations::Migration;
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Schema;
use crate::schema::provenance::Presence;

/// The last of `pending` that a database without history has already, to judge by the names in its
/// schema.
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
            // An object that is not there may never have been.
            Presence::Removed if last.is_some() => last = Some(migration),
            // A later migration may take away an object that an earlier one makes.
            Presence::Removed | Presence::Missing | Presence::Unknown => {}
        }
    }
    last
}

/// The next step, for the person who reads it.
#[must_use]
pub fn help(last: &Migration) -> String {
    format!(
        "adopt it: `cargo xtask db-baseline {last}` compares it with what they make, and records them as applied"
    )
}

/// Says that the database has what the migrations up to `last` make.
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
