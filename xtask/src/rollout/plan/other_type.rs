//! A column of another type: both types stand side by side, under two names, since one column cannot
//! serve two codes that take its values for different things.

use super::basis::Basis;
use super::draft::{Draft, Steps};
use super::{pair, required};
use crate::migrations::reversal::ddl::columns::type_of;
use crate::migrations::reversal::ddl::names::{name, qualified};
use crate::migrations::sql::{self, TokenKind};
use crate::migrations::statements::Expression;
use crate::schema::model::{Column, ObjectName, Table};
use crate::schema::types::{ColumnType, Scalar};

/// Plans the change of the type of `old` to that of `now`. `using` is the expression that the
/// migration converts with.
pub(super) fn plan(
    basis: &Basis<'_>,
    table: &ObjectName,
    (old, now): (&Column, &Column),
    using: Option<&Expression>,
    (draft, steps): (&mut Draft, &mut Steps),
) {
    let Some(before) = basis.old_table(table) else {
        return;
    };
    if let Some(why) = tied(before, old) {
        return steps.refuse(format!(
            "`{table}.{}` changes its type, and {why}: a second column beside it cannot stand for it. Add a column of another name, move to it release by release, and drop this one in the end",
            old.name
        ));
    }
    let other = free_name(basis, table, &now.name);
    let columns: Vec<&str> = before.columns.iter().map(|one| one.name.as_str()).collect();
    let to_new = match using {
        Some(using) => of_new_row(&using.sql, &table.name, &columns),
        None => format!("NEW.{}::{}", name(&old.name), now.type_name),
    };
    let is_plain = using.is_none_or(|using| is_cast_of(using, &old.name));
    let ty = |column: &Column, schema| ColumnType::resolve(&column.type_name, schema);
    let types = (ty(old, basis.running.schema), ty(now, basis.new.schema));
    let to_old = (is_plain && casts_back(&types.1, &types.0))
        .then(|| format!("NEW.{}::{}", name(&other), old.type_name));
    beside(table, old, now, &other, (&to_new, to_old.as_deref()), draft);
    draft.expand.extend(pair::grant_like(
        basis.running.schema,
        table,
        &old.name,
        &other,
    ));
    steps.by_hand(format!(
        "let the new code read and write `{other}` instead of `{}`; make its indexes and constraints in the first release",
        old.name
    ));
    if to_old.is_none() {
        steps.by_hand(format!(
            "complete the trigger `keep_{}_{}`: no cast leads from {} back to {}, so that the running code does not see in `{}` what the new code writes to `{other}`",
            table.name, old.name, now.type_name, old.type_name, old.name
        ));
    }
    draft.is_split = true;
    draft.contract.push(pair::keep_no_longer(table, &old.name));
    if let Some(default) = &now.default {
        draft.contract.push(format!(
            "ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {default};",
            qualified(table),
            name(&other)
        ));
    }
    if now.not_null {
        draft.contract.push(required::require(table, &other));
    }
    draft.put_off(pair::drop_copy(table, &old.name, &other));
}

/// Adds the column `other`, with the trigger that converts.
fn beside(
    table: &ObjectName,
    old: &Column,
    now: &Column,
    other: &str,
    (to_new, to_old): (&str, Option<&str>),
    draft: &mut Draft,
) {
    let (target, old_name, new_name) = (qualified(table), name(&old.name), name(other));
    draft.serve(format!(
        "-- Both columns hold the same while old and new code run.\n\
         ALTER TABLE {target} ADD COLUMN {new_name} {};",
        type_of(now)
    ));
    // The trigger takes over the default: else an INSERT of the new code would have two values.
    let mut fallback = String::new();
    if let Some(default) = &old.default {
        draft.serve(format!(
            "ALTER TABLE {target} ALTER COLUMN {old_name} DROP DEFAULT;"
        ));
        fallback = format!(
            "    IF NEW.{old_name} IS NULL AND NEW.{new_name} IS NULL THEN NEW.{old_name} := {default}; END IF;\n"
        );
    }
    let back = match to_old {
        Some(to_old) => format!("NEW.{old_name} := {to_old};"),
        None => "NULL;".to_owned(),
    };
    if to_old.is_none() && old.not_null {
        draft.serve(required::drop_not_null(table, &old.name));
    }
    let on_insert = format!(
        "{fallback}    IF NEW.{new_name} IS NULL THEN NEW.{new_name} := {to_new};\n    ELSE {back} END IF;\n"
    );
    let on_update = format!(
        "    IF NEW.{new_name} IS DISTINCT FROM OLD.{new_name} THEN {back}\n    \
         ELSIF NEW.{old_name} IS DISTINCT FROM OLD.{old_name} OR NEW.{new_name} IS NULL THEN NEW.{new_name} := {to_new}; END IF;\n"
    );
    draft.serve(pair::keep(table, &old.name, &on_insert, &on_update));
    draft.serve(pair::fill(table, &old.name));
}

/// What else stands on the column, so that another one cannot take its place.
fn tied(table: &Table, column: &Column) -> Option<String> {
    if column.identity.is_some() {
        return Some("is an identity".to_owned());
    }
    if column.generated.is_some() {
        return Some("is computed by the database".to_owned());
    }
    let mut keys = table.constraints.iter().filter(|(_, one)| {
        let is_check = one.definition.starts_with("CHECK ");
        !is_check && one.columns.contains(&column.name)
    });
    let (name, _) = keys.next()?;
    Some(format!("the constraint `{name}` is about it"))
}

/// A name that no column has.
fn free_name(basis: &Basis<'_>, table: &ObjectName, column: &str) -> String {
    let mut name = format!("{column}_new");
    let is_taken = |name: &str| {
        basis.old_column(table, name).is_some() || basis.new_column(table, name).is_some()
    };
    while is_taken(&name) {
        name.push('_');
    }
    name
}

/// The expression with `NEW.` before each of `columns`.
fn of_new_row(expression: &str, table: &str, columns: &[&str]) -> String {
    let tokens = sql::tokens(expression);
    let mut written = String::with_capacity(expression.len());
    let mut before = "";
    for (at, token) in tokens.iter().enumerate() {
        let text = token.text(expression);
        let next = tokens[at + 1..].iter().find(|token| token.is_significant());
        let next = next.map_or("", |token| token.text(expression));
        let word = match token.kind {
            TokenKind::Word => Some(text.to_ascii_lowercase()),
            TokenKind::QuotedIdentifier => Some(text.trim_matches('"').replace("\"\"", "\"")),
            _other => None,
        };
        let is_type_or_call = before == "::" || before.eq_ignore_ascii_case("as") || next == "(";
        match word {
            // `runs.done`
            Some(word) if word == table && next == "." => written.push_str("NEW"),
            Some(word) if before != "." && !is_type_or_call && columns.contains(&word.as_str()) => {
                written.push_str("NEW.");
                written.push_str(text);
            }
            _other => written.push_str(text),
        }
        if token.is_significant() {
            before = text;
        }
    }
    written
}

/// Whether the expression is the column, perhaps with casts behind it: `done::text::state`.
fn is_cast_of(using: &Expression, column: &str) -> bool {
    let tokens: Vec<_> = sql::tokens(&using.sql)
        .into_iter()
        .filter(|token| token.is_significant())
        .collect();
    let mut cursor = sql::Cursor::new(&using.sql, &tokens);
    let is_column = cursor.identifier().is_some_and(|name| name.name == column);
    let is_of_cast = |token: &sql::Token| {
        let is_sign = ["::", ".", "(", ")", "[", "]", ","].contains(&token.text(&using.sql));
        let is_name = matches!(
            token.kind,
            TokenKind::Word | TokenKind::QuotedIdentifier | TokenKind::Number
        );
        is_sign || is_name
    };
    let is_end = cursor.peek().is_none() || cursor.clone().eat_text("::");
    is_column && is_end && cursor.rest().iter().all(is_of_cast)
}

/// Whether PostgreSQL casts each value of `from` to `to`, as far as is known without asking it.
fn casts_back(from: &ColumnType, to: &ColumnType) -> bool {
    if from.array != to.array {
        return from.is_text() || to.is_text();
    }
    let group = |ty: &ColumnType| match &ty.scalar {
        Scalar::Enum(..) => Some(0),
        Scalar::Other(_) => None,
        Scalar::Builtin(name) => match name.as_str() {
            "text" | "character varying" | "character" => Some(0),
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => Some(1),
            "timestamp without time zone" | "timestamp with time zone" | "date" => Some(2),
            "json" | "jsonb" => Some(3),
            _other => None,
        },
    };
    let (from_group, to_group) = (group(from), group(to));
    let is_boolean = |ty: &ColumnType| ty.scalar == Scalar::Builtin("boolean".to_owned());
    let is_integer = |ty: &ColumnType| ty.scalar == Scalar::Builtin("integer".to_owned());
    // Each type has a text, and is read from it.
    from_group == Some(0)
        || to_group == Some(0)
        || from.scalar == to.scalar
        || (from_group.is_some() && from_group == to_group)
        || (is_boolean(from) && is_integer(to))
        || (is_integer(from) && is_boolean(to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn columns_of_the_expression_are_those_of_the_new_row() {
        let columns = ["done", "date", "Kind"];
        let of_row = |text: &str| of_new_row(text, "runs", &columns);
        assert_eq!(
            of_row("CASE WHEN done THEN 'done' ELSE runs.date::date::text END"),
            "CASE WHEN NEW.done THEN 'done' ELSE NEW.date::date::text END"
        );
        assert_eq!(
            of_row("date(CAST(\"Kind\" AS date)) || x.done"),
            "date(CAST(NEW.\"Kind\" AS date)) || x.done"
        );
    }

    #[test]
    fn plain_casts_are_told_from_other_expressions() {
        let is_cast = |sql: &str| {
            let using = Expression {
                sql: sql.into(),
                span: Span::default(),
            };
            is_cast_of(&using, "done")
        };
        assert!(is_cast("done") && is_cast("done::text::public.state") && is_cast("\"done\"::int"));
        assert!(!is_cast("CASE WHEN done THEN 1 ELSE 0 END") && !is_cast("lower(done)"));
        assert!(!is_cast("done || 'x'"));
    }
}
