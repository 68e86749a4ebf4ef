//! Fills tables with a few rows that satisfy their constraints, so that a rehearsal has data to keep. It does not solve
//! the constraints: it tries likely values, and lets PostgreSQL say which constraint a row violates.

mod pattern;
mod values;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::{Client, error::DbError};

use super::sql::{identifier, quoted};
use crate::schema::model::{Column, ConstraintKind, ObjectName, Schema, Table};
use crate::schema::types::ColumnType;

/// How many rows each table gets.
const ROWS: usize = 3;

/// How many tables one query is about.
pub(super) const TABLES_AT_ONCE: usize = 50;

/// How often a row is tried.
const ATTEMPTS: usize = 400;

/// What could not be filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Tables that stayed empty, with the last refusal.
    pub empty: Vec<(String, String)>,
}

/// Fills tables, again and again as migrations change them, and remembers which could not be filled.
#[derive(Debug, Default)]
pub struct Seeder {
    /// The tables that stayed empty, with what they were then, how many tables had rows, and the last refusal.
    refused: BTreeMap<ObjectName, (Table, usize, String)>,
}

impl Seeder {
    /// Gives each empty table of `schema` a few rows; `run` makes the values of one call differ from those of another.
    ///
    /// # Errors
    /// When the database goes away. A table that cannot be filled is no error.
    pub fn fill(&mut self, client: &mut Client, schema: &Schema, run: usize) -> Result<Seeded> {
        let wanted = |table: &Table| table.partition.is_none() && table.foreign.is_none();
        let tables: Vec<_> = schema.tables.iter().filter(|(_, table)| wanted(table)).collect();
        let counts = counts(client, tables.iter().map(|(name, _)| *name))?;
        let mut filled = counts.values().filter(|count| **count > 0).count();
        let mut open: Vec<_> = tables.into_iter().filter(|(name, _)| counts.get(name) == Some(&0)).collect();
        // A table whose references are still empty has another chance after the others.
        loop {
            let before = open.len();
            let mut left = Vec::new();
            for (name, table) in open {
                if self.is_hopeless(name, table, filled) {
                    left.push((name, table));
                    continue;
                }
                match fill_table(client, schema, (name, table), run)? {
                    None => filled += 1,
                    Some(refusal) => {
                        self.refused.insert(name.clone(), (table.clone(), filled, refusal));
                        left.push((name, table));
                    }
                }
            }
            open = left;
            if open.is_empty() || open.len() == before {
                return Ok(self.seeded(&open));
            }
        }
    }

    /// Whether nothing has changed since the table could not be filled.
    fn is_hopeless(&self, name: &ObjectName, table: &Table, filled: usize) -> bool {
        self.refused.get(name).is_some_and(|(was, others, _)| was == table && *others == filled)
    }

    fn seeded(&self, open: &[(&ObjectName, &Table)]) -> Seeded {
        let refusal = |name| self.refused.get(name).map(|(_, _, refusal)| refusal.clone()).unwrap_or_default();
        Seeded { empty: open.iter().map(|(name, _)| (name.to_string(), refusal(*name))).collect() }
    }
}

/// How many rows each table has, as far as it matters.
fn counts<'n>(
    client: &mut Client,
    tables: impl Iterator<Item = &'n ObjectName>,
) -> Result<BTreeMap<ObjectName, usize>> {
    let tables: Vec<&ObjectName> = tables.collect();
    let mut counts = BTreeMap::new();
    for some in tables.chunks(TABLES_AT_ONCE) {
        let count = |(number, name): (usize, &&ObjectName)| {
            format!("SELECT {number}, count(*) FROM (SELECT FROM {} LIMIT {ROWS}) AS few", quoted(name))
        };
        let query = some.iter().enumerate().map(count).collect::<Vec<_>>().join(" UNION ALL ");
        for row in client.query(&query, &[]).context("cannot count the rows of the scratch database")? {
            let (number, count): (i32, i64) = (row.try_get(0)?, row.try_get(1)?);
            let name = usize::try_from(number).ok().and_then(|number| some.get(number));
            counts.extend(name.map(|name| ((*name).clone(), usize::try_from(count).unwrap_or(ROWS))));
        }
    }
    Ok(counts)
}

/// Fills one table, which is empty; the last refusal when it stays so.
fn fill_table(
    client: &mut Client,
    schema: &Schema,
    (name, table): (&ObjectName, &Table),
    run: usize,
) -> Result<Option<String>> {
    for number in 0..ROWS {
        let mut row = Row::new(schema, table, run * 10 + number + 1);
        match row.insert(client, name)? {
            None => {}
            Some(refused) if number == 0 => return Ok(Some(refused)),
            Some(_enough) => break,
        }
    }
    Ok(None)
}

/// A row to be inserted: for each column the candidates, and the one that is tried.
struct Row<'a> {
    table: &'a Table,
    cells: Vec<Cell<'a>>,
}

struct Cell<'a> {
    column: &'a Column,
    kind: ColumnType,
    candidates: Vec<String>,
    chosen: usize,
}

impl Cell<'_> {
    /// One beyond the candidates is to leave the column out.
    fn choices(&self) -> usize {
        self.candidates.len() + usize::from(self.column.may_be_omitted())
    }
}

impl<'a> Row<'a> {
    fn new(schema: &Schema, table: &'a Table, number: usize) -> Self {
        let columns = table.columns.iter().filter(|column| !column.must_be_omitted());
        let cells = columns.map(|column| {
            let kind = ColumnType::resolve(&column.type_name, schema);
            let checks = table.constraints.values().filter(|constraint| constraint.kind == ConstraintKind::Check);
            let hints =
                checks.filter(|check| check.columns.contains(&column.name)).map(|check| check.definition.as_str());
            let domains = kind.domains.iter().filter_map(|domain| schema.domains.get(domain));
            let hints = hints.chain(domains.flat_map(|domain| domain.checks.values().map(String::as_str)));
            let candidates = reference(table, &column.name, number).map_or_else(
                || values::candidates(&kind, &column.type_name, &hints.collect::<Vec<_>>(), number),
                |query| vec![query],
            );
            Cell { column, kind, candidates, chosen: 0 }
        });
        Self { table, cells: cells.collect() }
    }

    /// Tries until it fits; the last refusal when it never does.
    fn insert(&mut self, client: &mut Client, name: &ObjectName) -> Result<Option<String>> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let Err(error) = client.batch_execute(&self.sql(name)) else { return Ok(None) };
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
        let chosen: Vec<_> =
            self.cells.iter().filter_map(|cell| Some((cell, cell.candidates.get(cell.chosen)?))).collect();
        if chosen.is_empty() {
            return format!("INSERT INTO {} DEFAULT VALUES", quoted(name));
        }
        let columns: Vec<_> = chosen.iter().map(|(cell, _)| identifier(&cell.column.name)).collect();
        let values: Vec<_> = chosen.iter().map(|(_, value)| value.as_str()).collect();
        format!("INSERT INTO {} ({}) VALUES ({})", quoted(name), columns.join(", "), values.join(", "))
    }

    /// Takes the next combination of values for the columns that the refusal is about; false when all were tried.
    fn adapt(&mut self, refused: &DbError) -> bool {
        let columns = self.blamed(refused);
        for cell in self.cells.iter_mut().filter(|cell| columns.contains(&cell.column.name)) {
            cell.chosen += 1;
            if cell.chosen < cell.choices() {
                return true;
            }
            cell.chosen = 0;
        }
        false
    }

    fn blamed(&self, refused: &DbError) -> Vec<String> {
        let constraint = refused.constraint().and_then(|name| self.table.constraints.get(name));
        if let Some(constraint) = constraint {
            return constraint.columns.clone();
        }
        if let Some(column) = refused.column() {
            return vec![column.to_owned()];
        }
        let of_domain = |cell: &&Cell<'_>| {
            refused.datatype().is_some_and(|name| cell.kind.domains.iter().any(|domain| domain.name == name))
        };
        let by_domain: Vec<_> = self.cells.iter().filter(of_domain).map(|cell| cell.column.name.clone()).collect();
        if !by_domain.is_empty() {
            return by_domain;
        }
        // Nothing is named: whatever may be left out is left out, one after the other.
        self.cells.iter().filter(|cell| cell.column.may_be_omitted()).map(|cell| cell.column.name.clone()).collect()
    }
}

/// For a column of a foreign key: a value that the other table has.
fn reference(table: &Table, column: &str, number: usize) -> Option<String> {
    let key = table
        .constraints
        .values()
        .find(|one| one.kind == ConstraintKind::ForeignKey && one.columns.iter().any(|name| name == column))?;
    let position = key.columns.iter().position(|name| name == column)?;
    let (_, rest) = key.definition.split_once(" REFERENCES ")?;
    let (other, columns) = rest.split_once('(')?;
    let other_column = columns.split_once(')')?.0.split(", ").nth(position)?;
    Some(format!(
        "(SELECT r.{other_column} FROM {other} AS r ORDER BY 1 OFFSET {number} % greatest((SELECT count(*) FROM {other}), 1) LIMIT 1)"
    ))
}
