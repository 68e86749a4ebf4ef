//! Names and settings of scratch databases where there is no target to imitate. `db-verify`,
//! `db-snapshot` and `db-rollback --test` work without a target, and migrations may query such
//! names.

use anyhow::{Result, bail};
use serde::Deserialize;

/// The names, where they are not those of a new server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScratchNames {
    /// The name of the database, for `current_database()`.
    pub database: Option<String>,
    /// The role that migrates, for `current_user`.
    pub role: Option<String>,
    /// The time zone, `Europe/Vienna`.
    pub time_zone: Option<String>,
}

impl ScratchNames {
    pub(super) fn validated(self) -> Result<Self> {
        let all = [
            ("database", &self.database),
            ("role", &self.role),
            ("time-zone", &self.time_zone),
        ];
        for (key, value) in all {
            if value
                .as_deref()
                .is_some_and(|value| value.is_empty() || value.contains('\0'))
            {
                bail!("`scratch.{key}` is empty: leave it out, or write what production has")
            }
        }
        if let Some(role) = self.role.as_ref().filter(|role| role.starts_with("pg_")) {
            bail!(
                "`scratch.role` is `{role}`, and PostgreSQL keeps names that begin with `pg_` for itself"
            )
        }
        Ok(self)
    }
}
