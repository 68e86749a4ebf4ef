//! The data that does not come back: values that the migration drops or cuts, and values that the
//! way back drops in its turn. A written way back says each by name.

use crate::migrations::losses::StorageIdentity;
use crate::migrations::sql::{self, Cursor};
use crate::schema::model::{Column, ObjectName, Schema};
use crate::schema::types::{ColumnType, Scalar};
use crate::source::LineIndex;

/// A loss by name: `users.bio`, and why it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeseenLoss {
    /// A table, or a column of one.
    pub name: String,
    /// The reason, in words.
    pub why: String,
}

/// The tables and columns of a scratch database before a migration, after it, and after its way back.
pub(super) struct Identities {
    pub before: StorageIdentity,
    pub after: StorageIdentity,
    pub restored: StorageIdentity,
}

/// Lists the losses. `renamed` is the schema after the migration, in which everything has its
/// earlier name again.
pub(super) fn losses(
    identities: &Identities,
    sql: &str,
    (before, renamed): (&Schema, &Schema),
) -> Vec<ForeseenLoss> {
    // Only `ALTER COLUMN … TYPE … USING` can cast a text to one that is too short for it.
    let has_using = sql::statements(sql)
        .iter()
        .any(|statement| statement.cursor().skip_past(&["using"]));
    let mut all = dropped(
        &identities.before,
        &identities.after,
        "the migration drops it, and nothing is left to fill it again",
    );
    all.extend(dropped(
        &identities.after,
        &identities.restored,
        "written since the migration",
    ));
    for (object, table) in &before.tables {
        let Some(now) = renamed.tables.get(object) else {
            continue;
        };
        for column in &table.columns {
            let Some(there) = now.column(&column.name).filter(|there| !there.inherited) else {
                continue;
            };
            let path = [&object.namespace, &object.name, &column.name].map(String::as_str);
            let name = identities.before.names().name(&path).object;
            let is_known = all.iter().any(|loss| loss.name == name);
            all.extend(
                cut((before, column), (renamed, there), has_using)
                    .filter(|_| !is_known)
                    .map(|why| ForeseenLoss { name, why }),
            );
        }
    }
    all
}

/// What one state has and a later one has not.
fn dropped(from: &StorageIdentity, to: &StorageIdentity, why: &str) -> Vec<ForeseenLoss> {
    let names = from.names();
    from.changes(to)
        .iter()
        .filter(|change| change.is_drop())
        .map(|change| ForeseenLoss {
            name: names.name(&change.path()).object,
            why: why.to_owned(),
        })
        .collect()
}

/// Why the values of a column that has another type do not all come back.
fn cut(
    (before, was): (&Schema, &Column),
    (after, now): (&Schema, &Column),
    has_using: bool,
) -> Option<String> {
    if was.type_name == now.type_name {
        return None;
    }
    let old = ColumnType::resolve(&was.type_name, before);
    let new = ColumnType::resolve(&now.type_name, after);
    if loses_values(&old, &new, has_using) {
        return Some(format!(
            "the migration made `{}` of `{}`: what that does not hold is gone",
            now.type_name, was.type_name
        ));
    }
    is_rounded(&new, &old).then(|| {
        format!(
            "values of `{}` are rounded or cut to `{}`",
            now.type_name, was.type_name
        )
    })
}

/// Whether a conversion may lose something of a value. PostgreSQL refuses numbers that are too
/// large, and texts that are too long where they are not cast.
fn loses_values(from: &ColumnType, to: &ColumnType, has_using: bool) -> bool {
    let is_whole = |kind: &ColumnType| {
        let whole = ["smallint", "integer", "bigint"];
        matches!(&kind.scalar, Scalar::Builtin(name) if whole.contains(&name.as_str()))
            && !kind.array
    };
    if is_whole(from) && is_whole(to) {
        return false;
    }
    if from.is_text() && to.is_text() && !from.array && !to.array {
        return has_using && !keeps_values(from, to);
    }
    !keeps_values(from, to)
}

/// Whether every value of a type can be read back from another.
fn keeps_values(from: &ColumnType, to: &ColumnType) -> bool {
    if from.array != to.array {
        return !from.array && to.is_text() && to.length.is_none();
    }
    if to.is_text() && !to.array {
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
        ("date", "timestamp without time zone" | "timestamp with time zone") => true,
        ("timestamp without time zone", "timestamp with time zone")
        | ("timestamp with time zone", "timestamp without time zone") => true,
        ("json", "jsonb") | ("jsonb", "json") => true,
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

/// The statements of a migration that write rows of tables that were there before it: their words
/// and their lines. A way back that is written from schemas does not undo them.
pub(super) fn written_rows(file: &str, text: &str, before: &Schema) -> Vec<String> {
    let lines = LineIndex::new(file.into(), text.into());
    let mut all = Vec::new();
    for statement in sql::statements(text) {
        let line = lines.location(statement.span).line;
        let mut cursor = statement.cursor();
        let word = [
            "insert", "update", "delete", "truncate", "merge", "copy", "do", "with", "call",
        ]
        .iter()
        .find(|word| cursor.at(word));
        let Some(word) = word else { continue };
        cursor.eat(word);
        for filler in ["into", "from", "table", "only"] {
            cursor.eat(filler);
        }
        let shown = word.to_uppercase();
        match *word {
            // What is written inside is not known.
            "do" | "with" | "call" => {
                all.push(format!("{shown} in line {line}, where it writes rows"));
            }
            _ if is_earlier(&mut cursor, before) => all.push(format!("{shown} in line {line}")),
            _ => {}
        }
    }
    all
}

/// Whether the table that is named next was there before, in whatever namespace.
fn is_earlier(cursor: &mut Cursor<'_>, before: &Schema) -> bool {
    let mut last = cursor.identifier();
    while cursor.eat_text(".") {
        last = cursor.identifier();
    }
    let Some(named) = last else { return true };
    before
        .tables
        .keys()
        .any(|object: &ObjectName| object.name == named.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::Table;

    fn types(from: &str, to: &str) -> (bool, bool) {
        let schema = Schema::default();
        let resolve = |name| ColumnType::resolve(name, &schema);
        let (from, to) = (resolve(from), resolve(to));
        (loses_values(&from, &to, true), is_rounded(&to, &from))
    }

    #[test]
    fn conversions_lose_values_on_the_way_there_or_back() {
        // Forward it keeps all, and the way back refuses what does not fit.
        for (from, to) in [
            ("integer", "bigint"),
            ("bigint", "integer"),
            ("character varying(10)", "text"),
            ("character varying(10)", "character varying(20)"),
            ("uuid", "text"),
            ("json", "jsonb"),
        ] {
            assert_eq!(types(from, to), (false, false), "{from} to {to}");
        }
        // The way back rounds.
        for (from, to) in [
            ("integer", "numeric"),
            ("date", "timestamp with time zone"),
            ("numeric(10,2)", "numeric(12,4)"),
        ] {
            assert_eq!(types(from, to), (false, true), "{from} to {to}");
        }
        // The way there cuts.
        for (from, to) in [
            ("text", "character varying(10)"),
            ("text", "integer"),
            ("timestamp with time zone", "date"),
            ("numeric", "numeric(10,2)"),
            ("integer[]", "integer"),
        ] {
            assert!(types(from, to).0, "{from} to {to}");
        }
        // What is not cast is refused.
        let schema = Schema::default();
        let (from, to) = ("text", "character varying(10)");
        let (from, to) = (
            ColumnType::resolve(from, &schema),
            ColumnType::resolve(to, &schema),
        );
        assert!(!loses_values(&from, &to, false));
    }

    #[test]
    fn rows_of_earlier_tables_are_not_undone() {
        let mut before = Schema::default();
        before
            .tables
            .insert(ObjectName::public("users"), Table::default());
        let text = "UPDATE users SET a = 1;\nINSERT INTO other VALUES (1);\n\
                    delete from only public.users;\nDO $$ begin end $$;\ncreate table x ();";
        assert_eq!(
            written_rows("a.sql", text, &before),
            [
                "UPDATE in line 1",
                "DELETE in line 3",
                "DO in line 4, where it writes rows"
            ]
        );
    }
}
