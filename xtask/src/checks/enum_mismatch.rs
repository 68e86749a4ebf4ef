//! A set of values in TypeScript or in a validation schema is not the set that the database allows.
//!
//! ## Why
//! A value that only the database knows falls through every `switch`; a value that only TypeScript
//! knows compiles and fails on insert.
//!
//! ## Example
//! ```sql
//! CREATE TYPE user_role AS ENUM ('admin', 'citizen', 'expert');
//! CREATE TABLE users (id uuid NOT NULL, role user_role NOT NULL);
//! ```
//! ```ts
//! export interface UserTable {
//!   id: string;
//!   role: 'admin' | 'citizen';
//! }
//! ```
//! `CHECK (role IN ('admin', …))` counts like an enum. What is inserted or updated may be
//! restricted to some of the values, and so may each of several variants of the rows. A plain `string` is a warning: it lets any value through. One
//! set that is used in several places is one finding. A set that says which enum it is (`pgEnum`,
//! Supabase's `Enums` and `Constants`) is judged by that, unless a field has told it. Where only an
//! ORM's table names the values of a text (`text({ enum: […] })`), a schema of answers or rows that
//! refuses one of them is a warning. Where an ORM's table or a generated type states the values and
//! a schema or type has none of them, code translates them, because the compiler refuses them in
//! queries: that is named under "not judged".

use std::collections::{BTreeMap, HashSet};

use super::direction::Direction;
use super::entities::ColumnFacts;
use super::matching::{Description, Role, TableMatches};
use super::pairing::Pair;
use super::translated_values::are_translated;
use super::{Check, Model, edits, wording};
use crate::facts::{Enumeration, Facts, Field, Kind, SqlScalar};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::ObjectName;
use crate::schema::types::Scalar;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "ENUM_MISMATCH",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("enum_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let of_fields = model
        .judged()
        .flat_map(|(described, description)| findings(model, described, description));
    let (told, of_fields): (HashSet<_>, Vec<_>) = of_fields.unzip();
    of_fields.into_iter().chain(of_sets(model, &told)).collect()
}

/// Returns findings about sets of values that name their enum. Enums that a field's finding has
/// covered already are left out.
fn of_sets(model: &Model<'_>, told: &HashSet<Option<ObjectName>>) -> Vec<Finding> {
    let mut alike: BTreeMap<(ObjectName, &[String]), Vec<&Enumeration>> = BTreeMap::new();
    for set in &model.input.facts.enums {
        let Some(name) = set.database_name.as_ref() else {
            continue;
        };
        alike
            .entry((ObjectName::from_key(name), &set.values))
            .or_default()
            .push(set);
    }
    let untold = alike
        .into_iter()
        .filter(|((name, _), _)| !told.contains(&Some(name.clone())));
    untold
        .filter_map(|((name, values), sets)| of_set(model, &name, values, &sets))
        .collect()
}

/// One set of values, which may be written several times.
fn of_set(
    model: &Model<'_>,
    name: &ObjectName,
    values: &[String],
    sets: &[&Enumeration],
) -> Option<Finding> {
    let allowed = &model.input.schema.enums.get(name)?.labels;
    let difference = ValuesDifference::of(values, allowed, Role::Row)?;
    let title = name.to_string();
    let named = sets
        .iter()
        .map(|set| format!("`{}`", set.name))
        .collect::<Vec<_>>()
        .join(", ");
    let words = difference.in_words();
    let found = CHECK.finding(
        &title,
        format!("Enum values of '{title}' differ in {named}: {words}"),
    );
    let found = sets
        .iter()
        .fold(found, |found, set| found.at(&set.location, words.clone()));
    let found = found.at_some(
        model.input.provenance.type_(name),
        format!("`{title}` was last changed here"),
    );
    Some(with_values(found, allowed, &difference))
}

fn with_values(found: Finding, allowed: &[String], difference: &ValuesDifference) -> Finding {
    found
        .with_detail("databaseValues", allowed.to_vec())
        .with_detail("missing", difference.missing.clone())
        .with_detail("unknown", difference.unknown.clone())
        .with_help(format!("the database allows {}", wording::quoted(allowed)))
}

/// Returns findings about the fields, each with the column's enum type, if it has one.
fn findings<'a>(
    model: &Model<'a>,
    described: &TableMatches<'a>,
    description: &Description<'a>,
) -> Vec<(Option<ObjectName>, Finding)> {
    let direction = model.direction(described, description);
    let judge = |pair: &Pair<'_>| judge(model, described, description, direction, pair);
    let of_field = |taken: &Pair<'_>| {
        let returned = taken.field.returned.as_deref();
        let returned = returned.map(|field| Pair {
            field,
            column: taken.column,
        });
        match (returned, direction) {
            (Some(returned), Direction::Request) => judge(&returned),
            (Some(returned), Direction::Unknown) => judge(&returned).and_then(|_| judge(taken)),
            (_, _) => judge(taken),
        }
    };
    description
        .pairing
        .pairs
        .iter()
        .filter_map(of_field)
        .collect()
}

fn judge(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    direction: Direction,
    pair: &Pair<'_>,
) -> Option<(Option<ObjectName>, Finding)> {
    let facts = described.entity.column(&pair.column.name)?;
    let Some(allowed) = allowed_values(description, facts) else {
        let shows_rows = direction.shows_rows(description);
        return shows_rows
            .then(|| refused_of_orm(model, described, description, pair))?
            .map(|found| (None, found));
    };
    let difference = match values_of(&pair.field.kind) {
        Values::Known(values) if is_of_another_thing(description, &values, allowed) => {
            return None;
        }
        Values::Known(values) if are_translated(described, description, facts, &values) => {
            return None;
        }
        // All variants together are the rows.
        Values::Known(values)
            if values.iter().all(|value| allowed.contains(value))
                && described.is_variant(description) =>
        {
            return None;
        }
        Values::Known(values) => {
            let role = role_of_values(description, direction);
            let difference = ValuesDifference::of(&values, allowed, role)?;
            if difference.missing.is_empty()
                && direction == Direction::Request
                && is_widened(pair.field, model.input.facts)
            {
                return None;
            }
            difference
        }
        // A document leaves it unsaid which strings are taken.
        Values::AnyString if !description.declaration.origin.enforced => return None,
        // All values that the database holds pass.
        Values::AnyString if direction == Direction::Answer => return None,
        Values::AnyString => {
            return any_string(model, described, description, pair, facts, allowed)
                .map(|found| (None, found));
        }
        Values::None => return None,
    };
    let found = finding(model, described, description, pair, allowed, &difference);
    let found = if description.is_partial() {
        found.as_warning()
    } else {
        found
    };
    let name = match &facts.ty.scalar {
        Scalar::Enum(name, _) => Some(name.clone()),
        Scalar::Builtin(_) | Scalar::Other(_) => None,
    };
    Some((
        name,
        found.at_values(described.entity.name, facts, model.input.provenance),
    ))
}

/// Whether a set of a request is another set with values beside it. Such values were added for the
/// server to translate.
fn is_widened(field: &Field, facts: &Facts) -> bool {
    let Some(named) = enumeration(field, facts) else {
        return false;
    };
    let is_same = |set: &&Enumeration| {
        set.location == named.location
            || (set.name == named.name && set.location.file == named.location.file)
    };
    facts.enums.iter().filter(is_same).any(|set| set.widened)
}

/// A schema of answers or rows that refuses a value that an ORM's table has for a column of text.
fn refused_of_orm(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    pair: &Pair<'_>,
) -> Option<Finding> {
    let orm = described.returned_by_orm(pair.column)?;
    let (Values::Known(held), Values::Known(taken)) =
        (values_of(&orm.kind), values_of(&pair.field.kind))
    else {
        return None;
    };
    let mut difference = ValuesDifference::of(&taken, &held, description.role)?;
    difference.unknown.clear();
    let is_other = is_of_another_thing(description, &taken, &held)
        || !description.declaration.origin.enforced
        || described.is_variant(description);
    if difference.missing.is_empty() || is_other {
        return None;
    }
    let found = finding(model, described, description, pair, &held, &difference)
        .at(&orm.location, "the ORM's table has them here")
        .with_help(format!(
            "rows hold {}, as the ORM's table says",
            wording::quoted(&held)
        ));
    Some(found.as_warning())
}

/// The values that the database allows. An ORM may have other names for them, which the application
/// then has, but its tables state those of the database.
fn allowed_values<'f>(
    description: &Description<'_>,
    facts: &'f ColumnFacts<'_>,
) -> Option<&'f [String]> {
    match (&facts.ty.scalar, description.role) {
        (Scalar::Enum(_, labels), Role::Orm) => Some(labels),
        _ => facts.demands.values.as_deref(),
    }
}

/// Returns whether the values are about something other than the column. In a type that describes
/// only a part of the table, they are where fewer than half are the column's; in a document, where
/// none is.
fn is_of_another_thing(
    description: &Description<'_>,
    values: &[String],
    allowed: &[String],
) -> bool {
    let common = values
        .iter()
        .filter(|value| allowed.contains(value))
        .count();
    // A server has names of its own for all values, or for none of them.
    let is_translated = common == 0 && !description.declaration.origin.enforced;
    is_translated || (description.is_partial() && common * 2 < values.len().min(allowed.len()))
}

/// The role by which values are judged. A document may restrict what a request takes, whatever its
/// schema is called.
fn role_of_values(description: &Description<'_>, direction: Direction) -> Role {
    let is_of_request = direction == Direction::Request;
    if is_of_request && !description.declaration.origin.enforced {
        return Role::UpdateSchema;
    }
    description.role
}

/// The string values that a kind allows.
enum Values {
    Known(Vec<String>),
    AnyString,
    None,
}

fn values_of(kind: &Kind) -> Values {
    match kind {
        Kind::Enum(values) => Values::Known(values.clone()),
        Kind::String => Values::AnyString,
        Kind::Array(items) => values_of(items),
        Kind::Number
        | Kind::Bigint
        | Kind::Boolean
        | Kind::Date
        | Kind::Bytes
        | Kind::Json
        | Kind::Any
        | Kind::Union(_)
        | Kind::Unresolved(_) => Values::None,
    }
}

/// How two sets of values differ.
struct ValuesDifference {
    /// Only the database has them.
    missing: Vec<String>,
    /// Only TypeScript has them.
    unknown: Vec<String>,
}

impl ValuesDifference {
    /// None where they agree, as far as the role demands it.
    fn of(values: &[String], allowed: &[String], role: Role) -> Option<Self> {
        let only_in = |left: &[String], right: &[String]| -> Vec<String> {
            left.iter()
                .filter(|value| !right.contains(value))
                .cloned()
                .collect()
        };
        let missing = if may_be_narrower(role) {
            Vec::new()
        } else {
            only_in(allowed, values)
        };
        let unknown = only_in(values, allowed);
        (!missing.is_empty() || !unknown.is_empty()).then_some(Self { missing, unknown })
    }

    fn in_words(&self) -> String {
        let missing = (!self.missing.is_empty())
            .then(|| format!("{} missing", wording::quoted_briefly(&self.missing)));
        let unknown = (!self.unknown.is_empty()).then(|| {
            format!(
                "{} not in the database",
                wording::quoted_briefly(&self.unknown)
            )
        });
        [missing, unknown]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    }
}

fn may_be_narrower(role: Role) -> bool {
    match role {
        Role::Insert | Role::Update | Role::InsertSchema | Role::UpdateSchema => true,
        Role::Row | Role::Domain | Role::Orm | Role::Schema | Role::OutputSchema => false,
    }
}

fn finding(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    pair: &Pair<'_>,
    allowed: &[String],
    difference: &ValuesDifference,
) -> Finding {
    let named = enumeration(pair.field, model.input.facts);
    let place = named.map_or(&pair.field.location, |enumeration| &enumeration.location);
    let place_name = named.map_or(&description.declaration.name, |enumeration| {
        &enumeration.name
    });
    let message = format!(
        "Enum values of field '{}' differ in `{place_name}`: {}",
        pair.column.name,
        difference.in_words()
    );
    let present = match values_of(&pair.field.kind) {
        Values::Known(values) => values,
        Values::AnyString | Values::None => Vec::new(),
    };
    // A set without a name stands in the field's own type or schema.
    let own = || {
        pair.field
            .value
            .map(|value| (&*pair.field.location.file, value))
    };
    let set = named.map_or_else(own, |one| Some((&*one.location.file, one.location.span)));
    let complete = (!difference.missing.is_empty()).then_some(set).flatten();
    let found = base(described, description, pair, message)
        .with_proposal(complete.and_then(|set| edits::add_values(set, &present, allowed)))
        .at(place, difference.in_words());
    // The set is where it is to be mended; who uses it comes second.
    let found = match named {
        Some(_) => found.at(&pair.field.location, "used here"),
        None => found,
    };
    with_values(found, allowed, difference)
}

/// A string where the database holds a fixed set: only where values come in or are read by name
/// does it matter.
fn any_string(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    pair: &Pair<'_>,
    facts: &ColumnFacts<'_>,
    allowed: &[String],
) -> Option<Finding> {
    let constraints = pair.field.innermost().1;
    // A string for an array is of another type, or is the array's text.
    let is_whole_array = facts.ty.array && pair.field.kind == Kind::String;
    if is_whole_array
        || pair.field.constraints.refined
        || constraints.refined
        || constraints.pattern.is_some()
        || facts.column.generated.is_some()
        || description.role == Role::Domain
        || !description.declaration.origin.restricts_text
    {
        return None;
    }
    let message = format!(
        "Field '{}' of {} `{}` is any `string`, but the database allows only {}",
        pair.column.name,
        description.noun(),
        description.declaration.name,
        wording::quoted_briefly(allowed)
    );
    let finding = base(described, description, pair, message)
        .at(&pair.field.location, "any `string` here")
        .at_values(described.entity.name, facts, model.input.provenance)
        .with_detail("databaseValues", allowed.to_vec());
    // A schema that lets a wrong value in fails the request late, in the database.
    Some(if description.role.is_validation() {
        finding
    } else {
        finding.as_warning()
    })
}

fn base(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    pair: &Pair<'_>,
    message: String,
) -> Finding {
    let mut finding = CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name);
    if description.role.is_validation() {
        finding.category = Category::ValidationSchemas;
    }
    finding
}

/// The declared set that `field` names: in its own file, else the first that holds its values. The
/// column of an ORM names it by the enum of the database.
pub(super) fn enumeration<'a>(field: &Field, facts: &'a Facts) -> Option<&'a Enumeration> {
    let Values::Known(values) = values_of(&field.kind) else {
        return None;
    };
    let database_name = field.sql.as_ref().and_then(|sql| match &sql.ty.scalar {
        SqlScalar::Enum(name, _) => name.as_deref(),
        SqlScalar::Named(..) | SqlScalar::Unknown(_) => None,
    });
    let is_named = |set: &&Enumeration| match database_name {
        Some(name) => set.database_name.as_deref() == Some(name),
        None => field.reference.as_ref() == Some(&set.name),
    };
    let named: Vec<_> = facts
        .enums
        .iter()
        .filter(is_named)
        .filter(|set| set.values == values)
        .collect();
    let here = |set: &&&Enumeration| set.location.file == field.location.file;
    let named = named.iter().find(here).or(named.first()).copied()?;
    // A schema of declared values has their place: `z.enum(ROLES)`.
    let mut sets = facts.enums.iter();
    let declared = sets.find(|set| set.location == named.location && set.name != named.name);
    Some(declared.unwrap_or(named))
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TYPE user_role AS ENUM ('admin', 'citizen', 'expert');
        CREATE TABLE users (id uuid NOT NULL, role user_role NOT NULL, state text NOT NULL, CHECK (state IN ('on', 'off')));";

    pub const CASES: Cases = Cases {
        failing: &[
            // An answer has no values that the server translates.
            Case::validation(
                "CREATE TYPE report_type AS ENUM ('Access', 'Activity'); CREATE TABLE exports (id integer PRIMARY KEY, report_type report_type NOT NULL);",
                "const ReportType = { Access: 'Access', Activity: 'Activity' } as const;\nexport const AskedReportType = { ...ReportType, Both: 'Both' } as const;\nexport const ExportSchema = z.object({ id: z.number().int(), reportType: z.enum(AskedReportType) });",
                (3, "report_type"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string;\n role: 'admin' | 'citizen'; state: 'on' | 'off' }",
                (2, "role"),
            ),
            // No compiler holds a query to what a type alone states.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::validation(
                    "CREATE TYPE run_state AS ENUM ('ON', 'OFF');\nCREATE TABLE runs (id uuid PRIMARY KEY, label text NOT NULL, state run_state NOT NULL);",
                    "import { z } from 'zod';\nexport interface RunRow { id: string; label: string; state: 'ON' | 'OFF' }\nexport const RunSchema = z.object({ id: z.uuid(), label: z.string(),\n state: z.enum(['on', 'off']) });",
                    (4, "state"),
                )
            },
            // One value of both: the others are no translation.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TYPE run_state AS ENUM ('ON', 'OFF');\nCREATE TABLE runs (id uuid PRIMARY KEY, label text NOT NULL, state run_state NOT NULL);",
                    "import { z } from 'zod';\nimport { pgTable, pgEnum, text, uuid } from 'drizzle-orm/pg-core';\nexport const runState = pgEnum('run_state', ['ON', 'OFF']);\nexport const runs = pgTable('runs', { id: uuid().primaryKey(), label: text().notNull(), state: runState().notNull() });\nexport const RunSchema = z.object({ id: z.uuid(), label: z.string(),\n state: z.enum(['ON', 'PAUSED']) });",
                    (6, "state"),
                )
            },
            Case::failing(
                TABLE,
                "export type Role = 'admin' | 'citizen' | 'expert' | 'guest';\nexport interface UserTable { id: string; role: Role; state: 'on' | 'off' }\nexport interface NewUser { id: string; role: Role; state: 'on' }",
                (1, "role"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; role: 'admin' | 'citizen' | 'expert';\n state: 'on' }",
                (2, "state"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; role: 'admin' | 'citizen' | 'expert';\n state: string }",
                (2, "state"),
            ),
            // Where the values are declared they are to be mended.
            Case::validation(
                TABLE,
                "const ROLES = ['admin', 'citizen'] as const;\nexport const UserSchema = z.object({ id: z.uuid(), role: z.enum(ROLES).describe('role'), state: z.enum(['on', 'off']) });",
                (2, "role"),
            ),
            Case::validation(
                TABLE,
                "enum Role { Admin = 'admin', Citizen = 'citizen' }\nexport const RoleSchema = z.nativeEnum(Role);\nexport const UserSchema = z.object({ id: z.uuid(), role: RoleSchema, state: z.enum(['on', 'off']) });",
                (2, "role"),
            ),
            // An answer tells of it.
            Case::validation(
                "CREATE TYPE user_role AS ENUM ('admin', 'citizen'); CREATE TABLE users (id uuid PRIMARY KEY, name text NOT NULL, role user_role NOT NULL);",
                "export const UserResponseSchema = z.object({ id: z.uuid(), name: z.string(),\n role: z.enum(['admin']), rank: z.number() });",
                (3, "role"),
            ),
            // Of an enum that no table has.
            Case::failing_entity(
                "CREATE TYPE run_state AS ENUM ('on', 'off')",
                "export interface Database { public: { Tables: {}; Enums: {\n run_state: 'on' | 'broken' } } }",
                2,
            ),
            Case::failing_entity(
                "CREATE TYPE run_state AS ENUM ('on', 'off')",
                "import { pgEnum } from 'drizzle-orm/pg-core';\nexport const runState = pgEnum('run_state', ['on', 'off', 'broken']);",
                2,
            ),
            // Of generated constants, whose type is right.
            Case::failing_entity(
                TABLE,
                "export interface Database { public: { Enums: { user_role: 'admin' | 'citizen' | 'expert' } } }\nexport interface UserTable { id: string; role: Database['public']['Enums']['user_role']; state: 'on' | 'off' }\nexport const Constants = { public: { Enums: {\n user_role: ['admin', 'citizen'] } } } as const;",
                4,
            ),
            // Generated together, and wrong together.
            Case::failing_entity(
                "CREATE TYPE run_state AS ENUM ('on', 'off')",
                "export interface Database { public: { Tables: {}; Enums: {\n run_state: 'on' | 'broken' } } }\nexport const Constants = { public: { Enums: { run_state: ['on', 'broken'] } } } as const;",
                2,
            ),
            // What is wrong about a Drizzle table is wrong about the types that are inferred from
            // it.
            Case::failing(
                "CREATE TABLE users (id uuid NOT NULL, state text NOT NULL, CHECK (state IN ('on', 'off')));",
                "import { pgTable, uuid, text } from 'drizzle-orm/pg-core';\nexport const users = pgTable('users', { id: uuid('id').notNull(),\n state: text('state', { enum: ['on', 'broken'] }).notNull() });\nexport type User = typeof users.$inferSelect;\nexport type NewUser = typeof users.$inferInsert;",
                (3, "state"),
            ),
            // Only an ORM's table names the values.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE logs (id uuid PRIMARY KEY, label text NOT NULL, mode text NOT NULL);",
                    "import { z } from 'zod';\nimport { pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const logs = pgTable('logs', { id: uuid().primaryKey(), label: text().notNull(), mode: text({ enum: ['keys', 'credits'] }).notNull() });\nexport const LogResponseSchema = z.object({ id: z.uuid(), label: z.string(),\n mode: z.enum(['keys']) });",
                    (5, "mode"),
                )
            },
        ],
        passing: &[
            // An ORM's table states the values, so that code must translate others.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']\nseverity = { LOOSE_VALIDATION = 'off' }",
                ..Case::passing(
                    "CREATE TYPE run_state AS ENUM ('ON', 'OFF');\nCREATE TABLE runs (id uuid PRIMARY KEY, label text NOT NULL, state run_state NOT NULL);",
                    "import { z } from 'zod';\nimport { pgTable, pgEnum, text, uuid } from 'drizzle-orm/pg-core';\nexport const runState = pgEnum('run_state', ['ON', 'OFF']);\nexport const runs = pgTable('runs', { id: uuid().primaryKey(), label: text().notNull(), state: runState().notNull() });\nexport const RunSchema = z.object({ id: z.uuid(), label: z.string(), state: z.enum(['on', 'off']) });",
                )
            },
            Case::passing(
                "CREATE TYPE run_state AS ENUM ('ON', 'OFF');\nCREATE TABLE runs (id uuid PRIMARY KEY, label text NOT NULL, state run_state NOT NULL);",
                "export interface Database { public: { Tables: { runs: { Row: { id: string; label: string; state: 'ON' | 'OFF' } } } } }\nexport interface Run { id: string; label: string; state: 'on' | 'off' }",
            ),
            // A number tells the types apart, and together they have all values.
            Case::passing(
                "CREATE TABLE jobs (id text NOT NULL, version integer NOT NULL, state text NOT NULL CHECK (state IN ('new', 'done')));",
                "/** @table jobs */\nexport type OldJob = { id: string; version: 1; state: 'done' };\n/** @table jobs */\nexport type Job = { id: string; version: 2; state: 'new' };",
            ),
            // The server knows what it added to the set.
            Case::valid(
                "CREATE TYPE report_type AS ENUM ('Access', 'Activity'); CREATE TABLE exports (id serial PRIMARY KEY, report_type report_type NOT NULL);",
                "const ReportType = { Access: 'Access', Activity: 'Activity' } as const;\nexport const AskedReportType = { ...ReportType, Both: 'Both' } as const;\nexport const createExportSchema = z.object({ reportType: z.enum(AskedReportType) });",
            ),
            // More values may pass in what goes out, and fewer in what comes in.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE logs (id uuid PRIMARY KEY, label text NOT NULL, mode text NOT NULL);",
                    "import { z } from 'zod';\nimport { pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const logs = pgTable('logs', { id: uuid().primaryKey(), label: text().notNull(), mode: text({ enum: ['keys', 'credits'] }).notNull() });\nexport const LogResponseSchema = z.object({ id: z.uuid(), label: z.string(), mode: z.enum(['keys', 'credits', 'none']) });\nexport const CreateLogSchema = z.object({ label: z.string(), mode: z.enum(['keys']) });",
                )
            },
            // Each variant has one of the values.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE features (id uuid PRIMARY KEY, kind text NOT NULL, amount integer, CHECK (kind IN ('toggle', 'credit')));",
                    "import { z } from 'zod';\n/** @table features */\nexport const toggleSchema = z.object({ id: z.uuid(), kind: z.literal('toggle'), amount: z.null() });\n/** @table features */\nexport const creditSchema = z.object({ id: z.uuid(), kind: z.literal('credit'), amount: z.number().int() });",
                )
            },
            // Parsing returns the written values; schemas of answers may let more pass.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ncontracts = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TYPE plan AS ENUM ('free', 'pro');\nCREATE TABLE seats (id uuid PRIMARY KEY, plan plan NOT NULL, label text NOT NULL);",
                    "import { z } from 'zod';\nexport const CreateSeatSchema = z.object({ label: z.string(), plan: z.enum(['FREE', 'PRO']).transform((plan) => plan.toLowerCase() as 'free' | 'pro') });\nexport const SeatResponseSchema = z.object({ label: z.string(), plan: z.string() });",
                )
            },
            Case::passing(
                "CREATE TYPE run_state AS ENUM ('on', 'off')",
                "export type Database = { public: { Tables: {}; Enums: { run_state: 'off' | 'on' } }; storage: { Enums: { other_state: 'a' } } }",
            ),
            Case::passing(
                "CREATE TYPE run_state AS ENUM ('on', 'off')",
                "export const Constants = { graphql_public: { Enums: {} }, public: { Enums: { run_state: ['on', 'off'] } } } as const;\nexport const Others = { public: { Enums: { run_state: ['a'] } } } as const;",
            ),
            // What only is called like the table may speak of other things.
            Case::passing(
                TABLE,
                "export interface UserTable { id: string; role: 'expert' | 'admin' | 'citizen'; state: 'on' | 'off' }\nexport interface User { id: string; label: string; role: 'host' | 'guest' | 'robot' | 'admin' }",
            ),
            Case::passing(
                TABLE,
                "export interface UserTable { id: string; role: 'expert' | 'admin' | 'citizen'; state: 'on' | 'off' }",
            ),
            Case::passing(
                TABLE,
                "enum Role { Admin = 'admin', Citizen = 'citizen', Expert = 'expert' }\nexport interface UserTable { id: string; role: Role; state: 'on' | 'off' }",
            ),
        ],
    };
}
