//! Counts the data that a change would destroy, and lists the objects that would go with it.

use anyhow::{Context as _, Result, anyhow};
use postgres::GenericClient;

use super::storage_identity::{StorageChange, StorageIdentity};
use crate::migrations::sql::{identifier, quoted};
use crate::postgres::error::ServerError;
use crate::report::{Loss, Unit};

/// The setting that a transaction must run before its rows are counted or written down. A policy of
/// row-level security that hides rows is then an error instead of a smaller number.
pub const SEE_ALL_ROWS: &str = "SET LOCAL row_security = off";

/// Counts the data where a change is about to happen: rows of a table, values of a column that are
/// not null.
fn count(
    client: &mut impl GenericClient,
    storage: &StorageIdentity,
    change: &StorageChange,
) -> Result<i64> {
    let query = match change {
        // The other server alone knows how many rows there are, and nobody can tell whether they
        // are lost.
        StorageChange::WrittenForeignTable(_) => return Ok(1),
        StorageChange::LargeObjects => {
            "SELECT count(*) FROM pg_catalog.pg_largeobject_metadata".to_owned()
        }
        StorageChange::DroppedTable(table) | StorageChange::TouchedTable(table) => {
            format!("SELECT count(*) FROM {}", storage.source(table))
        }
        StorageChange::DroppedColumn(table, column) => {
            format!(
                "SELECT count({}) FROM {}",
                identifier(column),
                storage.source(table)
            )
        }
        StorageChange::DroppedAttribute(table, column, path) => {
            let values = storage
                .select(table, column, path)
                .context("its type has changed meanwhile")?;
            format!("SELECT count(v) FROM ({values}) AS values_of")
        }
    };
    let row = client
        .query_one(&query, &[])
        .map_err(|error| not_seen(ServerError::from(error)));
    let failed = || {
        format!(
            "cannot count what `{}` holds",
            storage.names().name(&change.path())
        )
    };
    Ok(row.with_context(failed)?.try_get(0)?)
}

fn unit(change: &StorageChange) -> Unit {
    match change {
        StorageChange::DroppedTable(_) | StorageChange::TouchedTable(_) => Unit::Rows,
        StorageChange::DroppedColumn(..) | StorageChange::DroppedAttribute(..) => Unit::Values,
        StorageChange::WrittenForeignTable(_) => Unit::ForeignTables,
        StorageChange::LargeObjects => Unit::LargeObjects,
    }
}

/// An error of a query over all rows, with advice where a policy hides some.
pub(super) fn not_seen(error: ServerError) -> anyhow::Error {
    let is_hidden =
        error.sqlstate.as_deref() == Some("42501") && error.message.contains("row-level security");
    let error = anyhow!(error);
    match is_hidden {
        true => {
            error.context("some rows may be hidden from this role: connect as one with `BYPASSRLS`")
        }
        false => error,
    }
}

/// Counts the data that a drop destroys in the database of `storage`. For other changes, counts all
/// the data there is, which is the most that can be lost.
pub fn at_stake(
    client: &mut impl GenericClient,
    storage: &StorageIdentity,
    change: &StorageChange,
) -> Result<Loss> {
    let count = count(client, storage, change)?;
    let name = storage.names().name(&change.path());
    Ok(Loss {
        name,
        count,
        unit: unit(change),
        dependents: dependents(client, change)?,
    })
}

/// The views, foreign keys and functions that use the table or column and would go with it. `n` are
/// the dependencies that stop a DROP without CASCADE. A view depends through its rule, and is named
/// instead of it.
const DEPENDENTS: &str = "
    SELECT DISTINCT CASE WHEN d.classid = 'pg_catalog.pg_rewrite'::regclass
                THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, r.ev_class, 0)
                ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END AS dependent
    FROM pg_catalog.pg_depend d LEFT JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
    WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = $1::text::regclass AND d.deptype = 'n'
      AND ($2::text IS NULL
           OR d.refobjsubid = (SELECT attnum FROM pg_catalog.pg_attribute WHERE attrelid = $1::text::regclass AND attname = $2))
      AND NOT (d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = $1::text::regclass)
    ORDER BY 1";

fn dependents(client: &mut impl GenericClient, change: &StorageChange) -> Result<Vec<String>> {
    let (table, column) = match change {
        StorageChange::DroppedTable(table) => (table, None),
        StorageChange::DroppedColumn(table, column) => (table, Some(column)),
        StorageChange::DroppedAttribute(..)
        | StorageChange::TouchedTable(_)
        | StorageChange::WrittenForeignTable(_)
        | StorageChange::LargeObjects => return Ok(Vec::new()),
    };
    let table = quoted(table);
    let rows = client.query(DEPENDENTS, &[&table, &column]);
    let rows = rows.with_context(|| format!("cannot tell what depends on `{table}`"))?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
