//! Fills columns that a migration adds to tables with rows: a real database has values there by the
//! time that a later migration drops them.

use anyhow::{Context as _, Result};
use postgres::Client;

use super::{ROWS, row};
use crate::migrations::sql::{identifier, quoted};
use crate::schema::model::{Column, ObjectName, Schema, Table};

/// How many values of a column are tried, beginning with the likeliest.
const CANDIDATES: usize = 20;

/// Fills the columns that `after` has and `before` has not, in the rows that are there. Other
/// values replace NULL and the default. Returns the names of the filled columns.
///
/// # Errors
/// When the database goes away. A column that cannot be filled is no error.
pub fn fill(
    client: &mut Client,
    before: &Schema,
    after: &Schema,
    run: usize,
) -> Result<Vec<String>> {
    let mut filled = Vec::new();
    for (name, table) in &after.tables {
        let Some(was) = before.tables.get(name) else {
            continue;
        };
        if table.foreign.is_some() || table.partition.is_some() {
            continue;
        }
        let is_new = |column: &&Column| was.column(&column.name).is_none() && can_be_filled(column);
        let new: Vec<&Column> = table.columns.iter().filter(is_new).collect();
        for column in fill_table(client, (after, name, table), &new, run)? {
            filled.push(format!("{name}.{column}"));
        }
    }
    Ok(filled)
}

/// Whether a column needs other values. A default with a function call gives each row another value
/// already.
fn can_be_filled(column: &Column) -> bool {
    !column.must_be_omitted()
        && !column
            .default
            .as_ref()
            .is_some_and(|default| default.contains('('))
}

fn fill_table<'c>(
    client: &mut Client,
    (schema, name, table): (&Schema, &ObjectName, &Table),
    columns: &[&'c Column],
    run: usize,
) -> Result<Vec<&'c str>> {
    let candidates = |column: &Column| -> Vec<Vec<String>> {
        (1..=ROWS)
            .map(|number| row::candidates(schema, table, column, run * 10 + number))
            .collect()
    };
    let all: Vec<(&'c Column, Vec<Vec<String>>)> = columns
        .iter()
        .map(|column| (*column, candidates(column)))
        .collect();
    // All new columns at once first: a check may want several of them set, or none.
    if let (true, Some(sql)) = (all.len() > 1, update(name, &all, 0))
        && execute(client, &sql)? > 0
    {
        return Ok(columns.iter().map(|column| column.name.as_str()).collect());
    }
    let mut filled = Vec::new();
    for one in &all {
        let mut updated = 0;
        for attempt in 0..CANDIDATES {
            let Some(sql) = update(name, std::slice::from_ref(one), attempt) else {
                break;
            };
            updated += execute(client, &sql)?;
            if updated >= ROWS as u64 {
                break;
            }
        }
        if updated > 0 {
            filled.push(one.0.name.as_str());
        }
    }
    Ok(filled)
}

/// Runs a statement. Returns how many rows it changed, 0 where it was refused.
fn execute(client: &mut Client, sql: &str) -> Result<u64> {
    match client.execute(sql, &[]) {
        Err(error) if error.as_db_error().is_some() => Ok(0),
        done => done.context("the scratch database went away"),
    }
}

/// The statement that puts a candidate into each of the first rows with NULL or the default; `None`
/// where there is no such candidate. Values are compared as text: some types have no `=`.
fn update(
    name: &ObjectName,
    columns: &[(&Column, Vec<Vec<String>>)],
    attempt: usize,
) -> Option<String> {
    let mut rows = Vec::new();
    for number in 0..ROWS {
        let values: Option<Vec<&str>> = columns
            .iter()
            .map(|(_, candidates)| candidates.get(number)?.get(attempt).map(String::as_str))
            .collect();
        rows.push(format!("({}, {})", number + 1, values?.join(", ")));
    }
    let names: Vec<String> = (0..columns.len())
        .map(|position| format!("v{position}"))
        .collect();
    let mut set = Vec::new();
    let mut is_open = Vec::new();
    for ((column, _), value) in columns.iter().zip(&names) {
        let name = identifier(&column.name);
        let default = column.default.as_deref().unwrap_or("NULL");
        // Compared as text, since some types have no `=`.
        let is_default = format!("r.{name}::text IS NOT DISTINCT FROM ({default})::text");
        is_open.push(format!(
            "({is_default} AND made.{value}::text IS DISTINCT FROM ({default})::text)"
        ));
        set.push(format!(
            "{name} = CASE WHEN {is_default} THEN made.{value} ELSE r.{name} END"
        ));
    }
    let table = quoted(name);
    Some(format!(
        "UPDATE {table} AS r SET {} FROM (VALUES {}) AS made (number, {}),
             (SELECT tableoid AS part, ctid AS place, row_number() OVER () AS number FROM {table} LIMIT {ROWS}) AS first
         WHERE r.tableoid = first.part AND r.ctid = first.place AND made.number = first.number AND ({})",
        set.join(", "),
        rows.join(", "),
        names.join(", "),
        is_open.join(" OR ")
    ))
}
