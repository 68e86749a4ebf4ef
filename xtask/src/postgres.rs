//! Everything that talks to PostgreSQL: where its binaries come from, the clusters that run without
//! anybody's help, connections, what a server's error says, and what its catalogs hold.

mod account;
pub mod address;
pub mod binaries;
pub mod catalog;
mod cluster;
pub mod connect;
pub mod embedded;
pub mod error;
mod guard;
mod package;
pub mod pg_dump;
mod places;
mod process;
pub mod scratch;
mod shadow;
mod tls;
