//! Recognises SQL that is written for another database than PostgreSQL. Several tools migrate more
//! than one kind of database, and their files look alike by name.

use crate::migrations::sql::{self, Token, TokenKind};

/// The database that `sql` is written for, where that is not PostgreSQL. Only syntax counts that
/// PostgreSQL refuses.
pub(super) fn other(sql: &str) -> Option<&'static str> {
    let tokens: Vec<Token> = sql::tokens(sql)
        .into_iter()
        .filter(|token| token.is_significant())
        .collect();
    let after = |at: usize, word: &str| {
        let next: Option<&Token> = tokens.get(at + 1);
        next.is_some_and(|next| next.is_word(sql, word))
    };
    tokens.iter().enumerate().find_map(|(at, token)| {
        // PostgreSQL allows it in the names of operators, and has none of that name.
        let is_symbol = matches!(token.kind, TokenKind::Operator | TokenKind::Unknown);
        if is_symbol && token.text(sql).contains('`') {
            return Some("MySQL or SQLite");
        }
        if token.kind != TokenKind::Word {
            return None;
        }
        match token.text(sql).to_ascii_uppercase().as_str() {
            "ENGINE" => engine(sql, tokens.get(at + 1..)?),
            "AUTO_INCREMENT" => Some("MySQL"),
            "AUTOINCREMENT" => Some("SQLite"),
            "NVARCHAR" => Some("SQL Server"),
            "PRAGMA" if at == 0 || tokens[at - 1].text(sql) == ";" => Some("SQLite"),
            "WITHOUT" if after(at, "ROWID") => Some("SQLite"),
            // A trigger may run after `INSERT OR UPDATE`.
            "INSERT" if after(at, "OR") => {
                let conflicts = ["ignore", "replace", "abort", "fail"];
                conflicts
                    .iter()
                    .any(|word| after(at + 1, word))
                    .then_some("SQLite")
            }
            "STRFTIME" | "JULIANDAY" | "DATETIME" | "UNIXEPOCH" => {
                is_call_for_dates(sql, tokens.get(at + 1..)?).then_some("SQLite")
            }
            "ON" if after(at, "CLUSTER") => Some("ClickHouse"),
            _word => None,
        }
    })
}

/// Whether a call follows that begins with a format or `'now'`, or has no argument, as SQLite's
/// functions for dates do. A column may be called like them, and in ClickHouse a type is:
/// `DateTime('UTC')`.
fn is_call_for_dates(sql: &str, tokens: &[Token]) -> bool {
    let [open, first, ..] = tokens else {
        return false;
    };
    let text = first.text(sql);
    let is_argument =
        text == ")" || (first.kind == TokenKind::String && (text.contains('%') || text == "'now'"));
    open.text(sql) == "(" && is_argument
}

/// The database that has the storage engine after `ENGINE`.
fn engine(sql: &str, tokens: &[Token]) -> Option<&'static str> {
    let [equals, name, ..] = tokens else {
        return None;
    };
    if equals.text(sql) != "=" {
        return None;
    }
    let name = name.text(sql).to_ascii_lowercase();
    match name.as_str() {
        "innodb" | "myisam" => Some("MySQL"),
        "distributed" | "null" | "kafka" | "log" | "join" => Some("ClickHouse"),
        _ if name.ends_with("mergetree") => Some("ClickHouse"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_has_words_of_its_own() {
        for (sql, expected) in [
            (
                "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT);",
                Some("MySQL"),
            ),
            ("create table t (id int) engine=InnoDB;", Some("MySQL")),
            ("CREATE TABLE `t` (id int);", Some("MySQL or SQLite")),
            (
                "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);",
                Some("SQLite"),
            ),
            (
                "CREATE TABLE t (id UInt64) ENGINE = ReplacingMergeTree(at) ORDER BY id;",
                Some("ClickHouse"),
            ),
            (
                "ALTER TABLE t ON CLUSTER default ADD COLUMN a String;",
                Some("ClickHouse"),
            ),
            (
                "CREATE TABLE t (at TEXT NOT NULL DEFAULT (strftime('%s', 'now')));",
                Some("SQLite"),
            ),
            (
                "CREATE TABLE t (at DateTime('UTC')) ENGINE = MergeTree ORDER BY at;",
                Some("ClickHouse"),
            ),
            (
                "CREATE TABLE t (at TEXT DEFAULT (datetime('now')));",
                Some("SQLite"),
            ),
            ("PRAGMA foreign_keys = ON;", Some("SQLite")),
            ("INSERT OR IGNORE INTO t VALUES (1);", Some("SQLite")),
            ("CREATE TABLE t (datetime timestamptz, pragma text);", None),
            (
                "CREATE TRIGGER a AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();",
                None,
            ),
            ("ALTER TABLE t CLUSTER ON t_pkey;", None),
            (
                "CREATE TABLE engine (engine text DEFAULT 'ENGINE = Log');",
                None,
            ),
            ("-- AUTO_INCREMENT in `MySQL`\nSELECT 1;", None),
            (
                "CREATE FUNCTION f() RETURNS text AS $$ SELECT '`' $$ LANGUAGE sql;",
                None,
            ),
        ] {
            assert_eq!(other(sql), expected, "{sql}");
        }
    }
}
