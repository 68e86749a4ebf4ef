//! The tool behind `cargo xtask db-verify | db-migrate | db-rollback`: keeps SQL migrations,
//! TypeScript types, API contracts and Zod schemas in agreement. `ARCHITECTURE.md` has the map.

#[cfg(not(unix))]
compile_error!(
    "it needs what Unix has (process groups, sockets in files): on Windows, build it in WSL"
);

mod called_as;
mod checks;
mod cli;
mod commands;
mod config;
mod facts;
mod fixes;
mod fleet;
mod git;
mod import;
mod init;
pub mod internals;
mod layouts;
mod migrations;
mod openapi;
mod postgres;
mod prisma;
mod process;
mod progress;
mod readers;
mod regular_file;
mod render;
mod report;
mod rollout;
mod schema;
mod source;
mod terminal;
mod tree;
mod typescript;
mod whole_file;

pub use process::main;

/// Reading TypeScript makes many small objects on several threads, which the allocators of some
/// systems are slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
