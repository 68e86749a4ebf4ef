//! Documentation of the findings about the history of migrations, for reports that carry it.

use crate::report::Rule;

/// The documentation of each of [`KINDS`](super::KINDS).
#[must_use]
pub fn documentation() -> Vec<Rule> {
    RULES.map(Rule::new).into()
}

/// Type, summary, and why with an example.
const RULES: [(&str, &str, &str); 5] = [
    (
        "MIGRATION_EDITED",
        "A migration that others have applied has another text.",
        "## Why\nA database that has the old text never gets the new one, and refuses to migrate, since its history names \
         the checksum of what it ran.\n\n\
         ## Example\n```diff\n-CREATE TABLE users (id integer);\n+CREATE TABLE users (id bigint);\n```\n\
         in a migration of the main branch. Restore it, and say `ALTER TABLE users ALTER COLUMN id TYPE bigint` in a new \
         migration.",
    ),
    (
        "MIGRATION_MISSING",
        "A migration that others have applied is gone, or has another version.",
        "## Why\nIts effects stay in every database that has it, and a new database is made without them. Databases that \
         have it refuse to migrate.\n\n\
         ## Example\n`V7__add_tags.sql` is deleted because tags are not wanted any more. Restore it, and drop them in a \
         new migration.",
    ),
    (
        "MIGRATION_OUT_OF_ORDER",
        "A new migration is older than one that is applied.",
        "## Why\nDatabases that have the newer one would run the older one after it, new databases before it: two orders, \
         perhaps two schemas. The tool refuses it.\n\n\
         ## Example\nA branch adds `V8__a.sql` while the main branch has got `V9__b.sql`. Give it the version 10, with its \
         down file.",
    ),
    (
        "MIGRATION_RENAMED",
        "A migration that others have applied has another name.",
        "## Why\nThe name is part of what a database's history and the checksum are about: databases that have it refuse to \
         migrate.\n\n\
         ## Example\n`V7__add_tag.sql` becomes `V7__add_tags.sql`. Restore the name.",
    ),
    (
        "MIGRATION_VERSION_TAKEN",
        "A new migration has the version of another one.",
        "## Why\nTwo branches chose the same next number. Whoever is merged second is refused by every database that has \
         the other one.\n\n\
         ## Example\nA branch adds `V8__a.sql` while the main branch has got `V8__b.sql`. Give it the version 9, with its \
         down file.",
    ),
];

#[cfg(test)]
mod tests {
    use super::super::KINDS;
    use super::*;

    #[test]
    fn every_type_is_documented() {
        assert_eq!(
            documentation()
                .iter()
                .map(|rule| rule.kind)
                .collect::<Vec<_>>(),
            KINDS
        );
    }
}
