//! The migrations that a run was asked to undo, read before it waits for the lock of the database.
//! The session that held the lock may have undone or applied migrations. "The last one" is then
//! another migration, which this run was not asked to undo.

use anyhow::{Result, bail};
use postgres::Client;

use super::{Options, selection};
use crate::called_as;
use crate::commands::Context;
use crate::migrations::Migration;
use crate::migrations::rollback::Plan;
use crate::migrations::rollback::unfinished::Begun;
use crate::migrations::state::State;
use crate::migrations::tables::{self, Records};

/// The migrations to undo, as they were when the run began.
#[derive(Debug)]
pub struct AtStart {
    /// Oldest first.
    asked: Vec<RequestedRollback>,
}

/// A migration as it was when the run began.
#[derive(Debug, PartialEq, Eq)]
struct RequestedRollback {
    name: String,
    checksum: u64,
    in_part: bool,
}

impl AtStart {
    /// Reads the requested migrations.
    ///
    /// # Errors
    /// When there is nothing to undo, or the options match no migration.
    pub fn read(
        context: &Context,
        options: &Options,
        client: &mut Client,
        files: &[Migration],
    ) -> Result<Self> {
        let table = tables::locate(client, &context.config.history_table)?;
        let Records {
            history, journal, ..
        } = Records::read(client, &table)?;
        let Begun { rows, in_part } = Begun::new(history, &journal)?;
        let state = State::new(rows, files);
        let lowest = selection::lowest(context, options, &state, files)?;
        let rows = state
            .applied
            .iter()
            .map(|applied| &applied.row)
            .filter(|row| row.version >= lowest);
        let asked = rows.map(|row| RequestedRollback {
            name: row.to_string(),
            checksum: row.checksum,
            in_part: in_part.contains(&row.version),
        });
        Ok(Self {
            asked: asked.collect(),
        })
    }

    /// Refuses a plan that undoes anything else.
    ///
    /// # Errors
    /// When the plan holds another migration, because another run undid or applied some in between.
    pub fn refuse_others(&self, plan: &Plan) -> Result<()> {
        // With the checksum: the same version may have been undone and applied with another
        // content.
        let is_asked = |name: &str, checksum, in_part| {
            self.asked.iter().any(|one| {
                (one.name.as_str(), one.checksum, one.in_part) == (name, checksum, in_part)
            })
        };
        let others: Vec<String> = plan
            .undo
            .iter()
            .filter(|undo| !is_asked(&undo.to_string(), undo.row.checksum, undo.in_part))
            .map(|undo| format!("`{undo}`"))
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        let oldest = plan
            .undo
            .last()
            .map(ToString::to_string)
            .unwrap_or_default();
        let asked: Vec<String> = self
            .asked
            .iter()
            .rev()
            .map(|one| format!("`{}`", one.name))
            .collect();
        bail!(
            "cannot undo {}: this run was asked to undo {}, and another run migrated or rolled back while it waited for the \
             lock; nothing was undone. `{}` shows what is applied now; if {} to be undone all the same, \
             run `{} {oldest}`",
            others.join(", "),
            asked.join(", "),
            called_as::command("status"),
            if others.len() == 1 {
                "that is"
            } else {
                "those are"
            },
            called_as::command("rollback")
        )
    }
}
