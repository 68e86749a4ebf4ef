//! Reads from statements which data they destroy, as far as their text tells. A function or a `DO`
//! block may destroy any, so the audit before each COMMIT decides. The text serves to ask before
//! anything runs, and to judge a migration without a database.

use std::collections::BTreeSet;

use super::storage_identity::StorageChange;
use crate::migrations::sql::{Cursor, Identifier, Statement, TokenKind};
use crate::schema::model::ObjectName;

/// A destruction of data that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destruction<'s> {
    /// `DROP TABLE`
    Table(Name),
    /// `DROP SCHEMA … CASCADE`
    Schema(String),
    /// `DROP OWNED BY`
    Owned(String),
    /// `DROP TYPE … CASCADE`, `DROP DOMAIN … CASCADE`: the columns of that type go.
    Type(Name),
    /// `ALTER TABLE … DROP COLUMN`
    Column(Name, String),
    /// `TRUNCATE`; with `CASCADE` also the tables that refer to it.
    Truncated(Name, bool),
    /// `DELETE FROM`
    Deleted(Name, RowsOf<'s>),
    /// `UPDATE`, with the columns and their new values.
    Updated(Name, RowsOf<'s>, Vec<(String, &'s str)>),
    /// `ALTER COLUMN … TYPE`, with the type, and the expression of `USING`.
    Converted(Name, String, &'s str, Option<&'s str>),
    /// `MERGE`, which may delete and update.
    Merged(Name),
}

/// The name of a table or type, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The namespace, where one is written.
    pub namespace: Option<String>,
    /// The name itself.
    pub name: String,
}

/// The rows that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsOf<'s> {
    /// The alias of the table.
    pub alias: Option<String>,
    /// The condition after `WHERE`.
    pub condition: Option<&'s str>,
    /// Whether other tables take part (`USING`, `FROM`, `WITH`), so that the condition alone does
    /// not tell the rows.
    pub joins: bool,
}

impl Name {
    /// Whether `table` may be meant.
    #[must_use]
    pub fn is(&self, table: &ObjectName) -> bool {
        self.name == table.name
            && self
                .namespace
                .as_ref()
                .is_none_or(|namespace| *namespace == table.namespace)
    }

    /// The object, in `public` where no namespace is written.
    #[must_use]
    pub fn object(&self) -> ObjectName {
        ObjectName {
            namespace: self
                .namespace
                .clone()
                .unwrap_or_else(|| "public".to_owned()),
            name: self.name.clone(),
        }
    }

    /// The name of these parts; none without any.
    #[must_use]
    pub(super) fn of(parts: Vec<Identifier>) -> Option<Self> {
        let mut parts = parts.into_iter().rev().map(|part| part.name);
        Some(Self {
            name: parts.next()?,
            namespace: parts.next(),
        })
    }
}

impl Destruction<'_> {
    /// The table that it names; none where it names a schema, a role or a type.
    #[must_use]
    pub fn table(&self) -> Option<&Name> {
        match self {
            Self::Table(table)
            | Self::Column(table, _)
            | Self::Truncated(table, _)
            | Self::Deleted(table, _)
            | Self::Updated(table, ..)
            | Self::Converted(table, ..)
            | Self::Merged(table) => Some(table),
            Self::Schema(_) | Self::Owned(_) | Self::Type(_) => None,
        }
    }

    /// The change of the storage that it makes; none where only the catalogs tell.
    fn change(&self) -> Option<StorageChange> {
        match self {
            Self::Table(table) => Some(StorageChange::DroppedTable(table.object())),
            Self::Column(table, column) => {
                Some(StorageChange::DroppedColumn(table.object(), column.clone()))
            }
            Self::Truncated(table, _)
            | Self::Deleted(table, _)
            | Self::Updated(table, ..)
            | Self::Converted(table, ..)
            | Self::Merged(table) => Some(StorageChange::TouchedTable(table.object())),
            Self::Schema(_) | Self::Owned(_) | Self::Type(_) => None,
        }
    }
}

/// The changes that `sql` makes by name. Names without a namespace are taken for those of `public`:
/// a wrong name only costs a second run.
#[must_use]
pub fn changes(sql: &str) -> BTreeSet<StorageChange> {
    let statements = crate::migrations::sql::statements(sql);
    let all = statements.iter().flat_map(destructions);
    all.filter_map(|one| one.change()).collect()
}

/// Reads the destructions of a statement.
#[must_use]
pub fn destructions<'s>(statement: &'s Statement<'s>) -> Vec<Destruction<'s>> {
    let mut cursor = statement.cursor();
    if cursor.eat("with") {
        return with(cursor);
    }
    if cursor.eat("drop") {
        return dropped(cursor);
    }
    if cursor.eat("truncate") {
        return truncated(cursor);
    }
    if cursor.eat_all(&["alter", "table"]) || cursor.eat_all(&["alter", "foreign", "table"]) {
        return altered(cursor);
    }
    rows(cursor, false).into_iter().collect()
}

fn dropped(mut cursor: Cursor<'_>) -> Vec<Destruction<'_>> {
    let _foreign = cursor.eat("foreign");
    let kinds = ["table", "schema", "owned", "type", "domain"];
    let Some(kind) = kinds.into_iter().find(|kind| cursor.eat(kind)) else {
        return Vec::new();
    };
    let _noise = cursor.eat_all(&["if", "exists"]) || cursor.eat("by");
    let is_cascade = cursor
        .rest()
        .last()
        .is_some_and(|token| token.is_word(cursor.source(), "cascade"));
    let mut all = Vec::new();
    for mut part in cursor.split_at_commas() {
        let Some(name) = Name::of(part.qualified()) else {
            continue;
        };
        all.extend(match kind {
            "table" => Some(Destruction::Table(name)),
            "schema" => is_cascade.then_some(Destruction::Schema(name.name)),
            "owned" => Some(Destruction::Owned(name.name)),
            _type => is_cascade.then_some(Destruction::Type(name)),
        });
    }
    all
}

fn truncated(mut cursor: Cursor<'_>) -> Vec<Destruction<'_>> {
    let _noise = cursor.eat("table");
    let is_cascade = cursor
        .rest()
        .iter()
        .any(|token| token.is_word(cursor.source(), "cascade"));
    let mut all = Vec::new();
    for mut part in cursor.split_at_commas() {
        let _only = part.eat("only");
        let name = Name::of(part.qualified());
        all.extend(name.map(|name| Destruction::Truncated(name, is_cascade)));
    }
    all
}

fn altered(mut cursor: Cursor<'_>) -> Vec<Destruction<'_>> {
    let _noise = cursor.eat_all(&["if", "exists"]);
    let _only = cursor.eat("only");
    let Some(table) = Name::of(cursor.qualified()) else {
        return Vec::new();
    };
    let _star = cursor.eat_text("*");
    let mut all = Vec::new();
    for mut action in cursor.split_at_commas() {
        if action.eat("drop") {
            if action.at("constraint") || action.at("expression") {
                continue;
            }
            let _column = action.eat("column");
            let _noise = action.eat_all(&["if", "exists"]);
            let column = action.identifier();
            all.extend(column.map(|column| Destruction::Column(table.clone(), column.name)));
        } else if action.eat("alter") {
            all.extend(converted(&table, action));
        }
    }
    all
}

fn converted<'s>(table: &Name, mut action: Cursor<'s>) -> Option<Destruction<'s>> {
    let _column = action.eat("column");
    let column = action.identifier()?.name;
    let _set = action.eat_all(&["set", "data"]);
    if !action.eat("type") {
        return None;
    }
    let kind = before(&action, &["using", "collate"])?;
    let mut using = action;
    let using = using.skip_past(&["using"]).then(|| text(&using)).flatten();
    Some(Destruction::Converted(table.clone(), column, kind, using))
}

/// The statements that change rows, in `WITH` or after it.
fn with(mut cursor: Cursor<'_>) -> Vec<Destruction<'_>> {
    let mut all = Vec::new();
    while cursor.peek().is_some() {
        if let Some(inside) = cursor.clone().parenthesised() {
            all.extend(rows(inside, true));
        }
        if let Some(found) = rows(cursor.clone(), true) {
            all.push(found);
            break;
        }
        cursor.skip_one();
    }
    all
}

fn rows(mut cursor: Cursor<'_>, joins: bool) -> Option<Destruction<'_>> {
    if cursor.eat_all(&["merge", "into"]) {
        let _only = cursor.eat("only");
        return Name::of(cursor.qualified()).map(Destruction::Merged);
    }
    let deletes = cursor.eat_all(&["delete", "from"]);
    if !deletes && !cursor.eat("update") {
        return None;
    }
    let _only = cursor.eat("only");
    let table = Name::of(cursor.qualified())?;
    let _star = cursor.eat_text("*");
    let alias = alias(&mut cursor);
    let joined = if deletes { "using" } else { "from" };
    let mut rows = RowsOf {
        alias,
        condition: None,
        joins: joins || cursor.clone().skip_past(&[joined]),
    };
    let mut condition = cursor.clone();
    if condition.skip_past(&["where"]) {
        rows.condition = before(&condition, &["returning"]);
    }
    if deletes {
        return Some(Destruction::Deleted(table, rows));
    }
    let _set = cursor.eat("set");
    Some(Destruction::Updated(table, rows, assignments(&cursor)))
}

fn alias(cursor: &mut Cursor<'_>) -> Option<String> {
    let is_written = cursor.eat("as");
    let words = ["set", "using", "where", "returning"];
    if !is_written && words.iter().any(|word| cursor.at(word)) {
        return None;
    }
    cursor.identifier().map(|name| name.name)
}

/// The columns and values of `SET`. A list of columns is left out: which value belongs to which
/// column is not read.
fn assignments<'s>(cursor: &Cursor<'s>) -> Vec<(String, &'s str)> {
    let mut all = Vec::new();
    for mut part in until(cursor, &["from", "where", "returning"]).split_at_commas() {
        let column = part.identifier();
        if !part.eat_text("=") {
            continue;
        }
        all.extend(
            column
                .zip(text(&part))
                .map(|(column, value)| (column.name, value)),
        );
    }
    all
}

/// The tokens before the first of `words`, outside parentheses.
fn until<'s>(cursor: &Cursor<'s>, words: &[&str]) -> Cursor<'s> {
    let mut ahead = cursor.clone();
    while ahead.peek().is_some() {
        if words.iter().any(|word| ahead.at(word)) {
            break;
        }
        ahead.skip_one();
    }
    let length = cursor.rest().len() - ahead.rest().len();
    Cursor::new(cursor.source(), &cursor.rest()[..length])
}

fn before<'s>(cursor: &Cursor<'s>, words: &[&str]) -> Option<&'s str> {
    text(&until(cursor, words))
}

fn text<'s>(cursor: &Cursor<'s>) -> Option<&'s str> {
    cursor.source().get(cursor.span()?.range())
}

/// Whether the statement runs code whose effects its text does not tell.
#[must_use]
pub fn is_opaque(statement: &Statement<'_>) -> bool {
    let cursor = statement.cursor();
    let runs = ["do", "call", "execute"].iter().any(|word| cursor.at(word));
    let selects = cursor.at("select")
        && statement
            .tokens
            .iter()
            .any(|token| token.kind == TokenKind::OpenParen);
    runs || selects && !cursor.clone().skip_past(&["set_config"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::sql;

    fn read(text: &str) -> Vec<String> {
        let statements = sql::statements(text);
        let all = statements.iter().flat_map(destructions);
        let name = |name: &Name| match &name.namespace {
            Some(namespace) => format!("{namespace}.{}", name.name),
            None => name.name.clone(),
        };
        let rows = |rows: &RowsOf<'_>| {
            format!(
                "{:?} {:?} {}",
                rows.alias,
                rows.condition.unwrap_or("all"),
                rows.joins
            )
        };
        all.map(|one| match &one {
            Destruction::Table(table) => format!("table {}", name(table)),
            Destruction::Schema(schema) => format!("schema {schema}"),
            Destruction::Owned(role) => format!("owned {role}"),
            Destruction::Type(kind) => format!("type {}", name(kind)),
            Destruction::Column(table, column) => format!("column {}.{column}", name(table)),
            Destruction::Truncated(table, cascade) => {
                format!("truncated {} {cascade}", name(table))
            }
            Destruction::Deleted(table, of) => format!("deleted {} {}", name(table), rows(of)),
            Destruction::Updated(table, of, set) => {
                format!("updated {} {} {set:?}", name(table), rows(of))
            }
            Destruction::Converted(table, column, kind, using) => {
                format!("converted {}.{column} {kind} {using:?}", name(table))
            }
            Destruction::Merged(table) => format!("merged {}", name(table)),
        })
        .collect()
    }

    #[test]
    fn statements_tell_what_they_destroy() {
        assert_eq!(
            read(
                "DROP TABLE IF EXISTS a, audit.\"B\" CASCADE; drop schema x cascade; drop schema y; drop owned by r; drop type t cascade; drop type u; drop index i; drop view v"
            ),
            ["table a", "table audit.B", "schema x", "owned r", "type t"]
        );
        assert_eq!(
            read(
                "alter table only a drop column if exists b, drop c cascade, drop constraint k, alter d drop not null, alter column e set data type numeric(10, 2) using round(e, 2), alter f type text, add column g int"
            ),
            [
                "column a.b",
                "column a.c",
                "converted a.e numeric(10, 2) Some(\"round(e, 2)\")",
                "converted a.f text None"
            ]
        );
        assert_eq!(
            read("truncate a, only s.b restart identity cascade"),
            ["truncated a true", "truncated s.b true"]
        );
        assert_eq!(
            read(
                "delete from a where b > 1 returning b; delete from only a as x using y where x.i = y.i; update a set b = 1, c = f(1, 2) where d; update a z set b = y.b from y; insert into a values (1)"
            ),
            [
                "deleted a None \"b > 1\" false",
                "deleted a Some(\"x\") \"x.i = y.i\" true",
                "updated a None \"d\" false [(\"b\", \"1\"), (\"c\", \"f(1, 2)\")]",
                "updated a Some(\"z\") \"all\" true [(\"b\", \"y.b\")]",
            ]
        );
        assert_eq!(
            read(
                "with gone as (delete from a returning *) insert into b select * from gone; merge into m using s on true when matched then delete"
            ),
            ["deleted a None \"all\" true", "merged m"]
        );
    }

    #[test]
    fn code_is_opaque_and_settings_are_not() {
        let statements = sql::statements(
            "do $$ begin end $$; select f(1); select set_config('a', 'b', false); alter table a drop b",
        );
        let opaque: Vec<bool> = statements.iter().map(is_opaque).collect();
        assert_eq!(opaque, [true, true, false, false]);
    }
}
