//! The monorepo's own commands: `apply` and `undo` between verifications, and `replay` on a scratch
//! database. psql stands for a migrator: it reads `DATABASE_URL` and runs files.

use super::layouts::{ADD, CREATE, Sample, samples};
use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::{major, psql, shared};

const AGREES: &str = "export interface UserRow { id: number; bio: string | null }\n";

const TABLE: &str = "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);";

fn sample() -> Sample {
    let mut samples = samples().into_iter();
    samples
        .find(|sample| sample.layout == "supabase")
        .expect("a sample without markers")
}

/// A monorepo of the Supabase layout whose commands run `apply.sql` and `undo.sql` by psql.
fn repo(psql: &std::path::Path) -> Monorepo {
    let repo = sample().repo();
    repo.write("src/user.ts", AGREES);
    let run = |file: &str| {
        format!(
            "echo ran $((40+2)) && '{}' \\\"$DATABASE_URL\\\" -Xq -v ON_ERROR_STOP=1 -1 -f {file}",
            psql.display()
        )
    };
    let keys = format!(
        "apply = \"{}\"\nundo = \"{}\"\n",
        run("apply.sql"),
        run("undo.sql")
    );
    let config = repo.read("db.toml");
    repo.write("db.toml", &(config + &keys));
    repo.write(
        "apply.sql",
        &format!(
            "{ADD} INSERT INTO supabase_migrations.schema_migrations VALUES ('20240201000000');"
        ),
    );
    repo.write(
        "undo.sql",
        "ALTER TABLE users DROP COLUMN bio;
         DELETE FROM supabase_migrations.schema_migrations WHERE version = '20240201000000';",
    );
    repo
}

/// A database in which the first migration of the sample ran.
fn migrated_once<'s>(scratch: &'s xtask::internals::postgres::scratch::Scratch) -> Database<'s> {
    let database = Database::create(scratch, "wrapped");
    let mut client = database.connect();
    client
        .batch_execute(&format!(
            "CREATE SCHEMA supabase_migrations; SET search_path = supabase_migrations; {TABLE}
             INSERT INTO schema_migrations VALUES ('20240101000000'); RESET search_path; {CREATE}"
        ))
        .expect("the first migration");
    database
}

#[test]
fn another_tools_command_runs_between_two_verifications() {
    let (Some(scratch), Some(psql)) = (shared(), psql()) else {
        return;
    };
    let (repo, database) = (repo(&psql), migrated_once(scratch));
    let plan = database
        .run(&repo, &["db-migrate", "--dry-run"])
        .must_exit(0)
        .stdout;
    assert!(
        plan.contains("ALTER TABLE users ADD COLUMN bio text") && !plan.contains("ran 42"),
        "{plan}"
    );
    let applied = database.run(&repo, &["db-migrate"]).must_exit(0).stdout;
    for part in [
        "STEP 1: PRE-MIGRATION",
        "ran 42",
        "STEP 3: POST-MIGRATION",
        "not checked: each migration before its COMMIT",
        "not checked: whether rows or values are lost",
        "MIGRATION COMPLETED SUCCESSFULLY",
    ] {
        assert!(applied.contains(part), "{part}: {applied}");
    }
    let again = database.run(&repo, &["db-migrate"]).must_exit(0).stdout;
    assert!(
        again.contains("Nothing to apply") && !again.contains("ran 42"),
        "{again}"
    );
    database
        .run(&repo, &["db-status", "--exit-code"])
        .must_exit(0);

    let undone = database.run(&repo, &["db-rollback"]).stdout;
    assert!(
        undone.contains("20240201000000_bio: the schema is exactly what it was before"),
        "{undone}"
    );
    let json = database
        .run(&repo, &["db-migrate", "--format", "json"])
        .must_exit(0)
        .json();
    assert_eq!(json["applied"][0]["name"], "20240201000000_bio");
    assert!(json["migrationOutput"].to_string().contains("ran 42"));
}

#[test]
fn what_the_command_did_is_compared_with_what_the_migrations_make() {
    let (Some(scratch), Some(psql)) = (shared(), psql()) else {
        return;
    };
    let (repo, database) = (repo(&psql), migrated_once(scratch));
    repo.edit(
        "apply.sql",
        "ADD COLUMN bio text",
        "ADD COLUMN bio varchar(9)",
    );
    let other = database.run(&repo, &["db-migrate"]).must_exit(1).stdout;
    assert!(
        other.contains("is not what the migrations make") && other.contains("MIGRATION FAILED"),
        "{other}"
    );
    database.connect().batch_execute("ALTER TABLE users DROP COLUMN bio; DELETE FROM supabase_migrations.schema_migrations WHERE version = '20240201000000'").expect("undone");

    // Nothing runs where the code does not agree with what the migrations will make.
    repo.write(
        "src/user.ts",
        "export interface UserRow { id: number; bio: number | null }\n",
    );
    let refused = database.run(&repo, &["db-migrate"]).must_exit(1).stdout;
    assert!(
        refused.contains("nothing was applied") && !refused.contains("ran 42"),
        "{refused}"
    );
    repo.write("src/user.ts", AGREES);
    repo.write("apply.sql", "SELECT 1/0;");
    let failed = database.run(&repo, &["db-migrate"]).must_exit(2);
    assert!(
        failed.stderr.contains("`migrations.apply`, failed"),
        "{}",
        failed.stderr
    );
}

#[test]
fn without_a_command_nothing_is_applied_or_undone() {
    let Some(scratch) = shared() else { return };
    let (repo, database) = (sample().repo(), migrated_once(scratch));
    database.run(&repo, &["db-migrate"]).must_fail(&[
        "supabase keeps these migrations and applies them",
        "`apply = \"<command>\"`",
        "db.toml",
    ]);
    database
        .run(&repo, &["db-rollback"])
        .must_fail(&["undoes them", "`undo = \"<command>\"`"]);
    for command in [
        ["db-new", "x"].as_slice(),
        &["db-baseline", "1"],
        &["db-import", "--from", "supabase", "supabase/migrations"],
    ] {
        database.run(&repo, command).must_fail(&["supabase"]);
    }
}

/// A monorepo whose migrations are code: `migrate.sql` by psql.
fn of_code(psql: &std::path::Path) -> Monorepo {
    let repo = Monorepo::empty();
    repo.write("src/user.ts", AGREES);
    repo.write("db/1_users.ts", "export const up = 1;\n");
    repo.write("migrate.sql", &format!("{CREATE}{ADD}"));
    repo.write(
        "db.toml",
        &format!(
            "postgres = \"{}\"\ntypes = [\"src/**/*.ts\"]\n[migrations]\ndir = \"db\"\n\
             replay = \"'{}' \\\"$DATABASE_URL\\\" -Xq -v ON_ERROR_STOP=1 -f migrate.sql\"\n",
            major(),
            psql.display()
        ),
    );
    repo
}

#[test]
fn migrations_that_are_code_run_on_a_scratch_database_when_they_are_allowed_to() {
    let Some(psql) = psql() else { return };
    let repo = of_code(&psql);
    for command in [["db-verify"].as_slice(), &["db-snapshot"]] {
        repo.run(command)
            .must_fail(&["has the power of whoever runs it", "--allow-replay"]);
    }
    let allowed = repo.run(&["db-verify", "--allow-replay"]).must_exit(0);
    assert!(allowed.stdout.contains("0 errors"), "{}", allowed.stdout);
    repo.run(&["db-snapshot", "--allow-replay"]).must_exit(0);
    // The snapshot tells, until a file changes.
    repo.run(&["db-verify"]).must_exit(0);
    repo.run(&["db-verify", "--offline"]).must_exit(0);
    repo.run(&["db-snapshot", "--check", "--allow-replay"])
        .must_exit(0);
    repo.write("db/2_bio.ts", "export const up = 2;\n");
    repo.run(&["db-verify", "--offline"])
        .must_fail(&["`2_bio` is new"]);
    repo.run(&["db-verify", "--offline", "--allow-replay"])
        .must_fail(&["`2_bio` is new"]);
}

#[test]
fn a_command_of_a_branch_never_runs_for_a_commit() {
    let Some(psql) = psql() else { return };
    let repo = of_code(&psql);
    repo.run(&["db-snapshot", "--allow-replay"]).must_exit(0);
    crate::support::git::init(&repo);
    crate::support::git::git(&repo, &["checkout", "-qb", "branch"]);
    let config = repo.read("db.toml");
    repo.write(
        "db.toml",
        &config.replace("replay = \"", "replay = \"touch ran && "),
    );
    repo.write("db/2_bio.ts", "export const up = 2;\n");
    crate::support::git::commit(&repo, "hostile");
    repo.run(&["db-verify", "--since", "main", "--allow-replay"])
        .must_fail(&["is not run for a commit"]);
    assert!(!repo.path("ran").exists());
}

/// A type without `bio`, which the migrations make.
const LACKS: &str = "export interface UserRow { id: number }\n";

#[test]
fn the_first_branch_after_adoption_is_judged_by_its_own_findings() {
    let Some(psql) = psql() else { return };
    let repo = of_code(&psql);
    let config = repo.read("db.toml");
    repo.write("src/user.ts", LACKS);
    std::fs::remove_file(repo.path("db.toml")).expect("removed");
    crate::support::git::init(&repo);
    crate::support::git::git(&repo, &["checkout", "-qb", "adoption"]);
    repo.write("db.toml", &config);
    repo.run(&["db-snapshot", "--allow-replay"]).must_exit(0);
    crate::support::git::commit(&repo, "adopt");
    // The branch's snapshot stands for the earlier migrations, too.
    let adopted = repo.run(&["db-verify", "--since", "main"]).must_exit(0);
    assert!(
        adopted.stdout.contains("0 errors") && !adopted.stdout.contains("cannot be judged"),
        "{}",
        adopted.stdout
    );
    repo.run(&["db-verify", "--since", "main", "--offline"])
        .must_exit(0);
    repo.write("src/user.ts", "export interface UserRow { id: string }\n");
    crate::support::git::commit(&repo, "drift");
    let drifted = repo.run(&["db-verify", "--since", "main"]).must_exit(1);
    assert!(
        drifted.stdout.contains("TYPE_MISMATCH") && drifted.stdout.contains("1 error"),
        "{}",
        drifted.stdout
    );
    // With another migration nothing tells the schema that was there before.
    repo.write("db/2_name.ts", "export const up = 2;\n");
    repo.run(&["db-snapshot", "--allow-replay"]).must_exit(0);
    crate::support::git::commit(&repo, "another migration");
    let unknown = repo.run(&["db-verify", "--since", "main"]).must_exit(1);
    assert!(
        unknown
            .stdout
            .contains("no snapshot stands for its migrations")
            && unknown.stdout.contains("--update-baseline"),
        "{}",
        unknown.stdout
    );
}

#[test]
fn a_command_that_goes_elsewhere_is_noticed() {
    let repo = Monorepo::empty();
    repo.write(
        "db.toml",
        &format!(
            "postgres = \"{}\"\nmigrations = {{ replay = \"true\" }}\n",
            major()
        ),
    );
    if shared().is_none() {
        return;
    }
    repo.run(&["db-snapshot", "--allow-replay"])
        .must_fail(&["made nothing in the database"]);
}
