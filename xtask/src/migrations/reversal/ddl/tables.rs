//! Tables, and the constraints, triggers, policies and rules on them.

use super::columns::{definition, written_option};
use super::names::{list, name, qualified};
use crate::schema::model::{
    Constraint, ConstraintKind, ObjectName, Partition, Policy, Schema, Storage, Table,
};

/// Writes `CREATE TABLE` with its columns, and with the constraints that can stand in it.
pub fn create(schema: &Schema, object: &ObjectName, wanted: &Table) -> String {
    let own = |inherited: bool| wanted.partition.is_some() || !inherited;
    let mut parts: Vec<String> = wanted
        .columns
        .iter()
        .filter(|column| own(column.inherited))
        .map(|column| definition(schema, object, column))
        .collect();
    for (constraint, wanted) in wanted
        .constraints
        .iter()
        .filter(|(_, one)| own(one.inherited))
    {
        if is_inline(wanted) {
            parts.push(format!(
                "CONSTRAINT {} {}",
                name(constraint),
                wanted.definition
            ));
        }
    }
    let kind = match (&wanted.foreign, wanted.unlogged) {
        (Some(_), _) => "FOREIGN TABLE",
        (None, true) => "UNLOGGED TABLE",
        (None, false) => "TABLE",
    };
    let inside = match parts.is_empty() {
        true => String::new(),
        false => format!("\n  {}\n", parts.join(",\n  ")),
    };
    let mut written = format!("CREATE {kind} {} ({inside})", qualified(object));
    if !wanted.inherits.is_empty() {
        let parents: Vec<String> = wanted.inherits.iter().map(qualified).collect();
        written += &format!(" INHERITS ({})", parents.join(", "));
    }
    if let Some(by) = &wanted.partition_by {
        written += &format!(" PARTITION BY {by}");
    }
    if let Some(foreign) = &wanted.foreign {
        written += &format!(" {foreign}");
    }
    written += &storage(&wanted.storage);
    written
}

/// Writes how a table or a materialised view is stored, with a space before each clause.
pub(super) fn storage(wanted: &Storage) -> String {
    let mut written = String::new();
    if let Some(method) = &wanted.access_method {
        written += &format!(" USING {}", name(method));
    }
    if !wanted.options.is_empty() {
        let options: Vec<String> = wanted
            .options
            .iter()
            .map(|option| written_option(option))
            .collect();
        written += &format!(" WITH ({})", options.join(", "));
    }
    if let Some(tablespace) = &wanted.tablespace {
        written += &format!(" TABLESPACE {}", name(tablespace));
    }
    written
}

/// Whether `CREATE TABLE` can hold the constraint: it needs no other table, and no statement of its
/// own.
pub fn is_inline(constraint: &Constraint) -> bool {
    let kind = matches!(
        constraint.kind,
        ConstraintKind::PrimaryKey
            | ConstraintKind::Unique
            | ConstraintKind::Check
            | ConstraintKind::Exclusion
    );
    kind && constraint.validated
}

/// Writes `ALTER TABLE … ATTACH PARTITION`.
pub fn attach(part: &ObjectName, partition: &Partition) -> String {
    format!(
        "ALTER TABLE {} ATTACH PARTITION {} {}",
        qualified(&partition.of),
        qualified(part),
        partition.bound
    )
}

/// Writes `CREATE POLICY`.
pub fn create_policy(table: &str, policy: &str, wanted: &Policy) -> String {
    let mut written = format!("CREATE POLICY {} ON {table}", name(policy));
    if wanted.restrictive {
        written += " AS RESTRICTIVE";
    }
    if wanted.command != "ALL" {
        written += &format!(" FOR {}", wanted.command);
    }
    if wanted.roles != ["PUBLIC"] {
        written += &format!(" TO {}", list(&wanted.roles));
    }
    if let Some(using) = &wanted.using {
        written += &format!(" USING ({using})");
    }
    if let Some(check) = &wanted.check {
        written += &format!(" WITH CHECK ({check})");
    }
    written
}
