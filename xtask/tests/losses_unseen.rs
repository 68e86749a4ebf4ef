//! Losses that the tables, their columns and PostgreSQL's counters of rows do not show: each is
//! found all the same, counted where it can be, and refused without consent.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::database::Database;
use crate::support::migrations::USERS;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{shared, side_by_side};

/// A database with `rows`, whose migrations are `first` and one that goes forward by `up` and back
/// by `down`.
fn migrated(
    name: &str,
    first: &str,
    (up, down): (&str, &str),
    rows: &str,
) -> Option<(Database<'static>, Monorepo)> {
    let repo =
        Monorepo::of_migrations(&[("V1__first", first, "SELECT 1;"), ("V2__second", up, down)]);
    let database = Database::create(shared()?, name);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database.connect().batch_execute(rows).expect("rows");
    Some((database, repo))
}

/// The rollback must be refused for each of `losses`, and do its work with consent.
fn refuses(database: &Database<'_>, repo: &Monorepo, losses: &[&str]) {
    let ran = database.run(repo, &["db-rollback"]).must_exit(1);
    for loss in losses {
        assert!(
            ran.stdout.contains(&format!("\n- {loss}")),
            "{loss} is not in {}",
            ran.stdout
        );
    }
    assert!(
        ran.stdout
            .contains("data would be lost, and nothing was undone"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2]);
    let names: Vec<&str> = losses
        .iter()
        .filter_map(|loss| loss.split(':').next())
        .collect();
    database
        .run(
            repo,
            &["db-rollback", "--accept-data-loss", &names.join(",")],
        )
        .must_exit(0);
    assert_eq!(database.history(), [1]);
}

/// A transaction that repeats its reads does not see what was committed while it waited.
#[test]
fn rows_that_are_committed_while_the_rollback_waits_are_counted() {
    side_by_side(&["repeatable read", "serializable"], |isolation| {
        let orders = (
            "CREATE TABLE orders (id int PRIMARY KEY);",
            "DROP TABLE orders;",
        );
        let Some((database, repo)) = migrated("isolated", "CREATE TABLE a (id int);", orders, "")
        else {
            return;
        };
        let mut application = database.connect();
        let set = format!(
            "ALTER DATABASE {} SET default_transaction_isolation = '{isolation}'",
            database.name()
        );
        application.batch_execute(&set).expect("a setting");
        let mut transaction = application.transaction().expect("begins");
        transaction
            .batch_execute("INSERT INTO orders VALUES (1)")
            .expect("a row");
        let mut command = database.command(&repo, &["db-rollback", "--ddl-lock-timeout", "60000"]);
        let rollback = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tool starts");
        wait_until_somebody_waits(&database);
        transaction.commit().expect("commits");
        let ran = Ran::of_child(rollback).must_exit(1);
        assert!(
            ran.stdout.contains("- orders: 1 rows"),
            "{isolation}: {}",
            ran.stdout
        );
        assert_eq!(database.history(), [1, 2]);
    });
}

fn wait_until_somebody_waits(database: &Database<'_>) {
    let waits = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let (mut client, begin) = (database.connect(), Instant::now());
    while client.query(waits, &[]).expect("a query").is_empty() {
        assert!(
            begin.elapsed() < Duration::from_secs(120),
            "the rollback never waited"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The types and tables, rows, and what is lost when the attribute `city` of `address` is dropped.
const COMPOSITES: &[(&str, &str, &[&str])] = &[
    (
        "CREATE TABLE t (id int PRIMARY KEY, home address)",
        "(1, '(s,Rome)'), (2, '(s,)'), (3, NULL)",
        &["t.home.city: 1"],
    ),
    (
        "CREATE TABLE t (id int, homes address[])",
        "(1, '{\"(s,Rome)\",\"(s,)\",\"(s,Oslo)\"}'), (2, NULL)",
        &["t.homes.city: 2"],
    ),
    (
        "CREATE DOMAIN place AS address; CREATE TABLE t (id int, home place)",
        "(1, '(s,Rome)')",
        &["t.home.city: 1"],
    ),
    (
        "CREATE DOMAIN places AS address[]; CREATE TYPE person AS (homes places, age int); CREATE TABLE t (id int, who person)",
        "(1, '(\"{\"\"(s,Rome)\"\"}\",1)')",
        &["t.who.homes.city: 1"],
    ),
    (
        "CREATE TYPE span AS RANGE (subtype = address, multirange_type_name = spans); CREATE TABLE t (id int, span span, spans spans)",
        "(1, '[\"(a,b)\",\"(a,c)\")', '{[\"(a,b)\",)}')",
        &["t.span.city: 2", "t.spans.city: 1"],
    ),
    (
        "CREATE TABLE t (id int, home address) PARTITION BY LIST (id); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)",
        "(1, '(s,Rome)')",
        &["t.home.city: 1"],
    ),
    (
        "CREATE SCHEMA t; CREATE TABLE t (id int, home address); CREATE TABLE t.home (city int)",
        "(1, '(s,Rome)')",
        &["public.t.home.city: 1"],
    ),
];

#[test]
fn an_attribute_that_is_dropped_takes_its_values_along_wherever_the_type_is_used() {
    side_by_side(COMPOSITES, |(tables, rows, losses)| {
        let first = format!("CREATE TYPE address AS (street text, city text); {tables};");
        let change = ("SELECT 1;", "ALTER TYPE address DROP ATTRIBUTE city;");
        let Some((database, repo)) = migrated(
            "composite",
            &first,
            change,
            &format!("INSERT INTO t VALUES {rows}"),
        ) else {
            return;
        };
        // The schema is not what it was before, so that only the refusal is of interest.
        let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
        for loss in *losses {
            assert!(
                ran.stdout.contains(&format!("\n- {loss} values")),
                "{tables}: {loss} is not in {}",
                ran.stdout
            );
        }
        assert_eq!(
            ran.stdout.matches("values that are not null").count(),
            losses.len(),
            "{tables}: {}",
            ran.stdout
        );
        assert_eq!(database.history(), [1, 2]);
    });
}

#[test]
fn values_of_rows_inside_rows_are_lost_with_the_column_of_their_table() {
    let first = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, of_a a);";
    let change = ("ALTER TABLE a ADD note text;", "ALTER TABLE a DROP note;");
    let rows = "INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, '(1,kept)'), (2, '(2,)')";
    let Some((database, repo)) = migrated("row_types", first, change, rows) else {
        return;
    };
    refuses(
        &database,
        &repo,
        &["b.of_a.note: 1 values that are not null"],
    );
    let of_a: String = database
        .connect()
        .query_one("SELECT of_a::text FROM b WHERE id = 1", &[])
        .expect("a row")
        .get(0);
    assert_eq!(of_a, "(1)");
}

#[test]
fn attributes_without_values_need_no_consent() {
    let first =
        "CREATE TYPE address AS (street text); CREATE TABLE t (id int PRIMARY KEY, home address);";
    let change = (
        "ALTER TYPE address ADD ATTRIBUTE city text;",
        "ALTER TYPE address DROP ATTRIBUTE city;",
    );
    let Some((database, repo)) = migrated(
        "no_values",
        first,
        change,
        "INSERT INTO t VALUES (1, '(s,)'), (2, NULL)",
    ) else {
        return;
    };
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    assert!(
        ran.stdout
            .contains("the schema is exactly what it was before"),
        "{}",
        ran.stdout
    );
}

/// A way back, and how many of three large objects are lost by it.
const LARGE_OBJECTS: &[(&str, usize)] = &[
    ("SELECT lo_unlink(body) FROM docs", 3),
    (
        "SELECT lo_unlink(body) FROM docs WHERE id = 1; SELECT lo_put(body, 0, 'x') FROM docs WHERE id = 2",
        2,
    ),
    ("SELECT lo_put(body, 2, 'x') FROM docs WHERE id = 3", 1),
    (
        "DO $$ BEGIN PERFORM lo_unlink(lo_from_bytea(0, 'new')); END $$",
        0,
    ),
];

#[test]
fn large_objects_are_counted_too() {
    side_by_side(LARGE_OBJECTS, |(down, lost)| {
        let first = "CREATE TABLE docs (id int PRIMARY KEY, body oid);";
        let rows = "INSERT INTO docs SELECT n, lo_from_bytea(0, 'contract') FROM generate_series(1, 3) AS n";
        let down = format!("{down};");
        let Some((database, repo)) = migrated("large", first, ("SELECT 1;", &down), rows) else {
            return;
        };
        if *lost == 0 {
            database.run(&repo, &["db-rollback"]).must_exit(0);
            return;
        }
        let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
        let said = format!("\n- pg_catalog.pg_largeobject: {lost} large objects");
        assert!(
            ran.stdout.contains(&said),
            "{said} is not in {}",
            ran.stdout
        );
        let accepted = [
            "db-rollback",
            "--accept-data-loss",
            "pg_catalog.pg_largeobject",
            "--backup",
            "backups",
        ];
        database.run(&repo, &accepted).must_exit(0);
        let folder = std::fs::read_dir(repo.path("backups"))
            .expect("backups")
            .next()
            .expect("one")
            .expect("one")
            .path();
        let backup = std::fs::read_to_string(folder.join("pg_catalog.pg_largeobject.csv"))
            .expect("a backup");
        // `contract`, as `bytea` is written.
        assert_eq!(
            backup.matches("\\x636f6e7472616374").count(),
            *lost,
            "{backup}"
        );
    });
}

/// How SQL of a superuser has PostgreSQL stop counting, seen in the text or not.
const UNCOUNTED: &[&str] = &[
    "DO $$ BEGIN SET LOCAL track_counts = off; DELETE FROM a; END $$",
    "SET track_counts = off; DELETE FROM a; SET track_counts = on",
    "DO $$ BEGIN EXECUTE 'SET LOCAL track' || '_counts = off'; DELETE FROM a; END $$",
    "SELECT uncounted()",
];

#[test]
fn counting_that_the_sql_switches_off_is_not_trusted() {
    let modes = ["", "-- no-transaction\n"];
    let cases: Vec<_> = UNCOUNTED
        .iter()
        .flat_map(|down| modes.map(|mode| (mode, *down)))
        .collect();
    side_by_side(&cases, |(mode, down)| {
        // Settings that are carried from one statement to the next are another matter.
        if !mode.is_empty() && down.contains("; SET") {
            return;
        }
        let first = "CREATE TABLE a (id int PRIMARY KEY); CREATE FUNCTION uncounted() RETURNS void LANGUAGE plpgsql \
                     SET track_counts = off AS 'BEGIN DELETE FROM a; END';";
        let down = format!("{mode}{down};");
        let Some((database, repo)) = migrated(
            "uncounted",
            first,
            ("SELECT 1;", &down),
            "INSERT INTO a VALUES (1)",
        ) else {
            return;
        };
        refuses(&database, &repo, &["a: 1 rows"]);
    });
}

#[test]
fn triggers_that_defer_others_until_the_commit_are_followed() {
    let first = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE n (x int); CREATE TABLE m (x int);
        CREATE FUNCTION f2() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM a; RETURN NULL; END';
        CREATE FUNCTION f1() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN SET CONSTRAINTS ALL DEFERRED; INSERT INTO m VALUES (1); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER t1 AFTER INSERT ON n DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f1();
        CREATE CONSTRAINT TRIGGER t2 AFTER INSERT ON m DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f2();";
    let change = ("SELECT 1;", "INSERT INTO n VALUES (1);");
    let Some((database, repo)) = migrated("deferring", first, change, "INSERT INTO a VALUES (1)")
    else {
        return;
    };
    refuses(&database, &repo, &["a: 1 rows"]);
}

/// `users.bio` is a column of one table, and another table.
#[test]
fn consent_to_one_thing_is_not_consent_to_another_that_reads_the_same() {
    let first = "CREATE SCHEMA users; CREATE TABLE users (id int PRIMARY KEY);";
    let change = (
        "ALTER TABLE users ADD bio text; CREATE TABLE users.bio (id int);",
        "DROP TABLE users.bio; ALTER TABLE users DROP bio;",
    );
    let rows = "INSERT INTO users VALUES (1, 'x'); INSERT INTO users.bio VALUES (1)";
    let Some((database, repo)) = migrated("ambiguous", first, change, rows) else {
        return;
    };
    let ran = database
        .run(&repo, &["db-rollback", "--accept-data-loss", "users.bio"])
        .must_exit(1);
    let command =
        "cargo xtask db-rollback --accept-data-loss users.bio --accept-data-loss public.users.bio";
    assert!(ran.stdout.contains(command), "{}", ran.stdout);
    refuses(
        &database,
        &repo,
        &[
            "public.users.bio: 1 values that are not null",
            "users.bio: 1 rows",
        ],
    );
}

#[test]
fn names_that_hold_dots_and_commas_are_named_in_quotes() {
    let change = (
        "CREATE TABLE \"a,b\" (id int); CREATE TABLE \"a.b\" (id int);",
        "DROP TABLE \"a,b\"; DROP TABLE \"a.b\";",
    );
    let first = "CREATE TABLE a (b int);";
    let Some((database, repo)) = migrated(
        "quoted",
        first,
        change,
        "INSERT INTO \"a,b\" VALUES (1); INSERT INTO \"a.b\" VALUES (1)",
    ) else {
        return;
    };
    database
        .run(&repo, &["db-rollback", "--accept-data-loss", "a,b,a.b"])
        .must_exit(1);
    refuses(&database, &repo, &["\"a,b\": 1 rows", "\"a.b\": 1 rows"]);
}

/// Statements that decide about what cannot be looked at are refused wherever the SQL comes from.
#[test]
fn what_decides_about_another_database_is_refused() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "elsewhere");
    let repo = Monorepo::of_migrations(&[USERS, ("V2__second", "SELECT 1;", "SELECT 1;")]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    repo.write(
        "migrations/V2__second.down.sql",
        "-- no-transaction\nDROP DATABASE IF EXISTS other;\n",
    );
    // Neither the file, which is refused, nor the journal's older copy of it is taken in silence.
    database
        .run(&repo, &["db-rollback"])
        .must_fail_at_length(&["V2__second.down.sql:2:1", "`DROP DATABASE`"]);
    for file in [
        "migrations/V2__second.sql",
        "migrations/V2__second.down.sql",
    ] {
        std::fs::remove_file(repo.path(file)).expect("delete");
    }
    let older = "UPDATE db_migration_journal SET down_sql = '-- no-transaction\nDROP DATABASE other' WHERE version = 2";
    database
        .connect()
        .batch_execute(older)
        .expect("a journal of an earlier version of the tool");
    database
        .run(&repo, &["db-rollback"])
        .must_fail(&["cannot undo `V2__second`", "`DROP DATABASE`"]);
    assert_eq!(database.history(), [1, 2]);
    repo.write("migrations/V2__second.sql", "SELECT 1;");
    repo.write(
        "migrations/V2__second.down.sql",
        "-- no-transaction\nDROP DATABASE IF EXISTS other;\n",
    );
    database
        .run(&repo, &["db-rollback", "--test"])
        .must_fail_at_length(&["`DROP DATABASE` in a migration"]);
}

/// Ways forward and back, of which the latter deletes rows behind the foreign table `far_a` or
/// `far_b`: seen in the text, or not.
const BEHIND_FOREIGN_TABLES: &[(&str, &str, &str)] = &[
    ("SELECT 1", "DELETE FROM far_a", "far_a"),
    ("SELECT 1", "UPDATE far_a SET id = id + 10", "far_a"),
    ("SELECT 1", "TRUNCATE far_a", "far_a"),
    ("SELECT 1", "DO $$ BEGIN DELETE FROM far_a; END $$", "far_a"),
    ("SELECT 1", "SELECT wipe_far('far_a')", "far_a"),
    (
        "CREATE FOREIGN TABLE far_b (id int) SERVER far OPTIONS (table_name 'a')",
        "SELECT wipe_far('far' || '_b'); DROP FOREIGN TABLE far_b",
        "far_b",
    ),
];

/// Neither the rehearsal on the scratch database nor the rollback itself touches what lies on
/// another server without consent.
#[test]
fn rows_behind_foreign_tables_are_left_alone_without_consent() {
    let Some(scratch) = shared() else { return };
    let mut client = crate::support::connect(scratch);
    let has = |client: &mut postgres::Client, query: &str| {
        !client.query(query, &[]).expect("a query").is_empty()
    };
    if !has(
        &mut client,
        "SELECT FROM pg_available_extensions WHERE name = 'postgres_fdw'",
    ) {
        return println!("skipped: these binaries have no postgres_fdw");
    }
    let can_refuse = has(
        &mut client,
        "SELECT FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'",
    );
    let socket: String = client
        .query_one("SHOW unix_socket_directories", &[])
        .expect("a setting")
        .get(0);
    side_by_side(BEHIND_FOREIGN_TABLES, |(up, down, named)| {
        if down.contains("wipe_far") && !can_refuse {
            return;
        }
        let far = Database::create(scratch, "far");
        far.connect()
            .batch_execute("CREATE TABLE a (id int); INSERT INTO a VALUES (1), (2)")
            .expect("rows");
        let first = leads_to(&far, &socket);
        let down = format!("{down};");
        let Some((database, repo)) = migrated("near", &first, (up, &down), "") else {
            return;
        };
        let rows = || {
            far.connect()
                .query("SELECT FROM a WHERE id < 10", &[])
                .expect("rows")
                .len()
        };
        let ran = database.run(&repo, &["db-rollback", "--test"]);
        assert!(
            ran.stdout.contains("not tried: it"),
            "{down}: {}",
            ran.stdout
        );
        let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
        let said = format!("\n- {named}: a foreign table whose rows are written");
        assert!(ran.stdout.contains(&said), "{down}: {}", ran.stdout);
        assert_eq!((rows(), database.history()), (2, vec![1, 2]), "{down}");
        database
            .run(&repo, &["db-rollback", "--accept-data-loss", named])
            .must_exit(0);
        assert_eq!((rows(), database.history()), (0, vec![1]), "{down}");
    });
}

/// Migrations that make the foreign table `far_a`, which leads to the table `a` of `far`, and a
/// function that empties it.
fn leads_to(far: &Database, socket: &str) -> String {
    format!(
        "CREATE EXTENSION postgres_fdw;
         CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{}', dbname '{}');
         CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'postgres', password_required 'false');
         CREATE FOREIGN TABLE far_a (id int) SERVER far OPTIONS (table_name 'a');
         CREATE FUNCTION wipe_far(name text) RETURNS void LANGUAGE plpgsql AS
             'BEGIN EXECUTE ''DELETE FROM '' || name; END';",
        socket.trim_matches('"'),
        far.name()
    )
}

/// A scratch database reaches the same rows as the live one, forward too: whatever replays the
/// migrations leaves them as they are.
#[test]
fn no_replay_changes_rows_behind_foreign_tables() {
    let Some(scratch) = shared() else { return };
    let mut client = crate::support::connect(scratch);
    let query = "SELECT FROM pg_available_extensions WHERE name = 'postgres_fdw'";
    if client.query(query, &[]).expect("a query").is_empty() {
        return println!("skipped: these binaries have no postgres_fdw");
    }
    let socket: String = client
        .query_one("SHOW unix_socket_directories", &[])
        .expect("a setting")
        .get(0);
    let far = Database::create(scratch, "far");
    far.connect()
        .batch_execute("CREATE TABLE a (id int); INSERT INTO a VALUES (1), (2)")
        .expect("rows");
    let first = leads_to(&far, &socket);
    let Some((database, repo)) = migrated("near", &first, ("SELECT 1", "SELECT 1;"), "") else {
        return;
    };
    repo.write("migrations/V3__third.down.sql", "SELECT 1;");
    for sql in [
        "UPDATE far_a SET id = id + 10",
        "TRUNCATE far_a",
        "SELECT wipe_far('far_a')",
        "DO $$ BEGIN EXECUTE 'DELETE FROM far' || '_a'; END $$",
    ] {
        repo.write("migrations/V3__third.sql", &format!("{sql};"));
        for command in [&["db-snapshot"][..], &["db-migrate", "--dry-run"]] {
            let ran = database.run(&repo, command).must_exit(2);
            let said = "it changes rows of the foreign table `far_a`, which lie on another server";
            assert!(ran.stderr.contains(said), "{sql}: {}", ran.stderr);
            let rows = far
                .connect()
                .query("SELECT FROM a WHERE id < 10", &[])
                .expect("rows");
            assert_eq!(rows.len(), 2, "{sql}");
        }
    }
    repo.write(
        "migrations/V3__third.sql",
        "CREATE TABLE near AS SELECT id FROM far_a; INSERT INTO near SELECT id FROM far_a;",
    );
    database.run(&repo, &["db-snapshot"]).must_exit(0);
}
