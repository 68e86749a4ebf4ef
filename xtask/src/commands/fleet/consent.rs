//! Consent to lose data in a fleet: by table for all databases, or by database and table.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use crate::fleet::FleetTarget;
use crate::migrations::losses::given_names;

/// The names that the command line gives.
#[derive(Debug, Default)]
pub(super) struct FleetConsent {
    everywhere: Vec<String>,
    /// By the name of the database.
    of_database: BTreeMap<String, Vec<String>>,
}

impl FleetConsent {
    /// Reads `users.bio`, which counts in all of `targets`, and `acme:users.bio`.
    ///
    /// # Errors
    /// When a database is named that is not in the fleet.
    pub(super) fn read(arguments: &[String], targets: &[FleetTarget]) -> Result<Self> {
        let mut consent = Self::default();
        for argument in arguments {
            // A name in quotes may hold a colon.
            let parts = argument
                .split_once(':')
                .filter(|(database, _)| !database.contains('"'));
            let Some((database, object)) = parts else {
                consent.everywhere.push(argument.clone());
                continue;
            };
            if !targets.iter().any(|target| target.name == database) {
                bail!(
                    "`--accept-data-loss {argument}` names the database `{database}`, which is not in the fleet"
                )
            }
            consent
                .of_database
                .entry(database.to_owned())
                .or_default()
                .push(object.to_owned());
        }
        Ok(consent)
    }

    /// The arguments for the database `name` alone.
    pub(super) fn arguments(&self, name: &str) -> Vec<String> {
        let own = self.of_database.get(name).into_iter().flatten();
        self.everywhere.iter().chain(own).cloned().collect()
    }

    /// The names whose data may be lost in the database `name`.
    pub(super) fn names(&self, name: &str) -> BTreeSet<String> {
        let arguments = self.arguments(name);
        given_names(arguments.iter().map(String::as_str))
    }
}
