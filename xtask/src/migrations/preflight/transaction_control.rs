//! Refuses `COMMIT`, `ROLLBACK` and the like inside a migration. They end the transaction that the
//! migration and its history row share, so that a failure after them leaves it half applied.

use super::{CheckedScript, PreflightProblem, words};
use crate::migrations::sql::Statement;

/// Finds statements that begin or end a transaction. Savepoints stay inside it.
pub fn check(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    let found = script
        .statements
        .iter()
        .filter_map(|statement| Some((statement, command(statement)?)));
    found
        .map(|(statement, command)| explain(script, statement, &command))
        .collect()
}

/// Returns the first words of a statement that begins or ends a transaction, in upper case:
/// `BEGIN`.
#[must_use]
pub fn command(statement: &Statement<'_>) -> Option<String> {
    let mut cursor = statement.cursor();
    if cursor.eat_all(&["start", "transaction"]) || cursor.eat_all(&["prepare", "transaction"]) {
        return Some(words(statement, 2));
    }
    let first = words(statement, 1);
    let begins = cursor.eat("begin") || cursor.eat("end") || cursor.eat("abort");
    let ends = begins || cursor.eat("commit") || cursor.eat("rollback");
    let _noise = cursor.eat("work") || cursor.eat("transaction");
    // `ROLLBACK TO` goes back to a savepoint. `COMMIT PREPARED` ends another transaction and is
    // another problem.
    (ends && !cursor.at("to") && !cursor.at("prepared")).then_some(first)
}

fn explain(
    script: &CheckedScript<'_>,
    statement: &Statement<'_>,
    command: &str,
) -> PreflightProblem {
    let why = if script.no_transaction {
        "each statement is recorded as it is done, which a transaction across them would undo"
    } else {
        "each migration is one transaction with its history row, and this would half-apply it"
    };
    script.problem(
        statement.span,
        format!("`{command}` in a migration"),
        why,
        "remove it",
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::problems;

    #[test]
    fn transactions_inside_a_migration_are_refused() {
        let text = "BEGIN;\nselect 1;\n COMMIT AND CHAIN; end; rollback work; abort; start transaction; \
                    prepare transaction 'a'; begin transaction isolation level serializable; begin work";
        assert_eq!(
            problems(text),
            [
                "1:1: `BEGIN` in a migration",
                "3:2: `COMMIT` in a migration",
                "3:20: `END` in a migration",
                "3:25: `ROLLBACK` in a migration",
                "3:40: `ABORT` in a migration",
                "3:47: `START TRANSACTION` in a migration",
                "3:66: `PREPARE TRANSACTION` in a migration",
                "3:91: `BEGIN` in a migration",
                "3:139: `BEGIN` in a migration",
            ]
        );
    }

    #[test]
    fn the_same_words_elsewhere_are_not() {
        let text = "do $$ begin perform 1; end $$; savepoint a; rollback to a; rollback work to savepoint a; release a;
                    -- commit;\n select 'commit;'; prepare x as select 1; create table t (\"commit\" int);
                    create function f() returns int begin atomic select 1; end;";
        assert_eq!(problems(text), [""; 0]);
    }
}
