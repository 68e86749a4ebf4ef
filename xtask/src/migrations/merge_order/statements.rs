//! The statements of a branch's migrations, with the names that stand in them.

use std::collections::BTreeSet;

use crate::migrations::Migration;
use crate::migrations::provenance::SearchPath;
use crate::migrations::sql::{self, Statement, TokenKind};
use crate::migrations::statements::{self, ParsedStatement};
use crate::source::{LineIndex, Location, Span};

/// A statement of a migration.
pub(super) struct NamedStatement<'m> {
    /// The migration that holds it.
    pub migration: &'m Migration,
    /// The statement.
    pub statement: Statement<'m>,
    /// What it does.
    pub parsed: ParsedStatement,
    /// Every word of it that may be a name, as PostgreSQL stores names. The words inside strings and
    /// bodies are among them where the statement runs code.
    pub names: BTreeSet<String>,
}

impl NamedStatement<'_> {
    /// Its place.
    pub fn location(&self) -> Location {
        place(self.migration, self.statement.span)
    }

    /// How many of `names` stand in it.
    pub fn count(&self, names: &BTreeSet<String>) -> usize {
        self.names.intersection(names).count()
    }

    /// Whether two statements are the same but for comments and white space.
    pub fn is_like(&self, other: &NamedStatement<'_>) -> bool {
        let texts = |one: &NamedStatement<'_>| -> Vec<String> {
            let source = one.statement.source;
            let tokens = one.statement.tokens.iter();
            tokens
                .map(|token| token.text(source).to_lowercase())
                .collect()
        };
        texts(self) == texts(other)
    }
}

/// The place of `span` in the text of `migration`.
pub(super) fn place(migration: &Migration, span: Span) -> Location {
    let lines = LineIndex::new(
        migration.file.as_str().into(),
        migration.sql.as_str().into(),
    );
    lines.location(span)
}

/// The statements of `migrations`, in their order.
pub(super) fn of<'m>(migrations: &[&'m Migration]) -> Vec<NamedStatement<'m>> {
    let of_one = |migration: &&'m Migration| {
        let migration = *migration;
        let parsed = statements::read(&migration.sql, &SearchPath::default());
        sql::statements(&migration.sql)
            .into_iter()
            .zip(parsed)
            .map(move |(statement, parsed)| NamedStatement {
                migration,
                names: names(&statement),
                statement,
                parsed,
            })
    };
    migrations.iter().flat_map(of_one).collect()
}

/// The statement that has the most to do with `names`, the last one of several; `None` where no
/// statement names any of them. `hints` are names that tell such statements apart.
pub(super) fn naming<'s, 'm>(
    statements: &'s [NamedStatement<'m>],
    names: &BTreeSet<String>,
    hints: &BTreeSet<String>,
) -> Option<&'s NamedStatement<'m>> {
    let named = statements.iter().filter(|one| one.count(names) > 0);
    named.max_by_key(|one| (one.count(names), one.count(hints)))
}

fn names(statement: &Statement<'_>) -> BTreeSet<String> {
    let mut cursor = statement.cursor();
    let runs_code = ["do", "call", "select", "with"]
        .iter()
        .any(|word| cursor.at(word));
    let mut names = BTreeSet::new();
    while let Some(token) = cursor.peek() {
        let is_text = matches!(token.kind, TokenKind::String | TokenKind::DollarString);
        match cursor.identifier() {
            Some(name) => {
                names.insert(name.name);
            }
            None => {
                if is_text && runs_code {
                    names.extend(words(token.text(statement.source)));
                }
                cursor.next();
            }
        }
    }
    names
}

/// The words of a text that holds SQL, or names.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// The names in PostgreSQL's `message`: those in quotes, and the dotted or bare name after the kind
/// of object that it is about.
pub(super) fn in_message(message: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (index, part) in message.split('"').enumerate() {
        if index % 2 == 1 {
            names.extend(part.split('.').map(str::to_owned));
            continue;
        }
        let mut words = part.split([' ', '(']).peekable();
        while let Some(word) = words.next() {
            let is_kind = ["column", "function", "relation", "type", "procedure"].contains(&word);
            let Some(name) = words.peek().filter(|_| is_kind) else {
                continue;
            };
            let names_object = name.contains('.') || word == "function" || word == "procedure";
            if names_object {
                names.extend(name.split('.').map(str::to_owned));
            }
        }
    }
    names.remove("");
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_names_of_messages_are_those_of_objects() {
        for (message, names) in [
            (
                "column \"bio\" of relation \"users\" already exists",
                set(&["bio", "users"]),
            ),
            ("column u.bio does not exist", set(&["u", "bio"])),
            (
                "relation \"app.tags\" does not exist",
                set(&["app", "tags"]),
            ),
            ("function touch(integer) does not exist", set(&["touch"])),
            ("division by zero", set(&[])),
        ] {
            assert_eq!(in_message(message), names, "{message}");
        }
    }

    #[test]
    fn the_statement_with_the_most_in_common_is_chosen() {
        let first = Migration::sample(
            1,
            "a",
            "ALTER TABLE bills RENAME name TO title;\nALTER TABLE users RENAME name TO title;\nSELECT 1;",
            "",
        );
        let statements = of(&[&first]);
        let found = naming(&statements, &set(&["name"]), &set(&["users"]));
        assert_eq!(found.map(|one| one.location().line), Some(2));
        assert!(naming(&statements, &set(&["age"]), &set(&["users"])).is_none());
    }

    #[test]
    fn names_in_code_count_and_those_in_values_do_not() {
        let sample = Migration::sample(
            1,
            "a",
            "DO $$ BEGIN UPDATE users SET a = 1; END $$;\nINSERT INTO tags VALUES ('users');",
            "",
        );
        let statements = of(&[&sample]);
        assert!(statements[0].names.contains("users"));
        assert!(!statements[1].names.contains("users"));
    }
}
