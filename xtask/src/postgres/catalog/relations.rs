//! Tables and views, without what is in them.

use postgres::{Error, GenericClient};

use super::{OwnTables, object_name};
use crate::schema::model::{Schema, Table, View};

const TABLES: &str = "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, obj_description(c.oid, 'pg_class') AS comment
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND c.relname <> ALL ($1::text[])
      AND NOT EXISTS (
          SELECT FROM pg_depend AS e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
    ORDER BY namespace, name";

const VIEWS: &str = "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, c.relkind = 'm' AS materialized,
           pg_get_viewdef(c.oid) AS definition, obj_description(c.oid, 'pg_class') AS comment
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (
          SELECT FROM pg_depend AS e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
    ORDER BY namespace, name";

pub(super) fn read(client: &mut impl GenericClient, own: &OwnTables, schema: &mut Schema) -> Result<(), Error> {
    for row in client.query(TABLES, &[&own.0])? {
        let table = Table { comment: row.get("comment"), ..Table::default() };
        schema.tables.insert(object_name(&row), table);
    }
    for row in client.query(VIEWS, &[])? {
        let view = View {
            materialized: row.get("materialized"),
            columns: Vec::new(),
            definition: row.get("definition"),
            comment: row.get("comment"),
            ..View::default()
        };
        schema.views.insert(object_name(&row), view);
    }
    Ok(())
}
