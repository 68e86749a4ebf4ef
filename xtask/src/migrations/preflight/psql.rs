//! Refuses text that only psql or another migration tool understands, and text that never ends. The
//! server would refuse it with a syntax error at best. A `COPY … FROM stdin` would leave the
//! connection waiting for data.

use std::collections::BTreeSet;

use super::{CheckedScript, PreflightProblem};
use crate::migrations::sql::{Statement, Token, TokenKind};
use crate::source::Span;

/// Finds psql's commands and placeholders, `COPY` from or to the client, and constructs that never
/// end.
pub fn check(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    let tokens = script
        .tokens
        .iter()
        .filter_map(|token| of_token(script, *token));
    let statements = script
        .statements
        .iter()
        .filter_map(|statement| copy(script, statement));
    tokens
        .chain(statements)
        .chain(placeholders(script))
        .collect()
}

fn of_token(script: &CheckedScript<'_>, token: Token) -> Option<PreflightProblem> {
    match token.kind {
        TokenKind::PsqlCommand => Some(psql_command(script, token)),
        TokenKind::Unterminated(construct) => {
            let start = Span {
                end: token.span.start,
                ..token.span
            };
            let message = format!("this {} never ends", construct.describe());
            Some(script.problem(
                start,
                message,
                "everything after it is part of it",
                "close it",
            ))
        }
        _other => None,
    }
}

/// Finds the placeholders `:name`, `:'name'`, `${name}`: each of them once.
fn placeholders(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    let mut depth = 0_usize;
    let mut known = BTreeSet::new();
    let mut problems = Vec::new();
    for (at, token) in script.tokens.iter().enumerate() {
        match token.kind {
            TokenKind::OpenBracket => depth += 1,
            TokenKind::CloseBracket => depth = depth.saturating_sub(1),
            // A bracket that was never closed must not hide the placeholders of later statements.
            TokenKind::Semicolon => depth = 0,
            TokenKind::Operator | TokenKind::Unknown => {
                let text = placeholder(script, &script.tokens[at..], depth > 0).unwrap_or_default();
                if !text.is_empty() && known.insert(text) {
                    problems.push(explain(script, text, token.span));
                }
            }
            _other => {}
        }
    }
    problems
}

/// Returns the placeholder at the beginning of `tokens`. A `:` by itself means something to
/// PostgreSQL only in slices, `a[1:2]`.
fn placeholder<'a>(
    script: &CheckedScript<'a>,
    tokens: &[Token],
    in_brackets: bool,
) -> Option<&'a str> {
    let (token, name) = (tokens.first()?, tokens.get(1)?);
    let rest = script.text.get(token.span.range().start..)?;
    if rest.starts_with("${") {
        return rest.split_inclusive('}').next();
    }
    let variable = token.text(script.text) == ":" && can_name(name.kind) && !in_brackets;
    variable
        .then(|| rest.get(..(name.span.end - token.span.start) as usize))
        .flatten()
}

/// Whether psql takes a token for the name of a variable: `:name`, `:'name'`, `:"name"`, `:1`. In
/// `://` nothing is named.
fn can_name(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Word | TokenKind::String | TokenKind::QuotedIdentifier | TokenKind::Number
    )
}

fn explain(script: &CheckedScript<'_>, text: &str, span: Span) -> PreflightProblem {
    let why = "psql or another tool would fill it in, and PostgreSQL refuses it";
    script.problem(
        span,
        format!("`{text}` is a placeholder"),
        why,
        "write what it stands for",
    )
}

fn psql_command(script: &CheckedScript<'_>, token: Token) -> PreflightProblem {
    let command = token
        .text(script.text)
        .split_whitespace()
        .next()
        .unwrap_or("\\");
    let why = "only psql knows it, and the server would refuse it";
    script.problem(
        token.span,
        format!("`{command}` is a command of psql"),
        why,
        "remove it",
    )
}

fn copy(script: &CheckedScript<'_>, statement: &Statement<'_>) -> Option<PreflightProblem> {
    let mut cursor = statement.cursor();
    if !cursor.eat("copy") {
        return None;
    }
    if cursor.clone().skip_past(&["from", "stdin"]) {
        let why = "its data can only be sent by a client like psql";
        return Some(script.problem(
            statement.span,
            "`COPY … FROM stdin` in a migration",
            why,
            "write `INSERT`s",
        ));
    }
    let why = "there is nobody to receive the data";
    let writes = cursor.skip_past(&["to", "stdout"]);
    writes.then(|| {
        script.problem(
            statement.span,
            "`COPY … TO stdout` in a migration",
            why,
            "remove it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::problems;

    #[test]
    fn what_only_other_tools_know_is_refused() {
        assert_eq!(
            problems("select 1;\n\\connect db\n"),
            ["2:1: `\\connect` is a command of psql"]
        );
        assert_eq!(
            problems("copy t from stdin;\n1\t\\N\n\\.\n"),
            ["1:1: `COPY … FROM stdin` in a migration"]
        );
        assert_eq!(
            problems("copy t to stdout"),
            ["1:1: `COPY … TO stdout` in a migration"]
        );
        assert_eq!(
            problems("create table ${schema}.t ();"),
            ["1:14: `${schema}` is a placeholder"]
        );
        let variables =
            problems("create table :schema.t (a text default :'b'); drop table :schema.t");
        assert_eq!(
            variables,
            [
                "1:14: `:schema` is a placeholder",
                "1:40: `:'b'` is a placeholder"
            ]
        );
        assert_eq!(
            problems("select a[1:2], (b)[c:d], f(x := 1), '12:30', e::int"),
            [""; 0]
        );
        assert_eq!(
            problems("select https://example.org; select a :, b"),
            [""; 0],
            "wrong, but not for us to say"
        );
        assert_eq!(
            problems("copy t from '/file'; select '${x}', $$ \\d $$; select $1"),
            [""; 0]
        );
    }

    #[test]
    fn what_never_ends_is_refused_where_it_begins() {
        assert_eq!(
            problems("select 1;\nselect 'a;\n\n"),
            ["2:8: this string never ends"]
        );
        assert_eq!(problems("/* /* */"), ["1:1: this comment never ends"]);
        assert_eq!(
            problems("select $a$ b $$"),
            ["1:8: this dollar-quoted string never ends"]
        );
        assert_eq!(problems("select \"a"), ["1:8: this quoted name never ends"]);
    }
}
