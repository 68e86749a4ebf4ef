//! Runs and servers that are killed at random moments: SIGKILL for the tool, and for a process of
//! the server, upon which all of it starts anew and recovers.

use std::process::Command;
use std::time::{Duration, Instant};

use postgres::Client;

use super::{Course, LAST, arrive, end, reconnect, say, seed, start, told};
use crate::crashes::{Random, check, digest, digests, migrations, repo, settle};
use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::scratch;

/// How many kills there are for each of the workers, which have a server of their own.
const KILLS: usize = 150;
const WORKERS: u64 = 2;

#[derive(Debug, Default)]
struct Figures {
    runs: usize,
    servers: usize,
    baselines: usize,
    ends: usize,
}

#[test]
#[ignore = "takes long: `.ci/storm` runs it"]
fn runs_and_servers_are_killed_at_random_moments() {
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            scope.spawn(move || kill_again_and_again(seed(10 + worker)));
        }
    });
}

fn kill_again_and_again(mut random: Random) {
    let Some(scratch) = scratch() else { return };
    let digests = digests(&Database::create(&scratch, "reference"));
    let (database, repo) = (Database::create(&scratch, "killed"), repo());
    let adopted = Database::create(&scratch, "adopted");
    make_by_hand(&adopted);
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let (mut course, mut figures) = (Course::new(), Figures::default());
    // How long a run may live at most, in milliseconds: as a busy machine needs it to get anywhere
    // at all.
    let (mut longest, mut last) = (1500, 0);
    for number in 0..KILLS {
        told(number, KILLS, "kills of one worker");
        if number % 6 == 5 {
            kill_baseline(&adopted, &repo, &digests, &mut random, &mut figures);
            continue;
        }
        let child = start(&database, &repo, course.arguments(), None);
        let kill_server = random.below(3) == 0;
        let mut client = disturb(
            &database,
            child,
            random.below(longest),
            kill_server,
            &mut figures,
        );
        let applied = check(&database, &mut client, &digests);
        longest = if applied == last {
            (longest * 3 / 2).min(8000)
        } else {
            longest * 3 / 4 + 1
        };
        last = applied;
        course.at(applied);
    }
    figures.ends = course.ends;
    let mut client = reconnect(&database);
    arrive(&database, &repo, &mut client, &digests);
    say(&format!("{figures:?}"));
}

/// Kills a run, or a process of its server, after so many milliseconds, and waits until everything
/// is quiet.
fn disturb(
    database: &Database<'_>,
    mut child: std::process::Child,
    after: u64,
    kill_server: bool,
    figures: &mut Figures,
) -> Client {
    let deadline = Instant::now() + Duration::from_millis(after);
    while Instant::now() < deadline && child.try_wait().expect("the tool's state").is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    if kill_server {
        figures.servers += 1;
        kill_process_of_server(database);
        end(child, &format!("a run whose server died after {after} ms"));
    } else {
        figures.runs += 1;
        child.kill().expect("the tool can be killed");
        end(child, "a killed run");
    }
    let mut client = reconnect(database);
    settle(&mut client);
    client
}

/// Kills the process that works for the tool, or where there is none, one of our own: the server
/// takes either for a crash.
fn kill_process_of_server(database: &Database<'_>) {
    let mut client = reconnect(database);
    let query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                 ORDER BY (application_name = 'pgaccord') DESC, pid LIMIT 1";
    let pid: i32 = client.query_one(query, &[]).expect("a process").get(0);
    let killed = Command::new("kill")
        .args(["-KILL", &pid.to_string()])
        .status()
        .expect("kill runs");
    // It may have ended by itself meanwhile.
    let _ = killed;
    // Where the server had to start anew, this session is gone.
    while client.batch_execute("SELECT 1").is_ok() && is_there(pid) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_there(pid: i32) -> bool {
    Command::new("kill")
        .args(["-0", &pid.to_string()])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// The schema of all migrations, as somebody made it who did not know of them.
fn make_by_hand(database: &Database<'_>) {
    let mut client = database.connect();
    for (_, up, _) in migrations() {
        let statements = xtask::internals::migrations::sql::statements(&up);
        statements.iter().for_each(|one| {
            client
                .batch_execute(one.text())
                .expect("the migration runs")
        });
    }
}

/// A baseline records all of the migrations or none.
fn kill_baseline(
    database: &Database<'_>,
    repo: &Monorepo,
    digests: &[String],
    random: &mut Random,
    figures: &mut Figures,
) {
    figures.baselines += 1;
    let child = start(database, repo, &["db-baseline", &LAST.to_string()], None);
    let kill_server = random.below(3) == 0;
    let mut client = disturb(database, child, random.below(4000), kill_server, figures);
    let history = database.history().len();
    assert!(
        history == 0 || history == LAST,
        "{history} of {LAST} migrations are recorded"
    );
    assert_eq!(digest(&mut client), digests[LAST]);
    if history == LAST {
        database
            .run(repo, &["db-status", "--exit-code"])
            .must_exit(0);
        client
            .batch_execute("DROP TABLE refinery_schema_history, db_migration_journal")
            .expect("the tables");
    }
}
