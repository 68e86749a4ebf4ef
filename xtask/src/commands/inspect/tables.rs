//! The tables of the schema.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::Format;
use crate::schema::model::{Column, ObjectName, Schema};

/// The tables and views of `schema`.
pub(super) fn render(schema: &Schema, format: Format) -> String {
    match format {
        Format::Human => human(schema),
        Format::Json => json(schema),
    }
}

fn relations(schema: &Schema) -> impl Iterator<Item = (&ObjectName, &'static str, &[Column])> {
    let tables = schema
        .tables
        .iter()
        .map(|(name, table)| (name, "table", table.columns.as_slice()));
    let views = schema
        .views
        .iter()
        .map(|(name, view)| (name, "view", view.columns.as_slice()));
    tables.chain(views)
}

fn human(schema: &Schema) -> String {
    let mut text = String::new();
    for (name, what, columns) in relations(schema) {
        let _ = writeln!(text, "{what} {name}");
        let width = columns
            .iter()
            .map(|column| column.name.chars().count())
            .max()
            .unwrap_or(0);
        for column in columns {
            let null = if column.not_null { " not null" } else { "" };
            let default = column
                .default
                .as_ref()
                .map_or_else(String::new, |default| format!(" default {default}"));
            let _ = writeln!(
                text,
                "  {:<width$} {}{null}{default}",
                column.name, column.type_name
            );
        }
    }
    text
}

fn json(schema: &Schema) -> String {
    let relation = |(name, what, columns): (&ObjectName, &str, &[Column])| json!({ "name": name.to_string(), "kind": what, "columns": columns });
    let enums = schema
        .enums
        .iter()
        .map(|(name, declared)| json!({ "name": name.to_string(), "values": declared.labels }));
    let tables: Vec<Value> = relations(schema).map(relation).collect();
    format!(
        "{:#}\n",
        json!({ "tables": tables, "enums": enums.collect::<Vec<_>>() })
    )
}
