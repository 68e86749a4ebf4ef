//! Writes the model of a schema as SQL that makes it. Names are qualified, so that the SQL means the
//! same whatever `search_path` says.

pub mod columns;
pub mod grants;
pub mod names;
pub mod rare;
pub mod routines;
pub mod tables;
pub mod types;
pub mod views;
