//! Questions hold nobody up, and end.

use std::time::{Duration, Instant};

use xtask::internals::migrations::data_preflight::{Limits, foretell};

use super::{TEAMS, foretold, migration};
use crate::support::database::Database;
use crate::support::shared;

/// A role that may not read the table, and one from whom policies hide rows.
#[test]
fn rights_that_are_missing_are_said_and_never_counted_as_no_rows() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "rights");
    let name = database.name();
    let mut client = database.connect();
    client
        .batch_execute(&format!(
            "{TEAMS}; CREATE ROLE {name}_reader LOGIN; CREATE TABLE hidden (id int, n int);
             INSERT INTO hidden VALUES (1, NULL); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
             GRANT SELECT ON hidden TO {name}_reader"
        ))
        .expect("a role");
    let url = database.url_of(&format!("{name}_reader"));
    let mut reader = postgres::Client::connect(&url, postgres::NoTls).expect("a connection");
    let mut why = |sql: &str| {
        let found = foretell(&mut reader, &[&migration(sql)], Limits::default()).expect("catalogs");
        assert!(found.obstacles.is_empty(), "{found:?}");
        found
            .unknown
            .iter()
            .map(|one| one.why.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        why("ALTER TABLE teams ALTER nick SET NOT NULL"),
        ["this role may not read the table"]
    );
    assert_eq!(
        why("ALTER TABLE hidden ALTER n SET NOT NULL"),
        ["row-level security hides rows from this role"]
    );
    drop(reader);
    client
        .batch_execute(&format!(
            "DROP OWNED BY {name}_reader; DROP ROLE {name}_reader"
        ))
        .expect("the role can go");
}

/// While a question runs, a writer writes, and one that holds the table is not waited for.
#[test]
fn questions_stop_no_writer_and_wait_for_no_lock() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "writer");
    let mut client = database.connect();
    client
        .batch_execute(&format!(
            "{TEAMS}; CREATE FUNCTION slow(int) RETURNS boolean LANGUAGE plpgsql STABLE AS
             $$ BEGIN PERFORM pg_sleep(0.5); RETURN true; END $$"
        ))
        .expect("a slow function");
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| foretold(&database, "ALTER TABLE teams ADD CHECK (slow(id))"));
        let mut writer = database.connect();
        let mut written = 0;
        while !asking.is_finished() {
            let begin = Instant::now();
            writer
                .batch_execute("UPDATE teams SET size = size + 1; INSERT INTO teams (id, name) SELECT max(id) + 1, 'x' FROM teams")
                .expect("a writer");
            assert!(
                begin.elapsed() < Duration::from_millis(400),
                "the writer waited"
            );
            written += 1;
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(written > 5, "{written}");
        let answer = asking.join().expect("an answer");
        assert!(
            answer.obstacles.is_empty() && answer.unknown.is_empty(),
            "{answer:?}"
        );
    });
    let mut holder = database.connect();
    holder
        .batch_execute("BEGIN; LOCK TABLE teams IN ACCESS EXCLUSIVE MODE")
        .expect("a lock");
    let begin = Instant::now();
    let found = foretold(&database, "ALTER TABLE teams ALTER nick SET NOT NULL");
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(found.unknown.len(), 1, "{found:?}");
    assert!(found.unknown[0].why.contains("lock"), "{found:?}");
}

#[test]
fn each_count_has_an_end_and_so_have_all_of_them() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "ends");
    let mut client = database.connect();
    client
        .batch_execute(&format!(
            "{TEAMS}; CREATE FUNCTION slow(int) RETURNS boolean LANGUAGE plpgsql STABLE AS
             $$ BEGIN PERFORM pg_sleep(5); RETURN true; END $$"
        ))
        .expect("a slow function");
    let sql = "ALTER TABLE teams ADD CHECK (slow(id)); ALTER TABLE teams ADD CHECK (slow(size));
               ALTER TABLE teams ADD CHECK (slow(boss))";
    let limits = Limits {
        question: Duration::from_millis(300),
        total: Duration::from_millis(500),
    };
    let begin = Instant::now();
    let found = foretell(&mut client, &[&migration(sql)], limits).expect("an answer");
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(found.unknown.len(), 3, "{found:?}");
    assert!(
        found.unknown[0].why.starts_with("counting takes longer"),
        "{found:?}"
    );
    assert_eq!(found.unknown[2].why, "the time for all questions is over");
    // The session is as before.
    let timeout: String = client
        .query_one("SHOW statement_timeout", &[])
        .expect("a row")
        .get(0);
    assert_eq!(timeout, "0");
}

/// Ten million rows; run by hand: it takes a minute to make them.
#[test]
#[ignore = "makes a table of ten million rows"]
fn counts_of_ten_million_rows_end() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "large");
    database
        .connect()
        .batch_execute(
            "CREATE TABLE big AS SELECT i AS id, CASE WHEN i % 1000000 = 7 THEN NULL ELSE i END AS n, 'x' || i AS t
             FROM generate_series(1, 10000000) i; ANALYZE big",
        )
        .expect("a large table");
    for sql in [
        "ALTER TABLE big ALTER n SET NOT NULL",
        "ALTER TABLE big ADD CHECK (n > 0)",
        "ALTER TABLE big ADD UNIQUE (n)",
        "CREATE UNIQUE INDEX i ON big (lower(t))",
        "ALTER TABLE big ALTER t TYPE varchar(6)",
        "ALTER TABLE big ADD EXCLUDE USING gist (int4range(n, n + 1) WITH &&)",
    ] {
        let begin = Instant::now();
        let found = foretold(&database, sql);
        println!("{sql}: {:?}, {found:?}", begin.elapsed());
        assert!(begin.elapsed() < Duration::from_secs(35));
    }
}
