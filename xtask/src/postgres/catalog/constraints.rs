//! The constraints of tables.

use postgres::{Error, GenericClient, Row};

use super::columns::ColumnNames;
use super::{OwnTables, object_name};
use crate::schema::model::{Constraint, ConstraintKind, Schema, Storage};

/// A foreign key is enforced by internal triggers on both tables, which `DISABLE TRIGGER ALL` switches off unseen.
const CONSTRAINTS: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, k.conname::text AS constraint_name,
           k.contype::text AS kind, k.convalidated AS validated, NOT k.conislocal AS inherited,
           pg_get_constraintdef(k.oid) AS definition,
           k.conrelid AS relation, coalesce(k.conkey, '{}') AS numbers,
           coalesce(g.disabled, false) AS disabled,
           coalesce(i.indisclustered, false) AS clustered, coalesce(i.indisvalid, true) AS index_valid,
           coalesce(x.reloptions, '{}') AS options, s.spcname::text AS tablespace,
           nullif(concat_ws(' / ', ko.description, xo.description), '') AS comment
    FROM pg_constraint AS k
    JOIN pg_class AS c ON c.oid = k.conrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_index AS i ON k.contype IN ('p', 'u', 'x') AND i.indexrelid = k.conindid
    LEFT JOIN pg_class AS x ON x.oid = i.indexrelid
    LEFT JOIN pg_tablespace AS s ON s.oid = x.reltablespace
    LEFT JOIN pg_description AS ko
        ON ko.classoid = 'pg_constraint'::regclass AND ko.objoid = k.oid AND ko.objsubid = 0
    LEFT JOIN pg_description AS xo
        ON xo.classoid = 'pg_class'::regclass AND xo.objoid = x.oid AND xo.objsubid = 0
    LEFT JOIN (SELECT tgconstraint, bool_or(tgenabled = 'D') AS disabled FROM pg_trigger
               WHERE tgisinternal GROUP BY tgconstraint) AS g ON g.tgconstraint = k.oid
    WHERE c.relname <> ALL ($1::text[])
      AND ",
    namespaces!(),
    " ORDER BY namespace, name, constraint_name"
);

pub(super) fn read(
    client: &mut impl GenericClient,
    own: &OwnTables,
    names: &ColumnNames,
    schema: &mut Schema,
) -> Result<(), Error> {
    for row in client.query(CONSTRAINTS, &[&own.tables])? {
        let Some(table) = schema.tables.get_mut(&object_name(&row)) else { continue };
        let Some(kind) = kind(row.get("kind")) else { continue };
        let constraint = constraint(kind, &row, names);
        if !is_of_column(&constraint, &row) {
            table.constraints.insert(row.get("constraint_name"), constraint);
        }
    }
    Ok(())
}

fn constraint(kind: ConstraintKind, row: &Row, names: &ColumnNames) -> Constraint {
    let mut options: Vec<String> = row.get("options");
    options.sort();
    Constraint {
        kind,
        columns: names.of(row.get("relation"), &row.get::<_, Vec<i16>>("numbers")),
        definition: row.get("definition"),
        validated: row.get("validated"),
        disabled: row.get("disabled"),
        inherited: row.get("inherited"),
        clustered: row.get("clustered"),
        index_valid: row.get("index_valid"),
        storage: Storage { options, access_method: None, tablespace: row.get("tablespace") },
        comment: row.get("comment"),
    }
}

/// Since PostgreSQL 18 each `NOT NULL` of a column is a constraint as well. One that has the name and the properties that
/// it gets by itself says nothing that the column does not.
fn is_of_column(constraint: &Constraint, row: &Row) -> bool {
    let [column] = constraint.columns.as_slice() else { return false };
    let (table, name): (&str, &str) = (row.get("name"), row.get("constraint_name"));
    let is_plain =
        !constraint.definition.contains(" NO INHERIT") && constraint.validated && constraint.comment.is_none();
    constraint.kind == ConstraintKind::NotNull && is_plain && name == format!("{table}_{column}_not_null")
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
