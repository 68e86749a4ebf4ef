//! The constraints of tables.

use postgres::{Error, GenericClient};

use super::{OwnTables, object_name};
use crate::schema::model::{Constraint, ConstraintKind, Schema};

const CONSTRAINTS: &str = "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, k.conname::text AS constraint_name,
           k.contype::text AS kind, k.convalidated AS validated,
           pg_get_constraintdef(k.oid) AS definition,
           ARRAY(SELECT a.attname::text
                 FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
                 JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
                 ORDER BY u.place) AS columns
    FROM pg_constraint AS k
    JOIN pg_class AS c ON c.oid = k.conrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND c.relname <> ALL ($1::text[])
    ORDER BY namespace, name, constraint_name";

pub(super) fn read(client: &mut impl GenericClient, own: &OwnTables, schema: &mut Schema) -> Result<(), Error> {
    for row in client.query(CONSTRAINTS, &[&own.0])? {
        let Some(table) = schema.tables.get_mut(&object_name(&row)) else { continue };
        let Some(kind) = kind(row.get("kind")) else { continue };
        let constraint = Constraint {
            kind,
            columns: row.get("columns"),
            definition: row.get("definition"),
            validated: row.get("validated"),
            ..Constraint::default()
        };
        table.constraints.insert(row.get("constraint_name"), constraint);
    }
    Ok(())
}

/// `pg_constraint.contype`; none for a kind that later versions of PostgreSQL may add.
fn kind(contype: &str) -> Option<ConstraintKind> {
    match contype {
        "p" => Some(ConstraintKind::PrimaryKey),
        "u" => Some(ConstraintKind::Unique),
        "c" => Some(ConstraintKind::Check),
        "f" => Some(ConstraintKind::ForeignKey),
        "x" => Some(ConstraintKind::Exclusion),
        "t" => Some(ConstraintKind::Trigger),
        "n" => Some(ConstraintKind::NotNull),
        _ => None,
    }
}
