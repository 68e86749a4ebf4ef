//! A validation schema checks for another type than the column's.
//!
//! ## Why
//! The schema rejects what the database holds, or lets in what the database refuses.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id uuid PRIMARY KEY, vote_count integer NOT NULL);
//! ```
//! ```ts
//! export const BillSchema = z.object({
//!   id: z.uuid(),
//!   voteCount: z.string(),
//! });
//! ```
//! Both what the driver returns and what JSON holds is accepted: a `timestamptz` may be a date or a
//! string.

use super::accepted_kinds::{self, DescriptionLayer};
use super::{Check, Compared, Model, wording};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "VALIDATION_TYPE_MISMATCH",
    category: Category::ValidationSchemas,
    severity: Severity::Error,
    critical: true,
    source: include_str!("validation_type_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    model
        .schema_fields()
        .filter_map(|compared| judge(model, compared))
        .collect()
}

fn judge(model: &Model<'_>, compared: Compared<'_, '_>) -> Option<Finding> {
    let Compared {
        described,
        description,
        facts,
        pair,
    } = compared;
    let config = model.input.config;
    if accepted_kinds::accepts(&facts.ty, &pair.field.kind, DescriptionLayer::Wire, config)
        || compared.is_of_custom_type()
    {
        return None;
    }
    let kind = wording::kind(&pair.field.kind);
    let message = format!(
        "Type mismatch for field '{}': `{kind}` in validation schema `{}`, {} in the database",
        pair.column.name,
        description.declaration.name,
        wording::column_type(pair.column)
    );
    let expected = accepted_kinds::describe(&facts.ty, DescriptionLayer::Wire, config);
    let found = CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, format!("`{kind}` here"))
        .at_column(described.entity.name, pair.column, model.input.provenance)
        .with_detail("databaseType", pair.column.type_name.as_str())
        .with_detail("schemaType", kind)
        .with_help(format!(
            "{} is validated as `{expected}`",
            wording::bare_column_type(pair.column)
        ));
    Some(found)
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bills (id uuid PRIMARY KEY, vote_count bigint NOT NULL, filed_at timestamptz NOT NULL, tags text[] NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::validation(
                TABLE,
                "export const BillSchema = z.object({ id: z.uuid(),\n voteCount: z.boolean(), filedAt: z.date(), tags: z.array(z.string()) });",
                (3, "vote_count"),
            ),
            Case::validation(
                TABLE,
                "export const BillSchema = z.object({ id: z.uuid(), voteCount: z.number().int(), filedAt: z.date(),\n tags: z.string() });",
                (3, "tags"),
            ),
        ],
        passing: &[
            Case::valid(
                TABLE,
                "export const BillSchema = z.object({ id: z.uuid(), voteCount: z.number().int(), filedAt: z.date(), tags: z.array(z.string()) });",
            ),
            Case::valid(
                TABLE,
                "export const BillSchema = z.object({ id: z.uuid(), voteCount: z.bigint(), filedAt: z.string(), tags: z.string().array() });",
            ),
        ],
    };
}
