//! `db-rollback --test`: whether what it says of a way back is what happens on a live database.

use serde_json::Value;

use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::shared;

/// Rehearses all migrations, or the last. Returns the report on each.
fn rehearsed(database: &Database<'_>, repo: &Monorepo, more: &[&str]) -> Vec<Value> {
    let ran = database.run(
        repo,
        &[&["db-rollback", "--test", "--format", "json"], more].concat(),
    );
    let result: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    result["migrations"].as_array().expect("migrations").clone()
}

fn texts(one: &Value, key: &str) -> Vec<String> {
    let all = one[key].as_array().expect("a list");
    all.iter()
        .map(|text| text.as_str().expect("a text").to_owned())
        .collect()
}

/// The one text of a list, which holds each of these.
fn holds(one: &Value, key: &str, parts: &[&str]) {
    let found = texts(one, key);
    let is_it = |text: &String| parts.iter().all(|part| text.contains(part));
    assert!(
        found.len() == 1 && found.iter().all(is_it),
        "{parts:?} in {one:#}"
    );
}

/// A COMMIT lies between each way and the next, as it does live: a new value of an enum can be
/// used, and what is dropped on commit is gone.
#[test]
fn each_way_is_committed() {
    let Some(scratch) = shared() else { return };
    let types =
        "CREATE TYPE st AS ENUM ('a', 'b'); CREATE TABLE t (id bigint PRIMARY KEY, s st NOT NULL);";
    let shrink = "UPDATE t SET s = 'b' WHERE s = 'a'; ALTER TYPE st RENAME TO st_old; CREATE TYPE st AS ENUM ('b');
        ALTER TABLE t ALTER COLUMN s TYPE st USING s::text::st; DROP TYPE st_old;";
    let fill = "CREATE TEMPORARY TABLE fill ON COMMIT DROP AS SELECT id FROM t;";
    let repo = Monorepo::of_migrations(&[
        ("V1__types", types, "DROP TABLE t; DROP TYPE st;"),
        (
            "V2__shrink",
            shrink,
            "ALTER TYPE st ADD VALUE 'a' BEFORE 'b';",
        ),
        (
            "V3__fill",
            &format!("{fill} ALTER TABLE t ADD COLUMN m text;"),
            &format!("{fill} ALTER TABLE t DROP COLUMN m;"),
        ),
    ]);
    let database = Database::create(scratch, "committed");
    for one in rehearsed(&database, &repo, &[]) {
        assert!(
            one["passed"] == true && one["verdict"] == "exact",
            "{one:#}"
        );
    }
}

/// The same migrations share a transaction when several are undone; what works is said.
#[test]
fn what_fails_in_one_transaction_can_be_undone_one_at_a_time() {
    let Some(scratch) = shared() else { return };
    let fill = "CREATE TEMPORARY TABLE fill ON COMMIT DROP AS SELECT id FROM t;";
    let column = |name: &str| format!("{fill} ALTER TABLE t DROP COLUMN {name};");
    let repo = Monorepo::of_migrations(&[
        (
            "V1__t",
            "CREATE TABLE t (id bigint PRIMARY KEY);",
            "DROP TABLE t;",
        ),
        ("V2__a", "ALTER TABLE t ADD COLUMN a text;", &column("a")),
        ("V3__b", "ALTER TABLE t ADD COLUMN b text;", &column("b")),
    ]);
    let database = Database::create(scratch, "together");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let ran = database
        .run(&repo, &["db-rollback", "--last", "2"])
        .must_exit(2);
    let command = "cargo xtask db-rollback V3__b &&\ncargo xtask db-rollback V2__a\n";
    assert!(
        ran.stderr.contains(command) && ran.stderr.contains("relation \"fill\" already exists"),
        "{ran:?}"
    );
    assert_eq!(database.history(), [1, 2, 3]);
    database.run(&repo, &["db-rollback", "V3__b"]).must_exit(0);
    database.run(&repo, &["db-rollback", "V2__a"]).must_exit(0);
    assert_eq!(database.history(), [1]);
}

/// A real database has values in a column by the time that a later migration drops it.
#[test]
fn columns_that_a_migration_adds_hold_values_when_the_next_one_begins() {
    let Some(scratch) = shared() else { return };
    let members = "CREATE TABLE members (id bigint PRIMARY KEY, name text NOT NULL);";
    let add = "ALTER TABLE members ADD COLUMN phone text, ADD COLUMN verified boolean NOT NULL DEFAULT true,
        ADD COLUMN boss bigint REFERENCES members, ADD COLUMN level text CHECK (level IN ('low', 'high'));";
    let drop = "ALTER TABLE members DROP COLUMN phone, DROP COLUMN verified, DROP COLUMN boss, DROP COLUMN level;";
    let repo = Monorepo::of_migrations(&[
        ("V1__members", members, "DROP TABLE members;"),
        ("V2__columns", add, drop),
        ("V3__no_columns", drop, add),
    ]);
    let database = Database::create(scratch, "columns");
    let all = rehearsed(&database, &repo, &[]);
    let last = rehearsed(&database, &repo, &["--last", "1"]);
    for one in [&all[2], &last[0]] {
        assert!(
            one["passed"] == true && one["verdict"] == "exact",
            "{one:#}"
        );
        assert_eq!(
            one["lostRows"],
            serde_json::json!([{ "table": "members", "rows": 3 }])
        );
    }
    assert_eq!(all[1]["lostRows"], serde_json::json!([]));
    assert_eq!(texts(&all[1], "warnings"), [""; 0]);
}

/// The schemas are the same and every row from before is there, so that nothing but such a row
/// shows it.
#[test]
fn rows_that_use_what_a_migration_allows_are_tried() {
    let Some(scratch) = shared() else { return };
    let bonus = "CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE owners (id bigint PRIMARY KEY);
        CREATE TABLE bonus (id bigint PRIMARY KEY, title text NOT NULL, code varchar(5) NOT NULL, amount integer NOT NULL,
            kind text NOT NULL CONSTRAINT kinds CHECK (kind IN ('a', 'b')), mood mood,
            owner bigint CONSTRAINT owned REFERENCES owners, slug text CONSTRAINT slugs UNIQUE);";
    let alter = |what: &str| format!("ALTER TABLE bonus {what};");
    let changes = [
        (
            "V2__optional",
            "ALTER COLUMN title DROP NOT NULL",
            "ALTER COLUMN title SET NOT NULL",
            "`bonus.title` is NULL",
        ),
        (
            "V3__kind",
            "DROP CONSTRAINT kinds, ADD CONSTRAINT kinds CHECK (kind IN ('a', 'b', 'c'))",
            "DROP CONSTRAINT kinds, ADD CONSTRAINT kinds CHECK (kind IN ('a', 'b'))",
            "`bonus.kind` is 'c'",
        ),
        (
            "V4__code",
            "ALTER code TYPE varchar(9)",
            "ALTER code TYPE varchar(5)",
            "`bonus.code` has 6 characters",
        ),
        (
            "V5__amount",
            "ALTER amount TYPE bigint",
            "ALTER amount TYPE integer",
            "`bonus.amount` is 2147483648",
        ),
        (
            "V6__owner",
            "DROP CONSTRAINT owned",
            "ADD CONSTRAINT owned FOREIGN KEY (owner) REFERENCES owners",
            "`bonus.owner` refers to no row",
        ),
        (
            "V7__slug",
            "DROP CONSTRAINT slugs",
            "ADD CONSTRAINT slugs UNIQUE (slug)",
            "two rows have the same `bonus.slug`",
        ),
    ];
    let mood = "ALTER TYPE mood RENAME TO moods; CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
        ALTER TABLE bonus ALTER mood TYPE mood USING mood::text::mood; DROP TYPE moods;";
    let repo = Monorepo::of_migrations(&[
        (
            "V1__bonus",
            bonus,
            "DROP TABLE bonus; DROP TABLE owners; DROP TYPE mood;",
        ),
        ("V8__mood", mood, &mood.replace(", 'glad'", "")),
        (
            "V9__handled",
            "ALTER TABLE bonus ALTER id DROP DEFAULT, ADD CONSTRAINT few CHECK (amount < 7000);",
            "ALTER TABLE bonus DROP CONSTRAINT few;",
        ),
        (
            "V10__deletes",
            "ALTER TABLE bonus ALTER slug DROP NOT NULL, DROP CONSTRAINT few;",
            "DELETE FROM bonus WHERE amount >= 7000;
             ALTER TABLE bonus ADD CONSTRAINT few CHECK (amount < 7000);",
        ),
    ]);
    for (name, up, down, _) in changes {
        repo.write(&format!("migrations/{name}.sql"), &alter(up));
        repo.write(&format!("migrations/{name}.down.sql"), &alter(down));
    }
    let database = Database::create(scratch, "allowed");
    let all = rehearsed(&database, &repo, &[]);
    for one in &all {
        assert!(
            one["passed"] == true
                && one["verdict"] == "exact"
                && one["lostRows"] == serde_json::json!([]),
            "{one:#}"
        );
    }
    for ((_, _, _, words), one) in changes.iter().zip(&all[1..]) {
        holds(
            one,
            "warnings",
            &[
                "the way back fails as soon as a row uses what the migration allows",
                words,
            ],
        );
        assert_eq!(texts(one, "notes"), [""; 0]);
    }
    holds(&all[7], "warnings", &["`bonus.mood` is 'glad'"]);
    assert!(
        texts(&all[0], "warnings").is_empty() && texts(&all[8], "warnings").is_empty(),
        "{all:#?}"
    );
    holds(
        &all[9],
        "warnings",
        &["the way back deletes rows that use what the migration allows"],
    );
    let ran = database
        .run(&repo, &["db-rollback", "--test", "--last", "9"])
        .must_exit(0);
    assert!(
        ran.stdout
            .contains("warning: V2__optional: exact\n   the way back fails as soon as"),
        "{}",
        ran.stdout
    );
}

/// One column alone breaks few rules over several: the other columns have to be as they rarely are,
/// and a foreign key lets in only what the other table has.
#[test]
fn rows_that_break_a_rule_over_several_columns_are_tried() {
    let Some(scratch) = shared() else { return };
    let tables = "CREATE TABLE users (id bigint PRIMARY KEY); CREATE TABLE keys (id bigint, tenant bigint, PRIMARY KEY (id, tenant));
        CREATE TABLE codes (id text PRIMARY KEY);
        CREATE TABLE logs (id bigint PRIMARY KEY, user_id bigint REFERENCES users, code text REFERENCES codes,
            key_id bigint, tenant bigint, since integer, until integer,
            CONSTRAINT keyed FOREIGN KEY (key_id, tenant) REFERENCES keys,
            CONSTRAINT one CHECK (NOT (user_id IS NOT NULL AND code IS NOT NULL)),
            CONSTRAINT whole CHECK ((since IS NULL) = (until IS NULL)));";
    let changes = [
        (
            "V2__both",
            "one",
            "CHECK (NOT (user_id IS NOT NULL AND code IS NOT NULL))",
            "`logs.user_id` refers to a row",
        ),
        (
            "V3__half",
            "whole",
            "CHECK ((since IS NULL) = (until IS NULL))",
            "`logs.since` is",
        ),
        (
            "V4__either",
            "either",
            "CHECK (since IS NOT NULL OR until IS NOT NULL)",
            "`logs.since` is NULL, `logs.until` is NULL",
        ),
        (
            "V5__keyed",
            "keyed",
            "FOREIGN KEY (key_id, tenant) REFERENCES keys",
            "`logs.key_id`, `logs.tenant` refer to no row",
        ),
    ];
    let drops = "DROP TABLE logs; DROP TABLE codes; DROP TABLE keys; DROP TABLE users;";
    let repo = Monorepo::of_migrations(&[("V1__logs", tables, drops)]);
    for (name, constraint, rule, _) in changes {
        let more = if name == "V3__half" {
            format!(", ADD CONSTRAINT either {}", changes[2].2)
        } else {
            String::new()
        };
        let less = if name == "V3__half" {
            ", DROP CONSTRAINT either"
        } else {
            ""
        };
        repo.write(
            &format!("migrations/{name}.sql"),
            &format!("DELETE FROM logs WHERE since IS NULL AND until IS NULL; ALTER TABLE logs DROP CONSTRAINT {constraint}{more};"),
        );
        let back = format!("ALTER TABLE logs ADD CONSTRAINT {constraint} {rule}{less};");
        repo.write(&format!("migrations/{name}.down.sql"), &back);
    }
    let all = rehearsed(&Database::create(scratch, "several"), &repo, &[]);
    for ((name, .., words), one) in changes.iter().zip(&all[1..]) {
        assert_eq!(verdict(one), "exact", "{name}: {one:#}");
        holds(
            one,
            "warnings",
            &[
                "the way back fails as soon as a row uses what the migration allows",
                words,
            ],
        );
    }
}

/// Made-up text is no `uuid`. The way back is tried nevertheless, with rows that are.
#[test]
fn what_made_up_rows_are_to_blame_for_is_a_note() {
    let Some(scratch) = shared() else { return };
    let tables = "CREATE TABLE notes (id bigint PRIMARY KEY, body text NOT NULL);
        CREATE TABLE clients (id bigint PRIMARY KEY, made_by text NOT NULL);
        CREATE TABLE parts (id bigint PRIMARY KEY, code text NOT NULL);
        CREATE TABLE settings (name text PRIMARY KEY); INSERT INTO settings VALUES ('theme');";
    let to_code = "ALTER TABLE parts ALTER COLUMN code TYPE uuid USING code::uuid, ADD COLUMN size text NOT NULL;";
    let from_code =
        "ALTER TABLE parts ALTER COLUMN code TYPE text, ALTER COLUMN size TYPE int USING size::int;
        ALTER TABLE parts DROP COLUMN size;";
    let to_uuid = "ALTER TABLE clients ALTER COLUMN made_by TYPE uuid USING made_by::uuid;";
    let one_setting = "DO $$ BEGIN IF NOT EXISTS (SELECT FROM settings WHERE name = 'theme') THEN
        RAISE 'the rows of the migrations are gone'; END IF; END $$;";
    let repo = Monorepo::of_migrations(&[
        (
            "V1__tables",
            tables,
            "DROP TABLE settings; DROP TABLE notes; DROP TABLE clients; DROP TABLE parts;",
        ),
        (
            "V2__uuid",
            to_uuid,
            "ALTER TABLE clients ALTER COLUMN made_by TYPE text;",
        ),
        ("V3__setting", one_setting, "SELECT 1;"),
        ("V4__loses", "SELECT 1;", "DELETE FROM clients;"),
        ("V5__code", to_code, from_code),
    ]);
    let database = Database::create(scratch, "blame");
    let all = rehearsed(&database, &repo, &[]);
    holds(
        &all[1],
        "notes",
        &[
            "made-up rows",
            "invalid input syntax for type uuid",
            "migrations/V2__uuid.sql:1:1",
        ],
    );
    for one in &all[..3] {
        assert!(
            one["passed"] == true
                && one["verdict"] == "exact"
                && one["lostRows"] == serde_json::json!([]),
            "{one:#}"
        );
    }
    assert_eq!(
        all[3]["lostRows"],
        serde_json::json!([{ "table": "clients", "rows": 3 }])
    );
    assert!(
        all[4]["passed"] == true && all[4]["verdict"] == "exact",
        "{:#}",
        all[4]
    );
    let [forward, back] = texts(&all[4], "notes")
        .try_into()
        .expect("a note for each way");
    assert!(
        forward.contains("cannot be applied over made-up rows"),
        "{forward}"
    );
    assert!(
        back.contains("its way back fails over made-up rows too"),
        "{back}"
    );
    assert!(
        back.contains("invalid input syntax for type integer"),
        "{back}"
    );
    let ran = database.run(&repo, &["db-rollback", "--test"]).must_exit(0);
    assert!(
        ran.stdout
            .contains("ok V2__uuid: exact\n   note: it cannot be applied over made-up rows"),
        "{}",
        ran.stdout
    );
}

/// A rule that made-up rows break is no reason to say that a migration cannot be applied again,
/// also where its way back takes a table along.
#[test]
fn made_up_rows_are_taken_away_where_a_table_went_with_the_way_back() {
    let Some(scratch) = shared() else { return };
    let messages = "CREATE TYPE kind AS ENUM ('verification', 'other');
        CREATE TABLE messages (id int PRIMARY KEY, kind kind NOT NULL);";
    let codes = "CREATE TABLE codes (id int PRIMARY KEY);
        ALTER TABLE messages ADD COLUMN code int, ADD CONSTRAINT needs CHECK (kind <> 'verification' OR code IS NOT NULL);";
    let repo = Monorepo::of_migrations(&[
        (
            "V1__messages",
            messages,
            "DROP TABLE messages; DROP TYPE kind;",
        ),
        (
            "V2__codes",
            codes,
            "ALTER TABLE messages DROP COLUMN code; DROP TABLE codes;",
        ),
    ]);
    let all = rehearsed(&Database::create(scratch, "went_along"), &repo, &[]);
    assert!(
        all[1]["passed"] == true && all[1]["verdict"] == "exact",
        "{:#}",
        all[1]
    );
    holds(
        &all[1],
        "notes",
        &["cannot be applied over made-up rows", "needs"],
    );
}

/// A trigger that makes a table for each row makes no way back wrong.
#[test]
fn what_triggers_make_for_rows_is_no_part_of_a_way_back() {
    let Some(scratch) = shared() else { return };
    let tables = "CREATE TABLE events (pipeline int, text text); CREATE TABLE pipelines (id int PRIMARY KEY);
        CREATE FUNCTION on_pipeline() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            EXECUTE format('CREATE TABLE pipeline_events_%s () INHERITS (events)', NEW.id); RETURN NULL; END $$;
        CREATE TRIGGER on_pipeline AFTER INSERT ON pipelines FOR EACH ROW EXECUTE FUNCTION on_pipeline();";
    let back = "DROP TABLE pipelines; DROP TABLE events CASCADE; DROP FUNCTION on_pipeline;";
    let column = |name: &str| format!("ALTER TABLE events ADD {name} text;");
    let repo = Monorepo::of_migrations(&[
        ("V1__tables", tables, back),
        ("V2__a", &column("a"), "ALTER TABLE events DROP a;"),
        ("V3__b", &column("b"), "ALTER TABLE events DROP b;"),
    ]);
    let database = Database::create(scratch, "triggers");
    for one in rehearsed(&database, &repo, &[]) {
        assert!(
            one["passed"] == true && one["verdict"] == "exact",
            "{one:#}"
        );
    }
    assert_eq!(
        rehearsed(&database, &repo, &["--last", "1"])[0]["verdict"],
        "exact"
    );
}

/// Migrations of many kinds: name, forward, back, and the verdict.
const KINDS: &[(&str, &str, &str, &str)] = &[
    (
        "V1__base",
        "DO $$ BEGIN CREATE ROLE app_of_agreement; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
         CREATE TYPE st AS ENUM ('a', 'b');
         CREATE TABLE accounts (id bigint PRIMARY KEY, name text NOT NULL, note varchar(10), s st NOT NULL DEFAULT 'b');
         CREATE TABLE legacy (id int PRIMARY KEY); GRANT SELECT ON legacy TO app_of_agreement;
         CREATE VIEW names AS SELECT name FROM accounts; GRANT SELECT ON names TO app_of_agreement;",
        "DROP VIEW names; DROP TABLE legacy; DROP TABLE accounts; DROP TYPE st;",
        "exact",
    ),
    ("V2__phone", "ALTER TABLE accounts ADD phone text;", "ALTER TABLE accounts DROP phone;", "exact"),
    (
        "V3__no_note",
        "ALTER TABLE accounts DROP note;",
        "ALTER TABLE accounts ADD note varchar(10);",
        "physical-order-only",
    ),
    ("V4__forgets", "ALTER TABLE accounts ADD forgotten text;", "SELECT 1;", "not-restored"),
    (
        "V5__view",
        "DROP VIEW names; CREATE VIEW names AS SELECT name, id FROM accounts; GRANT SELECT ON names TO app_of_agreement;",
        "DROP VIEW names; CREATE VIEW names AS SELECT name FROM accounts;",
        "privileges-differ",
    ),
    ("V6__no_legacy", "DROP TABLE legacy;", "CREATE TABLE legacy (id int PRIMARY KEY);", "privileges-differ"),
    ("V7__broken", "CREATE TABLE seven (id int);", "DROP TABLE eight;", "failed"),
    ("V8__takes_all", "SELECT 1;", "DROP SCHEMA public CASCADE; CREATE SCHEMA public;", "failed"),
    (
        "V9__temporary",
        "CREATE TEMPORARY TABLE fill ON COMMIT DROP AS SELECT id FROM accounts; ALTER TABLE accounts ADD m text;",
        "CREATE TEMPORARY TABLE fill ON COMMIT DROP AS SELECT id FROM accounts; ALTER TABLE accounts DROP m;",
        "exact",
    ),
    (
        "V10__shrink",
        "UPDATE accounts SET s = 'b' WHERE s = 'a'; ALTER TABLE accounts ALTER s DROP DEFAULT;
         ALTER TYPE st RENAME TO st_old; CREATE TYPE st AS ENUM ('b');
         ALTER TABLE accounts ALTER s TYPE st USING s::text::st; DROP TYPE st_old;",
        "ALTER TYPE st ADD VALUE 'a' BEFORE 'b'; ALTER TABLE accounts ALTER s SET DEFAULT 'b';",
        "exact",
    ),
    (
        "V11__index",
        "-- no-transaction\nCREATE INDEX CONCURRENTLY accounts_name ON accounts (name);",
        "-- no-transaction\nDROP INDEX CONCURRENTLY accounts_name;",
        "exact",
    ),
    (
        "V12__optional",
        "ALTER TABLE accounts ALTER name DROP NOT NULL;",
        "ALTER TABLE accounts ALTER name SET NOT NULL;",
        "exact",
    ),
    ("V13__column_of_rows", "SELECT 1;", "ALTER TABLE accounts ADD must text NOT NULL;", "failed"),
];

/// Rolls the newest migration back for real. Returns its verdict.
fn undone(database: &Database<'_>, repo: &Monorepo) -> String {
    let accepted = [
        "db-rollback",
        "--accept-data-loss",
        "accounts,legacy,seven,accounts.phone,accounts.m",
    ];
    database.run(repo, &accepted);
    let result = repo.read("target/db-reports/rollback-result.json");
    let result: Value = serde_json::from_str(&result).expect("JSON");
    result["rolledBack"][0]["verdict"]
        .as_str()
        .unwrap_or("failed")
        .to_owned()
}

fn verdict(one: &Value) -> &str {
    match one["error"].is_null() {
        true => one["verdict"].as_str().expect("a verdict"),
        false => "failed",
    }
}

/// The rehearsal of all, that of the last alone and a rollback for real say the same of each
/// migration, when it is the newest.
#[test]
fn a_rehearsal_says_what_a_rollback_does() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[]);
    let database = Database::create(scratch, "agreement");
    let mut differences = Vec::new();
    let mut alone = Vec::new();
    for (name, up, down, expected) in KINDS {
        repo.write(&format!("migrations/{name}.sql"), up);
        repo.write(&format!("migrations/{name}.down.sql"), down);
        let last = rehearsed(&database, &repo, &["--last", "1"]);
        let migrate = || {
            database.run(&repo, &["db-migrate"]).must_exit(0);
            if *name == "V1__base" {
                database
                    .connect()
                    .batch_execute("INSERT INTO accounts VALUES (1, 'a'), (2, 'b')")
                    .expect("rows");
            }
        };
        migrate();
        let real = undone(&database, &repo);
        migrate();
        for (who, said) in [("--last 1", verdict(&last[0])), ("live", &real)] {
            if said != *expected {
                differences.push(format!(
                    "{name}: {who} says {said}, not {expected}: {:#}",
                    last[0]
                ));
            }
        }
        alone.push(last[0].clone());
    }
    let all = rehearsed(&database, &repo, &[]);
    for ((one, last), (name, _, _, expected)) in all.iter().zip(&alone).zip(KINDS) {
        if verdict(one) != *expected
            || (&one["detail"], &one["warnings"]) != (&last["detail"], &last["warnings"])
        {
            differences.push(format!(
                "{name}: --test says {one:#}, and --last 1 {last:#}"
            ));
        }
    }
    assert!(
        all.len() == KINDS.len() && differences.is_empty(),
        "{}",
        differences.join("\n")
    );
}

/// A column has the name that a query of ours gives to the whole row.
#[test]
fn rows_are_compared_whole_whatever_their_columns_are_called() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[
        (
            "V1__t",
            "CREATE TABLE t (id int PRIMARY KEY, r text NOT NULL, note text NOT NULL);",
            "DROP TABLE t;",
        ),
        (
            "V2__end",
            "SELECT 1;",
            "UPDATE t SET note = note || 'x' WHERE id > 0;",
        ),
    ]);
    let database = Database::create(scratch, "whole_rows");
    let all = rehearsed(&database, &repo, &[]);
    assert_ne!(all[1]["lostRows"], serde_json::json!([]), "{all:#?}");
}
