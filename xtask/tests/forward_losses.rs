//! The losses of migrations on a real database. What they destroy is counted before anything runs
//! and before each COMMIT, and refused without consent in their file or on the command line.

use std::time::{Duration, Instant};

use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{git, shared, side_by_side};

const BASE: (&str, &str, &str) = (
    "V1__base",
    "CREATE TYPE mood AS ENUM ('ok', 'sad', 'angry');
     CREATE SCHEMA old; CREATE TABLE old.logs (id int PRIMARY KEY, line text);
     CREATE TABLE users (id int PRIMARY KEY, name text, bio text, price numeric(10,4), at timestamptz, mood mood, weight float8);
     CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE, title text);
     CREATE TABLE notes (note text);
     CREATE TABLE parts (id int, note text) PARTITION BY RANGE (id);
     CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
     CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM users WHERE id = 2';
     CREATE MATERIALIZED VIEW names AS SELECT name FROM users;
     CREATE TABLE animals (id int, name text, mood mood); CREATE TABLE cats (claws int) INHERITS (animals);
     CREATE TABLE kittens () INHERITS (cats);
     CREATE TYPE place AS (street text, zip text); CREATE TABLE homes (id int PRIMARY KEY, at place);",
    "DROP TABLE homes; DROP TYPE place; DROP TABLE animals CASCADE; DROP MATERIALIZED VIEW names; DROP TABLE parts; DROP TABLE notes; DROP TABLE posts; DROP TABLE users; DROP SCHEMA old CASCADE;
     DROP FUNCTION wipe; DROP TYPE mood;",
);

const ROWS: &str = "
    INSERT INTO users VALUES (1, 'Ada', NULL, 1.5678, '2024-01-01 10:00', 'ok', 1.5),
                             (2, 'Bob', 'b', 2, '2024-01-02 00:00', 'angry', 2),
                             (3, NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO posts VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 2, 'c');
    INSERT INTO notes VALUES ('a'), ('a'), (NULL);
    INSERT INTO parts VALUES (1, 'x'), (2, 'y');
    INSERT INTO animals VALUES (1, 'any', 'ok'); INSERT INTO cats VALUES (2, 'Tom', 'ok', 8), (3, 'Kit', 'sad', 9);
    INSERT INTO kittens VALUES (4, 'Mini', NULL, 1);
    INSERT INTO homes VALUES (1, ROW('s', '1')), (2, ROW('t', NULL)), (3, NULL);
    INSERT INTO old.logs VALUES (1, 'l')";

/// Migrations, each with its losses: all that a person has to accept.
const LOSSES: &[(&str, &[&str])] = &[
    ("DROP TABLE posts", &["3 rows of `posts`"]),
    ("DROP TABLE users CASCADE", &["3 rows of `users`"]),
    ("ALTER TABLE users DROP COLUMN bio", &["1 value of `users.bio`"]),
    ("DROP SCHEMA old CASCADE", &["1 row of `old.logs`"]),
    (
        "DROP TYPE mood CASCADE",
        &["1 value of `animals.mood`", "2 values of `cats.mood`", "2 values of `users.mood`"],
    ),
    // Tables that inherit are named one by one: consent to the parent covers no row of theirs.
    (
        "DROP TABLE animals CASCADE",
        &["1 row of `animals`", "2 rows of `cats`", "1 row of `kittens`"],
    ),
    ("DROP TABLE kittens, cats, animals", &["1 row of `animals`", "2 rows of `cats`", "1 row of `kittens`"]),
    (
        "ALTER TABLE animals DROP COLUMN name",
        &["1 value of `animals.name`", "2 values of `cats.name`", "1 value of `kittens.name`"],
    ),
    ("TRUNCATE animals", &["1 row of `animals`", "2 rows of `cats`", "1 row of `kittens`"]),
    ("TRUNCATE ONLY animals", &["1 row of `animals`"]),
    ("DELETE FROM animals WHERE animals.id > 1", &["2 rows of `cats`", "1 row of `kittens`"]),
    ("DELETE FROM ONLY animals", &["1 row of `animals`"]),
    ("UPDATE cats SET claws = claws + 1", &["2 rows of `cats`", "1 row of `kittens`"]),
    (
        "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TYPE mood RENAME VALUE 'sad' TO 'ok'; ALTER TYPE mood RENAME VALUE 'fine' TO 'sad'",
        &["1 row of `animals`", "2 rows of `cats`", "1 value of `users.mood`"],
    ),
    ("SAVEPOINT s; DELETE FROM users; ROLLBACK TO s; DELETE FROM notes WHERE note IS NULL", &["1 row of `notes`"]),
    ("ALTER TABLE homes ALTER COLUMN at TYPE text USING (at).street", &["2 values of `homes.at`"]),
    // Rows of a partition are told as those of its table, foretold and audited.
    ("TRUNCATE parts_1", &["2 rows of `parts`"]),
    ("DELETE FROM parts_1 WHERE id = 1", &["1 row of `parts`"]),
    ("ALTER TABLE kittens NO INHERIT cats; DROP TABLE kittens", &["1 row of `kittens`"]),
    ("DROP TABLE U&\"no!0074es\" UESCAPE '!'", &["3 rows of `notes`"]),
    ("CREATE TABLE copy AS SELECT wipe()::text; DROP TABLE copy", &["1 row of `users`", "2 rows of `posts`"]),
    ("TRUNCATE notes", &["3 rows of `notes`"]),
    ("TRUNCATE users CASCADE", &["3 rows of `posts`", "3 rows of `users`"]),
    ("DELETE FROM notes WHERE note = 'a'", &["2 rows of `notes`"]),
    ("DELETE FROM users WHERE id = 2", &["1 row of `users`", "2 rows of `posts`"]),
    ("DELETE FROM posts USING users WHERE users.id = user_id AND name = 'Bob'", &["2 rows of `posts`"]),
    ("WITH gone AS (DELETE FROM posts RETURNING id) SELECT count(*) FROM gone", &["3 rows of `posts`"]),
    ("UPDATE users SET name = 'x'", &["2 values of `users.name`"]),
    ("UPDATE users SET name = upper(name), price = DEFAULT WHERE id = 1", &["1 value of `users.name`", "1 value of `users.price`"]),
    ("UPDATE parts SET note = 'z' WHERE id = 1", &["1 row of `parts`"]),
    ("ALTER TABLE users ALTER COLUMN price TYPE numeric(10,2)", &["1 value of `users.price`"]),
    ("ALTER TABLE users ALTER COLUMN at TYPE date", &["1 value of `users.at`"]),
    ("ALTER TABLE users ALTER COLUMN weight TYPE int", &["1 value of `users.weight`"]),
    ("DROP MATERIALIZED VIEW names; ALTER TABLE users ALTER name TYPE varchar(1) USING left(name, 1)", &["2 values of `users.name`"]),
    (
        "DROP TABLE animals CASCADE; ALTER TYPE mood RENAME TO was; CREATE TYPE mood AS ENUM ('ok', 'sad');
         ALTER TABLE users ALTER mood TYPE mood USING (CASE mood::text WHEN 'angry' THEN 'sad' ELSE mood::text END)::mood;
         DROP TYPE was",
        &["1 row of `animals`", "2 rows of `cats`", "1 row of `kittens`", "1 value of `users.mood`"],
    ),
    ("DO $$ BEGIN DELETE FROM notes WHERE note IS NULL; END $$", &["1 row of `notes`"]),
    ("SELECT wipe()", &["1 row of `users`", "2 rows of `posts`"]),
    ("DO $$ BEGIN EXECUTE 'TRUNCATE notes'; END $$", &["3 rows of `notes`"]),
    ("MERGE INTO users USING posts ON users.id = user_id AND posts.id = 1 WHEN MATCHED THEN UPDATE SET name = 'm'", &["1 value of `users.name`"]),
    ("DROP TABLE parts_1", &["2 rows of `parts_1`"]),
    ("UPDATE users SET id = id + 10 WHERE id = 3", &["1 row of `users`"]),
    ("ALTER TABLE users ADD COLUMN label text; UPDATE users SET label = name; DROP MATERIALIZED VIEW names; ALTER TABLE users DROP COLUMN name", &["2 values of `users.name`"]),
];

/// Migrations that lose nothing, however much they rewrite.
const NO_LOSSES: &[&str] = &[
    // The name leads to the table that the migration makes.
    "CREATE TEMP TABLE notes (note text); INSERT INTO notes VALUES ('n'); DELETE FROM notes",
    "CREATE TEMPORARY TABLE IF NOT EXISTS notes (note text); INSERT INTO notes VALUES ('n'); DELETE FROM notes",
    "SET LOCAL search_path = old, public; CREATE TABLE notes (note text); INSERT INTO notes VALUES ('n'); TRUNCATE notes",
    "UPDATE users SET name = '' WHERE name IS NULL",
    "UPDATE users SET name = name",
    "SAVEPOINT s; DELETE FROM users; ROLLBACK TO SAVEPOINT s",
    "EXPLAIN DELETE FROM users",
    "CREATE RULE kept AS ON DELETE TO notes DO INSTEAD NOTHING; DELETE FROM notes WHERE false",
    "ALTER TABLE cats NO INHERIT animals; DELETE FROM animals WHERE id = 2",
    "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
    "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TYPE mood RENAME VALUE 'sad' TO 'low'",
    "DELETE FROM ONLY animals WHERE id > 1",
    "ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid()",
    "ALTER TABLE users ALTER COLUMN price TYPE numeric(12,6)",
    "ALTER TABLE posts ALTER COLUMN title TYPE varchar(20), ALTER COLUMN id TYPE bigint",
    "DELETE FROM users WHERE id = 99",
    "DROP MATERIALIZED VIEW names",
    "DO $$ BEGIN UPDATE users SET bio = name WHERE bio IS NULL; END $$",
    "CREATE TABLE new (id int); INSERT INTO new VALUES (1); DELETE FROM new; DROP TABLE new",
];

/// The migrations, the second of which is `sql`.
fn repo(sql: &str) -> Monorepo {
    Monorepo::of_migrations(&[BASE, ("V2__change", sql, IRREVERSIBLE)])
}

const IRREVERSIBLE: &str = "-- irreversible: a test\n";

/// A database with rows, on which the second migration is pending.
fn with_rows(name: &str, sql: &str) -> Option<(Database<'static>, Monorepo)> {
    let repo = repo(sql);
    let database = Database::create(shared()?, name);
    database
        .run(&repo, &["db-migrate", "V1__base"])
        .must_exit(0);
    database.connect().batch_execute(ROWS).expect("rows");
    Some((database, repo))
}

/// Everything that is in the tables.
fn content(database: &Database<'_>) -> String {
    let all = "SELECT concat_ws(' ', (SELECT string_agg(t::text, ' ' ORDER BY id) FROM users AS t),
                                (SELECT string_agg(t::text, ' ' ORDER BY id) FROM posts AS t),
                                (SELECT string_agg(t::text, ' ' ORDER BY note) FROM notes AS t),
                                (SELECT string_agg(t::text, ' ' ORDER BY id) FROM parts AS t),
                                (SELECT string_agg(t::text, ' ' ORDER BY id) FROM animals AS t),
                                (SELECT string_agg(t::text, ' ' ORDER BY id) FROM old.logs AS t))";
    let mut client = database.connect();
    client.query_one(all, &[]).expect("a query").get(0)
}

/// The losses that a run showed, in order, without their places.
fn told(ran: &Ran) -> Vec<String> {
    let mut lost = Vec::new();
    for line in ran.stdout.lines().filter(|line| line.starts_with("- ")) {
        let what = line.split_once(": ").map(|(_, what)| what);
        let loss = what.and_then(|what| {
            what.split_once(" is lost")
                .or_else(|| what.split_once(" are lost"))
        });
        lost.extend(loss.map(|(loss, _)| loss.to_owned()));
    }
    lost.sort();
    lost.dedup();
    lost
}

/// The losses in the JSON of a run, to all of which a file consents.
fn counted(ran: &Ran) -> Vec<String> {
    let result = ran.json();
    let losses = result["dataLoss"].as_array().expect("losses");
    let told = |loss: &serde_json::Value| {
        let count = loss["count"].as_i64().expect("a number");
        let units = loss["unit"].as_str().expect("a unit");
        let unit = if count == 1 {
            units.trim_end_matches('s')
        } else {
            units
        };
        assert_eq!(loss["consent"], "file", "{loss}");
        format!(
            "{count} {unit} of `{}`",
            loss["object"].as_str().expect("a name")
        )
    };
    let mut all: Vec<String> = losses.iter().map(told).collect();
    all.sort();
    all
}

fn with_consent(names: &[&str], sql: &str) -> String {
    let lines = names
        .iter()
        .map(|name| format!("-- accept-data-loss: {name}\n"));
    lines.collect::<String>() + sql
}

#[test]
fn destroying_migrations_are_refused_and_go_through_with_consent_in_the_file() {
    side_by_side(LOSSES, |(sql, losses)| {
        let Some((database, repo)) = with_rows("forward_loss", sql) else {
            return;
        };
        let before = content(&database);
        let objects: Vec<&str> = losses
            .iter()
            .map(|loss| loss.split('`').nth(1).expect("a name"))
            .collect();
        // With consent to all but one, each time: rows that go by a foreign key or by code are
        // known only once the migration runs.
        for left_out in 0..objects.len() {
            let mut given = objects.clone();
            given.remove(left_out);
            repo.write("migrations/V2__change.sql", &with_consent(&given, sql));
            let refused = database.run(&repo, &["db-migrate"]).must_exit(1);
            let told = told(&refused);
            assert!(
                told.iter().any(|loss| loss == losses[left_out]),
                "{sql}\n{}",
                refused.stdout
            );
            assert!(
                told.iter().all(|loss| losses.contains(&loss.as_str())),
                "{sql}\n{}",
                refused.stdout
            );
            let hint = format!("V2__change.sql: -- accept-data-loss: {}", objects[left_out]);
            assert!(refused.stdout.contains(&hint), "{sql}\n{}", refused.stdout);
            assert_eq!(
                (content(&database), database.history()),
                (before.clone(), vec![1]),
                "{sql}"
            );
        }
        repo.write("migrations/V2__change.sql", &with_consent(&objects, sql));
        let applied = database
            .run(&repo, &["db-migrate", "--format", "json"])
            .must_exit(0);
        let mut wanted: Vec<String> = losses.iter().map(|loss| (*loss).to_owned()).collect();
        wanted.sort();
        assert_eq!(counted(&applied), wanted, "{sql}");
        assert_eq!(database.history(), [1, 2], "{sql}");
    });
}

#[test]
fn migrations_that_lose_nothing_ask_nothing() {
    side_by_side(NO_LOSSES, |sql| {
        let Some((database, repo)) = with_rows("forward_kept", sql) else {
            return;
        };
        let applied = database.run(&repo, &["db-migrate"]).must_exit(0);
        assert_eq!(told(&applied), [""; 0], "{sql}\n{}", applied.stdout);
        assert_eq!(database.history(), [1, 2], "{sql}");
    });
}

/// Statements that may destroy more than they say, and the reason that a dry run gives.
const TOLD_AS_UNKNOWN: &[(&str, &str)] = &[
    ("INSERT INTO notes SELECT wipe()::text", "it calls `wipe`"),
    (
        "CREATE TABLE copy AS SELECT wipe()::text",
        "it calls `wipe`",
    ),
    (
        "ALTER TABLE users ADD COLUMN n int DEFAULT gone()",
        "it calls `gone`",
    ),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; INSERT INTO notes VALUES (f()::text)",
        "it calls `f`",
    ),
    (
        "INSERT INTO watched VALUES (1)",
        "it fires the trigger `t` of `watched`",
    ),
    (
        "UPDATE ruled SET id = id",
        "it fires the rule `r` of `ruled`",
    ),
    (
        "DELETE FROM kept WHERE id = 1",
        "the rule `r` of `kept` may do something else instead",
    ),
    (
        "DELETE FROM named WHERE id = 1",
        "it changes rows through the view `named`",
    ),
    (
        "INSERT INTO users (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        "it writes over rows that it conflicts with",
    ),
    (
        "ALTER TABLE cats NO INHERIT animals; DELETE FROM animals",
        "changes what inherits before it",
    ),
    (
        "DROP TABLE U&\"p!006fsts\" UESCAPE '!'",
        "it has names with `UESCAPE`",
    ),
];

#[test]
fn code_that_a_statement_runs_is_said_before_it_runs() {
    let more = "CREATE FUNCTION gone() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM notes; RETURN 1; END';
        CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM notes; RETURN NEW; END';
        CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id = NEW.id; RETURN NEW; END';
        CREATE TABLE watched (id int); CREATE TRIGGER t BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION fire();
        CREATE TRIGGER s BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION stamp();
        CREATE TABLE ruled (id int); CREATE RULE r AS ON UPDATE TO ruled DO ALSO DELETE FROM notes;
        CREATE TABLE kept (id int); CREATE RULE r AS ON DELETE TO kept DO INSTEAD NOTHING;
        CREATE VIEW named AS SELECT id, name FROM users;";
    let base = format!("{}{more}", BASE.1);
    let reasons = |sql: &str| {
        let repo = Monorepo::of_migrations(&[
            (BASE.0, &base, IRREVERSIBLE),
            ("V2__change", sql, IRREVERSIBLE),
        ]);
        let database = Database::create(shared()?, "forward_code");
        database
            .run(&repo, &["db-migrate", "V1__base"])
            .must_exit(0);
        database.connect().batch_execute(ROWS).expect("rows");
        let ran = database.run(&repo, &["db-migrate", "--dry-run", "--format", "json"]);
        Some(ran.json()["notChecked"].to_string())
    };
    side_by_side(TOLD_AS_UNKNOWN, |(sql, why)| {
        let Some(told) = reasons(sql) else { return };
        assert!(told.contains(why), "{sql}: {told}");
    });
    // A trigger that only sets a column of its own row is no reason to doubt.
    let quiet = reasons("UPDATE watched SET id = 2");
    assert!(quiet.is_none_or(|told| !told.contains("destroys")));
}

#[test]
fn fresh_and_empty_databases_ask_nothing() {
    let Some(scratch) = shared() else { return };
    side_by_side(LOSSES, |(sql, _)| {
        let repo = repo(sql);
        for first in [None, Some("V1__base")] {
            let database = Database::create(scratch, "forward_empty");
            if let Some(first) = first {
                database.run(&repo, &["db-migrate", first]).must_exit(0);
            }
            let applied = database.run(&repo, &["db-migrate"]).must_exit(0);
            assert_eq!(told(&applied), [""; 0], "{sql}\n{}", applied.stdout);
        }
    });
}

/// Seeds that a later migration of the same run changes are nobody's data.
#[test]
fn rows_that_the_same_run_wrote_are_no_loss_on_a_fresh_database() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[
        (
            "V1__seed",
            "CREATE TABLE c (id int PRIMARY KEY, name text); INSERT INTO c VALUES (1, 'a');",
            "DROP TABLE c;",
        ),
        (
            "V2__rename",
            "UPDATE c SET name = 'b'; ALTER TABLE c DROP COLUMN name;",
            IRREVERSIBLE,
        ),
    ]);
    let database = Database::create(scratch, "forward_seed");
    database.run(&repo, &["db-migrate"]).must_exit(0);
}

#[test]
fn consent_on_the_command_line_is_shown_checked_and_backed_up() {
    let Some((database, repo)) = with_rows("forward_line", "ALTER TABLE users DROP COLUMN bio;")
    else {
        return;
    };
    let dry = database
        .run(&repo, &["db-migrate", "--dry-run"])
        .must_exit(1);
    let line = "migrations/V2__change.sql:1: 1 value of `users.bio` is lost";
    assert!(dry.stdout.contains(line), "{}", dry.stdout);
    let misspelt = ["db-migrate", "--accept-data-loss", "users.boi"];
    let misspelt = database.run(&repo, &misspelt).must_exit(1);
    for part in [
        "--accept-data-loss users.bio",
        "`--accept-data-loss users.boi` names nothing that is lost",
    ] {
        assert!(misspelt.stdout.contains(part), "{}", misspelt.stdout);
    }
    let accepted = [
        "db-migrate",
        "--accept-data-loss",
        "users.bio,posts",
        "--backup",
        "backups",
    ];
    let applied = database.run(&repo, &accepted).must_exit(0);
    for part in [
        "accepted on the command line",
        "`--accept-data-loss posts` names nothing that is lost",
        "users.bio.csv",
    ] {
        assert!(applied.stdout.contains(part), "{}", applied.stdout);
    }
    let run = std::fs::read_dir(repo.path("backups"))
        .expect("a folder")
        .next();
    let run = run.expect("a run").expect("an entry").path();
    let backup = std::fs::read_to_string(run.join("users.bio.csv")).expect("a backup");
    assert_eq!(backup, "id,bio\n2,b\n");
    let script = std::fs::read_to_string(run.join("restore.sql")).expect("a script");
    assert!(script.contains("Undo that migration"), "{script}");
}

#[test]
fn consent_in_one_file_counts_for_no_other() {
    let sql = "-- accept-data-loss: users.bio, notes\nALTER TABLE users DROP COLUMN bio;";
    let Some((database, repo)) = with_rows("forward_file", sql) else {
        return;
    };
    repo.write("migrations/V3__more.sql", "DELETE FROM notes;");
    repo.write("migrations/V3__more.down.sql", IRREVERSIBLE);
    let refused = database.run(&repo, &["db-migrate"]).must_exit(1);
    for part in [
        "migrations/V3__more.sql: -- accept-data-loss: notes",
        "1 value of `users.bio` is lost, accepted in the file",
        "nothing was applied",
    ] {
        assert!(refused.stdout.contains(part), "{}", refused.stdout);
    }
    assert_eq!(database.history(), [1]);
}

/// Without a transaction each statement is counted before its own COMMIT.
#[test]
fn statements_without_a_transaction_stop_before_a_loss() {
    let sql = "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON users (name);\n\
               DO $$ BEGIN DELETE FROM notes; END $$;";
    let Some((database, repo)) = with_rows("forward_steps", sql) else {
        return;
    };
    let before = content(&database);
    let refused = database.run(&repo, &["db-migrate"]).must_exit(1);
    assert_eq!(told(&refused), ["3 rows of `notes`"], "{}", refused.stdout);
    assert_eq!(content(&database), before);
    let accepted = ["db-migrate", "--accept-data-loss", "notes"];
    database.run(&repo, &accepted).must_exit(0);
    assert_eq!(database.history(), [1, 2]);
}

/// Waits until a migration of the database sleeps.
fn wait_for_sleep(database: &Database<'_>) {
    let asleep = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let begin = Instant::now();
    let mut client = database.connect();
    while client
        .query_one(asleep, &[])
        .expect("a query")
        .get::<_, i64>(0)
        == 0
    {
        assert!(begin.elapsed() < Duration::from_secs(60), "it never sleeps");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A row that was not there when the run began is counted before the COMMIT all the same.
#[test]
fn rows_that_appear_meanwhile_are_refused() {
    let sql = "-- no-transaction\nSELECT pg_sleep(2);\nDROP TABLE extra;";
    let base = (
        "V1__extra",
        "CREATE TABLE extra (id int);",
        "DROP TABLE extra;",
    );
    let repo = Monorepo::of_migrations(&[base, ("V2__drop", sql, IRREVERSIBLE)]);
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "forward_late");
    database
        .run(&repo, &["db-migrate", "V1__extra"])
        .must_exit(0);
    let ran = std::thread::scope(|scope| {
        let run = scope.spawn(|| database.run(&repo, &["db-migrate"]));
        wait_for_sleep(&database);
        let insert = "INSERT INTO extra VALUES (1)";
        database.connect().batch_execute(insert).expect("a row");
        run.join().expect("no panic")
    });
    let ran = ran.must_exit(1);
    assert_eq!(told(&ran), ["1 row of `extra`"], "{}", ran.stdout);
}

/// Consent on the command line is of one run. Where that is killed, the next one asks again.
#[test]
fn consent_of_a_killed_run_counts_for_no_other() {
    let sql = "-- no-transaction\nSELECT pg_sleep(3);\nDELETE FROM notes;";
    let Some((database, repo)) = with_rows("forward_killed", sql) else {
        return;
    };
    let before = content(&database);
    let accepted = ["db-migrate", "--accept-data-loss", "notes"];
    let mut run = database.command(&repo, &accepted).spawn().expect("a run");
    wait_for_sleep(&database);
    run.kill().expect("a running process");
    run.wait().expect("it ends");
    let refused = database
        .run(&repo, &["db-migrate", "--lock-timeout", "30"])
        .must_exit(1);
    assert_eq!(told(&refused), ["3 rows of `notes`"], "{}", refused.stdout);
    assert_eq!(content(&database), before);
    database.run(&repo, &accepted).must_exit(0);
    assert_eq!(database.history(), [1, 2]);
}

/// A drop in a pull request without a line of consent is found where it stands, without a database.
#[test]
fn a_new_migration_without_consent_is_found_offline() {
    let sql = "ALTER TABLE users DROP COLUMN bio;";
    let Some((database, repo)) = with_rows("forward_offline", sql) else {
        return;
    };
    git::init(&repo);
    let drop = "-- accept-data-loss: posts.titel\nALTER TABLE posts DROP COLUMN title;\n";
    repo.write("migrations/V3__drop.sql", drop);
    repo.write("migrations/V3__drop.down.sql", IRREVERSIBLE);
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    git::git(&repo, &["add", "-A"]);
    let ran = repo.run(&["db-verify", "--staged"]).must_exit(0);
    for part in [
        "DATA_LOSS",
        "UNUSED_CONSENT",
        "migrations/V3__drop.sql:2",
        "-- accept-data-loss: posts.title",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    let others = ["ban-drop-column", "V2__change"];
    assert!(
        !others.iter().any(|other| ran.stdout.contains(other)),
        "{}",
        ran.stdout
    );
    let consented = "-- accept-data-loss: posts.title\nALTER TABLE posts DROP COLUMN title;\n";
    repo.write("migrations/V3__drop.sql", consented);
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    git::git(&repo, &["add", "-A"]);
    let ran = repo.run(&["db-verify", "--staged"]).must_exit(0);
    assert!(!ran.stdout.contains("DATA_LOSS"), "{}", ran.stdout);
}
