//! Documentation of the findings about two branches, for reports that carry it.

use super::{CONFLICT, UNKNOWN};
use crate::report::Rule;

/// The documentation of both types of findings.
#[must_use]
pub fn documentation() -> Vec<Rule> {
    [
        (
            CONFLICT,
            "The migrations of two branches do not fit together, or fit in one order of merging only.",
            "## Why\nEach branch passes by itself, and git merges both without a conflict. After the second merge a \
             migration fails, or databases get one schema or another, depending on what they ran first. Both orders ran \
             on scratch databases (`--since main --with <branch>`).\n\n\
             ## Example\n```sql\n-- this branch\nALTER TABLE users RENAME COLUMN name TO full_name;\n-- the other one\n\
             ALTER TABLE users RENAME COLUMN name TO title;\n```\nWhichever is merged second fails. Agree on one of \
             them, or merge one branch and write the other one's migration for the schema that results. Two values that \
             both branches add at the end of an enum are a warning only: the order of merging decides how they sort.",
        ),
        (
            UNKNOWN,
            "It cannot be known whether the order matters in which two branches are merged.",
            "## Why\nMigrations of both branches are about the rows of the same table, and at least one of them writes \
             rows. A scratch database has no rows, so that running both orders there tells nothing about it. The same \
             is said where the migrations of a branch do not run by themselves.\n\n\
             ## Example\n```sql\n-- this branch\nUPDATE users SET name = trim(name);\n-- the other one\n\
             ALTER TABLE users ADD CONSTRAINT short CHECK (length(name) < 40);\n```\nRead both statements. Where the \
             order matters, merge the one that must run first, and give the other one a later version.",
        ),
    ]
    .map(Rule::new)
    .into()
}
