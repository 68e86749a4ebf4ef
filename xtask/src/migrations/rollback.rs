//! Undoes migrations, newest first. [`plan`] selects them and [`loss`] counts the data that goes
//! with them. They share one transaction, which is only committed when the schema is the earlier
//! one again. Down files without transaction run between such groups, statement by statement.

pub mod backup;
mod deferred;
mod distributed_tables;
pub mod execute;
pub mod expectation;
mod far_servers;
mod foreign_tables;
mod guard;
mod held_locks;
mod large_objects;
pub mod loss;
mod loss_audit;
pub mod options;
pub mod plan;
mod populated_views;
pub mod privileges;
pub mod rehearsal;
mod rehearsed_changes;
mod row_hashes;
mod rows;
mod scratch_history;
pub mod sequence;
mod sequence_positions;
pub mod shared_transaction;
mod storage_identity;
pub mod unfinished;
pub mod written;

pub use expectation::{Expectation, RollbackExpectation};
pub use plan::{Plan, Undo};
pub use storage_identity::{StorageIdentity, given as given_names};
