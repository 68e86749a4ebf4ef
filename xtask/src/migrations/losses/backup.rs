//! Writes the rows that are about to be lost to files. It does so in the transaction that loses
//! them, so that nobody changes them in between. Each row is written once. A script beside the
//! files puts the rows back.

mod part;
mod restore_script;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::direction::AuditDirection;
use super::sequence_positions::LostPosition;
use super::storage_identity::{StorageChange, StorageIdentity, Stored};
use crate::migrations::sql::{identifier, quoted};
use crate::postgres::catalog::settings;
use crate::report::LossName;
use part::BackupPart;

/// The name of the script that puts the data back.
const SCRIPT: &str = "restore.sql";

/// A folder for backups.
#[derive(Debug, Clone)]
pub struct Backup {
    folder: PathBuf,
    /// The direction of the SQL that loses the data.
    direction: AuditDirection,
    /// The files, by their names in lower case, since some file systems ignore case.
    files: RefCell<BTreeMap<String, BackupFile>>,
    sequences: RefCell<Sequences>,
}

/// A file of a backup.
#[derive(Debug, Clone)]
struct BackupFile {
    name: String,
    /// The object whose data the file holds.
    object: String,
    /// Whether it holds lost rows, and not lost values of rows that stay.
    is_of_rows: bool,
    /// How it is put back; `None` while it is being written.
    part: Option<BackupPart>,
    /// Whether a commit followed it, so that its data cannot be read again.
    is_kept: bool,
}

/// Sequences that would hand out the same numbers again.
#[derive(Debug, Clone, Default)]
struct Sequences {
    kept: Vec<LostPosition>,
    /// The positions of work that is not committed yet.
    pending: Vec<LostPosition>,
}

impl Backup {
    /// Makes a folder for this run in `folder`, so that no earlier backup is overwritten.
    pub fn create(folder: &Path, run: &str, direction: AuditDirection) -> Result<Self> {
        let folder = folder.join(run.replace(':', ""));
        // Lost data may be secret: only its owner reads it.
        let created = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        created.with_context(|| {
            format!(
                "cannot create the folder for the backup `{}`",
                folder.display()
            )
        })?;
        Ok(Self {
            folder,
            direction,
            files: RefCell::default(),
            sequences: RefCell::default(),
        })
    }

    /// The folder of the files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the data behind `change`, whose name is `name`, as CSV with a header. `storage` is
    /// the database. A column is written with the primary key beside it. `lost` are all columns of
    /// that table that are dropped at least in part. The files are on disk when this returns.
    pub(super) fn write(
        &self,
        transaction: &mut Transaction<'_>,
        storage: &StorageIdentity,
        (change, name): (&StorageChange, &LossName),
        lost: &[&str],
    ) -> Result<()> {
        if let StorageChange::WrittenForeignTable(table) = change {
            let query = format!("SELECT * FROM {}", quoted(table));
            return self.copy(transaction, &name.object, &query, BackupPart::ForeignTable);
        }
        let Some((_, table)) = change.table().and_then(|table| storage.table(table)) else {
            return Ok(());
        };
        match change.column() {
            Some(column) => {
                let table_name = storage.names().name(&change.table_path());
                self.write_column(transaction, table, (column, name, &table_name), lost)
            }
            None => self.write_whole(transaction, table, name),
        }
    }

    fn write_whole(
        &self,
        transaction: &mut Transaction<'_>,
        table: &Stored,
        name: &LossName,
    ) -> Result<()> {
        let query = format!(
            "SELECT {} FROM {}",
            list(&table.column_names()),
            table.source()
        );
        let part = BackupPart::of_rows(transaction, table)?;
        self.copy(transaction, &name.object, &query, part)
    }

    /// Writes the values of a column beside the key. Where no key stays to identify the rows, the
    /// whole table is written once, whichever of its columns are lost.
    fn write_column(
        &self,
        transaction: &mut Transaction<'_>,
        table: &Stored,
        (column, name, table_name): (&str, &LossName, &LossName),
        lost: &[&str],
    ) -> Result<()> {
        let key = table.key_names();
        let (source, value) = (table.source(), identifier(column));
        if key.is_empty() || key.iter().any(|key| lost.contains(key)) {
            let query = format!("SELECT {} FROM {source}", list(&table.column_names()));
            let part = BackupPart::of_columns(transaction, table, lost, &[])?;
            return self.copy(transaction, &table_name.object, &query, part);
        }
        // A composite value with an empty attribute is neither NULL nor NOT NULL.
        let query = format!(
            "SELECT {}, {value} FROM {source} WHERE {value} IS DISTINCT FROM NULL",
            list(&key)
        );
        let part = BackupPart::of_columns(transaction, table, &[column], &key)?;
        self.copy(transaction, &name.object, &query, part)
    }

    /// Writes the rows of `table` that `query` finds lost, all columns of them.
    pub(super) fn write_lost_rows(
        &self,
        transaction: &mut Transaction<'_>,
        table: &Stored,
        (name, query): (&LossName, &str),
    ) -> Result<()> {
        let part = BackupPart::of_rows(transaction, table)?;
        self.copy(transaction, &name.object, query, part)
    }

    /// Writes the large objects that `query` finds lost.
    pub(super) fn write_large_objects(
        &self,
        transaction: &mut Transaction<'_>,
        name: &LossName,
        query: &str,
    ) -> Result<()> {
        self.copy(transaction, &name.object, query, BackupPart::LargeObjects)
    }

    /// Writes the rows of `query`, and notes how they are put back.
    fn copy(
        &self,
        transaction: &mut Transaction<'_>,
        object: &str,
        query: &str,
        part: BackupPart,
    ) -> Result<()> {
        let file_name = self.file_name(object, part.is_of_rows());
        let path = self.folder.join(&file_name);
        let failed = || format!("cannot back up `{object}` to `{}`", path.display());
        // The texts must not depend on settings of the session (`DateStyle`, `TimeZone`), and the
        // restore script sets the same ones.
        let prepare = format!("SELECT {}", settings::expressions(&[]));
        transaction.batch_execute(&prepare).with_context(failed)?;
        let copy = format!("COPY ({query}) TO STDOUT (FORMAT csv, HEADER)");
        let mut rows = transaction.copy_out(&copy).with_context(failed)?;
        let mut file = BufWriter::new(create(&path).with_context(failed)?);
        io::copy(&mut rows, &mut file).with_context(failed)?;
        // On disk before the COMMIT: a crash after it must not lose both the rows and their backup.
        file.flush()
            .and_then(|()| file.get_ref().sync_all())
            .with_context(failed)?;
        if let Some(file) = self.files.borrow_mut().get_mut(&file_name.to_lowercase()) {
            file.part = Some(part);
        }
        Ok(())
    }

    /// Writes the script that puts back the data in the files, and `positions`. It must be called
    /// before the COMMIT: then the data can be put back, whatever happens to this run.
    pub(super) fn write_script(&self, positions: Vec<LostPosition>) -> Result<()> {
        self.sequences.borrow_mut().pending = positions;
        let files = self.files.borrow();
        let parts: Vec<_> = files
            .values()
            .filter_map(|file| Some((file.name.as_str(), file.part.as_ref()?)))
            .collect();
        let sequences = self.sequences.borrow();
        let positions: Vec<&LostPosition> =
            sequences.kept.iter().chain(&sequences.pending).collect();
        let path = self.folder.join(SCRIPT);
        if parts.is_empty() && positions.is_empty() {
            return Ok(());
        }
        let text = restore_script::text(self.direction, &parts, &positions);
        let write = || -> io::Result<()> {
            let mut file = create(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().with_context(|| {
            format!(
                "cannot write `{}`, which puts the data back",
                path.display()
            )
        })
    }

    /// Notes a COMMIT: files that are written from now on do not replace those that are there.
    pub fn keep(&self) {
        self.files
            .borrow_mut()
            .values_mut()
            .for_each(|file| file.is_kept = true);
        let mut sequences = self.sequences.borrow_mut();
        let mut pending = std::mem::take(&mut sequences.pending);
        sequences.kept.append(&mut pending);
    }

    /// Removes files of data that is not lost after all, because the transaction that loses it was
    /// not committed.
    pub fn discard_uncommitted(&self) {
        let mut files = self.files.borrow_mut();
        // One file too many is no reason to fail.
        files.retain(|_, file| {
            file.is_kept || fs::remove_file(self.folder.join(&file.name)).is_err()
        });
        drop(files);
        let mut sequences = self.sequences.borrow_mut();
        sequences.pending.clear();
        let is_empty = self.kept().is_empty() && sequences.kept.is_empty();
        drop(sequences);
        if is_empty {
            let _ = fs::remove_file(self.folder.join(SCRIPT));
            let _ = fs::remove_dir(&self.folder);
        } else {
            let _ = self.write_script(Vec::new());
        }
    }

    /// The names of the files whose data is lost by now.
    #[must_use]
    pub fn kept(&self) -> Vec<String> {
        let files = self.files.borrow();
        files
            .values()
            .filter(|file| file.is_kept)
            .map(|file| file.name.clone())
            .collect()
    }

    /// Whether there is a script that puts something back.
    #[must_use]
    pub fn has_script(&self) -> bool {
        self.folder.join(SCRIPT).is_file()
    }

    /// `users.bio.csv`; with a number where that name is taken by the backup of another object, or
    /// from before a commit.
    fn file_name(&self, object: &str, is_of_rows: bool) -> String {
        let stem = file_stem(object);
        let mut files = self.files.borrow_mut();
        let numbered = (2..).map(|number| format!("{stem}.{number}.csv"));
        let mut candidates = std::iter::once(format!("{stem}.csv")).chain(numbered);
        let is_free = |name: &String| {
            let new = || {
                let (name, object) = (name.clone(), object.to_owned());
                BackupFile {
                    name,
                    object,
                    is_of_rows,
                    part: None,
                    is_kept: false,
                }
            };
            let file = files.entry(name.to_lowercase()).or_insert_with(new);
            (file.object.as_str(), file.is_of_rows, file.is_kept) == (object, is_of_rows, false)
        };
        candidates.find(is_free).unwrap_or(stem)
    }
}

/// Opens a file for writing, over an earlier one: a second attempt writes the same rows again.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

/// Columns as SQL lists them.
fn list(columns: &[&str]) -> String {
    columns
        .iter()
        .map(|column| identifier(column))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Makes the name of an object safe for a file name.
fn file_stem(object: &str) -> String {
    let plain =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
    object
        .chars()
        .map(|character| if plain(character) { character } else { '_' })
        .collect()
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
