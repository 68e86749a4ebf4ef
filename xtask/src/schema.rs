//! The database side: what a schema is ([`model`]), how the types of its columns are read
//! ([`types`]), which migration line made a column what it is ([`provenance`]), the committed form
//! of a schema ([`snapshot`]), and how two schemas differ ([`diff`]).

pub mod bookkeeping;
pub mod diff;
pub mod model;
pub mod privileges;
pub mod provenance;
pub mod snapshot;
pub mod types;
