//! Checks that the server reads strings as the splitter of statements does.
//! `standard_conforming_strings` may be off where no text shows it: in a block, in a function, for
//! the whole database. Then `'\'` does not end where it seems to, and one statement may be several,
//! a `COMMIT` among them.

use anyhow::{Context as _, Result, bail};
use postgres::{GenericClient, SimpleQueryMessage};

use crate::migrations::sql::Statement;

/// Refuses a statement that this session would read in another way than the splitter did.
///
/// # Errors
/// When the setting is not as the text says, and the statement has a string for which that matters.
pub(super) fn ensure_alike(
    client: &mut impl GenericClient,
    statement: &Statement<'_>,
) -> Result<()> {
    let Some(escapes) = statement.backslash_escapes else {
        return Ok(());
    };
    let answer = client.simple_query("SHOW standard_conforming_strings");
    let answer = answer.context("cannot ask how the session reads strings")?;
    let is_on = answer.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0) == Some("on"),
        _other => false,
    });
    // With the setting on a backslash does not escape: where both are the same, the server and the
    // splitter disagree.
    if is_on == escapes {
        let (state, other) = if is_on { ("on", "off") } else { ("off", "on") };
        bail!(
            "it has a backslash in a plain string, and `standard_conforming_strings` is {state} in this session, which the \
             text does not say: PostgreSQL would read another string. Write `E'…'` with `\\\\` for a backslash, or switch \
             the setting {other} where it was changed (`ALTER DATABASE`, `ALTER ROLE`, a block before it)"
        )
    }
    Ok(())
}
