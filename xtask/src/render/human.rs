//! For people, in the wording of the specification: what was compared, how each of the three parts
//! fared, every finding with the lines it is about, and last the summary and what was not judged.

mod coverage;
mod digest;
pub mod finding;
pub mod fixes;
pub mod migration;
mod plan;
pub mod rehearsal;
pub mod rollback;
mod since;
pub mod status;
mod steps;
mod suggestion;
mod verification;

pub use super::style::count;
pub use verification::{status_lines, summary, verification};
