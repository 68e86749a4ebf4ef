//! Checks that a transaction which needed no audit by its text destroyed nothing. The question is
//! sent along with the row of the history, so that it costs no round trip. It reads the locks that
//! the transaction holds, and looks only at what these are on.

use postgres::SimpleQueryMessage;

use crate::migrations::journal;
use crate::migrations::sql::literal;

/// The name of the column with the answer.
const COLUMN: &str = "may_lose_data";

/// The OIDs of objects of the database begin here; those below are PostgreSQL's own.
const FIRST_OF_DATABASE: u32 = 16384;

/// The question whether rows were deleted or updated, or a table or a column dropped. A dropped
/// table is still locked. A table that is written anew drops the one it is written to. Event triggers
/// may do anything else.
pub(super) fn question(history_table: &str) -> String {
    let own = [history_table.to_owned(), journal::table(history_table)];
    let own: Vec<String> = own
        .iter()
        .map(|name| {
            format!(
                "coalesce(pg_catalog.to_regclass({})::oid, 0::oid)",
                literal(name)
            )
        })
        .collect();
    format!(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D') OR EXISTS (
             SELECT FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
             WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.granted
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
               AND l.relation >= {FIRST_OF_DATABASE} AND l.relation NOT IN ({})
               AND CASE
                   WHEN c.oid IS NULL THEN l.mode = 'AccessExclusiveLock'
                   WHEN c.relkind NOT IN ('r', 'p') OR c.relpersistence = 't' THEN false
                   WHEN l.mode = 'RowExclusiveLock'
                   THEN NOT pg_catalog.current_setting('track_counts')::boolean
                        OR pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) > 0
                        OR pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) > 0
                   WHEN l.mode = 'AccessExclusiveLock'
                   THEN EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                WHERE a.attrelid = c.oid AND a.attisdropped AND pg_catalog.age(a.xmin) <= 0)
                   ELSE false END) AS {COLUMN}",
        own.join(", ")
    )
}

/// Whether the `answer` to [`question`] is yes. No answer counts as yes.
pub(super) fn may_lose_data(answer: &[SimpleQueryMessage]) -> bool {
    let says_no = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            let is_asked = row.columns().iter().any(|column| column.name() == COLUMN);
            is_asked && row.get(COLUMN) == Some("f")
        }
        _other => false,
    };
    !answer.iter().any(says_no)
}
