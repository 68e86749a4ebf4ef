//! Finds the data that SQL of migrations and of ways back destroys. Data that will certainly go is
//! counted before, and what was really deleted or changed is compared before each COMMIT. Nothing
//! of it goes without consent by name.

pub mod audit;
pub mod backup;
mod deferred;
mod foreign_tables;
pub mod guard;
mod held_locks;
mod large_objects;
pub mod loss;
pub mod options;
mod populated_views;
mod row_counters;
mod row_hashes;
mod sequence_positions;
mod storage_identity;
pub mod written;

pub use storage_identity::{StorageChange, StorageIdentity, given as given_names};
