//! The number of rows that a transaction wrote to each catalog, as PostgreSQL counts them.

use anyhow::{Context as _, Result};

use super::catalogs::{CATALOGS, EXTENSIONS, RARE, TYPES};
use super::shape::Shape;

/// The name of the column that holds the counters.
pub(super) const COLUMN: &str = "counters";

/// The query for the rows that were written to each catalog and those deleted from it; NULL on a
/// server that does not count. It also resets the counters, and evaluates the expressions
/// `settings`, which set parameters.
pub(super) fn query(settings: &str) -> String {
    let counted = |catalog: &str| {
        let count = |what| {
            format!("pg_catalog.pg_stat_get_xact_tuples_{what}('pg_catalog.{catalog}'::regclass)")
        };
        format!(
            "{} + {}, {}",
            count("inserted"),
            count("updated"),
            count("deleted")
        )
    };
    let all = CATALOGS
        .iter()
        .map(|catalog| catalog.name)
        .chain(RARE.iter().copied());
    let counts: Vec<_> = all.map(counted).collect();
    format!(
        "SELECT CASE WHEN pg_catalog.current_setting('track_counts')::boolean
                THEN pg_catalog.concat_ws(' ', {}) END AS {COLUMN}, {RESET}, {settings}",
        counts.join(", ")
    )
}

/// An expression that has the server begin with zeros in the next transaction; otherwise it empties
/// the counters only now and then. The rows of a transaction that was undone stay counted. Then
/// more rows seem to be written than were, and no fingerprint matches.
pub(super) const RESET: &str = "pg_catalog.pg_stat_force_next_flush()";

/// The counters of each catalog, followed by those of the rare ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counters(Vec<Count>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    written: i64,
    deleted: i64,
}

impl Counters {
    /// Reads the answer of [`query`].
    pub(super) fn parse(answer: &str) -> Result<Self> {
        let numbers: Vec<i64> = answer
            .split(' ')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .context("no counters")?;
        let counts = numbers.chunks_exact(2).map(|pair| Count {
            written: pair[0],
            deleted: pair[1],
        });
        Ok(Self(counts.collect()))
    }

    /// The catalogs that hold something new.
    pub(super) fn shape(&self) -> Shape {
        let known = self.0.iter().take(CATALOGS.len()).enumerate();
        known
            .filter(|(_, count)| count.written > 0)
            .map(|(position, _)| position)
            .collect()
    }

    /// Whether something was deleted.
    pub(super) fn deleted(&self) -> bool {
        self.0.iter().any(|count| count.deleted > 0)
    }

    /// How many rows of `pg_type` were written.
    pub(super) fn types(&self) -> i64 {
        self.0[TYPES].written
    }

    /// Whether only a comparison of the whole catalogs will do: extensions or rare objects were
    /// added, removed or changed.
    pub(super) fn has_no_fingerprint(&self) -> bool {
        let rare = self.0.iter().skip(CATALOGS.len());
        rare.chain([&self.0[EXTENSIONS]])
            .any(|count| count.written + count.deleted > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{CATALOGS, Counters, RARE, TYPES};

    #[test]
    fn only_what_is_new_is_looked_at() {
        let nothing = Counters::parse(&vec!["0 0"; CATALOGS.len() + RARE.len()].join(" ")).unwrap();
        assert!(!nothing.deleted() && !nothing.shape().has(TYPES) && !nothing.has_no_fingerprint());
        let something =
            Counters::parse(&vec!["4 2"; CATALOGS.len() + RARE.len()].join(" ")).unwrap();
        assert!(
            something.deleted() && something.shape().has(TYPES) && something.has_no_fingerprint()
        );
        assert_eq!(something.types(), 4);
    }
}
