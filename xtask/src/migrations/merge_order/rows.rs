//! Statements of two branches about the rows of the same table. A scratch database has no rows, so
//! that no run tells whether their order matters.

use std::collections::BTreeSet;

use super::reach;
use super::statements::NamedStatement;
use crate::migrations::sql::Cursor;
use crate::migrations::statements::{Effect, Expression, Insertion, TableAction};
use crate::schema::model::Schema;

/// A statement with its effect, and all names that it is about.
struct Acting<'s, 'm> {
    statement: &'s NamedStatement<'m>,
    effect: RowEffect,
    names: BTreeSet<String>,
}

/// Two statements whose order may matter to the rows of a table.
pub(super) struct Meeting<'s, 'm> {
    /// The table, as it is written in both.
    pub table: String,
    /// The statement of the judged branch.
    pub ours: &'s NamedStatement<'m>,
    /// That of the other branch.
    pub theirs: &'s NamedStatement<'m>,
}

/// The effect of a statement on rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RowEffect {
    /// It neither reads nor writes rows, and does not change which values new rows get.
    None,
    /// Its effect, or whether it succeeds, may depend on the rows that are there.
    Depends,
    /// It adds the rows that it lists. A run on an empty table shows whether it succeeds.
    Adds,
    /// It writes rows, or may write them.
    Writes,
}

/// The first pair of statements for each table that both branches are about.
pub(super) fn meetings<'s, 'm>(
    ours: &'s [NamedStatement<'m>],
    theirs: &'s [NamedStatement<'m>],
    schemas: &[&Schema],
) -> Vec<Meeting<'s, 'm>> {
    let tables: BTreeSet<&str> = schemas
        .iter()
        .flat_map(|schema| schema.tables.keys().chain(schema.views.keys()))
        .map(|name| name.name.as_str())
        .collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let ours = acting(ours, schemas);
    let theirs = acting(theirs, schemas);
    for one in &ours {
        for other in &theirs {
            if !order_may_matter(one.effect, other.effect) {
                continue;
            }
            let shared = one
                .names
                .intersection(&other.names)
                .filter(|name| tables.contains(name.as_str()));
            for table in shared {
                if seen.insert(table.clone()) {
                    found.push(Meeting {
                        table: table.clone(),
                        ours: one.statement,
                        theirs: other.statement,
                    });
                }
            }
        }
    }
    found
}

/// What no statement shows of the rows that `statements` change, in words.
pub(super) fn unseen(statements: &[NamedStatement<'_>], schemas: &[&Schema]) -> Vec<String> {
    let mut all = Vec::new();
    for one in acting(statements, schemas) {
        if one.effect != RowEffect::Writes {
            continue;
        }
        let place = one.statement.location();
        for what in reach::unseen(one.statement, schemas) {
            let line = format!("`{}` at {place}: {what}", one.statement.migration);
            if !all.contains(&line) {
                all.push(line);
            }
        }
    }
    all
}

fn acting<'s, 'm>(
    statements: &'s [NamedStatement<'m>],
    schemas: &[&Schema],
) -> Vec<Acting<'s, 'm>> {
    let mut all = Vec::new();
    for statement in statements {
        let effect = effect(statement);
        if effect == RowEffect::None {
            continue;
        }
        let writes = effect >= RowEffect::Adds;
        all.push(Acting {
            statement,
            effect,
            names: reach::names(statement, writes, schemas),
        });
    }
    all
}

fn order_may_matter(one: RowEffect, other: RowEffect) -> bool {
    match (one, other) {
        (RowEffect::None, _) | (_, RowEffect::None) => false,
        // Two statements of the catalogs alone: the schemas tell.
        (RowEffect::Depends, RowEffect::Depends) => false,
        // Rows that are listed collide, or they do not: the run tells.
        (RowEffect::Adds, RowEffect::Adds) => false,
        (RowEffect::Writes | RowEffect::Adds | RowEffect::Depends, _) => true,
    }
}

fn effect(one: &NamedStatement<'_>) -> RowEffect {
    let of_effects = one.parsed.effects.iter();
    let of_effects = of_effects.map(|placed| of_effect(&placed.effect, one));
    of_effects
        .max()
        .unwrap_or_else(|| of_words(one.statement.cursor()))
}

fn of_effect(effect: &Effect, one: &NamedStatement<'_>) -> RowEffect {
    match effect {
        Effect::Insert(insertion) => insert(insertion),
        Effect::Update(_) | Effect::Delete { .. } | Effect::Truncate { .. } | Effect::Write(_) => {
            RowEffect::Writes
        }
        Effect::Opaque(_) => opaque(one),
        Effect::CreateTable(created) if created.from_query => RowEffect::Writes,
        // The rows of a default partition may be in the way.
        Effect::CreateTable(created) if created.partition_of.is_some() => RowEffect::Depends,
        Effect::AlterTable { action, .. } => alter_table(action),
        Effect::CreateIndex(index) if index.unique => RowEffect::Depends,
        Effect::CreateView(_) if one.statement.cursor().clone().skip_past(&["materialized"]) => {
            RowEffect::Depends
        }
        Effect::AlterType { .. }
        | Effect::AlterDomain { .. }
        | Effect::Refresh(_)
        | Effect::CreateTrigger(_) => RowEffect::Depends,
        Effect::CreateTable(_)
        | Effect::CreateIndex(_)
        | Effect::CreateView(_)
        | Effect::CreateEnum { .. }
        | Effect::CreateType(_)
        | Effect::CreateFunction(_)
        | Effect::DropTables { .. }
        | Effect::DropViews { .. }
        | Effect::DropTypes { .. }
        | Effect::DropSchemas { .. }
        | Effect::DropIndexes(_)
        | Effect::DropSequences(_)
        | Effect::DropOthers(_) => RowEffect::None,
    }
}

/// `INSERT INTO … VALUES …` adds what it lists. Where it reads tables, or gives way to rows that are
/// there, that is not known.
fn insert(insertion: &Insertion) -> RowEffect {
    let reads = |rows: &Vec<Vec<Expression>>| rows.iter().flatten().any(Expression::has_query);
    match &insertion.rows {
        Some(rows) if !insertion.on_conflict && !reads(rows) => RowEffect::Adds,
        Some(_) | None => RowEffect::Writes,
    }
}

/// A block of code, a call, or text that cannot be read.
fn opaque(one: &NamedStatement<'_>) -> RowEffect {
    let cursor = one.statement.cursor();
    if cursor.at("do") {
        return match reach::writes_in_text(&one.statement) {
            true => RowEffect::Writes,
            false => RowEffect::None,
        };
    }
    let runs_code = ["call", "select", "with", "execute", "explain", "insert"];
    match runs_code.iter().any(|word| cursor.at(word)) {
        true => RowEffect::Writes,
        false => RowEffect::Depends,
    }
}

/// `ALTER TABLE` depends on rows, except where it only adds a column without a rule about it. A type
/// with `USING` writes values.
fn alter_table(action: &TableAction) -> RowEffect {
    match action {
        TableAction::SetType { using: Some(_), .. } => RowEffect::Writes,
        TableAction::AddColumn(added) if !added.not_null && added.constraints.is_empty() => {
            RowEffect::None
        }
        _other => RowEffect::Depends,
    }
}

/// A statement that changes no row by itself.
fn of_words(cursor: Cursor<'_>) -> RowEffect {
    if cursor.at("select") {
        // The position of a sequence decides about the keys of new rows.
        let source = cursor.source();
        let moves = |word: &&str| {
            let mut tokens = cursor.rest().iter();
            tokens.any(|token| token.is_word(source, word))
        };
        return match ["setval", "nextval"].iter().any(moves) {
            true => RowEffect::Writes,
            false => RowEffect::None,
        };
    }
    if cursor.at_all(&["drop", "trigger"]) || cursor.at_all(&["drop", "rule"]) {
        return RowEffect::Depends;
    }
    let is_silent = [
        "comment", "grant", "revoke", "set", "reset", "drop", "analyze", "vacuum", "create",
    ]
    .iter()
    .any(|word| cursor.at(word));
    match is_silent {
        true => RowEffect::None,
        false => RowEffect::Depends,
    }
}

#[cfg(test)]
mod tests {
    use super::super::statements;
    use super::*;
    use crate::migrations::Migration;
    use crate::schema::model::{ObjectName, Table};

    /// The tables at which `ours` and `theirs` meet.
    fn met(ours: &str, theirs: &str) -> Vec<String> {
        let schema = Schema {
            tables: ["users", "tags"]
                .map(|name| (ObjectName::from_key(name), Table::default()))
                .into(),
            ..Schema::default()
        };
        let one = Migration::sample(1, "a", ours, "");
        let other = Migration::sample(1, "b", theirs, "");
        let (one, other) = (statements::of(&[&one]), statements::of(&[&other]));
        meetings(&one, &other, &[&schema])
            .into_iter()
            .map(|meeting| meeting.table)
            .collect()
    }

    #[test]
    fn statements_about_the_same_rows_meet() {
        let update = "UPDATE users SET name = trim(name)";
        for theirs in [
            "UPDATE users SET name = lower(name)",
            "DELETE FROM users WHERE name = ''",
            "ALTER TABLE users ALTER COLUMN name SET NOT NULL",
            "ALTER TABLE users ADD CONSTRAINT short CHECK (length(name) < 9)",
            "CREATE UNIQUE INDEX users_name ON users (name)",
            "DO $$ BEGIN UPDATE users SET name = 'x'; END $$",
            "SELECT tidy('users')",
            "INSERT INTO tags SELECT name FROM users",
            "ALTER TABLE users ALTER COLUMN name TYPE int USING length(name)",
        ] {
            assert_eq!(met(update, theirs), ["users"], "{theirs}");
            assert_eq!(met(theirs, update), ["users"], "{theirs}");
        }
        let default = "ALTER TABLE tags ALTER COLUMN kind SET DEFAULT 'x'";
        assert_eq!(met("INSERT INTO tags (id) VALUES (1)", default), ["tags"]);
    }

    #[test]
    fn what_the_run_or_the_schema_tells_is_no_meeting() {
        let update = "UPDATE users SET name = trim(name)";
        for (ours, theirs) in [
            (update, "UPDATE tags SET name = 'x'"),
            (update, "CREATE INDEX users_name ON users (name)"),
            (update, "CREATE TABLE notes (id int REFERENCES users)"),
            (update, "ALTER TABLE users ADD COLUMN bio text DEFAULT ''"),
            (update, "CREATE VIEW v AS SELECT name FROM users"),
            (update, "COMMENT ON TABLE users IS 'people'"),
            (update, "SELECT setval('tags_id_seq', 7)"),
            (update, "SELECT count(*) FROM users"),
            ("INSERT INTO tags VALUES (1)", "INSERT INTO tags VALUES (2)"),
            (
                "ALTER TABLE users ALTER COLUMN name SET NOT NULL",
                "ALTER TABLE users DROP COLUMN age",
            ),
            ("SELECT set_config('search_path', 'users', false)", update),
            (
                "DO $$ BEGIN CREATE TYPE mood AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN null; END $$",
                update,
            ),
        ] {
            assert_eq!(met(ours, theirs), [""; 0], "{ours} / {theirs}");
            assert_eq!(met(theirs, ours), [""; 0], "{theirs} / {ours}");
        }
    }
}
