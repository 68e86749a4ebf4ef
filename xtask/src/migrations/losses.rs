//! Finds the data that SQL of migrations and of ways back destroys. Data that will certainly go is
//! counted before, and what was really deleted or changed is compared before each COMMIT. Nothing
//! of it goes without consent by name.

pub mod advice;
pub mod audit;
pub mod backup;
pub mod certain;
pub mod consent;
mod deferred;
pub mod destructive;
pub mod direction;
mod distributed_tables;
mod foreign_tables;
pub mod foretold;
pub mod forward;
pub mod guard;
mod harmless;
mod held_locks;
mod intact;
mod large_objects;
pub mod loss;
pub mod options;
mod populated_views;
pub mod row_counters;
mod row_hashes;
mod safety_net;
mod sequence_positions;
mod storage_identity;
pub mod written;

pub use storage_identity::{ObjectNames, StorageChange, StorageIdentity, given as given_names};
