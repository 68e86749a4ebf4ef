//! The stamp of the catalogs: it changes with each change of the schema, so that a run which trusts
//! it overlooks none, and stays the same with what an application does all day.

use crate::support::database::Database;
use crate::support::migrations::{BIO, USERS};
use crate::support::monorepo::Monorepo;
use crate::support::{connect, major, scratch, shared};
use postgres::Client;
use xtask::internals::migrations::catalog_stamp::{self, CatalogStamper};

const BASE: &str = include_str!("catalog/base.sql");
const MUTATIONS: &str = include_str!("catalog/mutations.sql");

/// Statements that run often, and leave the schema of a database as it was.
const EVERYDAY: &[&str] = &[
    "INSERT INTO users (email) VALUES ('a@b')",
    "ANALYZE",
    "VACUUM",
    "TRUNCATE posts",
    "REFRESH MATERIALIZED VIEW user_scores",
    "SELECT nextval('tickets')",
    "CREATE TEMP TABLE draft (id serial PRIMARY KEY, note text DEFAULT 'x' CHECK (note <> ''))",
    "CREATE TEMP VIEW seen AS SELECT 1 AS one",
];

fn stamper(client: &mut Client) -> CatalogStamper {
    let version: String = client
        .query_one("SHOW server_version_num", &[])
        .expect("a version")
        .get(0);
    CatalogStamper::new(version.parse().expect("a number"), "test")
}

#[test]
fn each_change_of_the_schema_changes_the_stamp() {
    let Some(scratch) = scratch() else { return };
    let mut client = connect(&scratch);
    client.batch_execute(BASE).expect("base.sql runs");
    let stamper = stamper(&mut client);
    let mut problems = Vec::new();
    let mutations: Vec<&str> = MUTATIONS
        .lines()
        .filter(|line| !line.starts_with("-- "))
        .collect();
    assert!(mutations.len() > 180, "{}", mutations.len());
    for sql in mutations {
        let before = stamper.take(&mut client).expect("a stamp");
        let mut transaction = client.transaction().expect("begins");
        transaction
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        if stamper.take(&mut transaction).expect("a stamp") == before {
            problems.push(sql);
        }
        transaction.rollback().expect("undone");
        assert_eq!(
            stamper.take(&mut client).expect("a stamp"),
            before,
            "{sql}, undone"
        );
    }
    assert!(
        problems.is_empty(),
        "the stamp does not show:\n{}",
        problems.join("\n")
    );
}

#[test]
fn what_an_application_does_all_day_leaves_the_stamp_as_it_is() {
    let Some(scratch) = scratch() else { return };
    let mut client = connect(&scratch);
    client.batch_execute(BASE).expect("base.sql runs");
    let stamper = stamper(&mut client);
    // The first VACUUM of a relation notes in its row what indexes it has.
    client.batch_execute("VACUUM").expect("vacuums");
    for sql in EVERYDAY {
        let before = stamper.take(&mut client).expect("a stamp");
        client
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        assert_eq!(stamper.take(&mut client).expect("a stamp"), before, "{sql}");
    }
    client
        .batch_execute("CREATE ROLE weak; SET ROLE weak")
        .expect("a role");
    stamper
        .take(&mut client)
        .expect("a role without privileges takes stamps too");
}

/// A catalog that a later version of PostgreSQL brings must be looked at, or left out for a reason.
#[test]
fn each_catalog_is_stamped_or_left_out_for_a_reason() {
    let Some(scratch) = shared() else { return };
    let known: Vec<&str> = catalog_stamp::known_catalogs().collect();
    let all = "SELECT relname::text FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' ORDER BY 1";
    let rows = connect(scratch).query(all, &[]).expect("the catalogs");
    assert!(rows.len() > 50, "{}", rows.len());
    let unknown: Vec<String> = rows
        .iter()
        .map(|row| row.get(0))
        .filter(|name: &String| !known.contains(&name.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "PostgreSQL {} has {unknown:?}: list them in catalog_stamp.rs",
        major()
    );
}

/// Drift between two runs is found, whether anything is pending or not, and with and without a
/// snapshot.
#[test]
fn drift_after_a_run_is_found_by_the_next() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[USERS, BIO]);
    for with_snapshot in [false, true] {
        if with_snapshot {
            Database::create(scratch, "stamp")
                .run(&repo, &["db-snapshot"])
                .must_exit(0);
        }
        let database = Database::create(scratch, "stamp");
        let stamp = || -> Option<String> {
            let newest =
                "SELECT catalog_stamp FROM db_migration_journal ORDER BY version DESC LIMIT 1";
            database
                .connect()
                .query_one(newest, &[])
                .expect("a journal")
                .get(0)
        };
        database.run(&repo, &["db-migrate"]).must_exit(0);
        let first = stamp().expect("the run leaves a stamp");
        database.run(&repo, &["db-migrate"]).must_exit(0);
        assert_eq!(stamp().as_ref(), Some(&first));
        database
            .connect()
            .batch_execute("ALTER TABLE users ADD COLUMN nick text")
            .expect("drift");
        let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
        assert!(
            ran.stdout.contains("SCHEMA_DRIFT") && ran.stdout.contains("nick"),
            "{}",
            ran.stdout
        );
        database
            .connect()
            .batch_execute("ALTER TABLE users DROP COLUMN nick")
            .expect("repaired");
        database.run(&repo, &["db-migrate"]).must_exit(0);
        assert_ne!(
            stamp(),
            Some(first),
            "what was compared whole leaves its stamp"
        );
    }
}

/// A journal that an earlier version of the tool made has no place for stamps, and a role that does
/// not own it cannot make one: then everything is read, as before.
#[test]
fn a_journal_without_stamps_goes_on_working() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "stampless"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let name = database.name();
    let weak = format!(
        "ALTER TABLE db_migration_journal DROP COLUMN catalog_stamp; CREATE ROLE {name} LOGIN;
         GRANT ALL ON SCHEMA public TO {name}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}"
    );
    database.connect().batch_execute(&weak).expect("a role");
    repo.write("migrations/V2__other.sql", "CREATE TABLE other (id int);");
    repo.write("migrations/V2__other.down.sql", "DROP TABLE other;");
    let mut command = database.command(&repo, &["db-migrate"]);
    crate::support::monorepo::Ran::of(command.env("DATABASE_URL", database.url_of(name)))
        .must_exit(0);
    assert_eq!(database.history(), [1, 2]);
    repo.write("migrations/V3__more.sql", "CREATE TABLE more (id int);");
    repo.write("migrations/V3__more.down.sql", "DROP TABLE more;");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let stamps = "SELECT count(catalog_stamp) FROM db_migration_journal";
    assert_eq!(
        database
            .connect()
            .query_one(stamps, &[])
            .expect("the owner made the column")
            .get::<_, i64>(0),
        1
    );
}

/// A history row whose checksum somebody set to that of an edited file: the journal knows what was
/// applied.
#[test]
fn a_history_that_was_repaired_by_hand_is_not_trusted() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "repaired"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let sql = format!("{}CREATE TABLE extra (id int);\n", USERS.1);
    repo.write("migrations/V1__create_users.sql", &sql);
    let checksum = xtask::internals::migrations::checksum(1, "create_users", &sql)
        .expect("a valid name")
        .to_string();
    database
        .connect()
        .execute(
            "UPDATE refinery_schema_history SET checksum = $1",
            &[&checksum],
        )
        .expect("a repair");
    let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
    assert!(
        ran.stdout.contains("SCHEMA_DRIFT") && ran.stdout.contains("extra"),
        "{}",
        ran.stdout
    );
}

/// A catalog stamp only saves time, so a run does not wait for a lock to write one.
#[test]
fn a_journal_that_somebody_holds_does_not_keep_a_run_with_nothing_to_apply_waiting() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "held_journal"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let mut holder = database.connect();
    holder
        .batch_execute("UPDATE db_migration_journal SET catalog_stamp = NULL")
        .expect("no stamp");
    holder
        .batch_execute("BEGIN; LOCK TABLE db_migration_journal IN SHARE MODE")
        .expect("a lock");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    holder.batch_execute("COMMIT").expect("frees it");
}
