//! Compares the history table with the files. Pure: rows and files in, the verdict out.

use std::collections::{BTreeMap, BTreeSet};

use super::{AppliedRow, Migration, checksum};
use crate::called_as;

/// The state of a database.
#[derive(Debug)]
pub struct State<'a> {
    /// Every recorded migration, by version.
    pub applied: Vec<AppliedFile<'a>>,
    /// The files above the last applied version, by version.
    pub pending: Vec<&'a Migration>,
    /// The files below the last applied version that were not applied.
    pub out_of_order: Vec<&'a Migration>,
    /// The reasons why migrating would not be safe; empty when history and files agree.
    pub problems: Vec<HistoryProblem>,
}

/// A recorded migration and its file.
#[derive(Debug)]
pub struct AppliedFile<'a> {
    /// The row.
    pub row: AppliedRow,
    /// The file of this version, changed or not; `None` when it is gone.
    pub file: Option<&'a Migration>,
}

/// A disagreement between history and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryProblem {
    /// It was applied and has no file.
    Missing {
        /// `V7__add_user_bio`
        name: String,
        /// The file that holds its SQL under another version, if there is one.
        renumbered: Option<String>,
        /// How many migrations were applied after it.
        later: usize,
    },
    /// It was applied with other content than its file holds now.
    Edited {
        /// `V7__add_user_bio`
        name: String,
        /// The file.
        file: String,
    },
    /// It was applied under another name.
    Renamed {
        /// The name it was applied under.
        name: String,
        /// The file.
        file: String,
        /// Whether its content was changed as well.
        edited: bool,
        /// The file that holds its SQL now, if another one does.
        moved: Option<String>,
    },
    /// It was not applied, and a later one was.
    OutOfOrder {
        /// `V5__add_index`
        name: String,
        /// The file.
        file: String,
        /// The last applied migration.
        last: String,
        /// The next version that neither a file nor the database has.
        free: i64,
    },
}

impl std::fmt::Display for HistoryProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` {}: {}", self.name(), self.what(), self.help())
    }
}

impl HistoryProblem {
    /// The migration that it is about, as `V7__add_user_bio`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Missing { name, .. }
            | Self::Edited { name, .. }
            | Self::Renamed { name, .. }
            | Self::OutOfOrder { name, .. } => name,
        }
    }

    /// The file that holds the SQL of the migration under another version.
    fn moved_to(&self) -> Option<&String> {
        match self {
            Self::Missing {
                renumbered: moved, ..
            }
            | Self::Renamed { moved, .. } => moved.as_ref(),
            Self::Edited { .. } | Self::OutOfOrder { .. } => None,
        }
    }

    /// Describes the problem, without the migration's name in front.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::Missing {
                renumbered: None, ..
            } => "was applied, and its file is gone".into(),
            Self::Missing {
                renumbered: Some(file),
                ..
            } => format!("was applied, and `{file}` holds its SQL now"),
            Self::Edited { file, .. } => format!("was applied, and `{file}` was edited since"),
            Self::Renamed {
                file,
                edited: false,
                ..
            } => format!("was applied, and its file is called `{file}` now"),
            Self::Renamed {
                file,
                edited: true,
                moved: None,
                ..
            } => {
                format!("was applied, and `{file}` has its version with another name and content")
            }
            Self::Renamed {
                file,
                edited: true,
                moved: Some(moved),
                ..
            } => {
                format!(
                    "was applied, and `{moved}` holds its SQL now, while `{file}` has its version"
                )
            }
            Self::OutOfOrder { last, .. } => {
                format!("was not applied, and is older than `{last}`, which was")
            }
        }
    }

    /// Returns the advice for the problem.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Missing {
                name,
                renumbered: None,
                later: 0,
            } => {
                format!(
                    "restore the file, or undo the migration with `{} {name}`",
                    called_as::command("rollback")
                )
            }
            Self::Missing {
                name,
                renumbered: None,
                later,
            } => {
                let others = if *later == 1 {
                    "the one".to_owned()
                } else {
                    format!("all {later}")
                };
                format!(
                    "restore the file; `{} {name}` would undo it and {others} that came after it",
                    called_as::command("rollback")
                )
            }
            Self::Missing {
                renumbered: Some(_),
                ..
            }
            | Self::Renamed { edited: false, .. } => "give the file its old name back".into(),
            Self::Edited { .. } => {
                "restore the file, and put the change into a new migration".into()
            }
            Self::Renamed {
                edited: true,
                moved: None,
                ..
            } => "restore the file, and give the new migration a version of its own".into(),
            Self::Renamed {
                name,
                file,
                edited: true,
                moved: Some(moved),
            } => {
                format!(
                    "give `{file}` a version of its own, and `{moved}` its old name `{name}.sql` back"
                )
            }
            Self::OutOfOrder { file, free, .. } => {
                format!("give `{file}` the version {free}, which is free")
            }
        }
    }
}

impl<'a> State<'a> {
    /// Compares the recorded rows with the files.
    pub fn new(rows: Vec<AppliedRow>, files: &'a [Migration]) -> Self {
        let by_version: BTreeMap<i64, &Migration> =
            files.iter().map(|file| (file.version, file)).collect();
        let recorded: BTreeSet<i64> = rows.iter().map(|row| row.version).collect();
        let last = rows.last().cloned();
        let mut problems = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let later = rows.len() - index - 1;
            problems.extend(compare(
                row,
                by_version.get(&row.version).copied(),
                files,
                &recorded,
                later,
            ));
        }
        // Above all files and rows: a version in between could be out of order again.
        let free = recorded
            .iter()
            .chain(by_version.keys())
            .max()
            .map_or(1, |newest| newest.saturating_add(1));
        let (late, pending): (Vec<&Migration>, Vec<&Migration>) = by_version
            .values()
            .filter(|file| !recorded.contains(&file.version))
            .partition(|file| {
                last.as_ref()
                    .is_some_and(|last| file.version < last.version)
            });
        // A file that is to get its old name back is not out of order as well.
        let is_moved = |file: &Migration| {
            problems
                .iter()
                .any(|problem| problem.moved_to() == Some(&file.file))
        };
        let truly_late: Vec<&Migration> = late
            .iter()
            .copied()
            .filter(|file| !is_moved(file))
            .collect();
        problems.extend(
            (free..)
                .zip(truly_late)
                .map(|(free, file)| HistoryProblem::OutOfOrder {
                    name: file.to_string(),
                    file: file.file.clone(),
                    last: last.as_ref().map(ToString::to_string).unwrap_or_default(),
                    free,
                }),
        );
        let applied = rows
            .into_iter()
            .map(|row| AppliedFile {
                file: by_version.get(&row.version).copied(),
                row,
            })
            .collect();
        Self {
            applied,
            pending,
            out_of_order: late,
            problems,
        }
    }

    /// The files of the applied migrations, in order; only meaningful where there are no problems.
    pub fn applied_files(&self) -> impl Iterator<Item = &'a Migration> {
        self.applied.iter().filter_map(|applied| applied.file)
    }
}

fn compare(
    row: &AppliedRow,
    file: Option<&Migration>,
    files: &[Migration],
    recorded: &BTreeSet<i64>,
    later: usize,
) -> Option<HistoryProblem> {
    let renumbered = || renumbered(row, files, recorded);
    let Some(file) = file else {
        return Some(HistoryProblem::Missing {
            name: row.to_string(),
            renumbered: renumbered(),
            later,
        });
    };
    if file.checksum == row.checksum && file.name == row.name {
        return None;
    }
    let same_content = checksum(row.version, &row.name, &file.sql) == Some(row.checksum);
    let (name, path) = (row.to_string(), file.file.clone());
    Some(if file.name == row.name {
        HistoryProblem::Edited { name, file: path }
    } else {
        let moved = if same_content { None } else { renumbered() };
        HistoryProblem::Renamed {
            name,
            file: path,
            edited: !same_content,
            moved,
        }
    })
}

/// The file of another version that holds exactly the SQL that was applied as `row`. The checksum
/// covers version and name, so that it is computed with those of the row.
fn renumbered(row: &AppliedRow, files: &[Migration], recorded: &BTreeSet<i64>) -> Option<String> {
    let mut unrecorded = files
        .iter()
        .filter(|file| !recorded.contains(&file.version));
    let same = unrecorded
        .find(|file| checksum(row.version, &row.name, &file.sql) == Some(row.checksum))?;
    Some(same.file.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(version: i64, name: &str, sql: &str) -> Migration {
        Migration::sample(version, name, sql, "select 1;")
    }

    fn row(version: i64, name: &str, sql: &str) -> AppliedRow {
        let checksum = checksum(version, name, sql).expect("a valid name");
        AppliedRow {
            version,
            name: name.into(),
            applied_on: "2024-01-15T10:30:00Z".into(),
            checksum,
        }
    }

    fn problems(rows: Vec<AppliedRow>, files: &[Migration]) -> Vec<HistoryProblem> {
        State::new(rows, files).problems
    }

    #[test]
    fn what_is_recorded_is_applied_and_the_rest_is_pending() {
        let files = [
            migration(1, "a", "x"),
            migration(2, "b", "y"),
            migration(10, "c", "z"),
        ];
        let state = State::new(vec![row(1, "a", "x")], &files);
        assert_eq!(state.problems, []);
        assert_eq!(
            state
                .pending
                .iter()
                .map(|file| file.version)
                .collect::<Vec<_>>(),
            [2, 10]
        );
        assert_eq!(state.applied.len(), 1);
    }

    #[test]
    fn an_edited_a_renamed_and_a_replaced_file_are_told_apart() {
        let name = || "V1__a".to_owned();
        let file = || "migrations/V1__a.sql".to_owned();
        assert_eq!(
            problems(vec![row(1, "a", "old")], &[migration(1, "a", "new")]),
            [HistoryProblem::Edited {
                name: name(),
                file: file()
            }]
        );
        let other = || "migrations/V1__b.sql".to_owned();
        assert_eq!(
            problems(vec![row(1, "a", "x")], &[migration(1, "b", "x")]),
            [HistoryProblem::Renamed {
                name: name(),
                file: other(),
                edited: false,
                moved: None
            }]
        );
        assert_eq!(
            problems(vec![row(1, "a", "x")], &[migration(1, "b", "y")]),
            [HistoryProblem::Renamed {
                name: name(),
                file: other(),
                edited: true,
                moved: None
            }]
        );
    }

    #[test]
    fn a_deleted_and_a_renumbered_file_are_told_apart() {
        assert_eq!(
            problems(vec![row(1, "a", "x")], &[migration(2, "b", "y")]),
            [HistoryProblem::Missing {
                name: "V1__a".into(),
                renumbered: None,
                later: 0
            }]
        );
        assert_eq!(
            problems(vec![row(1, "a", "x")], &[migration(2, "a", "x")]),
            [HistoryProblem::Missing {
                name: "V1__a".into(),
                renumbered: Some("migrations/V2__a.sql".into()),
                later: 0
            }]
        );
    }

    #[test]
    fn a_rollback_that_undoes_others_too_says_how_many() {
        let rows = |count: i64| {
            (50..50 + count)
                .map(|version| row(version, "a", "x"))
                .collect()
        };
        let help = |count| {
            problems(rows(count), &[])
                .first()
                .map(HistoryProblem::help)
                .unwrap_or_default()
        };
        assert_eq!(
            help(1),
            "restore the file, or undo the migration with `cargo xtask db-rollback V50__a`"
        );
        assert!(
            help(2).ends_with("would undo it and the one that came after it"),
            "{}",
            help(2)
        );
        assert!(help(75).ends_with(
            "`cargo xtask db-rollback V50__a` would undo it and all 74 that came after it"
        ));
    }

    #[test]
    fn no_file_is_told_to_take_a_version_that_is_taken() {
        // Somebody else's migration took the version, and the file was moved out of its way.
        let files = [migration(1, "b", "y"), migration(2, "a", "x")];
        let moved = problems(vec![row(1, "a", "x")], &files);
        let help: Vec<String> = moved.iter().map(HistoryProblem::help).collect();
        let back = "give `migrations/V1__b.sql` a version of its own, and `migrations/V2__a.sql` its old name `V1__a.sql` back";
        assert_eq!(help, [back]);
        // Renamed to a version before the last one: it gets its name back, and no other.
        let files = [migration(1, "a", "x"), migration(2, "c", "z")];
        let rows = vec![row(1, "a", "x"), row(3, "c", "z")];
        let help: Vec<String> = problems(rows, &files)
            .iter()
            .map(HistoryProblem::help)
            .collect();
        assert_eq!(help, ["give the file its old name back"]);
        // Two that are late beside one that is pending.
        let files = [1, 2, 3, 5].map(|version| migration(version, "m", &version.to_string()));
        let help: Vec<String> = problems(vec![row(3, "m", "3")], &files)
            .iter()
            .map(HistoryProblem::help)
            .collect();
        assert!(
            help[0].ends_with("the version 6, which is free")
                && help[1].ends_with("the version 7, which is free")
        );
    }

    #[test]
    fn a_file_below_the_last_applied_one_is_out_of_order() {
        let files = [
            migration(1, "a", "x"),
            migration(2, "b", "y"),
            migration(3, "c", "z"),
        ];
        let state = State::new(vec![row(1, "a", "x"), row(3, "c", "z")], &files);
        let expected = HistoryProblem::OutOfOrder {
            name: "V2__b".into(),
            file: "migrations/V2__b.sql".into(),
            last: "V3__c".into(),
            free: 4,
        };
        assert_eq!(state.problems, [expected]);
        assert!(state.pending.is_empty());
    }
}
