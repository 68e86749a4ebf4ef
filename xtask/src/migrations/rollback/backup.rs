//! Writes the rows that are about to be lost to files, before anything runs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::loss::{quote, quoted};
use super::storage_identity::Change;

/// A folder for backups.
#[derive(Debug, Clone)]
pub struct Backup {
    folder: PathBuf,
    /// Names of files in lower case, as some disks compare them, and what is in them; nothing where that is from before a
    /// commit, so that it cannot be read again.
    names: RefCell<BTreeMap<String, String>>,
}

impl Backup {
    /// Makes a folder of its own for this run in `folder`, so that no earlier backup is overwritten.
    pub fn create(folder: &Path, run: &str) -> Result<Self> {
        let folder = folder.join(run.replace(':', ""));
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create the folder for the backup `{}`", folder.display()))?;
        Ok(Self { folder, names: RefCell::default() })
    }

    /// Where the files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the rows behind `change` as CSV with a header; of a column with the primary key beside it. The file is
    /// on disk when this returns.
    pub fn write(&self, transaction: &mut Transaction<'_>, change: &Change) -> Result<PathBuf> {
        let path = self.folder.join(self.file_name(&change.object()));
        let failed = || format!("cannot back up `{}` to `{}`", change.object(), path.display());
        let query = query(transaction, change).with_context(failed)?;
        let copy = format!("COPY ({query}) TO STDOUT (FORMAT csv, HEADER)");
        let mut rows = transaction.copy_out(&copy).with_context(failed)?;
        let mut file = BufWriter::new(create(&path).with_context(failed)?);
        io::copy(&mut rows, &mut file).with_context(failed)?;
        file.flush().and_then(|()| file.get_ref().sync_all()).with_context(failed)?;
        Ok(path)
    }

    /// Something is committed: what is written from now on does not replace what is there.
    pub fn keep(&self) {
        self.names.borrow_mut().values_mut().for_each(String::clear);
    }

    /// `users.bio.csv`; with a number where that is the backup of something else, or from before a commit.
    fn file_name(&self, object: &str) -> String {
        let stem = file_stem(object);
        let mut names = self.names.borrow_mut();
        let numbered = (2..).map(|number| format!("{stem}.{number}.csv"));
        let mut candidates = std::iter::once(format!("{stem}.csv")).chain(numbered);
        let is_free = |name: &String| names.entry(name.to_lowercase()).or_insert_with(|| object.to_owned()) == object;
        candidates.find(is_free).unwrap_or(stem)
    }
}

/// A second attempt writes the same rows again.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

fn query(transaction: &mut Transaction<'_>, change: &Change) -> Result<String> {
    let table = quoted(change.table());
    let Some(column) = change.column() else { return Ok(format!("SELECT * FROM {table}")) };
    let mut columns = key_columns(transaction, &table)?;
    if columns.is_empty() {
        return Ok(format!("SELECT * FROM {table}"));
    }
    columns.retain(|key| key != column);
    columns.push(column.to_owned());
    let columns: Vec<_> = columns.iter().map(|column| quote(column)).collect();
    Ok(format!("SELECT {} FROM {table} WHERE {} IS NOT NULL", columns.join(", "), quote(column)))
}

const KEY_COLUMNS: &str = "
    SELECT a.attname::text FROM pg_catalog.pg_index i
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = $1::text::regclass AND i.indisprimary ORDER BY k.position";

fn key_columns(transaction: &mut Transaction<'_>, table: &str) -> Result<Vec<String>> {
    let rows = transaction.query(KEY_COLUMNS, &[&table])?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Names of tables may hold anything, names of files may not.
fn file_stem(object: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
    object.chars().map(|character| if plain(character) { character } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::file_stem;

    #[test]
    fn hostile_names_stay_in_the_folder() {
        assert_eq!(file_stem("users.bio"), "users.bio");
        assert_eq!(file_stem("../../etc/passwd"), ".._.._etc_passwd");
    }
}
