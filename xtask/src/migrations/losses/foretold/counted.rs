//! The result of a count, and how it is made.

use anyhow::anyhow;

use super::super::storage_identity::StorageIdentity;
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
