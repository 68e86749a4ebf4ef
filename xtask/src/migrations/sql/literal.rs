//! Texts as literals, names as identifiers.

use crate::schema::model::ObjectName;

/// A text as SQL takes it, whatever `standard_conforming_strings` says.
#[must_use]
pub fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A name as SQL takes it, whatever it holds.
#[must_use]
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name of an object with its namespace, as SQL takes it.
#[must_use]
pub fn quoted(name: &ObjectName) -> String {
    format!("{}.{}", identifier(&name.namespace), identifier(&name.name))
}

#[cfg(test)]
mod tests {
    use super::{identifier, literal};

    #[test]
    fn identifiers_hold_quotes() {
        assert_eq!(identifier("Größe \"x\""), "\"Größe \"\"x\"\"\"");
    }

    #[test]
    fn literals_hold_quotes_and_backslashes() {
        assert_eq!(literal("it's \\ a"), "E'it''s \\\\ a'");
    }
}
