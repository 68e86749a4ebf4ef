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
//! comes in may be as strict as it likes. Where all schemas of what is written demand the same, no
//! row holds anything else. A schema that rows are parsed with (the type of the rows is inferred
//! from it) is judged where the database states a wider limit. A format is judged wherever rows are:
//! `z.iso.datetime()` refuses every `timestamptz` that PostgREST sends (`driver = "postgrest"`),
//! `z.uuidv7()` what `gen_random_uuid()` makes.

use super::direction::Direction;
use super::entities::ColumnFacts;
use super::matching::{Role, Strength};
use super::{Check, Compared, Model, formats};
use crate::config::Driver;
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
    model.judge_schemas(|compared, direction| {
        let excess = excess(&compared, direction)
            .or_else(|| contradiction(&compared, direction))
            .or_else(|| foreign_format(&compared, direction, model.input.config.driver))?;
        Some(finding(model, compared, &excess))
    })
}

/// Describes a demand that the schema makes and the column does not. What an answer is made of may
/// be held to more than rows are.
fn excess(compared: &Compared<'_, '_>, direction: Direction) -> Option<String> {
    let description = compared.description;
    let is_output = description.role == Role::OutputSchema
        && direction == Direction::Answer
        && !compared.described.is_variant(description)
        && description.strength != Strength::Message;
    if !is_output || is_ensured(compared) {
        return None;
    }
    of_field(compared.facts, compared.pair.field)
}

/// Describes a limit of a schema that rows are parsed with, where the database states a wider one.
/// A limit that the database does not state may be one that every writer keeps.
fn contradiction(compared: &Compared<'_, '_>, direction: Direction) -> Option<String> {
    let may_be_row = matches!(direction, Direction::Row | Direction::Unknown);
    let field = compared.pair.field;
    let is_array = matches!(field.kind, Kind::Array(_));
    if !may_be_row || is_array || !compared.is_parsed_row() || is_ensured(compared) {
        return None;
    }
    let (given, demands) = (&field.constraints, &compared.facts.demands);
    let stated = Constraints {
        max_length: given.max_length.filter(|_| demands.max_length.is_some()),
        min_length: given.min_length.filter(|_| demands.min_length.is_some()),
        maximum: given.maximum.filter(|_| demands.maximum.is_some()),
        minimum: given.minimum.filter(|_| demands.minimum.is_some()),
        ..(**given).clone()
    };
    of_value(compared.facts, &stated)
}

/// Whether all schemas of what is written demand as much: then no row comes to hold anything else.
fn is_ensured(compared: &Compared<'_, '_>) -> bool {
    let written = compared.described.schemas();
    // The answer to an update (`users.update.output`) is called after what is written, and is not.
    let written = written.filter(|schema| schema.role.is_written() && !schema.is_called_output());
    let mut fields = written
        .flat_map(|schema| &schema.pairing.pairs)
        .filter(|pair| pair.column.name == compared.pair.column.name)
        .map(|pair| pair.field)
        .peekable();
    let own = of_field(compared.facts, compared.pair.field);
    fields.peek().is_some() && fields.all(|field| of_field(compared.facts, field) == own)
}

/// Describes the format that is demanded of rows, where no row has it.
fn foreign_format(
    compared: &Compared<'_, '_>,
    direction: Direction,
    driver: Option<Driver>,
) -> Option<String> {
    let field = compared.pair.field;
    let of_rows = match direction {
        Direction::Answer | Direction::Row => true,
        Direction::Unknown => compared.describes_rows(),
        Direction::Request => false,
    };
    let is_array = matches!(field.kind, Kind::Array(_));
    if !of_rows || is_array != compared.facts.ty.array {
        return None;
    }
    formats::never_held(compared.facts, &field.innermost().1, driver)
}

fn finding(model: &Model<'_>, compared: Compared<'_, '_>, excess: &str) -> Finding {
    let Compared {
        described,
        description,
        pair,
        ..
    } = compared;
    let message = format!(
        "Field '{}' of `{}` rejects values that the database holds: {excess}",
        pair.column.name, description.declaration.name
    );
    CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, excess)
        .at_column(described.entity.name, pair.column, model.input.provenance)
}

/// Describes a demand that the schema makes and the column does not, on the value or on the items
/// of an array.
fn of_field(facts: &ColumnFacts<'_>, field: &Field) -> Option<String> {
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

    const RUBRICS: &str = "CREATE TABLE rubrics (id bigint PRIMARY KEY, hint varchar(10000), stars integer NOT NULL, made_at timestamptz DEFAULT now() NOT NULL, CHECK (((stars >= 0) AND (stars <= 5))));";

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
            // The instants, times and intervals that PostgREST sends pass no plain format.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndriver = 'postgrest'",
                ..Case::validation(
                    "CREATE TABLE stops (id uuid PRIMARY KEY, at timestamp with time zone NOT NULL, until timestamp without time zone NOT NULL, took interval NOT NULL);",
                    "import { z } from 'zod';\nexport const StopResponseSchema = z.object({ id: z.uuid(),\n at: z.iso.datetime(), until: z.iso.datetime({ local: true }), took: z.string() });",
                    (3, "at"),
                )
            },
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndriver = 'postgrest'",
                ..Case::validation(
                    "CREATE TABLE stops (id uuid PRIMARY KEY, at timestamp with time zone NOT NULL, until timestamp without time zone NOT NULL, took interval NOT NULL);",
                    "import { z } from 'zod';\nexport const StopResponseSchema = z.object({ id: z.uuid(), at: z.iso.datetime({ offset: true }), until: z.string().datetime({ local: true }),\n took: z.iso.duration() });",
                    (3, "took"),
                )
            },
            Case::validation(
                "CREATE TABLE stops (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);",
                "export const StopResponseSchema = z.object({ name: z.string(),\n id: z.uuidv7() });",
                (3, "id"),
            ),
            // Rows are parsed with it, and the database states a wider limit.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::failing(
                    RUBRICS,
                    "import { z } from 'zod';\nexport const RubricSchema = z.object({ id: z.string(), madeAt: z.date(), stars: z.number(),\n hint: z.string().max(500).nullable() });\nexport type Rubric = z.infer<typeof RubricSchema>;",
                    (3, "hint"),
                )
            },
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::failing(
                    RUBRICS,
                    "import { z } from 'zod';\nexport const RubricSchema = z.object({ id: z.string(), madeAt: z.date(), hint: z.string().nullable(),\n stars: z.number().max(4) });\nexport type Rubric = z.infer<typeof RubricSchema>;",
                    (3, "stars"),
                )
            },
        ],
        passing: &[
            // All that is written keeps it; what the database does not limit may be limited elsewhere.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    RUBRICS,
                    "import { z } from 'zod';\nexport const RubricSchema = z.object({ id: z.string().min(1), madeAt: z.date(), stars: z.number().int().min(0).max(5), hint: z.string().max(500).nullable() });\nexport type Rubric = z.infer<typeof RubricSchema>;\nexport const CreateRubricSchema = RubricSchema.omit({ id: true, madeAt: true });",
                )
            },
            // No other schema is written.
            Case::valid(
                "CREATE TABLE pages (id uuid PRIMARY KEY, subdomain varchar(40) NOT NULL);",
                "export const InsertPageSchema = z.object({ subdomain: z.string().max(20) });\nexport const PageResponseSchema = z.object({ id: z.uuid(), subdomain: z.string().max(20) });",
            ),
            // Without a driver nothing is known of the texts, and a client may make its own keys.
            Case::valid(
                "CREATE TABLE stops (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), at timestamptz NOT NULL);",
                "export const StopResponseSchema = z.object({ id: z.uuidv4(), at: z.iso.datetime() });\nexport const CreateStopSchema = z.object({ id: z.uuidv7(), at: z.iso.datetime() });",
            ),
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
