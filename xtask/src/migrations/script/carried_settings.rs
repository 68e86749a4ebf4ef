//! Recognises settings that statements make for the rest of their session. Each statement without
//! transaction begins in a clean session, so that these settings are repeated: also after a crash,
//! when the session is another one.

use crate::migrations::sql::{Statement, TokenKind};

/// Whether `statement` only makes a setting for the session.
pub(super) fn is_setting(statement: &Statement<'_>) -> bool {
    let mut cursor = statement.cursor();
    if cursor.eat("set") {
        return !["local", "transaction", "constraints"]
            .iter()
            .any(|word| cursor.at(word));
    }
    cursor.eat("reset") || (cursor.eat("select") && calls_set_config(statement))
}

/// `SELECT set_config('search_path', '', false)`, as `pg_dump` begins.
fn calls_set_config(statement: &Statement<'_>) -> bool {
    let words = statement
        .tokens
        .iter()
        .filter(|token| token.kind == TokenKind::Word);
    words.into_iter().any(|token| {
        token
            .text(statement.source)
            .eq_ignore_ascii_case("set_config")
    })
}

#[cfg(test)]
mod tests {
    use super::is_setting;
    use crate::migrations::sql;

    #[test]
    fn settings_of_the_session_are_kept_and_nothing_else() {
        let text = "SET search_path = app; set local work_mem = '1MB'; SET CONSTRAINTS ALL DEFERRED; RESET ROLE; \
                    set session authorization bob; set transaction read only; SELECT pg_catalog.set_config('a.b', 'c', false); \
                    select 'set_config'; create table t (id int); UPDATE t SET id = 1;";
        let expected = [
            "SET search_path = app",
            "RESET ROLE",
            "set session authorization bob",
            "SELECT pg_catalog.set_config('a.b', 'c', false)",
        ];
        let statements = sql::statements(text);
        let settings: Vec<&str> = statements
            .iter()
            .filter(|one| is_setting(one))
            .map(|one| one.text())
            .collect();
        assert_eq!(settings, expected);
    }
}
