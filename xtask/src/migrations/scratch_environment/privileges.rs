//! Lends rights of a superuser to migrations on a scratch database of our own, by statement and
//! kind ([`StatementKind`]). Their role is a superuser for that one statement only, so that none of
//! their own code runs as one.

mod kind;
mod membership;

use std::cell::{Cell, RefCell};

use anyhow::{Result, anyhow, bail};
use postgres::{Client, GenericClient, Transaction};

use super::far_rows;
use super::time_limit::TimeLimit;
use crate::config::Platform;
use crate::migrations::script::{StatementObserver, Step};
use crate::migrations::sql::{self, Statement, identifier};
use crate::postgres::error::ServerError;
use crate::postgres::scratch::{FOUNDER, SharedServer};
use kind::StatementKind;

/// A connection to a scratch database, and the privileges that are lent on it.
pub type LendingConnection<'s> = (&'s mut Client, &'s mut LentPrivileges);

/// Lends the rights of a superuser to the role of a scratch session.
pub struct LentPrivileges {
    superuser: Option<RefCell<Client>>,
    /// The server, where it is not ours.
    shared: Option<SharedServer>,
    /// The role, as SQL writes it.
    role: String,
    /// Whether a role that may create roles may also grant each of them to others, as before
    /// PostgreSQL 16.
    gives_all_roles: bool,
    is_lent: Cell<bool>,
    /// The role before the statement, where the statement runs as the superuser itself.
    role_before: Option<String>,
    time_limit: TimeLimit,
    /// The platform, for whose extensions objects of the scratch database stand in.
    platform: Platform,
}

impl LentPrivileges {
    /// Lends the rights of `superuser` to `role`; without a superuser nothing. On a `shared` server
    /// it watches over the objects of the whole server.
    ///
    /// # Errors
    /// When the server went away.
    pub fn new(
        mut superuser: Option<Client>,
        role: &str,
        shared: Option<SharedServer>,
    ) -> Result<Self> {
        let query = "SELECT pg_catalog.current_setting('server_version_num')::int < 160000";
        let is_old = superuser
            .as_mut()
            .map(|client| client.query_one(query, &[]))
            .transpose()
            .map_err(failed)?;
        Ok(Self {
            superuser: superuser.map(RefCell::new),
            shared,
            role: identifier(role),
            gives_all_roles: is_old.is_some_and(|row| row.get(0)),
            is_lent: Cell::new(false),
            role_before: None,
            time_limit: TimeLimit::default(),
            platform: Platform::default(),
        })
    }

    /// The same, with `time_limit` as a cause that errors name.
    #[must_use]
    pub fn within(self, time_limit: TimeLimit) -> Self {
        Self { time_limit, ..self }
    }

    /// The same, without the extensions for which objects of `platform` stand in.
    #[must_use]
    pub fn on(self, platform: Platform) -> Self {
        Self { platform, ..self }
    }

    /// Refuses a statement that would take effect on the server of the target, before anybody
    /// agreed to it.
    fn refuse_whole_server(&self, statement: &Statement<'_>) -> Result<()> {
        let holds_target = self
            .shared
            .as_ref()
            .is_some_and(|shared| shared.holds_target);
        match sql::changes_whole_server(statement).filter(|_| holds_target) {
            None => Ok(()),
            Some(command) => bail!(
                "`{command}` is about the whole server, and the server of `SHADOW_DATABASE_URL` also holds the target, where it \
                 would be done for real: let `SHADOW_DATABASE_URL` name another server, or leave it away to use the embedded \
                 PostgreSQL"
            ),
        }
    }

    /// Whether the role must leave the roles that it joined, before a statement. Since PostgreSQL
    /// 16 a block that also grants other roles needs it to be their member.
    fn must_leave(&self, statement: &Statement<'_>) -> bool {
        (self.gives_all_roles || statement.cursor().at("grant"))
            && membership::may_give(statement.text(), &self.role)
    }

    /// Lends the rights for a statement whose kind needs them. None are lent where event triggers
    /// of the migrations would run with them.
    fn lend(&mut self, client: &mut impl GenericClient, statement: &Statement<'_>) -> Result<()> {
        let Some(kind) = StatementKind::of(statement) else {
            return Ok(());
        };
        // The statement then runs without the rights, and fails where it needs them.
        if kind.fires_event_triggers() && within_catalog(client, has_event_triggers)? {
            return Ok(());
        }
        self.set_superuser(true)?;
        notice(client)?;
        if kind == StatementKind::Extension {
            self.role_before = Some(become_founder(client)?);
        }
        Ok(())
    }

    /// Takes the rights back after a statement that did not fail.
    fn take_back(&mut self, client: &mut impl GenericClient) -> Result<()> {
        if !self.is_lent.get() {
            return Ok(());
        }
        if let Some(role) = self.role_before.take() {
            let usage = membership::use_wrappers(&self.role);
            within_catalog(client, |client| {
                client.batch_execute(&usage).map_err(failed)
            })?;
            set_role(client, &role)?;
        }
        self.set_superuser(false)?;
        notice(client)
    }

    /// Runs `sql`, which is ours, as a superuser.
    fn as_founder(&self, client: &mut impl GenericClient, sql: &str) -> Result<()> {
        self.set_superuser(true)?;
        notice(client)?;
        let role = become_founder(client)?;
        within_catalog(client, |client| client.batch_execute(sql).map_err(failed))?;
        set_role(client, &role)?;
        self.set_superuser(false)?;
        notice(client)
    }

    /// Makes the role a superuser, or an ordinary one again, over the connection of the superuser:
    /// the role cannot do that itself. The change is committed at once, so that a rollback of the
    /// migration does not undo it.
    fn set_superuser(&self, is_lent: bool) -> Result<()> {
        let Some(superuser) = &self.superuser else {
            return Ok(());
        };
        let word = if is_lent { "SUPERUSER" } else { "NOSUPERUSER" };
        let sql = format!("ALTER ROLE {} {word}", self.role);
        superuser.borrow_mut().batch_execute(&sql).map_err(failed)?;
        self.is_lent.set(is_lent);
        Ok(())
    }
}

impl StatementObserver for LentPrivileges {
    fn skips(&self, step: &Step<'_>) -> bool {
        kind::extension(step.statement).is_some_and(|name| self.platform.stands_in_for(&name))
    }

    fn before(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<()> {
        self.refuse_whole_server(step.statement)?;
        if self.superuser.is_none() {
            return Ok(());
        }
        if self.must_leave(step.statement) {
            self.as_founder(transaction, &membership::leave(&self.role))?;
        }
        self.lend(transaction, step.statement)
    }

    fn before_alone(
        &mut self,
        _client: &mut Client,
        step: &Step<'_>,
        _command: &str,
    ) -> Result<()> {
        self.refuse_whole_server(step.statement)
    }

    fn after(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<()> {
        far_rows::refuse(transaction, step.statement)?;
        if let Some(shared) = self
            .shared
            .as_ref()
            .filter(|_| membership::may_make(step.statement.text()))
        {
            shared.note_roles(transaction, step.statement.text())?;
        }
        if self.superuser.is_none() {
            return Ok(());
        }
        self.take_back(transaction)?;
        if membership::may_make(step.statement.text()) || self.must_leave(step.statement) {
            self.as_founder(transaction, &membership::join(&self.role))?;
        }
        Ok(())
    }

    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        let error = self.time_limit.explain(error);
        // The transaction can only be rolled back, which also resets the role that was set in it.
        match self.is_lent.get().then(|| self.set_superuser(false)) {
            Some(Err(failure)) => failure.context(error),
            Some(Ok(())) | None => error,
        }
    }
}

/// Becomes the superuser who made the cluster, until [`set_role`] or the end of the transaction.
/// Returns the role before.
fn become_founder(client: &mut impl GenericClient) -> Result<String> {
    let role = client
        .query_one("SELECT pg_catalog.current_setting('role')", &[])
        .map_err(failed)?
        .get(0);
    client
        .batch_execute(&format!("SET LOCAL ROLE {FOUNDER}"))
        .map_err(failed)?;
    Ok(role)
}

fn set_role(client: &mut impl GenericClient, role: &str) -> Result<()> {
    // `none` is the word for no role, and must not be quoted as a name.
    let role = if role == "none" {
        role.to_owned()
    } else {
        identifier(role)
    };
    client
        .batch_execute(&format!("SET LOCAL ROLE {role}"))
        .map_err(failed)
}

/// Does `work` with PostgreSQL's own operators and functions. Migrations may have made others, and
/// a `search_path` that finds those first.
fn within_catalog<C: GenericClient, T>(
    client: &mut C,
    work: impl FnOnce(&mut C) -> Result<T>,
) -> Result<T> {
    let path = "SELECT pg_catalog.current_setting('search_path'),
                       pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)";
    let path: String = client.query_one(path, &[]).map_err(failed)?.get(0);
    let done = work(client)?;
    client
        .query_one(
            "SELECT pg_catalog.set_config('search_path', $1, true)",
            &[&path],
        )
        .map_err(failed)?;
    Ok(done)
}

fn has_event_triggers(client: &mut impl GenericClient) -> Result<bool> {
    let query = "SELECT EXISTS (SELECT FROM pg_event_trigger WHERE evtenabled <> 'D')";
    Ok(client.query_one(query, &[]).map_err(failed)?.get(0))
}

/// Makes the session notice a change of its role by another session: a session looks for such
/// changes when it takes a lock.
fn notice(client: &mut impl GenericClient) -> Result<()> {
    client
        .batch_execute("SELECT FROM pg_catalog.pg_roles LIMIT 0")
        .map_err(failed)
}

fn failed(error: postgres::Error) -> anyhow::Error {
    anyhow!(ServerError::from(error))
        .context("cannot lend a superuser's rights to a statement on the scratch database")
}
