//! The columns of tables and views.

use postgres::{Error, GenericClient, Row};

use super::{OwnTables, object_name};
use crate::schema::model::{Column, Identity, Schema};

/// `NOT NULL` may also come from a domain, at any depth of domains over domains.
const COLUMNS: &str = "
    WITH RECURSIVE not_null_domain AS (
        SELECT oid FROM pg_type WHERE typtype = 'd' AND typnotnull
        UNION
        SELECT t.oid FROM pg_type AS t JOIN not_null_domain AS d ON t.typbasetype = d.oid WHERE t.typtype = 'd')
    SELECT n.nspname::text AS namespace, c.relname::text AS name, a.attname::text AS column_name,
           format_type(a.atttypid, a.atttypmod) AS type_name,
           a.attnotnull OR a.atttypid IN (SELECT oid FROM not_null_domain) AS not_null,
           a.attidentity::text AS identity,
           a.attgenerated::text AS generated,
           pg_get_expr(d.adbin, d.adrelid) AS expression,
           CASE WHEN a.attcollation <> t.typcollation
                THEN quote_ident(ln.nspname) || '.' || quote_ident(l.collname) END AS collation,
           col_description(c.oid, a.attnum) AS comment
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
    LEFT JOIN pg_namespace AS ln ON ln.oid = l.collnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm')
      AND a.attnum > 0 AND NOT a.attisdropped
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND c.relname <> ALL ($1::text[])
    ORDER BY namespace, name, a.attnum";

pub(super) fn read(client: &mut impl GenericClient, own: &OwnTables, schema: &mut Schema) -> Result<(), Error> {
    for row in client.query(COLUMNS, &[&own.0])? {
        let name = object_name(&row);
        if let Some(table) = schema.tables.get_mut(&name) {
            table.columns.push(column(&row));
        } else if let Some(view) = schema.views.get_mut(&name) {
            view.columns.push(column(&row));
        }
    }
    Ok(())
}

fn column(row: &Row) -> Column {
    let expression: Option<String> = row.get("expression");
    let is_generated = !row.get::<_, &str>("generated").is_empty();
    let (default, generated) = if is_generated { (None, expression) } else { (expression, None) };
    Column {
        name: row.get("column_name"),
        type_name: row.get("type_name"),
        not_null: row.get("not_null"),
        default,
        identity: match row.get("identity") {
            "a" => Some(Identity::Always),
            "d" => Some(Identity::ByDefault),
            _ => None,
        },
        generated,
        collation: row.get("collation"),
        comment: row.get("comment"),
        ..Column::default()
    }
}
