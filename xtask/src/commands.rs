//! One file per command; each puts the parts together. A command returns the outcome that the exit
//! code stands for; its errors are printed once, by `main`.

mod adoption;
pub mod baseline;
pub mod completions;
mod database_lock;
mod drift;
pub mod explain;
pub mod findings;
mod findings_by_migration;
mod fleet;
pub mod hooks;
pub mod import;
pub mod init;
pub mod inspect;
mod interruption;
mod judge;
mod live;
mod made_schema;
mod memory;
pub mod migrate;
pub mod new;
pub(crate) mod output;
mod own_command;
mod privilege_drift;
mod report_files;
pub mod rollback;
mod rows_in_the_way;
mod run_summary;
mod shell_word;
pub mod snapshot;
mod snapshot_fallback;
pub mod status;
mod step_summary;
pub mod verify;
mod voice;
mod ways_back;
mod wrapped;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::called_as;
use crate::cli::{Cli, Command, Format, GlobalOptions, ReportFormat};
use crate::config::Config;
use crate::layouts::in_place;
use crate::migrations::provenance::{SearchPath, made_tables};
use crate::migrations::scratch_environment::ScratchEnvironment;
use crate::migrations::scratch_environment::time_limit::TimeLimit;
use crate::migrations::{Migration, provenance};
use crate::postgres::connect::Target;
use crate::postgres::scratch::TargetSettings;
use crate::progress::{Progress, Work};
use crate::regular_file::Boundary;
use crate::schema::provenance::Provenance;
use crate::terminal::{ProgressLine, Terminal};
use crate::tree::{Tree, WorkingTree};
use memory::Memory;
use voice::Voice;

/// The outcome of a command that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Clean,
    /// Exit code 1: verification found errors, or a migration was refused for that.
    Errors,
}

/// Refuses an unknown type of findings in `severity`: a misspelt one would silently keep its
/// default severity.
fn refuse_unknown_kinds(config: &Config) -> Result<()> {
    if config.severity.is_empty() {
        return Ok(());
    }
    let rules = findings::rules();
    let is_known = |kind: &String| rules.iter().any(|rule| rule.kind == kind);
    let Some(unknown) = config.severity.keys().find(|kind| !is_known(kind)) else {
        return Ok(());
    };
    let hint = findings::nearest(unknown)
        .map_or_else(String::new, |kind| format!(", did you mean `{kind}`?"));
    let file = &config.file;
    bail!(
        "cannot use the configuration in `{file}`: `severity.{unknown}` is no type of finding{hint}"
    )
}

/// The context of a command: the configuration, the options, the terminal and the files that are
/// judged.
#[derive(Debug)]
pub struct Context {
    /// The root of the monorepo, absolute.
    pub root: PathBuf,
    /// Its configuration.
    pub config: Config,
    /// The options of every command.
    pub options: GlobalOptions,
    /// The terminal that output goes to.
    pub terminal: Terminal,
    /// Says what the run is doing.
    pub voice: Voice,
    /// Whether those are the files on disk.
    pub is_on_disk: bool,
    /// The files that are judged: those on disk, those that are staged, or those of a commit.
    pub tree: Arc<dyn Tree>,
    /// The time that migrations may take on scratch databases.
    pub time_limit: TimeLimit,
    /// The progress of the command's work.
    pub progress: Progress,
    /// Results kept for the next run; `None` where there are none.
    pub memory: Option<Arc<Memory>>,
}

impl Context {
    /// Opens the context of a command on the files of `tree`, which are the files of `root` at one
    /// time or another.
    ///
    /// # Errors
    /// When the tree has no usable configuration.
    pub fn open(
        root: PathBuf,
        options: GlobalOptions,
        terminal: Terminal,
        tree: Arc<dyn Tree>,
    ) -> Result<Self> {
        let config = Config::of_tree(&tree, &root, options.config.as_deref())?;
        refuse_unknown_kinds(&config)?;
        let time_limit = TimeLimit::seconds(options.replay_timeout);
        Ok(Self {
            root,
            config,
            options,
            terminal,
            voice: Voice::new(terminal),
            is_on_disk: false,
            tree,
            time_limit,
            progress: Progress::default(),
            memory: None,
        })
    }

    /// The environment in which scratch databases are made.
    #[must_use]
    pub fn scratch_environment(&self) -> ScratchEnvironment<'_> {
        let shadow_url = self
            .options
            .shadow_database_url
            .as_deref()
            .filter(|url| !url.is_empty());
        ScratchEnvironment {
            config: &self.config,
            root: &self.root,
            shadow_url,
            likeness: TargetSettings::configured(&self.config.scratch),
            superuser: self.options.scratch_superuser,
            time_limit: self.time_limit.clone(),
            progress: self.progress.clone(),
        }
    }

    /// The line of a migration that last touched each table, column and type.
    #[must_use]
    pub fn provenance<'m>(
        &self,
        migrations: impl IntoIterator<Item = &'m Migration>,
    ) -> Provenance {
        let search_path = SearchPath::of_setup(&self.tree, &self.config.scratch_setup);
        provenance::read_from(&search_path, migrations)
    }

    /// The configuration by which schemas are judged: it knows the tables that `scratch-setup` makes
    /// and none of `migrations` does.
    #[must_use]
    pub fn judged_config(&self, migrations: &[Migration]) -> Config {
        let mut config = self.config.clone();
        let files = &config.scratch_setup;
        if files.is_empty() {
            return config;
        }
        let texts: Vec<String> = files
            .iter()
            .filter_map(|file| self.tree.read(file).ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .collect();
        let path = SearchPath::of_setup(&self.tree, files);
        let made = made_tables(&SearchPath::default(), texts.iter().map(String::as_str));
        let own = made_tables(&path, migrations.iter().map(|one| one.sql.as_str()));
        config.setup_tables = made
            .difference(&own)
            .map(|name| format!("{}.{}", name.namespace, name.name))
            .collect();
        config
    }

    /// Refuses what is only done with migrations of this tool's own; `instead` is the advice.
    ///
    /// # Errors
    /// Where another tool keeps the migrations.
    pub fn refuse_in_place(&self, instead: &str) -> Result<()> {
        if self.config.migrations.are_foreign() {
            let tool = self.config.migrations.tool();
            bail!("{tool} keeps these migrations, not this tool: {instead}")
        }
        Ok(())
    }

    /// The migrations, oldest first.
    ///
    /// # Errors
    /// When files cannot be read, or have problems.
    pub fn migrations(&self) -> Result<Vec<Migration>> {
        in_place::load(&self.tree, &self.config.migrations)
    }

    /// The files that are judged.
    #[must_use]
    pub fn tree(&self) -> Arc<dyn Tree> {
        Arc::clone(&self.tree)
    }

    /// The same monorepo at another time, with the configuration of that time.
    ///
    /// # Errors
    /// When the tree has no usable configuration.
    pub fn at(&self, tree: Arc<dyn Tree>) -> Result<Self> {
        let context = Self::open(self.root.clone(), self.options.clone(), self.terminal, tree)?;
        Ok(Self {
            progress: self.progress.clone(),
            ..context
        })
    }

    /// Opens the target database: that of `--database-url`, else the embedded one.
    ///
    /// # Errors
    /// When the address cannot be read, or the embedded server does not start.
    pub fn target(&self) -> Result<Target> {
        let url = self.options.database_url.as_deref();
        Target::open(url, &self.config, &self.root, &self.progress)
    }

    /// Shows the progress of the command, which is called `what`, for as long as the result lives.
    #[must_use]
    pub fn show_progress(&self, what: &str) -> (ProgressLine, Work) {
        let work = self.progress.begin(what);
        (self.terminal.show_progress(self.progress.clone()), work)
    }

    /// Prints the result of a command in the requested format: for people, without colours, or as
    /// JSON.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn print_result(&self, text: &str) -> Result<()> {
        match self.options.format {
            Format::Human => self.terminal.tell(text)?,
            Format::Json => self.terminal.print_json(text)?,
        }
        Ok(())
    }

    /// Tells people what the run is doing. Programs get the whole result at its end.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn say(&self, text: &str) -> Result<()> {
        if self.options.format == Format::Human && !self.voice.is_one_of_many() {
            self.terminal.print_styled(text)?;
        }
        Ok(())
    }

    /// The context of a run on one database of a fleet, which is called `name`. `configure` changes
    /// the configuration for it.
    #[must_use]
    pub fn of_database(&self, name: &str, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.config.clone();
        configure(&mut config);
        Self {
            root: self.root.clone(),
            config,
            options: self.options.clone(),
            terminal: self.terminal,
            voice: self.voice.of_database(name),
            is_on_disk: self.is_on_disk,
            tree: self.tree(),
            time_limit: self.time_limit.clone(),
            // The steps of one of many are counted by the fleet.
            progress: Progress::default(),
            memory: self.memory.clone(),
        }
    }

    /// The folder that report files are written to.
    ///
    /// # Errors
    /// When the configuration, and not the command line, leads out of the repository.
    pub fn report_dir(&self) -> Result<PathBuf> {
        let folder = self.options.report_dir.as_deref();
        folder.map_or_else(
            || output::path(self, &self.config.report_dir),
            |folder| Ok(folder.to_path_buf()),
        )
    }
}

/// Runs the command that `cli` names.
pub fn run(mut cli: Cli, terminal: Terminal) -> Result<Outcome> {
    cli.global.format = format(&cli)?;
    let root = root(cli.global.directory.as_deref())?;
    // These commands need no configuration, or take it from git.
    match &cli.command {
        Command::Init(options) => return init::run(&root, &cli.global, options, &terminal),
        Command::Completions(options) => return completions::run(options, &terminal),
        Command::Explain(options) => return explain::run(options, cli.global.format, &terminal),
        Command::Verify(options) if options.is_of_git() => {
            return verify::run_on_git(root, cli.global, options, terminal);
        }
        _configured => {}
    }
    let tree = Arc::new(WorkingTree::new(&root));
    let context = Context {
        is_on_disk: true,
        ..Context::open(root, cli.global, terminal, tree)?
    };
    let time_limit = context.time_limit.clone();
    configured(context, cli.command).map_err(|error| time_limit.explain(error))
}

fn configured(context: Context, command: Command) -> Result<Outcome> {
    let _shown = doing(&command).map(|what| context.show_progress(what));
    match command {
        Command::Verify(options) => verify::run(context, &options),
        Command::Migrate(options) => migrate::run(&context, &options),
        Command::Rollback(options) => rollback::run(&context, &options),
        Command::Snapshot(options) => snapshot::run(&context, &options),
        Command::Status(options) => status::run(&context, &options),
        Command::Import(options) => import::run(&context, &options),
        Command::New(options) => new::run(&context, &options),
        Command::Baseline(options) => baseline::run(&context, &options),
        Command::Inspect(options) => inspect::run(&context, &options),
        Command::InstallHooks(options) => hooks::run(&context, &options),
        // Ran above, without a configuration.
        Command::Init(_) | Command::Completions(_) | Command::Explain(_) => Ok(Outcome::Clean),
    }
}

/// The work of a command in a few words; `None` where it waits for a person or ends at once.
fn doing(command: &Command) -> Option<&'static str> {
    match command {
        Command::Verify(options) => (!options.watch).then_some("verifying"),
        Command::Migrate(_) => Some("migrating"),
        Command::Rollback(_) => Some("rolling back"),
        Command::Snapshot(_) => Some("making the snapshot"),
        Command::Status(_) => Some("reading the database"),
        Command::Import(_) => Some("importing"),
        Command::Baseline(_) => Some("adopting the database"),
        Command::Inspect(_) => Some("reading the descriptions"),
        Command::New(options) => options.down.then_some("writing the way back"),
        Command::InstallHooks(_)
        | Command::Init(_)
        | Command::Completions(_)
        | Command::Explain(_) => None,
    }
}

/// The format for commands other than `db-verify`, which looks at the option itself.
fn format(cli: &Cli) -> Result<Format> {
    let chosen = cli.global.report_format;
    match (&cli.command, chosen.of_every_command()) {
        (_, Some(format)) => Ok(format),
        (Command::Verify(_), None) => Ok(Format::Human),
        // The page is one document, as JSON is: nothing else is printed. The command looks at the
        // option itself.
        (Command::Migrate(_), None) if chosen == ReportFormat::Html => Ok(Format::Json),
        // A run over a fleet knows the formats that CI shows.
        (Command::Migrate(migrate::Options { fleet, .. }), None)
        | (Command::Rollback(rollback::Options { fleet, .. }), None)
            if fleet.targets.fleet =>
        {
            Ok(Format::Json)
        }
        (_, None) => {
            bail!(
                "`--format` takes `human` or `json` here: the other formats are those of `{}`",
                called_as::subcommand("verify")
            )
        }
    }
}

/// Returns the folder of `-C`, else the nearest folder above with a configuration, else the current
/// folder.
fn root(directory: Option<&Path>) -> Result<PathBuf> {
    if let Some(directory) = directory {
        return directory
            .canonicalize()
            .with_context(|| format!("cannot work in `{}` (from `-C`)", directory.display()));
    }
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    let is_configured = |folder: &&Path| {
        let manifest = Boundary::around(folder).read(&folder.join("Cargo.toml"));
        // Searched as text, so that a manifest that does not parse is found too. Reading it then
        // reports the error; a parser here would pass over it.
        let is_named = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).contains("metadata.db]");
        manifest.is_ok_and(is_named) || folder.join("db.toml").is_file()
    };
    Ok(here
        .ancestors()
        .find(is_configured)
        .unwrap_or(&here)
        .to_path_buf())
}
