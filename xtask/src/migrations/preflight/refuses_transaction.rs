//! Finds statements that PostgreSQL refuses inside a transaction. A migration that holds one says
//! `-- no-transaction` in its first line, so that everybody sees that it can stop half-way.

use super::{CheckedScript, PreflightProblem};
use crate::migrations::sql::{Statement, refuses_transaction};

/// Finds these statements in scripts without the mark.
pub fn check(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    if script.no_transaction {
        return Vec::new();
    }
    let found = script
        .statements
        .iter()
        .filter_map(|statement| Some((statement, refuses_transaction(statement)?)));
    found
        .map(|(statement, command)| explain(script, statement, command))
        .collect()
}

fn explain(
    script: &CheckedScript<'_>,
    statement: &Statement<'_>,
    command: &str,
) -> PreflightProblem {
    let message = format!("`{command}` cannot run in a transaction");
    let why = "a migration runs in one unless it says otherwise";
    let help = "put it into a migration of its own whose first line is `-- no-transaction`";
    script.problem(statement.span, message, why, help)
}

#[cfg(test)]
mod tests {
    use super::super::tests::problems;

    #[test]
    fn statements_that_refuse_transactions_are_refused_without_the_mark() {
        let statements = [
            "create index concurrently i on t (a)",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
            "drop index concurrently if exists i",
            "reindex table concurrently t",
            "reindex (verbose, concurrently) index i",
            "reindex database d",
            "vacuum (full) t",
            "create database d",
            "alter database d set tablespace s",
            "create tablespace s location '/s'",
            "alter system set work_mem = '1GB'",
            "alter table public.t detach partition p concurrently",
            "create subscription s connection 'c' publication p",
            "alter subscription s refresh publication with (copy_data = false)",
            "alter subscription s set publication p",
            "cluster",
        ];
        for statement in statements {
            let found = problems(&format!("select 1;\n  {statement};"));
            assert!(
                found.len() == 1 && found[0].ends_with("cannot run in a transaction"),
                "{statement}: {found:?}"
            );
            assert!(found[0].starts_with("2:3: "), "{found:?}");
            assert_eq!(
                problems(&format!("-- no-transaction\n{statement};")),
                [""; 0],
                "{statement}"
            );
        }
    }

    #[test]
    fn statements_that_only_look_like_them_are_not() {
        let statements = [
            "create index i on t (concurrently)",
            "create index \"concurrently\" on t (a)",
            "refresh materialized view concurrently v",
            "alter table t detach partition p",
            "alter table t detach partition p finalize",
            "create subscription s connection 'c' publication p with (connect = false)",
            "alter subscription s set publication p with (refresh = false)",
            "alter subscription s disable",
            "alter database d set work_mem = '1GB'",
            "analyze t",
            "reindex table t",
            "reindex (concurrently off) table t",
            "cluster t using i",
            "discard temp",
            "create function f() returns void language sql as 'vacuum'",
        ];
        for statement in statements {
            assert_eq!(problems(statement), [""; 0], "{statement}");
        }
    }
}
