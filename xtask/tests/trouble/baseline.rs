//! `db-baseline`: databases that were made without the tool.

use crate::support::database::Database;
use crate::support::migrations::{BIO, USERS};
use crate::support::monorepo::Monorepo;
use crate::support::shared;

const NEXT: (&str, &str, &str) = (
    "V3__next",
    "CREATE TABLE next (id int);\n",
    "DROP TABLE next;\n",
);

#[test]
fn a_database_that_has_the_schema_is_adopted_and_goes_on_from_there() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "adopted"),
        Monorepo::of_migrations(&[USERS, BIO, NEXT]),
    );
    let by_hand = "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, bio text); INSERT INTO users VALUES (1, 'a')";
    database
        .connect()
        .batch_execute(by_hand)
        .expect("made by hand");
    let ran = database
        .run(&repo, &["db-baseline", "add_bio"])
        .must_exit(0);
    assert!(
        ran.stdout
            .contains("Recorded 2 migrations, up to V2__add_bio"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 2, 3]);
    // The journal knows the way back of what was adopted.
    database.run(&repo, &["db-rollback", "2"]).must_exit(0);
    assert_eq!(database.history(), [1]);
    database
        .run(&repo, &["db-baseline", "2"])
        .must_fail(&["already records migrations", "V1__create_users"]);
}

#[test]
fn a_database_that_has_another_schema_is_not_adopted() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "stranger"),
        Monorepo::of_migrations(&[USERS, BIO]),
    );
    database
        .connect()
        .batch_execute("CREATE TABLE users (id bigint PRIMARY KEY, name text)")
        .expect("made by hand");
    let ran = database.run(&repo, &["db-baseline", "1"]).must_exit(1);
    for part in [
        "is not what the migrations up to V1__create_users make",
        "bigint",
        "Nothing was recorded",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    assert_eq!(database.history(), [] as [i64; 0]);
    database.run(&repo, &["db-baseline", "9"]).must_fail(&["9"]);
}
