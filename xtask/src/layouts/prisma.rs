//! Prisma: `<version>_<name>/migration.sql`, seldom with a `down.sql` written by hand.

use anyhow::{Result, bail};

use super::ImportedMigrations;
use super::source::Source;

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    if let Some(lock) = source
        .files()
        .find(|file| file.rsplit('/').next() == Some("migration_lock.toml"))
    {
        let text = source.text(lock)?;
        let provider = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("provider"))
            .unwrap_or_default();
        let provider = provider
            .trim()
            .trim_start_matches('=')
            .trim()
            .trim_matches('"');
        if !["", "postgresql", "postgres", "cockroachdb"].contains(&provider) {
            bail!("`{lock}` says that these migrations are for `{provider}`, not for PostgreSQL")
        }
    }
    super::folders::read(source, "migration.sql", "down.sql", true)
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn each_folder_is_a_migration() {
        let files = [
            ("migrations/20240102000000_b/migration.sql", "select 2;"),
            ("migrations/20240101000000_a/migration.sql", "select 1;"),
            ("migrations/20240101000000_a/down.sql", "select 0;"),
            (
                "migrations/migration_lock.toml",
                "provider = \"postgresql\"",
            ),
            ("schema.prisma", "model A {}"),
        ];
        let read = read_files(Layout::Prisma, &files).expect("readable");
        assert_eq!(
            read,
            [
                "20240101000000 a | select 1; | select 0;",
                "20240102000000 b | select 2; | -"
            ]
        );
    }

    #[test]
    fn folders_are_sorted_as_texts() {
        let files = [
            ("20250625_x/migration.sql", "select 2;"),
            ("20250101120000_init/migration.sql", "select 1;"),
        ];
        let read = read_files(Layout::Prisma, &files).expect("readable");
        assert_eq!(
            read,
            [
                "20250101120000 init | select 1; | -",
                "20250625 x | select 2; | -"
            ]
        );
    }

    #[test]
    fn migrations_of_another_database_are_refused() {
        let files = [
            ("1_a/migration.sql", ""),
            ("migration_lock.toml", "# x\nprovider = \"mysql\"\n"),
        ];
        let error = read_files(Layout::Prisma, &files).expect_err("mysql");
        assert!(
            error
                .to_string()
                .contains("for `mysql`, not for PostgreSQL"),
            "{error}"
        );
    }
}
