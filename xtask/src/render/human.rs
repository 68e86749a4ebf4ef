//! For people on a terminal.

pub mod migration;
mod steps;
