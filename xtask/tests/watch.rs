//! `db-verify --watch`: one process, many saves.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::git::{commit, git, init};
use crate::support::monorepo::Monorepo;

const ROW: &str = "shared-types/src/tables/user-profile.ts";

/// Longer than any run takes: only a watch that is deaf waits for it.
const DEAF: Duration = Duration::from_secs(120);

/// A running watch, ended when dropped.
struct Watch {
    process: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(repo: &Monorepo) -> Self {
        let mut command = repo.command(&["db-verify", "--watch", "--offline"]);
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tool can be started");
        let stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            stdout
                .lines()
                .map_while(Result::ok)
                .all(|line| sender.send(line).is_ok())
        });
        Self { process, lines }
    }

    /// Returns the output until the tool waits for the next change.
    fn says(&self) -> String {
        let mut said = String::new();
        loop {
            let line = self
                .lines
                .recv_timeout(DEAF)
                .unwrap_or_else(|error| panic!("{error} after: {said}"));
            if line.contains("waiting for changes") {
                return said;
            }
            said.push_str(&line);
            said.push('\n');
        }
    }

    /// Waits until the output contains `part`: a change may be seen in several steps.
    fn must_say(&self, part: &str) {
        while !self.says().contains(part) {}
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn each_save_is_verified() {
    let repo = Monorepo::sample();
    init(&repo);
    let watch = Watch::start(&repo);
    assert!(watch.says().contains("Verification passed: 0 errors"));
    repo.edit(ROW, "  bio: string | null;", "  bio: string;");
    watch.must_say("error[NULLABILITY_MISMATCH]");
    let whole = repo.read(ROW);
    repo.write(ROW, &whole[..whole.len() / 2]);
    watch.must_say("error: cannot read `shared-types/src/tables/user-profile.ts");
    repo.write(
        ROW,
        &whole.replace("  bio: string;", "  bio: string | null;"),
    );
    watch.must_say("Verification passed: 0 errors");
    // A folder that was not there when the watch began, and a file that goes.
    let other =
        "/** @table user_profiles */\nexport interface Profile { user_id: string; bio: number }\n";
    repo.write("shared-types/src/tables/more/profile.ts", other);
    watch.must_say("Verification failed");
    std::fs::remove_dir_all(repo.path("shared-types/src/tables/more")).expect("removed");
    watch.must_say("Verification passed: 0 errors");
    // A configuration that is broken for a while.
    let config = repo.read("Cargo.toml");
    repo.write(
        "Cargo.toml",
        &config.replace("\nmigrations = ", "\nmigratoins = "),
    );
    watch.must_say("`migratoins`");
    repo.write("Cargo.toml", &config);
    watch.must_say("Verification passed: 0 errors");
    // A branch with many other files.
    git(&repo, &["checkout", "-q", "-b", "other"]);
    for at in 0..300 {
        repo.write(
            &format!("shared-types/src/domain/many{at}.ts"),
            &format!("export interface Many{at} {{ a: string }}\n"),
        );
    }
    repo.edit(ROW, "  bio: string | null;", "  bio: number;");
    commit(&repo, "many files");
    watch.must_say("error[TYPE_MISMATCH]");
    git(&repo, &["checkout", "-q", "main"]);
    watch.must_say("Verification passed: 0 errors");
}

#[test]
fn other_formats_have_nothing_to_watch() {
    let repo = Monorepo::sample();
    repo.run(&["db-verify", "--watch", "--format", "json"])
        .must_fail(&["`--watch` is for people"]);
}
