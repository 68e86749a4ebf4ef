//! Scenarios beside the twelve usual ones: changes of which no statement shows that running code
//! means something else by a name, and changes whose plan needs more than a second column.

use xtask::internals::report::ReleaseOrder;

use super::scenarios::{BLANK, CODE, RUNS, STATES, Scenario, drizzle, states};

const PRISMA: &str = "prisma = ['src/*.prisma']";

const PRISMA_STATES: &str = "CREATE TYPE \"State\" AS ENUM ('open', 'shut');
    CREATE TABLE runs (id integer PRIMARY KEY, state \"State\" NOT NULL);";

pub const OTHERS: &[Scenario] = &[
    Scenario {
        name: "a column that code writes becomes an identity",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;",
            concat!(
                "import { pgTable, integer, text, boolean } from 'drizzle-orm/pg-core';\n",
                "export const runs = pgTable('runs', { id: integer('id').primaryKey().generatedAlwaysAsIdentity(),",
                " title: text('title').notNull(), note: text('note'), done: boolean('done').notNull().default(false) });\n"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.id"],
        needs: &["runs.id"],
        ..BLANK
    },
    Scenario {
        name: "an identity is dropped",
        old: (
            "CREATE TABLE runs (id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, title text NOT NULL);",
            "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\n\
             export const runs = pgTable('runs', { id: integer('id').primaryKey().generatedAlwaysAsIdentity(), title: text('title').notNull() });\n",
        ),
        new: (
            "ALTER TABLE runs ALTER COLUMN id DROP IDENTITY;",
            "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\n\
             export const runs = pgTable('runs', { id: integer('id').primaryKey(), title: text('title').notNull() });\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.id"],
        needs: &["runs.id"],
        ..BLANK
    },
    Scenario {
        name: "a serial becomes an identity",
        old: (
            "CREATE TABLE runs (id serial PRIMARY KEY, title text NOT NULL);",
            "import { pgTable, serial, text } from 'drizzle-orm/pg-core';\n\
             export const runs = pgTable('runs', { id: serial('id').primaryKey(), title: text('title').notNull() });\n",
        ),
        new: (
            "ALTER TABLE runs ALTER COLUMN id DROP DEFAULT; ALTER TABLE runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;",
            "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\n\
             export const runs = pgTable('runs', { id: integer('id').primaryKey().generatedAlwaysAsIdentity(), title: text('title').notNull() });\n",
        ),
        may_break: &["runs.id"],
        ..BLANK
    },
    Scenario {
        name: "a column that code may write is computed from now on",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs DROP COLUMN note; ALTER TABLE runs ADD COLUMN note text GENERATED ALWAYS AS (lower(title)) STORED;",
            concat!(
                "import { pgTable, integer, text, boolean } from 'drizzle-orm/pg-core';\nimport { sql } from 'drizzle-orm';\n",
                "export const runs = pgTable('runs', { id: integer('id').primaryKey(), title: text('title').notNull(),",
                " note: text('note').generatedAlwaysAs(sql`lower(title)`), done: boolean('done').notNull().default(false) });\n"
            ),
        ),
        may_break: &["runs.note"],
        ..BLANK
    },
    Scenario {
        name: "a column that code writes is computed from now on",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs DROP COLUMN title, ADD COLUMN title text NOT NULL GENERATED ALWAYS AS ('run ' || id) STORED;",
            concat!(
                "import { pgTable, integer, text, boolean } from 'drizzle-orm/pg-core';\nimport { sql } from 'drizzle-orm';\n",
                "export const runs = pgTable('runs', { id: integer('id').primaryKey(),",
                " title: text('title').notNull().generatedAlwaysAs(sql`'run ' || id`),",
                " note: text('note'), done: boolean('done').notNull().default(false) });\n"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.title"],
        needs: &["runs.title"],
        ..BLANK
    },
    Scenario {
        name: "the type of an enum is renamed, to which Prisma casts",
        keys: PRISMA,
        old: (
            PRISMA_STATES,
            "model runs {\n  id Int @id\n  state State\n}\nenum State {\n  open\n  shut\n}\n",
        ),
        new: (
            "ALTER TYPE \"State\" RENAME TO \"Phase\";",
            "model runs {\n  id Int @id\n  state Phase\n}\nenum Phase {\n  open\n  shut\n}\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.state"],
        needs: &["runs.state"],
        ..BLANK
    },
    Scenario {
        name: "the type of an enum is renamed, which Drizzle does not name in queries",
        old: (STATES, states!("'open', 'shut'")),
        new: (
            "ALTER TYPE state RENAME TO phase;",
            "import { pgTable, pgEnum, integer } from 'drizzle-orm/pg-core';\n\
             export const phase = pgEnum('phase', ['open', 'shut']);\n\
             export const runs = pgTable('runs', { id: integer('id').primaryKey(), state: phase('state').notNull() });\n",
        ),
        ..BLANK
    },
    Scenario {
        name: "two columns swap their names",
        old: (
            "CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL, note text NOT NULL, done boolean NOT NULL DEFAULT false);",
            drizzle!(
                "title: text('title').notNull()",
                "note: text('note').notNull()",
                "done: boolean('done').notNull().default(false)"
            ),
        ),
        new: (
            "ALTER TABLE runs RENAME title TO other; ALTER TABLE runs RENAME note TO title; ALTER TABLE runs RENAME other TO note;",
            drizzle!(
                "note: text('note').notNull()",
                "title: text('title').notNull()",
                "done: boolean('done').notNull().default(false)"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.note", "runs.title"],
        needs: &["runs.note", "runs.title"],
        unseen: &["runs.note", "runs.title"],
        refused: "no release in between can have it mean both",
        ..BLANK
    },
    Scenario {
        name: "two tables swap their names",
        old: (
            "CREATE TABLE runs (id integer PRIMARY KEY); CREATE TABLE jobs (id integer PRIMARY KEY);",
            "import { pgTable, integer } from 'drizzle-orm/pg-core';\n\
             export const runs = pgTable('runs', { id: integer('id').primaryKey() });\n\
             export const jobs = pgTable('jobs', { id: integer('id').primaryKey() });\n",
        ),
        new: (
            "ALTER TABLE runs RENAME TO other; ALTER TABLE jobs RENAME TO runs; ALTER TABLE other RENAME TO jobs;",
            "import { pgTable, integer } from 'drizzle-orm/pg-core';\n\
             export const runs = pgTable('jobs', { id: integer('id').primaryKey() });\n\
             export const jobs = pgTable('runs', { id: integer('id').primaryKey() });\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["jobs", "runs"],
        needs: &["jobs", "runs"],
        unseen: &["jobs", "runs"],
        refused: "no release in between can have it mean both",
        ..BLANK
    },
    Scenario {
        name: "a column takes the name of one that is dropped",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs ADD COLUMN note2 text; ALTER TABLE runs DROP COLUMN note; ALTER TABLE runs RENAME note2 TO note;",
            CODE,
        ),
        ..BLANK
    },
    Scenario {
        name: "a table moves to another namespace",
        old: (RUNS, CODE),
        new: (
            "CREATE SCHEMA app; ALTER TABLE runs SET SCHEMA app;",
            concat!(
                "import { pgSchema, integer, text, boolean } from 'drizzle-orm/pg-core';\nconst app = pgSchema('app');\n",
                "export const runs = app.table('runs', { id: integer('id').primaryKey(), title: text('title').notNull(),",
                " note: text('note'), done: boolean('done').notNull().default(false) });\n"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs"],
        needs: &["app.runs"],
        ..BLANK
    },
    Scenario {
        name: "a table is renamed, with a column of it, and loses another",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs RENAME TO jobs; ALTER TABLE jobs RENAME note TO remark; ALTER TABLE jobs DROP COLUMN title;",
            "import { pgTable, integer, text, boolean } from 'drizzle-orm/pg-core';\n\
             export const jobs = pgTable('jobs', { id: integer('id').primaryKey(), remark: text('remark'), done: boolean('done').notNull().default(false) });\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs"],
        needs: &["jobs"],
        ..BLANK
    },
    Scenario {
        name: "a value of an enum is renamed",
        old: (
            "CREATE TYPE state AS ENUM ('open', 'shut');
             CREATE TABLE runs (id integer PRIMARY KEY, state state NOT NULL DEFAULT 'open', states state[]);",
            "import { pgTable, pgEnum, integer } from 'drizzle-orm/pg-core';\n\
             export const state = pgEnum('state', ['open', 'shut']);\n\
             export const runs = pgTable('runs', { id: integer('id').primaryKey(), state: state('state').notNull().default('open'), states: state('states').array() });\n",
        ),
        new: (
            "ALTER TYPE state RENAME VALUE 'open' TO 'new';",
            "import { pgTable, pgEnum, integer } from 'drizzle-orm/pg-core';\n\
             export const state = pgEnum('state', ['new', 'shut']);\n\
             export const runs = pgTable('runs', { id: integer('id').primaryKey(), state: state('state').notNull().default('new'), states: state('states').array() });\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.state", "runs.states"],
        needs: &["runs.state", "runs.states"],
        ..BLANK
    },
    Scenario {
        name: "a value of an enum is replaced by making the type anew",
        keys: PRISMA,
        old: (
            PRISMA_STATES,
            "model runs {\n  id Int @id\n  state State\n}\nenum State {\n  open\n  shut\n}\n",
        ),
        new: (
            "CREATE TYPE \"State_new\" AS ENUM ('new', 'shut');
             ALTER TABLE runs ALTER COLUMN state TYPE \"State_new\" USING (CASE state::text WHEN 'open' THEN 'new' ELSE state::text END::\"State_new\");
             ALTER TYPE \"State\" RENAME TO \"State_old\";
             ALTER TYPE \"State_new\" RENAME TO \"State\";
             DROP TYPE \"State_old\";",
            "model runs {\n  id Int @id\n  state State\n}\nenum State {\n  new\n  shut\n}\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.state"],
        may_break: &["runs.state"],
        needs: &["runs.state"],
        ..BLANK
    },
    Scenario {
        name: "a column is renamed that a view, a key and a policy use",
        old: (
            "CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL UNIQUE, note text, done boolean NOT NULL DEFAULT false);
             CREATE INDEX runs_title_note ON runs (lower(title), note);
             CREATE VIEW titles AS SELECT title FROM runs;
             ALTER TABLE runs ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON runs USING (title <> '');
             CREATE TABLE parts (run text REFERENCES runs (title));",
            CODE,
        ),
        new: (
            "ALTER TABLE runs RENAME COLUMN title TO heading;",
            drizzle!(
                "heading: text('heading').notNull()",
                "note: text('note')",
                "done: boolean('done').notNull().default(false)"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.title"],
        needs: &["runs.heading"],
        ..BLANK
    },
    Scenario {
        name: "an identity is renamed",
        old: (
            "CREATE TABLE runs (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, title text NOT NULL);
             CREATE TABLE parts (run integer REFERENCES runs);",
            "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\n\
             export const runs = pgTable('runs', { id: integer('id').primaryKey().generatedByDefaultAsIdentity(), title: text('title').notNull() });\n",
        ),
        new: (
            "ALTER TABLE runs RENAME COLUMN id TO number;",
            "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\n\
             export const runs = pgTable('runs', { number: integer('number').primaryKey().generatedByDefaultAsIdentity(), title: text('title').notNull() });\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.id"],
        needs: &["runs.number"],
        ..BLANK
    },
    Scenario {
        name: "a type changes by an expression",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs ALTER COLUMN done DROP DEFAULT, ALTER COLUMN done TYPE text USING CASE WHEN done THEN 'yes' ELSE 'no' END,
             ALTER COLUMN done SET DEFAULT 'no';",
            drizzle!(
                "title: text('title').notNull()",
                "note: text('note')",
                "done: text('done').notNull().default('no')"
            ),
        ),
        adapted: drizzle!(
            "title: text('title').notNull()",
            "note: text('note')",
            "done: text('done_new').notNull().default('no')"
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.done"],
        needs: &["runs.done"],
        unseen: &["runs.done"],
        ..BLANK
    },
    Scenario {
        name: "the type of a key changes",
        old: (
            RUNS,
            CODE,
        ),
        new: (
            "ALTER TABLE runs ALTER COLUMN id TYPE text USING id::text;",
            "import { pgTable, text, boolean } from 'drizzle-orm/pg-core';\n\
             export const runs = pgTable('runs', { id: text('id').primaryKey(), title: text('title').notNull(), note: text('note'), done: boolean('done').notNull().default(false) });\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.id"],
        needs: &["runs.id"],
        unseen: &["runs.id"],
        refused: "the constraint `runs_pkey` is about it",
        ..BLANK
    },
    Scenario {
        name: "a column becomes NOT NULL beside one that is renamed",
        old: (RUNS, CODE),
        new: (
            "UPDATE runs SET note = '' WHERE note IS NULL; ALTER TABLE runs ALTER COLUMN note SET NOT NULL; ALTER TABLE runs RENAME title TO heading;",
            drizzle!(
                "heading: text('heading').notNull()",
                "note: text('note').notNull()",
                "done: boolean('done').notNull().default(false)"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.note", "runs.title"],
        // The INSERT fails on the other column before.
        unseen: &["runs.note"],
        needs: &["runs.heading"],
        ..BLANK
    },
    Scenario {
        name: "a column is renamed and becomes NOT NULL",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs RENAME note TO remark; UPDATE runs SET remark = '' WHERE remark IS NULL; ALTER TABLE runs ALTER remark SET NOT NULL;",
            drizzle!(
                "title: text('title').notNull()",
                "remark: text('remark').notNull()",
                "done: boolean('done').notNull().default(false)"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.note", "runs.remark"],
        needs: &["runs.remark"],
        ..BLANK
    },
    Scenario {
        name: "a column is renamed and gets another type",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs RENAME note TO remark; ALTER TABLE runs ALTER remark TYPE integer USING length(remark);",
            concat!(
                "import { pgTable, integer, text, boolean } from 'drizzle-orm/pg-core';\n",
                "export const runs = pgTable('runs', { id: integer('id').primaryKey(), title: text('title').notNull(),",
                " remark: integer('remark'), done: boolean('done').notNull().default(false) });\n"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.note"],
        needs: &["runs.remark"],
        refused: "changes its type at once",
        ..BLANK
    },
    Scenario {
        name: "a value of an enum is replaced, and its rows are moved before",
        keys: PRISMA,
        old: (
            "CREATE TYPE \"State\" AS ENUM ('open', 'shut');
             CREATE TABLE runs (id integer PRIMARY KEY, state \"State\" NOT NULL DEFAULT 'open');
             CREATE TABLE logs (id integer PRIMARY KEY, state text);",
            "model runs {\n  id Int @id\n  state State @default(open)\n}\nmodel logs {\n  id Int @id\n  state String?\n}\nenum State {\n  open\n  shut\n}\n",
        ),
        new: (
            "UPDATE logs SET state = 'x'; UPDATE runs SET state = 'shut' WHERE state = 'open';
             ALTER TABLE runs ALTER COLUMN state DROP DEFAULT;
             ALTER TYPE \"State\" RENAME TO \"State_old\"; CREATE TYPE \"State\" AS ENUM ('shut', 'late');
             ALTER TABLE runs ALTER COLUMN state TYPE \"State\" USING state::text::\"State\";
             DROP TYPE \"State_old\"; ALTER TABLE runs ALTER COLUMN state SET DEFAULT 'late';",
            "model runs {\n  id Int @id\n  state State @default(late)\n}\nmodel logs {\n  id Int @id\n  state String?\n}\nenum State {\n  shut\n  late\n}\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.state"],
        may_break: &["runs.state"],
        needs: &["runs.state"],
        ..BLANK
    },
    Scenario {
        name: "a table is renamed, and a value of an enum of it",
        old: (STATES, states!("'open', 'shut'")),
        new: (
            "ALTER TYPE state RENAME VALUE 'open' TO 'new'; ALTER TABLE runs RENAME TO jobs;",
            "import { pgTable, pgEnum, integer } from 'drizzle-orm/pg-core';\n\
             export const state = pgEnum('state', ['new', 'shut']);\n\
             export const jobs = pgTable('jobs', { id: integer('id').primaryKey(), state: state('state').notNull() });\n",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs", "runs.state"],
        // Nothing of a table is asked that is not there.
        unseen: &["runs.state", "jobs.state"],
        needs: &["jobs", "jobs.state"],
        ..BLANK
    },
];
