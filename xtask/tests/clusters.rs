//! Scratch and embedded clusters on real binaries: as they are meant to be used, and after runs
//! that were killed. A process to kill is this test binary itself, run again with `HELPER` set.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{config, connect, major, scratch};
use postgres::Client;
use xtask::internals::postgres::binaries::SWITCH;
use xtask::internals::postgres::connect::{Target, connect as connect_to};
use xtask::internals::postgres::embedded::Embedded;
use xtask::internals::postgres::scratch::{Network, Scratch};
use xtask::internals::progress::Progress;

const HELPER: &str = "DB_TEST_HELPER";

#[test]
fn a_scratch_cluster_is_empty_and_vanishes_when_dropped() {
    let Some(scratch) = scratch() else { return };
    let folder = scratch_folder(&mut connect(&scratch));
    assert!(folder.join("data/PG_VERSION").exists());
    drop(scratch);
    assert!(!folder.exists(), "{}", folder.display());
}

#[test]
fn each_scratch_cluster_has_its_own_roles() {
    let (Some(one), Some(two)) = (scratch(), scratch()) else {
        return;
    };
    for scratch in [&one, &two] {
        connect(scratch)
            .batch_execute("CREATE ROLE app")
            .expect("nobody else made it");
    }
}

#[test]
fn the_embedded_database_keeps_its_data_and_stops_with_its_last_user() {
    let Some(checkout) = checkout("my monorepo with spaces") else {
        return;
    };
    let first = embedded(&checkout);
    open(&first)
        .batch_execute("CREATE TABLE kept (id integer)")
        .expect("creates");
    let second = embedded(&checkout);
    assert_eq!(
        server_pid(&first),
        server_pid(&second),
        "one server for all"
    );
    drop(first);
    open(&second)
        .batch_execute("INSERT INTO kept VALUES (1)")
        .expect("still runs");
    let pid_file = data(&second).join("postmaster.pid");
    assert!(pid_file.exists());
    drop(second);
    assert!(!pid_file.exists(), "stopped in order");
    let third = embedded(&checkout);
    assert_eq!(
        open(&third)
            .query("SELECT FROM kept", &[])
            .expect("kept")
            .len(),
        1
    );
}

#[test]
fn two_checkouts_have_two_databases_at_the_same_time() {
    let (Some(one), Some(two)) = (checkout("one"), checkout("two")) else {
        return;
    };
    let (first, second) = (embedded(&one), embedded(&two));
    open(&first)
        .batch_execute("CREATE TABLE mine (id integer)")
        .expect("creates");
    open(&second)
        .batch_execute("CREATE TABLE mine (id integer)")
        .expect("creates its own");
}

#[test]
fn many_threads_may_start_the_same_embedded_database() {
    let Some(checkout) = checkout("busy") else {
        return;
    };
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let embedded = embedded(&checkout);
                assert_eq!(
                    open(&embedded)
                        .query("SELECT 1", &[])
                        .expect("answers")
                        .len(),
                    1
                );
            });
        }
    });
}

#[test]
fn the_server_of_a_killed_run_is_taken_over() {
    let Some(checkout) = checkout("killed run") else {
        return;
    };
    let orphan = kill_helper("embedded", checkout.path());
    let after = embedded(&checkout);
    assert_eq!(server_pid(&after).to_string(), orphan, "the same server");
    assert_eq!(
        open(&after)
            .query("SELECT FROM helped", &[])
            .expect("its table")
            .len(),
        0
    );
}

#[test]
fn a_server_that_was_killed_too_is_started_again() {
    let Some(checkout) = checkout("killed server") else {
        return;
    };
    let orphan = kill_helper("embedded", checkout.path());
    kill(&orphan);
    let after = embedded(&checkout);
    assert_ne!(server_pid(&after).to_string(), orphan);
    assert_eq!(
        open(&after)
            .query("SELECT FROM helped", &[])
            .expect("recovered")
            .len(),
        0
    );
}

#[test]
fn left_overs_in_the_data_folder_do_not_stop_the_next_run() {
    let Some(checkout) = checkout("left-overs") else {
        return;
    };
    let first = embedded(&checkout);
    let (folder, data) = (first.folder().to_path_buf(), data(&first));
    drop(first);
    // A process that is no server has the number now.
    let stale = format!(
        "{}\n{}\n1700000000\n5432\n/nowhere\n\n",
        std::process::id(),
        data.display()
    );
    std::fs::write(data.join("postmaster.pid"), stale).expect("writes");
    std::fs::create_dir(folder.join("data.new-abcdef")).expect("a copy that was cut short");
    drop(embedded(&checkout));
    assert!(!folder.join("data.new-abcdef").exists());
    // A cluster that never was complete is set aside, not deleted.
    std::fs::remove_file(data.join("global/pg_control")).expect("removes");
    open(&embedded(&checkout))
        .batch_execute("SELECT 1")
        .expect("a new cluster");
    let names = std::fs::read_dir(&folder)
        .expect("lists")
        .map(|entry| entry.expect("entry").file_name());
    assert!(
        names
            .into_iter()
            .any(|name| name.to_string_lossy().starts_with("data.damaged-"))
    );
}

#[test]
fn the_scratch_cluster_of_a_killed_run_vanishes() {
    let Some(checkout) = checkout("scratch") else {
        return;
    };
    let folder = PathBuf::from(kill_helper("scratch", checkout.path()));
    let begin = Instant::now();
    while folder.exists() && begin.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!folder.exists(), "{}", folder.display());
}

/// A left-over may name another user's process as its server, since others may write into a
/// temporary folder. That process must survive.
#[test]
fn a_process_that_a_left_over_names_is_not_ended() {
    let Some(scratch) = scratch() else { return };
    let account = scratch_folder(&mut connect(&scratch))
        .metadata()
        .expect("its folder")
        .uid();
    let mut victim = Command::new("sleep").arg("300").spawn().expect("runs");
    let left_over = tempfile::Builder::new()
        .prefix("db-scratch-")
        .tempdir_in(std::env::temp_dir())
        .expect("a folder");
    let data = left_over.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    for path in ["", &data.display().to_string()] {
        std::fs::write(
            data.join("postmaster.pid"),
            format!("{}\n{path}\n0\n5432\n\n", victim.id()),
        )
        .expect("writes");
        let old = std::time::SystemTime::now() - Duration::from_secs(3600);
        std::fs::File::open(left_over.path())
            .expect("opens")
            .set_modified(old)
            .expect("it is old");
        // As root the servers run as somebody else, whose left-overs are swept.
        std::os::unix::fs::chown(left_over.path(), Some(account), None).expect("its owner");
        drop(self::scratch());
        assert!(
            victim.try_wait().expect("a child").is_none(),
            "ended, by a file that names {path:?}"
        );
        assert!(!left_over.path().exists(), "the left-over was not seen");
        std::fs::create_dir_all(&data).expect("a folder");
    }
    victim.kill().expect("ends");
    victim.wait().expect("ended");
}

#[test]
fn a_home_that_the_server_cannot_enter_is_avoided() {
    let Some(checkout) = checkout("private") else {
        return;
    };
    std::fs::set_permissions(checkout.path(), std::fs::Permissions::from_mode(0o700))
        .expect("chmod");
    open(&embedded(&checkout))
        .batch_execute("SELECT 1")
        .expect("runs elsewhere, or as its owner");
}

#[test]
fn a_major_that_nobody_has_is_refused_with_the_ways_out() {
    let repo = Monorepo::of_migrations(&[("V1__nothing", "SELECT 1;", "SELECT 1;")]);
    repo.edit(
        "Cargo.toml",
        &format!("postgres = '{}'", major()),
        "postgres = '9'",
    );
    let ran = Ran::of(repo.command(&["db-snapshot"]).env_remove(SWITCH));
    ran.must_fail(&["install PostgreSQL 9", "`npm` on `PATH`", "`DATABASE_URL`"]);
}

/// Runs as the helper process until it is killed. Does nothing as an ordinary test.
#[test]
fn helper() {
    let Some(task) = std::env::var_os(HELPER) else {
        return;
    };
    let root = std::env::current_dir().expect("a folder");
    let says = |text: String| println!("helper says {text}");
    if task == "embedded" {
        let embedded = Embedded::start(&config(), &root, &Progress::default()).expect("starts");
        open(&embedded)
            .batch_execute("CREATE TABLE helped (id integer)")
            .expect("creates");
        says(server_pid(&embedded).to_string());
        sleep_until_killed();
    } else {
        let scratch = Scratch::start(&config(), None, Network::OfTheMachine, &Progress::default())
            .expect("starts");
        says(scratch_folder(&mut connect(&scratch)).display().to_string());
        sleep_until_killed();
    }
}

fn sleep_until_killed() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Runs a helper in `folder` until it has said what it has to say, kills it, and returns that.
fn kill_helper(task: &str, folder: &Path) -> String {
    let binary = std::env::current_exe().expect("this test");
    let mut command = Command::new(binary);
    command
        .args(["--exact", "clusters::helper", "--nocapture"])
        .env(HELPER, task)
        .current_dir(folder)
        .stdout(Stdio::piped());
    let mut child: Child = command.spawn().expect("runs");
    let output = std::io::BufReader::new(child.stdout.take().expect("piped"));
    let mut lines = std::io::BufRead::lines(output).map_while(Result::ok);
    let said = lines.find_map(|line| {
        line.split_once("helper says ")
            .map(|(_, said)| said.to_owned())
    });
    child.kill().expect("kills");
    child.wait().expect("ends");
    said.expect("the helper got ready")
}

fn kill(pid: &str) {
    assert!(
        Command::new("kill")
            .args(["-9", pid])
            .status()
            .expect("kill runs")
            .success()
    );
    let begin = Instant::now();
    while Command::new("kill")
        .args(["-0", pid])
        .stderr(Stdio::null())
        .status()
        .expect("kill runs")
        .success()
    {
        assert!(
            begin.elapsed() < Duration::from_secs(30),
            "{pid} does not end"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A folder to be the root of a monorepo; none without PostgreSQL.
fn checkout(name: &str) -> Option<Checkout> {
    scratch()?;
    let parent = tempfile::Builder::new()
        .permissions(PermissionsExt::from_mode(0o755))
        .tempdir()
        .expect("a folder");
    let path = parent.path().join(name);
    std::fs::create_dir(&path).expect("creates");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    Some(Checkout {
        _parent: parent,
        path: path.canonicalize().expect("exists"),
    })
}

struct Checkout {
    _parent: tempfile::TempDir,
    path: PathBuf,
}

impl Checkout {
    fn path(&self) -> &Path {
        &self.path
    }
}

fn embedded(checkout: &Checkout) -> Embedded {
    Embedded::start(&config(), checkout.path(), &Progress::default())
        .unwrap_or_else(|error| panic!("{error:#}"))
}

fn open(embedded: &Embedded) -> Client {
    embedded
        .parameters()
        .connect(postgres::NoTls)
        .expect("connects")
}

fn data(embedded: &Embedded) -> PathBuf {
    embedded.folder().join("data")
}

fn server_pid(embedded: &Embedded) -> u32 {
    let text = std::fs::read_to_string(data(embedded).join("postmaster.pid")).expect("runs");
    text.lines()
        .next()
        .expect("a line")
        .trim()
        .parse()
        .expect("a number")
}

fn scratch_folder(client: &mut Client) -> PathBuf {
    let row = client
        .query_one("SHOW unix_socket_directories", &[])
        .expect("answers");
    PathBuf::from(row.get::<_, String>(0).trim_matches('"'))
}

#[test]
fn the_target_is_described_and_connected_to() {
    let Some(checkout) = checkout("target") else {
        return;
    };
    let target =
        Target::open(None, &config(), checkout.path(), &Progress::default()).expect("starts");
    let expected = format!("embedded PostgreSQL {} in `", major());
    assert!(
        target.describe().starts_with(&expected),
        "{}",
        target.describe()
    );
    let row = connect_to(&target)
        .expect("connects")
        .query_one("SHOW application_name", &[])
        .expect("answers");
    assert_eq!(row.get::<_, String>(0), "pgaccord");
}
