//! An entity has a TypeScript type and no validation schema.
//!
//! ## Why
//! Whatever comes in is written as it is: what the database would refuse fails there, and what it would not refuse
//! stays.
//!
//! ## Example
//! ```sql
//! CREATE TABLE tags (id uuid NOT NULL, name text NOT NULL);
//! ```
//! ```ts
//! export interface TagTable {
//!   id: string;
//!   name: string;
//! }
//! ```
//! No schema is called `TagSchema`, `CreateTagSchema`…, carries the tag `@table tags`, or stands in the configuration's
//! `map`. Without `validation` in the configuration the check does not run.

use super::entities::EntityKind;
use super::matching::{Described, Role};
use super::{Check, Model};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_VALIDATION_SCHEMA",
    category: Category::ValidationSchemas,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_validation_schema.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    if model.input.config.sources.validation.is_empty() {
        return Vec::new();
    }
    let tables = model.described.iter().filter(|described| described.entity.kind == EntityKind::Table);
    let unvalidated = tables.filter(|described| described.schemas().next().is_none());
    unvalidated.filter_map(|described| finding(model, described)).collect()
}

/// A table without a type has one finding already.
fn finding(model: &Model<'_>, described: &Described<'_>) -> Option<Finding> {
    let entity = described.entity.title();
    let described_by = |role: Role| described.of_role(role).next();
    let ty = described_by(Role::Domain).or_else(|| described_by(Role::Row)).or_else(|| described.types().next())?;
    let name = &ty.declaration.name;
    let finding = CHECK
        .finding(&entity, format!("Entity '{entity}' has no validation schema"))
        .at(&ty.declaration.location, format!("`{name}` describes `{entity}`"))
        .at_some(model.input.provenance.table(described.entity.name), format!("`{entity}` was last changed here"))
        .with_help(format!(
            "declare a Zod schema with one of the configured names, or tag the one that validates it with `@table {entity}`"
        ));
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE tags (id uuid NOT NULL, name text NOT NULL);";
    const TYPE: &str = "export interface TagTable { id: string; name: string }";

    pub const CASES: Cases = Cases {
        failing: &[Case { configuration: "validation = ['**/*.ts']", ..Case::failing_entity(TABLE, TYPE, 1) }],
        passing: &[
            Case::passing(TABLE, TYPE),
            Case {
                configuration: "validation = ['**/*.ts']",
                ..Case::passing(
                    TABLE,
                    "import { z } from 'zod';\nexport interface TagTable { id: string; name: string }\nexport const TagSchema = z.object({ id: z.uuid(), name: z.string() });",
                )
            },
        ],
    };
}
