//! The reach of a tenant's SQL. Beside hundreds of other tenants, only the tables of the tenant's
//! own schema and of `public` are read: reading all of them would take longer than the migration, and
//! changes that others make to theirs during a migration would look like a loss. The locks of the transaction
//! tell whether its SQL changed anything elsewhere. They last until it ends, and nobody can switch them
//! off.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use postgres::{GenericClient, Transaction};

/// The part of a database that is read for one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrations::losses) struct TenantReach {
    /// The namespaces that are read: that of the tenant, and `public`.
    namespaces: Vec<String>,
    /// The relations of all other namespaces.
    elsewhere: BTreeSet<u32>,
    /// The other namespaces with tables, whose names decide how tables are called.
    pub(super) other_namespaces: BTreeSet<String>,
}

/// The relations in other namespaces than `$1` that hold data, or decide how data is read.
const ELSEWHERE: &str = "
    SELECT coalesce(array_agg(c.oid), '{}') AS relations,
           coalesce(array_agg(DISTINCT n.nspname::text) FILTER (WHERE c.relkind IN ('r', 'p', 'f')), '{}') AS namespaces
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'm', 'S', 'c') AND n.nspname <> ALL ($1)
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";

/// The relations on which this transaction holds the lock of a change, and whether one of the changes
/// is outside of the namespaces `$1`. A lock for rows alone counts where rows were deleted or updated,
/// if those are counted (`$2`).
///
/// Two changes of types change what stored values mean without a lock on their table: another label of
/// an enum, and an attribute less of a composite type. They lock the type. So the tables are looked for
/// that use a locked type, by whatever types between. Who writes to the catalogs may change anything.
const CHANGED: &str = "
    WITH RECURSIVE locked AS MATERIALIZED (
        SELECT l.relation, CASE WHEN l.classid = 'pg_catalog.pg_type'::regclass THEN l.objid END AS type
        FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
        WHERE l.locktype IN ('relation', 'object') AND l.pid = pg_catalog.pg_backend_pid() AND l.granted
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
          AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
          AND NOT ($2 AND l.mode = 'RowExclusiveLock' AND coalesce(c.relkind IN ('r', 'p'), false)
                   AND pg_catalog.pg_stat_get_xact_tuples_deleted(l.relation) = 0
                   AND pg_catalog.pg_stat_get_xact_tuples_updated(l.relation) = 0)
    ), used (type, relation) AS (
        SELECT type, 0::oid FROM locked WHERE type IS NOT NULL
        UNION
        SELECT c.reltype, c.oid FROM locked JOIN pg_catalog.pg_class c ON c.oid = locked.relation
        UNION
        SELECT coalesce(c.reltype, d.objid), coalesce(c.oid, 0::oid)
        FROM used
        JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid = used.type
                                   AND d.classid IN ('pg_catalog.pg_type'::regclass, 'pg_catalog.pg_class'::regclass)
        LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
        WHERE used.type <> 0
    ), namespaces (oid) AS (
        SELECT c.relnamespace FROM used JOIN pg_catalog.pg_class c ON c.oid = used.relation
        WHERE c.relkind IN ('r', 'p', 'f', 'm', 'S', 'c')
        UNION
        SELECT t.typnamespace FROM used JOIN pg_catalog.pg_type t ON t.oid = used.type
    )
    SELECT (SELECT coalesce(array_agg(relation) FILTER (WHERE relation IS NOT NULL), '{}') FROM locked) AS relations,
           EXISTS (SELECT FROM namespaces JOIN pg_catalog.pg_namespace n ON n.oid = namespaces.oid
                   WHERE n.nspname <> ALL ($1) AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_')
           OR EXISTS (SELECT FROM locked WHERE relation IN (
                          'pg_catalog.pg_class'::regclass, 'pg_catalog.pg_attribute'::regclass,
                          'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_enum'::regclass)) AS leaves";

impl TenantReach {
    /// Reads what lies outside of the schema `tenant` and of `public`.
    pub(super) fn read(client: &mut impl GenericClient, tenant: &str) -> Result<Self> {
        let namespaces = vec![tenant.to_owned(), "public".to_owned()];
        let row = client
            .query_one(ELSEWHERE, &[&namespaces])
            .context("cannot read which tables other tenants have")?;
        let (elsewhere, other_namespaces): (Vec<u32>, Vec<String>) =
            (row.try_get("relations")?, row.try_get("namespaces")?);
        Ok(Self {
            namespaces,
            elsewhere: elsewhere.into_iter().collect(),
            other_namespaces: other_namespaces.into_iter().collect(),
        })
    }

    /// As [`Self::read`] for the tenant to which the session is confined; none where it is no tenant's.
    pub(super) fn of_session(client: &mut impl GenericClient) -> Result<Option<Self>> {
        let query = "SELECT nullif(pg_catalog.current_setting('pgaccord.tenant', true), '')";
        let row = client
            .query_one(query, &[])
            .context("cannot read whose session this is")?;
        let tenant: Option<String> = row.try_get(0)?;
        tenant.map(|tenant| Self::read(client, &tenant)).transpose()
    }

    /// Whether `text` may name something in another namespace.
    pub(super) fn may_be_left_by(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut others = self.other_namespaces.iter();
        others.any(|namespace| text.contains(&namespace.to_lowercase()))
    }

    /// The namespaces that are read.
    pub(in crate::migrations::losses) fn namespaces(&self) -> &[String] {
        &self.namespaces
    }

    /// Whether the SQL of this transaction changed something that is not read. With `are_rows_counted`
    /// the counters of rows tell all that were deleted or updated.
    pub(in crate::migrations::losses) fn is_left(
        &self,
        transaction: &mut Transaction<'_>,
        are_rows_counted: bool,
    ) -> Result<bool> {
        let row = transaction
            .query_one(CHANGED, &[&self.namespaces, &are_rows_counted])
            .context("cannot read which tables the transaction changed")?;
        // A table that was dropped is still locked.
        let changed: Vec<u32> = row.try_get("relations")?;
        let is_elsewhere = |relation: &u32| self.elsewhere.contains(relation);
        Ok(row.try_get("leaves")? || changed.iter().any(is_elsewhere))
    }
}
