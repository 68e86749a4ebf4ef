//! The result of a count, and how it is made.

use anyhow::{Result, anyhow};
use postgres::Transaction;

use super::super::loss;
use super::super::storage_identity::{StorageChange, StorageIdentity};
use crate::postgres::error::ServerError;
use crate::report::{Loss, Unit};

/// The result of a count.
#[derive(Debug)]
pub(super) enum Counted {
    Loss(Loss),
    /// It cannot be known, for this reason.
    Unknown(String),
}

/// The error of a query, with all that PostgreSQL says.
pub(super) fn failed(error: postgres::Error) -> anyhow::Error {
    anyhow!(ServerError::from(error))
}

/// A loss of the data at `path`.
pub(super) fn loss_of(storage: &StorageIdentity, path: &[&str], count: i64, unit: Unit) -> Loss {
    Loss {
        name: storage.names().name(path),
        count,
        unit,
        dependents: Vec::new(),
    }
}

/// Counts what `change` loses.
pub(super) fn at_stake(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    change: &StorageChange,
) -> Result<Counted> {
    loss::at_stake(transaction, storage, change).map(Counted::Loss)
}

/// Counts what is lost with a column; `None` where there is no such column.
pub(super) fn dropped(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    change: &StorageChange,
) -> Result<Option<Counted>> {
    storage
        .holds(change)
        .then(|| at_stake(transaction, storage, change))
        .transpose()
}
