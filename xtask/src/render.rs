//! Report in, text out: one file per format. Renderers decide nothing; what is wrong and how bad it is stands in the
//! report. They know nothing of the database or of TypeScript.

pub mod human;
pub mod json;
pub mod style;
