//! Undoes migrations, newest first: which ones ([`plan`]), what data goes with them ([`loss`]), and doing it in one
//! transaction that is only committed when the schema is what it was.

pub mod backup;
pub mod execute;
pub mod foresight;
pub mod loss;
pub mod plan;
pub mod rehearsal;
mod rows;
pub mod sequence;

pub use foresight::{Expectation, Foresight};
pub use loss::{Change, Footprint};
pub use plan::{Plan, Source, Undo};
