//! The rows of a table of the target, as pending statements leave them: with columns that they add,
//! rename, retype or drop.

use crate::migrations::sql::{identifier, quoted};
use crate::schema::model::ObjectName;

/// The name under which a source shows the key of each row.
pub(super) const KEY: &str = "\"pgaccord key\"";
/// The name under which a source shows what tells each row from the others.
pub(super) const ROW: &str = "\"pgaccord row\"";
/// The name under which a source shows the OID of the table or partition that holds each row.
pub(super) const ORIGIN: &str = "\"pgaccord origin\"";

/// A `FROM` item, which shows the columns of the table, and its key.
#[derive(Debug, Clone)]
pub(super) struct RowSource {
    table: ObjectName,
    /// The name that expressions may qualify columns with.
    pub(super) alias: String,
    /// Whether rows of children are left out.
    pub(super) only: bool,
    /// The columns of its key; none for tables without one.
    pub(super) key: Vec<String>,
    /// The select lists of the pending changes, first one first.
    layers: Vec<Vec<(String, String)>>,
}

impl RowSource {
    pub(super) fn new(table: ObjectName, key: Vec<String>) -> Self {
        Self {
            alias: table.name.clone(),
            table,
            only: false,
            key,
            layers: Vec::new(),
        }
    }

    /// Adds a change: the columns, each with its expression over the columns before.
    pub(super) fn change(&mut self, columns: Vec<(String, String)>) {
        self.layers.push(columns);
    }

    /// Whether the columns are other ones than those of the target.
    pub(super) fn is_changed(&self) -> bool {
        !self.layers.is_empty()
    }

    /// The `FROM` item.
    pub(super) fn sql(&self) -> String {
        let only = if self.only { "ONLY " } else { "" };
        let alias = identifier(&self.alias);
        let key = self.key_sql();
        let mut sql = format!(
            "(SELECT *, {key} AS {KEY}, ROW(tableoid, ctid) AS {ROW}, tableoid AS {ORIGIN} FROM {only}{}) AS {alias}",
            quoted(&self.table)
        );
        for columns in &self.layers {
            let list: Vec<_> = columns
                .iter()
                .map(|(name, value)| format!("{value} AS {}", identifier(name)))
                .collect();
            sql = format!(
                "(SELECT {}\n, {KEY}, {ROW}, {ORIGIN} FROM {sql}) AS {alias}",
                list.join(", ")
            );
        }
        sql
    }

    fn key_sql(&self) -> String {
        let columns: Vec<_> = self.key.iter().map(|name| identifier(name)).collect();
        match columns.as_slice() {
            [] => "ctid::text".into(),
            [one] => format!("{one}::text"),
            many => format!("ROW({})::text", many.join(", ")),
        }
    }

    /// The name of the key: `id`, `(a, b)`, `ctid`.
    pub(super) fn key_name(&self) -> String {
        match self.key.as_slice() {
            [] => "ctid".into(),
            [one] => one.clone(),
            many => format!("({})", many.join(", ")),
        }
    }
}
