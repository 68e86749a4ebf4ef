//! The database side: the model of a schema ([`model`]), the types of its columns ([`types`]), the
//! migration line that last changed a column ([`provenance`]), the committed form of a schema
//! ([`snapshot`]), and the differences of two schemas ([`diff`]).

pub mod bookkeeping;
pub mod diff;
pub mod model;
pub mod privileges;
pub mod provenance;
pub mod snapshot;
pub mod types;
