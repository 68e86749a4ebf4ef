//! Opens scratch databases, on which migrations run to learn their effects. They are prepared as
//! `scratch-setup` says, and there is one way to open them.

mod far_rows;
mod pending_scratch;
pub mod privileges;
pub mod time_limit;

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, GenericClient, Transaction};

pub use far_rows::ChangesFarRows;
pub use pending_scratch::PendingScratch;
use privileges::{LendingConnection, LentPrivileges};
use time_limit::{TimeLimit, TimeLimitWatch};

use super::script::{Script, StatementObserver, Unobserved};
use super::{Migration, is_no_transaction, replay, tables, transaction};
use crate::config::Config;
use crate::postgres::catalog::{CatalogReader, OwnTables};
use crate::postgres::error::ServerError;
use crate::postgres::scratch::{Connections, Network, Scratch, TargetSettings};
use crate::progress::{Progress, Work};
use crate::schema::model::Schema;
use crate::tree::{Tree, WorkingTree};

/// The settings for scratch databases.
#[derive(Debug, Clone)]
pub struct ScratchEnvironment<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The root of the monorepo.
    pub root: &'a Path,
    /// The server for scratch databases; `None` for a cluster of our own.
    pub shadow_url: Option<&'a str>,
    /// The properties that a scratch database shares with the target.
    pub likeness: TargetSettings,
    /// Whether migrations run as a superuser there, with all its power over the machine.
    pub superuser: bool,
    /// How long they may run.
    pub time_limit: TimeLimit,
    /// Where the work is told.
    pub progress: Progress,
}

/// A connection to a scratch database, which is removed with this value.
pub struct ScratchSession {
    /// The connection.
    pub client: Client,
    privileges: LentPrivileges,
    reader: CatalogReader,
    own: OwnTables,
    watch: TimeLimitWatch,
    progress: Progress,
    /// The last field, since fields are dropped in their order: the database is removed after the
    /// connection to it is closed.
    scratch: Scratch,
}

impl ScratchEnvironment<'_> {
    /// The same settings, with scratch databases that are like the database of `client`, for
    /// `migrations`. Where the migrations or the files of `scratch-setup` create the role that
    /// migrates, that role must not exist before.
    ///
    /// # Errors
    /// Those of the query, and a file that cannot be read.
    pub fn like(self, client: &mut impl GenericClient, migrations: &[Migration]) -> Result<Self> {
        let likeness =
            TargetSettings::of(client).map_err(|error| anyhow!(ServerError::from(error)));
        let mut likeness = likeness.context("cannot see the settings of the database")?;
        let tree = WorkingTree::new(self.root);
        let setup = self
            .config
            .scratch_setup
            .iter()
            .map(|file| set_up_text(&tree, file));
        let setup = setup.collect::<Result<Vec<String>>>()?;
        let texts = setup
            .iter()
            .map(String::as_str)
            .chain(migrations.iter().map(|migration| migration.sql.as_str()));
        if makes_role(texts, &likeness.role)? {
            likeness.role = TargetSettings::default().role;
        }
        Ok(Self { likeness, ..self })
    }

    /// Opens a scratch database that is ready for the first migration: empty, except for the
    /// objects that the files of `scratch-setup` make.
    ///
    /// # Errors
    /// When none can be made, or a file cannot be read or does not run.
    pub fn open(&self) -> Result<ScratchSession> {
        let network = if self.superuser {
            Network::OfTheMachine
        } else {
            Network::None
        };
        let scratch = Scratch::start(self.config, self.shadow_url, network, &self.progress)?;
        let Connections {
            mut client,
            superuser,
            watcher,
            shared,
        } = scratch.connect_like(&self.likeness, self.superuser)?;
        let privileges = LentPrivileges::new(superuser, &self.likeness.role, shared)?
            .within(self.time_limit.clone())
            .on(self.config.platform);
        let watch = self.time_limit.watch(&mut client, watcher)?;
        let own = OwnTables::of(self.config);
        let reader = CatalogReader::new(own.clone());
        let mut session = ScratchSession {
            client,
            privileges,
            reader,
            own,
            watch,
            progress: self.progress.clone(),
            scratch,
        };
        // On a live database this namespace exists before the first migration, too.
        if let Some((namespace, _)) = self.config.history_table.rsplit_once('.') {
            tables::make_namespace(&mut session.client, namespace)?;
        }
        let mut search_path = None;
        if let Some((name, sql)) = self.config.platform.setup() {
            let script = Script::new(name, sql, false);
            search_path = replay::set_up(session.parts(), script)
                .with_context(|| format!("cannot prepare the scratch database with {name}"))?;
        }
        for file in &self.config.scratch_setup {
            search_path = set_up(&mut session, &WorkingTree::new(self.root), file)?.or(search_path);
        }
        // The path is set for a new connection, as other tools do, so that it is the default to
        // which `RESET` returns.
        if let Some(path) = search_path {
            session.client =
                session
                    .scratch
                    .connect_again(&self.likeness, self.superuser, &path)?;
            session.watch.follow(&mut session.client)?;
        }
        Ok(session)
    }

    /// Begins to open one in the background. Copying a cluster and starting its server takes as
    /// long as all other work before the first migration.
    #[must_use]
    pub fn open_in_background(&self) -> PendingScratch {
        PendingScratch::start(self)
    }

    /// The schema that `migrations` make of an empty database.
    ///
    /// # Errors
    /// When there is no scratch database, or a migration does not run: with file, line and column,
    /// and all that PostgreSQL says.
    pub fn schema<'m>(
        &self,
        migrations: impl IntoIterator<Item = &'m Migration>,
    ) -> Result<Schema> {
        let mut session = self.open()?;
        session.replay(migrations)?;
        session.read()
    }
}

impl ScratchSession {
    /// Runs `migrations` one after the other.
    ///
    /// # Errors
    /// As [`replay::run`].
    pub fn replay<'m>(
        &mut self,
        migrations: impl IntoIterator<Item = &'m Migration>,
    ) -> Result<()> {
        let migrations: Vec<&Migration> = migrations.into_iter().collect();
        // A single one is a step of other work, which counts it.
        let work = (migrations.len() > 1).then(|| self.replaying(migrations.len()));
        for migration in migrations {
            work.iter()
                .for_each(|work| work.next(&migration.to_string()));
            replay::run(self.parts(), migration)?;
        }
        Ok(())
    }

    /// Begins the work of replaying `count` migrations one by one.
    #[must_use]
    pub fn replaying(&self, count: usize) -> Work {
        let what = "replaying migrations on a scratch database";
        self.progress.begin_counted(what, count)
    }

    /// The connection, and the privileges that are lent on it.
    pub(super) fn parts(&mut self) -> LendingConnection<'_> {
        (&mut self.client, &mut self.privileges)
    }

    /// Runs a script, forward or back.
    ///
    /// # Errors
    /// As [`replay::run_script`].
    pub fn run_script(&mut self, script: Script<'_>) -> Result<()> {
        self.run_observed(script, &mut Unobserved)
    }

    /// Runs a script, and tells `observer` of each statement.
    ///
    /// # Errors
    /// As [`replay::run_script`].
    pub fn run_observed(
        &mut self,
        script: Script<'_>,
        observer: &mut dyn StatementObserver,
    ) -> Result<()> {
        replay::run_script(self.parts(), script, observer)
    }

    /// Reads the schema.
    ///
    /// # Errors
    /// Those of the queries.
    pub fn read(&mut self) -> Result<Schema> {
        read(&mut self.reader, &mut self.client)
    }

    /// Opens a transaction, with a reader of the schema in it, and the privileges that are lent.
    ///
    /// # Errors
    /// When the server went away.
    pub fn transaction(
        &mut self,
    ) -> Result<(Transaction<'_>, TransactionReader<'_>, &mut LentPrivileges)> {
        let transaction = transaction::begin(&mut self.client)?;
        Ok((
            transaction,
            TransactionReader(&mut self.reader),
            &mut self.privileges,
        ))
    }

    /// The parameters of a further connection to it, as a superuser.
    #[must_use]
    pub fn parameters(&self) -> postgres::Config {
        self.scratch.parameters()
    }

    /// The tables that are not the migrations'.
    #[must_use]
    pub fn own_tables(&self) -> &OwnTables {
        &self.own
    }
}

/// Reads the schema of a scratch database in an open transaction.
pub struct TransactionReader<'s>(&'s mut CatalogReader);

impl TransactionReader<'_> {
    /// Reads the schema as `transaction` sees it.
    ///
    /// # Errors
    /// Those of the queries.
    pub fn read(&mut self, transaction: &mut Transaction<'_>) -> Result<Schema> {
        read(self.0, transaction)
    }
}

fn read(reader: &mut CatalogReader, client: &mut impl GenericClient) -> Result<Schema> {
    let schema = reader
        .read(client)
        .map_err(|error| anyhow!(ServerError::from(error)));
    schema.context("cannot read the catalogs of the scratch database")
}

/// Runs a file of `scratch-setup`. Returns the search path that it sets: other tools set it for
/// migrations with options (`--schema`, `currentSchema`).
fn set_up(session: &mut ScratchSession, tree: &dyn Tree, file: &str) -> Result<Option<String>> {
    let text = set_up_text(tree, file)?;
    replay::set_up(
        session.parts(),
        Script::new(file, &text, is_no_transaction(&text)),
    )
    .with_context(|| {
        format!("cannot prepare the scratch database with `{file}` (from `scratch-setup`)")
    })
}

fn set_up_text(tree: &dyn Tree, file: &str) -> Result<String> {
    let bytes = tree
        .read(file)
        .with_context(|| format!("cannot read `{file}`, which `scratch-setup` names"))?;
    String::from_utf8(bytes)
        .with_context(|| format!("`{file}`, which `scratch-setup` names, is not UTF-8"))
}

/// Whether one of `texts` creates `role`, also inside a block.
fn makes_role<'t>(texts: impl IntoIterator<Item = &'t str>, role: &str) -> Result<bool> {
    let statement = format!(
        r#"(?i)\bcreate\s+(role|user|group)\s+"?{}\b"#,
        regex::escape(role)
    );
    let statement =
        regex::Regex::new(&statement).context("the name of the role cannot be looked for")?;
    Ok(texts.into_iter().any(|text| statement.is_match(text)))
}
