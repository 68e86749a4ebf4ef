//! Finds marks `-- no-transaction` that do not count. Only the first line counts, and with a mark
//! elsewhere the file would run in another way than its author thinks.

use super::{CheckedScript, PreflightProblem};
use crate::migrations::sql::TokenKind;

/// Finds marks that are written otherwise or elsewhere.
pub fn check(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    let comments = script
        .tokens
        .iter()
        .filter(|token| token.kind == TokenKind::LineComment);
    let meant = comments.filter(|token| token.span.start > 0 || !script.no_transaction);
    let meant = meant.filter(|token| resembles_mark(token.text(script.text)));
    meant.map(|token| explain(script, token.span)).collect()
}

fn explain(script: &CheckedScript<'_>, span: crate::source::Span) -> PreflightProblem {
    if script.no_transaction {
        let why = "the first line already says so";
        return script.problem(
            span,
            "`-- no-transaction` stands here again",
            why,
            "remove it",
        );
    }
    let message =
        "this looks like `-- no-transaction`, but is not the file's first line written so";
    let why = "the migration would run in a transaction";
    script.problem(
        span,
        message,
        why,
        "make the first line exactly `-- no-transaction`",
    )
}

/// `--no-transaction`, `-- NO TRANSACTION`, `-- no_transaction:`…
fn resembles_mark(comment: &str) -> bool {
    let letters = comment
        .chars()
        .filter(|character| character.is_alphanumeric());
    letters
        .collect::<String>()
        .eq_ignore_ascii_case("notransaction")
}

#[cfg(test)]
mod tests {
    use super::super::tests::problems;

    const WRONG: &str =
        "this looks like `-- no-transaction`, but is not the file's first line written so";

    #[test]
    fn the_mark_counts_in_the_first_line_only() {
        assert_eq!(problems("-- no-transaction\nvacuum;"), [""; 0]);
        assert_eq!(problems("-- no-transaction  \nselect 1;"), [""; 0]);
        assert_eq!(
            problems("\n-- no-transaction\nselect 1;"),
            [format!("2:1: {WRONG}")]
        );
        assert_eq!(
            problems("--NO TRANSACTION\nselect 1;"),
            [format!("1:1: {WRONG}")]
        );
        assert_eq!(
            problems("-- no transaction is needed here\nselect 1;"),
            [""; 0]
        );
        let twice = problems("-- no-transaction\n-- no-transaction\nvacuum;");
        assert_eq!(twice, ["2:1: `-- no-transaction` stands here again"]);
    }
}
