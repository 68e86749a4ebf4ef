//! The tools that record in a database which migrations it has.

use crate::config::{LateMigration, Layout};
use crate::migrations::Migration;

/// A tool that records what it applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorder {
    /// One whose files are read in place.
    Of(Layout),
    /// Knex, whose migrations are code.
    Knex,
    /// TypeORM, whose migrations are code.
    TypeOrm,
    /// Sequelize, whose migrations are code.
    Sequelize,
    /// `MikroORM`, whose migrations are code.
    MikroOrm,
    /// Kysely, whose migrations are code.
    Kysely,
}

/// The tools that run migrations in code. node-pg-migrate runs both, and names them alike.
pub(super) const OF_CODE: &[Recorder] = &[
    Recorder::Knex,
    Recorder::TypeOrm,
    Recorder::Sequelize,
    Recorder::MikroOrm,
    Recorder::Kysely,
    Recorder::Of(Layout::NodePgMigrate),
];

impl Recorder {
    /// The tool's name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Of(layout) => layout.name(),
            Self::Knex => "knex".to_owned(),
            Self::TypeOrm => "typeorm".to_owned(),
            Self::Sequelize => "sequelize".to_owned(),
            Self::MikroOrm => "mikro-orm".to_owned(),
            Self::Kysely => "kysely".to_owned(),
        }
    }

    /// The tool's treatment of migrations that come late.
    pub(super) fn late_migration(self) -> LateMigration {
        match self {
            Self::Of(layout) => layout.late_migration(),
            // They run whatever their own table does not list.
            Self::Knex | Self::TypeOrm | Self::Sequelize | Self::MikroOrm => LateMigration::Runs,
            Self::Kysely => LateMigration::Refused,
        }
    }

    /// The migrations that the tool could record: a folder of code may hold helpers, too. Tools
    /// begin names with a number or a date.
    pub(super) fn recordable(self, migrations: &[Migration]) -> Vec<&Migration> {
        let is_numbered = |migration: &&Migration| {
            let title = migration
                .foreign
                .as_ref()
                .map_or("", |foreign| &foreign.title);
            let title = title.strip_prefix("Migration").unwrap_or(title);
            title.starts_with(|one: char| one.is_ascii_digit())
        };
        let is_code = !matches!(self, Self::Of(layout) if layout != Layout::NodePgMigrate);
        let numbered: Vec<&Migration> = migrations.iter().filter(is_numbered).collect();
        if is_code && !numbered.is_empty() {
            numbered
        } else {
            migrations.iter().collect()
        }
    }
}
