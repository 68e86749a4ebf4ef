//! Removes entries of the server from snapshots that earlier versions of the tool wrote. The minor
//! releases of PostgreSQL of November 2026 keep `pg_attver` among the options of each column. Those
//! versions took it for a setting of a migration.

use crate::schema::model::{Column, Schema};

/// The options of columns that users can set.
const COLUMN_OPTIONS: &[&str] = &["n_distinct", "n_distinct_inherited"];

/// The only entry that a server is known to have kept among the options of columns.
const SERVER_ENTRY: &str = "pg_attver";

/// Removes them from `schema`, and returns whether there were any.
pub(super) fn remove(schema: &mut Schema) -> bool {
    let mut found = false;
    for table in schema.tables.values_mut() {
        // A foreign data wrapper defines its own options, so that of foreign tables only the known
        // entry goes.
        let is_foreign = table.foreign.is_some();
        found |= retain(&mut table.columns, |name| {
            if is_foreign {
                name != SERVER_ENTRY
            } else {
                COLUMN_OPTIONS.contains(&name)
            }
        });
    }
    let views = schema.views.values_mut().map(|view| &mut view.columns);
    let composites = schema
        .composites
        .values_mut()
        .map(|composite| &mut composite.columns);
    for columns in views.chain(composites) {
        found |= retain(columns, |name| COLUMN_OPTIONS.contains(&name));
    }
    found
}

fn retain(columns: &mut [Column], is_settable: impl Fn(&str) -> bool) -> bool {
    let mut found = false;
    for column in columns {
        let count = column.options.len();
        column
            .options
            .retain(|option| is_settable(option.split('=').next().unwrap_or(option)));
        found |= column.options.len() < count;
    }
    found
}
