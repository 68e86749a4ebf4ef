//! Text of files, SQL, a server and the journal never controls a terminal or a CI job. None of its
//! control characters is printed, and none of its lines is a command of a runner. The tests run the
//! binary, with each command that prints such text.

use regex::Regex;

use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::shared;

/// Clears the screen, sets the title and the clipboard, stops the runner's commands, hides a word
/// from its log.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}]52;c;cHduZWQ=\u{7}\u{9b}2J\n::stop-commands::x\n  ::add-mask::e ##[add-mask]f\r";

/// Nothing in it may steer anything. Lines of GitHub's format are commands of our own.
#[track_caller]
fn is_harmless(ran: &Ran, what: &str) {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    let harmful = all
        .chars()
        .find(|one| one.is_control() && !matches!(one, '\n' | '\t'));
    assert_eq!(harmful, None, "{what}: {all:?}");
    let ours = ["::error ", "::warning ", "::notice "];
    let theirs = all.lines().map(str::trim_start).find(|line| {
        line.starts_with("::")
            && line[2..].starts_with(char::is_alphabetic)
            && !ours.iter().any(|our| line.starts_with(our))
    });
    assert_eq!(theirs, None, "{what}: {all}");
    let is_in_command = |line: &str| ours.iter().any(|our| line.starts_with(our));
    let older = all
        .lines()
        .find(|line| line.contains("##[add-mask]") && !is_in_command(line));
    assert_eq!(older, None, "{what}: {all}");
}

/// The same on a terminal, where our own colours stand.
#[track_caller]
fn is_harmless_in_colour(ran: Ran, what: &str) {
    let colours = Regex::new("\u{1b}\\[(0|1|2|(1;)?3[1-6]|9[1-6])m").expect("a valid pattern");
    let plain = |text: &str| colours.replace_all(text, "").into_owned();
    is_harmless(
        &Ran {
            stdout: plain(&ran.stdout),
            stderr: plain(&ran.stderr),
            ..ran
        },
        what,
    );
}

fn run(database: &Database<'_>, repo: &Monorepo, arguments: &[&str]) -> Ran {
    for colour in ["always", "never"] {
        let arguments = [arguments, &["--color", colour]].concat();
        let mut command = database.command(repo, &arguments);
        let ran = Ran::of(command.env_remove("NO_COLOR"));
        match colour {
            "always" => is_harmless_in_colour(ran, &format!("{arguments:?}")),
            _never => {
                is_harmless(&ran, &format!("{arguments:?}"));
                return ran;
            }
        }
    }
    unreachable!("the last one returns")
}

#[test]
fn an_error_that_sql_raises_is_shown_as_text() {
    let Some(scratch) = shared() else { return };
    // Line ends other than LF are refused in a file, before it runs.
    let text = HOSTILE.trim_end_matches('\r');
    let raise = format!(
        "DO $$ BEGIN RAISE EXCEPTION 'no%', '{text}' USING DETAIL = '{text}', HINT = '{text}'; END $$;"
    );
    let repo = Monorepo::of_migrations(&[("V1__a", &raise, "SELECT 1;\n")]);
    let database = Database::create(scratch, "hostile");
    let commands: [&[&str]; 6] = [
        &["db-verify"],
        &["db-verify", "--format", "github"],
        &["db-verify", "--format", "json"],
        &["db-migrate"],
        &["db-migrate", "--format", "json"],
        &["db-snapshot"],
    ];
    for arguments in commands {
        let ran = run(&database, &repo, arguments);
        let error = ran.must_fail_at_length(&["(SQLSTATE P0001)", "[2J", "| ::stop-commands::x"]);
        assert!(error.contains("DETAIL: "), "{error}");
    }
}

#[test]
fn names_and_sql_are_shown_as_text() {
    let Some(scratch) = shared() else { return };
    let name = HOSTILE.replace('\u{9b}', "");
    let up = format!(
        "CREATE TABLE \"a{name}\" (id int, \"c{name}\" text CHECK (\"c{name}\" IN ('v{name}')));\n"
    );
    let down = format!("DROP TABLE \"a{name}\"; /* {HOSTILE} */\n");
    let repo = Monorepo::of_migrations(&[]);
    repo.write("migrations/V1__a.sql", &up.replace('\r', ""));
    repo.write("migrations/V1__a.down.sql", &down.replace('\r', ""));
    repo.edit(
        "Cargo.toml",
        "[workspace.metadata.db]\n",
        "[workspace.metadata.db]\ntypes = ['src/**']\nvalidation = ['src/**']\n",
    );
    let key = "x\u{1b}[2J\\n::add-mask::y";
    repo.write(
        "src/a\u{1b}[2J.ts",
        &format!("import {{ z }} from 'zod';\n/** @table a */\nexport interface ARow {{ '{key}': 'v\u{1b}[2J' }}\nexport const ASchema = z.object({{ '{key}': z.string() }});\n"),
    );
    let database = Database::create(scratch, "hostile");
    run(&database, &repo, &["db-inspect"]).must_exit(0);
    run(&database, &repo, &["db-inspect", "--format", "json"]).must_exit(0);
    for format in [
        "human", "json", "github", "gitlab", "sarif", "markdown", "junit", "html",
    ] {
        run(&database, &repo, &["db-verify", "--format", format]);
    }
    for arguments in [
        ["db-migrate", "--dry-run"],
        ["db-inspect", "tables"],
        ["db-snapshot", "--check"],
        ["init", "--help"],
    ] {
        run(&database, &repo, &arguments);
    }
    repo.edit(
        "Cargo.toml",
        "types = ['src/**']\nvalidation = ['src/**']\n",
        "",
    );
    run(&database, &repo, &["db-migrate"]);
    assert_eq!(database.history(), [1]);
    run(&database, &repo, &["db-status"]).must_exit(0);
    let dry = run(&database, &repo, &["db-rollback", "--dry-run"]).must_exit(0);
    assert!(
        dry.stdout.contains("DROP TABLE") && dry.stdout.contains("52;c;"),
        "{}",
        dry.stdout
    );
    database
        .connect()
        .batch_execute(&format!(
            "ALTER TABLE \"a{}\" ADD x int",
            name.replace('\r', "")
        ))
        .expect("drifts");
    let drifted = run(&database, &repo, &["db-migrate"]);
    assert!(
        drifted.code == 1 && drifted.stdout.contains("SCHEMA_DRIFT"),
        "{drifted:?}"
    );
    run(&database, &repo, &["db-verify", "--database"]);
    run(&database, &repo, &["db-rollback"]);
}

#[test]
fn who_holds_the_lock_is_shown_as_text() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::of_migrations(&[("V1__a", "SELECT 1;\n", "SELECT 1;\n")]);
    let database = Database::create(scratch, "hostile");
    let mut command = database.command(&repo, &["db-status"]);
    let url = format!(
        "{}?application_name=%3A%3Aadd-mask%3A%3Ax%0A%3A%3Astop-commands%3A%3Ax",
        database.url()
    );
    is_harmless(
        &Ran::of(command.env("DATABASE_URL", url)),
        "application_name",
    );
    // A name that is not there is repeated in the error.
    let ran = run(&database, &repo, &["db-migrate", HOSTILE.trim_end()]);
    ran.must_fail_at_length(&["[2J"]);
}
