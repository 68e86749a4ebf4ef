//! Splits the statements of new migrations: what breaks running code goes into the second release,
//! with what both codes need meanwhile in the first one.

use super::clauses::{Clause, clauses};
use super::texts;
use crate::migrations::Migration;
use crate::migrations::sql::{self, Statement};
use crate::rollout::commit::Commit;
use crate::rollout::loss::{Loss, Lost};
use crate::rollout::places::{Cause, MigrationPlaces, words};
use crate::schema::model::Column;
use crate::source::Span;

/// The statements of two releases.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// Those of the first one, each with its `;`.
    pub(super) expand: Vec<String>,
    /// Those of the second one.
    pub(super) contract: Vec<String>,
    /// What only a person can do.
    pub(super) by_hand: Vec<String>,
}

/// A loss for sure, with its cause.
struct Caused<'l> {
    loss: &'l Loss<'l>,
    cause: Cause,
}

/// Splits the new migrations.
pub(super) fn split(
    losses: &[Loss<'_>],
    (running, new): (Commit<'_>, Commit<'_>),
    places: &MigrationPlaces<'_>,
) -> Split {
    let mut split = Split::default();
    let mut caused: Vec<Caused<'_>> = Vec::new();
    for loss in losses.iter().filter(|loss| loss.certain) {
        let is_told = caused.iter().any(|other| {
            other.loss.demand.table == loss.demand.table
                && other.loss.column == loss.column
                && other.loss.what == loss.what
        });
        if is_told {
            continue;
        }
        let names = words(loss, new.schema);
        let (table, column) = (&loss.demand.table, loss.column.as_deref());
        match places.cause(table, column, &loss.what, &names) {
            Some(cause) => caused.push(Caused { loss, cause }),
            None => split.by_hand.push(format!(
                "find the statement that changes `{}`, and put it into the second release",
                column.map_or_else(|| table.to_string(), |column| format!("{table}.{column}"))
            )),
        }
    }
    let writer = Writer {
        running,
        new,
        places,
    };
    for migration in places.migrations() {
        for statement in sql::statements(&migration.sql) {
            let of_statement: Vec<_> = caused
                .iter()
                .filter(|one| is_in(&one.cause, migration, statement.span))
                .collect();
            writer.place(&statement, &of_statement, &mut split);
        }
    }
    split
}

fn is_in(cause: &Cause, migration: &Migration, span: Span) -> bool {
    *cause.location.file == migration.file
        && span.start <= cause.location.span.start
        && cause.location.span.start < span.end
}

struct Writer<'w> {
    running: Commit<'w>,
    new: Commit<'w>,
    places: &'w MigrationPlaces<'w>,
}

impl Writer<'_> {
    /// Puts a statement into one of the releases, or a clause of it into each.
    fn place(&self, statement: &Statement<'_>, caused: &[&Caused<'_>], split: &mut Split) {
        if caused.is_empty() {
            split.expand.push(format!("{};", statement.text()));
            return;
        }
        let Some((head, clauses)) = clauses(statement) else {
            split.contract.push(format!("{};", statement.text()));
            for one in caused {
                self.soften(one.loss, split);
            }
            return;
        };
        for clause in clauses {
            let of_clause: Vec<_> = caused
                .iter()
                .filter(|one| {
                    clause
                        .span
                        .range()
                        .contains(&(one.cause.location.span.start as usize))
                })
                .collect();
            let text = format!("{head} {};", clause.text);
            match of_clause.first() {
                None => split.expand.push(text),
                Some(first) => self.of_clause(first.loss, &clause, text, split),
            }
        }
    }

    fn of_clause(&self, loss: &Loss<'_>, clause: &Clause<'_>, text: String, split: &mut Split) {
        let table = &loss.demand.table;
        let old = loss
            .column
            .as_deref()
            .and_then(|name| self.old_column(loss, name));
        let now = loss
            .column
            .as_deref()
            .and_then(|name| self.new_column(loss, name));
        match (&loss.what, old, now) {
            (Lost::Table, _, _) if clause.renames_to().is_some() => {
                let name = clause.renames_to().unwrap_or_default();
                let columns = self.running.schema.tables.get(table);
                let columns = columns
                    .map(|table| table.columns.as_slice())
                    .unwrap_or_default();
                split.expand.push(text);
                split
                    .expand
                    .push(texts::old_name_as_view(table, &name, columns));
                split.contract.push(texts::drop_view(table));
            }
            (Lost::Column, Some(old), _) => {
                let names = self.new_names(loss);
                let renamed = self.places.renamed(table, &old.name, &names);
                let renamed = renamed.and_then(|name| self.new_column(loss, &name));
                match renamed {
                    Some(now) => {
                        split.expand.push(texts::second_name(table, old, now));
                        split.contract.push(texts::one_name(table, old, now));
                    }
                    None => {
                        self.soften(loss, split);
                        split.contract.push(text);
                    }
                }
            }
            (Lost::NotWritten | Lost::LeftOut, None, Some(now)) if clause.adds() => {
                split.expand.push(texts::add_nullable(table, now));
                split.contract.push(texts::fill_and_require(table, now));
            }
            (Lost::Kind(..) | Lost::Narrowed(..), Some(old), Some(now)) => {
                let other = format!("{}_new", now.name);
                split
                    .expand
                    .push(texts::second_type(table, old, now, &other));
                split
                    .contract
                    .push(texts::one_type(table, old, now, &other));
                split.by_hand.push(format!(
                    "let the new code read and write `{other}` instead of `{}`",
                    old.name
                ));
            }
            (_, _, _) => split.contract.push(text),
        }
    }

    /// Lets the new code leave out a column that is only dropped in the second release.
    fn soften(&self, loss: &Loss<'_>, split: &mut Split) {
        let Some(old) = loss
            .column
            .as_deref()
            .and_then(|name| self.old_column(loss, name))
        else {
            return;
        };
        let is_table = self.running.schema.tables.contains_key(&loss.demand.table);
        if loss.what == Lost::Column && !old.may_be_omitted() && is_table {
            split
                .expand
                .push(texts::drop_not_null(&loss.demand.table, old));
        }
    }

    fn old_column(&self, loss: &Loss<'_>, name: &str) -> Option<&Column> {
        self.running
            .schema
            .tables
            .get(&loss.demand.table)?
            .column(name)
    }

    fn new_column(&self, loss: &Loss<'_>, name: &str) -> Option<&Column> {
        self.new.schema.tables.get(&loss.demand.table)?.column(name)
    }

    fn new_names(&self, loss: &Loss<'_>) -> Vec<String> {
        let table = self.new.schema.tables.get(&loss.demand.table);
        let columns = table
            .map(|table| table.columns.as_slice())
            .unwrap_or_default();
        columns.iter().map(|column| column.name.clone()).collect()
    }
}
