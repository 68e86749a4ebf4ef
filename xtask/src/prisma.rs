//! Prisma's schema language: the models of `schema.prisma` are a description of the database side as
//! its application sees it, like the tables of Drizzle. The parser is our own, because Prisma
//! publishes its own only as WebAssembly: `tests/prisma_oracle.rs` compares the two.

pub mod client;
mod columns;
mod declared;
mod files;
mod lexer;
mod meaning;
mod model;
mod names;
mod native;
mod parse;
pub mod proposal;
mod relations;
mod source_file;
mod syntax;
mod tags;

use anyhow::Result;

use crate::config::Config;
use crate::facts::{Facts, Origin};
use crate::readers::reader::{Input, Reader};

/// The reader of Prisma's schemas.
#[derive(Debug, Clone, Copy)]
pub struct Prisma;

impl Reader for Prisma {
    fn origins(&self) -> &'static [Origin] {
        &[declared::MODEL]
    }

    fn read(&self, input: &Input<'_>) -> Result<Facts> {
        let mut facts = Facts::default();
        if input.config.sources.prisma.is_empty() {
            return Ok(facts);
        }
        let found = files::find(input.tree, input.config)?;
        facts.requested.tables = !found.schemas.is_empty();
        facts.files_walked = found.files;
        facts.files_ignored = found.ignored;
        for source in &found.schemas {
            facts.files_parsed += source.files.len();
            declared::declare(&meaning::schema(source), source.foreign_keys, &mut facts);
        }
        facts.problems = found.problems;
        Ok(facts)
    }

    fn concerns(&self, config: &Config, path: &str) -> bool {
        files::is_schema_file(config, path)
    }
}

#[cfg(test)]
mod tests;
