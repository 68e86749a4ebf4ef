//! The changes that checks propose, made exact in the text of a file and applied to it. The
//! formatting around a change is kept: indentation, quotes, separators, trailing comments, line
//! ends.

mod apply;
mod insert;
mod lists;
mod outline;
mod place;
mod placed;
mod prisma;
mod values;

pub use apply::apply;
pub use place::place;

#[cfg(test)]
mod tests;
