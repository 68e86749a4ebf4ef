//! How many rows a transaction wrote to each catalog, as PostgreSQL counts them.

use anyhow::{Context as _, Result};

use super::catalogs::{CATALOGS, Catalog, EXTENSIONS, TYPES};
use super::shape::Shape;

/// The name of the column that holds them.
pub(super) const COLUMN: &str = "counters";

/// The query: for each catalog how many rows were written and how many deleted; NULL on a server that does not count.
pub(super) fn query() -> String {
    let counted = |catalog: &Catalog| {
        let count =
            |what| format!("pg_catalog.pg_stat_get_xact_tuples_{what}('pg_catalog.{}'::regclass)", catalog.name);
        format!("{} + {}, {}", count("inserted"), count("updated"), count("deleted"))
    };
    let counts: Vec<_> = CATALOGS.iter().map(counted).collect();
    format!(
        "SELECT CASE WHEN pg_catalog.current_setting('track_counts')::boolean
                THEN pg_catalog.concat_ws(' ', {}) END AS {COLUMN}",
        counts.join(", ")
    )
}

/// Has the server begin with zeros in the next transaction; otherwise it empties the counters only now and then. What was
/// counted in a transaction that was undone stays: then more seems to have been written than was, and nothing matches.
pub(super) const RESET: &str = "SELECT pg_catalog.pg_stat_force_next_flush()";

/// The counters of each catalog.
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
        let numbers: Vec<i64> = answer.split(' ').map(str::parse).collect::<Result<_, _>>().context("no counters")?;
        let counts = numbers.chunks_exact(2).map(|pair| Count { written: pair[0], deleted: pair[1] });
        Ok(Self(counts.collect()))
    }

    /// The catalogs that hold something new.
    pub(super) fn shape(&self) -> Shape {
        self.0.iter().enumerate().filter(|(_, count)| count.written > 0).map(|(position, _)| position).collect()
    }

    /// Whether something was deleted.
    pub(super) fn deleted(&self) -> bool {
        self.0.iter().any(|count| count.deleted > 0)
    }

    /// How many rows of `pg_type` were written.
    pub(super) fn types(&self) -> i64 {
        self.0[TYPES].written
    }

    /// Whether extensions came, went or changed.
    pub(super) fn touched_extensions(&self) -> bool {
        self.0[EXTENSIONS].written + self.0[EXTENSIONS].deleted > 0
    }
}

#[cfg(test)]
mod tests {
    use super::{CATALOGS, Counters, TYPES};

    #[test]
    fn only_what_is_new_is_looked_at() {
        let nothing = Counters::parse(&vec!["0 0"; CATALOGS.len()].join(" ")).unwrap();
        assert!(!nothing.deleted() && !nothing.shape().has(TYPES) && !nothing.touched_extensions());
        let something = Counters::parse(&vec!["4 2"; CATALOGS.len()].join(" ")).unwrap();
        assert!(something.deleted() && something.shape().has(TYPES) && something.touched_extensions());
        assert_eq!(something.types(), 4);
    }
}
