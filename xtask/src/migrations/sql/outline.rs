//! Shortens statements to one line, for messages. A statement of a file becomes an excerpt, one of
//! an application an outline without its values. Logs of CI jobs are read by many, and an
//! application's SQL holds the data of its users.

use super::splitter::tokens;
use super::token::{Construct, TokenKind};

/// The longest line, in characters.
const LENGTH: usize = 80;

/// The placeholder for a value.
const VALUE: &str = "?";

/// Returns the outline of `sql` on one line. Literals are `?`. Comments are left out, since tools
/// put values there too. `sql` may end anywhere.
#[must_use]
pub fn outline(sql: &str) -> String {
    let mut line = String::new();
    let mut is_apart = false;
    for token in tokens(sql) {
        let text = match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => {
                is_apart = true;
                continue;
            }
            TokenKind::String
            | TokenKind::DollarString
            | TokenKind::Number
            | TokenKind::CopyData => VALUE,
            // The rest is a comment, while the rest of an open string is a value.
            TokenKind::Unterminated(Construct::BlockComment) => break,
            TokenKind::Unterminated(_) => VALUE,
            _named => token.text(sql),
        };
        if is_apart && !line.is_empty() {
            line.push(' ');
        }
        is_apart = false;
        line.push_str(text);
    }
    shortened(line)
}

/// The beginning of a statement, on one line.
#[must_use]
pub fn excerpt(sql: &str) -> String {
    shortened(sql.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The beginning of a line.
fn shortened(mut line: String) -> String {
    if let Some((end, _)) = line.char_indices().nth(LENGTH) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_one_short_line() {
        assert_eq!(
            excerpt("create table\n  t (a int)"),
            "create table t (a int)"
        );
        assert_eq!(excerpt(&"ä ".repeat(100)), format!("{}…", "ä ".repeat(40)));
    }

    #[test]
    fn values_are_left_out_and_names_stay() {
        for (sql, expected) in [
            (
                "UPDATE users\n  SET name = 'Ada', age=36\n WHERE id = $1",
                "UPDATE users SET name = ?, age=? WHERE id = $1",
            ),
            (
                "SELECT 1 /* user='ada' */ FROM \"t\" -- secret",
                "SELECT ? FROM \"t\"",
            ),
            (
                "INSERT INTO a VALUES (E'it\\'s', $$x$$, X'ff', -1.5e3)",
                "INSERT INTO a VALUES (?, ?, ?, -?)",
            ),
            (
                "SELECT * FROM a WHERE token = 'cut o",
                "SELECT * FROM a WHERE token = ?",
            ),
            ("SELECT /* cut o", "SELECT"),
            ("", ""),
        ] {
            assert_eq!(outline(sql), expected, "{sql}");
        }
        let long = outline(&"a ".repeat(100));
        assert_eq!(long, format!("{}…", "a ".repeat(40)));
    }
}
