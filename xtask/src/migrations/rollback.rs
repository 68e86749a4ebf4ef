//! Undoes migrations, newest first: which ones ([`plan`]), what data goes with them ([`loss`]), and doing it in one
//! transaction that is only committed when the schema is what it was.

pub mod backup;
pub mod execute;
pub mod expectation;
mod footprint;
mod guard;
pub mod loss;
mod loss_audit;
mod memory;
pub mod plan;
mod positions;
pub mod rehearsal;
mod rows;
pub mod sequence;
pub mod written;

pub use expectation::{Expectation, RollbackExpectation};
pub use footprint::{Change, Footprint};
pub use plan::{Plan, Source, Undo};
