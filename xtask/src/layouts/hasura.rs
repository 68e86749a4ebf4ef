//! Hasura: `migrations/<database>/<version>_<name>/up.sql` and `down.sql`.

use anyhow::Result;

use super::ImportedMigrations;
use super::source::Source;

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    super::folders::read(source, "up.sql", "down.sql", false)
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn each_folder_of_one_database_is_a_migration() {
        let files = [
            (
                "migrations/default/1599065830454_alter-table/up.sql",
                "select 1;",
            ),
            (
                "migrations/default/1599065830454_alter-table/down.sql",
                "select 2;",
            ),
            (
                "migrations/default/1599065830455_metadata/up.yaml",
                "- args: {}",
            ),
        ];
        let read = read_files(Layout::Hasura, &files).expect("readable");
        assert_eq!(
            read,
            [
                "1599065830454 alter-table | select 1; | select 2;",
                "migrations/default/1599065830455_metadata/up.yaml: is not part of any migration, and was not imported",
            ]
        );
        let two = [("a/1_x/up.sql", "select 1;"), ("b/1_x/up.sql", "select 1;")];
        let error = read_files(Layout::Hasura, &two).expect_err("two databases");
        assert!(
            error.to_string().contains("name one of them: `a`, `b`"),
            "{error}"
        );
    }
}
