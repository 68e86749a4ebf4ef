//! What data a rollback destroys. The schema alone does not tell: a column that is dropped and added again looks the
//! same and is empty. So the identities behind the names are compared, before and after the SQL ran.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::{GenericClient, Row};

use crate::report::{Loss, Unit};
use crate::schema::model::ObjectName;

/// The tables and columns of a database, by what PostgreSQL itself knows them by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Footprint {
    tables: BTreeMap<u32, Stored>,
}

/// A table as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    name: ObjectName,
    /// Its file: another one after `TRUNCATE` and after a change of type.
    file: u32,
    /// Its partitioned or inherited parent, whose rows and columns include these.
    parent: Option<u32>,
    /// Number → name and type of each own column.
    columns: BTreeMap<i16, (String, String)>,
}

/// Something that may hold data and is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The table is gone, even if there is a new one of its name.
    DroppedTable(ObjectName),
    /// The column is gone, even if there is a new one of its name.
    DroppedColumn(ObjectName, String),
    /// The column's values were converted to another type.
    ConvertedColumn(ObjectName, String),
    /// The table's rows were written anew, or all deleted by `TRUNCATE`.
    RewrittenTable(ObjectName),
    /// Some of the table's rows were deleted.
    DeletedRows(ObjectName),
}

impl Change {
    /// What `--accept-data-loss` takes for it.
    #[must_use]
    pub fn object(&self) -> String {
        match self {
            Self::DroppedTable(table) | Self::RewrittenTable(table) | Self::DeletedRows(table) => table.to_string(),
            Self::DroppedColumn(table, column) | Self::ConvertedColumn(table, column) => format!("{table}.{column}"),
        }
    }

    /// The column, where it is about one.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::DroppedColumn(_, column) | Self::ConvertedColumn(_, column) => Some(column),
            Self::DroppedTable(_) | Self::RewrittenTable(_) | Self::DeletedRows(_) => None,
        }
    }

    /// Whether the data is gone for certain, so that it must be counted before and nothing can be told after.
    #[must_use]
    pub fn is_drop(&self) -> bool {
        match self {
            Self::DroppedTable(_) | Self::DroppedColumn(..) => true,
            Self::ConvertedColumn(..) | Self::RewrittenTable(_) | Self::DeletedRows(_) => false,
        }
    }

    /// The table that holds the data.
    #[must_use]
    pub fn table(&self) -> &ObjectName {
        match self {
            Self::DroppedTable(table)
            | Self::RewrittenTable(table)
            | Self::DeletedRows(table)
            | Self::DroppedColumn(table, _)
            | Self::ConvertedColumn(table, _) => table,
        }
    }
}

const TABLES: &str = "
    SELECT c.oid, n.nspname::text AS namespace, c.relname::text AS name, c.relfilenode,
           (SELECT min(i.inhparent::bigint)::oid FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) AS parent,
           coalesce(array_agg(a.attnum ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}') AS numbers,
           coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}') AS columns,
           coalesce(array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
                    FILTER (WHERE a.attnum IS NOT NULL), '{}') AS types
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                       AND a.attinhcount = 0 AND a.attgenerated = ''
    WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    GROUP BY c.oid, n.nspname, c.relname, c.relfilenode
    ORDER BY c.oid";

impl Footprint {
    /// Reads it, also inside an open transaction.
    pub fn read(client: &mut impl GenericClient) -> Result<Self> {
        let rows = client.query(TABLES, &[]).context("cannot read the tables of the database")?;
        Ok(Self { tables: rows.iter().map(stored).collect::<Result<_>>()? })
    }

    /// What is no longer what it was, in `later`. Of a partitioned table only the table itself is named.
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (oid, table) in &self.tables {
            match later.tables.get(oid) {
                Some(now) => table.changes(now, &mut changes),
                None if self.parent_goes_too(table, later) => {}
                None => changes.push(Change::DroppedTable(table.name.clone())),
            }
        }
        changes.sort();
        changes
    }

    /// Whether what `change` is about is there.
    #[must_use]
    pub fn holds(&self, change: &Change) -> bool {
        let Some(table) = self.tables.values().find(|table| table.name == *change.table()) else { return false };
        change.column().is_none_or(|column| table.columns.values().any(|(name, _)| name == column))
    }

    /// The name of the table that PostgreSQL knows as `oid`.
    #[must_use]
    pub fn table_name(&self, oid: u32) -> Option<&ObjectName> {
        self.tables.get(&oid).map(|table| &table.name)
    }

    fn parent_goes_too(&self, table: &Stored, later: &Self) -> bool {
        table.parent.is_some_and(|parent| self.tables.contains_key(&parent) && !later.tables.contains_key(&parent))
    }
}

impl Stored {
    fn changes(&self, now: &Self, changes: &mut Vec<Change>) {
        for (number, (column, type_name)) in &self.columns {
            match now.columns.get(number) {
                None => changes.push(Change::DroppedColumn(self.name.clone(), column.clone())),
                Some((_, other)) if other != type_name => {
                    changes.push(Change::ConvertedColumn(self.name.clone(), column.clone()));
                }
                Some(_) => {}
            }
        }
        if self.file != now.file {
            changes.push(Change::RewrittenTable(self.name.clone()));
        }
    }
}

fn stored(row: &Row) -> Result<(u32, Stored)> {
    let numbers: Vec<i16> = row.try_get("numbers")?;
    let names: Vec<String> = row.try_get("columns")?;
    let types: Vec<String> = row.try_get("types")?;
    let columns = numbers.into_iter().zip(names.into_iter().zip(types)).collect();
    let name = ObjectName { namespace: row.try_get("namespace")?, name: row.try_get("name")? };
    let table = Stored { name, file: row.try_get("relfilenode")?, parent: row.try_get("parent")?, columns };
    Ok((row.try_get("oid")?, table))
}

/// How much data there is where a change is about to happen: rows of a table, values that are not null of a column.
pub fn count(client: &mut impl GenericClient, change: &Change) -> Result<i64> {
    let table = quoted(change.table());
    let what = change.column().map_or_else(|| "*".to_owned(), quote);
    let row = client
        .query_one(&format!("SELECT count({what}) FROM {table}"), &[])
        .with_context(|| format!("cannot count what `{}` holds", change.object()))?;
    Ok(row.try_get(0)?)
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
        Change::ConvertedColumn(..) | Change::RewrittenTable(_) | Change::DeletedRows(_) => return Ok(Vec::new()),
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
    use super::*;

    fn table(name: &str, file: u32, columns: &[(i16, &str, &str)]) -> Stored {
        let columns = columns.iter().map(|(number, name, kind)| (*number, ((*name).into(), (*kind).into())));
        Stored { name: ObjectName::public(name), file, parent: None, columns: columns.collect() }
    }

    fn footprint(tables: Vec<(u32, Stored)>) -> Footprint {
        Footprint { tables: tables.into_iter().collect() }
    }

    #[test]
    fn a_table_or_column_made_again_under_its_name_is_still_a_loss() {
        let before = footprint(vec![(1, table("a", 1, &[(1, "x", "text")])), (2, table("b", 2, &[(1, "y", "text")]))]);
        let after = footprint(vec![(1, table("a", 1, &[(2, "x", "text")])), (9, table("b", 9, &[(1, "y", "text")]))]);
        let expected =
            [Change::DroppedTable(ObjectName::public("b")), Change::DroppedColumn(ObjectName::public("a"), "x".into())];
        assert_eq!(before.changes(&after), expected);
    }

    #[test]
    fn a_renamed_table_and_column_lose_nothing() {
        let before = footprint(vec![(1, table("a", 1, &[(1, "x", "text")]))]);
        let after = footprint(vec![(1, table("b", 1, &[(1, "y", "text")]))]);
        assert_eq!(before.changes(&after), []);
    }

    #[test]
    fn a_conversion_names_the_column_and_the_table() {
        let before = footprint(vec![(1, table("a", 1, &[(1, "x", "text")]))]);
        let after = footprint(vec![(1, table("a", 2, &[(1, "x", "integer")]))]);
        let expected = [
            Change::ConvertedColumn(ObjectName::public("a"), "x".into()),
            Change::RewrittenTable(ObjectName::public("a")),
        ];
        assert_eq!(before.changes(&after), expected);
    }

    #[test]
    fn partitions_go_with_their_table() {
        let mut partition = table("part", 2, &[]);
        partition.parent = Some(1);
        let before = footprint(vec![(1, table("whole", 1, &[])), (2, partition)]);
        let after = footprint(vec![]);
        assert_eq!(before.changes(&after), [Change::DroppedTable(ObjectName::public("whole"))]);
    }

    #[test]
    fn identifiers_are_quoted_for_sql() {
        assert_eq!(quoted(&ObjectName::public("we\"ird")), "\"public\".\"we\"\"ird\"");
    }
}
