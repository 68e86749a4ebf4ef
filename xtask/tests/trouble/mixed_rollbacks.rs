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
        (
            "V3__bio",
            "ALTER TABLE users ADD COLUMN bio text;\n",
            "ALTER TABLE users DROP COLUMN bio;\n",
        ),
        (
            "V4__other",
            "CREATE TABLE other (id int);\n",
            "DROP TABLE other;\n",
        ),
        (
            "V5__bios",
            bio_index,
            "-- no-transaction\nDROP INDEX CONCURRENTLY users_bio;\n",
        ),
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
        assert!(
            ran.stdout.contains(&format!(
                "ok {name}: the schema is exactly what it was before"
            )),
            "{}",
            ran.stdout
        );
    }
    assert_eq!(database.history(), [1]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
}

/// Committed rollbacks stay undone and are reported. The one that failed in the middle continues
/// where it stopped.
#[test]
fn a_failure_in_the_middle_says_what_is_undone_and_goes_on_later() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "mixed_failing");
    // A scratch database is no database whose lock a run holds.
    let fails =
        "SELECT 1 / (NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()))::int
        WHERE NOT EXISTS (SELECT FROM users);";
    let repo = repo(&format!(
        "-- no-transaction\nDROP INDEX CONCURRENTLY users_name;\n{fails}\n"
    ));
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let given = [
        "db-rollback",
        "--last",
        "4",
        "--backup",
        "backups",
        "--accept-data-loss",
        "b.c,a",
    ];
    let ran = database.run(&repo, &given);
    ran.must_fail_at_length(&[
        "statement 2 of 2 of `migrations/V2__names.down.sql` failed",
        "division by zero",
        "22012",
    ]);
    for name in ["V5__bios", "V4__other", "V3__bio"] {
        assert!(
            ran.stdout
                .contains(&format!("{name}: the schema is exactly")),
            "{name} is not in {}",
            ran.stdout
        );
    }
    // The same words again, `--last 4`, would mean one more.
    let go_on = "cargo xtask db-rollback V2__names --backup backups --accept-data-loss a --accept-data-loss b.c";
    for said in [
        "Undone and committed before that: V5__bios, V4__other, V3__bio",
        &format!("To go on with what is left: {go_on}\n"),
    ] {
        assert!(ran.stdout.contains(said), "{said} is not in {}", ran.stdout);
    }
    assert_eq!(database.history(), [1, 2]);
    let status = database
        .run(&repo, &["db-status", "--exit-code"])
        .must_exit(1);
    for part in [
        "partly undone",
        "statement 2 of 2 is next",
        "`cargo xtask db-rollback V2__names` goes on from there",
    ] {
        assert!(
            status.stdout.contains(part),
            "{part} is not in {}",
            status.stdout
        );
    }
    database
        .run(&repo, &["db-migrate"])
        .must_fail(&["`V2__names` is undone in part", "db-rollback V2__names"]);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a')")
        .expect("a row");
    database
        .run(&repo, &["db-rollback", "V2__names"])
        .must_exit(0);
    assert_eq!(database.history(), [1]);
}

/// A unique index that rows stand in the way of stops V2 half-way.
fn applied_in_part(database: &Database<'_>, down: &str) -> Monorepo {
    let repo = Monorepo::of_migrations(&[USERS]);
    repo.let_rows_stop_migrations();
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a'), (2, 'a')")
        .expect("rows");
    let up = "-- no-transaction\nALTER TABLE users ADD phone text;\n\
              CREATE UNIQUE INDEX CONCURRENTLY users_name ON users (name);\n";
    repo.write("migrations/V2__phone.sql", up);
    repo.write("migrations/V2__phone.down.sql", down);
    let ran = database.run(&repo, &["db-migrate"]);
    ran.must_fail_at_length(&[
        "statement 2 of 2",
        "the first statement is done",
        "`cargo xtask db-rollback` undoes",
    ]);
    repo
}

const BEARS_IT: &str = "DROP INDEX CONCURRENTLY IF EXISTS users_name;\nALTER TABLE users DROP COLUMN IF EXISTS phone;\n";

/// A migration that is applied in part can be rolled back, even where the rest of it cannot be made
/// to work. The migration below is undone after it.
#[test]
fn what_is_applied_in_part_is_undone_first() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "part");
    let repo = applied_in_part(&database, &format!("-- no-transaction\n{BEARS_IT}"));
    let status = database.run(&repo, &["db-status"]).must_exit(0);
    assert!(
        status
            .stdout
            .contains("`cargo xtask db-rollback V2__phone` undoes what is done"),
        "{}",
        status.stdout
    );
    database
        .connect()
        .batch_execute("UPDATE users SET phone = '1' WHERE id = 1")
        .expect("a value");
    let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
    for part in [
        "it is applied in part (statement 2 of 2 left the invalid index",
        "- users.phone: 1 values",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    // A refusal changes nothing about where it stands, also where the loss is only found when the
    // first statement runs.
    let loses = "DO $$ BEGIN UPDATE users SET name = 'x'; END $$;\n";
    repo.write(
        "migrations/V2__phone.down.sql",
        &format!("-- no-transaction\n{loses}{BEARS_IT}"),
    );
    let ran = database
        .run(&repo, &["db-rollback", "--accept-data-loss", "users.phone"])
        .must_exit(1);
    assert!(
        ran.stdout.contains("- users.name: 2 values"),
        "{}",
        ran.stdout
    );
    repo.write(
        "migrations/V2__phone.down.sql",
        &format!("-- no-transaction\n{BEARS_IT}"),
    );
    let status = database.run(&repo, &["db-status"]).must_exit(0);
    assert!(
        status
            .stdout
            .contains("partly applied  statement 2 of 2 left the invalid index"),
        "{}",
        status.stdout
    );
    database
        .run(
            &repo,
            &[
                "db-rollback",
                "--dry-run",
                "--accept-data-loss",
                "users.phone",
            ],
        )
        .must_exit(0);
    let ran = database
        .run(&repo, &["db-rollback", "--accept-data-loss", "users.phone"])
        .must_exit(0);
    assert!(
        ran.stdout
            .contains("V2__phone: the schema is exactly what it was before"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1]);
    let status = database.run(&repo, &["db-status"]).must_exit(0);
    assert!(
        status.stdout.contains("1 applied, 1 pending\n"),
        "{}",
        status.stdout
    );
    database.run(&repo, &["db-migrate"]);
    let ran = database
        .run(&repo, &["db-rollback", "1", "--accept-data-loss", "users"])
        .must_exit(0);
    assert!(
        ran.stdout.contains("V2__phone: the schema is exactly"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [] as [i64; 0]);
}

/// The rest of the file may be edited, the way back may have a transaction, and what it leaves is
/// seen.
#[test]
fn what_is_left_of_a_migration_that_is_applied_in_part_is_told() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "part_left");
    let repo = applied_in_part(&database, "ALTER TABLE users DROP COLUMN phone;\n");
    let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
    for part in [
        "the schema is not what it was before",
        "+ index users_name",
        "the database is as it was",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    let status = database.run(&repo, &["db-status"]).must_exit(0);
    assert!(
        status
            .stdout
            .contains("partly applied  statement 2 of 2 left the invalid index"),
        "{}",
        status.stdout
    );
    repo.edit("migrations/V2__phone.sql", "UNIQUE ", "");
    repo.write(
        "migrations/V2__phone.down.sql",
        "DROP INDEX IF EXISTS users_name;\nALTER TABLE users DROP COLUMN phone;\n",
    );
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    assert!(
        ran.stdout
            .contains("V2__phone: the schema is exactly what it was before"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1]);
    // The other way out: go on with what was edited, and undo the whole.
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database.run(&repo, &["db-rollback"]).must_exit(0);
}

/// After a part of `--last 3` is undone, the same words would mean older migrations.
#[test]
fn the_command_that_goes_on_names_where_to_stop() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "named_end");
    let deletes = (
        "V2__deletes",
        "SELECT 1;",
        "-- no-transaction\nDELETE FROM users;\n",
    );
    let repo = Monorepo::of_migrations(&[
        USERS,
        deletes,
        (
            "V3__other",
            "CREATE TABLE other (id int);",
            "DROP TABLE other;",
        ),
    ]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a')")
        .expect("a row");
    let ran = database
        .run(&repo, &["db-rollback", "--last", "2"])
        .must_exit(1);
    for part in [
        "nothing more was undone",
        "cargo xtask db-rollback V2__deletes --accept-data-loss users",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    assert_eq!(database.history(), [1, 2]);
}

/// A dry run asks for what the run will ask for: a column that is committed as gone before its
/// table goes is lost by itself.
#[test]
fn consent_is_asked_for_what_each_group_loses() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "mixed_consent");
    let repo = repo("-- no-transaction\nDROP INDEX CONCURRENTLY users_name;\n");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a', 'x')")
        .expect("a row");
    let accepted = ["db-rollback", "1", "--accept-data-loss", "users"];
    for arguments in [
        &[&accepted[..], &["--dry-run"]].concat(),
        &accepted.to_vec(),
    ] {
        let ran = database.run(&repo, arguments).must_exit(1);
        let command = "db-rollback 1 --accept-data-loss users --accept-data-loss users.bio";
        assert!(ran.stdout.contains(command), "{}", ran.stdout);
    }
    assert_eq!(database.history(), [1, 2, 3, 4, 5]);
    let accepted = ["db-rollback", "1", "--accept-data-loss", "users,users.bio"];
    database
        .run(&repo, &[&accepted[..], &["--dry-run"]].concat())
        .must_exit(0);
    database.run(&repo, &accepted).must_exit(0);
    assert_eq!(database.history(), [] as [i64; 0]);
}

/// Losses of one group are written with that group, once. Data that is not lost after all is not
/// kept.
#[test]
fn a_backup_holds_each_loss_once() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "backed_up");
    let index = "-- no-transaction\nCREATE INDEX CONCURRENTLY big_note ON big (note);\n";
    let repo = Monorepo::of_migrations(&[
        (
            "V1__big",
            "CREATE TABLE big (id int PRIMARY KEY, note text);",
            "DROP TABLE big;",
        ),
        (
            "V2__index",
            index,
            "-- no-transaction\nSET work_mem = '8MB';\nDROP INDEX CONCURRENTLY big_note;\n",
        ),
        (
            "V3__late",
            "CREATE TABLE late (id int);",
            "UPDATE big SET note = note; DROP TABLE late;",
        ),
    ]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO big VALUES (1, 'a'), (2, 'b')")
        .expect("rows");
    let ran = database
        .run(
            &repo,
            &[
                "db-rollback",
                "1",
                "--accept-data-loss",
                "big",
                "--backup",
                "backups",
            ],
        )
        .must_exit(0);
    let folder = std::fs::read_dir(repo.path("backups"))
        .expect("backups")
        .next()
        .expect("one")
        .expect("one")
        .path();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|file| file.expect("a file").file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["big.csv", "restore.sql"]);
    assert_eq!(
        std::fs::read_to_string(folder.join("big.csv")).expect("a backup"),
        "id,note\n1,a\n2,b\n"
    );
    assert!(
        ran.stdout
            .contains("the data that was lost (big.csv) is in `backups/"),
        "{}",
        ran.stdout
    );
}
