//! Which differences between a database and its migrations count: not how it came to be what it is,
//! and not what somebody decided to live with.

use crate::support::database::Database;
use crate::support::migrations::{BIO, USERS};
use crate::support::monorepo::Monorepo;
use crate::support::{major, shared};

/// Definitions that PostgreSQL writes in another way once its own text was read again.
const SPELLED: (&str, &str, &str) = (
    "V1__spelled",
    "CREATE DOMAIN mood AS varchar(10) CONSTRAINT mood_known CHECK (VALUE IN ('ok', 'bad'));
     CREATE TABLE notes (
         id int PRIMARY KEY, kind varchar(20), size int,
         urgent boolean GENERATED ALWAYS AS (kind IN ('a', 'b')) STORED,
         CONSTRAINT notes_kind CHECK (kind IN ('a', 'b')),
         CONSTRAINT notes_size CHECK (id > 0 AND size BETWEEN 1 AND 5));
     CREATE INDEX notes_urgent ON notes (id) WHERE kind IN ('a', 'b');
     CREATE VIEW urgent AS SELECT id FROM notes WHERE kind IN ('a', 'b');
     CREATE POLICY notes_visible ON notes USING (kind IN ('a', 'b'));
     CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER notes_seen BEFORE INSERT ON notes FOR EACH ROW WHEN (NEW.kind IN ('a', 'b')) EXECUTE FUNCTION seen();
     CREATE FUNCTION urgent_ones() RETURNS SETOF int LANGUAGE sql
         BEGIN ATOMIC SELECT id FROM notes WHERE kind IN ('a', 'b'); END;\n",
    "DROP FUNCTION urgent_ones; DROP VIEW urgent; DROP TABLE notes; DROP FUNCTION seen; DROP DOMAIN mood;\n",
);

/// Makes each of them again from what PostgreSQL writes, as `pg_dump` and restore do.
const RESTORE: &str = "
    DO $$
    DECLARE
        kind text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'notes_kind');
        size text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'notes_size');
        mood text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'mood_known');
        index text := pg_get_indexdef('notes_urgent'::regclass);
        view text := pg_get_viewdef('urgent'::regclass);
        seen text := (SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'notes_seen');
        policy text := (SELECT pg_get_expr(polqual, polrelid) FROM pg_policy);
        generated text := (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'notes'::regclass);
        ones text := pg_get_functiondef('urgent_ones'::regproc);
    BEGIN
        EXECUTE 'ALTER TABLE notes DROP CONSTRAINT notes_kind, ADD CONSTRAINT notes_kind ' || kind;
        EXECUTE 'ALTER TABLE notes DROP CONSTRAINT notes_size, ADD CONSTRAINT notes_size ' || size;
        EXECUTE 'ALTER DOMAIN mood DROP CONSTRAINT mood_known';
        EXECUTE 'ALTER DOMAIN mood ADD CONSTRAINT mood_known ' || mood;
        DROP INDEX notes_urgent;
        EXECUTE index;
        EXECUTE 'CREATE OR REPLACE VIEW urgent AS ' || view;
        DROP TRIGGER notes_seen ON notes;
        EXECUTE seen;
        EXECUTE 'ALTER POLICY notes_visible ON notes USING (' || policy || ')';
        ALTER TABLE notes DROP COLUMN urgent;
        EXECUTE 'ALTER TABLE notes ADD COLUMN urgent boolean GENERATED ALWAYS AS (' || generated || ') STORED';
        EXECUTE ones;
    END $$";

/// Everything that the two texts above are about, as PostgreSQL writes it.
const DEFINITIONS: &str = "
    SELECT string_agg(text, E'\\n' ORDER BY text) FROM (
        SELECT conname || pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname IN ('notes_kind', 'mood_known')
        UNION ALL SELECT pg_get_indexdef('notes_urgent'::regclass)
        UNION ALL SELECT pg_get_viewdef('urgent'::regclass)
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'notes_seen'
        UNION ALL SELECT pg_get_expr(polqual, polrelid) FROM pg_policy
        UNION ALL SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'notes'::regclass
        UNION ALL SELECT pg_get_functiondef('urgent_ones'::regproc)) AS each";

fn add(repo: &Monorepo, name: &str, up: &str, down: &str) {
    repo.write(&format!("migrations/{name}.sql"), up);
    repo.write(&format!("migrations/{name}.down.sql"), down);
}

fn configure(repo: &Monorepo, text: &str) {
    repo.edit(
        "Cargo.toml",
        "[workspace.metadata.db.severity]",
        &format!("{text}\n[workspace.metadata.db.severity]"),
    );
}

#[test]
fn a_database_that_was_dumped_and_restored_is_the_same() {
    let Some(scratch) = shared() else { return };
    for with_snapshot in [false, true] {
        let (database, repo) = (
            Database::create(scratch, "restored"),
            Monorepo::of_migrations(&[SPELLED]),
        );
        database.run(&repo, &["db-migrate"]).must_exit(0);
        let mut client = database.connect();
        let mut definitions = || -> String {
            client
                .query_one(DEFINITIONS, &[])
                .expect("definitions")
                .get(0)
        };
        let before = definitions();
        database
            .connect()
            .batch_execute(RESTORE)
            .expect("all of them can be made again");
        let after = definitions();
        let is_same = |line: &&str| after.lines().any(|other| other == *line);
        assert_eq!(
            before
                .lines()
                .filter(is_same)
                .filter(|line| line.contains("ANY"))
                .count(),
            0,
            "{before}\n{after}"
        );

        add(
            &repo,
            "V2__more",
            "CREATE TABLE more (id int);\n",
            "DROP TABLE more;\n",
        );
        if with_snapshot {
            database.run(&repo, &["db-snapshot"]).must_exit(0);
        }
        database.run(&repo, &["db-migrate"]).must_exit(0);
        assert_eq!(database.history(), [1, 2]);
        database
            .run(&repo, &["db-status", "--exit-code"])
            .must_exit(0);
    }
}

#[test]
fn a_restored_database_can_be_adopted_and_another_meaning_is_found_in_it() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "adopted"),
        Monorepo::of_migrations(&[SPELLED]),
    );
    let mut client = database.connect();
    client
        .batch_execute(&format!("{}; {RESTORE}", SPELLED.1))
        .expect("a restored database");
    let other = "ALTER TABLE notes DROP CONSTRAINT notes_kind, ADD CONSTRAINT notes_kind CHECK (kind IN ('a', 'c'))";
    client.batch_execute(other).expect("another meaning");
    let ran = database.run(&repo, &["db-baseline", "1"]).must_exit(1);
    assert!(
        ran.stdout.contains("notes_kind") && !ran.stdout.contains("notes_urgent"),
        "{}",
        ran.stdout
    );
    let restored = other.replace("'c'", "'b'");
    client.batch_execute(&restored).expect("the same meaning");
    database.run(&repo, &["db-baseline", "1"]).must_exit(0);
    database
        .run(&repo, &["db-verify", "--database"])
        .must_exit(0);
}

/// The zone, the style of dates and the like decide how a definition is written, not what it is.
#[test]
fn settings_of_the_database_do_not_count() {
    let Some(scratch) = shared() else { return };
    let zoned = (
        "V1__zoned",
        "CREATE TABLE ev (at timestamptz NOT NULL DEFAULT '2026-01-01 00:00+00', wait interval DEFAULT '1 day 2 hours',
             raw bytea DEFAULT '\\x00ff', share float8 DEFAULT 0.1) PARTITION BY RANGE (at);
         CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
         CREATE INDEX ev_late ON ev (at) WHERE at > '2026-01-15 00:00+00';\n",
        "DROP TABLE ev;\n",
    );
    let repo = Monorepo::of_migrations(&[zoned]);
    for with_snapshot in [false, true] {
        let database = Database::create(scratch, "zoned");
        if with_snapshot {
            database.run(&repo, &["db-snapshot"]).must_exit(0);
        }
        let settings = [
            "timezone = 'Asia/Kolkata'",
            "datestyle = 'SQL, DMY'",
            "intervalstyle = 'iso_8601'",
        ];
        let others = [
            "bytea_output = 'escape'",
            "extra_float_digits = 0",
            "quote_all_identifiers = on",
        ];
        for setting in settings.iter().chain(&others) {
            let set = format!("ALTER DATABASE {} SET {setting}", database.name());
            database.connect().batch_execute(&set).expect("a setting");
        }
        database.run(&repo, &["db-migrate"]).must_exit(0);
        database
            .run(&repo, &["db-verify", "--database"])
            .must_exit(0);
    }
}

/// `now` in a view is the moment in which the view is made.
#[test]
fn what_the_same_sql_makes_differently_each_time_does_not_count() {
    let Some(scratch) = shared() else { return };
    let recent = "CREATE VIEW recent AS SELECT id FROM items WHERE at > timestamptz 'now' - interval '1 day';\n";
    let items = (
        "V1__items",
        "CREATE TABLE items (id int, at timestamptz);\n",
        "DROP TABLE items;\n",
    );
    let repo = Monorepo::of_migrations(&[items, ("V2__recent", recent, "DROP VIEW recent;\n")]);
    for with_snapshot in [false, true] {
        let database = Database::create(scratch, "varying");
        if with_snapshot {
            database.run(&repo, &["db-snapshot"]).must_exit(0);
        }
        database.run(&repo, &["db-migrate"]).must_exit(0);
        database
            .connect()
            .batch_execute("CREATE TABLE extra (id int)")
            .expect("drift");
        let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
        assert!(
            ran.stdout.contains("extra") && !ran.stdout.contains("recent:"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn partitions_that_operations_add_are_no_drift() {
    let Some(scratch) = shared() else { return };
    let events = (
        "V1__events",
        "CREATE TABLE events (at date NOT NULL, id int) PARTITION BY RANGE (at);
         CREATE INDEX events_id ON events (id);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');\n",
        "DROP TABLE events;\n",
    );
    let (database, repo) = (
        Database::create(scratch, "parts"),
        Monorepo::of_migrations(&[events]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let mut client = database.connect();
    let next = "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')";
    client.batch_execute(next).expect("a partition");
    add(
        &repo,
        "V2__note",
        "ALTER TABLE events ADD COLUMN note text;\n",
        "ALTER TABLE events DROP COLUMN note;\n",
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    client
        .batch_execute("DROP TABLE events_1; CREATE TABLE events_x (at date)")
        .expect("drift");
    let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
    assert!(
        ran.stdout.contains("events_1") && ran.stdout.contains("events_x"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("events_2"), "{}", ran.stdout);
}

#[test]
fn drift_is_accepted_by_name_with_a_reason() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "accepted"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let made = "CREATE INDEX users_slow ON users (name); CREATE TABLE tmp_1 (id int); ALTER TABLE users SET (fillfactor = 70)";
    database
        .connect()
        .batch_execute(made)
        .expect("what the on-call made");
    let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
    let line = "`accepted-drift = [{ object = \"table tmp_1\", reason = \"…\" }]`";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
    configure(
        &repo,
        "accepted-drift = [
             { object = 'index users.users_slow', reason = 'the on-call made it' },
             { object = 'table tmp_*', reason = 'copies of a night' },
         ]",
    );
    let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
    assert!(
        ran.stdout.contains("fillfactor") && !ran.stdout.contains("users_slow"),
        "{}",
        ran.stdout
    );
    repo.edit(
        "Cargo.toml",
        "]\n[workspace",
        "     { object = 'table users', reason = 'tuned' }]\n[workspace",
    );
    add(&repo, BIO.0, BIO.1, BIO.2);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 2]);
    repo.edit("Cargo.toml", "reason = 'tuned'", "reason = ''");
    database
        .run(&repo, &["db-migrate"])
        .must_fail(&["accepted-drift", "table users", "reason"]);
}

/// Drift that is only a warning lets migrations run, and is told each time.
#[test]
fn the_severity_of_drift_can_be_set() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "lenient"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("ALTER TABLE users ADD COLUMN nick text")
        .expect("drift");
    repo.edit(
        "Cargo.toml",
        "[workspace.metadata.db.severity]",
        "[workspace.metadata.db.severity]\nSCHEMA_DRIFT = 'warning'",
    );
    let told = |arguments: &[&str]| {
        let ran = database.run(&repo, arguments).must_exit(0);
        assert!(ran.stdout.contains("nick"), "{}", ran.stdout);
    };
    told(&["db-migrate"]);
    add(&repo, BIO.0, BIO.1, BIO.2);
    told(&["db-migrate"]);
    told(&["db-migrate"]);
    told(&["db-status", "--exit-code"]);
    told(&["db-verify", "--database"]);
    assert_eq!(database.history(), [1, 2]);
    repo.edit(
        "Cargo.toml",
        "SCHEMA_DRIFT = 'warning'",
        "SCHEMA_DRIFT = 'off'",
    );
    let ran = database.run(&repo, &["db-migrate"]).must_exit(0);
    assert!(!ran.stdout.contains("nick"), "{}", ran.stdout);
    // No run without anything to do makes that drift part of the schema.
    let age = "ALTER TABLE users ADD COLUMN age integer;\n";
    add(
        &repo,
        "V3__age",
        age,
        "ALTER TABLE users DROP COLUMN age;\n",
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    repo.edit(
        "Cargo.toml",
        "SCHEMA_DRIFT = 'off'",
        "SCHEMA_DRIFT = 'error'",
    );
    let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
    assert!(ran.stdout.contains("nick"), "{}", ran.stdout);
}

#[test]
fn status_and_verify_look_for_drift() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "looked"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .run(&repo, &["db-status", "--exit-code"])
        .must_exit(0);
    database
        .connect()
        .batch_execute("CREATE TABLE by_hand (id int)")
        .expect("drift");
    let status = database
        .run(&repo, &["db-status", "--exit-code"])
        .must_exit(1);
    assert!(
        status.stdout.contains("`by_hand`") && status.stdout.contains("accepted-drift"),
        "{}",
        status.stdout
    );
    let json = database
        .run(&repo, &["db-status", "--format", "json"])
        .must_exit(0)
        .json();
    assert_eq!(json["drift"][0]["object"], "by_hand");
    let verified = database
        .run(&repo, &["db-verify", "--database"])
        .must_exit(1);
    assert!(
        verified.stdout.contains("SCHEMA_DRIFT") && verified.stdout.contains("by_hand"),
        "{}",
        verified.stdout
    );
}

/// PostgreSQL 18 names each `NOT NULL`, after the names of that moment; a database that came from
/// 17 has those of today.
#[test]
fn names_that_postgresql_made_up_do_not_count() {
    let Some(scratch) = shared() else { return };
    if major() < 18 {
        return; // Earlier ones have no such names.
    }
    let renamed = (
        "V2__renamed",
        "ALTER TABLE users RENAME TO people;\n",
        "ALTER TABLE people RENAME TO users;\n",
    );
    let (database, repo) = (
        Database::create(scratch, "upgraded"),
        Monorepo::of_migrations(&[USERS, renamed]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let rename = "ALTER TABLE people RENAME CONSTRAINT users_name_not_null TO people_name_not_null";
    database
        .connect()
        .batch_execute(rename)
        .expect("the name that a dump of 17 leads to");
    database
        .run(&repo, &["db-status", "--exit-code"])
        .must_exit(0);
    database
        .run(&repo, &["db-rollback", "--last", "1"])
        .must_exit(0);
}
