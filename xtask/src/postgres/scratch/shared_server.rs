//! Keeps track of roles on servers that others share. Roles belong to the whole server: they
//! outlive a scratch database, and a second replay would find them there.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, GenericClient};

use super::owner::quoted;
use crate::postgres::error::ServerError;

/// The roles of the server.
const ROLES: &str = "SELECT rolname::text FROM pg_catalog.pg_roles WHERE NOT pg_catalog.starts_with(rolname, 'pg_')";

/// A query for the number that identifies a server.
const SERVER: &str = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()";

/// The roles that a replay made.
#[derive(Debug, Default)]
pub struct MadeRoles {
    before: BTreeSet<String>,
    made: Mutex<BTreeSet<String>>,
}

impl MadeRoles {
    /// Notes the roles of the server before a replay begins.
    pub(in crate::postgres) fn begin(client: &mut Client) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            before: roles(client)?,
            made: Mutex::default(),
        }))
    }

    /// Drops the roles, once their database is gone. A role that is in use by now stays.
    pub(in crate::postgres) fn drop_from(&self, client: &mut Client) {
        let made = self
            .made
            .lock()
            .map(|made| made.clone())
            .unwrap_or_default();
        for role in made {
            let _ = client.batch_execute(&format!("DROP ROLE IF EXISTS {}", quoted(&role)));
        }
    }
}

/// A server that others share.
#[derive(Debug, Clone)]
pub struct SharedServer {
    /// Whether the target is on it too. Changes of the whole server would then be made for real.
    pub holds_target: bool,
    roles: Arc<MadeRoles>,
}

impl SharedServer {
    pub(super) fn new(client: &mut Client, target: Option<&str>, roles: Arc<MadeRoles>) -> Self {
        let server = identifier(client);
        Self {
            holds_target: server.is_some() && server.as_deref() == target,
            roles,
        }
    }

    /// Notes the roles that are new since the replay began and that `text`, which just ran, names.
    /// A new role that it does not name may be that of another user of the server.
    ///
    /// # Errors
    /// Those of the query.
    pub fn note_roles(&self, client: &mut impl GenericClient, text: &str) -> Result<()> {
        let text = text.to_lowercase();
        let new = roles(client)?.into_iter().filter(|role| {
            !self.roles.before.contains(role) && text.contains(&role.to_lowercase())
        });
        if let Ok(mut made) = self.roles.made.lock() {
            made.extend(new);
        }
        Ok(())
    }
}

/// The identifier of the server of `client`; `None` where its role may not ask for it.
pub(super) fn identifier(client: &mut impl GenericClient) -> Option<String> {
    client.query_one(SERVER, &[]).ok().map(|row| row.get(0))
}

fn roles(client: &mut impl GenericClient) -> Result<BTreeSet<String>> {
    let rows = client
        .query(ROLES, &[])
        .map_err(|error| anyhow!(ServerError::from(error)));
    Ok(rows
        .context("cannot see the roles of the scratch server")?
        .iter()
        .map(|row| row.get(0))
        .collect())
}
