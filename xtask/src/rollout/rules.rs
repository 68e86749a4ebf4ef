//! Documentation of the findings about deploy order.

use crate::report::{BREAKS_RUNNING_CODE, NEEDS_MIGRATION, Rule};

/// The documentation of both types.
#[must_use]
pub fn documentation() -> Vec<Rule> {
    RULES.map(Rule::new).into()
}

/// Type, summary, and why with an example.
const RULES: [(&str, &str, &str); 2] = [
    (
        BREAKS_RUNNING_CODE,
        "A migration of the branch breaks the code that still runs.",
        "## Why\nA migration and the code that needs it are never live at the same instant. For the minutes of a rollout, \
         the code of the base commit runs with the new schema: its SELECT names a column that is gone, its INSERT leaves \
         out one that is NOT NULL.\n\n\
         ## Example\n```sql\nALTER TABLE runs DROP COLUMN note;\n```\n\
         while the code of `main` still declares\n\
         ```ts\nexport const runs = pgTable('runs', { id: integer('id').primaryKey(), note: text('note') });\n```\n\
         Drizzle names every column of a table in each SELECT and INSERT. The finding names the line of the declaration \
         in the base commit, and the order that works: deploy first, or two releases, whose migrations \
         `--plan` writes.\n\n\
         It is an error where each such statement fails, and a warning where only some values do: a unique key, null, a \
         value of an enum that the running code refuses. A review of a branch (`--since`) finds it. Where the release is safe \
         for another reason, say it above the statement: \
         `-- db-verify-ignore BREAKS_RUNNING_CODE: deployed in a maintenance window`. It is not known what code does with \
         tables that it declares nowhere; the report names those.",
    ),
    (
        NEEDS_MIGRATION,
        "The new code of the branch does not work before its migration.",
        "## Why\nWhere code is deployed before its migrations ran, its first statement fails.\n\n\
         ## Example\n```sql\nALTER TABLE runs ADD COLUMN owner text;\n```\n\
         with\n\
         ```ts\nexport const runs = pgTable('runs', { id: integer('id').primaryKey(), owner: text('owner') });\n```\n\
         Migrate first, then deploy. It is a note in the review of a branch (`--since`), and fails nothing. \
         `severity = { NEEDS_MIGRATION = 'warning' }` in the configuration makes it a finding.",
    ),
];
