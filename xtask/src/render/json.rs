//! For programs, in the shapes of the specification; our own keys are added to them, none is
//! renamed. Key order is that of the specification, then ours.

mod deploy_order;
mod finding;
mod fleet;
mod fleet_run;
mod loss;
mod migration;
mod plan;
mod rehearsal;
mod rollback;
mod status;
mod verification;

pub use finding::finding;
pub use fleet::fleet;
pub use fleet_run::fleet_run;
pub use migration::migration;
pub use rehearsal::rehearsals;
pub use rollback::rollback;
pub use status::status;
pub use verification::{verification, verification_value};

use serde_json::Value;

/// A value as a document: indented, with a newline at its end.
#[must_use]
pub fn document(value: &Value) -> String {
    format!("{value:#}\n")
}
