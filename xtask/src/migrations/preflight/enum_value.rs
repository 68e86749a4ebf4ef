//! Refuses the use of a new enum value in the transaction that adds it: PostgreSQL refuses that
//! ("unsafe use of new value"). Only uses that name the type beside the value are certain enough;
//! the replay finds the others.

use super::{CheckedScript, PreflightProblem};
use crate::migrations::sql::{Statement, TokenKind};
use crate::source::Span;

/// Finds certain uses after an `ALTER TYPE … ADD VALUE`. A type that the same migration creates may
/// be used at once.
pub fn check(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    if script.no_transaction {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (at, statement) in script.statements.iter().enumerate() {
        let Some(added) = added_value(statement) else {
            continue;
        };
        let (before, after) = (&script.statements[..at], &script.statements[at + 1..]);
        if before
            .iter()
            .any(|earlier| creates(earlier, &added.type_name))
        {
            continue;
        }
        problems.extend(
            after
                .iter()
                .filter_map(|later| Some(explain(script, use_of(later, &added)?, &added))),
        );
    }
    problems
}

struct Added {
    type_name: String,
    /// With its quotes.
    value: String,
}

/// `ALTER TYPE t ADD VALUE [IF NOT EXISTS] 'v'`
fn added_value(statement: &Statement<'_>) -> Option<Added> {
    let mut cursor = statement.cursor();
    let type_name = cursor
        .eat_all(&["alter", "type"])
        .then(|| cursor.qualified().pop())
        .flatten()?
        .name;
    let adds = cursor.eat_all(&["add", "value"]);
    cursor.eat_all(&["if", "not", "exists"]);
    let value = cursor
        .next()
        .filter(|token| adds && token.kind == TokenKind::String)?;
    Some(Added {
        type_name,
        value: value.text(statement.source).to_owned(),
    })
}

fn creates(statement: &Statement<'_>, type_name: &str) -> bool {
    let mut cursor = statement.cursor();
    cursor.eat_all(&["create", "type"])
        && cursor
            .qualified()
            .pop()
            .is_some_and(|name| name.name == type_name)
}

/// Returns the place where the statement uses the value, if it names the type too.
fn use_of(statement: &Statement<'_>, added: &Added) -> Option<Span> {
    let mut cursor = statement.cursor();
    // A comment only contains the text, and `ADD VALUE 'b' AFTER 'a'` only names the place.
    if cursor.at("comment") || cursor.at_all(&["alter", "type"]) {
        return None;
    }
    let value = statement
        .tokens
        .iter()
        .find(|token| token.text(statement.source) == added.value)?;
    let names_type = loop {
        match cursor.identifier() {
            Some(name) if name.name == added.type_name => break true,
            Some(_) => {}
            None if cursor.next().is_none() => break false,
            None => {}
        }
    };
    names_type.then_some(value.span)
}

fn explain(script: &CheckedScript<'_>, span: Span, added: &Added) -> PreflightProblem {
    let message = format!(
        "{} is used in the migration that adds it to `{}`",
        added.value, added.type_name
    );
    let why = "PostgreSQL refuses a new enum value until it is committed";
    script.problem(span, message, why, "move the use to the next migration")
}

#[cfg(test)]
mod tests {
    use super::super::tests::problems;

    #[test]
    fn a_new_value_is_not_used_before_it_is_committed() {
        let text = "alter type public.role add value if not exists 'mod';\nupdate users set role = 'mod'::role;";
        assert_eq!(
            problems(text),
            ["2:25: 'mod' is used in the migration that adds it to `role`"]
        );
        let text =
            "alter type role add value 'mod';\nalter table t add column r role default 'mod';";
        assert_eq!(problems(text).len(), 1);
    }

    #[test]
    fn uses_that_are_allowed_or_uncertain_pass() {
        for text in [
            "create type role as enum ('a'); alter type role add value 'mod'; update u set r = 'mod'::role;",
            "alter type role add value 'mod'; insert into logs values ('mod');",
            "alter type role add value 'mod'; alter type role add value 'x' after 'mod';",
            "alter type role add value 'mod'; comment on type role is 'mod';",
            "alter type role rename value 'mod' to 'x'; update u set r = 'x'::role;",
            "-- no-transaction\nalter type role add value 'mod';\nupdate users set role = 'mod'::role;",
        ] {
            assert_eq!(problems(text), [""; 0], "{text}");
        }
    }
}
