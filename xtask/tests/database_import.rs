//! `db-import --from database`: a database of many kinds of objects gets a first migration that
//! makes the same, and is adopted with it.

use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::shared;

const OBJECTS: &str = include_str!("catalog/base.sql");

/// Objects that other tools and people leave in a database. None of them belongs in a migration.
const OTHERS: &str = "
    CREATE TABLE knex_migrations (id serial PRIMARY KEY, name text); CREATE TABLE schema_migrations (version text);
    CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial, hash text);
    CREATE SCHEMA auth; CREATE TABLE auth.accounts (id int); CREATE FUNCTION auth.me() RETURNS int LANGUAGE sql AS 'SELECT 1';
    COMMENT ON EXTENSION pg_trgm IS 'mine'; GRANT SELECT ON users TO import_reader;
    SET check_function_bodies = off;
    CREATE FUNCTION later() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM zebras'; CREATE TABLE zebras (id int);
    COMMENT ON TABLE zebras IS '\\restrict; SET x = 1; -- ''';";

fn monorepo() -> Monorepo {
    let repo = Monorepo::of_migrations(&[]);
    let text = repo.read("Cargo.toml");
    let foreign = "[workspace.metadata.db]\nforeign-namespaces = ['auth']\n";
    repo.write(
        "Cargo.toml",
        &text.replacen("[workspace.metadata.db]\n", foreign, 1),
    );
    repo
}

/// Whether the import could be done at all: packages of embedded servers hold no `pg_dump`.
#[expect(clippy::print_stdout, reason = "a test that is left out says so")]
fn has_program(ran: &Ran) -> bool {
    let lacks = ran.code == 2 && ran.stderr.contains("there is no `pg_dump` of PostgreSQL");
    if lacks {
        assert!(
            ran.stderr.contains("install the client programs"),
            "{}",
            ran.stderr
        );
        println!("not imported: there is no `pg_dump`");
    }
    !lacks
}

#[test]
fn a_database_of_many_kinds_is_imported_and_adopted() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "imported"), monorepo());
    let objects = OBJECTS
        .replace("app_reader", "import_reader")
        .replace("app_writer", "import_writer");
    // On an own line each, as the server takes them one after the other.
    database
        .connect()
        .batch_execute(&format!("{objects}\n{OTHERS}"))
        .expect("objects");
    let import = ["db-import", "--from", "database"];
    let planned = database.run(&repo, &[&import[..], &["--dry-run"]].concat());
    if !has_program(&planned) {
        return;
    }
    planned.must_exit(0);
    assert!(!repo.path("migrations/V1__initial_schema.sql").exists());
    let ran = database.run(&repo, &import).must_exit(0);
    assert!(
        ran.stdout
            .contains("cargo xtask db-baseline V1__initial_schema"),
        "{}",
        ran.stdout
    );
    let text = repo.read("migrations/V1__initial_schema.sql");
    for part in [
        "restrict ",
        "set_config",
        "knex",
        "drizzle",
        "auth",
        "EXTENSION pg_trgm IS",
        "GRANT",
        "OWNER TO",
        "SET statement",
    ] {
        let is_there = text.lines().any(|line| {
            !line.starts_with("--") && !line.contains("ON TABLE") && line.contains(part)
        });
        assert!(!is_there, "{part} is in {text}");
    }
    database
        .run(&repo, &["db-baseline", "V1__initial_schema"])
        .must_exit(0);
    database
        .run(&repo, &["db-status", "--exit-code"])
        .must_exit(0);
    let empty = Database::create(scratch, "imported_again");
    empty
        .connect()
        .batch_execute("CREATE SCHEMA auth")
        .expect("a schema");
    empty.run(&repo, &["db-migrate"]).must_exit(0);
    database.run(&repo, &import).must_fail(&[
        "cannot write the first migration: `migrations` holds `V1__initial_schema.sql` already",
    ]);
}

/// Objects that a migration cannot create there are reported, and the file is kept for a person to
/// repair.
#[test]
fn what_cannot_be_made_again_is_said() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "imported_in_part"), monorepo());
    let import = ["db-import", "--from", "database"];
    database
        .run(&repo, &import)
        .must_fail(&["there is nothing to import"]);
    database
        .connect()
        .batch_execute(
            "CREATE SCHEMA auth; CREATE TABLE auth.accounts (id int PRIMARY KEY);
             CREATE TABLE posts (author int REFERENCES auth.accounts);",
        )
        .expect("tables");
    let ran = database.run(&repo, &import);
    if !has_program(&ran) {
        return;
    }
    let ran = ran.must_exit(1);
    for part in [
        "does not run on a scratch database",
        "`scratch-setup = [\"db/scratch.sql\"]`",
        "schema \"auth\" does not exist",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    std::fs::remove_dir_all(repo.path("migrations")).expect("the folder");
    repo.write(
        "db/auth.sql",
        "CREATE SCHEMA auth; CREATE TABLE auth.accounts (id int PRIMARY KEY);",
    );
    let text = repo.read("Cargo.toml");
    let set_up = "[workspace.metadata.db]\nscratch-setup = ['db/auth.sql']\n";
    repo.write(
        "Cargo.toml",
        &text.replacen("[workspace.metadata.db]\n", set_up, 1),
    );
    database.run(&repo, &import).must_exit(0);
    database
        .run(&repo, &["db-import", "--from", "database", "folder"])
        .must_fail(&["leave out `folder`"]);
    database
        .run(&repo, &["db-import", "--from", "prisma"])
        .must_fail(&["db-import --from prisma <folder>"]);
}
