//! The kinds of statements to which a superuser's rights are lent. They run no code of the
//! migrations, and give no power over the machine.

use crate::migrations::sql::Statement;
use crate::postgres::scratch::{OVER_THE_MACHINE, SUPERUSER};

/// The kind of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatementKind {
    /// Extensions. Such a statement runs as the superuser itself: the owner of an extension may
    /// call all of its functions.
    Extension,
    /// Event triggers.
    EventTrigger,
    /// Roles and their members.
    Role,
    /// Publications, operator classes, and giving an object to another role.
    Object,
}

impl StatementKind {
    /// The kind of a statement that needs the rights; `None` for all others.
    pub(super) fn of(statement: &Statement<'_>) -> Option<Self> {
        let mut cursor = statement.cursor();
        let has = |word: &str| {
            statement
                .cursor()
                .rest()
                .iter()
                .any(|token| token.is_word(statement.source, word))
        };
        if cursor.eat_all(&["comment", "on"]) || cursor.eat("drop") {
            return cursor.at("extension").then_some(Self::Extension);
        }
        if cursor.at("grant") {
            return (!has("on") && is_harmless(statement)).then_some(Self::Role);
        }
        if !(cursor.eat("create") || cursor.eat("alter")) {
            return None;
        }
        if gives_away(statement) {
            return Some(Self::Object);
        }
        let is = |words: &[&str]| cursor.at_all(words);
        if is(&["extension"]) {
            Some(Self::Extension)
        } else if is(&["event", "trigger"]) {
            Some(Self::EventTrigger)
        } else if is(&["publication"]) || is(&["operator", "class"]) || is(&["operator", "family"])
        {
            Some(Self::Object)
        } else if is(&["role"]) || is(&["user"]) || is(&["group"]) {
            // A role that is itself a superuser would have power over the machine.
            // Only a superuser may give these two before PostgreSQL 16.
            let is_special = has("replication") || has("bypassrls");
            (is_special && !has("superuser") && is_harmless(statement)).then_some(Self::Role)
        } else {
            None
        }
    }

    /// Whether event triggers, which are code of the migrations, run at such a statement. They do
    /// not run at statements about event triggers or about objects of the whole cluster.
    pub(super) fn fires_event_triggers(self) -> bool {
        matches!(self, Self::Extension | Self::Object)
    }
}

/// The extension that a statement makes, changes, comments on or drops.
pub(super) fn extension(statement: &Statement<'_>) -> Option<String> {
    let mut cursor = statement.cursor();
    let _verb = cursor.eat_all(&["comment", "on"])
        || cursor.eat("create")
        || cursor.eat("alter")
        || cursor.eat("drop");
    if !cursor.eat("extension") {
        return None;
    }
    let _condition = cursor.eat_all(&["if", "not", "exists"]) || cursor.eat_all(&["if", "exists"]);
    Some(cursor.identifier()?.name)
}

/// Whether a statement only gives an object to another role: `ALTER TABLE t OWNER TO app`. A
/// superuser may give it to a role that may not create such objects there itself. Not to a
/// superuser: a function may run with the rights of its owner.
fn gives_away(statement: &Statement<'_>) -> bool {
    let words: Vec<&str> = statement
        .cursor()
        .rest()
        .iter()
        .map(|token| token.text(statement.source))
        .collect();
    let [.., owner, to, _role] = words.as_slice() else {
        return false;
    };
    let has_other_actions = statement.cursor().split_at_commas().len() > 1;
    let is_gift = owner.eq_ignore_ascii_case("owner") && to.eq_ignore_ascii_case("to");
    is_gift && !has_other_actions && is_harmless(statement)
}

/// Whether a statement names none of the roles that have power over the machine. `U&"…"` may spell
/// any name.
fn is_harmless(statement: &Statement<'_>) -> bool {
    let text = statement.text().to_ascii_lowercase();
    let names = OVER_THE_MACHINE.iter().copied().chain([SUPERUSER]);
    !text.contains("u&") && names.into_iter().all(|name| !text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::StatementKind;
    use crate::migrations::sql;

    #[test]
    fn rights_are_lent_by_kind_and_never_to_make_a_superuser() {
        let kind = |text: &str| StatementKind::of(&sql::statements(text)[0]);
        assert_eq!(
            kind("CREATE EXTENSION IF NOT EXISTS citext"),
            Some(StatementKind::Extension)
        );
        assert_eq!(
            kind("comment on extension citext is 'x'"),
            Some(StatementKind::Extension)
        );
        assert_eq!(
            kind("CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f()"),
            Some(StatementKind::EventTrigger)
        );
        assert_eq!(
            kind("ALTER PUBLICATION p ADD TABLE t"),
            Some(StatementKind::Object)
        );
        assert_eq!(
            kind("ALTER FUNCTION app.f(int, text) OWNER TO \"app\""),
            Some(StatementKind::Object)
        );
        assert_eq!(
            kind("CREATE ROLE service NOLOGIN BYPASSRLS"),
            Some(StatementKind::Role)
        );
        assert_eq!(
            kind("GRANT postgres TO authenticator"),
            Some(StatementKind::Role)
        );
        for none in [
            "CREATE ROLE boss SUPERUSER REPLICATION",
            "CREATE ROLE app LOGIN",
            "GRANT SELECT ON t TO app",
            "GRANT pg_read_server_files TO app",
            "GRANT cargo_xtask TO app",
            "COPY t TO PROGRAM 'id'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'system'",
            "ALTER SYSTEM SET archive_command = 'id'",
            "ALTER TABLE t ADD COLUMN a int DEFAULT f(), OWNER TO app",
            "ALTER FUNCTION f() OWNER TO cargo_xtask_founder",
            "ALTER FUNCTION f() OWNER TO U&\"\\0063argo_xtask\"",
            "DROP TABLE t",
        ] {
            assert_eq!(kind(none), None, "{none}");
        }
    }
}
