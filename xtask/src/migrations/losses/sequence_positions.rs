//! The positions of sequences. A number that was handed out is no row, but it is handed out again
//! after a sequence was dropped or set back.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::Transaction;

/// The last value of each sequence that gave one, by its OID.
#[derive(Debug, Default)]
pub(super) struct SequencePositions(BTreeMap<u32, Position>);

#[derive(Debug)]
struct Position {
    name: String,
    value: LostPosition,
    /// The table and the number of the column that it belongs to.
    column: Option<(u32, i32)>,
}

/// The earlier position of a sequence that hands out the same numbers again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LostPosition {
    /// Its name as SQL writes it.
    pub quoted: String,
    pub position: i64,
    pub ascends: bool,
}

// CASE keeps `has_sequence_privilege` from relations that are no sequences, for which it fails:
// PostgreSQL may evaluate it before the join. `a` is the dependency of a `serial` column, `i` that
// of an identity column.
const POSITIONS: &str = "
    SELECT c.oid, q.seqincrement > 0 AS ascends, pg_catalog.pg_sequence_last_value(c.oid) AS position,
           CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name,
           pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS quoted,
           d.refobjid AS in_table, d.refobjsubid AS column
    FROM pg_catalog.pg_sequence q
    JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    WHERE n.nspname !~ '^pg_' AND ($1::text[] IS NULL OR n.nspname = ANY ($1))
      AND CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE') END
    ORDER BY c.oid";

/// The columns that still exist, among those that own sequences.
const COLUMNS: &str = "
    SELECT a.attrelid, a.attnum::int FROM pg_catalog.pg_attribute a
    JOIN unnest($1::oid[], $2::int[]) AS c (in_table, number) ON a.attrelid = c.in_table AND a.attnum = c.number
    WHERE NOT a.attisdropped";

impl SequencePositions {
    /// Reads the positions in `namespaces`, or in all.
    pub(super) fn read(
        transaction: &mut Transaction<'_>,
        namespaces: Option<&[String]>,
    ) -> Result<Self> {
        let rows = transaction
            .query(POSITIONS, &[&namespaces])
            .context("cannot read where the sequences stand")?;
        let mut positions = BTreeMap::new();
        for row in rows {
            let Some(position) = row.try_get::<_, Option<i64>>("position")? else {
                continue;
            };
            let (table, column): (Option<u32>, Option<i32>) =
                (row.try_get("in_table")?, row.try_get("column")?);
            let value = LostPosition {
                quoted: row.try_get("quoted")?,
                position,
                ascends: row.try_get("ascends")?,
            };
            let position = Position {
                name: row.try_get("name")?,
                value,
                column: table.zip(column),
            };
            positions.insert(row.try_get("oid")?, position);
        }
        Ok(Self(positions))
    }

    /// The earlier positions of sequences that hand out the same numbers again.
    pub(super) fn lost(&self, now: &Self) -> Vec<LostPosition> {
        self.set_back(now)
            .map(|(_, before, _)| before.value.clone())
            .collect()
    }

    /// Warnings about sequences that were set back. A sequence that went with its table or column
    /// is left out: the loss of that is reported.
    pub(super) fn warnings(
        &self,
        transaction: &mut Transaction<'_>,
        now: &Self,
    ) -> Result<Vec<String>> {
        let set_back: Vec<_> = self.set_back(now).collect();
        if set_back.is_empty() {
            return Ok(Vec::new());
        }
        let (tables, columns): (Vec<u32>, Vec<i32>) =
            self.0.values().filter_map(|one| one.column).unzip();
        let rows = transaction.query(COLUMNS, &[&tables, &columns]);
        let rows = rows.context("cannot read which columns sequences belong to")?;
        let mut there: Vec<(u32, i32)> = Vec::new();
        for row in rows {
            there.push((row.try_get(0)?, row.try_get(1)?));
        }
        let is_told =
            |before: &Position| before.column.is_none_or(|column| there.contains(&column));
        let told = set_back
            .into_iter()
            .filter(|(_, before, _)| is_told(before));
        Ok(told.map(|(_, before, now)| before.told(now)).collect())
    }

    fn set_back<'p>(
        &'p self,
        now: &'p Self,
    ) -> impl Iterator<Item = (u32, &'p Position, Option<&'p Position>)> {
        let all = self
            .0
            .iter()
            .map(|(oid, before)| (*oid, before, now.0.get(oid)));
        // A sequence is known by its OID. One that was dropped counts as set back, even where a new
        // one has its name.
        all.filter(|(_, before, now)| now.is_none_or(|now| before.is_after(now)))
    }
}

impl Position {
    fn is_after(&self, now: &Self) -> bool {
        let (before, now) = (self.value.position, now.value.position);
        before != now && (now < before) == self.value.ascends
    }

    fn told(&self, now: Option<&Self>) -> String {
        let Self { name, value, .. } = self;
        match now {
            None => format!(
                "the sequence `{name}` stood at {}, and is gone or begins anew",
                value.position
            ),
            Some(now) => {
                format!(
                    "the sequence `{name}` stood at {}, and stands at {}",
                    value.position, now.value.position
                )
            }
        }
    }
}
