//! Rollbacks of several migrations, of which some run in a transaction and some cannot.

use crate::support::database::Database;
use crate::support::migrations::USERS;
use crate::support::monorepo::Monorepo;
use crate::support::shared;

fn repo(drop_names: &str) -> Monorepo {
    let concurrently = "-- no-transaction\nCREATE INDEX CONCURRENTLY users_name ON users (name);\n";
    let bio_index = "-- no-transaction\nCREATE INDEX CONCURRENTLY users_bio ON users (bio);\n";
    Monorepo::of_migrations(&[
        USERS,
        ("V2__names", concurrently, drop_names),
        ("V3__bio", "ALTER TABLE users ADD COLUMN bio text;\n", "ALTER TABLE users DROP COLUMN bio;\n"),
        ("V4__other", "CREATE TABLE other (id int);\n", "DROP TABLE other;\n"),
        ("V5__bios", bio_index, "-- no-transaction\nDROP INDEX CONCURRENTLY users_bio;\n"),
    ])
}

#[test]
fn groups_are_undone_newest_first() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "mixed");
    let repo = repo("-- no-transaction\nDROP INDEX CONCURRENTLY users_name;\n");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let ran = database.run(&repo, &["db-rollback", "2"]).must_exit(0);
    for name in ["V5__bios", "V4__other", "V3__bio", "V2__names"] {
        assert!(ran.stdout.contains(&format!("ok {name}: the schema is exactly what it was before")), "{}", ran.stdout);
    }
    assert_eq!(database.history(), [1]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
}

/// What is committed stays undone and is said; the one in the middle goes on from where it stopped.
#[test]
fn a_failure_in_the_middle_says_what_is_undone_and_goes_on_later() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "mixed_failing");
    let fails =
        "SELECT 1 / (to_regclass('refinery_schema_history') IS NULL)::int WHERE NOT EXISTS (SELECT FROM users);";
    let repo = repo(&format!("-- no-transaction\nDROP INDEX CONCURRENTLY users_name;\n{fails}\n"));
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let ran = database.run(&repo, &["db-rollback", "2"]);
    ran.must_fail_at_length(&[
        "statement 2 of 2 of `migrations/V2__names.down.sql` failed",
        "division by zero",
        "22012",
    ]);
    for name in ["V5__bios", "V4__other", "V3__bio"] {
        assert!(ran.stdout.contains(&format!("{name}: the schema is exactly")), "{name} is not in {}", ran.stdout);
    }
    let said = "Undone and committed before that: V5__bios, V4__other, V3__bio";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert_eq!(database.history(), [1, 2]);
    let status = database.run(&repo, &["db-status", "--exit-code"]).must_exit(1);
    for part in ["partly undone", "statement 2 of 2 is next", "`cargo xtask db-rollback V2__names` goes on from there"]
    {
        assert!(status.stdout.contains(part), "{part} is not in {}", status.stdout);
    }
    database.run(&repo, &["db-migrate"]).must_fail(&["`V2__names` is undone in part", "db-rollback V2__names"]);
    database.connect().batch_execute("INSERT INTO users VALUES (1, 'a')").expect("a row");
    database.run(&repo, &["db-rollback", "V2__names"]).must_exit(0);
    assert_eq!(database.history(), [1]);
}
