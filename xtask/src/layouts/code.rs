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
    stamps(tree, &files)
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
