//! Writes the model of a schema as SQL that makes it. Names are qualified, so that the SQL means the
//! same whatever `search_path` says.

pub(super) mod columns;
pub(super) mod grants;
pub(super) mod names;
pub(super) mod rare;
pub(super) mod routines;
pub(super) mod tables;
pub(super) mod types;
pub(super) mod views;
