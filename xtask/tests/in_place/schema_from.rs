//! Schemas that no migrations make from nothing: of a dump, or of a database as it is.

use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::{major, scratch, shared};

const DUMP: &str = "--
-- PostgreSQL database dump
--
SET statement_timeout = 0;
SET transaction_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
CREATE FUNCTION public.first() RETURNS integer LANGUAGE sql AS $$ SELECT id FROM public.users $$;
ALTER FUNCTION public.first() OWNER TO nobody_here;
CREATE TABLE public.schema_migrations (version character varying NOT NULL);
CREATE TABLE public.users (
    id integer NOT NULL,
    bio text
);
GRANT SELECT ON TABLE public.users TO nobody_here;
SET search_path TO \"$user\", public;
INSERT INTO \"schema_migrations\" (version) VALUES ('20240101000000');
";

fn repo(migrations: &str) -> Monorepo {
    let repo = Monorepo::empty();
    repo.write("src/user.ts", "export interface UserRow { id: number }\n");
    repo.write(
        "db.toml",
        &format!(
            "postgres = \"{}\"\ntypes = [\"src/**/*.ts\"]\nmigrations = {migrations}\n",
            major()
        ),
    );
    repo
}

#[test]
fn a_dump_stands_for_the_migrations() {
    if scratch().is_none() {
        return;
    }
    let repo = repo("{ schema-from = \"db/structure.sql\" }");
    repo.write("db/structure.sql", DUMP);
    let found = repo.run(&["db-verify"]).must_exit(1).stdout;
    assert!(
        found.contains("MISSING_FIELD_IN_TYPE") && found.contains("db/structure.sql:13:5"),
        "{found}"
    );
    assert!(!found.contains("RISKY_MIGRATION"), "{found}");
    repo.run(&["db-snapshot"]).must_exit(0);
    repo.run(&["db-snapshot", "--check"]).must_exit(0);
    repo.edit(
        "db/structure.sql",
        "    bio text\n",
        "    bio text,\n    age integer\n",
    );
    repo.run(&["db-verify", "--offline"])
        .must_fail(&["`structure` changed"]);
}

#[test]
fn a_database_stands_for_the_migrations() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "schema_from");
    let mut client = database.connect();
    client
        .batch_execute("CREATE TABLE users (id integer PRIMARY KEY, bio text)")
        .expect("a table");
    let repo = repo("{ schema-from = \"database\" }");
    let found = database.run(&repo, &["db-verify"]).must_exit(1).stdout;
    assert!(found.contains("the database as it is"), "{found}");
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let offline = repo.run(&["db-verify", "--offline"]).must_exit(1).stdout;
    assert!(offline.contains("MISSING_FIELD_IN_TYPE"), "{offline}");
    client
        .batch_execute("ALTER TABLE users ADD COLUMN age integer")
        .expect("a column");
    let stale = database
        .run(&repo, &["db-snapshot", "--check"])
        .must_exit(1)
        .stdout;
    assert!(stale.contains("\"age\""), "{stale}");
}

#[test]
fn a_database_that_lacks_a_migration_stands_for_none() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "schema_from_behind");
    let repo = repo("{ layout = \"prisma\", dir = \"prisma\", schema-from = \"database\" }");
    repo.write("prisma/1_a/migration.sql", "SELECT 1;");
    database
        .run(&repo, &["db-snapshot"])
        .must_fail(&["has not applied `1_a`"]);
}
