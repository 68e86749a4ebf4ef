//! Refuses a down file without a statement: it would "undo" the migration by doing nothing. Where
//! nothing can be done, the file says so and why: `-- irreversible: <why>`.

use super::{CheckedScript, PreflightProblem};
use crate::migrations::sql::{self, Token, TokenKind};

const MARK: &str = "irreversible:";

/// Returns the reason that the down file `text` gives for having no way back, if it gives one.
#[must_use]
pub fn reason(text: &str) -> Option<String> {
    mark(text, &sql::tokens(text)).map(|(_, reason)| reason.to_owned())
}

fn mark<'a>(text: &'a str, tokens: &[Token]) -> Option<(Token, &'a str)> {
    let comments = tokens
        .iter()
        .filter(|token| token.kind == TokenKind::LineComment);
    let mut marked = comments.filter_map(|token| {
        let words = token.text(text).trim_start_matches('-').trim();
        let prefix = words
            .get(..MARK.len())
            .filter(|prefix| prefix.eq_ignore_ascii_case(MARK))?;
        Some((*token, words[prefix.len()..].trim()))
    });
    marked.next()
}

/// Finds down files with neither statements nor a reason, and those with both.
pub fn check(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    let problem = match (mark(script.text, &script.tokens), script.statements.first()) {
        (None, Some(_)) => None,
        (None, None) => Some(empty(script)),
        (Some((token, "" | "<why>")), None) => Some(script.problem(
            token.span,
            "`-- irreversible:` without a reason",
            "whoever is on call needs to know what is lost",
            "write why: `-- irreversible: the old values are gone`",
        )),
        (Some(_), None) => None,
        (Some((token, _)), Some(_)) => Some(script.problem(
            token.span,
            "`-- irreversible:` stands beside statements",
            "the file says both that it can undo the migration and that it cannot",
            "remove one of them",
        )),
    };
    problem.into_iter().collect()
}

fn empty(script: &CheckedScript<'_>) -> PreflightProblem {
    let why = "a rollback would record the migration as undone and change nothing";
    let help = "write the statements that undo it, or `-- irreversible: <why>`";
    script.problem(
        crate::source::Span::default(),
        "the down file holds no statement",
        why,
        help,
    )
}

#[cfg(test)]
mod tests {
    use super::super::FileDirection;
    use super::super::tests::problems_of;
    use super::reason;

    fn problems(text: &str) -> Vec<String> {
        problems_of(text, FileDirection::Down)
    }

    #[test]
    fn a_down_file_undoes_or_says_why_not() {
        assert_eq!(problems("drop table t;"), [""; 0]);
        assert_eq!(
            problems("-- what was there is gone\n-- irreversible: the old values are gone\n"),
            [""; 0]
        );
        assert_eq!(
            problems("-- nothing\n/* yet */ ;"),
            ["1:1: the down file holds no statement"]
        );
        assert_eq!(problems(""), ["1:1: the down file holds no statement"]);
        assert_eq!(
            problems("-- x\n-- irreversible: "),
            ["2:1: `-- irreversible:` without a reason"]
        );
        assert_eq!(
            problems("-- irreversible: <why>"),
            ["1:1: `-- irreversible:` without a reason"]
        );
        let both = problems("drop table t;\n-- irreversible: lost");
        assert_eq!(both, ["2:1: `-- irreversible:` stands beside statements"]);
    }

    #[test]
    fn the_reason_is_what_follows_the_colon() {
        assert_eq!(
            reason("--Irreversible:  it is gone "),
            Some("it is gone".into())
        );
        assert_eq!(reason("-- write `-- irreversible: <why>` here"), None);
        assert_eq!(reason("select '-- irreversible: x'"), None);
    }
}
