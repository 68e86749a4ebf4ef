//! The name of refinery's history table. refinery puts it into its SQL as it is, so only names that
//! need no quotes are accepted. Then every use means the same table, and no other SQL can hide in
//! the name.

use anyhow::{Result, bail};

use super::reserved_words;

/// PostgreSQL cuts longer names silently.
const LONGEST: usize = 63;

/// The name in lower case, as PostgreSQL reads it.
pub(super) fn validated(name: &str) -> Result<String> {
    let name = name.to_ascii_lowercase();
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() > 2 || !parts.iter().all(|part| is_plain(part)) {
        bail!(
            "`history-table` is `{name}`, which is no name of a table: write `table` or `namespace.table`, of letters, \
             digits and `_`, at most {LONGEST} of them"
        )
    }
    if let Some(reserved) = parts
        .iter()
        .find(|part| reserved_words::OF_TABLES.contains(part))
    {
        bail!("`history-table` is `{name}`, and `{reserved}` is a word of SQL: choose another name")
    }
    Ok(name)
}

fn is_plain(part: &str) -> bool {
    let begins = part.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    begins
        && part.len() <= LONGEST
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::validated;

    #[test]
    fn plain_names_are_taken_as_postgresql_reads_them() {
        assert_eq!(
            validated("refinery_schema_history").ok().as_deref(),
            Some("refinery_schema_history")
        );
        assert_eq!(
            validated("Ops.History2").ok().as_deref(),
            Some("ops.history2")
        );
    }

    #[test]
    fn whatever_would_need_quotes_is_refused() {
        for name in [
            "",
            "a.b.c",
            "a b",
            "a; drop table users",
            "\"a\"",
            "a.",
            "1a",
            "user",
            "ops.table",
            "größe",
        ] {
            assert!(validated(name).is_err(), "{name}");
        }
        assert!(validated(&"x".repeat(64)).is_err());
    }
}
