//! The TypeScript side: which files can matter ([`discover`]), and what their declarations say ([`facts`]).
//! Reading TypeScript never fails: what cannot be read is a fact too.

pub mod evaluate;
pub mod facts;
pub mod modules;
pub mod parse;
pub mod routes;
pub mod syntax;
#[cfg(test)]
pub mod testing;
