//! `--resume` of fleets where something changed since the run: it had ended, its files changed, or
//! the list did.

use crate::fleet::{run, texts};
use crate::fleet_run::{THREE, fleet, list, migrate, outcomes};
use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::shared;

fn write(repo: &Monorepo, (name, up, down): (&str, &str, &str)) {
    repo.write(&format!("migrations/{name}.sql"), up);
    repo.write(&format!("migrations/{name}.down.sql"), down);
}

const TAGS: (&str, &str, &str) = (
    "V4__tags",
    "CREATE TABLE tags (id int PRIMARY KEY);\n",
    "DROP TABLE tags;\n",
);

#[test]
fn a_run_that_has_ended_says_so_and_names_newer_files() {
    let Some(scratch) = shared() else { return };
    let (repo, tenants) = fleet(scratch, &THREE, (&["", ""], ""));
    let report = migrate(scratch, &repo, 0, &[]);
    let resumed = migrate(scratch, &repo, 0, &["--resume"]);
    assert_eq!(outcomes(&resumed), ["current"; 2]);
    let id = report["run"].as_str().expect("a run");
    let ended =
        format!("the run `{id}` has ended: nothing of it is left to do (`V3__index_names`)");
    assert_eq!(texts(&resumed["notes"]), [ended.as_str()]);
    write(&repo, TAGS);
    run(scratch, &repo, &["db-migrate", "--fleet", "--resume"]).must_fail(&[
        &ended,
        "`V4__tags` is newer, which a run without `--resume` applies",
    ]);
    assert_eq!(tenants[0].history(), [1, 2, 3]);
    // A run that has something left goes on, and says what it leaves.
    run(scratch, &repo, &["db-migrate", "--fleet", "--resume", "V4"])
        .must_fail(&["was about `V3__index_names`: leave the name of the migration out"]);
    let undo = ["db-rollback", "V3", "--accept-data-loss", "x"];
    tenants[1].run(&repo, &undo).must_exit(0);
    let resumed = migrate(scratch, &repo, 0, &["--resume"]);
    assert_eq!(outcomes(&resumed), ["current", "done"], "{resumed:#}");
    let notes = texts(&resumed["notes"]).join("; ");
    assert!(
        notes.contains("ends at `V3__index_names`; `V4__tags` is newer"),
        "{notes}"
    );
    assert_eq!(tenants[1].history(), [1, 2, 3]);
    let done = migrate(scratch, &repo, 0, &[]);
    assert_eq!(outcomes(&done), ["done"; 2]);
}

#[test]
fn a_run_whose_file_or_databases_are_gone_is_not_another_run() {
    let Some(scratch) = shared() else { return };
    let (repo, tenants) = fleet(scratch, &THREE[..2], (&["", ""], ""));
    write(&repo, TAGS);
    migrate(scratch, &repo, 0, &[]);
    let resume = ["db-migrate", "--fleet", "--resume"];
    std::fs::remove_file(repo.path("migrations/V4__tags.sql")).expect("the file");
    std::fs::remove_file(repo.path("migrations/V4__tags.down.sql")).expect("the file");
    let gone = "was about the migration V4, which no file has any more";
    run(scratch, &repo, &resume).must_fail(&[gone]);
    write(&repo, TAGS);
    run(scratch, &repo, &["db-rollback", "--fleet", "--resume"])
        .must_fail(&["was one of `db-migrate`"]);

    let new = Database::create(scratch, "fleet_resume_new");
    let [first, second] = tenants.try_into().unwrap_or_else(|_| panic!("two"));
    let all = [first, second, new];
    list(&repo, &all, &["", "", ""]);
    let only = [&resume[..], &["--only", all[2].name()]].concat();
    run(scratch, &repo, &only).must_fail(&[
        "is in the fleet, and names no database that the run",
        "a new run without `--resume` works on it",
    ]);
    list(&repo, &all[2..], &[""]);
    run(scratch, &repo, &resume)
        .must_fail(&["none of the databases of the run", "listed any more"]);
    assert_eq!(all[2].history(), [0_i64; 0]);
}

#[test]
fn a_rollback_that_has_ended_says_so() {
    let Some(scratch) = shared() else { return };
    let (repo, _tenants) = fleet(scratch, &THREE, (&["", ""], ""));
    migrate(scratch, &repo, 0, &[]);
    let back = |arguments: &[&str]| {
        let all = [&["db-rollback", "--fleet", "--format", "json"], arguments].concat();
        run(scratch, &repo, &all).must_exit(0).json()
    };
    assert_eq!(outcomes(&back(&["V3"])), ["done"; 2]);
    let resumed = back(&["--resume"]);
    assert_eq!(outcomes(&resumed), ["current"; 2]);
    let notes = texts(&resumed["notes"]).join("; ");
    assert!(
        notes.contains("has ended: nothing of it is left"),
        "{notes}"
    );
}
