//! Poolers between the tool and PostgreSQL. Where each transaction gets another session, a lock and
//! a setting would stay behind in sessions of the application: nothing is done there. Where a
//! session is one, it is given back as it was.

use crate::support::database::Database;
use crate::support::migrations::{BIO, USERS};
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::pooler::{Mode, Pooler};
use crate::support::{shared, side_by_side};

/// Queries of the settings that the tool changes, and of its advisory lock.
const LEFT_BEHIND: &str = "SHOW lock_timeout; SHOW client_connection_check_interval;
    SHOW idle_in_transaction_session_timeout; SHOW search_path;
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";

fn run(repo: &Monorepo, database: &Database<'_>, pooler: &Pooler, arguments: &[&str]) -> Ran {
    Ran::of(
        database
            .command(repo, arguments)
            .env("DATABASE_URL", pooler.url()),
    )
}

#[test]
fn a_pool_in_transaction_mode_is_refused_before_anything_is_taken() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[USERS, BIO]);
    side_by_side(&[Mode::QuietTransaction, Mode::BusyTransaction], |mode| {
        let database = Database::create(scratch, "pooled");
        let pooler = Pooler::start(&database, *mode);
        let before = pooler.ask_all(LEFT_BEHIND);
        let commands: [&[&str]; 7] = [
            &["db-status"],
            &["db-migrate"],
            &["db-migrate", "--dry-run"],
            &["db-rollback"],
            &["db-rollback", "--dry-run"],
            &["db-baseline", "V1"],
            &["db-verify", "--database"],
        ];
        for arguments in commands {
            let ran = run(&repo, &database, &pooler, arguments);
            let error = ran.must_fail(&[
                "cannot use `postgresql://postgres@",
                "connect to PostgreSQL itself",
            ]);
            assert!(
                error.contains("changes its server session between transactions"),
                "{mode:?}: {error}"
            );
        }
        let after = pooler.ask_all(LEFT_BEHIND);
        assert!(
            before.len() == 2 && after.iter().all(|session| *session == before[0]),
            "{mode:?}: {after:?}"
        );
        assert_eq!(database.history(), [0; 0], "{mode:?}");
        database
            .run(&repo, &["db-migrate", "--lock-timeout", "0"])
            .must_exit(0);
    });
}

#[test]
fn a_session_of_a_pool_is_given_back_as_it_was() {
    let Some(scratch) = shared() else { return };
    // Where there are no rows, as on a scratch database, it does not fail.
    let failing = (
        "V3__failing",
        "SET search_path = public;\nSELECT 1 / (id - 1) FROM users;\n",
        "SELECT 1;\n",
    );
    let repo = Monorepo::of_migrations(&[USERS, BIO, failing]);
    let database = Database::create(scratch, "pooled");
    let pooler = Pooler::start(&database, Mode::Session);
    let before = pooler.ask_all(LEFT_BEHIND);
    let is_as_before = || {
        // A session is given back when the pooler has read that its client is gone.
        for _ in 0..2000 {
            let sessions = pooler.ask_all(LEFT_BEHIND);
            if sessions.len() >= before.len() {
                assert!(
                    sessions.iter().all(|session| *session == before[0]),
                    "{sessions:?}"
                );
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("the sessions never came back");
    };
    run(&repo, &database, &pooler, &["db-migrate", "V2"]).must_exit(0);
    is_as_before();
    database
        .connect()
        .batch_execute("INSERT INTO users (id, name) VALUES (1, 'a')")
        .expect("inserts");
    run(&repo, &database, &pooler, &["db-migrate"]).must_fail_at_length(&["division by zero"]);
    is_as_before();
    run(
        &repo,
        &database,
        &pooler,
        &["db-rollback", "--accept-data-loss", "users.bio"],
    )
    .must_exit(0);
    is_as_before();
    assert_eq!(database.history(), [1]);
    database
        .run(&repo, &["db-migrate", "V2", "--lock-timeout", "0"])
        .must_exit(0);
}
