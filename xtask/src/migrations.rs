//! Migration files: reading them, refusing unsafe ones, running them, undoing them.

pub mod advice;
pub mod baseline;
pub mod blockers;
pub mod branch;
pub mod catalog_stamp;
pub mod commit;
pub mod comparison;
pub mod data_preflight;
pub mod deferred_constraints;
pub mod drift;
pub mod fails_on_rows;
pub mod files;
mod find;
pub mod fingerprint;
pub mod foreign_history;
pub mod history;
pub mod journal;
pub mod journaled;
pub mod lint;
pub mod lock;
pub mod losses;
pub mod merge_order;
mod migration;
pub mod next;
pub mod observe;
pub mod prediction;
pub mod preflight;
pub mod provenance;
pub mod renumbering;
pub mod replay;
pub mod reversal;
pub mod rollback;
pub mod runner;
pub mod scratch_environment;
pub mod script;
pub mod seed;
pub mod server_code;
pub mod session;
pub mod sql;
pub mod state;
pub mod statements;
pub mod tables;
pub mod transaction;

pub use find::find;
pub use migration::{
    AppliedRow, Down, ForeignName, Migration, OrderKey, checksum, foreign_checksum,
    is_no_transaction,
};
