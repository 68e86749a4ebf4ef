//! The configuration as it is written, key by key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize;

use super::accepted_drift::AcceptedObject;
use super::fleet::RawFleet;
use super::migrations::{RawMigrations, folder_or_table};
use super::platform::Platform;
use super::scratch_names::ScratchNames;
use crate::report::Severity;

/// The place of the configuration in a TOML file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Section {
    /// The file holds nothing else.
    Whole,
    /// Under `workspace.metadata.db` or `package.metadata.db`.
    Metadata,
}

/// The keys, with their defaults.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawConfig {
    pub postgres: String,
    #[serde(deserialize_with = "folder_or_table")]
    pub migrations: RawMigrations,
    pub snapshot: String,
    pub baseline: String,
    pub report_dir: PathBuf,
    pub history_table: String,
    pub platform: Option<Platform>,
    pub scratch_setup: Vec<String>,
    pub scratch: ScratchNames,
    pub scratch_settings: BTreeMap<String, String>,
    pub foreign_namespaces: Vec<String>,
    pub foreign_extensions: Vec<String>,
    pub accepted_drift: Vec<AcceptedObject>,
    pub namespaces: Vec<String>,
    pub ignored_tables: Vec<String>,
    pub ignored_routes: Vec<String>,
    pub contracts_base_path: String,
    pub driver: Option<Driver>,
    pub type_map: BTreeMap<String, Vec<String>>,
    pub types: Vec<String>,
    pub validation: Vec<String>,
    pub contracts: Vec<String>,
    pub routes: Vec<String>,
    pub drizzle: Vec<String>,
    pub openapi: Vec<String>,
    pub prisma: Vec<String>,
    pub typeorm: Vec<String>,
    pub typeorm_naming: NamingStrategy,
    pub mikroorm: Vec<String>,
    pub mikroorm_naming: MikroOrmNaming,
    pub sequelize: Vec<String>,
    pub sequelize_naming: SequelizeNaming,
    pub exclude: Vec<String>,
    pub names: NamePatterns,
    pub map: BTreeMap<String, Mapping>,
    pub severity: BTreeMap<String, Level>,
    pub lint: Lint,
    pub fleet: Option<RawFleet>,
}

impl Default for RawConfig {
    fn default() -> Self {
        Self {
            postgres: "15".into(),
            migrations: RawMigrations::default(),
            snapshot: "snapshots/schema.json".into(),
            baseline: "snapshots/baseline.json".into(),
            report_dir: "target/db-reports".into(),
            history_table: "refinery_schema_history".into(),
            platform: None,
            scratch_setup: Vec::new(),
            scratch: ScratchNames::default(),
            scratch_settings: BTreeMap::new(),
            foreign_namespaces: Vec::new(),
            foreign_extensions: Vec::new(),
            accepted_drift: Vec::new(),
            namespaces: Vec::new(),
            ignored_tables: Vec::new(),
            ignored_routes: Vec::new(),
            contracts_base_path: String::new(),
            driver: None,
            type_map: BTreeMap::new(),
            types: Vec::new(),
            validation: Vec::new(),
            contracts: Vec::new(),
            routes: Vec::new(),
            drizzle: Vec::new(),
            openapi: Vec::new(),
            prisma: Vec::new(),
            typeorm: Vec::new(),
            typeorm_naming: NamingStrategy::default(),
            mikroorm: Vec::new(),
            mikroorm_naming: MikroOrmNaming::default(),
            sequelize: Vec::new(),
            sequelize_naming: SequelizeNaming::default(),
            exclude: strings(&[
                "**/*.test.*",
                "**/*.spec.*",
                "**/*.stories.*",
                "**/__tests__/**",
                "**/__mocks__/**",
                "**/*.d.ts",
            ]),
            names: NamePatterns::default(),
            map: BTreeMap::new(),
            severity: BTreeMap::new(),
            lint: Lint::default(),
            fleet: None,
        }
    }
}

/// The rules of squawk that judge new migrations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lint {
    /// Rules that squawk itself leaves off by default.
    pub include: Vec<String>,
    /// Rules that are left out; replaces the default list.
    pub exclude: Vec<String>,
}

/// Rules about properties that this tool ensures itself (limits on waiting for locks, one
/// transaction for each migration), and one of taste. A type with a length is checked against the
/// validation schemas.
pub const LINT_EXCLUDE: &[&str] = &[
    "require-lock-timeout",
    "require-statement-timeout",
    "prefer-text-field",
    "transaction-nesting",
];

impl Default for Lint {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: strings(LINT_EXCLUDE),
        }
    }
}

/// The driver that turns PostgreSQL's values into JavaScript's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Driver {
    /// `pg`: int8 and numeric arrive as strings, dates as `Date`.
    #[serde(alias = "pg")]
    NodePostgres,
    /// `postgres`: the same, with arrays and JSON parsed.
    #[serde(alias = "postgres")]
    PostgresJs,
    /// Supabase and other PostgREST clients: everything is JSON.
    Postgrest,
    /// Prisma's client: int8 is a `bigint`, numeric a `Decimal`, an array is never null.
    Prisma,
}

/// The names that TypeORM gives to tables and columns that nobody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamingStrategy {
    /// TypeORM's own: columns are called like properties.
    #[default]
    Default,
    /// `SnakeNamingStrategy`: columns are called like properties in snake case.
    Snake,
}

/// The names that MikroORM gives to tables and columns that nobody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MikroOrmNaming {
    /// `UnderscoreNamingStrategy`: tables and columns are called like classes and properties in snake
    /// case.
    #[default]
    Underscore,
    /// `EntityCaseNamingStrategy`: they are called like classes and properties.
    EntityCase,
}

/// The names that Sequelize gives to columns that nobody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SequelizeNaming {
    /// Columns are called like properties, unless the model says `underscored`.
    #[default]
    Default,
    /// `define: { underscored: true }`: they are in snake case, unless the model says otherwise.
    Underscored,
}

/// The names that ORMs give to tables and columns that nobody named.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrmNaming {
    /// Those of TypeORM.
    pub typeorm: NamingStrategy,
    /// Those of MikroORM.
    pub mikroorm: MikroOrmNaming,
    /// Those of Sequelize.
    pub sequelize: SequelizeNaming,
}

/// Patterns by which declarations are named after tables. `{Singular}` is `UserProfile` for
/// `user_profiles`, `{Plural}` `UserProfiles`; in lower case (`{singular}`, `{plural}`)
/// `userProfile` and `userProfiles`. First match wins.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamePatterns {
    /// Types of a row as it is read.
    pub row: Vec<String>,
    /// Types of a row as it is inserted.
    pub insert: Vec<String>,
    /// Types of a row as it is updated.
    pub update: Vec<String>,
    /// Zod schemas of a row.
    pub schema: Vec<String>,
    /// Zod schemas for inserts.
    pub insert_schema: Vec<String>,
    /// Zod schemas for updates.
    pub update_schema: Vec<String>,
}

impl Default for NamePatterns {
    fn default() -> Self {
        let row = [
            "{Singular}Table",
            "{Plural}Table",
            "{Singular}Row",
            "{Plural}Row",
            "{Singular}Record",
        ];
        let row = [
            row.as_slice(),
            &[
                "{Singular}Entity",
                "{Singular}Model",
                "{Singular}",
                "{Plural}",
            ],
        ]
        .concat();
        Self {
            row: strings(&row),
            insert: strings(&[
                "New{Singular}",
                "{Singular}Insert",
                "Insert{Singular}",
                "{Singular}Create",
                "Create{Singular}",
            ]),
            update: strings(&["{Singular}Update", "Update{Singular}", "{Singular}Patch"]),
            schema: strings(&[
                "{Singular}Schema",
                "{singular}Schema",
                "{Singular}RowSchema",
                "select{Singular}Schema",
                "{Singular}Validation",
                "{Singular}ValidationSchema",
                "{Singular}Validator",
            ]),
            insert_schema: strings(&[
                "Create{Singular}Schema",
                "create{Singular}Schema",
                "New{Singular}Schema",
                "insert{Singular}Schema",
                "Insert{Singular}Schema",
                "{Singular}CreateSchema",
                "{Singular}InsertSchema",
                "Create{Singular}Validation",
                "Create{Singular}ValidationSchema",
                // Those that kanel-zod generates.
                "{plural}Initializer",
                "{plural}InitializerSchema",
            ]),
            update_schema: strings(&[
                "Update{Singular}Schema",
                "update{Singular}Schema",
                "{Singular}UpdateSchema",
                "{Singular}PatchSchema",
                "Update{Singular}Validation",
                "Update{Singular}ValidationSchema",
                "{plural}Mutator",
                "{plural}MutatorSchema",
            ]),
        }
    }
}

/// The declarations of one table, where names do not tell.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mapping {
    /// Types of a row as it is read.
    pub row: Vec<String>,
    /// Types of a row as it is inserted.
    pub insert: Vec<String>,
    /// Types of a row as it is updated.
    pub update: Vec<String>,
    /// Zod schemas of a row.
    pub schema: Vec<String>,
    /// Zod schemas for inserts.
    pub insert_schema: Vec<String>,
    /// Zod schemas for updates.
    pub update_schema: Vec<String>,
}

/// The severity level of a check's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// They fail the verification.
    Error,
    /// They are shown.
    Warning,
    /// The check does not run.
    Off,
}

impl Level {
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Off => None,
        }
    }
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// Parses the configuration out of `text`.
pub(super) fn parse(text: &str, section: Section) -> Result<RawConfig> {
    // Before it is read key by key: a text that is no TOML is shown with the place of its fault.
    toml::from_str::<toml::Table>(text).map_err(|error| anyhow!("{error}"))?;
    // The text itself is deserialised, because a `Table` does not know its lines.
    let read = match section {
        Section::Whole => toml::from_str(text).map(Some),
        Section::Metadata => toml::from_str(text).map(Manifest::configuration),
    };
    let read = read.map_err(|error| explain(&error, text))?;
    read.context(
        "it has no `[workspace.metadata.db]`: add that section, or name a configuration file with `--config <file>`",
    )
}

/// The tables of a `Cargo.toml` that may hold the configuration, without everything else.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Manifest {
    workspace: ManifestTable,
    package: ManifestTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ManifestTable {
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    db: Option<RawConfig>,
}

impl Manifest {
    fn configuration(self) -> Option<RawConfig> {
        self.workspace.metadata.db.or(self.package.metadata.db)
    }
}

/// The number of the line on which `key` is written; `migrations.dir` also below `[migrations]`.
pub(super) fn line_of(text: &str, key: &str) -> Option<usize> {
    let last = key.rsplit('.').next().unwrap_or(key);
    let writes = |line: &str, name: &str| {
        let rest = line.trim_start().strip_prefix(name)?;
        rest.trim_start().starts_with(['=', '.']).then_some(())
    };
    let first = key.split('.').next().unwrap_or(key);
    let find = |name: &str| text.lines().position(|line| writes(line, name).is_some());
    find(last).or_else(|| find(first)).map(|index| index + 1)
}

/// The line of `span` in `text`: its number, and the text that holds the key.
fn line(text: &str, span: Option<std::ops::Range<usize>>) -> Option<(usize, &str)> {
    let before = text.get(..span?.start)?;
    let number = before.matches('\n').count() + 1;
    text.lines()
        .nth(number - 1)
        .map(|line| (number, line.trim()))
}

/// Adds the line and the nearest known key to the error. serde names the unknown key and the known
/// ones in one sentence.
fn explain(error: &toml::de::Error, text: &str) -> anyhow::Error {
    let place = match line(text, error.span()) {
        Some((number, line)) => format!("line {number}, `{line}`: "),
        None => String::new(),
    };
    let message = error.message().trim_end();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| message.starts_with("unknown "));
    let nearest = unknown.and_then(|key| {
        // In thousandths, because `max_by_key` needs a total order, which floats lack. Below 750
        // the names have little in common, and no hint is better than a wrong one.
        let distance = |known: &&str| (strsim::jaro_winkler(key, known) * 1000.0) as u32;
        quoted
            .max_by_key(distance)
            .filter(|known| distance(known) > 750)
    });
    // Keys of the top level are often written below the first table.
    if let Some(key @ ("scratch-setup" | "platform")) = unknown {
        return anyhow!(
            "{place}`{key}` is a key of the top level: write it above the first table, such as `[migrations]`"
        );
    }
    match nearest {
        Some(known) => anyhow!("{place}{message}; did you mean `{known}`?"),
        None => anyhow!("{place}{message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_line() {
        let error = |text, section| parse(text, section).expect_err("an error").to_string();
        assert_eq!(
            error("types = []\n\n[names]\nrow = \"x\"", Section::Whole),
            "line 4, `row = \"x\"`: invalid type: string \"x\", expected a sequence"
        );
        let below = error("[migrations]\nscratch-setup = ['a.sql']", Section::Whole);
        assert!(
            below.contains("line 2") && below.contains("above the first table"),
            "{below}"
        );
        let manifest = "[dependencies]\nmetadata = \"1\"\n[package.metadata.db]\ntypes = 3";
        assert!(error(manifest, Section::Metadata).starts_with("line 4, `types = 3`: "));
    }

    #[test]
    fn the_workspace_comes_before_the_package() {
        let manifest = "[package.metadata.db]\nmigrations = \"a\"\n\
                        [workspace.metadata.db]\nmigrations = \"b\"";
        let config = parse(manifest, Section::Metadata).expect("a configuration");
        let migrations = config.migrations.validated().expect("a folder");
        assert_eq!(migrations.dir, "b");
        assert!(parse("[workspace]\nmembers = []", Section::Metadata).is_err());
    }
}
