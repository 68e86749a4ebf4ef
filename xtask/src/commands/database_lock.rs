//! The lock of the database, which commands that change it hold while they run.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use postgres::Client;

use super::Context;
use crate::migrations::blockers::{Blockers, Lookout};
use crate::migrations::session::SessionSettings;
use crate::migrations::{lock, tables};
use crate::postgres::connect::{Target, connect_beside};

/// How long to wait for locks, of every command that changes a database.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct LockTimeouts {
    /// How long to wait, in seconds, while somebody else migrates or rolls back
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub lock_timeout: u64,

    /// How long a statement may wait, in milliseconds, for a lock that the application holds,
    /// before it is tried again
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 3000)]
    pub ddl_lock_timeout: u64,

    /// Show the queries of the application that hold such a lock whole, with the values in them
    #[arg(long)]
    pub show_queries: bool,
}

/// Takes the lock of the database. While it waits, it names the session that holds the lock.
pub fn take(
    context: &Context,
    client: &mut Client,
    lock_timeouts: LockTimeouts,
) -> Result<SessionSettings> {
    let table = context.config.lock_name();
    let mut failed = Ok(());
    let held = lock::acquire(
        client,
        table,
        Duration::from_secs(lock_timeouts.lock_timeout),
        &mut |holder| {
            failed = context.voice.remark(&format!(
                "Waiting for the lock of the database, held by {holder}\n"
            ));
        },
    )?;
    failed?;
    if let Some(tenant) = &context.config.tenant {
        // It may be gone since the survey.
        tables::refuse_missing_schema(client, tenant)?;
    }
    Ok(SessionSettings {
        history_table: tables::locate(client, &context.config.history_table)?,
        tenant: context.config.tenant.clone(),
        lock_pid: held.pid,
        server_version: held.server_version,
        is_distributed: held.is_distributed,
        ddl_lock_timeout: Duration::from_millis(lock_timeouts.ddl_lock_timeout),
        // The pauses double from at most 0.5 s, so that a run gives up after at most 7.5 s of them.
        retries: 4,
        liveness: held.liveness,
        blockers: Blockers::new(lock_timeouts.show_queries),
    })
}

/// Watches for sessions that block this run, for as long as the result lives. It connects only
/// after a wait has lasted a while. Without a second connection no blocker is seen.
pub fn look_out(context: &Context, target: &Arc<Target>, settings: &SessionSettings) -> Lookout {
    let target = Arc::clone(target);
    let voice = context.voice.clone();
    // A stderr that cannot be written is no reason to stop in the middle.
    let tell = move |text: &str| drop(voice.remark(&format!("{text}\n")));
    let connect = move || connect_beside(&target).ok();
    Lookout::start(
        connect,
        settings.lock_pid,
        settings.ddl_lock_timeout,
        settings.blockers.clone(),
        tell,
    )
}
