//! Migrations that are applied in part: the history has no row of them, only the journal knows
//! them. Their ways back run on the part that is done, and must bear that the rest is missing:
//! `DROP INDEX IF EXISTS`.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};

use crate::migrations::AppliedRow;
use crate::migrations::journal::{JournalEntry, Phase, Progress};
use crate::migrations::sql;

/// The migrations that are applied, whole or in part.
#[derive(Debug)]
pub struct Begun {
    /// The rows of the history, and one for each migration that is applied in part.
    pub rows: Vec<AppliedRow>,
    /// The versions of the latter.
    pub in_part: BTreeSet<i64>,
}

impl Begun {
    /// Joins history and journal.
    ///
    /// # Errors
    /// When an entry of the journal was changed by hand.
    pub fn new(history: Vec<AppliedRow>, journal: &[JournalEntry]) -> Result<Self> {
        let recorded: BTreeSet<i64> = history.iter().map(|row| row.version).collect();
        let is_in_part = |entry: &&JournalEntry| {
            entry.phase != Phase::Applied && !recorded.contains(&entry.version)
        };
        let mut begun = Self {
            rows: history,
            in_part: BTreeSet::new(),
        };
        for entry in journal.iter().filter(is_in_part) {
            let checksum = entry.checksum.parse();
            let checksum = checksum.with_context(|| {
                format!(
                    "the journal's entry of version {} was changed by hand",
                    entry.version
                )
            })?;
            let (version, name) = (entry.version, entry.name.clone());
            begun.rows.push(AppliedRow {
                version,
                name,
                applied_on: String::new(),
                checksum,
            });
            begun.in_part.insert(version);
        }
        // `State` takes the last row for the newest.
        begun.rows.sort_by_key(|row| row.version);
        Ok(begun)
    }
}

/// Returns the text of the statements of a run that are done.
#[must_use]
pub fn done(progress: &Progress) -> &str {
    let statements = sql::statements(&progress.sql);
    let last = (progress.next - 1)
        .checked_sub(1)
        .and_then(|last| statements.get(last));
    last.and_then(|last| progress.sql.get(..last.span.range().end))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statements_before_the_next_are_done() {
        let done_of = |next| {
            let sql = "-- no-transaction\nselect 1; select 2;\nselect 3;".to_owned();
            done(&Progress {
                sql,
                next,
                before: None,
            })
            .to_owned()
        };
        assert_eq!(done_of(1), "");
        assert_eq!(done_of(3), "-- no-transaction\nselect 1; select 2");
        assert_eq!(
            done_of(4),
            "-- no-transaction\nselect 1; select 2;\nselect 3"
        );
    }
}
