//! Reads the tables and columns of a database: all, or the part that concerns one tenant.

use anyhow::{Context as _, Result};
use postgres::{GenericClient, Row};

use super::composites::Composites;
use super::reach::TenantReach;
use super::{StorageIdentity, Stored, StoredColumn, distributed_tables};
use crate::schema::model::ObjectName;

/// The query for the tables: a row for each, with its columns as arrays of one length. Of several
/// parents only one counts. An extension's tables are left out, except those in which it keeps data
/// of people: `pg_dump` writes the rows of these (`pg_extension_config_dump`). `$1` are the namespaces to
/// read; all without any.
const TABLES: &str = "
    SELECT c.oid, n.nspname::text AS namespace, c.relname::text AS name, c.relfilenode, c.relispartition,
           c.relkind::text AS kind,
           (SELECT min(i.inhparent::bigint)::oid FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) AS parent,
           coalesce(array_agg(a.attnum ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}') AS numbers,
           coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}') AS columns,
           coalesce(array_agg(a.atttypid ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}') AS types,
           coalesce(array_agg(a.atttypmod ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}') AS modifiers,
           coalesce(array_agg(a.attinhcount = 1 AND NOT a.attislocal ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}') AS inherited,
           coalesce((SELECT i.indkey::int2[] FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
                    '{}') AS key,
           pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS has_distributions,
           nullif(pg_catalog.current_setting('pgaccord.tenant', true), '') AS tenant
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                       AND a.attgenerated = ''
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND ($1::text[] IS NULL OR n.nspname = ANY ($1))
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
            AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND c.oid <> ALL (coalesce(e.extconfig, '{}')))
    GROUP BY c.oid, n.nspname, c.relname, c.relfilenode, c.relispartition, c.relkind
    ORDER BY c.oid";

impl StorageIdentity {
    /// Reads it, also inside an open transaction.
    pub fn read(client: &mut impl GenericClient) -> Result<Self> {
        Self::within(client, None)
    }

    /// Reads the part that the SQL of `tenant` is expected to change. [`TenantReach::is_left`] tells
    /// whether it did more.
    pub(in crate::migrations::losses) fn read_of_tenant(
        client: &mut impl GenericClient,
        tenant: &str,
    ) -> Result<Self> {
        let reach = TenantReach::read(client, tenant)?;
        Self::within(client, Some(reach))
    }

    /// Reads the part that the session looks for names in, and all where one of `texts` may name
    /// something else.
    pub(in crate::migrations::losses) fn read_named<'t>(
        client: &mut impl GenericClient,
        mut texts: impl Iterator<Item = &'t str>,
    ) -> Result<Self> {
        let reach = TenantReach::of_session(client)?;
        let reach = reach.filter(|reach| !texts.any(|text| reach.may_be_left_by(text)));
        Self::within(client, reach)
    }

    /// Reads the same part again.
    pub(in crate::migrations::losses) fn read_again(
        &self,
        client: &mut impl GenericClient,
    ) -> Result<Self> {
        Self::within(client, self.reach.clone())
    }

    fn within(client: &mut impl GenericClient, reach: Option<TenantReach>) -> Result<Self> {
        let namespaces = reach.as_ref().map(TenantReach::namespaces);
        let rows = client
            .query(TABLES, &[&namespaces])
            .context("cannot read the tables of the database")?;
        let composites = Composites::read(client, namespaces)?;
        let mut all = Self {
            composites,
            reach,
            ..Self::default()
        };
        if rows.first().is_some_and(|row| row.get("has_distributions")) {
            all.has_citus = true;
            all.distributed = distributed_tables::read(client)?;
        }
        all.tenant = rows.first().and_then(|row| row.get("tenant"));
        for row in &rows {
            let (oid, table) = stored(row)?;
            match row.try_get("kind")? {
                "f" => drop(all.foreign.insert(oid, table.name)),
                _ => drop(all.tables.insert(oid, table)),
            }
        }
        Ok(all)
    }
}

fn stored(row: &Row) -> Result<(u32, Stored)> {
    let numbers: Vec<i16> = row.try_get("numbers")?;
    let names: Vec<String> = row.try_get("columns")?;
    let types: Vec<u32> = row.try_get("types")?;
    let modifiers: Vec<i32> = row.try_get("modifiers")?;
    let inherited: Vec<bool> = row.try_get("inherited")?;
    let kinds = types.into_iter().zip(modifiers);
    let columns = names.into_iter().zip(kinds).zip(inherited);
    let columns = columns.map(|((name, kind), inherited)| StoredColumn {
        name,
        kind,
        inherited,
    });
    let table = Stored {
        name: ObjectName {
            namespace: row.try_get("namespace")?,
            name: row.try_get("name")?,
        },
        file: row.try_get("relfilenode")?,
        partitioned: row.try_get::<_, &str>("kind")? == "p",
        parent: row.try_get("parent")?,
        is_partition: row.try_get("relispartition")?,
        columns: numbers.into_iter().zip(columns).collect(),
        key: row.try_get("key")?,
    };
    Ok((row.try_get("oid")?, table))
}
