//! kill -9 at random moments, many runners at once, connections that are cut, servers that stop:
//! the history always matches the schema, and the next run ends in the right state.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::database::Database;
use crate::support::migrations::{INDEX, USERS};
use crate::support::monorepo::Monorepo;
use crate::support::{scratch, shared, side_by_side};
use postgres::Client;
use xtask::internals::postgres::catalog::{self, OwnTables};
use xtask::internals::postgres::scratch::Scratch;
use xtask::internals::schema::snapshot;

/// How often a run is killed: few, as each kill takes a second. `.ci/storm` does it 300 times, and
/// kills servers too.
const KILLS: usize = 40;

/// Seeds of what happens side by side: by its first number the one has a current snapshot and the
/// other none.
const SEEDS: [u64; 2] = [7, 13];

/// How often eight runners start at once; `.ci/storm` has 20 rounds.
const ROUNDS: usize = 6;

/// The losses of a rollback of all migrations, as `--accept-data-loss` takes them. Columns are
/// undone and committed before their table is.
pub const LOST: &str = "items,items.c2,items.c4,items.c6,items.c8";

/// Small numbers that look random and are the same in each run of the test.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Transactional migrations of several statements, and some without transaction, on tables with
/// rows.
pub fn migrations() -> Vec<(String, String, String)> {
    let mut all = vec![(
        "V1__items".to_owned(),
        "CREATE TABLE items (id int PRIMARY KEY, a text, b text);\n\
         INSERT INTO items SELECT n, 'a' || n, 'b' || n FROM generate_series(1, 2000) n;\n"
            .to_owned(),
        "DROP TABLE items;\n".to_owned(),
    )];
    for n in 2..=8 {
        all.push(if n % 2 == 0 {
            (
                format!("V{n}__table"),
                format!(
                    "CREATE TABLE t{n} (id int PRIMARY KEY);\nALTER TABLE items ADD COLUMN c{n} int DEFAULT {n};\n\
                     SELECT pg_sleep(0.01);\nCREATE INDEX items_c{n} ON items (c{n});\n"
                ),
                format!("DROP INDEX items_c{n};\nSELECT pg_sleep(0.01);\nALTER TABLE items DROP COLUMN c{n};\nDROP TABLE t{n};\n"),
            )
        } else {
            (
                format!("V{n}__index"),
                format!(
                    "-- no-transaction\nCREATE INDEX CONCURRENTLY i{n}a ON items (a, id);\nCREATE TABLE s{n} (id int);\n\
                     CREATE INDEX CONCURRENTLY i{n}b ON items (b, id);\n"
                ),
                format!(
                    "-- no-transaction\nDROP INDEX CONCURRENTLY i{n}b;\nDROP TABLE s{n};\nDROP INDEX CONCURRENTLY i{n}a;\n"
                ),
            )
        });
    }
    all
}

pub fn repo() -> Monorepo {
    let all = migrations();
    let all: Vec<_> = all
        .iter()
        .map(|(name, up, down)| (name.as_str(), up.as_str(), down.as_str()))
        .collect();
    Monorepo::of_migrations(&all)
}

/// The digest of the catalogs.
pub fn digest(client: &mut Client) -> String {
    snapshot::digest(
        &catalog::read(client, &OwnTables::new("refinery_schema_history")).expect("the catalogs"),
    )
}

/// The digests after no migration, the first, the first two…
pub fn digests(database: &Database<'_>) -> Vec<String> {
    let mut client = database.connect();
    let mut digests = vec![digest(&mut client)];
    for (_, up, _) in migrations() {
        let statements = xtask::internals::migrations::sql::statements(&up);
        statements.iter().for_each(|one| {
            client
                .batch_execute(one.text())
                .expect("the migration runs")
        });
        digests.push(digest(&mut client));
    }
    digests
}

/// Starts the tool and waits until it changes the database.
pub fn start(database: &Database<'_>, repo: &Monorepo, arguments: &[&str], line: &str) -> Child {
    let mut command = database.command(repo, arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the tool starts");
    let stdout = child.stdout.take().expect("piped");
    let reached = BufReader::new(stdout)
        .lines()
        .map_while(Result::ok)
        .any(|text| text.contains(line));
    let _ = reached;
    child
}

/// Waits until no session of the tool is left: a killed client's last statement may still run.
pub fn settle(client: &mut Client) {
    let left = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'pgaccord'";
    for _ in 0..2000 {
        if client
            .query_one(left, &[])
            .expect("a query")
            .get::<_, i64>(0)
            == 0
        {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the sessions of a killed run never ended");
}

/// The history is the first n migrations; the schema is theirs, unless the journal says that one is
/// under way.
pub fn check(database: &Database<'_>, client: &mut Client, digests: &[String]) -> usize {
    let history = database.history();
    let expected: Vec<i64> = (1..).take(history.len()).collect();
    assert_eq!(history, expected, "the history has gaps");
    let running = client.query(
        "SELECT version, phase FROM db_migration_journal WHERE phase <> 'applied'",
        &[],
    );
    let running = running
        .map(|rows| {
            rows.iter()
                .map(|row| row.get::<_, i64>(0))
                .collect::<Vec<_>>()
        })
        .unwrap_or_default();
    match running.as_slice() {
        [] => {
            assert_eq!(
                digest(client),
                digests[history.len()],
                "the schema is not that of {} migrations",
                history.len()
            )
        }
        [version] => assert!(
            version % 2 == 1,
            "V{version} runs in a transaction and is half applied"
        ),
        several => panic!("several migrations are under way: {several:?}"),
    }
    history.len()
}

#[test]
fn killed_at_any_moment_the_next_run_goes_on() {
    let Some(scratch) = scratch() else { return };
    let digests = digests(&Database::create(&scratch, "reference"));
    side_by_side(&SEEDS, |seed| {
        killed_again_and_again(&scratch, &digests, Random(*seed), KILLS / SEEDS.len())
    });
}

fn killed_again_and_again(scratch: &Scratch, digests: &[String], mut random: Random, kills: usize) {
    let (database, repo) = (Database::create(scratch, "killed"), repo());
    if random.below(100).is_multiple_of(2) {
        // With a current snapshot nothing runs on a scratch database first.
        database.run(&repo, &["db-snapshot"]).must_exit(0);
    }
    let mut client = database.connect();
    let (mut up, mut ends) = (true, 0);
    // How long a run may live at most, in milliseconds: as a busy machine needs it to get anywhere
    // at all.
    let (mut longest, mut last) = (400, 0);
    let mut is_undone = false;
    for _ in 0..kills {
        let (arguments, line): (&[&str], _) = if up {
            (&["db-migrate"], "Running refinery migrate")
        } else {
            (
                &["db-rollback", "1", "--accept-data-loss", LOST],
                "Rolling back",
            )
        };
        let mut child = start(&database, &repo, arguments, line);
        let end = Instant::now() + Duration::from_millis(random.below(longest));
        while Instant::now() < end && child.try_wait().expect("the tool's state").is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().expect("the tool can be killed");
        let ended = child.wait().expect("the tool ends").code();
        settle(&mut client);
        let applied = check(&database, &mut client, digests);
        is_undone |= applied < last;
        longest = if applied == last {
            (longest * 3 / 2).min(4000)
        } else {
            longest * 3 / 4 + 1
        };
        last = applied;
        if ended == Some(0) || applied == if up { digests.len() - 1 } else { 0 } {
            (up, ends) = (!up, ends + 1);
        }
    }
    assert!(ends > 0, "no run ever came to its end");
    assert!(is_undone, "no rollback ever undid anything");
    if !up {
        // What is undone in part has to be undone whole before anything is applied.
        database
            .run(&repo, &["db-rollback", "1", "--accept-data-loss", LOST])
            .must_exit(0);
    }
    database.run(&repo, &["db-migrate"]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(check(&database, &mut client, digests), digests.len() - 1);
}

#[test]
fn many_runners_at_once_apply_each_migration_once() {
    let Some(scratch) = scratch() else { return };
    let repo = Monorepo::of_migrations(&[
        ("V1__a", "CREATE TABLE a (id int);", "DROP TABLE a;"),
        (
            "V2__b",
            "-- no-transaction\nCREATE INDEX CONCURRENTLY a_id ON a (id);",
            "-- no-transaction\nDROP INDEX a_id;",
        ),
        ("V3__c", "CREATE TABLE c (id int);", "DROP TABLE c;"),
    ]);
    for round in 0..ROUNDS {
        let database = Database::create(&scratch, &format!("crowd{round}"));
        let children: Vec<Child> = (0..8)
            .map(|_| {
                let mut command = database.command(&repo, &["db-migrate", "--lock-timeout", "300"]);
                command
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .expect("the tool starts")
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().expect("the tool ends");
            assert!(output.status.success(), "{output:?}");
        }
        assert_eq!(database.history(), [1, 2, 3]);
    }
}

/// Between its last statement and its row of history there is no statement that is next.
#[test]
fn after_the_last_statement_only_the_history_is_left() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "unrecorded"),
        Monorepo::of_migrations(&[USERS, INDEX]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let stopped = format!(
        "DELETE FROM refinery_schema_history WHERE version = 3;
         UPDATE db_migration_journal SET phase = 'applying', running_sql = $sql${}$sql$, next_statement = 2,
                catalog_at_statement = NULL, invalid_indexes = NULL WHERE version = 3",
        INDEX.1
    );
    database
        .connect()
        .batch_execute(&stopped)
        .expect("as a crash leaves it");
    let status = database.run(&repo, &["db-status"]).must_exit(0).stdout;
    assert!(
        status.contains("its only statement ran, which is not recorded yet"),
        "{status}"
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 3]);
}
