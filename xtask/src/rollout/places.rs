//! The places of a branch's new migrations that cause what code loses, and the comments there that
//! accept it: `-- db-verify-ignore BREAKS_RUNNING_CODE: <why>` above the statement.

use super::loss::{Loss, Lost};
use crate::migrations::Migration;
use crate::migrations::sql::{self, Statement, TokenKind};
use crate::report::BREAKS_RUNNING_CODE;
use crate::schema::model::{ObjectName, Schema};
use crate::schema::provenance::Provenance;
use crate::schema::types::{ColumnType, Scalar};
use crate::source::{LineIndex, Location, Span};

/// The new migrations of a branch, with the places that all its migrations give to each object.
pub struct MigrationPlaces<'m> {
    migrations: Vec<&'m Migration>,
    provenance: &'m Provenance,
}

/// A statement that causes a loss.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The clause, or the statement.
    pub location: Location,
    /// The statement as a whole.
    pub statement: Span,
    /// The reason for which a comment accepts it.
    pub accepted: Option<String>,
}

impl<'m> MigrationPlaces<'m> {
    /// The places in `migrations`, which are new.
    #[must_use]
    pub fn new(migrations: Vec<&'m Migration>, provenance: &'m Provenance) -> Self {
        Self {
            migrations,
            provenance,
        }
    }

    /// The new migrations.
    #[must_use]
    pub fn migrations(&self) -> &[&'m Migration] {
        &self.migrations
    }

    /// The statement behind a loss. `words` are names that it has where the migrations' readers do
    /// not know the place.
    #[must_use]
    pub fn cause(
        &self,
        table: &ObjectName,
        column: Option<&str>,
        what: &Lost,
        words: &[String],
    ) -> Option<Cause> {
        let known = self.known(table, column, what);
        let known = known.and_then(|location| self.at(&location));
        known.or_else(|| self.last_with(words))
    }

    fn known(&self, table: &ObjectName, column: Option<&str>, what: &Lost) -> Option<Location> {
        let gone_table = || {
            let mut gone = self.provenance.gone_tables();
            gone.find(|(name, _)| *name == table)
                .map(|(_, location)| location)
        };
        let found = match (what, column) {
            (Lost::Table, _) | (Lost::Column, None) => gone_table(),
            (Lost::Column, Some(column)) => self.provenance.gone(table, |name| name == column),
            (Lost::ValuesGone(_) | Lost::ValuesUnknown(_), Some(column)) => {
                self.provenance.check(table, column)
            }
            (Lost::ValuesGone(_) | Lost::ValuesUnknown(_), None) => None,
            (Lost::Restricted(..) | Lost::TypeName(..) | Lost::MeansOther(_), _) => None,
            (_, Some(column)) => self.provenance.column(table, column),
            (_, None) => None,
        };
        found.cloned()
    }

    /// The cause at a place of one of the new migrations.
    fn at(&self, location: &Location) -> Option<Cause> {
        let mut migrations = self.migrations.iter();
        let migration = migrations.find(|one| one.file == *location.file)?;
        let statements = sql::statements(&migration.sql);
        let at = statements
            .iter()
            .position(|one| one.span.range().contains(&(location.span.start as usize)))?;
        Some(Cause {
            location: location.clone(),
            statement: statements[at].span,
            accepted: accepted(&migration.sql, &statements, at),
        })
    }

    /// The last statement that has all of `words`.
    fn last_with(&self, words: &[String]) -> Option<Cause> {
        for migration in self.migrations.iter().rev() {
            let statements = sql::statements(&migration.sql);
            let Some(at) = statements.iter().rposition(|one| has_words(one, words)) else {
                continue;
            };
            let lines = LineIndex::new(
                migration.file.as_str().into(),
                migration.sql.as_str().into(),
            );
            return Some(Cause {
                location: lines.location(statements[at].span),
                statement: statements[at].span,
                accepted: accepted(&migration.sql, &statements, at),
            });
        }
        None
    }

    /// The name that a column has now, where a migration renamed it.
    #[must_use]
    pub fn renamed(&self, table: &ObjectName, column: &str, now: &[String]) -> Option<String> {
        let is_former = |name: &&String| {
            let mut former = self.provenance.former_names(table, name);
            former.any(|former| former == column)
        };
        now.iter().find(is_former).cloned()
    }
}

/// The names that a statement has which causes a loss. The column's type is that of the first of
/// `schemas` that has the table.
pub(super) fn words(loss: &Loss<'_>, schemas: [&Schema; 2]) -> Vec<String> {
    let table = &loss.demand.table;
    let column_type = || {
        let mut schemas = schemas.into_iter();
        let schema = schemas.find(|schema| schema.tables.contains_key(table))?;
        let column = schema.tables.get(table)?.column(loss.column.as_deref()?)?;
        match ColumnType::resolve(&column.type_name, schema).scalar {
            Scalar::Enum(name, _) => Some(name.name),
            Scalar::Builtin(_) | Scalar::Other(_) => None,
        }
    };
    match &loss.what {
        Lost::ValuesGone(_) | Lost::ValuesUnknown(_) => {
            vec![column_type().unwrap_or_else(|| table.name.clone())]
        }
        Lost::TypeName(..) => {
            let field = loss.column.as_deref();
            let field = field.and_then(|column| loss.demand.column(column));
            let type_name = field.and_then(|field| field.cast_to.as_ref());
            type_name
                .map(|name| vec![name.name.clone()])
                .unwrap_or_default()
        }
        Lost::MeansOther(former) if loss.column.is_none() => {
            vec![table.name.clone(), ObjectName::from_key(former).name]
        }
        Lost::Restricted(_, columns) => {
            let mut words = vec![table.name.clone()];
            words.extend(columns.iter().cloned());
            words
        }
        _of_column => {
            let mut words = vec![table.name.clone()];
            words.extend(loss.column.clone());
            words
        }
    }
}

/// Whether each of `words` is a name or a text of the statement; a body of code counts word by
/// word.
fn has_words(statement: &Statement<'_>, words: &[String]) -> bool {
    let text = statement.text().to_lowercase();
    let has = |word: &String| {
        let word = word.to_lowercase();
        let is_part =
            |letter: Option<char>| letter.is_some_and(|one| one.is_alphanumeric() || one == '_');
        text.match_indices(&word).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let after = text[at + found.len()..].chars().next();
            !is_part(before) && !is_part(after)
        })
    };
    !words.is_empty() && words.iter().all(has)
}

/// The reason in a comment of the statement, or between it and the one before.
fn accepted(text: &str, statements: &[Statement<'_>], at: usize) -> Option<String> {
    let start = at
        .checked_sub(1)
        .map_or(0, |before| statements[before].span.end);
    let end = statements[at].span.end;
    let comments = sql::tokens(text).into_iter().filter(|token| {
        matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment)
            && (start..end).contains(&token.span.start)
    });
    comments
        .filter_map(|token| reason(token.text(text)))
        .next_back()
}

/// The reason in `-- db-verify-ignore BREAKS_RUNNING_CODE: <why>`. Without one, nothing is accepted.
fn reason(comment: &str) -> Option<String> {
    let (_, rest) = comment.split_once("db-verify-ignore")?;
    let rest = rest.trim_start().strip_prefix(BREAKS_RUNNING_CODE)?;
    let why = rest.trim_start().strip_prefix(':')?;
    let why = why.trim().trim_end_matches("*/").trim();
    (!why.is_empty()).then(|| why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_accepts_the_statement_below_it_for_a_reason() {
        let accepts = |text: &str| {
            let statements = sql::statements(text);
            (0..statements.len())
                .map(|at| accepted(text, &statements, at).unwrap_or_default())
                .collect::<Vec<_>>()
        };
        let text =
            "select 1; -- db-verify-ignore BREAKS_RUNNING_CODE: at night\nselect 2;\nselect 3";
        assert_eq!(accepts(text), ["", "at night", ""]);
        assert_eq!(
            accepts("/* db-verify-ignore BREAKS_RUNNING_CODE: nobody reads it */ select 1"),
            ["nobody reads it"]
        );
        for other in [
            "-- db-verify-ignore BREAKS_RUNNING_CODE:\nselect 1",
            "-- db-verify-ignore BREAKS_RUNNING_CODE\nselect 1",
            "-- db-verify-ignore RISKY_MIGRATION: why\nselect 1",
            "select '-- db-verify-ignore BREAKS_RUNNING_CODE: a text'",
        ] {
            assert_eq!(accepts(other), [""], "{other}");
        }
    }
}
