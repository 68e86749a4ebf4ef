//! The fleet: many databases with the same migrations, one for each tenant.

use anyhow::{Result, bail};
use serde::Deserialize;

/// How many databases are looked at at once, where nothing else is written. Few enough for a server
/// with PostgreSQL's 100 connections beside its applications.
const PARALLEL: usize = 4;

/// More connections at once help nobody: the tool itself becomes the limit.
const MOST_PARALLEL: usize = 64;

/// The validated configuration of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetConfig {
    /// The source of the list of databases.
    pub source: FleetSource,
    /// The URL of each database, with `{name}` for its name.
    pub url: Option<String>,
    /// How many databases are looked at at once.
    pub parallel: usize,
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
    file: Option<String>,
    query: Option<String>,
    command: Option<String>,
    url: Option<String>,
    parallel: Option<usize>,
}

impl RawFleet {
    pub(super) fn validated(self) -> Result<FleetConfig> {
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
        let parallel = self.parallel.unwrap_or(PARALLEL);
        if !(1..=MOST_PARALLEL).contains(&parallel) {
            bail!("`fleet.parallel` is {parallel}: write a number from 1 to {MOST_PARALLEL}")
        }
        Ok(FleetConfig {
            source,
            url: self.url,
            parallel,
        })
    }
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
        for (text, expected) in [
            ("[fleet]\nurl = 'x'", "names no source"),
            (
                "[fleet]\nfile = 'a'\ncommand = 'b'",
                "names several sources",
            ),
            ("[fleet]\nfile = '../a'", "leaves the monorepo"),
            ("[fleet]\nfile = 'a'\nparallel = 0", "from 1 to 64"),
            ("[fleet]\nfiel = 'a'", "did you mean `file`?"),
        ] {
            let error = format!("{:#}", fleet(text).expect_err("refused"));
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
