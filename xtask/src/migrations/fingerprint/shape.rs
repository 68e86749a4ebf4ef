//! The catalogs that the query of a fingerprint reads: those that the transaction wrote to. A query
//! of all catalogs takes twice as long.

use super::catalogs::{CATALOGS, RELATIONS, TYPES};

/// The kind of a fingerprint's query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// A bit for each of [`CATALOGS`].
    catalogs: u32,
    /// Whether the transaction wrote types that belong to no relation, so that `pg_type` is read as
    /// well.
    types: bool,
}

impl FromIterator<usize> for Shape {
    fn from_iter<T: IntoIterator<Item = usize>>(positions: T) -> Self {
        let catalogs = positions
            .into_iter()
            .fold(0, |catalogs, position| catalogs | 1 << position);
        Self {
            catalogs,
            types: false,
        }
    }
}

/// The columns of [`Shape::query`].
pub(super) const DIGEST: &str = "digest";
/// How many rows of `pg_type` were written that belong to relations, where they are counted.
pub(super) const ROW_TYPES: &str = "row_types";

impl Shape {
    /// The same shape, which also reads `pg_type`.
    pub(super) fn with_types(self) -> Self {
        Self {
            types: true,
            ..self
        }
    }

    /// Whether it reads `pg_type`.
    pub(super) fn has_types(self) -> bool {
        self.types
    }

    /// Its bits as a text that [`Self::parse`] reads.
    pub(super) fn to_text(self) -> String {
        format!("{:x}{}", self.catalogs, if self.types { "t" } else { "" })
    }

    /// Reads the text that [`Self::to_text`] wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let catalogs = text.strip_suffix('t');
        let bits = u32::from_str_radix(catalogs.unwrap_or(text), 16).ok()?;
        // A bit beyond the known catalogs was written by a later version, with which nothing can be
        // compared.
        (bits >> CATALOGS.len() == 0).then_some(Self {
            catalogs: bits,
            types: catalogs.is_some(),
        })
    }

    /// Whether it looks at the catalog at `position`.
    pub(super) fn has(self, position: usize) -> bool {
        self.catalogs & 1 << position != 0
    }

    /// Whether both read the same catalogs, apart from `pg_type`.
    pub(super) fn is_alike(self, other: Self) -> bool {
        self.catalogs == other.catalogs
    }

    /// Returns the name of the shape's query on the server. The name also tells whether the types
    /// of relations are counted.
    pub(super) fn name(self, counted: bool) -> String {
        format!(
            "db_fingerprint_{}{}",
            self.to_text(),
            if counted { "_counted" } else { "" }
        )
    }

    /// The query for a digest of the lines of all rows that this transaction wrote. Rows that
    /// belong to relations are read only for relations that the transaction has locked, as every
    /// DDL does. The exception is SQL that writes to the catalogs by hand: its lock on the catalog
    /// shows, and all relations are read.
    pub(super) fn query(self, counted: bool) -> String {
        let wanted =
            |&(position, _): &(usize, _)| self.has(position) && (position != TYPES || self.types);
        let lines: Vec<_> = CATALOGS
            .iter()
            .enumerate()
            .filter(wanted)
            .map(|(_, catalog)| catalog.lines)
            .collect();
        let lines = if lines.is_empty() {
            "SELECT NULL WHERE false".to_owned()
        } else {
            lines.join("\nUNION ALL\n")
        };
        format!(
            "{CANDIDATES}, lines (line) AS (
                 {}
             )
             SELECT encode(sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\"), ''), 'UTF8')),
                           'hex') AS {DIGEST}{}
             FROM lines",
            lines.replace(RELATIONS, "(SELECT relations FROM candidates)::oid[]"),
            if counted { COUNT_ROW_TYPES } else { "" }
        )
    }
}
/// The relations that the transaction may have changed and that still exist. A query takes only
/// `AccessShareLock`. DDL frees its locks on catalogs at once, so a `RowExclusiveLock` on one that
/// is still held comes from SQL that wrote to it by hand.
const CANDIDATES: &str = "WITH mine AS MATERIALIZED (
    SELECT relation, mode FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'relation' AND mode <> 'AccessShareLock'
), candidates (relations) AS MATERIALIZED (
    SELECT CASE WHEN EXISTS (
               SELECT FROM mine
               WHERE mode = 'RowExclusiveLock'
                 AND relation IN ('pg_class'::regclass, 'pg_attribute'::regclass, 'pg_attrdef'::regclass, 'pg_index'::regclass))
           THEN ARRAY(SELECT oid FROM pg_class
                      WHERE relnamespace <> 'pg_toast'::regnamespace AND relpersistence <> 't')
           ELSE ARRAY(SELECT oid FROM pg_class
                      WHERE oid = ANY (ARRAY(SELECT relation FROM mine WHERE relation >= 16384))
                        AND relnamespace <> 'pg_toast'::regnamespace AND relpersistence <> 't') END
)";

/// Counts the types of relations and of arrays of their rows that were written.
const COUNT_ROW_TYPES: &str = ", (
    SELECT count(*) FROM pg_type
    WHERE age(xmin) <= 0 AND oid = ANY (ARRAY(
        SELECT unnest(ARRAY[row_type.oid, row_type.typarray])
        FROM pg_class JOIN pg_type AS row_type ON row_type.oid = pg_class.reltype
        WHERE pg_class.oid = ANY ((SELECT relations FROM candidates)::oid[])))) AS row_types";
