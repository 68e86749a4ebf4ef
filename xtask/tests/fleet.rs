//! Fleets: several databases of one cluster with the same migrations.

use std::collections::BTreeMap;

use serde_json::Value;
use xtask::internals::postgres::scratch::Scratch;

use crate::schemas::{must_be_valid, validator};
use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{migrations, shared, url};

/// A monorepo with three migrations.
fn repo() -> Monorepo {
    Monorepo::of_migrations(&[migrations::USERS, migrations::BIO, migrations::INDEX])
}

/// Writes the section `fleet`.
pub fn configure(repo: &Monorepo, keys: &str) {
    let manifest = repo.read("Cargo.toml");
    repo.write(
        "Cargo.toml",
        &format!("{manifest}\n[workspace.metadata.db.fleet]\n{keys}"),
    );
}

/// The URL of the databases of `scratch`, with a place for the name.
pub fn template(scratch: &Scratch) -> String {
    let maintenance = url(scratch);
    let (server, _) = maintenance
        .rsplit_once('/')
        .expect("a URL ends with the database");
    format!("{server}/{{name}}")
}

/// Runs the tool on the fleet, with scratch databases on `scratch`.
pub fn run(scratch: &Scratch, repo: &Monorepo, arguments: &[&str]) -> Ran {
    let mut command = repo.command(arguments);
    Ran::of(command.env("SHADOW_DATABASE_URL", url(scratch)))
}

fn status(scratch: &Scratch, repo: &Monorepo) -> Value {
    let report = run(scratch, repo, &["db-status", "--fleet", "--format", "json"])
        .must_exit(0)
        .json();
    must_be_valid(&validator("fleet-status"), "the fleet", &report);
    report
}

pub fn texts(value: &Value) -> Vec<&str> {
    let list = value.as_array().expect("a list");
    list.iter().filter_map(Value::as_str).collect()
}

#[test]
fn a_fleet_is_shown_by_version_with_what_is_wrong() {
    let Some(scratch) = shared() else { return };
    let repo = repo();
    let tenants: Vec<Database<'_>> = (0..6)
        .map(|_| Database::create(scratch, "fleet_tenant"))
        .collect();
    for tenant in &tenants[..4] {
        tenant.run(&repo, &["db-migrate"]).must_exit(0);
    }
    tenants[4].run(&repo, &["db-migrate", "2"]).must_exit(0);
    // Two drifted alike, one of them at another version than the third.
    for tenant in [&tenants[1], &tenants[4]] {
        let drift = "ALTER TABLE users ADD COLUMN note text";
        tenant.connect().batch_execute(drift).expect("drift");
    }
    let gone = "DROP INDEX users_name";
    tenants[2].connect().batch_execute(gone).expect("drift");
    // Written to by itself, without drift.
    let rows = "INSERT INTO users VALUES (1, 'Ada', ''); CREATE TEMP TABLE t (a int)";
    tenants[3].connect().batch_execute(rows).expect("rows");
    let mut list: String = tenants
        .iter()
        .map(|tenant| format!("{} canary # a tenant\n", tenant.name()))
        .collect();
    list.push_str("fleet_nowhere\n");
    repo.write("tenants.txt", &list);
    configure(
        &repo,
        &format!(
            "file = 'tenants.txt'\nurl = '{}'\nparallel = 3\n",
            template(scratch)
        ),
    );
    let report = status(scratch, &repo);
    assert_eq!(
        (&report["sound"], &report["current"]),
        (&false.into(), &false.into())
    );
    let versions: BTreeMap<String, u64> = report["versions"]
        .as_array()
        .expect("a matrix")
        .iter()
        .map(|row| {
            let version = row["version"].as_str().unwrap_or("none").to_owned();
            (
                format!("{version} {}", row["pending"]),
                row["count"].as_u64().expect("a count"),
            )
        })
        .collect();
    let expected = [
        ("V2__add_bio 1", 1),
        ("V3__index_names 0", 4),
        ("none 3", 1),
    ];
    let expected = expected.map(|(row, count)| (row.to_owned(), count));
    assert_eq!(versions, BTreeMap::from(expected));
    let drift = report["drift"].as_array().expect("drift");
    let found: Vec<(bool, Vec<&str>)> = drift
        .iter()
        .map(|one| {
            let is_column = one["message"]
                .as_str()
                .is_some_and(|text| text.contains("note"));
            (is_column, texts(&one["databases"]))
        })
        .collect();
    assert_eq!(found.len(), 2, "{drift:?}");
    assert!(
        found.contains(&(true, vec![tenants[1].name(), tenants[4].name()])),
        "{found:?}"
    );
    assert!(
        found.contains(&(false, vec![tenants[2].name()])),
        "{found:?}"
    );
    let last = &report["databases"][6];
    let error = last["error"].as_str().unwrap_or_default();
    assert!(
        error.contains("fleet_nowhere") && error.contains("does not exist"),
        "{last}"
    );

    let shown = run(scratch, &repo, &["db-status", "--fleet", "--exit-code"]).must_exit(1);
    for part in [
        "Fleet: 7 databases",
        "1 pending",
        "4 of 7 have all migrations, 3 drifted, 1 did not answer",
    ] {
        assert!(
            shown.stdout.contains(part),
            "{part:?} is not in {}",
            shown.stdout
        );
    }
    let only = run(
        scratch,
        &repo,
        &[
            "db-status",
            "--fleet",
            "--exit-code",
            "--only",
            tenants[0].name(),
        ],
    );
    assert!(
        only.stdout.contains("1 of 1 have all migrations"),
        "{only:?}"
    );
    assert_eq!(only.code, 0, "{only:?}");
    run(
        scratch,
        &repo,
        &["db-status", "--fleet", "--only", "canries"],
    )
    .must_fail(&[
        "`canries` is neither a name nor a label",
        "did you mean `canary`?",
    ]);
}

#[test]
fn nothing_is_written_and_histories_that_do_not_fit_are_named() {
    let Some(scratch) = shared() else { return };
    let repo = repo();
    let (one, two) = (
        Database::create(scratch, "fleet_history"),
        Database::create(scratch, "fleet_history"),
    );
    for tenant in [&one, &two] {
        tenant.run(&repo, &["db-migrate"]).must_exit(0);
    }
    let stray =
        "INSERT INTO refinery_schema_history VALUES (9, 'stray', '2024-01-01T00:00:00Z', '7')";
    for tenant in [&one, &two] {
        tenant.connect().batch_execute(stray).expect("a row");
    }
    let empty = Database::create(scratch, "fleet_history");
    let entries = serde_json::json!([
        one.name(),
        { "name": two.name(), "labels": ["eu"] },
        { "name": "third", "url": empty.url() },
    ]);
    repo.write("tenants.json", &entries.to_string());
    configure(
        &repo,
        &format!("file = 'tenants.json'\nurl = '{}'\n", template(scratch)),
    );
    let report = status(scratch, &repo);
    let shown = run(scratch, &repo, &["db-status", "--fleet"])
        .must_exit(0)
        .stdout;
    let problem = "`V9__stray` was applied, and its file is gone";
    assert_eq!(shown.matches(problem).count(), 1, "{shown}");
    assert!(
        shown.contains(&format!("{}, {}", one.name(), two.name())),
        "{shown}"
    );
    assert!(
        texts(&report["databases"][1]["labels"]) == ["eu"],
        "{report}"
    );
    assert_eq!(report["databases"][2]["version"], Value::Null);
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let count: i64 = empty
        .connect()
        .query_one(tables, &[])
        .expect("a count")
        .get(0);
    assert_eq!(count, 0, "the survey makes no table");
}

#[test]
fn a_query_and_a_command_list_the_fleet() {
    let Some(scratch) = shared() else { return };
    let control = Database::create(scratch, "fleet_control");
    let tenant = Database::create(scratch, "fleet_listed");
    let rows = format!(
        "CREATE TABLE tenants (slug text, active bool, tags text[]);
         INSERT INTO tenants VALUES ('{}', true, '{{canary}}'), ('old', false, '{{}}')",
        tenant.name()
    );
    control.connect().batch_execute(&rows).expect("tenants");
    let by_query = repo();
    configure(
        &by_query,
        &format!(
            "query = 'SELECT slug AS name, tags AS labels FROM tenants WHERE active;'\nurl = '{}'\n",
            template(scratch)
        ),
    );
    let listed = |ran: Ran| -> Vec<String> {
        let report = ran.must_exit(0).json();
        let databases = report["databases"].as_array().expect("databases").clone();
        databases
            .iter()
            .map(|one| format!("{} {}", one["name"], one["error"]))
            .collect()
    };
    let arguments = ["db-status", "--fleet", "--format", "json"];
    let expected = [format!("\"{}\" null", tenant.name())];
    assert_eq!(listed(control.run(&by_query, &arguments)), expected);
    run(scratch, &by_query, &arguments)
        .must_fail(&["`fleet.query` asks the database", "DATABASE_URL"]);
    let writes = repo();
    configure(
        &writes,
        "query = 'DELETE FROM tenants RETURNING slug AS name'\n",
    );
    control
        .run(&writes, &arguments)
        .must_fail_at_length(&["`fleet.query`"]);

    let by_command = repo();
    let made = serde_json::json!([{ "name": tenant.name(), "url": tenant.url() }]).to_string();
    by_command.write("list.json", &made);
    configure(&by_command, "command = 'cat list.json'\n");
    assert_eq!(listed(run(scratch, &by_command, &arguments)), expected);
    by_command.write("list.json", "[");
    run(scratch, &by_command, &arguments).must_fail(&["`cat list.json`", "no JSON"]);
    let failing = repo();
    configure(&failing, "command = 'exit 3'\n");
    run(scratch, &failing, &arguments).must_fail(&["`exit 3`, which is `fleet.command`, failed"]);
}

#[test]
fn passwords_are_in_no_output_and_wrong_ones_are_told_by_name() {
    let Some(scratch) = shared() else { return };
    let repo = repo();
    let tenant = Database::create(scratch, "fleet_secret");
    let role = format!("fleet_role_{}", tenant.name());
    let make = format!("CREATE ROLE {role} LOGIN PASSWORD 'x'");
    tenant.connect().batch_execute(&make).expect("a role");
    let template = template(scratch);
    let (_, server) = template.split_once('@').expect("the URL names a user");
    repo.write("tenants.txt", &format!("{}\n", tenant.name()));
    configure(
        &repo,
        &format!(
            "file = 'tenants.txt'\nurl = 'postgresql://{role}:${{FLEET_PASSWORD}}@{server}'\n"
        ),
    );
    let arguments = ["db-status", "--fleet", "--format", "json"];
    run(scratch, &repo, &arguments)
        .must_fail_at_length(&["`FLEET_PASSWORD`, which is not set", tenant.name()]);
    let mut command = repo.command(&arguments);
    command.env("FLEET_PASSWORD", "hunter2&@/");
    let ran = Ran::of(&mut command).must_exit(0);
    assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    assert_eq!(ran.json()["databases"][0]["name"], tenant.name());

    let open = self::repo();
    open.write("tenants.txt", "acme\n");
    configure(
        &open,
        "file = 'tenants.txt'\nurl = 'postgresql://u:hunter2@h/{name}'\n",
    );
    let ran = run(scratch, &open, &arguments);
    ran.must_fail(&["cannot use `fleet.url`", "it holds a password"]);
    assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
    let drop = format!("DROP ROLE {role}");
    tenant
        .connect()
        .batch_execute(&drop)
        .expect("the role is dropped");
}

#[test]
fn a_list_that_cannot_be_used_is_refused_as_a_whole() {
    let Some(scratch) = shared() else { return };
    let repo = repo();
    let arguments = ["db-status", "--fleet"];
    run(scratch, &repo, &arguments).must_fail(&["needs the section `fleet` in `Cargo.toml`"]);
    configure(
        &repo,
        "file = 'tenants.txt'\nurl = 'postgresql://127.0.0.1:1/{name}'\n",
    );
    run(scratch, &repo, &arguments).must_fail(&["cannot read `tenants.txt`"]);
    repo.write("tenants.txt", "a\nb\na\n");
    run(scratch, &repo, &arguments).must_fail_at_length(&[
        "nothing was connected to",
        "`a` is listed 2 times (entries 1, 3)",
    ]);
    repo.write("tenants.txt", "a\n");
    repo.edit("Cargo.toml", "{name}", "all");
    run(scratch, &repo, &arguments).must_fail(&["`fleet.url` has no `{name}`"]);
}
