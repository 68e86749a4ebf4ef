//! Everything that goes wrong around a migration: connections that are cut, servers that stop,
//! locks that others hold, disks that are full, no place to rehearse. Each has its exit code, a
//! message that says what is the case now, and leaves nothing half-applied.

mod baseline;
mod cuts;
mod locks;
mod messages;
mod mixed_rollbacks;
mod races;
mod reports;
mod without_scratch;

/// Takes its time, but only where a run holds the lock of the database: not on the scratch
/// database. `SET slow.off` ends that.
const SLOW: &str = "SELECT pg_sleep(60) WHERE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) \
                    AND current_setting('slow.off', true) IS NULL;";
