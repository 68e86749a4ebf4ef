//! Whatever reads descriptions of the application side, registered in one list. Checks see what the
//! readers found as one set of facts, and neither know nor ask which of them found what: a new
//! reader is a folder and a line of [`READERS`].
//!
//! A reader is a language, not a library. What Drizzle and Zod say is said in TypeScript, by
//! constants and types of the program that all else is read from: it comes with the TypeScript,
//! which is parsed and evaluated once.

pub mod cache;
pub mod reader;
#[cfg(test)]
mod tests;

use anyhow::Result;

use crate::config::Config;
use crate::facts::{Facts, Origin};
use crate::typescript::TypeScript;
pub use cache::Cache;
pub use reader::{Input, Reader};

/// Every reader. Of two declarations of one table, that of the earlier one comes first in every
/// report.
pub const READERS: &[&dyn Reader] = &[&TypeScript];

/// Reads what describes the application side, in whatever language.
///
/// # Errors
/// As [`Reader::read`].
pub fn read(input: &Input<'_>) -> Result<Facts> {
    read_with(READERS, input)
}

/// As [`read`], with other readers.
///
/// # Errors
/// As [`Reader::read`].
pub fn read_with(readers: &[&dyn Reader], input: &Input<'_>) -> Result<Facts> {
    let mut facts = Facts::default();
    for reader in readers {
        facts.merge(reader.read(input)?);
    }
    Ok(facts)
}

/// The origins of the declarations that readers make, in the order of the readers.
pub fn origins() -> impl Iterator<Item = Origin> {
    READERS.iter().flat_map(|reader| reader.origins()).copied()
}

/// Whether a change of the file `path` can change what is read.
#[must_use]
pub fn concerns(config: &Config, path: &str) -> bool {
    READERS.iter().any(|reader| reader.concerns(config, path))
}
