//! Writes the migrations of another tool as pairs of this tool's own files. Parts that the pairs
//! cannot hold are reported, never dropped silently.

mod again;
mod pairs;

pub use again::{EarlierImport, PresentMigration, reconcile};
pub use pairs::{MigrationFiles, pairs};
