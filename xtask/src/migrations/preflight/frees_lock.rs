//! Refuses `DISCARD ALL` and `pg_advisory_unlock_all()`. They free the lock of the database in the
//! middle of a run: another run would begin with the same migration.

use super::{CheckedScript, PreflightProblem};
use crate::migrations::sql::{Statement, TokenKind};

/// Finds statements that free all advisory locks of the session.
pub fn check(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    let found = script
        .statements
        .iter()
        .filter_map(|statement| Some((statement, freeing(statement)?)));
    found
        .map(|(statement, what)| explain(script, statement, what))
        .collect()
}

fn freeing(statement: &Statement<'_>) -> Option<&'static str> {
    if statement.cursor().eat_all(&["discard", "all"]) {
        return Some("DISCARD ALL");
    }
    let mut words = statement
        .tokens
        .iter()
        .filter(|token| token.kind == TokenKind::Word);
    let calls = words.any(|token| {
        token
            .text(statement.source)
            .eq_ignore_ascii_case("pg_advisory_unlock_all")
    });
    calls.then_some("pg_advisory_unlock_all()")
}

fn explain(script: &CheckedScript<'_>, statement: &Statement<'_>, what: &str) -> PreflightProblem {
    let message = format!("`{what}` frees the lock that keeps others from migrating meanwhile");
    let why = "another run would begin with this migration before it is done";
    script.problem(
        statement.span,
        message,
        why,
        "remove it: each migration begins in a fresh session anyway",
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::problems;

    #[test]
    fn what_frees_the_lock_is_refused_with_and_without_a_transaction() {
        for statement in ["DISCARD ALL", "SELECT pg_catalog.pg_advisory_unlock_all()"] {
            let found = problems(&format!("-- no-transaction\nselect 1;\n{statement};"));
            assert!(
                found.len() == 1
                    && found[0].starts_with("3:1: ")
                    && found[0].contains("frees the lock"),
                "{found:?}"
            );
        }
        assert_eq!(
            problems("select pg_advisory_unlock(1); select 'pg_advisory_unlock_all';"),
            [""; 0]
        );
        assert_eq!(problems("-- no-transaction\ndiscard temp;"), [""; 0]);
    }
}
