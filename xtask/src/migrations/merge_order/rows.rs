//! Statements of two branches about the rows of the same table. A scratch database has no rows, so
//! that no run tells whether their order matters.

use std::collections::BTreeSet;

use super::statements::{NamedStatement, body_writes};
use crate::migrations::sql::Cursor;
use crate::schema::model::Schema;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    let ours: Vec<_> = with_effect(ours);
    let theirs: Vec<_> = with_effect(theirs);
    for (one, effect) in &ours {
        for (other, other_effect) in &theirs {
            if !order_may_matter(*effect, *other_effect) {
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
                        ours: one,
                        theirs: other,
                    });
                }
            }
        }
    }
    found
}

fn with_effect<'s, 'm>(
    statements: &'s [NamedStatement<'m>],
) -> Vec<(&'s NamedStatement<'m>, RowEffect)> {
    statements
        .iter()
        .map(|one| (one, effect(one.statement.cursor())))
        .filter(|(_, effect)| *effect != RowEffect::None)
        .collect()
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

fn effect(mut cursor: Cursor<'_>) -> RowEffect {
    if cursor.at("insert") {
        return insert(&cursor);
    }
    if [
        "update", "delete", "truncate", "merge", "copy", "with", "call",
    ]
    .iter()
    .any(|word| cursor.at(word))
    {
        return RowEffect::Writes;
    }
    if cursor.at("select") {
        // A function may do anything.
        return calls_function(&cursor);
    }
    if cursor.at("do") {
        return match body_writes(&cursor) {
            true => RowEffect::Writes,
            false => RowEffect::None,
        };
    }
    if cursor.eat_all(&["alter", "table"]) {
        return alter_table(cursor);
    }
    if cursor.eat("create") {
        return create(&mut cursor);
    }
    if cursor.at_all(&["drop", "trigger"]) || cursor.at_all(&["drop", "rule"]) {
        return RowEffect::Depends;
    }
    let is_silent = [
        "comment", "grant", "revoke", "set", "reset", "drop", "analyze", "vacuum",
    ]
    .iter()
    .any(|word| cursor.at(word));
    match is_silent {
        true => RowEffect::None,
        false => RowEffect::Depends,
    }
}

/// `INSERT INTO … VALUES …` adds what it lists. Where it reads tables, or gives way to rows that are
/// there, that is not known.
fn insert(cursor: &Cursor<'_>) -> RowEffect {
    let source = cursor.source();
    let reads = ["select", "with", "conflict", "table"];
    let is_read = |word: &&str| {
        cursor
            .rest()
            .iter()
            .any(|token| token.is_word(source, word))
    };
    match reads.iter().any(is_read) {
        true => RowEffect::Writes,
        false => RowEffect::Adds,
    }
}

fn calls_function(cursor: &Cursor<'_>) -> RowEffect {
    let mut ahead = cursor.clone();
    ahead.next();
    let is_setting = ahead
        .qualified()
        .last()
        .is_some_and(|name| name.name == "set_config");
    match is_setting {
        true => RowEffect::None,
        false => RowEffect::Writes,
    }
}

/// `ALTER TABLE` depends on rows, except where it only adds columns without a rule about them. A
/// type with `USING` writes values.
fn alter_table(mut cursor: Cursor<'_>) -> RowEffect {
    let source = cursor.source();
    cursor.eat_all(&["if", "exists"]);
    cursor.eat("only");
    cursor.qualified();
    cursor.eat_text("*");
    let has =
        |part: &Cursor<'_>, word: &str| part.rest().iter().any(|token| token.is_word(source, word));
    let mut actions = cursor.split_at_commas();
    if actions
        .iter()
        .any(|action| has(action, "using") && has(action, "type"))
    {
        return RowEffect::Writes;
    }
    const RULES: [&str; 7] = [
        "not",
        "unique",
        "primary",
        "check",
        "references",
        "constraint",
        "foreign",
    ];
    let only_adds = actions.iter_mut().all(|action| {
        let is_column = action.eat("add") && !RULES.iter().any(|word| action.at(word));
        is_column && !RULES.iter().any(|word| has(action, word))
    });
    match only_adds {
        true => RowEffect::None,
        false => RowEffect::Depends,
    }
}

/// `CREATE` after its first word.
fn create(cursor: &mut Cursor<'_>) -> RowEffect {
    if cursor.eat_all(&["or", "replace"]) {
        // A view, a function, a trigger.
        return match cursor.at("trigger") || cursor.at("rule") {
            true => RowEffect::Depends,
            false => RowEffect::None,
        };
    }
    if cursor.at_all(&["materialized"]) {
        return RowEffect::Depends;
    }
    if cursor.at_all(&["unique", "index"]) || cursor.at("trigger") || cursor.at("rule") {
        return RowEffect::Depends;
    }
    if cursor.at("table") && reads_query(cursor) {
        return RowEffect::Writes;
    }
    RowEffect::None
}

/// `CREATE TABLE … AS SELECT …`
fn reads_query(cursor: &Cursor<'_>) -> bool {
    cursor.clone().skip_past(&["as"])
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
