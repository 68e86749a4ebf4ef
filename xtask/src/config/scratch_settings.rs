//! `scratch-settings`: settings of PostgreSQL with which scratch servers of ours start, for
//! extensions that must be loaded with the server.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

/// The setting that names the libraries.
const LIBRARIES: &str = "shared_preload_libraries";

/// Libraries that a scratch server may load. A library is code, and the configuration may come from
/// a branch that nobody has reviewed yet. These run nothing that a setting names.
const KNOWN_LIBRARIES: &[&str] = &[
    "auto_explain",
    "citus",
    "citus_columnar",
    "pg_hint_plan",
    "pg_stat_statements",
    "pgaudit",
    "timescaledb",
];

/// Settings of the server that such extensions need. They change its sizes, and nothing else.
const SIZES: &[&str] = &["max_prepared_transactions", "max_worker_processes"];

/// Checks the settings, and writes them as the server takes them: `name=value`.
pub(super) fn validated(settings: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let libraries: Vec<&str> = settings
        .get(LIBRARIES)
        .map(|list| list.split(',').map(str::trim).collect())
        .unwrap_or_default();
    for library in &libraries {
        if !KNOWN_LIBRARIES.contains(library) {
            bail!(
                "`scratch-settings.{LIBRARIES}` is `{library}`, which scratch servers do not load; they load {}. For \
                 another one set `SHADOW_DATABASE_URL` to a server that has it",
                KNOWN_LIBRARIES.join(", ")
            )
        }
    }
    for (name, value) in settings {
        let is_of_library = || {
            let owner = name.split_once('.').map(|(owner, _)| owner);
            owner.is_some_and(|owner| libraries.contains(&owner))
        };
        if name != LIBRARIES && !SIZES.contains(&name.as_str()) && !is_of_library() {
            bail!(
                "`scratch-settings` has `{name}`: only `{LIBRARIES}`, {} and the settings of the libraries that it names \
                 (`citus.shard_count`) can be set",
                SIZES
                    .iter()
                    .map(|size| format!("`{size}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        if value.contains(['\0', '\n']) {
            bail!("`scratch-settings.{name}` holds a line break: write one value")
        }
    }
    Ok(settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Vec<String>> {
        let all = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        validated(&all.collect())
    }

    #[test]
    fn known_libraries_and_their_settings_are_taken() {
        let taken = settings(&[
            ("shared_preload_libraries", "citus, pg_stat_statements"),
            ("citus.shard_count", "4"),
            ("max_prepared_transactions", "20"),
        ]);
        let expected = [
            "citus.shard_count=4",
            "max_prepared_transactions=20",
            "shared_preload_libraries=citus, pg_stat_statements",
        ];
        assert_eq!(taken.unwrap(), expected);
    }

    #[test]
    fn settings_that_could_run_code_are_refused() {
        for pair in [
            ("shared_preload_libraries", "/tmp/evil"),
            ("shared_preload_libraries", "plperl"),
            ("archive_command", "rm -rf /"),
            ("plperl.on_init", "system('x')"),
            ("citus.shard_count", "4"),
        ] {
            let error = settings(&[pair]).unwrap_err().to_string();
            assert!(error.contains("scratch-settings"), "{error}");
        }
    }
}
