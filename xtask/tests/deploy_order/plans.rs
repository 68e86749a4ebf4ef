//! Plans of two releases, walked on scratch databases: the running code on each schema before the
//! last one, the new code on each schema after the first one, and in the end the schema of the
//! branch.

use std::collections::BTreeMap;

use postgres::Client;
use xtask::internals::report::{DeployOrder, Release, ReleaseOrder};
use xtask::internals::rollout::CodeDemands;
use xtask::internals::schema::diff::{Likeness, diff};
use xtask::internals::schema::model::Schema;

use super::commit::{Made, made, schema_of};
use super::oracle::failures;
use super::others::OTHERS;
use super::scenarios::{BLANK, CODE, RUNS, SCENARIOS, Scenario, run, shown};
use crate::support::{major, side_by_side};

/// A view has to be written by a person, who is told so: see the step of the plan.
const BY_HAND: &str = "a view loses a column and gets another";

fn files(release: &Release) -> Vec<&str> {
    let files = release
        .steps
        .iter()
        .filter_map(|step| step.migration.as_ref());
    files.map(|file| file.sql.as_str()).collect()
}

fn steps(order: &DeployOrder) -> Vec<&str> {
    let steps = order.releases.iter().flat_map(|release| &release.steps);
    steps.map(|step| step.text.as_str()).collect()
}

/// Runs the migrations of a release, each in a transaction of its own.
fn migrate(client: &mut Client, release: &Release, name: &str) {
    for sql in files(release) {
        client
            .batch_execute(&format!("BEGIN;\n{sql}\nCOMMIT;"))
            .unwrap_or_else(|error| panic!("{name}: {error:?}\n{sql}"));
    }
}

fn must_serve(
    client: &mut Client,
    code: (&str, &CodeDemands, &Schema),
    name: &str,
    order: &DeployOrder,
) {
    let (which, demands, own) = code;
    let failed = failures(client, demands, own);
    assert_eq!(
        shown(&failed),
        [""; 0],
        "{name}: {which} code: {failed:?}\n{:#?}",
        order.releases
    );
}

#[test]
fn both_codes_work_on_each_schema_of_a_plan() {
    let all = SCENARIOS.iter().chain(OTHERS);
    let planned: Vec<&Scenario> = all
        .filter(|scenario| scenario.order == ReleaseOrder::TwoReleases)
        .collect();
    assert!(planned.len() > 15);
    side_by_side(&planned, |scenario| {
        let Some((old, new, order)) = run(scenario) else {
            return;
        };
        let name = scenario.name;
        if !scenario.refused.is_empty() {
            let told = steps(&order).join("\n");
            assert!(told.contains(scenario.refused), "{name}: {told}");
            assert!(
                order.releases.iter().all(|one| files(one).is_empty()),
                "{name}"
            );
            return;
        }
        if name == BY_HAND {
            let told = steps(&order).join("\n");
            assert!(
                told.contains("`CREATE OR REPLACE VIEW` of `titles`"),
                "{told}"
            );
            return;
        }
        walk(scenario, &old, &new, &order);
    });
}

fn walk(scenario: &Scenario, old: &Made, new: &Made, order: &DeployOrder) {
    let name = scenario.name;
    let mut client = old.database.connect();
    let [first, last] = order.releases.as_slice() else {
        panic!("{name}: {:#?}", order.releases);
    };
    migrate(&mut client, first, name);
    let on_way = schema_of(&mut client);
    let running = old.demands(&old.schema);
    must_serve(&mut client, ("running", &running, &old.schema), name, order);
    let (newer, own) = match scenario.adapted {
        "" => (new.demands(&new.schema), &new.schema),
        adapted => {
            let facts = Made {
                facts: adapted_facts(adapted),
                config: new.config.clone(),
                migrations: new.migrations.clone(),
                schema: on_way.clone(),
                database: crate::support::database::Database::create(
                    crate::support::shared().expect("a cluster"),
                    "adapted",
                ),
            };
            (facts.demands(&on_way), &on_way)
        }
    };
    must_serve(&mut client, ("new", &newer, own), name, order);
    migrate(&mut client, last, name);
    must_serve(&mut client, ("new", &newer, own), name, order);
    if scenario.adapted.is_empty() {
        let difference = diff(&new.schema, &schema_of(&mut client));
        assert!(
            difference.likeness() != Likeness::Different,
            "{name}: {difference}\n{:#?}",
            order.releases
        );
    }
}

fn adapted_facts(code: &str) -> xtask::internals::facts::Facts {
    let made = made(&[("src/schema.ts", code)], "", &["SELECT 1"]).expect("a cluster");
    made.facts
}

/// Rows that one code writes are there for the other one, whichever wrote last.
#[test]
fn values_are_the_same_under_both_names_and_both_types() {
    let values = |client: &mut Client, sql: &str| -> BTreeMap<i32, (String, String)> {
        let rows = client.query(sql, &[]).expect("rows");
        rows.iter()
            .map(|row| (row.get(0), (row.get(1), row.get(2))))
            .collect()
    };
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    let scenario = |name: &str| {
        let mut all = SCENARIOS.iter().chain(OTHERS);
        all.find(|one| one.name == name).expect("a scenario")
    };
    let renamed = scenario("a column is renamed that a view, a key and a policy use");
    if let Some((old, _, order)) = run(renamed) {
        let mut client = old.database.connect();
        client
            .batch_execute("INSERT INTO runs (id, title) VALUES (1, 'a')")
            .expect("a row");
        migrate(&mut client, &order.releases[0], "renamed");
        client
            .batch_execute(
                "INSERT INTO runs (id, title) VALUES (2, 'b') ON CONFLICT (title) DO NOTHING;
                 INSERT INTO runs (id, heading) VALUES (3, 'c') ON CONFLICT (heading) DO NOTHING;
                 UPDATE runs SET title = 'd' WHERE id = 1; UPDATE runs SET heading = 'e' WHERE id = 2;",
            )
            .expect("statements of both codes");
        let both = values(&mut client, "SELECT id, title, heading FROM runs");
        let wanted = [
            (1, pair("d", "d")),
            (2, pair("e", "e")),
            (3, pair("c", "c")),
        ];
        assert_eq!(both, BTreeMap::from(wanted));
    }
    let changed = scenario("a type changes by an expression");
    if let Some((old, _, order)) = run(changed) {
        let mut client = old.database.connect();
        client
            .batch_execute("INSERT INTO runs (id, title, done) VALUES (1, 'a', true)")
            .expect("a row");
        migrate(&mut client, &order.releases[0], "changed");
        client
            .batch_execute("INSERT INTO runs (id, title) VALUES (2, 'b'); UPDATE runs SET done = false WHERE id = 1;")
            .expect("statements of the running code");
        let both = values(&mut client, "SELECT id, done::text, done_new FROM runs");
        let wanted = [(1, pair("false", "no")), (2, pair("false", "no"))];
        assert_eq!(both, BTreeMap::from(wanted));
        let told = steps(&order).join("\n");
        assert!(
            told.contains("no cast leads from text back to boolean"),
            "{told}"
        );
    }
}

/// The old name of a table has its privileges, and its policies hold for whoever reads.
#[test]
fn the_old_name_of_a_table_keeps_privileges_and_row_level_security() {
    let role = format!("plans_reader_{}", std::process::id());
    let secured = Scenario {
        name: "a table with row-level security is renamed",
        new: (
            "ALTER TABLE runs RENAME TO jobs;",
            "import { pgTable, integer, text, boolean } from 'drizzle-orm/pg-core';\n\
             export const jobs = pgTable('jobs', { id: integer('id').primaryKey(), title: text('title').notNull(), note: text('note'), done: boolean('done').notNull().default(false) });\n",
        ),
        ..BLANK
    };
    let secure = format!(
        "DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
         GRANT SELECT, UPDATE ON runs TO {role}; GRANT INSERT (id, title) ON runs TO {role};
         ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON runs USING (title = 'own');
         INSERT INTO runs (id, title) VALUES (1, 'own'), (2, 'other');"
    );
    let (Some(old), Some(mut new)) = (
        made(&[("src/schema.ts", CODE)], "", &[RUNS, &secure]),
        made(
            &[("src/schema.ts", secured.new.1)],
            "",
            &[RUNS, &secure, secured.new.0],
        ),
    ) else {
        return;
    };
    let order = new.order_after(&old).expect("another schema");
    if major() >= 15 {
        let mut client = old.database.connect();
        migrate(&mut client, &order.releases[0], secured.name);
        client
            .batch_execute(&format!("SET ROLE {role}"))
            .expect("the role");
        let rows = client.query("SELECT id FROM runs", &[]).expect("its rows");
        assert_eq!(rows.len(), 1, "{:#?}", order.releases);
        client
            .batch_execute(
                "UPDATE runs SET title = 'own'; INSERT INTO runs (id, title) VALUES (3, 'own')",
            )
            .expect("its privileges");
        client
            .batch_execute("DELETE FROM runs")
            .expect_err("it has no privilege to delete");
        client.batch_execute("RESET ROLE").expect("the role");
        migrate(&mut client, &order.releases[1], secured.name);
    }
    // Below 15 nothing holds the policies for the reader.
    new.config.postgres_major = 14;
    let order = new.order_after(&old).expect("another schema");
    let told = steps(&order).join("\n");
    assert!(told.contains("from PostgreSQL 15 on"), "{told}");
    assert!(order.releases.iter().all(|one| files(one).is_empty()));
    drop(new);
    let mut client = old.database.connect();
    drop(client.batch_execute(&format!("DROP OWNED BY {role}")));
    drop(client.batch_execute(&format!("DROP ROLE {role}")));
}

/// Advice to the new code is of what it still needs.
#[test]
fn what_the_new_code_has_to_do_is_told_by_kind() {
    let told = |sql: &str| {
        let old = made(&[("src/schema.ts", CODE)], "", &[RUNS])?;
        let new = made(&[("src/schema.ts", CODE)], "", &[RUNS, sql])?;
        let order = new.order_after(&old)?;
        Some((order.order, steps(&order).join("\n")))
    };
    let Some((order, text)) = told("ALTER TABLE runs ALTER COLUMN done DROP DEFAULT;") else {
        return;
    };
    assert_eq!(order, ReleaseOrder::TwoReleases);
    assert!(
        text.contains("write `done` in each INSERT of the new code"),
        "{text}"
    );
    let (order, text) = told("ALTER TABLE runs ALTER COLUMN note SET NOT NULL;").expect("an order");
    assert_eq!(order, ReleaseOrder::TwoReleases);
    assert!(
        text.contains("write `note` in each INSERT of the new code"),
        "{text}"
    );
    let (order, text) = told("ALTER TABLE runs DROP COLUMN note;").expect("an order");
    assert_eq!(order, ReleaseOrder::TwoReleases);
    assert!(text.contains("take `note` out of the new code"), "{text}");
}

/// Changes that no declaration tells of are named, and additive ones are not.
#[test]
fn what_is_not_judged_is_named() {
    let told = |sql: &str| {
        let old = made(&[("src/schema.ts", CODE)], "", &[BEFORE])?;
        let new = made(&[("src/schema.ts", CODE)], "", &[BEFORE, sql])?;
        Some(
            new.order_after(&old)
                .map(|order| order.not_judged)
                .unwrap_or_default(),
        )
    };
    for (sql, parts) in [
        ("DROP INDEX runs_title;", &["ON CONFLICT (title)"][..]),
        (
            "ALTER TABLE runs ENABLE ROW LEVEL SECURITY;",
            &["row-level security of `runs`"],
        ),
        (
            "CREATE TRIGGER stamp BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION stamp();",
            &["trigger `stamp` of `runs`"],
        ),
        (
            "CREATE OR REPLACE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 2';",
            &["function `one()`"],
        ),
        ("DROP FUNCTION one();", &["function `one()`"]),
        (
            "REVOKE SELECT ON runs FROM PUBLIC;",
            &["privileges on table public.runs"],
        ),
        ("DROP SEQUENCE numbers;", &["sequence `numbers`"]),
        (
            "CREATE OR REPLACE VIEW titles AS SELECT title FROM runs WHERE done;",
            &["the view `titles`"],
        ),
        (
            "ALTER DOMAIN short ADD CHECK (VALUE <> 'x');",
            &["domain `short`"],
        ),
        (
            "CREATE FUNCTION two() RETURNS integer LANGUAGE sql AS 'SELECT 2';",
            &[],
        ),
        ("GRANT INSERT ON runs TO PUBLIC;", &[]),
        ("CREATE INDEX ON runs (note); CREATE SEQUENCE others;", &[]),
        ("ALTER INDEX runs_title RENAME TO runs_heading;", &[]),
        ("CREATE POLICY own ON runs USING (true);", &[]),
    ] {
        let Some(told) = told(sql) else { return };
        assert_eq!(told.len(), parts.len(), "{sql}: {told:?}");
        for (told, part) in told.iter().zip(parts) {
            assert!(told.contains(part), "{sql}: {told}");
        }
    }
}

const BEFORE: &str = "CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL, note text, done boolean NOT NULL DEFAULT false);
    CREATE UNIQUE INDEX runs_title ON runs (title);
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
    CREATE SEQUENCE numbers; CREATE VIEW titles AS SELECT title FROM runs;
    CREATE DOMAIN short AS text; GRANT SELECT ON runs TO PUBLIC;";
