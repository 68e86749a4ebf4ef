//! Views and materialised views.

use super::names::qualified;
use super::tables::storage;
use crate::schema::model::{ObjectName, View};

/// Writes `CREATE VIEW`; `or_replace` keeps what depends on it.
pub fn create(object: &ObjectName, wanted: &View, or_replace: bool) -> String {
    let replace = if or_replace { "OR REPLACE " } else { "" };
    let kind = word(wanted);
    let mut written = format!("CREATE {replace}{kind} {}", qualified(object));
    written += &storage(&wanted.storage);
    let definition = wanted.definition.trim_end().trim_end_matches(';');
    format!("{written} AS\n{definition}")
}

/// The words for its kind in SQL.
pub fn word(view: &View) -> &'static str {
    if view.materialized {
        "MATERIALIZED VIEW"
    } else {
        "VIEW"
    }
}
