//! The counts of single destructions.

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::super::destructive::{Destruction, Name, NewValues};
use super::super::storage_identity::{StorageChange, StorageIdentity, Stored};
use super::counted::{Counted, at_stake, dropped, failed, loss_of};
use super::source::Source;
use super::types;
use crate::migrations::server_code::{self, RowEvent};
use crate::migrations::sql::{self, TokenKind, identifier, quoted};
use crate::migrations::statements::AffectedRows;
use crate::report::Unit;
use crate::schema::model::ObjectName;

/// Counts what `destruction` destroys in `tables`, which it concerns. A table that is not there has
/// nothing to lose: another pending migration makes it.
pub(super) fn count(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    (destruction, tables): (&Destruction, &[ObjectName]),
) -> Result<Vec<Counted>> {
    match destruction {
        Destruction::Table(_) | Destruction::Schema(_) => tables
            .iter()
            .map(|table| {
                let change = StorageChange::DroppedTable(table.clone());
                at_stake(transaction, storage, &change)
            })
            .collect(),
        // Nothing is there to be lost.
        Destruction::Opaque(_) if storage.is_empty() => Ok(Vec::new()),
        Destruction::Opaque(why) => Ok(vec![Counted::Unknown(format!(
            "it {why}, and its text does not tell which rows and values go"
        ))]),
        Destruction::Type(name) => types::dropped_with(transaction, storage, name),
        Destruction::Relabelled(name, renames) => {
            types::relabelled(transaction, storage, (name, renames))
        }
        Destruction::Column(named, column) => of_each(tables, |table| {
            if !storage.is_dropped_with(table, named, column) {
                return Ok(Vec::new());
            }
            let change = StorageChange::DroppedColumn(table.clone(), column.clone());
            let dropped = dropped(transaction, storage, &change)?;
            Ok(Vec::from_iter(dropped))
        }),
        Destruction::Truncated(_, is_cascade) => of_each(tables, |table| {
            truncated(transaction, storage, table, *is_cascade)
        }),
        Destruction::Merged(_) => Ok(tables
            .iter()
            .map(|table| {
                Counted::Unknown(format!(
                    "which rows of `{table}` MERGE deletes or changes is found when it runs"
                ))
            })
            .collect()),
        Destruction::Deleted(named, rows) => of_each(tables, |table| {
            let source = Source::new(storage, (table, named), rows);
            deleted(transaction, storage, (table, &source), rows)
        }),
        Destruction::Updated(named, values) => of_each(tables, |table| {
            let source = Source::new(storage, (table, named), &values.rows);
            updated(transaction, storage, (table, &source), values)
        }),
        Destruction::Converted(named, column, kind, using) => of_each(tables, |table| {
            let kind = (kind.as_str(), using.as_deref());
            let source = Source::new(storage, (table, named), &AffectedRows::default());
            converted(transaction, storage, (table, &source, column), kind)
        }),
    }
}

/// Counts the same for each of `tables`.
fn of_each(
    tables: &[ObjectName],
    mut count: impl FnMut(&ObjectName) -> Result<Vec<Counted>>,
) -> Result<Vec<Counted>> {
    let mut all = Vec::new();
    for table in tables {
        all.extend(count(table)?);
    }
    Ok(all)
}

/// The tables that refer to a table, at whatever distance.
const REFERRING: &str = "
    WITH RECURSIVE referring (oid) AS (
        SELECT $1::text::regclass::oid
        UNION
        SELECT f.conrelid FROM pg_catalog.pg_constraint f JOIN referring r ON f.confrelid = r.oid WHERE f.contype = 'f')
    SELECT n.nspname::text, c.relname::text FROM referring r
    JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT c.relispartition ORDER BY r.oid <> $1::text::regclass, 1, 2";

fn truncated(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    table: &ObjectName,
    is_cascade: bool,
) -> Result<Vec<Counted>> {
    let mut tables = vec![table.clone()];
    if is_cascade {
        tables.clear();
        for row in transaction
            .query(REFERRING, &[&quoted(table)])
            .map_err(failed)?
        {
            tables.push(ObjectName {
                namespace: row.try_get(0)?,
                name: row.try_get(1)?,
            });
        }
    }
    let mut all = Vec::new();
    for table in tables {
        let named = storage.counted_as(&table).clone();
        let change = StorageChange::TouchedTable(table);
        let mut counted = at_stake(transaction, storage, &change)?;
        if let Counted::Loss(loss) = &mut counted {
            loss.name = storage.names().name(&[&named.namespace, &named.name]);
        }
        all.push(counted);
    }
    Ok(all)
}

/// Whether deleted rows take rows of other tables with them.
const CASCADES: &str = "
    SELECT DISTINCT f.conrelid::regclass::text FROM pg_catalog.pg_constraint f
    WHERE f.contype = 'f' AND f.confrelid = $1::text::regclass AND f.confdeltype IN ('c', 'n', 'd') ORDER BY 1";

fn deleted(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    (table, source): (&ObjectName, &Source),
    rows: &AffectedRows,
) -> Result<Vec<Counted>> {
    let why = match unknown_rows(transaction, table, rows, &[])? {
        Some(why) => Some(why),
        None => done_instead(transaction, storage, (table, RowEvent::Delete))?,
    };
    if let Some(why) = why {
        return Ok(vec![Counted::Unknown(why)]);
    }
    let query = format!("SELECT count(*) {}", source.from());
    let count: i64 = transaction
        .query_one(&query, &[])
        .map_err(failed)?
        .try_get(0)?;
    let named = storage.counted_as(table);
    let path = [named.namespace.as_str(), &named.name];
    let mut all = vec![Counted::Loss(loss_of(storage, &path, count, Unit::Rows))];
    if count > 0 {
        for row in transaction
            .query(CASCADES, &[&quoted(table)])
            .map_err(failed)?
        {
            let other: String = row.try_get(0)?;
            all.push(Counted::Unknown(format!(
                "which rows of `{other}` refer to the deleted ones, and go or change with them, is found when it runs"
            )));
        }
    }
    Ok(all)
}

fn updated(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    (table, source): (&ObjectName, &Source),
    new: &NewValues,
) -> Result<Vec<Counted>> {
    let NewValues {
        rows,
        columns,
        values,
    } = new;
    let texts: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
    let why = match unknown_rows(transaction, table, rows, &texts)? {
        Some(why) => Some(why),
        None => done_instead(transaction, storage, (table, RowEvent::Update))?,
    };
    if let Some(why) = why {
        return Ok(vec![Counted::Unknown(why)]);
    }
    let Some((_, stored)) = storage.table(table) else {
        return Ok(Vec::new());
    };
    let named = storage.counted_as(table);
    let mut all = Vec::new();
    let mut counts = Vec::new();
    let mut rows_changed = Vec::new();
    for column in columns {
        let is_read = values.iter().any(|(name, _)| name == column);
        if !is_read && stored.number(column).is_some() {
            all.push(Counted::Unknown(format!(
                "which values of `{column}` are written over is found when it runs"
            )));
        }
    }
    for (column, value) in values {
        // A column that is not there yet is added by the migration, and holds nothing.
        let Some(number) = stored.number(column) else {
            continue;
        };
        if value.eq_ignore_ascii_case("default") {
            all.push(Counted::Unknown(format!(
                "which values of `{column}` differ from its default is found when it runs"
            )));
            continue;
        }
        let kind = stored.kind(number);
        let kind = type_name(transaction, kind)?;
        // As the audit compares them: by their texts.
        let old = format!("CAST({} AS text)", source.qualified(column));
        let new = format!("CAST(CAST(({value}) AS {kind}) AS text)");
        if stored.key.contains(&number) || stored.key.is_empty() {
            rows_changed.push(format!("{new} IS DISTINCT FROM {old}"));
        } else {
            counts.push((
                column,
                format!("{old} IS NOT NULL AND {new} IS DISTINCT FROM {old}"),
            ));
        }
    }
    if !rows_changed.is_empty() {
        let changed = rows_changed.join(" OR ");
        let query = format!("SELECT count(*) FILTER (WHERE {changed}) {}", source.from());
        let count: i64 = transaction
            .query_one(&query, &[])
            .map_err(failed)?
            .try_get(0)?;
        let path = [named.namespace.as_str(), &named.name];
        all.push(Counted::Loss(loss_of(storage, &path, count, Unit::Rows)));
    }
    for (column, changed) in counts {
        let query = format!("SELECT count(*) FILTER (WHERE {changed}) {}", source.from());
        let count: i64 = transaction
            .query_one(&query, &[])
            .map_err(failed)?
            .try_get(0)?;
        let path = [named.namespace.as_str(), &named.name, column.as_str()];
        all.push(Counted::Loss(loss_of(storage, &path, count, Unit::Values)));
    }
    Ok(all)
}

fn converted(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    (table, source, column): (&ObjectName, &Source, &str),
    (kind, using): (&str, Option<&str>),
) -> Result<Vec<Counted>> {
    let Some((_, stored)) = storage.table(table) else {
        return Ok(Vec::new());
    };
    let Some(number) = stored.number(column) else {
        return Ok(Vec::new());
    };
    let texts: Vec<&str> = using.into_iter().collect();
    if let Some(why) = calls_unknown(transaction, &texts)? {
        return Ok(vec![Counted::Unknown(why)]);
    }
    let earlier = type_name(transaction, stored.kind(number))?;
    let value = identifier(column);
    let new = format!("CAST(({}) AS {kind})", using.unwrap_or(&value));
    // A composite value with a NULL in it is not NULL, and not `IS NOT NULL` either.
    let differs = format!(
        "CAST({value} AS text) IS NOT NULL AND CAST({new} AS text) IS DISTINCT FROM CAST({value} AS text)"
    );
    let back = format!(
        "{differs} AND CAST(CAST({new} AS {earlier}) AS text) IS DISTINCT FROM CAST({value} AS text)"
    );
    let count = |transaction: &mut Transaction<'_>, condition: &str| -> Result<i64> {
        let query = format!(
            "SELECT count(*) FILTER (WHERE {condition}) {}",
            source.from()
        );
        Ok(transaction
            .query_one(&query, &[])
            .map_err(failed)?
            .try_get(0)?)
    };
    // A value is the same where it is equal in either form, as in the audit. Not every type can be
    // converted back.
    let mut attempt = transaction
        .transaction()
        .context("cannot set a savepoint")?;
    let counted = match count(&mut attempt, &back) {
        Ok(counted) => counted,
        Err(_) => {
            attempt
                .rollback()
                .context("cannot go back to a savepoint")?;
            attempt = transaction
                .transaction()
                .context("cannot set a savepoint")?;
            count(&mut attempt, &differs)?
        }
    };
    attempt.commit().context("cannot release a savepoint")?;
    let path = [table.namespace.as_str(), &table.name, column];
    let (path, unit) = if stored.key.contains(&number) || stored.key.is_empty() {
        (&path[..2], Unit::Rows)
    } else {
        (&path[..], Unit::Values)
    };
    Ok(vec![Counted::Loss(loss_of(storage, path, counted, unit))])
}

/// The reason for which a change of rows may not happen: a rule does something else instead.
fn done_instead(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    (table, event): (&ObjectName, RowEvent),
) -> Result<Option<String>> {
    let Some((oid, _)) = storage.table(table) else {
        return Ok(None);
    };
    let fired = server_code::fired(transaction, oid, event).map_err(failed)?;
    let instead = fired.iter().find(|code| code.is_instead);
    Ok(instead.map(|code| format!("{} may do something else instead", code.what)))
}

/// The reason for which the rows of a statement cannot be counted.
fn unknown_rows(
    transaction: &mut Transaction<'_>,
    table: &ObjectName,
    rows: &AffectedRows,
    values: &[&str],
) -> Result<Option<String>> {
    if rows.joins {
        return Ok(Some(format!(
            "other tables decide which rows of `{table}` it concerns, which is found when it runs"
        )));
    }
    let texts: Vec<&str> = values
        .iter()
        .copied()
        .chain(rows.condition.as_deref())
        .collect();
    calls_unknown(transaction, &texts)
}

/// The reason for which expressions are not evaluated beforehand.
fn calls_unknown(transaction: &mut Transaction<'_>, texts: &[&str]) -> Result<Option<String>> {
    let mut names = Vec::new();
    for text in texts {
        let tokens: Vec<_> = sql::tokens(text)
            .into_iter()
            .filter(|token| token.is_significant())
            .collect();
        for pair in tokens.windows(2) {
            let is_call = pair[1].kind == TokenKind::OpenParen
                && matches!(pair[0].kind, TokenKind::Word | TokenKind::QuotedIdentifier);
            if is_call {
                names.push(pair[0].text(text).trim_matches('"').to_lowercase());
            }
        }
    }
    let found = server_code::volatile(transaction, &names).map_err(failed)?;
    Ok(found.map(|name| format!("`{name}()` is volatile, and is not called before it runs")))
}

fn type_name(transaction: &mut Transaction<'_>, (oid, modifier): (u32, i32)) -> Result<String> {
    let query = "SELECT pg_catalog.format_type($1::oid, $2)";
    Ok(transaction
        .query_one(query, &[&oid, &modifier])
        .map_err(failed)?
        .try_get(0)?)
}

impl Stored {
    pub(super) fn number(&self, column: &str) -> Option<i16> {
        let found = self
            .columns
            .iter()
            .find(|(_, stored)| stored.name == column);
        found.map(|(number, _)| *number)
    }

    fn kind(&self, number: i16) -> (u32, i32) {
        self.columns
            .get(&number)
            .map(|column| column.kind)
            .unwrap_or_default()
    }
}

impl StorageIdentity {
    /// Whether `table` loses its `column` when that of `named` is dropped: it is that table, or the
    /// column comes from it.
    fn is_dropped_with(&self, table: &ObjectName, named: &Name, column: &str) -> bool {
        if named.among(self.table_names()) == Some(table) {
            return true;
        }
        let stored = self.table(table).map(|(_, stored)| stored);
        let found = stored.and_then(|stored| {
            let mut columns = stored.columns.values();
            columns.find(|one| one.name == column)
        });
        found.is_some_and(|found| found.inherited)
    }

    /// The tables that `destruction` concerns here: the one that it names, and those that inherit
    /// from it. A schema means its tables, without those that are parts of others of them.
    pub(in crate::migrations) fn meant(&self, destruction: &Destruction) -> Vec<ObjectName> {
        if let Destruction::Schema(schema) = destruction {
            return self.in_schema(schema);
        }
        let Some(name) = destruction.table() else {
            return Vec::new();
        };
        let Some(table) = name.among(self.table_names()) else {
            return Vec::new();
        };
        let mut all = vec![table.clone()];
        if !name.only {
            all.extend(self.heirs(table));
        }
        all
    }
}
