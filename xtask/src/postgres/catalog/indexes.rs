//! Indexes that no constraint owns.

use postgres::{Error, GenericClient};

use super::{OwnTables, object_name};
use crate::schema::model::{Index, Schema};

const INDEXES: &str = "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, x.relname::text AS index_name,
           i.indisvalid AS valid, pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index AS i
    JOIN pg_class AS x ON x.oid = i.indexrelid
    JOIN pg_class AS c ON c.oid = i.indrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND c.relname <> ALL ($1::text[])
      AND NOT EXISTS (
          SELECT FROM pg_constraint AS k
          WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x'))
    ORDER BY namespace, name, index_name";

pub(super) fn read(client: &mut impl GenericClient, own: &OwnTables, schema: &mut Schema) -> Result<(), Error> {
    for row in client.query(INDEXES, &[&own.0])? {
        let Some(table) = schema.tables.get_mut(&object_name(&row)) else { continue };
        let index = Index { definition: row.get("definition"), valid: row.get("valid"), ..Index::default() };
        table.indexes.insert(row.get("index_name"), index);
    }
    Ok(())
}
