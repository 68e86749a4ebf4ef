//! Finds materialized views that lost their rows. A view that the SQL leaves unpopulated
//! (`REFRESH … WITH NO DATA`, or made again `WITH NO DATA`) looks the same in the schema, and every
//! query of it fails.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use postgres::Transaction;

/// The names of the materialized views, and whether each holds rows.
#[derive(Debug, Default)]
pub(super) struct PopulatedViews {
    populated: BTreeSet<String>,
    unpopulated: BTreeSet<String>,
}

const VIEWS: &str = "
    SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relispopulated
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'm' AND n.nspname !~ '^pg_' AND ($1::text[] IS NULL OR n.nspname = ANY ($1))";

impl PopulatedViews {
    /// Reads the names in `namespaces`, or in all.
    pub(super) fn read(
        transaction: &mut Transaction<'_>,
        namespaces: Option<&[String]>,
    ) -> Result<Self> {
        let rows = transaction
            .query(VIEWS, &[&namespaces])
            .context("cannot read which materialized views hold rows")?;
        let mut views = Self::default();
        for row in rows {
            let (name, is_populated) = (row.try_get(0)?, row.try_get(1)?);
            if is_populated {
                views.populated.insert(name)
            } else {
                views.unpopulated.insert(name)
            };
        }
        Ok(views)
    }

    /// Warnings about views that held rows, and hold none now.
    pub(super) fn warnings(&self, now: &Self) -> Vec<String> {
        let emptied = self.populated.intersection(&now.unpopulated);
        let told = |name: &String| {
            format!(
                "the materialized view `{name}` is no longer populated: `REFRESH MATERIALIZED VIEW {name}` fills it"
            )
        };
        emptied.map(told).collect()
    }
}
