//! `db-migrate --fleet`: what happens to a database between the survey and its turn.

use crate::fleet::template;
use crate::fleet_run::{THREE, fleet, migrate, outcomes};
use crate::fleet_schemas::while_it_sleeps;
use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::shared;
use xtask::internals::postgres::scratch::Scratch;

const SLOW: (&str, &str, &str) = ("V3__slow", "SELECT pg_sleep(1);\n", "SELECT 1;\n");

/// A fleet of databases with these `labels` that lack only [`SLOW`], of which one is migrated at a
/// time.
fn before_slow<'a>(
    scratch: &'a Scratch,
    labels: &[&str],
    keys: &str,
) -> (Monorepo, Vec<Database<'a>>) {
    let all = [THREE[0], THREE[1], SLOW];
    let keys = format!("parallel = 1\n{keys}");
    let (repo, tenants) = fleet(scratch, &all, (labels, &keys));
    migrate(scratch, &repo, 0, &["2"]);
    (repo, tenants)
}

#[test]
fn a_change_before_its_turn_stops_a_database() {
    let Some(scratch) = shared() else { return };
    let (repo, tenants) = before_slow(scratch, &["", "", ""], "max-failures = 1\n");
    let mut second = tenants[1].connect();
    let report = while_it_sleeps(
        &tenants[0],
        || {
            let sql = "ALTER TABLE users ADD COLUMN sneaked text";
            second.batch_execute(sql).expect("a change");
        },
        || migrate(scratch, &repo, 1, &[]),
    );
    assert_eq!(outcomes(&report), ["done", "failed", "done"], "{report:#}");
    assert!(report.to_string().contains("sneaked"), "{report:#}");
    assert_eq!(tenants[1].history(), [1, 2]);
    assert_eq!(tenants[2].history(), [1, 2, 3]);
}

#[test]
fn a_connection_that_was_closed_before_its_turn_is_made_anew() {
    let Some(scratch) = shared() else { return };
    let (repo, tenants) = before_slow(scratch, &["", ""], "");
    let mut other = tenants[0].connect();
    let close = format!(
        "DO $$ DECLARE closed int := 0; BEGIN
            FOR attempt IN 1..200 LOOP
                PERFORM pg_stat_clear_snapshot();
                SELECT count(pg_terminate_backend(pid)) INTO closed FROM pg_stat_activity
                WHERE datname = '{}' AND state = 'idle';
                EXIT WHEN closed > 0;
                PERFORM pg_sleep(0.01);
            END LOOP;
            ASSERT closed > 0, 'nobody connected';
         END $$",
        tenants[1].name()
    );
    let report = while_it_sleeps(
        &tenants[0],
        || other.batch_execute(&close).expect("the session is closed"),
        || migrate(scratch, &repo, 0, &[]),
    );
    assert_eq!(outcomes(&report), ["done", "done"], "{report:#}");
}

#[test]
fn a_database_that_another_run_has_migrated_has_nothing_left() {
    let Some(scratch) = shared() else { return };
    let (repo, tenants) = before_slow(scratch, &["", ""], "");
    let report = while_it_sleeps(
        &tenants[0],
        || drop(tenants[1].run(&repo, &["db-migrate"]).must_exit(0)),
        || migrate(scratch, &repo, 0, &[]),
    );
    assert_eq!(outcomes(&report), ["done", "current"], "{report:#}");
    assert_eq!(report["databases"][1]["version"], "V3__slow", "{report:#}");
}

#[test]
fn a_role_with_few_sessions_migrates_all_the_same() {
    let Some(scratch) = shared() else { return };
    let labels = ["", "", "", "", ""];
    let (repo, tenants) = fleet(scratch, &THREE[..2], (&labels, "parallel = 2\n"));
    migrate(scratch, &repo, 0, &["1"]);
    let role = format!("few_sessions_{}", std::process::id());
    let mut admin = tenants[0].connect();
    let make = format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 3 IN ROLE postgres");
    admin.batch_execute(&make).expect("a role");
    for tenant in &tenants {
        let give = format!("ALTER TABLE users OWNER TO {role}");
        tenant.connect().batch_execute(&give).expect("an owner");
    }
    let template = template(scratch);
    let of_role = template.replacen("//postgres@", &format!("//{role}@"), 1);
    assert_ne!(of_role, template, "the URL names a user");
    repo.edit("Cargo.toml", &template, &of_role);
    let report = migrate(scratch, &repo, 0, &[]);
    assert_eq!(outcomes(&report), ["done"; 5], "{report:#}");
    for tenant in &tenants {
        let back = format!("REASSIGN OWNED BY {role} TO postgres; DROP OWNED BY {role}");
        tenant.connect().batch_execute(&back).expect("no owner");
    }
    admin
        .batch_execute(&format!("DROP ROLE {role}"))
        .expect("the role is dropped");
}
