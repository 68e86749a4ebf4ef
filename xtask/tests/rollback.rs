//! `db-rollback` on a real database: what it undoes, what it refuses, and what it never loses.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::database::Database;
use crate::support::migrations::{BIO, INDEX, USERS};
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::shared;

/// The same column, later.
const BIO_AFTER: (&str, &str, &str) = ("V3__add_bio", BIO.1, BIO.2);

fn migrated<'a>(
    scratch: &'a xtask::internals::postgres::scratch::Scratch,
    name: &str,
    repo: &Monorepo,
) -> Database<'a> {
    let database = Database::create(scratch, name);
    database.run(repo, &["db-migrate"]).must_exit(0);
    database
}

#[test]
fn the_last_migration_is_undone_exactly_and_can_be_applied_again() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[USERS, BIO, INDEX]);
    let database = migrated(scratch, "again", &repo);
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    assert!(
        ran.stdout
            .contains("V3__index_names: the schema is exactly what it was before"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2]);
    let ran = database
        .run(&repo, &["db-rollback", "create_users"])
        .must_exit(0);
    let newest_first = ran
        .stdout
        .find("- V2__add_bio")
        .zip(ran.stdout.find("- V1__create_users"));
    assert!(
        newest_first.is_some_and(|(newer, older)| newer < older),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [] as [i64; 0]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 2, 3]);
}

#[test]
fn data_is_only_lost_by_name_and_after_a_backup() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[USERS, BIO]);
    let database = migrated(scratch, "loss", &repo);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', NULL)")
        .expect("rows");
    let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
    let dry = database
        .run(&repo, &["db-rollback", "--dry-run"])
        .must_exit(1);
    for (ran, end) in [
        (ran, "ROLLBACK REFUSED"),
        (dry, "DRY RUN: THE ROLLBACK WOULD BE REFUSED"),
    ] {
        for part in [
            "users.bio: 1 values",
            "cargo xtask db-rollback --accept-data-loss users.bio\n",
            end,
        ] {
            assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
        }
    }
    database
        .run(
            &repo,
            &[
                "db-rollback",
                "--dry-run",
                "--accept-data-loss",
                "users.bio",
            ],
        )
        .must_exit(0);
    assert_eq!(database.history(), [1, 2]);
    let accepted = [
        "db-rollback",
        "--accept-data-loss",
        "users.bio",
        "--backup",
        "backups",
    ];
    database.run(&repo, &accepted).must_exit(0);
    assert_eq!(database.history(), [1]);
    let backup = std::fs::read_dir(repo.path("backups"))
        .expect("backups")
        .next()
        .expect("one")
        .expect("one")
        .path();
    let rows = std::fs::read_to_string(backup.join("users.bio.csv")).expect("the column");
    assert_eq!(rows, "id,bio\n1,x\n");
    // What is lost may be what nobody else may see.
    let mode =
        |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!(
        (mode(&backup), mode(&backup.join("users.bio.csv"))),
        (0o700, 0o600)
    );
}

#[test]
fn a_column_that_is_dropped_and_made_again_is_a_loss() {
    let Some(scratch) = shared() else { return };
    let sly = "ALTER TABLE users DROP COLUMN name; ALTER TABLE users ADD COLUMN name text NOT NULL DEFAULT '';\n\
               ALTER TABLE users ALTER COLUMN name DROP DEFAULT;";
    let repo = Monorepo::of_migrations(&[USERS, ("V2__nothing", "SELECT 1;", sly)]);
    let database = migrated(scratch, "sly", &repo);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a')")
        .expect("a row");
    let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
    assert!(
        ran.stdout.contains("--accept-data-loss users.name"),
        "{}",
        ran.stdout
    );
}

#[test]
fn rows_that_are_deleted_need_consent_too() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[
        USERS,
        ("V2__seed", "SELECT 1;", "DELETE FROM users WHERE id = 1;"),
    ]);
    let database = migrated(scratch, "deleted", &repo);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a'), (2, 'b')")
        .expect("rows");
    let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
    assert!(
        ran.stdout.contains("--accept-data-loss users"),
        "{}",
        ran.stdout
    );
    let count = |database: &Database<'_>| -> i64 {
        database
            .connect()
            .query_one("SELECT count(*) FROM users", &[])
            .expect("a count")
            .get(0)
    };
    assert_eq!(count(&database), 2);
    database
        .run(&repo, &["db-rollback", "--accept-data-loss", "users"])
        .must_exit(0);
    assert_eq!(count(&database), 1);
}

#[test]
fn a_way_back_that_does_not_restore_is_itself_undone() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[
        USERS,
        ("V2__add_bio", BIO.1, "COMMENT ON TABLE users IS 'oops';"),
    ]);
    let database = migrated(scratch, "forgets", &repo);
    let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
    assert!(
        ran.stdout.contains("bio") && ran.stdout.contains("the database is as it was"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2]);
    let result: serde_json::Value =
        serde_json::from_str(&repo.read("target/db-reports/rollback-result.json")).expect("JSON");
    assert_eq!(result["rolledBack"][0]["verdict"], "not-restored");
    assert_eq!(result["success"], false);
}

/// The verdict leaves privileges out, since servers grant by themselves what no migration says; but
/// not in silence.
#[test]
fn privileges_that_are_not_taken_back_are_told() {
    let Some(scratch) = shared() else { return };
    let up = "DO $$ BEGIN CREATE ROLE app_of_grants; EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n\
              GRANT SELECT, INSERT ON users TO app_of_grants;\nALTER TABLE users OWNER TO app_of_grants;\n";
    let down = "REVOKE INSERT ON users FROM app_of_grants;\n";
    let repo = Monorepo::of_migrations(&[USERS, ("V2__grants", up, down)]);
    let database = migrated(scratch, "grants", &repo);
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    for part in [
        "privileges and owners are not back as they were",
        "its owner may no longer INSERT on the table public.users",
        "the table public.users is owned by `app_of_grants`",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    let back = format!(
        "ALTER TABLE users OWNER TO CURRENT_USER;\n{down}REVOKE SELECT ON users FROM app_of_grants;\n"
    );
    repo.write("migrations/V2__grants.down.sql", &back);
    database
        .connect()
        .batch_execute(
            "ALTER TABLE users OWNER TO CURRENT_USER; GRANT ALL ON users TO CURRENT_USER",
        )
        .expect("as it was");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    assert!(
        !ran.stdout.contains("privileges and owners"),
        "{}",
        ran.stdout
    );
}

/// Objects that a down file creates again have the server's default privileges. The rollback must
/// report the difference, since nothing else does.
#[test]
fn privileges_that_the_way_back_itself_takes_or_gives_are_told() {
    let Some(scratch) = shared() else { return };
    let first = "DO $$ BEGIN CREATE ROLE app_of_taken; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        CREATE FUNCTION secret() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
        REVOKE EXECUTE ON FUNCTION secret() FROM PUBLIC; GRANT EXECUTE ON FUNCTION secret() TO app_of_taken;
        CREATE VIEW names AS SELECT name FROM users; GRANT SELECT ON names TO app_of_taken;";
    let again =
        "DROP FUNCTION secret(); CREATE FUNCTION secret() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
        DROP VIEW names; CREATE VIEW names AS SELECT name FROM users;";
    let keeps = "REVOKE EXECUTE ON FUNCTION secret() FROM PUBLIC; GRANT EXECUTE ON FUNCTION secret() TO app_of_taken;
        GRANT SELECT ON names TO app_of_taken;";
    let repo = Monorepo::of_migrations(&[
        USERS,
        (
            "V2__secret",
            first,
            "DROP VIEW names; DROP FUNCTION secret();",
        ),
        ("V3__again", "SELECT 1;", again),
    ]);
    let database = migrated(scratch, "taken", &repo);
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    for part in [
        "privileges and owners are not back as they were",
        "PUBLIC may now EXECUTE on the routine public.secret()",
        "app_of_taken may no longer EXECUTE on the routine public.secret()",
        "app_of_taken may no longer SELECT on the view public.names",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    database
        .connect()
        .batch_execute(keeps)
        .expect("as they were");
    repo.write("migrations/V3__again.down.sql", &format!("{again}{keeps}"));
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let ran = database.run(&repo, &["db-rollback", "2"]).must_exit(0);
    assert!(
        !ran.stdout.contains("privileges and owners"),
        "{}",
        ran.stdout
    );
}

/// Only the tables of the database tell what such statements do.
#[test]
fn a_dry_run_says_that_rows_are_counted_when_it_runs() {
    let Some(scratch) = shared() else { return };
    let update = ("V2__seed", "SELECT 1;", "UPDATE users SET name = 'x';");
    let repo = Monorepo::of_migrations(&[USERS, update, BIO_AFTER]);
    let database = migrated(scratch, "dry", &repo);
    let ran = database
        .run(&repo, &["db-rollback", "--dry-run"])
        .must_exit(0);
    assert!(
        !ran.stdout.contains("is found when it runs"),
        "{}",
        ran.stdout
    );
    let ran = database
        .run(&repo, &["db-rollback", "--dry-run", "V2"])
        .must_exit(0);
    assert!(
        ran.stdout.contains("is found when it runs"),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_journal_undoes_a_migration_whose_files_are_gone() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[USERS, BIO]);
    let database = migrated(scratch, "gone", &repo);
    std::fs::remove_file(repo.path("migrations/V2__add_bio.sql")).expect("delete");
    std::fs::remove_file(repo.path("migrations/V2__add_bio.down.sql")).expect("delete");
    let ran = database
        .run(&repo, &["db-rollback", "add_bio"])
        .must_exit(0);
    assert!(
        ran.stdout
            .contains("the journal's copy of the down SQL is used"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("exactly what it was before"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1]);
}

#[test]
fn to_branch_undoes_what_the_branch_does_not_have() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[USERS]);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
        let mut command = std::process::Command::new("git");
        let done = command
            .current_dir(repo.path(""))
            .args(identity)
            .args(arguments)
            .output()
            .expect("git");
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["add", "migrations"]);
    git(&["commit", "--quiet", "--message", "one"]);
    git(&["checkout", "--quiet", "-b", "bio"]);
    repo.write("migrations/V2__add_bio.sql", BIO.1);
    repo.write("migrations/V2__add_bio.down.sql", BIO.2);
    git(&["add", "migrations"]);
    git(&["commit", "--quiet", "--message", "two"]);
    let database = migrated(scratch, "branches", &repo);
    git(&["checkout", "--quiet", "main"]);
    database
        .run(&repo, &["db-rollback", "--to-branch", "main"])
        .must_exit(0);
    assert_eq!(database.history(), [1]);
    git(&["checkout", "--quiet", "--orphan", "empty"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "moved"]);
    git(&["rm", "--quiet", "-r", "--cached", "migrations"]);
    git(&[
        "commit",
        "--quiet",
        "--amend",
        "--allow-empty",
        "--message",
        "moved",
    ]);
    let ran = database.run(&repo, &["db-rollback", "--to-branch", "empty"]);
    ran.must_fail(&[
        "cannot tell what `empty` lacks",
        "no migrations in `migrations`",
        "`V1__create_users`",
    ]);
    assert_eq!(database.history(), [1]);
    database
        .run(&repo, &["db-rollback", "--to-branch", "nowhere"])
        .must_fail(&["nowhere", "branch, tag or commit"]);
}

#[test]
fn to_branch_knows_every_name_and_monorepos_in_a_folder() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::empty();
    let off = "MISSING_TYPE = 'off'\nMISSING_VALIDATION_SCHEMA = 'off'\n";
    let major = crate::support::major();
    repo.write(
        "app/Cargo.toml",
        &format!(
            "[workspace.metadata.db]\npostgres = '{major}'\n[workspace.metadata.db.severity]\n{off}"
        ),
    );
    let write = |name: &str, table: &str| {
        repo.write(
            &format!("app/migrations/{name}.sql"),
            &format!("CREATE TABLE {table} (id int PRIMARY KEY);\n"),
        );
        repo.write(
            &format!("app/migrations/{name}.down.sql"),
            &format!("DROP TABLE {table};\n"),
        );
    };
    write("V1__a", "a");
    write("V2__größe", "b");
    crate::support::git::init(&repo);
    let database = Database::create(scratch, "to_branch");
    let run = |arguments: &[&str]| {
        let mut command = database.command(&repo, arguments);
        Ran::of(command.current_dir(repo.path("app")))
    };
    run(&["db-migrate"]).must_exit(0);
    let nothing = run(&["db-rollback", "--to-branch", "main", "--dry-run"]);
    nothing.must_fail(&["there is nothing to undo: `main` has every applied migration"]);
    write("V3__c", "c");
    run(&["db-migrate"]).must_exit(0);
    run(&["db-rollback", "--to-branch", "main"]).must_exit(0);
    assert_eq!(database.history(), [1, 2]);
}

#[test]
fn an_irreversible_migration_is_refused_with_its_reason() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[
        USERS,
        (
            "V2__merge",
            "SELECT 1;",
            "-- irreversible: the rows are merged\n",
        ),
    ]);
    let database = migrated(scratch, "oneway", &repo);
    database.run(&repo, &["db-rollback"]).must_fail(&[
        "V2__merge",
        "irreversible",
        "the rows are merged",
    ]);
    assert_eq!(database.history(), [1, 2]);
}

#[test]
fn the_test_proves_each_way_back_and_names_those_that_do_not_restore() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "rehearsal");
    let good = Monorepo::of_migrations(&[
        USERS,
        BIO,
        INDEX,
        ("V4__end", "SELECT 1;", "-- irreversible: no way\n"),
    ]);
    let ran = database.run(&good, &["db-rollback", "--test"]).must_exit(0);
    for part in [
        "V3__index_names: exact",
        "V4__end: irreversible: no way",
        "3 exact, 0 equal",
        "ROLLBACK TEST PASSED",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    let forgets = ("V2__forgets", BIO.1, "SELECT 1;");
    let deletes = ("V3__deletes", "SELECT 1;", "DELETE FROM users;");
    let last = ("V4__last", "CREATE TABLE t (id int);", "DROP TABLE t;");
    let bad = Monorepo::of_migrations(&[USERS, forgets, deletes, last]);
    let ran = database.run(&bad, &["db-rollback", "--test"]).must_exit(1);
    for part in [
        "V2__forgets: not restored",
        "+ column bio",
        "3 rows of `users` lost",
        "V4__last: exact",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    assert_eq!(database.history(), [] as [i64; 0]);
    let ran = database
        .run(&bad, &["db-rollback", "--test", "--last", "1"])
        .must_exit(0);
    assert!(!ran.stdout.contains("V2__forgets"), "{}", ran.stdout);
}

/// Made-up rows that a migration cannot bear are taken away again, also from a table whose trigger
/// lets nobody empty it, and no row is called lost for that.
#[test]
fn rows_that_were_made_up_and_taken_away_are_not_lost() {
    let Some(scratch) = shared() else { return };
    let audit = "CREATE TABLE audit (id int PRIMARY KEY, made_by text);
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''audit is append-only''; END';
        CREATE TRIGGER kept BEFORE TRUNCATE ON audit EXECUTE FUNCTION refuse();\n";
    let to_uuid = "ALTER TABLE audit ALTER COLUMN made_by TYPE uuid USING made_by::uuid;\n";
    let repo = Monorepo::of_migrations(&[
        (
            "V1__audit",
            audit,
            "DROP TABLE audit; DROP FUNCTION refuse();\n",
        ),
        (
            "V2__uuid",
            to_uuid,
            "ALTER TABLE audit ALTER COLUMN made_by TYPE text;\n",
        ),
        (
            "V3__more",
            "CREATE TABLE more (id int);\n",
            "DROP TABLE more;\n",
        ),
    ]);
    let ran = Database::create(scratch, "kept")
        .run(&repo, &["db-rollback", "--test"])
        .must_exit(0);
    assert!(
        ran.stdout.contains("V2__uuid: exact") && ran.stdout.contains("V3__more: exact"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("note: it cannot be applied over made-up rows")
            && !ran.stdout.contains("lost or changed"),
        "{}",
        ran.stdout
    );
}
