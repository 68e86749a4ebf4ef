//! Migrations of other tools, read where they stand: each layout is verified, with places in the
//! team's own files, and leaves nothing behind but the snapshot.

mod code_histories;
mod histories;
mod layouts;
mod own_command;
mod schema_from;

use crate::support::monorepo::Monorepo;
use crate::support::{git, scratch, side_by_side};
use layouts::{Sample, samples};

#[test]
fn each_layout_is_verified_where_it_stands() {
    if scratch().is_none() {
        return;
    }
    side_by_side(&samples(), verified_where_it_stands);
}

fn verified_where_it_stands(sample: &Sample) {
    let layout = sample.layout;
    let repo = sample.repo();
    let before = repo.contents();
    let replayed = repo.run(&["db-verify"]).must_exit(1).stdout;
    let (file, line) = sample.added_at;
    let place = format!("{}/{file}:{line}:", sample.dir);
    assert!(
        replayed.contains("MISSING_FIELD_IN_TYPE") && replayed.contains(&place),
        "{layout}: {place}\n{replayed}"
    );

    repo.run(&["db-snapshot"]).must_exit(0);
    repo.run(&["db-snapshot", "--check"]).must_exit(0);
    let offline = repo.run(&["db-verify", "--offline"]).must_exit(1).stdout;
    assert!(offline.contains(&place), "{layout}: {offline}");
    let snapshot = repo.read("snapshots/schema.json");
    for name in sample.names {
        assert!(
            snapshot.contains(&format!("\"{name}\": \"")),
            "{layout}: {snapshot}"
        );
    }
    let first = repo
        .run(&["db-verify", sample.names[0]])
        .must_exit(0)
        .stdout;
    assert!(first.contains("0 errors"), "{layout}: {first}");
    for (path, text) in before {
        let now = repo.contents();
        assert_eq!(now.get(&path), Some(&text), "{layout}: {}", path.display());
    }
}

#[test]
fn commits_are_judged_without_a_database() {
    if scratch().is_none() {
        return;
    }
    side_by_side(&samples(), judged_in_git);
}

fn judged_in_git(sample: &Sample) {
    let layout = sample.layout;
    let repo = sample.repo();
    repo.write(
        "src/user.ts",
        "export interface UserRow { id: number; bio: string | null }\n",
    );
    repo.run(&["db-snapshot"]).must_exit(0);
    git::init(&repo);
    git::git(&repo, &["checkout", "-qb", "branch"]);
    // An edit of a migration that `main` has.
    let (file, _) = sample.added_at;
    let path = format!("{}/{file}", sample.dir);
    repo.edit(&path, "bio text", "bio varchar(9)");
    git::git(&repo, &["add", "-A"]);
    let staged = repo.run(&["db-verify", "--staged"]).must_exit(2).stderr;
    assert!(
        staged.contains(&format!("`{}` changed", sample.names[1])),
        "{layout}: {staged}"
    );
    repo.run(&["db-snapshot"]).must_exit(0);
    git::git(&repo, &["add", "-A"]);
    repo.run(&["db-verify", "--staged"]).must_exit(0);
    git::commit(&repo, "edited");
    let since = repo
        .run(&["db-verify", "--since", "main"])
        .must_exit(1)
        .stdout;
    assert!(
        since.contains("MIGRATION_EDITED") && since.contains(&format!("{path}:")),
        "{layout}: {since}"
    );
}

#[test]
fn ways_back_are_proven_where_a_layout_has_them() {
    if scratch().is_none() {
        return;
    }
    let samples: Vec<Sample> = samples()
        .into_iter()
        .filter(|sample| sample.has_downs)
        .collect();
    side_by_side(&samples, |sample| {
        let ran = sample.repo().run(&["db-rollback", "--test"]).must_exit(0);
        assert!(ran.stdout.contains(sample.names[1]), "{}", ran.stdout);
    });
}

#[test]
fn a_folder_of_another_layout_is_answered_with_the_configuration() {
    let repo = Monorepo::empty();
    repo.write(
        "prisma/migrations/20240101000000_init/migration.sql",
        layouts::CREATE,
    );
    repo.write("db.toml", "migrations = \"prisma/migrations\"\n");
    repo.run(&["db-verify"])
        .must_fail(&["migrations = { layout = \"prisma\", dir = \"prisma/migrations\" }"]);
    repo.write("db.toml", "migrations = \"drizzle\"\n");
    repo.run(&["db-verify"])
        .must_fail(&["layout = \"drizzle\""]);
    repo.write(
        "db.toml",
        "# mine\n[migrations]\nlayout = \"prism\"\ndir = \"prisma\"\n",
    );
    repo.run(&["db-verify"])
        .must_fail(&["db.toml", "line 3", "`migrations.layout` is `prism`"]);
}

#[test]
fn programs_among_the_migrations_are_not_passed_over() {
    let repo = Monorepo::empty();
    repo.write("migrations/1700000000000_a.sql", layouts::CREATE);
    repo.write(
        "migrations/1700000000001_b.js",
        "exports.up = (pgm) => {}\n",
    );
    repo.write(
        "db.toml",
        "migrations = { layout = \"node-pg-migrate\", dir = \"migrations\" }\n",
    );
    repo.run(&["db-verify"]).must_fail(&[
        "migrations/1700000000001_b.js",
        "it is a program",
        "`replay =",
    ]);
}
