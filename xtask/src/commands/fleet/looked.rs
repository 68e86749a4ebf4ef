//! What the look at one database of a fleet found.

use anyhow::Result;
use postgres::Transaction;

use crate::commands::Context;
use crate::migrations::Migration;
use crate::postgres::scratch::TargetSettings;
use crate::report::FleetDatabaseState;
use crate::schema::model::Schema;

/// What one database tells about itself.
pub(super) struct Looked {
    /// Its state, without drift.
    pub state: FleetDatabaseState,
    /// Its schema, where it has to be compared.
    pub suspect: Option<Suspect>,
    /// The version of its newest applied migration; before all versions where none is.
    pub newest: i64,
}

/// A database whose catalogs are not known to be as its migrations left them.
pub(super) struct Suspect {
    /// The version of its newest applied migration.
    pub newest: i64,
    /// Its schema.
    pub schema: Schema,
    /// The name of the schema, where it shares the database with other tenants.
    pub tenant: Option<String>,
    /// Its names and settings, for a scratch database that is like it.
    pub likeness: TargetSettings,
}

/// The names and settings of the database of `transaction`, for a scratch database that is like it.
///
/// # Errors
/// When they cannot be read.
pub(super) fn likeness(
    context: &Context,
    transaction: &mut Transaction<'_>,
    files: &[Migration],
) -> Result<TargetSettings> {
    let environment = context.scratch_environment().like(transaction, files)?;
    Ok(environment.likeness)
}
