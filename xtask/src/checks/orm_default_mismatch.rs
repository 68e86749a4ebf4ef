//! A Drizzle column has a default that the column of the database lacks.
//!
//! ## Why
//! The ORM lets every insert leave the column out, and leaves it to the database to fill it in: without a default there,
//! a `NOT NULL` column refuses the row, and any other silently holds null.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id uuid NOT NULL, filed_at timestamp with time zone NOT NULL);
//! ```
//! ```ts
//! export const bills = pgTable('bills', {
//!   id: uuid('id').defaultRandom().primaryKey(),
//!   filedAt: timestamp('filed_at', { withTimezone: true }).defaultNow().notNull(),
//! });
//! ```
//! What only the program fills in (`.$default(…)`) needs no default in the database. Of a column that can be null it is a
//! warning.

use super::{Check, Compared, Model};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "ORM_DEFAULT_MISMATCH",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: false,
    source: include_str!("orm_default_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let lacking = model.type_fields().filter(|compared| {
        let stated = compared.field().sql.as_ref().is_some_and(|sql| sql.database_default);
        stated && compared.is_of_table() && !has_default(compared.pair.column)
    });
    lacking.map(|compared| finding(model, compared)).collect()
}

fn has_default(column: &Column) -> bool {
    column.default.is_some() || column.identity.is_some() || column.generated.is_some()
}

fn finding(model: &Model<'_>, compared: Compared<'_, '_>) -> Finding {
    let Compared { described, description, pair, .. } = compared;
    let message = format!(
        "Default mismatch for field '{}': the database fills it in, says {} `{}`, but the column has no default",
        pair.column.name,
        description.role.noun(),
        description.declaration.name
    );
    let finding = CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, "a default here")
        .at_column(described.entity.name, pair.column, model.input.provenance);
    if pair.column.not_null { finding } else { finding.as_warning() }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    pub const CASES: Cases = Cases {
        failing: &[
            Case::failing(
                "CREATE TABLE bills (id integer PRIMARY KEY, name text NOT NULL);",
                "import { pgTable, serial, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: serial().primaryKey(),\n name: text().notNull() });",
                (3, "id"),
            ),
            Case::failing(
                "CREATE TABLE bills (id integer PRIMARY KEY, name text);",
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(),\n name: text().default('?') });",
                (4, "name"),
            ),
        ],
        passing: &[Case::passing(
            "CREATE TABLE bills (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL DEFAULT '?', code text NOT NULL);",
            "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey().generatedAlwaysAsIdentity(),\n name: text().notNull().default('?'), code: text().notNull().$default(() => 'x') });",
        )],
    };
}
