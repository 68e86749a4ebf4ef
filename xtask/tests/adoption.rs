//! The way of a new user: `init`, `db-import`, `db-verify` in a monorepo that has never seen the
//! tool, to the first finding that is true; and what a shell needs to complete the command line.

use std::process::{Command, Stdio};

use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{major, scratch};

const SCHEMA: &str = "import { integer, pgEnum, pgTable, serial, text, timestamp, varchar } from 'drizzle-orm/pg-core';

export const role = pgEnum('role', ['owner', 'member']);

export const users = pgTable('users', {
  id: serial('id').primaryKey(),
  name: varchar('name', { length: 100 }),
  email: varchar('email', { length: 255 }).notNull().unique(),
  role: role('role').notNull().default('member'),
  createdAt: timestamp('created_at').notNull().defaultNow(),
});

export const posts = pgTable('posts', {
  id: serial('id').primaryKey(),
  authorId: integer('author_id').notNull().references(() => users.id),
  body: text('body').notNull(),
});
";

const FIRST: &str = "CREATE TYPE \"role\" AS ENUM ('owner', 'member');--> statement-breakpoint
CREATE TABLE \"users\" (
\t\"id\" serial PRIMARY KEY NOT NULL,
\t\"name\" varchar(100),
\t\"email\" varchar(255) NOT NULL,
\t\"role\" \"role\" DEFAULT 'member' NOT NULL,
\t\"created_at\" timestamp DEFAULT now() NOT NULL,
\tCONSTRAINT \"users_email_unique\" UNIQUE(\"email\")
);
";

const SECOND: &str = "CREATE TABLE \"posts\" (
\t\"id\" serial PRIMARY KEY NOT NULL,
\t\"author_id\" integer NOT NULL,
\t\"body\" text
);
--> statement-breakpoint
ALTER TABLE \"posts\" ADD CONSTRAINT \"posts_author_id_fk\" FOREIGN KEY (\"author_id\") REFERENCES \"users\"(\"id\");
";

/// A monorepo that uses Drizzle, whose second migration was edited by hand: `body` may be null.
fn of_drizzle() -> Monorepo {
    let repo = Monorepo::empty();
    repo.write(
        "package.json",
        "{ \"name\": \"app\", \"private\": true, \"dependencies\": { \"drizzle-orm\": \"0.44.0\" } }",
    );
    repo.write(
        "docker-compose.yml",
        &format!("services:\n  db:\n    image: postgres:{}\n", major()),
    );
    repo.write("src/db/schema.ts", SCHEMA);
    repo.write("drizzle/0000_first.sql", FIRST);
    repo.write("drizzle/0001_posts.sql", SECOND);
    let entry = |index: u32, tag: &str| {
        format!(
            "{{ \"idx\": {index}, \"version\": \"7\", \"when\": {}, \"tag\": \"{tag}\", \"breakpoints\": true }}",
            1_700_000_000_000_u64 + u64::from(index)
        )
    };
    let entries = [entry(0, "0000_first"), entry(1, "0001_posts")].join(", ");
    repo.write(
        "drizzle/meta/_journal.json",
        &format!("{{ \"version\": \"7\", \"dialect\": \"postgresql\", \"entries\": [{entries}] }}"),
    );
    repo
}

#[test]
fn two_commands_lead_to_the_first_true_finding() {
    if scratch().is_none() {
        return;
    }
    let repo = of_drizzle();
    repo.write(
        "package.json",
        "{ \"name\": \"app\", \"scripts\": { \"migrate\": \"drizzle-kit migrate\" } }",
    );
    repo.write("drizzle/9999_by_hand.sql", "DROP TABLE users;");
    let before = repo.contents();
    let proposed = repo.run(&["init"]).must_exit(0);
    assert!(
        repo.contents() == before,
        "`init` proposes, and writes nothing"
    );
    for part in [
        "drizzle = [",
        "[migrations]\nlayout = \"drizzle\"\ndir = \"drizzle\"\napply = \"npm run migrate\"",
    ] {
        assert!(proposed.stdout.contains(part), "{}", proposed.stdout);
    }
    repo.run(&["init", "--write"]).must_exit(0);
    repo.run(&["init", "--write"])
        .must_fail(&["db.toml", "is there already"]);
    finds_the_drift(&repo);
    // Nothing of the team's changed, and nothing was copied.
    let made: Vec<_> = repo
        .contents()
        .into_keys()
        .filter(|path| !before.contains_key(path))
        .collect();
    let is_ours = |path: &std::path::PathBuf| {
        path.ends_with("db.toml") || path.starts_with(repo.path("target"))
    };
    assert!(made.iter().all(is_ours), "{made:?}");
}

#[test]
fn a_copy_of_another_tools_migrations_is_verified_like_them() {
    if scratch().is_none() {
        return;
    }
    let repo = of_drizzle();
    repo.write(
        "db.toml",
        &format!(
            "postgres = \"{}\"\ndrizzle = [\"src/db/schema.ts\"]\n",
            major()
        ),
    );
    let planned = repo
        .run(&["db-import", "--from", "drizzle", "drizzle", "--dry-run"])
        .must_exit(0);
    assert!(
        planned.stdout.contains("first") && !repo.path("migrations").exists(),
        "{}",
        planned.stdout
    );
    repo.run(&["db-import", "--from", "drizzle", "drizzle"])
        .must_exit(0);
    let imported = repo.contents();
    assert_eq!(
        imported
            .keys()
            .filter(|path| path.starts_with(repo.path("migrations")))
            .count(),
        4
    );
    let root = repo.path("").to_str().expect("UTF-8").to_owned();
    let mut elsewhere = repo.command(&["-C", &root, "db-import", "--from", "drizzle", "drizzle"]);
    Ran::of(elsewhere.current_dir("/")).must_exit(0);
    assert!(
        repo.contents() == imported,
        "a second import changes nothing"
    );

    finds_the_drift(&repo);
}

/// Finds that `body` may be null, and nothing else.
fn finds_the_drift(repo: &Monorepo) {
    let report = repo
        .run(&["db-verify", "--format", "json"])
        .must_exit(1)
        .json();
    let errors = report["typeAlignment"]["errors"]
        .as_array()
        .expect("errors");
    let found: Vec<_> = errors
        .iter()
        .map(|error| (&error["type"], &error["entity"], &error["field"]))
        .collect();
    assert_eq!(
        found,
        [(
            &"NULLABILITY_MISMATCH".into(),
            &"posts".into(),
            &"body".into()
        )],
        "{report:#}"
    );
}

/// Drift in each description: a type, a schema, a contract without a route.
fn drift(repo: &Monorepo) -> [&'static str; 3] {
    let [types, schemas, contracts] = [
        "shared-types/src/tables/user.ts",
        "shared-types/src/validation/user-profile.ts",
        "shared-types/src/contracts/audit-log.ts",
    ];
    repo.edit(
        types,
        "  failed_logins: number;",
        "  failed_logins: string;",
    );
    repo.edit(schemas, ".max(100)", "");
    repo.edit(
        contracts,
        "  search: {",
        "  purge: { method: 'DELETE', path: '/api/audit-log/old' },\n  search: {",
    );
    [types, schemas, contracts]
}

#[test]
fn a_baseline_stays_true_when_lines_are_inserted_above() {
    let repo = Monorepo::sample();
    let changed = drift(&repo);
    repo.run(&["db-verify"]).must_exit(1);
    repo.run(&["db-verify", "--update-baseline"]).must_exit(0);
    let baseline = repo.read("snapshots/baseline.json");
    assert_eq!(baseline.matches("\"type\"").count(), 3, "{baseline}");
    for file in changed {
        repo.write(
            file,
            &format!(
                "// One line,\n// another,\n// a third.\n{}",
                repo.read(file)
            ),
        );
    }
    let report = repo
        .run(&["db-verify", "--format", "json"])
        .must_exit(0)
        .json();
    assert_eq!(report["summary"]["totalErrors"], 0, "{report:#}");
    repo.run(&["db-verify", "--update-baseline"]).must_exit(0);
    assert_eq!(repo.read("snapshots/baseline.json"), baseline);
}

#[test]
fn a_finding_about_a_contract_is_ignored_where_it_stands() {
    let repo = Monorepo::sample();
    let file = "shared-types/src/contracts/audit-log.ts";
    let contract = "  purge: { method: 'DELETE', path: '/api/audit-log/old' },\n  search: {";
    repo.edit(file, "  search: {", contract);
    let report = repo
        .run(&["db-verify", "--format", "json"])
        .must_exit(1)
        .json();
    assert_eq!(
        report["apiContractCompatibility"]["errors"][0]["type"], "CONTRACT_WITHOUT_ROUTE",
        "{report:#}"
    );
    repo.edit(
        file,
        "  purge: {",
        "  // db-verify-ignore CONTRACT_WITHOUT_ROUTE: next release\n  purge: {",
    );
    let report = repo
        .run(&["db-verify", "--format", "json"])
        .must_exit(0)
        .json();
    let summary = (
        &report["summary"]["totalErrors"],
        &report["summary"]["totalWarnings"],
    );
    assert_eq!(summary, (&0.into(), &0.into()), "{report:#}");
}

#[test]
fn completions_are_scripts_that_shells_read() {
    let repo = Monorepo::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = repo.run(&["completions", shell]).must_exit(0).stdout;
        for word in ["db-verify", "db-migrate", "update-baseline"] {
            assert!(script.contains(word), "{shell} does not know `{word}`");
        }
    }
    let script = repo.run(&["completions", "bash"]).must_exit(0).stdout;
    repo.write("completions.bash", &script);
    let mut bash = Command::new("bash");
    bash.current_dir(repo.path(""))
        .args(["-n", "completions.bash"])
        .stdin(Stdio::null());
    Ran::of(&mut bash).must_exit(0);
}

/// Asks bash itself, with the script in the file `completions.bash`, how it completes `line`.
fn completed_by_bash(repo: &Monorepo, line: &str) -> String {
    let ask = r#"
        source completions.bash
        COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$1; COMP_POINT=${#1}
        [[ $(complete -p "${COMP_WORDS[0]}") =~ -F\ ([^ ]+) ]]
        "${BASH_REMATCH[1]}" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        echo "${COMPREPLY[*]}""#;
    let mut bash = Command::new("bash");
    bash.current_dir(repo.path(""))
        .args(["-c", ask, "bash", line])
        .stdin(Stdio::null());
    Ran::of(&mut bash).must_exit(0).stdout
}

#[test]
fn bash_completes_what_people_type() {
    let repo = Monorepo::empty();
    for (called_as, line, completed) in [
        ("", "cargo xtask db-v", "db-verify\n"),
        ("", "cargo xtask db-verify --off", "--offline\n"),
        ("", "cargo bui", "build\n"),
        ("npx pgaccord", "npx pgaccord veri", "verify\n"),
        ("pgaccord", "pgaccord verify --off", "--offline\n"),
    ] {
        let mut command = repo.command(&["completions", "bash"]);
        command.env("PGACCORD_CALLED_AS", called_as);
        let script = Ran::of(&mut command).must_exit(0).stdout;
        // Stands for a completion of cargo that was there before.
        let before = "_before() { COMPREPLY=(build); }; complete -F _before cargo\n";
        repo.write("completions.bash", &format!("{before}{script}"));
        assert_eq!(completed_by_bash(&repo, line), completed, "{line}");
    }
}

#[test]
fn hints_name_the_command_by_which_the_tool_was_called() {
    let repo = Monorepo::sample();
    let named = |called_as: &str, arguments: &[&str]| {
        let mut command = repo.command(arguments);
        command.env("PGACCORD_CALLED_AS", called_as);
        Ran::of(&mut command)
    };
    let npx = "npx pgaccord";
    let created = named(npx, &["new", "add user bio"]).must_exit(0).stdout;
    assert!(created.contains("\n  npx pgaccord verify\n"), "{created}");
    let help = named(npx, &["--help"]).must_exit(0).stdout;
    assert!(
        help.contains("Usage: npx pgaccord [OPTIONS] <COMMAND>"),
        "{help}"
    );
    assert!(
        help.contains("\n  verify ") && !help.contains("db-"),
        "{help}"
    );
    let help = named("", &["verify", "--help"]).must_exit(0).stdout;
    assert!(help.contains("Usage: cargo xtask db-verify"), "{help}");
    let (own, global) = help
        .split_once("\nOptions of every command:")
        .expect("a heading");
    assert!(own.contains("--offline") && global.contains("--database-url"));
}

#[test]
fn a_second_import_adds_what_is_new_and_leaves_what_people_wrote() {
    let repo = of_drizzle();
    repo.write("db.toml", "");
    let import = ["db-import", "--from", "drizzle", "drizzle"];
    let journal = repo.read("drizzle/meta/_journal.json");
    let (entries, last) = journal.split_at(journal.rfind("{ \"idx\"").expect("two entries"));
    repo.write(
        "drizzle/meta/_journal.json",
        &format!("{}] }}", entries.trim_end().trim_end_matches(',')),
    );
    repo.run(&import).must_exit(0);
    repo.write(
        "migrations/V0000__first.down.sql",
        "DROP TABLE users; -- by hand\n",
    );
    let before = repo.contents();
    repo.write("drizzle/meta/_journal.json", &format!("{entries}{last}"));
    let planned = repo
        .run(&[&import[..], &["--dry-run"]].concat())
        .must_exit(0);
    assert!(
        planned.stdout.contains("would import 1 migration"),
        "{}",
        planned.stdout
    );
    let again = repo.run(&import).must_exit(0);
    assert!(
        again.stdout.contains("(1 new, 1 there already)"),
        "{}",
        again.stdout
    );
    let mut after = repo.contents();
    for name in [
        "migrations/V0001__posts.sql",
        "migrations/V0001__posts.down.sql",
    ] {
        assert!(after.remove(&repo.path(name)).is_some(), "{name}");
    }
    after.insert(
        repo.path("drizzle/meta/_journal.json"),
        before[&repo.path("drizzle/meta/_journal.json")].clone(),
    );
    assert!(after == before, "what was there is as it was");
    repo.write("migrations/V0001__posts.sql", "SELECT 1; -- by hand\n");
    let again = repo.run(&import).must_exit(0);
    assert!(
        again
            .stdout
            .contains("differs from `migrations/V0001__posts.sql`"),
        "{}",
        again.stdout
    );
    assert_eq!(
        repo.read("migrations/V0001__posts.sql"),
        "SELECT 1; -- by hand\n"
    );
}

#[test]
fn another_layout_is_answered_with_those_that_fit() {
    let repo = Monorepo::empty();
    repo.write(
        "plain/20200101000000_init.sql",
        "CREATE TABLE a (id int);\n",
    );
    repo.write("flyway/V1.0.0__init.sql", "CREATE TABLE a (id int);\n");
    repo.write("flyway/V1.1.0__more.sql", "CREATE TABLE b (id int);\n");
    let proposed = repo.run(&["init"]).must_exit(0);
    for part in [
        "layout = \"flyway\"\ndir = \"flyway\"",
        "layout = \"sqlx\", dir = \"plain\"",
    ] {
        assert!(
            proposed.stdout.contains(part),
            "{part}: {}",
            proposed.stdout
        );
    }
    repo.write("db.toml", "");
    let ran = repo.run(&["db-import", "--from", "drizzle", "plain"]);
    ran.must_fail(&[
        "there are no migrations of drizzle",
        "can be read in place with `layout = \"sqlx\"`",
        "--from sqlx <folder>` (1 migration)",
    ]);
    repo.run(&["db-import", "--from", "sqlx", "flyway"])
        .must_fail(&["--from flyway <folder>` (2 migrations)"]);
    repo.run(&["db-import", "--from", "flyway", "flyway"])
        .must_exit(0);
}

#[test]
fn migrations_that_do_nothing_stand_in_nobodys_way() {
    let Some(scratch) = scratch() else { return };
    let repo = Monorepo::empty();
    repo.write(
        "db.toml",
        &format!("postgres = '{}'\n", crate::support::major()),
    );
    repo.write(
        "old/1_a.up.sql",
        "CREATE TABLE a (id bigint PRIMARY KEY);\n",
    );
    repo.write("old/1_b.down.sql", "DROP TABLE a;\n");
    repo.write("old/2_only_for_mysql.up.sql", "");
    repo.write("old/2_only_for_mysql.down.sql", "");
    let ran = repo
        .run(&["db-import", "--from", "golang-migrate", "old"])
        .must_exit(0);
    assert!(
        ran.stdout.contains("2 migrations, 0 without a way back"),
        "{}",
        ran.stdout
    );
    let url = crate::support::url(&scratch);
    let run = |arguments: &[&str]| {
        Ran::of(repo.command(arguments).env("DATABASE_URL", &url)).must_exit(0)
    };
    run(&["db-migrate"]);
    let undone = run(&["db-rollback", "1"]);
    assert!(
        undone
            .stdout
            .contains("ok V2__only_for_mysql: the schema is exactly"),
        "{}",
        undone.stdout
    );
    run(&["db-migrate"]);
}
