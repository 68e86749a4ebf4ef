//! Makes up a row. Each column has likely values, and PostgreSQL decides which of them pass
//! together.

use anyhow::{Context as _, Result};
use postgres::error::DbError;

use super::values;
use crate::migrations::sql::{identifier, quoted};
use crate::schema::model::{Column, ConstraintKind, ObjectName, Schema, Table};
use crate::schema::types::ColumnType;

/// How often a row is tried: enough for every pair of 20 values in two columns.
const ATTEMPTS: usize = 400;

/// A row to be inserted: the candidates for each column, and the chosen one.
pub struct MadeUpRow<'a> {
    table: &'a Table,
    cells: Vec<Cell<'a>>,
}

struct Cell<'a> {
    column: &'a Column,
    kind: ColumnType,
    candidates: Vec<String>,
    chosen: usize,
    /// Whether there is one candidate and nothing else to try.
    is_fixed: bool,
}

impl Cell<'_> {
    /// The number of choices; the last one leaves the column out.
    fn choices(&self) -> usize {
        self.candidates.len() + usize::from(!self.is_fixed && self.column.may_be_omitted())
    }
}

impl<'a> MadeUpRow<'a> {
    /// The row of this number of `table`.
    #[must_use]
    pub fn new(schema: &Schema, table: &'a Table, number: usize) -> Self {
        let columns = table
            .columns
            .iter()
            .filter(|column| !column.must_be_omitted());
        let cells = columns.map(|column| {
            let kind = ColumnType::resolve(&column.type_name, schema);
            let candidates = candidates(schema, table, column, number);
            Cell {
                column,
                kind,
                candidates,
                chosen: 0,
                is_fixed: false,
            }
        });
        Self {
            table,
            cells: cells.collect(),
        }
    }

    /// The row with `value`, as SQL writes it, in `column`.
    #[must_use]
    pub fn with(mut self, column: &str, value: &str) -> Self {
        if let Some(cell) = self
            .cells
            .iter_mut()
            .find(|cell| cell.column.name == column)
        {
            cell.candidates = vec![value.to_owned()];
            cell.is_fixed = true;
        }
        self
    }

    /// Tries until PostgreSQL accepts the row, with statements that `send` sends. Returns the last
    /// refusal when it never does.
    ///
    /// # Errors
    /// When the database went away.
    pub fn insert(
        &mut self,
        name: &ObjectName,
        send: &mut dyn FnMut(&str) -> Result<(), postgres::Error>,
    ) -> Result<Option<String>> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let Err(error) = send(&self.sql(name)) else {
                return Ok(None);
            };
            let Some(refused) = error.as_db_error() else {
                return Err(error).context("the scratch database went away");
            };
            last = Some(refused.message().to_owned());
            if !self.adapt(refused) {
                break;
            }
        }
        Ok(last)
    }

    fn sql(&self, name: &ObjectName) -> String {
        let chosen: Vec<_> = self
            .cells
            .iter()
            .filter_map(|cell| Some((cell, cell.candidates.get(cell.chosen)?)))
            .collect();
        if chosen.is_empty() {
            return format!("INSERT INTO {} DEFAULT VALUES", quoted(name));
        }
        let columns: Vec<_> = chosen
            .iter()
            .map(|(cell, _)| identifier(&cell.column.name))
            .collect();
        let values: Vec<_> = chosen.iter().map(|(_, value)| value.as_str()).collect();
        format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quoted(name),
            columns.join(", "),
            values.join(", ")
        )
    }

    /// Takes the next combination of values for the columns that the refusal names. Returns `false`
    /// when all were tried. It counts like an odometer: the first column changes fastest.
    fn adapt(&mut self, refused: &DbError) -> bool {
        let columns = self.blamed(refused);
        for cell in self
            .cells
            .iter_mut()
            .filter(|cell| columns.contains(&cell.column.name))
        {
            cell.chosen += 1;
            if cell.chosen < cell.choices() {
                return true;
            }
            cell.chosen = 0;
        }
        false
    }

    fn blamed(&self, refused: &DbError) -> Vec<String> {
        // PostgreSQL names the constraint of a check or key, the column of a NOT NULL, and the type
        // of a domain.
        let constraint = refused
            .constraint()
            .and_then(|name| self.table.constraints.get(name));
        if let Some(constraint) = constraint {
            return constraint.columns.clone();
        }
        if let Some(column) = refused.column() {
            return vec![column.to_owned()];
        }
        let of_domain = |cell: &&Cell<'_>| {
            refused
                .datatype()
                .is_some_and(|name| cell.kind.domains.iter().any(|domain| domain.name == name))
        };
        let by_domain: Vec<_> = self
            .cells
            .iter()
            .filter(of_domain)
            .map(|cell| cell.column.name.clone())
            .collect();
        if !by_domain.is_empty() {
            return by_domain;
        }
        // The refusal names nothing: columns that may be left out are changed and left out in turn.
        self.cells
            .iter()
            .filter(|cell| cell.column.may_be_omitted())
            .map(|cell| cell.column.name.clone())
            .collect()
    }
}

/// Likely values of a column in the row of this number, the likeliest first. A column of a foreign
/// key takes a value from the other table.
#[must_use]
pub fn candidates(schema: &Schema, table: &Table, column: &Column, number: usize) -> Vec<String> {
    reference(table, &column.name, number).map_or_else(
        || values_near(schema, table, column, None, number),
        |query| vec![query],
    )
}

/// Likely values of a column, whatever its foreign keys say.
#[must_use]
pub fn likely_values(
    schema: &Schema,
    table: &Table,
    column: &Column,
    number: usize,
) -> Vec<String> {
    values_near(schema, table, column, None, number)
}

/// Likely values of a column, and the neighbours of the values that `check` compares with.
#[must_use]
pub fn likely_values_near(
    schema: &Schema,
    table: &Table,
    column: &Column,
    check: &str,
) -> Vec<String> {
    values_near(schema, table, column, Some(check), 1)
}

fn values_near(
    schema: &Schema,
    table: &Table,
    column: &Column,
    check: Option<&str>,
    number: usize,
) -> Vec<String> {
    let kind = ColumnType::resolve(&column.type_name, schema);
    let checks = table
        .constraints
        .values()
        .filter(|constraint| constraint.kind == ConstraintKind::Check);
    let hints = checks
        .filter(|check| check.columns.contains(&column.name))
        .map(|check| check.definition.as_str());
    let domains = kind
        .domains
        .iter()
        .filter_map(|domain| schema.domains.get(domain));
    let hints = hints
        .chain(domains.flat_map(|domain| domain.checks.values().map(String::as_str)))
        .chain(check);
    values::candidates(&kind, &column.type_name, &hints.collect::<Vec<_>>(), number)
}

/// The beginning of a query for a value of another table.
const REFERENCE: &str = "(SELECT r.";

/// Whether a value is read from the table that a foreign key refers to.
#[must_use]
pub fn is_reference(value: &str) -> bool {
    value.starts_with(REFERENCE)
}

/// For a column of a foreign key, a query for a value that the other table has. `number` picks one
/// of its values.
fn reference(table: &Table, column: &str, number: usize) -> Option<String> {
    let key = table.constraints.values().find(|one| {
        one.kind == ConstraintKind::ForeignKey && one.columns.iter().any(|name| name == column)
    })?;
    let position = key.columns.iter().position(|name| name == column)?;
    let (_, rest) = key.definition.split_once(" REFERENCES ")?;
    let (other, columns) = rest.split_once('(')?;
    let other_column = columns.split_once(')')?.0.split(", ").nth(position)?;
    Some(format!(
        "{REFERENCE}{other_column} FROM {other} AS r ORDER BY 1 OFFSET {number} % greatest((SELECT count(*) FROM {other}), 1) LIMIT 1)"
    ))
}
