//! What code loses when the schema that it was written for becomes another one. The same question
//! is asked of the running code and the new schema, and of the new code and the old schema.

use std::collections::BTreeSet;

use super::demands::{CodeDemands, ColumnDemand, TableDemand, Written, find};
use super::kinds;
use super::loss::{Loss, Lost};
use super::renames::Renames;
use crate::checks::check_constraints::{self, Demands};
use crate::checks::entities::{ColumnFacts, Entity, EntityKind, entities};
use crate::config::Config;
use crate::schema::model::{ConstraintKind, Schema, Table};

/// What the code of `demands`, which was written for the schema `from`, loses in the schema `to`.
/// `renames` are those of the migrations between the two, whichever of them is the older one.
#[must_use]
pub fn lost<'d>(
    demands: &'d CodeDemands,
    (from, to): (&Schema, &Schema),
    renames: &Renames,
    config: &Config,
) -> Vec<Loss<'d>> {
    let (before, after) = (entities(from, config), entities(to, config));
    let change = Change {
        from,
        to,
        renames,
        config,
    };
    let mut losses = Vec::new();
    for demand in &demands.tables {
        let Some(before) = find(&before, &demand.table) else {
            continue;
        };
        match find(&after, &demand.table) {
            Some(after) => change.of_table(demand, before, after, &mut losses),
            None => {
                losses.push(Loss {
                    demand,
                    column: None,
                    what: Lost::Table,
                    certain: demand.firm,
                });
                let name = renames.other_name(&demand.table);
                if let Some(after) = name.and_then(|name| find(&after, name)) {
                    change.under_other_name(demand, before, after, &mut losses);
                }
            }
        }
    }
    losses.extend(change.unknown_writers(demands, &before, &after));
    losses
}

struct Change<'s> {
    from: &'s Schema,
    to: &'s Schema,
    renames: &'s Renames,
    config: &'s Config,
}

impl Change<'_> {
    /// Columns that each INSERT needs, of tables of which only the reading is declared: whatever else
    /// inserts does not know them either.
    fn unknown_writers<'d>(
        &self,
        demands: &'d CodeDemands,
        before: &[Entity<'_>],
        after: &[Entity<'_>],
    ) -> Vec<Loss<'d>> {
        let mut losses = Vec::new();
        for is in after.iter().filter(|is| is.kind == EntityKind::Table) {
            let mut of_table = demands.tables.iter().filter(|one| one.table == *is.name);
            let (Some(was), Some(first)) = (find(before, is.name), of_table.clone().next()) else {
                continue;
            };
            if of_table.any(|one| one.inserts) {
                continue;
            }
            for needed in is.columns.iter().filter(|column| is_needed(column)) {
                let is_told = self.is_told_by_other_name(first, was, &needed.column.name);
                if !is_told && !was.column(&needed.column.name).is_some_and(is_needed) {
                    losses.push(Loss {
                        demand: first,
                        column: Some(needed.column.name.clone()),
                        what: Lost::NotWritten,
                        certain: false,
                    });
                }
            }
        }
        losses
    }

    fn of_table<'d>(
        &self,
        demand: &'d TableDemand,
        before: &Entity<'_>,
        after: &Entity<'_>,
        losses: &mut Vec<Loss<'d>>,
    ) {
        // Both tables are there, so that no statement fails: each reads and writes the other's rows.
        if let Some(former) = self.renames.other_table(&demand.table) {
            losses.push(Loss {
                demand,
                column: None,
                what: Lost::MeansOther(former.to_string()),
                certain: demand.firm,
            });
            return;
        }
        let mut lose = |column: &str, what: Lost, certain: bool| {
            // PostgreSQL does not know whether the columns of a view may be null.
            if what == Lost::NullRead && after.kind == EntityKind::View {
                return;
            }
            losses.push(Loss {
                demand,
                column: Some(column.to_owned()),
                what,
                certain: certain && demand.firm,
            });
        };
        for wanted in &demand.columns {
            let Some(was) = before.column(&wanted.column) else {
                continue;
            };
            let Some(is) = after.column(&wanted.column) else {
                let may_do_without = wanted.optional && wanted.written != Written::Always;
                lose(&wanted.column, Lost::Column, !may_do_without);
                continue;
            };
            match self.renames.other_column(&demand.table, &wanted.column) {
                Some(former) => {
                    lose(&wanted.column, Lost::MeansOther(former.to_owned()), true);
                }
                None => self.of_column(demand, wanted, was, is, &mut lose),
            }
        }
        // A view that takes rows, and one that took none, need other statements.
        if demand.inserts && after.kind == EntityKind::Table {
            for is in after.columns.iter().filter(|is| is_needed(is)) {
                let was = before.column(&is.column.name);
                let is_named = demand.column(&is.column.name).is_some()
                    || self.is_told_by_other_name(demand, before, &is.column.name);
                if !is_named && !was.is_some_and(is_needed) {
                    lose(&is.column.name, Lost::NotWritten, true);
                }
            }
            self.restrictions(demand, (before, after), losses);
        }
    }

    /// What is lost of the columns of a table beside its name, which a view could keep.
    fn under_other_name<'d>(
        &self,
        demand: &'d TableDemand,
        before: &Entity<'_>,
        after: &Entity<'_>,
        losses: &mut Vec<Loss<'d>>,
    ) {
        for wanted in &demand.columns {
            let names = (&demand.table, after.name);
            let name = self.renames.other_column_name(names, &wanted.column);
            let is = after.column(name.unwrap_or(&wanted.column));
            let (Some(was), Some(is)) = (before.column(&wanted.column), is) else {
                continue;
            };
            let mut lose = |column: &str, what: Lost, certain: bool| {
                losses.push(Loss {
                    demand,
                    column: Some(column.to_owned()),
                    what,
                    certain: certain && demand.firm,
                });
            };
            self.of_column(demand, wanted, was, is, &mut lose);
        }
    }

    /// Whether the code names this column as the other schema calls it, where INSERT needs it as well:
    /// its loss is told by that name.
    fn is_told_by_other_name(
        &self,
        demand: &TableDemand,
        before: &Entity<'_>,
        column: &str,
    ) -> bool {
        let former = self.renames.other_column(&demand.table, column);
        let now = self.renames.column_now(&demand.table, column);
        let mut names = former.into_iter().chain(now);
        names
            .any(|name| demand.column(name).is_some() && before.column(name).is_some_and(is_needed))
    }

    fn of_column(
        &self,
        demand: &TableDemand,
        wanted: &ColumnDemand,
        was: &ColumnFacts<'_>,
        is: &ColumnFacts<'_>,
        lose: &mut impl FnMut(&str, Lost, bool),
    ) {
        let column = &wanted.column;
        // What the database computed itself so far was never written.
        let is_left_out = demand.inserts && wanted.written != Written::Always;
        let may_write_null = wanted.written != Written::Never && wanted.nullable;
        if is_left_out && is_needed(is) && !is_needed(was) {
            lose(column, Lost::LeftOut, true);
        } else if may_write_null && is.not_null && !was.not_null && !is.filled_in {
            lose(column, Lost::NullRefused, false);
        }
        let reads_value = demand.reads && !wanted.nullable && !wanted.optional;
        if reads_value && was.not_null && !is.not_null && !is.null_is_empty {
            lose(column, Lost::NullRead, false);
        }
        if wanted.written != Written::Never
            && is.column.must_be_omitted()
            && !was.column.must_be_omitted()
        {
            // An INSERT that leaves it out goes on to work.
            lose(column, Lost::Computed, wanted.written == Written::Always);
        }
        if let Some((what, certain)) = kinds::changed(demand, wanted, was, is, self.config) {
            lose(column, what, certain);
        }
        self.values(demand, wanted, was, is, lose);
    }

    fn values(
        &self,
        demand: &TableDemand,
        wanted: &ColumnDemand,
        was: &ColumnFacts<'_>,
        is: &ColumnFacts<'_>,
        lose: &mut impl FnMut(&str, Lost, bool),
    ) {
        let (Some(known), Some(allowed)) = (&wanted.values, &is.demands.values) else {
            return;
        };
        let before = was.demands.values.as_ref();
        let was_allowed = |value: &&String| before.is_none_or(|before| before.contains(value));
        let gone = known.iter().filter(|value| !allowed.contains(value));
        let gone: Vec<_> = gone.filter(was_allowed).cloned().collect();
        if !gone.is_empty() && wanted.written != Written::Never {
            lose(&wanted.column, Lost::ValuesGone(gone), true);
        }
        let new = allowed.iter().filter(|value| !known.contains(value));
        let new: Vec<_> = new.filter(|value| !was_allowed(value)).cloned().collect();
        if !new.is_empty() && demand.refuses_rows {
            lose(&wanted.column, Lost::ValuesUnknown(new), false);
        }
    }

    /// The keys and conditions that rows of the code may not meet.
    fn restrictions<'d>(
        &self,
        demand: &'d TableDemand,
        (was, is): (&Entity<'_>, &Entity<'_>),
        losses: &mut Vec<Loss<'d>>,
    ) {
        let (Some(before), Some(after)) = (
            self.from.tables.get(&demand.table),
            self.to.tables.get(&demand.table),
        ) else {
            return;
        };
        let known = restrictions(before);
        for (kind, columns) in restrictions(after).difference(&known) {
            let is_written = |column: &String| demand.column(column).is_some();
            let is_told = is_told_by_column(kind, columns, demand, (was, is));
            if !is_told && (columns.is_empty() || columns.iter().any(is_written)) {
                losses.push(Loss {
                    demand,
                    column: columns.first().filter(|_| columns.len() == 1).cloned(),
                    what: Lost::Restricted(kind.clone(), columns.clone()),
                    certain: false,
                });
            }
        }
    }
}

/// Whether each INSERT must write a column. A CHECK may forbid null as well.
fn is_needed(facts: &ColumnFacts<'_>) -> bool {
    let column = facts.column;
    let has_value =
        column.default.is_some() || column.identity.is_some() || column.generated.is_some();
    facts.not_null && !has_value && !facts.filled_in
}

/// Whether a CHECK says no more of its column than what is told of the column itself, or than what
/// was demanded before.
fn is_told_by_column(
    check: &str,
    columns: &[String],
    demand: &TableDemand,
    (was, is): (&Entity<'_>, &Entity<'_>),
) -> bool {
    let [column] = columns else {
        return false;
    };
    let demanded = check_constraints::demands(check, column);
    let not_null = Demands {
        not_null: true,
        ..Demands::default()
    };
    if demanded == not_null {
        return true;
    }
    let Some(allowed) = &demanded.values else {
        return false;
    };
    let before = was
        .column(column)
        .and_then(|was| was.demands.values.as_ref());
    let is_wider = before.is_some_and(|before| before.iter().all(|one| allowed.contains(one)));
    let is_listed = demand
        .column(column)
        .is_some_and(|wanted| wanted.values.is_some());
    is_wider
        || (is_listed
            && is
                .column(column)
                .is_some_and(|is| is.demands.values.is_some()))
}

/// The kinds of the restrictions on rows of `table`, with the columns of each.
fn restrictions(table: &Table) -> BTreeSet<(String, Vec<String>)> {
    let mut all = BTreeSet::new();
    for constraint in table.constraints.values() {
        let mut columns = constraint.columns.clone();
        let kind = match constraint.kind {
            // A primary key is a unique one of columns that take no null, which is told by itself.
            ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
                columns.sort();
                "unique key".to_owned()
            }
            ConstraintKind::ForeignKey => "foreign key".to_owned(),
            ConstraintKind::Exclusion => "exclusion constraint".to_owned(),
            ConstraintKind::Check => check(&constraint.definition).to_owned(),
            ConstraintKind::Trigger | ConstraintKind::NotNull => continue,
        };
        all.insert((kind, columns));
    }
    for index in table.indexes.values() {
        if let Some(mut columns) = unique_columns(&index.definition, table) {
            columns.sort();
            all.insert(("unique key".to_owned(), columns));
        }
    }
    all
}

/// A condition with its text: two of the same columns are two restrictions.
fn check(definition: &str) -> &str {
    definition.strip_suffix(" NOT VALID").unwrap_or(definition)
}

/// The columns of a unique index; those of an expression are all columns that it names.
fn unique_columns(definition: &str, table: &Table) -> Option<Vec<String>> {
    let (_, list) = definition
        .strip_prefix("CREATE UNIQUE INDEX ")?
        .split_once(" USING ")?;
    let is_named = |column: &str| {
        list.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .any(|word| word == column)
    };
    let columns = table.columns.iter().map(|column| column.name.clone());
    Some(columns.filter(|column| is_named(column)).collect())
}
