//! `db-migrate --fleet`: several databases of one cluster are migrated in waves, and what stops one
//! of them is told by its name.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use xtask::internals::postgres::scratch::Scratch;

use crate::crashes::Random;
use crate::fleet::{configure, run, template, texts};
use crate::schemas::{must_be_valid, validator};
use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{migrations, shared, url};

/// A fleet of databases with these `labels` each, and a monorepo for them with `keys` in its
/// configuration.
pub fn fleet<'a>(
    scratch: &'a Scratch,
    migrations: &[(&str, &str, &str)],
    (labels, keys): (&[&str], &str),
) -> (Monorepo, Vec<Database<'a>>) {
    let repo = Monorepo::of_migrations(migrations);
    let tenants: Vec<Database<'_>> = labels
        .iter()
        .map(|_| Database::create(scratch, "fleet_run"))
        .collect();
    list(&repo, &tenants, labels);
    let source = format!(
        "file = 'tenants.txt'\nurl = '{}'\n{keys}",
        template(scratch)
    );
    configure(&repo, &source);
    (repo, tenants)
}

pub fn list(repo: &Monorepo, tenants: &[Database<'_>], labels: &[&str]) {
    let lines: String = tenants
        .iter()
        .zip(labels)
        .map(|(tenant, labels)| format!("{} {labels}\n", tenant.name()))
        .collect();
    repo.write("tenants.txt", &lines);
}

/// Runs `db-migrate --fleet` with more `arguments`, and returns its report.
pub fn migrate(scratch: &Scratch, repo: &Monorepo, code: i32, arguments: &[&str]) -> Value {
    let all = [&["db-migrate", "--fleet", "--format", "json"], arguments].concat();
    let report = run(scratch, repo, &all).must_exit(code).json();
    must_be_valid(&validator("fleet-run"), "the run", &report);
    report
}

/// The outcomes of the databases, in the order of the list.
pub fn outcomes(report: &Value) -> Vec<&str> {
    let databases = report["databases"].as_array().expect("databases");
    databases
        .iter()
        .map(|one| one["outcome"].as_str().expect("an outcome"))
        .collect()
}

pub const THREE: [(&str, &str, &str); 3] = [migrations::USERS, migrations::BIO, migrations::INDEX];

#[test]
fn a_fleet_is_migrated_in_waves_and_then_has_nothing_to_do() {
    let Some(scratch) = shared() else { return };
    let labels = ["", "canary", "eu", ""];
    let keys = "canaries = 'canary'\nwaves = ['50%']\nparallel = 2\n";
    let (repo, tenants) = fleet(scratch, &THREE, (&labels, keys));
    tenants[2].run(&repo, &["db-migrate", "1"]).must_exit(0);
    let survey = migrate(scratch, &repo, 0, &["--survey"]);
    assert_eq!(outcomes(&survey), ["not-begun"; 4]);
    assert_eq!(tenants[0].history(), [0_i64; 0], "a survey changes nothing");
    assert_eq!(survey["runFile"], Value::Null);

    let report = migrate(scratch, &repo, 0, &[]);
    assert_eq!(outcomes(&report), ["done"; 4], "{report:#}");
    for tenant in &tenants {
        assert_eq!(tenant.history(), [1, 2, 3]);
    }
    let waves: Vec<(&str, Vec<&str>)> = report["waves"]
        .as_array()
        .expect("waves")
        .iter()
        .map(|wave| {
            (
                wave["name"].as_str().expect("a name"),
                texts(&wave["databases"]),
            )
        })
        .collect();
    let names: Vec<&str> = tenants.iter().map(|tenant| tenant.name()).collect();
    let expected = [
        ("canaries", vec![names[1]]),
        ("50%", vec![names[0]]),
        ("the rest", vec![names[2], names[3]]),
    ];
    assert_eq!(waves, expected);
    assert_eq!(report["versions"][0]["count"], 4);
    assert_eq!(
        texts(&report["databases"][2]["migrations"]),
        ["V2__add_bio", "V3__index_names"]
    );
    let file = report["runFile"].as_str().expect("a run file");
    let steps = repo.read(file);
    assert_eq!(steps.matches("\"step\":\"begun\"").count(), 4, "{steps}");
    assert!(
        steps.trim_end().ends_with("\"step\":\"finished\"}"),
        "{steps}"
    );

    let again = run(scratch, &repo, &["db-migrate", "--fleet"]).must_exit(0);
    assert!(again.stdout.contains("4 had nothing to do"), "{again:?}");
    // The last migration is asked for by name: the others stay pending.
    let status = run(scratch, &repo, &["db-status", "--fleet", "--exit-code"]);
    assert_eq!(status.code, 0, "{status:?}");
}

const NICK: (&str, &str, &str) = (
    "V4__nick",
    "ALTER TABLE users ALTER COLUMN bio SET NOT NULL;\n",
    "ALTER TABLE users ALTER COLUMN bio DROP NOT NULL;\n",
);

#[test]
fn one_bad_database_is_named_beforehand_and_resumed_alone() {
    let Some(scratch) = shared() else { return };
    let all = [THREE[0], THREE[1], THREE[2], NICK];
    let labels = ["", "", ""];
    let (repo, tenants) = fleet(scratch, &all, (&labels, "parallel = 2\n"));
    for tenant in &tenants {
        tenant.run(&repo, &["db-migrate", "3"]).must_exit(0);
    }
    let rows = "INSERT INTO users (id, name) VALUES (7, 'Ada')";
    tenants[1].connect().batch_execute(rows).expect("a row");
    let survey = migrate(scratch, &repo, 1, &["--survey"]);
    assert_eq!(outcomes(&survey), ["not-begun", "refused", "not-begun"]);
    let obstacle = &survey["rowsInTheWay"][0];
    assert_eq!(texts(&obstacle["databases"]), [tenants[1].name()]);
    let message = obstacle["message"].as_str().unwrap_or_default();
    assert!(message.contains("NULL in `bio`"), "{message}");
    let report = migrate(scratch, &repo, 1, &[]);
    assert_eq!(outcomes(&report), ["done", "refused", "done"], "{report:#}");
    assert_eq!(tenants[1].history(), [1, 2, 3]);

    // What vanished and what is new is named, and only what is left is touched.
    let new = Database::create(scratch, "fleet_run_new");
    repo.write(
        "tenants.txt",
        &format!(
            "{}\n{}\n{}\n",
            tenants[0].name(),
            tenants[1].name(),
            new.name()
        ),
    );
    let update = "UPDATE users SET bio = 'x'";
    tenants[1].connect().batch_execute(update).expect("a value");
    let resumed = migrate(scratch, &repo, 0, &["--resume"]);
    assert_eq!(outcomes(&resumed), ["current", "done"], "{resumed:#}");
    assert_eq!(resumed["run"], report["run"]);
    let notes = texts(&resumed["notes"]).join("; ");
    assert!(
        notes.contains(&format!(
            "`{}` was in that run and is no longer listed",
            tenants[2].name()
        )),
        "{notes}"
    );
    assert!(
        notes.contains(&format!("`{}` is new in the list", new.name())),
        "{notes}"
    );
    assert_eq!(new.history(), [0_i64; 0]);
    assert_eq!(tenants[1].history(), [1, 2, 3, 4]);
    run(scratch, &repo, &["db-migrate", "--fleet", "--retry-failed"])
        .must_fail(&["no database failed in the run"]);
}

#[test]
fn an_unforeseen_failure_stops_the_run_after_the_last_good_migration() {
    let Some(scratch) = shared() else { return };
    let raise = (
        "V3__raise",
        "DO $$ BEGIN IF (SELECT count(*) FROM users) > 0 THEN RAISE EXCEPTION 'no users wanted'; END IF; END $$;\n",
        "SELECT 1;\n",
    );
    let all = [THREE[0], THREE[1], raise];
    let labels = ["", "", ""];
    let (repo, tenants) = fleet(scratch, &all, (&labels, "parallel = 1\n"));
    tenants[1].run(&repo, &["db-migrate", "1"]).must_exit(0);
    let rows = "INSERT INTO users (id, name) VALUES (7, 'Ada')";
    tenants[1].connect().batch_execute(rows).expect("a row");
    let report = migrate(scratch, &repo, 1, &[]);
    assert_eq!(
        outcomes(&report),
        ["done", "failed", "not-begun"],
        "{report:#}"
    );
    let error = report["databases"][1]["error"].as_str().unwrap_or_default();
    assert!(error.contains("no users wanted"), "{error}");
    assert_eq!(tenants[1].history(), [1, 2]);
    assert_eq!(report["databases"][1]["version"], "V2__add_bio");
    let stopped = report["stopped"].as_str().unwrap_or_default();
    assert!(
        stopped.contains("`fleet.max-failures` allows 0"),
        "{stopped}"
    );
    let go_on = report["goOn"].as_str().unwrap_or_default();
    assert!(go_on.ends_with("--fleet --resume"), "{go_on}");

    for (format, parts) in [
        (
            "junit",
            vec![
                "<failure type=\"failed\"",
                "<testcase classname=\"wave all\"",
            ],
        ),
        (
            "markdown",
            vec!["| Version | Databases |", "no users wanted"],
        ),
        (
            "html",
            vec!["<h2>Versions</h2>", "no users wanted", "<code>V3"],
        ),
        ("github", vec!["::error title=failed::"]),
    ] {
        let only = ["--format", format, "--only", tenants[1].name()];
        let arguments = [&["db-migrate", "--fleet", "--resume"], &only[..]].concat();
        let mut command = repo.command(&arguments);
        let shown = Ran::of(
            command
                .env("SHADOW_DATABASE_URL", url(scratch))
                .env("GITHUB_STEP_SUMMARY", repo.path("summary.md")),
        );
        assert_eq!(shown.code, 1, "{shown:?}");
        for part in parts {
            assert!(
                shown.stdout.contains(part),
                "{part:?} is not in {}",
                shown.stdout
            );
        }
    }
    let summary = repo.read("summary.md");
    assert_eq!(
        summary.matches("| Version | Databases |").count(),
        1,
        "{summary}"
    );
    let skipped = migrate(
        scratch,
        &repo,
        0,
        &["--resume", "--skip", tenants[1].name()],
    );
    assert_eq!(outcomes(&skipped), ["current", "done"]);
}

#[test]
fn data_is_lost_only_where_a_person_agreed() {
    let Some(scratch) = shared() else { return };
    let drop = (
        "V3__drop_bio",
        "ALTER TABLE users DROP COLUMN bio;\n",
        "ALTER TABLE users ADD COLUMN bio text;\n",
    );
    let all = [THREE[0], THREE[1], drop];
    let labels = ["", "", ""];
    let (repo, tenants) = fleet(scratch, &all, (&labels, ""));
    for tenant in &tenants {
        tenant.run(&repo, &["db-migrate", "2"]).must_exit(0);
    }
    let rows = "INSERT INTO users VALUES (7, 'Ada', 'x')";
    for tenant in &tenants[..2] {
        tenant.connect().batch_execute(rows).expect("a row");
    }
    let consent = format!("{}:users.bio", tenants[0].name());
    let report = migrate(scratch, &repo, 1, &["--accept-data-loss", &consent]);
    assert_eq!(outcomes(&report), ["done", "refused", "done"], "{report:#}");
    assert_eq!(
        report["losses"].as_array().map(Vec::len),
        Some(2),
        "{report:#}"
    );
    let all = run(
        scratch,
        &repo,
        &["db-migrate", "--fleet", "--accept-data-loss", "users.bio"],
    );
    assert_eq!(all.code, 0, "{all:?}");
    run(
        scratch,
        &repo,
        &[
            "db-migrate",
            "--fleet",
            "--accept-data-loss",
            "nowhere:users.bio",
        ],
    )
    .must_fail(&["names the database `nowhere`, which is not in the fleet"]);
}

#[test]
fn drift_unreachable_servers_and_strange_versions_are_told_before_anything_is_applied() {
    let Some(scratch) = shared() else { return };
    let labels = ["", "", "", "canary"];
    let (repo, tenants) = fleet(scratch, &THREE, (&labels, ""));
    for tenant in &tenants {
        tenant.run(&repo, &["db-migrate", "2"]).must_exit(0);
    }
    let note = "ALTER TABLE users ADD COLUMN note text";
    let stray =
        "INSERT INTO refinery_schema_history VALUES (9, 'stray', '2024-01-01T00:00:00Z', '7')";
    tenants[0].connect().batch_execute(note).expect("drift");
    tenants[1].connect().batch_execute(stray).expect("a row");
    let list = repo.read("tenants.txt");
    repo.write("tenants.txt", &format!("{list}nowhere\n"));
    let report = migrate(scratch, &repo, 1, &[]);
    assert_eq!(
        outcomes(&report),
        ["refused", "refused", "done", "done", "refused"],
        "{report:#}"
    );
    let error = |at: usize| {
        report["databases"][at]["error"]
            .as_str()
            .unwrap_or_default()
    };
    assert!(error(0).contains("note"), "{}", error(0));
    assert!(
        error(1).contains("`V9__stray` was applied, and its file is gone"),
        "{}",
        error(1)
    );
    assert!(error(4).contains("does not exist"), "{}", error(4));
    // A canary that cannot be tried stops everything.
    let stop = repo
        .read("Cargo.toml")
        .replace("url = ", "canaries = 'canary'\nurl = ");
    repo.write("Cargo.toml", &stop);
    tenants[3].connect().batch_execute(stray).expect("a row");
    let stopped = migrate(scratch, &repo, 1, &[]);
    let why = stopped["stopped"].as_str().unwrap_or_default();
    assert!(
        why.contains(&format!("the canary `{}` was refused", tenants[3].name())),
        "{why}"
    );
    repo.edit("Cargo.toml", "'canary'", "'canry'");
    run(scratch, &repo, &["db-migrate", "--fleet"])
        .must_fail(&["no database of the fleet has this label"]);
}

#[test]
fn a_killed_run_leaves_each_database_before_or_after_a_migration() {
    let Some(scratch) = shared() else { return };
    let slow = |n: usize| {
        (
            format!("V{n}__t{n}"),
            format!(
                "CREATE TABLE t{n} (id int PRIMARY KEY);\nSELECT pg_sleep(0.02);\nCREATE INDEX t{n}_i ON t{n} (id);\n"
            ),
            format!("DROP TABLE t{n};\n"),
        )
    };
    let all: Vec<_> = (1..=6).map(slow).collect();
    let all: Vec<(&str, &str, &str)> = all
        .iter()
        .map(|(name, up, down)| (name.as_str(), up.as_str(), down.as_str()))
        .collect();
    let labels = ["", "", ""];
    let (repo, tenants) = fleet(scratch, &all, (&labels, "parallel = 2\n"));
    repo.run(&["db-snapshot"]).must_exit(0);
    let mut random = Random(22);
    let mut has_begun = false;
    for _ in 0..6 {
        let mut arguments = vec!["db-migrate", "--fleet"];
        if has_begun {
            arguments.push("--resume");
        }
        let mut command = repo.command(&arguments);
        let mut child = command
            .env("SHADOW_DATABASE_URL", url(scratch))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the tool starts");
        std::thread::sleep(Duration::from_millis(150 + random.below(350)));
        let _ = child.kill();
        let _ = child.wait();
        has_begun = std::fs::read_dir(repo.path("target/db-reports")).is_ok();
        for tenant in &tenants {
            let tables = "SELECT count(*) FROM pg_tables WHERE tablename ~ '^t[0-9]$'";
            // The server may need a moment to notice that its client is gone.
            let is_whole = || {
                let count: i64 = tenant
                    .connect()
                    .query_one(tables, &[])
                    .expect("a count")
                    .get(0);
                usize::try_from(count).ok() == Some(history(tenant))
            };
            assert!((0..50).any(|_| is_whole() || {
                std::thread::sleep(Duration::from_millis(20));
                false
            }));
        }
    }
    let mut arguments = vec!["--resume"];
    if !has_begun {
        arguments.clear();
    }
    let report = migrate(scratch, &repo, 0, &arguments);
    assert!(
        outcomes(&report)
            .iter()
            .all(|one| ["done", "current"].contains(one)),
        "{report:#}"
    );
    for tenant in &tenants {
        assert_eq!(tenant.history(), [1, 2, 3, 4, 5, 6]);
    }
}

/// The number of applied migrations; none where there is no history yet.
fn history(tenant: &Database<'_>) -> usize {
    let query = "SELECT count(*) FROM refinery_schema_history";
    let counted = tenant.connect().query_one(query, &[]);
    counted.map_or(0, |row| {
        usize::try_from(row.get::<_, i64>(0)).unwrap_or_default()
    })
}

#[test]
fn sessions_name_run_and_database_and_no_password_is_written() {
    let Some(scratch) = shared() else { return };
    let role = format!("fleet_role_{}", std::process::id());
    let seen = (
        "V1__seen",
        "CREATE TABLE seen AS SELECT current_setting('application_name') AS name, current_user AS role;\n",
        "DROP TABLE seen;\n",
    );
    let labels = [""];
    let (repo, tenants) = fleet(scratch, &[seen], (&labels, ""));
    let make = format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'hunter2'");
    tenants[0].connect().batch_execute(&make).expect("a role");
    let template = template(scratch);
    let (_, server) = template.split_once('@').expect("the URL names a user");
    let manifest = repo.read("Cargo.toml");
    let with_password = manifest.replace(
        &template,
        &format!("postgresql://{role}:${{FLEET_PASSWORD}}@{server}"),
    );
    repo.write("Cargo.toml", &with_password);
    let mut command = repo.command(&["db-migrate", "--fleet", "--format", "json"]);
    command
        .env("FLEET_PASSWORD", "hunter2")
        .env("SHADOW_DATABASE_URL", url(scratch));
    let ran = Ran::of(&mut command).must_exit(0);
    let report = ran.json();
    let name: String = tenants[0]
        .connect()
        .query_one("SELECT name FROM seen", &[])
        .expect("a name")
        .get(0);
    let id = report["run"].as_str().expect("a run");
    let whole = format!("pgaccord {id} {}", tenants[0].name());
    assert!(whole.starts_with(&name) && name.contains(id), "{name}");
    let file = repo.read(report["runFile"].as_str().expect("a run file"));
    let written = format!(
        "{ran:?}{file}{}",
        repo.read("target/db-reports/fleet-result.json")
    );
    assert!(!written.contains("hunter2"), "{written}");
    let drop = format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}");
    tenants[0]
        .connect()
        .batch_execute(&drop)
        .expect("the role is dropped");
}

#[test]
fn a_fleet_is_rolled_back_with_consent_for_what_it_loses() {
    let Some(scratch) = shared() else { return };
    let labels = ["", "", ""];
    let (repo, tenants) = fleet(scratch, &THREE, (&labels, "parallel = 2\n"));
    for tenant in &tenants[..2] {
        tenant.run(&repo, &["db-migrate"]).must_exit(0);
    }
    tenants[2].run(&repo, &["db-migrate", "1"]).must_exit(0);
    let rows = "INSERT INTO users VALUES (7, 'Ada', 'x')";
    tenants[1].connect().batch_execute(rows).expect("a row");
    let back = |code: i32, arguments: &[&str]| {
        let all = [&["db-rollback", "--fleet", "--format", "json"], arguments].concat();
        let report = run(scratch, &repo, &all).must_exit(code).json();
        must_be_valid(&validator("fleet-run"), "the run", &report);
        report
    };
    run(scratch, &repo, &["db-rollback", "--fleet"])
        .must_fail(&["name the oldest migration to undo"]);
    run(scratch, &repo, &["db-rollback", "--fleet", "--last", "1"])
        .must_fail(&["name the oldest migration to undo"]);
    let survey = back(1, &["add_bio", "--survey"]);
    assert_eq!(
        outcomes(&survey),
        ["not-begun", "refused", "current"],
        "{survey:#}"
    );
    assert_eq!(tenants[0].history(), [1, 2, 3], "a survey changes nothing");
    let report = back(1, &["add_bio"]);
    assert_eq!(
        outcomes(&report),
        ["done", "refused", "current"],
        "{report:#}"
    );
    let error = report["databases"][1]["error"].as_str().unwrap_or_default();
    assert!(
        error.contains("data would be lost") && error.contains("users.bio"),
        "{error}"
    );
    assert_eq!(
        texts(&report["databases"][0]["migrations"]),
        ["V3__index_names", "V2__add_bio"]
    );
    assert_eq!(report["databases"][0]["version"], "V1__create_users");
    run(scratch, &repo, &["db-migrate", "--fleet", "--resume"])
        .must_fail(&["was one of `db-rollback`"]);
    let consent = format!("{}:users.bio", tenants[1].name());
    let resumed = back(0, &["--resume", "--accept-data-loss", &consent]);
    assert_eq!(
        outcomes(&resumed),
        ["current", "done", "current"],
        "{resumed:#}"
    );
    for tenant in &tenants {
        assert_eq!(tenant.history(), [1]);
    }
}

#[test]
fn a_fleet_of_another_tool_is_only_looked_at() {
    let Some(scratch) = shared() else { return };
    let files = [
        (migrations::USERS.0, migrations::USERS.1),
        (migrations::BIO.0, migrations::BIO.1),
    ];
    let labels = ["", ""];
    let (repo, tenants) = fleet(scratch, &[], (&labels, ""));
    for (name, sql) in files {
        repo.write(&format!("sql/{name}.sql"), sql);
    }
    let config = repo.read("Cargo.toml").replace(
        "[workspace.metadata.db]\n",
        "[workspace.metadata.db]\nmigrations = { layout = 'flyway', dir = 'sql' }\n",
    );
    repo.write("Cargo.toml", &config);
    let table = "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50),
         description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int,
         installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL,
         success bool NOT NULL);
         INSERT INTO flyway_schema_history VALUES
         (1, '1', 'create users', 'SQL', 'V1__create_users.sql', NULL, 'x', now(), 1, true)";
    for (tenant, more) in tenants
        .iter()
        .zip(["", "; ALTER TABLE users ADD COLUMN note text"])
    {
        let all = format!("{}{table}{more}", migrations::USERS.1);
        tenant
            .connect()
            .batch_execute(&all)
            .expect("what Flyway did");
    }
    let report = run(
        scratch,
        &repo,
        &["db-status", "--fleet", "--format", "json"],
    )
    .must_exit(0)
    .json();
    assert_eq!(report["versions"][0]["pending"], 1, "{report:#}");
    assert_eq!(report["versions"][0]["count"], 2, "{report:#}");
    assert_eq!(
        texts(&report["drift"][0]["databases"]),
        [tenants[1].name()],
        "{report:#}"
    );
    run(scratch, &repo, &["db-migrate", "--fleet"])
        .must_fail(&["flyway keeps these migrations", "`db-status --fleet` shows"]);
}

#[test]
fn a_database_that_is_busy_is_left_and_the_others_go_on() {
    let Some(scratch) = shared() else { return };
    let labels = ["", ""];
    let (repo, tenants) = fleet(scratch, &THREE[..2], (&labels, "parallel = 1\n"));
    for tenant in &tenants {
        tenant.run(&repo, &["db-migrate", "1"]).must_exit(0);
    }
    let mut busy = tenants[0].connect();
    busy.batch_execute("BEGIN; LOCK TABLE users")
        .expect("a lock");
    let report = migrate(scratch, &repo, 1, &["--ddl-lock-timeout", "50"]);
    assert_eq!(outcomes(&report), ["lock-timeout", "done"], "{report:#}");
    assert_eq!(report["stopped"], Value::Null);
    busy.batch_execute("ROLLBACK").expect("no lock");
    let retried = migrate(scratch, &repo, 0, &["--retry-failed"]);
    assert_eq!(outcomes(&retried), ["done"], "{retried:#}");
}

#[test]
fn after_one_ctrl_c_what_has_begun_ends_and_nothing_begins() {
    let Some(scratch) = shared() else { return };
    let slow = (
        "V1__slow",
        "CREATE TABLE slow (id int PRIMARY KEY);\nSELECT pg_sleep(1.5);\n",
        "DROP TABLE slow;\n",
    );
    let labels = ["", ""];
    let (repo, tenants) = fleet(scratch, &[slow], (&labels, "parallel = 1\n"));
    let mut command = repo.command(&["db-migrate", "--fleet", "--format", "json"]);
    let child = command
        .env("SHADOW_DATABASE_URL", url(scratch))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let has_begun = || {
        let entries = std::fs::read_dir(repo.path("target/db-reports"));
        let mut files = entries.into_iter().flatten().flatten();
        files.any(|file| {
            let text = std::fs::read_to_string(file.path());
            text.is_ok_and(|text| text.contains("\"step\":\"begun\""))
        })
    };
    let begun = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        has_begun()
    });
    assert!(begun, "no database was begun");
    let process = i32::try_from(child.id()).expect("a process");
    kill(Pid::from_raw(process), Signal::SIGINT).expect("it runs");
    let ran = Ran::of_child(child).must_exit(1);
    let report = ran.json();
    assert_eq!(outcomes(&report), ["done", "not-begun"], "{report:#}");
    assert_eq!(report["stopped"], "it was interrupted");
    assert_eq!((tenants[0].history(), history(&tenants[1])), (vec![1], 0));
}

#[test]
fn the_examples_of_the_book_are_right() {
    let path = crate::support::repository().join("docs/src/guide/many-tenants.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let examples: Vec<&str> = page
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(examples.len(), 3, "{examples:?}");
    let list = page
        .split("```text\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    for example in examples {
        let repo = Monorepo::of_migrations(&[migrations::USERS]);
        repo.write("db.toml", example);
        repo.write("db/tenants.txt", list.expect("a list"));
        repo.run(&["db-migrate", "--fleet"]).must_fail_at_length(&[
            "`acme`",
            "`gamma`",
            "`FLEET_PASSWORD`, which is not set",
        ]);
    }
    for command in ["db-migrate", "db-rollback"] {
        let help = Monorepo::empty().run(&[command, "--help"]).stdout;
        for option in [
            "--fleet",
            "--only",
            "--skip",
            "--survey",
            "--resume",
            "--retry-failed",
        ] {
            assert!(
                page.contains(option) && help.contains(option),
                "{command} {option}"
            );
        }
    }
}
