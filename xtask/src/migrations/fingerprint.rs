//! What a transaction did to the catalogs, in one cheap number. Reading whole catalogs after each of hundreds of
//! migrations would cost more than the migrations; the rows that the transaction itself wrote are few. The same SQL on
//! the same schema gives the same fingerprint, on the scratch database and on the live one.

use anyhow::{Result, anyhow};
use postgres::{Client, GenericClient, Statement};

use crate::postgres::error::ServerError;

/// The catalogs that are looked at.
const CATALOGS: &[&str] = &[
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_constraint",
    "pg_index",
    "pg_type",
    "pg_enum",
    "pg_proc",
    "pg_trigger",
    "pg_rewrite",
    "pg_policy",
    "pg_namespace",
    "pg_sequence",
    "pg_description",
    "pg_inherits",
    "pg_partitioned_table",
    "pg_extension",
    "pg_statistic_ext",
    "pg_event_trigger",
];

const DELETED: &str = "
    SELECT coalesce(sum(pg_catalog.pg_stat_get_xact_tuples_deleted(pg_catalog.to_regclass('pg_catalog.' || name))), 0)::bigint
    FROM unnest($1::text[]) AS name";

/// Takes fingerprints on one connection.
#[derive(Clone)]
pub struct Fingerprinter {
    begin: Statement,
    written: Statement,
    left: Statement,
}

impl std::fmt::Debug for Fingerprinter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fingerprinter").finish_non_exhaustive()
    }
}

/// Where a transaction began.
#[derive(Debug, Clone, Copy)]
pub struct Beginning {
    /// The counter of deleted catalog rows, which PostgreSQL does not reset at once.
    deleted: i64,
}

impl Fingerprinter {
    /// Prepares the queries.
    pub fn new(client: &mut Client) -> Result<Self> {
        client.batch_execute(SEARCH_PATH).map_err(failed)?;
        let begin = client.prepare(DELETED).map_err(failed)?;
        let written = client.prepare(include_str!("fingerprint.sql")).map_err(failed)?;
        let left = client.prepare(include_str!("fingerprint_left.sql")).map_err(failed)?;
        client.batch_execute("RESET search_path").map_err(failed)?;
        Ok(Self { begin, written, left })
    }

    /// At the beginning of a transaction.
    pub fn begin(&self, transaction: &mut impl GenericClient) -> Result<Beginning> {
        let row = transaction.query_one(&self.begin, &[&CATALOGS]).map_err(failed)?;
        Ok(Beginning { deleted: row.try_get(0)? })
    }

    /// What the transaction did to the catalogs until now, once it has run [`SETTINGS`].
    pub fn end(&self, transaction: &mut impl GenericClient, beginning: Beginning) -> Result<String> {
        let row = transaction.query_one(&self.written, &[&CATALOGS]).map_err(failed)?;
        let written: String = row.try_get("digest")?;
        if row.try_get::<_, i64>("deleted")? == beginning.deleted {
            return Ok(written);
        }
        let left: String = transaction.query_one(&self.left, &[]).map_err(failed)?.try_get("digest")?;
        Ok(format!("{written}, left {left}"))
    }
}

/// Names outside `pg_catalog` are then written with their namespace, whatever the session says.
const SEARCH_PATH: &str = "SET search_path = pg_catalog";

/// What a transaction must run before its fingerprint is taken; it changes its settings until it ends. The plan is made
/// once for all transactions.
pub const SETTINGS: &str =
    "SET LOCAL search_path = pg_catalog; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off";

/// Undoes what [`SETTINGS`] mean for names.
pub const FORGET_SETTINGS: &str = "SET LOCAL search_path TO DEFAULT";

fn failed(error: postgres::Error) -> anyhow::Error {
    anyhow!(ServerError::from(error)).context("cannot take the fingerprint of the catalogs")
}
