//! The losses of a rollback on a real database. Every row and value that is gone afterwards is
//! counted, and refused without consent by name. Data that is only moved, filled in or written in
//! another type is not counted.

use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::{shared, side_by_side};

const USERS: (&str, &str, &str) = (
    "V1__users",
    "CREATE TYPE mood AS ENUM ('ok', 'sad', 'angry');
     CREATE TABLE users (id int PRIMARY KEY, name text, price numeric(10,2), mood mood);
     CREATE TABLE notes (note text);
     CREATE TABLE parts (id int, note text) PARTITION BY RANGE (id);
     CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
     CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM users; RETURN NULL; END';
     CREATE CONSTRAINT TRIGGER wipe AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW WHEN (new.note = 'wipe') EXECUTE FUNCTION wipe();",
    "DROP TABLE parts; DROP TABLE notes; DROP TABLE users; DROP FUNCTION wipe; DROP TYPE mood;",
);

const ROWS: &str = "INSERT INTO users VALUES (1, 'Ada', 1.50, 'ok'), (2, NULL, 2.00, 'angry');
                    INSERT INTO notes VALUES ('a'), ('a'), (NULL);
                    INSERT INTO parts VALUES (1, 'x'), (2, 'y')";

/// Down files, each with its losses. None of them changes the schema.
const LOSSES: &[(&str, &[&str])] = &[
    ("UPDATE users SET name = 'gone'", &["users.name: 1 values"]),
    ("UPDATE users SET price = DEFAULT, name = upper(name)", &["users.name: 1 values", "users.price: 2 values"]),
    ("UPDATE users SET id = id + 10", &["users: 2 rows"]),
    ("INSERT INTO users VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'b'", &["users.name: 1 values"]),
    ("DELETE FROM users WHERE id = 1", &["users: 1 rows"]),
    ("TRUNCATE users", &["users: 2 rows"]),
    ("TRUNCATE users; INSERT INTO users VALUES (1, 'Ada', 1.50, 'ok'), (2, NULL, NULL, NULL)", &["users.price: 1 values", "users.mood: 1 values"]),
    (
        "ALTER TABLE users ALTER price TYPE int; ALTER TABLE users ALTER price TYPE numeric(10,2)",
        &["users.price: 1 values"],
    ),
    ("ALTER TABLE users ALTER name TYPE varchar(1) USING left(name, 1); ALTER TABLE users ALTER name TYPE text", &[
        "users.name: 1 values",
    ]),
    (
        "ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('ok', 'sad', 'angry');
         ALTER TABLE users ALTER mood TYPE mood USING (CASE mood::text WHEN 'angry' THEN 'sad' ELSE mood::text END)::mood;
         DROP TYPE old",
        &["users.mood: 1 values"],
    ),
    ("DELETE FROM notes; INSERT INTO notes VALUES ('a'), (NULL)", &["notes: 1 rows"]),
    ("UPDATE notes SET note = 'b' WHERE note IS NULL", &["notes: 1 rows"]),
    ("UPDATE parts SET note = 'z' WHERE id = 1", &["parts: 1 rows"]),
    ("DELETE FROM parts_1", &["parts: 2 rows"]),
    // What waits for the COMMIT.
    ("INSERT INTO notes VALUES ('wipe')", &["users: 2 rows"]),
];

/// Down files that lose nothing, however much of the table they rewrite.
const NO_LOSSES: &[&str] = &[
    "UPDATE users SET name = '' WHERE name IS NULL",
    "UPDATE users SET name = name, price = 1.5 WHERE id = 1",
    "ALTER TABLE users ALTER price TYPE numeric(12,4); ALTER TABLE users ALTER price TYPE numeric(10,2)",
    "ALTER TABLE users ALTER id TYPE bigint; ALTER TABLE users ALTER id TYPE int",
    "ALTER TABLE users ALTER mood TYPE text; ALTER TABLE users ALTER mood TYPE mood USING mood::mood",
    "ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('ok', 'sad', 'angry');
     ALTER TABLE users ALTER mood TYPE mood USING mood::text::mood; DROP TYPE old",
    "CREATE TEMP TABLE copy AS TABLE users; DELETE FROM users; INSERT INTO users TABLE copy; DROP TABLE copy",
    "DELETE FROM notes; INSERT INTO notes VALUES ('a'), (NULL), ('a'), ('more')",
    "CREATE TABLE new (id int); INSERT INTO new VALUES (1); UPDATE new SET id = 2; DROP TABLE new",
    "ALTER TABLE parts DETACH PARTITION parts_1; ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES FROM (0) TO (10)",
];

/// A database with rows, whose last migration is undone by `down`.
fn with_rows(name: &str, down: &str) -> Option<(Database<'static>, Monorepo)> {
    let repo = Monorepo::of_migrations(&[USERS, ("V2__nothing", "SELECT 1;", down)]);
    let database = Database::create(shared()?, name);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database.connect().batch_execute(ROWS).expect("rows");
    Some((database, repo))
}

/// Everything that is in the tables.
fn content(database: &Database<'_>) -> String {
    let all = "SELECT concat_ws(' ', (SELECT string_agg(u::text, ' ' ORDER BY id) FROM users AS u),
                                (SELECT string_agg(n::text, ' ' ORDER BY note) FROM notes AS n),
                                (SELECT string_agg(p::text, ' ' ORDER BY id) FROM parts AS p))";
    database
        .connect()
        .query_one(all, &[])
        .expect("a query")
        .get(0)
}

#[test]
fn what_is_lost_is_counted_and_refused_without_consent() {
    let modes = [("tx", ""), ("steps", "-- no-transaction\n")];
    let cases: Vec<_> = LOSSES
        .iter()
        .flat_map(|(down, lost)| modes.map(|mode| (mode, *down, *lost)))
        .collect();
    side_by_side(&cases, |((mode, first_line), down, lost)| {
        // Without a transaction what is lost and made good later is lost in between, and statements
        // that belong together are one.
        let one = match *mode {
            "steps" => format!("{first_line}DO $do$ BEGIN {down}; END $do$;"),
            _ => format!("{down};"),
        };
        let Some((database, repo)) = with_rows(&format!("lost_{mode}"), &one) else {
            return;
        };
        let before = content(&database);
        let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
        for loss in *lost {
            assert!(
                ran.stdout.contains(&format!("- {loss}")),
                "{down}: {loss} is not in {}",
                ran.stdout
            );
        }
        assert_eq!(
            ran.stdout.matches("\n- ").count() - NOT_LOSSES,
            lost.len(),
            "{down}: {}",
            ran.stdout
        );
        assert!(
            ran.stdout
                .contains("data would be lost, and nothing was undone"),
            "{down}: {}",
            ran.stdout
        );
        assert_eq!(
            (content(&database), database.history()),
            (before, vec![1, 2]),
            "{down}"
        );
        // As if nothing had run: nothing has to be gone on with.
        database
            .run(&repo, &["db-status", "--exit-code"])
            .must_exit(0);
        let accepted = lost
            .iter()
            .map(|loss| loss.split(':').next().unwrap_or_default())
            .collect::<Vec<_>>()
            .join(",");
        database
            .run(&repo, &["db-rollback", "--accept-data-loss", &accepted])
            .must_exit(0);
        assert_eq!(database.history(), [1], "{down}");
    });
}

/// Lines of the report of step 1 that begin as a loss does: the four counts, and the migration.
const NOT_LOSSES: usize = 5;

#[test]
fn what_loses_nothing_needs_no_consent() {
    side_by_side(NO_LOSSES, |down| {
        let Some((database, repo)) = with_rows("kept", &format!("{down};")) else {
            return;
        };
        let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
        assert!(
            ran.stdout
                .contains("the schema is exactly what it was before"),
            "{down}: {}",
            ran.stdout
        );
        assert_eq!(database.history(), [1], "{down}");
    });
}

/// A step without transaction is committed by itself, so that the ones before the loss are done.
#[test]
fn a_loss_in_the_middle_of_steps_stops_before_it_and_goes_on_with_consent() {
    let down = "-- no-transaction\nCREATE TABLE extra (id int);\nDELETE FROM users WHERE id = 1;\n\
                DELETE FROM users WHERE id = 2;\nDROP TABLE extra;\n";
    let Some((database, repo)) = with_rows("middle", down) else {
        return;
    };
    let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
    for part in [
        "- users: 1 rows",
        "stopped before statement 2 of 4",
        "db-rollback --accept-data-loss users",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    assert_eq!(database.history(), [1, 2]);
    let status = database
        .run(&repo, &["db-status", "--exit-code"])
        .must_exit(1);
    assert!(
        status.stdout.contains("statement 2 of 4 is next"),
        "{}",
        status.stdout
    );
    let accepted = [
        "db-rollback",
        "--accept-data-loss",
        "users",
        "--backup",
        "backups",
    ];
    database.run(&repo, &accepted).must_exit(0);
    assert_eq!(database.history(), [1]);
    // Each step writes what it lost, and none over the backup of another.
    let folder = std::fs::read_dir(repo.path("backups"))
        .expect("backups")
        .next()
        .expect("one")
        .expect("one")
        .path();
    let backup = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a backup");
    assert_eq!(backup("users.csv"), "id,name,price,mood\n1,Ada,1.50,ok\n");
    assert_eq!(backup("users.2.csv"), "id,name,price,mood\n2,,2.00,angry\n");
}

#[test]
fn a_converted_column_of_a_renamed_table_is_found_again() {
    let Some(scratch) = shared() else { return };
    let up =
        "ALTER TABLE users ALTER price TYPE numeric(10,4); ALTER TABLE users RENAME TO people;";
    let down =
        "ALTER TABLE people RENAME TO users; ALTER TABLE users ALTER price TYPE numeric(10,2);";
    let repo = Monorepo::of_migrations(&[USERS, ("V2__people", up, down)]);
    let database = Database::create(scratch, "renamed");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO people VALUES (1, 'a', 1.2345), (2, 'b', 1.5)")
        .expect("rows");
    let ran = database.run(&repo, &["db-rollback"]).must_exit(1);
    assert!(
        ran.stdout.contains("- people.price: 1 values"),
        "{}",
        ran.stdout
    );
    database
        .run(
            &repo,
            &["db-rollback", "--accept-data-loss", "public.people.price"],
        )
        .must_exit(0);
}

/// Rows that a policy hides are there all the same.
#[test]
fn rows_that_cannot_be_seen_are_not_taken_for_none() {
    let Some(scratch) = shared() else { return };
    let hidden = "CREATE TABLE hidden (id int PRIMARY KEY); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
                  ALTER TABLE hidden FORCE ROW LEVEL SECURITY; CREATE POLICY none ON hidden USING (false);";
    let column = (
        "V2__column",
        "ALTER TABLE hidden ADD note text;",
        "ALTER TABLE hidden DROP note;",
    );
    let repo = Monorepo::of_migrations(&[("V1__hidden", hidden, "DROP TABLE hidden;"), column]);
    let database = Database::create(scratch, "policies");
    let mut admin = database.connect();
    let role = format!("owner_of_{}", database.name());
    let owns = format!(
        "CREATE ROLE {role} LOGIN; ALTER DATABASE {} OWNER TO {role}; ALTER SCHEMA public OWNER TO {role}",
        database.name()
    );
    admin.batch_execute(&owns).expect("an owner");
    let as_owner = |arguments: &[&str]| {
        let mut command = database.command(&repo, arguments);
        command.arg("--database-url").arg(database.url_of(&role));
        crate::support::monorepo::Ran::of(&mut command)
    };
    as_owner(&["db-migrate"]).must_exit(0);
    admin
        .batch_execute("INSERT INTO hidden VALUES (1, 'x')")
        .expect("a row");
    as_owner(&["db-rollback"]).must_fail_at_length(&[
        "cannot count what `hidden.note` holds",
        "row-level security",
        "`BYPASSRLS`",
    ]);
    assert_eq!(database.history(), [1, 2]);
    admin
        .batch_execute(&format!("ALTER ROLE {role} BYPASSRLS"))
        .expect("a privilege");
    let ran = as_owner(&["db-rollback"]).must_exit(1);
    assert!(
        ran.stdout.contains("- hidden.note: 1 values"),
        "{}",
        ran.stdout
    );
    admin
        .batch_execute(&format!(
            "ALTER DATABASE {} SET track_counts = off",
            database.name()
        ))
        .expect("a setting");
    let accepts = ["db-rollback", "--accept-data-loss", "hidden.note"];
    as_owner(&accepts).must_fail_at_length(&["cannot tell which rows", "`track_counts` is off"]);
    database.run(&repo, &accepts).must_exit(0);
}

/// History and journal are ours wherever they are.
#[test]
fn a_history_in_a_namespace_of_its_own_is_no_loss() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[USERS]);
    let text = repo
        .read("Cargo.toml")
        .replacen("]\n", "]\nhistory-table = 'public.applied'\n", 1);
    repo.write("Cargo.toml", &text);
    let database = Database::create(scratch, "named_history");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database.run(&repo, &["db-rollback"]).must_exit(0);
}

/// A number that was handed out is handed out again: no row is lost, but somebody should know.
#[test]
fn sequences_that_are_set_back_are_told() {
    let Some(scratch) = shared() else { return };
    let sequences = (
        "V1__a",
        "CREATE SEQUENCE kept; CREATE SEQUENCE back; CREATE TABLE t (id serial);",
        "SELECT 1;",
    );
    let invoices = (
        "V2__b",
        "CREATE SEQUENCE invoices;",
        "DROP SEQUENCE invoices; SELECT setval('back', 1);",
    );
    let repo = Monorepo::of_migrations(&[sequences, invoices]);
    let database = Database::create(scratch, "sequences");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let used = "SELECT nextval('kept'), nextval('back'), nextval('back'), nextval('invoices'), nextval('t_id_seq')";
    database.connect().batch_execute(used).expect("numbers");
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    for part in [
        "`invoices` stood at 1, and is gone",
        "`back` stood at 2, and stands at 1",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    assert!(
        !ran.stdout.contains("`kept`") && !ran.stdout.contains("t_id_seq"),
        "{}",
        ran.stdout
    );
}
