//! The TypeScript side: which files can matter ([`discover`]), how they are parsed ([`parse`]) and follow each other
//! ([`modules`]), what their types and constants mean ([`resolve`], [`values`]), what their [`routes`] and
//! [`contracts`] come to ([`evaluate`]), and what their declarations say ([`facts`]). Reading TypeScript never fails: what cannot be read is
//! a fact too.

pub mod cache;
pub mod collect;
pub mod contracts;
pub mod demand;
pub mod discover;
pub mod drizzle;
pub mod evaluate;
pub mod external;
pub mod facts;
pub mod kinds;
pub mod modules;
pub mod parse;
mod reading;
pub mod resolve;
pub mod routes;
pub mod syntax;
pub mod values;
pub mod zod;

use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::config::Config;
use crate::tree::Tree;
use cache::Cache;
use demand::{Demand, Everything};
use facts::Facts;

/// The threads that read. They are kept: ending one takes longer than starting it, since all its memory is looked through.
static POOL: OnceLock<rayon::ThreadPool> = OnceLock::new();

/// Reads the configured files of `tree`. Fails only where a configured folder does not exist.
pub fn read(tree: &dyn Tree, config: &Config) -> Result<Facts> {
    read_asked(tree, config, &Everything, None)
}

/// As [`read`], but of the types only those that are asked for, with what `cache` still has of an earlier time, which it
/// keeps for a later one.
pub fn read_asked(tree: &dyn Tree, config: &Config, demand: &dyn Demand, cache: Option<&Cache>) -> Result<Facts> {
    let pool = match POOL.get() {
        Some(pool) => pool,
        None => {
            let pool = rayon::ThreadPoolBuilder::new().stack_size(parse::STACK_SIZE).build();
            let pool = pool.context("cannot start the threads that read TypeScript")?;
            POOL.get_or_init(|| pool)
        }
    };
    pool.install(|| reading::read(tree, config, demand, cache))
}

#[cfg(test)]
mod growth_tests;
