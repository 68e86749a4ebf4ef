//! A validation schema for what comes in is looser than the database.
//!
//! ## Why
//! What the schema lets in and the database refuses is an error 500 instead of a message to the
//! user.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id uuid PRIMARY KEY, title varchar(100) NOT NULL, rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5));
//! ```
//! ```ts
//! export const CreateBillSchema = z.object({
//!   title: z.string(),
//!   rating: z.number().int().min(1),
//! });
//! ```
//! Judged are lengths (`varchar(n)`, `char_length`), ranges (the column's type, `CHECK`), patterns,
//! and the formats of whole numbers and uuids; the last two are warnings. Of arrays the items are
//! judged. What a `refine` demands cannot be read and is trusted, but a limit that is written beside
//! it is judged. A union is as loose as its loosest member. Where no value passes both sides, they
//! disagree about what the field means, and no change is suggested. A schema that demands what only
//! the server knows (`createdAt`), that contracts name in responses only, or that only schemas of
//! answers hold (`ListBillsResponseSchema`), is of what goes out. So is one that demands every
//! column, in a file whose other schemas are of rows.

mod gaps;

use std::collections::{HashMap, HashSet};

use gaps::Gap;

use super::direction::Direction;
use super::matching::Role;
use super::{Check, Compared, Model, edits};
use crate::facts::Syntax;
use crate::report::{Category, Finding, Proposal, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "LOOSE_VALIDATION",
    category: Category::ValidationSchemas,
    severity: Severity::Error,
    critical: true,
    source: include_str!("loose_validation.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let files = files_of_rows(model);
    model.judge_schemas(|compared, direction| {
        let is_row = direction == Direction::Unknown && is_row_beside_rows(&compared, &files);
        (direction.comes_in() && !is_row)
            .then(|| judge(model, compared))
            .flatten()
    })
}

/// So many schemas of rows in a file show that it describes the rows of a database.
const ROWS: usize = 3;

/// The files whose schemas are of rows: nothing that comes in is described beside them.
fn files_of_rows<'m>(model: &'m Model<'_>) -> HashSet<&'m str> {
    let mut counts: HashMap<&str, (usize, bool)> = HashMap::new();
    for (described, description) in model.schemas() {
        let file = &*description.declaration.location.file;
        let (rows, has_requests) = counts.entry(file).or_default();
        match model.direction(described, description) {
            Direction::Row => *rows += usize::from(description.is_whole()),
            Direction::Request => *has_requests = true,
            Direction::Answer | Direction::Unknown => {}
        }
    }
    let files = counts.into_iter();
    files
        .filter(|(_, (rows, has_requests))| *rows >= ROWS && !has_requests)
        .map(|(file, _)| file)
        .collect()
}

/// Whether a schema demands every column of its table, in a file of rows: so does it where the
/// server makes none of them.
fn is_row_beside_rows(compared: &Compared<'_, '_>, files: &HashSet<&str>) -> bool {
    let description = compared.description;
    let pairs = &description.pairing.pairs;
    description.role == Role::Schema
        && files.contains(&*description.declaration.location.file)
        && pairs.len() == compared.described.entity.columns.len()
        && pairs
            .iter()
            .all(|pair| !pair.field.optional && !pair.field.has_default)
}

fn judge(model: &Model<'_>, compared: Compared<'_, '_>) -> Option<Finding> {
    let Compared {
        described,
        description,
        facts,
        pair,
        is_returned,
    } = compared;
    // What the database computes is not written, whatever a schema lets in.
    if pair.column.must_be_omitted() {
        return None;
    }
    let mut gaps = gaps::gaps(facts, pair.field);
    // The program may demand more than a document says.
    if !description.declaration.origin.enforced {
        gaps.retain(Gap::is_stated);
    }
    if gaps.is_empty() {
        return None;
    }
    let can_agree = gaps::leave_values(&gaps, facts, pair.field);
    let items = if facts.ty.array { "in its items " } else { "" };
    let of_each = if facts.ty.array { " of each item" } else { "" };
    let wording = format!("{items}{}", gaps::in_words(&gaps));
    let message = format!(
        "Field '{}' of `{}` accepts {wording}",
        pair.column.name, description.declaration.name
    );
    let found = CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, wording)
        .with_detail("expected", gaps.iter().map(Gap::method).collect::<Vec<_>>())
        .with_proposal(proposal(compared, &gaps).filter(|_| can_agree && !is_returned));
    let found = match description.declaration.origin.syntax {
        _ if !can_agree => found.with_help(
            "decide what the field holds, and change the side that is wrong: no value passes both",
        ),
        Syntax::ZodCalls => found.with_help(format!(
            "demand {}{of_each}",
            gaps.iter()
                .map(|gap| format!("`{}`", gap.method()))
                .collect::<Vec<_>>()
                .join(" and ")
        )),
        // The message says it in words.
        Syntax::TypeMembers | Syntax::ColumnCalls | Syntax::PrismaFields | Syntax::Other => found,
    };
    let of_check = gaps.iter().all(|gap| gap.is_of_check(facts));
    let found = if of_check {
        found.at_check(described.entity.name, pair.column, model.input.provenance)
    } else {
        found.at_column(described.entity.name, pair.column, model.input.provenance)
    };
    Some(if gaps.iter().any(Gap::is_serious) {
        found
    } else {
        found.as_warning()
    })
}

/// The change that closes `gaps`.
fn proposal(compared: Compared<'_, '_>, gaps: &[Gap]) -> Option<Proposal> {
    let Compared {
        description,
        facts,
        pair,
        ..
    } = compared;
    if facts.ty.array {
        return None;
    }
    let mut found = if let [gap] = gaps
        && let Some(given) = gap.given()
    {
        edits::change_check(pair.field, description, gap.call(), given)?
    } else if gaps.iter().all(Gap::is_absent) {
        let calls: String = gaps.iter().map(Gap::method).collect();
        edits::add_checks(pair.field, description, &calls)?
    } else {
        return None;
    };
    // `.uuid()` demands a version, which the column does not.
    found.safe &= !gaps.contains(&Gap::Uuid);
    Some(found)
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bills (id uuid PRIMARY KEY, title varchar(100) NOT NULL, rating smallint NOT NULL, \
        code text NOT NULL, votes integer NOT NULL, \
        CHECK (((rating >= 1) AND (rating <= 5))), CHECK ((code ~ '^[A-Z]+$'::text)), CHECK ((votes >= 0)));";

    const NAMES: &str = "CREATE TABLE guests (id uuid PRIMARY KEY, name varchar(20) NOT NULL, floor smallint NOT NULL);";

    const SETTINGS: &str = "CREATE TABLE oaks (id bigint PRIMARY KEY, made_at timestamptz DEFAULT now() NOT NULL); CREATE TABLE elms (id bigint PRIMARY KEY, made_at timestamptz DEFAULT now() NOT NULL); CREATE TABLE firs (id bigint PRIMARY KEY, made_at timestamptz DEFAULT now() NOT NULL); \
        CREATE TABLE oak_settings (oak_id bigint PRIMARY KEY REFERENCES oaks (id), message text, CHECK ((char_length(message) <= 100)));";

    const LISTS: &str = "CREATE TABLE posts (id uuid PRIMARY KEY, tags varchar(20)[] NOT NULL, scores smallint[] NOT NULL, names text[]);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE seats (id uuid PRIMARY KEY, label varchar(9) NOT NULL);",
                    "import { createSchemaFactory } from 'drizzle-zod';\nimport { z } from 'zod';\nimport { pgTable, uuid, varchar } from 'drizzle-orm/pg-core';\nconst seats = pgTable('seats', { id: uuid().primaryKey(), label: varchar({ length: 9 }).notNull() });\nconst factory = createSchemaFactory({ coerce: { date: true } });\nexport const insertSeat = factory.createInsertSchema(seats, {\n label: z.string().max(10) });",
                    (7, "label"),
                )
            },
            // A schema in a group, of a whole request, of a list, of a class, and what a function makes.
            Case::validation(
                "CREATE TABLE figs (id integer PRIMARY KEY, label varchar(9) NOT NULL);",
                "export const schemas = { fig: { create: z.object({ label: z.string().max(20) }) } };",
                (2, "label"),
            ),
            Case::validation(
                "CREATE TABLE figs (id integer PRIMARY KEY, label varchar(9) NOT NULL);",
                "export const CreateFigSchema = z.object({ body: z.object({ label: z.string().max(20) }), params: z.object({}) });",
                (2, "label"),
            ),
            Case::validation(
                "CREATE TABLE figs (id integer PRIMARY KEY, label varchar(9) NOT NULL);",
                "export const CreateFigsSchema = z.array(z.object({ label: z.string().max(20) }));",
                (2, "label"),
            ),
            Case::validation(
                "CREATE TABLE figs (id integer PRIMARY KEY, label varchar(9) NOT NULL);",
                "export const createFigSchema = (say) => z.object({ label: z.string().max(20, say('long')) });",
                (2, "label"),
            ),
            // What is only tidied is as long as it was.
            Case::validation(
                TABLE,
                "export const UpdateBillSchema = z.object({\n title: z.string().transform((title) => title.trim().toLowerCase()).optional() });",
                (3, "title"),
            ),
            Case::validation(
                TABLE,
                "export const UpdateBillSchema = z.object({\n votes: z.string().transform(Number).pipe(z.number().int()).optional() });",
                (3, "votes"),
            ),
            Case::validation(
                "CREATE TABLE users (id uuid PRIMARY KEY, name varchar(50) NOT NULL, token text NOT NULL);",
                "export namespace CreateUserCommand {\n export const RequestSchema = z.object({\n name: z.string(), inviteCode: z.string() });\n}",
                (4, "name"),
            ),
            Case::validation(
                TABLE,
                "export const CreateBillSchema = z.object({ rating: z.number().int().min(1).max(5), code: z.string().regex(/^[A-Z]+$/), votes: z.number().int().min(0),\n title: z.string() });",
                (3, "title"),
            ),
            Case::validation(
                TABLE,
                "export const CreateBillSchema = z.object({ rating: z.number().int().min(1).max(5), code: z.string().regex(/^[A-Z]+$/), votes: z.number().int().min(0),\n title: z.string().max(200) });",
                (3, "title"),
            ),
            Case::validation(
                TABLE,
                "export const CreateBillSchema = z.object({ title: z.string().max(100), code: z.string().regex(/^[A-Z]+$/), votes: z.number().int().min(0),\n rating: z.number().int().min(1) });",
                (3, "rating"),
            ),
            Case::validation(
                TABLE,
                "export const CreateBillSchema = z.object({ title: z.string().max(100), rating: z.number().int().min(1).max(5), votes: z.number().int().min(0),\n code: z.string() });",
                (3, "code"),
            ),
            Case::validation(
                TABLE,
                "export const CreateBillSchema = z.object({ title: z.string().max(100), rating: z.number().int().min(1).max(5), code: z.string().regex(/^[A-Z]+$/),\n votes: z.number().min(0) });",
                (3, "votes"),
            ),
            Case::validation(
                TABLE,
                "export const UpdateBillSchema = z.object({\n votes: z.number().int().optional() });",
                (3, "votes"),
            ),
            Case::validation(
                LISTS,
                "export const CreatePostSchema = z.object({ id: z.uuid(), scores: z.array(z.number().int().min(0).max(9)),\n tags: z.array(z.string()).max(5) });",
                (3, "tags"),
            ),
            Case::validation(
                LISTS,
                "export const CreatePostSchema = z.object({ id: z.uuid(), tags: z.array(z.string().max(20)),\n scores: z.array(z.number().int().max(40000)).min(1) });",
                (3, "scores"),
            ),
            // A limit beside a refinement, a beginning or other options is what its author believes.
            Case::validation(
                NAMES,
                "export const CreateGuestSchema = z.object({ floor: z.number().int().max(9),\n name: z.string().max(200).refine((name) => name !== 'x') });",
                (3, "name"),
            ),
            Case::validation(
                NAMES,
                "export const CreateGuestSchema = z.object({ floor: z.number().int().max(9),\n name: z.string().startsWith('g_').max(200) });",
                (3, "name"),
            ),
            Case::validation(
                NAMES,
                "export const CreateGuestSchema = z.object({ floor: z.number().int().max(9),\n name: z.string().max(200).or(z.literal('')) });",
                (3, "name"),
            ),
            Case::validation(
                NAMES,
                "export const CreateGuestSchema = z.object({ floor: z.number().int().max(9),\n name: z.union([z.literal('none'), z.string().max(200)]) });",
                (3, "name"),
            ),
            Case::validation(
                NAMES,
                "export const CreateGuestSchema = z.object({ floor: z.number().int().max(9),\n name: z.string().overwrite((name) => name.trim()).max(200) });",
                (3, "name"),
            ),
            Case::validation(
                NAMES,
                "export const CreateGuestSchema = z.object({ name: z.string().max(20),\n floor: z.union([z.number().int().max(70000), z.literal(-1)]) });",
                (3, "floor"),
            ),
            Case::validation(
                NAMES,
                "export const CreateGuestSchema = z.object({ name: z.string().max(20),\n floor: z.number().int().max(70000).superRefine(() => {}) });",
                (3, "floor"),
            ),
            // Beside what comes in, a schema of all columns may be of either.
            Case::validation(
                SETTINGS,
                "export const OakSchema = z.object({ id: z.string(), madeAt: z.date() });\nexport const ElmSchema = z.object({ id: z.string(), madeAt: z.date() });\nexport const FirSchema = z.object({ id: z.string(), madeAt: z.date() });\nexport const CreateOakSchema = z.object({ id: z.string() });\nexport const OakSettingSchema = z.object({ oakId: z.string(),\n message: z.string().nullable() });",
                (7, "message"),
            ),
        ],
        passing: &[
            // All schemas of the file are of rows.
            Case::valid(
                SETTINGS,
                "export const OakSchema = z.object({ id: z.string(), madeAt: z.date() });\nexport const ElmSchema = z.object({ id: z.string(), madeAt: z.date() });\nexport const FirSchema = z.object({ id: z.string(), madeAt: z.date() });\nexport const OakSettingSchema = z.object({ oakId: z.string(), message: z.string().nullable() });",
            ),
            // A factory that coerces makes schemas as any other does.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE seats (id uuid PRIMARY KEY, label varchar(9) NOT NULL, free_at timestamptz NOT NULL);",
                    "import { createSchemaFactory } from 'drizzle-zod';\nimport { pgTable, timestamp, uuid, varchar } from 'drizzle-orm/pg-core';\nconst seats = pgTable('seats', { id: uuid().primaryKey(), label: varchar({ length: 9 }).notNull(), freeAt: timestamp('free_at', { withTimezone: true }).notNull() });\nconst { createInsertSchema } = createSchemaFactory({ coerce: { date: true } });\nexport const insertSeat = createInsertSchema(seats);",
                )
            },
            // Without a limit a refinement may be one; what is cut off afterwards is not written.
            Case::valid(
                NAMES,
                "export const CreateGuestSchema = z.object({ name: z.string().startsWith('g_').refine((name) => name.length < 20), floor: z.number().int().refine((floor) => floor < 9) });",
            ),
            Case::valid(
                NAMES,
                "export const CreateGuestSchema = z.object({ name: z.string().max(200).overwrite((name) => name.slice(0, 20)), floor: z.number().int().max(9) });",
            ),
            Case::valid(
                NAMES,
                "export const CreateGuestSchema = z.object({ name: z.string().max(20).or(z.literal('')), floor: z.union([z.number().int().max(9), z.literal(-1)]) });",
            ),
            // What only stands in an answer lets nothing in.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ncontracts = ['**/*.ts']",
                ..Case::passing(
                    TABLE,
                    "import { z } from 'zod';\nexport const BillSchema = z.object({ title: z.string(), code: z.string() });\nexport const Page = z.object({ bills: z.array(BillSchema) });\nexport const list = { method: 'GET', path: '/bills', response: Page };",
                )
            },
            // Nor does what the type of an answer is inferred from.
            Case {
                configuration: "validation = ['**/*.ts']\ncontracts = ['**/*.ts']",
                ..Case::passing(
                    TABLE,
                    "import { z } from 'zod';\nconst BillSchema = z.object({ title: z.string(), code: z.string() });\nexport type GetBillResponse = z.infer<typeof BillSchema>;\nexport interface GetBillRequest { id: string }\nexport interface BillRow { id: string; title: string; rating: number; code: string; votes: number }",
                )
            },
            // What is written is what the second demands, and what is cut to length.
            Case::valid(
                TABLE,
                "export const UpdateBillSchema = z.object({ title: z.string().transform((title) => title.slice(0, 100)).optional(), votes: z.string().transform(Number).pipe(z.number().int().min(0)).optional() });",
            ),
            // A request may ask for less than a row, and for more.
            Case::valid(
                "CREATE TABLE users (id uuid PRIMARY KEY, name varchar(50) NOT NULL, token text NOT NULL, role text);",
                "export namespace CreateUserCommand {\n export const RequestSchema = z.object({ name: z.string().max(50), inviteCode: z.string() });\n export const ResponseSchema = z.object({ name: z.string() });\n}",
            ),
            // It asks for another thing.
            Case::valid(
                "CREATE TABLE users (id uuid PRIMARY KEY, name varchar(50) NOT NULL, token text NOT NULL);",
                "export const CreateUserRequestSchema = z.object({ name: z.string(), street: z.string(), city: z.string() });",
            ),
            // What goes out holds what the database holds.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE seats (id uuid PRIMARY KEY, position integer NOT NULL);",
                    "import { z } from 'zod';\nimport { createSelectSchema } from 'drizzle-zod';\nimport { pgTable, uuid, integer } from 'drizzle-orm/pg-core';\nexport const seats = pgTable('seats', { id: uuid('id').primaryKey(), position: integer('position').notNull() });\nexport const seatsSelectSchema = createSelectSchema(seats, { position: z.number() }).pick({ id: true, position: true });",
                )
            },
            // What all variants demand is demanded.
            Case::valid(
                "CREATE TABLE notes (id uuid PRIMARY KEY, kind text NOT NULL, title varchar(100) NOT NULL, size integer NOT NULL);",
                "const Long = z.object({ id: z.uuid(), kind: z.literal('long'), title: z.string().max(100), size: z.number().int() });\nconst Short = z.object({ id: z.uuid(), kind: z.literal('short'), title: z.string().max(20), size: z.number().int() });\nexport const CreateNoteSchema = z.discriminatedUnion('kind', [Long, Short]);",
            ),
            Case::valid(
                LISTS,
                "export const CreatePostSchema = z.object({ id: z.uuid(), tags: z.array(z.string().max(20)).max(50), scores: z.array(z.number().int().min(0).max(9)), names: z.array(z.string()).nullish() });",
            ),
            Case::valid(
                LISTS,
                "export const CreatePostSchema = z.object({ id: z.uuid(), tags: z.array(z.string().refine((tag) => tag !== '')), scores: z.array(z.number().int().min(0).max(9)).refine((list) => list.length > 1) });",
            ),
            Case::valid(
                TABLE,
                "export const CreateBillSchema = z.object({ title: z.string().max(100), rating: z.number().int().min(1).max(5), code: z.string().regex(/^[A-Z]+$/), votes: z.number().int().nonnegative() });",
            ),
            Case::valid(
                TABLE,
                "export const UpdateBillSchema = z.object({ votes: z.number().min(0).transform((votes) => Math.round(votes)).optional() });",
            ),
            Case::valid(
                TABLE,
                "export const BillSchema = z.object({ title: z.string() });\nconst Page = z.object({ bills: z.array(BillSchema) });\nexport const ListBillsResponseSchema = z.object({ page: Page });",
            ),
            Case::valid(
                TABLE,
                "export const CreateBillSchema = z.object({ title: z.string().max(80), rating: z.number().int().min(2).max(3), code: z.string().refine((code) => code !== ''), votes: z.number().int().positive() });",
            ),
        ],
    };
}
