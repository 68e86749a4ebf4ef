//! Replaying migrations on a real PostgreSQL: the schema they make, and what is said when one of
//! them fails.

use crate::support::database::Database;
use crate::support::migrations::{BIO, USERS};
use crate::support::monorepo::Monorepo;
use crate::support::{config, repository, scratch_session, shared};
use xtask::internals::migrations::{Migration, files};
use xtask::internals::schema::model::ObjectName;
use xtask::internals::tree::WorkingTree;

fn migrations(texts: &[&str]) -> Vec<Migration> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let migrations = folder.path().join("migrations");
    std::fs::create_dir(&migrations).expect("a folder");
    for (version, text) in (1..).zip(texts) {
        std::fs::write(migrations.join(format!("V{version}__m.sql")), text).expect("a file");
        std::fs::write(
            migrations.join(format!("V{version}__m.down.sql")),
            "-- irreversible: a test",
        )
        .expect("a file");
    }
    files::load(&WorkingTree::new(folder.path()), "migrations").expect("good files")
}

fn failure(texts: &[&str]) -> Option<String> {
    let error = scratch_session()?
        .replay(&migrations(texts))
        .expect_err("a migration fails");
    Some(format!("{error:#}"))
}

#[test]
fn the_schema_after_each_version_is_what_the_migrations_make() {
    let Some(mut session) = scratch_session() else {
        return;
    };
    let texts = [
        "set search_path = pg_temp; create table public.t (a int);",
        "-- no-transaction\ncreate index concurrently i on t (a);\nvacuum t;",
        "alter table t add column b text -- no line end",
    ];
    let after = |migration: &Migration| {
        session.replay([migration]).expect("it runs");
        session.read().expect("reads")
    };
    let schemas: Vec<_> = migrations(&texts).iter().map(after).collect();
    let table = |at: usize| &schemas[at].tables[&ObjectName::public("t")];
    assert_eq!((table(0).columns.len(), table(0).indexes.len()), (1, 0));
    assert_eq!((table(1).columns.len(), table(1).indexes.len()), (1, 1));
    assert_eq!((table(2).columns.len(), table(2).indexes.len()), (2, 1));
}

#[test]
fn an_error_names_the_statement_and_its_place() {
    let Some(text) = failure(&[
        "create table t (a int);",
        "select 1;\n-- ä\ncreate table u ();\n create table T ();",
    ]) else {
        return;
    };
    assert_eq!(
        text,
        "cannot replay `V2__m` on the scratch database: statement 3 of 3, `create table T ()`: relation \"t\" already exists \
         (SQLSTATE 42P07)\n  at migrations/V2__m.sql:4:2\n    |\n  4 |  create table T ();\n    |  ^"
    );
}

#[test]
fn an_error_with_a_position_points_there() {
    let Some(text) = failure(&["select 1;\n  select 'ä', nothing from\n pg_class;"]) else {
        return;
    };
    assert!(
        text.contains(
            "column \"nothing\" does not exist (SQLSTATE 42703)\n  at migrations/V1__m.sql:2:15"
        ),
        "{text}"
    );
    let Some(text) = failure(&["select 1;\nselectt 2;"]) else {
        return;
    };
    assert!(
        text.contains(
            "syntax error at or near \"selectt\" (SQLSTATE 42601)\n  at migrations/V1__m.sql:2:1"
        ),
        "{text}"
    );
    let Some(text) = failure(&["-- no-transaction\nvacuum;\nvacuum nothing;"]) else {
        return;
    };
    assert!(
        text.contains("statement 2 of 2, `vacuum nothing`: relation \"nothing\" does not exist"),
        "{text}"
    );
    assert!(text.contains("at migrations/V1__m.sql:3:1"), "{text}");
}

#[test]
fn a_failing_commit_is_told_as_such() {
    let deferred = "create table t (a int unique deferrable initially deferred);\ninsert into t values (1), (1);";
    let Some(text) = failure(&[deferred]) else {
        return;
    };
    assert!(
        text.contains("fails, after all statements of `migrations/V1__m.sql` ran"),
        "{text}"
    );
    assert!(
        text.contains("DETAIL: Key (a)=(1) already exists."),
        "{text}"
    );
}

#[test]
fn the_sample_monorepo_replays() {
    let Some(mut session) = scratch_session() else {
        return;
    };
    let config = config();
    let migrations =
        files::load(&WorkingTree::new(repository()), &config.migrations.dir).expect("good files");
    session
        .replay(&migrations)
        .map_err(|error| format!("{error:#}"))
        .expect("they run");
    let schema = session.read().expect("catalogs");
    assert!(schema.tables.len() >= 14, "{} tables", schema.tables.len());
}

#[test]
fn an_earlier_state_says_nothing_of_the_snapshot() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[USERS, BIO]);
    let database = Database::create(scratch, "earlier");
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let earlier = database.run(&repo, &["db-verify", "V1"]).must_exit(0);
    let first = earlier.stdout.lines().next().unwrap_or_default();
    assert_eq!(
        first,
        "Comparing with a replay of 1 migration on a scratch database"
    );
    let offline = database.run(&repo, &["db-verify", "V1", "--offline"]);
    offline.must_fail(&[
        "tells only the schema after the last migration",
        "leave the migration out",
    ]);
    repo.write("migrations/V3__later.sql", "SELECT 1;\n");
    repo.write("migrations/V3__later.down.sql", "SELECT 1;\n");
    let outdated = database.run(&repo, &["db-verify", "V1"]).must_exit(0);
    assert!(
        outdated.stdout.contains("`V3__later` is new") && !outdated.stdout.contains("is gone"),
        "{}",
        outdated.stdout
    );
}

#[test]
fn findings_name_the_migration_that_brings_or_resolves_them() {
    let Some(scratch) = shared() else { return };
    let more = (
        "V3__more",
        "ALTER TABLE users ADD COLUMN note text;",
        "ALTER TABLE users DROP COLUMN note;",
    );
    let repo = Monorepo::of_migrations(&[USERS, BIO, more]);
    let config = repo.read("Cargo.toml");
    let (head, severity) = config
        .split_once("[workspace.metadata.db.severity]")
        .expect("two");
    repo.write(
        "Cargo.toml",
        &format!("{head}types = ['t.ts']\n[workspace.metadata.db.severity]{severity}"),
    );
    repo.write(
        "t.ts",
        "export interface UserRow { id: number; name: string; bio: string; note: string | null }\n",
    );
    let database = Database::create(scratch, "named_by");
    let dry = database
        .run(&repo, &["db-migrate", "--dry-run"])
        .must_exit(1);
    assert!(
        dry.stdout.contains("`V2__add_bio` introduces it"),
        "{}",
        dry.stdout
    );
    let earlier = database
        .run(&repo, &["db-verify", "V2"])
        .must_exit(1)
        .stdout;
    assert!(
        earlier.contains("warning[MISSING_FIELD_IN_SCHEMA]: users: Field 'note'")
            && earlier.contains("`V3__more` resolves it")
            && earlier.contains("error[NULLABILITY_MISMATCH]: users: "),
        "{earlier}"
    );
}

/// Without a target to be like, scratch databases have the names that the configuration says.
#[test]
fn names_of_production_come_from_the_configuration() {
    let up = "DO $$ BEGIN
                  ASSERT current_database() = 'shop' AND current_user = 'deploy';
                  ASSERT current_setting('TimeZone') = 'Europe/Vienna' AND current_setting('wal_level') = 'logical';
              END $$;
              GRANT CREATE ON DATABASE shop TO deploy; CREATE TABLE t (id int); ALTER TABLE t OWNER TO deploy;";
    let down = "DROP TABLE t; REVOKE CREATE ON DATABASE shop FROM deploy;";
    let repo = Monorepo::of_migrations(&[("V1__names", up, down)]);
    let names = "[workspace.metadata.db]\nscratch = { database = 'shop', role = 'deploy', time-zone = 'Europe/Vienna' }\n";
    repo.edit("Cargo.toml", "[workspace.metadata.db]\n", names);
    if scratch_session().is_none() {
        return;
    }
    repo.run(&["db-snapshot"]).must_exit(0);
    repo.run(&["db-rollback", "--test"]).must_exit(0);
    repo.edit("Cargo.toml", "Europe/Vienna", "Europe/Nowhere");
    repo.run(&["db-rollback", "--test"])
        .must_fail_at_length(&["Europe/Nowhere"]);
}
