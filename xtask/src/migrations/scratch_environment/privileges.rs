//! What only a superuser may do is done for migrations on a scratch database of our own, statement by statement and by kind:
//! extensions, event triggers, publications, classes of operators, roles that replicate. Their role is a superuser just for
//! that one statement, so that none of their own code runs as one.

use std::cell::{Cell, RefCell};

use anyhow::{Result, anyhow};
use postgres::{Client, GenericClient, Transaction};

use crate::migrations::script::{StatementObserver, Step};
use crate::migrations::sql::{Statement, identifier};
use crate::postgres::error::ServerError;
use crate::postgres::scratch::{FOUNDER, SUPERUSER};

/// A connection to a scratch database, and what lends a superuser's rights on it.
pub type Parts<'s> = (&'s mut Client, &'s mut Privileges);

/// Lends the rights of a superuser to the role of a scratch session.
pub struct Privileges {
    superuser: Option<RefCell<Client>>,
    role: String,
    is_lent: Cell<bool>,
    /// The role that was set before the statement, where that runs as the superuser itself.
    role_before: Option<String>,
}

/// The kinds of statements that a superuser's rights are lent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Runs as the superuser: whoever owns an extension may call all of its functions.
    Extension,
    /// Fires no event triggers.
    EventTrigger,
    /// Belongs to the whole cluster and fires no event triggers.
    Role,
    /// May fire event triggers, which are the migrations' own code.
    Object,
}

impl Privileges {
    /// Lends what `superuser` has to `role`; without it nothing.
    #[must_use]
    pub fn new(superuser: Option<Client>, role: &str) -> Self {
        Self {
            superuser: superuser.map(RefCell::new),
            role: identifier(role),
            is_lent: Cell::new(false),
            role_before: None,
        }
    }

    /// Before a statement.
    fn fit(&mut self, client: &mut impl GenericClient, statement: &Statement<'_>) -> Result<()> {
        let Some(kind) = Kind::of(statement).filter(|_| self.superuser.is_some()) else { return Ok(()) };
        let fires = !matches!(kind, Kind::EventTrigger | Kind::Role);
        if fires && has_event_triggers(client)? {
            return Ok(());
        }
        self.set_superuser(true)?;
        notice(client)?;
        if kind == Kind::Extension {
            let role: String =
                client.query_one("SELECT pg_catalog.current_setting('role')", &[]).map_err(failed)?.get(0);
            client.batch_execute(&format!("SET LOCAL ROLE {FOUNDER}")).map_err(failed)?;
            self.role_before = Some(role);
        }
        Ok(())
    }

    /// After a statement that did not fail.
    fn take_back(&mut self, client: &mut impl GenericClient) -> Result<()> {
        if !self.is_lent.get() {
            return Ok(());
        }
        if let Some(role) = self.role_before.take() {
            let grant = "DO $$ DECLARE known text; BEGIN
                FOR known IN SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper LOOP
                    EXECUTE pg_catalog.format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO %s', known, ";
            let role = if role == "none" { role } else { identifier(&role) };
            let sql = format!("{grant}'{}'); END LOOP; END $$; SET LOCAL ROLE {role}", self.role.replace('\'', "''"));
            client.batch_execute(&sql).map_err(failed)?;
        }
        self.set_superuser(false)?;
        notice(client)
    }

    /// Makes the role a member of all roles that migrations made: a superuser may give a table to any role, others only to one
    /// that they are in.
    fn join_roles(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        let mut attempt = transaction.transaction().map_err(failed)?;
        let role = self.role.replace('\'', "''");
        let joined = attempt.batch_execute(&format!(
            "DO $$ DECLARE known text; BEGIN
                 FOR known IN SELECT rolname FROM pg_catalog.pg_roles AS role
                     WHERE NOT rolsuper AND rolname !~ '^pg_' AND oid <> '{role}'::regrole
                       AND NOT EXISTS (
                           SELECT FROM pg_catalog.pg_auth_members AS member
                           WHERE roleid = role.oid AND member.member = '{role}'::regrole
                             -- Since PostgreSQL 16 whoever makes a role is in it, and may not act as it.
                             AND coalesce(pg_catalog.to_jsonb(member) ->> 'set_option', 'true') = 'true')
                 LOOP
                     BEGIN EXECUTE pg_catalog.format('GRANT %I TO %s', known, '{role}');
                     EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN NULL;
                     END;
                 END LOOP;
             END $$"
        ));
        // Where it may not be one, it need not be one either.
        match joined {
            Ok(()) => attempt.commit().map_err(failed),
            Err(_) => attempt.rollback().map_err(failed),
        }
    }

    fn set_superuser(&self, lend: bool) -> Result<()> {
        let Some(superuser) = &self.superuser else { return Ok(()) };
        let word = if lend { "SUPERUSER" } else { "NOSUPERUSER" };
        let mut superuser = superuser.borrow_mut();
        superuser.batch_execute(&format!("ALTER ROLE {} {word}", self.role)).map_err(failed)?;
        self.is_lent.set(lend);
        Ok(())
    }
}

impl StatementObserver for Privileges {
    fn before(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<()> {
        self.fit(transaction, step.statement)
    }

    fn after(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<()> {
        if self.superuser.is_some() && may_make_role(step.statement.text()) {
            self.join_roles(transaction)?;
        }
        self.take_back(transaction)
    }

    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        // The transaction can only be rolled back, which also forgets the role that was set in it.
        match self.is_lent.get().then(|| self.set_superuser(false)) {
            Some(Err(failure)) => failure.context(error),
            Some(Ok(())) | None => error,
        }
    }
}

impl Kind {
    fn of(statement: &Statement<'_>) -> Option<Self> {
        let mut cursor = statement.cursor();
        if cursor.eat_all(&["comment", "on"]) || cursor.eat("drop") {
            return cursor.at("extension").then_some(Self::Extension);
        }
        if !(cursor.eat("create") || cursor.eat("alter")) {
            return None;
        }
        if gives_away(statement) {
            return Some(Self::Object);
        }
        let is = |words: &[&str]| cursor.at_all(words);
        let has = |word: &str| cursor.rest().iter().any(|token| token.is_word(statement.source, word));
        if is(&["extension"]) {
            Some(Self::Extension)
        } else if is(&["event", "trigger"]) {
            Some(Self::EventTrigger)
        } else if is(&["publication"]) || is(&["operator", "class"]) || is(&["operator", "family"]) {
            Some(Self::Object)
        } else if is(&["role"]) || is(&["user"]) || is(&["group"]) {
            // A role that is itself a superuser would have power over the machine.
            ((has("replication") || has("bypassrls")) && !has("superuser")).then_some(Self::Role)
        } else {
            None
        }
    }
}

/// Whether a statement only gives an object to another role: `ALTER TABLE t OWNER TO app`. A superuser may give it to one that may
/// not make such objects there itself. Not to a superuser: a function runs with the rights of its owner.
fn gives_away(statement: &Statement<'_>) -> bool {
    let words: Vec<&str> = statement.cursor().rest().iter().map(|token| token.text(statement.source)).collect();
    let [.., owner, to, role] = words.as_slice() else { return false };
    let has_other_actions = statement.cursor().split_at_commas().len() > 1;
    // `U&"…"` may spell any name.
    let is_plain = !role.contains(['&', '\\']);
    owner.eq_ignore_ascii_case("owner")
        && is_plain
        && to.eq_ignore_ascii_case("to")
        && !role.trim_matches('"').to_ascii_lowercase().starts_with(SUPERUSER)
        && !has_other_actions
}

/// Whether a text may make a role, also in a block.
fn may_make_role(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("create") && ["role", "user", "group"].iter().any(|word| text.contains(word))
}

fn has_event_triggers(client: &mut impl GenericClient) -> Result<bool> {
    let query = "SELECT EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D')";
    Ok(client.query_one(query, &[]).map_err(failed)?.get(0))
}

/// Has the session notice what another one changed about its role: it looks whenever it takes a lock.
fn notice(client: &mut impl GenericClient) -> Result<()> {
    client.batch_execute("SELECT FROM pg_catalog.pg_roles LIMIT 0").map_err(failed)
}

fn failed(error: postgres::Error) -> anyhow::Error {
    anyhow!(ServerError::from(error)).context("cannot lend a superuser's rights to a statement on the scratch database")
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::migrations::sql;

    #[test]
    fn rights_are_lent_by_kind_and_never_to_make_a_superuser() {
        let kind = |text: &str| Kind::of(&sql::statements(text)[0]);
        assert_eq!(kind("CREATE EXTENSION IF NOT EXISTS citext"), Some(Kind::Extension));
        assert_eq!(kind("comment on extension citext is 'x'"), Some(Kind::Extension));
        assert_eq!(kind("CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f()"), Some(Kind::EventTrigger));
        assert_eq!(kind("ALTER PUBLICATION p ADD TABLE t"), Some(Kind::Object));
        assert_eq!(kind("ALTER FUNCTION app.f(int, text) OWNER TO \"app\""), Some(Kind::Object));
        assert_eq!(kind("CREATE ROLE service NOLOGIN BYPASSRLS"), Some(Kind::Role));
        for none in [
            "CREATE ROLE boss SUPERUSER REPLICATION",
            "CREATE ROLE app LOGIN",
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
