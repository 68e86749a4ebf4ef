//! A validation schema has a field that neither its table nor its type knows.
//!
//! ## Why
//! The value is asked for, checked, and then written nowhere; or the insert that carries it fails.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL);
//! ```
//! ```ts
//! export const UserSchema = z.object({
//!   id: z.uuid(),
//!   email: z.string(),
//!   nickname: z.string(),
//! });
//! ```
//! In a schema of what comes in it is a warning: a form may hold more than a row, and nothing is said
//! of a field that code takes out of it by its name (`const { total, ...row } = data`). In one of answers
//! to clients, one written by hand beside an ORM's table, and of what goes out of a table that has a type, a field that never was a column is
//! computed. Nested
//! objects are not judged.

use super::matching::{Description, Strength, TableMatches};
use super::{Check, Model, wording};
use crate::facts::{Field, Kind};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "UNKNOWN_FIELD_IN_VALIDATION",
    category: Category::ValidationSchemas,
    severity: Severity::Error,
    critical: true,
    source: include_str!("unknown_field_in_validation.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    // What was added to the columns of an ORM's table was added on purpose, and a request may ask
    // for anything.
    let written = model.schemas().filter(|(described, description)| {
        !description.declaration.origin.enforced || !is_part(described, description)
    });
    let fields = written.flat_map(|(described, description)| {
        let judged = description
            .pairing
            .extra
            .iter()
            .filter(|field| is_judged(description, field))
            .filter(|field| !is_explained(described, description, field));
        let judged = judged.filter(|field| !is_of_query(description, field));
        let entity = &described.entity;
        let directions = model.directions();
        let judged =
            judged.filter(move |field| !directions.is_taken_out(description, entity, &field.name));
        let judged = judged.filter(|field| !is_added(described, description, field));
        let judged = judged.filter(|field| !is_computed(model, described, description, field));
        judged.map(move |field| finding(model, described, description, field))
    });
    fields.collect()
}

/// Whether a field without a column is judged. A document tells of what is computed as of what is
/// held: only what was a column is wrong there.
fn is_judged(description: &Description<'_>, field: &Field) -> bool {
    description.declaration.origin.enforced || description.pairing.outlives_its_column(field)
}

/// Whether a schema may hold what it likes beside columns. A request that is nearly the row means
/// the row.
fn is_part(described: &TableMatches<'_>, description: &Description<'_>) -> bool {
    let is_made = |column: &Column| {
        described
            .entity
            .column(&column.name)
            .is_some_and(|facts| facts.made_by_server)
    };
    match description.strength {
        Strength::Derived => true,
        Strength::Message => {
            let pairing = &description.pairing;
            !description.declaration.origin.of_requests || !pairing.is_nearly_whole_but_for(is_made)
        }
        _ => false,
    }
}

/// Returns whether the field is computed for those who receive the data, or used by the server: the
/// schema has it, and no type of the row. A field that was a column is not computed.
fn is_computed<'a>(
    model: &Model<'a>,
    described: &TableMatches<'a>,
    description: &Description<'a>,
    field: &Field,
) -> bool {
    let goes_out = has_own_type(described)
        && description.demands_what_server_makes(&described.entity)
        || model
            .directions()
            .is_told_to_clients(description, &described.entity)
        || described.is_beside_orm(description);
    goes_out && wording::gone(described.entity.name, field, model.input.provenance).is_none()
}

/// Whether a type of the table says more than its schemas do: one that is inferred from a schema
/// has what that has.
fn has_own_type(described: &TableMatches<'_>) -> bool {
    described.types().any(|ty| !ty.inferred)
}

/// Whether the field is joined or counted by a query whose answer the schema is of.
fn is_of_query(description: &Description<'_>, field: &Field) -> bool {
    !description.role.is_written()
        && description.is_of_query()
        && !description.pairing.outlives_its_column(field)
}

/// Whether the field is added to what a schema of the whole row has: `UserSchema.extend({ … })` is
/// of what a query joins to the row.
fn is_added(described: &TableMatches<'_>, description: &Description<'_>, field: &Field) -> bool {
    let is_row = |base: &&Description<'_>| base.is_whole() && base.pairing.odd() == 0;
    !description.role.is_written()
        && described.bases_of(description).iter().any(is_row)
        && !description.pairing.outlives_its_column(field)
}

fn is_explained(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    field: &Field,
) -> bool {
    let is_nested = match &field.kind {
        Kind::Json => true,
        Kind::Array(items) => matches!(**items, Kind::Json),
        _flat => false,
    };
    let pairing = &description.pairing;
    let stands_for_a_column = pairing.missing.iter().any(|column| {
        pairing
            .counterpart(column)
            .is_some_and(|other| std::ptr::eq(other, field))
    });
    // Where the type has the field too, its finding is about the type; a type that is inferred has
    // what its schema has.
    let is_typed = described
        .types()
        .any(|ty| !ty.inferred && ty.declaration.field(&field.name).is_some());
    is_nested || stands_for_a_column || is_typed
}

fn finding(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    field: &Field,
) -> Finding {
    let entity = described.entity.title();
    let name = &description.declaration.name;
    let found = CHECK
        .finding(
            &entity,
            format!(
                "Field '{}' of {} `{name}` has no column in table '{entity}'",
                field.name,
                description.noun()
            ),
        )
        .about(description, &field.name)
        .at(&field.location, format!("`{entity}` has no such column"))
        .at_table_without(described.entity.name, field, model.input.provenance);
    let whole_row =
        description.holds_primary_key(&described.entity) && !description.role.is_written();
    // Where a column was, its value may come from elsewhere now.
    let moved = has_own_type(described) && description.demands_what_server_makes(&described.entity);
    if whole_row && !moved {
        found
    } else {
        found.as_warning()
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::validation(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(),\n nickname: z.string() });",
                (3, "nickname"),
            ),
            Case::validation(
                TABLE,
                "export const CreateUserSchema = z.object({ email: z.string(),\n captcha: z.string() });",
                (3, "captcha"),
            ),
            // A type that is inferred from the schema says nothing of its own.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE writers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email text);",
                    "import { z } from 'zod';\nexport const WriterSchema = z.object({ id: z.string(), name: z.string(), email: z.string().nullable(),\n website: z.string() });\nexport type Writer = z.infer<typeof WriterSchema>;",
                    (3, "website"),
                )
            },
        ],
        passing: &[
            // The handler takes it out before it writes the rest.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE accounts (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, currency text NOT NULL);",
                    "import { Body, Controller, Put } from '@nestjs/common';\nimport { IsNumber, IsString } from 'class-validator';\nexport class UpdateAccountDto { @IsString() name: string; @IsString() currency: string; @IsNumber() balance: number; }\n@Controller('accounts') export class AccountsController { @Put() update(@Body() data: UpdateAccountDto) { const { balance, ...account } = data; return this.service.update(account, balance); } }",
                )
            },
            // What a query joins and counts.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE shares (id bigint PRIMARY KEY, shop_id bigint NOT NULL, name text NOT NULL, note text);",
                    "import { z } from 'zod';\nconst ShareRowSchema = z.object({ id: z.string(), name: z.string(), note: z.string().nullable(), with: z.string().array(), items: z.number(), things: z.object({ id: z.string() }).array() });\nexport type ShareRow = z.infer<typeof ShareRowSchema>;",
                )
            },
            Case::valid(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string() });",
            ),
            Case::valid(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(), posts: z.array(z.object({ id: z.uuid() })) });",
            ),
            // A query joins to the row; a list of texts holds the ids of other rows.
            Case::valid(
                "CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL); CREATE TABLE tags (id uuid PRIMARY KEY, label text NOT NULL);",
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string() });\nexport const UserRowSchema = UserSchema.extend({ team_name: z.string() });\nexport const TagSchema = z.object({ id: z.uuid(), label: z.string(), users: z.array(z.string()) });",
            ),
            // Beside an ORM's table it is of the thing, or a request.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, bio text);",
                    "import { pgTable, text, uuid } from 'drizzle-orm/pg-core';\nimport { z } from 'zod';\nexport const users = pgTable('users', { id: uuid().primaryKey(), email: text().notNull(), bio: text() });\nexport const userSchema = z.object({ id: z.uuid(), email: z.string().nullable(), online: z.boolean() });\nexport const createUserSchema = z.object({ email: z.string(), captcha: z.string() });",
                )
            },
            // What goes out may hold what is computed.
            Case {
                configuration: "validation = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());",
                    "import { z } from 'zod';\nexport interface UserRow { id: string; email: string; created_at: Date }\nexport const UserSchema = z.object({ id: z.uuid(), email: z.string(), createdAt: z.string(), online: z.number() });",
                )
            },
        ],
    };
}
