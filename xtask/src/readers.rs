//! The readers of descriptions of the application side, registered in one list. Checks see one set
//! of facts, and do not know which reader found which: a new reader is a folder and a line of
//! [`READERS`].
//!
//! A reader is for a language, not for a library. Drizzle's tables and Zod's schemas are constants
//! and types of the same program as all else. So they are read with the TypeScript, which is parsed
//! and evaluated once.

pub mod cache;
pub mod reader;
#[cfg(test)]
mod tests;

use anyhow::Result;

use crate::config::Config;
use crate::facts::{Facts, Origin};
use crate::openapi::OpenApi;
use crate::prisma::Prisma;
use crate::tree::ListedOnce;
use crate::typescript::TypeScript;
pub use cache::Cache;
pub use reader::{Input, Reader};

/// Every reader. Of two declarations of one table, that of the earlier reader comes first in every
/// report.
pub const READERS: &[&dyn Reader] = &[&TypeScript, &Prisma, &OpenApi];

/// Reads the descriptions of the application side, in every language.
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
    // Prisma's schema is looked for by its own reader, and for the types of its client.
    let tree = ListedOnce::new(input.tree);
    let input = Input {
        tree: &tree,
        ..*input
    };
    let mut facts = Facts::default();
    for reader in readers {
        facts.merge(reader.read(&input)?);
    }
    Ok(facts)
}

/// The origins of the declarations that readers make, in the order of the readers.
pub fn origins() -> impl Iterator<Item = Origin> {
    READERS.iter().flat_map(|reader| reader.origins()).copied()
}

/// Whether a change of the file `path` can change the facts.
#[must_use]
pub fn concerns(config: &Config, path: &str) -> bool {
    READERS.iter().any(|reader| reader.concerns(config, path))
}
