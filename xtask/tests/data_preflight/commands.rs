//! The commands foretell rows in the way: they refuse before anything runs, and say where and why.

use crate::support::database::Database;
use crate::support::git;
use crate::support::monorepo::Monorepo;
use crate::support::shared;

const TEAMS: (&str, &str, &str) = (
    "V1__teams",
    "CREATE TABLE teams (id integer PRIMARY KEY, name text NOT NULL, nick text);\n",
    "DROP TABLE teams;\n",
);
const ROLE: (&str, &str, &str) = (
    "V2__role",
    "ALTER TABLE teams ADD COLUMN role text NOT NULL;\n\
     ALTER TABLE teams ALTER COLUMN nick SET NOT NULL;\n\
     ALTER TABLE teams ADD CONSTRAINT teams_nick_key UNIQUE (nick);\n",
    "ALTER TABLE teams DROP CONSTRAINT teams_nick_key;\n\
     ALTER TABLE teams ALTER COLUMN nick DROP NOT NULL;\n\
     ALTER TABLE teams DROP COLUMN role;\n",
);

#[test]
fn a_migration_that_rows_stop_is_refused_before_anything_runs() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "refused");
    let repo = Monorepo::of_migrations(&[TEAMS, ROLE]);
    database.run(&repo, &["db-migrate", "1"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO teams VALUES (1, 'a', NULL), (2, 'b', 'x'), (3, 'c', 'x')")
        .expect("rows");
    for arguments in [
        &["db-migrate", "--dry-run"][..],
        &["db-verify", "--database"],
        &["db-migrate"],
    ] {
        let ran = database.run(&repo, arguments).must_exit(1);
        for part in [
            "FAILS_ON_ROWS",
            "V2__role.sql:1:19",
            "3 rows that would have NULL in the new column `role` are in the way",
            "`id` 1, 2, 3",
            "V2__role.sql:2:19",
            "1 row with NULL in `nick` is in the way of `SET NOT NULL` (`id` 1)",
            "2 rows that share `nick` with another row are in the way of `UNIQUE` (`id` 2, 3)",
        ] {
            assert!(
                ran.stdout.contains(part),
                "{arguments:?}: {part} is not in {}",
                ran.stdout
            );
        }
        assert!(
            !ran.stdout.contains("adding-required-field"),
            "{}",
            ran.stdout
        );
    }
    assert_eq!(database.history(), [1]);
    database
        .connect()
        .batch_execute("DELETE FROM teams")
        .expect("no rows");
    database
        .run(&repo, &["db-verify", "--database"])
        .must_exit(0);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 2]);
}

#[test]
fn a_backfill_is_a_note_and_the_error_of_a_failure_names_rows() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "backfill");
    let repo = Monorepo::of_migrations(&[TEAMS]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let rows = "INSERT INTO teams SELECT i, 'a', NULL FROM generate_series(1, 9) i";
    database.connect().batch_execute(rows).expect("rows");
    let fill = "UPDATE teams SET nick = o.name FROM teams o WHERE o.id = teams.id;\nALTER TABLE teams ALTER COLUMN nick SET NOT NULL;\n";
    repo.write("migrations/V2__fill.sql", fill);
    repo.write(
        "migrations/V2__fill.down.sql",
        "ALTER TABLE teams ALTER COLUMN nick DROP NOT NULL;\n",
    );
    let ran = database.run(&repo, &["db-migrate"]).must_exit(0);
    let note = "whether rows stop `SET NOT NULL` on `teams` (migrations/V2__fill.sql:2): it cannot be known, because";
    assert!(ran.stdout.contains(note), "{}", ran.stdout);

    // As a warning it stops nothing: the migration runs, and its error says which rows.
    repo.let_rows_stop_migrations();
    let unique = "SELECT 1;\nALTER TABLE teams ADD UNIQUE (name);\n";
    repo.write("migrations/V3__unique.sql", unique);
    repo.write(
        "migrations/V3__unique.down.sql",
        "ALTER TABLE teams DROP CONSTRAINT teams_name_key;\n",
    );
    let ran = database.run(&repo, &["db-migrate"]).must_exit(2);
    let told = "9 rows that share `name` with another row are in the way of `UNIQUE` (`id` 1, 2, 3, 4, 5, …)";
    assert!(
        ran.stderr.contains(told) && ran.stderr.contains("23505"),
        "{}",
        ran.stderr
    );
    assert_eq!(database.history(), [1, 2]);
}

/// Statements that are done stay so: the rows of the one that failed are named.
#[test]
fn the_error_of_a_migration_without_transaction_names_rows() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "steps_rows");
    let repo = Monorepo::of_migrations(&[TEAMS]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let rows = "INSERT INTO teams SELECT i, 'a', NULL FROM generate_series(1, 2) i";
    database.connect().batch_execute(rows).expect("rows");
    repo.let_rows_stop_migrations();
    let unique = "-- no-transaction\nALTER TABLE teams RENAME COLUMN nick TO alias;\nALTER TABLE teams ADD UNIQUE (name);\n";
    repo.write("migrations/V2__unique.sql", unique);
    repo.write(
        "migrations/V2__unique.down.sql",
        "-- irreversible: a test\n",
    );
    let ran = database.run(&repo, &["db-migrate"]).must_exit(2);
    let told = "2 rows that share `name` with another row are in the way of `UNIQUE` (`id` 1, 2)";
    assert!(
        ran.stderr.contains(told) && ran.stderr.contains("23505"),
        "{}",
        ran.stderr
    );
}

/// A deferred check runs with the search path of its migration, and before anything is recorded.
#[test]
fn deferred_checks_run_as_the_migration_leaves_the_session() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "deferred");
    let base = (
        "V1__base",
        "CREATE SCHEMA app; CREATE TABLE app.limits (most int); CREATE TABLE app.items (id int PRIMARY KEY, n int);
         CREATE FUNCTION app.few() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.n > (SELECT max(most) FROM limits) THEN RAISE 'item % is too much', NEW.id USING ERRCODE = '23514'; END IF;
           RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER few AFTER INSERT ON app.items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.few();\n",
        "DROP SCHEMA app CASCADE;\n",
    );
    let repo = Monorepo::of_migrations(&[base]);
    repo.write(
        "migrations/V2__items.sql",
        "SET search_path = app; INSERT INTO limits VALUES (5); INSERT INTO items VALUES (1, 3);\n",
    );
    repo.write(
        "migrations/V2__items.down.sql",
        "DELETE FROM app.items; DELETE FROM app.limits;\n",
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    repo.write(
        "migrations/V3__more.sql",
        "SET search_path = app; INSERT INTO items VALUES (2, 9);\n",
    );
    repo.write(
        "migrations/V3__more.down.sql",
        "DELETE FROM app.items WHERE id = 2;\n",
    );
    database
        .connect()
        .batch_execute("UPDATE app.limits SET most = 4")
        .expect("another limit");
    let ran = database.run(&repo, &["db-migrate"]).must_exit(2);
    for part in [
        "V3__more",
        "item 2 is too much",
        "deferred until the COMMIT",
    ] {
        assert!(ran.stderr.contains(part), "{part} is not in {}", ran.stderr);
    }
    assert_eq!(database.history(), [1, 2]);
}

#[test]
fn offline_the_statements_tell_which_fail_on_any_row() {
    let repo = Monorepo::of_migrations(&[TEAMS]);
    if shared().is_none() {
        return;
    }
    repo.run(&["db-snapshot"]).must_exit(0);
    git::init(&repo);
    repo.write("migrations/V2__role.sql", ROLE.1);
    repo.write("migrations/V2__role.down.sql", ROLE.2);
    let ran = repo.run(&["db-verify"]).must_exit(1);
    let found = "adding `role` fails as soon as `teams` has a row";
    assert!(
        ran.stdout.contains(found) && ran.stdout.contains("V2__role.sql:1:19"),
        "{}",
        ran.stdout
    );
    assert!(
        !ran.stdout.contains("adding-required-field"),
        "{}",
        ran.stdout
    );
    repo.run(&["db-snapshot"]).must_exit(0);
    git::git(&repo, &["add", "."]);
    let ran = repo.run(&["db-verify", "--staged"]).must_exit(1);
    assert!(ran.stdout.contains(found), "{}", ran.stdout);
    git::git(&repo, &["checkout", "-q", "-b", "feature"]);
    git::commit(&repo, "role");
    let ran = repo.run(&["db-verify", "--since", "HEAD~1"]).must_exit(1);
    assert!(ran.stdout.contains(found), "{}", ran.stdout);
    // What is there is history.
    repo.run(&["db-verify"]).must_exit(0);
}
