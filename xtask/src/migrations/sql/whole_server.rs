//! Recognises statements about objects of the whole server: roles, databases, tablespaces, settings
//! of the server.

use regex::Regex;

use super::Statement;

/// Such a statement inside a block, whose text is a string. `CREATE ROLE` is not among them: a
/// block creates a role where it is missing, and does nothing on a server that has it.
const IN_BLOCK: &str = r"(?i)\b(alter|drop)\s+(role|user|group|database|tablespace)\b";

/// Returns the command, if a statement creates, changes or drops an object of the whole server.
#[must_use]
pub fn command(statement: &Statement<'_>) -> Option<String> {
    let mut cursor = statement.cursor();
    if cursor.at("do") {
        let found = Regex::new(IN_BLOCK).ok()?.find(statement.text())?.as_str();
        return Some(
            found
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .to_uppercase(),
        );
    }
    // `GRANT … ON` gives privileges on an object, `GRANT` without it the membership of a role.
    let has_on = cursor
        .rest()
        .iter()
        .any(|token| token.is_word(statement.source, "on"));
    for verb in ["grant", "revoke"] {
        if cursor.at(verb) {
            return (!has_on).then(|| format!("{} of a role", verb.to_uppercase()));
        }
    }
    let verb = ["create", "alter", "drop"]
        .into_iter()
        .find(|verb| cursor.eat(verb))?;
    // A user mapping belongs to the database, although it begins like a user.
    if cursor.at_all(&["user", "mapping"]) {
        return None;
    }
    let kinds = ["role", "user", "group", "database", "tablespace", "system"];
    let kind = kinds.into_iter().find(|kind| cursor.at(kind))?;
    Some(format!("{verb} {kind}").to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::command;
    use crate::migrations::sql;

    #[test]
    fn what_belongs_to_the_server_is_told_from_what_belongs_to_the_database() {
        let of = |text: &str| command(&sql::statements(text)[0]);
        assert_eq!(of("create role reader").as_deref(), Some("CREATE ROLE"));
        assert_eq!(
            of("ALTER DATABASE app SET timezone = 'UTC'").as_deref(),
            Some("ALTER DATABASE")
        );
        assert_eq!(
            of("GRANT reader TO app").as_deref(),
            Some("GRANT of a role")
        );
        assert_eq!(
            of("DO $$ BEGIN IF true THEN Alter  Role r NOLOGIN; END IF; END $$").as_deref(),
            Some("ALTER ROLE")
        );
        for none in [
            "GRANT SELECT ON t TO reader",
            "CREATE USER MAPPING FOR r SERVER s",
            "DROP TABLE role",
            "DO $$ BEGIN END $$",
        ] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
