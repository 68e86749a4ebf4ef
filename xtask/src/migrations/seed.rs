//! Fills tables with a few rows that satisfy their constraints, so that a rehearsal has data to
//! keep. It does not solve the constraints: it tries likely values, and lets PostgreSQL say which
//! constraint a row violates.

pub mod added_columns;
mod pattern;
mod row;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use postgres::Client;

use super::sql::quoted;
use crate::schema::model::{ObjectName, Schema, Table};
pub use row::{MadeUpRow, candidates, is_reference, likely_values, likely_values_near};

/// How many rows each table gets.
pub(super) const ROWS: usize = 3;

/// How many tables one query reads: a query for each table would cost a round trip each, and one
/// for all would grow with the schema.
pub(super) const TABLES_AT_ONCE: usize = 50;

/// The result of filling tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Tables that stayed empty, with the last refusal.
    pub empty: Vec<(String, String)>,
    /// The tables that were filled.
    pub filled: Vec<ObjectName>,
    /// Whether a table with triggers was filled. Triggers may make other objects for a row.
    pub has_fired_triggers: bool,
}

/// Fills tables, repeatedly as migrations change them, and remembers those that could not be
/// filled.
#[derive(Debug, Default)]
pub struct Seeder {
    /// The tables that stayed empty. Each comes with its definition at that time, the number of
    /// tables that had rows, and the last refusal.
    refused: BTreeMap<ObjectName, (Table, usize, String)>,
    /// The tables that were filled: the rows of others are the migrations' own.
    filled: BTreeSet<ObjectName>,
}

impl Seeder {
    /// Gives each empty table of `schema` a few rows; `run` makes the values of one call differ
    /// from those of another.
    ///
    /// # Errors
    /// When the database goes away. A table that cannot be filled is no error.
    pub fn fill(&mut self, client: &mut Client, schema: &Schema, run: usize) -> Result<Seeded> {
        let wanted = |table: &Table| table.partition.is_none() && table.foreign.is_none();
        let tables: Vec<_> = schema
            .tables
            .iter()
            .filter(|(_, table)| wanted(table))
            .collect();
        let counts = counts(client, tables.iter().map(|(name, _)| *name))?;
        let mut filled = counts.values().filter(|count| **count > 0).count();
        let mut has_fired_triggers = false;
        let mut filled_now = Vec::new();
        let mut open: Vec<_> = tables
            .into_iter()
            .filter(|(name, _)| counts.get(name) == Some(&0))
            .collect();
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
                    None => {
                        filled += 1;
                        has_fired_triggers |= !table.triggers.is_empty();
                        self.filled.insert(name.clone());
                        filled_now.push(name.clone());
                    }
                    Some(refusal) => {
                        self.refused
                            .insert(name.clone(), (table.clone(), filled, refusal));
                        left.push((name, table));
                    }
                }
            }
            open = left;
            if open.is_empty() || open.len() == before {
                return Ok(Seeded {
                    empty: self.empty_tables(&open),
                    filled: filled_now,
                    has_fired_triggers,
                });
            }
        }
    }

    /// Empties the tables of `schema` that were filled, and with them the tables that refer to
    /// them.
    ///
    /// # Errors
    /// When the database refuses: a trigger of an append-only table, which the session may not
    /// switch off.
    pub fn empty(&self, client: &mut Client, schema: &Schema) -> Result<()> {
        let there = self.filled.iter();
        let there = there.filter(|name| schema.tables.contains_key(*name));
        empty(client, there)
    }

    /// Whether nothing has changed since the table could not be filled.
    fn is_hopeless(&self, name: &ObjectName, table: &Table, filled: usize) -> bool {
        self.refused
            .get(name)
            .is_some_and(|(was, others, _)| was == table && *others == filled)
    }

    fn empty_tables(&self, open: &[(&ObjectName, &Table)]) -> Vec<(String, String)> {
        let refusal = |name| {
            self.refused
                .get(name)
                .map(|(_, _, refusal)| refusal.clone())
                .unwrap_or_default()
        };
        open.iter()
            .map(|(name, _)| (name.to_string(), refusal(*name)))
            .collect()
    }
}

/// Empties `tables`, and with them the tables that refer to them.
///
/// # Errors
/// As [`Seeder::empty`].
pub fn empty<'n>(client: &mut Client, tables: impl Iterator<Item = &'n ObjectName>) -> Result<()> {
    let tables: Vec<String> = tables.map(quoted).collect();
    if tables.is_empty() {
        return Ok(());
    }
    // A trigger of an append-only table refuses to empty it, and the scratch database is ours.
    // A role on a shared server may not set `session_replication_role`: then a plain TRUNCATE
    // is tried.
    let truncate = format!("TRUNCATE {} CASCADE", tables.join(", "));
    let mut transaction = client.transaction().context("cannot begin a transaction")?;
    let without_triggers = format!("SET LOCAL session_replication_role = replica; {truncate}");
    if transaction.batch_execute(&without_triggers).is_ok() {
        return transaction
            .commit()
            .context("cannot empty the scratch database");
    }
    transaction
        .rollback()
        .context("cannot undo a transaction")?;
    client
        .batch_execute(&truncate)
        .context("cannot empty the scratch database")
}

/// Counts the rows of each table, at most as many as it gets: more make no difference.
fn counts<'n>(
    client: &mut Client,
    tables: impl Iterator<Item = &'n ObjectName>,
) -> Result<BTreeMap<ObjectName, usize>> {
    let tables: Vec<&ObjectName> = tables.collect();
    let mut counts = BTreeMap::new();
    for some in tables.chunks(TABLES_AT_ONCE) {
        let count = |(number, name): (usize, &&ObjectName)| {
            format!(
                // Citus cannot run a query that selects no column.
                "SELECT {number}, count(*) FROM (SELECT 1 FROM {} LIMIT {ROWS}) AS few",
                quoted(name)
            )
        };
        let query = some
            .iter()
            .enumerate()
            .map(count)
            .collect::<Vec<_>>()
            .join(" UNION ALL ");
        for row in client
            .query(&query, &[])
            .context("cannot count the rows of the scratch database")?
        {
            let (number, count): (i32, i64) = (row.try_get(0)?, row.try_get(1)?);
            let name = usize::try_from(number)
                .ok()
                .and_then(|number| some.get(number));
            counts
                .extend(name.map(|name| ((*name).clone(), usize::try_from(count).unwrap_or(ROWS))));
        }
    }
    Ok(counts)
}

/// Fills one empty table. Returns the last refusal when it stays empty.
fn fill_table(
    client: &mut Client,
    schema: &Schema,
    (name, table): (&ObjectName, &Table),
    run: usize,
) -> Result<Option<String>> {
    for number in 0..ROWS {
        let mut row = MadeUpRow::new(schema, table, run * 10 + number + 1);
        match row.insert(name, &mut |sql| client.batch_execute(sql))? {
            None => {}
            Some(refused) if number == 0 => return Ok(Some(refused)),
            Some(_enough) => break,
        }
    }
    Ok(None)
}
