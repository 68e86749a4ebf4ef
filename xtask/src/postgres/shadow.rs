//! A scratch database on a server that is not ours (`SHADOW_DATABASE_URL`). It is created, used and
//! dropped, and so are the roles that were made in it.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use postgres::Client;

use super::address::Address;
use super::connect::{connect_to, connect_to_session};
use super::error::ServerError;
use super::scratch::{MadeRoles, Unavailable};

/// The names of our databases: `db_scratch_<seconds since 1970>_<random>`.
const PREFIX: &str = "db_scratch_";

/// Databases that were left over: ours by their names, older than a minute, and without
/// connections. The minute lets another run connect to the database that it has just created.
const LEFT_OVERS: &str = "
    SELECT datname::text AS name
    FROM pg_catalog.pg_database AS d
    WHERE datname ~ '^db_scratch_[0-9]+_[a-z0-9]+$'
      AND substring(datname FROM '^db_scratch_([0-9]+)_')::numeric < extract(epoch FROM now()) - 60
      AND pg_catalog.pg_has_role(datdba, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.datid = d.oid)
    ORDER BY name";

/// A database of ours on the server of others. One connection, which is never used, marks it as in
/// use.
pub(super) struct Shadow {
    address: Address,
    name: String,
    keeper: Option<Mutex<Client>>,
    made_roles: Arc<MadeRoles>,
}

impl std::fmt::Debug for Shadow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shadow")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Shadow {
    /// Creates a database on the server of `url`, whose major must be `major`.
    pub(super) fn create(url: &str, major: u32) -> Result<Self> {
        let address = Address::parse(
            url,
            "the scratch server's URL (`--shadow-database-url` or `SHADOW_DATABASE_URL`)",
        )?;
        let mut client = connect_to_session(&address).context("cannot use the scratch server")?;
        check_major(&mut client, major)?;
        sweep(&mut client);
        let name = new_name();
        client
            .batch_execute(&format!(
                // `template0` allows another encoding, and holds nothing that people added to
                // `template1`.
                "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
            ))
            .map_err(|error| cannot_create(&error, &address))?;
        let made_roles = MadeRoles::begin(&mut client)?;
        let mut shadow = Self {
            address,
            name,
            keeper: None,
            made_roles,
        };
        shadow.keeper = Some(Mutex::new(shadow.connect()?));
        Ok(shadow)
    }

    pub(super) fn parameters(&self) -> postgres::Config {
        self.address.with_database(&self.name).parameters()
    }

    /// The roles that replays made.
    pub(super) fn made_roles(&self) -> Arc<MadeRoles> {
        Arc::clone(&self.made_roles)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Connects with `options` beside those of the URL.
    pub(super) fn connect_with(&self, options: &str) -> Result<Client> {
        connect_to(&self.address.with_database(&self.name).with_options(options))
            .context("cannot connect to the scratch database")
    }

    pub(super) fn connect(&self) -> Result<Client> {
        connect_to(&self.address.with_database(&self.name))
            .context("cannot connect to the scratch database")
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        drop(self.keeper.take());
        // A later run sweeps a database that cannot be dropped now.
        if let Ok(mut client) = connect_to(&self.address) {
            let _ = client.batch_execute(&format!(
                "DROP DATABASE IF EXISTS {} WITH (FORCE)",
                self.name
            ));
            self.made_roles.drop_from(&mut client);
        }
    }
}

fn check_major(client: &mut Client, major: u32) -> Result<()> {
    let row = client.query_one(
        "SELECT current_setting('server_version_num')::int4 / 10000 AS major",
        &[],
    );
    let found: i32 = row
        .map_err(|error| anyhow!(ServerError::from(&error)))?
        .get("major");
    if u32::try_from(found) != Ok(major) {
        bail!(
            "cannot use the scratch server: it runs PostgreSQL {found}, and the configuration says `postgres = \
             \"{major}\"`, so what it makes of the migrations may differ; use a server of that version, or change \
             `postgres`"
        )
    }
    Ok(())
}

fn cannot_create(error: &postgres::Error, address: &Address) -> anyhow::Error {
    let cause = ServerError::from(error);
    let denied = cause.sqlstate.as_deref() == Some("42501");
    let context = if denied {
        format!(
            "cannot create a scratch database on `{}`: `{}` may not; run `ALTER ROLE \"{}\" CREATEDB` there, or leave \
             `SHADOW_DATABASE_URL` away to use the embedded PostgreSQL",
            address.host(),
            address.user(),
            address.user()
        )
    } else {
        format!("cannot create a scratch database on `{}`", address.host())
    };
    let error = anyhow!(cause).context(context);
    if denied {
        error.context(Unavailable)
    } else {
        error
    }
}

/// Drops the databases of runs that were killed. Another run may be faster; nothing depends on it.
fn sweep(client: &mut Client) {
    for row in client.query(LEFT_OVERS, &[]).unwrap_or_default() {
        let name: String = row.get("name");
        let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}"));
    }
}

fn new_name() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    // `RandomState` is seeded by the system; the name needs to be unique, not secret.
    let random = std::hash::BuildHasher::hash_one(
        &std::collections::hash_map::RandomState::new(),
        std::process::id(),
    );
    format!("{PREFIX}{seconds}_{random:016x}")
}
