//! The database side: what a schema is ([`model`]), how the types of its columns are read ([`types`]), and which
//! migration line made a column what it is ([`provenance`]).

pub mod model;
pub mod provenance;
pub mod types;
