//! Predicts the schema that migrations will make. It is learnt by running them on a scratch
//! database first, now or when the committed snapshot was written.

mod predicted;
mod rehearsal;

pub use predicted::{PredictedStep, Prediction, PredictionOrigin};
pub use rehearsal::{record, rehearse};
