//! How much data is where a rollback would destroy it, and what else would go with it.

use anyhow::{Context as _, Result, anyhow};
use postgres::GenericClient;

use super::storage_identity::Change;
use crate::postgres::error::ServerError;
use crate::report::{Loss, Unit};
use crate::schema::model::ObjectName;

/// What a transaction must run before its rows are counted or written down: a policy of row-level security that hides rows
/// from us is then an error instead of a smaller number.
pub const SEE_ALL_ROWS: &str = "SET LOCAL row_security = off";

/// How much data there is where a change is about to happen: rows of a table, values that are not null of a column.
fn count(client: &mut impl GenericClient, change: &Change) -> Result<i64> {
    let table = quoted(change.table());
    let what = change.column().map_or_else(|| "*".to_owned(), quote);
    let row = client.query_one(&format!("SELECT count({what}) FROM {table}"), &[]);
    let row = row.map_err(|error| not_seen(ServerError::from(error)));
    Ok(row.with_context(|| format!("cannot count what `{}` holds", change.object()))?.try_get(0)?)
}

/// An error of a query over all rows, with the way out where a policy hides some.
pub(super) fn not_seen(error: ServerError) -> anyhow::Error {
    let is_hidden = error.sqlstate.as_deref() == Some("42501") && error.message.contains("row-level security");
    let error = anyhow!(error);
    match is_hidden {
        true => error.context("some rows may be hidden from this role: connect as one with `BYPASSRLS`"),
        false => error,
    }
}

/// What a drop destroys. Of other changes this is how much there is, which is the most that can be lost.
pub fn at_stake(client: &mut impl GenericClient, change: &Change) -> Result<Loss> {
    let count = count(client, change)?;
    let unit = if change.column().is_some() { Unit::Values } else { Unit::Rows };
    Ok(Loss { object: change.object(), count, unit, dependents: dependents(client, change)? })
}

/// Views, foreign keys and functions that use the table or column and would go with it.
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

fn dependents(client: &mut impl GenericClient, change: &Change) -> Result<Vec<String>> {
    let column = match change {
        Change::DroppedTable(_) => None,
        Change::DroppedColumn(_, column) => Some(column),
        Change::TouchedTable(_) => return Ok(Vec::new()),
    };
    let table = quoted(change.table());
    let rows = client
        .query(DEPENDENTS, &[&table, &column])
        .with_context(|| format!("cannot tell what depends on `{}`", change.object()))?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The name as SQL takes it, whatever it holds.
#[must_use]
pub fn quoted(name: &ObjectName) -> String {
    format!("{}.{}", quote(&name.namespace), quote(&name.name))
}

/// An identifier as SQL takes it.
#[must_use]
pub fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use crate::schema::model::ObjectName;

    #[test]
    fn identifiers_are_quoted_for_sql() {
        assert_eq!(quoted(&ObjectName::public("we\"ird")), "\"public\".\"we\"\"ird\"");
    }
}
