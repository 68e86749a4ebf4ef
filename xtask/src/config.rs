//! The configuration: `[workspace.metadata.db]` of the monorepo's `Cargo.toml`, or a file with the
//! same keys. The written configuration ([`raw`]) and the validated one ([`Config`]) are two types.
//! In a `Config`, every glob compiles and every path lies within the monorepo.

mod accepted_drift;
mod fleet;
mod history_table;
mod migrations;
mod platform;
mod raw;
pub mod reserved_words;
mod scratch_names;
mod scratch_settings;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use globset::GlobSet;

use crate::called_as;
use crate::regular_file::Boundary;
use crate::report::Severity;
use crate::tree::{Tree, WorkingTree};
pub use accepted_drift::AcceptedDrift;
pub use fleet::{FleetConfig, FleetMode, FleetSource};
pub use migrations::{LateMigration, Layout, MigrationsConfig, SchemaSource};
pub use platform::Platform;
#[cfg(test)]
pub use raw::LINT_EXCLUDE;
pub use raw::{
    Driver, Lint, Mapping, MikroOrmNaming, NamePatterns, NamingStrategy, OrmNaming, SequelizeNaming,
};
pub use scratch_names::ScratchNames;
pub use sources::{FilePatterns, Sources};

use sources::glob_set;

/// The file that holds nothing but the configuration, for monorepos without a `Cargo.toml`.
const OWN_FILE: &str = "db.toml";

/// The validated configuration of one monorepo.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it was read from, relative to the root where it lies below it.
    pub file: String,
    /// The major version of PostgreSQL that production runs: `15`.
    pub postgres_major: u32,
    /// Where the migrations come from.
    pub migrations: MigrationsConfig,
    /// The schema snapshot, relative to the root.
    pub snapshot: String,
    /// The accepted findings, relative to the root.
    pub baseline: String,
    /// The folder for reports, relative to the root.
    pub report_dir: PathBuf,
    /// refinery's history table, as SQL writes it without quotes: `refinery_schema_history`,
    /// `ops.history`.
    pub history_table: String,
    /// The platform whose own objects the migrations build on.
    pub platform: Platform,
    /// SQL files that make, on scratch databases, the objects that the migrations build on and
    /// others make in production. Relative to the root.
    pub scratch_setup: Vec<String>,
    /// Names and settings of scratch databases where there is no target to imitate.
    pub scratch: ScratchNames,
    /// Settings with which scratch servers of ours start: `shared_preload_libraries=citus`.
    pub scratch_settings: Vec<String>,
    /// Namespaces that others own (Supabase's `auth`): neither compared nor judged.
    pub foreign_namespaces: Vec<String>,
    /// Extensions that others install: neither compared nor judged.
    pub foreign_extensions: Vec<String>,
    /// Differences between the database and its migrations that do not count.
    pub accepted_drift: AcceptedDrift,
    /// The namespaces (PostgreSQL schemas) whose tables are judged; empty for all but the system's.
    pub namespaces: Vec<String>,
    /// Tables that only `scratch-setup` makes, as `namespace.table`: they are others', and not
    /// judged. Filled from its files where schemas are judged.
    pub setup_tables: BTreeSet<String>,
    /// Tables without a description in TypeScript, as `table` or `namespace.table`.
    pub ignored_tables: Vec<String>,
    /// Routes that need no contract, as globs over their paths.
    pub ignored_routes: GlobSet,
    /// Stands before the paths of contracts; empty for none.
    pub contracts_base_path: String,
    /// How ORMs name tables and columns that nobody named.
    pub orm_naming: OrmNaming,
    /// The driver whose JavaScript values the row types describe.
    pub driver: Option<Driver>,
    /// PostgreSQL type → the TypeScript kinds it arrives as, over the driver's defaults.
    pub type_map: BTreeMap<String, Vec<String>>,
    /// The TypeScript files to read, by role.
    pub sources: Sources,
    /// Patterns by which declarations are named after tables.
    pub names: NamePatterns,
    /// Table → declarations, where names do not tell.
    pub map: BTreeMap<String, Mapping>,
    /// Finding type → its severity; none switches the check off.
    pub severity: BTreeMap<String, Option<Severity>>,
    /// The rules of squawk that judge new migrations.
    pub lint: Lint,
    /// The databases that all have these migrations, where there are many.
    pub fleet: Option<FleetConfig>,
    /// The schema (namespace) to which a run is confined: that of one tenant among several in the
    /// database. No file sets it; a fleet of schemas sets it for each tenant.
    pub tenant: Option<String>,
}

impl Config {
    /// Confines this configuration to the schema `tenant` of a database that holds several tenants.
    /// Its history lies there, too.
    pub fn confine_to(&mut self, tenant: &str) {
        let quoted = tenant.replace('"', "\"\"");
        self.history_table = format!("\"{quoted}\".{}", self.history_table);
        self.accepted_drift = self.accepted_drift.in_namespace(tenant);
        self.tenant = Some(tenant.to_owned());
    }

    /// The name by which runs on one database lock each other out. Tenants of one database share it:
    /// their migrations may touch objects that belong to all of them (extensions, tables of
    /// `public`).
    #[must_use]
    pub fn lock_name(&self) -> &str {
        let of_tenant = self
            .tenant
            .as_ref()
            .and_then(|_| self.history_table.rsplit('.').next());
        of_tenant.unwrap_or(&self.history_table)
    }

    /// Reads all of `file`; without it all of the `db.toml` in `root`, or where there is none,
    /// `[workspace.metadata.db]` or `[package.metadata.db]` of its `Cargo.toml`.
    pub fn load(root: &Path, file: Option<&Path>) -> Result<Self> {
        Self::of_tree(&WorkingTree::new(root), root, file)
    }

    /// As [`Config::load`], with the files of `tree`, which are those of `root` at another time. A
    /// `file` that is not in the tree is read from disk.
    pub fn of_tree(tree: &dyn Tree, root: &Path, file: Option<&Path>) -> Result<Self> {
        let place = ConfigurationPlace::find(tree, root, file);
        let path = root.join(&place.path);
        let bytes = match place.read(tree, root) {
            Err(error) if file.is_none() && error.kind() == ErrorKind::NotFound => bail!(
                "there is no configuration in `{}`, neither `{OWN_FILE}` nor `Cargo.toml`: {}",
                root.display(),
                name_or_make()
            ),
            read => read.with_context(|| {
                let help = name_or_make();
                format!("cannot read the configuration `{}`: {help}", path.display())
            })?,
        };
        let unusable = || format!("cannot use the configuration in `{}`", path.display());
        let text = String::from_utf8(bytes)
            .context("it is not UTF-8")
            .with_context(unusable)?;
        let raw = raw::parse(&text, place.section).with_context(unusable)?;
        let mut config = Self::validate(raw)
            .map_err(|error| with_line(error, &text))
            .with_context(unusable)?;
        config.file = place.path.to_string_lossy().replace('\\', "/");
        Ok(config)
    }

    fn validate(mut raw: raw::RawConfig) -> Result<Self> {
        let postgres_major = raw
            .postgres
            .split('.')
            .next()
            .and_then(|major| major.parse().ok());
        let Some(postgres_major) = postgres_major else {
            bail!(
                "`postgres` is `{}`, which is no version of PostgreSQL: write its major, `postgres = \"15\"`",
                raw.postgres
            )
        };
        for (key, path) in [("snapshot", &raw.snapshot), ("baseline", &raw.baseline)] {
            stay_inside(key, path)?;
        }
        for path in &raw.scratch_setup {
            stay_inside("scratch-setup", path)?;
        }
        stay_inside("report-dir", &raw.report_dir.to_string_lossy())?;
        let sources = Sources::new(&mut raw)?;
        let migrations = raw.migrations.validated()?;
        let platform = raw
            .platform
            .unwrap_or_else(|| Platform::of(migrations.layout, &raw.scratch_setup));
        Ok(Self {
            // Set by the caller, which knows the file.
            file: String::new(),
            postgres_major,
            migrations,
            platform,
            snapshot: raw.snapshot,
            baseline: raw.baseline,
            report_dir: raw.report_dir,
            history_table: history_table::validated(&raw.history_table)?,
            scratch_setup: raw.scratch_setup,
            scratch: raw.scratch.validated()?,
            scratch_settings: scratch_settings::validated(&raw.scratch_settings)?,
            foreign_namespaces: Platform::with(
                raw.foreign_namespaces,
                platform.namespaces().iter().copied(),
            ),
            foreign_extensions: Platform::with(raw.foreign_extensions, platform.extensions()),
            setup_tables: BTreeSet::new(),
            accepted_drift: AcceptedDrift::new(raw.accepted_drift)?,
            namespaces: raw.namespaces,
            ignored_tables: raw.ignored_tables,
            ignored_routes: glob_set("ignored-routes", &raw.ignored_routes)?,
            contracts_base_path: raw.contracts_base_path,
            orm_naming: OrmNaming {
                typeorm: raw.typeorm_naming,
                mikroorm: raw.mikroorm_naming,
                sequelize: raw.sequelize_naming,
            },
            driver: raw.driver,
            type_map: raw.type_map,
            sources,
            names: raw.names,
            map: raw.map,
            severity: raw
                .severity
                .into_iter()
                .map(|(kind, level)| (kind, level.severity()))
                .collect(),
            lint: raw.lint,
            fleet: raw.fleet.map(fleet::RawFleet::validated).transpose()?,
            tenant: None,
        })
    }
}

/// The place of a configuration.
struct ConfigurationPlace {
    /// Relative to the root where it lies below it.
    path: PathBuf,
    section: raw::Section,
}

impl ConfigurationPlace {
    fn find(tree: &dyn Tree, root: &Path, file: Option<&Path>) -> Self {
        if let Some(file) = file {
            let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
            let path = absolute
                .strip_prefix(root)
                .map_or_else(|_| absolute.clone(), Path::to_path_buf);
            return Self {
                path,
                section: raw::Section::Whole,
            };
        }
        // Where no commit has the file yet, the one on disk says how commits are judged, too.
        let is_elsewhere = || is_in_manifest(&tree.read("Cargo.toml").unwrap_or_default());
        let is_on_disk = || {
            let own = Boundary::around(root).read(&root.join(OWN_FILE));
            own.is_ok() && !is_elsewhere()
        };
        let is_own = || tree.is_file(OWN_FILE) || is_on_disk();
        let (path, section) = match is_own() {
            true => (OWN_FILE, raw::Section::Whole),
            false => ("Cargo.toml", raw::Section::Metadata),
        };
        Self {
            path: path.into(),
            section,
        }
    }

    fn read(&self, tree: &dyn Tree, root: &Path) -> std::io::Result<Vec<u8>> {
        let name = self.path.to_string_lossy().replace('\\', "/");
        match self.section {
            // A file that the command line names may lie anywhere, and be a pipe: outside the
            // monorepo its path is absolute.
            raw::Section::Whole if self.path.is_absolute() => std::fs::read(&self.path),
            // Inside, git need not know the file, but a branch must not lead elsewhere by a link of
            // its name.
            raw::Section::Whole if !tree.is_file(&name) => {
                Boundary::around(root).read(&root.join(&self.path))
            }
            raw::Section::Whole => tree.read(&name),
            raw::Section::Metadata => {
                let manifest = tree.read(&name)?;
                if is_in_manifest(&manifest) {
                    return Ok(manifest);
                }
                let on_disk = Boundary::around(root).read(&root.join(&self.path));
                let on_disk = on_disk.ok().filter(|bytes| is_in_manifest(bytes));
                Ok(on_disk.unwrap_or(manifest))
            }
        }
    }
}

/// Whether a manifest seems to hold the configuration.
fn is_in_manifest(manifest: &[u8]) -> bool {
    String::from_utf8_lossy(manifest).contains("metadata.db")
}

/// The help where no configuration can be read.
fn name_or_make() -> String {
    format!(
        "name the monorepo with `-C <dir>` or a configuration file with `--config <file>`, \
         or let `{} --write` make one",
        called_as::command("init")
    )
}

/// Adds the line of the key that the message names first.
fn with_line(error: anyhow::Error, text: &str) -> anyhow::Error {
    let message = format!("{error:#}");
    let key = message.split('`').nth(1).unwrap_or_default();
    match raw::line_of(text, key) {
        Some(line) => anyhow!("line {line}: {message}"),
        None => error,
    }
}

fn stay_inside(key: &str, path: &str) -> Result<()> {
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        bail!("`{key}` is `{path}`, which leaves the monorepo: write paths relative to its root")
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Config> {
        Config::validate(raw::parse(text, raw::Section::Whole)?)
    }

    #[test]
    fn an_empty_configuration_has_the_defaults_of_the_readme() {
        let config = config("").expect("defaults are valid");
        assert_eq!(
            (config.postgres_major, config.migrations.dir.as_str()),
            (15, "migrations")
        );
        assert_eq!(config.snapshot, "snapshots/schema.json");
    }

    #[test]
    fn a_configuration_that_no_commit_has_yet_is_the_one_on_disk() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let on_disk = "[workspace]\n[workspace.metadata.db]\npostgres = \"17\"\n";
        std::fs::write(folder.path().join("Cargo.toml"), on_disk).expect("a file");
        let major = |manifest: &str| {
            let tree = crate::tree::MemoryTree::new([("Cargo.toml", manifest)]);
            let config = Config::of_tree(&tree, folder.path(), None);
            config.expect("a configuration").postgres_major
        };
        assert_eq!(major("[workspace]\n"), 17);
        let committed = on_disk.replace("17", "16");
        assert_eq!(major(&committed), 16);
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_known_one() {
        let error = config("migratons = 'db'").expect_err("unknown key");
        assert!(
            format!("{error:#}").contains("did you mean `migrations`?"),
            "{error:#}"
        );
    }

    #[test]
    fn paths_that_leave_the_monorepo_and_bad_globs_are_refused() {
        assert!(config("migrations = '../other'").is_err());
        assert!(config("types = ['/etc/*.ts']").is_err());
        assert!(config("types = ['a/[']").is_err());
        assert!(config("postgres = 'newest'").is_err());
        assert!(
            config("scratch = { role = 'pg_x' }").is_err()
                && config("scratch = { database = '' }").is_err()
        );
    }
}
