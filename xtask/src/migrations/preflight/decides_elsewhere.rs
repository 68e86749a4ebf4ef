//! Refuses `DROP DATABASE`, `COMMIT PREPARED` and `ROLLBACK PREPARED`. They decide about rows that
//! cannot be looked at from here: those of another database, or of a transaction that another
//! session prepared. No transaction takes them back, so that nobody could be asked first.

use super::{CheckedScript, PreflightProblem};
use crate::migrations::sql::{Statement, refuses_transaction};

/// The commands that decide about rows elsewhere.
const COMMANDS: &[&str] = &["DROP DATABASE", "COMMIT PREPARED", "ROLLBACK PREPARED"];

/// Finds statements with these commands.
pub fn check(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    let found = script
        .statements
        .iter()
        .filter_map(|statement| Some((statement, command(statement)?)));
    found
        .map(|(statement, command)| explain(script, statement, command))
        .collect()
}

/// Returns the command, if it is one of these.
#[must_use]
pub fn command(statement: &Statement<'_>) -> Option<&'static str> {
    refuses_transaction(statement).filter(|command| COMMANDS.contains(command))
}

fn explain(
    script: &CheckedScript<'_>,
    statement: &Statement<'_>,
    command: &str,
) -> PreflightProblem {
    let message = format!("`{command}` in a migration");
    let why = "what is lost with it is not seen from here, and nothing takes it back";
    script.problem(
        statement.span,
        message,
        why,
        "remove it, and run it by hand where it is meant",
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::problems;

    #[test]
    fn what_decides_elsewhere_is_refused() {
        for (statement, command) in [
            ("drop database if exists d", "DROP DATABASE"),
            ("commit prepared 'x'", "COMMIT PREPARED"),
            ("rollback prepared 'x'", "ROLLBACK PREPARED"),
        ] {
            let found = problems(&format!("-- no-transaction\n{statement};"));
            assert_eq!(found, [format!("2:1: `{command}` in a migration")]);
        }
        assert_eq!(
            problems("-- no-transaction\ncreate database d; vacuum;"),
            [""; 0]
        );
    }
}
