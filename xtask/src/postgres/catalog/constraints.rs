//! Reads the constraints of tables.

use postgres::{Error, GenericClient, Row};

use super::alike::{self, Definitions};
use super::options::{index_definition, storage_parameters};
use super::prepared::Prepared;
use super::relations::Relations;
use crate::schema::model::{Constraint, ConstraintKind, Schema, Storage};

/// Checks are written out separately: many are similar. Internal triggers on both tables enforce a
/// foreign key, and `DISABLE TRIGGER ALL` switches these off without a trace in the constraint.
const CONSTRAINTS: &str = concat!(
    "
    SELECT k.oid, k.conname::text AS constraint_name,
           k.contype::text AS kind, k.convalidated AS validated, NOT k.conislocal AS inherited,
           CASE k.contype WHEN 'c' THEN NULL
                WHEN 'x' THEN ",
    index_definition!("pg_get_constraintdef(k.oid)", "k.conindid"),
    " ELSE pg_get_constraintdef(k.oid) END AS definition,
           CASE WHEN k.contype = 'c' THEN k.conbin::text END AS tree, k.connoinherit AS no_inherit,
           k.conrelid AS relation, k.conkey AS numbers,
           coalesce(g.disabled, false) AS disabled,
           coalesce(i.indisclustered, false) AS clustered, coalesce(i.indisvalid, true) AS index_valid,
           ",
    storage_parameters!("x.reloptions", "x.relam"),
    " AS options, s.spcname::text AS tablespace,
           nullif(concat_ws(' / ', ko.description, xo.description), '') AS comment
    FROM pg_constraint AS k
    LEFT JOIN pg_index AS i ON k.contype IN ('p', 'u', 'x') AND i.indexrelid = k.conindid
    LEFT JOIN pg_class AS x ON x.oid = i.indexrelid
    LEFT JOIN pg_tablespace AS s ON s.oid = x.reltablespace
    LEFT JOIN pg_description AS ko
        ON ko.classoid = 'pg_constraint'::regclass AND ko.objoid = k.oid AND ko.objsubid = 0
    LEFT JOIN pg_description AS xo
        ON xo.classoid = 'pg_class'::regclass AND xo.objoid = x.oid AND xo.objsubid = 0
    LEFT JOIN (SELECT tgconstraint, bool_or(tgenabled = 'D') AS disabled FROM pg_trigger
               WHERE tgisinternal GROUP BY tgconstraint) AS g ON g.tgconstraint = k.oid
    WHERE ",
    of_people!("k.conrelid"),
    "
    ORDER BY k.conrelid, constraint_name"
);

const CHECKS: &str = "
    SELECT k.oid, pg_get_constraintdef(k.oid) AS definition FROM pg_constraint AS k WHERE k.oid = ANY ($1) ORDER BY k.oid";

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    relations: &Relations,
    schema: &mut Schema,
) -> Result<(), Error> {
    let mut rows = client.query(CONSTRAINTS, &[])?;
    rows.retain(|row| relations.name(row.get("relation")).is_some());
    let mut checks = Definitions::default();
    rows.iter()
        .for_each(|row| add_check(row, relations, schema, &mut checks));
    checks.read(client, CHECKS)?;
    for row in &rows {
        let (relation, Some(kind)) = (row.get("relation"), kind(row.get("kind"))) else {
            continue;
        };
        let constraint = constraint(kind, row, relations, schema, &checks);
        let Some(table) = relations.table(schema, relation) else {
            continue;
        };
        let name: String = row.get("constraint_name");
        // PostgreSQL 18 keeps each NOT NULL as a constraint too, under a name that it makes up.
        if !constraint.is_said_by_column(&name) {
            table.constraints.insert(name, constraint);
        }
    }
    Ok(())
}

/// Adds the definition of a check. A check that is not validated is similar to no other: `NOT
/// VALID` is not in its tree.
fn add_check(row: &Row, relations: &Relations, schema: &Schema, checks: &mut Definitions) {
    let Some(tree) = row.get::<_, Option<&str>>("tree") else {
        return;
    };
    let mut shape = if row.get("no_inherit") {
        "NO INHERIT ".to_owned()
    } else {
        String::new()
    };
    let name = |number| {
        relations
            .column(schema, row.get("relation"), number)
            .map(|(name, _)| name)
    };
    let is_alike = alike::write_shape(tree, name, &mut shape) && row.get("validated");
    checks.add(row.get("oid"), is_alike.then_some(&shape));
}

fn constraint(
    kind: ConstraintKind,
    row: &Row,
    relations: &Relations,
    schema: &Schema,
    checks: &Definitions,
) -> Constraint {
    let mut options: Vec<String> = row.get::<_, Option<_>>("options").unwrap_or_default();
    options.sort();
    let numbers: Vec<i16> = row.get::<_, Option<_>>("numbers").unwrap_or_default();
    let names = numbers
        .iter()
        .filter_map(|number| relations.column(schema, row.get("relation"), *number));
    let check = || checks.of(row.get("oid")).map(|(_, text)| text.to_owned());
    Constraint {
        kind,
        columns: names.map(|(name, _)| name.to_owned()).collect(),
        definition: row
            .get::<_, Option<String>>("definition")
            .or_else(check)
            .unwrap_or_default(),
        validated: row.get("validated"),
        disabled: row.get("disabled"),
        inherited: row.get("inherited"),
        clustered: row.get("clustered"),
        index_valid: row.get("index_valid"),
        storage: Storage {
            options,
            access_method: None,
            tablespace: row.get("tablespace"),
        },
        comment: row.get("comment"),
    }
}

/// `pg_constraint.contype`; `None` for a kind that later versions of PostgreSQL may add.
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
