//! A validation schema lets null or nothing through where the column needs a value, or refuses null
//! that the column holds.
//!
//! ## Why
//! The first fails late, in the database, as an error 500 instead of a message to the user; the
//! second rejects good rows.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, bio text);
//! ```
//! ```ts
//! export const CreateUserSchema = z.object({
//!   email: z.string().nullable(),
//!   bio: z.string().nullable(),
//! });
//! ```
//! An answer is judged by what it refuses alone, a request by what parsing returns.
//!
//! What has a default, in the schema, the ORM or the database, may be absent, and from what comes
//! in the keys, which the server knows. A schema of what comes in may demand a value that the
//! database does not. What may be absent is a warning, since the server may fill it in; of what the
//! server usually makes (an instant, a slug, a status) a request says nothing. Where null
//! passes as what is absent does (`@IsOptional()` of class-validator), that is one warning for each
//! schema.

use super::direction::Direction;
use super::entities::ColumnFacts;
use super::matching::{Description, TableMatches};
use super::matching::{Role, Strength};
use super::{Check, Compared, Model, edits, names, wording};
use crate::facts::{Field, Kind};
use crate::report::{Category, Finding, Severity};
use crate::schema::types::Scalar;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "VALIDATION_NULLABILITY_MISMATCH",
    category: Category::ValidationSchemas,
    severity: Severity::Error,
    critical: true,
    source: include_str!("validation_nullability_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let each = model.judge_schemas(|compared, direction| {
        compared
            .is_of_table()
            .then(|| judge(model, compared, direction))
            .flatten()
    });
    each.into_iter().chain(nulls_as_absent(model)).collect()
}

/// A finding for each schema that lets null pass wherever a value may be absent: that is one cause,
/// however many fields it has.
fn nulls_as_absent(model: &Model<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (described, description) in model.schemas() {
        if !model.direction(described, description).comes_in() {
            continue;
        }
        let pairs = Compared::all((described, description)).filter(Compared::is_of_table);
        // The server makes a key, or takes it from the path: nobody means its null.
        // Code that reads a field by itself need not write it.
        let directions = model.directions();
        let pairs = pairs.filter(|pair| {
            let field = &pair.pair.field.name;
            !pair.facts.primary_key
                && !directions.is_taken_out(description, &described.entity, field)
        });
        let let_in = pairs.filter(|pair| lets_null_as_absent(pair));
        let of_fields =
            |let_in: &[Compared<'_, '_>]| letting_in(model, described, description, let_in);
        let (ignored, let_in): (Vec<_>, Vec<_>) = let_in.partition(|one| {
            let alone = of_fields(std::slice::from_ref(one));
            alone.is_some_and(|alone| model.ignores().is_ignored(&alone))
        });
        findings.extend(
            ignored
                .iter()
                .map(std::slice::from_ref)
                .filter_map(of_fields),
        );
        findings.extend(of_fields(&let_in));
    }
    findings
}

/// The finding about fields of a schema that take null for what is absent.
fn letting_in(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    let_in: &[Compared<'_, '_>],
) -> Option<Finding> {
    let first = let_in.first()?;
    let columns: Vec<&str> = let_in
        .iter()
        .map(|compared| compared.pair.column.name.as_str())
        .collect();
    let (noun, verb) = match columns.len() {
        1 => ("Field", "accepts"),
        _ => ("Fields", "accept"),
    };
    let message = format!(
        "{noun} {} of validation schema `{}` {verb} null where a value may be absent, NOT NULL in the database",
        wording::quoted_briefly(&columns),
        description.declaration.name
    );
    let found = CHECK
        .finding(&described.entity.title(), message)
        .about(description, columns[0])
        .at(&first.pair.field.location, "null passes as well")
        .at_column(
            described.entity.name,
            first.pair.column,
            model.input.provenance,
        )
        .with_detail("fields", columns.clone())
        .with_help(
            "judge null where it is not meant: what may be absent is not judged when it is null",
        )
        .as_warning();
    if columns.len() == 1 {
        return Some(found);
    }
    let alone = let_in.iter().map(std::slice::from_ref);
    let members = alone.filter_map(|one| letting_in(model, described, description, one));
    let members = members.collect();
    Some(found.with_members(members))
}

fn lets_null_as_absent(compared: &Compared<'_, '_>) -> bool {
    let field = compared.pair.field;
    let judged = field.returned.as_deref().unwrap_or(field);
    compared.facts.not_null && judged.nullable && judged.constraints.null_as_absent
}

/// The disagreement between a schema and a column about null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValidationVerdict {
    LetsNullIn,
    LetsNothingIn,
    RefusesNull,
    RefusesNullButMayBeAbsent,
}

/// Whether a document leaves unsaid what the verdict is about. Most documents demand no field, or not
/// all: that one may be absent counts of what is created and of answers, where they demand some. The
/// null of a field that may be absent is another word for its absence.
fn is_unsaid(
    compared: &Compared<'_, '_>,
    direction: Direction,
    verdict: ValidationVerdict,
) -> bool {
    let description = compared.description;
    let is_of_creation = description.role == Role::InsertSchema && direction == Direction::Request;
    let mut fields = description.declaration.fields.iter();
    let demands_some = fields.any(|field| !field.optional);
    let is_said = match verdict {
        ValidationVerdict::RefusesNull => true,
        ValidationVerdict::LetsNullIn => !compared.field().optional,
        ValidationVerdict::LetsNothingIn | ValidationVerdict::RefusesNullButMayBeAbsent => {
            demands_some && (is_of_creation || direction == Direction::Answer)
        }
    };
    !description.declaration.origin.enforced && !is_said
}

/// Whether what a request leaves out may be made by the server: who, which and in which state, which
/// its names say, and instants, which are now where nobody says when.
fn may_be_made_by_server<'a>(model: &Model<'a>, compared: &Compared<'_, 'a>) -> bool {
    let is_instant = matches!(
        &compared.facts.ty.scalar,
        Scalar::Builtin(name) if name.starts_with("timestamp")
    );
    (is_instant || names::is_usually_made_by_server(&compared.pair.column.name))
        && model
            .directions()
            .is_converted(compared.description, &compared.described.entity)
}

fn verdict<'a>(
    model: &Model<'a>,
    compared: &Compared<'_, 'a>,
    direction: Direction,
) -> Option<ValidationVerdict> {
    let Compared {
        described,
        description,
        facts,
        pair,
        ..
    } = compared;
    // What is any value says nothing, not even whether it may be null.
    if matches!(pair.field.kind, Kind::Any | Kind::Unresolved(_)) {
        return None;
    }
    // A variant may demand what the rows of others do not have.
    if description.role != Role::InsertSchema && described.is_variant(description) {
        return None;
    }
    if lets_null_as_absent(compared) {
        return None;
    }
    let known_to_server =
        description.role == Role::InsertSchema && (facts.foreign_key || facts.primary_key);
    // A schema made of an ORM's table demands it, unless it was made optional on purpose.
    let is_chosen = description.strength == Strength::Derived;
    let filled_in = known_to_server
        || is_chosen
        || described.is_filled_in(pair.column)
        || may_be_made_by_server(model, compared);
    match description.role {
        _ if direction == Direction::Answer => of_output(facts, pair.field),
        Role::Schema
            if direction != Direction::Request
                && (description.used.parses_whole_rows
                    || description.is_whole()
                        && description.holds_primary_key(&described.entity)) =>
        {
            of_input(facts, pair.field, filled_in).or_else(|| of_output(facts, pair.field))
        }
        Role::Schema | Role::OutputSchema | Role::InsertSchema => {
            of_input(facts, pair.field, filled_in)
        }
        Role::UpdateSchema => {
            (facts.not_null && pair.field.nullable).then_some(ValidationVerdict::LetsNullIn)
        }
        Role::Row | Role::Domain | Role::Insert | Role::Update | Role::Orm => None,
    }
}

fn of_input(facts: &ColumnFacts<'_>, field: &Field, filled_in: bool) -> Option<ValidationVerdict> {
    if facts.not_null && field.nullable {
        return Some(ValidationVerdict::LetsNullIn);
    }
    let must_be_given = facts.not_null && !facts.column.may_be_omitted() && !filled_in;
    (must_be_given && field.optional && !field.has_default)
        .then_some(ValidationVerdict::LetsNothingIn)
}

fn of_output(facts: &ColumnFacts<'_>, field: &Field) -> Option<ValidationVerdict> {
    // `z.coerce.number()` makes a number of null.
    if facts.null_is_empty || field.constraints.coerced {
        return None;
    }
    match (facts.not_null, field.nullable, field.optional) {
        (false, false, _) if facts.column.generated.is_some() => None,
        (false, false, false) => Some(ValidationVerdict::RefusesNull),
        (false, false, true) => Some(ValidationVerdict::RefusesNullButMayBeAbsent),
        (false, true, _) | (true, _, _) => None,
    }
}

fn judge<'a>(
    model: &Model<'a>,
    compared: Compared<'_, 'a>,
    direction: Direction,
) -> Option<Finding> {
    let verdict = verdict(model, &compared, direction)?;
    // A mapped type is only wrong where it cannot hold the rows.
    let is_mapped =
        direction != Direction::Request && compared.described.is_beside_orm(compared.description);
    if is_mapped && verdict == ValidationVerdict::LetsNullIn {
        return None;
    }
    if is_unsaid(&compared, direction, verdict) {
        return None;
    }
    let Compared {
        described,
        description,
        pair,
        ..
    } = compared;
    let (name, noun) = (&description.declaration.name, description.noun());
    let (here, there) = match verdict {
        ValidationVerdict::LetsNullIn => ("accepts null", "NOT NULL"),
        ValidationVerdict::LetsNothingIn => ("may be absent", "NOT NULL without a default"),
        ValidationVerdict::RefusesNull => ("refuses null", "nullable"),
        ValidationVerdict::RefusesNullButMayBeAbsent => {
            ("may be absent but refuses null", "nullable")
        }
    };
    let message = format!(
        "Nullability mismatch for field '{}': {here} in {noun} `{name}`, {there} in the database",
        pair.column.name
    );
    let found = CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, here)
        .at_column(described.entity.name, pair.column, model.input.provenance)
        .with_detail("databaseNullable", !pair.column.not_null);
    Some(match verdict {
        ValidationVerdict::LetsNullIn => found,
        // The server may fill it in, as it fills in what the schema lacks.
        ValidationVerdict::LetsNothingIn => found.as_warning(),
        ValidationVerdict::RefusesNull => {
            found.with_proposal(edits::add_nullable(pair.field, description))
        }
        ValidationVerdict::RefusesNullButMayBeAbsent => found.as_warning(),
    })
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL, bio text, role text NOT NULL DEFAULT 'x');";

    pub const CASES: Cases = Cases {
        failing: &[
            // class-validator does not judge null where a value may be absent.
            Case {
                configuration: "validation = ['**/*.ts']\nseverity = { MISSING_TYPE = 'off', LOOSE_VALIDATION = 'off' }",
                ..Case::failing(
                    TABLE,
                    "import { IsEmail, IsOptional, IsString } from 'class-validator';\nexport class UpdateUserDto {\n @IsOptional() @IsEmail() email?: string;\n @IsOptional() @IsString() bio?: string;\n @IsOptional() @IsString() role?: string }",
                    (3, "email"),
                )
            },
            // An answer that refuses what the database holds fails, whatever the schema is called.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ncontracts = ['**/*.ts']",
                ..Case::failing(
                    TABLE,
                    "import { z } from 'zod';\nexport const UserSchema = z.object({ email: z.string(),\n bio: z.string() });\nexport const Page = z.object({ users: z.array(UserSchema) });\nexport const list = { method: 'GET', path: '/users', response: Page };",
                    (3, "bio"),
                )
            },
            Case::validation(
                TABLE,
                "export const CreateUserSchema = z.object({\n email: z.string().nullable() });",
                (3, "email"),
            ),
            // Values that all variants take are the column's.
            Case::validation(
                TABLE,
                "export const CreateUserSchema = z.object({\n email: z.string().nullable() }).and(z.union([z.object({ bio: z.string() }), z.object({ bio: z.null() })]));",
                (3, "email"),
            ),
            Case::validation(
                TABLE,
                "export const CreateUserSchema = z.object({\n email: z.string().optional() });",
                (3, "email"),
            ),
            Case::validation(
                TABLE,
                "export const UpdateUserSchema = z.object({\n email: z.string().nullish() });",
                (3, "email"),
            ),
            Case::validation(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(), role: z.string(),\n bio: z.string() });",
                (3, "bio"),
            ),
            // Code parses rows with it, whatever it is called and whatever it leaves out.
            Case::validation(
                TABLE,
                "export const UserSchema = z.object({ email: z.string(),\n bio: z.string() });\nexport async function all(db) { const rows = await db.selectFrom('users').selectAll().execute(); return rows.map((row) => UserSchema.parse(row)); }",
                (3, "bio"),
            ),
            Case::validation(
                TABLE,
                "export const NewUserSchema = z.object({ email: z.string(),\n bio: z.string() });\nexport async function add(db, id) { const { data } = await db.from('users').select('*').eq('id', id).single(); return NewUserSchema.parse(data); }",
                (3, "bio"),
            ),
        ],
        passing: &[
            // The handler decides what null means, and the key is the server's.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE properties (key text PRIMARY KEY, value text NOT NULL);",
                    "import { Body, Controller, Put } from '@nestjs/common';\nimport { IsOptional, IsString } from 'class-validator';\nexport class UpdatePropertyDto { @IsOptional() @IsString() key?: string; @IsOptional() @IsString() value?: string; }\n@Controller('p') export class PropertyController { @Put(':key') put(@Body() data: UpdatePropertyDto) { return this.service.put(data.value); } }",
                )
            },
            // The value that a query returns for the column, and a value that is parsed before it is
            // inserted.
            Case::valid(
                TABLE,
                "export const UserSchema = z.object({ email: z.string(), bio: z.string() });\nexport async function all(db) { const rows = await db.selectFrom('users').select(['email', coalesced]).execute(); return rows.map((row) => UserSchema.parse(row)); }",
            ),
            Case::valid(
                TABLE,
                "export const UserSchema = z.object({ email: z.string(), bio: z.string() });\nexport async function add(db, request) { const user = UserSchema.parse(request.body); await db.insertInto('users').values(user).execute(); }",
            ),
            // The server makes them where the request does not.
            Case::valid(
                "CREATE TABLE events (id uuid PRIMARY KEY, name text NOT NULL, slug text NOT NULL, start_date timestamptz NOT NULL);",
                "export const CreateEventSchema = z.object({ name: z.string(), slug: z.string().optional(), startDate: z.date().optional() });",
            ),
            // Each is of some of the rows, which a boolean tells apart.
            Case::valid(
                "CREATE TABLE plans (id uuid PRIMARY KEY, name text NOT NULL, renews boolean NOT NULL, every text);",
                "export const PlanSchema = z.object({ id: z.uuid(), name: z.string(), renews: z.literal(true), every: z.string() });\nexport const planSchema = z.object({ id: z.uuid(), name: z.string(), renews: z.literal(false), every: z.null() });",
            ),
            // Variants that exclude each other: code makes the value before it inserts.
            Case::valid(
                TABLE,
                "export const CreateUserSchema = z.object({ bio: z.string() }).and(z.union([z.object({ email: z.string(), role: z.null().optional() }), z.object({ email: z.null().optional(), role: z.string() })]));",
            ),
            // What is inserted is what parsing returns.
            Case::valid(
                TABLE,
                "export const CreateUserSchema = z.object({ email: z.string().nullish().transform((email) => email ?? ''), bio: z.string() });",
            ),
            // A request may demand more than the database does.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ncontracts = ['**/*.ts']",
                ..Case::passing(
                    TABLE,
                    "import { z } from 'zod';\nexport const UserSchema = z.object({ id: z.uuid(), email: z.string(), bio: z.string(), role: z.string() });\nexport const save = { method: 'PUT', path: '/users', request: UserSchema };",
                )
            },
            // A key that is taken from another table is known before the row is.
            Case::valid(
                "CREATE TABLE scores (user_id uuid PRIMARY KEY REFERENCES users, points integer, note text);",
                "export const ScoreSchema = z.object({ userId: z.uuid(), points: z.number().int(), note: z.string() });",
            ),
            Case::valid(
                TABLE,
                "export const CreateUserSchema = z.object({ email: z.string(), bio: z.string(), role: z.string().optional() });",
            ),
            Case::valid(
                TABLE,
                "export const CreateUserSchema = z.object({ email: z.string().default('x'), bio: z.string().nullish() });",
            ),
            Case::valid(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(), bio: z.string().nullable(), role: z.string() });",
            ),
            Case::valid(
                "CREATE TABLE posts (id uuid PRIMARY KEY, author_id uuid NOT NULL REFERENCES users, body jsonb NOT NULL);",
                "export const CreatePostSchema = z.object({ id: z.uuid().optional(), authorId: z.uuid().optional(), body: z.unknown() });",
            ),
            // What takes any JSON takes its null, which is not the database's.
            Case::valid(
                "CREATE TABLE settings (id uuid PRIMARY KEY, value jsonb NOT NULL);",
                "const json: z.ZodType<unknown> = z.lazy(() => z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]));\nexport const SettingSchema = z.object({ id: z.uuid(), value: json });",
            ),
            Case::valid(
                TABLE,
                "export const UpdateUserSchema = z.object({ email: z.string().optional() });",
            ),
        ],
    };
}
