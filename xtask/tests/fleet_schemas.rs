//! Fleets whose tenants share a database, with a schema for each.

use std::time::Duration;

use xtask::internals::postgres::scratch::Scratch;

use crate::fleet::{configure, run, texts};
use crate::fleet_run::{THREE, migrate, outcomes};
use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::{migrations, shared};

const TENANTS: [&str; 4] = ["acme", "My-Co", "beta", "acme_2"];

/// A type, a sequence, a view, a function and a foreign key: definitions of all of them hold the name
/// of the schema.
const WIDE: (&str, &str, &str) = (
    "V4__wide",
    "CREATE TYPE role AS ENUM ('admin', 'guest');\n\
     CREATE TABLE posts (id bigserial PRIMARY KEY, author bigint REFERENCES users, role role DEFAULT 'guest' CHECK (role <> 'admin'),\n\
     plan int REFERENCES public.plans);\n\
     CREATE VIEW authors AS SELECT u.name, p.role FROM users u JOIN posts p ON p.author = u.id;\n\
     CREATE FUNCTION touch(p posts) RETURNS role LANGUAGE sql AS 'SELECT p.role';\n",
    "DROP FUNCTION touch(posts);\nDROP VIEW authors;\nDROP TABLE posts;\nDROP TYPE role;\n",
);

const NULLS: (&str, &str, &str) = (
    "V5__nulls",
    "ALTER TABLE users ALTER COLUMN bio SET NOT NULL;\n",
    "ALTER TABLE users ALTER COLUMN bio DROP NOT NULL;\n",
);

fn fleet<'a>(
    scratch: &'a Scratch,
    migrations: &[(&str, &str, &str)],
    keys: &str,
) -> (Monorepo, Database<'a>) {
    let repo = Monorepo::of_migrations(migrations);
    let database = Database::create(scratch, "fleet_schemas");
    let mut client = database.connect();
    // Another tenant, whose schema nobody lists, and what all share.
    client
        .batch_execute("CREATE TABLE public.plans (id int PRIMARY KEY); CREATE SCHEMA unlisted; CREATE TABLE unlisted.users (id int)")
        .expect("objects of others");
    for tenant in TENANTS {
        client
            .batch_execute(&format!("CREATE SCHEMA \"{tenant}\""))
            .expect("a schema");
    }
    repo.write("tenants.txt", &TENANTS.join("\n"));
    repo.write(
        "setup.sql",
        "CREATE TABLE public.plans (id int PRIMARY KEY);\n",
    );
    let manifest = repo.read("Cargo.toml");
    let (before, after) = manifest
        .split_once("[workspace.metadata.db]\n")
        .expect("the section");
    repo.write(
        "Cargo.toml",
        &format!("{before}[workspace.metadata.db]\nscratch-setup = ['setup.sql']\n{after}"),
    );
    configure(
        &repo,
        &format!(
            "file = 'tenants.txt'\nmode = 'schema'\nurl = '{}'\n{keys}",
            database.url()
        ),
    );
    (repo, database)
}

/// The versions that the history of `tenant` holds.
fn history(database: &Database<'_>, tenant: &str) -> Vec<i64> {
    let query =
        format!("SELECT version FROM \"{tenant}\".refinery_schema_history ORDER BY version");
    let rows = database.connect().query(&query, &[]);
    rows.unwrap_or_default()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

fn status(scratch: &Scratch, repo: &Monorepo) -> serde_json::Value {
    run(scratch, repo, &["db-status", "--fleet", "--format", "json"])
        .must_exit(0)
        .json()
}

#[test]
fn each_schema_is_a_tenant_of_its_own() {
    let Some(scratch) = shared() else { return };
    let all = [THREE[0], THREE[1], THREE[2], WIDE];
    let (repo, database) = fleet(scratch, &all, "parallel = 3\n");
    let report = migrate(scratch, &repo, 0, &[]);
    assert_eq!(outcomes(&report), ["done"; 4], "{report:#}");
    for tenant in TENANTS {
        assert_eq!(history(&database, tenant), [1, 2, 3, 4], "{tenant}");
    }
    let mut client = database.connect();
    let of_public = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    let tables: i64 = client.query_one(of_public, &[]).expect("a count").get(0);
    assert_eq!(tables, 1, "nothing was made in `public`");
    let shown = status(scratch, &repo);
    assert_eq!(
        shown["drift"].as_array().map(Vec::len),
        Some(0),
        "{shown:#}"
    );
    assert_eq!(shown["versions"][0]["count"], 4, "{shown:#}");
    let again = migrate(scratch, &repo, 0, &[]);
    assert_eq!(outcomes(&again), ["current"; 4]);

    // Two drifted alike, one by itself.
    for (tenant, drift) in [
        ("My-Co", "ADD COLUMN note text"),
        ("beta", "ADD COLUMN note text"),
        ("acme_2", "DROP COLUMN bio"),
    ] {
        client
            .batch_execute(&format!("ALTER TABLE \"{tenant}\".users {drift}"))
            .expect("drift");
    }
    let shown = status(scratch, &repo);
    let drift = shown["drift"].as_array().expect("drift");
    let mut found: Vec<(&str, Vec<&str>)> = drift
        .iter()
        .map(|one| {
            (
                one["object"].as_str().unwrap_or_default(),
                texts(&one["databases"]),
            )
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [("users", vec!["My-Co", "beta"]), ("users", vec!["acme_2"])],
        "{shown:#}"
    );
}

#[test]
fn rows_in_the_way_and_losses_are_those_of_the_tenant() {
    let Some(scratch) = shared() else { return };
    let all = [THREE[0], THREE[1], THREE[2], NULLS];
    let (repo, database) = fleet(scratch, &all, "parallel = 2\n");
    migrate(scratch, &repo, 0, &["3"]);
    let rows = "INSERT INTO \"My-Co\".users (id, name) VALUES (7, 'Ada')";
    database.connect().batch_execute(rows).expect("a row");
    let report = migrate(scratch, &repo, 1, &[]);
    assert_eq!(
        outcomes(&report),
        ["done", "refused", "done", "done"],
        "{report:#}"
    );
    assert_eq!(texts(&report["rowsInTheWay"][0]["databases"]), ["My-Co"]);
    let back = |code: i32, arguments: &[&str]| {
        let all = [&["db-rollback", "--fleet", "--format", "json"], arguments].concat();
        run(scratch, &repo, &all).must_exit(code).json()
    };
    let rows = "INSERT INTO beta.users (id, name, bio) VALUES (8, 'Bo', 'b')";
    database.connect().batch_execute(rows).expect("a row");
    let undone = back(1, &["V2"]);
    assert_eq!(
        outcomes(&undone),
        ["done", "done", "refused", "done"],
        "{undone:#}"
    );
    assert_eq!(history(&database, "beta"), [1, 2, 3, 5]);
    assert_eq!(history(&database, "acme"), [1]);
    let undone = back(0, &["V2", "--accept-data-loss", "beta:users.bio"]);
    assert_eq!(
        outcomes(&undone),
        ["current", "current", "done", "current"],
        "{undone:#}"
    );
    assert_eq!(history(&database, "beta"), [1]);
}

#[test]
fn what_is_no_tenant_of_its_own_is_refused() {
    let Some(scratch) = shared() else { return };
    let (repo, database) = fleet(scratch, &[migrations::USERS], "");
    repo.write("tenants.txt", "acme\nnowhere\n");
    let report = migrate(scratch, &repo, 1, &[]);
    assert_eq!(outcomes(&report), ["done", "refused"], "{report:#}");
    let why = report["databases"][1]["error"].as_str().unwrap_or_default();
    assert!(why.contains("has no schema `nowhere`"), "{why}");
    repo.write(
        "migrations/V2__shared.sql",
        "CREATE TABLE public.shared (id int);\n",
    );
    repo.write(
        "migrations/V2__shared.down.sql",
        "DROP TABLE public.shared;\n",
    );
    run(scratch, &repo, &["db-migrate", "--fleet"]).must_fail_at_length(&[
        "V2__shared.sql:1 names `public.shared` with its schema",
        "a migration names no schema",
    ]);
    assert_eq!(history(&database, "acme"), [1]);
}

/// A migration that changes a row of the tenant, and does `sql` where there is a schema `unlisted`.
fn beyond(sql: &str) -> String {
    format!(
        "UPDATE users SET bio = bio;\n\
         DO $$ BEGIN IF to_regclass('unlisted.users') IS NOT NULL THEN {sql} END IF; END $$;\n"
    )
}

#[test]
fn no_tenant_takes_anything_from_another_silently() {
    let Some(scratch) = shared() else { return };
    for (sql, names) in [
        ("EXECUTE 'DELETE FROM unlisted.users';", "unlisted.users"),
        (
            "EXECUTE 'DROP TABLE unlisted.users CASCADE';",
            "unlisted.users",
        ),
        (
            "EXECUTE 'ALTER TABLE unlisted.users DROP COLUMN id';",
            "unlisted.users.id",
        ),
        ("EXECUTE 'DROP SCHEMA unlisted CASCADE';", "unlisted.users"),
        (
            "EXECUTE 'DROP TYPE public.mood CASCADE';",
            "unlisted.users.mood",
        ),
        (
            "EXECUTE 'ALTER TYPE public.name DROP ATTRIBUTE last CASCADE';",
            "unlisted.users.name.last",
        ),
        (
            "ALTER TYPE public.mood RENAME VALUE 'sad' TO 'other'; ALTER TYPE public.mood RENAME VALUE 'glad' TO 'sad';",
            "unlisted.users",
        ),
    ] {
        let beyond = beyond(sql);
        let all = [
            THREE[0],
            THREE[1],
            ("V3__beyond", beyond.as_str(), "SELECT 1;\n"),
        ];
        let (repo, database) = fleet(scratch, &all, "parallel = 1\nmax-failures = 9\n");
        migrate(scratch, &repo, 0, &["2"]);
        let rows = "CREATE TYPE public.mood AS ENUM ('glad', 'sad');
                    CREATE TYPE public.name AS (first text, last text);
                    ALTER TABLE unlisted.users ADD COLUMN mood public.mood, ADD COLUMN name public.name;
                    INSERT INTO unlisted.users VALUES (1, 'sad', ('Ada', 'L'));
                    INSERT INTO acme.users (id, name) VALUES (7, 'Ada')";
        let mut client = database.connect();
        client.batch_execute(rows).expect("rows");
        let report = migrate(scratch, &repo, 1, &["--only", "acme"]);
        let error = report["databases"][0].to_string();
        assert!(error.contains(names), "{sql}: {report:#}");
        let row = "SELECT id || mood::text || (name).last FROM unlisted.users";
        let left: String = client.query_one(row, &[]).expect("the row").get(0);
        assert_eq!(left, "1sadL", "{sql}");
        assert_eq!(history(&database, "acme"), [1, 2], "{sql}");
    }
}

/// Does `what` while `run` is at a migration that sleeps in `database`.
pub fn while_it_sleeps<T: Send>(
    database: &Database<'_>,
    what: impl FnOnce(),
    run: impl FnOnce() -> T + Send,
) -> T {
    let mut client = database.connect();
    std::thread::scope(|scope| {
        let run = scope.spawn(run);
        let sleeps = "SELECT count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND wait_event = 'PgSleep'";
        let is_asleep = (0..3000).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            let count: i64 = client.query_one(sleeps, &[]).expect("a count").get(0);
            count > 0
        });
        assert!(is_asleep, "the migration did not run");
        what();
        run.join().expect("the run ends")
    })
}

#[test]
fn a_tenant_that_is_dropped_during_the_run_is_not_made_again() {
    let Some(scratch) = shared() else { return };
    let slow = (
        "V3__slow",
        "SELECT CASE WHEN to_regclass('users') IS NOT NULL THEN pg_sleep(2) END;\n",
        "SELECT 1;\n",
    );
    let (repo, database) = fleet(scratch, &[THREE[0], THREE[1], slow], "");
    migrate(scratch, &repo, 0, &["2"]);
    let names = ["--only", "acme", "--only", "beta"];
    let mut client = database.connect();
    let report = while_it_sleeps(
        &database,
        || {
            let sql = "DROP SCHEMA beta CASCADE";
            client.batch_execute(sql).expect("no schema");
        },
        || migrate(scratch, &repo, 1, &names),
    );
    assert_eq!(outcomes(&report), ["done", "failed"], "{report:#}");
    assert!(
        report.to_string().contains("no schema `beta`"),
        "{report:#}"
    );
    let row = "SELECT count(*) FROM pg_namespace WHERE nspname = 'beta'";
    let made: i64 = client.query_one(row, &[]).expect("a count").get(0);
    assert_eq!(made, 0);
}

#[test]
fn what_others_do_to_their_schemas_meanwhile_is_no_loss() {
    let Some(scratch) = shared() else { return };
    let slow = (
        "V3__slow",
        "DO $$ BEGIN IF to_regclass('runs') IS NOT NULL THEN PERFORM nextval('runs'); END IF; END $$;\n\
         SELECT pg_sleep(2);\n",
        "SELECT 1;\n",
    );
    let (repo, database) = fleet(scratch, &[THREE[0], THREE[1], slow], "");
    migrate(scratch, &repo, 0, &["2"]);
    let mut client = database.connect();
    let rows = "INSERT INTO acme.users (id, name) VALUES (7, 'Ada'); INSERT INTO unlisted.users VALUES (1);
                CREATE SEQUENCE public.runs";
    client.batch_execute(rows).expect("rows");
    let report = while_it_sleeps(
        &database,
        || {
            let sql = "TRUNCATE unlisted.users; DROP TABLE beta.users CASCADE";
            client.batch_execute(sql).expect("others may do that");
        },
        || migrate(scratch, &repo, 0, &["--only", "acme"]),
    );
    assert_eq!(outcomes(&report), ["done"], "{report:#}");
    let runs: i64 = client
        .query_one("SELECT last_value FROM public.runs", &[])
        .expect("the sequence")
        .get(0);
    assert_eq!(runs, 1, "the migration ran once");
    let stamps = "SELECT count(catalog_stamp) FROM acme.db_migration_journal";
    let stamps: i64 = client.query_one(stamps, &[]).expect("the journal").get(0);
    assert_eq!(stamps, 0, "a stamp of a shared database tells nothing");
}

#[test]
fn advice_about_a_tenant_works_as_it_is_printed() {
    let Some(scratch) = shared() else { return };
    let alien = (
        "V9__alien",
        "CREATE TABLE aliens (id int);\n",
        "DROP TABLE aliens;\n",
    );
    let (repo, database) = fleet(scratch, &[THREE[0], alien], "");
    migrate(scratch, &repo, 0, &["--only", "acme"]);
    for file in ["V9__alien.sql", "V9__alien.down.sql"] {
        std::fs::remove_file(repo.path(&format!("migrations/{file}"))).expect("a file");
    }
    let shown = status(scratch, &repo).to_string();
    let command = "db-rollback V9__alien --fleet --only acme";
    assert!(
        shown.contains(&format!("`cargo xtask {command}`")),
        "{shown}"
    );
    let words: Vec<&str> = command.split(' ').collect();
    run(scratch, &repo, &words).must_exit(0);
    assert_eq!(history(&database, "acme"), [1]);
    run(scratch, &repo, &["db-rollback", "V9__alien", "--fleet"]).must_fail(&["V9__alien"]);
}
