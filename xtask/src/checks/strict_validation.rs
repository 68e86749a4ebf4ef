//! A validation schema of what goes out is stricter than the database.
//!
//! ## Why
//! A row that the database holds by right is rejected when it is read, and the request fails.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id uuid PRIMARY KEY, title varchar(500) NOT NULL);
//! ```
//! ```ts
//! export const BillResponseSchema = z.object({
//!   id: z.uuid(),
//!   title: z.string().max(100),
//! });
//! ```
//! Only schemas whose names say that they are of rows or responses are judged: a schema of what comes in may be as
//! strict as it likes.

use super::check_constraints::Bound;
use super::entities::ColumnFacts;
use super::matching::Role;
use super::{Check, Compared, Model};
use crate::report::{Category, Finding, Severity};
use crate::typescript::facts::Constraints;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "STRICT_VALIDATION",
    category: Category::ValidationSchemas,
    severity: Severity::Warning,
    critical: false,
    source: include_str!("strict_validation.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let output = model.schema_fields().filter(|compared| compared.description.role == Role::OutputSchema);
    output.filter_map(|compared| judge(model, compared)).collect()
}

fn judge(model: &Model<'_>, compared: Compared<'_, '_>) -> Option<Finding> {
    let Compared { described, description, facts, pair } = compared;
    let excess = excess(facts, &pair.field.constraints)?;
    let message = format!(
        "Validation of field '{}' in `{}` rejects what the database holds: {excess}",
        pair.column.name, description.declaration.name
    );
    let found = CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, excess)
        .at_column(described.entity.name, pair.column, model.input.provenance);
    Some(found)
}

/// What the schema demands and the column does not.
fn excess(facts: &ColumnFacts<'_>, constraints: &Constraints) -> Option<String> {
    let demands = &facts.demands;
    if let Some(max) = constraints.max_length.filter(|max| demands.max_length.is_none_or(|limit| *max < limit)) {
        return Some(format!("at most {max} characters"));
    }
    if let Some(min) = constraints.min_length.filter(|min| *min > demands.min_length.unwrap_or(0)) {
        return Some(format!("at least {min} characters"));
    }
    let below = |value: f64, bound: Option<Bound>| bound.is_none_or(|bound| value < bound.value);
    let above = |value: f64, bound: Option<Bound>| bound.is_none_or(|bound| value > bound.value);
    if let Some(max) = constraints.maximum.filter(|max| below(*max, demands.maximum)) {
        return Some(format!("at most {max}"));
    }
    constraints.minimum.filter(|min| above(*min, demands.minimum)).map(|min| format!("at least {min}"))
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bills (id uuid PRIMARY KEY, title varchar(500) NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[Case::validation(
            TABLE,
            "/** @table bills */\nexport const BillResponseSchema = z.object({ id: z.uuid(),\n title: z.string().max(100) });",
            (4, "title"),
        )],
        passing: &[
            Case::valid(
                TABLE,
                "/** @table bills */\nexport const BillResponseSchema = z.object({ id: z.uuid(), title: z.string() });",
            ),
            Case::valid(TABLE, "export const CreateBillSchema = z.object({ title: z.string().max(100) });"),
        ],
    };
}
