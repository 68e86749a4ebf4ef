//! Consent to lose data that stands in the file of a migration: `-- accept-data-loss: runs.note`. It
//! is reviewed with the migration, and counts for this file only.

use std::collections::BTreeSet;

use super::storage_identity::given as given_names;
use crate::migrations::sql::{self, TokenKind};
use crate::source::Span;

/// The word with which such a comment begins.
pub const DIRECTIVE: &str = "accept-data-loss:";

/// A line that gives consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentLine {
    /// The names of tables and columns, as a person gives them on the command line.
    pub names: BTreeSet<String>,
    /// The comment.
    pub span: Span,
}

/// Reads the lines of `sql` that give consent. Texts in strings and in `/* … */` are none.
#[must_use]
pub fn lines(sql: &str) -> Vec<ConsentLine> {
    let mut lines = Vec::new();
    for token in sql::tokens(sql) {
        if token.kind != TokenKind::LineComment {
            continue;
        }
        let text = token.text(sql).trim_start_matches('-').trim();
        let Some(names) = text.strip_prefix(DIRECTIVE) else {
            continue;
        };
        let given = names
            .split(',')
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(",");
        lines.push(ConsentLine {
            names: given_names([given.as_str()]),
            span: token.span,
        });
    }
    lines
}

/// All names to whose loss `sql` consents.
#[must_use]
pub fn names(sql: &str) -> BTreeSet<String> {
    lines(sql).into_iter().flat_map(|line| line.names).collect()
}

/// The line that gives consent to the loss of `object`.
#[must_use]
pub fn line(object: &str) -> String {
    format!("-- {DIRECTIVE} {object}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_stands_in_comments_alone() {
        let text = "-- accept-data-loss: runs.note, users\nALTER TABLE runs DROP note; --accept-data-loss: \"a.b\"\n\
                    /* -- accept-data-loss: x */ SELECT '-- accept-data-loss: y'; -- accept-data-loss z";
        let all: Vec<&str> = vec!["\"a.b\"", "runs.note", "users"];
        assert_eq!(
            names(text).iter().map(String::as_str).collect::<Vec<_>>(),
            all
        );
        assert_eq!(names(&line("runs.note")), given_names(["runs.note"]));
    }
}
