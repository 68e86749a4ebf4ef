//! Writes texts as literals and names as identifiers.

use crate::schema::model::ObjectName;

/// Writes a text as an SQL literal. `E'…'` means the same whatever `standard_conforming_strings`
/// says.
#[must_use]
pub fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Writes any name as an SQL identifier.
#[must_use]
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Writes the name of an object with its namespace as SQL.
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
