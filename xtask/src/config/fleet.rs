//! The fleet: many databases with the same migrations, one for each tenant.

use anyhow::{Result, bail};
use serde::Deserialize;

/// How many databases are looked at at once, where nothing else is written. Few enough for a server
/// with PostgreSQL's 100 connections beside its applications.
const PARALLEL: usize = 4;

/// One database that is too busy for a migration says little about the others; three of them do.
const LOCK_TIMEOUTS: usize = 2;

/// More connections at once help nobody: the tool itself becomes the limit.
const MOST_PARALLEL: usize = 64;

/// The validated configuration of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetConfig {
    /// The source of the list of databases.
    pub source: FleetSource,
    /// The URL of each database, with `{name}` for its name.
    pub url: Option<String>,
    /// Whether each tenant has a database or a schema.
    pub mode: FleetMode,
    /// The number of databases that are worked on at once.
    pub parallel: usize,
    /// The number of those that are on one server.
    pub parallel_per_server: usize,
    /// The waves, and the limits of failures.
    pub rollout: Rollout,
}

/// The place of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetMode {
    /// A database.
    Database,
    /// A schema (namespace) in a database that several tenants share. Its name is made of this, with
    /// `{name}` for the tenant's.
    Schema(String),
}

/// The order in which databases are migrated, and when to stop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rollout {
    /// The label of the databases of the first wave.
    pub canaries: Option<String>,
    /// The percentages of the databases that are done after each of the next waves. The rest is
    /// the last wave.
    pub waves: Vec<u32>,
    /// The seconds to wait after each wave.
    pub pause: u64,
    /// The number of databases that may fail before no other one begins.
    pub max_failures: usize,
    /// The number of those that may fail besides, because they do not get their locks.
    pub max_lock_timeouts: usize,
}

/// The source of a list of databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetSource {
    /// A file, relative to the root.
    File(String),
    /// A query on the database that the command line names.
    Query(String),
    /// A command of the monorepo's own, which prints the list.
    Command(String),
}

/// The section as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawFleet {
    mode: Option<String>,
    schema: Option<String>,
    file: Option<String>,
    query: Option<String>,
    command: Option<String>,
    url: Option<String>,
    parallel: Option<usize>,
    parallel_per_server: Option<usize>,
    canaries: Option<String>,
    waves: Vec<String>,
    pause: u64,
    max_failures: usize,
    max_lock_timeouts: Option<usize>,
}

impl RawFleet {
    pub(super) fn validated(self) -> Result<FleetConfig> {
        let mode = mode(self.mode.as_deref(), self.schema)?;
        let source = match (self.file, self.query, self.command) {
            (Some(file), None, None) => {
                super::stay_inside("fleet.file", &file)?;
                FleetSource::File(file)
            }
            (None, Some(query), None) => FleetSource::Query(query),
            (None, None, Some(command)) => FleetSource::Command(command),
            (None, None, None) => bail!(
                "`fleet` names no source of its databases: write `file`, `query` or `command`"
            ),
            _several => bail!(
                "`fleet` names several sources of its databases: keep one of `file`, `query` and `command`"
            ),
        };
        let parallel = at_once("parallel", self.parallel.unwrap_or(PARALLEL))?;
        let parallel_per_server = at_once(
            "parallel-per-server",
            self.parallel_per_server.unwrap_or(parallel),
        )?;
        Ok(FleetConfig {
            source,
            url: self.url,
            mode,
            parallel,
            parallel_per_server,
            rollout: Rollout {
                canaries: self.canaries,
                waves: percentages(&self.waves)?,
                pause: self.pause,
                max_failures: self.max_failures,
                max_lock_timeouts: self.max_lock_timeouts.unwrap_or(LOCK_TIMEOUTS),
            },
        })
    }
}

fn mode(mode: Option<&str>, schema: Option<String>) -> Result<FleetMode> {
    match (mode, schema) {
        (None | Some("database"), None) => Ok(FleetMode::Database),
        (None | Some("database"), Some(_)) => bail!(
            "`fleet.schema` names the schema of each tenant, which only a fleet with `mode = \"schema\"` has"
        ),
        (Some("schema"), schema) => {
            let schema = schema.unwrap_or_else(|| "{name}".to_owned());
            if !schema.contains("{name}") {
                bail!(
                    "`fleet.schema` is `{schema}`, without `{{name}}`, so that all tenants would share one schema: write \
                     the name where it belongs, `tenant_{{name}}`"
                )
            }
            Ok(FleetMode::Schema(schema))
        }
        (Some(other), _) => {
            bail!("`fleet.mode` is `{other}`: write `database` or `schema`, or leave it out")
        }
    }
}

fn at_once(key: &str, number: usize) -> Result<usize> {
    if !(1..=MOST_PARALLEL).contains(&number) {
        bail!("`fleet.{key}` is {number}: write a number from 1 to {MOST_PARALLEL}")
    }
    Ok(number)
}

/// Reads `["10%", "50%"]`, which must grow: each says how much is done after its wave.
fn percentages(written: &[String]) -> Result<Vec<u32>> {
    let mut before = 0;
    let mut percentages = Vec::new();
    for text in written {
        let number = text.strip_suffix('%').and_then(|text| text.parse().ok());
        let Some(percentage) = number.filter(|number| (1..=100).contains(number)) else {
            bail!("`fleet.waves` holds `{text}`: write percentages, `[\"10%\", \"50%\"]`")
        };
        if percentage <= before {
            bail!(
                "`fleet.waves` holds `{text}` after `{before}%`: each says how much of the fleet is done after its \
                 wave, so that they grow"
            )
        }
        before = percentage;
        percentages.push(percentage);
    }
    Ok(percentages)
}

#[cfg(test)]
mod tests {
    use super::super::{Config, raw};
    use super::*;

    fn fleet(text: &str) -> Result<Option<FleetConfig>> {
        Ok(Config::validate(raw::parse(text, raw::Section::Whole)?)?.fleet)
    }

    #[test]
    fn a_fleet_has_one_source() {
        let read = fleet("[fleet]\nfile = 'tenants.txt'\nurl = 'postgresql://h/{name}'");
        let read = read.expect("valid").expect("a fleet");
        assert_eq!(read.source, FleetSource::File("tenants.txt".into()));
        assert_eq!(read.parallel, 4);
        assert_eq!(fleet("").expect("valid"), None);
        let mode = |keys: &str| {
            let read = fleet(&format!("[fleet]\nfile = 'a'\n{keys}"));
            read.expect("valid").expect("a fleet").mode
        };
        let schema = |text: &str| FleetMode::Schema(text.to_owned());
        assert_eq!(mode(""), FleetMode::Database);
        assert_eq!(mode("mode = 'schema'"), schema("{name}"));
        assert_eq!(
            mode("mode = 'schema'\nschema = 't_{name}'"),
            schema("t_{name}")
        );
        for (text, expected) in [
            ("[fleet]\nurl = 'x'", "names no source"),
            (
                "[fleet]\nfile = 'a'\ncommand = 'b'",
                "names several sources",
            ),
            ("[fleet]\nfile = '../a'", "leaves the monorepo"),
            ("[fleet]\nfile = 'a'\nparallel = 0", "from 1 to 64"),
            ("[fleet]\nfile = 'a'\nwaves = ['10']", "write percentages"),
            (
                "[fleet]\nfile = 'a'\nwaves = ['50%', '10%']",
                "so that they grow",
            ),
            (
                "[fleet]\nfile = 'a'\nmode = 'table'",
                "write `database` or `schema`",
            ),
            (
                "[fleet]\nfile = 'a'\nschema = '{name}'",
                "only a fleet with",
            ),
            (
                "[fleet]\nfile = 'a'\nmode = 'schema'\nschema = 'app'",
                "without `{name}`",
            ),
            ("[fleet]\nfiel = 'a'", "did you mean `file`?"),
        ] {
            let error = format!("{:#}", fleet(text).expect_err("refused"));
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
