//! Databases that another tool migrated before: the tables in which it notes that are nobody's
//! drift, what is there already is adopted and not migrated, and its search path holds on the
//! scratch database, too.

use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::{shared, side_by_side};

const A: (&str, &str, &str) = (
    "V1__a",
    "CREATE TABLE a (id int PRIMARY KEY);\n",
    "DROP TABLE a;\n",
);
const B: (&str, &str, &str) = (
    "V2__b",
    "CREATE TABLE b (id int PRIMARY KEY);\n",
    "DROP TABLE b;\n",
);

/// The tables that each tool leaves.
const HISTORIES: [(&str, &str); 11] = [
    ("none", "SELECT 1"),
    (
        "drizzle",
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)",
    ),
    ("prisma", "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL)"),
    ("sqlx", "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY)"),
    ("diesel", "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY)"),
    ("golang_migrate", "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)"),
    ("dbmate", "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)"),
    (
        "node_pg_migrate",
        "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)",
    ),
    (
        "flyway",
        "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, success boolean NOT NULL);
         CREATE INDEX flyway_schema_history_s_idx ON flyway_schema_history (success);
         GRANT SELECT ON flyway_schema_history TO PUBLIC",
    ),
    (
        "supabase",
        "CREATE SCHEMA supabase_migrations; CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY);
         CREATE TABLE supabase_migrations.seed_files (path text PRIMARY KEY, hash text NOT NULL)",
    ),
    (
        "hasura",
        "CREATE SCHEMA hdb_catalog; CREATE TABLE hdb_catalog.schema_migrations (version bigint PRIMARY KEY, dirty boolean);
         CREATE FUNCTION hdb_catalog.gen_hasura_uuid() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'",
    ),
];

#[test]
fn the_history_of_another_tool_is_neither_drift_nor_data() {
    let Some(scratch) = shared() else { return };
    side_by_side(&HISTORIES, |(tool, history)| {
        let repo = Monorepo::of_migrations(&[A, B]);
        repo.edit(
            "Cargo.toml",
            "[workspace.metadata.db]\n",
            "[workspace.metadata.db]\ntypes = ['src/*.ts']\n",
        );
        repo.edit("Cargo.toml", "MISSING_TYPE = 'off'\n", "");
        repo.write(
            "src/rows.ts",
            "export interface ARow { id: number }\nexport interface BRow { id: number }\n",
        );
        let database = Database::create(scratch, &format!("adopted_{tool}"));
        database
            .connect()
            .batch_execute(&format!("{}; {history}", A.1))
            .expect("another tool was here");
        let told = database.run(&repo, &["db-status"]).must_exit(0);
        assert!(
            told.stdout.contains("`cargo xtask db-baseline V1__a`"),
            "{tool}: {}",
            told.stdout
        );
        database.run(&repo, &["db-baseline", "V1"]).must_exit(0);
        database.run(&repo, &["db-migrate"]).must_exit(0);
        let status = database
            .run(&repo, &["db-status", "--exit-code"])
            .must_exit(0);
        assert!(
            status.stdout.contains("2 applied, 0 pending\n"),
            "{tool}: {}",
            status.stdout
        );
        let report = database
            .run(&repo, &["db-verify", "--database", "--format", "json"])
            .must_exit(0)
            .json();
        let counted = (
            &report["summary"]["totalErrors"],
            &report["summary"]["totalWarnings"],
        );
        assert_eq!(counted, (&0.into(), &0.into()), "{tool}: {report:#}");
        database.run(&repo, &["db-rollback", "V1"]).must_exit(0);
        assert_eq!(database.history(), [0; 0], "{tool}");
    });
}

#[test]
fn what_is_there_already_is_to_be_adopted() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[
        A,
        (
            "V2__rename",
            "ALTER TABLE a RENAME TO c;\n",
            "ALTER TABLE c RENAME TO a;\n",
        ),
        (
            "V3__drop",
            "ALTER TABLE c ADD COLUMN x int;\n",
            "ALTER TABLE c DROP COLUMN x;\n",
        ),
        ("V4__later", B.1, B.2),
    ]);
    repo.edit(
        "Cargo.toml",
        "[workspace.metadata.db]\n",
        "[workspace.metadata.db]\ndrizzle = ['src/*.ts']\n",
    );
    repo.write(
        "src/s.ts",
        "import { pgTable, integer } from 'drizzle-orm/pg-core';\n\
         export const c = pgTable('c', { id: integer('id').primaryKey(), x: integer('x') });\n\
         export const b = pgTable('b', { id: integer('id').primaryKey() });\n",
    );
    let database = Database::create(scratch, "adoptable");
    database
        .connect()
        .batch_execute("CREATE TABLE c (id int CONSTRAINT a_pkey PRIMARY KEY, x int)")
        .expect("another tool");
    for arguments in [&["db-migrate"][..], &["db-migrate", "--dry-run"]] {
        let refused = database.run(&repo, arguments).must_exit(1);
        for part in [
            "SCHEMA_DRIFT",
            "adopt it: `cargo xtask db-baseline V3__drop`",
            "Nothing was applied",
        ] {
            let is_said =
                refused.stdout.contains(part) || arguments.len() > 1 && part.starts_with("Nothing");
            assert!(is_said, "{part}: {}", refused.stdout);
        }
        assert!(
            !refused.stdout.contains("does not exist"),
            "{}",
            refused.stdout
        );
    }
    let status = database.run(&repo, &["db-status"]).must_exit(0);
    assert!(
        status
            .stdout
            .contains("adopt it: `cargo xtask db-baseline V3__drop`"),
        "{}",
        status.stdout
    );
    database.run(&repo, &["db-baseline", "V3"]).must_exit(0);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    // A database of somebody else's tables is no such case.
    let other = Database::create(scratch, "adoptable");
    other
        .connect()
        .batch_execute("CREATE TABLE somebodys (id int)")
        .expect("another tool");
    let status = other.run(&repo, &["db-status"]).must_exit(0);
    assert!(!status.stdout.contains("db-baseline"), "{}", status.stdout);
    let drifted = other.run(&repo, &["db-migrate"]).must_exit(1);
    assert!(
        drifted.stdout.contains("+ table somebodys") && !drifted.stdout.contains("db-baseline"),
        "{}",
        drifted.stdout
    );
}

#[test]
fn the_search_path_of_the_setup_holds_for_the_migrations() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[
        (
            "V1__notes",
            "CREATE TABLE notes (id uuid PRIMARY KEY);\n",
            "DROP TABLE notes;\n",
        ),
        (
            "V2__body",
            "ALTER TABLE app.notes ADD COLUMN body text NOT NULL DEFAULT '';\n",
            "ALTER TABLE notes DROP COLUMN body;\n",
        ),
    ]);
    let setup = "[workspace.metadata.db]\nscratch-setup = ['setup.sql', 'dump.sql']\ntypes = ['src/*.ts']\n";
    repo.edit("Cargo.toml", "[workspace.metadata.db]\n", setup);
    repo.write(
        "setup.sql",
        "CREATE SCHEMA app;\nSET search_path = app, public;\n",
    );
    // A dump empties the path for itself only.
    repo.write(
        "dump.sql",
        "SELECT pg_catalog.set_config('search_path', '', false);\nCREATE SCHEMA auth;\n",
    );
    repo.write(
        "src/notes.ts",
        "export interface NotesTable { id: string; body: string | null }\n",
    );
    let database = Database::create(scratch, "search_path");
    for shadow in [true, false] {
        let mut command = database.command(&repo, &["db-verify", "--format", "json"]);
        if !shadow {
            command.env_remove("SHADOW_DATABASE_URL");
        }
        let report = crate::support::monorepo::Ran::of(&mut command)
            .must_exit(1)
            .json();
        let errors = report["typeAlignment"]["errors"]
            .as_array()
            .expect("errors");
        assert_eq!(errors.len(), 1, "{report:#}");
        assert_eq!(
            (&errors[0]["type"], &errors[0]["entity"]),
            (&"NULLABILITY_MISMATCH".into(), &"app.notes".into())
        );
        assert!(
            errors[0].to_string().contains("migrations/V2__body.sql"),
            "{report:#}"
        );
    }
    repo.write(
        "src/notes.ts",
        "export interface NotesTable { id: string; body: string }\n",
    );
    database.run(&repo, &["db-rollback", "--test"]).must_exit(0);
    database
        .connect()
        .batch_execute("CREATE SCHEMA app; CREATE SCHEMA auth")
        .expect("the others");
    let url = format!("{}?options=-c%20search_path%3Dapp,public", database.url());
    let mut command = database.command(&repo, &["db-migrate"]);
    crate::support::monorepo::Ran::of(command.env("DATABASE_URL", url)).must_exit(0);
    let made = "SELECT to_regclass('app.notes') IS NOT NULL";
    assert!(
        database
            .connect()
            .query_one(made, &[])
            .expect("a query")
            .get::<_, bool>(0)
    );
}
