//! Views and materialised views.

use super::columns::written_option;
use super::names::qualified;
use crate::schema::model::{ObjectName, View};

/// Writes `CREATE VIEW`; `or_replace` keeps what depends on it.
pub fn create(object: &ObjectName, wanted: &View, or_replace: bool) -> String {
    let replace = if or_replace { "OR REPLACE " } else { "" };
    let kind = word(wanted);
    let mut written = format!("CREATE {replace}{kind} {}", qualified(object));
    if let Some(method) = &wanted.storage.access_method {
        written += &format!(" USING {method}");
    }
    if !wanted.storage.options.is_empty() {
        let options: Vec<String> = wanted
            .storage
            .options
            .iter()
            .map(|option| written_option(option))
            .collect();
        written += &format!(" WITH ({})", options.join(", "));
    }
    if let Some(tablespace) = &wanted.storage.tablespace {
        written += &format!(" TABLESPACE {tablespace}");
    }
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
