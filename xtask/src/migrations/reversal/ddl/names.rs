//! Names and texts as people write them in SQL: quoted only where they must be, since a way back is
//! read by a person before it runs.

use crate::config::reserved_words;
use crate::migrations::sql::{identifier, literal};
use crate::schema::model::ObjectName;

/// Writes a name, quoted where it must be.
pub fn name(name: &str) -> String {
    let mut characters = name.chars();
    let begins = characters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first == '_');
    let goes_on = characters
        .all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_');
    if begins && goes_on && !reserved_words::is_reserved(name) {
        return name.to_owned();
    }
    identifier(name)
}

/// Writes the name of an object with its namespace.
pub fn qualified(object: &ObjectName) -> String {
    format!("{}.{}", name(&object.namespace), name(&object.name))
}

/// Writes names with commas between them.
pub fn list<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let written: Vec<String> = names.into_iter().map(|one| name(one)).collect();
    written.join(", ")
}

/// Writes a text as a literal: plain where the text is.
pub fn text(value: &str) -> String {
    if value.contains('\\') {
        return literal(value);
    }
    format!("'{}'", value.replace('\'', "''"))
}

/// Writes `COMMENT ON`, which removes the comment where there is none.
pub fn comment(on: &str, value: Option<&String>) -> String {
    let value = value.map_or_else(|| "NULL".to_owned(), |value| text(value));
    format!("COMMENT ON {on} IS {value}")
}

/// Writes the options of a sequence with all words that SQL has for them: `START WITH 5`.
pub fn sequence_options(options: &str) -> String {
    options
        .replace("START ", "START WITH ")
        .replace("INCREMENT ", "INCREMENT BY ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_must_be() {
        let written = [
            "users", "userId", "user", "1st", "a b", "", "a\"b", "_x1", "time",
        ]
        .map(name)
        .join(" ");
        assert_eq!(
            written,
            "users \"userId\" \"user\" \"1st\" \"a b\" \"\" \"a\"\"b\" _x1 \"time\""
        );
    }

    #[test]
    fn texts_mean_what_they_say() {
        assert_eq!(text("it's"), "'it''s'");
        assert_eq!(text("a\\b'"), "E'a\\\\b'''");
        assert_eq!(
            comment("TABLE public.t", None),
            "COMMENT ON TABLE public.t IS NULL"
        );
    }
}
