//! Report in, text out: one file per format. Renderers decide nothing: the findings and their
//! severities are in the report. They know nothing of the database or of TypeScript.

mod blocks;
mod deploy_order;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
mod markup;
pub mod sarif;
pub mod style;
