//! Migrations and their ways back, as they stand in the files and in the history of a database.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::schema::snapshot::SnapshotMigration;

/// The place of a migration among those of another tool. Equal keys are one migration.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderKey {
    /// Numbers, by which some tools sort: versions, dates.
    pub numbers: Vec<u64>,
    /// A text, by which others sort.
    pub text: String,
}

/// The name of a migration that is read in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignName {
    /// The name that its own tool shows: `20240101000000_init`, `V1.2__users`.
    pub title: String,
    /// The version in it, as it is written there.
    pub version: String,
    /// Its place among the others.
    pub order: OrderKey,
}

/// A migration: `V<version>__<name>.sql` and its down file, or one of another tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The number after `V`: a counter or a timestamp. In another tool's layout, whose versions are
    /// no numbers, its place in the order.
    pub version: i64,
    /// The text after `__`.
    pub name: String,
    /// Its name in the layout of another tool.
    pub foreign: Option<ForeignName>,
    /// The file, relative to the root.
    pub file: String,
    /// Its text.
    pub sql: String,
    /// How to undo it.
    pub down: Down,
    /// Whether its first line is `-- no-transaction`.
    pub no_transaction: bool,
    /// refinery's checksum of version, name and text, as its history table holds it. In another
    /// tool's layout, [`foreign_checksum`].
    pub checksum: u64,
}

/// One row of the history table: a migration that the database says it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedRow {
    /// As [`Migration::version`].
    pub version: i64,
    /// As [`Migration::name`].
    pub name: String,
    /// When it was applied, as refinery writes it (RFC 3339).
    pub applied_on: String,
    /// As [`Migration::checksum`].
    pub checksum: u64,
}

/// refinery's checksum of a migration's version, name and text.
#[must_use]
pub fn checksum(version: i64, name: &str, sql: &str) -> Option<u64> {
    let migration =
        refinery_core::Migration::unapplied(&format!("V{version}__{name}"), sql).ok()?;
    Some(migration.checksum())
}

/// `V7__add_user_bio`
impl fmt::Display for AppliedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V{}__{}", self.version, self.name)
    }
}

/// How a migration is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Down {
    /// By the SQL of `V<version>__<name>.down.sql`.
    Sql {
        /// The file, relative to the root.
        file: String,
        /// Its text.
        sql: String,
        /// Whether its first line is `-- no-transaction`.
        no_transaction: bool,
    },
    /// Not at all: `-- irreversible: <why>`.
    Irreversible {
        /// The file, relative to the root.
        file: String,
        /// The reason.
        reason: String,
    },
}

impl Down {
    /// The file, relative to the root.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            Self::Sql { file, .. } | Self::Irreversible { file, .. } => file,
        }
    }
}

/// The checksum of a migration in another tool's layout, by its own name and text. Line ends do not
/// count, because git may change them.
#[must_use]
pub fn foreign_checksum(title: &str, text: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(title.as_bytes());
    hash.update([0]);
    hash.update(text.replace("\r\n", "\n").as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    u64::from_be_bytes(first)
}

impl Migration {
    /// Its place among the others, which also tells it from them.
    #[must_use]
    pub fn order(&self) -> OrderKey {
        match &self.foreign {
            Some(foreign) => foreign.order.clone(),
            None => OrderKey {
                numbers: vec![u64::try_from(self.version).unwrap_or_default()],
                text: String::new(),
            },
        }
    }
}

/// `V7__add_user_bio`, or as another tool shows it.
impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(foreign) = &self.foreign {
            return f.write_str(&foreign.title);
        }
        write!(f, "V{}__{}", self.version, self.name)
    }
}

/// Whether the first line of `text` is `-- no-transaction`, so that it runs statement by statement.
#[must_use]
pub fn is_no_transaction(text: &str) -> bool {
    text.lines()
        .next()
        .is_some_and(|line| line.trim_end() == "-- no-transaction")
}

impl SnapshotMigration for Migration {
    fn full_name(&self) -> String {
        self.to_string()
    }

    fn checksum(&self) -> u64 {
        self.checksum
    }
}

#[cfg(test)]
impl Migration {
    /// A migration as it would be read from `migrations/`, for tests.
    pub(crate) fn sample(version: i64, name: &str, sql: &str, down: &str) -> Self {
        let no_transaction = |sql: &str| sql.starts_with("-- no-transaction");
        Self {
            version,
            name: name.into(),
            foreign: None,
            file: format!("migrations/V{version}__{name}.sql"),
            sql: sql.into(),
            down: Down::Sql {
                file: format!("migrations/V{version}__{name}.down.sql"),
                sql: down.into(),
                no_transaction: no_transaction(down),
            },
            no_transaction: no_transaction(sql),
            checksum: checksum(version, name, sql).expect("a name that refinery takes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_refinerys() {
        let migration = Migration::sample(7, "add_user_bio", "select 1;", "select 2;");
        let theirs = refinery_core::Migration::unapplied("V7__add_user_bio", "select 1;")
            .expect("a valid name");
        assert_eq!(
            (migration.checksum, migration.to_string()),
            (theirs.checksum(), theirs.to_string())
        );
        assert_ne!(
            checksum(7, "add_user_bio", "select 1;\r\n"),
            Some(migration.checksum)
        );
    }
}
