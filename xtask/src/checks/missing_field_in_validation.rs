//! A column is missing in the validation schema of its table.
//!
//! ## Why
//! `z.object` drops keys that it does not know: the value is lost on its way, without an error.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, bio text);
//! ```
//! ```ts
//! export const UserSchema = z.object({
//!   id: z.uuid(),
//!   email: z.string(),
//! });
//! ```
//! A schema that holds the primary key describes the whole row, and so does one that says to be of a
//! row's type (`satisfies z.ZodType<User>`); it says with `@projection` that it does not. The
//! instants at which a row was made and changed may stay out of it, and a foreign key where what it
//! leads to is nested. A schema of what comes in needs only what `INSERT` needs; what the server
//! knows by itself (a key, `password_hash` behind a `password`, a `token`) may be missing there, and
//! the rest is a warning. A schema of answers tells clients what it chooses: there only what was
//! added to the table since is missing, where the schema was all of it before. The same goes for a
//! schema that is written by hand beside an ORM's table. A request for making a row (`CreateUserDto`)
//! that is little but columns, and lacks one or two that an `INSERT` needs, is a warning where
//! another request of the table asks for them, or it asks for three others; beside one field that is
//! no column, only where another request asks for them. What the server adds where it writes the row
//! is not missing.

use super::direction::Direction;
use super::entities::ColumnFacts;
use super::matching::{Description, Role, Strength, TableMatches, side_of_name};
use super::{Check, Model, edits, names, wording};
use crate::facts::{Kind, Side};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;
use crate::schema::types::Scalar;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_FIELD_IN_VALIDATION",
    category: Category::ValidationSchemas,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_field_in_validation.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let complete = |description: &Description<'_>| {
        let is_part =
            description.strength == Strength::Derived && description.role != Role::InsertSchema;
        let declaration = description.declaration;
        declaration.origin.enforced && declaration.unresolved.is_none() && !is_part
    };
    let schemas = model
        .schemas()
        .filter(|(_, description)| complete(description));
    schemas
        .flat_map(|(described, description)| findings(model, described, description))
        .collect()
}

fn findings<'a>(
    model: &Model<'a>,
    described: &TableMatches<'a>,
    description: &Description<'a>,
) -> Vec<Finding> {
    if description.strength == Strength::Message {
        return forgotten(model, described, description);
    }
    let pairing = &description.pairing;
    let is_free = description.strength != Strength::Stated
        && (model
            .directions()
            .is_told_to_clients(description, &described.entity)
            || described.is_beside_orm(description)
            || described.is_variant(description));
    let is_choice = is_free && !pairing.was_whole_once();
    // Where most is called otherwise, a like name means nothing.
    let renamed = pairing
        .renamed
        .iter()
        .filter(|_| pairing.has_few_odd_fields() && pairing.pairs.len() > 2)
        // A field left out and one added on purpose are not one.
        .filter(|_| !is_choice || (pairing.missing.is_empty() && pairing.odd() == 1))
        // The names are the ORM table's.
        .filter(|_| description.strength != Strength::Derived);
    let renamed = renamed.map(|pair| {
        let found = finding(
            model,
            described,
            description,
            pair.column,
            &format!(", {}", wording::instead(pair.column, pair.field)),
        )
        .first_at(
            &pair.field.location,
            format!("no column is called `{}`", pair.field.name),
        )
        .with_detail("found", pair.field.name.as_str())
        .with_proposal(edits::rename(
            described,
            description,
            pair.column,
            pair.field,
        ));
        if is_choice { found.as_warning() } else { found }
    });
    // What comes in is never the whole row.
    let partial = match description.role {
        Role::InsertSchema => description.declaration.tags.projection,
        _of_rows => pairing.is_projection(description.declaration) || description.is_of_query(),
    };
    if partial {
        return renamed.collect();
    }
    if is_choice && description.role == Role::InsertSchema {
        return renamed
            .chain(forgotten(model, described, description))
            .collect();
    }
    if is_of_lookup(described, description) || is_choice {
        return renamed.collect();
    }
    let missing = pairing
        .missing
        .iter()
        .filter(|column| !described.is_missing_in_base(description, column))
        .filter(|column| !is_explained_by_orm(described, description, column));
    renamed
        .chain(missing.filter_map(|column| missing_field(model, described, description, column)))
        .collect()
}

/// So many fields that an `INSERT` needs say alone that a request for making a row asks for all that
/// the server does not know.
const ENOUGH: usize = 3;

/// The columns that a request for making a row forgot: nothing but columns is in it, an `INSERT` needs
/// one or two more, and nothing that is written has them from elsewhere. That clients know them is
/// said by another request of the table that asks for them, or by many others that are asked for.
fn forgotten<'a>(
    model: &Model<'a>,
    described: &TableMatches<'a>,
    description: &Description<'a>,
) -> Vec<Finding> {
    let pairing = &description.pairing;
    let declaration = description.declaration;
    let direction = model.direction(described, description);
    let is_creation = side_of_name(&declaration.name) == Side::Insert;
    if !is_creation
        || direction != Direction::Request
        || declaration.tags.projection
        || pairing.odd() > 1
        || !pairing.relations.is_empty()
    {
        return Vec::new();
    }
    let needed = |column: &Column| is_needed(described, description, column);
    let missing = pairing.missing.iter().filter(|column| {
        needed(column) && holds_content(described, column) && !is_given(model, described, column)
    });
    let missing: Vec<&Column> = missing.copied().collect();
    let asked = pairing.pairs.iter().filter(|pair| needed(pair.column));
    // A field that is no column may be what the server makes the missing one of.
    let is_enough = asked.count() >= ENOUGH && missing.len() == 1 && pairing.odd() == 0;
    let is_few = missing.len() <= 2;
    let forgotten = missing.into_iter().filter(|column| {
        is_few && (is_enough || is_asked_elsewhere(described, description, column))
    });
    forgotten
        .map(|column| finding(model, described, description, column, "").as_warning())
        .collect()
}

/// Whether a column holds what people write. States, settings and instants are the server's to choose.
fn holds_content(described: &TableMatches<'_>, column: &Column) -> bool {
    let facts = described.entity.column(&column.name);
    facts.is_some_and(|facts| {
        let is_state = facts.demands.values.is_some() || facts.ty.array;
        let is_content = matches!(
            &facts.ty.scalar,
            Scalar::Builtin(name) if matches!(
                name.as_str(),
                "text" | "character varying" | "citext" | "smallint" | "integer" | "numeric" | "real"
                    | "double precision" | "date"
            )
        );
        is_content && !is_state
    })
}

/// Whether something that code writes has a value of this name that is not a request's. What is
/// written to another table says nothing of this one.
fn is_given(model: &Model<'_>, described: &TableMatches<'_>, column: &Column) -> bool {
    let is_called = |described: &TableMatches<'_>, row: &names::Word| {
        names::row_names(&described.entity.name.name).contains(row)
    };
    let may_be_of_table = |written_on: &str| {
        let row = names::key(written_on);
        is_called(described, &row) || !model.described.iter().any(|other| is_called(other, &row))
    };
    let key = names::key(&column.name);
    let mut given = model.input.facts.given.iter();
    given.any(|given| {
        names::key(&given.name) == key && given.written_on.as_deref().is_none_or(may_be_of_table)
    })
}

/// Whether another request of the table demands or offers the column. What demands nothing that only
/// the server knows may be one, whatever it is called.
fn is_asked_elsewhere(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
) -> bool {
    let entity = &described.entity;
    let may_come_in = |other: &Description<'_>| {
        other.role.is_written()
            || (other.role == Role::Schema
                && !other.holds_primary_key(entity)
                && !other.demands_what_server_makes(entity))
    };
    let mut others = described.schemas().filter(|other| {
        !std::ptr::eq(other.declaration, description.declaration) && may_come_in(other)
    });
    others.any(|other| {
        let mut pairs = other.pairing.pairs.iter();
        pairs.any(|pair| pair.column.name == column.name)
    })
}

/// Whether a schema that is made of an ORM's table lacks a column because the table does, or because
/// it was left out by its name: `createInsertSchema(users).omit({ slug: true })`. What was refined
/// only to be left out was not meant to be.
fn is_explained_by_orm(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
) -> bool {
    let Some(made_of) = &description.declaration.made_of else {
        return false;
    };
    let pairs = described
        .of_role(Role::Orm)
        .flat_map(|table| &table.pairing.pairs);
    let mut fields = pairs
        .filter(|pair| pair.column.name == column.name)
        .map(|pair| pair.field.name.as_str())
        .peekable();
    fields.peek().is_none()
        || fields.any(|field| {
            let is_named = |names: &[String]| names.iter().any(|name| name == field);
            let is_refined = is_named(&made_of.refined)
                && !is_kept_elsewhere(described, description, column, field);
            is_named(&made_of.omitted) && !is_refined
        })
}

/// Whether another schema that refines the field has it: then it was refined for that one.
fn is_kept_elsewhere(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
    field: &str,
) -> bool {
    let mut others = described
        .descriptions
        .iter()
        .filter(|other| !std::ptr::eq(other.declaration, description.declaration));
    others.any(|other| {
        let made_of = other.declaration.made_of.as_ref();
        let refines =
            made_of.is_some_and(|made_of| made_of.refined.iter().any(|name| name == field));
        refines
            && other
                .pairing
                .pairs
                .iter()
                .any(|pair| pair.column.name == column.name)
    })
}

/// Whether a schema of what is created lacks more of what is needed than it has: then it asks for
/// what the rest is looked up by.
fn is_of_lookup(described: &TableMatches<'_>, description: &Description<'_>) -> bool {
    let pairing = &description.pairing;
    let needed = pairing
        .missing
        .iter()
        .filter(|column| is_unknown_to_server(described, description, column));
    let by_name =
        description.role == Role::InsertSchema && description.strength != Strength::Stated;
    by_name && needed.count() > pairing.named()
}

/// Whether an `INSERT` needs the column from whoever asks for it.
fn is_needed(described: &TableMatches<'_>, description: &Description<'_>, column: &Column) -> bool {
    // A schema called an insert is written; a request is not.
    let is_insert = matches!(description.strength, Strength::Stated | Strength::Row);
    let is_made = !is_insert && names::is_usually_made_by_server(&column.name);
    !is_made && is_unknown_to_server(described, description, column)
}

/// Whether an `INSERT` needs the column, and nothing says that the server has its value.
fn is_unknown_to_server(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
) -> bool {
    let is_key = described
        .entity
        .column(&column.name)
        .is_some_and(|facts| facts.foreign_key || facts.primary_key);
    let known_to_server = is_key || description.pairing.counterpart(column).is_some();
    !column.may_be_omitted() && !known_to_server && !described.is_filled_in(column)
}

fn missing_field(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
) -> Option<Finding> {
    let whole_row = match description.role {
        Role::Schema => {
            description.declaration.of_type.is_some()
                || description.holds_primary_key(&described.entity)
        }
        Role::OutputSchema => true,
        Role::InsertSchema => false,
        Role::UpdateSchema | Role::Row | Role::Domain | Role::Insert | Role::Update | Role::Orm => {
            return None;
        }
    };
    let facts = described.entity.column(&column.name)?;
    if !whole_row && !is_needed(described, description, column) {
        return None;
    }
    if whole_row
        && (is_told_otherwise(description, facts) || described.is_left_out(description, column))
    {
        return None;
    }
    let found = finding(model, described, description, column, "").with_proposal(match description
        .strength
    {
        // What belongs in it is named elsewhere: in a mask, or in the ORM's table.
        Strength::Derived => None,
        _written_out => edits::add_schema_field(description, described, column),
    });
    Some(if whole_row { found } else { found.as_warning() })
}

/// Whether clients need not be told the column as it is: when the row was made, what is nested in
/// an object instead of its key, what is told in another form.
fn is_told_otherwise(description: &Description<'_>, facts: &ColumnFacts<'_>) -> bool {
    let pairing = &description.pairing;
    let nests = pairing
        .extra
        .iter()
        .chain(&pairing.relations)
        .any(|field| field.kind == Kind::Json);
    (facts.made_by_server && !facts.primary_key)
        || (facts.foreign_key && (nests || pairing.is_joined(facts.column)))
        || pairing.counterpart(facts.column).is_some()
}

fn finding(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
    instead: &str,
) -> Finding {
    let name = &description.declaration.name;
    CHECK
        .finding(
            &described.entity.title(),
            format!(
                "Validation schema missing '{}' field: `{name}`{instead}",
                column.name
            ),
        )
        .about(description, &column.name)
        .at(
            &description.declaration.location,
            format!("`{name}` has no field for `{}`", column.name),
        )
        .at_column(described.entity.name, column, model.input.provenance)
        .with_detail("databaseType", column.type_name.as_str())
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, password_hash text NOT NULL, team_id uuid NOT NULL REFERENCES teams, bio text);";

    const DRIZZLE: &str = "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']";

    const CONTRACTS: &str = "types = []\nvalidation = ['**/*.ts']\ncontracts = ['**/*.ts']";

    const ROUTES: &str = "CREATE TABLE routes (id text PRIMARY KEY, path text NOT NULL, verb text NOT NULL, note text);";

    pub const CASES: Cases = Cases {
        failing: &[
            // One field of a request is called otherwise, and in the other request it is not.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE platforms (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, url text NOT NULL);",
                    "import { IsString, IsUrl } from 'class-validator';\nexport class CreatePlatformDto { @IsString() name: string; @IsUrl() link: string; }\nexport class UpdatePlatformDto { @IsString() name: string; @IsUrl() url: string; }",
                    (3, "url"),
                )
            },
            // A value that the server writes to another table says nothing of this one.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE profiles (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), url text); CREATE TABLE platforms (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, url text NOT NULL);",
                    "import { IsString, IsUrl } from 'class-validator';\nimport { PrismaClient } from '@prisma/client';\nexport class CreatePlatformDto { @IsString() name: string; @IsUrl() link: string; }\nexport class UpdatePlatformDto { @IsString() name: string; @IsUrl() url: string; }\nexport const add = (prisma: PrismaClient, url: string) => prisma.profile.create({ data: { url } });",
                    (4, "url"),
                )
            },
            // Beside an ORM's table a request may lack what the server adds, but not what other
            // requests ask for.
            Case {
                configuration: DRIZZLE,
                ..Case::failing(
                    "CREATE TABLE redirects (id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, site_id integer NOT NULL, source text NOT NULL, destination text NOT NULL);",
                    "import { z } from 'zod';\nimport { integer, pgTable, text } from 'drizzle-orm/pg-core';\nexport const redirects = pgTable('redirects', { id: integer('id').primaryKey().generatedAlwaysAsIdentity(), siteId: integer('site_id').notNull(), source: text('source').notNull(), destination: text('destination').notNull() });\nexport const createRedirectSchema = z.object({ siteId: z.number().int(), source: z.string() });\nexport const redirectSchema = z.object({ source: z.string(), destination: z.string() });",
                    (4, "destination"),
                )
            },
            // Another schema takes less of the fields that both are made of.
            Case::validation(
                TABLE,
                "const fields = { id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid() };\nexport const updateUserSchema = z.object(fields).pick({ email: true });\nexport const UserSchema = z.object(fields);",
                (4, "bio"),
            ),
            // A schema that says of which type it is leaves nothing out by choice, not even the key.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE flags (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), role text NOT NULL, json jsonb NOT NULL, note text);",
                    "import { z } from 'zod';\nexport type Flag = { id: string; role: string; json: unknown; note: string | null };\nexport const flagSchema = z.object({ role: z.string(), json: z.unknown(), note: z.string().nullable() }) satisfies z.ZodType<Flag>;",
                    (3, "id"),
                )
            },
            // A schema that says of which type it is leaves nothing out by choice.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE people (id uuid PRIMARY KEY, email text NOT NULL, role text NOT NULL, city text NOT NULL, street text NOT NULL, phone text NOT NULL, first_name text, last_name text);",
                    "import { z } from 'zod';\nimport { pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const people = pgTable('people', { id: uuid('id').primaryKey(), email: text('email').notNull(), role: text('role').notNull(), city: text('city').notNull(), street: text('street').notNull(), phone: text('phone').notNull(), firstName: text('first_name'), lastName: text('last_name') });\nexport type Person = { id: string; email: string; role: string; city: string; street: string; phone: string; firstName: string | null; lastName: string | null };\nexport const personSchema = z.object({ id: z.uuid(), email: z.string(), role: z.string(), city: z.string(), street: z.string(), phone: z.string(), firstName: z.string().nullable() }) satisfies z.ZodType<Person>;",
                    (5, "last_name"),
                )
            },
            // A request for making a row has all but one that the other request has.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE platforms (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, url text NOT NULL);",
                    "import { IsString, IsUrl } from 'class-validator';\nexport class CreatePlatformDto { @IsString() name: string; }\nexport class UpdatePlatformDto { @IsString() name: string; @IsUrl() url: string; }",
                    (3, "url"),
                )
            },
            Case::validation(
                "CREATE TABLE parcels (id serial PRIMARY KEY, sender text NOT NULL, receiver text NOT NULL, weight integer NOT NULL, contents text NOT NULL, note text);",
                "export const createParcelRequestSchema = z.object({ sender: z.string(), receiver: z.string(), weight: z.number().int(), note: z.string().optional() });",
                (2, "contents"),
            ),
            // An answer that has all columns but one, and one field in its place.
            Case {
                configuration: CONTRACTS,
                ..Case::failing(
                    TABLE,
                    "import { z } from 'zod';\nconst UserSchema = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid(),\n biography: z.string().nullable() });\nexport const UserEndpoints = { list: { method: 'GET', path: '/users', response: z.array(UserSchema) } };",
                    (3, "bio"),
                )
            },
            Case::validation(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid() });",
                (2, "bio"),
            ),
            Case::validation(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid(),\n biography: z.string().nullable() });",
                (3, "bio"),
            ),
            // What it is called says nothing; its type does.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::validation(
                    TABLE,
                    "import { z } from 'zod';\nimport type { Guard } from './guard';\nexport type User = { id: string; email: string; passwordHash: string; teamId: string; bio: string | null };\nconst guard: Guard<User> = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid() });",
                    (4, "bio"),
                )
            },
            Case::validation(
                TABLE,
                "export const CreateUserSchema = z.object({ password: z.string(), teamId: z.uuid(), bio: z.string().optional() });",
                (2, "email"),
            ),
            // A field that is refined is not left out on purpose.
            Case {
                configuration: DRIZZLE,
                ..Case::failing(
                    ROUTES,
                    "import { createInsertSchema } from 'drizzle-zod';\nimport { pgTable, text } from 'drizzle-orm/pg-core';\nexport const routes = pgTable('routes', { id: text().primaryKey(), path: text().notNull(), verb: text().notNull(), note: text() });\nexport const createRoute = createInsertSchema(routes, { verb: (schema) => schema.min(3) }).omit({ id: true, verb: true });\nexport const updateRoute = createRoute.partial();",
                    (4, "verb"),
                )
            },
            // Of what is made of an ORM's table, and picks what is created.
            Case {
                configuration: DRIZZLE,
                ..Case::failing(
                    ROUTES,
                    "import { createInsertSchema } from 'drizzle-zod';\nimport { pgTable, text } from 'drizzle-orm/pg-core';\nexport const routes = pgTable('routes', { id: text().primaryKey(), path: text().notNull(), verb: text().notNull(), note: text() });\nconst whole = createInsertSchema(routes);\nexport const createRoute = whole.pick({ path: true });\nexport const updateRoute = whole.pick({ id: true, path: true });",
                    (5, "verb"),
                )
            },
        ],
        passing: &[
            // Something else stands where a column is missing.
            Case {
                configuration: DRIZZLE,
                ..Case::passing(
                    "CREATE TABLE sets (id text PRIMARY KEY, name text NOT NULL, note text, deleted_at timestamptz, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);",
                    "import { z } from 'zod';\nimport { pgTable, text, timestamp } from 'drizzle-orm/pg-core';\nexport const sets = pgTable('sets', { id: text().primaryKey(), name: text().notNull(), note: text(), deletedAt: timestamp({ withTimezone: true }), createdAt: timestamp({ withTimezone: true }).notNull(), updatedAt: timestamp({ withTimezone: true }).notNull() });\nexport const setSchema = z.object({ id: z.string(), name: z.string(), note: z.string().nullable(), latestVersionId: z.string().nullable(), createdAt: z.date(), updatedAt: z.date() });",
                )
            },
            // It was refined for the others.
            Case {
                configuration: DRIZZLE,
                ..Case::passing(
                    ROUTES,
                    "import { createInsertSchema } from 'drizzle-zod';\nimport { pgTable, text } from 'drizzle-orm/pg-core';\nexport const routes = pgTable('routes', { id: text().primaryKey(), path: text().notNull(), verb: text().notNull(), note: text() });\nconst routeInsert = createInsertSchema(routes, { verb: (schema) => schema.min(3) });\nexport const createRoute = routeInsert.omit({ id: true, verb: true });",
                )
            },
            // The server adds it where it writes the row.
            Case::valid(
                "CREATE TABLE parcels (id serial PRIMARY KEY, sender text NOT NULL, receiver text NOT NULL, weight integer NOT NULL, contents text NOT NULL, note text);",
                "export const createParcelRequestSchema = z.object({ sender: z.string(), receiver: z.string(), weight: z.number().int(), note: z.string().optional() });\nexport const make = (body: unknown) => prisma.parcel.create({ data: { ...createParcelRequestSchema.parse(body), contents: describe(body) } });",
            ),
            // It asks for something else, too.
            Case::valid(
                "CREATE TABLE parcels (id serial PRIMARY KEY, sender text NOT NULL, receiver text NOT NULL, weight integer NOT NULL, contents text NOT NULL, note text);",
                "export const createParcelRequestSchema = z.object({ sender: z.string(), receiver: z.string(), weight: z.number().int(), items: z.array(z.string()) });",
            ),
            // It was left out by its name.
            Case {
                configuration: DRIZZLE,
                ..Case::passing(
                    ROUTES,
                    "import { createInsertSchema } from 'drizzle-zod';\nimport { pgTable, text } from 'drizzle-orm/pg-core';\nexport const routes = pgTable('routes', { id: text().primaryKey(), path: text().notNull(), verb: text().notNull(), note: text() });\nexport const insertRouteSchema = createInsertSchema(routes).omit({ verb: true }).omit({ note: true });",
                )
            },
            // It is told in another form.
            Case::valid(
                "CREATE TABLE templates (id uuid PRIMARY KEY, name text NOT NULL, kind text NOT NULL, template_yaml text, template_json jsonb);",
                "export const TemplateSchema = z.object({ id: z.uuid(), name: z.string(), kind: z.string(), encodedTemplateYaml: z.string().nullable(), templateJson: z.unknown() });",
            ),
            Case::valid(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), bio: z.string().nullable(), team: z.object({ id: z.uuid() }) });",
            ),
            Case::valid(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid(), bio: z.string().nullable() });\nexport const UserResponseSchema = UserSchema.omit({ passwordHash: true });",
            ),
            Case::valid(
                TABLE,
                "export const CreateUserSchema = z.object({ email: z.string(), password: z.string() });",
            ),
            // The server makes it.
            Case::valid(
                "CREATE TABLE keys (id uuid PRIMARY KEY, name text NOT NULL, token text NOT NULL, created_by text NOT NULL, status text NOT NULL);",
                "export const CreateKeySchema = z.object({ name: z.string() });",
            ),
            // An answer chooses from the row, and adds computed fields.
            Case {
                configuration: CONTRACTS,
                ..Case::passing(
                    TABLE,
                    "import { z } from 'zod';\nconst UserSchema = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid(), online: z.boolean() });\nexport const UserEndpoints = { list: { method: 'GET', path: '/users', response: z.object({ users: z.array(UserSchema), total: z.number() }) } };",
                )
            },
            Case {
                configuration: CONTRACTS,
                ..Case::passing(
                    TABLE,
                    "import { createRoute, z } from '@hono/zod-openapi';\nconst userSchema = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid() });\nexport const list = createRoute({ method: 'get', path: '/users', responses: { 200: { description: 'all', content: { 'application/json': { schema: z.object({ users: z.array(userSchema).openapi({}) }) } } } } });",
                )
            },
            // What is created is looked up by it.
            Case::valid(
                TABLE,
                "export const CreateUserSchema = z.object({ teamId: z.uuid() });",
            ),
            // Prisma's client fills in `@updatedAt`.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndriver = 'prisma'",
                ..Case::valid(
                    "CREATE TABLE notes (id text PRIMARY KEY, body text NOT NULL, updated_at timestamp NOT NULL);",
                    "import { z } from 'zod';\nexport const CreateNoteSchema = z.object({ body: z.string() });",
                )
            },
            Case::valid(
                TABLE,
                "/** @projection */\nexport const UserSchema = z.object({ id: z.uuid(), email: z.string() });",
            ),
            Case::valid(
                TABLE,
                "export const UpdateUserSchema = z.object({ email: z.string().optional(), bio: z.string().nullish() });",
            ),
        ],
    };
}
