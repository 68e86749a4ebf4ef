//! Recognises servers that speak PostgreSQL's protocol and are another engine, by what `version()`
//! says. The promises of this tool stand on PostgreSQL itself: a migration that fails leaves
//! nothing behind, one run at a time, and every deleted row is counted.

use anyhow::{Result, bail};

/// An engine on which the promises do not hold.
struct Engine {
    /// The word in `version()`.
    mark: &'static str,
    name: &'static str,
    /// The reason, as the end of a sentence.
    reason: &'static str,
}

const ENGINES: &[Engine] = &[
    Engine {
        mark: "CockroachDB",
        name: "CockroachDB",
        reason: "it changes schemas outside of transactions, so that a migration that fails leaves a part of itself \
            behind, and its advisory locks lock nothing",
    },
    Engine {
        mark: "-YB-",
        name: "YugabyteDB",
        reason: "it changes schemas outside of transactions, so that a migration that fails leaves a part of itself \
            behind",
    },
    Engine {
        mark: "Greenplum",
        name: "Greenplum",
        reason: "its rows lie in other servers, where this tool cannot count those that a migration deletes",
    },
    Engine {
        mark: "Redshift",
        name: "Amazon Redshift",
        reason: "it enforces no keys and has no advisory locks",
    },
    Engine {
        mark: "Materialize",
        name: "Materialize",
        reason: "it changes schemas outside of transactions",
    },
    Engine {
        mark: "RisingWave",
        name: "RisingWave",
        reason: "it changes schemas outside of transactions",
    },
    Engine {
        mark: "QuestDB",
        name: "QuestDB",
        reason: "it changes schemas outside of transactions",
    },
    Engine {
        mark: "CrateDB",
        name: "CrateDB",
        reason: "it has no transactions",
    },
];

/// Refuses a server that is another engine. `version` is its answer to `version()`; `hosts` are the
/// names under which it is reached. `changes_in_transactions` tells whether YugabyteDB was told to
/// run DDL in transactions.
pub(super) fn refuse<'h>(
    version: &str,
    hosts: impl IntoIterator<Item = &'h str>,
    changes_in_transactions: bool,
) -> Result<()> {
    // Aurora DSQL calls itself PostgreSQL, and is known by its address.
    if hosts.into_iter().any(is_dsql) {
        bail!(
            "it is Aurora DSQL, where each statement that changes the schema needs a transaction of its own: a \
             migration that fails would leave a part of itself behind. Use a migrator that is made for it"
        )
    }
    let found = ENGINES.iter().find(|engine| version.contains(engine.mark));
    match found {
        Some(engine) if !(engine.mark == "-YB-" && changes_in_transactions) => bail!(
            "it is {}, not PostgreSQL: {}. Use a migrator that is made for it",
            engine.name,
            engine.reason
        ),
        _ => Ok(()),
    }
}

/// Whether a host is an endpoint of Aurora DSQL: `<cluster>.dsql.us-east-1.on.aws`.
fn is_dsql(host: &str) -> bool {
    host.ends_with(".on.aws") && host.split('.').any(|part| part == "dsql")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_engines_are_refused_with_the_reason() {
        let versions = [
            (
                "CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu, built 2024/05/15)",
                "CockroachDB",
            ),
            (
                "PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang",
                "YugabyteDB",
            ),
            (
                "PostgreSQL 12.12 (Greenplum Database 7.0.0 build commit:abc) on x86_64",
                "Greenplum",
            ),
            (
                "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0.68205",
                "Redshift",
            ),
        ];
        for (version, name) in versions {
            let error = refuse(version, ["db.example.com"], false).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        let transactional = "PostgreSQL 15.2-YB-2.25.2.0-b0 on x86_64-pc-linux-gnu";
        assert!(refuse(transactional, ["yb"], true).is_ok());
        let dsql = refuse("PostgreSQL 16", ["abc.dsql.eu-west-1.on.aws"], false);
        assert!(dsql.unwrap_err().to_string().contains("Aurora DSQL"));
    }

    #[test]
    fn postgresql_is_not_refused() {
        for version in [
            "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc",
            "PostgreSQL 17.2 on aarch64-unknown-linux-gnu, compiled by aarch64-unknown-linux-gnu-gcc",
        ] {
            assert!(refuse(version, ["db.rds.amazonaws.com"], false).is_ok());
        }
    }
}
