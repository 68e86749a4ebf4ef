//! The restoration of data that a rollback with consent lost. The script in the folder of its
//! backup runs once the migrations are applied again. Rows, values and the positions of sequences
//! are then as they were.

use std::path::{Path, PathBuf};
use std::process::Command;

use postgres::Client;

use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::{shared, side_by_side};

const FIRST: (&str, &str, &str) = (
    "V1__base",
    "CREATE TYPE place AS (street text, city text);
     CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, at timestamptz, home place);
     CREATE TABLE notes (author int, note text);
     CREATE TABLE docs (id int PRIMARY KEY, body oid);
     CREATE SEQUENCE tickets;
     CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.name := upper(new.name); RETURN new; END';
     CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION shout();",
    "SELECT 1;",
);

const ROWS: &str = "
    INSERT INTO users (name, at) VALUES ('ada', '2026-01-02 03:04:05+02'), ('', NULL), (NULL, now());
    UPDATE users SET home.street = 'x, y', home.city = 'z' WHERE id = 1;
    ALTER TABLE users DISABLE TRIGGER shout; UPDATE users SET name = lower(name); ALTER TABLE users ENABLE TRIGGER shout;
    INSERT INTO notes VALUES (1, 'a'), (1, 'a'), (2, NULL), (3, 'it''s \\ \"odd\", \n with lines');
    INSERT INTO docs SELECT n, lo_from_bytea(0, 'contract') FROM generate_series(1, 2) AS n;
    SELECT nextval('tickets') FROM generate_series(1, 41)";

/// Cases: the SQL of a migration, the rows that are added after it, its down file, and the losses
/// of that file.
const CASES: &[(&str, &str, &str, &str)] = &[
    (
        "CREATE TABLE orders (id bigserial PRIMARY KEY, parent bigint REFERENCES orders, twice int GENERATED ALWAYS AS (2) STORED);
         CREATE TABLE lines (\"Order\" bigint REFERENCES orders, n numeric, tags text[]);
         INSERT INTO orders (parent) VALUES (NULL);",
        "INSERT INTO orders (parent) VALUES (1), (2); UPDATE orders SET parent = 3 WHERE id = 2;
         INSERT INTO lines VALUES (1, 1.50, '{a,\"b c\"}'), (1, 1.5, NULL), (3, NULL, '{}'), (3, NULL, '{}')",
        "DROP TABLE lines; DROP TABLE orders;",
        "orders,lines",
    ),
    (
        "ALTER TABLE users ADD bio text; ALTER TABLE users ADD age int NOT NULL DEFAULT 1;",
        "UPDATE users SET bio = 'x', age = id WHERE id <> 2",
        "ALTER TABLE users DROP bio; ALTER TABLE users DROP age;",
        "users.bio,users.age",
    ),
    (
        "ALTER TABLE notes ADD stars int; ALTER TABLE notes ADD day date;",
        "UPDATE notes SET stars = 5, day = '2026-12-31' WHERE note = 'a' AND ctid = (SELECT min(ctid) FROM notes); \
         UPDATE notes SET stars = 1 WHERE author = 3",
        "ALTER TABLE notes DROP stars; ALTER TABLE notes DROP day;",
        "notes.stars,notes.day",
    ),
    (
        "ALTER TABLE notes ADD stars int;",
        "UPDATE notes SET stars = author",
        "DELETE FROM notes WHERE author = 1; ALTER TABLE notes DROP stars;",
        "notes,notes.stars",
    ),
    (
        "ALTER TABLE notes ADD key int GENERATED ALWAYS AS IDENTITY PRIMARY KEY; ALTER TABLE notes ADD stars int;",
        "UPDATE notes SET stars = key",
        "ALTER TABLE notes DROP stars; ALTER TABLE notes DROP key;",
        "notes.key,notes.stars",
    ),
    ("SELECT 1;", "SELECT 1", "DELETE FROM users WHERE id = 1; UPDATE users SET at = NULL;", "users,users.at,users.name"),
    ("SELECT 1;", "SELECT 1", "DELETE FROM notes WHERE author = 1; TRUNCATE docs;", "notes,docs"),
    (
        "SELECT 1;",
        "SELECT 1",
        "SELECT lo_unlink(body) FROM docs WHERE id = 1; SELECT lo_put(body, 2, 'x') FROM docs WHERE id = 2;",
        "pg_catalog.pg_largeobject",
    ),
    ("ALTER TYPE place ADD ATTRIBUTE zip int;", "UPDATE users SET home.zip = 7", "ALTER TYPE place DROP ATTRIBUTE zip;", "users.home.zip"),
    ("SELECT 1;", "SELECT 1", "SELECT setval('tickets', 7); ALTER SEQUENCE users_id_seq RESTART;", ""),
    ("CREATE SEQUENCE numbers INCREMENT -3;", "SELECT nextval('numbers'), nextval('numbers')", "DROP SEQUENCE numbers;", ""),
    (
        "CREATE TABLE animals (id int PRIMARY KEY, name text); CREATE TABLE dogs (barks bool) INHERITS (animals);",
        "INSERT INTO animals VALUES (1, 'cat'); INSERT INTO dogs VALUES (2, 'rex', true)",
        "DROP TABLE animals CASCADE;",
        "animals,dogs",
    ),
];

/// Every row of every table, the large objects, and where the sequences stand.
fn content(client: &mut Client) -> Vec<String> {
    let tables =
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                  AND relname NOT IN ('refinery_schema_history', 'db_migration_journal') ORDER BY 1";
    let tables: Vec<String> = client
        .query(tables, &[])
        .expect("tables")
        .iter()
        .map(|row| row.get(0))
        .collect();
    let mut queries: Vec<String> = tables
        .iter()
        .map(|table| format!("SELECT '{table} ' || t::text FROM ONLY {table} AS t ORDER BY 1"))
        .collect();
    queries.push(
        "SELECT oid || ' ' || lo_get(oid)::text FROM pg_largeobject_metadata ORDER BY 1".into(),
    );
    queries.push("SELECT sequencename || ' ' || last_value FROM pg_sequences ORDER BY 1".into());
    let rows = queries
        .iter()
        .flat_map(|query| client.query(query, &[]).expect("rows"));
    rows.filter_map(|row| row.get(0)).collect()
}

/// Runs the script as psql does, where there is none.
fn run_without_psql(client: &mut Client, folder: &Path) {
    let script = std::fs::read_to_string(folder.join("restore.sql")).expect("the script");
    let mut sql = String::new();
    for line in script.lines() {
        if let Some(copy) = line.strip_prefix("\\copy ") {
            client
                .batch_execute(&sql)
                .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            sql.clear();
            let (before, after) = copy.split_once(" FROM '").expect("a file");
            let (file, options) = after.split_once('\'').expect("a file");
            let mut writer = client
                .copy_in(&format!("COPY {before} FROM STDIN{options}"))
                .expect("a copy");
            let mut file = std::fs::File::open(folder.join(file)).expect("the file");
            std::io::copy(&mut file, &mut writer).expect("a copy");
            writer
                .finish()
                .unwrap_or_else(|error| panic!("{line}: {error:?}"));
        } else if !line.starts_with('\\') {
            sql += line;
            sql.push('\n');
        }
    }
    client
        .batch_execute(&sql)
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// Puts back what is in `folder`; with psql where there is one.
fn restore(database: &Database<'_>, folder: &Path, with_psql: bool) {
    let arguments = ["-X", "-q", "-f", "restore.sql", &database.url()];
    match Command::new("psql")
        .args(arguments)
        .current_dir(folder)
        .env("PGOPTIONS", "-c datestyle=SQL,DMY")
        .output()
    {
        Ok(ran) if with_psql => assert!(ran.status.success(), "{ran:?}"),
        _ => run_without_psql(&mut database.connect(), folder),
    }
}

fn backup_of(repo: &Monorepo) -> PathBuf {
    let mut folders = std::fs::read_dir(repo.path("backups"))
        .expect("backups")
        .map(|entry| entry.expect("one").path());
    let folder = folders.next().expect("a backup");
    assert_eq!(folders.next(), None);
    folder
}

#[test]
fn what_was_lost_is_put_back_after_the_migrations_are_applied_again() {
    let modes: Vec<_> = CASES
        .iter()
        .flat_map(|case| [(case, true), (case, false)])
        .collect();
    side_by_side(&modes, |((up, rows, down, accepted), with_psql)| {
        let Some(scratch) = shared() else { return };
        let repo = Monorepo::of_migrations(&[FIRST, ("V2__second", up, down)]);
        let database = Database::create(scratch, "restored");
        database.run(&repo, &["db-migrate"]).must_exit(0);
        let mut client = database.connect();
        client
            .batch_execute(&format!("{ROWS}; {rows}"))
            .expect("rows");
        let before = content(&mut client);
        let mut arguments = vec!["db-rollback", "--backup", "backups"];
        if !accepted.is_empty() {
            arguments.extend(["--accept-data-loss", accepted]);
        }
        let ran = database.run(&repo, &arguments).must_exit(0);
        assert!(
            ran.stdout.contains("psql -X -f restore.sql"),
            "{down}: {}",
            ran.stdout
        );
        database.run(&repo, &["db-migrate"]).must_exit(0);
        assert_ne!(content(&mut client), before, "{down}: nothing was lost");
        let folder = backup_of(&repo);
        restore(&database, &folder, *with_psql);
        assert_eq!(content(&mut client), before, "{down}");
        // Once more changes nothing.
        restore(&database, &folder, *with_psql);
        assert_eq!(content(&mut client), before, "{down}, twice");
        database
            .run(&repo, &["db-status", "--exit-code"])
            .must_exit(0);
    });
}

#[test]
fn a_backup_of_what_is_not_undone_is_removed() {
    let Some(scratch) = shared() else { return };
    let down = "ALTER TABLE users DROP bio; DELETE FROM notes;";
    let repo =
        Monorepo::of_migrations(&[FIRST, ("V2__bio", "ALTER TABLE users ADD bio text;", down)]);
    let database = Database::create(scratch, "not_restored");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute(&format!("{ROWS}; UPDATE users SET bio = 'x'"))
        .expect("rows");
    // The loss of the notes is only found when the SQL has run, and that of the column is in a file
    // by then.
    let arguments = [
        "db-rollback",
        "--backup",
        "backups",
        "--accept-data-loss",
        "users.bio",
    ];
    let ran = database.run(&repo, &arguments).must_exit(1);
    assert!(
        ran.stdout.contains("nothing was undone") && !ran.stdout.contains("restore.sql"),
        "{}",
        ran.stdout
    );
    assert_eq!(
        std::fs::read_dir(repo.path("backups"))
            .expect("backups")
            .count(),
        0
    );
}

/// The schema is the same, and every query of the view fails.
#[test]
fn views_and_sequences_that_the_way_back_leaves_otherwise_are_told() {
    let Some(scratch) = shared() else { return };
    let view = (
        "V2__names",
        "CREATE MATERIALIZED VIEW names AS SELECT name FROM users;",
        "DROP MATERIALIZED VIEW names;",
    );
    let down = "REFRESH MATERIALIZED VIEW names WITH NO DATA; ALTER SEQUENCE users_id_seq RESTART;";
    let repo = Monorepo::of_migrations(&[FIRST, view, ("V3__nothing", "SELECT 1;", down)]);
    let database = Database::create(scratch, "unpopulated");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database.connect().batch_execute(ROWS).expect("rows");
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    for part in [
        "the materialized view `public.names` is no longer populated",
        "the sequence `users_id_seq` stood at 3, and is gone or begins anew",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
}
