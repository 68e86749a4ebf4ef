//! Undoes migrations, newest first. [`plan`] selects them, and [`super::losses`] counts the data
//! that goes with them. They share one transaction, which is only committed when the schema is the
//! earlier one again. Down files without transaction run between such groups, statement by
//! statement.

pub mod execute;
pub mod expectation;
mod far_servers;
pub mod options;
pub mod plan;
pub mod privileges;
pub mod rehearsal;
mod rehearsed_changes;
mod scratch_history;
pub mod sequence;
pub mod shared_transaction;
pub mod unfinished;

pub use expectation::{Expectation, RollbackExpectation};
pub use plan::{Plan, Undo};
