//! Words of commands that a person copies into a shell.

/// Quotes a word for a shell.
pub fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "_-./:".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_the_shell_needs_it() {
        assert_eq!(quoted("users.bio"), "users.bio");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("we'ird table"), "'we'\\''ird table'");
    }
}
