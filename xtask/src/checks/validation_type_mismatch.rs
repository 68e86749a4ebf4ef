//! A validation schema checks for another type than the column's.
//!
//! ## Why
//! The schema rejects what the database holds, or lets in what the database refuses.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id uuid PRIMARY KEY, vote_count integer NOT NULL);
//! ```
//! ```ts
//! export const BillSchema = z.object({
//!   id: z.uuid(),
//!   voteCount: z.string(),
//! });
//! ```
//! Both what the driver returns and what JSON holds is accepted: a `timestamptz` may be a date or a
//! string. A schema of what comes in is judged by what parsing returns (`.transform()`, `.pipe()`),
//! one of rows by what it takes; where nothing says which it is, either will do. A string of a
//! format that the column never holds (`z.ulid()` for a uuid) is of another type too.
//!
//! With a driver, a schema that the type of the rows is inferred from must take what it returns. The
//! JSON of a row will do, unless another field shows that rows are parsed with it: it takes a `Date`.
//!
//! A request is not the insert: where it has an object for a text column, or a text for a column of
//! JSON or a list, the server evidently converts it. So it does for a schema that is written by hand
//! beside an ORM's table.
//!
//! A schema of answers, or of rows, that refuses what an ORM returns is a warning: Drizzle's
//! `decimal()` is a string, and so is `bigint({ mode: 'string' })`. Where several columns are
//! described so, the server converts them.

use super::accepted_kinds::{self, DescriptionLayer};
use super::direction::Direction;
use super::pairing::Pair;
use super::{Check, Compared, Model, formats, wording};
use crate::config::{Config, Driver};
use crate::facts::Kind;
use crate::report::{Category, Finding, Severity};
use crate::schema::types::Scalar;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "VALIDATION_TYPE_MISMATCH",
    category: Category::ValidationSchemas,
    severity: Severity::Error,
    critical: true,
    source: include_str!("validation_type_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    model.judge_schemas(|compared, direction| judge(model, compared, direction))
}

fn judge<'a>(
    model: &Model<'a>,
    compared: Compared<'_, 'a>,
    direction: Direction,
) -> Option<Finding> {
    if compared.is_of_custom_type() || is_parsed_by_server(&compared) {
        return None;
    }
    let (ty, kind) = (&compared.facts.ty, &compared.pair.field.kind);
    let config = model.input.config;
    let (described, description) = (compared.described, compared.description);
    let is_converted = described.is_beside_orm(description)
        || model
            .directions()
            .is_converted(description, &described.entity);
    if is_converted && accepted_kinds::is_convertible(ty, kind) {
        return None;
    }
    if accepted_kinds::is_json_text(ty, kind) {
        let found = of_kind(model, compared, DescriptionLayer::Wire).as_warning();
        return Some(found.with_help(
            "drivers return JSON parsed, and PostgreSQL refuses a text that is none: demand what it \
             holds; a plain string is right where each value is a JSON string",
        ));
    }
    // A written value must be one that the column takes; rows need only pass.
    let fits = match direction {
        Direction::Request => accepted_kinds::accepts,
        Direction::Answer | Direction::Row | Direction::Unknown => accepted_kinds::takes,
    };
    if !fits(ty, kind, DescriptionLayer::Wire, config) {
        return Some(of_kind(model, compared, DescriptionLayer::Wire));
    }
    // A row as the driver returns it, or its JSON.
    let is_of_row = is_row_of_driver(&compared, direction, config.driver)
        && !accepted_kinds::takes(ty, kind, DescriptionLayer::Driver, config)
        && (!accepted_kinds::is_json_of_row(ty, kind, config)
            || takes_rows_elsewhere(&compared, config));
    if is_of_row {
        return Some(of_kind(model, compared, DescriptionLayer::Driver));
    }
    if direction.shows_rows(compared.description)
        && let Some(returned) = refused_of_orm(&compared)
    {
        return Some(of_orm(model, compared, returned));
    }
    let constraints = compared.pair.field.innermost().1;
    let is_array = matches!(kind, Kind::Array(_));
    formats::never_taken(ty, &constraints)
        .filter(|_| is_array == ty.array)
        .map(|format| of_format(model, compared, format))
}

/// Whether a document tells of an object or a list, and the column holds a text: JSON, which the
/// server parses before it answers.
fn is_parsed_by_server(compared: &Compared<'_, '_>) -> bool {
    let is_structure = matches!(compared.field().kind, Kind::Json | Kind::Array(_));
    let Scalar::Builtin(name) = &compared.facts.ty.scalar else {
        return false;
    };
    let is_text = ["text", "character varying"].contains(&name.as_str());
    let is_one = is_text && !compared.facts.ty.array;
    is_structure && is_one && !compared.description.declaration.origin.enforced
}

/// Whether what the schema demands is what code believes of the driver.
fn is_row_of_driver(
    compared: &Compared<'_, '_>,
    direction: Direction,
    driver: Option<Driver>,
) -> bool {
    let may_be_row = matches!(direction, Direction::Row | Direction::Unknown);
    // Prisma types its rows itself. What is coerced takes whatever the driver returns.
    may_be_row
        && driver != Some(Driver::Prisma)
        && !compared.pair.field.constraints.coerced
        && compared.is_parsed_row()
}

/// Whether another field of the schema takes what the driver returns and JSON has otherwise: a
/// `Date`. Then rows are parsed with it, and not their JSON.
fn takes_rows_elsewhere(compared: &Compared<'_, '_>, config: &Config) -> bool {
    let mut pairs = compared.description.pairing.pairs.iter();
    pairs.any(|pair| {
        let Some(facts) = compared.described.entity.column(&pair.column.name) else {
            return false;
        };
        let (ty, kind) = (&facts.ty, &pair.field.kind);
        !pair.field.constraints.coerced
            && !matches!(kind, Kind::Any | Kind::Unresolved(_) | Kind::Array(_))
            && accepted_kinds::is_json_of_row(ty, &Kind::String, config)
            && accepted_kinds::takes(ty, kind, DescriptionLayer::Driver, config)
    })
}

/// The kind of value that an ORM returns, where this schema refuses it. A schema that refuses
/// several is of values that the server has converted.
fn refused_of_orm<'a>(compared: &Compared<'_, 'a>) -> Option<&'a Kind> {
    let described = compared.described;
    let refused = |pair: &Pair<'a>| {
        let returned = &described.returned_by_orm(pair.column)?.kind;
        let is_refused = !pair.field.constraints.coerced
            && accepted_kinds::refuses_scalar(&pair.field.kind, returned);
        is_refused.then_some(returned)
    };
    let pairs = &compared.description.pairing.pairs;
    let is_only = pairs.iter().filter_map(refused).count() == 1;
    refused(&compared.pair).filter(|_| is_only)
}

fn of_orm(model: &Model<'_>, compared: Compared<'_, '_>, returned: &Kind) -> Finding {
    let (kind, returned) = (
        wording::kind(&compared.pair.field.kind),
        wording::kind(returned),
    );
    let mut found = finding(model, compared, &format!("`{kind}`"))
        .with_detail("schemaType", kind)
        .with_help(format!(
            "the ORM returns a `{returned}`, which the schema refuses: demand that, or convert the \
             value before it is sent"
        ));
    if let Some(orm) = compared.described.returned_by_orm(compared.pair.column) {
        found = found.at(&orm.location, format!("a `{returned}` by the ORM's table"));
    }
    found.as_warning()
}

fn of_kind(model: &Model<'_>, compared: Compared<'_, '_>, layer: DescriptionLayer) -> Finding {
    let kind = wording::kind(&compared.pair.field.kind);
    let expected = accepted_kinds::describe(&compared.facts.ty, layer, model.input.config);
    let column = wording::bare_column_type(compared.pair.column);
    finding(model, compared, &format!("`{kind}`"))
        .with_detail("schemaType", kind)
        .with_help(format!("{column} is validated as `{expected}`"))
}

/// All that passes the schema is refused by the column, and no row passes it.
fn of_format(model: &Model<'_>, compared: Compared<'_, '_>, format: &str) -> Finding {
    let column = wording::bare_column_type(compared.pair.column);
    let usual = formats::usual(&compared.facts.ty);
    let help = match usual {
        Some(usual) => format!("{column} holds no `{format}`: demand the format `{usual}`"),
        None => format!("{column} holds no `{format}`"),
    };
    finding(
        model,
        compared,
        &format!("a string of the format `{format}`"),
    )
    .with_detail("schemaType", format)
    .with_help(help)
}

fn finding(model: &Model<'_>, compared: Compared<'_, '_>, here: &str) -> Finding {
    let Compared {
        described,
        description,
        pair,
        ..
    } = compared;
    let message = format!(
        "Type mismatch for field '{}': {here} in {} `{}`, {} in the database",
        pair.column.name,
        description.noun(),
        description.declaration.name,
        wording::column_type(pair.column)
    );
    CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, format!("{here} here"))
        .at_column(described.entity.name, pair.column, model.input.provenance)
        .with_detail("databaseType", pair.column.type_name.as_str())
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bills (id uuid PRIMARY KEY, vote_count bigint NOT NULL, filed_at timestamptz NOT NULL, tags text[] NOT NULL);";

    const SESSIONS: &str = "CREATE TABLE sessions (id bigint PRIMARY KEY, ends timestamptz, made timestamptz NOT NULL);";

    const PROFILES: &str = "CREATE TABLE symbol_profiles (id uuid PRIMARY KEY, isin text, cusip text, figi text, label text, symbol text NOT NULL, currency text NOT NULL, comment text, website text); CREATE TABLE orders (id uuid PRIMARY KEY, symbol text NOT NULL, currency text NOT NULL, comment text);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::validation(
                TABLE,
                "export const CreateBillSchema = z.object({ id: z.uuid(), voteCount: z.number().int(), filedAt: z.date(),\n tags: z.string().transform((text) => text.length) });",
                (3, "tags"),
            ),
            Case::validation(
                TABLE,
                "export const CreateBillSchema = z.object({ voteCount: z.number().int(), filedAt: z.date(), tags: z.array(z.string()),\n id: z.ulid() });",
                (3, "id"),
            ),
            // Every field that it keeps was given a schema of its own.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE seats (id uuid PRIMARY KEY, position integer NOT NULL);",
                    "import { z } from 'zod';\nimport { createSelectSchema } from 'drizzle-zod';\nimport { pgTable, uuid, integer } from 'drizzle-orm/pg-core';\nexport const seats = pgTable('seats', { id: uuid('id').primaryKey(), position: integer('position').notNull() });\nexport const places = createSelectSchema(seats, { id: z.uuid(),\n position: z.string() }).pick({ id: true, position: true });",
                    (6, "position"),
                )
            },
            // Its fields say which table it is of.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']",
                ..Case::failing(
                    PROFILES,
                    "import { IsBoolean, IsString } from 'class-validator';\nexport class CreateAssetProfileDto { @IsString() isin: string; @IsString() cusip: string; @IsString() figi: string; @IsString() label: string; @IsString() symbol: string; @IsString() currency: string; @IsString() comment: string;\n @IsBoolean() website: boolean; }",
                    (4, "website"),
                )
            },
            // A schema called an insert is written as it is.
            Case::validation(
                "CREATE TABLE hooks (id uuid PRIMARY KEY, url text NOT NULL, headers text NOT NULL);",
                "export const InsertHookSchema = z.object({ url: z.string(),\n headers: z.record(z.string(), z.string()) });",
                (3, "headers"),
            ),
            // The type of the rows is inferred: what is demanded is believed of the driver.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ndriver = 'node-postgres'",
                ..Case::failing(
                    "CREATE TABLE tags (id bigint PRIMARY KEY, rank bigint NOT NULL);",
                    "import { z } from 'zod';\nexport const TagSchema = z.object({ id: z.string(),\n rank: z.number().int() });\nexport type Tag = z.infer<typeof TagSchema>;",
                    (3, "rank"),
                )
            },
            Case::validation(
                TABLE,
                "export const BillSchema = z.object({ id: z.uuid(),\n voteCount: z.boolean(), filedAt: z.date(), tags: z.array(z.string()) });",
                (3, "vote_count"),
            ),
            Case::validation(
                TABLE,
                "export const BillSchema = z.object({ id: z.uuid(), voteCount: z.number().int(), filedAt: z.date(),\n tags: z.string() });",
                (3, "tags"),
            ),
            // Where an ORM has the rows, what goes out is what it returns.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE invoices (id uuid PRIMARY KEY, label text NOT NULL, amount numeric NOT NULL, vat numeric NOT NULL, rank bigint NOT NULL);",
                    "import { z } from 'zod';\nimport { bigint, decimal, pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const invoices = pgTable('invoices', { id: uuid().primaryKey(), label: text().notNull(), amount: decimal().notNull(), vat: decimal().notNull(), rank: bigint({ mode: 'number' }).notNull() });\nexport const InvoiceResponseSchema = z.object({ id: z.uuid(), label: z.string(),\n amount: z.number(), vat: z.string(), rank: z.number() });",
                    (5, "amount"),
                )
            },
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE invoices (id uuid PRIMARY KEY, label text NOT NULL, amount numeric NOT NULL, vat numeric NOT NULL, rank bigint NOT NULL, created_at timestamp NOT NULL DEFAULT now());",
                    "import { z } from 'zod';\nimport { bigint, decimal, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';\nexport const invoices = pgTable('invoices', { id: uuid().primaryKey(), label: text().notNull(), amount: decimal().notNull(), vat: decimal().notNull(), rank: bigint({ mode: 'number' }).notNull(), createdAt: timestamp('created_at').notNull().defaultNow() });\nexport const invoiceSchema = z.object({ id: z.uuid(), label: z.string(),\n amount: z.number(), vat: z.string(), rank: z.number().int(), createdAt: z.date() });",
                    (5, "amount"),
                )
            },
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE invoices (id uuid PRIMARY KEY, label text NOT NULL, amount numeric NOT NULL, vat numeric NOT NULL, rank bigint NOT NULL);",
                    "import { z } from 'zod';\nimport { bigint, decimal, pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const invoices = pgTable('invoices', { id: uuid().primaryKey(), label: text().notNull(), amount: decimal().notNull(), vat: decimal().notNull(), rank: bigint({ mode: 'number' }).notNull() });\nexport const InvoiceResponseSchema = z.object({ id: z.uuid(), label: z.string(), amount: z.string(), vat: z.string(),\n rank: z.string() });",
                    (5, "rank"),
                )
            },
            // An instant beside it is taken as the driver returns it: rows are parsed, not their JSON.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ndriver = 'node-postgres'",
                ..Case::failing(
                    SESSIONS,
                    "import { z } from 'zod';\nconst Instant = z.union([z.string(), z.date()]).transform((at) => new Date(at));\nexport const SessionSchema = z.object({ id: z.string(), ends: Instant.nullable(),\n made: z.string() });\nexport type Session = z.infer<typeof SessionSchema>;",
                    (4, "made"),
                )
            },
        ],
        passing: &[
            // Too few of the columns are in it, and its name is another thing's.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    PROFILES,
                    "import { IsBoolean, IsString } from 'class-validator';\nexport class CreateAssetProfileDto { @IsString() isin: string; @IsString() label: string; @IsString() symbol: string; @IsString() currency: string;\n @IsBoolean() website: boolean; }",
                )
            },
            // The parsed value is inserted, whatever the schema is called.
            Case::valid(
                TABLE,
                "export const BillSchema = z.object({ voteCount: z.string().transform(Number), tags: z.string().transform((text) => [text]) });\nexport async function add(db, request) { await db.insertInto('bills').values({ ...BillSchema.parse(request.body), filedAt: now() }).execute(); }",
            ),
            // The server converts what is coerced, what comes in, and what is described so throughout.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE invoices (id uuid PRIMARY KEY, label text NOT NULL, amount numeric NOT NULL, vat numeric NOT NULL, rank bigint NOT NULL);",
                    "import { z } from 'zod';\nimport { bigint, decimal, pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const invoices = pgTable('invoices', { id: uuid().primaryKey(), label: text().notNull(), amount: decimal().notNull(), vat: decimal().notNull(), rank: bigint({ mode: 'number' }).notNull() });\nexport const InvoiceResponseSchema = z.object({ id: z.uuid(), label: z.string(), amount: z.coerce.number(), vat: z.union([z.string(), z.number()]), rank: z.number() });\nexport const CreateInvoiceSchema = z.object({ label: z.string(), amount: z.number(), vat: z.string(), rank: z.number().int() });",
                )
            },
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE invoices (id uuid PRIMARY KEY, label text NOT NULL, amount numeric NOT NULL, vat numeric NOT NULL, rank bigint NOT NULL);",
                    "import { z } from 'zod';\nimport { bigint, decimal, pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const invoices = pgTable('invoices', { id: uuid().primaryKey(), label: text().notNull(), amount: decimal().notNull(), vat: decimal().notNull(), rank: bigint({ mode: 'number' }).notNull() });\nexport const InvoiceResponseSchema = z.object({ id: z.uuid(), label: z.string(), amount: z.number(), vat: z.number(), rank: z.number() });",
                )
            },
            // Where the program parses instants itself, they are what it says.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ndriver = 'node-postgres'\ntype-map = { timestamptz = ['string'] }",
                ..Case::passing(
                    SESSIONS,
                    "import { z } from 'zod';\nexport const SessionSchema = z.object({ id: z.string(), ends: z.union([z.string(), z.date()]).nullable(), made: z.string() });\nexport type Session = z.infer<typeof SessionSchema>;",
                )
            },
            // What is inserted is what parsing returns.
            Case::valid(
                TABLE,
                "export const CreateBillSchema = z.object({ id: z.uuid(), voteCount: z.string().regex(/^\\d+$/).transform(Number).pipe(z.number().int()), filedAt: z.coerce.date(), tags: z.string().transform((text) => text.split(',')) });",
            ),
            // A row is what comes in here; where nothing says so, either side will do.
            Case::valid(
                "CREATE TABLE prices (id uuid PRIMARY KEY, amount numeric NOT NULL, active boolean NOT NULL);",
                "export const PriceRowSchema = z.object({ id: z.uuid(), amount: z.string().transform(Number), active: z.boolean() });\nexport const PriceSchema = z.object({ id: z.uuid(), amount: z.number(), active: z.stringbool() });",
            ),
            // A request is not the insert: the server writes objects as text, and parses texts.
            Case::valid(
                "CREATE TABLE hooks (id uuid PRIMARY KEY, url text NOT NULL, headers text NOT NULL, config jsonb NOT NULL, tags text[] NOT NULL);",
                "export const CreateHookSchema = z.object({ url: z.string(), headers: z.record(z.string(), z.string()), config: z.string(), tags: z.string() });",
            ),
            // A schema of rows may take more than the driver returns.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ndriver = 'node-postgres'",
                ..Case::passing(
                    "CREATE TABLE tags (id bigint PRIMARY KEY, spans interval[] NOT NULL, made timestamptz NOT NULL);",
                    "import { z } from 'zod';\nconst Id = z.union([z.string(), z.number(), z.bigint()]).transform(String);\nexport const TagSchema = z.object({ id: Id, spans: z.union([z.string(), z.object({}), z.number()]).array(), made: z.union([z.string(), z.date()]) });\nexport type Tag = z.infer<typeof TagSchema>;",
                )
            },
            // What is of JSON has JSON's scalars.
            Case::valid(
                "CREATE TABLE options (id uuid PRIMARY KEY, value jsonb NOT NULL, theme jsonb NOT NULL, cells integer[] NOT NULL);",
                "export const CreateOptionSchema = z.object({ id: z.uuid(), value: z.union([z.string(), z.number(), z.boolean()]), theme: z.enum(['light', 'dark']), cells: z.array(z.array(z.number().int())) });",
            ),
            // The JSON of a row has a string for an instant; what is coerced takes the driver's text.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ndriver = 'node-postgres'",
                ..Case::passing(
                    "CREATE TABLE tags (id bigint PRIMARY KEY, rank bigint NOT NULL, made timestamptz NOT NULL);",
                    "import { z } from 'zod';\nexport const TagSchema = z.object({ id: z.string(), rank: z.coerce.number().int(), made: z.string() });\nexport type Tag = z.infer<typeof TagSchema>;",
                )
            },
            Case::valid(
                TABLE,
                "export const BillSchema = z.object({ id: z.uuid(), voteCount: z.number().int(), filedAt: z.date(), tags: z.array(z.string()) });",
            ),
            Case::valid(
                TABLE,
                "export const BillSchema = z.object({ id: z.uuid(), voteCount: z.bigint(), filedAt: z.string(), tags: z.string().array() });",
            ),
        ],
    };
}
