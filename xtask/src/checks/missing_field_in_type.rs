//! A column is missing in the TypeScript type that describes its table.
//!
//! ## Why
//! The column arrives with every row and nobody can use it; code that builds a row from the type
//! loses it.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid NOT NULL, bio text);
//! ```
//! ```ts
//! export interface UserTable {
//!   id: string;
//! }
//! ```
//! In a type that describes the thing rather than the row (`User` beside `UserTable`) it is a
//! warning, and only where the type agrees with nearly all of the table, or did so once: what its
//! columns were after some migration, and nobody has followed since. A type that holds only some of
//! the columns on purpose says so with the tag `@projection`; a type that lacks most of the columns
//! is taken for one.

use super::entities::EntityKind;
use super::matching::{BesideRows, Description, Role, TableMatches};
use super::pairing::Pair;
use super::{Check, Model, edits, wording};
use crate::facts::Field;
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_FIELD_IN_TYPE",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_field_in_type.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let complete = model
        .types()
        .filter(|(_, description)| must_be_complete(description));
    complete
        .flat_map(|(described, description)| findings(model, described, description))
        .collect()
}

fn must_be_complete(description: &Description<'_>) -> bool {
    let role = matches!(description.role, Role::Row | Role::Orm | Role::Domain);
    role && description.declaration.unresolved.is_none()
}

fn findings(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
) -> Vec<Finding> {
    let pairing = &description.pairing;
    // A column that could not be read may have any name.
    let unpaired = || {
        let renamed = pairing.renamed.iter().map(|pair| pair.field);
        renamed.chain(pairing.extra.iter().copied())
    };
    if description.role == Role::Orm && unpaired().any(Field::is_unread_column) {
        return Vec::new();
    }
    if !description.is_whole() {
        // The coverage of the report names it. Of what is only called like the table, a like name
        // means nothing, unless the migrations say it.
        let is_sure = |pair: &&Pair<'_>| {
            description.role != Role::Domain || pairing.outlives_its_column(pair.field)
        };
        let sure = pairing.renamed.iter().filter(is_sure);
        return sure
            .map(|pair| renamed(model, described, description, pair))
            .collect();
    }
    let renamed = pairing
        .renamed
        .iter()
        .map(|pair| renamed(model, described, description, pair));
    let missing = pairing.missing.iter().filter(|column| {
        !is_explained(described, description, column)
            && !is_nested(model, described, description, column)
    });
    renamed
        .chain(missing.map(|column| missing_field(model, described, description, column)))
        .collect()
}

/// Whether the column is in what the type takes its fields from; of a type that is not the row
/// itself, whether what is joined stands in its place, or it only says when the row was made.
fn is_explained(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
) -> bool {
    let pairing = &description.pairing;
    let made_by_server = described
        .entity
        .column(&column.name)
        .is_some_and(|facts| facts.made_by_server);
    let of_row_only =
        description.role == Role::Domain && (pairing.is_joined(column) || made_by_server);
    let in_base = described.is_missing_in_base(description, column)
        || described.is_left_out(description, column);
    of_row_only || in_base
}

/// Whether a type that is not the row itself is nested in that of what the column leads to, which
/// it need not name.
fn is_nested(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
) -> bool {
    let parent = described
        .entity
        .column(&column.name)
        .and_then(|facts| facts.references.as_deref());
    let parents = model
        .described
        .iter()
        .filter(|other| parent == Some(other.entity.name.name.as_str()));
    let name = description.declaration.name.as_str();
    let nests = |other: &Description<'_>| {
        other
            .declaration
            .fields
            .iter()
            .any(|field| field.reference.as_deref() == Some(name))
    };
    description.role == Role::Domain && parents.flat_map(TableMatches::types).any(nests)
}

fn missing_field(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
) -> Finding {
    let declaration = description.declaration;
    let noun = description.noun();
    CHECK
        .finding(
            &described.entity.title(),
            format!(
                "Missing field '{}' in {noun} `{}`",
                column.name, declaration.name
            ),
        )
        .about(description, &column.name)
        .at(
            &declaration.location,
            format!("`{}` has no field for `{}`", declaration.name, column.name),
        )
        .at_column(described.entity.name, column, model.input.provenance)
        .with_detail("databaseType", column.type_name.as_str())
        .with_proposal(edits::add_field(model, description, described, column))
        .softened(described, description)
}

fn renamed(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    pair: &Pair<'_>,
) -> Finding {
    let (column, field) = (pair.column, pair.field);
    let noun = description.noun();
    let instead = wording::instead(column, field);
    let message = format!(
        "Missing field '{}' in {noun} `{}`, {instead}",
        column.name, description.declaration.name
    );
    CHECK
        .finding(&described.entity.title(), message)
        .about(description, &column.name)
        .at(
            &field.location,
            format!("no column is called `{}`", field.name),
        )
        .at_column(described.entity.name, column, model.input.provenance)
        .with_detail("found", field.name.as_str())
        .with_proposal(edits::rename(described, description, column, field))
        .softened(described, description)
}

impl Finding {
    /// Makes the finding a warning where a type may leave out columns. A domain type may leave out
    /// columns that only the database needs. A type of a view has the columns that it needs, and
    /// one beside an ORM's table may be what a query returns.
    fn softened(self, described: &TableMatches<'_>, description: &Description<'_>) -> Self {
        let is_free = description.role == Role::Domain
            || description.beside_rows == BesideRows::Part
            || described.entity.kind == EntityKind::View;
        if is_free { self.as_warning() } else { self }
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE users (id uuid NOT NULL, email text NOT NULL, display_name text NOT NULL, bio text);";

    pub const CASES: Cases = Cases {
        failing: &[
            // It is the only type of the table, and has most of its columns and nothing else.
            Case::failing(
                "CREATE TABLE topics (slug text PRIMARY KEY, title text NOT NULL, category text NOT NULL, body text NOT NULL, step integer, created_at timestamptz NOT NULL DEFAULT now());",
                "export type Topic = {\n slug: string; title: string; category: string; body: string };",
                (1, "step"),
            ),
            // A helper returns whole rows: code relies on all of them.
            Case::failing(
                TABLE,
                "export type UserRow = {\n id: string; email: string; display_name: string };\nexport const all = () => pool.query<UserRow>('SELECT * FROM users');",
                (1, "bio"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable {\n  id: string; email: string; display_name: string\n}",
                (1, "bio"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; email: string;\n display_name: string; bio_text: string }",
                (2, "bio"),
            ),
            Case::failing(
                TABLE,
                "export interface User {\n  id: string;\n  email: string;\n  displayName: string;\n  biography: string | null;\n}",
                (5, "bio"),
            ),
            Case {
                configuration: "driver = 'prisma'",
                ..Case::failing(
                    "CREATE TABLE reports (id text PRIMARY KEY, title text NOT NULL); CREATE TABLE notes (id text PRIMARY KEY, report_id text NOT NULL REFERENCES reports(id), body text NOT NULL, rank integer NOT NULL, label text, made_at timestamp NOT NULL);",
                    "export interface Note { id: string; body: string; rank: number; label: string | null; madeAt: string }\nexport interface Report { id: string; title: string }",
                    (1, "report_id"),
                )
            },
            // Beside a table of an ORM, one column and one field remain of a row.
            Case::failing(
                "CREATE TABLE ranks (id uuid PRIMARY KEY, name text NOT NULL, slug text NOT NULL, note text, weight integer NOT NULL);",
                "import { integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const ranks = pgTable('ranks', { id: uuid().primaryKey(), name: text().notNull(), slug: text().notNull(), note: text(), weight: integer().notNull() });\nexport type RankRow = { id: string; name: string;\n code: string; note: string | null; weight: number };",
                (4, "slug"),
            ),
            // One field is not written like the others.
            Case::failing(
                "CREATE TABLE users (id uuid NOT NULL, first_name text NOT NULL, last_name text NOT NULL, home_town text NOT NULL);",
                "export interface UserTable { id: string; first_name: string; last_name: string;\n homeTown: string }",
                (2, "home_town"),
            ),
            Case::failing(
                TABLE,
                "interface Base { id: string; email: string }\nexport interface UserRow extends Base { displayName: string }",
                (2, "bio"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; email: string; display_name: string }\nexport type UserRow = UserTable;",
                (1, "bio"),
            ),
            // The field of another column says nothing of this one, however alike they are called.
            Case::failing(
                "CREATE TABLE imports (id integer PRIMARY KEY, _id text, note text);",
                "export interface ImportRow {\n id: number; note: string | null }",
                (1, "_id"),
            ),
            Case::failing(
                "CREATE TABLE imports (id integer PRIMARY KEY, user_id text, userId integer NOT NULL);",
                "export interface ImportRow {\n id: number; userId: number }",
                (1, "user_id"),
            ),
            // Its place says it, where all else agrees.
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; email: string;\n nick: string; bio: string | null }",
                (2, "display_name"),
            ),
            // That Drizzle names a column that is not there is said once, not of every schema that
            // is made from it.
            Case {
                configuration: "validation = ['**/*.ts']",
                ..Case::failing(
                    "CREATE TABLE ports (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), target_port integer NOT NULL);",
                    "import { createInsertSchema } from 'drizzle-zod';\nimport { pgTable, uuid, integer } from 'drizzle-orm/pg-core';\nexport const ports = pgTable('ports', { id: uuid('id').primaryKey().defaultRandom(),\n targetPort: integer('taget_port').notNull() });\nexport const insertPortSchema = createInsertSchema(ports).pick({ id: true, targetPort: true }).required();",
                    (4, "target_port"),
                )
            },
        ],
        passing: &[
            // A client of an API is told a part of the row, and asks for it in the same file.
            Case::passing(
                "CREATE TABLE history_items (id uuid PRIMARY KEY, patient_id uuid NOT NULL, category text NOT NULL, detail text NOT NULL, onset date);",
                "const getJson = async <T>(url: string): Promise<T> => (await fetch(url)).json() as T;\nexport type HistoryItem = { id: string; category: string; detail: string };\nexport const history = () => getJson<{ items: HistoryItem[] }>(`/api/history?limit=${1}`);",
            ),
            // Code makes its values of what a query lists.
            Case::passing(
                "CREATE TABLE devices (id uuid PRIMARY KEY, label text NOT NULL, site_id uuid, revoked_at timestamptz, created_at timestamptz NOT NULL);",
                "export type DeviceRow = { deviceId: string; label: string; site: string | null; registeredAt: string; revokedAt: string | null };\nexport async function list(pool: Pool): Promise<DeviceRow[]> { const r = await pool.query(`SELECT id, label, site_id, to_char(created_at,'YYYY') AS registered_at, to_char(revoked_at, 'YYYY') AS revoked_at FROM devices ORDER BY label`);\n return r.rows.map((x) => ({ deviceId: x.id, label: x.label, site: x.site_id, registeredAt: x.registered_at, revokedAt: x.revoked_at })); }",
            ),
            // It is what a function is given to write.
            Case::passing(
                "CREATE TABLE items (id uuid PRIMARY KEY, list_code text NOT NULL, medicine text NOT NULL, dose text, route text, days integer);",
                "export type Item = { medicine: string; dose?: string; route?: string; days?: number };\nexport async function define(pool: Pool, args: { code: string; items: Item[] }) { for (const it of args.items) { await pool.query(`INSERT INTO items (id, list_code, medicine, dose, route, days) VALUES ($1,$2,$3,$4,$5,$6)`, [uuid(), args.code, it.medicine, it.dose ?? null, it.route ?? null, it.days ?? null]); } }",
            ),
            // Its rows are of another database, which has a table of a like name.
            Case::passing(
                "CREATE TABLE sites (id uuid PRIMARY KEY, code text NOT NULL, central boolean NOT NULL, made_at timestamptz NOT NULL);",
                "export type SiteRow = { id: string; code: string | null; central: number };\nexport const all = (db: D1) => many<SiteRow>(db, `SELECT id, code, central FROM clinic_site`);",
            ),
            // The row of an ORM's table without a column, and with what a query adds.
            Case::passing(
                "CREATE TABLE ranks (id uuid PRIMARY KEY, name text NOT NULL, slug text NOT NULL, note text, weight integer NOT NULL);",
                "import { integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const ranks = pgTable('ranks', { id: uuid().primaryKey(), name: text().notNull(), slug: text().notNull(), note: text(), weight: integer().notNull() });\nexport type RankRow = { id: string; name: string; slug: string; note: string | null; memberCount: string };",
            ),
            // Beside a table of an ORM it is what a component shows, or a query returns.
            Case::passing(
                "CREATE TABLE deploys (id uuid PRIMARY KEY, name text NOT NULL, slug text NOT NULL, config jsonb, note text);",
                "import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const deploys = pgTable('deploys', { id: uuid().primaryKey(), name: text().notNull(), slug: text().notNull(), config: jsonb(), note: text() });\nexport interface Deploy { id: string; name: string; slug: string | null }\nexport interface DeployRow { id: string; name: string; jobs: { id: string }[] }",
            ),
            // A column that could not be read may have any name.
            Case::passing(
                "CREATE TABLE jobs (id uuid PRIMARY KEY, team_id text NOT NULL, note text);",
                "import { pgTable, text, uuid } from 'drizzle-orm/pg-core';\nimport { cuid } from 'far-away';\nexport const jobs = pgTable('jobs', { id: uuid().primaryKey(), teamKey: cuid('team_id').notNull(), note: text() });",
            ),
            // What is nested in its parent need not name it.
            Case {
                configuration: "driver = 'prisma'",
                ..Case::passing(
                    "CREATE TABLE reports (id text PRIMARY KEY, title text NOT NULL); CREATE TABLE notes (id text PRIMARY KEY, report_id text NOT NULL REFERENCES reports(id), body text NOT NULL, rank integer NOT NULL, label text, made_at timestamp NOT NULL);",
                    "export interface Note { id: string; body: string; rank: number; label: string | null; madeAt: string }\nexport interface Report { id: string; title: string; notes: Note[] }",
                )
            },
            // Where an ORM has the rows, what is called a row may be that of a list.
            Case::passing(
                TABLE,
                "import { pgTable, uuid, text } from 'drizzle-orm/pg-core';\nexport const users = pgTable('users', { id: uuid('id').notNull(), email: text('email').notNull(), displayName: text('display_name').notNull(), bio: text('bio') });\nexport interface UserRow { id: string; email: string; lastSeen: string; postCount: number }",
            ),
            // A user of another package.
            Case::passing(
                TABLE,
                "declare module 'some-auth' { interface User { id?: string; email?: string | null; bio: string } }\nexport interface UserTable { id: string; email: string; display_name: string; bio: string | null }",
            ),
            Case::passing(
                TABLE,
                "export interface UserTable { id: string; email: string; display_name: string; bio: string | null }",
            ),
            // What a file keeps to itself is for one use: the instant that the database fills in is
            // no part of it.
            Case::passing(
                "CREATE TABLE link_holders (holder text NOT NULL, target text NOT NULL, amount integer NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());",
                "type LinkHolder = { holder: string; target: string; amount: number };",
            ),
            Case::passing(
                TABLE,
                "export interface User { id: string; email: string; displayName: string; bio: string | null }",
            ),
            Case::passing(
                TABLE,
                "/** @projection */\nexport interface UserTable { id: string; email: string }",
            ),
            Case::passing(
                TABLE,
                "export interface UserRow { id: string; email: string; display_name: string; bio: string | null }\nexport type UserTable = Omit<UserRow, 'bio'>;",
            ),
            // What only is called like the table may hold what it likes.
            Case::passing(
                TABLE,
                "export interface UserRow { id: string; email: string; display_name: string; bio: string | null }\nexport interface User { id: string; email: string; onClick: string; colour: string }",
            ),
            // kysely's `CamelCasePlugin`.
            Case::passing(
                "CREATE TABLE user_tokens (id uuid NOT NULL, used_at text NOT NULL);",
                "export interface UserTokens { id: string; usedAt: string }\nexport interface DB { userTokens: UserTokens }",
            ),
            // Drizzle names the column, and its rows have the names of its properties.
            Case::passing(
                "CREATE TABLE users (id uuid NOT NULL, rootPassword text NOT NULL, created_at text NOT NULL, createdAt text NOT NULL);",
                "import { pgTable, uuid, text } from 'drizzle-orm/pg-core';\nexport const users = pgTable('users', { id: uuid('id').notNull(), databaseRootPassword: text('rootPassword').notNull(), createdAt: text('created_at').notNull(), createdAt2: text('createdAt').notNull() });\nexport type UserRow = typeof users.$inferSelect;",
            ),
            Case::passing(
                TABLE,
                "export interface UserRow { id: string; email: string; display_name: string; bio: string | null }\n/** @projection */\nexport interface User { id: string; email: string; displayName: string }",
            ),
        ],
    };
}
