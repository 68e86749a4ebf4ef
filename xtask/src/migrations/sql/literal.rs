//! Texts as literals, names as identifiers.

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
