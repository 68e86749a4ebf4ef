//! A `COMMIT` that no scan of the text sees: it is not sent, and what it would have left behind is
//! never said to be undone.

use xtask::internals::migrations::script::{self, Script, Unobserved};
use xtask::internals::migrations::sql::Statement;
use xtask::internals::source::Span;

use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::shared;

/// `'\''` ends where it seems to only while `standard_conforming_strings` is on.
const HIDDEN: &str =
    "CREATE TABLE half (id int);\nINSERT INTO a VALUES ('\\''); COMMIT; --');\nSELECT 1 / 0;\n";

#[test]
fn a_text_that_this_server_reads_otherwise_is_not_sent() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "otherwise");
    let first = ("V1__a", "CREATE TABLE a (v text);", "DROP TABLE a;");
    let repo = Monorepo::of_migrations(&[first]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let off =
        "DO $$ BEGIN PERFORM set_config('standard_conforming_strings', 'off', false); END $$;\n";
    repo.write("migrations/V2__b.sql", &format!("{off}{HIDDEN}"));
    repo.write("migrations/V2__b.down.sql", "DROP TABLE half;");
    let ran = database.run(&repo, &["db-migrate"]);
    ran.must_fail_at_length(&[
        "V2__b",
        "a backslash in a plain string",
        "`standard_conforming_strings` is off",
    ]);
    // Where the whole database has it so, the scratch database has too.
    repo.write(
        "migrations/V2__b.sql",
        "CREATE TABLE half (v text);\nINSERT INTO a VALUES ('\\'), ('; COMMIT; --');\n",
    );
    let set = format!(
        "ALTER DATABASE {} SET standard_conforming_strings = off",
        database.name()
    );
    database.connect().batch_execute(&set).expect("a setting");
    let ran = database.run(&repo, &["db-migrate"]);
    ran.must_fail_at_length(&["V2__b", "migrations/V2__b.sql:2:1", "`ALTER DATABASE`"]);
    let left = database
        .connect()
        .query_one("SELECT to_regclass('half') IS NULL", &[])
        .expect("a query");
    assert!(left.get::<_, bool>(0), "nothing of it is there");
    assert_eq!(database.history(), [1]);
}

/// A statement as a scan would see it that takes `text` for one.
fn one(text: &str) -> Statement<'_> {
    let end = u32::try_from(text.len()).expect("short");
    Statement {
        source: text,
        span: Span { start: 0, end },
        tokens: Vec::new(),
        copy_data: None,
        backslash_escapes: None,
    }
}

#[test]
fn a_statement_that_ended_its_transaction_is_said_to_be_committed_in_part() {
    let Some(scratch) = shared() else { return };
    let mut client = Database::create(scratch, "ended").connect();
    let mut run = |sql: &str| {
        let statements = [one(sql)];
        let step = script::steps(Script::new("a.sql", sql, true), &statements)
            .next()
            .expect("one");
        script::run_step(&mut client, &step, "RESET ALL", &mut Unobserved)
            .map_err(|error| format!("{error:#}"))
    };
    let says = "one of its statements ended the transaction";
    for sql in [
        "CREATE TABLE kept (); COMMIT; SELECT 1 / 0",
        "COMMIT; BEGIN; SELECT 1 / 0",
        "CREATE TABLE other (); END",
    ] {
        assert!(run(sql).is_err_and(|error| error.contains(says)), "{sql}");
    }
    for sql in [
        "CREATE TABLE gone (); ROLLBACK; SELECT 1 / 0",
        "SELECT 1 / 0; COMMIT",
    ] {
        assert!(run(sql).is_err_and(|error| !error.contains(says)), "{sql}");
    }
    run("CREATE TABLE ended (\"end\" int)").expect("a word is no end");
}
