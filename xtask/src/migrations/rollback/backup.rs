//! Writes the rows that are about to be lost to files, in the transaction that loses them: nobody changes them in between, and
//! each is written once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::storage_identity::Change;
use crate::migrations::sql::{identifier, quoted};
use crate::report::LossName;

/// A folder for backups.
#[derive(Debug, Clone)]
pub struct Backup {
    folder: PathBuf,
    /// The files, by their names in lower case, as some disks compare them.
    files: RefCell<BTreeMap<String, BackupFile>>,
}

/// A file of a backup.
#[derive(Debug, Clone)]
struct BackupFile {
    name: String,
    /// What is in it.
    object: String,
    /// Whether it is from before a commit, so that what is in it cannot be read again.
    is_kept: bool,
}

impl Backup {
    /// Makes a folder of its own for this run in `folder`, so that no earlier backup is overwritten.
    pub fn create(folder: &Path, run: &str) -> Result<Self> {
        let folder = folder.join(run.replace(':', ""));
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create the folder for the backup `{}`", folder.display()))?;
        Ok(Self { folder, files: RefCell::default() })
    }

    /// Where the files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the rows behind `change`, which is called `name`, as CSV with a header; of a column with the primary key beside
    /// it. The file is on disk when this returns.
    pub fn write(&self, transaction: &mut Transaction<'_>, change: &Change, name: &LossName) -> Result<PathBuf> {
        let path = self.folder.join(self.file_name(&name.object));
        let failed = || format!("cannot back up `{name}` to `{}`", path.display());
        let query = query(transaction, change).with_context(failed)?;
        let copy = format!("COPY ({query}) TO STDOUT (FORMAT csv, HEADER)");
        let mut rows = transaction.copy_out(&copy).with_context(failed)?;
        let mut file = BufWriter::new(create(&path).with_context(failed)?);
        io::copy(&mut rows, &mut file).with_context(failed)?;
        file.flush().and_then(|()| file.get_ref().sync_all()).with_context(failed)?;
        Ok(path)
    }

    /// Removes what was written of something that is not lost after all.
    pub fn discard(&self, name: &LossName) {
        let is_kept = |file: &BackupFile| file.is_kept || file.object != name.object;
        self.files.borrow_mut().retain(|_, file| {
            // One file too many is no reason to stop.
            is_kept(file) || fs::remove_file(self.folder.join(&file.name)).is_err()
        });
    }

    /// Something is committed: what is written from now on does not replace what is there.
    pub fn keep(&self) {
        self.files.borrow_mut().values_mut().for_each(|file| file.is_kept = true);
    }

    /// The names of the files whose content is lost by now.
    #[must_use]
    pub fn kept(&self) -> Vec<String> {
        let files = self.files.borrow();
        files.values().filter(|file| file.is_kept).map(|file| file.name.clone()).collect()
    }

    /// `users.bio.csv`; with a number where that is the backup of something else, or from before a commit.
    fn file_name(&self, object: &str) -> String {
        let stem = file_stem(object);
        let mut files = self.files.borrow_mut();
        let numbered = (2..).map(|number| format!("{stem}.{number}.csv"));
        let mut candidates = std::iter::once(format!("{stem}.csv")).chain(numbered);
        let is_free = |name: &String| {
            let new = || BackupFile { name: name.clone(), object: object.to_owned(), is_kept: false };
            let file = files.entry(name.to_lowercase()).or_insert_with(new);
            file.object == object && !file.is_kept
        };
        candidates.find(is_free).unwrap_or(stem)
    }
}

/// A second attempt writes the same rows again.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

fn query(transaction: &mut Transaction<'_>, change: &Change) -> Result<String> {
    let table = match change {
        Change::LargeObjects => return Ok(LARGE_OBJECTS.to_owned()),
        Change::DroppedTable(table)
        | Change::TouchedTable(table)
        | Change::WrittenForeignTable(table)
        | Change::DroppedColumn(table, _)
        | Change::DroppedAttribute(table, ..) => quoted(table),
    };
    let Some(column) = change.column() else { return Ok(format!("SELECT * FROM {table}")) };
    let mut columns = key_columns(transaction, &table)?;
    if columns.is_empty() {
        return Ok(format!("SELECT * FROM {table}"));
    }
    columns.retain(|key| key != column);
    columns.push(column.to_owned());
    let columns: Vec<_> = columns.iter().map(|column| identifier(column)).collect();
    Ok(format!("SELECT {} FROM {table} WHERE {} IS NOT NULL", columns.join(", "), identifier(column)))
}

/// `SELECT lo_from_bytea(oid, data)` makes each of them again.
const LARGE_OBJECTS: &str = "SELECT oid, pg_catalog.lo_get(oid) AS data FROM pg_catalog.pg_largeobject_metadata";

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
