//! The tool behind `cargo xtask db-verify | db-migrate | db-rollback`: keeps SQL migrations,
//! TypeScript types, API contracts and Zod schemas in agreement. `ARCHITECTURE.md` has the map.

pub mod checks;
pub mod cli;
pub mod commands;
pub mod config;
pub mod facts;
pub mod fixes;
pub mod git;
pub mod import;
pub mod init;
pub mod migrations;
pub mod postgres;
pub mod readers;
pub mod regular_file;
pub mod render;
pub mod report;
pub mod schema;
pub mod source;
pub mod terminal;
pub mod tree;
pub mod typescript;
pub mod whole_file;

/// Reading TypeScript makes many small objects on several threads, which the allocators of some
/// systems are slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
