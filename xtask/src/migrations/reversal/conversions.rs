//! Changes of the types of columns: whether every value comes back when the type does.

use crate::migrations::losses::destructive::{self, Name};
use crate::migrations::sql::{self, TokenKind};
use crate::migrations::statements::{Effect, Expression, TableAction};
use crate::schema::model::{Column, ObjectName, Schema};
use crate::schema::types::{ColumnType, Scalar};

/// A column in its schema, before and after the migration.
type Types<'s> = ((&'s Schema, &'s Column), (&'s Schema, &'s Column));

/// The conversions that the statements of a migration make, under the names from before it.
#[derive(Debug, Default)]
pub(super) struct Conversions(Vec<Converted>);

#[derive(Debug)]
struct Converted {
    table: ObjectName,
    column: String,
    using: Option<Expression>,
}

impl Conversions {
    /// Reads those of `sql`. Tables and columns that it renames are followed.
    pub(super) fn read(sql: &str, before: &Schema) -> Self {
        let mut all = Vec::new();
        // The names by now, and those from before.
        let mut tables: Vec<(ObjectName, ObjectName)> = Vec::new();
        let mut columns: Vec<(ObjectName, String, String)> = Vec::new();
        for statement in &destructive::read(sql) {
            for placed in statement.effects.iter().filter(|_| !statement.undone) {
                let Effect::AlterTable { table, action, .. } = &placed.effect else {
                    continue;
                };
                let named = Name::of(table, statement);
                let renamed = named.among(tables.iter().map(|(now, _)| now)).cloned();
                let known = renamed.or_else(|| named.among(before.tables.keys()).cloned());
                let Some(now) = known else { continue };
                let earlier = tables.iter().find(|(name, _)| *name == now);
                let earlier = earlier.map_or_else(|| now.clone(), |(_, earlier)| earlier.clone());
                let column_before = |column: &String| {
                    let mut all = columns.iter();
                    let found = all.find(|(of, name, _)| *of == earlier && name == column);
                    found.map_or_else(|| column.clone(), |(_, _, before)| before.clone())
                };
                match action {
                    TableAction::SetType { column, using, .. } => all.push(Converted {
                        table: earlier.clone(),
                        column: column_before(column),
                        using: using.clone().filter(|using| !is_cast_of(column, using)),
                    }),
                    TableAction::RenameColumn { from, to } => {
                        let before = column_before(from);
                        columns.retain(|(of, name, _)| !(*of == earlier && name == from));
                        columns.push((earlier, to.clone(), before));
                    }
                    TableAction::RenameTo(to) => {
                        let renamed = ObjectName {
                            namespace: now.namespace.clone(),
                            name: to.clone(),
                        };
                        tables.retain(|(name, _)| *name != now);
                        tables.push((renamed, earlier));
                    }
                    TableAction::SetSchema(to) => {
                        let moved = ObjectName {
                            namespace: to.clone(),
                            name: now.name.clone(),
                        };
                        tables.retain(|(name, _)| *name != now);
                        tables.push((moved, earlier));
                    }
                    _keeps_types => {}
                }
            }
        }
        Self(all)
    }

    /// Why the values of a column do not all come back.
    pub(super) fn of(&self, table: &ObjectName, column: &str, types: Types<'_>) -> Option<String> {
        let ((before, was), (after, now)) = types;
        let of_column = |one: &&Converted| one.table == *table && one.column == column;
        let mine: Vec<&Converted> = self.0.iter().filter(of_column).collect();
        if let Some(using) = mine.iter().find_map(|one| one.using.as_ref()) {
            return Some(format!(
                "the migration wrote `{}` over its values",
                sql::excerpt(&using.sql)
            ));
        }
        if mine.len() > 1 {
            return Some("the migration converted it several times".to_owned());
        }
        if was.type_name == now.type_name {
            return None;
        }
        // Code of a block may have converted it with any expression.
        if mine.is_empty() && !is_by_type(was, now) {
            return Some("the migration converted it in code that is not read".to_owned());
        }
        let old = ColumnType::resolve(&was.type_name, before);
        let new = ColumnType::resolve(&now.type_name, after);
        loses_values(&old, &new).then(|| {
            format!(
                "the migration made `{}` of `{}`: what that does not hold is gone",
                now.type_name, was.type_name
            )
        })
    }
}

/// Whether the name of the type alone may have changed, with no statement about the column: a type or
/// its schema was renamed, or made again.
fn is_by_type(was: &Column, now: &Column) -> bool {
    let is_own = |kind: &str| kind.contains('.');
    is_own(&was.type_name) && is_own(&now.type_name)
}

/// Whether the expression only casts the column: `a::text::int`, `CAST(a AS int)`, `(a)`.
fn is_cast_of(column: &str, using: &Expression) -> bool {
    let tokens: Vec<_> = sql::tokens(&using.sql)
        .into_iter()
        .filter(|token| token.is_significant())
        .collect();
    // Literals and operators make another value of it, and so does any function.
    let is_plain = tokens.iter().all(|token| {
        let text = token.text(&using.sql);
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
            || matches!(text, "::" | ":" | "(" | ")" | "[" | "]" | "." | ",")
            || (token.kind == TokenKind::Number)
    });
    let words = ["not", "case", "at", "collate", "is", "and", "or"];
    let has_word = tokens
        .iter()
        .any(|token| words.iter().any(|word| token.is_word(&using.sql, word)));
    // Modifiers of a type look like calls: `numeric(10, 2)`.
    let types = [
        "cast",
        "varchar",
        "char",
        "character",
        "varying",
        "numeric",
        "decimal",
        "bit",
        "varbit",
        "timestamp",
        "timestamptz",
        "time",
        "timetz",
        "interval",
        "bpchar",
    ];
    let calls_nothing = using
        .calls()
        .iter()
        .all(|name| types.contains(&name.as_str()));
    // A number is a modifier only behind a type.
    let begins_with_column = using
        .names()
        .into_iter()
        .find(|name| name != "cast")
        .is_some_and(|name| name == column);
    let has_number = tokens
        .first()
        .is_some_and(|token| token.kind == TokenKind::Number);
    is_plain && !has_word && calls_nothing && begins_with_column && !has_number
}

/// Why values that were written since the migration do not all fit into the earlier type.
pub(super) fn rounded_back(((before, was), (after, now)): Types<'_>) -> Option<String> {
    if was.type_name == now.type_name {
        return None;
    }
    let old = ColumnType::resolve(&was.type_name, before);
    let new = ColumnType::resolve(&now.type_name, after);
    is_rounded(&new, &old).then(|| {
        format!(
            "values of `{}` are rounded or cut to `{}`",
            now.type_name, was.type_name
        )
    })
}

/// Whether a conversion may lose something of a value. PostgreSQL refuses whole numbers that are too
/// large, and nothing else is sure.
fn loses_values(from: &ColumnType, to: &ColumnType) -> bool {
    let is_whole = |kind: &ColumnType| {
        let whole = ["smallint", "integer", "bigint"];
        matches!(&kind.scalar, Scalar::Builtin(name) if whole.contains(&name.as_str()))
            && !kind.array
    };
    let is_refused = is_whole(from) && is_whole(to);
    !(is_refused || keeps_values(from, to))
}

/// Whether every value of a type can be read back from another.
fn keeps_values(from: &ColumnType, to: &ColumnType) -> bool {
    if from.array != to.array {
        return !from.array && to.is_text() && to.length.is_none();
    }
    if to.is_text() && !to.array {
        // Blanks at the end of a longer text are cut without an error, and those at the end of a
        // `character` do not count.
        let is_padded = |kind: &ColumnType| matches!(&kind.scalar, Scalar::Builtin(name) if name == "character");
        if is_padded(to) && !is_padded(from) {
            return false;
        }
        let fits = to
            .length
            .is_none_or(|to| from.length.is_some_and(|from| from <= to));
        return fits && (from.is_text() || to.length.is_none());
    }
    let (Scalar::Builtin(from_name), Scalar::Builtin(to_name)) = (&from.scalar, &to.scalar) else {
        return from.scalar == to.scalar
            || matches!(
                (&from.scalar, &to.scalar),
                (Scalar::Enum(..), Scalar::Enum(..))
            );
    };
    let is_wider = match (from_name.as_str(), to_name.as_str()) {
        ("smallint", "integer" | "bigint") | ("integer", "bigint") => true,
        ("smallint" | "integer" | "bigint", "numeric") => to.length.is_none(),
        ("real", "double precision") => true,
        ("date", "timestamp without time zone") => true,
        // Not the other way: `jsonb` keeps neither the order nor all of the members. And between the
        // two kinds of timestamps the hour decides that a clock skips or repeats.
        ("jsonb", "json") => true,
        (from, to) => from == to,
    };
    let fits = match (from.length, to.length) {
        (_, None) => true,
        (Some(old), Some(new)) => new >= old && to.scale >= from.scale,
        (None, Some(_)) => false,
    };
    is_wider && fits
}

/// Whether PostgreSQL makes a value fit without an error, so that a part of it is gone.
fn is_rounded(from: &ColumnType, to: &ColumnType) -> bool {
    let (Scalar::Builtin(from_name), Scalar::Builtin(to_name)) = (&from.scalar, &to.scalar) else {
        return false;
    };
    let is_float = |name: &str| matches!(name, "numeric" | "real" | "double precision");
    let is_stamp = |name: &str| name.starts_with("timestamp");
    match (from_name.as_str(), to_name.as_str()) {
        (from, "smallint" | "integer" | "bigint") => is_float(from),
        ("numeric", "numeric") => to.length.is_some() && from.scale != to.scale,
        (from, "numeric") if is_float(from) => to.length.is_some(),
        ("numeric" | "double precision", "real") | ("numeric", "double precision") => true,
        (from, "date" | "time without time zone") => is_stamp(from),
        (one, other) if is_stamp(one) && is_stamp(other) => {
            to.length.is_some() && from.length != to.length
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::Table;
    use crate::source::Span;

    fn types(from: &str, to: &str) -> (bool, bool) {
        let schema = Schema::default();
        let resolve = |name| ColumnType::resolve(name, &schema);
        let (from, to) = (resolve(from), resolve(to));
        (loses_values(&from, &to), is_rounded(&to, &from))
    }

    #[test]
    fn conversions_lose_values_on_the_way_there_or_back() {
        // Forward it keeps all, and the way back refuses what does not fit.
        for (from, to) in [
            ("integer", "bigint"),
            ("bigint", "integer"),
            ("character varying(10)", "text"),
            ("character varying(10)", "character varying(20)"),
            ("character(3)", "text"),
            ("uuid", "text"),
            ("jsonb", "json"),
            ("jsonb", "text"),
        ] {
            assert_eq!(types(from, to), (false, false), "{from} to {to}");
        }
        // The way back rounds.
        for (from, to) in [
            ("integer", "numeric"),
            ("date", "timestamp without time zone"),
            ("numeric(10,2)", "numeric(12,4)"),
        ] {
            assert_eq!(types(from, to), (false, true), "{from} to {to}");
        }
        // The way there cuts, or reads several values as one.
        for (from, to) in [
            ("text", "character varying(10)"),
            ("text", "character(10)"),
            ("text", "integer"),
            ("text", "public.citext"),
            ("timestamp with time zone", "date"),
            ("date", "timestamp with time zone"),
            ("timestamp without time zone", "timestamp with time zone"),
            ("timestamp with time zone", "timestamp without time zone"),
            ("numeric", "numeric(10,2)"),
            ("double precision", "real"),
            ("json", "jsonb"),
            ("integer[]", "integer"),
        ] {
            assert!(types(from, to).0, "{from} to {to}");
        }
    }

    #[test]
    fn only_casts_of_the_column_itself_are_plain() {
        let is_plain = |sql: &str| {
            let using = Expression {
                sql: sql.to_owned(),
                span: Span::default(),
            };
            is_cast_of("a", &using)
        };
        for plain in [
            "a",
            "(a)",
            "a::text",
            "\"a\"::text::app.\"Role\"",
            "CAST(a AS numeric(10, 2))",
            "(a::varchar(3))::int[]",
        ] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in [
            "lower(a)",
            "a * 100",
            "NOT a",
            "a AT TIME ZONE 'UTC'",
            "a || 'x'",
            "b::text",
            "CASE WHEN a THEN 1 ELSE 0 END",
            "1",
            "'x'",
            "coalesce(a, b)",
            "a = 'yes'",
            "-a",
        ] {
            assert!(!is_plain(other), "{other}");
        }
    }

    #[test]
    fn conversions_are_found_under_the_names_from_before() {
        let mut before = Schema::default();
        before
            .tables
            .insert(ObjectName::public("users"), Table::default());
        let text = "alter table users rename to people; alter table people rename mail to email; \
                    alter table people alter email type text using lower(email)";
        let found = Conversions::read(text, &before);
        let [one] = found.0.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            (one.table.name.as_str(), one.column.as_str()),
            ("users", "mail")
        );
        assert!(one.using.is_some());
    }
}
