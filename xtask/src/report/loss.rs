//! Data that is lost, and the consent to it.

use std::collections::BTreeSet;

/// Data that a migration or a rollback destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The names of the object that is lost.
    pub name: LossName,
    /// How much of it, see [`Unit`].
    pub count: i64,
    /// The unit of `count`.
    pub unit: Unit,
    /// Views, foreign keys and functions that go with it.
    pub dependents: Vec<String>,
}

/// The names of something that may be lost; each of them means this one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossName {
    /// The name that `--accept-data-loss` takes: `table` or `table.column`.
    pub object: String,
    /// The same with the namespace, which may be `public`.
    pub full: String,
}

impl std::fmt::Display for LossName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.object)
    }
}

impl Loss {
    /// Whether nothing is lost, or a person agreed to lose it.
    #[must_use]
    pub fn is_accepted(&self, accepted: &BTreeSet<String>) -> bool {
        self.count == 0
            || accepted.contains(&self.name.object)
            || accepted.contains(&self.name.full)
    }
}

/// The unit in which a loss is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Rows of a table.
    Rows,
    /// Values of a column, or of an attribute of a composite type in it, that are not null.
    Values,
    /// Large objects.
    LargeObjects,
    /// Foreign tables whose rows were written. The lost rows lie elsewhere and cannot be counted.
    ForeignTables,
}

/// Data that a migration destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationLoss {
    /// `V7__add_user_bio`.
    pub migration: String,
    /// The file of the migration, relative to the root.
    pub file: String,
    /// The line of the statement that destroys it, where the text tells.
    pub line: Option<u32>,
    /// The data.
    pub loss: Loss,
    /// Where a person agreed to lose it; none where nobody did.
    pub consent: Option<Consent>,
}

/// The place of a person's consent to a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// A line `-- accept-data-loss: …` in the file of the migration.
    File,
    /// `--accept-data-loss` on the command line of this run.
    CommandLine,
}
