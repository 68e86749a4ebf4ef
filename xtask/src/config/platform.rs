//! The platform that runs the database in production. It makes roles, PostgreSQL schemas and
//! extensions of its own, on which migrations build.

use serde::Deserialize;

use super::Layout;

/// A platform whose own objects this tool knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// PostgreSQL alone.
    #[default]
    None,
    /// Supabase, with `auth`, `storage`, `realtime` and the roles of its API.
    Supabase,
}

/// The PostgreSQL schemas that Supabase and its extensions make.
const OF_SUPABASE: &[&str] = &[
    "_analytics",
    "_realtime",
    "auth",
    "cron",
    "extensions",
    "graphql",
    "graphql_public",
    "net",
    "pgbouncer",
    "pgmq",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "realtime",
    "storage",
    "supabase_functions",
    "supabase_migrations",
    "vault",
];

/// The roles that Supabase makes.
const ROLES: &[&str] = &[
    "anon",
    "authenticated",
    "authenticator",
    "dashboard_user",
    "service_role",
    "supabase_admin",
    "supabase_auth_admin",
    "supabase_functions_admin",
    "supabase_read_only_user",
    "supabase_realtime_admin",
    "supabase_storage_admin",
];

/// The extensions that every project of Supabase has from its beginning.
const INSTALLED: &[&str] = &["pgcrypto", "uuid-ossp", "pg_stat_statements"];

/// The extensions of Supabase that do work beside the data, or for which a few functions on scratch
/// stand in. No column has a type of theirs, so that a schema can be read without them. Most are on no other
/// server, and some only run in one database of a server.
const STOOD_IN_FOR: &[&str] = &[
    "hypopg",
    "index_advisor",
    "pg_cron",
    "pg_graphql",
    "pg_jsonschema",
    "pg_net",
    "pg_repack",
    "pg_stat_monitor",
    "pg_tle",
    "pgaudit",
    "pgjwt",
    "pgmq",
    "pgsodium",
    "pgtap",
    "plpgsql_check",
    "supabase_vault",
];

impl Platform {
    /// The platform where the configuration names none. The layout of Supabase says it, unless the
    /// team makes the platform's objects on scratch itself.
    pub(super) fn of(layout: Option<Layout>, scratch_setup: &[String]) -> Self {
        if layout == Some(Layout::Supabase) && scratch_setup.is_empty() {
            Self::Supabase
        } else {
            Self::None
        }
    }

    /// The PostgreSQL schemas that belong to the platform.
    #[must_use]
    pub fn namespaces(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Supabase => OF_SUPABASE,
        }
    }

    /// The roles that belong to the platform.
    #[must_use]
    pub fn roles(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Supabase => ROLES,
        }
    }

    /// The publications that belong to the platform. Its console adds tables to them, too.
    #[must_use]
    pub fn publications(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Supabase => &[
                "supabase_realtime",
                "supabase_realtime_messages_publication",
            ],
        }
    }

    /// The extensions that belong to the platform.
    pub fn extensions(self) -> impl Iterator<Item = &'static str> {
        let (installed, stood_in_for) = match self {
            Self::None => (&[][..], &[][..]),
            Self::Supabase => (INSTALLED, STOOD_IN_FOR),
        };
        installed.iter().chain(stood_in_for).copied()
    }

    /// Whether what [`Platform::setup`] makes stands in for an extension, so that it need not be there.
    #[must_use]
    pub fn stands_in_for(self, extension: &str) -> bool {
        self == Self::Supabase && STOOD_IN_FOR.contains(&extension)
    }

    /// The file that makes the platform's objects on scratch databases, and its text.
    #[must_use]
    pub fn setup(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::None => None,
            Self::Supabase => Some((
                "what Supabase makes (`platform`)",
                include_str!("platform/supabase.sql"),
            )),
        }
    }

    /// `named` by the configuration, with those of the platform.
    pub(super) fn with(
        named: Vec<String>,
        own: impl IntoIterator<Item = &'static str>,
    ) -> Vec<String> {
        let mut all = named;
        for name in own {
            if !all.iter().any(|known| known == name) {
                all.push(name.to_owned());
            }
        }
        all
    }
}
