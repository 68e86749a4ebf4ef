//! Reads from the migrations which line last touched each table, column and type. It follows the
//! statements that change them one by one. Statements that it does not know are passed over, since
//! a place is help and not a verdict.

mod alter_table;
mod constraint;
mod create_table;
mod made_tables;
mod objects;
mod search_path;

use crate::schema::model::ObjectName;
use crate::schema::provenance::Provenance;
use crate::source::{LineIndex, Location, Span};

use super::Migration;
use super::sql::{self, Cursor, Identifier, Statement, Token, TokenKind};
pub use made_tables::made_tables;
pub use search_path::SearchPath;

/// The places after all of `migrations` have run, oldest first.
#[must_use]
pub fn read<'m>(migrations: impl IntoIterator<Item = &'m Migration>) -> Provenance {
    read_from(&SearchPath::default(), migrations)
}

/// Like [`read`], but each migration starts with `search_path`.
#[must_use]
pub fn read_from<'m>(
    search_path: &SearchPath,
    migrations: impl IntoIterator<Item = &'m Migration>,
) -> Provenance {
    let mut provenance = Provenance::default();
    for migration in migrations {
        let lines = LineIndex::new(
            migration.file.as_str().into(),
            migration.sql.as_str().into(),
        );
        let mut reader = StatementReader {
            provenance: &mut provenance,
            lines: &lines,
            path: search_path.clone(),
        };
        for statement in sql::statements(&migration.sql) {
            reader.read(&statement);
        }
        provenance.end_migration();
    }
    provenance
}

/// Reads the statements of one migration.
struct StatementReader<'a> {
    provenance: &'a mut Provenance,
    lines: &'a LineIndex,
    path: SearchPath,
}

impl StatementReader<'_> {
    fn read(&mut self, statement: &Statement<'_>) {
        let mut cursor = statement.cursor();
        if cursor.eat("do") {
            return self.read_block(&cursor);
        }
        if self.path.follow(cursor.clone()) {
            return;
        }
        self.read_command(cursor);
    }

    fn read_command(&mut self, mut cursor: Cursor<'_>) {
        let start = cursor.clone();
        if cursor.eat("create") {
            create_table::read(self, cursor.clone(), &start);
            objects::create(self, cursor, &start);
        } else if cursor.eat_all(&["alter", "table"]) {
            alter_table::read(self, cursor);
        } else if cursor.eat("alter") {
            objects::alter(self, cursor, &start);
        } else if cursor.eat("drop") {
            objects::drop(self, cursor, &start);
        }
    }

    /// Reads the commands in the body of `DO $$ … $$` as if its conditions held: `IF … THEN ALTER
    /// TABLE …`.
    fn read_block(&mut self, cursor: &Cursor<'_>) {
        let source = cursor.source();
        let Some((offset, inside)) = block_body(cursor) else {
            return;
        };
        for statement in sql::statements(inside) {
            let tokens: Vec<_> = statement
                .tokens
                .iter()
                .map(|token| moved(*token, offset))
                .collect();
            // The splitter does not know PL/pgSQL: `IF … THEN ALTER TABLE …` is one statement to
            // it, whose command begins in the middle.
            let begins = |token: &Token| {
                ["create", "alter", "drop"]
                    .iter()
                    .any(|word| token.is_word(source, word))
            };
            if let Some(first) = tokens.iter().position(begins) {
                self.read_command(Cursor::new(source, &tokens[first..]));
            }
        }
    }

    fn place(&self, cursor: &Cursor<'_>) -> Location {
        self.lines.location(cursor.span().unwrap_or_default())
    }

    /// Returns the name that a `CREATE` gives.
    fn new_name(&self, parts: &[Identifier]) -> Option<ObjectName> {
        self.path.first(parts)
    }

    /// Returns the existing object that `parts` names. Where the search path finds none, it is the
    /// only one of that name: the path may have been set for the role or the database.
    fn existing(&self, parts: &[Identifier]) -> Option<ObjectName> {
        let found = self.found(parts)?;
        let is_known = self.provenance.knows(&found) || parts.len() > 1;
        let elsewhere = || self.provenance.only_one_named(&found.name);
        Some(if is_known {
            found
        } else {
            elsewhere().unwrap_or(found)
        })
    }

    /// The object that `parts` names by the search path, which need not exist.
    fn found(&self, parts: &[Identifier]) -> Option<ObjectName> {
        self.path.resolve(parts, |name| self.provenance.knows(name))
    }
}

/// The body of the block `DO $$ … $$` after `DO`, and the byte at which it begins.
fn block_body<'s>(cursor: &Cursor<'s>) -> Option<(u32, &'s str)> {
    let mut tokens = cursor.rest().iter();
    let body = tokens.find(|token| token.kind == TokenKind::DollarString)?;
    let text = body.text(cursor.source());
    // The length of `$tag$`, which begins and ends the body.
    let delimiter = text
        .get(1..)
        .and_then(|rest| rest.find('$'))
        .map_or(0, |at| at + 2);
    let inside = text.get(delimiter..text.len() - delimiter)?;
    let offset = body.span.start + u32::try_from(delimiter).unwrap_or_default();
    Some((offset, inside))
}

fn moved(token: Token, by: u32) -> Token {
    let Span { start, end } = token.span;
    Token {
        span: Span {
            start: start.saturating_add(by),
            end: end.saturating_add(by),
        },
        ..token
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// `file-version:line` of each column of `table`, after migrations with these texts.
    pub(super) fn columns(table: &str, sqls: &[&str]) -> Vec<String> {
        let (provenance, name) = (provenance(sqls), name(table));
        let columns = provenance.columns(&name);
        columns
            .map(|(column, location)| format!("{column} {}", brief(location)))
            .collect()
    }

    /// The place of a table or type, as `file-version:line`.
    pub(super) fn object(object: &str, sqls: &[&str]) -> Option<String> {
        let (provenance, name) = (provenance(sqls), name(object));
        provenance
            .table(&name)
            .or(provenance.type_(&name))
            .map(brief)
    }

    /// The place of the last CHECK about a column, as `file-version:line`.
    pub(super) fn check_of(table: &str, column: &str, sqls: &[&str]) -> Option<String> {
        provenance(sqls).check(&name(table), column).map(brief)
    }

    fn provenance(sqls: &[&str]) -> Provenance {
        let migrations: Vec<_> = (1..)
            .zip(sqls)
            .map(|(version, sql)| Migration::sample(version, "x", sql, ""))
            .collect();
        read(&migrations)
    }

    fn name(text: &str) -> ObjectName {
        text.split_once('.').map_or_else(
            || ObjectName::public(text),
            |(namespace, name)| ObjectName {
                namespace: namespace.into(),
                name: name.into(),
            },
        )
    }

    fn brief(location: &Location) -> String {
        let version = location
            .file
            .trim_start_matches("migrations/")
            .split("__")
            .next()
            .unwrap_or_default();
        format!("{version}:{}", location.line)
    }

    #[test]
    fn commands_in_do_blocks_count() {
        let create = "create table t (\n a int)";
        let block = "do $x$ begin\n if not exists (select 1) then\n alter table t add column b int;\n end if;\n\
                     exception when duplicate_column then null; end $x$";
        assert_eq!(columns("t", &[create, block]), ["a V1:2", "b V2:3"]);
        assert_eq!(
            object(
                "role",
                &["do $$ begin\ncreate type role as enum ('a'); end $$"]
            ),
            Some("V1:2".into())
        );
    }

    #[test]
    fn what_the_columns_were_after_each_migration_is_remembered() {
        let sqls = [
            "create table t (a int, b int); alter table t add c int",
            "comment on table t is 'x'",
            "alter table t drop column b, add d int; alter table t rename c to e; alter table t rename to u",
        ];
        let history = provenance(&sqls).column_history(&name("u")).to_vec();
        let history: Vec<String> = history
            .iter()
            .map(|names| names.iter().map(String::as_str).collect())
            .collect();
        assert_eq!(history, ["abc", "ade"]);
    }

    #[test]
    fn the_sample_monorepo_is_followed_whole() {
        let tree = crate::tree::WorkingTree::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let migrations = crate::migrations::files::load(&tree, "migrations").expect("good files");
        let provenance = read(&migrations);
        let users = ObjectName::public("users");
        assert!(provenance.table(&users).is_some() && provenance.columns(&users).count() > 5);
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_looks_like_ddl_makes_it_stop(words in proptest::collection::vec(proptest::sample::select(vec![
            "create", "table", "alter", "drop", "type", "as", "enum", "(", ")", ",", ".", "a", "\"b\"", "column",
            "add", "rename", "to", "only", "if", "exists", "not", "set", "schema", "do", "$$", ";", "constraint",
            "primary key", "like", "inherits", "view", "domain", "search_path", "=", "'x'", "partition of",
        ]), 0..30)) {
            let _ = provenance(&[&words.join(" ")]);
        }
    }
}
