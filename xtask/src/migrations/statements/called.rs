//! The functions that a statement calls while it runs. A definition that only names one calls it later:
//! a trigger, a view, the default of a column that is there.

use super::super::sql;
use super::{Effect, Expression, ParsedStatement, TableAction, queries};

/// Statements whose expressions are evaluated at once, by their first words.
const EVALUATED: &[&[&str]] = &[
    &["select"],
    &["with"],
    &["values"],
    &["insert"],
    &["update"],
    &["delete"],
    &["merge"],
    &["explain"],
    &["declare"],
    &["copy"],
    &["alter", "domain"],
    &["create", "materialized", "view"],
];

/// Returns the names of the functions that `statement` of `text` calls, without their schemas and
/// without those that are known to write nothing.
#[must_use]
pub fn called(statement: &ParsedStatement, text: &str) -> Vec<String> {
    let whole = text.get(statement.span.range()).unwrap_or_default();
    let is_evaluated = sql::statements(whole).first().is_some_and(|first| {
        let cursor = first.cursor();
        EVALUATED.iter().any(|words| cursor.at_all(words))
    });
    let is_filled =
        |effect: &Effect| matches!(effect, Effect::CreateTable(created) if created.from_query);
    let mut effects = statement.effects.iter().map(|placed| &placed.effect);
    let mut names = if is_evaluated || effects.any(is_filled) {
        let span = statement.span;
        let sql = whole.to_owned();
        Expression { sql, span }.calls()
    } else {
        let mut names = Vec::new();
        for placed in &statement.effects {
            for expression in evaluated(&placed.effect) {
                names.extend(expression.calls());
            }
        }
        names
    };
    names.retain(|name| !queries::is_harmless_call(name));
    names
}

/// The expressions that a definition evaluates for the rows that are there.
fn evaluated(effect: &Effect) -> Vec<&Expression> {
    match effect {
        Effect::AlterTable { action, .. } => match action {
            TableAction::AddColumn(column) => {
                column.default.iter().chain(&column.generated).collect()
            }
            TableAction::SetType { using, .. } => using.iter().collect(),
            TableAction::SetExpression(_, expression) => vec![expression],
            TableAction::AddConstraint(constraint) => match &constraint.kind {
                super::ConstraintKind::Check(check) if !constraint.not_valid => vec![check],
                _other => Vec::new(),
            },
            _other => Vec::new(),
        },
        Effect::CreateIndex(index) => {
            let elements = index.elements.iter().map(|element| &element.expression);
            elements.chain(&index.condition).collect()
        }
        _other => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::called;
    use crate::migrations::provenance::SearchPath;

    #[test]
    fn functions_are_called_by_what_runs_and_not_by_what_is_defined() {
        for (text, names) in [
            ("insert into a select app.purge(b) from c", &["purge"][..]),
            ("create table a as select purge(1)", &["purge"]),
            ("create materialized view a as select purge(1)", &["purge"]),
            ("update a set b = purge(c) where d in (1)", &["purge"]),
            (
                "alter table a add b int default purge(1), alter c type int using f(c)",
                &["purge", "f"],
            ),
            ("alter table a add check (f(b))", &["f"]),
            ("create index on a (f(b)) where g(c)", &["f", "g"]),
            ("alter domain d add check (f(value))", &["check", "f"]),
            (
                "alter table a add b timestamptz default now(), add check (f(b)) not valid",
                &[],
            ),
            ("alter table a alter b set default f()", &[]),
            ("create view a as select purge(1)", &[]),
            ("create table a (b int default f())", &[]),
            (
                "create trigger t before update on a for each row execute function f()",
                &[],
            ),
            (
                "create function f() returns int language sql as 'select g()'",
                &[],
            ),
        ] {
            let statements = read(text, &SearchPath::default());
            assert_eq!(called(&statements[0], text), names, "{text}");
        }
    }
}
