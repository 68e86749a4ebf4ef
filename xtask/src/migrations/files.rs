//! Reads the migrations of a folder. They have passed the preflight: each version once, each with
//! its way back, and no text that would half-apply.

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::preflight::{
    self, CheckedScript, FileDirection, NamedFile, PreflightProblem, PreflightRefusal,
};
use super::{Down, Migration, checksum, is_no_transaction};
use crate::called_as;
use crate::tree::Tree;

/// The migrations in `folder`, oldest first. Problems of the files are all told at once, as
/// [`PreflightRefusal`].
pub fn load(tree: &dyn Tree, folder: &str) -> Result<Vec<Migration>> {
    let (migrations, problems) = read(tree, folder)?;
    if problems.is_empty() {
        Ok(migrations)
    } else {
        Err(PreflightRefusal(problems).into())
    }
}

/// Like [`load`], but returns the problems beside the migrations that have none.
pub fn read(tree: &dyn Tree, folder: &str) -> Result<(Vec<Migration>, Vec<PreflightProblem>)> {
    let (files, mut problems) = names(tree, folder)?;
    let (pairs, unpaired) = preflight::pair(&files);
    problems.extend(unpaired);
    // In parallel: every run waits for these hundreds of small files, even where there is nothing
    // to do.
    let read: Vec<_> = pairs
        .par_iter()
        .map(|pair| read_pair(tree, &pair.up, &pair.down))
        .collect::<Result<_>>()?;
    let mut migrations = Vec::with_capacity(read.len());
    for pair in read {
        match pair {
            Ok(migration) => migrations.push(migration),
            Err(found) => problems.extend(found),
        }
    }
    // Files are read in parallel, and the report must not depend on that.
    problems.sort_by(|a, b| a.location.cmp(&b.location));
    Ok((migrations, problems))
}

/// The migrations in `folder`, oldest first, whatever their down files are: a missing, an empty or
/// a refused one counts as none.
///
/// # Errors
/// When a file cannot be read, or the text of a migration is refused.
pub fn load_forward(tree: &dyn Tree, folder: &str) -> Result<Vec<Migration>> {
    let (files, mut problems) = names(tree, folder)?;
    let mut migrations = Vec::new();
    let ups = files
        .iter()
        .filter(|(name, _)| name.direction == FileDirection::Up);
    for (name, file) in ups {
        let sql = match read_text(tree, file, FileDirection::Up)? {
            Ok(sql) => sql,
            Err(found) => {
                problems.extend(found);
                continue;
            }
        };
        let down = format!("{}.down.sql", file.strip_suffix(".sql").unwrap_or(file));
        let is_there = files.iter().any(|(_, path)| *path == down);
        let back = match is_there {
            true => read_text(tree, &down, FileDirection::Down)?.ok(),
            false => None,
        };
        migrations.push(Migration {
            version: name.version,
            name: name.name.clone(),
            foreign: None,
            file: file.clone(),
            no_transaction: is_no_transaction(&sql),
            checksum: checksum(name.version, &name.name, &sql).unwrap_or_default(),
            sql,
            down: match back {
                Some(back) => way_back(&down, back),
                None => Down::Irreversible {
                    file: down,
                    reason: "there is no way back yet".to_owned(),
                },
            },
        });
    }
    migrations.sort_by_key(|migration| migration.version);
    let twice = migrations
        .windows(2)
        .find(|pair| pair[0].version == pair[1].version);
    if let Some(pair) = twice {
        problems.push(PreflightProblem::of_file(
            &pair[1].file,
            format!("it has the version of `{}`", pair[0].file),
            "nobody can tell which of them comes first",
            "give one of them another version",
        ));
    }
    if problems.is_empty() {
        Ok(migrations)
    } else {
        Err(PreflightRefusal(problems).into())
    }
}

/// The names of the migration files in `folder`, with their paths, and the files whose names are
/// refused.
pub fn names(tree: &dyn Tree, folder: &str) -> Result<(Vec<NamedFile>, Vec<PreflightProblem>)> {
    let paths = tree.files(folder).with_context(|| {
        format!(
            "cannot read the migrations: set `migrations` in the configuration to their folder (it is `{folder}`), \
             or write the first one with `{} <name>`",
            called_as::command("new")
        )
    })?;
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        match preflight::classify(folder, &path) {
            Ok(Some(name)) => files.push((name, path)),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    preflight::advise_free_versions(&mut problems, &files);
    Ok((files, problems))
}

/// Reads a migration and its down file. The outer error is one of reading, the inner one lists the
/// problems of the texts.
fn read_pair(
    tree: &dyn Tree,
    up: &NamedFile,
    down: &str,
) -> Result<Result<Migration, Vec<PreflightProblem>>> {
    let (name, file) = up;
    let forward = read_text(tree, file, FileDirection::Up)?;
    let back = read_text(tree, down, FileDirection::Down)?;
    let (sql, back) = match (forward, back) {
        (Ok(sql), Ok(back)) => (sql, back),
        (forward, back) => {
            return Ok(Err([forward.err(), back.err()]
                .into_iter()
                .flatten()
                .flatten()
                .collect()));
        }
    };
    let checksum = checksum(name.version, &name.name, &sql).with_context(|| {
        format!("cannot compute the checksum of `{file}`: refinery does not take its name")
    })?;
    Ok(Ok(Migration {
        version: name.version,
        name: name.name.clone(),
        foreign: None,
        file: file.clone(),
        no_transaction: is_no_transaction(&sql),
        sql,
        down: way_back(down, back),
        checksum,
    }))
}

fn way_back(file: &str, sql: String) -> Down {
    let file = file.to_owned();
    match preflight::irreversible_reason(&sql) {
        Some(reason) => Down::Irreversible { file, reason },
        None => Down::Sql {
            file,
            no_transaction: is_no_transaction(&sql),
            sql,
        },
    }
}

fn read_text(
    tree: &dyn Tree,
    file: &str,
    direction: FileDirection,
) -> Result<Result<String, Vec<PreflightProblem>>> {
    let bytes = tree
        .read(file)
        .with_context(|| format!("cannot read the migration `{file}`"))?;
    Ok(preflight::decode(file, bytes).and_then(|text| {
        let problems = CheckedScript::new(file, &text, direction).problems();
        if problems.is_empty() {
            Ok(text)
        } else {
            Err(problems)
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::WorkingTree;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, WorkingTree) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("migrations")).expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join("migrations").join(name), text).expect("a file");
        }
        let tree = WorkingTree::new(folder.path());
        (folder, tree)
    }

    #[test]
    fn migrations_come_in_the_order_of_their_versions() {
        let (_folder, tree) = folder(&[
            ("V10__c.sql", "select 1;"),
            ("V10__c.down.sql", "-- irreversible: nothing to undo"),
            ("V9__b.sql", "-- no-transaction\nvacuum;"),
            ("V9__b.down.sql", "select 1;"),
            ("README.md", "about"),
        ]);
        let migrations = load(&tree, "migrations").expect("good files");
        assert_eq!(
            migrations
                .iter()
                .map(|migration| migration.version)
                .collect::<Vec<_>>(),
            [9, 10]
        );
        assert!(migrations[0].no_transaction && migrations[1].file == "migrations/V10__c.sql");
        assert!(
            matches!(&migrations[1].down, Down::Irreversible { reason, .. } if reason == "nothing to undo")
        );
    }

    #[test]
    fn every_problem_of_every_file_is_told_at_once() {
        let (_folder, tree) = folder(&[
            ("V1__a.sql", "begin;\ncommit;"),
            ("V1__a.down.sql", ""),
            ("V2__b.sql", "select 1;"),
            ("v3__c.sql", "select 1;"),
        ]);
        let error = load(&tree, "migrations").expect_err("bad files");
        let refused = error.downcast_ref::<PreflightRefusal>().expect("a refusal");
        let places: Vec<_> = refused
            .0
            .iter()
            .map(|problem| problem.location.to_string())
            .collect();
        assert_eq!(
            places,
            [
                "migrations/V1__a.down.sql:1:1",
                "migrations/V1__a.sql:1:1",
                "migrations/V1__a.sql:2:1",
                "migrations/V2__b.sql:1:1",
                "migrations/v3__c.sql:1:1",
            ]
        );
    }

    #[test]
    fn the_sample_monorepo_is_safe_to_migrate() {
        let tree = WorkingTree::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let migrations = load(&tree, "migrations")
            .map_err(|error| error.to_string())
            .expect("no problems");
        assert!(
            migrations.len() >= 12 && migrations.iter().any(|migration| migration.no_transaction)
        );
    }

    #[test]
    fn a_missing_folder_is_an_error_that_says_what_to_do() {
        let (_folder, tree) = folder(&[]);
        assert_eq!(load(&tree, "migrations").expect("an empty folder"), []);
        let error = format!("{:#}", load(&tree, "db").expect_err("no folder"));
        assert!(
            error.contains("set `migrations` in the configuration")
                && error.contains("(it is `db`)"),
            "{error}"
        );
    }
}
