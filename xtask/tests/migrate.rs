//! `db-migrate` on a real database: what it applies, what it refuses, and what it leaves behind
//! when something fails.

use crate::support::database::Database;
use crate::support::migrations::{BIO, INDEX, USERS};
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{shared, side_by_side};

fn repo() -> Monorepo {
    Monorepo::of_migrations(&[USERS, BIO, INDEX])
}

#[test]
fn pending_migrations_are_applied_up_to_the_asked_one_and_then_the_rest() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "steps"), repo());
    let ran = database
        .run(&repo, &["db-migrate", "create_users"])
        .must_exit(0);
    for part in [
        "STEP 1: PRE-MIGRATION VERIFICATION",
        "STEP 2: APPLYING MIGRATION",
        "V1__create_users",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    assert_eq!(database.history(), [1]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 2, 3]);
    let again = database.run(&repo, &["db-migrate", "2"]).must_exit(0);
    assert!(
        again.stdout.contains("Nothing to apply"),
        "{}",
        again.stdout
    );
    let result = repo.read("target/db-reports/migration-result.json");
    let result: serde_json::Value = serde_json::from_str(&result).expect("JSON");
    assert_eq!(result["success"], true);
    assert_eq!(result["preMigrationVerification"]["overallPassed"], true);
}

#[test]
fn sql_that_fails_names_its_place_and_leaves_nothing_behind() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "failing");
    let broken = (
        "V2__broken",
        "CREATE TABLE a (id int);\nCREATE TABLE b (id int REFERENCES missing);\n",
        "DROP TABLE b, a;\n",
    );
    let repo = Monorepo::of_migrations(&[USERS, broken]);
    let ran = database.run(&repo, &["db-migrate"]);
    ran.must_fail_at_length(&["migrations/V2__broken.sql:2:", "42P01", "missing"]);
    assert_eq!(database.history(), [] as [i64; 0]);
}

#[test]
fn data_that_does_not_fit_stops_the_migration_and_keeps_those_before_it() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "data");
    let repo = Monorepo::of_migrations(&[USERS, BIO]);
    repo.let_rows_stop_migrations();
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a'), (2, 'a')")
        .expect("rows");
    repo.write("migrations/V3__fine.sql", "CREATE TABLE fine (id int);");
    repo.write("migrations/V3__fine.down.sql", "DROP TABLE fine;");
    repo.write(
        "migrations/V4__unique.sql",
        "ALTER TABLE users ADD CONSTRAINT one_name UNIQUE (name);",
    );
    repo.write(
        "migrations/V4__unique.down.sql",
        "ALTER TABLE users DROP CONSTRAINT one_name;",
    );
    let ran = database.run(&repo, &["db-migrate"]);
    ran.must_fail_at_length(&[
        "V4__unique",
        "23505",
        "DETAIL",
        "it was undone",
        "2 rows that share `name` with another row",
    ]);
    assert!(
        ran.stdout
            .contains("Applied and committed before that: V3__fine"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2, 3]);
}

#[test]
fn an_edited_a_deleted_a_renamed_and_an_inserted_migration_are_refused() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "history"), repo());
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let refused = |kind: &str, what: &str| {
        let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
        assert!(
            ran.stdout.contains(kind) && ran.stdout.contains(what),
            "{}",
            ran.stdout
        );
        assert!(
            !ran.stdout.contains("Type alignment verification failed"),
            "{}",
            ran.stdout
        );
        assert_eq!(database.history(), [1, 2, 3]);
    };
    repo.write(
        "migrations/V2__add_bio.sql",
        "ALTER TABLE users ADD COLUMN bio varchar(10);",
    );
    refused("MIGRATION_EDITED", "V2__add_bio.sql");
    repo.write("migrations/V2__add_bio.sql", BIO.1);
    let (old, new) = (
        repo.path("migrations/V2__add_bio.sql"),
        repo.path("migrations/V2__add_biography.sql"),
    );
    let (old_down, new_down) = (
        repo.path("migrations/V2__add_bio.down.sql"),
        repo.path("migrations/V2__add_biography.down.sql"),
    );
    std::fs::rename(&old, &new).expect("rename");
    std::fs::rename(&old_down, &new_down).expect("rename");
    refused("MIGRATION_RENAMED", "V2__add_biography.sql");
    std::fs::remove_file(&new).expect("delete");
    std::fs::remove_file(&new_down).expect("delete");
    refused("MIGRATION_MISSING", "its file is gone");
    repo.write("migrations/V2__add_bio.sql", BIO.1);
    repo.write("migrations/V2__add_bio.down.sql", BIO.2);
    repo.write("migrations/V0__first.sql", "CREATE TABLE zero (id int);");
    repo.write("migrations/V0__first.down.sql", "DROP TABLE zero;");
    refused("MIGRATION_OUT_OF_ORDER", "V0__first");
}

#[test]
fn a_database_that_was_edited_by_hand_is_refused_until_it_is_repaired() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "drift"), repo());
    database.run(&repo, &["db-migrate", "1"]).must_exit(0);
    database
        .connect()
        .batch_execute("ALTER TABLE users ADD COLUMN nickname text")
        .expect("drift");
    let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
    assert!(
        ran.stdout.contains("SCHEMA_DRIFT") && ran.stdout.contains("nickname"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1]);
    database
        .connect()
        .batch_execute("ALTER TABLE users DROP COLUMN nickname")
        .expect("repair");
    database.run(&repo, &["db-migrate"]).must_exit(0);
}

#[test]
fn a_migration_that_depends_on_the_data_is_compared_with_the_prediction_and_undone() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "sly");
    let sly = "DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN ALTER TABLE users ADD COLUMN sly int; END IF; END $$;";
    let repo = Monorepo::of_migrations(&[USERS, ("V2__sly", sly, "SELECT 1;")]);
    database.run(&repo, &["db-migrate", "1"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a')")
        .expect("a row");
    let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
    assert!(
        ran.stdout.contains("sly") && ran.stdout.contains("it was undone"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1]);
}

#[test]
fn a_history_row_that_was_edited_by_hand_is_an_error_and_not_a_panic() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "rows"), repo());
    database.run(&repo, &["db-migrate"]).must_exit(0);
    for (column, value) in [
        ("applied_on", "yesterday"),
        ("checksum", "-1"),
        ("checksum", ""),
    ] {
        let mut client = database.connect();
        let old: String = client
            .query_one(
                &format!("SELECT {column} FROM refinery_schema_history WHERE version = 2"),
                &[],
            )
            .expect("a row")
            .get(0);
        let set = format!("UPDATE refinery_schema_history SET {column} = $1 WHERE version = 2");
        client.execute(&set, &[&value]).expect("an edit");
        database
            .run(&repo, &["db-migrate"])
            .must_fail(&["version 2", column, "changed by hand"]);
        client.execute(&set, &[&old]).expect("the old value");
    }
    database.run(&repo, &["db-migrate"]).must_exit(0);
}

#[test]
fn a_report_folder_that_cannot_be_written_hides_nothing() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "reports"), repo());
    repo.write("target/db-reports", "a file where the folder should be");
    let ran = database.run(&repo, &["db-migrate"]);
    ran.must_fail(&[
        "3 migrations were applied and are committed",
        "--report-dir",
    ]);
    assert!(
        ran.stdout.contains("MIGRATION COMPLETED SUCCESSFULLY"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2, 3]);
}

#[test]
fn what_a_migration_sets_reaches_neither_its_history_row_nor_the_next() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "settings");
    let sets = "SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.a (id int);\n";
    let repo = Monorepo::of_migrations(&[
        ("V1__sets", sets, "DROP TABLE a;"),
        ("V2__uses", "CREATE TABLE b (id int);", "DROP TABLE b;"),
    ]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 2]);
}

/// So many migrations that the schema is not read after each; `V4__m` is `sql`.
fn many_migrations(sql: &str) -> Monorepo {
    let repo = Monorepo::of_migrations(&[USERS]);
    repo.write(
        "migrations/V2__other.sql",
        "CREATE TABLE other (id int PRIMARY KEY, gone text);",
    );
    repo.write("migrations/V2__other.down.sql", "DROP TABLE other;");
    for version in 3..=36 {
        let table = format!("CREATE TABLE t{version} (id int CHECK (id > 0));");
        repo.write(
            &format!("migrations/V{version}__m.sql"),
            if version == 4 { sql } else { &table },
        );
        repo.write(&format!("migrations/V{version}__m.down.sql"), "SELECT 1;");
    }
    repo
}

/// Fingerprints of what they wrote must tell, whether all ran on scratch before, or for the
/// snapshot.
#[test]
fn one_of_many_migrations_that_depends_on_the_data_is_found_by_its_fingerprint() {
    let Some(scratch) = shared() else { return };
    let slies = [
        "ALTER TABLE users ADD COLUMN sly int",
        "ALTER TABLE users ALTER COLUMN name DROP NOT NULL",
        "DROP TABLE other",
        "ALTER TABLE other DROP COLUMN gone",
        "COMMENT ON TABLE users IS 'sly'",
        "ALTER TABLE users RENAME COLUMN name TO title",
        "CREATE INDEX sly ON users (name)",
        "CREATE FUNCTION sly() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE sly AS ENUM ('a')",
        "ALTER TABLE other DROP CONSTRAINT other_pkey",
        "CREATE VIEW sly AS SELECT 1 AS one",
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
        "CREATE PUBLICATION sly FOR TABLE users",
        "CREATE COLLATION sly (provider = libc, locale = 'C')",
    ];
    let cases: Vec<(usize, &str)> = slies.into_iter().enumerate().collect();
    side_by_side(&cases, |(number, sly)| {
        let database = Database::create(scratch, "many");
        let repo = many_migrations(&format!(
            "DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN EXECUTE $e${sly}$e$; END IF; END $$;"
        ));
        database.run(&repo, &["db-migrate", "2"]).must_exit(0);
        database
            .connect()
            .batch_execute("INSERT INTO users VALUES (1, 'a')")
            .expect("a row");
        if number % 2 == 0 {
            database.run(&repo, &["db-snapshot"]).must_exit(0);
        }
        let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
        assert!(
            ran.stdout.contains("`V4__m` did not make the schema"),
            "{sly}: {}",
            ran.stdout
        );
        assert_eq!(database.history(), [1, 2, 3], "{sly}");
    });
}

/// With a snapshot that tells what each did, many migrations run on no scratch database again.
#[test]
fn many_migrations_are_compared_with_what_the_snapshot_tells() {
    let Some(scratch) = shared() else { return };
    let everything = "CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TABLE users ADD COLUMN mood mood;\n\
                      CREATE DOMAIN short AS text CHECK (length(VALUE) < 9); CREATE TEMP TABLE t (id int);\n\
                      CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON TABLE users IS 'people';\n\
                      CREATE VIEW v AS SELECT id FROM users; ALTER TABLE other DROP COLUMN gone; DROP TABLE t3;";
    // It writes to the same catalogs as those after it, but for a type of its own.
    let domain =
        "CREATE TABLE t4 (id int CHECK (id > 0)); CREATE DOMAIN short AS int CHECK (VALUE > 0);";
    side_by_side(&[everything, domain], |sql| {
        let (database, repo) = (Database::create(scratch, "recorded"), many_migrations(sql));
        database.run(&repo, &["db-snapshot"]).must_exit(0);
        // Whoever asks for a scratch database fails.
        let mut command = repo.command(&["db-migrate"]);
        let nowhere = "postgresql://nobody@127.0.0.1:1/nothing";
        let ran = Ran::of(
            command
                .env("DATABASE_URL", database.url())
                .env("SHADOW_DATABASE_URL", nowhere),
        )
        .must_exit(0);
        assert!(
            ran.stdout
                .contains("the schema after V36__m, from the committed snapshot"),
            "{}",
            ran.stdout
        );
        assert!(!ran.stdout.contains("not checked"), "{}", ran.stdout);
        assert_eq!(database.history(), (1..=36).collect::<Vec<_>>());
        database.run(&repo, &["db-migrate"]).must_exit(0);
        database
            .run(&repo, &["db-snapshot", "--check"])
            .must_exit(0);
    });
}

/// Whole catalogs are compared after a migration whose fingerprint in the snapshot is different, or
/// missing.
#[test]
fn a_migration_of_which_the_snapshot_tells_something_else_is_compared_as_a_whole() {
    let Some(scratch) = shared() else { return };
    let forgetting = "PREPARE p AS SELECT 1; DEALLOCATE ALL; CREATE TABLE t4 (id int);";
    let (database, repo) = (
        Database::create(scratch, "retold"),
        many_migrations(forgetting),
    );
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let text = repo.read("snapshots/schema.json");
    assert!(!text.contains("\"V4__m\": \"1-"), "{text}");
    let line = text
        .lines()
        .find(|line| line.contains("\"V5__m\": \"1-"))
        .expect("a fingerprint");
    repo.write(
        "snapshots/schema.json",
        &text.replace(
            line,
            "    \"V5__m\": \"1-3-2-00000000000000000000000000000000\",",
        ),
    );
    database
        .run(&repo, &["db-snapshot", "--check"])
        .must_exit(0);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), (1..=36).collect::<Vec<_>>());
    // Where there is no scratch database, what the snapshot does not tell is not checked.
    repo.write("snapshots/schema.json", &text);
    let bare = Database::create(scratch, "retold_bare");
    let mut command = repo.command(&["db-migrate"]);
    let ran = Ran::of(
        command
            .env("DATABASE_URL", bare.url())
            .env("DB_POSTGRES_BINARIES", "/nowhere"),
    )
    .must_exit(0);
    assert!(
        ran.stdout.contains("there is no scratch database: V4__m\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(bare.history(), (1..=36).collect::<Vec<_>>());
}

/// squawk's advice comes before a running application is hurt; where nothing is applied yet,
/// nothing runs.
#[test]
fn pending_migrations_are_linted_where_an_application_may_run() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "linted"),
        Monorepo::of_migrations(&[USERS, BIO]),
    );
    repo.write(
        "migrations/V2__add_bio.sql",
        "ALTER TABLE users ADD COLUMN bio text;\nCREATE INDEX ON users (bio);\n",
    );
    let first = database.run(&repo, &["db-migrate", "1"]).must_exit(0);
    assert!(
        !first.stdout.contains("RISKY_MIGRATION"),
        "{}",
        first.stdout
    );
    let found = |arguments: &[&str]| {
        let ran = database.run(&repo, arguments).must_exit(0);
        ran.stdout.contains("RISKY_MIGRATION") && ran.stdout.contains("V2__add_bio.sql:2:1")
    };
    assert!(
        found(&["db-verify", "--database"]),
        "pending for this database"
    );
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    assert!(!found(&["db-verify"]), "the snapshot knows it");
    assert!(
        found(&["db-verify", "--database"]),
        "which says nothing about the database"
    );
    assert!(found(&["db-migrate", "--dry-run"]));
    assert!(found(&["db-migrate"]));
    assert!(!found(&["db-verify", "--database"]), "it is applied");
}

/// The scratch run and the live one send the same: a statement at a time, in one transaction and a
/// session of its own.
#[test]
fn scratch_and_live_runs_mean_the_same() {
    let Some(scratch) = shared() else { return };
    let all_in_one = "SET LOCAL search_path = app, public;\nCREATE SCHEMA app;\nCREATE TABLE t (id int);\n\
                      SAVEPOINT s;\nCREATE TABLE u (id int);\nROLLBACK TO SAVEPOINT s;\n\
                      SET statement_timeout = '10min';\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2';\n\
                      DO $$ BEGIN IF current_setting('statement_timeout') <> '10min' THEN RAISE 'unset'; END IF; END $$;\n\
                      SET CONSTRAINTS ALL DEFERRED;\nCREATE TABLE v AS SELECT clock_timestamp() > statement_timestamp() AS later;\n";
    let repo = Monorepo::of_migrations(&[
        (
            "V1__all",
            all_in_one,
            "DROP TABLE app.t, app.v;\nDROP FUNCTION app.f();\nDROP SCHEMA app;\n",
        ),
        (
            "V2__fresh",
            "CREATE TABLE t (path text DEFAULT current_setting('search_path'));\n",
            "DROP TABLE t;\n",
        ),
    ]);
    let database = Database::create(scratch, "same");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let made =
        "SELECT string_agg(oid::regclass::text, ' ' ORDER BY oid::regclass::text) FROM pg_class
                WHERE relname IN ('t', 'u', 'v') AND relkind = 'r'";
    assert_eq!(
        database
            .connect()
            .query_one(made, &[])
            .expect("a query")
            .get::<_, String>(0),
        "app.t app.v t"
    );
    // What fails names the same place, whether scratch or the live database finds it.
    let fails =
        "SELECT 1;\n-- ä\nSELECT 'ä', 1 / (count(*) - COUNT)::int FROM users WHERE nothing;\n";
    for (count, text) in [
        ("0", "cannot replay `V2__fails`"),
        ("1", "cannot apply `V2__fails`; it was undone"),
    ] {
        let repo = Monorepo::of_migrations(&[USERS]);
        let database = Database::create(scratch, "same_place");
        database.run(&repo, &["db-migrate"]).must_exit(0);
        database
            .connect()
            .batch_execute("INSERT INTO users VALUES (1, 'a')")
            .expect("a row");
        repo.write(
            "migrations/V2__fails.sql",
            &fails.replace("COUNT", count).replace("nothing", "true"),
        );
        repo.write("migrations/V2__fails.down.sql", "SELECT 1;");
        let ran = database.run(&repo, &["db-migrate"]);
        ran.must_fail_at_length(&[
            text,
            "division by zero (SQLSTATE 22012)",
            "at migrations/V2__fails.sql:3:1",
        ]);
    }
    for broken in ["SELECT 'ä', nothing FROM users", "SELECTT 'ä'"] {
        let repo = Monorepo::of_migrations(&[
            USERS,
            (
                "V2__broken",
                &format!("SELECT 1;\n  {broken};\n"),
                "SELECT 1;",
            ),
        ]);
        let column = if broken.contains("nothing") {
            "2:15"
        } else {
            "2:3"
        };
        let place = format!("at migrations/V2__broken.sql:{column}");
        database
            .run(&repo, &["db-verify"])
            .must_fail_at_length(&["cannot replay `V2__broken`", &place]);
    }
}

/// Supabase's `auth` is there in production, and more of it than the migrations know.
#[test]
fn what_others_make_is_made_on_scratch_and_not_compared() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "foreign_parts");
    let profiles = "CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users (id));\n\
                    CREATE VIEW people AS SELECT auth.role() AS role, id FROM profiles;\n";
    let repo = Monorepo::of_migrations(&[(
        "V1__profiles",
        profiles,
        "DROP VIEW people;\nDROP TABLE profiles;\n",
    )]);
    let auth = "CREATE SCHEMA auth;\nCREATE TABLE auth.users (id uuid PRIMARY KEY);\n\
                CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql AS 'SELECT NULL::text';\n";
    repo.write("db/auth.sql", auth);
    database
        .connect()
        .batch_execute(auth)
        .expect("others make it");
    database
        .connect()
        .batch_execute("ALTER TABLE auth.users ADD COLUMN email text")
        .expect("and more");
    database
        .run(&repo, &["db-migrate"])
        .must_fail_at_length(&["schema \"auth\" does not exist"]);
    let setup =
        "[workspace.metadata.db]\nscratch-setup = ['db/auth.sql']\nforeign-namespaces = ['auth']\n";
    repo.edit("Cargo.toml", "[workspace.metadata.db]\n", setup);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database.run(&repo, &["db-rollback"]).must_exit(0);
    database.run(&repo, &["db-rollback", "--test"]).must_exit(0);
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    assert!(
        !repo.read("snapshots/schema.json").contains("email"),
        "{}",
        repo.read("snapshots/schema.json")
    );
    repo.write(
        "db/auth.sql",
        "CREATE SCHEMA auth;\nCREATE TABLE auth.users (id uuid PRIMARY KEY, oops);\n",
    );
    database.run(&repo, &["db-migrate"]).must_fail_at_length(&[
        "db/auth.sql:2:",
        "from `scratch-setup`",
        "42601",
    ]);
}

/// The platform installs an extension in production; no migration makes it.
#[test]
fn extensions_of_the_platform_are_not_compared_where_they_are_named() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "foreign_extensions");
    let repo = Monorepo::of_migrations(&[USERS]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let available = "SELECT name FROM pg_available_extensions WHERE installed_version IS NULL ORDER BY name LIMIT 1";
    let row = database.connect().query_one(available, &[]);
    let name: String = row.expect("PostgreSQL comes with extensions").get(0);
    database
        .connect()
        .batch_execute(&format!("CREATE EXTENSION \"{name}\""))
        .expect("the platform installs it");
    let drifted = database
        .run(&repo, &["db-verify", "--database"])
        .must_exit(1);
    assert!(drifted.stdout.contains(&name), "{}", drifted.stdout);
    let keys = format!("[workspace.metadata.db]\nforeign-extensions = ['{name}']\n");
    repo.edit("Cargo.toml", "[workspace.metadata.db]\n", &keys);
    database
        .run(&repo, &["db-verify", "--database"])
        .must_exit(0);
}

/// A library that must be loaded with the server, on a scratch server of ours.
#[test]
fn scratch_servers_start_with_the_configured_settings() {
    let repo = Monorepo::of_migrations(&[(
        "V1__loaded",
        "DO $$ BEGIN IF current_setting('max_worker_processes') <> '11' THEN RAISE 'not set'; END IF; END $$;\n",
        "SELECT 1;\n",
    )]);
    repo.run(&["db-verify"]).must_fail_at_length(&["not set"]);
    let keys = "[workspace.metadata.db]\nscratch-settings = { max_worker_processes = '11' }\n";
    repo.edit("Cargo.toml", "[workspace.metadata.db]\n", keys);
    repo.run(&["db-verify"]).must_exit(0);
}

#[test]
fn a_dry_run_shows_locks_rewrites_scans_and_the_schema_and_changes_nothing() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "dry"),
        Monorepo::of_migrations(&[USERS]),
    );
    let nothing = database
        .run(&repo, &["db-migrate", "--dry-run"])
        .must_exit(0);
    assert!(
        nothing.stdout.contains("DRY RUN: NOTHING WAS CHANGED"),
        "{}",
        nothing.stdout
    );
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    let count = || -> i64 {
        database
            .connect()
            .query_one(tables, &[])
            .expect("a count")
            .get(0)
    };
    assert_eq!(count(), 0, "not even the history table is made");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a')")
        .expect("a row");
    let change = "ALTER TABLE users ALTER COLUMN id TYPE bigint;\n\n-- a second one\nALTER TABLE users ADD CHECK (id > 0);\n\
                  CREATE TABLE orders (user_id bigint REFERENCES users);\n";
    repo.write("migrations/V2__widen.sql", change);
    repo.write("migrations/V2__widen.down.sql", "DROP TABLE orders;");
    repo.write(
        "migrations/V3__index.sql",
        "-- no-transaction\nCREATE INDEX CONCURRENTLY users_name ON users (name);",
    );
    repo.write("migrations/V3__index.down.sql", "DROP INDEX users_name;");
    let before = (count(), database.history());
    let ran = database
        .run(&repo, &["db-migrate", "--dry-run"])
        .must_exit(0);
    for part in [
        "V2__widen (migrations/V2__widen.sql), in one transaction",
        "   1 | ALTER TABLE users ALTER COLUMN id TYPE bigint",
        "= locks `users` ACCESS EXCLUSIVE: reads and writes wait",
        "= writes `users` anew",
        "   4 | ALTER TABLE users ADD CHECK (id > 0)",
        "= reads all of `users`",
        "`CREATE INDEX CONCURRENTLY` lets reads and writes go on",
        "+ table orders",
        "DRY RUN: NOTHING WAS CHANGED",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    let json = database
        .run(&repo, &["db-migrate", "2", "--dry-run", "--format", "json"])
        .must_exit(0)
        .json();
    assert_eq!(
        (&json["dryRun"], &json["success"]),
        (&true.into(), &true.into())
    );
    let statements = &json["plan"]["migrations"][0]["statements"];
    assert_eq!(statements[0]["locks"][0]["mode"], "ACCESS EXCLUSIVE");
    assert_eq!(statements[0]["rewritten"], serde_json::json!(["users"]));
    assert_eq!(statements[1]["scanned"], serde_json::json!(["users"]));
    assert_eq!(
        statements[2]["locks"],
        serde_json::json!([]),
        "the first statement holds the lock already"
    );
    assert_eq!(json["plan"]["migrations"].as_array().map(Vec::len), Some(1));
    assert_eq!((count(), database.history()), before);
}

/// Settings of a script hold for its own later statements, and end with it. This is so on the
/// scratch database and on the live one, in this session and in the next.
#[test]
fn settings_of_a_script_without_transaction_hold_until_it_ends() {
    let Some(scratch) = shared() else { return };
    let schema = (
        "V1__app",
        "CREATE SCHEMA app; CREATE TABLE app.users (id int, name text);",
        "DROP SCHEMA app CASCADE;",
    );
    let up = "-- no-transaction\nSET search_path = app;\nCREATE TABLE t (id int);\n\
              CREATE UNIQUE INDEX CONCURRENTLY names ON users (name);\nCREATE TABLE u (id int);\n";
    let down = "-- no-transaction\nSELECT set_config('search_path', 'app', false);\nDROP TABLE u;\n\
                DROP INDEX CONCURRENTLY names;\nDROP TABLE t;\n";
    let after = (
        "V3__fresh",
        "CREATE TABLE public.after (path text DEFAULT current_setting('search_path'));",
        "DROP TABLE after;",
    );
    let repo = Monorepo::of_migrations(&[schema]);
    repo.let_rows_stop_migrations();
    let database = Database::create(scratch, "settings");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO app.users VALUES (1, 'a'), (2, 'a')")
        .expect("rows");
    for (name, up, down) in [("V2__set", up, down), after] {
        repo.write(&format!("migrations/{name}.sql"), up);
        repo.write(&format!("migrations/{name}.down.sql"), down);
    }
    database
        .run(&repo, &["db-migrate"])
        .must_fail_at_length(&["statement 3 of 4", "could not create unique index"]);
    database
        .connect()
        .batch_execute("DELETE FROM app.users WHERE id = 2")
        .expect("a way out");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let tables = "SELECT string_agg(relnamespace::regnamespace || '.' || relname, ' ' ORDER BY relname) FROM pg_class
                  WHERE relname IN ('t', 'u', 'names', 'after')";
    let found: String = database
        .connect()
        .query_one(tables, &[])
        .expect("a query")
        .get(0);
    assert_eq!(found, "public.after app.names app.t app.u");
    database.run(&repo, &["db-rollback", "2"]).must_exit(0);
    assert_eq!(database.history(), [1]);
}

/// How far such a statement came nobody could tell after a crash, so that none begins.
#[test]
fn statements_that_commit_by_themselves_are_refused_before_anything_runs() {
    let Some(scratch) = shared() else { return };
    let commits =
        "CREATE TABLE a (id int);\nDO $$ BEGIN INSERT INTO a VALUES (1); COMMIT; END $$;\n";
    let database = Database::create(scratch, "commits");
    for first_line in ["", "-- no-transaction\n"] {
        let repo = Monorepo::of_migrations(&[(
            "V1__a",
            &format!("{first_line}{commits}"),
            "DROP TABLE a;",
        )]);
        let ran = database.run(&repo, &["db-migrate"]);
        ran.must_fail_at_length(&[
            "cannot replay `V1__a`",
            "a block or procedure that commits",
            "2D000",
            "at COMMIT",
        ]);
        assert!(
            ran.stdout.contains("Nothing was applied."),
            "{}",
            ran.stdout
        );
        let exists = database
            .connect()
            .query_one("SELECT to_regclass('a') IS NOT NULL", &[])
            .expect("a query");
        assert!(!exists.get::<_, bool>(0));
    }
}
