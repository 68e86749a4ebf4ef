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
    /// Whether tables or partitions below it hold rows too, so that a place alone names no row.
    has_children: bool,
    /// The pending changes, first one first.
    layers: Vec<Layer>,
}

/// A pending change of the rows.
#[derive(Debug, Clone)]
enum Layer {
    /// The columns are these, each with its expression over those before. The name qualifies the
    /// columns before, where it is another than that of the table.
    Columns(Vec<(String, String)>, Option<String>),
    /// Only the rows that meet the condition are left.
    Rows(String, Option<String>),
}

impl RowSource {
    pub(super) fn new(table: ObjectName, key: Vec<String>, has_children: bool) -> Self {
        Self {
            alias: table.name.clone(),
            table,
            only: false,
            key,
            has_children,
            layers: Vec::new(),
        }
    }

    /// Adds a change: the columns, each with its expression over the columns before.
    pub(super) fn change(&mut self, columns: Vec<(String, String)>) {
        self.layers.push(Layer::Columns(columns, None));
    }

    /// Adds a change of values, whose expressions may qualify columns with `alias`.
    pub(super) fn assign(&mut self, columns: Vec<(String, String)>, alias: Option<&str>) {
        let alias = alias.map(str::to_owned);
        self.layers.push(Layer::Columns(columns, alias));
    }

    /// Leaves the rows that meet `condition`, which may qualify columns with `alias`.
    pub(super) fn filter(&mut self, condition: &str, alias: Option<&str>) {
        let alias = alias.map(str::to_owned);
        self.layers.push(Layer::Rows(condition.to_owned(), alias));
    }

    /// Whether the columns or rows are other ones than those of the target.
    pub(super) fn is_changed(&self) -> bool {
        !self.layers.is_empty()
    }

    /// The `FROM` item.
    pub(super) fn sql(&self) -> String {
        let only = if self.only { "ONLY " } else { "" };
        let key = self.key_sql();
        let mut sql = format!(
            "(SELECT *, {key} AS {KEY}, ROW(tableoid, ctid) AS {ROW}, tableoid AS {ORIGIN} FROM {only}{})",
            quoted(&self.table)
        );
        let named = |alias: &Option<String>| identifier(alias.as_ref().unwrap_or(&self.alias));
        for layer in &self.layers {
            sql = match layer {
                Layer::Columns(columns, alias) => {
                    let list: Vec<_> = columns
                        .iter()
                        .map(|(name, value)| format!("{value} AS {}", identifier(name)))
                        .collect();
                    format!(
                        "(SELECT {}\n, {KEY}, {ROW}, {ORIGIN} FROM {sql} AS {})",
                        list.join(", "),
                        named(alias)
                    )
                }
                Layer::Rows(condition, alias) => {
                    format!(
                        "(SELECT * FROM {sql} AS {} WHERE {condition}\n)",
                        named(alias)
                    )
                }
            };
        }
        format!("{sql} AS {}", identifier(&self.alias))
    }

    fn key_sql(&self) -> String {
        let columns: Vec<_> = self.key.iter().map(|name| identifier(name)).collect();
        match columns.as_slice() {
            [] if self.has_children => "tableoid::regclass::text || ' ' || ctid::text".into(),
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
