//! Compares the rows of a table before and after the SQL, and counts the rows and
//! values that are gone. A hash of each value is kept in a temporary table. So the server does the
//! comparison, and data that may fit nowhere else stays there.
//!
//! Rows are recognised by the primary key. A value that was filled in for a NULL is then no loss.
//! Without a key every row must be there again unchanged.

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::loss;
use super::storage_identity::{ObjectNames, StorageChange, StorageIdentity, Stored, StoredColumn};
use crate::migrations::sql::identifier;
use crate::postgres::error::ServerError;
use crate::report::{Loss, LossName, Unit};

/// The settings under which hashes are taken. With a fixed search path the same object always has
/// the same name in texts.
const SETTINGS: &str = "SET LOCAL search_path = pg_catalog; SET LOCAL jit = off";

/// The hashes of one table.
#[derive(Debug)]
pub struct RowHashes {
    /// The temporary table that holds them.
    place: String,
    oid: u32,
    before: Stored,
    /// The columns that recognise a row; empty where whole rows are compared.
    key: Vec<i16>,
    /// The columns that are compared.
    columns: Vec<i16>,
    /// Whether all columns are kept beside the hashes, so that lost rows can be written down.
    are_rows_kept: bool,
    names: ObjectNames,
}

/// The rows and values of a table that are gone.
#[derive(Debug)]
pub struct Lost {
    /// Rows, and values of columns.
    pub losses: Vec<Loss>,
    /// A query for all columns of the rows that are gone or changed, where rows are kept.
    pub rows: Option<String>,
}

impl RowHashes {
    /// The hashes of the table `oid` of `storage`, not taken yet. The rows are kept too where they
    /// may have to be written to a backup. `gone` are the columns that will be dropped, whose losses
    /// are counted elsewhere.
    pub fn new(
        storage: &StorageIdentity,
        (oid, table): (u32, &Stored),
        gone: &[&str],
        are_rows_kept: bool,
    ) -> Self {
        let stays = |number: &i16| {
            table
                .columns
                .get(number)
                .is_some_and(|column| !gone.contains(&column.name.as_str()))
        };
        let key: Vec<i16> = if table.key.iter().all(stays) {
            table.key.clone()
        } else {
            Vec::new()
        };
        let compared = |number: &i16| stays(number) && !key.contains(number);
        let columns = table.columns.keys().copied().filter(compared).collect();
        Self {
            place: format!("pg_temp.cargo_xtask_rows_{oid}"),
            oid,
            before: table.clone(),
            key,
            columns,
            are_rows_kept,
            names: storage.names(),
        }
    }

    /// SQL that makes the temporary table for them, empty, also where an earlier attempt left one.
    pub fn create(&self) -> String {
        let columns = self.columns_of_place().join(", ");
        let place = &self.place;
        format!(
            "{} CREATE TEMPORARY TABLE {place} ({columns})",
            self.drop_sql()
        )
    }

    /// SQL that drops that table.
    pub fn drop_sql(&self) -> String {
        format!("DROP TABLE IF EXISTS {};", self.place)
    }

    fn columns_of_place(&self) -> Vec<String> {
        let mut columns = Vec::new();
        if self.key.is_empty() {
            columns.push("r bigint".to_owned());
        } else {
            columns.extend(self.key.iter().map(|number| format!("k{number} bigint")));
            columns.extend(
                self.columns
                    .iter()
                    .map(|number| format!("v{number} bigint")),
            );
        }
        if self.are_rows_kept {
            let all = self.before.columns.keys();
            columns.extend(all.map(|number| format!("t{number} text")));
        }
        columns
    }

    /// Takes them, into the temporary table that was `prepared`, or into a new one that goes with
    /// the transaction.
    pub fn take(&mut self, transaction: &mut Transaction<'_>, is_prepared: bool) -> Result<()> {
        let kept = if self.are_rows_kept {
            self.kept(&self.before)
        } else {
            String::new()
        };
        let select = self.select(&self.before, |column| Some(text(column)), |_| None, &kept);
        let create = if is_prepared {
            String::new()
        } else {
            // Under a name of its own: a table of that name may be left of an earlier attempt.
            self.place.push_str("_now");
            let columns = self.columns_of_place().join(", ");
            format!(
                "CREATE TEMPORARY TABLE {} ({columns}) ON COMMIT DROP;",
                self.place
            )
        };
        let place = &self.place;
        // A row that was noted by an attempt that was undone is gone with it.
        let fill = format!(
            "{SETTINGS}; {}; {create} INSERT INTO {place} {select}",
            loss::SEE_ALL_ROWS
        );
        run(transaction, &fill)
            .with_context(|| format!("cannot note what `{}` holds", self.before.name))
    }

    /// Finds the rows and values that are gone. `after` is the present state of the database.
    pub fn lost(&self, transaction: &mut Transaction<'_>, after: &StorageIdentity) -> Result<Lost> {
        let Some(now) = after.table_of(self.oid) else {
            return Ok(Lost {
                losses: Vec::new(),
                rows: None,
            });
        };
        let failed = || {
            format!(
                "cannot compare what `{}` holds with what it held",
                self.before.name
            )
        };
        run(transaction, &format!("{SETTINGS}; {}", loss::SEE_ALL_ROWS)).with_context(failed)?;
        let mut types = Vec::new();
        for number in self.key.iter().chain(&self.columns) {
            types.push((*number, self.way_back(transaction, *number, now)?));
        }
        let back = |number: i16| {
            types
                .iter()
                .find(|(other, _)| *other == number)
                .and_then(|(_, kind)| kind.clone())
        };
        let query = if self.key.is_empty() {
            self.whole_rows(now, &back)
        } else {
            self.by_key(now, &back)
        };
        let row = transaction
            .query_one(&query, &[])
            .map_err(|error| loss::not_seen(ServerError::from(error)));
        let row = row.with_context(failed)?;
        let mut losses = vec![self.loss(None, row.try_get(0)?)];
        if !self.key.is_empty() {
            for (index, number) in self.columns.iter().enumerate() {
                losses.push(self.loss(Some(*number), row.try_get(index + 1)?));
            }
        }
        losses.retain(|loss| loss.count > 0);
        let rows = (self.are_rows_kept && !losses.is_empty()).then(|| self.lost_rows(now, &back));
        Ok(Lost { losses, rows })
    }

    /// The table as it was.
    pub(super) fn table(&self) -> &Stored {
        &self.before
    }

    /// Every column as text, for the end of the list of a `SELECT`. As text, because a type of the
    /// database could not be dropped while a temporary table uses it.
    fn kept(&self, table: &Stored) -> String {
        let column =
            |(number, column): (&i16, &StoredColumn)| format!(", {} AS t{number}", text(column));
        table.columns.iter().map(column).collect()
    }

    /// A query for the kept rows that are gone or changed.
    fn lost_rows(&self, now: &Stored, back: &impl Fn(i16) -> Option<String>) -> String {
        let kept = self.before.columns.iter();
        let columns: Vec<String> = kept
            .map(|(number, column)| format!("o.t{number} AS {}", identifier(&column.name)))
            .collect();
        let columns = columns.join(", ");
        let select = self.select(
            now,
            |column| Some(text(column)),
            |number| as_before(now, number, back),
            "",
        );
        if self.key.is_empty() {
            let numbered = "row_number() OVER (PARTITION BY r) AS c";
            return format!(
                "WITH o AS (SELECT *, {numbered} FROM {}), n AS (SELECT r, {numbered} FROM ({select}) AS now)
                 SELECT {columns} FROM o WHERE NOT EXISTS (SELECT FROM n WHERE n.r = o.r AND n.c = o.c)",
                self.place
            );
        }
        let (same_key, is_gone) = (self.same_key(), self.is_gone());
        let changed = self
            .columns
            .iter()
            .map(|number| format!(" OR {}", changed(*number, back)));
        let changed: String = changed.collect();
        format!(
            "SELECT {columns} FROM {} AS o LEFT JOIN ({select}) AS n ON {same_key} WHERE {is_gone}{changed}",
            self.place
        )
    }

    /// Returns the name of the table.
    pub fn name(&self) -> LossName {
        self.names
            .name(&StorageChange::TouchedTable(self.before.name.clone()).path())
    }

    fn loss(&self, column: Option<i16>, count: i64) -> Loss {
        let table = self.before.name.clone();
        let (what, unit) = match column.and_then(|number| self.before.columns.get(&number)) {
            None => (StorageChange::TouchedTable(table), Unit::Rows),
            Some(StoredColumn { name, .. }) => (
                StorageChange::DroppedColumn(table, name.clone()),
                Unit::Values,
            ),
        };
        Loss {
            name: self.names.name(&what.path()),
            count,
            unit,
            dependents: Vec::new(),
        }
    }

    /// Returns the earlier type of a column, where its type has changed and every value can still
    /// be converted to it.
    fn way_back(
        &self,
        transaction: &mut Transaction<'_>,
        number: i16,
        now: &Stored,
    ) -> Result<Option<String>> {
        let (Some(before), Some(after)) =
            (self.before.columns.get(&number), now.columns.get(&number))
        else {
            return Ok(None);
        };
        if before.kind == after.kind {
            return Ok(None);
        }
        let (oid, modifier) = before.kind;
        let name = "SELECT format_type(oid, $2) FROM pg_type WHERE oid = $1";
        let Some(row) = transaction.query_opt(name, &[&oid, &modifier])? else {
            return Ok(None);
        };
        let kind: String = row.try_get(0)?;
        // A savepoint: a value that cannot be converted fails the query, and must not end
        // the transaction.
        let mut attempt = transaction.transaction()?;
        let all = format!(
            "SELECT count({}) FROM {}",
            text_as(after, &kind),
            now.source()
        );
        let readable = attempt.batch_execute(&all).is_ok();
        attempt.rollback()?;
        Ok(readable.then_some(kind))
    }

    /// The query for hashes of the key and of the columns, or of whole rows. `first` writes a
    /// column as it is, and `second` as its earlier type.
    fn select(
        &self,
        table: &Stored,
        first: impl Fn(&StoredColumn) -> Option<String>,
        second: impl Fn(i16) -> Option<String>,
        kept: &str,
    ) -> String {
        let of = |number: &i16| {
            table
                .columns
                .get(number)
                .and_then(&first)
                // A column that is gone: each of its values counts as changed.
                .unwrap_or_else(|| "NULL::text".to_owned())
        };
        let written = |number: &i16| second(*number).unwrap_or_else(|| of(number));
        if self.key.is_empty() {
            let columns: Vec<String> = self.columns.iter().map(written).collect();
            let row = format!("CAST(ROW({}) AS text)", columns.join(", "));
            return format!("SELECT {} AS r{kept} FROM {}", hash(&row), table.source());
        }
        let key = self
            .key
            .iter()
            .map(|number| format!("{} AS k{number}", hash(&written(number))));
        let columns = self
            .columns
            .iter()
            .map(|number| format!("{} AS v{number}", hash(&of(number))));
        let others = self
            .columns
            .iter()
            .filter_map(|number| Some(format!("{} AS b{number}", hash(&second(*number)?))));
        let all: Vec<String> = key.chain(columns).chain(others).collect();
        format!("SELECT {}{kept} FROM {}", all.join(", "), table.source())
    }

    /// The query for the number of rows that are not there again. `EXCEPT ALL`, since two equal
    /// rows are two.
    fn whole_rows(&self, now: &Stored, back: &impl Fn(i16) -> Option<String>) -> String {
        let select = self.select(
            now,
            |column| Some(text(column)),
            |number| as_before(now, number, back),
            "",
        );
        format!(
            "SELECT count(*) FROM (SELECT r FROM {} EXCEPT ALL {select}) AS lost",
            self.place
        )
    }

    /// The query for the number of rows whose key is gone, and for the number of changed values of
    /// each column in the other rows.
    fn by_key(&self, now: &Stored, back: &impl Fn(i16) -> Option<String>) -> String {
        let select = self.select(
            now,
            |column| Some(text(column)),
            |number| as_before(now, number, back),
            "",
        );
        let (same_key, is_gone) = (self.same_key(), self.is_gone());
        let mut counts = vec![format!("count(*) FILTER (WHERE {is_gone})")];
        for number in &self.columns {
            counts.push(format!(
                "count(*) FILTER (WHERE NOT ({is_gone}) AND {})",
                changed(*number, back)
            ));
        }
        format!(
            "SELECT {} FROM {} AS o LEFT JOIN ({select}) AS n ON {same_key}",
            counts.join(", "),
            self.place
        )
    }

    /// The condition that `o`, an earlier row, and `n`, a present one, have the same key.
    fn same_key(&self) -> String {
        let same: Vec<String> = self
            .key
            .iter()
            .map(|number| format!("n.k{number} = o.k{number}"))
            .collect();
        same.join(" AND ")
    }

    /// The condition that no row has the key of `o` now. A primary key is never NULL, so only a
    /// missing row has no hash.
    fn is_gone(&self) -> String {
        self.key.first().map_or_else(
            || "false".to_owned(),
            |number| format!("n.k{number} IS NULL"),
        )
    }
}

/// The condition that the value of a column in `o` is another one in `n`. A value in place of NULL
/// is no loss. After a change of type it is unchanged if it is equal in either form.
fn changed(number: i16, back: &impl Fn(i16) -> Option<String>) -> String {
    let otherwise = back(number).map(|_| format!(" AND n.b{number} IS DISTINCT FROM o.v{number}"));
    format!(
        "(o.v{number} IS NOT NULL AND n.v{number} IS DISTINCT FROM o.v{number}{})",
        otherwise.unwrap_or_default()
    )
}

fn as_before(now: &Stored, number: i16, back: &impl Fn(i16) -> Option<String>) -> Option<String> {
    Some(text_as(now.columns.get(&number)?, &back(number)?))
}

/// A column as text.
fn text(column: &StoredColumn) -> String {
    format!("CAST({} AS text)", identifier(&column.name))
}

/// A column as text, read as the type `kind` first.
fn text_as(column: &StoredColumn, kind: &str) -> String {
    format!("CAST(CAST({} AS {kind}) AS text)", identifier(&column.name))
}

/// A hash of the bytes of a text: under a nondeterministic collation, texts that count as equal
/// would have one hash.
fn hash(text: &str) -> String {
    format!("hashtextextended({text} COLLATE \"C\", 0)")
}

fn run(transaction: &mut Transaction<'_>, sql: &str) -> Result<()> {
    transaction
        .batch_execute(sql)
        .map_err(|error| loss::not_seen(ServerError::from(error)))
}
