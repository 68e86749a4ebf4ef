//! Where sequences stand. A number that was handed out is no row, but it is handed out again after a sequence was dropped or
//! set back.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::Transaction;

/// The last value of each sequence that belongs to no column, by its OID; those that never gave one are left out.
#[derive(Debug, Default)]
pub(super) struct SequencePositions(BTreeMap<u32, (String, i64, bool)>);

const POSITIONS: &str = "
    SELECT c.oid, q.seqincrement > 0 AS ascends, pg_catalog.pg_sequence_last_value(c.oid) AS position,
           CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name
    FROM pg_catalog.pg_sequence q
    JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_'
      AND CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE') END
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.refobjsubid > 0
                        AND d.deptype IN ('a', 'i'))
    ORDER BY c.oid";

impl SequencePositions {
    /// Reads them.
    pub(super) fn read(transaction: &mut Transaction<'_>) -> Result<Self> {
        let rows = transaction.query(POSITIONS, &[]).context("cannot read where the sequences stand")?;
        let mut positions = BTreeMap::new();
        for row in rows {
            if let Some(position) = row.try_get::<_, Option<i64>>("position")? {
                positions.insert(row.try_get("oid")?, (row.try_get("name")?, position, row.try_get("ascends")?));
            }
        }
        Ok(Self(positions))
    }

    /// What a person should know of those that hand out again, at `later`, what they have handed out.
    pub(super) fn set_back(&self, later: &Self) -> Vec<String> {
        let told = |(oid, (name, position, ascends)): (&u32, &(String, i64, bool))| match later.0.get(oid) {
            None => Some(format!("the sequence `{name}` stood at {position}, and is gone or begins anew")),
            Some((_, now, _)) if (now < position) == *ascends && now != position => {
                Some(format!("the sequence `{name}` stood at {position}, and stands at {now}"))
            }
            Some(_) => None,
        };
        self.0.iter().filter_map(told).collect()
    }
}
