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
//! Only schemas whose names say that they are of rows or responses are judged: a schema of what
//! comes in may be as strict as it likes.

use super::entities::ColumnFacts;
use super::matching::{Description, Role, Strength};
use super::{Check, Compared, Model};
use crate::facts::{Constraints, Field, Kind};
use crate::report::{Category, Finding, Severity};

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
    // What an answer is made of may be held to more than rows are.
    let is_output = |description: &Description<'_>| {
        description.role == Role::OutputSchema && description.strength != Strength::Message
    };
    let output = model
        .schema_fields()
        .filter(|compared| is_output(compared.description));
    output
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
    let excess = excess(facts, pair.field)?;
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

/// Describes a demand that the schema makes and the column does not, on the value or on the items
/// of an array.
fn excess(facts: &ColumnFacts<'_>, field: &Field) -> Option<String> {
    if !matches!(field.kind, Kind::Array(_)) {
        return of_value(facts, &field.constraints);
    }
    let size = &field.constraints;
    let most = size.max_length.map(|max| format!("at most {max} items"));
    let least = size
        .min_length
        .filter(|min| *min > 0)
        .map(|min| format!("at least {min} items"));
    most.or(least).or_else(|| {
        let items = of_value(facts, &field.innermost().1).filter(|_| facts.ty.array)?;
        Some(format!("{items} in each item"))
    })
}

fn of_value(facts: &ColumnFacts<'_>, constraints: &Constraints) -> Option<String> {
    let demands = &facts.demands;
    if let Some(max) = constraints
        .max_length
        .filter(|max| demands.max_length.is_none_or(|limit| *max < limit))
    {
        return Some(format!("at most {max} characters"));
    }
    if let Some(min) = constraints
        .min_length
        .filter(|min| *min > demands.min_length.unwrap_or(0))
    {
        return Some(format!("at least {min} characters"));
    }
    let (least, greatest) = facts.range().unzip();
    let least = [least, demands.minimum.map(|bound| bound.value)]
        .into_iter()
        .flatten()
        .reduce(f64::max);
    let greatest = [greatest, demands.maximum.map(|bound| bound.value)]
        .into_iter()
        .flatten()
        .reduce(f64::min);
    if let Some(max) = constraints
        .maximum
        .filter(|max| greatest.is_none_or(|limit| *max < limit))
    {
        return Some(format!("at most {max}"));
    }
    let min = constraints
        .minimum
        .filter(|min| least.is_none_or(|limit| *min > limit))?;
    Some(format!("at least {min}"))
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bills (id uuid PRIMARY KEY, title varchar(500) NOT NULL, tags varchar(20)[] NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::validation(
                TABLE,
                "/** @table bills */\nexport const BillResponseSchema = z.object({ id: z.uuid(), tags: z.array(z.string()),\n title: z.string().max(100) });",
                (4, "title"),
            ),
            Case::validation(
                TABLE,
                "/** @table bills */\nexport const BillResponseSchema = z.object({ id: z.uuid(), title: z.string(),\n tags: z.array(z.string().max(10)) });",
                (4, "tags"),
            ),
            Case::validation(
                TABLE,
                "/** @table bills */\nexport const BillResponseSchema = z.object({ id: z.uuid(), title: z.string(),\n tags: z.array(z.string()).max(3) });",
                (4, "tags"),
            ),
        ],
        passing: &[
            Case::valid(
                "CREATE TABLE users (id uuid PRIMARY KEY, name text NOT NULL);",
                "export const GetUserResponseSchema = z.object({ id: z.uuid(), name: z.string().min(3) });",
            ),
            Case::valid(
                TABLE,
                "/** @table bills */\nexport const BillResponseSchema = z.object({ id: z.uuid(), title: z.string(), tags: z.array(z.string()) });",
            ),
            Case::valid(
                TABLE,
                "export const CreateBillSchema = z.object({ title: z.string().max(100), tags: z.array(z.string().max(20)).max(3) });",
            ),
        ],
    };
}
