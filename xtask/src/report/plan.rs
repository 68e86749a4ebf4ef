//! The plan of `db-migrate --dry-run`: each statement with its effects on concurrent users of the
//! database.

/// The migrations that would be applied, and their effect on the schema.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationPlan {
    /// In order.
    pub migrations: Vec<PlannedMigration>,
    /// The changes of the schema, as a readable diff; empty where there are none.
    pub schema_diff: String,
    /// The sizes of the tables that statements write anew or read whole, by the statistics of the
    /// database.
    pub sizes: Vec<TableSize>,
}

/// The size of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSize {
    /// `users`, `audit.log`
    pub table: String,
    /// Its bytes, with its indexes.
    pub bytes: u64,
    /// Its rows, about; none where nobody has counted.
    pub rows: Option<u64>,
}

/// A migration that would be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMigration {
    /// `V7__add_user_bio`.
    pub name: String,
    /// Its file, relative to the root.
    pub file: String,
    /// Whether it runs in one transaction, so that every lock is held until its end.
    pub in_transaction: bool,
    /// Its statements, in order.
    pub statements: Vec<PlannedStatement>,
}

/// A statement of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStatement {
    /// The line of the file (from 1) that it begins in.
    pub line: u32,
    /// As it is written.
    pub sql: String,
    /// The effects on tables that existed before the migration.
    pub effects: StatementEffects,
}

/// The effects of a statement on tables that existed before its migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementEffects {
    /// The effects that were observed on the scratch database.
    Observed {
        /// Locks that no earlier statement of its transaction has taken, by name of the table.
        locks: Vec<TableLock>,
        /// Tables, materialised views and indexes whose data it writes anew.
        rewritten: Vec<String>,
        /// Tables that it reads from the first row to the last.
        scanned: Vec<String>,
    },
    /// The effects were not observed, or the statement runs outside a transaction, where its locks
    /// are gone before they can be read. Holds the known effects, or the reason why none are known.
    NotObserved(String),
}

/// A lock on a table, view, sequence or index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLock {
    /// `users`, `audit.log`
    pub object: String,
    /// The mode, which is the strength of the lock.
    pub mode: LockMode,
}

/// PostgreSQL's modes of locking a table, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    /// The mode that `SELECT` takes.
    AccessShare,
    /// The mode that `SELECT … FOR UPDATE` takes.
    RowShare,
    /// The mode that `INSERT`, `UPDATE` and `DELETE` take.
    RowExclusive,
    /// The mode that `VACUUM` and `CREATE INDEX CONCURRENTLY` take.
    ShareUpdateExclusive,
    /// The mode that `CREATE INDEX` takes.
    Share,
    /// The mode that `CREATE TRIGGER` and a new foreign key take.
    ShareRowExclusive,
    /// The mode that `REFRESH MATERIALIZED VIEW CONCURRENTLY` takes.
    Exclusive,
    /// The mode that `DROP TABLE` and most forms of `ALTER TABLE` take.
    AccessExclusive,
}

impl LockMode {
    /// Every mode.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// As PostgreSQL's manual writes it: `ACCESS EXCLUSIVE`.
    #[must_use]
    pub fn as_sql(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Parses a mode as `pg_locks.mode` names it: `AccessExclusiveLock`.
    #[must_use]
    pub fn from_catalog(mode: &str) -> Option<Self> {
        let plain = mode.strip_suffix("Lock")?;
        Self::ALL
            .into_iter()
            .find(|one| one.as_sql().replace(' ', "").eq_ignore_ascii_case(plain))
    }

    /// Names the operations that wait until the lock is released; `None` where no ordinary query
    /// waits.
    #[must_use]
    pub fn waiting(self) -> Option<&'static str> {
        match self {
            Self::AccessShare | Self::RowShare | Self::RowExclusive => None,
            Self::ShareUpdateExclusive => Some("reads and writes go on, other DDL and VACUUM wait"),
            Self::Share | Self::ShareRowExclusive | Self::Exclusive => {
                Some("writes wait, reads go on")
            }
            Self::AccessExclusive => Some("reads and writes wait"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LockMode;

    #[test]
    fn modes_are_read_as_the_catalog_writes_them() {
        assert_eq!(
            LockMode::from_catalog("AccessExclusiveLock"),
            Some(LockMode::AccessExclusive)
        );
        assert_eq!(
            LockMode::from_catalog("ShareUpdateExclusiveLock"),
            Some(LockMode::ShareUpdateExclusive)
        );
        assert_eq!(LockMode::from_catalog("SIReadLock"), None);
    }
}
