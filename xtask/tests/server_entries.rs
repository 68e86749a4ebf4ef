//! A server keeps entries of its own among the options of columns, as the minor releases of
//! November 2026 do with `pg_attver`. They are no part of the schema, so that nothing here may
//! notice them: on any release, a trigger writes such an entry to each new column, with another
//! number each time.

use crate::support::database::Database;
use crate::support::migrations::{BIO, INDEX, USERS};
use crate::support::monorepo::Monorepo;
use crate::support::{connect, major, scratch};
use xtask::internals::postgres::catalog::{self, OwnTables, options};
use xtask::internals::postgres::scratch::Scratch;
use xtask::internals::schema::snapshot;

/// SQL that makes a database behave as on such a release.
const KEEPS_ENTRIES: &str = "
    CREATE FUNCTION keep_entries() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE pg_attribute
        SET attoptions = coalesce(attoptions, '{}') || ('pg_' || 'attver=' || (random() * 1e9)::int)
        WHERE attrelid >= 16384 AND attnum > 0 AND attoptions IS NULL
          AND attrelid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'v', 'c'));
    END $$;
    CREATE EVENT TRIGGER keep_entries ON ddl_command_end EXECUTE FUNCTION keep_entries()";

const ENTRIES: &str = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attoptions::text ~ 'pg_attver'";

/// A cluster whose databases all behave so.
fn cluster() -> Option<Scratch> {
    let scratch = scratch()?;
    // Scratch databases are copies of `template0`, those of tests of `template1`.
    let allow = "UPDATE pg_database SET datallowconn = true WHERE datname = 'template0'";
    connect(&scratch).batch_execute(allow).expect("a setting");
    for template in ["template0", "template1"] {
        let client = scratch
            .parameters()
            .dbname(template)
            .connect(postgres::NoTls);
        client
            .expect("connects")
            .batch_execute(KEEPS_ENTRIES)
            .expect("a trigger");
    }
    Some(scratch)
}

#[test]
fn migrations_are_applied_tested_and_undone_as_if_there_were_none() {
    let Some(scratch) = cluster() else { return };
    let database = Database::create(&scratch, "entries");
    let repo = Monorepo::of_migrations(&[USERS, BIO]);
    database.run(&repo, &["db-migrate", "1"]).must_exit(0);
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    database
        .run(&repo, &["db-snapshot", "--check"])
        .must_exit(0);
    let written = repo.read("snapshots/schema.json");
    assert!(
        !written.contains("pg_attver") && written.contains("fingerprints"),
        "{written}"
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    repo.write("migrations/V3__index.sql", INDEX.1);
    repo.write("migrations/V3__index.down.sql", INDEX.2);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let entries: i64 = database
        .connect()
        .query_one(ENTRIES, &[])
        .expect("a query")
        .get(0);
    assert!(entries > 1, "the trigger wrote none");
    database.run(&repo, &["db-rollback", "--test"]).must_exit(0);
    let ran = database
        .run(&repo, &["db-rollback", "--last", "2", "--format", "json"])
        .must_exit(0);
    assert_eq!(
        ran.json()["rolledBack"][0]["verdict"],
        "exact",
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1]);
}

/// Earlier versions of the tool took the entries for part of the schema, and noted digests of such
/// schemas.
#[test]
fn a_run_that_was_interrupted_when_digests_covered_the_entries_goes_on() {
    let Some(scratch) = cluster() else { return };
    let database = Database::create(&scratch, "noted");
    let up =
        "-- no-transaction\nCREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);\n";
    let down = "-- no-transaction\nDROP INDEX CONCURRENTLY i;\nDROP TABLE a;\n";
    let repo = Monorepo::of_migrations(&[USERS, ("V2__a", up, down)]);
    database.run(&repo, &["db-migrate", "1"]).must_exit(0);
    let mut client = database.connect();
    client
        .batch_execute("CREATE TABLE a (id int)")
        .expect("the first statement");
    let schema =
        catalog::read(&mut client, &OwnTables::new("refinery_schema_history")).expect("reads");
    let stored = options::with_server_entries(&mut client, schema.clone()).expect("reads");
    assert_ne!(stored, schema, "the trigger wrote none");
    let interrupted =
        "INSERT INTO db_migration_journal (version, name, phase, running_sql, next_statement,
            catalog_at_statement, invalid_indexes, checksum, down_file, down_sql)
        VALUES (2, 'a', 'applying', $1, 2, $2, '{}', '0', 'migrations/V2__a.down.sql', $3)";
    client
        .execute(interrupted, &[&up, &snapshot::digest(&stored), &down])
        .expect("an entry");
    let ran = database.run(&repo, &["db-migrate"]).must_exit(0);
    assert!(
        ran.stderr.contains("statement 2 of 2 is next"),
        "{}",
        ran.stderr
    );
    client
        .query_one("SELECT 'i'::regclass::text", &[])
        .expect("the second statement ran");
}

/// Tables, indexes and views with every storage parameter that the documentation of PostgreSQL 15
/// lists.
const PARAMETERS: &str = "
    CREATE TABLE t (id int, tags text[], p point) WITH (
        fillfactor = 70, toast_tuple_target = 200, parallel_workers = 1, autovacuum_enabled = off, vacuum_index_cleanup = off,
        vacuum_truncate = off, autovacuum_vacuum_threshold = 51, autovacuum_vacuum_scale_factor = 0.3,
        autovacuum_vacuum_insert_threshold = 1001, autovacuum_vacuum_insert_scale_factor = 0.3,
        autovacuum_analyze_threshold = 51, autovacuum_analyze_scale_factor = 0.3, autovacuum_vacuum_cost_delay = 3,
        autovacuum_vacuum_cost_limit = 201, autovacuum_freeze_min_age = 1000, autovacuum_freeze_max_age = 100000,
        autovacuum_freeze_table_age = 1000, autovacuum_multixact_freeze_min_age = 1000,
        autovacuum_multixact_freeze_max_age = 10000, autovacuum_multixact_freeze_table_age = 1000,
        log_autovacuum_min_duration = 1, user_catalog_table = on);
    CREATE INDEX b ON t (id) WITH (deduplicate_items = off);
    CREATE INDEX s ON t USING gist (p) WITH (buffering = on);
    CREATE INDEX g ON t USING gin (tags) WITH (fastupdate = off, gin_pending_list_limit = 100);
    CREATE INDEX r ON t USING brin (id) WITH (pages_per_range = 16, autosummarize = on);
    CREATE VIEW v WITH (security_barrier = on, check_option = local) AS SELECT id FROM t;
    ALTER TABLE t ALTER COLUMN id SET (n_distinct = 7, n_distinct_inherited = 8)";

/// Parameters that later versions brought, by the first that has them.
const LATER_PARAMETERS: &[(u32, &str)] = &[
    (15, "ALTER VIEW v SET (security_invoker = on)"),
    (
        18,
        "ALTER TABLE t SET (autovacuum_vacuum_max_threshold = 9, vacuum_max_eager_freeze_failure_rate = 0.5)",
    ),
];

#[test]
fn every_documented_parameter_is_part_of_the_schema() {
    let Some(scratch) = scratch() else { return };
    let mut client = connect(&scratch);
    let later = LATER_PARAMETERS
        .iter()
        .filter(|(first, _)| *first <= major())
        .map(|(_, sql)| *sql);
    let all = [PARAMETERS]
        .into_iter()
        .chain(later)
        .collect::<Vec<_>>()
        .join(";");
    client.batch_execute(&all).expect("documented parameters");
    let schema = catalog::read(&mut client, &OwnTables::new("history")).expect("reads");
    let text = serde_json::to_string(&schema).expect("JSON");
    let names: Vec<&str> = all
        .split([' ', '(', ','])
        .zip(all.split([' ', '(', ',']).skip(1))
        .filter(|(_, next)| *next == "=")
        .map(|(name, _)| name)
        .collect();
    assert!(names.len() > 30, "{names:?}");
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !text.contains(&format!("{name}=")))
        .collect();
    assert!(missing.is_empty(), "{missing:?} in {text}");
}
