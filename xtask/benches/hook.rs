//! Measures the wait of a commit: `db-verify --staged` as a whole process, on a monorepo of 3,000
//! TypeScript files. Measures the wait after a save as well, under `db-verify --watch`.
//!
//! `cargo bench --bench hook`

mod generated;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 25;

const ROW: &str = "shared-types/src/tables/user-profile.ts";

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    monorepo(root);
    run(root, "git", &["init", "-q", "-b", "main"]);
    commit(root);
    let staged = || hook(root);
    report("bare `git diff --cached`", 0, || {
        run(root, "git", &["diff", "--cached", "--name-only"])
    });
    report("nothing staged", 20, staged);
    std::fs::write(root.join("notes.md"), "notes").expect("a file");
    run(root, "git", &["add", "notes.md"]);
    report("nothing staged that matters", 20, staged);
    let row = std::fs::read_to_string(root.join(ROW)).expect("the sample's file");
    std::fs::write(root.join(ROW), format!("{row}\n// changed\n")).expect("a file");
    run(root, "git", &["add", ROW]);
    report("one changed type file", 150, staged);
    std::fs::write(root.join(ROW), "not what is staged").expect("a file");
    report("the same, and another one on disk", 150, staged);
    std::fs::write(root.join(ROW), &row).expect("a file");
    watch(root, &row);
}

/// From a save until its verdict is printed, after the first run.
fn watch(root: &Path, row: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(root)
        .args(["db-verify", "--watch", "--offline"])
        .stdout(Stdio::piped());
    let mut process = command.spawn().expect("the tool");
    let mut lines = BufReader::new(process.stdout.take().expect("a pipe"))
        .lines()
        .map_while(Result::ok);
    let mut verdict = || {
        assert!(
            lines.any(|line| line.contains("waiting for changes")),
            "the watch ended"
        )
    };
    verdict();
    let mut times = Vec::new();
    for run in 0..RUNS {
        // What is written right after a run would be taken for the same change.
        std::thread::sleep(Duration::from_millis(300));
        let start = Instant::now();
        std::fs::write(root.join(ROW), format!("{row}\n// {run}\n")).expect("a file");
        verdict();
        times.push(start.elapsed());
    }
    process
        .kill()
        .and_then(|()| process.wait())
        .expect("the watch can be ended");
    print("a save under `--watch`", 100, times);
}

/// The shortest run and the one in the middle: what else the machine does only makes a run longer.
fn report(what: &str, most: u64, run: impl Fn()) {
    let timed = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    print(what, most, (0..RUNS).map(|_| timed()).collect());
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn print(what: &str, most: u64, mut times: Vec<Duration>) {
    times.sort();
    let limit = if most == 0 {
        String::new()
    } else {
        format!(" (at most {most} ms)")
    };
    println!(
        "{what}: {:.1?} at best, {:.1?} in the middle{limit}",
        times[0],
        times[RUNS / 2]
    );
}

/// The sample among 3,000 files of which one in five declares types and one in twenty schemas.
fn monorepo(root: &Path) {
    generated::monorepo(root, generated::FILES);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("`xtask` lies in the repository");
    for folder in ["migrations", "snapshots", "shared-types/src"] {
        for entry in walkdir::WalkDir::new(sample.join(folder)) {
            let entry = entry.expect("the sample can be listed");
            let target = root.join(entry.path().strip_prefix(sample).expect("below the sample"));
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(target).expect("a folder");
            } else {
                std::fs::copy(entry.path(), target).expect("a copy");
            }
        }
    }
    let config = "types = ['shared-types/src/tables/**', 'shared-types/src/domain/**', 'src/**']
validation = ['shared-types/src/validation/**', 'src/**']
contracts = ['shared-types/src/contracts/**']
routes = ['shared-types/src/routes/**']
";
    std::fs::write(root.join("db.toml"), config).expect("a file");
}

fn commit(root: &Path) {
    run(root, "git", &["add", "-A"]);
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    run(
        root,
        "git",
        &[&identity[..], &["commit", "-q", "-m", "sample"]].concat(),
    );
}

fn hook(root: &Path) {
    run(
        root,
        env!("CARGO_BIN_EXE_xtask"),
        &["db-verify", "--staged"],
    );
}

fn run(root: &Path, program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command
        .current_dir(root)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    assert!(
        command.status().expect("a program").success(),
        "{program} {arguments:?}"
    );
}
