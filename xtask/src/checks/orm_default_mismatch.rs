//! A Drizzle column has a default that the column of the database lacks, or another one.
//!
//! ## Why
//! The ORM lets every insert leave the column out, and leaves it to the database to fill it in:
//! without a default there, a `NOT NULL` column refuses the row, and any other silently holds null.
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
//! What only the program fills in (`.$default(…)`) needs no default in the database. Of a column
//! that can be null it is a warning, and so is another default, where both are literals: the row is
//! not what the code says.

use super::{Check, Compared, Model};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;
use crate::schema::types::Scalar;

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
    let of_tables = model.type_fields().filter(Compared::is_of_table);
    of_tables
        .filter_map(|compared| judge(model, compared))
        .collect()
}

fn judge(model: &Model<'_>, compared: Compared<'_, '_>) -> Option<Finding> {
    let sql = compared
        .field()
        .sql
        .as_ref()
        .filter(|sql| sql.database_default)?;
    if !has_default(compared.pair.column) {
        let what = "the database fills it in, says {}, but the column has no default";
        let found = finding(model, compared, what);
        return Some(if compared.pair.column.not_null {
            found
        } else {
            found.as_warning()
        });
    }
    let stated = sql.default_value.as_deref()?;
    let actual = literal(compared.pair.column.default.as_deref()?)?;
    let differs = is_compared(compared) && !is_same(stated, &actual);
    differs.then(|| {
        let what = format!("`{stated}` in {{}}, `{actual}` in the database");
        finding(model, compared, &what).as_warning()
    })
}

/// Values of other types are written in many ways.
fn is_compared(compared: Compared<'_, '_>) -> bool {
    let is_plain = match &compared.facts.ty.scalar {
        Scalar::Enum(..) => true,
        Scalar::Builtin(name) => matches!(
            name.as_str(),
            "text"
                | "character varying"
                | "boolean"
                | "smallint"
                | "integer"
                | "bigint"
                | "numeric"
        ),
        Scalar::Other(_) => false,
    };
    is_plain && !compared.facts.ty.array
}

/// The literal in a default as PostgreSQL writes it: `'draft'::bill_status`, `0`, `'-1'::integer`,
/// `false`.
fn literal(expression: &str) -> Option<String> {
    let Some(quoted) = expression.strip_prefix('\'') else {
        let plain = expression
            .split("::")
            .next()
            .unwrap_or(expression)
            .trim_matches(['(', ')']);
        let known = plain.parse::<f64>().is_ok() || matches!(plain, "true" | "false");
        return known.then(|| plain.to_owned());
    };
    // A quote in the text is written twice.
    let text = quoted.replace("''", "\0");
    let (text, rest) = text.split_once('\'')?;
    let is_all = rest.is_empty()
        || (rest.starts_with("::") && !rest.contains(['(', '|', '+', ' '])
            || rest == "::character varying");
    is_all.then(|| text.replace('\0', "'"))
}

fn is_same(stated: &str, actual: &str) -> bool {
    let numbers = stated.parse::<f64>().ok().zip(actual.parse::<f64>().ok());
    stated == actual
        || numbers.is_some_and(|(stated, actual)| (stated - actual).abs() < f64::EPSILON)
}

fn has_default(column: &Column) -> bool {
    column.default.is_some() || column.identity.is_some() || column.generated.is_some()
}

/// `{}` in `what` is the table of the ORM.
fn finding(model: &Model<'_>, compared: Compared<'_, '_>, what: &str) -> Finding {
    let Compared {
        described,
        description,
        pair,
        ..
    } = compared;
    let table = format!("{} `{}`", description.noun(), description.declaration.name);
    let message = format!(
        "Default mismatch for field '{}': {}",
        pair.column.name,
        what.replace("{}", &table)
    );
    CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, "a default here")
        .at_column(described.entity.name, pair.column, model.input.provenance)
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
            Case::failing(
                "CREATE TABLE bills (id integer PRIMARY KEY, state text NOT NULL DEFAULT 'draft');",
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(),\n state: text().notNull().default('open') });",
                (4, "state"),
            ),
        ],
        passing: &[Case::passing(
            "CREATE TABLE bills (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL DEFAULT '?', code text NOT NULL);",
            "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey().generatedAlwaysAsIdentity(),\n name: text().notNull().default('?'), code: text().notNull().$default(() => 'x') });",
        )],
    };

    #[test]
    fn literals_are_read_as_postgresql_writes_them() {
        let read = |expression| super::literal(expression);
        assert_eq!(read("'draft'::bill_status").as_deref(), Some("draft"));
        assert_eq!(read("'it''s'::character varying").as_deref(), Some("it's"));
        assert_eq!(read("'-1'::integer").as_deref(), Some("-1"));
        assert_eq!(
            (
                read("5.0").as_deref(),
                read("(-1)").as_deref(),
                read("true").as_deref()
            ),
            (Some("5.0"), Some("-1"), Some("true"))
        );
        assert_eq!(
            (
                read("now()"),
                read("('a'::text || 'b'::text)"),
                read("nextval('s'::regclass)")
            ),
            (None, None, None)
        );
        assert!(super::is_same("5", "5.00") && !super::is_same("5", "6"));
    }
}
