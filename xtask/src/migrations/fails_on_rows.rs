//! Finds, by the statements alone, those that fail as soon as their table has a row: a new column
//! that old rows have no value for. Only tables of earlier migrations can have rows, and statements
//! before it that give a value or empty the table are guards.

use std::collections::{BTreeMap, BTreeSet};

use super::Migration;
use super::data_preflight::KIND;
use super::provenance::SearchPath;
use super::statements::{self, Effect, ParsedStatement, PlacedEffect, Reference, TableAction};
use crate::config::Config;
use crate::report::{Category, Finding, Severity};
use crate::schema::model::ObjectName;
use crate::source::LineIndex;

/// A table of the migrations.
#[derive(Debug, Default, Clone)]
struct Known {
    /// Whether an earlier migration made it, so that it can have rows by now.
    is_old: bool,
    /// Whether a new migration removed its rows.
    is_empty: bool,
    /// Columns that a new migration added without a value for old rows.
    without_value: BTreeSet<String>,
}

/// Follows the migrations.
#[derive(Debug, Default)]
struct Tables {
    tables: BTreeMap<ObjectName, Known>,
    /// Types that may have a default of their own: domains.
    types: BTreeSet<String>,
}

/// Finds the failing statements of the new ones among `migrations`, which are in their order. `known`
/// holds the names and checksums of the others, as in `lint_new`.
#[must_use]
pub fn find(migrations: &[Migration], known: &[(String, u64)], config: &Config) -> Vec<Finding> {
    let severity = config
        .severity
        .get(KIND)
        .copied()
        .unwrap_or(Some(Severity::Error));
    let Some(severity) = severity.filter(|_| config.migrations.schema_from.is_none()) else {
        return Vec::new();
    };
    let is_known = |migration: &Migration| {
        known.iter().any(|(name, checksum)| {
            *checksum == migration.checksum && *name == migration.to_string()
        })
    };
    // Most migrations have no such clause, and the history need not be read for them.
    let may_fail = |migration: &Migration| {
        let text = migration.sql.to_ascii_lowercase();
        text.contains("null") || text.contains("primary")
    };
    if !migrations.iter().any(|one| !is_known(one) && may_fail(one)) {
        return Vec::new();
    }
    let mut tables = Tables::default();
    let mut findings = Vec::new();
    for migration in migrations {
        let is_old = is_known(migration);
        for statement in statements::read(&migration.sql, &SearchPath::default()) {
            for placed in &statement.effects {
                let problem = if is_old {
                    None
                } else {
                    tables.problem(&statement, placed)
                };
                if let Some((table, column, message)) = problem {
                    let found = finding(migration, placed, &table, &column, message, severity);
                    findings.push(found.with_detail("statement", statement.index + 1));
                }
                tables.follow(&statement, placed, is_old, migration);
            }
        }
    }
    findings
}

fn finding(
    migration: &Migration,
    placed: &PlacedEffect,
    table: &ObjectName,
    column: &str,
    message: String,
    severity: Severity,
) -> Finding {
    let lines = LineIndex::new(
        migration.file.as_str().into(),
        migration.sql.as_str().into(),
    );
    let mut finding = Finding::new(
        KIND,
        Category::Migrations,
        severity,
        &table.to_string(),
        message,
    )
    .at(&lines.location(placed.span), "fails on the first row")
    .with_field(column)
    .with_help(
        "give the column a `DEFAULT`; or add it without `NOT NULL`, fill it with an `UPDATE`, and then \
         `SET NOT NULL`",
    )
    .with_detail("migration", migration.to_string());
    finding.critical = true;
    finding
}

impl Tables {
    fn name(&self, statement: &ParsedStatement, reference: &Reference) -> Option<ObjectName> {
        reference.object(&statement.path, |name| self.tables.contains_key(name))
    }

    /// The problem of an effect: the table, the column and the message.
    fn problem(
        &self,
        statement: &ParsedStatement,
        placed: &PlacedEffect,
    ) -> Option<(ObjectName, String, String)> {
        let Effect::AlterTable { table, action, .. } = &placed.effect else {
            return None;
        };
        let name = self.name(statement, table)?;
        let known = self.tables.get(&name)?;
        if !known.is_old || known.is_empty {
            return None;
        }
        match action {
            TableAction::AddColumn(column) => {
                let is_domain = column
                    .type_reference
                    .as_ref()
                    .is_some_and(|reference| self.types.contains(reference.name()));
                let has_value = column.numbered
                    || column.generated.is_some()
                    || column.default.as_ref().is_some_and(|one| !one.is_null());
                if !column.not_null || has_value || is_domain || column.if_not_exists {
                    return None;
                }
                let message = format!(
                    "adding `{}` fails as soon as `{name}` has a row: it is `NOT NULL`, and has no value for \
                     rows that are there",
                    column.name
                );
                Some((name, column.name.clone(), message))
            }
            TableAction::SetNotNull(column) if known.without_value.contains(column) => {
                let message = format!(
                    "`SET NOT NULL` fails as soon as `{name}` has a row: `{column}` is new, and no statement \
                     gives it a value in rows that are there"
                );
                Some((name, column.clone(), message))
            }
            _other => None,
        }
    }

    fn follow(
        &mut self,
        statement: &ParsedStatement,
        placed: &PlacedEffect,
        is_old: bool,
        migration: &Migration,
    ) {
        match &placed.effect {
            Effect::CreateTable(created) => {
                let Some(name) = created.name.object(&statement.path, |_| false) else {
                    return;
                };
                let known = Known {
                    is_old,
                    ..Known::default()
                };
                if created.if_not_exists {
                    self.tables.entry(name).or_insert(known);
                } else {
                    self.tables.insert(name, known);
                }
            }
            Effect::CreateType(name) => {
                self.types.insert(name.name().to_owned());
            }
            Effect::DropTables { tables, .. } => {
                for table in tables {
                    if let Some(name) = self.name(statement, table) {
                        self.tables.remove(&name);
                    }
                }
            }
            Effect::DropSchemas { schemas, .. } => {
                self.tables
                    .retain(|name, _| !schemas.contains(&name.namespace));
            }
            Effect::Truncate { tables, .. } if !is_old => {
                for (table, _) in tables {
                    self.change(statement, table, |known| known.is_empty = true);
                }
            }
            // A condition says which rows are a problem, and is taken for the guard.
            Effect::Delete { table, .. } if !is_old => {
                self.change(statement, table, |known| known.is_empty = true);
            }
            Effect::Insert(insertion) if !is_old => {
                self.change(statement, &insertion.table, |known| known.is_empty = false);
            }
            Effect::Update(update) if !is_old => self.change(statement, &update.table, |known| {
                known
                    .without_value
                    .retain(|column| !update.columns.contains(column));
            }),
            Effect::Write(table) if !is_old => {
                self.change(statement, table, |known| known.without_value.clear());
            }
            Effect::AlterTable { table, action, .. } => {
                self.alter(statement, table, action, is_old);
            }
            // Any table that it names may be empty, or filled, or checked by it.
            Effect::Opaque(_) | Effect::DropOthers(_) if !is_old => {
                let text = migration
                    .sql
                    .get(statement.span.range())
                    .unwrap_or_default();
                let text = text.to_ascii_lowercase();
                for (name, known) in &mut self.tables {
                    if text.contains(&name.name.to_ascii_lowercase()) || text.contains("execute") {
                        known.is_empty = true;
                    }
                }
            }
            _keeps_rows => {}
        }
    }

    fn alter(
        &mut self,
        statement: &ParsedStatement,
        table: &Reference,
        action: &TableAction,
        is_old: bool,
    ) {
        let Some(name) = self.name(statement, table) else {
            return;
        };
        let renamed = match action {
            TableAction::RenameTo(to) => Some(ObjectName {
                namespace: name.namespace.clone(),
                name: to.clone(),
            }),
            TableAction::SetSchema(to) => Some(ObjectName {
                namespace: to.clone(),
                name: name.name.clone(),
            }),
            _other => None,
        };
        if let Some(renamed) = renamed {
            if let Some(known) = self.tables.remove(&name) {
                self.tables.insert(renamed, known);
            }
            return;
        }
        let Some(known) = self.tables.get_mut(&name).filter(|_| !is_old) else {
            return;
        };
        match action {
            TableAction::AddColumn(column) => {
                let has_value = column.numbered
                    || column.generated.is_some()
                    || column.default.as_ref().is_some_and(|one| !one.is_null());
                let is_domain = column
                    .type_reference
                    .as_ref()
                    .is_some_and(|reference| self.types.contains(reference.name()));
                if !has_value && !is_domain && !column.if_not_exists {
                    known.without_value.insert(column.name.clone());
                }
            }
            TableAction::RenameColumn { from, to } if known.without_value.remove(from) => {
                known.without_value.insert(to.clone());
            }
            TableAction::SetType { column, .. } | TableAction::DropColumn { column, .. } => {
                known.without_value.remove(column);
            }
            _other => {}
        }
    }

    fn change(
        &mut self,
        statement: &ParsedStatement,
        table: &Reference,
        change: impl FnOnce(&mut Known),
    ) {
        if let Some(name) = self.name(statement, table)
            && let Some(known) = self.tables.get_mut(&name)
        {
            change(known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The findings about the last of the migrations, where the others are old. A text that begins
    /// with `new:` is new as well.
    fn found(texts: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("db.toml");
        std::fs::write(&file, "").expect("a file");
        let config = Config::load(folder.path(), Some(&file)).expect("valid");
        let mut migrations = Vec::new();
        let mut known = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            let is_new = at + 1 == texts.len() || text.starts_with("new:");
            let text = text.trim_start_matches("new:");
            let version = i64::try_from(at + 1).expect("a few");
            let migration = Migration::sample(version, "x", text, "");
            if !is_new {
                known.push((migration.to_string(), migration.checksum));
            }
            migrations.push(migration);
        }
        let brief = |finding: &Finding| {
            let place = &finding.labels[0].location;
            format!(
                "{}.{} {}:{}",
                finding.entity,
                finding.field.as_deref().unwrap_or_default(),
                place.line,
                place.column
            )
        };
        find(&migrations, &known, &config)
            .iter()
            .map(brief)
            .collect()
    }

    const TEAMS: &str = "create table teams (id int primary key, nick text);";

    #[test]
    fn new_columns_without_a_value_for_old_rows_are_found_where_they_stand() {
        let cases = [
            (
                "alter table teams\n  add column role text not null;",
                "teams.role 2:3",
            ),
            (
                "alter table teams add role text not null default null;",
                "teams.role 1:19",
            ),
            ("alter table teams add k uuid primary key;", "teams.k 1:19"),
            (
                "alter table teams add role text; alter table teams alter role set not null;",
                "teams.role 1:52",
            ),
            (
                "alter table teams rename to groups; alter table groups add role text not null;",
                "groups.role 1:56",
            ),
            (
                "alter table teams add role text; alter table teams rename role to r; alter table teams alter r set not null;",
                "teams.r 1:88",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(found(&[TEAMS, text]), [expected], "{text}");
        }
        assert_eq!(
            found(&[
                "set search_path to app; create table t ();",
                "alter table app.t add a int not null"
            ]),
            ["app.t.a 1:19"]
        );
    }

    #[test]
    fn guards_and_tables_without_rows_are_none_of_it() {
        for text in [
            "alter table teams add role text not null default 'member';",
            "alter table teams add n serial not null;",
            "alter table teams add n int generated always as identity;",
            "alter table teams add n int generated always as (id + 1) stored not null;",
            "alter table teams add role text;",
            "alter table teams add role text; update teams set role = 'x'; alter table teams alter role set not null;",
            "delete from teams; alter table teams add role text not null;",
            "truncate teams; alter table teams add role text not null;",
            "do $$ begin if exists (select from teams) then raise 'no'; end if; end $$; alter table teams add role text not null;",
            "alter table teams alter nick set not null;",
            "drop table teams; create table teams (id int); alter table teams add role text not null;",
            "alter table unknown add role text not null;",
            "alter table teams add column if not exists role text not null;",
        ] {
            assert_eq!(found(&[TEAMS, text]), [""; 0], "{text}");
        }
        let new = format!("new:{TEAMS}");
        let text = "alter table teams add role text not null;";
        assert_eq!(found(&[&new, text]), [""; 0], "the table is new as well");
        let domain = "create domain role as text default 'x';";
        let text = "alter table teams add r role not null;";
        assert_eq!(found(&[TEAMS, domain, text]), [""; 0]);
        assert_eq!(
            found(&[TEAMS, "alter table teams add a int not null", "select 1"]),
            [""; 0],
            "history is history"
        );
    }
}
