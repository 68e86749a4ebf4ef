//! Names and settings that a scratch database shares with the target, so that the same SQL has the
//! same effect there. SQL can ask for the names, and depends on the settings without naming them.

use postgres::GenericClient;

use super::owner::literal;
use super::shared_server;
use crate::config::ScratchNames;

/// The names and settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSettings {
    /// The name of the database: `current_database()`.
    pub database: String,
    /// The role that migrates: `current_user`.
    pub role: String,
    /// Settings of the session, by name.
    pub settings: Vec<(String, String)>,
    /// The identifier of the target's server, where the role may ask for it.
    pub server: Option<String>,
}

/// The settings, beside `search_path`, that decide the effect of SQL that does not name them.
const SETTINGS: &[&str] = &[
    "TimeZone",
    "DateStyle",
    "IntervalStyle",
    "default_text_search_config",
    "default_toast_compression",
    "check_function_bodies",
    "standard_conforming_strings",
    "xmlbinary",
];

impl Default for TargetSettings {
    fn default() -> Self {
        Self {
            database: "postgres".into(),
            role: "postgres".into(),
            settings: Vec::new(),
            server: None,
        }
    }
}

impl TargetSettings {
    /// Returns the configured names and settings of production, for runs without a target.
    #[must_use]
    pub fn configured(names: &ScratchNames) -> Self {
        let other = Self::default();
        let zone = names
            .time_zone
            .iter()
            .map(|zone| ("TimeZone".to_owned(), zone.clone()));
        Self {
            database: names.database.clone().unwrap_or(other.database),
            role: names.role.clone().unwrap_or(other.role),
            settings: zone.collect(),
            server: None,
        }
    }

    /// Reads the names and settings of the database of `client`.
    ///
    /// # Errors
    /// Those of the query.
    pub fn of(client: &mut impl GenericClient) -> Result<Self, postgres::Error> {
        let names: Vec<&str> = SETTINGS.iter().copied().chain(["search_path"]).collect();
        let query = "SELECT pg_catalog.current_database()::text AS database, session_user::text AS role, name,
                            pg_catalog.current_setting(name) AS value
                     FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY AS asked (name, place) ORDER BY place";
        let rows = client.query(query, &[&names])?;
        let settings = rows
            .iter()
            .map(|row| (row.get("name"), row.get("value")))
            .collect();
        let names = rows
            .first()
            .map(|row| (row.get("database"), row.get("role")));
        let (database, role) = names.unwrap_or_else(|| ("postgres".into(), "postgres".into()));
        Ok(Self {
            database,
            role,
            settings,
            server: shared_server::identifier(client),
        })
    }

    /// SQL that gives the settings to the database `database`, as SQL writes it.
    pub(super) fn settings_sql(&self, database: &str) -> String {
        let set = |(name, value): &(String, String)| {
            // The value of `search_path` is a list as SQL writes it, and an empty one is an empty
            // name.
            let value = match (name.as_str(), value.as_str()) {
                ("search_path", "") => "''".to_owned(),
                ("search_path", list) => list.to_owned(),
                (_, value) => literal(value),
            };
            format!("ALTER DATABASE {database} SET {name} TO {value}")
        };
        self.settings.iter().map(set).collect::<Vec<_>>().join("; ")
    }
}
