//! Indexes that no constraint owns, and extended statistics.

use postgres::{Error, GenericClient};

use super::{OwnTables, object_name, optional_name};
use crate::schema::model::{Index, ObjectName, Schema, Statistics};

const INDEXES: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, x.relname::text AS index_name,
           i.indisvalid AND i.indisready AND i.indislive AS valid, i.indisclustered AS clustered,
           pg_get_indexdef(i.indexrelid) AS definition,
           pn.nspname::text AS parent_namespace, p.relname::text AS parent_name,
           s.spcname::text AS tablespace,
           coalesce(g.targets, '{}') AS statistics,
           o.description AS comment
    FROM pg_index AS i
    JOIN pg_class AS x ON x.oid = i.indexrelid
    JOIN pg_class AS c ON c.oid = i.indrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits AS h ON h.inhrelid = i.indexrelid
    LEFT JOIN pg_class AS p ON p.oid = h.inhparent
    LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
    LEFT JOIN pg_tablespace AS s ON s.oid = x.reltablespace
    LEFT JOIN (SELECT a.attrelid, array_agg(a.attnum || '=' || a.attstattarget ORDER BY a.attnum) AS targets
               FROM pg_attribute AS a WHERE a.attstattarget >= 0 AND a.attnum > 0 GROUP BY a.attrelid) AS g ON g.attrelid = i.indexrelid
    LEFT JOIN pg_description AS o
        ON o.classoid = 'pg_class'::regclass AND o.objoid = x.oid AND o.objsubid = 0
    WHERE c.relname <> ALL ($1::text[])
      AND NOT EXISTS (
          SELECT FROM pg_constraint AS k
          WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x'))
      AND ",
    namespaces!(),
    " ORDER BY namespace, name, index_name"
);

const STATISTICS: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name,
           sn.nspname::text AS statistics_namespace, s.stxname::text AS statistics_name,
           pg_get_statisticsobjdef(s.oid) AS definition,
           CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::int4 END AS target,
           obj_description(s.oid, 'pg_statistic_ext') AS comment
    FROM pg_statistic_ext AS s
    JOIN pg_namespace AS sn ON sn.oid = s.stxnamespace
    JOIN pg_class AS c ON c.oid = s.stxrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE ",
    namespaces!(),
    " ORDER BY namespace, name, statistics_namespace, statistics_name"
);

pub(super) fn read(client: &mut impl GenericClient, own: &OwnTables, schema: &mut Schema) -> Result<(), Error> {
    for row in client.query(INDEXES, &[&own.tables])? {
        let index = Index {
            definition: row.get("definition"),
            valid: row.get("valid"),
            clustered: row.get("clustered"),
            part_of: optional_name(&row, "parent_namespace", "parent_name"),
            tablespace: row.get("tablespace"),
            statistics: row.get("statistics"),
            comment: row.get("comment"),
        };
        let relation = object_name(&row);
        if let Some(table) = schema.tables.get_mut(&relation) {
            table.indexes.insert(row.get("index_name"), index);
        } else if let Some(view) = schema.views.get_mut(&relation) {
            view.indexes.insert(row.get("index_name"), index);
        }
    }
    for row in client.query(STATISTICS, &[])? {
        let name = ObjectName { namespace: row.get("statistics_namespace"), name: row.get("statistics_name") };
        let statistics =
            Statistics { definition: row.get("definition"), target: row.get("target"), comment: row.get("comment") };
        if let Some(table) = schema.tables.get_mut(&object_name(&row)) {
            table.statistics.insert(name, statistics);
        }
    }
    Ok(())
}
