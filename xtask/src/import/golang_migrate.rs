//! golang-migrate: `<version>_<name>.up.sql` and `.down.sql`.

use anyhow::Result;

use super::Found;
use super::source::Source;

pub(super) fn read(source: &Source<'_>) -> Result<Found> {
    super::sqlx::read_suffixed(source, false)
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

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
