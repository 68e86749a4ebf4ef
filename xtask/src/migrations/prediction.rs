//! Predictions of the schema that migrations will make: learnt by running them on a scratch database first, now or when the
//! committed snapshot was written.

mod predicted;
mod rehearsal;

pub use predicted::{Origin, Prediction, Step};
pub use rehearsal::{record, rehearse};
