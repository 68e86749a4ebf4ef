//! golang-migrate: `<version>_<name>.up.sql` and `.down.sql`. Names are comments: the version pairs
//! them.

use anyhow::Result;

use super::ImportedMigrations;
use super::source::Source;

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    super::sqlx::read_suffixed(source, false)
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn a_version_has_one_way_forward_and_one_back_whatever_they_are_called() {
        let files = [
            ("1_create_files.up.sql", "select 1;"),
            ("1_create_files.down.sql", "select -1;"),
            ("2_add_meta.up.sql", "select 2;"),
            ("02_drop_meta.down.sql", "select -2;"),
        ];
        let read = read_files(Layout::GolangMigrate, &files).expect("readable");
        assert_eq!(
            read,
            [
                "1 create_files | select 1; | select -1;",
                "2 add_meta | select 2; | select -2;"
            ]
        );
    }

    #[test]
    fn only_suffixed_files_are_migrations() {
        let files = [
            ("db/migrations/000001_a.up.sql", "select 1;"),
            ("db/migrations/000001_a.down.sql", "select 0;"),
            ("db/migrations/000002_b.sql", "select 2;"),
        ];
        let read = read_files(Layout::GolangMigrate, &files).expect("readable");
        assert_eq!(
            read,
            [
                "000001 a | select 1; | select 0;",
                "db/migrations/000002_b.sql: is not part of any migration, and was not imported",
            ]
        );
    }
}
