//! `db-verify --since` on real branches: the order in every format, consent in the migration's
//! file, the plan, and the worked examples of the book's page on zero downtime.

use serde_json::Value;

use crate::support::git::{commit, git, init};
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{major, shared, url};

const CODE: &str = "import { pgTable, integer, text, boolean } from 'drizzle-orm/pg-core';
export const runs = pgTable('runs', {
  id: integer('id').primaryKey(),
  title: text('title').notNull(),
  activityEnabled: boolean('activity_enabled').notNull().default(false),
});
";

/// The tool, with its scratch databases on the cluster of the tests.
fn run(repo: &Monorepo, arguments: &[&str]) -> Option<Ran> {
    let mut command = repo.command(arguments);
    Some(Ran::of(command.env("SHADOW_DATABASE_URL", url(shared()?))))
}

/// A monorepo with one table, on a branch.
fn monorepo() -> Option<Monorepo> {
    let repo = Monorepo::empty();
    repo.write(
        "db.toml",
        &format!(
            "postgres = '{}'\nmigrations = 'migrations'\ndrizzle = ['src/schema.ts']\n",
            major()
        ),
    );
    migration(
        &repo,
        "V1__runs",
        "CREATE TABLE runs (id integer PRIMARY KEY, title text NOT NULL, activity_enabled boolean NOT NULL DEFAULT false);\n",
    );
    repo.write("src/schema.ts", CODE);
    repo.write(".gitignore", "target/\n");
    run(&repo, &["db-snapshot"])?.must_exit(0);
    init(&repo);
    git(&repo, &["checkout", "-q", "-b", "feature"]);
    Some(repo)
}

fn migration(repo: &Monorepo, name: &str, sql: &str) {
    repo.write(&format!("migrations/{name}.sql"), sql);
    repo.write(
        &format!("migrations/{name}.down.sql"),
        "-- irreversible: a test\n",
    );
}

/// Commits what is there, and verifies the branch.
fn since(repo: &Monorepo, arguments: &[&str]) -> Ran {
    run(repo, &["db-snapshot"]).expect("a cluster").must_exit(0);
    commit(repo, "a change");
    let all = [&["db-verify", "--since", "main"], arguments].concat();
    run(repo, &all).expect("a cluster")
}

fn order(report: &Value) -> &Value {
    &report["since"]["deployOrder"]
}

fn findings<'r>(report: &'r Value, level: &str, kind: &str) -> Vec<&'r Value> {
    let list = report["migrations"][level].as_array();
    list.into_iter()
        .flatten()
        .filter(|one| one["type"] == kind)
        .collect()
}

/// Drops a column that the running code names, and adds one that it does not write.
const DROP_AND_ADD: &str = "ALTER TABLE runs DROP COLUMN activity_enabled;
ALTER TABLE runs ADD COLUMN owner text NOT NULL DEFAULT 'x';
ALTER TABLE runs ALTER COLUMN owner DROP DEFAULT;
";

const NEW_CODE: &str = "import { pgTable, integer, text } from 'drizzle-orm/pg-core';
export const runs = pgTable('runs', {
  id: integer('id').primaryKey(),
  title: text('title').notNull(),
  owner: text('owner').notNull(),
});
";

#[test]
fn the_lines_of_running_code_and_of_the_migration_are_told() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(&repo, "V2__owner", DROP_AND_ADD);
    repo.write("src/schema.ts", NEW_CODE);
    let ran = since(&repo, &["--format", "json"]).must_exit(1);
    let report = ran.json();
    let errors = findings(&report, "errors", "BREAKS_RUNNING_CODE");
    let told: Vec<_> = errors
        .iter()
        .map(|one| {
            let code = &one["details"]["code"][0];
            let line = &one["locations"][0]["line"];
            (one["field"].as_str(), code.as_str(), line.as_u64())
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some("activity_enabled"), Some("src/schema.ts:5:3"), Some(1)),
            (Some("owner"), Some("src/schema.ts:2:14"), Some(3)),
        ],
        "{report:#}"
    );
    assert_eq!(order(&report)["order"], "two-releases");
    assert_eq!(order(&report)["needsMigration"][0]["field"], "owner");
    let rules: Vec<_> = findings(&report, "warnings", "RISKY_MIGRATION")
        .iter()
        .map(|one| one["field"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(
        !rules.iter().any(|rule| rule == "ban-drop-column"),
        "{rules:?}"
    );
}

#[test]
fn every_format_says_the_order() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(
        &repo,
        "V2__owner",
        "ALTER TABLE runs ADD COLUMN owner text;\n",
    );
    repo.write(
        "src/schema.ts",
        &CODE.replace("});", "  owner: text('owner'),\n});"),
    );
    since(&repo, &[]).must_exit(0);
    for format in [
        "human", "json", "github", "gitlab", "sarif", "markdown", "junit", "html",
    ] {
        let ran = run(&repo, &["db-verify", "--since", "main", "--format", format]);
        let ran = ran.expect("a cluster").must_exit(0);
        assert!(
            ran.stdout.contains("migrate first") && ran.stdout.contains("owner"),
            "{format}: {}",
            ran.stdout
        );
        if format == "markdown" {
            let pairs = ran.stdout.find("| running code |").expect("the pairs");
            let first = ran.stdout.find("| ---").expect("a table");
            let parts = ran.stdout.find("| Part |").expect("the parts");
            assert!(first < pairs && pairs < parts, "{}", ran.stdout);
        }
    }
}

#[test]
fn what_a_migration_breaks_is_accepted_for_a_reason_above_its_statement() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(
        &repo,
        "V2__drop",
        "-- db-verify-ignore BREAKS_RUNNING_CODE: deployed at night, with the service stopped\n\
         ALTER TABLE runs DROP COLUMN activity_enabled;\n",
    );
    repo.write(
        "src/schema.ts",
        &CODE.replace(
            "  activityEnabled: boolean('activity_enabled').notNull().default(false),\n",
            "",
        ),
    );
    let report = since(&repo, &["--format", "json"]).must_exit(0).json();
    assert_eq!(
        order(&report)["breaksRunningCode"][0]["accepted"],
        "deployed at night, with the service stopped"
    );
    // Without a reason, nothing is accepted.
    migration(
        &repo,
        "V2__drop",
        "-- db-verify-ignore BREAKS_RUNNING_CODE:\nALTER TABLE runs DROP COLUMN activity_enabled;\n",
    );
    let report = since(&repo, &["--format", "json"]).must_exit(1).json();
    assert_eq!(findings(&report, "errors", "BREAKS_RUNNING_CODE").len(), 1);
    // The configuration decides about the level.
    let keys = repo.read("db.toml");
    repo.write(
        "db.toml",
        &format!("{keys}[severity]\nBREAKS_RUNNING_CODE = 'warning'\nNEEDS_MIGRATION = 'error'\n"),
    );
    let report = since(&repo, &["--format", "json"]).must_exit(0).json();
    assert_eq!(
        findings(&report, "warnings", "BREAKS_RUNNING_CODE").len(),
        1
    );
}

#[test]
fn code_that_still_uses_what_goes_is_told_apart() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(
        &repo,
        "V2__drop",
        "ALTER TABLE runs DROP COLUMN activity_enabled;\n",
    );
    let report = since(&repo, &["--format", "json"]).must_exit(1).json();
    assert_eq!(order(&report)["order"], "two-releases");
    assert_eq!(
        order(&report)["breaksNewCode"][0]["field"],
        "activity_enabled"
    );
}

#[test]
fn drift_of_before_is_not_told_again() {
    let Some(repo) = monorepo() else {
        return;
    };
    git(&repo, &["checkout", "-q", "main"]);
    repo.write(
        "src/schema.ts",
        &CODE.replace("});", "  gone: text('gone').notNull(),\n});"),
    );
    commit(&repo, "drift");
    git(&repo, &["checkout", "-q", "-B", "feature"]);
    migration(
        &repo,
        "V2__index",
        "ALTER TABLE runs ADD COLUMN owner text;\n",
    );
    let report = since(&repo, &["--format", "json"]).json();
    assert_eq!(order(&report)["order"], "either");
    assert_eq!(
        order(&report)["breaksRunningCode"],
        Value::Array(Vec::new())
    );
}

/// The page's first example: drop a column.
#[test]
fn example_of_a_dropped_column() {
    let Some(repo) = monorepo() else {
        return;
    };
    let without = CODE.replace(
        "  activityEnabled: boolean('activity_enabled').notNull().default(false),\n",
        "",
    );
    // The first pull request takes it out of the code.
    repo.write("src/schema.ts", &without);
    repo.write(
        "db.toml",
        &format!(
            "{}[severity]\nMISSING_FIELD_IN_TYPE = 'off'\n",
            repo.read("db.toml")
        ),
    );
    let report = since(&repo, &["--format", "json"]).must_exit(0).json();
    assert!(order(&report).is_null(), "{report:#}");
    git(&repo, &["checkout", "-q", "main"]);
    git(&repo, &["merge", "-q", "feature"]);
    git(&repo, &["checkout", "-q", "-b", "later"]);
    // The second one drops it: no code names it any more.
    migration(
        &repo,
        "V2__drop",
        "ALTER TABLE runs DROP COLUMN activity_enabled;\n",
    );
    let report = since(&repo, &["--format", "json"]).must_exit(0).json();
    assert_eq!(order(&report)["order"], "either");
}

/// The page's second example: rename a column, with the two migrations of the plan.
#[test]
fn example_of_a_renamed_column() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(
        &repo,
        "V2__heading",
        "ALTER TABLE runs RENAME COLUMN title TO heading;\n",
    );
    repo.write(
        "src/schema.ts",
        &CODE.replace("title: text('title')", "heading: text('heading')"),
    );
    let ran = since(&repo, &["--plan", "plan"]).must_exit(1);
    for told in [
        "wrote `plan/1_heading_expand.sql`",
        "wrote `plan/1_heading_expand.down.sql`",
        "tried on a scratch database: both codes work with the first release",
    ] {
        assert!(ran.stderr.contains(told), "{told:?} is not in {ran:?}");
    }
    assert!(
        !ran.stderr.contains("is not the one of the branch"),
        "{ran:?}"
    );
    let (expand, contract) = (
        repo.read("plan/1_heading_expand.sql"),
        repo.read("plan/2_heading_contract.sql"),
    );
    // Each has its way back, as `db-new --down` writes it.
    let down = repo.read("plan/1_heading_expand.down.sql");
    assert!(
        down.starts_with("-- generated way back of heading_expand (")
            && down.contains("RENAME COLUMN heading TO title"),
        "{down}"
    );
    let down = repo.read("plan/2_heading_contract.down.sql");
    assert!(
        down.contains("-- loses: runs.title") && down.contains("CREATE TRIGGER"),
        "{down}"
    );
    // The plan's first migration in place of the rename: either code runs with it.
    migration(&repo, "V2__heading", &expand);
    let report = since(&repo, &["--format", "json"]).json();
    assert_eq!(order(&report)["order"], "migrate-first", "{report:#}");
    assert_eq!(
        order(&report)["breaksRunningCode"],
        Value::Array(Vec::new())
    );
    let rules: Vec<&Value> = findings(&report, "warnings", "RISKY_MIGRATION");
    assert!(
        !rules.iter().any(|one| one["field"] == "renaming-column"),
        "{rules:?}"
    );
    git(&repo, &["checkout", "-q", "main"]);
    git(&repo, &["merge", "-q", "feature"]);
    git(&repo, &["checkout", "-q", "-b", "later"]);
    migration(&repo, "V3__heading", &contract);
    let report = since(&repo, &["--format", "json"]).must_exit(0).json();
    assert_eq!(order(&report)["order"], "either", "{report:#}");
}

/// The page's third example: NOT NULL on a big table.
#[test]
fn example_of_not_null_on_a_big_table() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(
        &repo,
        "V2__owner",
        "ALTER TABLE runs ADD COLUMN owner text NOT NULL;\n",
    );
    repo.write(
        "src/schema.ts",
        &CODE.replace("});", "  owner: text('owner').notNull(),\n});"),
    );
    let report = since(&repo, &["--format", "json", "--plan", "plan"])
        .must_exit(1)
        .json();
    assert_eq!(order(&report)["order"], "two-releases");
    let expand = repo.read("plan/1_owner_expand.sql");
    let contract = repo.read("plan/2_owner_contract.sql");
    assert!(
        expand.contains("ADD COLUMN owner text;")
            && contract.contains("NOT VALID")
            && contract.contains("SET NOT NULL"),
        "{expand}\n{contract}"
    );
    migration(&repo, "V2__owner", &expand);
    // Until the second release the column may be null, which the type of the new code does not say.
    let report = since(&repo, &["--format", "json"]).json();
    assert_eq!(order(&report)["order"], "migrate-first", "{report:#}");
    assert_eq!(
        order(&report)["breaksRunningCode"],
        Value::Array(Vec::new())
    );
}

/// Where the plan goes is the command line's to say, and so is what is wrong with it.
#[test]
fn a_plan_outside_of_the_repository_is_refused_by_its_option() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(&repo, "V2__owner", DROP_AND_ADD);
    repo.write("src/schema.ts", NEW_CODE);
    let outside = tempfile::tempdir().expect("a folder");
    let folder = outside.path().to_string_lossy().into_owned();
    let ran = since(&repo, &["--plan", &folder]);
    ran.must_fail_at_length(&["which `--plan` names: name a folder of the repository"]);
    assert!(!ran.stderr.contains("configuration"), "{ran:?}");
}

/// Without a scratch database nothing is tried, and no down file says that it was.
#[test]
fn a_plan_that_was_not_tried_says_so() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(&repo, "V2__owner", DROP_AND_ADD);
    repo.write("src/schema.ts", NEW_CODE);
    let ran = since(&repo, &["--offline", "--plan", "plan"]).must_exit(1);
    assert!(
        !ran.stderr.contains("tried on a scratch database"),
        "{ran:?}"
    );
    let down = repo.read("plan/1_owner_expand.down.sql");
    assert!(
        down.starts_with(
            "-- irreversible: no exact way back is known: no scratch database was asked"
        ),
        "{down}"
    );
    // What a person wrote since stays.
    repo.write("plan/1_owner_expand.down.sql", "-- irreversible: mine\n");
    let ran = since(&repo, &["--plan", "plan"]).must_exit(1);
    assert!(
        ran.stderr.contains("is there already, and stays"),
        "{ran:?}"
    );
    assert_eq!(
        repo.read("plan/1_owner_expand.down.sql"),
        "-- irreversible: mine\n"
    );
}

/// A release that no plan makes safe says why, and writes nothing.
#[test]
fn names_that_are_swapped_are_told_and_get_no_plan() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(
        &repo,
        "V2__motto",
        "ALTER TABLE runs ADD COLUMN motto text NOT NULL DEFAULT '';\n",
    );
    let both = "  motto: text('motto').notNull().default(''),\n});";
    repo.write("src/schema.ts", &CODE.replace("});", both));
    since(&repo, &[]);
    git(&repo, &["checkout", "-q", "main"]);
    git(&repo, &["merge", "-q", "feature"]);
    git(&repo, &["checkout", "-q", "-b", "swap"]);
    migration(
        &repo,
        "V3__swap",
        "ALTER TABLE runs RENAME title TO t;\nALTER TABLE runs RENAME motto TO title;\nALTER TABLE runs RENAME t TO motto;\n",
    );
    let report = since(&repo, &["--format", "json", "--plan", "plan"]);
    assert!(report.stderr.contains("no plan is known"), "{report:?}");
    let report = report.must_exit(1).json();
    let errors = findings(&report, "errors", "BREAKS_RUNNING_CODE");
    for error in &errors {
        let help = error["help"].as_str().unwrap_or_default();
        assert!(help.contains("no plan of releases is known"), "{help}");
    }
    let told: Vec<_> = errors
        .iter()
        .map(|one| one["message"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter().all(|one| one.contains("is the former column")),
        "{told:?}"
    );
    assert!(!repo.path("plan").exists());
}

/// What a plan leaves to a person is told when it is tried.
#[test]
fn a_plan_that_is_not_whole_says_what_is_left() {
    let Some(repo) = monorepo() else {
        return;
    };
    migration(
        &repo,
        "V2__state",
        "ALTER TABLE runs ALTER COLUMN activity_enabled DROP DEFAULT;\n\
         ALTER TABLE runs ALTER COLUMN activity_enabled TYPE text USING activity_enabled::text;\n",
    );
    repo.write(
        "src/schema.ts",
        &CODE.replace(
            "boolean('activity_enabled').notNull().default(false)",
            "text('activity_enabled').notNull()",
        ),
    );
    let ran = since(&repo, &["--plan", "plan"]).must_exit(1);
    for told in [
        "after release 1 the new code does not work yet: `runs.activity_enabled` is boolean instead of text",
        "after the last release the schema is not the one of the branch",
    ] {
        assert!(ran.stderr.contains(told), "{told:?} is not in {ran:?}");
    }
    assert!(
        ran.stdout
            .contains("let the new code read and write `activity_enabled_new`"),
        "{ran:?}"
    );
}
