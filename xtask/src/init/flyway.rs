//! Tells whether a monorepo uses Flyway, which names its files as this tool does.

use super::read;
use crate::tree::Tree;

/// The ends of the names of files that say what runs migrations: packages, builds, containers,
/// pipelines and Flyway's own settings.
const ENDS: &[&str] = &[
    "package.json",
    "pom.xml",
    ".gradle",
    ".gradle.kts",
    ".conf",
    ".toml",
    ".yml",
    ".yaml",
    ".properties",
    ".sh",
    "Dockerfile",
    "Makefile",
];

/// Whether a file that says what runs migrations mentions Flyway.
pub(super) fn is_mentioned(tree: &dyn Tree, files: &[String]) -> bool {
    let says_what_runs = |file: &&String| ENDS.iter().any(|end| file.ends_with(end));
    let mentions = |file: &String| {
        file.to_lowercase().contains("flyway") || read(tree, file).to_lowercase().contains("flyway")
    };
    files.iter().filter(says_what_runs).any(mentions)
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposed;

    #[test]
    fn without_a_word_of_flyway_its_files_may_be_this_tools() {
        let file = ("migrations/V1__users.sql", "CREATE TABLE users (id int);");
        let undo = ("migrations/U1__users.sql", "DROP TABLE users;");
        let compose = (
            "compose.yml",
            "services: { m: { image: flyway/flyway:10 } }",
        );
        for (files, may_be_own) in [
            (&[file][..], true),
            (&[file, undo], false),
            (&[file, compose], false),
        ] {
            assert_eq!(proposed(files).may_be_own, may_be_own, "{files:?}");
        }
    }
}
