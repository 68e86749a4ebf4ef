//! Migrations that are code, and dumps: their SQL is known only when they run. Their files still
//! tell whether a snapshot stands for them.

use anyhow::{Context as _, Result};

use super::source::title;
use crate::migrations::{Down, ForeignName, Migration, OrderKey, foreign_checksum};
use crate::tree::Tree;

/// The ends of files that hold migrations, as SQL or code.
const EXTENSIONS: &[&str] = &[".ts", ".js", ".mts", ".mjs", ".cts", ".cjs", ".sql"];

/// The files of the folder `dir`, as migrations without SQL; none where no folder is configured.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn read(tree: &dyn Tree, dir: &str) -> Result<Vec<Migration>> {
    if dir.is_empty() {
        return Ok(Vec::new());
    }
    let mut files = tree
        .files(dir)
        .with_context(|| format!("cannot read the migrations in `{dir}`, which `dir` names"))?;
    files.retain(|file| EXTENSIONS.iter().any(|end| file.ends_with(end)));
    stamps(tree, &of_migrations(dir, files))
}

/// The files in folders that are called like migrations, where `dir` is none of them and holds some:
/// each part of a program may have its own. All of `files` otherwise.
fn of_migrations(dir: &str, files: Vec<String>) -> Vec<String> {
    let is_called_so = |folder: &str| folder.contains("migration");
    let own = dir.rsplit('/').next().unwrap_or(dir);
    let is_in_one = |file: &String| {
        let below = file.strip_prefix(dir).unwrap_or(file);
        let folders = below.rsplit_once('/').map_or("", |(folders, _)| folders);
        folders.split('/').any(is_called_so)
    };
    if is_called_so(own) || !files.iter().any(is_in_one) {
        return files;
    }
    files.into_iter().filter(is_in_one).collect()
}

/// `files`, as migrations without SQL.
///
/// # Errors
/// When a file cannot be read.
fn stamps(tree: &dyn Tree, files: &[String]) -> Result<Vec<Migration>> {
    (1..)
        .zip(files)
        .map(|(version, file)| stamp(tree, version, file))
        .collect()
}

/// The dump `file`, as one migration.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn dump(tree: &dyn Tree, file: &str) -> Result<Migration> {
    let bytes = tree
        .read(file)
        .with_context(|| format!("cannot read `{file}`, which `schema-from` names"))?;
    let text = String::from_utf8(bytes)
        .with_context(|| format!("cannot read `{file}`: it is not UTF-8"))?;
    let sql = super::dump::in_place(&text);
    Ok(Migration {
        sql,
        ..stamp(tree, 1, file)?
    })
}

fn stamp(tree: &dyn Tree, version: i64, file: &str) -> Result<Migration> {
    let bytes = tree
        .read(file)
        .with_context(|| format!("cannot read `{file}`"))?;
    let title = title(file).to_owned();
    let checksum = foreign_checksum(&title, &String::from_utf8_lossy(&bytes));
    Ok(Migration {
        version,
        name: title.clone(),
        foreign: Some(ForeignName {
            version: String::new(),
            order: OrderKey {
                numbers: Vec::new(),
                text: title.clone(),
            },
            title,
        }),
        file: file.to_owned(),
        sql: String::new(),
        down: Down::Irreversible {
            file: file.to_owned(),
            reason: "only its own tool can undo it".to_owned(),
        },
        no_transaction: false,
        checksum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    #[test]
    fn each_part_of_a_program_may_have_its_own_folder() {
        let names = |dir: &str, files: &[&str]| {
            let tree = MemoryTree::new(files.iter().map(|file| (*file, "")));
            let found = read(&tree, dir).expect("readable");
            found.into_iter().map(|one| one.file).collect::<Vec<_>>()
        };
        let parts = [
            "src/a/migrations/1_a.ts",
            "src/b/b.ts",
            "src/b/migrations/2_b.ts",
        ];
        assert_eq!(names("src", &parts), [parts[0], parts[2]]);
        let plain = ["db/1_a.ts", "db/2_b.ts"];
        assert_eq!(names("db", &plain), plain);
        let inner = ["migrations/1_a.ts", "migrations/data-migrations/2_b.ts"];
        assert_eq!(names("migrations", &inner), inner);
    }
}
