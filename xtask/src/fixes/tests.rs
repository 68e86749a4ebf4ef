//! Files before and after: the checks find what is wrong, and what they suggest is applied until
//! nothing is left.

use crate::checks::{self, Input, test_utils};
use crate::fixes::{apply, place};
use crate::report::{Finding, SourceTexts};
use crate::schema::provenance::Provenance;

const TABLE: &str = "CREATE TYPE user_role AS ENUM ('admin', 'citizen', 'guest');
    CREATE TABLE users (id uuid PRIMARY KEY, email varchar(255) NOT NULL, age integer NOT NULL, bio text, role user_role NOT NULL)";

/// `ts` after every safe change, and what is found then.
fn fixed(sql: &str, ts: &str) -> (String, Vec<Finding>) {
    let (schema, config) = (
        test_utils::schema(sql),
        test_utils::config("validation = ['**/*.ts']"),
    );
    let mut text = ts.to_owned();
    for _round in 0..10 {
        let facts = test_utils::facts(&text, &config);
        assert!(facts.problems.is_empty(), "{:?}\n{text}", facts.problems);
        let provenance = Provenance::default();
        let input = Input {
            schema: &schema,
            facts: &facts,
            config: &config,
            provenance: &provenance,
        };
        let (mut findings, _) = checks::verify(&input);
        let mut sources = SourceTexts::default();
        sources.insert("case.ts".into(), text.as_str().into());
        place(&mut findings, &sources);
        let safe = findings
            .iter()
            .filter_map(|finding| finding.suggestion.as_ref())
            .filter(|one| one.safe);
        let after = apply(&text, &safe.collect::<Vec<_>>()).text;
        if after == text {
            return (text, findings);
        }
        text = after;
    }
    panic!("no end:\n{text}");
}

#[track_caller]
fn becomes(sql: &str, before: &str, after: &str) {
    let (text, findings) = fixed(sql, before);
    assert_eq!(text, after);
    let mut left: Vec<_> = findings.iter().map(|finding| finding.kind).collect();
    left.retain(|kind| *kind != "MISSING_VALIDATION_SCHEMA" && *kind != "MISSING_TYPE");
    assert!(left.is_empty(), "{left:?}\n{text}");
}

/// `ts` after every suggestion, safe or not, was followed once.
fn suggested(sql: &str, ts: &str) -> String {
    let (schema, config) = (test_utils::schema(sql), test_utils::config(""));
    let (facts, provenance) = (test_utils::facts(ts, &config), Provenance::default());
    let input = Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    };
    let (mut findings, _) = checks::verify(&input);
    let mut sources = SourceTexts::default();
    sources.insert("case.ts".into(), ts.into());
    place(&mut findings, &sources);
    let suggestions: Vec<_> = findings
        .iter()
        .filter_map(|finding| finding.suggestion.as_ref())
        .collect();
    assert!(suggestions.iter().all(|one| !one.safe), "{suggestions:#?}");
    apply(ts, &suggestions).text
}

/// Rows and inserts both get their types from a table of Drizzle: its changes are suggestions.
#[test]
fn columns_of_drizzle_are_suggested() {
    const SQL: &str = "CREATE TABLE teams (id integer PRIMARY KEY, full_title text NOT NULL, motto varchar(40), state text NOT NULL DEFAULT 'new')";
    let table = |columns: &str| {
        format!(
            "import {{ integer, pgTable, text, varchar }} from 'drizzle-orm/pg-core';\nexport const teams = pgTable('teams', {{\n  id: integer('id').primaryKey(),\n{columns}}});\n"
        )
    };
    let right = "  fullTitle: text('full_title').notNull(),\n  motto: varchar('motto', { length: 40 }),\n  state: text('state').notNull().default('new'),\n";
    let drifted = [
        right.replace("text('full_title')", "text('fullTitle')"),
        right.replace("40 }),", "40 }).notNull(),"),
        right.replace("('full_title').notNull()", "('full_title')"),
        right.replace(".default('new')", ""),
        right.replace("  motto: varchar('motto', { length: 40 }),\n", ""),
    ];
    for columns in drifted {
        assert_eq!(suggested(SQL, &table(&columns)), table(right), "{columns}");
    }
    assert_eq!(suggested(SQL, &table(right)), table(right));
    // Of members of one object, and of a builder that is not imported.
    let table = |columns: &str| {
        format!(
            "import {{ pgTable }} from 'drizzle-orm/pg-core';\nexport const teams = pgTable('teams', (t) => ({{\n  id: t.integer().primaryKey(),\n  state: t.text().notNull().default('new'),\n  motto: t.varchar({{ length: 40 }}),\n{columns}}}));\n"
        )
    };
    assert_eq!(
        suggested(SQL, &table("")),
        table("").replace("  state:", "  full_title: t.text().notNull(),\n  state:")
    );
}

/// A row type of [`TABLE`] without `age`, as `write` writes its members.
fn type_becomes(before: &str, after: &str) {
    becomes(TABLE, before, after);
}

#[test]
fn a_field_is_written_like_the_others() {
    type_becomes(
        "export interface UserRow {\n  id: string;\n  email: string; // unique\n  bio: string | null;\n  role: 'admin' | 'citizen' | 'guest';\n}\n",
        "export interface UserRow {\n  id: string;\n  email: string; // unique\n  age: number;\n  bio: string | null;\n  role: 'admin' | 'citizen' | 'guest';\n}\n",
    );
    type_becomes(
        "export type UserRow = {\r\n\tid: string,\r\n\temail: string, /* unique */\r\n\tbio: string | null,\r\n\trole: \"admin\" | \"citizen\" | \"guest\",\r\n}",
        "export type UserRow = {\r\n\tid: string,\r\n\temail: string, /* unique */\r\n\tage: number,\r\n\tbio: string | null,\r\n\trole: \"admin\" | \"citizen\" | \"guest\",\r\n}",
    );
    type_becomes(
        "export interface UserRow {\n    id: string\n    email: string // unique\n    bio: string | null\n    role: 'admin' | 'citizen' | 'guest'\n}",
        "export interface UserRow {\n    id: string\n    email: string // unique\n    age: number\n    bio: string | null\n    role: 'admin' | 'citizen' | 'guest'\n}",
    );
    type_becomes(
        "export interface UserRow { id: string; email: string; bio: string | null; role: 'admin' | 'citizen' | 'guest' }",
        "export interface UserRow { id: string; email: string; age: number; bio: string | null; role: 'admin' | 'citizen' | 'guest' }",
    );
}

#[test]
fn a_field_at_the_end_takes_its_separator_from_the_others() {
    const SQL: &str = "CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, bio text)";
    let cases = [
        (
            "{ id: string; email: string }",
            "{ id: string; email: string; bio: string | null }",
        ),
        (
            "{ id: string; email: string; }",
            "{ id: string; email: string; bio: string | null; }",
        ),
        (
            "{\n  id: string;\n  email: string\n}",
            "{\n  id: string;\n  email: string;\n  bio: string | null\n}",
        ),
        (
            "{\n  id: string,\n  email: string // e\n}",
            "{\n  id: string,\n  email: string, // e\n  bio: string | null\n}",
        ),
        (
            "{\n  readonly id: string;\n  readonly email: string;\n}",
            "{\n  readonly id: string;\n  readonly email: string;\n  readonly bio: string | null;\n}",
        ),
    ];
    for (before, after) in cases {
        becomes(
            SQL,
            &format!("export interface UserRow {before}\n"),
            &format!("export interface UserRow {after}\n"),
        );
    }
    becomes(
        SQL,
        "export class UserRow {\n  id!: string;\n  email!: string;\n}\n",
        "export class UserRow {\n  id!: string;\n  email!: string;\n  bio!: string | null;\n}\n",
    );
}

#[test]
fn several_fields_come_in_the_order_of_the_columns() {
    becomes(
        "CREATE TABLE users (id uuid PRIMARY KEY, zip text NOT NULL, age integer NOT NULL, bio text, city text NOT NULL, active boolean NOT NULL)",
        "export interface UserRow {\n  id: string;\n  city: string;\n  active: boolean;\n}\n",
        "export interface UserRow {\n  id: string;\n  zip: string;\n  age: number;\n  bio: string | null;\n  city: string;\n  active: boolean;\n}\n",
    );
}

#[test]
fn null_is_added_behind_the_type() {
    type_becomes(
        "export interface UserRow { id: string; email: string; age: number; bio: string /* free */; role: 'admin' | 'citizen' | 'guest' }",
        "export interface UserRow { id: string; email: string; age: number; bio: string | null /* free */; role: 'admin' | 'citizen' | 'guest' }",
    );
}

#[test]
fn values_are_added_in_the_order_of_the_database() {
    let row = |role: &str| {
        format!(
            "export interface UserRow {{ id: string; email: string; age: number; bio: string | null; role: {role} }}"
        )
    };
    type_becomes(
        &row("'admin' | 'guest'"),
        &row("'admin' | 'citizen' | 'guest'"),
    );
    type_becomes(
        &row("\"guest\""),
        &row("\"guest\" | \"admin\" | \"citizen\""),
    );
    let sets = [
        (
            "export type Role =\n  | 'admin' // all\n  | 'guest';\n",
            "export type Role =\n  | 'admin' // all\n  | 'citizen'\n  | 'guest';\n",
        ),
        (
            "export type Role =\r\n  | 'admin'\r\n  | 'citizen';\r\n",
            "export type Role =\r\n  | 'admin'\r\n  | 'citizen'\r\n  | 'guest';\r\n",
        ),
        (
            "export enum Role {\n  Admin = 'admin',\n  Guest = 'guest',\n}\n",
            "export enum Role {\n  Admin = 'admin',\n  Citizen = 'citizen',\n  Guest = 'guest',\n}\n",
        ),
        (
            "export enum Role {\n  ADMIN = 'admin',\n  CITIZEN = 'citizen' // last\n}\n",
            "export enum Role {\n  ADMIN = 'admin',\n  CITIZEN = 'citizen', // last\n  GUEST = 'guest'\n}\n",
        ),
    ];
    for (before, after) in sets {
        type_becomes(
            &format!("{before}{}", row("Role")),
            &format!("{after}{}", row("Role")),
        );
    }
    // A value that the database has before all others goes to the end; one that follows another
    // stands directly behind it.
    type_becomes(
        &row("'guest' | 'citizen'"),
        &row("'guest' | 'citizen' | 'admin'"),
    );
    let role = format!(
        "export type Role = (typeof ROLES)[number];\n{}",
        row("Role")
    );
    type_becomes(
        &format!("export const ROLES = ['admin', 'guest'] as const;\n{role}"),
        &format!("export const ROLES = ['admin', 'citizen', 'guest'] as const;\n{role}"),
    );
    type_becomes(
        &format!("export const ROLES = [\n  'admin',\n  'citizen', // b\n] as const;\n{role}"),
        &format!(
            "export const ROLES = [\n  'admin',\n  'citizen', // b\n  'guest',\n] as const;\n{role}"
        ),
    );
}

#[test]
fn schemas_get_what_they_lack() {
    const SQL: &str = "CREATE TABLE users (id uuid PRIMARY KEY, email varchar(255) NOT NULL, age integer NOT NULL, \
        bio varchar(20), CHECK (((age >= 1) AND (age <= 150))))";
    let row =
        "export interface UserRow { id: string; email: string; age: number; bio: string | null }\n";
    let cases = [
        (
            "import { z } from 'zod';\nexport const CreateUserSchema = z.object({\n  email: z.string(),\n  age: z.number().int(),\n});\n",
            "import { z } from 'zod';\nexport const CreateUserSchema = z.object({\n  email: z.string().max(255),\n  age: z.number().int().min(1).max(150),\n});\n",
        ),
        (
            "import { z } from \"zod\"\nexport const UpdateUserSchema = z.object({ email: z.string().trim().optional(), bio: z.string().nullable().optional() })\n",
            "import { z } from \"zod\"\nexport const UpdateUserSchema = z.object({ email: z.string().trim().max(255).optional(), bio: z.string().max(20).nullable().optional() })\n",
        ),
        (
            "import { z } from 'zod';\nexport const CreateUserSchema = z.object({\n  email: z\n    .string()\n    .max( 1_000, { message: 'too long' })\n    .trim(),\n  age: z.number().int().max(200).min(1),\n});\n",
            "import { z } from 'zod';\nexport const CreateUserSchema = z.object({\n  email: z\n    .string()\n    .max( 255, { message: 'too long' })\n    .trim(),\n  age: z.number().int().max(150).min(1),\n});\n",
        ),
        // A message that names the limit would be wrong, and so might be what a name stands for.
        (
            "import { z } from 'zod';\nconst LIMIT = 900;\nexport const CreateUserSchema = z.object({\n  email: z.string().max(500, 'at most 500 characters'),\n  age: z.number().int().max(LIMIT).min(1),\n});\n",
            "import { z } from 'zod';\nconst LIMIT = 900;\nexport const CreateUserSchema = z.object({\n  email: z.string().max(500, 'at most 500 characters'),\n  age: z.number().int().max(LIMIT).min(1),\n});\n",
        ),
        (
            "import { z as zod } from 'zod';\nexport const UserSchema = zod.object({\n  id: zod.string().uuid(),\n  age: zod.number().int().min(1).max(150),\n  bio: zod.string().max(20),\n});\n",
            "import { z as zod } from 'zod';\nexport const UserSchema = zod.object({\n  id: zod.string().uuid(),\n  email: zod.string().max(255),\n  age: zod.number().int().min(1).max(150),\n  bio: zod.string().max(20).nullable(),\n});\n",
        ),
    ];
    for (before, after) in cases {
        let (text, findings) = fixed(SQL, &format!("{before}{row}"));
        assert_eq!(text, format!("{after}{row}"), "{findings:#?}");
    }
}

#[test]
fn what_is_not_clear_is_left_alone() {
    let cases = [
        // The member belongs to the other declaration.
        "interface Base { id: string; email: string; age: number; role: 'admin' | 'citizen' | 'guest' }\nexport interface UserRow extends Base {}\n",
        // A decorator would be missing.
        "export class UserRow {\n  @A() id!: string;\n  @A() email!: string;\n  @A() age!: number;\n  @A() role!: 'admin' | 'citizen' | 'guest';\n}\n",
        // The thing that a row is about may do without an age.
        "export interface UserRow { id: string; email: string; age: number; bio: string | null; role: 'admin' | 'citizen' | 'guest' }\nexport interface User { id: string; email: string; bio: string | null; role: 'admin' | 'citizen' | 'guest' }\n",
    ];
    for case in cases {
        assert_eq!(fixed(TABLE, case).0, case);
    }
}

#[test]
fn changes_that_overlap_wait() {
    let change =
        |start: u32, end: u32, replacement: &str, rank: Option<u32>| crate::report::Suggestion {
            text: String::new(),
            file: String::new(),
            span: crate::source::Span { start, end },
            replacement: replacement.into(),
            safe: true,
            rank,
        };
    let changes = [
        change(2, 4, "X", None),
        change(3, 5, "Y", None),
        change(2, 4, "X", None),
        change(5, 5, "b", Some(2)),
        change(5, 5, "a", Some(1)),
        change(5, 5, ".c()", None),
        change(90, 91, "Z", None),
    ];
    let applied = apply("0123456", &changes.iter().collect::<Vec<_>>());
    assert_eq!(applied.text, "01X4.c()56");
    assert_eq!(
        applied.taken,
        [true, false, true, false, false, true, false]
    );
}

/// Hundreds of values that are all missing take one look at the file.
#[test]
fn many_values_are_added_at_once() {
    let names = |count: usize| {
        (0..count)
            .map(|number| format!("v{number}"))
            .collect::<Vec<String>>()
    };
    let row = |names: &[String]| {
        format!(
            "export interface UserRow {{ kind: '{}' }}",
            names.join("' | '")
        )
    };
    let text = row(&names(3));
    let outline = super::outline::Outline::of("a.ts", &text).expect("an outline");
    let set = outline
        .lists
        .iter()
        .find(|list| list.items.len() == 3)
        .expect("the union");
    let set = crate::source::Span {
        start: set.start(),
        end: set.end,
    };
    let added =
        super::values::added("a.ts", &text, set, &names(3), &names(900)).expect("what it becomes");
    assert_eq!(added, row(&names(900)));
}
