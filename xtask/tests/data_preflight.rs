//! Rows that stop migrations are foretold, with their number and keys. PostgreSQL itself is the
//! judge: each migration runs afterwards, and fails exactly where that was foretold.

mod commands;
mod limits;

use xtask::internals::migrations::data_preflight::{Foretold, Limits, foretell};
use xtask::internals::migrations::{Down, Migration, checksum};

use crate::support::database::Database;
use crate::support::{shared, side_by_side};

/// The migration with this text.
fn migration(sql: &str) -> Migration {
    Migration {
        version: 2,
        name: "change".into(),
        foreign: None,
        file: "migrations/V2__change.sql".into(),
        sql: sql.into(),
        down: Down::Irreversible {
            file: "migrations/V2__change.down.sql".into(),
            reason: "a test".into(),
        },
        no_transaction: false,
        checksum: checksum(2, "change", sql).expect("a name that refinery takes"),
    }
}

/// What is foretold of `sql` on the database.
fn foretold(database: &Database<'_>, sql: &str) -> Foretold {
    let mut client = database.connect();
    foretell(&mut client, &[&migration(sql)], Limits::default()).expect("the catalogs can be read")
}

/// Whether the migration fails on the database with an error about values.
fn fails(database: &Database<'_>, sql: &str) -> bool {
    let mut client = database.connect();
    match client.batch_execute(&format!("BEGIN; {sql}; COMMIT")) {
        Ok(()) => false,
        Err(error) => {
            let code = error
                .code()
                .expect("an error of the server")
                .code()
                .to_owned();
            assert!(
                code.starts_with("22") || code.starts_with("23"),
                "{sql}: {error:?}"
            );
            true
        }
    }
}

const TEAMS: &str = "
    CREATE TABLE teams (id int PRIMARY KEY, name text NOT NULL, nick text, size int, mail text, boss int, span int4range);
    INSERT INTO teams VALUES
        (1, 'A', 'a', 1, 'X@x', 1, '[1,5)'), (2, 'B', NULL, -2, 'x@X', 9, '[4,8)'),
        (3, 'C', 'a', 3, 'y', NULL, '[10,12)'), (4, 'longer', NULL, 70000, 'z', 8, '[20,30)');";

/// Each kind of statement that rows stop: what is there, the migration, the number of rows in the
/// way and their keys.
const STOPPED: &[(&str, &str, i64, &str)] = &[
    ("", "ALTER TABLE teams ALTER nick SET NOT NULL", 2, "2 4"),
    ("", "ALTER TABLE teams ADD role text NOT NULL", 4, "1 2 3 4"),
    ("", "ALTER TABLE teams ADD UNIQUE (nick)", 2, "1 3"),
    ("", "ALTER TABLE teams ADD UNIQUE NULLS NOT DISTINCT (nick)", 4, "1 2 3 4"),
    ("", "CREATE UNIQUE INDEX i ON teams (lower(mail))", 2, "1 2"),
    ("", "CREATE UNIQUE INDEX i ON teams (nick) WHERE size > 0", 2, "1 3"),
    ("", "ALTER TABLE teams ADD CHECK (size > 0)", 1, "2"),
    ("", "ALTER TABLE teams ADD level int DEFAULT 0 CHECK (level > 0)", 4, "1 2 3 4"),
    (
        "ALTER TABLE teams ADD CONSTRAINT c CHECK (size < 100) NOT VALID",
        "ALTER TABLE teams VALIDATE CONSTRAINT c",
        1,
        "4",
    ),
    ("", "ALTER TABLE teams ADD FOREIGN KEY (boss) REFERENCES teams", 2, "2 4"),
    (
        "CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b)); INSERT INTO pairs VALUES (1, 1)",
        "ALTER TABLE teams ADD FOREIGN KEY (id, boss) REFERENCES pairs MATCH FULL",
        3,
        "2 3 4",
    ),
    ("", "ALTER TABLE teams ADD EXCLUDE USING gist (span WITH &&)", 2, "1 2"),
    ("", "ALTER TABLE teams ALTER size TYPE smallint", 1, "4"),
    ("", "ALTER TABLE teams ALTER name TYPE varchar(3)", 1, "4"),
    ("", "ALTER TABLE teams ALTER nick TYPE int USING nick::int", 2, "1 3"),
    (
        "",
        "CREATE TYPE nick AS ENUM ('b', 'c'); ALTER TABLE teams ALTER nick TYPE nick USING nick::text::nick",
        2,
        "1 3",
    ),
    (
        "CREATE DOMAIN size AS int; ALTER TABLE teams ALTER size TYPE size",
        "ALTER DOMAIN size ADD CHECK (VALUE > 1)",
        2,
        "1 2",
    ),
    (
        "CREATE DOMAIN nick AS text; ALTER TABLE teams ALTER nick TYPE nick",
        "ALTER DOMAIN nick SET NOT NULL",
        2,
        "2 4",
    ),
    (
        "CREATE TABLE logs (id int, day int) PARTITION BY RANGE (day); CREATE TABLE old (id int, day int);
         INSERT INTO old VALUES (1, 5), (2, 15), (3, NULL)",
        "ALTER TABLE logs ATTACH PARTITION old FOR VALUES FROM (0) TO (10)",
        2,
        "(0,2) (0,3)",
    ),
    (
        "CREATE TABLE logs (id int, day int) PARTITION BY LIST (day); CREATE TABLE rest PARTITION OF logs DEFAULT;
         INSERT INTO logs VALUES (1, 5), (2, 6)",
        "CREATE TABLE five PARTITION OF logs FOR VALUES IN (5)",
        1,
        "rest (0,1)",
    ),
    ("", "INSERT INTO teams VALUES (3, 'x'), (7, 'y')", 1, "3"),
    ("", "ALTER TABLE teams ADD total int GENERATED ALWAYS AS (nick::int) STORED", 2, "1 3"),
    ("CREATE TABLE plain (n int); INSERT INTO plain VALUES (1), (1)", "ALTER TABLE plain ADD PRIMARY KEY (n)", 2, "(0,1) (0,2)"),
    ("", "ALTER TABLE teams RENAME nick TO alias; ALTER TABLE teams RENAME TO groups; ALTER TABLE groups ALTER alias SET NOT NULL", 2, "2 4"),
    ("", "ALTER TABLE teams ADD role text; ALTER TABLE teams ALTER role SET NOT NULL", 4, "1 2 3 4"),
    // Rows of heirs count, each named with its table, unless the check is not inherited.
    (
        "CREATE TABLE logs (n int); CREATE TABLE old () INHERITS (logs); INSERT INTO logs VALUES (1); INSERT INTO old VALUES (2), (3)",
        "ALTER TABLE logs ADD CHECK (n < 2)",
        2,
        "old (0,1) old (0,2)",
    ),
    (
        "CREATE TABLE logs (n int); CREATE TABLE old () INHERITS (logs); INSERT INTO logs VALUES (1); INSERT INTO old VALUES (2)",
        "ALTER TABLE logs ADD CHECK (n < 1) NO INHERIT",
        1,
        "logs (0,1)",
    ),
    // A sequence that is behind its column, and defaults.
    (
        "CREATE TABLE made (id serial PRIMARY KEY, n int); INSERT INTO made VALUES (1, 1), (2, 2), (9, 9)",
        "INSERT INTO made (n) VALUES (5), (6), (7)",
        2,
        "1 2",
    ),
    (
        "CREATE TABLE made (id int GENERATED BY DEFAULT AS IDENTITY (START 10 INCREMENT 10) PRIMARY KEY, n int); INSERT INTO made VALUES (20, 1)",
        "INSERT INTO made (n) VALUES (5), (6)",
        1,
        "20",
    ),
    (
        "CREATE TABLE kinds (id int, kind text UNIQUE DEFAULT 'x'); INSERT INTO kinds VALUES (1, 'x')",
        "INSERT INTO kinds (id) VALUES (2)",
        1,
        "(0,1)",
    ),
    ("", "INSERT INTO teams (id, name) VALUES (1 + 2, 'x')", 1, "3"),
    // Functions of an index, whether it is unique or not.
    ("", "CREATE INDEX i ON teams ((nick::int))", 2, "1 3"),
    ("", "CREATE INDEX i ON teams (id) WHERE 10 / (size - 1) > 0", 1, "1"),
    // Values that another collation takes for one.
    (
        "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE TABLE names (id int PRIMARY KEY, n text UNIQUE); INSERT INTO names VALUES (1, 'a'), (2, 'A'), (3, 'b')",
        "ALTER TABLE names ALTER n TYPE text COLLATE nocase",
        2,
        "1 2",
    ),
    (
        "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE UNIQUE INDEX i ON teams (mail COLLATE nocase)",
        2,
        "1 2",
    ),
    // UPDATE and DELETE, which rows stop themselves, and what is left after them.
    ("", "UPDATE teams SET size = nick::int", 2, "1 3"),
    ("", "UPDATE teams t SET name = t.nick WHERE t.id > 1", 2, "2 4"),
    ("ALTER TABLE teams ADD CHECK (size > -5)", "UPDATE teams SET size = size - 5 WHERE id < 3", 1, "2"),
    ("ALTER TABLE teams ADD UNIQUE (mail)", "UPDATE teams SET mail = lower(mail)", 2, "1 2"),
    (
        "CREATE TABLE members (id int PRIMARY KEY, team int REFERENCES teams); INSERT INTO members VALUES (5, 1), (6, 3), (7, 3)",
        "DELETE FROM teams WHERE id = 3",
        2,
        "6 7",
    ),
    ("", "UPDATE teams SET nick = 'x' WHERE id = 2; ALTER TABLE teams ALTER nick SET NOT NULL", 1, "4"),
    ("", "DELETE FROM teams WHERE id = 2; ALTER TABLE teams ALTER nick SET NOT NULL", 1, "4"),
    (
        "",
        "SAVEPOINT s; UPDATE teams SET nick = 'x' WHERE nick IS NULL; ROLLBACK TO s; ALTER TABLE teams ALTER nick SET NOT NULL",
        2,
        "2 4",
    ),
    // Keys that others refer to, and the rules of a domain.
    (
        "CREATE TABLE members (id int PRIMARY KEY, team int REFERENCES teams); INSERT INTO members VALUES (5, 1), (6, 3), (7, 3)",
        "UPDATE teams SET id = id + 1 WHERE id IN (3, 4)",
        2,
        "6 7",
    ),
    (
        "CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%x%'); UPDATE teams SET mail = 'x'; ALTER TABLE teams ALTER mail TYPE mail",
        "UPDATE teams SET mail = 'none' WHERE id > 2",
        2,
        "3 4",
    ),
    // Columns that tables below get, lose or see renamed with the one above.
    (
        "CREATE TABLE logs (n int, day int) PARTITION BY LIST (day); CREATE TABLE one PARTITION OF logs FOR VALUES IN (1); INSERT INTO logs VALUES (7, 1)",
        "ALTER TABLE logs RENAME n TO m; ALTER TABLE one ADD CHECK (m < 5)",
        1,
        "(0,1)",
    ),
    (
        "CREATE TABLE logs (n int); CREATE TABLE old () INHERITS (logs); INSERT INTO old VALUES (2)",
        "ALTER TABLE logs ADD k text; ALTER TABLE old ALTER k SET NOT NULL",
        1,
        "(0,1)",
    ),
    (
        "CREATE TABLE logs (n int); CREATE TABLE old () INHERITS (logs); INSERT INTO logs VALUES (1); INSERT INTO old VALUES (NULL)",
        "DELETE FROM ONLY teams; ALTER TABLE logs ALTER n SET NOT NULL",
        1,
        "old (0,1)",
    ),
    ("ALTER TABLE teams ADD n numeric UNIQUE; UPDATE teams SET n = 1 + id / 10.0", "ALTER TABLE teams ALTER n TYPE int", 4, "1 2 3 4"),
];

#[test]
fn rows_in_the_way_are_foretold_with_their_number_and_keys() {
    let Some(scratch) = shared() else { return };
    side_by_side(STOPPED, |(more, sql, rows, keys)| {
        // `NULLS NOT DISTINCT` exists from PostgreSQL 15 on.
        if crate::support::major() < 15 && sql.contains("NULLS NOT") {
            return;
        }
        let database = Database::create(scratch, "in_the_way");
        let made = database.connect().batch_execute(&format!("{TEAMS}{more}"));
        made.unwrap_or_else(|error| panic!("{more}: {error:?}"));
        let foretold = foretold(&database, sql);
        let [obstacle] = foretold.obstacles.as_slice() else {
            panic!("{sql}: {foretold:?}")
        };
        assert_eq!(obstacle.rows, Some(*rows), "{sql}: {obstacle:?}");
        assert_eq!(obstacle.keys.join(" "), *keys, "{sql}");
        assert!(foretold.unknown.is_empty(), "{sql}: {foretold:?}");
        assert!(fails(&database, sql), "{sql} runs");
    });
}

/// Statements that only look dangerous.
const FREE: &[(&str, &str)] = &[
    ("", "ALTER TABLE teams ALTER name SET NOT NULL"),
    (
        "",
        "ALTER TABLE teams ADD role text NOT NULL DEFAULT 'member'",
    ),
    ("", "ALTER TABLE teams ADD n bigserial NOT NULL"),
    (
        "",
        "ALTER TABLE teams ADD n int GENERATED ALWAYS AS IDENTITY",
    ),
    (
        "",
        "ALTER TABLE teams ADD k uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()",
    ),
    ("", "ALTER TABLE teams ADD k int UNIQUE"),
    (
        "",
        "ALTER TABLE teams ADD total int NOT NULL GENERATED ALWAYS AS (size + 1) STORED",
    ),
    ("", "ALTER TABLE teams ADD level int CHECK (level > 0)"),
    (
        "",
        "ALTER TABLE teams ADD made timestamptz NOT NULL DEFAULT now()",
    ),
    ("", "ALTER TABLE teams ADD UNIQUE (id, nick)"),
    (
        "",
        "CREATE UNIQUE INDEX i ON teams (nick) WHERE nick <> 'a'",
    ),
    ("", "CREATE INDEX i ON teams (nick)"),
    ("", "ALTER TABLE teams ADD CHECK (size <> 0)"),
    (
        "",
        "ALTER TABLE teams ADD CONSTRAINT c CHECK (size > 100000) NOT VALID",
    ),
    (
        "",
        "ALTER TABLE teams ADD FOREIGN KEY (id) REFERENCES teams",
    ),
    (
        "",
        "ALTER TABLE teams ADD FOREIGN KEY (boss) REFERENCES teams NOT VALID",
    ),
    (
        "",
        "ALTER TABLE teams ADD EXCLUDE USING gist (span WITH &&) WHERE (id > 2)",
    ),
    ("", "ALTER TABLE teams ALTER size TYPE bigint"),
    ("", "ALTER TABLE teams ALTER name TYPE varchar(6)"),
    (
        "",
        "ALTER TABLE teams ALTER name TYPE varchar(3) USING name::varchar(3)",
    ),
    (
        "",
        "ALTER TABLE teams ALTER nick TYPE int USING length(nick)",
    ),
    (
        "",
        "CREATE TYPE nick AS ENUM ('a'); ALTER TABLE teams ALTER nick TYPE nick USING nick::nick",
    ),
    (
        "",
        "TRUNCATE teams; ALTER TABLE teams ADD role text NOT NULL",
    ),
    (
        "",
        "DELETE FROM teams; ALTER TABLE teams ALTER nick SET NOT NULL",
    ),
    (
        "",
        "CREATE TABLE new (id int); INSERT INTO new VALUES (1), (2); ALTER TABLE new ADD UNIQUE (id); ALTER TABLE new ALTER id SET NOT NULL",
    ),
    (
        "",
        "DROP TABLE teams; CREATE TABLE teams (id int); ALTER TABLE teams ADD role text NOT NULL",
    ),
    (
        "",
        "ALTER TABLE teams ADD COLUMN IF NOT EXISTS nick text NOT NULL",
    ),
    (
        "CREATE TABLE none (id int)",
        "ALTER TABLE none ADD role text NOT NULL",
    ),
    ("", "CREATE INDEX i ON teams (lower(mail), (size + 1))"),
    (
        "",
        "UPDATE teams SET nick = 'n' || id WHERE nick IS NULL; ALTER TABLE teams ALTER nick SET NOT NULL; ALTER TABLE teams ADD CHECK (nick <> '')",
    ),
    (
        "",
        "UPDATE teams t SET size = 0 WHERE t.size < 0; ALTER TABLE teams ADD CHECK (size >= 0)",
    ),
    (
        "",
        "DELETE FROM teams WHERE size < 0; ALTER TABLE teams ADD CHECK (size > 0)",
    ),
    (
        "CREATE TABLE members (id int PRIMARY KEY, team int REFERENCES teams, lead int REFERENCES teams ON DELETE CASCADE); INSERT INTO members VALUES (5, 1, 3)",
        "DELETE FROM teams WHERE id = 3; UPDATE teams SET size = 1",
    ),
    (
        "CREATE TABLE logs (n int); CREATE TABLE old () INHERITS (logs); INSERT INTO old VALUES (2)",
        "ALTER TABLE logs ADD CHECK (n < 1) NO INHERIT",
    ),
    (
        "CREATE TABLE made (id serial PRIMARY KEY, k uuid UNIQUE DEFAULT gen_random_uuid(), n int UNIQUE); INSERT INTO made (n) VALUES (1)",
        "INSERT INTO made (n) VALUES (5), (NULL)",
    ),
    (
        "",
        "SAVEPOINT s; DELETE FROM teams; ROLLBACK TO s; ALTER TABLE teams ALTER name SET NOT NULL",
    ),
    (
        "CREATE TABLE members (id int PRIMARY KEY, team int REFERENCES teams); INSERT INTO members VALUES (5, 1)",
        "UPDATE teams SET id = id + 10 WHERE id > 1; UPDATE teams SET id = id",
    ),
    (
        "",
        "EXPLAIN DELETE FROM teams; ALTER TABLE teams ALTER name SET NOT NULL",
    ),
    (
        "CREATE DOMAIN role AS text DEFAULT 'x'",
        "INSERT INTO teams VALUES (9, 'x') ON CONFLICT DO NOTHING",
    ),
    (
        "CREATE TABLE logs (day int) PARTITION BY RANGE (day); CREATE TABLE old AS SELECT 5 AS day",
        "ALTER TABLE logs ATTACH PARTITION old FOR VALUES FROM (0) TO (10)",
    ),
    (
        "CREATE SCHEMA app; CREATE TABLE app.teams (id int, nick text)",
        "SET search_path TO app; ALTER TABLE teams ALTER nick SET NOT NULL",
    ),
];

#[test]
fn statements_that_only_look_dangerous_are_not_foretold() {
    let Some(scratch) = shared() else { return };
    side_by_side(FREE, |(more, sql)| {
        let database = Database::create(scratch, "free");
        let made = database.connect().batch_execute(&format!("{TEAMS}{more}"));
        made.unwrap_or_else(|error| panic!("{more}: {error:?}"));
        let foretold = foretold(&database, sql);
        assert!(foretold.obstacles.is_empty(), "{sql}: {foretold:?}");
        assert!(foretold.unknown.is_empty(), "{sql}: {foretold:?}");
        assert!(!fails(&database, sql), "{sql} fails");
    });
}

/// A table and one that inherits from it, each with a row, that of the heir NULL.
const HEIRS: &str = "CREATE TABLE logs (n int); CREATE TABLE old () INHERITS (logs); INSERT INTO logs VALUES (1); INSERT INTO old VALUES (NULL)";

/// What cannot be known is said, and never counted.
const UNKNOWN: &[(&str, &str, &str)] = &[
    // Rows of an heir are rows of the table above it.
    (
        HEIRS,
        "UPDATE old SET n = 1; ALTER TABLE logs ALTER n SET NOT NULL",
        "changes rows of `old`",
    ),
    (
        HEIRS,
        "UPDATE logs SET n = 1; ALTER TABLE old ALTER n SET NOT NULL",
        "changes rows of `logs`",
    ),
    (
        HEIRS,
        "DROP TABLE old; ALTER TABLE logs ALTER n SET NOT NULL",
        "drops `old`",
    ),
    (
        HEIRS,
        "TRUNCATE old; ALTER TABLE logs ALTER n SET NOT NULL",
        "empties `old`",
    ),
    (
        HEIRS,
        "DELETE FROM ONLY logs; ALTER TABLE logs ALTER n SET NOT NULL",
        "changes rows of `logs`",
    ),
    (
        HEIRS,
        "ALTER TABLE old NO INHERIT logs; ALTER TABLE logs ALTER n SET NOT NULL",
        "changes what inherits",
    ),
    (
        HEIRS,
        "CREATE TABLE new () INHERITS (logs); INSERT INTO new SELECT NULL FROM teams; ALTER TABLE logs ALTER n SET NOT NULL",
        "changes what inherits",
    ),
    // Code that a statement runs besides what it says.
    (
        "CREATE FUNCTION purge() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM teams; RETURN 1; END'; CREATE TABLE logs (n int)",
        "INSERT INTO logs SELECT purge(); ALTER TABLE teams ALTER nick SET NOT NULL",
        "calls `purge`",
    ),
    (
        "CREATE VIEW nicks AS SELECT id, nick FROM teams",
        "UPDATE nicks SET nick = 'x'; ALTER TABLE teams ALTER nick SET NOT NULL",
        "changes rows through the view `nicks`",
    ),
    (
        "",
        "SET session_replication_role = replica; DELETE FROM teams WHERE id = 1; ALTER TABLE teams ALTER nick SET NOT NULL",
        "may switch off triggers and foreign keys",
    ),
    (
        "ALTER TABLE teams ADD CONSTRAINT f FOREIGN KEY (boss) REFERENCES teams DEFERRABLE INITIALLY DEFERRED NOT VALID",
        "UPDATE teams SET boss = 77; UPDATE teams SET boss = 1",
        "checked after the statements that follow",
    ),
    (
        "",
        "UPDATE teams SET nick = o.name FROM teams o WHERE teams.nick IS NULL AND o.id = teams.id; ALTER TABLE teams ALTER nick SET NOT NULL",
        "migrations/V2__change.sql:1 changes rows of `teams`",
    ),
    (
        "",
        "UPDATE teams SET name = o.nick FROM teams o WHERE o.id = teams.id",
        "other tables decide which rows it concerns",
    ),
    (
        "CREATE TABLE copies (id int PRIMARY KEY)",
        "INSERT INTO copies SELECT boss FROM teams",
        "its rows come from a query",
    ),
    (
        "",
        "CREATE TABLE copies (id int PRIMARY KEY); INSERT INTO copies SELECT boss FROM teams",
        "its rows come from a query",
    ),
    (
        "CREATE FUNCTION any_id() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 3';
         CREATE TABLE made (id int PRIMARY KEY DEFAULT any_id(), n int)",
        "INSERT INTO made (n) VALUES (1)",
        "of `id`: the function `any_id` is volatile",
    ),
    (
        "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id = 1; RETURN NEW; END';
         CREATE TRIGGER t BEFORE INSERT ON teams FOR EACH ROW EXECUTE FUNCTION other()",
        "INSERT INTO teams (id, name) VALUES (77, 'x')",
        "triggers of `teams` may change the new rows",
    ),
    (
        "",
        "DO $$ BEGIN DELETE FROM teams; END $$; ALTER TABLE teams ADD CHECK (size > 0)",
        "runs a block of code",
    ),
    (
        "CREATE FUNCTION big(int) RETURNS boolean LANGUAGE sql AS 'SELECT $1 > 0'",
        "ALTER TABLE teams ADD CHECK (big(size))",
        "the function `big` is volatile",
    ),
    (
        "CREATE TABLE copies (id int PRIMARY KEY)",
        "INSERT INTO copies SELECT id FROM teams; ALTER TABLE teams ADD FOREIGN KEY (boss) REFERENCES copies",
        "of `copies`: the statement at migrations/V2__change.sql:1 changes rows",
    ),
    (
        "",
        "CREATE TABLE roles (id int PRIMARY KEY); INSERT INTO roles VALUES (1), (9);
         ALTER TABLE teams ADD FOREIGN KEY (boss) REFERENCES roles",
        "a pending statement fills `roles`",
    ),
    (
        "",
        "CREATE TABLE copies AS SELECT nick FROM teams; ALTER TABLE copies ADD UNIQUE (nick)",
        "a pending query fills it",
    ),
    (
        "",
        "CREATE FUNCTION ok(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
         ALTER TABLE teams ADD CHECK (ok(size))",
        "a pending statement makes the function `ok`",
    ),
    (
        "CREATE EXTENSION IF NOT EXISTS file_fdw; CREATE SERVER away FOREIGN DATA WRAPPER file_fdw;
         CREATE FOREIGN TABLE far (n int) SERVER away OPTIONS (filename '/nowhere')",
        "ALTER TABLE far ALTER n SET NOT NULL",
        "its rows are on another server",
    ),
    (
        "CREATE TABLE parts (n int) PARTITION BY LIST (n);
         DO $$ BEGIN FOR i IN 1..120 LOOP
           EXECUTE format('CREATE TABLE parts_%s PARTITION OF parts FOR VALUES IN (%s)', i, i);
         END LOOP; END $$",
        "ALTER TABLE parts ADD CHECK (n > 5)",
        "it has 120 partitions",
    ),
    (
        "CREATE FUNCTION clear() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TABLE logs (id int); CREATE TRIGGER t AFTER INSERT ON logs EXECUTE FUNCTION clear()",
        "INSERT INTO logs VALUES (1); ALTER TABLE teams ALTER nick SET NOT NULL",
        "fires triggers of `logs`",
    ),
    (
        "ALTER TABLE teams ADD CONSTRAINT f FOREIGN KEY (boss) REFERENCES teams ON DELETE SET NULL NOT VALID",
        "DELETE FROM teams WHERE id = 1; ALTER TABLE teams ALTER boss SET NOT NULL",
        "changes rows of `teams`",
    ),
];

#[test]
fn what_cannot_be_known_is_said_with_its_reason() {
    let Some(scratch) = shared() else { return };
    side_by_side(UNKNOWN, |(more, sql, why)| {
        let database = Database::create(scratch, "unknown");
        let made = database.connect().batch_execute(&format!("{TEAMS}{more}"));
        // Not every server has the extension.
        if more.contains("file_fdw") && made.is_err() {
            return;
        }
        made.unwrap_or_else(|error| panic!("{more}: {error:?}"));
        let foretold = foretold(&database, sql);
        assert!(foretold.obstacles.is_empty(), "{sql}: {foretold:?}");
        let told = foretold.unknown.iter().any(|one| one.why.contains(why));
        assert!(told, "{sql}: {foretold:?}");
    });
}
