//! Where the migrations come from: a folder of this tool's own files, the folder of another
//! migration tool, or a command that runs migrations written in code.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use clap::ValueEnum;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// The migration tool whose files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `<tag>.sql` in the order of `meta/_journal.json`
    Drizzle,
    /// `<version>_<name>/migration.sql`
    Prisma,
    /// `<version>_<name>.up.sql` and `.down.sql`, or `<version>_<name>.sql`
    Sqlx,
    /// `<version>_<name>/up.sql` and `down.sql`
    Diesel,
    /// `<version>_<name>.up.sql` and `.down.sql`
    GolangMigrate,
    /// `<version>_<name>.sql`
    Supabase,
    /// `<version>_<name>.sql` with `-- migrate:up` and `-- migrate:down`
    Dbmate,
    /// `<version>_<name>.sql` with `-- Up Migration` and `-- Down Migration`
    NodePgMigrate,
    /// `V<version>__<name>.sql` and `U<version>__<name>.sql`
    Flyway,
    /// `<version>_<name>/up.sql` and `down.sql`
    Hasura,
    /// `<version>.do.<name>.sql` and `<version>.undo.<name>.sql`
    Postgrator,
}

/// The fate of a migration that is older than one that a database already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateMigration {
    /// The tool runs it.
    Runs,
    /// The tool passes over it without a word.
    Skipped,
    /// The tool refuses to go on.
    Refused,
}

impl Layout {
    /// The tool's name, as it is typed.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// The tool's treatment of migrations that come late.
    #[must_use]
    pub fn late_migration(self) -> LateMigration {
        match self {
            // They run whatever their own table does not list.
            Self::Prisma | Self::Sqlx | Self::Diesel | Self::Dbmate | Self::Hasura => {
                LateMigration::Runs
            }
            // They only compare with the newest one that ran.
            Self::Drizzle | Self::GolangMigrate | Self::Postgrator => LateMigration::Skipped,
            Self::Supabase | Self::NodePgMigrate | Self::Flyway => LateMigration::Refused,
        }
    }

    /// The layout that `name` names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }
}

/// The validated configuration of the migrations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrationsConfig {
    /// The tool whose files are read; `None` for this tool's own.
    pub layout: Option<Layout>,
    /// The folder with the migrations, relative to the root.
    pub dir: String,
    /// The command that runs all migrations, where they are code.
    pub replay: Option<String>,
    /// The command by which `db-migrate` lets the monorepo's own tool apply migrations.
    pub apply: Option<String>,
    /// The command by which `db-rollback` lets the monorepo's own tool undo migrations.
    pub undo: Option<String>,
    /// The source of the schema, where the migrations do not make it from nothing.
    pub schema_from: Option<SchemaSource>,
    /// The values of placeholders in the SQL of Flyway's migrations.
    pub placeholders: BTreeMap<String, String>,
}

impl MigrationsConfig {
    /// Migrations of this tool's own, in the folder `dir`.
    #[must_use]
    pub fn own(dir: &str) -> Self {
        Self {
            layout: None,
            dir: dir.to_owned(),
            replay: None,
            apply: None,
            undo: None,
            schema_from: None,
            placeholders: BTreeMap::new(),
        }
    }

    /// Whether another tool keeps the history of the migrations.
    #[must_use]
    pub fn are_foreign(&self) -> bool {
        self.layout.is_some() || self.replay.is_some() || self.schema_from.is_some()
    }

    /// The name of the tool that keeps the migrations, for messages.
    #[must_use]
    pub fn tool(&self) -> String {
        self.layout
            .map_or_else(|| "your own migration tool".to_owned(), Layout::name)
    }
}

/// The source of a schema that no migrations make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaSource {
    /// The target database as it is.
    Database,
    /// A dump in SQL, relative to the root.
    Dump(String),
}

/// The key `migrations` as it is written: a folder, or a table.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawMigrations {
    layout: Option<String>,
    dir: Option<String>,
    replay: Option<String>,
    apply: Option<String>,
    undo: Option<String>,
    schema_from: Option<String>,
    placeholders: BTreeMap<String, String>,
}

/// The folder where nothing else is written.
const DEFAULT_DIR: &str = "migrations";

impl RawMigrations {
    pub(super) fn of_folder(dir: &str) -> Self {
        Self {
            dir: Some(dir.to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn validated(self) -> Result<MigrationsConfig> {
        let layout = layout(self.layout.as_deref())?;
        if layout.is_some() && self.dir.is_none() {
            bail!(
                "`migrations.layout` needs `dir`, the folder that holds the migrations: \
                 `migrations = {{ layout = \"{}\", dir = \"…\" }}`",
                self.layout.unwrap_or_default()
            )
        }
        if layout.is_some() && self.replay.is_some() {
            bail!(
                "`migrations.replay` is for migrations that are code, and `migrations.layout` for \
                 files of SQL: keep one of them"
            )
        }
        if self.replay.is_some() && self.schema_from.is_some() {
            bail!(
                "`migrations.replay` and `migrations.schema-from` both say where the schema comes \
                 from: keep one of them"
            )
        }
        let is_foreign = layout.is_some() || self.replay.is_some() || self.schema_from.is_some();
        for (key, command) in [
            ("replay", &self.replay),
            ("apply", &self.apply),
            ("undo", &self.undo),
        ] {
            let Some(command) = command else { continue };
            if command.trim().is_empty() {
                bail!("`migrations.{key}` is empty: write a command, or leave the key out")
            }
            if key != "replay" && !is_foreign {
                bail!(
                    "`migrations.{key}` is for migrations of another tool, and `layout` names none: \
                     this tool applies and undoes its own migrations itself"
                )
            }
        }
        if layout != Some(Layout::Flyway) && !self.placeholders.is_empty() {
            bail!(
                "`migrations.placeholders` is for migrations of Flyway: with another `layout`, \
                 nothing replaces them"
            )
        }
        let schema_from = self.schema_from.map(|from| match from.as_str() {
            "database" => SchemaSource::Database,
            _path => SchemaSource::Dump(from),
        });
        if let Some(SchemaSource::Dump(path)) = &schema_from {
            inside("schema-from", path)?;
        }
        // Only a folder that somebody named holds the code of `replay`.
        let default = if is_foreign { "" } else { DEFAULT_DIR };
        let dir = self.dir.as_deref().unwrap_or(default);
        inside("dir", dir)?;
        let dir = dir.trim_start_matches("./").trim_end_matches('/');
        Ok(MigrationsConfig {
            layout,
            dir: if dir == "." { "" } else { dir }.to_owned(),
            replay: self.replay,
            apply: self.apply,
            undo: self.undo,
            schema_from,
            placeholders: self.placeholders,
        })
    }
}

fn inside(key: &str, path: &str) -> Result<()> {
    super::stay_inside(&format!("migrations.{key}"), path)
}

/// The layout of a name; none for `refinery`, which is this tool's own.
fn layout(name: Option<&str>) -> Result<Option<Layout>> {
    const OWN: &str = "refinery";
    let Some(name) = name.filter(|name| *name != OWN) else {
        return Ok(None);
    };
    if let Some(layout) = Layout::named(name) {
        return Ok(Some(layout));
    }
    let known: Vec<String> = Layout::value_variants()
        .iter()
        .map(|layout| format!("`{}`", layout.name()))
        .collect();
    bail!(
        "`migrations.layout` is `{name}`, which is no layout: write `{OWN}`, {}; for migrations that \
         are code, leave it out and write `replay`",
        known.join(", ")
    )
}

/// Reads either form of the key.
pub(super) fn folder_or_table<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<RawMigrations, D::Error> {
    deserializer.deserialize_any(FolderOrTable)
}

/// Keeps the error of a table's key, which serde's own untagged form drops.
struct FolderOrTable;

impl<'de> Visitor<'de> for FolderOrTable {
    type Value = RawMigrations;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a folder, or a table with `layout` and `dir`")
    }

    fn visit_str<E: de::Error>(self, dir: &str) -> Result<RawMigrations, E> {
        Ok(RawMigrations::of_folder(dir))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawMigrations, A::Error> {
        RawMigrations::deserialize(MapAccessDeserializer::new(map))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, raw};
    use super::*;

    fn migrations(text: &str) -> Result<MigrationsConfig> {
        Ok(Config::validate(raw::parse(text, raw::Section::Whole)?)?.migrations)
    }

    fn error(text: &str) -> String {
        format!("{:#}", migrations(text).expect_err("refused"))
    }

    #[test]
    fn a_folder_is_the_short_form_of_our_own_layout() {
        let short = migrations("migrations = 'db/migrations/'").expect("valid");
        assert_eq!((short.layout, short.dir.as_str()), (None, "db/migrations"));
        let long = migrations("[migrations]\nlayout = 'refinery'\ndir = 'db/migrations'");
        assert_eq!(long.expect("valid"), short);
        assert_eq!(migrations("").expect("valid").dir, "migrations");
    }

    #[test]
    fn a_table_names_the_tool_and_its_commands() {
        let text = "[migrations]\nlayout = 'golang-migrate'\ndir = '.'\napply = 'make up'\nundo = 'make down'";
        let read = migrations(text).expect("valid");
        assert_eq!(
            (read.layout, read.dir.as_str()),
            (Some(Layout::GolangMigrate), "")
        );
        assert_eq!(read.apply.as_deref(), Some("make up"));
        let code = migrations("migrations = { replay = 'pnpm knex migrate:latest' }");
        assert_eq!(code.expect("valid").dir, "");
        let dump = migrations("migrations = { schema-from = 'db/structure.sql' }").expect("valid");
        assert_eq!(
            dump.schema_from,
            Some(SchemaSource::Dump("db/structure.sql".into()))
        );
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_the_key() {
        for (text, expected) in [
            (
                "migrations = { layout = 'prisma', dir = 'x', placeholders = { a = 'b' } }",
                "`migrations.placeholders` is for migrations of Flyway",
            ),
            (
                "migrations = { layout = 'prisma' }",
                "`migrations.layout` needs `dir`",
            ),
            (
                "migrations = { layout = 'typeorm', dir = 'x' }",
                "write `refinery`, `drizzle`",
            ),
            (
                "migrations = { layout = 'prisma', dir = '../x' }",
                "leaves the monorepo",
            ),
            (
                "migrations = { schema-from = '/etc/passwd' }",
                "leaves the monorepo",
            ),
            (
                "migrations = { dir = 'x', apply = 'make' }",
                "`migrations.apply` is for",
            ),
            (
                "migrations = { dir = 'x', replay = ' ' }",
                "`migrations.replay` is empty",
            ),
            (
                "[migrations]\nlayuot = 'prisma'",
                "line 2, `layuot = 'prisma'`: unknown field `layuot`",
            ),
            (
                "migrations = 7",
                "line 1, `migrations = 7`: invalid type: integer `7`",
            ),
        ] {
            assert!(error(text).contains(expected), "{text}: {}", error(text));
        }
    }
}
