//! The TypeScript side. Files that can matter are found ([`discover`]), parsed ([`parse`]) and
//! linked by their imports ([`modules`]). Their types and constants are evaluated ([`resolve`],
//! [`values`]), and the program runs to make its [`routes`] and [`contracts`]. The result is facts
//! of their declarations ([`crate::facts`]). Reading TypeScript never fails: a part that cannot be
//! read is a fact too.

pub mod class_validator;
pub mod collect;
pub mod contracts;
pub mod decorators;
pub mod discover;
pub mod drizzle;
pub mod endpoints;
mod entities;
pub mod external;
pub mod kinds;
pub mod mikroorm;
pub mod modules;
pub mod origins;
pub mod parse;
mod reading;
pub mod resolve;
pub mod routes;
mod row_uses;
pub mod sequelize;
pub mod syntax;
pub mod typeorm;
pub mod values;
pub mod vocabulary;
mod written_default;
pub mod zod;

use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::config::Config;
use crate::facts::{Facts, Origin};
use crate::readers::reader::{Input, Reader};
use crate::tree::Tree;

/// The threads that read. They are kept, because ending one takes longer than starting it: all its
/// memory is looked through.
static POOL: OnceLock<rayon::ThreadPool> = OnceLock::new();

/// The reader of TypeScript, and of what libraries have people write in it: Zod's schemas,
/// Drizzle's tables, routes and contracts.
#[derive(Debug, Clone, Copy)]
pub struct TypeScript;

impl Reader for TypeScript {
    fn origins(&self) -> &'static [Origin] {
        &[
            origins::INTERFACE,
            origins::ALIAS,
            origins::CLASS,
            zod::ORIGIN,
            drizzle::ORIGIN,
            class_validator::ORIGIN,
            typeorm::ORIGIN,
            mikroorm::ORIGIN,
            sequelize::ORIGIN,
        ]
    }

    fn read(&self, input: &Input<'_>) -> Result<Facts> {
        pool()?.install(|| reading::read(input, discover::may_matter))
    }

    fn concerns(&self, config: &Config, path: &str) -> bool {
        discover::concerns(config, path)
    }
}

/// Reads like the reader, but without the prefilter. The facts are the same, as tests prove with
/// this function.
///
/// # Errors
/// As [`Reader::read`].
pub fn read_unfiltered(tree: &dyn Tree, config: &Config) -> Result<Facts> {
    pool()?.install(|| {
        reading::read(
            &Input {
                tree,
                config,
                cache: None,
            },
            |_roles, _bytes| true,
        )
    })
}

fn pool() -> Result<&'static rayon::ThreadPool> {
    if let Some(pool) = POOL.get() {
        return Ok(pool);
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(parse::STACK_SIZE)
        .build();
    let pool = pool.context("cannot start the threads that read TypeScript")?;
    Ok(POOL.get_or_init(|| pool))
}

#[cfg(test)]
mod cycle_tests;
#[cfg(test)]
mod growth_tests;
#[cfg(test)]
pub mod test_utils;
