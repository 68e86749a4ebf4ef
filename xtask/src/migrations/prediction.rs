//! Predicts the schema that migrations will make. It is learnt by running them on a scratch
//! database first, now or when the committed snapshot was written.

mod known;
mod predicted;
mod rehearsal;

pub use known::KnownSchemas;
pub use predicted::{PredictedStep, Prediction, PredictionOrigin};
pub use rehearsal::{record, rehearse};
