//! The verdict on real histories, which are in no repository of ours: outside of CI.
//!
//! `DEPLOY_ORDER_HISTORY` names a folder with a clone (`repository`, a bare git directory) and a
//! `db.toml` for it. Each commit that adds migrations is judged against its parent, and PostgreSQL
//! is asked the same with the statements that both codes imply.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use postgres::Client;
use xtask::internals::config::Config;
use xtask::internals::layouts::in_place;
use xtask::internals::migrations::Migration;
use xtask::internals::postgres::catalog::{self, OwnTables};
use xtask::internals::postgres::scratch::Scratch;
use xtask::internals::report::{DeployOrder, ReleaseOrder};
use xtask::internals::schema::model::Schema;
use xtask::internals::tree::WorkingTree;

use super::commit::{Made, facts};
use super::oracle::{Failure, failures};
use crate::support::database::Database;
use crate::support::{major, shared};

fn git(repository: &Path, arguments: &[&str]) -> String {
    let ran = Command::new("git")
        .arg("--git-dir")
        .arg(repository)
        .args(arguments)
        .output()
        .expect("git");
    assert!(ran.status.success(), "{arguments:?}: {ran:?}");
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// The files of a commit that the configuration may name, in a folder of their own.
fn checked_out(
    repository: &Path,
    commit: &str,
    paths: &[String],
    config: &str,
) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let listed = git(repository, &["ls-tree", "--name-only", "-r", commit]);
    let wanted: Vec<&str> = paths
        .iter()
        .map(String::as_str)
        .filter(|path| listed.lines().any(|line| line.starts_with(path)))
        .collect();
    if !wanted.is_empty() {
        let mut archive = Command::new("git")
            .arg("--git-dir")
            .arg(repository)
            .args(["archive", commit])
            .args(&wanted)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("git");
        let stream = archive.stdout.take().expect("a stream");
        let status = Command::new("tar")
            .args(["-x", "-C"])
            .arg(folder.path())
            .stdin(stream)
            .status();
        assert!(status.expect("tar").success());
        archive.wait().expect("git");
    }
    std::fs::write(folder.path().join("db.toml"), config).expect("a file");
    folder
}

/// Replays migrations; databases of the commits before are copied where they fit.
struct Replays {
    scratch: &'static Scratch,
    last: Option<(Vec<u64>, Database<'static>)>,
    /// The statements that were left out, with the reasons.
    refused: BTreeSet<String>,
}

impl Replays {
    fn of(&mut self, migrations: &[Migration]) -> Database<'static> {
        let sums: Vec<u64> = migrations.iter().map(|one| one.checksum).collect();
        let fits = self
            .last
            .as_ref()
            .filter(|(before, _)| sums.starts_with(before));
        let (database, done) = match fits {
            Some((before, database)) => {
                let name = database.name().to_owned();
                (Database::copy(self.scratch, "history", &name), before.len())
            }
            None => (Database::create(self.scratch, "history"), 0),
        };
        let mut client = database.connect();
        for migration in &migrations[done..] {
            replay(&mut client, migration, &mut self.refused);
        }
        drop(client);
        let kept = Database::copy(self.scratch, "history", database.name());
        if let Some((_, before)) = self.last.replace((sums, kept)) {
            before.remove();
        }
        database
    }
}

/// Runs the statements of a migration; those that this server refuses (an extension that it does
/// not have) are left out, before and after a commit alike.
fn replay(client: &mut Client, migration: &Migration, refused: &mut BTreeSet<String>) {
    for statement in xtask::internals::migrations::sql::statements(&migration.sql) {
        if let Err(error) = client.batch_execute(statement.text()) {
            let error = error
                .as_db_error()
                .map_or_else(|| error.to_string(), |error| error.message().to_owned());
            refused.insert(format!("{migration}: {error}"));
        }
    }
}

fn schema(database: &Database<'_>) -> Schema {
    catalog::read(&mut database.connect(), &OwnTables::new("history")).expect("the catalogs")
}

/// What PostgreSQL says of the order.
fn order_of_oracle(breaks: bool, needs: bool, left_behind: bool) -> ReleaseOrder {
    match (breaks, needs) {
        (true, true) => ReleaseOrder::TwoReleases,
        (true, false) if left_behind => ReleaseOrder::TwoReleases,
        (true, false) => ReleaseOrder::DeployFirst,
        (false, true) => ReleaseOrder::MigrateFirst,
        (false, false) => ReleaseOrder::Either,
    }
}

#[test]
#[ignore = "it needs the history of another repository: see the module"]
fn verdicts_agree_with_postgresql_on_real_histories() {
    let folder = PathBuf::from(std::env::var_os("DEPLOY_ORDER_HISTORY").expect("a folder"));
    let repository = folder.join("repository");
    let text = std::fs::read_to_string(folder.join("db.toml")).expect("a configuration");
    let text = text.replace("{major}", &major().to_string());
    let (first, rest) = text.split_once('\n').expect("lines");
    let paths: Vec<String> = first
        .trim_start_matches('#')
        .split_whitespace()
        .map(ToOwned::to_owned)
        .collect();
    let log = git(
        &repository,
        &[
            "log",
            "--first-parent",
            "--reverse",
            "--format=%H",
            "--diff-filter=A",
            "HEAD",
            "--",
            &paths[0],
        ],
    );
    let limit: usize = std::env::var("DEPLOY_ORDER_LIMIT")
        .map_or(usize::MAX, |text| text.parse().expect("a number"));
    let commits: Vec<&str> = log.lines().collect();
    let commits = &commits[commits.len().saturating_sub(limit)..];
    let mut replays = Replays {
        scratch: shared().expect("a cluster"),
        last: None,
        refused: BTreeSet::new(),
    };
    let (mut judged, mut agreed, mut migrations) = (0, 0, 0);
    for commit in commits {
        let parent = format!("{commit}^");
        let made = |replays: &mut Replays, commit: &str| -> Result<Made, String> {
            let files = checked_out(&repository, commit, &paths, rest);
            let tree = WorkingTree::new(files.path());
            let config = Config::load(files.path(), None).map_err(|error| format!("{error:#}"))?;
            let migrations =
                in_place::load(&tree, &config.migrations).map_err(|error| format!("{error:#}"))?;
            let database = replays.of(&migrations);
            Ok(Made {
                facts: facts(&tree, &config),
                schema: schema(&database),
                config,
                migrations,
                database,
            })
        };
        let old = made(&mut replays, &parent);
        let new = made(&mut replays, commit);
        let (old, new) = match (old, new) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(why), _) | (_, Err(why)) => {
                println!("{commit} left out: {why}");
                continue;
            }
        };
        let Some(order) = new.order_after(&old) else {
            println!("{commit} left out: the schema stays");
            continue;
        };
        let (running, newer) = (old.demands(&old.schema), new.demands(&new.schema));
        let kept = new.demands(&old.schema);
        let ask =
            |database: &Database<'_>, demands, own| failures(&mut database.connect(), demands, own);
        let own = ask(&old.database, &running, &old.schema);
        let mut breaks = ask(&new.database, &running, &old.schema);
        breaks.retain(|one| !own.contains(one));
        let own = ask(&new.database, &newer, &new.schema);
        let mut needs = ask(&old.database, &newer, &new.schema);
        needs.retain(|one| !own.contains(one));
        let own = ask(&old.database, &kept, &old.schema);
        let mut left = ask(&new.database, &kept, &old.schema);
        left.retain(|one| !own.contains(one));
        let oracle = order_of_oracle(!breaks.is_empty(), !needs.is_empty(), !left.is_empty());
        judged += 1;
        migrations += new.migrations.len().saturating_sub(old.migrations.len());
        let told = told(&order);
        let agrees = oracle == order.order && told == (entities(&breaks), entities(&needs));
        agreed += usize::from(agrees);
        let sign = if agrees { "agrees" } else { "DISAGREES" };
        println!("{commit} {sign}: {:?}, PostgreSQL {oracle:?}", order.order);
        if !agrees {
            for problem in order
                .breaks
                .iter()
                .filter(|one| one.certain)
                .chain(&order.needs)
            {
                println!("    told: {}", problem.in_words());
            }
            println!("    PostgreSQL: breaks {breaks:?}, needs {needs:?}");
        }
        old.database.remove();
        new.database.remove();
    }
    for refused in &replays.refused {
        println!("not run: {refused}");
    }
    println!("{agreed} of {judged} commits with {migrations} migrations agree");
    assert!(judged > 0);
}

fn entities(failed: &BTreeSet<Failure>) -> BTreeSet<String> {
    failed.iter().map(|one| one.table.clone()).collect()
}

fn told(order: &DeployOrder) -> (BTreeSet<String>, BTreeSet<String>) {
    let breaks = order.breaks.iter().filter(|one| one.certain);
    (
        breaks.map(|one| one.entity.clone()).collect(),
        order.needs.iter().map(|one| one.entity.clone()).collect(),
    )
}
