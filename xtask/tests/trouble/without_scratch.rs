//! A production container: no binaries, no npm, no right to create databases. The committed
//! snapshot stands in.

use crate::support::database::Database;
use crate::support::migrations::{BIO, USERS};
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::shared;

/// Runs the tool where it finds no binaries.
fn run(database: &Database<'_>, repo: &Monorepo, arguments: &[&str]) -> Ran {
    let mut command = repo.command(arguments);
    Ran::of(
        command
            .env("DATABASE_URL", database.url())
            .env("DB_POSTGRES_BINARIES", "/nowhere"),
    )
}

/// Makes a database one that an early version of the tool migrated: nobody noted what its catalogs
/// were.
fn forget_catalogs(database: &Database<'_>) {
    let forget = "UPDATE db_migration_journal SET catalog_before = NULL, catalog_after = NULL, catalog_stamp = NULL";
    database.connect().batch_execute(forget).expect("a journal");
}

/// A current snapshot stands for the migrations, which ran on a scratch database for it.
#[test]
fn with_a_current_snapshot_nothing_is_left_unchecked() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "bare"),
        Monorepo::of_migrations(&[USERS, BIO]),
    );
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let ran = run(&database, &repo, &["db-migrate"]).must_exit(0);
    assert!(
        ran.stdout.contains("from the committed snapshot"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("not checked"), "{}", ran.stdout);
    repo.write(
        "migrations/V3__age.sql",
        "ALTER TABLE users ADD COLUMN age int;",
    );
    repo.write(
        "migrations/V3__age.down.sql",
        "ALTER TABLE users DROP COLUMN age;",
    );
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let ran = run(&database, &repo, &["db-migrate"]).must_exit(0);
    assert!(
        !ran.stdout.contains("not checked"),
        "the journal tells what was there before: {}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2, 3]);
}

#[test]
fn the_snapshot_stands_in_and_the_report_says_what_was_not_checked() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "bare"),
        Monorepo::of_migrations(&[USERS, BIO]),
    );
    run(&database, &repo, &["db-migrate"]).must_fail(&[
        "`snapshots/schema.json`",
        "does not exist",
        "db-snapshot",
    ]);
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    run(&database, &repo, &["db-migrate", "1"])
        .must_fail(&["cannot verify an earlier target", "SHADOW_DATABASE_URL"]);
    let dry = run(&database, &repo, &["db-migrate", "--dry-run"]).must_exit(0);
    assert!(
        dry.stdout
            .contains("there is no scratch database to see its locks on"),
        "{}",
        dry.stdout
    );
    database.run(&repo, &["db-migrate", "1"]).must_exit(0);
    forget_catalogs(&database);
    let ran = run(&database, &repo, &["db-migrate"]).must_exit(0);
    for part in [
        "from the committed snapshot",
        "not checked: whether the live database is what its applied migrations made",
        "not checked: the migrations on a scratch database, before the live one is touched",
        "`snapshots/schema.json` stands in for a scratch database, because",
        "/nowhere",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    assert!(
        !ran.stdout.contains("the schema after each migration"),
        "the snapshot tells what each did: {}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2]);
    let again = run(&database, &repo, &["db-migrate", "--format", "json"])
        .must_exit(0)
        .json();
    assert_eq!(
        again["notChecked"],
        serde_json::json!([]),
        "the snapshot is the schema of the applied migrations"
    );
    database
        .connect()
        .batch_execute("ALTER TABLE users ADD COLUMN nick text")
        .expect("drift");
    let drift = run(&database, &repo, &["db-migrate"]).must_exit(1);
    assert!(drift.stdout.contains("SCHEMA_DRIFT"), "{}", drift.stdout);
}

#[test]
fn what_is_not_the_snapshot_is_undone() {
    let Some(scratch) = shared() else { return };
    let sly = "DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN ALTER TABLE users ADD COLUMN sly int; END IF; END $$;";
    let repo = Monorepo::of_migrations(&[USERS, ("V2__sly", sly, "SELECT 1;")]);
    let database = Database::create(scratch, "bare_sly");
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    database.run(&repo, &["db-migrate", "1"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a')")
        .expect("a row");
    let json = run(&database, &repo, &["db-migrate", "--format", "json"])
        .must_exit(1)
        .json();
    let error = json["error"].as_str().unwrap_or_default();
    assert!(
        error.contains("sly") && error.contains("it was undone"),
        "{error}"
    );
    // A block may destroy anything; everything else was checked.
    let unchecked = json["notChecked"].as_array().expect("a list");
    let is_of_block = |one: &serde_json::Value| {
        one.as_str()
            .is_some_and(|text| text.contains("V2__sly.sql:1 destroys"))
    };
    assert!(
        unchecked.len() == 1 && unchecked.iter().all(is_of_block),
        "{json}"
    );
    assert_eq!(database.history(), [1]);
    repo.write("migrations/V3__new.sql", "SELECT 1;");
    repo.write("migrations/V3__new.down.sql", "SELECT 1;");
    run(&database, &repo, &["db-migrate"])
        .must_fail(&["does not stand for the migrations", "`V3__new` is new"]);
}

/// The snapshot tells what each migration did, so that also one that is not the last is undone;
/// where it does not tell, that is said.
#[test]
fn what_the_snapshot_tells_of_migrations_between_is_compared() {
    let Some(scratch) = shared() else { return };
    let sly = "DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN ALTER TABLE users ADD COLUMN sly int; END IF; END $$;";
    let undo = (
        "V3__undo",
        "ALTER TABLE users DROP COLUMN IF EXISTS sly;",
        "SELECT 1;",
    );
    let repo = Monorepo::of_migrations(&[USERS, ("V2__sly", sly, "SELECT 1;"), undo]);
    let database = Database::create(scratch, "bare_between");
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    database.run(&repo, &["db-migrate", "1"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a')")
        .expect("a row");
    let refused = run(&database, &repo, &["db-migrate"]).must_exit(1);
    for part in [
        "`V2__sly` did something else to the schema",
        "it was undone",
        "SHADOW_DATABASE_URL",
    ] {
        assert!(
            refused.stdout.contains(part),
            "{part} is not in {}",
            refused.stdout
        );
    }
    assert_eq!(database.history(), [1]);
    let text = repo.read("snapshots/schema.json");
    let (head, rest) = text.split_once("  \"fingerprints\"").expect("fingerprints");
    let (_, rest) = rest.split_once("},\n").expect("their end");
    repo.write("snapshots/schema.json", &format!("{head}{rest}"));
    let ran = run(&database, &repo, &["db-migrate"]).must_exit(0);
    assert!(
        ran.stdout.contains("there is no scratch database: V2__sly"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2, 3]);
}

#[test]
fn a_role_that_may_not_create_databases_has_no_scratch_either() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "weak"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    forget_catalogs(&database);
    repo.write("migrations/V2__bio.sql", BIO.1);
    repo.write("migrations/V2__bio.down.sql", BIO.2);
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    database
        .connect()
        .batch_execute("CREATE ROLE weak LOGIN")
        .expect("a role");
    let weak = crate::support::url(scratch).replace("postgres@", "weak@");
    let mut command = repo.command(&["db-migrate"]);
    let ran = Ran::of(
        command
            .env("DATABASE_URL", database.url())
            .env("SHADOW_DATABASE_URL", weak),
    )
    .must_exit(0);
    assert!(
        ran.stdout.contains("stands in") && ran.stdout.contains("CREATEDB"),
        "{}",
        ran.stdout
    );
    let adopted = Database::create(scratch, "weak_adopted");
    adopted
        .connect()
        .batch_execute(&[USERS.1, BIO.1].concat())
        .expect("made by hand");
    let ran = run(&adopted, &repo, &["db-baseline", "2"]).must_exit(0);
    assert!(
        ran.stdout.contains("stands in for a scratch database"),
        "{}",
        ran.stdout
    );
}
