//! Refuses `SET standard_conforming_strings = off` before a string with a backslash. PostgreSQL
//! reads the whole migration before it runs the first statement, so the strings would mean
//! something else than under psql.

use super::{CheckedScript, PreflightProblem};
use crate::migrations::sql::TokenKind;

/// Finds the first string that would change its meaning.
pub fn check(script: &CheckedScript<'_>) -> Vec<PreflightProblem> {
    let is_setting = |text: &str| {
        text.to_ascii_lowercase()
            .contains("standard_conforming_strings")
    };
    let setting = script.statements.iter().find(|statement| {
        is_setting(statement.text())
            && statement
                .tokens
                .iter()
                .any(|token| is_off(token.text(script.text)))
    });
    let Some(setting) = setting.filter(|_| !script.no_transaction) else {
        return Vec::new();
    };
    let plain = |text: &str| text.starts_with(['\'', 'n', 'N']) && text.contains('\\');
    let mut strings = script
        .tokens
        .iter()
        .filter(|token| token.span.start > setting.span.end);
    let changed =
        strings.find(|token| token.kind == TokenKind::String && plain(token.text(script.text)));
    let explain = |token: &crate::migrations::sql::Token| {
        let why =
            "PostgreSQL reads the whole migration before `standard_conforming_strings` is off";
        let help = "write `E'…'` and remove the setting";
        script.problem(token.span, "a backslash in a plain string", why, help)
    };
    changed.map(explain).into_iter().collect()
}

fn is_off(text: &str) -> bool {
    matches!(
        text.trim_matches('\'').to_ascii_lowercase().as_str(),
        "off" | "false" | "no" | "0"
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::problems;

    #[test]
    fn strings_that_would_change_their_meaning_are_refused() {
        let text = "set standard_conforming_strings = off;\nselect 'a', '\\'b';";
        assert_eq!(problems(text), ["2:13: a backslash in a plain string"]);
    }

    #[test]
    fn the_setting_alone_and_the_default_are_fine() {
        assert_eq!(
            problems("set standard_conforming_strings = on; select '\\';"),
            [""; 0]
        );
        assert_eq!(
            problems("set standard_conforming_strings = off; select 'a', E'\\'';"),
            [""; 0]
        );
    }
}
