//! Reports for people, in the wording of the specification: the compared schema, the result of each
//! of the three parts, and every finding with its lines. The summary and the coverage come last.

mod coverage;
mod digest;
pub mod finding;
pub mod fixes;
pub mod fleet;
pub mod fleet_run;
mod losses;
pub mod migration;
mod plan;
pub mod rehearsal;
pub mod rollback;
mod since;
pub mod status;
mod steps;
mod suggestion;
mod verification;

pub use super::style::{count, wrapped};
pub use verification::{status_lines, summary, verification};
