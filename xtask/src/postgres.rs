//! Everything that talks to PostgreSQL: the origin of its binaries, the clusters that the tool runs
//! by itself, connections, the errors of a server, and its catalogs.

mod account;
pub mod address;
pub mod binaries;
pub mod catalog;
mod cluster;
pub mod connect;
pub mod database_url;
pub mod embedded;
pub mod error;
mod guard;
mod package;
pub mod pg_dump;
mod places;
mod process;
mod relay;
pub mod scratch;
mod shadow;
mod tls;
