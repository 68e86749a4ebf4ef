//! Where the history of a database is: one pair of tables, whatever `search_path` says, made only
//! where it is missing.

use crate::support::database::Database;
use crate::support::migrations::USERS;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{shared, side_by_side};

/// A namespace that comes to stand before the history's in `search_path` takes nothing from it.
#[test]
fn the_first_history_stays_the_history() {
    let Some(scratch) = shared() else { return };
    let moves = "CREATE SCHEMA app; CREATE TABLE app.t (id int);
                 DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path TO app, public', current_database()); END $$;\n";
    let away = "CREATE SCHEMA far; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path TO far', current_database()); END $$;\n";
    let repo = Monorepo::of_migrations(&[
        ("V1__app", moves, "DROP SCHEMA app CASCADE;\n"),
        (
            "V2__name",
            "ALTER TABLE app.t ADD COLUMN name text;\n",
            "ALTER TABLE app.t DROP COLUMN name;\n",
        ),
        ("V3__away", away, "-- irreversible: the setting stays\n"),
        (
            "V4__last",
            "CREATE TABLE app.u (id int);\n",
            "DROP TABLE app.u;\n",
        ),
    ]);
    let database = Database::create(scratch, "one_history");
    // What is about the whole server does not run on a scratch database beside the target.
    let run = |arguments: &[&str]| {
        Ran::of(
            database
                .command(&repo, arguments)
                .env_remove("SHADOW_DATABASE_URL"),
        )
        .must_exit(0);
    };
    for version in ["1", "2", "3", "4"] {
        run(&["db-migrate", version]);
    }
    run(&["db-status", "--exit-code"]);
    let tables = "SELECT count(*), min(schemaname::text) FROM pg_tables
                  WHERE tablename IN ('refinery_schema_history', 'db_migration_journal')";
    let row = database
        .connect()
        .query_one(tables, &[])
        .expect("the tables");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, &str>(1)), (2, "public"));
    run(&["db-rollback", "V4__last"]);
}

#[test]
fn a_temporary_table_takes_no_row_of_the_history() {
    let Some(scratch) = shared() else { return };
    let shadow = "CREATE TEMPORARY TABLE refinery_schema_history (version int8, name text, applied_on text, checksum text);\n";
    let shadow = (
        "V2__shadow",
        shadow,
        "-- irreversible: nothing is left of it\n",
    );
    let (database, repo) = (
        Database::create(scratch, "temporary"),
        Monorepo::of_migrations(&[USERS, shadow]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 2]);
}

/// Two services with a history each share a database; the namespace that holds one is made, and is
/// no drift.
#[test]
fn a_history_may_have_a_namespace_of_its_own() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "two_services");
    let (one, two) = (
        Monorepo::of_migrations(&[USERS]),
        Monorepo::of_migrations(&[("V1__two", "CREATE SCHEMA two;\n", "DROP SCHEMA two;\n")]),
    );
    one.edit(
        "Cargo.toml",
        "[workspace.metadata.db]\n",
        "[workspace.metadata.db]\nhistory-table = 'ops.history'\nforeign-namespaces = ['two', 'ops_two']\n",
    );
    two.edit(
        "Cargo.toml",
        "[workspace.metadata.db]\n",
        "[workspace.metadata.db]\nhistory-table = 'ops_two.history'\nforeign-namespaces = ['public', 'ops']\n",
    );
    for repo in [&one, &two, &one, &two] {
        database.run(repo, &["db-migrate"]).must_exit(0);
        database
            .run(repo, &["db-status", "--exit-code"])
            .must_exit(0);
        database
            .run(repo, &["db-verify", "--database"])
            .must_exit(0);
    }
    let rows = "SELECT (SELECT count(*) FROM ops.history) + (SELECT count(*) FROM ops_two.history)";
    assert_eq!(
        database
            .connect()
            .query_one(rows, &[])
            .expect("two histories")
            .get::<_, i64>(0),
        2
    );
    let by_hand = Database::create(scratch, "by_hand");
    by_hand
        .connect()
        .batch_execute("CREATE SCHEMA ops")
        .expect("a namespace");
    by_hand.run(&one, &["db-migrate"]).must_exit(0);
}

#[test]
fn among_several_histories_somebody_must_say_which_one_counts() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "several"),
        Monorepo::of_migrations(&[USERS]),
    );
    let table = "(version int8 PRIMARY KEY, name text, applied_on text, checksum text)";
    let two = format!(
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.refinery_schema_history {table};
         CREATE TABLE b.refinery_schema_history {table}"
    );
    database.connect().batch_execute(&two).expect("two tables");
    let ran = database.run(&repo, &["db-migrate"]);
    ran.must_fail_at_length(&[
        "`a.refinery_schema_history`, `b.refinery_schema_history`",
        "history-table = \"<schema>.",
    ]);
}

/// Existing tables need not be created. A role that may not create tables in `public` can migrate,
/// whichever role created them.
#[test]
fn a_role_without_create_can_migrate() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "deploys"),
        Monorepo::of_migrations(&[USERS]),
    );
    let name = database.name();
    let role = format!("CREATE ROLE {name} LOGIN; CREATE SCHEMA app AUTHORIZATION {name};");
    repo.write(
        "setup.sql",
        &format!(
            "DO $$ BEGIN CREATE ROLE {name}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
             CREATE SCHEMA app AUTHORIZATION {name};"
        ),
    );
    repo.edit(
        "Cargo.toml",
        "[workspace.metadata.db]\n",
        "[workspace.metadata.db]\nscratch-setup = ['setup.sql']\n",
    );
    database.connect().batch_execute(&role).expect("a role");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let may = format!(
        "GRANT ALL ON refinery_schema_history, db_migration_journal TO {name}; REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    );
    database.connect().batch_execute(&may).expect("privileges");
    repo.write("migrations/V2__t.sql", "CREATE TABLE app.t (id int);\n");
    repo.write("migrations/V2__t.down.sql", "DROP TABLE app.t;\n");
    // On a cluster of our own the role is made by `scratch-setup`, and cannot be there before.
    for shadow in [Some("SHADOW_DATABASE_URL"), None] {
        let mut command = database.command(&repo, &["db-migrate"]);
        if shadow.is_none() {
            command.env_remove("SHADOW_DATABASE_URL");
            repo.write("migrations/V3__u.sql", "CREATE TABLE app.u (id int);\n");
            repo.write("migrations/V3__u.down.sql", "DROP TABLE app.u;\n");
        }
        Ran::of(command.env("DATABASE_URL", database.url_of(name))).must_exit(0);
    }
    assert_eq!(database.history(), [1, 2, 3]);
}

/// A database that keeps everything in other namespaces may drop `public`, by hand or in a
/// migration.
#[test]
fn a_database_needs_no_public() {
    let Some(scratch) = shared() else { return };
    let app = (
        "V1__app",
        "CREATE SCHEMA app; CREATE TABLE app.t (id int);\n",
        "DROP TABLE app.t; DROP SCHEMA app;\n",
    );
    let name = (
        "V2__name",
        "ALTER TABLE app.t ADD COLUMN name text;\n",
        "ALTER TABLE app.t DROP COLUMN name;\n",
    );
    let dropped = (
        "V3__dropped",
        "DROP SCHEMA public;\n",
        "CREATE SCHEMA public;\n",
    );
    for (case, migrations) in [
        ("by_hand", vec![app, name]),
        ("by_migration", vec![app, name, dropped]),
    ] {
        let (database, repo) = (
            Database::create(scratch, case),
            Monorepo::of_migrations(&migrations),
        );
        repo.edit(
            "Cargo.toml",
            "[workspace.metadata.db]\n",
            "[workspace.metadata.db]\nhistory-table = 'ops.history'\n",
        );
        if case == "by_hand" {
            database
                .connect()
                .batch_execute("DROP SCHEMA public")
                .expect("a database without it");
        }
        database.run(&repo, &["db-migrate", "1"]).must_exit(0);
        database.run(&repo, &["db-migrate"]).must_exit(0);
        database
            .run(&repo, &["db-status", "--exit-code"])
            .must_exit(0);
        if case == "by_hand" {
            database.run(&repo, &["db-rollback"]).must_exit(0);
        }
        database
            .run(&repo, &["db-verify", "--database"])
            .must_exit(0);
    }
}

/// Without a place for the history it says what to do.
#[test]
fn without_public_the_history_needs_a_namespace() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "no_public"),
        Monorepo::of_migrations(&[]),
    );
    repo.write("migrations/V1__app.sql", "CREATE SCHEMA app;\n");
    repo.write("migrations/V1__app.down.sql", "DROP SCHEMA app;\n");
    database
        .connect()
        .batch_execute("DROP SCHEMA public")
        .expect("a database without it");
    database.run(&repo, &["db-migrate"]).must_fail_at_length(&[
        "cannot create the history table",
        "history-table = \"ops.history\"",
    ]);
}

/// A dry run foresees what a rollback refuses: the scratch database has a history too.
#[test]
fn a_way_back_that_takes_the_history_along_is_foreseen() {
    let Some(scratch) = shared() else { return };
    let cases = [
        (
            "gone",
            "DROP TABLE refinery_schema_history;\n",
            "\"public.refinery_schema_history\" does not exist",
        ),
        (
            "emptied",
            "DELETE FROM refinery_schema_history;\n",
            "held 0 rows of version 2 instead of one",
        ),
        (
            "alone",
            "-- no-transaction\nDROP TABLE refinery_schema_history;\n",
            "does not exist",
        ),
    ];
    side_by_side(&cases, |(name, down, why)| {
        let database = Database::create(scratch, &format!("history_{name}"));
        let repo = Monorepo::of_migrations(&[USERS, ("V2__takes", "SELECT 1;\n", down)]);
        database.run(&repo, &["db-migrate"]).must_exit(0);
        for arguments in [&["db-rollback", "--dry-run"][..], &["db-rollback"]] {
            let ran = database.run(&repo, arguments);
            ran.must_fail_at_length(&[
                "cannot undo `V2__takes` on the scratch database; nothing was undone",
                why,
            ]);
            assert_eq!(database.history(), [1, 2], "{name}");
        }
        database
            .run(&repo, &["db-rollback", "--test", "--last", "1"])
            .must_exit(1);
    });
}

/// The journal is made again where it is missing, so that a way back may take it along.
#[test]
fn a_way_back_may_take_the_journal_along() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "no_journal");
    let repo = Monorepo::of_migrations(&[
        USERS,
        (
            "V2__takes",
            "SELECT 1;\n",
            "DROP TABLE db_migration_journal;\n",
        ),
    ]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .run(
            &repo,
            &[
                "db-rollback",
                "--dry-run",
                "--accept-data-loss",
                "db_migration_journal",
            ],
        )
        .must_exit(0);
    database
        .run(
            &repo,
            &["db-rollback", "--accept-data-loss", "db_migration_journal"],
        )
        .must_exit(0);
    assert_eq!(database.history(), [1]);
}
