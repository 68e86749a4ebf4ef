//! Documentation of the findings about lost data, for reports that carry it.

use super::{LOSS, UNUSED};
use crate::report::Rule;

/// The documentation of both types.
#[must_use]
pub fn documentation() -> Vec<Rule> {
    RULES.map(Rule::new).into()
}

/// Type, summary, and why with an example.
const RULES: [(&str, &str, &str); 2] = [
    (
        LOSS,
        "A new migration destroys data, and nobody has consented in its file.",
        "## Why\nA dropped column, a `TRUNCATE` or a rounded number is gone as soon as the migration is committed, and no way \
         back brings it back. Before a migration runs, the rows and values that would go are counted, and it is refused where \
         it destroys any without consent. The line of consent stands in the file, so that it is reviewed in the pull request.\n\n\
         ## Example\n```sql\nALTER TABLE runs DROP COLUMN note;\n```\n\
         is refused by a database whose column holds values. Add `-- accept-data-loss: runs.note` to the file where they may \
         go. Several names are separated by commas; there may be several lines. A table or column that is empty needs no \
         consent, and none is needed for what the same pull request makes.\n\n\
         ## Copies\nValues that a migration copies to another column before it drops the first one still need consent: \
         the tool sees that they are gone from where they were, and cannot show that each of them is where the \
         new code looks for it.",
    ),
    (
        UNUSED,
        "A line consents to lose what its migration does not destroy.",
        "## Why\nA misspelt name consents to nothing, and the migration is refused. A line that is left over consents to a \
         loss that a later edit of the file may add.\n\n\
         ## Example\n```sql\n-- accept-data-loss: runs.nte\nALTER TABLE runs DROP COLUMN note;\n```\n\
         names `runs.nte`; the column is `runs.note`. Lines in migrations that delete or update rows, or run code, are not \
         judged: rows of other tables may go with those.",
    ),
];
