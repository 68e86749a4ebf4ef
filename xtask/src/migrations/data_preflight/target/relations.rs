//! What leads from one table of the target to others: inheritance, partitions and foreign keys.

use anyhow::{Context as _, Result};
use postgres::Row;

use super::{Target, read_name};
use crate::schema::model::ObjectName;

/// A table that another leads to.
#[derive(Debug)]
pub(in crate::migrations::data_preflight) struct Related {
    pub(in crate::migrations::data_preflight) oid: u32,
    pub(in crate::migrations::data_preflight) name: ObjectName,
}

/// The tables around one, by inheritance and partitions.
#[derive(Debug, Default)]
pub(in crate::migrations::data_preflight) struct Relatives {
    /// Those that its rows are rows of as well.
    pub(in crate::migrations::data_preflight) above: Vec<Related>,
    /// Those whose rows are its rows as well.
    pub(in crate::migrations::data_preflight) below: Vec<Related>,
}

/// A foreign key that stops a DELETE, or an UPDATE of the key.
#[derive(Debug)]
pub(in crate::migrations::data_preflight) struct Restricting {
    /// The table that refers.
    pub(in crate::migrations::data_preflight) table: ObjectName,
    pub(in crate::migrations::data_preflight) columns: Vec<String>,
    pub(in crate::migrations::data_preflight) referenced: Vec<String>,
    /// Whether it is checked at the end of a transaction, after the statements that follow.
    pub(in crate::migrations::data_preflight) deferred: bool,
}

impl Target<'_> {
    /// The tables around one, by inheritance and partitions, at whatever distance.
    pub(in crate::migrations::data_preflight) fn relatives(
        &mut self,
        of: u32,
    ) -> Result<Relatives> {
        let sql = "WITH RECURSIVE above AS (
                       SELECT inhparent AS oid FROM pg_catalog.pg_inherits WHERE inhrelid = $1
                       UNION
                       SELECT i.inhparent FROM pg_catalog.pg_inherits i JOIN above a ON a.oid = i.inhrelid),
                   below AS (
                       SELECT inhrelid AS oid FROM pg_catalog.pg_inherits WHERE inhparent = $1
                       UNION
                       SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN below b ON b.oid = i.inhparent)
                   SELECT true AS is_above, c.oid, n.nspname::text AS namespace, c.relname::text AS name
                   FROM above a JOIN pg_catalog.pg_class c ON c.oid = a.oid
                   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   UNION ALL
                   SELECT false, c.oid, n.nspname::text, c.relname::text
                   FROM below b JOIN pg_catalog.pg_class c ON c.oid = b.oid AND c.relkind IN ('r', 'p', 'f')
                   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   ORDER BY 1, 3, 4";
        let rows = self.client.query(sql, &[&of]);
        let mut found = Relatives::default();
        for row in rows.context("cannot read what inherits from what")? {
            let list = match row.try_get("is_above")? {
                true => &mut found.above,
                false => &mut found.below,
            };
            list.push(read_related(&row)?);
        }
        Ok(found)
    }

    /// The tables whose rows follow those of a table by `ON DELETE`, or by `ON UPDATE` where only
    /// the columns `updated` get other values.
    pub(in crate::migrations::data_preflight) fn followers(
        &mut self,
        of: u32,
        updated: Option<&[String]>,
    ) -> Result<Vec<Related>> {
        let sql = "WITH RECURSIVE followers AS (
                       SELECT o.conrelid AS oid FROM pg_catalog.pg_constraint o
                       WHERE o.contype = 'f' AND o.confrelid = $1
                         AND CASE WHEN $2::text[] IS NULL THEN o.confdeltype IN ('c', 'n', 'd')
                             ELSE o.confupdtype IN ('c', 'n', 'd')
                                  AND EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                              WHERE a.attrelid = o.confrelid AND a.attnum = ANY (o.confkey)
                                                AND a.attname = ANY ($2::text[])) END
                       UNION
                       SELECT o.conrelid FROM pg_catalog.pg_constraint o JOIN followers f ON f.oid = o.confrelid
                       WHERE o.contype = 'f' AND (o.confdeltype IN ('c', 'n', 'd') OR o.confupdtype IN ('c', 'n', 'd')))
                   SELECT c.oid, n.nspname::text AS namespace, c.relname::text AS name
                   FROM followers f JOIN pg_catalog.pg_class c ON c.oid = f.oid
                   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2";
        let rows = self.client.query(sql, &[&of, &updated]);
        let rows = rows.context("cannot read the foreign keys")?;
        rows.iter().map(read_related).collect()
    }

    /// The foreign keys of other tables, or of the table itself, that stop a DELETE of rows which
    /// they refer to, or an UPDATE of the columns `updated`.
    pub(in crate::migrations::data_preflight) fn restricting(
        &mut self,
        of: u32,
        updated: Option<&[String]>,
    ) -> Result<Vec<Restricting>> {
        let sql = "SELECT n.nspname::text AS namespace, c.relname::text AS name, o.condeferred AS deferred,
                          ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(o.conkey) WITH ORDINALITY k (attnum, position)
                                JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.attnum
                                ORDER BY k.position) AS columns,
                          ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(o.confkey) WITH ORDINALITY k (attnum, position)
                                JOIN pg_catalog.pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.attnum
                                ORDER BY k.position) AS referenced
                   FROM pg_catalog.pg_constraint o
                   JOIN pg_catalog.pg_class c ON c.oid = o.conrelid
                   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE o.contype = 'f' AND o.confrelid = $1 AND o.conparentid = 0
                     AND CASE WHEN $2::text[] IS NULL THEN o.confdeltype IN ('a', 'r')
                         ELSE o.confupdtype IN ('a', 'r')
                              AND EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                          WHERE a.attrelid = o.confrelid AND a.attnum = ANY (o.confkey)
                                            AND a.attname = ANY ($2::text[])) END
                   ORDER BY 1, 2, o.conname";
        let rows = self.client.query(sql, &[&of, &updated]);
        let rows = rows.context("cannot read the foreign keys")?;
        let key = |row: &Row| -> Result<Restricting> {
            Ok(Restricting {
                table: read_name(row)?,
                columns: row.try_get("columns")?,
                referenced: row.try_get("referenced")?,
                deferred: row.try_get("deferred")?,
            })
        };
        rows.iter().map(key).collect()
    }
}

fn read_related(row: &Row) -> Result<Related> {
    Ok(Related {
        oid: row.try_get("oid")?,
        name: read_name(row)?,
    })
}
