//! Questions about `DELETE`: rows that refer to the deleted ones, and keep them by their foreign key.

use anyhow::Result;

use super::{Draft, Poser};
use crate::migrations::data_preflight::question::{RowsInTheWay, Which};
use crate::migrations::data_preflight::target::Restricting;
use crate::migrations::sql::identifier;
use crate::migrations::statements::AffectedRows;

const CLAUSE: &str = "`DELETE`";

impl Poser<'_, '_> {
    /// Poses them for each of `keys`, the foreign keys that refer to the table.
    pub(super) fn pose_delete(
        &mut self,
        rows: &AffectedRows,
        keys: Vec<Restricting>,
    ) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let deleted = self
            .pending
            .deleted(self.target, &self.name, (rows, self.only))?;
        for key in keys {
            let is_own = key.table == self.name;
            let place = self.place;
            let Some(mut child) = Poser::new(self.pending, self.target, place, key.table.clone())
            else {
                continue;
            };
            match &deleted {
                Err(why) => child.unknown(CLAUSE, why.clone()),
                Ok((gone, left)) => {
                    let mut gone = gone.clone();
                    gone.alias = "pgaccord parent".into();
                    // A foreign key refers to the rows of the table itself.
                    gone.only = self.table.table.as_ref().is_some_and(|one| one.kind == "r");
                    // Rows of the same table that go as well keep nothing.
                    let source = if is_own { left } else { child.source };
                    let alias = identifier(&source.alias);
                    let pair = |(own, other): (&String, &String)| {
                        format!(
                            "\"pgaccord parent\".{} = {alias}.{}",
                            identifier(other),
                            identifier(own)
                        )
                    };
                    let pairs: Vec<_> = key.columns.iter().zip(&key.referenced).map(pair).collect();
                    let condition = format!(
                        "EXISTS (SELECT FROM {} WHERE {})",
                        gone.sql(),
                        pairs.join(" AND ")
                    );
                    let which = Which::that(
                        ("refers", "refer"),
                        &format!("by `{}` to a deleted one", key.columns.join(", ")),
                    );
                    let help = "delete these rows, or let them refer to others, in an earlier statement or migration";
                    let source = source.clone();
                    child.put(Draft {
                        columns: key.columns.clone(),
                        inherits: false,
                        source: Some(source),
                        ..Draft::new(CLAUSE, RowsInTheWay::Where(condition), which, help)
                    })?;
                }
            }
            let posed = std::mem::take(&mut child.posed);
            self.posed.extend(posed);
        }
        Ok(())
    }
}
