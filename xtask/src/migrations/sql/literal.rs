//! Texts as literals.

/// A text as SQL takes it, whatever `standard_conforming_strings` says.
#[must_use]
pub fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn literals_hold_quotes_and_backslashes() {
        assert_eq!(literal("it's \\ a"), "E'it''s \\\\ a'");
    }
}
