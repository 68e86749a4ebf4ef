//! Reads from the text of some SQL whether it changes rows, and which doubts it leaves. The text
//! does not tell all, since a function may change any row. So the result is never relied on.

use super::{harmless, row_counters};
use crate::migrations::sql::{self, Statement};

/// The first words of statements that change no rows, or only the rows of dropped objects, which
/// are reported separately.
const DEFINITIONS: &[&str] = &[
    "alter", "analyze", "comment", "create", "drop", "grant", "reset", "revoke", "set",
];

/// Whether `text` holds anything that may delete or change rows.
#[must_use]
pub fn may_change_rows(text: &str) -> bool {
    let defines = |one: &Statement<'_>| DEFINITIONS.iter().any(|word| one.cursor().at(word));
    !sql::statements(text).iter().all(defines)
}

/// The doubts that the text of some SQL leaves, about which other evidence decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doubts {
    /// Whether it may make PostgreSQL stop counting rows.
    pub may_stop_counting: bool,
    /// Whether a lock on a foreign table may come from a TRUNCATE.
    pub may_truncate: bool,
    /// Whether it may call functions of the database.
    pub may_call: bool,
}

impl Doubts {
    /// Collects the doubts about `text`. Functions that `text` calls are not seen, and may
    /// truncate. A text that never says `alter` locks a foreign table for no other reason.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let may_call = !harmless::is_harmless(text);
        let text = text.to_ascii_lowercase();
        let may_truncate = text.contains("truncate") || !text.contains("alter");
        Self {
            may_stop_counting: row_counters::may_stop_counting(&text),
            may_truncate,
            may_call,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_change_no_rows() {
        assert!(may_change_rows("ALTER TABLE a DROP b; UPDATE a SET b = 1"));
        assert!(!may_change_rows(
            "ALTER TABLE a DROP b; drop table c; SET x = 1;"
        ));
    }
}
