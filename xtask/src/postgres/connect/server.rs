//! Asks a server what it is before anything is locked or set, in one query.

use anyhow::{Context as _, Result, bail};
use postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::{engine, pooler};
use crate::postgres::address::Address;

/// Version, port of the client, YugabyteDB's setting for DDL in transactions, and whether Citus is
/// installed.
const WHAT: &str = "
    SELECT pg_catalog.version(), coalesce(pg_catalog.inet_client_port(), -1),
           coalesce(pg_catalog.current_setting('yb_ddl_transaction_block_enabled', true), 'off'),
           EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus')";

/// Whether Citus is installed.
const HAS_CITUS: &str =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus')";

/// What other engines can answer, too.
const VERSION: &str = "SELECT version()";

/// The group of a node of Citus (0 is the coordinator), and the coordinator's address where this
/// node knows it.
const CITUS_NODE: &str = "
    SELECT (SELECT groupid FROM pg_catalog.pg_dist_local_group),
           (SELECT nodename || ':' || nodeport FROM pg_catalog.pg_dist_node WHERE groupid = 0 LIMIT 1)";

/// Refuses a server that is another engine, a worker of Citus, or a pooler that gives each
/// transaction another session.
pub(super) fn refuse_unsuitable(client: &mut Client, address: &Address) -> Result<()> {
    let Some(row) = row(client, WHAT) else {
        let version = row(client, VERSION);
        let version = version.as_ref().and_then(|row| row.get(0));
        engine::refuse(version.unwrap_or_default(), address.host_names(), false)?;
        return pooler::refuse(client, address, None);
    };
    let version = row.get(0).unwrap_or_default();
    engine::refuse(version, address.host_names(), row.get(2) == Some("on"))?;
    let client_port = row.get(1).and_then(|port| port.parse().ok());
    pooler::refuse(client, address, client_port)?;
    match row.get(3) {
        Some("t") => refuse_worker(client),
        _ => Ok(()),
    }
}

/// Refuses a worker of Citus, and asks nothing else.
pub(super) fn refuse_worker_of_citus(client: &mut Client) -> Result<()> {
    match row(client, HAS_CITUS) {
        Some(answer) if answer.get(0) == Some("t") => refuse_worker(client),
        _ => Ok(()),
    }
}

/// Refuses a node of Citus that is not the coordinator. A migration is run there by the
/// coordinator, whose catalogs say how tables are distributed.
fn refuse_worker(client: &mut Client) -> Result<()> {
    let node = row(client, CITUS_NODE).context("cannot see which node of Citus this is")?;
    if matches!(node.get(0), None | Some("0")) {
        return Ok(());
    }
    let coordinator = node
        .get(1)
        .map_or_else(String::new, |address| format!(" (`{address}`)"));
    bail!("it is a worker of Citus; migrations run on the coordinator{coordinator}: connect there")
}

fn row(client: &mut Client, query: &str) -> Option<SimpleQueryRow> {
    let answer = client.simple_query(query).ok()?;
    answer.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _other => None,
    })
}
