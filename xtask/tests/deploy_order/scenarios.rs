//! The written scenarios: for each kind of change the order, what breaks, and that PostgreSQL says
//! the same.

use std::collections::BTreeSet;

use xtask::internals::report::{DeployOrder, ReleaseOrder, RolloutProblem};

use super::commit::{Made, made};
use super::oracle::{Failure, failures};
use super::others::OTHERS;
use crate::support::side_by_side;

/// A change of a schema and of the code beside it.
pub struct Scenario {
    pub name: &'static str,
    pub old: (&'static str, &'static str),
    /// The new migration and the new code.
    pub new: (&'static str, &'static str),
    pub order: ReleaseOrder,
    /// What breaks for sure: `runs.note`.
    pub breaks: &'static [&'static str],
    /// What may break.
    pub may_break: &'static [&'static str],
    /// What the new code needs.
    pub needs: &'static [&'static str],
    /// Kinds of values that change, which no statement of PostgreSQL shows.
    pub unseen: &'static [&'static str],
    pub keys: &'static str,
    /// The new code as the plan has it until the second release; the new code itself where empty.
    pub adapted: &'static str,
    /// A part of the reason why there is no plan, where there is none.
    pub refused: &'static str,
}

pub const BLANK: Scenario = Scenario {
    name: "",
    old: ("", ""),
    new: ("", ""),
    order: ReleaseOrder::Either,
    breaks: &[],
    may_break: &[],
    needs: &[],
    unseen: &[],
    keys: "",
    adapted: "",
    refused: "",
};

pub const RUNS: &str = "CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL, note text, done boolean NOT NULL DEFAULT false);";

macro_rules! drizzle {
    ($($column:literal),*) => {
        concat!(
            "import { pgTable, pgEnum, pgView, integer, bigint, text, boolean } from 'drizzle-orm/pg-core';\n",
            "export const runs = pgTable('runs', {\n  id: integer('id').primaryKey(),\n",
            $("  ", $column, ",\n",)*
            "});\n"
        )
    };
}

pub(super) use drizzle;

pub const CODE: &str = drizzle!(
    "title: text('title').notNull()",
    "note: text('note')",
    "done: boolean('done').notNull().default(false)"
);

pub const STATES: &str = "CREATE TYPE state AS ENUM ('open', 'shut');
    CREATE TABLE runs (id integer PRIMARY KEY, state state NOT NULL);";

/// Code with an enum of the database.
macro_rules! states {
    ($values:literal) => {
        concat!(
            "import { pgTable, pgEnum, integer } from 'drizzle-orm/pg-core';\n",
            "export const state = pgEnum('state', [", $values, "]);\n",
            "export const runs = pgTable('runs', { id: integer('id').primaryKey(), state: state('state').notNull() });\n"
        )
    };
}

pub(super) use states;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a column that may be left out is dropped",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs DROP COLUMN note;",
            drizzle!(
                "title: text('title').notNull()",
                "done: boolean('done').notNull().default(false)"
            ),
        ),
        order: ReleaseOrder::DeployFirst,
        breaks: &["runs.note"],
        ..BLANK
    },
    Scenario {
        name: "a column that INSERT needs is dropped",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs DROP COLUMN title;",
            drizzle!(
                "note: text('note')",
                "done: boolean('done').notNull().default(false)"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.title"],
        needs: &["runs.title"],
        ..BLANK
    },
    Scenario {
        name: "a column is renamed",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs RENAME COLUMN note TO remark;",
            drizzle!(
                "title: text('title').notNull()",
                "remark: text('remark')",
                "done: boolean('done').notNull().default(false)"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.note"],
        needs: &["runs.remark"],
        ..BLANK
    },
    Scenario {
        name: "a type changes",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs ALTER COLUMN done DROP DEFAULT, ALTER COLUMN done TYPE text USING done::text,
             ALTER COLUMN done SET DEFAULT 'no';",
            drizzle!(
                "title: text('title').notNull()",
                "note: text('note')",
                "done: text('done').notNull().default('no')"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.done"],
        needs: &["runs.done"],
        unseen: &["runs.done"],
        adapted: drizzle!(
            "title: text('title').notNull()",
            "note: text('note')",
            "done: text('done_new').notNull().default('no')"
        ),
        ..BLANK
    },
    Scenario {
        name: "a NOT NULL column without default is added",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs ADD COLUMN owner text NOT NULL;",
            drizzle!(
                "title: text('title').notNull()",
                "note: text('note')",
                "done: boolean('done').notNull().default(false)",
                "owner: text('owner').notNull()"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.owner"],
        needs: &["runs.owner"],
        ..BLANK
    },
    Scenario {
        name: "a NOT NULL column with a default is added",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs ADD COLUMN owner text NOT NULL DEFAULT '';",
            drizzle!(
                "title: text('title').notNull()",
                "note: text('note')",
                "done: boolean('done').notNull().default(false)",
                "owner: text('owner').notNull().default('')"
            ),
        ),
        order: ReleaseOrder::MigrateFirst,
        needs: &["runs.owner"],
        ..BLANK
    },
    Scenario {
        name: "a column becomes NOT NULL",
        old: (RUNS, CODE),
        new: (
            "UPDATE runs SET note = '' WHERE note IS NULL; ALTER TABLE runs ALTER COLUMN note SET NOT NULL;",
            drizzle!(
                "title: text('title').notNull()",
                "note: text('note').notNull()",
                "done: boolean('done').notNull().default(false)"
            ),
        ),
        order: ReleaseOrder::DeployFirst,
        breaks: &["runs.note"],
        ..BLANK
    },
    Scenario {
        name: "a value is added to an enum",
        old: (STATES, states!("'open', 'shut'")),
        new: ("ALTER TYPE state ADD VALUE 'late';", states!("'open', 'shut', 'late'")),
        order: ReleaseOrder::MigrateFirst,
        needs: &["runs.state"],
        ..BLANK
    },
    Scenario {
        name: "a value is taken from an enum",
        old: (STATES, states!("'open', 'shut'")),
        new: (
            "ALTER TYPE state RENAME TO old_state; CREATE TYPE state AS ENUM ('open');
             ALTER TABLE runs ALTER COLUMN state TYPE state USING state::text::state; DROP TYPE old_state;",
            states!("'open'"),
        ),
        order: ReleaseOrder::DeployFirst,
        breaks: &["runs.state"],
        ..BLANK
    },
    Scenario {
        name: "a table is split",
        old: (RUNS, CODE),
        new: (
            "CREATE TABLE notes (run_id integer PRIMARY KEY REFERENCES runs, note text NOT NULL);
             INSERT INTO notes SELECT id, note FROM runs WHERE note IS NOT NULL;
             ALTER TABLE runs DROP COLUMN note;",
            concat!(
                "import { pgTable, integer, text, boolean } from 'drizzle-orm/pg-core';\n",
                "export const runs = pgTable('runs', { id: integer('id').primaryKey(), title: text('title').notNull(),",
                " done: boolean('done').notNull().default(false) });\n",
                "export const notes = pgTable('notes', { runId: integer('run_id').primaryKey().references(() => runs.id),",
                " note: text('note').notNull() });\n"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.note"],
        needs: &["notes"],
        ..BLANK
    },
    Scenario {
        name: "a default is dropped",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs ALTER COLUMN done DROP DEFAULT;",
            drizzle!(
                "title: text('title').notNull()",
                "note: text('note')",
                "done: boolean('done').notNull()"
            ),
        ),
        order: ReleaseOrder::DeployFirst,
        breaks: &["runs.done"],
        ..BLANK
    },
    Scenario {
        name: "a view loses a column and gets another",
        old: (
            "CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL);
             CREATE VIEW titles AS SELECT id, title FROM runs;",
            concat!(
                "import { pgTable, pgView, integer, text } from 'drizzle-orm/pg-core';\n",
                "export const runs = pgTable('runs', { id: integer('id').primaryKey(), title: text('title').notNull() });\n",
                "export const titles = pgView('titles', { id: integer('id'), title: text('title') }).existing();\n"
            ),
        ),
        new: (
            "DROP VIEW titles; CREATE VIEW titles AS SELECT id, upper(title) AS heading FROM runs;",
            concat!(
                "import { pgTable, pgView, integer, text } from 'drizzle-orm/pg-core';\n",
                "export const runs = pgTable('runs', { id: integer('id').primaryKey(), title: text('title').notNull() });\n",
                "export const titles = pgView('titles', { id: integer('id'), heading: text('heading') }).existing();\n"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["titles.title"],
        needs: &["titles.heading"],
        ..BLANK
    },
    Scenario {
        name: "a unique key is added",
        old: (RUNS, CODE),
        new: ("ALTER TABLE runs ADD UNIQUE (title);", CODE),
        may_break: &["runs.title"],
        ..BLANK
    },
    Scenario {
        name: "a foreign key is added",
        old: (
            "CREATE TABLE teams (id integer PRIMARY KEY);
             CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL, note text, done boolean NOT NULL DEFAULT false);",
            CODE,
        ),
        new: ("ALTER TABLE runs ADD FOREIGN KEY (id) REFERENCES teams;", CODE),
        may_break: &["runs.id"],
        ..BLANK
    },
    Scenario {
        name: "a column is moved to another table",
        old: (
            "CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL);
             CREATE TABLE teams (id integer PRIMARY KEY);",
            concat!(
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\n",
                "export const runs = pgTable('runs', { id: integer('id').primaryKey(), title: text('title').notNull() });\n",
                "export const teams = pgTable('teams', { id: integer('id').primaryKey() });\n"
            ),
        ),
        new: (
            "ALTER TABLE teams ADD COLUMN title text; ALTER TABLE runs DROP COLUMN title;",
            concat!(
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\n",
                "export const runs = pgTable('runs', { id: integer('id').primaryKey() });\n",
                "export const teams = pgTable('teams', { id: integer('id').primaryKey(), title: text('title') });\n"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.title"],
        needs: &["runs.title", "teams.title"],
        ..BLANK
    },
    Scenario {
        name: "a table is renamed",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs RENAME TO jobs;",
            concat!(
                "import { pgTable, integer, text, boolean } from 'drizzle-orm/pg-core';\n",
                "export const jobs = pgTable('jobs', { id: integer('id').primaryKey(), title: text('title').notNull(),",
                " note: text('note'), done: boolean('done').notNull().default(false) });\n"
            ),
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs"],
        needs: &["jobs"],
        ..BLANK
    },
    Scenario {
        name: "a type of rows reads a column that goes",
        keys: "types = ['src/schema.ts']",
        old: (
            RUNS,
            "export interface RunRow { id: number; title: string; note: string | null; done: boolean }",
        ),
        new: (
            "ALTER TABLE runs DROP COLUMN note;",
            "export interface RunRow { id: number; title: string; done: boolean }",
        ),
        order: ReleaseOrder::DeployFirst,
        breaks: &["runs.note"],
        ..BLANK
    },
    Scenario {
        name: "a kysely table does not write what becomes needed",
        keys: "types = ['src/schema.ts']",
        old: (
            RUNS,
            "import type { Generated } from 'kysely';\nexport interface RunTable { id: number; title: string; note: string | null; done: Generated<boolean> }\n\
             export interface DB { runs: RunTable }",
        ),
        new: (
            "ALTER TABLE runs ADD COLUMN owner text NOT NULL;",
            "import type { Generated } from 'kysely';\nexport interface RunTable { id: number; title: string; note: string | null; done: Generated<boolean>; owner: string }\n\
             export interface DB { runs: RunTable }",
        ),
        order: ReleaseOrder::TwoReleases,
        breaks: &["runs.owner"],
        needs: &["runs.owner"],
        ..BLANK
    },
    Scenario {
        name: "a type of inserts lacks what becomes needed",
        keys: "types = ['src/schema.ts']",
        old: (
            RUNS,
            "export interface RunRow { id: number; title: string; note: string | null; done: boolean }\n\
             export interface NewRun { id: number; title: string; note?: string | null; done?: boolean }",
        ),
        new: (
            "ALTER TABLE runs ALTER COLUMN done DROP DEFAULT;",
            "export interface RunRow { id: number; title: string; note: string | null; done: boolean }\n\
             export interface NewRun { id: number; title: string; note?: string | null; done: boolean }",
        ),
        order: ReleaseOrder::DeployFirst,
        breaks: &["runs.done"],
        ..BLANK
    },
    Scenario {
        name: "a Zod schema of rows refuses a new value",
        keys: "types = ['src/schema.ts']\nvalidation = ['src/schema.ts']",
        old: (
            STATES,
            "import { z } from 'zod';\nexport interface RunRow { id: number; state: 'open' | 'shut' }\n\
             export const RunRowSchema = z.object({ id: z.number(), state: z.enum(['open', 'shut']) });",
        ),
        new: (
            "ALTER TYPE state ADD VALUE 'late';",
            "import { z } from 'zod';\nexport interface RunRow { id: number; state: 'open' | 'shut' | 'late' }\n\
             export const RunRowSchema = z.object({ id: z.number(), state: z.enum(['open', 'shut', 'late']) });",
        ),
        may_break: &["runs.state"],
        ..BLANK
    },
    Scenario {
        name: "a column that code does not know is needed, and only its reading is declared",
        keys: "types = ['src/schema.ts']",
        old: (
            RUNS,
            "export interface RunRow { id: number; title: string; note: string | null; done: boolean }",
        ),
        new: (
            "ALTER TABLE runs ADD COLUMN owner text NOT NULL;",
            "export interface RunRow { id: number; title: string; note: string | null; done: boolean; owner: string }",
        ),
        order: ReleaseOrder::MigrateFirst,
        may_break: &["runs.owner"],
        needs: &["runs.owner"],
        ..BLANK
    },
    Scenario {
        name: "Prisma refuses rows with a new value, and null where it knows none",
        keys: "prisma = ['src/*.prisma']",
        old: (
            "CREATE TYPE \"State\" AS ENUM ('open', 'shut');
             CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL, state \"State\" NOT NULL);",
            "model runs {\n  id Int @id\n  title String\n  state State\n}\nenum State {\n  open\n  shut\n}\n",
        ),
        new: (
            "ALTER TYPE \"State\" ADD VALUE 'late'; ALTER TABLE runs ALTER COLUMN title DROP NOT NULL;",
            "model runs {\n  id Int @id\n  title String?\n  state State\n}\nenum State {\n  open\n  shut\n  late\n}\n",
        ),
        order: ReleaseOrder::MigrateFirst,
        may_break: &["runs.state", "runs.title"],
        needs: &["runs.state", "runs.title"],
        ..BLANK
    },
];

/// Changes that take nothing away.
const ADDITIVE: &[Scenario] = &[
    Scenario {
        name: "a table",
        old: (RUNS, CODE),
        new: ("CREATE TABLE teams (id integer PRIMARY KEY);", CODE),
        ..BLANK
    },
    Scenario {
        name: "a column that may be null",
        old: (RUNS, CODE),
        new: ("ALTER TABLE runs ADD COLUMN owner text;", CODE),
        ..BLANK
    },
    Scenario {
        name: "a column with a default",
        old: (RUNS, CODE),
        new: ("ALTER TABLE runs ADD COLUMN owner text NOT NULL DEFAULT '';", CODE),
        ..BLANK
    },
    Scenario {
        name: "an identity, a computed column",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY;
             ALTER TABLE runs ADD COLUMN length integer GENERATED ALWAYS AS (length(title)) STORED;",
            CODE,
        ),
        ..BLANK
    },
    Scenario {
        name: "an index, a comment, a view, a function",
        old: (RUNS, CODE),
        new: (
            "CREATE INDEX ON runs (title); COMMENT ON TABLE runs IS 'all'; CREATE VIEW titles AS SELECT title FROM runs;
             CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1';",
            CODE,
        ),
        ..BLANK
    },
    Scenario {
        name: "a default, a wider type, one restriction less",
        old: (
            "CREATE TABLE runs (id integer PRIMARY KEY, title varchar(20) NOT NULL UNIQUE, note text, done boolean NOT NULL DEFAULT false);",
            CODE,
        ),
        new: (
            "ALTER TABLE runs ALTER COLUMN title SET DEFAULT '', ALTER COLUMN title TYPE varchar(200), DROP CONSTRAINT runs_title_key;",
            CODE,
        ),
        ..BLANK
    },
    Scenario {
        name: "a column that a trigger fills in",
        old: (RUNS, CODE),
        new: (
            "ALTER TABLE runs ADD COLUMN slug text NOT NULL DEFAULT '';
             CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.slug := lower(NEW.title); RETURN NEW; END $$;
             CREATE TRIGGER fill BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION fill();
             ALTER TABLE runs ALTER COLUMN slug DROP DEFAULT;",
            CODE,
        ),
        ..BLANK
    },
    Scenario {
        name: "a value of an enum",
        old: (STATES, states!("'open', 'shut'")),
        new: ("ALTER TYPE state ADD VALUE 'late';", states!("'open', 'shut'")),
        ..BLANK
    },
    Scenario {
        name: "more values of a CHECK",
        old: (
            "CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL CHECK (title IN ('a', 'b')), note text, done boolean NOT NULL DEFAULT false);",
            CODE,
        ),
        new: (
            "ALTER TABLE runs DROP CONSTRAINT runs_title_check, ADD CONSTRAINT runs_title_check CHECK (title IN ('a', 'b', 'c'));",
            CODE,
        ),
        ..BLANK
    },
];

pub fn run(scenario: &Scenario) -> Option<(Made, Made, DeployOrder)> {
    let file = match scenario.keys.starts_with("prisma") {
        true => "src/schema.prisma",
        false => "src/schema.ts",
    };
    let old = made(&[(file, scenario.old.1)], scenario.keys, &[scenario.old.0])?;
    let new = made(
        &[(file, scenario.new.1)],
        scenario.keys,
        &[scenario.old.0, scenario.new.0],
    )?;
    let order = new.order_after(&old).expect("another schema");
    Some((old, new, order))
}

fn names<'p>(problems: impl Iterator<Item = &'p RolloutProblem>) -> Vec<String> {
    let name = |problem: &RolloutProblem| match &problem.field {
        Some(field) => format!("{}.{field}", problem.entity),
        None => problem.entity.clone(),
    };
    problems.map(name).collect()
}

pub fn shown(failed: &BTreeSet<Failure>) -> Vec<String> {
    let mut shown: Vec<String> = failed
        .iter()
        .map(|failure| match &failure.column {
            Some(column) => format!("{}.{column}", failure.table),
            None => failure.table.clone(),
        })
        .collect();
    shown.dedup();
    shown
}

fn must_agree(scenario: &Scenario) {
    let Some((old, new, order)) = run(scenario) else {
        return;
    };
    let name = scenario.name;
    let breaks = || order.breaks.iter();
    assert_eq!(order.order, scenario.order, "{name}: {order:#?}");
    assert_eq!(
        names(breaks().filter(|one| one.certain)),
        scenario.breaks,
        "{name}"
    );
    assert_eq!(
        names(breaks().filter(|one| !one.certain)),
        scenario.may_break,
        "{name}"
    );
    assert_eq!(names(order.needs.iter()), scenario.needs, "{name}");
    assert_eq!(names(order.left_behind.iter()), [""; 0], "{name}");
    for problem in breaks() {
        let line = problem.code.first().expect("a line of code").location.line;
        assert!(
            line > 0 && problem.migration.is_some(),
            "{name}: {problem:?}"
        );
    }
    // A value of an enum and null are refused only where they are written.
    let seen = |all: &[&'static str]| -> Vec<String> {
        let unseen = |one: &&&str| !scenario.unseen.contains(*one);
        all.iter()
            .filter(unseen)
            .map(|one| (*one).to_owned())
            .collect()
    };
    let running = old.demands(&old.schema);
    let failed = failures(&mut new.database.connect(), &running, &old.schema);
    assert_eq!(
        shown(&failed),
        seen(scenario.breaks),
        "{name}: the running code"
    );
    let newer = new.demands(&new.schema);
    let failed = failures(&mut old.database.connect(), &newer, &new.schema);
    assert_eq!(shown(&failed), seen(scenario.needs), "{name}: the new code");
    let own = failures(&mut old.database.connect(), &running, &old.schema);
    assert_eq!(shown(&own), [""; 0], "{name}: as it runs today");
}

#[test]
fn every_scenario_has_the_order_that_postgresql_confirms() {
    let all: Vec<&Scenario> = SCENARIOS.iter().chain(OTHERS).collect();
    side_by_side(&all, |scenario| must_agree(scenario));
}

/// The kinds of changes that are promised, each with the scenario that shows it.
#[test]
fn the_promised_scenarios_are_all_there() {
    for promised in [
        "a column that may be left out is dropped",
        "a column is renamed",
        "a type changes",
        "a NOT NULL column with a default is added",
        "a NOT NULL column without default is added",
        "a value is added to an enum",
        "a value is taken from an enum",
        "a table is split",
        "a default is dropped",
        "a view loses a column and gets another",
        "a unique key is added",
        "a foreign key is added",
        "a column is moved to another table",
    ] {
        let mut named = SCENARIOS.iter().filter(|one| one.name == promised);
        assert!(
            named.next().is_some() && named.next().is_none(),
            "{promised}"
        );
    }
}

#[test]
fn additive_changes_are_silent() {
    side_by_side(ADDITIVE, |scenario| {
        must_agree(scenario);
        let Some((_, _, order)) = run(scenario) else {
            return;
        };
        assert!(
            order.breaks.is_empty() && order.releases.is_empty(),
            "{}",
            scenario.name
        );
    });
}
