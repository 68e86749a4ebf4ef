//! Objects that were made past the migrations follow the migrations and their ways back. PostgreSQL
//! renames the columns of a table that inherits, and writes definitions out with the names of
//! today. That is no fault of the migration. Any other change to an accepted object is.

use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{shared, side_by_side};

const EVENTS: &str =
    "CREATE TABLE events (id int PRIMARY KEY, build_id int, kind varchar(20), CONSTRAINT sane CHECK (id > 0));
    CREATE INDEX events_kind ON events (kind);
    CREATE TABLE parts (id int, at date, note text) PARTITION BY RANGE (at);";

/// The objects that the on-call made beside the migrations.
const BY_HAND: &str = "CREATE TABLE child (own int, CONSTRAINT child_own CHECK (own > 0)) INHERITS (events);
    CREATE INDEX child_build ON child (build_id); CREATE INDEX child_kind ON child (upper(kind)) WHERE kind = 'a';
    ALTER TABLE child ADD CONSTRAINT child_few CHECK (build_id < 1000 AND kind <> 'b');
    CREATE TABLE grandchild () INHERITS (child); CREATE INDEX grandchild_build ON grandchild (build_id);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE INDEX parts_1_note ON parts_1 (note);
    CREATE INDEX events_by_hand ON events (build_id);
    CREATE STATISTICS events_both ON id, build_id FROM events;
    CREATE TABLE child_of_id (event_id int, CONSTRAINT child_of_events FOREIGN KEY (event_id) REFERENCES events (id));
    CREATE FUNCTION child_watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER events_watch BEFORE UPDATE OF build_id ON events FOR EACH ROW EXECUTE FUNCTION child_watch();
    CREATE VIEW child_view AS SELECT e.id, e.build_id FROM events AS e;
    CREATE PUBLICATION child_events FOR TABLE events;
    DROP INDEX events_kind; CREATE INDEX events_kind ON events (kind) WHERE build_id > 0;
    ALTER TABLE events ALTER build_id SET DEFAULT 5;";

const ACCEPTED: &str = "[workspace.metadata.db]
accepted-drift = [
    { object = 'table child*', reason = 'a copy of the on-call' },
    { object = 'table grandchild', reason = 'another' },
    { object = 'table parts_*', reason = 'a job makes them' },
    { object = 'index events*.events_by_hand', reason = 'the on-call made it' },
    { object = 'index events*.events_kind', reason = 'the on-call made it smaller' },
    { object = 'column events*.buil*', reason = 'the on-call set a default' },
    { object = 'statistics events*.events_both', reason = 'the on-call made them' },
    { object = 'trigger events*.events_watch', reason = 'the on-call watches' },
    { object = 'routine child_watch()', reason = 'the on-call watches' },
    { object = 'view child_view', reason = 'the on-call looks' },
    { object = 'publication child_events', reason = 'the warehouse reads it' },
]
";

struct Case {
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

impl Case {
    /// A database with the first migration and all that was made by hand, and the migrations with
    /// this one.
    fn prepare<'s>(
        &self,
        scratch: &'s xtask::internals::postgres::scratch::Scratch,
    ) -> (Database<'s>, Monorepo) {
        let database = Database::create(scratch, &format!("follows_{}", self.name));
        let repo = Monorepo::of_migrations(&[(
            "V1__events",
            EVENTS,
            "DROP TABLE events, parts CASCADE;\n",
        )]);
        database.run(&repo, &["db-migrate"]).must_exit(0);
        database
            .connect()
            .batch_execute(BY_HAND)
            .expect("what the on-call makes");
        repo.write(
            "Cargo.toml",
            &repo
                .read("Cargo.toml")
                .replacen("[workspace.metadata.db]\n", ACCEPTED, 1),
        );
        repo.write("migrations/V2__next.sql", self.up);
        repo.write("migrations/V2__next.down.sql", self.down);
        (database, repo)
    }

    fn undone(&self, scratch: &xtask::internals::postgres::scratch::Scratch) -> (Ran, Vec<i64>) {
        let (database, repo) = self.prepare(scratch);
        let ran = database.run(&repo, &["db-migrate"]);
        assert_eq!(ran.code, 0, "{}: {}\n{}", self.name, ran.stdout, ran.stderr);
        let ran = database.run(&repo, &["db-rollback", "--last", "1"]);
        (ran, database.history())
    }
}

const FOLLOWED: &str = "what was changed past the migrations followed the way back";

#[test]
fn drift_that_follows_a_way_back_is_no_fault_of_it() {
    let Some(scratch) = shared() else { return };
    let case = |name, up, down| Case { name, up, down };
    let cases = [
        case(
            "renamed",
            "ALTER TABLE events RENAME build_id TO built;",
            "ALTER TABLE events RENAME built TO build_id;",
        ),
        case(
            "key",
            "ALTER TABLE events RENAME id TO key;",
            "ALTER TABLE events RENAME key TO id;",
        ),
        case(
            "table",
            "ALTER TABLE events RENAME TO events_all;",
            "ALTER TABLE events_all RENAME TO events;",
        ),
        case(
            "added",
            "ALTER TABLE events ADD note text NOT NULL DEFAULT '';",
            "ALTER TABLE events DROP note;",
        ),
        case(
            "typed",
            "DROP STATISTICS IF EXISTS no_such; ALTER TABLE events ALTER kind TYPE text;",
            "ALTER TABLE events ALTER kind TYPE varchar(20);",
        ),
        case(
            "ruled",
            "ALTER TABLE events ADD CONSTRAINT few CHECK (id < 99), ALTER kind SET NOT NULL, ALTER kind SET DEFAULT 'x';",
            "ALTER TABLE events DROP CONSTRAINT few, ALTER kind DROP NOT NULL, ALTER kind DROP DEFAULT;",
        ),
        case(
            "called",
            "ALTER TABLE events RENAME CONSTRAINT sane TO positive;",
            "ALTER TABLE events RENAME CONSTRAINT positive TO sane;",
        ),
        case(
            "dropped",
            "ALTER TABLE events DROP CONSTRAINT sane;",
            "-- no-transaction\nALTER TABLE events ADD CONSTRAINT sane CHECK (id > 0);",
        ),
        case(
            "partitioned",
            "ALTER TABLE parts RENAME note TO notes; CREATE INDEX parts_at ON parts (at); ALTER TABLE parts ADD more int;",
            "ALTER TABLE parts DROP more; DROP INDEX parts_at; ALTER TABLE parts RENAME notes TO note;",
        ),
    ];
    side_by_side(&cases, |case| {
        let (ran, history) = case.undone(scratch);
        assert_eq!(
            (ran.code, history),
            (0, vec![1]),
            "{}: {}\n{}",
            case.name,
            ran.stdout,
            ran.stderr
        );
        assert!(
            ran.stdout
                .contains("the schema is exactly what it was before"),
            "{}",
            ran.stdout
        );
        assert!(
            ran.stdout.contains(FOLLOWED),
            "{}: {}",
            case.name,
            ran.stdout
        );
    });
}

/// The way back of the first migration takes along all that refers to its tables.
#[test]
fn drift_goes_with_what_it_refers_to() {
    let Some(scratch) = shared() else { return };
    let case = Case {
        name: "all",
        up: "SELECT 1;",
        down: "SELECT 1;",
    };
    let (database, repo) = case.prepare(scratch);
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    assert!(
        ran.stdout
            .contains("the schema is exactly what it was before"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("- view child_view"), "{}", ran.stdout);
}

#[test]
fn harm_to_what_was_accepted_is_a_difference() {
    let Some(scratch) = shared() else { return };
    let rename = "ALTER TABLE events RENAME build_id TO built;";
    let harm = |name, more: &'static str, seen: &'static str| (name, more, seen);
    let cases = [
        harm("column", "ALTER TABLE child DROP own;", "- column own"),
        harm(
            "own",
            "ALTER TABLE child RENAME own TO owned;",
            "+ column owned",
        ),
        harm("index", "DROP INDEX child_build;", "- index child_build"),
        harm(
            "narrow",
            "DROP INDEX child_build; CREATE INDEX child_build ON child (id);",
            "index child_build: definition",
        ),
        harm(
            "check",
            "ALTER TABLE child DROP CONSTRAINT child_own;",
            "- constraint child_own",
        ),
        harm("alone", "ALTER TABLE child NO INHERIT events;", "inherits"),
        harm(
            "detached",
            "ALTER TABLE parts DETACH PARTITION parts_1;",
            "partition",
        ),
        harm(
            "view",
            "CREATE OR REPLACE VIEW child_view AS SELECT id, id AS build_id FROM events;",
            "~ view child_view",
        ),
        harm("gone", "DROP VIEW child_view;", "- view child_view"),
        harm(
            "on_parent",
            "DROP INDEX events_by_hand;",
            "- index events_by_hand",
        ),
        harm(
            "comment",
            "COMMENT ON TABLE child IS 'oops';",
            "comment none → oops",
        ),
        harm(
            "published",
            "ALTER PUBLICATION child_events DROP TABLE events;",
            "publication child_events",
        ),
    ];
    side_by_side(&cases, |(name, more, seen)| {
        let down = format!("ALTER TABLE events RENAME built TO build_id; {more}");
        let (database, repo) = Case {
            name,
            up: rename,
            down: "",
        }
        .prepare(scratch);
        let without = down.replace(more, "");
        // The scratch database has nothing of all that.
        let hidden = more.replace('\'', "''");
        let guarded = format!(
            "{without} DO $$ BEGIN IF to_regclass('child') IS NOT NULL THEN EXECUTE '{hidden}'; END IF; END $$;"
        );
        repo.write("migrations/V2__next.down.sql", &guarded);
        database.run(&repo, &["db-migrate"]).must_exit(0);
        let ran = database.run(&repo, &["db-rollback"]);
        assert_eq!(
            (ran.code, database.history()),
            (1, vec![1, 2]),
            "{name}: {}\n{}",
            ran.stdout,
            ran.stderr
        );
        assert!(
            ran.stdout.contains("does not restore the schema") && ran.stdout.contains(seen),
            "{name}: {}",
            ran.stdout
        );
    });
}

/// Objects that are not accepted may go, and the report says so.
#[test]
fn nobody_has_to_keep_what_nobody_accepted() {
    let Some(scratch) = shared() else { return };
    let case = Case {
        name: "unaccepted",
        up: "SELECT 1;",
        down: "DROP VIEW IF EXISTS looked_at;",
    };
    let (database, repo) = case.prepare(scratch);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("CREATE VIEW looked_at AS SELECT id FROM events")
        .expect("drift");
    let ran = database.run(&repo, &["db-rollback"]).must_exit(0);
    assert!(
        ran.stdout
            .contains("the schema is exactly what it was before"),
        "{}",
        ran.stdout
    );
}

/// Where drift only warns migrations may change what it follows, and nothing else of it.
#[test]
fn drift_that_only_warns_follows_migrations_too() {
    let Some(scratch) = shared() else { return };
    let up = "ALTER TABLE events RENAME build_id TO built; ALTER TABLE parts RENAME note TO notes;";
    let case = Case {
        name: "warns",
        up,
        down: "",
    };
    let (database, repo) = case.prepare(scratch);
    repo.write(
        "Cargo.toml",
        &repo
            .read("Cargo.toml")
            .replace(ACCEPTED, "[workspace.metadata.db]\n")
            .replacen(
                "[workspace.metadata.db.severity]\n",
                "[workspace.metadata.db.severity]\nSCHEMA_DRIFT = 'warning'\n",
                1,
            ),
    );
    repo.write("migrations/V2__next.down.sql", "SELECT 1;");
    repo.write(
        "migrations/V3__more.sql",
        "ALTER TABLE events ADD more int; ALTER TABLE events ALTER kind TYPE text;",
    );
    repo.write("migrations/V3__more.down.sql", "SELECT 1;");
    let ran = database.run(&repo, &["db-migrate"]).must_exit(0);
    assert!(
        ran.stdout.contains("SCHEMA_DRIFT") && ran.stdout.contains("child_build"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2, 3]);
    let harm = "DO $$ BEGIN IF to_regclass('child') IS NOT NULL THEN ALTER TABLE child RENAME own TO owned; END IF; END $$;";
    repo.write("migrations/V4__harm.sql", harm);
    repo.write("migrations/V4__harm.down.sql", "SELECT 1;");
    let ran = database.run(&repo, &["db-migrate"]).must_exit(1);
    assert!(
        ran.stdout.contains("did not make the schema") && ran.stdout.contains("owned"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1, 2, 3]);
}
